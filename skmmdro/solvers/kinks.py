"""Exact treatment of kinks: blocks that may be zero, risks that are not smooth."""

from dataclasses import replace

import numpy as np

from ._descent import CHEAP, constant_if_as_good, moved_exactly

# losses with kinks begin so smooth that a constant model's slopes are free
_KINKED_LOSS, _EASY_STEP = 0.3, 0.3
_LADDER = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
_REPEATS = 10  # rungs at the end; the multipliers get better at the same smoothing
# a rung on which the gap still falls to this part is taken again, unless it took one
# step, since then it has no more to give
_FALL = 0.1
_SMALL = 1e-3  # relative norm up to which a block is tried at zero
_MORE_RUNGS = 4  # to see whether such a block vanishes
_SHORT = 30  # iterations on each of these rungs
_POLISH = 1e-3  # gap that is sought where that is cheap, relative to tol
_NO_WORSE = 1e-12  # relative; objectives this close count as equal
_NEAR_ZERO = 10  # blocks below this many smoothing widths are guessed to be zero


def solve_with_kinks(smooth_solver, problem, start, options):
    """Minimise a problem whose budgets or risk make kinks.

    The kinks are smoothed, less and less. After each rung the blocks that are not zero
    are guessed and the exact problem, smooth away from its kinks, is solved on them.
    Candidates are judged by the duality gap of the exact problem alone, so a wrong
    guess costs time and nothing else.

    Parameters
    ----------
    smooth_solver : callable
        A solver for smooth problems.
    problem : RobustProblem
        Needs `smoothed`, `restricted`, `penalty` and what `smooth_solver` needs.
    start : ndarray of shape (size,)
        Where to begin.
    options : Options
        When to stop.

    Returns
    -------
    solution : Solution
    """
    best, used, previous, may_be_constant, solved = None, 0, None, True, False
    path = [(None, start)]  # the last two rungs: (eps, theta)
    patience = _MORE_RUNGS
    hopeless = set()  # active sets on which the exact problem could not be solved
    rungs = _rungs(problem)
    while rungs:
        eps, before = rungs[0], np.inf if best is None else best.gap
        smooth = problem.smoothed(eps, previous)
        first = path[-1][1] if problem.needs_centers else _extrapolate(path, eps)
        rung = smooth_solver(smooth, first, _left(options, used, solved))
        path = [path[-1], (eps, rung.theta)]
        used += rung.n_iter
        at = rung.evaluation
        # once the certificate of a rung excludes it, it stays so
        candidates = [rung]
        if may_be_constant:
            constant = constant_if_as_good(problem, rung, max(rung.gap, _NO_WORSE))
            may_be_constant = constant is not None
            candidates += [constant] if may_be_constant else []
        if problem.penalty.has_budgets:
            exact = _with_exact_budgets(problem, eps, previous)
            left = _left(options, used, solved)
            found = _on_active_blocks(
                smooth_solver, exact, smooth, rung, left, hopeless
            )
            used += found.n_iter
            candidates.append(found)
        candidates.append(_without_small_blocks(problem, smooth, rung, options))
        candidates += [] if best is None else [best]
        best = _best(problem, candidates, options.tol)
        solved = best.gap <= options.tol
        unclear = patience > 0 and _may_improve(problem, best, options.tol)
        patience -= solved and unclear
        is_over = rung.status == "stopped" or used >= options.max_iter
        if is_over or (solved and not unclear):
            break
        previous = at if problem.needs_centers else None
        if not problem.needs_centers or best.gap > _FALL * before or rung.n_iter == 1:
            rungs = rungs[1:]
    return replace(best, status="optimal" if solved else rung.status, n_iter=used)


def _may_improve(problem, best, tol):
    """Return whether another rung is worth while though the gap is small.

    Blocks that are small may turn out to be zero. And a smaller gap, where it costs
    next to nothing, makes the predictions of equivalent problems agree.
    """
    is_cheap = problem.n_terms * problem.size**2 <= CHEAP and problem.needs_centers
    is_rough = is_cheap and best.gap > _POLISH * tol
    return is_rough or _small_rows(problem, best.theta).any()


