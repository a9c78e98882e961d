"""A small quadratic program over very many half-spaces, by a dual active-set method."""

import numpy as np
from scipy.linalg.lapack import dgesv

_FEASIBLE = 1e-12  # by which a half-space may be exceeded
_PARALLEL = 1e-11  # relative; a normal this close to the span of others counts as in it
_WORST = 0.5  # multipliers below this part of the least are dropped together
_MAX_STEPS = 150  # each adds or drops one half-space


def dual_active_set(pull, inverse, functions, rows, equal):
    """Minimise ``c'H c / 2 - pull'c`` subject to ``1 + Phi c >= 0``.

    The method of Goldfarb and Idnani (1983): the half-space that is violated most is
    added, and those whose multipliers would turn negative on the way are dropped. The
    objective rises with each step, so it ends, at the minimiser.

    Parameters
    ----------
    pull : ndarray of shape (size,)
        Objective.
    inverse : ndarray of shape (size, size)
        Of H, positive definite.
    functions : ndarray of shape (n_samples, size)
        Phi.
    rows : ndarray of int
        Half-spaces to begin with.
    equal : tuple of ndarray
        (E, e) for the additional constraints ``E c = e``.

    Returns
    -------
    result : tuple or None
        (c, rows, price, equal_price) with the half-spaces at work and all
        multipliers; None if the constraints at work are linearly dependent or
        too many steps are needed.
    """
    E, e = equal
    start = _begin(pull, inverse, functions, rows, E, e)
    if start is None:
        return None
    c, rows, price = start
    for _ in range(_MAX_STEPS):
        slack = 1 + functions @ c
        slack[rows] = 0.0
        new = int(np.argmin(slack))
        if slack[new] >= -_FEASIBLE:
            c, price = _at_work(pull, inverse, functions, rows, E, e)  # no drift
            return c, rows, price[: len(rows)], price[len(rows) :]
        state = _add(c, rows, price, new, inverse, functions, E)
        if state is None:
            return None
        c, rows, price = state
    return None


def _at_work(pull, inverse, functions, rows, E, e):
    """Return the minimiser with `rows` and E at work and its multipliers."""
    N = np.concatenate([functions[rows], E])
    scaled = N @ inverse
    right = np.concatenate([-np.ones(len(rows)), e]) - scaled @ pull
    price = _solve(scaled @ N.T, right)
    return inverse @ (pull + price @ N), price


def _begin(pull, inverse, functions, rows, E, e):
    """Drop rows until no multiplier is negative; None if they are dependent."""
    while True:
        c, price = _at_work(pull, inverse, functions, rows, E, e)
        if not np.all(np.isfinite(price)):
            return None
        if np.all(price[: len(rows)] > 0):
            return c, rows, price
        # all of the clearly wrong ones, since one at a time takes longer
        least = price[: len(rows)].min()
        rows = rows[price[: len(rows)] > min(_WORST * least, 0.0)]


def _add(c, rows, price, new, inverse, functions, E):
    """Move along the dual until half-space `new` holds."""
    normal, added = functions[new], 0.0
    turned = inverse @ normal
    length = normal @ turned
    N = np.concatenate([functions[rows], E])
    while True:
        n_rows = len(rows)
        scaled = N @ inverse
        rate = _solve(scaled @ N.T, scaled @ normal)
        move = turned - rate @ scaled
        gain = normal @ move
        full = -(1 + normal @ c) / gain if gain > _PARALLEL * length else np.inf
        falling = np.flatnonzero(rate[:n_rows] > 0)
        ratios = price[falling] / rate[falling]
        first = np.min(ratios, initial=np.inf)
        step = min(full, first)
        if not step < np.inf:  # also if a singular matrix has made it NaN
            return None
        if full < np.inf:
            c = c + step * move
        price, added = price - step * rate, added + step
        if full <= first:
            price = np.concatenate([price[:n_rows], [added], price[n_rows:]])
            return c, np.append(rows, new), price
        kept = np.arange(len(price)) != falling[np.argmin(ratios)]
        N, price, rows = N[kept], price[kept], rows[kept[:n_rows]]


def _solve(matrix, right):
    if not len(right):
        return right
    solved, info = dgesv(matrix, right)[2:]
    return solved if info == 0 else np.full(len(right), np.nan)
