"""The robust problem as a cone program, written independently of the fast path."""

import warnings

import numpy as np

_TINY = np.finfo(np.float64).tiny


def cone_program(problem):
    """Return (cvxpy problem, coefficients, intercept or None, loss constraint).

    The multipliers of the loss constraint are the worst-case weights, but for a root,
    where they are proportional to them. The objective is in units of `cone_unit`.
    """
    import cvxpy as cp

    unit, loss = problem.cone_unit, problem.loss
    # predictions in units as well; losses without degree are about squares, or linear
    size = unit ** (1 / (loss.degree or (2 if loss.is_smooth else 1)))
    V = cp.Variable((problem.n_features, problem.n_outputs))
    W = size * V
    raw = problem.data.cvxpy_matmul(W)
    b = size * cp.Variable((1, problem.n_outputs)) if problem.fit_intercept else None
    if b is not None:
        raw = raw + np.ones((problem.n_terms, 1)) @ b
    charge = _charge(problem.penalty, V)  # in units of `size`
    losses = cp.Variable(problem.n_terms)
    value, constraints = problem.risk.cvxpy_risk(losses, problem.nominal)
    if problem.is_root:
        # sqrt(2 R(r^2 / 2)) <= g  iff  R(r^2 / g) <= g: R is positively homogeneous
        root = cp.Variable(nonneg=True)
        residual = (raw[:, 0] - loss.offset[:, 0]) / size
        cone = cp.SOC(losses + root, cp.vstack([2 * residual, losses - root]), axis=0)
        constraints += [value <= root, cone]
        objective = 0.5 * cp.square(root + charge)
        bound = constraints[-2]
    else:
        if loss.degree is None:
            exact = loss.cvxpy(raw) / unit
        else:  # the same, with numbers that are not large in the program
            exact = loss.with_offset(loss.offset / size).cvxpy(raw / size)
        bound = losses >= exact
        constraints.append(bound)
        objective = value + size / unit * charge
    objective += 0.5 * problem.penalty.alpha * size**2 / unit * cp.sum_squares(V)
    return cp.Problem(cp.Minimize(objective), constraints), W, b, bound


def flip_program(problem):
    """Return the same for a problem in which labels may flip."""
    import cvxpy as cp

    W = cp.Variable((problem.n_features, problem.n_outputs))
    b = cp.Variable((1, problem.n_outputs)) if problem.fit_intercept else None
    raw = problem.data.cvxpy_matmul(W)
    if b is not None:
        raw = raw + np.ones((problem.n_terms, 1)) @ b
    price, losses = cp.Variable(), cp.Variable(problem.n_terms)
    value, constraints = problem.risk.cvxpy_risk(losses, problem.nominal)
    flipped = problem.loss.flipped().cvxpy(raw) - price * problem.flip_cost
    bound = losses >= cp.maximum(problem.loss.cvxpy(raw), flipped)
    constraints += [price >= _charge(problem.penalty, W), bound]
    objective = price + value + 0.5 * problem.penalty.alpha * cp.sum_squares(W)
    return cp.Problem(cp.Minimize(objective), constraints), W, b, bound


def least_budget_share(problem, at):
    """Return the least factor of the budgets for which a constant model is best.

    At kinks of the loss its slope may be anything in an interval: the slopes chosen
    are those for which the norms have to be smallest. 1 if Clarabel does not find out.
    """
    import cvxpy as cp

    weights, share = at.worst.weights[:, None], cp.Variable(nonneg=True)
    low = high = at.slope
    dual, constraints = weights * at.slope, []
    if not problem.loss.is_smooth:
        low, high = problem.loss.slope_range(at.raw)
        dual = cp.Variable(low.shape)
        constraints = [dual >= weights * low, dual <= weights * high]
        if problem.fit_intercept:
            constraints.append(cp.sum(dual, axis=0) == 0)
    # in units in which the answer is about one: budgets and features have their own
    size = np.max(np.abs([weights * low, weights * high]), axis=0)
    unit = np.sqrt(np.sum(problem.data.column_squares(problem.nominal)) * np.sum(size))
    pull = problem.data.cvxpy_rmatmul(dual) / max(unit, _TINY)
    penalty, largest = problem.penalty, problem.penalty.budgets.max()
    if penalty.norm is not None:
        largest = max(largest, penalty.norm.radii.max())
        taken = cp.Variable(pull.shape)
        constraints += penalty.norm.scaled(1 / largest).cvxpy_within(taken, share)
        pull = pull - taken
    for k, budget in enumerate(penalty.budgets / largest):
        block = pull[np.flatnonzero(penalty.labels == k)]
        constraints.append(cp.norm(block, "fro") <= share * budget)
    program = cp.Problem(cp.Minimize(share), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is inaccurate is told by the status
        try:
            program.solve(solver=cp.CLARABEL)
        except cp.error.SolverError:
            return 1.0
    return float(share.value) * unit / largest if program.status == cp.OPTIMAL else 1.0


def _charge(penalty, W):
    import cvxpy as cp

    total = 0 if penalty.norm is None else penalty.norm.cvxpy(W)
    for k in np.flatnonzero(penalty.budgets):
        block = W[np.flatnonzero(penalty.labels == k)]
        total += penalty.budgets[k] * cp.norm(block, "fro")
    return total
