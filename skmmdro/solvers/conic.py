"""Reference: the problem as a cone program, solved by Clarabel's interior point method.

Exact for every loss and set, and slow. The fast solvers are tested against it.
"""

import warnings

import numpy as np

from ._base import Solution, register

_TOLERANCES = (1e-10, 1e-8)  # the second, Clarabel's default, if the first fails


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

    program, W, b = problem.to_cvxpy()
    for tolerance in _TOLERANCES:
        _run(cp, program, tolerance, options.max_iter)
        if program.status == cp.OPTIMAL:
            break
    status = {
        cp.OPTIMAL: "optimal",
        cp.OPTIMAL_INACCURATE: "inaccurate",
        cp.USER_LIMIT: "max_iter",
    }.get(program.status)
    if status is None or W.value is None:
        raise RuntimeError(_ADVICE.format(f"status {program.status!r}"))
    rows = [W.value] if b is None else [W.value, b.value]
    at = problem.evaluate(np.concatenate(rows).ravel())
    # at a kink the worst-case weights are not unique: the multipliers certify it
    multipliers = np.maximum(program.constraints[-1].dual_value, 0)
    other = problem.with_weights(at, multipliers / multipliers.sum())
    gap, best = min((problem.gap(e), i, e) for i, e in enumerate((at, other)))[::2]
    if status == "inaccurate" and gap <= options.tol:
        status = "optimal"  # our own certificate says so
    return Solution(
        theta=at.theta,
        weights=best.worst.weights,
        objective=at.value,
        gap=gap,
        status=status,
        n_iter=program.solver_stats.num_iters or 1,
    )


def _run(cp, program, tolerance, max_iter):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is inaccurate is reported by the status
        try:
            program.solve(
                solver=cp.CLARABEL,
                max_iter=max_iter,
                tol_gap_abs=tolerance,
                tol_gap_rel=tolerance,
                tol_feas=tolerance,
            )
        except cp.error.SolverError as error:
            raise RuntimeError(_ADVICE.format(error)) from error


_ADVICE = (
    "the reference solver found no solution ({}). Scale the features, raise alpha, "
    "or use solver='auto'."
)
