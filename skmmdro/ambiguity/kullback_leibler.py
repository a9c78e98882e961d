"""Kullback-Leibler ball over the joint distribution, with one radius per modality."""

from numbers import Real

import numpy as np
from scipy.special import kl_div

from .._sklearn import Interval
from ._base import (
    BoundReweighting,
    Reweighting,
    ReweightingSet,
    RiskCurvature,
    WorstCase,
)
from ._joint import COUPLING, bind_radii

_MAX_ITER = 100  # about four steps are usual
_CONVERGED = 1e-14  # times 1 + 1 / sqrt(radius): rounding of the divergence
_NEGLIGIBLE = 1e-20  # radius that changes the value by 1e-10 standard deviations
_FLAT = 1e-14  # relative spread of losses below which they count as equal
_LARGEST_STEP = 2.0  # by which the logarithm of the tilt may change in a step
_SLOW = 0.5  # a step that leaves more of the error is followed by a bisection
_TINY = np.finfo(np.float64).tiny


class KullbackLeibler(ReweightingSet):
    """Each modality's marginal may move in Kullback-Leibler divergence.

    Modality k may shift to any Q_k with ``KL(Q_k || P_k) <= r_k``. To second order the
    divergence is half the chi-square divergence, so the radii combine like those of
    :class:`ChiSquare`: the joint distribution is taken from the ball
    ``KL(Q || P) <= r`` with the joint radius ::

        r = sum_k r_k + 2 sum_{k<j} |gamma_kj| sqrt(r_k r_j).

    The estimators minimise the worst-case expected loss over that ball, ::

        R(l) = max { q'l : q >= 0, sum q = 1, sum_i q_i log(q_i / p_i) <= r }
             = min_{lam > 0}  lam r + lam log sum_i p_i exp(l_i / lam),

    p the nominal weights. The maximiser is ``q_i ~ p_i exp(l_i / lam)``: every sample
    keeps some weight, and large losses gain more than under the chi-square ball.

    Parameters
    ----------
    radius : float in [0, inf) or dict, default=0.05
        Divergence r_k of each modality in nats, a number for all or a dict by modality
        name, with 0 for those that are left out. It does not depend on the number of
        samples: a shift of a standard normal feature by delta standard deviations has
        radius delta^2 / 2. Radius 0 for every modality gives ordinary empirical risk
        minimisation.
    coupling : {"estimate", "independent", "comonotone"}, array-like of shape \
            (n_modalities, n_modalities) or dict of dict, default="estimate"
        Largest correlation between a function of modality k and one of modality j, see
        :class:`ChiSquare`.

    See Also
    --------
    ChiSquare : Charges for the variance of the losses; the default.
    CVaR : Charges for the worst fraction of the samples.

    Notes
    -----
    Fitted estimators keep `coupling_`, `joint_radius_` (r) and `early_fusion_radius_`
    (r under comonotone coupling).

    References
    ----------
    .. [1] Z. Hu and L. J. Hong, "Kullback-Leibler divergence constrained
       distributionally robust optimization", Optimization Online, 2013, Theorem 1.
    .. [2] A. Ben-Tal, D. den Hertog, A. De Waegenaere, B. Melenberg and G. Rennen,
       "Robust solutions of optimization problems affected by uncertain probabilities",
       Management Science 59(2), 2013, Table 2. :doi:`10.1287/mnsc.1120.1641`

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import KullbackLeibler
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     200, modality_names=("text", "image"), widths=(3, 3), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> ambiguity = KullbackLeibler(
    ...     radius={"text": 0.02, "image": 0.08}, coupling="independent"
    ... )
    >>> model = DROClassifier(ambiguity).fit(X, y)
    >>> round(model.joint_radius_, 3), round(model.early_fusion_radius_, 3)
    (0.1, 0.18)
    """

    alias = "kl"
    _parameter_constraints = {
        "radius": [Interval(Real, 0, None, closed="left"), dict],
        "coupling": COUPLING,
    }

    def __init__(self, radius=0.05, *, coupling="estimate"):
        self.radius = radius
        self.coupling = coupling

    def bind(self, X, nominal, modalities):
        radii, fitted = bind_radii(self.radius, self.coupling, X, nominal, modalities)
        return BoundReweighting(
            reweighting=KullbackLeiblerBall(fitted["joint_radius_"]),
            budgets=np.zeros(len(radii)),
            fitted=fitted,
        )