def _left(options, used, solved):
    """Return the options for the next solver; short ones if this is polish."""
    left = options.after(used)
    return replace(left, max_iter=min(left.max_iter, _SHORT)) if solved else left


def _rungs(problem):
    if not problem.needs_centers:
        return _LADDER
    start = _LADDER[0] if problem.risk.is_smooth else problem.risk.first_smoothing
    if not problem.loss.is_smooth:
        start = max(start, _KINKED_LOSS)
    first = []
    while start > 2 * _LADDER[0]:
        first.append(start)
        start *= _EASY_STEP
    return (*first, *_LADDER, *_LADDER[-1:] * _REPEATS)


def _with_exact_budgets(problem, eps, previous):
    if not problem.needs_centers:
        return problem
    return problem.smoothed(eps, previous, norms=False)


def _extrapolate(path, eps):
    """Return the next start; smoothed solutions are about linear in eps."""
    (eps_0, theta_0), (eps_1, theta_1) = path[0], path[-1]
    if eps_0 is None:
        return theta_1
    return theta_1 + (theta_1 - theta_0) * (eps - eps_1) / (eps_1 - eps_0)


def _best(problem, candidates, tol):
    """Return the solution with the least gap; of solved ones that with most zeros."""
    solved = [solution for solution in candidates if solution.gap <= tol]
    if not solved:
        return min(candidates, key=lambda solution: solution.gap)

    def rank(solution):
        used = problem.split(solution.theta)[0].any(axis=1)
        return np.count_nonzero(used), solution.gap

    return min(solved, key=rank)


def _without_small_blocks(problem, smooth, rung, options):
    """Return a solution without blocks that are small and may well be zero."""
    if rung.gap > options.tol:
        return rung
    theta = rung.theta.copy()
    small = _small_rows(problem, theta, smooth.smoothing_widths())
    if not small.any():
        return rung
    problem.split(theta)[0][small] = 0.0
    return moved_exactly(problem, rung, theta)


def _small_rows(problem, theta, widths=0.0):
    """Return which coefficients are of a block that is small but not zero.

    Of the blocks, those with a budget or a radius.
    """
    W, penalty = problem.split(theta)[0], problem.penalty
    found = np.zeros(len(W), dtype=bool)
    if penalty.has_budgets:
        norms = penalty.norms(W)
        small = norms <= np.maximum(_NEAR_ZERO * widths, _SMALL * norms.max())
        found = (small & (norms > 0) & (penalty.budgets > 0))[penalty.labels]
    if penalty.norm is not None:
        found |= penalty.norm.small_rows(W, _SMALL)
    return found


def _on_active_blocks(smooth_solver, problem, smooth, rung, options, hopeless):
    """Solve the exact problem on the blocks that seem not to be zero."""
    penalty, theta = problem.penalty, rung.theta
    norms = penalty.norms(problem.split(theta)[0])
    active = norms > _NEAR_ZERO * smooth.smoothing_widths()
    guess, used, best = theta, 0, replace(rung, n_iter=0)
    while used < options.max_iter and tuple(active) not in hopeless:
        held = guess.copy()
        problem.split(held)[0][~active[penalty.labels]] = 0.0
        part = smooth_solver(problem.restricted(active), held, options.after(used))
        used += part.n_iter
        if part.status != "optimal":
            hopeless.add(tuple(active))
        at = problem.evaluate(part.theta)
        gap = problem.gap(at)
        if gap < best.gap:
            best = replace(part, weights=at.worst.weights, gap=gap)
        pull = at.risk_rate * penalty.norms(at.pull[: problem.n_features])
        missed = ~active & (pull > at.charge_rate * penalty.budgets)
        if not np.any(missed):
            break
        active = active | missed
        guess = part.theta.copy()
        rows = missed[penalty.labels]
        problem.split(guess)[0][rows] = problem.split(theta)[0][rows]
    return replace(best, n_iter=used)
