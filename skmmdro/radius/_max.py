"""The largest radius that is of use."""

from numbers import Real

import numpy as np

from .._sklearn import Interval, validate_params
from .._validation import check_amounts
from ..ambiguity import resolve_ambiguity
from ._radii import (
    last_step,
    radius_part,
    scale_of,
    set_radius,
    start_follower,
    times,
)

_GROWTH, _LARGEST = 10.0, 1e4  # of the radius in the search: steps, and where it ends
_IDLE = 0.5  # share of the radius in use below which a larger one changes nothing
_BELOW = 1 - 1e-6  # of the end of a range that is not in it


@validate_params(
    {"rtol": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def radius_max(estimator, X, y, *, sample_weight=None, domains=None, rtol=1e-2):
    """Return the smallest radius at which the best robust model is constant.

    Radii beyond it are of no use: all coefficients are zero. Grids go from 0 to it.

    Parameters
    ----------
    estimator : DRO estimator, Pipeline that ends in one or fitted search of one
        With an ambiguity set that has a `radius`; of several parts, the reweighting
        part. It is not changed. If the radius is a dict, the answer is a multiple of
        it. Of a search the best estimator is taken.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,)
        Targets.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Nominal weights, for the estimator.
    domains : array-like of shape (n_samples,) or None, default=None
        Domain of each sample, for sets that need it.
    rtol : float in (0, 1), default=1e-2
        Relative accuracy.

    Returns
    -------
    radius : float or dict
        Of the form of the estimator's own radius. 0 if the model is constant at radius
        0 already. Infinite if it is not constant at any radius that is allowed and
        tried, as is usual in regression; the largest one tried is 1e4, for transport
        times the largest absolute value of the features.

    Raises
    ------
    ValueError
        If the estimator has no ambiguity set with a radius, or the radius is a dict of
        zeros.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.radius import radius_max
    >>> data = make_multimodal_classification(500, random_state=0)
    >>> model = DROClassifier(modalities=data.modalities)
    >>> 0.2 < radius_max(model, data.data, data.target) < 0.6
    True
    """
    model, X = last_step(estimator, X, y)
    part = radius_part(resolve_ambiguity(model.ambiguity))
    unit = _unit(part)
    zero = times(unit, 0.0)
    follower, ambiguity = start_follower(model, X, y, zero, sample_weight, domains)

    def share_at(factor):
        """Return the share of the radius in use, and whether the model is constant."""
        radius = times(unit, factor)
        point = follower.solve(set_radius(ambiguity, radius), scale_of(radius))
        problem = point.problem
        is_constant = not np.any(problem.split(point.theta)[0])
        if part.kind == "transport":
            share = problem.budget_share_used(point.theta, point.weights)
        else:
            share = problem.risk.share_used(point.weights, problem.nominal)
        return share, is_constant

    if follower.tells_nothing(set_radius(ambiguity, zero)):
        return zero
    low, (high, last) = 0.0, _range(part, follower)
    while not (found := share_at(high))[1]:
        is_idle = part.kind == "reweighting" and found[0] < _IDLE
        if high >= last or is_idle:
            return times(unit, np.inf)
        low, high = high, min(high * _GROWTH, last)
    # The weights of a constant model are about the closest ones that hide all signal,
    # so their divergence is a guess at the answer; bisection makes sure of it.
    guess = found[0] * high
    for factor in (guess * (1 + rtol / 2), guess * (1 - rtol / 2)):
        if low < factor < high:
            low, high = (low, factor) if share_at(factor)[1] else (factor, high)
    while high - low > rtol * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if share_at(middle)[1] else (middle, high)
    return times(unit, high)


def _unit(part):
    """Return the radius whose multiples are tried; its largest entry is 1."""
    if not isinstance(part.radius, dict):
        return 1.0
    check_amounts(part.radius, parameter="radius")
    largest = max(part.radius.values(), default=0)
    if largest == 0:
        raise ValueError(
            f"radius={part.radius!r} is zero for every modality, so it has no "
            "multiples; state a positive radius for at least one modality."
        )
    return times(part.radius, 1 / largest)


def _range(part, follower):
    """Return the first and the last factor of the unit to try."""
    constraints = part._parameter_constraints["radius"]
    (end,) = (c.right for c in constraints if isinstance(c, Interval))
    if end is not None:
        return end * _BELOW, end * _BELOW
    first = 1.0
    if part.kind == "transport":  # a radius is a distance between features
        features = follower.design.resolved()[0]
        first = float(abs(features).max()) or 1.0
    return first, first * _LARGEST
