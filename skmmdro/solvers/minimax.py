"""Newton's method for the largest mixture of a few smooth risks.

With R_e the risks, of environments or along the directions of a tilt, g_e their
gradients and Pi the mixtures allowed, each step minimises the model ::

    max_{pi in Pi} sum_e pi_e (R_e + g_e'd) + r'd + d'Hd / 2,

r the gradient of the penalty and H the Hessian of the objective for the last mixture
(sequential quadratic programming). Its dual is a quadratic program in pi alone, ::

    max_{pi in Pi} pi'R - (G'pi + r)' H^{-1} (G'pi + r) / 2,     d = -H^{-1} (G pi + r),

of the size of the number of risks. No smoothing is needed, and the mixtures
certify the solution.
"""

from dataclasses import replace

import numpy as np

from ._base import register
from ._descent import POLISH, finish, prefer_constant
from ._linear_algebra import factored_hessian

_ARMIJO, _SHORTEST = 1e-4, 1e-6
_CORRECTIONS = 2  # of second order, before a step is cut
_NO_WORSE = 1e-12  # relative; a constant model as good as that is preferred
_STAGNANT = 0.5  # a promised decrease above this part of the last one is rounding


@register("minimax")
def minimax(problem, start, options):
    """Minimise a problem whose risk is the largest mixture of smooth risks.

    Parameters
    ----------
    problem : RobustProblem
        Needs a risk that `is_maximum`, and no kinks otherwise.
    start : ndarray of shape (size,)
        Where to begin.
    options : Options
        When to stop.

    Returns
    -------
    solution : Solution
    """
    at, pi = problem.evaluate(start), problem.risk.prior
    n_iter, status, gap, before = 0, "max_iter", None, np.inf
    while n_iter < options.max_iter:
        model = _Model(problem, at, pi)
        pi, step, decrease = model.step()
        scale = abs(at.value)
        rounding = _STAGNANT * before < decrease <= options.tol * scale
        trial = at if rounding else _search(problem, at, step, decrease, model)
        n_iter += 1
        if trial is None:
            status = "stalled"
            break
        at, before = trial, decrease
        if options.progress(at):
            status = "stopped"
            break
        # steps square the error: after one this small, the next is not worth its cost
        if decrease <= options.tol ** (POLISH / 2) * scale:
            mixed = _with_mixture(problem, at, pi)
            gap = problem.gap(mixed)
            if gap <= options.tol or rounding:
                solution = finish(problem, mixed, "optimal", n_iter, options, gap)
                return prefer_constant(problem, solution, _NO_WORSE)
    return finish(problem, _with_mixture(problem, at, pi), status, n_iter, options)


class _Model:
    """The quadratic model of the objective at an Evaluation."""

    def __init__(self, problem, at, pi):
        self.problem, self.value = problem, at.worst.value
        cases, self.risks = problem.risk.components(at.losses, problem.nominal)
        worst = problem.risk.mixed(cases, pi, len(at.losses))
        self.factor = factored_hessian(problem, replace(at, worst=worst))
        self.gradients = _gradients(problem, at, cases)
        self.fixed = at.gradient - at.risk_rate * at.pull.ravel()

    def step(self):
        """Return the best mixture, the step and the decrease it promises."""
        pi, step, slope = self._solve(self.risks)
        return pi, step, self.value - pi @ self.risks - 0.5 * step @ slope

    def corrected(self, trial, step):
        """Return the step of the same model through the risks at the end of `step`.

        The risks curve away from their linear models, which would cut the step.
        """
        seen = self.problem.risk.components(trial.losses, self.problem.nominal)[1]
        return self._solve(seen - self.gradients.T @ step)[1]

    def _solve(self, risks):
        solved = self.factor.solve(np.column_stack([self.gradients, self.fixed]))
        pi = self.problem.risk.best_mixture(
            self.gradients.T @ solved[:, :-1],
            risks - self.gradients.T @ solved[:, -1],
        )
        return pi, -solved @ np.append(pi, 1), self.gradients @ pi + self.fixed


def _with_mixture(problem, at, pi):
    """Return the Evaluation with the weights of a mixture, which certify it."""
    cases, _ = problem.risk.components(at.losses, problem.nominal)
    return problem.with_worst(at, problem.risk.mixed(cases, pi, len(at.losses)))


def _gradients(problem, at, cases):
    """Return the gradients of the risks, (size, n_risks)."""
    weights = problem.risk.case_weights(cases, problem.n_terms)
    return problem.pulled(at, weights).T


def _search(problem, at, step, decrease, model):
    """Return a point that is low enough: the full step, corrected ones, or shorter."""
    enough, moved = at.value - _ARMIJO * decrease, step
    for _ in range(1 + _CORRECTIONS):
        trial = problem.evaluate(at.theta + moved)
        if trial.value <= enough:
            return trial
        moved = model.corrected(trial, moved)
    length = 0.5
    while length > _SHORTEST:
        trial = problem.evaluate(at.theta + length * step)
        if trial.value <= at.value - _ARMIJO * length * decrease:
            return trial
        length *= 0.5
    return None
