"""Filling weights up to a level: the inner problem of smoothed polyhedral sets."""

import numpy as np

_MAX_PIECES = 200  # each step is exact on its linear piece; about eight are usual


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
    drift = slope * offset
    top = slope * cap
    eta = _level(losses + drift, nominal, slope * total, top)
    # again from there: differences of losses near the level are exact, so that the
    # ratios are right even if slope is at the rounding of the losses
    values = (losses - eta) + drift
    values -= _level(values, nominal, slope * total, top)
    return np.clip(values / slope, 0, cap)


def _level(values, mass, amount, cap):
    """Return eta with ``sum_i mass_i min((values_i - eta)_+, cap) = amount``.

    Newton's method on the piecewise linear sum, with a bracket that is halved where the
    sum is flat or progress is slow.
    """
    mean, high = mass @ values, values.max()
    # without a cap the sum is at least mean - eta, and Newton's steps never overshoot
    low = mean - amount if cap == np.inf else values.min() - cap
    eta = low if cap == np.inf else mean
    best, before = (np.inf, eta), np.inf
    for _ in range(_MAX_PIECES):
        excess = values - eta
        full = excess >= cap
        between = (excess > 0) & ~full
        slope = mass[between].sum()
        missing = amount - mass[between] @ excess[between]
        if cap < np.inf:
            missing -= cap * mass[full].sum()
        best = min(best, (abs(missing), eta))
        low, high = (eta, high) if missing < 0 else (low, eta)
        step = eta - missing / slope if slope > 0 else np.nan
        if abs(step - eta) <= np.spacing(max(abs(eta), amount)):
            return step
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