class KullbackLeiblerBall(Reweighting):
    """Reweightings q of the samples with ``sum q log(q / p) <= radius``."""

    def __init__(self, radius):
        self.radius = radius if radius > _NEGLIGIBLE else 0.0

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses - mu KL(q || nominal)`` over the ball.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            How far the value may be below the exact one: mu times the radius, or the
            largest divergence there is if that is less.
        center : None
            Not used: only the kink at equal losses needs smoothing.

        Returns
        -------
        worst : WorstCase
        """
        top = losses.max()
        spread = top - losses.min()
        flat = spread <= _FLAT * abs(top)
        largest = min(self.radius, -np.log(nominal.min()))  # divergence of any weights
        if largest <= 0 or (flat and smoothing == 0):
            return WorstCase(float(nominal @ losses), nominal, lambda: None)
        floor = smoothing / largest  # least temperature lam
        spread = 1.0 if flat else spread
        depth = (losses - top) / spread
        most = spread / floor if floor > 0 else np.inf
        tilt = most if flat else self._tilt(depth, nominal)
        on_sphere = tilt < most
        tilt = min(tilt, most)
        if tilt == np.inf:  # all mass on the largest losses
            weights = np.where(depth == 0, nominal, 0.0)
            divergence = self.radius
        else:
            ratio, logs = _tilted(tilt, depth, nominal)
            weights = nominal * ratio
            divergence = self.radius if on_sphere else weights @ logs
        weights /= weights.sum()
        value = float(weights @ losses) - floor * max(divergence, 0.0)

        def curvature():
            if tilt == np.inf:
                return None
            return self._curvature(weights, depth, spread / tilt, on_sphere)

        return WorstCase(value, weights, curvature)

    def share_used(self, weights, nominal):
        if self.radius == 0:
            return 1.0
        return float(kl_div(weights, nominal).sum()) / self.radius

    def _tilt(self, depth, nominal):
        """Return t at which ``q ~ p exp(t depth)`` has the divergence `radius`.

        With K(t) = log sum p exp(t depth) the divergence is D(t) = t K'(t) - K(t), it
        grows with D' = t K''. log D is nearly linear in log t, so that Halley's method
        on it needs few steps; a bracket makes it safe.
        """
        if self.radius >= -np.log(nominal[depth == 0].sum()) * (1 - _CONVERGED):
            return np.inf
        low, high, before = 0.0, np.inf, np.inf
        tilt = _first_tilt(self.radius, depth, nominal)
        for _ in range(_MAX_ITER):
            ratio, logs = _tilted(tilt, depth, nominal)
            weights = nominal * ratio
            divergence = max(weights @ logs, _TINY)
            excess = np.log(divergence / self.radius)
            if abs(excess) <= _CONVERGED * (1 + self.radius**-0.5):
                break
            low, high = (tilt, high) if excess < 0 else (low, tilt)
            around = depth - weights @ depth
            weights *= around
            variance, around = weights @ around, around * around
            slope = tilt**2 * variance / divergence
            bend = 2 * tilt**2 * variance + tilt**3 * (weights @ around)
            bend = bend / divergence - slope**2
            pivot = slope**2 - 0.5 * excess * bend
            move = -excess * slope / (pivot if pivot > 0 else slope**2 + _TINY)
            step = tilt * np.exp(np.clip(move, -_LARGEST_STEP, _LARGEST_STEP))
            slow = high < np.inf and abs(excess) > _SLOW * before
            if slow or not low < step < high:
                step = np.sqrt(low * high) if low > 0 else 0.1 * high
            if abs(step - tilt) <= _CONVERGED * tilt:
                break
            tilt, before = step, abs(excess)
        return tilt

    def _curvature(self, weights, depth, temperature, on_sphere):
        # Hess = (diag(q) - q q') / lam inside the ball; on the sphere lam depends on
        # the losses too, which takes away the direction q (l - q'l)
        vectors = [weights]
        if on_sphere:
            around = depth - weights @ depth
            moved = weights * around
            deviation = np.sqrt(moved @ around)
            if deviation > 0:
                vectors.append(moved / deviation)
        vectors = np.array(vectors) / np.sqrt(temperature)
        return RiskCurvature(weights / temperature, vectors)

    def cvxpy_risk(self, losses, nominal):
        """Return the dual form as (convex expression, constraints)."""
        import cvxpy as cp

        if self.radius == 0:
            return nominal @ losses, []
        # lam log sum p exp(l / lam) <= t  <=>  sum p lam exp((l - t) / lam) <= lam
        temperature, level = cp.Variable(nonneg=True), cp.Variable()
        scaled = cp.Variable(len(nominal))
        each = temperature * np.ones(len(nominal))
        cone = cp.constraints.ExpCone(losses - level, each, scaled)
        risk = temperature * self.radius + level
        return risk, [cone, nominal @ scaled <= temperature]


def _first_tilt(radius, depth, nominal):
    """Return the root of the divergence's expansion, v t^2 / 2 + k t^3 / 3."""
    around = depth - nominal @ depth
    square = around * around
    variance = nominal @ square
    tilt = np.sqrt(2 * radius / variance)
    skew = nominal @ (square * around) / (3 * variance)
    return tilt / np.clip(1 + skew * tilt, 0.5, 2)


def _tilted(tilt, depth, nominal):
    """Return q / p and log(q / p) for ``q ~ p exp(tilt * depth)``, depth <= 0."""
    power = tilt * depth
    if tilt < 1:  # the digits that log(q / p) needs are lost in exp
        ratio = np.expm1(power)
        log_total = np.log1p(nominal @ ratio)
        ratio += 1.0
    else:
        ratio = np.exp(power)
        log_total = np.log(nominal @ ratio)
    ratio /= np.exp(log_total)
    power -= log_total
    return ratio, power
