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

REGISTRY = {}


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
        if cls.__dict__.get("alias") is not None:
            other = REGISTRY.setdefault(cls.alias, cls)
            if other.__qualname__ != cls.__qualname__:
                raise TypeError(f"{cls} and {other} share the alias {cls.alias!r}.")

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
        and `lipschitz` (float or None).
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
        # |sum_c f(z_c) - sum_c f(z'_c)| <= L ||z - z'||_1 <= L sqrt(m) ||z - z'||_2
        lipschitz = function.lipschitz
        self.lipschitz = None if lipschitz is None else lipschitz * n_outputs**0.5

    def constant(self, nominal):
        """Return the raw prediction of a simple constant model, (n_outputs,)."""
        return nominal @ (self.offset + np.zeros((len(nominal), self.n_outputs)))

    def value_slope(self, raw):
        """Return losses (n_samples,) and their derivatives (n_samples, n_outputs)."""
        value, slope = self.function.value_slope(self.sign * (raw - self.offset))
        return value.sum(axis=1), self.sign * slope

    def curvature(self, raw):
        return DiagonalCurvature(self.function.second(self.sign * (raw - self.offset)))

    def conjugate(self, slope):
        """Return sup_z slope.z - loss(z) per sample, ndarray of shape (n_samples,)."""
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

    def take(self, rows):
        """Return the same loss on a subset of the samples."""
        sign = self.sign[rows] if np.ndim(self.sign) else self.sign
        offset = self.offset[rows] if np.ndim(self.offset) else self.offset
        return type(self)(self.function, sign, offset, self.n_outputs)


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

    def bind(self, y, nominal, n_classes=None):
        sign = one_vs_rest_signs(y, n_classes)
        return SeparableLoss(self, sign, 0.0, sign.shape[1])


class ResidualLoss(Loss):
    """Regression loss f(residual), residual = raw prediction - target."""

    task = "regression"
    lipschitz = None

    def bind(self, y, nominal, n_classes=None):
        return SeparableLoss(self, 1.0, y[:, None], 1)
