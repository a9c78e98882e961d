"""Conditional value at risk: the average over the worst fraction of the samples."""

from numbers import Real

import numpy as np

from .._sklearn import Interval
from ._base import (
    BoundReweighting,
    Nominal,
    Reweighting,
    ReweightingSet,
    WorstCase,
)
from ._fill import fill, filled_case, worst_fraction


class CVaR(ReweightingSet):
    """Any subpopulation that makes up at least the fraction `level` of the data.

    The estimators minimise the average loss over the worst such fraction, ::

        R(l) = max { q'l : 0 <= q <= p / level, sum q = 1 }
             = min_eta  eta + 1 / level * sum_i p_i (l_i - eta)_+ ,

    p the nominal weights. The set bounds the likelihood ratio q_i / p_i of every
    sample; modalities play no part in it.

    Parameters
    ----------
    level : float in (0, 1], default=0.5
        Smallest fraction of the data, in terms of the nominal weights, that the model
        has to do well on. Level 1 gives ordinary empirical risk minimisation; towards
        0 only the largest loss counts.

    See Also
    --------
    ChiSquare : Bounds the mean square of the likelihood ratio instead of its maximum.
    TotalVariation : Only the largest loss gains weight.

    References
    ----------
    .. [1] R. T. Rockafellar and S. Uryasev, "Optimization of conditional value-at-
       risk", Journal of Risk 2(3), 2000, Theorem 1. :doi:`10.21314/JOR.2000.038`

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import CVaR
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(200, random_state=0, return_X_y=True)
    >>> model = DROClassifier(CVaR(level=0.8)).fit(X, y)
    >>> bool(model.worst_case_weights_.max() <= 1 / (0.8 * 200) * (1 + 1e-9))
    True
    """

    alias = "cvar"
    _parameter_constraints = {"level": [Interval(Real, 0, 1, closed="right")]}

    def __init__(self, level=0.5):
        self.level = level

    def milder(self):
        return "a larger level"

    def bind(self, X, nominal, modalities):
        capped = Nominal() if self.level == 1 else CappedWeights(float(self.level))
        return BoundReweighting(capped, np.zeros(len(modalities)))


class CappedWeights(Reweighting):
    """Reweightings q of the samples with ``q <= p / level``, level below one."""

    is_smooth = False

    def __init__(self, level):
        self.level = level

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses - mu / 2 sum (q - center)^2 / nominal`` over the set.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            How far the value may be below the exact one for ``center=None``,
            mu / 2 * (1 / level - 1), with the smallest nominal weight for a level
            below it.
        center : ndarray of shape (n_samples,) or None, default=None
            Weights at which the subtracted term vanishes.

        Returns
        -------
        worst : WorstCase
        """
        # at the smallest weight all the mass may go to any one sample already
        level = max(self.level, nominal.min())
        if level >= 1:  # a single sample
            return WorstCase(float(nominal @ losses), nominal, lambda: None, nominal)
        if smoothing <= np.spacing(np.abs(losses).max()):  # lost in rounding
            weights = worst_fraction(losses, nominal, level)
            value = float(weights @ losses)
            return WorstCase(value, weights, lambda: None, weights)
        mu = 2 * smoothing / (1 / level - 1)
        center = nominal if center is None else center
        ratio = fill(losses, center / nominal, nominal, mu, 1.0, 1 / level)
        free = [(ratio > 0) & (ratio < 1 / level)]
        return filled_case(losses, nominal, mu, center, ratio, free)

    def cvxpy_risk(self, losses, nominal):
        """Return the dual form as (convex expression, constraints)."""
        import cvxpy as cp

        eta = cp.Variable()
        return eta + nominal @ cp.pos(losses - eta) / self.level, []
