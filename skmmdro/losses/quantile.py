"""Quantile (pinball) loss."""

from numbers import Real

from .._sklearn import Interval
from ._base import Kink, ResidualLoss


class Quantile(Kink, ResidualLoss):
    """``quantile * (y - z)`` for y >= z, ``(1 - quantile) * (z - y)`` otherwise.

    y is the target, z the raw prediction; the minimiser is a conditional quantile.
    Lipschitz with constant ``max(quantile, 1 - quantile)``.

    Parameters
    ----------
    quantile : float in (0, 1), default=0.5
        Probability that the target is below the prediction.

    Examples
    --------
    >>> from skmmdro import DRORegressor
    >>> from skmmdro.losses import Quantile
    >>> DRORegressor(loss=Quantile(0.9)).loss
    Quantile(quantile=0.9)
    """

    alias = "quantile"
    _parameter_constraints = {"quantile": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, quantile=0.5):
        self.quantile = quantile

    # in the residual z - y the slope is -quantile on the left, 1 - quantile beyond
    @property
    def low(self):
        return -self.quantile

    @property
    def high(self):
        return 1 - self.quantile
