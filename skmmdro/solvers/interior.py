"""Risks that fit the model themselves, by an interior point method of their own.

Where the worst case of given losses takes as long as a fit, both are found at once.
"""

from dataclasses import replace

import numpy as np

from ._descent import finish, prefer_constant

_NO_WORSE = 1e-9  # relative; a constant model as good as that is preferred
_TINY = np.finfo(np.float64).tiny


def solve_interior(problem, start, options):
    """Minimise a smooth loss with a risk that has `minimise`.

    Parameters
    ----------
    problem : RobustProblem
        Needs `evaluate`, `hessian`, `pulled`, `pull_back` and `gap`; no norms.
    start : ndarray of shape (size,)
        Where to begin.
    options : Options
        When to stop.

    Returns
    -------
    solution : Solution
        Certified by an upper bound of the worst case, so that it is not computed again.
    """
    model = _Model(problem, start, options.progress)
    losses = model.losses
    scale = max(problem.nominal @ np.abs(losses), np.ptp(losses)) or 1.0
    theta, worst, n_iter, is_stopped = problem.risk.minimise(
        model, problem.nominal, scale, options.max_iter
    )
    at = problem.evaluate(theta, worst)
    status = "max_iter" if n_iter >= options.max_iter else "stalled"
    status = "stopped" if is_stopped else status
    solution = finish(problem, at, status, n_iter, options)
    return prefer_constant(problem, solution, _NO_WORSE)


class _Model:
    """What the interior point method needs of a RobustProblem.

    Parameters
    ----------
    problem : RobustProblem
        The problem.
    start : ndarray of shape (size,)
        First model.
    progress : callable
        Called with the Evaluation after each step; returns True to stop.
    """

    def __init__(self, problem, start, progress):
        self.problem, self.start, self.progress = problem, start, progress
        W, b = problem.split(start)
        self.losses = problem.loss.value_slope(problem.data.matmul(W) + b)[0]
        self.at = None

    def evaluate(self, theta, worst):
        """Return losses, gradient of the objective, and what that costs at most."""
        problem = self.problem
        self.at = problem.evaluate(theta, worst)
        size = np.linalg.norm(self.at.gradient)
        if problem.penalty.alpha == 0:
            cost = size / max(problem.reference[1], _TINY) * abs(self.at.value)
        else:
            cost = 0.5 * size**2 / problem.penalty.alpha
        return self.at.losses, self.at.gradient, cost

    def second_order(self, curvature, vectors):
        """Return the Hessian with this curvature of the risk, and ``vectors J``."""
        worst = replace(self.at.worst, curvature=lambda: curvature)
        at = self.problem.with_worst(self.at, worst)
        return self.problem.hessian(at), self.problem.pulled(at, vectors)

    def pull(self, weights):
        """Return ``J' weights``, J the derivatives of the losses."""
        return self.problem.pull_back(weights[:, None] * self.at.slope).ravel()

    def change(self, step):
        """Return ``J step``."""
        V, c = self.problem.split(step)
        change = self.problem.data.matmul(V) + c
        return np.einsum("ij,ij->i", self.at.slope, change)

    def is_over(self):
        """Return whether to stop early; called after each step."""
        return self.progress(self.at)
