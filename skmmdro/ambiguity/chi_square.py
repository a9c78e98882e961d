"""Chi-square ball over the joint distribution, with one radius per modality."""

from numbers import Real

import numpy as np

from .._sklearn import Interval, StrOptions
from .._validation import encoder_errors
from ..coupling import resolve_coupling
from ._base import (
    BoundReweighting,
    Reweighting,
    ReweightingSet,
    RiskCurvature,
    WorstCase,
)
from ._confidence import (
    CONFIDENCE,
    CONFIDENCE_ALIAS,
    confidence_joint_radius,
    split_joint_radius,
)
from ._fill import fill
from ._joint import COUPLING, bind_radii

_MAX_ACTIVE_SETS = 200  # each step is exact on its active set; about five are usual
_NEGLIGIBLE = 1e-20  # radius that changes the value by 1e-10 standard deviations
_FLAT = 1e-14  # relative spread of losses below which they count as equal


class ChiSquare(ReweightingSet):
    """Each modality's marginal may move in chi-square, the dependence is shared.

    Modality k may shift to any Q_k with ``chi2(Q_k || P_k) <= rho_k``. The modalities'
    shifts interact through their coupling gamma, and the joint distribution then stays
    in the ball ``chi2(Q || P) <= B`` with the joint radius ::

        B = sum_k rho_k + 2 sum_{k<j} |gamma_kj| sqrt(rho_k rho_j).

    The estimators minimise the worst-case expected loss over that ball, ::

        R(l) = max { q'l : q >= 0, sum q = 1, sum_i (q_i - p_i)^2 / p_i <= B }
             = min_eta  eta + sqrt(1 + B) ( sum_i p_i (l_i - eta)_+^2 )^(1/2),

    p the nominal weights, and an encoder of error e_k adds
    ``Lip * sqrt(1 + rho_k) e_k ||w_k||_2`` to the objective.

    Parameters
    ----------
    radius : float in [0, inf), dict or "confidence", default=0.1
        Chi-square radius rho_k of each modality, a number for all or a dict by
        modality name, with 0 for those that are left out. It is the variance of the
        likelihood ratio dQ_k/dP_k, has no unit and does not depend on the number of
        samples: a shift of a standard normal feature by delta standard deviations has
        radius exp(delta^2) - 1. Radius 0 for every modality gives ordinary empirical
        risk minimisation. "confidence": the
        same radius for every modality, such that the joint radius is ``z^2 / n`` with
        z the normal quantile at 95 % and ``n = 1 / sum_i p_i^2`` the effective number
        of samples. R is then an asymptotic upper confidence bound of the expected loss
        without shift, see :func:`~skmmdro.radius.confidence_radius`.
    coupling : {"estimate", "independent", "comonotone"}, array-like of shape \
            (n_modalities, n_modalities) or dict of dict, default="estimate"
        Largest correlation between a function of modality k and one of modality j.
        "estimate": cross-fitted canonical correlations, see
        :func:`~skmmdro.coupling.estimate_coupling`. "independent": no coupling, the
        smallest B. "comonotone": all ones, ``B = (sum_k sqrt(rho_k))^2``, which is what
        a single radius for the merged columns needs for the same protection. An array
        must be symmetric with a unit diagonal and entries in [-1, 1]; a dict states
        each pair once, ``{"text": {"image": 0.3}}``.
    encoder_error : float in [0, inf), dict, "from_transformer" or None, default=None
        Root mean square error e_k of modality k's features, in their units; 0 for
        modalities that a dict leaves out. Needs a Lipschitz loss. A modality whose
        error outweighs its use gets exactly zero coefficients. "from_transformer": what
        the ModalityTransformer in front of the estimator has estimated; an error if the
        data carry no estimate.

    See Also
    --------
    skmmdro.DROClassifier : Classifier that takes the set.
    skmmdro.DRORegressor : Regressor that takes the set.

    Notes
    -----
    Fitted estimators keep `coupling_`, `joint_radius_` (B) and `early_fusion_radius_`
    (the comonotone B).

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.
    .. [2] J. C. Duchi and H. Namkoong, "Variance-based regularization with convex
       objectives", Journal of Machine Learning Research 20(68), 2019.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ChiSquare
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     200, modality_names=("text", "image"), widths=(3, 3), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> ambiguity = ChiSquare(
    ...     radius={"text": 0.4, "image": 0.1}, coupling="independent"
    ... )
    >>> model = DROClassifier(ambiguity).fit(X, y)
    >>> round(model.joint_radius_, 3), round(model.early_fusion_radius_, 3)
    (0.5, 0.9)
    """

    alias = "chi2"
    _parameter_constraints = {
        "radius": [
            Interval(Real, 0, None, closed="left"),
            dict,
            StrOptions({CONFIDENCE_ALIAS}),
        ],
        "coupling": COUPLING,
        "encoder_error": [
            Interval(Real, 0, None, closed="left"),
            dict,
            StrOptions({"from_transformer"}),
            None,
        ],
    }

    def __init__(self, radius=0.1, *, coupling="estimate", encoder_error=None):
        self.radius = radius
        self.coupling = coupling
        self.encoder_error = encoder_error

    def milder(self):
        is_charged = self.encoder_error is not None
        return f"{super().milder()}{' or encoder_error' if is_charged else ''}"

    def bind(self, X, nominal, modalities):
        error = encoder_errors(self.encoder_error, modalities)
        radius, coupling = self.radius, self.coupling
        if isinstance(radius, str):
            coupling = resolve_coupling(coupling, X, nominal, modalities)
            joint = confidence_joint_radius(1 / (nominal @ nominal), CONFIDENCE)
            radius = split_joint_radius(joint, coupling)
        radii, fitted = bind_radii(radius, coupling, X, nominal, modalities)
        return BoundReweighting(
            reweighting=ChiSquareBall(fitted["joint_radius_"]),
            budgets=np.sqrt(1 + radii) * error,
            fitted=fitted,
        )


