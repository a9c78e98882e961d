"""Small conic programs, solved by Clarabel without a modelling layer.

For the inner problem of sets whose shape is not simple enough for a formula. Clarabel
comes with cvxpy and is imported where it is first needed.
"""

import numpy as np
from scipy import sparse

_TOLERANCES = (1e-11, 1e-9)  # the second if the first is out of reach


def maximise_linear(gain, at_least, balls, equal=None):
    """Maximise ``gain'c`` over half-spaces and balls.

    Parameters
    ----------
    gain : ndarray of shape (size,)
        Objective.
    at_least : tuple of (matrix, ndarray)
        (A, a) for ``A c >= a``, A of shape (n_rows, size), dense or sparse.
    balls : list of tuple
        (M, m, radius) for ``||M c + m||_2 <= radius``, M of shape (n_rows, size).
    equal : tuple of (matrix, ndarray) or None, default=None
        (E, e) for ``E c = e``.

    Returns
    -------
    c : ndarray of shape (size,)
        The maximiser.
    price : ndarray of shape (n_rows of A,)
        Multipliers of the half-spaces, not negative.

    Raises
    ------
    RuntimeError
        If the solver finds no solution.
    """
    import clarabel

    matrices, rights, cones = [], [], []
    if equal is not None:
        matrices.append(equal[0])
        rights.append(equal[1])
        cones.append(clarabel.ZeroConeT(len(equal[1])))
    matrices.append(-sparse.csr_array(at_least[0]))
    rights.append(-at_least[1])
    cones.append(clarabel.NonnegativeConeT(len(at_least[1])))
    for matrix, offset, radius in balls:  # (radius, M c + m) in the cone
        matrices.append(sparse.vstack([sparse.csr_array((1, len(gain))), -matrix]))
        rights.append(np.concatenate([[radius], offset]))
        cones.append(clarabel.SecondOrderConeT(1 + len(offset)))
    program = (
        sparse.csc_matrix((len(gain), len(gain))),
        -np.asarray(gain, dtype=np.float64),
        sparse.csc_matrix(sparse.vstack([sparse.csr_array(m) for m in matrices])),
        np.concatenate(rights),
        cones,
    )
    for tolerance in _TOLERANCES:
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.tol_gap_abs = settings.tol_gap_rel = tolerance
        settings.tol_feas = tolerance
        solution = clarabel.DefaultSolver(*program, settings).solve()
        if solution.status == clarabel.SolverStatus.Solved:
            first = 0 if equal is None else len(equal[1])
            price = np.array(solution.z)[first : first + len(at_least[1])]
            return np.array(solution.x), np.maximum(price, 0)
    raise RuntimeError(
        f"the inner conic program was not solved (status {solution.status}); scale the "
        "features or choose a smaller radius."
    )
