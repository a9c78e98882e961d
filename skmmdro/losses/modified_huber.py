"""Modified Huber hinge loss."""

import numpy as np

from ._base import MarginLoss


class ModifiedHuber(MarginLoss):
    """``max(0, 1 - margin)^2`` for margin >= -1, else ``-4 margin``.

    Smooth and Lipschitz with constant 4: outliers cost linearly.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> DROClassifier(loss="modified_huber").loss
    'modified_huber'
    """

    alias = "modified_huber"
    lipschitz = 4.0

    def value_slope(self, margin):
        short = np.maximum(1 - margin, 0)
        near = np.minimum(short, 2)
        return near * (2 * short - near), -2 * near

    def second(self, margin):
        return np.where((margin < 1) & (margin > -1), 2.0, 0.0)

    def conjugate(self, slope):
        return slope + slope**2 / 4  # for -4 <= slope <= 0

    def cvxpy(self, margin):
        import cvxpy as cp

        return cp.huber(cp.pos(1 - margin), 2)
