"""Squared hinge loss."""

import numpy as np

from ._base import MarginLoss


class SquaredHinge(MarginLoss):
    """``max(0, 1 - margin)^2``; not Lipschitz, so it takes no encoder error.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> DROClassifier(loss="squared_hinge").loss
    'squared_hinge'
    """

    alias = "squared_hinge"

    def value_slope(self, margin):
        short = np.maximum(1 - margin, 0)
        return short**2, -2 * short

    def second(self, margin):
        return np.where(margin < 1, 2.0, 0.0)

    def conjugate(self, slope):
        return slope + slope**2 / 4  # for slope <= 0

    def cvxpy(self, margin):
        import cvxpy as cp

        return cp.square(cp.pos(1 - margin))
