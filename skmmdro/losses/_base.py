"""What a loss has to provide, and the forms that most losses share.

A loss is one public class in one file. It is bound to the targets once per fit;
the bound loss is what the optimisation sees. A loss that is a function of one number
(margin or residual) subclasses `MarginLoss` or `ResidualLoss` and writes five small
methods; see ``squared_hinge.py`` for a complete one.
"""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from .._validation import register_alias

REGISTRY = {}
_NEAR_KINK = 1e-6  # relative; what solvers leave of a raw prediction at a kink


class Loss(BaseEstimator):
    """Base class: parameters only, no data.

    Attributes
    ----------
    alias : str
        The name under which estimators accept the loss.
    task : {"classification", "regression"}
        Which estimators can use it.
    """

    _parameter_constraints: dict = {}
    alias = None
    task = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        register_alias(cls, REGISTRY)

    def fitted(self, y, nominal):
        """Return the loss with what it learns from the training targets made fixed."""
        return self

    @abstractmethod
    def bind(self, y, nominal, n_classes=None):
        """Attach the targets.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Class indices for classification, real targets for regression.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        n_classes : int or None
            Number of classes; None for regression.

        Returns
        -------
        bound : SeparableLoss
            Or an object with the same methods; what the optimisation sees of the loss.
        """


@dataclass(frozen=True)
class DiagonalCurvature:
    """Second derivatives of losses that do not mix the columns of the prediction."""

    second: np.ndarray  # (n_samples, n_outputs)

    def apply(self, direction):
        return self.second * direction

    def weights(self, a, b):
        """Return d2 loss / d raw_a d raw_b per sample, None where it vanishes."""
        return self.second[:, a] if a == b else None


class SeparableLoss:
    """Sum over output columns of one function of ``sign * (raw - offset)``.

    Parameters
    ----------
    function : object
        `value_slope(t)`, `second(t)`, `conjugate(s)` and `cvxpy(t)`, all elementwise,
        `is_smooth`, `lipschitz` (float or None) and `degree`: d if
        ``f(c t) = c^d f(t)`` for all c > 0, else None.
    sign : ndarray of shape (n_samples, n_outputs) or float
        +1 or -1.
    offset : ndarray of shape (n_samples, n_outputs) or float
        Target to subtract.
    n_outputs : int
        Number of columns of the raw prediction.
    """

    def __init__(self, function, sign, offset, n_outputs):
        self.function, self.sign, self.offset = function, sign, offset
        self.n_outputs = n_outputs
        self.is_smooth, self.degree = function.is_smooth, function.degree
        # |sum_c f(z_c) - sum_c f(z'_c)| <= L ||z - z'||_1 <= L sqrt(m) ||z - z'||_2
        lipschitz = function.lipschitz
        self.lipschitz = None if lipschitz is None else lipschitz * n_outputs**0.5

    @property
    def name(self):
        """The loss's alias, for messages."""
        return getattr(self.function, "alias", type(self.function).__name__)

    @property
    def has_labels(self):
        """Whether the targets are two classes, so that `flipped` makes sense."""
        return bool(np.ndim(self.sign)) and self.n_outputs == 1

    def flipped(self):
        """Return the loss of the opposite labels."""
        return type(self)(self.function, -self.sign, self.offset, self.n_outputs)

    def constant(self, nominal):
        """Return the raw prediction of a simple constant model, (n_outputs,)."""
        offset = self.offset + np.zeros((len(nominal), self.n_outputs))
        # a mean of equal targets would differ from them by rounding
        return np.where(np.ptp(offset, axis=0) == 0, offset[0], nominal @ offset)

    def value_slope(self, raw):
        """Return losses (n_samples,) and their derivatives (n_samples, n_outputs)."""
        value, slope = self.function.value_slope(self.sign * (raw - self.offset))
        return value.sum(axis=1), self.sign * slope

    def curvature(self, raw):
        return DiagonalCurvature(self.function.second(self.sign * (raw - self.offset)))

    def slope_range(self, raw):
        """Return the smallest and the largest derivative of each loss with a kink.

        Raw predictions that are close to a kink count as being there.
        """
        kink, t = self.function, self.sign * (raw - self.offset)
        scale = np.abs(raw) + np.abs(self.offset).max() + abs(kink.at)
        near = np.abs(t - kink.at) <= _NEAR_KINK * scale
        slope = kink.value_slope(t)[1]
        ends = np.where(near, kink.low, slope), np.where(near, kink.high, slope)
        ends = self.sign * np.array(ends)
        return ends.min(axis=0), ends.max(axis=0)

    def smoothed(self, error, center=None):
        """Return a smooth loss below this one, by at most `error` for center=None.

        Parameters
        ----------
        error : float
            Positive.
        center : ndarray of shape (n_samples, n_outputs) or None, default=None
            Derivatives at which the two losses touch, as in the method of multipliers.
        """
        center = None if center is None else self.sign * center
        function = self.function.smoothed(error / self.n_outputs, center)
        return type(self)(function, self.sign, self.offset, self.n_outputs)

    def conjugate(self, slope):
        """Return sup_z slope.z - loss(z) per sample, ndarray of shape (n_samples,).

        That of the exact loss, also if this one is smoothed.
        """
        # (f(s (. - o)))*(u) = f*(s u) + u o   for s = +-1
        value = self.function.conjugate(self.sign * slope) + slope * self.offset
        return value.sum(axis=1)

    def balanced(self, dual, weights):
        """Scale `dual` so that its columns sum to zero and it stays feasible.

        Every conjugate here is finite on an interval around zero, so shrinking the
        heavier sign keeps each entry in its domain.
        """
        up = np.maximum(dual, 0).sum(axis=0)
        down = np.maximum(-dual, 0).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            shrink_up = np.where(up > down, down / up, 1.0)
            shrink_down = np.where(down > up, up / down, 1.0)
        return np.where(dual > 0, dual * shrink_up, dual * shrink_down)

    def cvxpy(self, raw):
        """Return the losses as a convex cvxpy expression of shape (n_samples,)."""
        import cvxpy as cp

        argument = raw - self.offset
        if np.ndim(self.sign):
            argument = cp.multiply(self.sign, argument)
        return cp.sum(self.function.cvxpy(argument), axis=1)

    def with_offset(self, offset):
        """Return the same loss with another offset."""
        return type(self)(self.function, self.sign, offset, self.n_outputs)

    def take(self, rows):
        """Return the same loss on a subset of the samples."""
        sign = self.sign[rows] if np.ndim(self.sign) else self.sign
        offset = self.offset[rows] if np.ndim(self.offset) else self.offset
        return type(self)(self.function, sign, offset, self.n_outputs)


