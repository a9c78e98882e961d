"""Duality gap: how far from optimal a point can be at most."""

import numpy as np

_FLOOR = 1e-10  # objectives below this fraction of the constant model's count as zero
_BALANCE_STEPS = 2
_TINY = np.finfo(np.float64).tiny


def relative_gap(problem, at, tol=np.inf):
    """Return the relative duality gap at an Evaluation.

    For the weights q of the Evaluation and v_i = q_i l_i'(z_i), Fenchel duality bounds
    the objective of every (W, b) from below by ::

        D = - sum_i q_i l_i*(v_i / q_i) - sum_k (||X_k'v|| - t_k)_+^2 / (2 alpha),

    once v is changed so that it sums to zero (the intercept is free). The gap is
    (objective - D) / objective. With alpha = 0 it is instead the norm of the smallest
    subgradient over that of the constant model.

    Parameters
    ----------
    problem : RobustProblem
        The problem; features it holds fixed are left out.
    at : Evaluation
        A point of it.
    tol : float, default=inf
        The change of v costs a pass over the data and is only made if the gap could be
        below `tol`; otherwise the value returned is a first-order estimate.

    Returns
    -------
    gap : float
        Not negative.
    """
    W, b = problem.split(at.theta)
    pull = _free(problem, at.pull[: problem.n_features])
    if problem.penalty.alpha == 0:
        tail = at.pull[problem.n_features :]
        residual = np.hypot(problem.penalty.residual(pull, W), np.linalg.norm(tail))
        return residual / max(problem.reference[1], _TINY)
    primal = problem.exact_value(at)
    scale = max(abs(primal), _FLOOR * problem.reference[0], _TINY)
    weights = at.worst.weights
    # l*(l'(z)) = l'(z) z - l(z), so the conjugate is not needed at v itself
    bound = weights @ at.losses - np.vdot(weights[:, None] * at.slope, at.raw)
    bound -= problem.penalty.conjugate(pull)
    if problem.fit_intercept and np.any(at.pull[-1]):
        estimate = (primal - bound + abs(at.pull[-1] @ b)) / scale
        if estimate > tol:
            return estimate
        bound = _dual_value(problem, weights, _balanced_dual(problem, at))
    return max((primal - bound) / scale, 0.0)


def _free(problem, pull):
    return np.where(problem.fixed[:, None], 0.0, pull) if problem.fixed.any() else pull


def _dual_value(problem, weights, dual):
    q = weights[:, None]
    ratio = np.divide(dual, q, out=np.zeros_like(dual), where=q > 0)
    charge = problem.penalty.conjugate(_free(problem, problem.data.rmatmul(dual)))
    return -weights @ problem.loss.conjugate(ratio) - charge


def _balanced_dual(problem, at):
    """Return a dual point near v whose columns sum to zero.

    A few Newton steps in the intercept bring the sums close to zero at no cost in the
    bound; the loss then removes the rest within its domain.
    """
    loss, raw, weights = problem.loss, at.raw, at.worst.weights
    outputs = range(problem.n_outputs)
    for _ in range(_BALANCE_STEPS):
        excess = weights @ loss.value_slope(raw)[1]
        local = loss.curvature(raw)
        bend = np.zeros((problem.n_outputs, problem.n_outputs))
        for a in outputs:
            for b in outputs:
                inner = local.weights(a, b)
                bend[a, b] = 0.0 if inner is None else weights @ inner
        # the shift by a constant is not determined for a softmax: least norm
        raw = raw - np.linalg.lstsq(bend, excess, rcond=1e-10)[0]
    return loss.balanced(weights[:, None] * loss.value_slope(raw)[1], weights)
