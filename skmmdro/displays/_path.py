"""Coefficients and losses along a path of radii."""

import numpy as np

from ..radius import radius_path
from ._style import inches, legend_beside, line_styles, new_axes

_QUANTITIES = ("norms", "loss")
_N_MARKS = 8
_LABEL_INCHES = 0.45


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
            Where to plot; None: a new figure. A figure without a layout engine is laid
            out once, so that names and legends have room.
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
        self.figure_, self.ax_ = new_axes(ax, figsize=(6.4, 3.6))
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
        # few marks, at other places on each line, leave the dashes to be seen
        step = max(1, len(scales) // _N_MARKS)
        self.lines_ = [
            self.ax_.plot(
                scales, line, label=name, markevery=(k % step, step), **style
            )[0]
            for k, (name, line, style) in enumerate(
                zip(names, values, line_styles(len(names)), strict=True)
            )
        ]
        is_dict = isinstance(self.path.radii[0], dict)
        self.ax_.set_xlabel("mean radius" if is_dict else "radius of each modality")
        self.ax_.set_ylabel(label)
        self.ax_.grid(alpha=0.3)
        self._scale_radii(scales, names)
        return self

    def _scale_radii(self, scales, names):
        """Choose scale and ticks of the radii; the legend decides on the width."""
        positive = scales[scales > 0]
        has_zero = len(positive) < len(scales)
        is_wide = len(positive) > 1 and positive[-1] > 20 * positive[0]
        if is_wide and has_zero:
            self.ax_.set_xscale("symlog", linthresh=positive[0])
        elif is_wide:
            self.ax_.set_xscale("log")
        legend_beside(self.ax_, self.lines_, names)
        n_labels = max(1, int(inches(self.ax_)[0] / _LABEL_INCHES))
        if is_wide:
            ticks = _decades(positive[0], positive[-1], n_labels)
            self.ax_.set_xticks([0.0, *ticks] if has_zero else ticks)
        else:
            self.ax_.locator_params(axis="x", nbins=n_labels)


def _decades(smallest, largest, n_labels):
    """Return evenly spaced powers of ten from small to large, not many of them."""
    # Zero is drawn a decade below the smallest radius. Counted from above, so that the
    # labels that are left out are the ones next to zero.
    low, high = np.log10(smallest), np.floor(np.log10(largest) + 1e-9)
    step = int(np.ceil((high - low + 1) / n_labels))
    decades = np.arange(high, min(high, low - 1 + step) - 1e-9, -step)
    return 10.0 ** decades[::-1]
