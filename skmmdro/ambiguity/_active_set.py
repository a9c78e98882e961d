"""A small quadratic program over very many half-spaces, by a dual active-set method."""

import numpy as np

_FEASIBLE = 1e-12  # by which a half-space may be exceeded
_PARALLEL = 1e-11  # relative; a normal this close to the span of others counts as in it
_MAX_STEPS = 150  # each adds or drops one half-space


def dual_active_set(pull, bend, functions, rows, equal):
    """Minimise ``1/2 sum_j bend_j c_j^2 - pull'c`` subject to ``1 + Phi c >= 0``.

    The method of Goldfarb and Idnani (1983): the half-space that is violated most is
    added, and those whose multipliers would turn negative on the way are dropped. The
    objective rises with each step, so it ends, at the minimiser.

    Parameters
    ----------
    pull, bend : ndarray of shape (size,)
        Objective; bend is positive.
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
    start = _equality_constrained(pull, bend, functions, rows, E, e)
    if start is None:
        return None
    c, rows, price = start
    for _ in range(_MAX_STEPS):
        slack = 1 + functions @ c
        slack[rows] = 0.0
        new = int(np.argmin(slack))
        if slack[new] >= -_FEASIBLE:
            n_rows = len(rows)
            return c, rows, price[:n_rows], price[n_rows:]
        state = _add(c, rows, price, new, bend, functions, E)
        if state is None:
            return None
        c, rows, price = state
    return None


def _equality_constrained(pull, bend, functions, rows, E, e):
    """Return the minimiser with `rows` at work, dropping those that pull back."""
    while True:
        N = np.concatenate([functions[rows], E])
        scaled = N / bend
        right = np.concatenate([-np.ones(len(rows)), e]) - scaled @ pull
        price = _solve(scaled @ N.T, right)
        if price is None:
            return None
        kept = price[: len(rows)] > 0
        if kept.all():
            return (pull + price @ N) / bend, rows, price
        rows = rows[kept]


def _add(c, rows, price, new, bend, functions, E):
    """Move along the dual until half-space `new` holds."""
    normal, added = functions[new], 0.0
    length = normal @ (normal / bend)
    while True:
        N = np.concatenate([functions[rows], E])
        scaled = N / bend
        rate = _solve(scaled @ N.T, scaled @ normal)
        if rate is None:
            return None
        move = (normal - rate @ N) / bend
        gain = normal @ move
        full = np.inf
        if gain > _PARALLEL * length:
            full = -(1 + normal @ c) / gain
        falling = rate[: len(rows)] > 0
        ratios = np.full(len(rows), np.inf)
        ratios[falling] = price[: len(rows)][falling] / rate[: len(rows)][falling]
        first = int(np.argmin(ratios)) if len(rows) else -1
        step = min(full, ratios[first] if len(rows) else np.inf)
        if step == np.inf:
            return None
        if full < np.inf:
            c = c + step * move
        price, added = price - step * rate, added + step
        if step == full:
            n_rows = len(rows)
            return c, np.append(rows, new), np.insert(price, n_rows, added)
        rows, price = np.delete(rows, first), np.delete(price, first)


def _solve(matrix, right):
    if not len(right):
        return right
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return None
