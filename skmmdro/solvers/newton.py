"""Newton's method with explicit Hessians, for up to about a thousand coefficients."""

import numpy as np

from ._base import register
from ._descent import finish, is_polished, line_search
from ._linear_algebra import Factor

_KEEP = 0.02  # keep the factor while the Newton decrement falls faster than this
_ROWS_PER_UNKNOWN, _LEAST_ROWS = 40, 4_000
_MAX_PILOT_ITER = 15
_SHORT, _MAX_SHORT = 0.02, 4  # this many steps as short as that run into a kink


@register("newton")
def newton(problem, start, options):
    """Minimise a smooth problem.

    With many more samples than unknowns the problem is first solved on some of the
    samples; that solution is the start and its Hessian the first metric. A metric is
    used again as long as it makes fast progress, so that few Hessians are computed.

    Parameters
    ----------
    problem : RobustProblem
        Needs `evaluate`, `hessian`, `gap` and `take`.
    start : ndarray of shape (size,)
        Where to begin.
    options : Options
        When to stop.

    Returns
    -------
    solution : Solution
    """
    factor, at = None, None
    n_rows = max(_ROWS_PER_UNKNOWN * problem.size, _LEAST_ROWS)
    if problem.n_samples > 3 * n_rows:
        start, factor = _pilot(problem, start, n_rows, options)
    at = problem.evaluate(start)
    return _iterate(problem, at, options, factor)


def _pilot(problem, start, n_rows, options):
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(problem.n_samples, n_rows, replace=False))
    pilot = problem.take(rows)
    at = pilot.evaluate(start)
    for _ in range(_MAX_PILOT_ITER):
        factor = Factor(pilot.hessian(at))
        step = -factor.solve(at.gradient)
        # its own statistical error is of the order size / n_rows
        if -at.gradient @ step <= 1e-3 * abs(at.value) / np.sqrt(n_rows):
            break
        trial, _ = line_search(pilot, at, step)
        if trial is None:
            break
        at = trial
    return at.theta, factor


def _iterate(problem, at, options, factor):
    before, fresh, n_iter, n_short, status = np.inf, False, 0, 0, "max_iter"
    while n_iter < options.max_iter:
        if factor is None:
            factor, fresh, before = Factor(problem.hessian(at)), True, np.inf
        step = -factor.solve(at.gradient)
        decrement = -at.gradient @ step
        if decrement > _KEEP * before:
            factor = None
            continue
        if is_polished(problem, at, decrement, options.tol):
            status = "optimal"
            break
        trial, length = line_search(problem, at, step)
        n_iter += 1
        n_short = n_short + 1 if length < _SHORT else 0
        at_kink = n_short == _MAX_SHORT and not problem.smoothing
        if trial is None or at_kink:
            if fresh:
                status = "stalled"
                break
            factor = None
            continue
        at, before, fresh = trial, decrement, False
        if options.progress(at):
            status = "stopped"
            break
    return finish(problem, at, status, n_iter, options)
