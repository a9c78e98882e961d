"""Filling weights up to a level: the inner problem of smoothed polyhedral sets."""

import numpy as np

from ._base import RiskCurvature, WorstCase

_MAX_PIECES = 200  # each step is exact on its linear piece; one or two are usual
_ROUNDING = 8 * np.finfo(float).eps  # of a sum, relative to it


def fill(losses, offset, nominal, slope, total, cap=np.inf):
    """Return ratios ``clip((losses - eta) / slope + offset, 0, cap)`` of given mass.

    They are the maximiser of ``sum_i p_i (l_i x_i - slope / 2 (x_i - offset_i)^2)``
    over 0 <= x <= cap with ``sum_i p_i x_i = total``.

    Parameters
    ----------
    losses, offset : ndarray of shape (n_samples,)
        What is gained by a ratio, and where it is free of charge.
    nominal : ndarray of shape (n_samples,)
        Positive weights p that sum to one.
    slope : float
        Positive.
    total : float
        Positive, below `cap`.
    cap : float, default=inf
        Largest ratio.

    Returns
    -------
    ratio : ndarray of shape (n_samples,)
    """
    return fill_and_level(losses, offset, nominal, slope, total, cap)[0]


def fill_and_level(losses, offset, nominal, slope, total, cap=np.inf):
    """Return the ratios of `fill` and eta."""
    drift = slope * offset
    amount, top = slope * total, slope * cap
    eta = _rough_level(losses + drift, nominal, amount, top)
    # again from there: differences of losses near the level are exact, so that the
    # ratios are right even if slope is at the rounding of the losses
    values = (losses - eta) + drift
    rest = _level(values, nominal, amount, top)
    return np.clip((values - rest) / slope, 0, cap), eta + rest


def _rough_level(values, mass, amount, cap):
    """Return about the level that `_level` finds, fast wherever it is."""
    least = values.max() - cap  # none is full at levels above this
    if cap == np.inf or mass @ np.maximum(values - least, 0) >= amount:
        return _uncapped_level(values, mass, amount)
    order = np.argsort(-values)
    values, mass = values[order], mass[order]
    # to fill q of the mass takes the amount; so the level is at most cap below the
    # upper q-quantile and not above it, and only values near it can matter
    reached = np.cumsum(mass)
    quantile = values[min(np.searchsorted(reached, amount / cap), len(values) - 1)]
    full = np.searchsorted(-values, -(quantile + cap))
    end = np.searchsorted(-values, -(quantile - cap), side="right")
    amount -= cap * reached[full - 1] if full else 0.0
    return _sorted_level(values[full:end], mass[full:end], amount, cap)


def _uncapped_level(values, mass, amount):
    """Return the level if no sample is ever full.

    Newton's method from below on a convex sum; samples that it has passed are left
    out.
    """
    top = np.argmax(values)
    low = max(mass @ values - amount, values[top] - amount / mass[top])
    while True:
        above = values > low
        if above.all() or not above.any():
            return low
        values, mass = values[above], mass[above]
        low = (mass @ values - amount) / mass.sum()


def _sorted_level(values, mass, amount, cap):
    """Return the level from all places where the sum bends, by one sort.

    From the highest value downwards the sum grows by ``rate`` per unit: each sample
    joins in at its value and is full at ``values - cap``.
    """
    ends, rates = np.append(values, values - cap), np.append(mass, -mass)
    order = np.argsort(-ends)
    ends, rate = ends[order], np.cumsum(rates[order])
    filled = np.cumsum(rate[:-1] * (ends[:-1] - ends[1:]))
    last = min(np.searchsorted(filled, amount), len(filled) - 1)
    before = filled[last - 1] if last else 0.0
    step = (amount - before) / max(rate[last], np.finfo(float).tiny)
    return max(ends[last] - step, ends[last + 1])


def _level(values, mass, amount, cap):
    """Return eta with ``sum_i mass_i min((values_i - eta)_+, cap) = amount``.

    Newton's method from zero on the piecewise linear sum, with a bracket that is
    halved where the sum is flat or progress is slow.
    """
    low, high = mass @ values - amount, values.max()
    if cap < np.inf:
        low = min(low, values.min() - cap)
    eta = min(max(0.0, low), high)
    best, before = (np.inf, eta), np.inf
    for _ in range(_MAX_PIECES):
        excess = np.clip(values - eta, 0, cap)
        missing = amount - mass @ excess
        slope = mass @ ((excess > 0) & (excess < cap))
        best = min(best, (abs(missing), eta))
        low, high = (eta, high) if missing < 0 else (low, eta)
        step = eta - missing / slope if slope > 0 else np.nan
        if abs(missing) <= _ROUNDING * amount:
            return eta
        # between two pieces Newton's steps may go back and forth for ever
        is_slow = cap < np.inf and abs(missing) > 0.5 * before
        if is_slow or not low <= step <= high:
            step = 0.5 * (low + high)
        before, eta = abs(missing), step
    return best[1]


def worst_fraction(losses, nominal, level):
    """Return the weights of the worst fraction `level` of the samples, CVaR's exactly.

    The largest losses are taken whole; at the threshold equal losses share what is
    left in proportion to their nominal weights.
    """
    order = np.argsort(-losses)
    reached = np.cumsum(nominal[order])
    last = min(np.searchsorted(reached, level), len(losses) - 1)
    eta = losses[order[last]]
    weights = np.where(losses > eta, nominal, 0.0) / level
    ties = losses == eta
    weights[ties] = nominal[ties] * max(1 - weights.sum(), 0) / nominal[ties].sum()
    return weights / weights.sum()


def filled_case(losses, nominal, slope, center, ratio, free):
    """Return the WorstCase of filled weights.

    Parameters
    ----------
    losses, nominal, slope
        As for :func:`fill`.
    center : ndarray of shape (n_samples,)
        Weights that are free of charge.
    ratio : ndarray of shape (n_samples,)
        The ratios filled, those of the worst weights to the nominal ones.
    free : list of ndarray of bool of shape (n_samples,)
        Parts of the samples within which mass moves about and its total stays.

    Returns
    -------
    worst : WorstCase
    """
    weights = nominal * ratio
    weights /= weights.sum()
    charge = 0.5 * slope * np.sum((weights - center) ** 2 / nominal)

    def curvature():
        masses = np.array([np.where(part, nominal, 0.0) for part in free])
        totals = masses.sum(axis=1)
        masses, totals = masses[totals > 0], totals[totals > 0]
        if not len(masses):
            return None
        vectors = masses / np.sqrt(slope * totals)[:, None]
        return RiskCurvature(masses.sum(axis=0) / slope, vectors)

    return WorstCase(float(weights @ losses - charge), weights, curvature, weights)
