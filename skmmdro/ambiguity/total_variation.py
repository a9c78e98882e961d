"""Total variation ball: a share of the data may be redrawn, the largest loss gains."""

from numbers import Real

import numpy as np

from .._sklearn import Interval
from .._validation import per_modality
from ._base import (
    BoundReweighting,
    Nominal,
    Reweighting,
    ReweightingSet,
    WorstCase,
)
from ._fill import fill, fill_and_level, filled_case, worst_fraction

_LARGEST = 1 - 1e-6  # joint radius that many modalities cannot exceed
_SURE = 1e-12  # levels further apart, relative to the losses, are not so by rounding


class TotalVariation(ReweightingSet):
    """A share of the data may be redrawn, for each modality its own.

    Modality k may shift to any Q_k with ``TV(Q_k, P_k) <= t_k``: a share t_k of its
    samples is redrawn. Whatever the dependence, at most the share ``sum_k t_k`` of all
    samples is touched in some modality, so the joint distribution is taken from the
    ball ``TV(Q, P) <= t`` with ``t = min(sum_k t_k, 1 - 1e-6)``. The estimators
    minimise the worst-case expected loss over that ball, ::

        R(l) = max { q'l : q >= 0, sum q = 1, 1/2 sum_i |q_i - p_i| <= t }
             = t max_i l_i + min_eta  (1 - t) eta + sum_i p_i (l_i - eta)_+ ,

    p the nominal weights: the share t with the smallest losses is moved to the largest
    loss. A single sample can therefore take the weight t. Losses should be bounded or
    the data clean.

    Parameters
    ----------
    radius : float in [0, 1) or dict, default=0.02
        Share t_k of each modality, a number for all or a dict by modality name, with 0
        for those that are left out. Radius 0 for every modality gives ordinary
        empirical risk minimisation.

    See Also
    --------
    CVaR : No sample can gain more than a factor.

    Notes
    -----
    Fitted estimators keep `joint_radius_` (t).

    References
    ----------
    .. [1] R. Jiang and Y. Guan, "Risk-averse two-stage stochastic program with
       distributional ambiguity", Operations Research 66(5), 2018, Theorem 1.
       :doi:`10.1287/opre.2018.1729`
    .. [2] A. Ben-Tal, D. den Hertog, A. De Waegenaere, B. Melenberg and G. Rennen,
       "Robust solutions of optimization problems affected by uncertain probabilities",
       Management Science 59(2), 2013, Table 2. :doi:`10.1287/mnsc.1120.1641`

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import TotalVariation
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     200, modality_names=("text", "image"), widths=(3, 3), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> ambiguity = TotalVariation(radius={"text": 0.01, "image": 0.03})
    >>> model = DROClassifier(ambiguity).fit(X, y)
    >>> round(model.joint_radius_, 3)
    0.04
    """

    alias = "tv"
    _parameter_constraints = {"radius": [Interval(Real, 0, 1, closed="left"), dict]}

    def __init__(self, radius=0.02):
        self.radius = radius

    def bind(self, X, nominal, modalities):
        radii = per_modality(self.radius, modalities, parameter="radius")
        if np.any(radii >= 1):
            raise ValueError(
                f"radius={self.radius!r}: a share of the data is below 1; state a "
                "number in [0, 1) for each modality."
            )
        joint = min(float(radii.sum()), _LARGEST)
        return BoundReweighting(
            reweighting=TotalVariationBall(joint) if joint > 0 else Nominal(),
            budgets=np.zeros(len(radii)),
            fitted={"joint_radius_": joint},
        )


class TotalVariationBall(Reweighting):
    """Reweightings q with ``sum |q - p| / 2 <= radius``, between zero and one."""

    is_smooth = False
    first_smoothing = 1.0  # the bound of the smoothing error is far from what it is

    def __init__(self, radius):
        self.radius = radius

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses - mu / 2 sum (q - center)^2 / nominal`` over the ball.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            How far the value may be below the exact one for ``center=None``,
            ``mu / 2 * (radius^2 / min(nominal) + radius)``.
        center : ndarray of shape (n_samples,) or None, default=None
            Weights at which the subtracted term vanishes.

        Returns
        -------
        worst : WorstCase
        """
        if smoothing == 0:
            weights = self._exact(losses, nominal)
            return WorstCase(float(weights @ losses), weights, lambda: None, weights)
        mu = 2 * smoothing / (self.radius**2 / nominal.min() + self.radius)
        center = nominal if center is None else center
        ratio, free = self._smoothed(losses, nominal, mu, center / nominal)
        return filled_case(losses, nominal, mu, center, ratio, free)

    def share_used(self, weights, nominal):
        return float(0.5 * np.abs(weights - nominal).sum()) / self.radius

    def _exact(self, losses, nominal):
        top = np.where(losses == losses.max(), nominal, 0.0)
        kept = worst_fraction(losses, nominal, 1 - self.radius)
        return self.radius * top / top.sum() + (1 - self.radius) * kept

    def _smoothed(self, losses, nominal, mu, ratio):
        """Return the new q / p, and the parts in which it moves freely.

        On the boundary the radius has a multiplier, half of what lies between the
        levels of the losses that gain and of those that lose. Each side is a problem
        of its own: gains u >= 0 and cuts 0 <= d <= 1, both of total mass `radius`.
        """
        gain, upper = fill_and_level(losses, ratio - 1, nominal, mu, self.radius)
        cut, lower = fill_and_level(-losses, 1 - ratio, nominal, mu, self.radius, 1.0)
        if upper + lower < _SURE * np.abs(losses).max():
            inside = fill(losses, ratio, nominal, mu, 1.0)
            if nominal @ np.maximum(inside - 1, 0) <= self.radius:
                return inside, [inside > 0]
        return 1 + gain - cut, [gain > 0, (cut > 0) & (cut < 1)]

    def cvxpy_risk(self, losses, nominal):
        """Return the dual form as (convex expression, constraints)."""
        import cvxpy as cp

        eta = cp.Variable()
        kept = (1 - self.radius) * eta + nominal @ cp.pos(losses - eta)
        return self.radius * cp.max(losses) + kept, []
