"""Small conic programs, solved by Clarabel without a modelling layer.

For the inner problem of sets whose shape is not simple enough for a formula. Clarabel
comes with cvxpy and is imported where it is first needed.
"""

import numpy as np
from scipy import sparse

_TOLERANCES = (1e-11, 1e-9, 1e-7)  # the later ones if the earlier are out of reach


def solve_cone_program(linear, constraints, quadratic=None):
    """Minimise ``linear'x + x'Q x / 2`` subject to cones.

    Parameters
    ----------
    linear : ndarray of shape (size,)
        Objective.
    constraints : list of tuple
        (kind, matrix, right): ``right - matrix x`` is zero ("zero"), not negative
        ("nonnegative"), or has its first entry at least the norm of the others
        ("second-order").
    quadratic : ndarray of shape (size, size) or None, default=None
        Q, positive semi-definite; None: zero.

    Returns
    -------
    x : ndarray of shape (size,)
        The minimiser.
    multipliers : list of ndarray
        One array for each constraint, in its dual cone.

    Raises
    ------
    RuntimeError
        If the solver finds no solution.
    """
    import clarabel

    kinds = {
        "zero": clarabel.ZeroConeT,
        "nonnegative": clarabel.NonnegativeConeT,
        "second-order": clarabel.SecondOrderConeT,
    }
    size = len(linear)
    quadratic = np.zeros((size, size)) if quadratic is None else quadratic
    program = (
        sparse.csc_matrix(np.triu(quadratic)),
        np.asarray(linear, dtype=np.float64),
        sparse.csc_matrix(
            sparse.vstack([sparse.csc_matrix(c[1]) for c in constraints])
        ),
        np.concatenate([c[2] for c in constraints]),
        [kinds[kind](len(right)) for kind, _, right in constraints],
    )
    for tolerance in _TOLERANCES:
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.tol_gap_abs = settings.tol_gap_rel = tolerance
        settings.tol_feas = tolerance
        settings.reduced_tol_gap_abs = settings.reduced_tol_gap_rel = 10 * tolerance
        settings.reduced_tol_feas = 10 * tolerance
        solution = clarabel.DefaultSolver(*program, settings).solve()
        solved = solution.status == clarabel.SolverStatus.Solved
        almost = solution.status == clarabel.SolverStatus.AlmostSolved
        if solved or (almost and tolerance == _TOLERANCES[-1]):
            ends = np.cumsum([len(c[2]) for c in constraints])[:-1]
            return np.array(solution.x), np.split(np.array(solution.z), ends)
    raise RuntimeError(
        f"the inner conic program was not solved (status {solution.status}); scale the "
        "features or choose a smaller radius."
    )