class Kink:
    """``f(t) = max { s (t - at) : low <= s <= high }``, which has a kink at `at`.

    A mixin of losses that are such a function of the margin or the residual.
    """

    is_smooth = False
    low, high, at = -1.0, 1.0, 0.0

    @property
    def lipschitz(self):
        return max(-self.low, self.high)

    @property
    def degree(self):
        return 1 if self.at == 0 else None

    def value_slope(self, t):
        slope = np.where(t >= self.at, self.high, self.low)
        return slope * (t - self.at), slope

    def second(self, t):
        return np.zeros_like(t)

    def conjugate(self, slope):
        return slope * self.at

    def cvxpy(self, t):
        import cvxpy as cp

        return cp.maximum(self.low * (t - self.at), self.high * (t - self.at))

    def smoothed(self, error, center=None):
        # with s free in [low, high] the term mu / 2 (s - center)^2 is at most `error`
        # if the center is in the middle, and four times that anywhere
        if center is None:
            center = 0.5 * (self.low + self.high)
        return SmoothedKink(self, 8 * error / (self.high - self.low) ** 2, center)


@dataclass(frozen=True)
class SmoothedKink:
    """``max { s (t - at) - mu / 2 (s - center)^2 : low <= s <= high }``."""

    kink: Kink
    mu: float
    center: np.ndarray | float
    is_smooth, degree = True, None

    @property
    def lipschitz(self):
        return self.kink.lipschitz

    def _slope(self, t):
        free = self.center + (t - self.kink.at) / self.mu
        return free, np.clip(free, self.kink.low, self.kink.high)

    def value_slope(self, t):
        slope = self._slope(t)[1]
        value = slope * (t - self.kink.at) - 0.5 * self.mu * (slope - self.center) ** 2
        return value, slope

    def second(self, t):
        free, slope = self._slope(t)
        return np.where(free == slope, 1 / self.mu, 0.0)

    def conjugate(self, slope):
        return self.kink.conjugate(slope)


def one_vs_rest_signs(y, n_classes):
    """Return +-1 codes: one column for two classes, else one column per class."""
    if n_classes == 2:
        return np.where(y == 1, 1.0, -1.0)[:, None]
    return np.where(y[:, None] == np.arange(n_classes), 1.0, -1.0)


class MarginLoss(Loss):
    """Classification loss f(margin), margin = +-raw prediction.

    With more than two classes the loss of a sample is the sum of its one-versus-rest
    losses, so that one vector of worst-case weights holds for all classes together.
    """

    task = "classification"
    lipschitz = None
    is_smooth, degree = True, None

    def bind(self, y, nominal, n_classes=None):
        sign = one_vs_rest_signs(y, n_classes)
        return SeparableLoss(self, sign, 0.0, sign.shape[1])


class ResidualLoss(Loss):
    """Regression loss f(residual), residual = raw prediction - target."""

    task = "regression"
    lipschitz = None
    is_smooth, degree = True, None

    def bind(self, y, nominal, n_classes=None):
        return SeparableLoss(self, 1.0, y[:, None], 1)
