"""Logistic loss, binary and multinomial."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from ._base import MarginLoss, SeparableLoss, one_vs_rest_signs


class LogLoss(MarginLoss):
    """Negative log-likelihood of the logistic model.

    Two classes: ``log(1 + exp(-s z))`` with s = +-1. More classes: the multinomial
    ``log(sum_c exp(z_c)) - z_y``. Lipschitz constant in the raw prediction: 1 for two
    classes, sqrt(2) otherwise.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.losses import LogLoss
    >>> DROClassifier(loss=LogLoss()).loss
    LogLoss()
    """

    alias = "log_loss"
    lipschitz = 1.0

    def bind(self, y, nominal, n_classes=None):
        if n_classes == 2:
            return SeparableLoss(self, one_vs_rest_signs(y, 2), 0.0, 1)
        return MultinomialLogLoss(y, n_classes)

    def value_slope(self, margin):
        decay = np.exp(-np.abs(margin))
        value = np.log1p(decay)
        value += np.maximum(-margin, 0)
        slope = np.where(margin >= 0, decay, 1.0)
        slope /= -1.0 - decay
        return value, slope

    def second(self, margin):
        decay = np.exp(-np.abs(margin))
        return decay / (1 + decay) ** 2

    def conjugate(self, slope):
        # f*(s) = a log a + (1 - a) log(1 - a) with a = -s in [0, 1]
        a = np.clip(-slope, 0, 1)
        return xlogy(a, a) + xlogy(1 - a, 1 - a)

    def cvxpy(self, margin):
        import cvxpy as cp

        return cp.logistic(-margin)


@dataclass(frozen=True)
class SoftmaxCurvature:
    """Hessian diag(p) - p p' of each sample's log-sum-exp."""

    probability: np.ndarray  # (n_samples, n_classes)

    def apply(self, direction):
        p = self.probability
        return p * (direction - (p * direction).sum(axis=1, keepdims=True))

    def weights(self, a, b):
        p = self.probability
        return p[:, a] * ((a == b) - p[:, b])


class MultinomialLogLoss:
    """``log(sum_c exp(z_c)) - z_y``; same methods as `SeparableLoss`."""

    name = "log_loss"
    is_smooth, degree, has_labels = True, None, False
    lipschitz = 2**0.5  # max ||p - e_y||_2 over the simplex

    def __init__(self, y, n_classes):
        self.y, self.n_outputs = y, n_classes

    def constant(self, nominal):
        return np.zeros(self.n_outputs)

    def _softmax(self, raw):
        top = raw.max(axis=1, keepdims=True)
        probability = np.exp(raw - top)
        total = probability.sum(axis=1, keepdims=True)
        probability /= total
        return probability, (np.log(total) + top)[:, 0]

    def value_slope(self, raw):
        slope, log_total = self._softmax(raw)
        rows = np.arange(len(raw))
        value = log_total - raw[rows, self.y]
        slope[rows, self.y] -= 1
        return value, slope

    def curvature(self, raw):
        return SoftmaxCurvature(self._softmax(raw)[0])

    def conjugate(self, slope):
        # negative entropy of slope + e_y on the simplex
        p = slope.copy()
        p[np.arange(len(p)), self.y] += 1
        p = np.clip(p, 0, 1)
        return xlogy(p, p).sum(axis=1)

    def balanced(self, dual, weights):
        """Mix `dual` with the dual of a constant model until columns sum to zero.

        Row i of `dual` is weights_i (p_i - e_i), and a constant model with
        probabilities pi has column sums pi - c, c the weighted class frequencies.
        With excess r = dual.sum(0), (1 - m) r + m (pi - c) = 0 for
        pi = c - (1 - m) / m r, which is a distribution once m >= r / (r + c).
        """
        excess = dual.sum(axis=0)
        frequency = np.bincount(self.y, weights, minlength=self.n_outputs)
        over = excess > 0
        if not np.any(over):
            return dual
        mix = np.max(excess[over] / (excess[over] + frequency[over]))
        constant = frequency - (1 - mix) / mix * excess
        out = (1 - mix) * dual + mix * weights[:, None] * constant
        out[np.arange(len(out)), self.y] -= mix * weights
        return out

    def cvxpy(self, raw):
        import cvxpy as cp

        one_hot = np.eye(self.n_outputs)[self.y]
        return cp.log_sum_exp(raw, axis=1) - cp.sum(cp.multiply(one_hot, raw), axis=1)

    def take(self, rows):
        return type(self)(self.y[rows], self.n_outputs)
