"""Coupling matrix and the split of the joint radius."""

import numpy as np

from ..certificates._encoded import final_model
from ..certificates._shift import fitted_shift
from ._style import FONT, LETTER_INCHES, inches, label_ticks, new_axes, widest, wrapped

_CELL_INCHES = 0.6
_LETTER = 0.6  # width of a letter, of the font size
_SMALLEST_NUMBER = 4.5  # font size


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
        The numbers in the cells; not visible where the cells are too small for them.
    share_axis_ : matplotlib SecondaryAxis
        To the right, the share of each modality in B.

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
        estimator : DRO estimator, Pipeline that ends in one or fitted search of one
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
            If the model has no coupling, or its set was changed since fit.
        """
        model = final_model(estimator)
        if not hasattr(model, "coupling_"):
            raise ValueError(
                f"{model!r} has no coupling_: fit it with a set that has a coupling, "
                "such as ChiSquare."
            )
        shift = fitted_shift(model)
        return cls(shift["coupling"], shift["modality_contributions"]).plot(ax)

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
            Where to plot; None: a new figure. A figure without a layout engine is laid
            out once, so that names and legends have room.

        Returns
        -------
        self : CouplingDisplay
            With the attributes set.
        """
        names, size = list(self.contributions), len(self.contributions)
        side = _CELL_INCHES * size + LETTER_INCHES * widest(names)
        self.figure_, self.ax_ = new_axes(ax, figsize=(side + 1.7, side + 0.6))
        self.image_ = self.ax_.imshow(
            np.abs(self.coupling), cmap="Greys", vmin=0, vmax=1
        )
        self.ax_.set_title(
            "Coupling of the modalities\n(white: 0, black: 1 or -1)", fontsize=FONT
        )
        total = sum(self.contributions.values())
        shares = [
            f"{share:.3g}" + (f" ({100 * share / total:.0f} %)" if total else "")
            for share in self.contributions.values()
        ]
        self.share_axis_ = self.ax_.secondary_yaxis("right")
        self.share_axis_.set_ylabel(f"share in B = {total:.3g}", fontsize=FONT)
        self.share_axis_.set_yticks(range(size), shares, fontsize=FONT)
        self.ax_.set_xticks(range(size), [wrapped(name) for name in names])
        self.ax_.tick_params(axis="x", labelsize=FONT, rotation=90)
        label_ticks(self.ax_, names)
        font = self._label_columns(size)
        self.share_axis_.tick_params(length=0, labelsize=font)
        self._write_numbers(72 * min(inches(self.ax_)) / size)
        return self

    def _label_columns(self, size):
        """Label the columns like the rows, upright where that is too wide."""
        rows = self.ax_.get_yticklabels()
        texts, font = [row.get_text() for row in rows], rows[0].get_fontsize()
        cell = 72 * min(inches(self.ax_)) / size
        is_wide = (widest(texts) + 1) * _LETTER * font > cell
        self.ax_.set_xticks(range(size), texts, fontsize=font)
        self.ax_.tick_params(axis="x", rotation=90 if is_wide else 0)
        return font

    def _write_numbers(self, cell):
        """Write the coupling of each pair in its cell, of a size in points."""
        font = min(FONT, cell / 3.2)  # "-0.10" is about 3 times as wide as high
        self.text_ = np.empty(self.coupling.shape, dtype=object)
        for (i, j), value in np.ndenumerate(self.coupling):
            self.text_[i, j] = self.ax_.text(
                j,
                i,
                f"{value:.2f}",
                ha="center",
                va="center",
                fontsize=font,
                color="white" if abs(value) > 0.5 else "black",
                visible=bool(font >= _SMALLEST_NUMBER),
            )
