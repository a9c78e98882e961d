"""Preconditioned L-BFGS with a Newton-CG polish, for many coefficients."""

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, cg

from ._base import register
from ._descent import MAX_SHORT, SHORT, finish, line_search, may_kink, polished_gap
from ._linear_algebra import Factor

_MAX_DENSE = 1_500  # rows of theta up to which the metric may be a full matrix
_ROWS_PER_UNKNOWN, _LEAST_ROWS = 5, 2_000
_MEMORY = 10  # correction pairs, the usual choice for L-BFGS
_FIRST_PHASE, _DENSE_PHASE, _N_DENSE = 50, 40, 3
_SHORT_PHASE = 10
_LEAST_SQUARE = 1e-12  # relative floor of the diagonal metric, for constant columns
_CG_RATE = 1e-2  # each Newton step shrinks the gradient about this much
_MAX_CG = 200


@register("lbfgs")
def lbfgs(problem, start, options):
    """Minimise a smooth problem.

    L-BFGS runs in scaled coordinates, first with the diagonal of a typical Hessian
    block, then, where that is affordable, with the whole block at the present point.
    Newton steps by conjugate gradients in the last metric finish.

    Parameters
    ----------
    problem : RobustProblem
        Needs `evaluate`, `hessian_product`, `shared_curvature`, `gram`, `gap`, `take`.
    start : ndarray of shape (size,)
        Where to begin.
    options : Options
        When to stop.

    Returns
    -------
    solution : Solution
    """
    at = problem.evaluate(start)
    n_iter, status = 0, None
    # A dense metric taken at a constant model is worse than none where classes are
    # well separated: the Hessian at the solution is smaller by orders of magnitude.
    phases = [(False, _FIRST_PHASE)]
    if problem.uses_centers:
        phases = [(False, _SHORT_PHASE)]  # of little use on piecewise functions
    elif problem.n_rows <= _MAX_DENSE:
        phases += [(True, _DENSE_PHASE)] * _N_DENSE
    else:
        phases = [(False, options.max_iter)]
    for dense, length in phases:
        metric = _Metric(problem, at, dense)
        left = min(length, options.max_iter - n_iter)
        at, used, status = _quasi_newton(problem, at, metric, left, options)
        n_iter += used
        if status != "max_iter" or n_iter >= options.max_iter:
            break
    gap = polished_gap(problem, at, metric.decrement(at), options.tol)
    if status == "stopped" or gap is not None:
        return finish(problem, at, status, n_iter, options, gap)
    return _newton_cg(problem, at, metric, options, n_iter)


class _Metric:
    """Change of variables x = L' theta, L L' close to each output's Hessian block."""

    def __init__(self, problem, at, dense):
        self.shape = (problem.n_rows, problem.n_outputs)
        self.lower, self.scale = None, None
        if dense:
            n_rows = max(_ROWS_PER_UNKNOWN * problem.n_rows, _LEAST_ROWS)
            self.lower = Factor(problem.shared_hessian(at, n_rows)).lower
        else:
            squares = problem.shared_diagonal(at)
            squares = np.maximum(squares, _LEAST_SQUARE * squares.max() or 1.0)
            self.scale = np.sqrt(squares)[:, None]

    def _divide(self, vector, trans):
        table = vector.reshape(self.shape)
        if self.lower is None:
            return (table / self.scale).ravel()
        return solve_triangular(
            self.lower, table, lower=True, trans=trans, check_finite=False
        ).ravel()

    def to_theta(self, x):
        """Return L^{-T} x."""
        return self._divide(x, 1)

    def gradient(self, gradient):
        """Return the gradient in x, L^{-1} gradient."""
        return self._divide(gradient, 0)

    def decrement(self, at):
        """Return the Newton decrement as this metric sees it."""
        return np.sum(self.gradient(at.gradient) ** 2)

    def solve(self, vector):
        """Return (L L')^{-1} vector."""
        return self.to_theta(self.gradient(vector))


def _quasi_newton(problem, start, metric, max_iter, options):
    """Run L-BFGS from `start`; return (evaluation, n_iter, status)."""
    best, status, origin = start, "max_iter", start.theta

    def objective(x):
        nonlocal best
        at = problem.evaluate(origin + metric.to_theta(x))
        if at.value <= best.value:
            best = at
        return at.value, metric.gradient(at.gradient)

    def callback(intermediate_result):
        nonlocal status
        if options.progress(best):
            status = "stopped"
        elif problem.smoothing and not problem.uses_centers:
            gap = polished_gap(problem, best, metric.decrement(best), options.tol)
            status = "max_iter" if gap is None else "close"
        elif not problem.smoothing and problem.gap(best, options.tol) <= options.tol:
            status = "close"
        if status != "max_iter":
            raise StopIteration

    result = minimize(
        objective,
        np.zeros(problem.size),
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        options={"maxiter": max_iter, "maxcor": _MEMORY, "gtol": 0.0, "ftol": 0.0},
    )
    if status == "max_iter" and result.nit < max_iter:
        status = "stalled"
    return best, result.nit, status


def _newton_cg(problem, at, metric, options, n_iter):
    status, n_short = "max_iter", 0
    inverse = LinearOperator((problem.size,) * 2, matvec=metric.solve)
    while n_iter < options.max_iter:
        hessian = LinearOperator(
            (problem.size,) * 2, matvec=problem.hessian_product(at)
        )
        with np.errstate(all="ignore"):  # a Hessian of zero has no step of its own
            step, _ = cg(
                hessian, -at.gradient, rtol=_CG_RATE, maxiter=_MAX_CG, M=inverse
            )
        if not np.all(np.isfinite(step)):
            step = -metric.solve(at.gradient)
        gap = polished_gap(problem, at, -at.gradient @ step, options.tol)
        if gap is not None:
            return finish(problem, at, "optimal", n_iter, options, gap)
        trial, length = line_search(problem, at, step)
        n_iter += 1
        n_short = n_short + 1 if length < SHORT else 0
        if trial is None or (n_short == MAX_SHORT and may_kink(problem)):
            status = "stalled"
            break
        at = trial
        if options.progress(at):
            status = "stopped"
            break
    return finish(problem, at, status, n_iter, options)
