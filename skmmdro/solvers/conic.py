"""Reference: the problem as a cone program, solved by Clarabel's interior point method.

Exact for every loss and set, and slow. The fast solvers are tested against it.
"""

import warnings

import numpy as np

from ._base import Solution, register

_TOLERANCE = 1e-10  # tighter than any `tol` we accept; Clarabel needs headroom


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
        Status "optimal" only if Clarabel says so.

    Raises
    ------
    RuntimeError
        If the solver fails or finds the problem unbounded.
    """
    import cvxpy as cp

    program, W, b = problem.to_cvxpy()
    with warnings.catch_warnings():
        # an inaccurate result is reported through the status, once
        warnings.simplefilter("ignore")
        try:
            program.solve(
                solver=cp.CLARABEL,
                max_iter=options.max_iter,
                tol_gap_abs=_TOLERANCE,
                tol_gap_rel=_TOLERANCE,
                tol_feas=_TOLERANCE,
            )
        except cp.error.SolverError as error:
            raise RuntimeError(_ADVICE.format(error)) from error
    status = {cp.OPTIMAL: "optimal", cp.OPTIMAL_INACCURATE: "inaccurate"}.get(
        program.status, "max_iter" if program.status == cp.USER_LIMIT else None
    )
    if status is None or W.value is None:
        raise RuntimeError(_ADVICE.format(f"status {program.status!r}"))
    rows = [W.value] if b is None else [W.value, np.atleast_2d(b.value)]
    at = problem.evaluate(np.concatenate(rows).ravel())
    n_iter = program.solver_stats.num_iters or 1
    gap = problem.gap(at)
    return Solution(at.theta, at.worst.weights, at.value, gap, status, n_iter)


_ADVICE = (
    "the reference solver found no solution ({}). Scale the features, raise alpha, "
    "or use solver='auto'."
)
