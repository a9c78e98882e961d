"""The robust problem as a cone program, written independently of the fast path."""

import numpy as np


def cone_program(problem):
    """Return (cvxpy problem, coefficients, intercept or None)."""
    import cvxpy as cp

    W = cp.Variable((problem.n_features, problem.n_outputs))
    raw = problem.data.X @ W
    b = cp.Variable((1, problem.n_outputs)) if problem.fit_intercept else None
    if b is not None:
        raw = raw + np.ones((problem.n_samples, 1)) @ b
    losses = cp.Variable(problem.n_samples)
    risk, constraints = problem.reweighting.cvxpy_risk(losses, problem.nominal)
    penalty = problem.penalty
    objective = risk + 0.5 * penalty.alpha * cp.sum_squares(W)
    for k in np.flatnonzero(penalty.budgets):
        block = W[np.flatnonzero(penalty.labels == k)]
        objective += penalty.budgets[k] * cp.norm(block, "fro")
    constraints = [*constraints, losses >= problem.loss.cvxpy(raw)]
    return cp.Problem(cp.Minimize(objective), constraints), W, b
