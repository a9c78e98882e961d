"""Duality gap: how far from optimal a point can be at most."""

import numpy as np

_BALANCE_STEPS = 2
_BALANCED = 1e-13  # relative; column sums as small as that count as zero
_TINY = np.finfo(np.float64).tiny


def relative_gap(problem, at, tol=np.inf):
    """Return the relative duality gap at an Evaluation.

    For the weights q of the Evaluation and v_i = q_i l_i'(z_i), Fenchel duality bounds
    the objective of every (W, b) from below by ::

        D = - sum_i q_i l_i*(v_i / q_i) - sum_k (||X_k'v|| - t_k)_+^2 / (2 alpha),

    once v is changed so that it sums to zero (the intercept is free). The gap is
    (objective - D) / objective. With alpha = 0 it is instead the norm of the smallest
    subgradient over that of the constant model, or what the weights q and the slopes
    l_i' fall short of the worst case, relative to the objective, if that is more.

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
    pull = at.risk_rate * _free(problem, at.pull[: problem.n_features])
    primal = problem.exact_value(at)
    scale = problem.scale(primal)
    if problem.penalty.alpha == 0:
        tail = at.risk_rate * at.pull[problem.n_features :]
        residual, short = problem.penalty.residual(pull, W, at.charge_rate)
        residual = np.hypot(residual, np.linalg.norm(tail))
        residual /= max(problem.reference[1], _TINY)
        slack = at.risk_rate * (problem.exact_risk(at) - _linear_value(problem, at))
        return max(residual, (slack + short) / scale)
    if problem.is_root:
        return max((primal - _root_dual_value(problem, at)) / scale, 0.0)
    bound = _linear_value(problem, at) - np.vdot(
        at.worst.weights[:, None] * at.slope, at.raw
    )
    bound -= problem.penalty.conjugate(pull)
    if problem.fit_intercept and np.any(at.pull[-1]):
        estimate = (primal - bound + abs(at.pull[-1] @ b)) / scale
        if estimate > tol:
            return estimate
        bound = _dual_value(problem, at.worst.weights, _balanced_dual(problem, at))
    return max((primal - bound) / scale, 0.0)


def _linear_value(problem, at):
    """Return sum_i q_i (s_i z_i - l_i*(s_i)), s_i the slopes: at most the risk."""
    if problem.loss is problem.exact_loss:
        return at.worst.weights @ at.losses  # Fenchel's equality
    weights = at.worst.weights
    value = np.vdot(weights[:, None] * at.slope, at.raw)
    return value - weights @ problem.loss.conjugate(at.slope)


def _free(problem, pull):
    return np.where(problem.fixed[:, None], 0.0, pull) if problem.fixed.any() else pull


def _dual_value(problem, weights, dual):
    q = weights[:, None]
    ratio = np.divide(dual, q, out=np.zeros_like(dual), where=q > 0)
    charge = problem.penalty.conjugate(_free(problem, problem.data.rmatmul(dual)))
    return -weights @ problem.loss.conjugate(ratio) - charge


def _root_dual_value(problem, at):
    """Return the dual value for an objective (sqrt(2 R) + h)^2 / 2.

    With residuals r = z - y, s^2 / 2 >= u s - u^2 / 2 and, for any v with
    sum_i v_i^2 / q_i <= u^2, u sqrt(2 R) >= v'r. So every objective is at least ::

        - v'y - sum_k (||X_k'v|| - u t_k)_+^2 / (2 alpha) - u^2 / 2.

    The floor f under the root adds at least f^2 / 2 to each of them.
    """
    weights, floor = at.worst.weights, 0.5 * problem.root_floor**2
    if not np.any(at.slope):
        return floor
    dual = at.risk_rate * _balanced_dual(problem, at)
    used = weights > 0
    size = np.sqrt(np.sum(dual[used, 0] ** 2 / weights[used]))
    pull = _free(problem, problem.data.rmatmul(dual))
    charge = problem.penalty.conjugate(pull, size)
    value = -np.sum(dual * problem.loss.offset) - charge - 0.5 * size**2
    # v = 0 proves that nothing is below the floor
    return floor + max(value, 0.0)


def _balanced_dual(problem, at):
    """Return a dual point near v whose columns sum to zero.

    A few Newton steps in the intercept bring the sums close to zero at no cost in the
    bound; the loss then removes the rest within its domain.
    """
    loss, weights = problem.loss, at.worst.weights
    raw, slope = at.raw, at.slope
    if not problem.fit_intercept:
        return weights[:, None] * slope
    outputs = range(problem.n_outputs)
    for _ in range(_BALANCE_STEPS):
        excess = weights @ slope
        if np.all(np.abs(excess) <= _BALANCED * (weights @ np.abs(slope))):
            break
        local = loss.curvature(raw)
        bend = np.zeros((problem.n_outputs, problem.n_outputs))
        for a in outputs:
            for b in outputs:
                inner = local.weights(a, b)
                bend[a, b] = 0.0 if inner is None else weights @ inner
        # the shift by a constant is not determined for a softmax: least norm
        raw = raw - np.linalg.lstsq(bend, excess, rcond=1e-10)[0]
        slope = loss.value_slope(raw)[1]
    return loss.balanced(weights[:, None] * slope, weights)
