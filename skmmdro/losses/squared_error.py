"""Squared error."""

import numpy as np

from ._base import ResidualLoss


class SquaredError(ResidualLoss):
    """``residual^2 / 2``; not Lipschitz, so it takes no encoder error.

    Examples
    --------
    >>> from skmmdro import DRORegressor
    >>> DRORegressor(loss="squared_error").loss
    'squared_error'
    """

    alias = "squared_error"
    degree = 2

    def value_slope(self, residual):
        return 0.5 * residual**2, residual

    def second(self, residual):
        return np.ones_like(residual)

    def conjugate(self, slope):
        return 0.5 * slope**2

    def cvxpy(self, residual):
        import cvxpy as cp

        return 0.5 * cp.square(residual)
