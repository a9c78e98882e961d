"""The best mixture of a few risks for a quadratic model of them."""

import numpy as np

_QP_TOLERANCE, _NEAR = 1e-12, 1e-7


def best_mixture(curvature, gain, cap):
    """Maximise ``gain'pi - pi' curvature pi / 2`` over mixtures with ``pi <= cap``.

    Parameters
    ----------
    curvature : ndarray of shape (size, size)
        Positive semi-definite.
    gain, cap : ndarray of shape (size,)
        The caps sum to at least one.

    Returns
    -------
    pi : ndarray of shape (size,)
    """
    import clarabel
    from scipy import sparse

    size, gain = len(gain), gain - gain.max()
    level = max(np.abs(curvature).max(), np.abs(gain).max(), np.finfo(float).tiny)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _QP_TOLERANCE
    sides = np.concatenate([np.ones((1, size)), -np.eye(size), np.eye(size)])
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(np.triu(0.5 * (curvature + curvature.T) / level)),
        -gain / level,
        sparse.csc_matrix(sides),
        np.concatenate([[1.0], np.zeros(size), cap]),
        [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(2 * size)],
        settings,
    )
    return _sharpened(np.array(solver.solve().x), curvature, gain, cap)


def _sharpened(pi, curvature, gain, cap):
    """Solve the optimality conditions exactly for the bounds that pi is close to."""
    free = (pi > _NEAR) & (pi < cap - _NEAR)
    pi = np.where(free, pi, np.where(pi <= _NEAR, 0.0, cap))
    n_free = np.count_nonzero(free)
    if n_free > 0:
        system = np.ones((n_free + 1, n_free + 1))
        system[:-1, :-1], system[-1, -1] = curvature[np.ix_(free, free)], 0.0
        held = np.where(free, 0.0, pi)
        right = np.append(gain[free] - curvature[free] @ held, 1 - held.sum())
        exact = np.linalg.lstsq(system, right, rcond=None)[0][:-1]
        if np.all((exact >= 0) & (exact <= cap[free])):
            pi[free] = exact
    return pi / pi.sum()
