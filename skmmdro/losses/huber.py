"""Huber loss."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from .._sklearn import Interval
from ._base import ResidualLoss, SeparableLoss

_MAD_TO_STD = 1.482602218505602  # 1 / Phi^{-1}(3/4), for normal targets


class Huber(ResidualLoss):
    """``residual^2 / 2`` up to the threshold t, ``t |residual| - t^2 / 2`` beyond.

    Parameters
    ----------
    epsilon : float in (0, inf), default=1.35
        Threshold in units of `scale`: t = epsilon * scale. 1.35 keeps 95 % efficiency
        for normal errors whose standard deviation is `scale`.
    scale : float in (0, inf) or None, default=None
        Size of an ordinary residual, in units of the target. None: the weighted median
        absolute deviation of the target from its median, times 1.4826; 1 if that is
        zero. The fit then follows the units of the target.

    Examples
    --------
    >>> from skmmdro import DRORegressor
    >>> from skmmdro.losses import Huber
    >>> DRORegressor(loss=Huber(epsilon=2.0)).loss
    Huber(epsilon=2.0)
    """

    alias = "huber"
    _parameter_constraints = {
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "scale": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(self, epsilon=1.35, *, scale=None):
        self.epsilon = epsilon
        self.scale = scale

    def fitted(self, y, nominal):
        if self.scale is not None:
            return self
        center = _weighted_median(y, nominal)
        spread = _weighted_median(np.abs(y - center), nominal)
        scale = _MAD_TO_STD * spread if spread > 0 else 1.0
        return Huber(self.epsilon, scale=scale)

    def bind(self, y, nominal, n_classes=None):
        threshold = self.epsilon * self.fitted(y, nominal).scale
        return SeparableLoss(_HuberFunction(threshold), 1.0, y[:, None], 1)


@dataclass(frozen=True)
class _HuberFunction:
    threshold: float
    alias = "huber"
    is_smooth, degree = True, None

    @property
    def lipschitz(self):
        return self.threshold

    def value_slope(self, residual):
        slope = np.clip(residual, -self.threshold, self.threshold)
        return slope * (residual - 0.5 * slope), slope

    def second(self, residual):
        return np.where(np.abs(residual) <= self.threshold, 1.0, 0.0)

    def conjugate(self, slope):
        return 0.5 * slope**2

    def cvxpy(self, residual):
        import cvxpy as cp

        # in units of the threshold, since the solver's tolerances are absolute
        return 0.5 * self.threshold**2 * cp.huber(residual / self.threshold, 1)


def _weighted_median(values, weights):
    """Return the mean of the lower and the upper weighted median.

    Repeating a sample and doubling its weight give the same result.
    """
    order = np.argsort(values)
    mass = np.cumsum(weights[order])
    half = 0.5 * mass[-1]
    # a tie at exactly one half is decided by rounding unless it is given some room
    room = 1e-10 * mass[-1]
    last = len(values) - 1
    lower = min(np.searchsorted(mass, half - room), last)
    upper = min(np.searchsorted(mass, half + room, side="right"), last)
    return 0.5 * (values[order[lower]] + values[order[upper]])
