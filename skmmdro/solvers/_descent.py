"""Line search, stopping rule and candidates that the descent methods share."""

from dataclasses import replace

import numpy as np

from ._base import Solution

_ARMIJO = 1e-4  # share of the predicted decrease that a step has to achieve
_SHORTEST = 1e-7  # a step cut below this fraction has met a kink
POLISH = 2.5  # power of tol, which leaves errors of about 3e-8 at tol = 1e-6
_RUNG = 4  # gap of a smoothed problem's solution, relative to its smoothing
_RUNG_SHARE = 1e-3  # the same if the risk is smoothed
_LAST_SHARE = 0.1  # of tol, at the end of the ladder
CHEAP = 1_000_000  # rows times squared unknowns; a Hessian costs next to nothing
SHORT, MAX_SHORT = 0.02, 4  # this many steps as short as that run into a kink
_ROUNDING = 1e-13  # relative; objectives closer than this count as equal


def line_search(problem, at, step):
    """Backtrack from the full step.

    Parameters
    ----------
    problem : RobustProblem
        Objective with `evaluate`.
    at : Evaluation
        Where to start.
    step : ndarray of shape (size,)
        Descent direction.

    Returns
    -------
    evaluation : Evaluation or None
        A point that is sufficiently lower, or as low as rounding can tell with a
        smaller gradient; None if there is none along the step.
    length : float
        Fraction of the step taken.
    """
    slope = at.gradient @ step
    if not slope < 0:
        return None, 0.0
    length = 1.0
    room = _ROUNDING * abs(at.value)
    while length > _SHORTEST:
        trial = problem.evaluate(at.theta + length * step)
        if trial.value <= at.value + _ARMIJO * length * slope:
            return trial, length
        flat = abs(trial.value - at.value) <= room
        if flat and np.linalg.norm(trial.gradient) < np.linalg.norm(at.gradient):
            return trial, length
        # minimiser of the parabola through value, slope and the trial value
        rise = trial.value - at.value - length * slope
        shorter = -0.5 * slope * length**2 / rise if np.isfinite(rise) else 0.0
        length = np.clip(shorter, 0.1 * length, 0.5 * length)
    return None, 0.0


def may_kink(problem):
    """Return whether the problem has kinks that are not smoothed."""
    return not (problem.smoothing and problem.smooths_norms)


def polished_gap(problem, at, decrement, tol):
    """Return the gap if it is at most `tol` and the point as good as exact, else None.

    `decrement` is g'H^{-1}g, about twice the error of the objective. Its bound, far
    below `tol`, makes predictions from equivalent problems agree to seven digits. A
    smoothed problem is only a step on the way and solved as well as it is smoothed.
    """
    if problem.uses_centers:
        return problem.gap(at) if _rung_is_done(problem, at, decrement, tol) else None
    if not problem.smoothing:
        if decrement > tol**POLISH * problem.scale(at.value):
            return None
        bound = tol
    else:
        error = problem.smoothing * problem.reference[0]
        if problem.penalty.alpha == 0:
            bound = np.inf if decrement <= error else -np.inf
        else:
            bound = _RUNG * error / max(abs(at.value), np.finfo(float).tiny)
    gap = problem.gap(at, bound)
    return gap if gap <= bound else None


def _rung_is_done(problem, at, decrement, tol):
    """Return whether a problem smoothed around centers is solved well enough.

    Its gap also depends on the centers of the smoothing and shrinks from rung to rung;
    what counts here is the part that is due to the gradient, ||g||^2 / (2 alpha).
    """
    error, alpha = problem.smoothing * problem.reference[0], problem.penalty.alpha
    if decrement > _RUNG_SHARE * error:
        return False
    size = np.linalg.norm(at.gradient)
    if alpha == 0:
        return size <= _LAST_SHARE * tol * problem.reference[1]
    enough = max(_LAST_SHARE * tol * abs(at.value), _RUNG_SHARE * error)
    return 0.5 * size**2 / alpha <= enough


def moved_exactly(problem, solution, theta):
    """Return the exact Solution at another theta, certified by the same weights."""
    at = problem.evaluate(theta)
    moved = solution.moved(theta, at.value)
    # without the squared norm these weights bound nothing
    return moved if problem.penalty.alpha > 0 else replace(moved, gap=problem.gap(at))


def constant_if_as_good(problem, solution, room):
    """Return the constant model with the same intercept, None if it is worse.

    That is if its objective is larger by more than `room`, relative to it. The worst
    case of equal losses can be costly; the solution's weights often settle it.
    """
    theta = solution.theta.copy()
    problem.split(theta)[0][:] = 0.0
    if solution.rise_to(problem.least_value(theta, solution.weights)) > room:
        return None
    constant = moved_exactly(problem, solution, theta)
    return constant if solution.rise_to(constant.objective) <= room else None


def prefer_constant(problem, solution, room):
    """Return a constant model if it solves the problem as well, else the solution."""
    if solution.status != "optimal" or problem.penalty.alpha == 0:
        return solution
    return constant_if_as_good(problem, solution, room) or solution


def finish(problem, at, status, n_iter, options, gap=None):
    """Return the Solution at an Evaluation; "optimal" only with a gap to show."""
    if gap is None:  # a bound, not an estimate: other points are certified by it
        gap = problem.gap(at)
    if status != "stopped":
        if gap <= options.tol:
            status = "optimal"
        elif status == "optimal":
            status = "smoothed"  # a solved rung of a ladder
    value = problem.exact_value(at)
    n_iter = max(n_iter, 1)
    return Solution(at.theta, at.worst.weights, value, gap, status, n_iter, at)
