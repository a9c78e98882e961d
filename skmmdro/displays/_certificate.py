"""The bounds of a certificate as a ladder."""

from ..certificates import risk_certificate
from ._style import COLORS, HATCHES, new_axes

_RUNGS = {
    "nominal_risk": "without shift",
    "attained_risk": "tilts of the modalities\n(attained)",
    "joint_risk": "worst case over the ball",
    "closed_form": "mean + sqrt(B) std",
    "upper_bound": "upper bound at {:g} %",
    "early_fusion_bound": "the same for\nmerged columns",
}
_LABELS = {"zero_one": "error rate", "training": "training loss"}


class CertificateDisplay:
    """Bounds of the risk under shift, from low to high.

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
            Where to plot; None: a new figure.

        Returns
        -------
        self : CertificateDisplay
            With the attributes set.
        """
        found = {key: getattr(self.certificate, key) for key in _RUNGS}
        found = {key: value for key, value in found.items() if value is not None}
        level = 100 * self.certificate.confidence
        names = [_RUNGS[key].format(level) for key in found]
        self.figure_, self.ax_ = new_axes(ax, figsize=(6.2, 0.9 + 0.45 * len(found)))
        is_bound = [key in ("upper_bound", "early_fusion_bound") for key in found]
        self.bars_ = self.ax_.barh(
            range(len(found)),
            list(found.values()),
            color=[COLORS[6] if bound else "0.8" for bound in is_bound],
            hatch=[HATCHES[bound] for bound in is_bound],
            edgecolor="black",
            height=0.65,
        )
        self.ax_.bar_label(self.bars_, fmt="%.3f", padding=3, fontsize=9)
        self.ax_.set_yticks(range(len(found)), names, fontsize=9)
        self.ax_.invert_yaxis()
        self.ax_.margins(x=0.15)
        self.ax_.set_xlabel(_LABELS[self.certificate.loss])
        self.ax_.set_title(
            f"Joint chi-square radius {self.certificate.joint_radius:.3g}, "
            f"{self.certificate.n_samples} held-out samples",
            fontsize=10,
        )
        return self
