"""Coefficients and losses along a path of radii."""

import numpy as np

from ..radius import radius_path
from ._style import line_styles, new_axes

_QUANTITIES = ("norms", "loss")


class RadiusPathDisplay:
    """How a model changes as the radii grow.

    Use :meth:`from_path` or :meth:`from_estimator`.

    Parameters
    ----------
    path : RadiusPath
        Path, see :func:`~skmmdro.radius.radius_path`.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : list of Line2D
        One for each modality, or objective and mean loss.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.displays import RadiusPathDisplay
    >>> data = make_multimodal_classification(400, random_state=0)
    >>> display = RadiusPathDisplay.from_estimator(
    ...     DROClassifier(modalities=data.modalities), data.data, data.target,
    ...     radii=[0.0, 0.001, 0.01, 0.1],
    ... )
    >>> [line.get_label() for line in display.lines_]
    ['m0', 'm1', 'm2']
    """

    def __init__(self, path):
        self.path = path

    @classmethod
    def from_path(cls, path, *, quantity="norms", ax=None):
        """Plot a path that was computed before.

        Parameters
        ----------
        path : RadiusPath
            Path.
        quantity : {"norms", "loss"}, default="norms"
            See :meth:`plot`.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : RadiusPathDisplay
            Drawn.
        """
        return cls(path).plot(ax, quantity=quantity)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, radii=30, quantity="norms", ax=None):
        """Compute the path of an estimator and plot it.

        Parameters
        ----------
        estimator : DROClassifier, DRORegressor or Pipeline that ends in one
            Fitted or not.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,)
            Targets.
        radii : array-like or int, default=30
            See :func:`~skmmdro.radius.radius_path`.
        quantity : {"norms", "loss"}, default="norms"
            See :meth:`plot`.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : RadiusPathDisplay
            Drawn.
        """
        return cls(radius_path(estimator, X, y, radii)).plot(ax, quantity=quantity)

    def plot(self, ax=None, *, quantity="norms"):
        """Draw one line for each modality, or the losses.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.
        quantity : {"norms", "loss"}, default="norms"
            "norms": the norm of each modality's coefficients. "loss": the robust
            objective, and the mean loss without shift.

        Returns
        -------
        self : RadiusPathDisplay
            With the attributes set.
        """
        if quantity not in _QUANTITIES:
            raise ValueError(
                f"quantity must be one of {_QUANTITIES}; got {quantity!r}."
            )
        self.figure_, self.ax_ = new_axes(ax, figsize=(5.2, 3.6))
        order = np.argsort(self.path.scales)
        if quantity == "norms":
            names = self.path.modality_names
            values = self.path.block_norms[order].T
            label = "norm of the coefficients"
        else:
            names = ("robust objective", "mean loss without shift")
            values = (self.path.objectives[order], self.path.nominal_losses[order])
            label = "loss"
        scales = self.path.scales[order]
        self.lines_ = [
            self.ax_.plot(scales, line, label=name, **style)[0]
            for name, line, style in zip(
                names, values, line_styles(len(names)), strict=True
            )
        ]
        positive = scales[scales > 0]
        if len(positive) > 1 and positive[-1] > 20 * positive[0]:
            self.ax_.set_xscale("symlog", linthresh=positive[0])
        is_dict = isinstance(self.path.radii[0], dict)
        self.ax_.set_xlabel("mean radius" if is_dict else "radius of each modality")
        self.ax_.set_ylabel(label)
        self.ax_.grid(alpha=0.3)
        self.ax_.legend(fontsize=9)
        return self
