"""Reference: the problem as a cone program, solved by Clarabel's interior point method.

Exact for every loss and set, and slow. The fast solvers are tested against it.
"""

import warnings

import numpy as np

from ._base import Solution, register

_SMALL = 1e-4  # relative size at which a group of coefficients is tried at zero
_NO_WORSE = 1e-9  # relative; the tolerance of the solver on the objective
_EXCESS = 1e-12  # relative; rounding
# (tolerance, largest share of the way to the cones' boundary that a step may go); the
# second, with Clarabel's default tolerance, if the first fails, and so on
_ATTEMPTS = ((1e-10, 0.99), (1e-8, 0.9), (1e-8, 0.8))


@register("cvxpy")
def conic(problem, start, options):
    """Solve the problem with cvxpy and Clarabel.

    Parameters
    ----------
    problem : RobustProblem
        Needs `to_cvxpy`, `evaluate`, `gap`.
    start : ndarray of shape (size,)
        Not used: interior point methods start from the centre.
    options : Options
        `max_iter` bounds the interior point iterations.

    Returns
    -------
    solution : Solution
        Status "optimal" only if Clarabel says so or the duality gap proves it.

    Raises
    ------
    RuntimeError
        If the solver fails or finds the problem unbounded.
    """
    import cvxpy as cp

    program, W, b, bound = problem.to_cvxpy()
    distance = _best_attempt(cp, program, options.max_iter)
    status = {
        cp.OPTIMAL: "optimal",
        cp.OPTIMAL_INACCURATE: "inaccurate",
        cp.USER_LIMIT: "max_iter",
    }.get(program.status)
    if status is None or W.value is None:
        raise RuntimeError(_ADVICE.format(f"status {program.status!r}"))
    rows = [W.value] if b is None else [W.value, b.value]
    theta = np.concatenate(rows).ravel()
    at = _with_exact_zeros(problem, problem.evaluate(theta))
    gap, weights = _certify(problem, at, bound)
    if gap > options.tol and status != "max_iter":
        # Clarabel's own gap counts where the slopes of a loss with kinks decide, which
        # our certificate needs and cannot see from the coefficients alone. It is that
        # of its program: how far the objective is from that one's is added.
        size = max(abs(program.value), np.finfo(float).tiny)
        scaled = at.value / problem.cone_unit
        gap = min(gap, (distance + abs(scaled - program.value)) / size)
    if status != "max_iter":
        status = "optimal" if gap <= options.tol else "inaccurate"
    return Solution(
        theta=at.theta,
        weights=weights,
        objective=at.value,
        gap=gap,
        status=status,
        n_iter=program.solver_stats.num_iters or 1,
    )


def _with_exact_zeros(problem, at):
    """Set groups of coefficients to zero that an interior point only comes close to."""
    for labels in problem.penalty.partitions():
        sizes = np.bincount(labels, np.sum(problem.split(at.theta)[0] ** 2, axis=1))
        for share in (_SMALL**2, 1.0):  # the small ones, or all
            theta = at.theta.copy()
            problem.split(theta)[0][(sizes <= share * sizes.max())[labels]] = 0.0
            other = problem.evaluate(theta)
            if other.value <= at.value + _NO_WORSE * abs(at.value):
                at = other
    return at


def _certify(problem, at, bound):
    """Return the smaller gap of two choices of worst-case weights, and that choice.

    At a kink the worst-case weights are not unique: the multipliers certify it.
    """
    gap, weights = problem.gap(at), at.worst.weights
    multipliers = np.maximum(np.ravel(bound.dual_value), 0)
    if len(multipliers) == len(at.losses) and multipliers.sum() > 0:
        others = multipliers / multipliers.sum()
        # weights a little outside of the set prove too much, by about the excess, or
        # even that the objective is below the optimum
        excess = max(others @ at.losses - at.worst.value, 0.0)
        excess /= max(abs(at.value), np.finfo(float).tiny)
        other = problem.gap(problem.with_weights(at, others))
        if other + excess < gap and (other > 0 or excess <= _EXCESS):
            gap, weights = other + excess, others
    return gap, weights


def _best_attempt(cp, program, max_iter):
    """Solve the program and return how far Clarabel says it is from the optimum."""
    found, failure = [], None
    for tolerance, stride in _ATTEMPTS:
        try:
            found.append(_run(cp, program, tolerance, stride, max_iter))
        except cp.error.SolverError as error:
            failure = error
        if found and program.status == cp.OPTIMAL:
            break
    if not found:
        raise RuntimeError(_ADVICE.format(failure)) from failure
    distance, unpack = min(found, key=lambda attempt: attempt[0])
    unpack()
    return distance


def _run(cp, program, tolerance, stride, max_iter):
    """Return that distance, and a function that gives the program the solution."""
    settings = {
        "max_iter": max_iter,
        "max_step_fraction": stride,
        "tol_gap_abs": tolerance,
        "tol_gap_rel": tolerance,
        "tol_feas": tolerance,
        "accept_unknown": True,  # a stalled point is "inaccurate": the gap decides
    }
    # in three steps, since solve() does not hand out the dual objective
    data, chain, inverse = program.get_problem_data(cp.CLARABEL, solver_opts=settings)
    raw = chain.solve_via_data(program, data, solver_opts=settings)

    def unpack():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the status reports what is inaccurate
            program.unpack_results(raw, chain, inverse)

    unpack()
    # objectives of points that are not feasible bound nothing
    distance = abs(raw.obj_val - raw.obj_val_dual) + raw.r_prim + raw.r_dual
    return distance, unpack


_ADVICE = (
    "the reference solver found no solution ({}). Scale the features, raise alpha, "
    "or use solver='auto'."
)