class ChiSquareBall(Reweighting):
    """Reweightings q of the samples with ``sum (q - p)^2 / p <= radius``."""

    def __init__(self, radius):
        self.radius = radius if radius > _NEGLIGIBLE else 0.0

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses - mu / 2 * chi2(q || nominal)`` over the ball.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            How far the value may be below the exact one: mu / 2 times the radius, or
            the largest divergence there is if that is less. With a positive mu the
            value is a smooth function of the losses.

        Returns
        -------
        worst : WorstCase
        """
        largest = min(self.radius, 1 / nominal.min() - 1)  # divergence of any weights
        floor = 2 * smoothing / largest if largest > 0 else 0.0
        flat = np.ptp(losses) <= _FLAT * np.abs(losses[0])
        if largest <= 0 or (flat and floor == 0):
            return WorstCase(float(nominal @ losses), nominal, lambda: None)
        eta, price = (0.0, 0.0) if flat else self._ball_threshold(losses, nominal)
        on_sphere = price >= floor
        if not on_sphere:
            price = floor
            excess = fill(losses, np.ones_like(losses), nominal, floor, 1.0)
        elif price == 0:  # all mass on the largest losses
            excess = (losses == losses.max()).astype(np.float64)
        else:
            excess = np.maximum(losses - eta, 0)
        weights = nominal * excess
        weights /= weights.sum()
        value = float(weights @ losses)
        if floor > 0:
            spread = self.radius if on_sphere else weights @ (weights / nominal) - 1
            value -= 0.5 * floor * spread

        def curvature():
            if price == 0:
                return None
            active = np.where(excess > 0, nominal, 0.0)
            return self._curvature(weights, active, price, on_sphere)

        return WorstCase(value, weights, curvature)

    def share_used(self, weights, nominal):
        """Return the divergence of `weights` from `nominal`, as a share of the radius.

        Less than one means that a larger radius would change nothing.
        """
        if self.radius == 0:
            return 1.0
        return float(weights @ (weights / nominal) - 1) / self.radius

    def _ball_threshold(self, losses, nominal):
        """Return eta and price s / sqrt(1 + B), s^2 = sum_i p_i (l_i - eta)_+^2.

        With A = {l > eta} of mass P, mean m and variance v the stationarity
        (1 + B) (sum_A p (l - eta))^2 = sum_A p (l - eta)^2 reads
        (m - eta)^2 ((1 + B) P - 1) = v. Solving it on the current A and updating A is
        Newton's method on the convex dual; the bracket makes it safe.
        """
        growth, low, high = 1 + self.radius, losses.min(), losses.max()
        kept, mass, eta = losses, nominal, None
        for _ in range(_MAX_ACTIVE_SETS):
            total = mass.sum()
            mean = mass @ kept / total
            variance = mass @ (kept - mean) ** 2 / total
            # growth * total - 1, which loses its digits where the radius is small
            slack = self.radius if kept is losses else growth * total - 1
            if eta is not None:  # the dual's slope at eta tells the side
                if variance >= slack * (mean - eta) ** 2:
                    high = eta
                else:
                    low = eta
            step = mean - np.sqrt(variance / slack) if slack > 0 else -np.inf
            if eta is not None and not low <= step <= high:
                step = 0.5 * (low + high)
            active = losses > step
            n_active = np.count_nonzero(active)
            if step == eta or n_active in (0, len(kept)):
                eta = step
                break
            eta, kept, mass = step, losses[active], nominal[active]
        price = np.sqrt(nominal @ np.maximum(losses - eta, 0) ** 2 / growth)
        return eta, price if price > _FLAT * np.abs(losses).max() else 0.0

    def _curvature(self, weights, active, price, on_sphere):
        # On the sphere, a = q / c with c^2 = 1 + B and P = sum of active p:
        #   price * Hess = diag(p_A) - a a' - (a / c - p_A)(...)' / (P - 1 / c^2),
        # the last term from eliminating eta. Inside: diag(p_A) - p_A p_A' / P.
        growth, total = 1 + self.radius, active.sum()
        if on_sphere:
            slack = self.radius if active.all() else growth * total - 1
            tilt = (weights / growth - active) / np.sqrt(slack / growth)
            vectors = np.stack([weights / np.sqrt(growth), tilt])
        else:
            vectors = active[None] / np.sqrt(total)
        return RiskCurvature(active / price, vectors / np.sqrt(price))

    def cvxpy_risk(self, losses, nominal):
        """Return the dual form as (convex expression, constraints)."""
        import cvxpy as cp

        if self.radius == 0:
            return nominal @ losses, []
        eta, excess = cp.Variable(), cp.Variable(len(nominal), nonneg=True)
        norm = cp.norm(cp.multiply(np.sqrt(nominal), excess), 2)
        return eta + np.sqrt(1 + self.radius) * norm, [excess >= losses - eta]
