"""Coupling matrix and the split of the joint radius."""

import numpy as np

from ..ambiguity import resolve_ambiguity
from ..ambiguity._confidence import modality_radii
from ..modalities import Modalities
from ._style import new_axes


class CouplingDisplay:
    """Heat map of the coupling matrix, with the share of each modality in B.

    Use :meth:`from_estimator` or :meth:`from_certificate`.

    Parameters
    ----------
    coupling : ndarray of shape (n_modalities, n_modalities)
        Coupling matrix Gamma.
    contributions : dict of str to float
        What each modality contributes to the joint radius B; they add up to it.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    image_ : matplotlib AxesImage
    text_ : ndarray of Text of shape (n_modalities, n_modalities)

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.displays import CouplingDisplay
    >>> data = make_multimodal_classification(400, random_state=0)
    >>> model = DROClassifier(modalities=data.modalities).fit(data.data, data.target)
    >>> CouplingDisplay.from_estimator(model).text_.shape
    (3, 3)
    """

    def __init__(self, coupling, contributions):
        self.coupling = np.asarray(coupling)
        self.contributions = contributions

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Plot the coupling of a fitted model.

        Parameters
        ----------
        estimator : DROClassifier, DRORegressor or Pipeline that ends in one
            Fitted with an ambiguity set that has a coupling.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : CouplingDisplay
            Drawn.

        Raises
        ------
        ValueError
            If the model has no coupling.
        """
        model = estimator[-1] if hasattr(estimator, "steps") else estimator
        if not hasattr(model, "coupling_"):
            raise ValueError(
                f"{model!r} has no coupling_: fit it with a set that has a coupling, "
                "such as ChiSquare."
            )
        groups = Modalities(tuple(model.modalities_), tuple(model.modalities_.values()))
        part = resolve_ambiguity(model.ambiguity).parts()["reweighting"]
        root = np.sqrt(modality_radii(part, groups, vars(model)))
        shares = root * (np.abs(model.coupling_) @ root)
        contributions = dict(zip(groups.names, shares.tolist(), strict=True))
        return cls(model.coupling_, contributions).plot(ax)

    @classmethod
    def from_certificate(cls, certificate, *, ax=None):
        """Plot the coupling of a RiskCertificate.

        Parameters
        ----------
        certificate : RiskCertificate
            Certificate.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : CouplingDisplay
            Drawn.
        """
        shares = certificate.modality_contributions
        return cls(certificate.coupling, shares).plot(ax)

    def plot(self, ax=None):
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        self : CouplingDisplay
            With the attributes set.
        """
        size = len(self.contributions)
        self.figure_, self.ax_ = new_axes(
            ax, figsize=(2.6 + 0.8 * size, 1.8 + 0.7 * size)
        )
        self.image_ = self.ax_.imshow(
            np.abs(self.coupling), cmap="Greys", vmin=0, vmax=1
        )
        total = sum(self.contributions.values())
        names = [
            f"{name}\n{share:.3g}"
            + (f" ({100 * share / total:.0f} %)" if total else "")
            for name, share in self.contributions.items()
        ]
        self.ax_.set_xticks(
            range(size), list(self.contributions), rotation=45, ha="right"
        )
        self.ax_.set_yticks(range(size), names)
        self.ax_.tick_params(labelsize=9)
        self.text_ = np.empty((size, size), dtype=object)
        for i in range(size):
            for j in range(size):
                value = self.coupling[i, j]
                color = "white" if abs(value) > 0.5 else "black"
                self.text_[i, j] = self.ax_.text(
                    j, i, f"{value:.2f}", ha="center", va="center", color=color
                )
        self.ax_.set_ylabel(f"share in the joint radius B = {total:.3g}")
        self.ax_.set_title("Coupling of the modalities", fontsize=10)
        self.figure_.colorbar(self.image_, ax=self.ax_, label="|gamma|")
        return self
