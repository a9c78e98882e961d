"""Newton's method with explicit Hessians, for up to about a thousand coefficients."""

from dataclasses import replace

import numpy as np

from ._base import register
from ._descent import (
    CHEAP,
    MAX_SHORT,
    SHORT,
    finish,
    line_search,
    may_kink,
    polished_gap,
)
from ._linear_algebra import Metric, factored_hessian

_KEEP = 0.1  # keep the metric while the Newton decrement falls faster than this
_ROWS_PER_UNKNOWN, _LEAST_ROWS = 40, 4_000
_PILOT_PAYS = 3  # times as many samples
_PILOT_ERROR, _MAX_PILOT_ITER = 0.1, 15
# smoothed kinks leave regions without curvature, where undamped steps are far too long
_FIRST_DAMPING, _DAMPING_STEP, _MAX_DAMPING = 1e-4, 10, 1e6


@register("newton")
def newton(problem, start, options):
    """Minimise a smooth problem.

    With many more samples than unknowns the problem is first solved on some of the
    samples; that solution is the start and its Hessian the first metric. A metric is
    improved by BFGS updates and used as long as it makes fast progress, so that few
    Hessians are computed.

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
    metric, n_rows = None, max(_ROWS_PER_UNKNOWN * problem.size, _LEAST_ROWS)
    if problem.n_samples > _PILOT_PAYS * n_rows:
        rng = np.random.default_rng(0)
        rows = np.sort(rng.choice(problem.n_samples, n_rows, replace=False))
        pilot, loose = problem.take(rows), replace(options, max_iter=_MAX_PILOT_ITER)
        # the pilot's statistical error is about size / n_rows of the objective
        at, metric, _, _, _ = _iterate(pilot, start, loose, None, _PILOT_ERROR / n_rows)
        start = at.theta
    at, _, status, n_iter, gap = _iterate(problem, start, options, metric)
    return finish(problem, at, status, n_iter, options, gap)


def _iterate(problem, start, options, metric, enough=0.0):
    """Return (evaluation, metric, status, n_iter, gap or None).

    `enough` is a relative Newton decrement at which to stop without a certificate.
    """
    at = problem.evaluate(start)
    before, n_iter, n_short = np.inf, 0, 0
    is_cheap = problem.n_samples * problem.size**2 <= CHEAP
    damping, kinked, was_flat = 0.0, may_kink(problem), False
    while n_iter < options.max_iter:
        if metric is None:
            metric, before = Metric(factored_hessian(problem, at, damping)), np.inf
            was_flat = not is_cheap and at.worst.curvature() is None
        step = -metric.solve(at.gradient)
        decrement = -at.gradient @ step
        if decrement > _KEEP * before:
            metric = None
            continue
        if decrement <= enough * abs(at.value):
            return at, metric, "close", n_iter, None
        gap = polished_gap(problem, at, decrement, options.tol)
        if gap is not None and (metric.is_fresh or not is_cheap or problem.smoothing):
            return at, metric, "optimal", n_iter, gap
        if gap is not None:  # an updated metric may flatter the decrement
            metric = None
            continue
        trial, length = line_search(problem, at, step)
        n_iter += 1
        n_short = n_short + 1 if length < SHORT else 0
        if trial is None or (kinked and n_short == MAX_SHORT):
            if metric.is_fresh and (kinked or damping > _MAX_DAMPING):
                return at, metric, "stalled", n_iter, None
            damping = _more(damping) if metric.is_fresh else damping
            metric = None
            continue
        metric.update(trial.theta - at.theta, trial.gradient - at.gradient)
        at, before = trial, decrement
        is_short = length < SHORT and not kinked
        damping = _more(damping) if is_short else _less(damping)
        # equal losses of a constant model have hidden how the risk bends
        hid = was_flat and at.worst.curvature() is not None
        metric = None if is_short or hid else metric
        if options.progress(at):
            return at, metric, "stopped", n_iter, None
    return at, metric, "max_iter", n_iter, None


def _more(damping):
    return max(_DAMPING_STEP * damping, _FIRST_DAMPING)


def _less(damping):
    return damping / _DAMPING_STEP if damping > _FIRST_DAMPING else 0.0
