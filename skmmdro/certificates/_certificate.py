"""What is guaranteed for a fitted model on data it has not seen."""

from numbers import Real

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval, StrOptions, validate_params
from ..ambiguity import AmbiguitySet, ChiSquare, ModalityShift, resolve_ambiguity
from ..ambiguity.chi_square import ChiSquareBall
from ._adversary import attained_weights
from ._bounds import bounded_loss_bound, closed_form, two_point_floor, zero_one_bound
from ._encoded import encode, final_model, training_losses
from ._extras import encoder_term, uncovered_parts
from ._result import NAMES, RiskCertificate
from ._shift import fitted_shift, stated_shift

_LEAST_ROWS = 10


@validate_params(
    {
        "ambiguity": [str, AmbiguitySet, None],
        "loss": [StrOptions(set(NAMES))],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "modalities": [dict, "array-like", None],
        "loss_bound": [Interval(Real, 0, None, closed="neither"), None],
    },
    prefer_skip_nested_validation=True,
)
def risk_certificate(
    estimator,
    X,
    y,
    ambiguity=None,
    loss="zero_one",
    confidence=0.95,
    *,
    modalities=None,
    loss_bound=None,
):
    """Bound the risk of a fitted model under shifts of its modalities.

    The shifts are those of modality-wise chi-square radii rho_k with coupling Gamma,
    all within the joint ball ``chi2(Q || P) <= B = r'|Gamma|r``, ``r_k = sqrt(rho_k)``.
    The radii and Gamma are taken as they are stated or estimated; their own
    uncertainty is not part of the confidence. All samples count the same.

    Parameters
    ----------
    estimator : estimator
        Fitted classifier, or a Pipeline that ends in one: any for the zero-one loss, a
        DRO classifier or regressor for the training loss.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Held-out data that were not used to fit or choose the model, as the estimator
        gets them; Gram matrices for ``kernel="precomputed"``.
    y : array-like of shape (n_samples,)
        Their targets. All labels were seen in fit.
    ambiguity : str, ChiSquare, ModalityShift or None, default=None
        Radii and coupling. None: the set the model was fitted with, with the radii and
        the coupling of the fit. What a stated set learns from data, such as the
        coupling, it learns from X. Of a Composite the reweighting part is used, and
        the transport part for the encoder term; what the certificate leaves out is in
        `uncovered`, and the statement begins with it.
    loss : {"zero_one", "training"}, default="zero_one"
        Whether to bound the error rate or the mean of the model's own loss, without
        `class_weight` and penalty.
    confidence : float in (0, 1), default=0.95
        Confidence of the upper bound.
    modalities : dict, list of int or None, default=None
        Modalities of the columns that reach the model. None: those of the model, or
        read from column names.
    loss_bound : float in (0, inf) or None, default=None
        Largest possible training loss, which the finite-sample bound needs. For the
        training loss only.

    Returns
    -------
    certificate : RiskCertificate
        ``certificate.statement()`` says it in words, ``certificate.summary()`` is a
        table.

    Raises
    ------
    ValueError
        If the set has no chi-square radii or is not the one of the fit any more, a loss
        exceeds `loss_bound`, there are fewer than 10 samples, y has unknown labels, or
        the training loss of a model is not known.
    NotFittedError
        If the estimator is not fitted.

    Notes
    -----
    The bound of the error rate is exact in the joint radius and in the number of
    samples: the binomial (Clopper-Pearson) bound p of the error rate, and
    ``min(p + sqrt(B p (1 - p)), 1)``, the worst case over the ball. The bound of the
    training loss is the empirical Bernstein bound of [2]_.

    The samples are taken as independent draws of one population. Repeated measurements
    of few patients, say, are worth less than their number, and the bound is then too
    low.

    A certificate for the joint ball holds for every shift in it, whether it moves
    modalities or labels. It is no statement about inputs that the population of X does
    not produce.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.
    .. [2] A. Maurer and M. Pontil, "Empirical Bernstein bounds and sample-variance
       penalization", Conference on Learning Theory, 2009, theorems 4 and 10.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ChiSquare
    >>> from skmmdro.certificates import risk_certificate
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> data = make_multimodal_classification(3000, random_state=0)
    >>> X, y = data.data, data.target
    >>> ambiguity = ChiSquare(0.01, coupling="independent")
    >>> model = DROClassifier(ambiguity, modalities=data.modalities)
    >>> model = model.fit(X[:1000], y[:1000])
    >>> certificate = risk_certificate(model, X[1000:], y[1000:])
    >>> print(certificate.statement())
    With 95 % confidence, accuracy is at least 0.743 under any shift within the joint \
chi-square radius 0.03 (radii of the modalities: m0 0.01, m1 0.01, m2 0.01).
    """
    model = final_model(estimator)
    check_is_fitted(model)
    if loss == "zero_one" and loss_bound is not None:
        raise ValueError(
            f'loss_bound={loss_bound} is for loss="training"; an error rate is at '
            "most 1 anyway."
        )
    parts = _parts(model, ambiguity)
    data = encode(estimator, X, y, modalities)
    if len(data.y) < _LEAST_ROWS:
        raise ValueError(
            f"a certificate needs at least {_LEAST_ROWS} samples; got {len(data.y)}."
        )
    losses, largest, guess = _losses(model, data, loss, loss_bound)
    where = data.columns, data.nominal, data.modalities
    is_own = ambiguity is None and modalities is None
    part = parts["reweighting"]
    shift = fitted_shift(model) if is_own else stated_shift(part, *where)
    weights = attained_weights(model, data, losses, shift)
    bounds = _bounds(losses, data.nominal, shift, largest, loss, confidence)
    radius, n_train = (
        shift["joint_radius"],
        len(getattr(model, "worst_case_weights_", ())),
    )
    return RiskCertificate(
        loss=loss,
        attained_risk=float(weights @ losses),
        encoder_term=encoder_term(model, parts, data, loss, shift, bounds),
        minimax_floor=two_point_floor(radius, n_train) if loss == "zero_one" else None,
        weights=weights,
        confidence=float(confidence),
        n_samples=len(losses),
        trivial_risk=min(largest, guess),
        uncovered=uncovered_parts(parts, loss),
        **bounds,
        **shift,
    )


