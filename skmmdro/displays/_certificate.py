"""The bounds of a certificate as a ladder."""

from ..certificates import risk_certificate
from ._style import COLORS, FONT, HATCHES, inches, label_ticks, new_axes

_RUNGS = {
    "nominal_risk": "without shift",
    "attained_risk": "attained by tilts",
    "joint_risk": "worst case in ball",
    "closed_form": "mean + sqrt(B) std",
    "upper_bound": "upper bound at {:g} %",
    "early_fusion_bound": "same, merged columns",
}
_BOUNDS = ("upper_bound", "early_fusion_bound")  # with a confidence
_LABEL_INCHES = 0.45
_LABELS = {"zero_one": "error rate", "training": "training loss"}


class CertificateDisplay:
    """Bounds of the risk under shift, from low to high.

    A bound that is not below the risk of a guess is marked as vacuous. What encoder
    errors and transport add is drawn at the end of each bar. The title names the parts
    of the set that no bound covers.

    Use :meth:`from_certificate` or :meth:`from_estimator`.

    Parameters
    ----------
    certificate : RiskCertificate
        Certificate, see :func:`~skmmdro.certificates.risk_certificate`.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    bars_ : BarContainer
        The bounds, without the encoder term.
    encoder_bars_ : BarContainer or None
        The encoder term on each; None if that is nothing or not known.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ChiSquare
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.displays import CertificateDisplay
    >>> data = make_multimodal_classification(900, random_state=0)
    >>> X, y = data.data, data.target
    >>> model = DROClassifier(ChiSquare(0.02), modalities=data.modalities)
    >>> display = CertificateDisplay.from_estimator(
    ...     model.fit(X[:300], y[:300]), X[300:], y[300:]
    ... )
    >>> len(display.bars_)
    6
    """

    def __init__(self, certificate):
        self.certificate = certificate

    @classmethod
    def from_certificate(cls, certificate, *, ax=None):
        """Plot a certificate.

        Parameters
        ----------
        certificate : RiskCertificate
            Certificate.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : CertificateDisplay
            Drawn.
        """
        return cls(certificate).plot(ax)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, **params):
        """Compute the certificate of a model and plot it.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Held-out data.
        y : array-like of shape (n_samples,)
            Targets.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.
        **params : dict
            Further arguments of :func:`~skmmdro.certificates.risk_certificate`.

        Returns
        -------
        display : CertificateDisplay
            Drawn.
        """
        return cls(risk_certificate(estimator, X, y, **params)).plot(ax)

    def plot(self, ax=None):
        """Draw one bar for each bound; bounds that do not exist are left out.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure. A figure without a layout engine is laid
            out once, so that names and legends have room.

        Returns
        -------
        self : CertificateDisplay
            With the attributes set.
        """
        found = {key: getattr(self.certificate, key) for key in _RUNGS}
        found = {key: value for key, value in found.items() if value is not None}
        size = (6.2, 1.2 + 0.45 * len(found))
        self.figure_, self.ax_ = new_axes(ax, figsize=size)
        values = list(found.values())
        is_bound = [key in _BOUNDS for key in found]
        self.bars_ = self.ax_.barh(
            range(len(found)),
            values,
            color=[COLORS[6] if bound else "0.8" for bound in is_bound],
            hatch=[HATCHES[bound] for bound in is_bound],
            edgecolor="black",
            height=0.65,
        )
        self.encoder_bars_ = self._plot_encoder_term(values)
        totals = [value + (self.certificate.encoder_term or 0.0) for value in values]
        self.ax_.bar_label(
            self.encoder_bars_ or self.bars_,
            [f"{total:.3f}" for total in totals],
            padding=3,
            fontsize=FONT - 1,
        )
        self.ax_.invert_yaxis()
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.margins(x=0.02)
        self.ax_.set_xlabel(_LABELS[self.certificate.loss])
        self.ax_.set_title("\n".join(self._title()), fontsize=FONT)
        label_ticks(self.ax_, [self._name(key, value) for key, value in found.items()])
        # fewer numbers on the axis if it is short
        n_labels = max(2, int(inches(self.ax_)[0] / _LABEL_INCHES))
        self.ax_.locator_params(axis="x", nbins=n_labels)
        return self

    def _plot_encoder_term(self, values):
        """Lengthen the bars by what encoder errors and transport add."""
        if not self.certificate.encoder_term:
            return None
        return self.ax_.barh(
            range(len(values)),
            self.certificate.encoder_term,
            left=values,
            color="white",
            hatch=HATCHES[3],
            edgecolor="black",
            height=0.65,
        )

    def _name(self, key, value):
        name = _RUNGS[key].format(100 * self.certificate.confidence)
        total = value + (self.certificate.encoder_term or 0.0)
        says_nothing = key in _BOUNDS and total >= self.certificate.trivial_risk
        return f"{name} (vacuous)" if says_nothing else name

    def _title(self):
        """Return the lines of the title: what was done, and what does not hold."""
        certificate = self.certificate
        lines = [
            f"Joint chi-square radius {certificate.joint_radius:.3g}",
            f"{certificate.n_samples} held-out samples",
        ]
        if certificate.upper_bound is None:
            lines.append("no guarantee without loss_bound")
        elif certificate.is_vacuous():
            lines.append("no guarantee: vacuous bound")
        lines += [f"not covered: {part}" for part in certificate.uncovered]
        if certificate.encoder_term:
            lines.append(f"crossed: encoder term, {certificate.encoder_term:.3g}")
        return lines
