"""The certificate: bounds from low to high, and what they say."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

import numpy as np

NAMES = {"zero_one": "error rate", "training": "training loss"}


@dataclass(frozen=True)
class RiskCertificate:
    """Bounds of the risk under shift, from below and from above.

    Returned by :func:`risk_certificate`. In a row from low to high, all on the data
    given but the last, which holds for the population: nominal_risk, attained_risk,
    joint_risk, closed_form, upper_bound.

    Parameters
    ----------
    loss : {"zero_one", "training"}
        What the risk is the mean of.
    nominal_risk : float
        Mean loss without shift.
    attained_risk : float
        Mean loss under the worst reweighting found that tilts each modality within its
        radius, an explicit shift.
    joint_risk : float
        Largest mean loss over the joint ball of radius `joint_radius`.
    closed_form : float
        The value ``mean + sqrt(joint_radius) * std``, cut at the largest possible loss.
    upper_bound : float or None
        Bound of the worst case over the joint ball around the population, at the
        confidence. None for a training loss without `loss_bound`.
    encoder_term : float or None
        What encoder errors and transport budgets add to each of these at most. None if
        they exist and no bound of their effect is known.
    minimax_floor : float or None
        Worst excess error rate that no learner can rule out at this joint radius, for
        two classes; None for the training loss.
    early_fusion_bound : float or None
        The same bound at the radius that merged columns need for the same protection
        of each modality.
    radii : dict of str to float
        Radius of each modality.
    joint_radius, early_fusion_radius : float
        Radius B of the joint ball, and the same under comonotone coupling.
    coupling : ndarray of shape (n_modalities, n_modalities)
        Coupling matrix.
    modality_contributions : dict of str to float
        Share of each modality in B, half of each pair's term to each; they add up to B.
    weights : ndarray of shape (n_samples,)
        Weights of the samples under which `attained_risk` is attained.
    confidence : float
        Confidence of the upper bounds.
    n_samples : int
        Number of held-out samples.
    trivial_risk : float
        What no shift exceeds without any model: the smaller one of the largest loss,
        infinite if not known, and, for classifiers, the expected loss of a guess that
        treats all classes alike.
    uncovered : tuple of str
        Parts of the ambiguity set that no bound here takes into account.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.certificates import risk_certificate
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> data = make_multimodal_classification(300, random_state=0)
    >>> X, y = data.data, data.target
    >>> model = DROClassifier(modalities=data.modalities).fit(X[:150], y[:150])
    >>> certificate = risk_certificate(model, X[150:], y[150:])
    >>> certificate.nominal_risk <= certificate.attained_risk <= certificate.joint_risk
    True
    """

    loss: str
    nominal_risk: float
    attained_risk: float
    joint_risk: float
    closed_form: float
    upper_bound: float | None
    encoder_term: float | None
    minimax_floor: float | None
    early_fusion_bound: float | None
    radii: dict
    joint_radius: float
    early_fusion_radius: float
    coupling: np.ndarray = field(repr=False)
    modality_contributions: dict = field(repr=False)
    weights: np.ndarray = field(repr=False)
    confidence: float = 0.95
    n_samples: int = 0
    trivial_risk: float = np.inf
    uncovered: tuple = ()

    def is_vacuous(self):
        """Tell whether the upper bound says no more than what is true of a guess.

        Returns
        -------
        vacuous : bool
            True if there is no bound, or, with the encoder term, it is not below
            `trivial_risk`.
        """
        bound = self._bound()
        return bound is None or bound >= self.trivial_risk

    def _bound(self):
        """Return the upper bound with the encoder term, if that is known."""
        if self.upper_bound is None:
            return None
        return self.upper_bound + (self.encoder_term or 0.0)

    def statement(self):
        """Return the guarantee in words.

        Returns
        -------
        text : str
            One or a few sentences. What the set holds and the guarantee does not cover
            comes first.
        """
        if self.upper_bound is None:
            text = "No guarantee: no largest training loss is stated. Pass loss_bound"
            # a guess has a finite loss for classifiers only
            is_classifier = np.isfinite(self.trivial_risk)
            return text + (', or loss="zero_one".' if is_classifier else ".")
        radii = ", ".join(f"{k} {_down(radius)}" for k, radius in self.radii.items())
        shifts = "any shift within the joint chi-square radius "
        shifts += f"{_down(self.joint_radius)} (radii of the modalities: {radii})"
        if self.is_vacuous():
            return self._no_guarantee(shifts)
        certain = f"With {100 * self.confidence:g} % confidence"
        if self.uncovered:
            certain = f"Not covered: {', '.join(self.uncovered)}. Without that, with "
            certain += f"{100 * self.confidence:g} % confidence"
        if self.loss == "zero_one":
            accuracy = _rounded(1 - self.upper_bound, ROUND_FLOOR)
            return f"{certain}, accuracy is at least {accuracy} under {shifts}."
        most = _rounded(self._bound(), ROUND_CEILING)
        text = f"{certain}, the mean training loss is at most {most} "
        text += f"under {shifts}"
        return text + (", with the encoder term." if self.encoder_term else ".")

    def _no_guarantee(self, shifts):
        name = NAMES[self.loss]
        return (
            f"No guarantee: the bound of the {name} under {shifts} is vacuous at "
            f"{self.n_samples} samples. It is "
            f"{_rounded(self._bound(), ROUND_CEILING)}, and "
            f"{_rounded(self.trivial_risk, ROUND_CEILING)} holds without any model. "
            f"Without shift the {name} is {self.nominal_risk:.3f}, and the worst shift "
            f"found raises it to {self.attained_risk:.3f}. Use smaller radii or more "
            "samples."
        )

    def summary(self):
        """Return the bounds as a table.

        Returns
        -------
        table : str
            One line for each bound, and for each part of the set that none covers.
        """
        rows = [
            (f"nominal {NAMES[self.loss]}", self.nominal_risk),
            ("attained by tilting modalities", self.attained_risk),
            ("worst case over the joint ball", self.joint_risk),
            ("mean + sqrt(B) std", self.closed_form),
            (f"upper bound at {100 * self.confidence:g} %", self.upper_bound),
            ("the same for merged columns", self.early_fusion_bound),
            ("encoder term, on top of these", self.encoder_term),
            ("floor of the worst excess error", self.minimax_floor),
            ("joint radius B", self.joint_radius),
        ]
        rows += [
            (f"  share of {name}", share)
            for name, share in self.modality_contributions.items()
        ]
        width = max(len(name) for name, _ in rows)
        lines = [
            f"{name:<{width}}  {'none' if value is None else format(value, '.4f'):>8}"
            for name, value in rows
        ]
        return "\n".join(lines + [f"not covered: {part}" for part in self.uncovered])


# A number in a guarantee is rounded to the side on which it holds.


def _rounded(value, side):
    """Return a number with three decimals."""
    exact = Context(prec=400)  # for floats of any size
    return f"{Decimal(float(value)).quantize(Decimal('0.001'), side, exact):f}"


def _down(radius):
    """Return a radius with three digits, not above what it is."""
    # decimal fractions such as 0.05 are stored a little above or below themselves
    short = Decimal(f"{radius:.12g}")
    return f"{Context(prec=3, rounding=ROUND_FLOOR).plus(short).normalize():f}"