def _parts(model, ambiguity):
    """Return the parts of the set that matters, by kind."""
    if ambiguity is None:
        ambiguity = getattr(model, "ambiguity", None)
        if ambiguity is None:
            raise ValueError(
                f"{type(model).__name__} has no ambiguity set of its own; state one, "
                "such as ambiguity=ChiSquare(radius={'text': 0.1, 'image': 0.02})."
            )
    parts = resolve_ambiguity(ambiguity).parts()
    if not isinstance(parts.get("reweighting"), (ChiSquare, ModalityShift)):
        raise ValueError(
            "a certificate is for chi-square radii of the modalities: pass "
            f"ambiguity=ChiSquare(...) or ModalityShift(...), got {ambiguity!r}."
        )
    return parts


def _losses(model, data, loss, loss_bound):
    """Return the losses of the samples, the largest possible one and a guess's."""
    if loss == "training":
        losses, guess = training_losses(model, data)
        largest = np.inf if loss_bound is None else float(loss_bound)
        if losses.max() > largest:
            raise ValueError(
                f"the largest loss is {losses.max():.3g}, above loss_bound={largest}; "
                "a bound has to hold for every possible sample."
            )
        return losses, largest, guess
    if not is_classifier(model):
        raise ValueError(
            'loss="zero_one" is for classifiers; pass loss="training" for a regressor.'
        )
    classes = getattr(model, "classes_", None)
    guess = 1.0 if classes is None else 1 - 1 / len(classes)
    return (model.predict(data.X) != data.y).astype(np.float64), 1.0, guess


def _bounds(losses, nominal, shift, largest, loss, confidence):
    """Return the bounds for the joint ball, by name."""

    def upper(radius):
        if loss == "zero_one":
            return zero_one_bound(int(losses.sum()), len(losses), radius, confidence)
        if np.isinf(largest):
            return None
        return bounded_loss_bound(losses, largest, radius, confidence)

    mean, radius = float(losses.mean()), shift["joint_radius"]
    return {
        "nominal_risk": mean,
        "joint_risk": ChiSquareBall(radius).worst_case(losses, nominal).value,
        "closed_form": closed_form(mean, losses.var(), radius, largest),
        "upper_bound": upper(radius),
        "early_fusion_bound": upper(shift["early_fusion_radius"]),
    }
