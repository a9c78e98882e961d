"""Absolute error."""

from ._base import Kink, ResidualLoss


class AbsoluteError(Kink, ResidualLoss):
    """``|residual|``, whose minimiser is a conditional median.

    Lipschitz with constant 1.

    Examples
    --------
    >>> from skmmdro import DRORegressor
    >>> DRORegressor(loss="absolute_error").loss
    'absolute_error'
    """

    alias = "absolute_error"
    low, high, at = -1.0, 1.0, 0.0
