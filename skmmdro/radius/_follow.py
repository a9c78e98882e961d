"""Solutions of neighbouring radii, from extrapolated starts."""

from dataclasses import dataclass

import numpy as np

from .._estimator import Sample
from .._sklearn import check_nominal_weights
from .._validation import check_domains
from ..problem import RobustProblem, solve
from ..solvers import Options
from ..solvers._descent import line_search
from ..solvers._linear_algebra import Metric, factored_hessian

_MAX_EXPLICIT = 700  # unknowns up to which a Hessian is formed, as for solver="auto"
# The start is the cubic through five past solutions that has the least weights: more
# of a degree amplifies their errors, fewer nodes do not average them.
_DEGREE, _NODES = 3, 5
_MAX_STEPS = 4
_SMALL = 1e-2  # relative to the largest coefficient seen so far
_FAST, _MAX_PAIRS = 0.1, 6  # slower or older metrics are renewed


@dataclass(frozen=True)
class Point:
    """One solution; the attributes are those of Solution and the problem solved."""

    problem: RobustProblem
    theta: np.ndarray
    objective: float
    gap: float
    n_iter: int
    weights: np.ndarray
    nominal_loss: float


class Follower:
    """Solves the problem of a fitted model for one ambiguity set after another.

    Newton's metric is kept from one set to the next, and the start is extrapolated
    from the last solutions, as a function of the root of the scale of the radius: the
    risk of a small chi-square ball is linear in that root. Most starts are within the
    tolerance already.

    Parameters
    ----------
    model : DROModel
        Fitted on the data, with `warm_start`; its solution is where the path begins.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Data, as they were passed to fit.
    y : array-like of shape (n_samples,)
        Targets.
    sample_weight : array-like of shape (n_samples,) or None
        Non-negative sample weights.
    domains : array-like of shape (n_samples,) or None
        Domain of each sample, for sets that need it.
    """

    def __init__(self, model, X, y, sample_weight, domains):
        data, y = model._validate(X, y, reset=False)
        weights = check_nominal_weights(sample_weight, data)
        self.n_classes = None
        if model._task == "classification":
            classes, y, weights = model._encode(y, weights)
            self.n_classes = len(classes)
        domains = check_domains(domains, len(weights), model.ambiguity)
        self.sample = Sample.select(data, y, weights, domains)
        self.design = model._design(self.sample, model._modalities(X, data))
        self.model = model
        self.options = Options(float(model.tol), model.max_iter)
        self.metric, self.past, self.reference = None, [], None
        self.largest = 0.0

    def solve(self, ambiguity, scale):
        """Return the Point of a set; `scale` is the mean of its radii."""
        problem, _ = self.model._problem(
            self.sample, self.design, ambiguity, self.model._fitted_loss, self.n_classes
        )
        if self.model.alpha > 0:  # else the gap is relative to its gradient
            self.reference = self.reference or problem.reference
            problem.reference = self.reference
        start, point = self._start(scale, problem), None
        if self._is_smooth(problem):
            point, better = self._descend(problem, start)
        if point is None:
            point = self._solve_anew(problem, start)
            better, self.metric = point.theta, None
        if self._may_be_constant(problem, point.theta):
            point = self._solve_anew(problem, problem.constant())
            better, self.metric = point.theta, None
        root = np.sqrt(scale)
        self.past = [p for p in self.past[1 - _NODES :] if p[0] != root]
        self.past.append((root, better))
        return point

    def tells_nothing(self, ambiguity):
        """Return whether a constant is as good as the best model, to the tolerance."""
        point = self.solve(ambiguity, 0.0)
        problem = point.problem
        W, _ = problem.split(point.theta)
        constant = point.theta.copy()
        constant[: W.size] = 0.0
        excess = problem.evaluate(constant).value - point.objective
        return excess <= self.options.tol * problem.reference[0]

    def _may_be_constant(self, problem, theta):
        """Return whether coefficients are so small that they may well be zero."""
        size = np.abs(problem.split(theta)[0]).max()
        self.largest = max(self.largest, size)
        return 0 < size < _SMALL * self.largest

    def _solve_anew(self, problem, start):
        found = solve(problem, self.model.solver, self.options, start)
        return Point(
            problem,
            found.theta,
            found.objective,
            found.gap,
            found.n_iter,
            found.weights,
            problem.nominal @ problem.evaluate(found.theta).losses,
        )

    def _is_smooth(self, problem):
        return (
            self.model.solver in ("auto", "newton")
            and problem.size <= _MAX_EXPLICIT
            and problem.is_smooth
            and not problem.cones_only
            and not problem.is_root
            and not problem.penalty.has_kinks
        )

    def _start(self, scale, problem):
        """Extrapolate by a polynomial; begin at the fitted model."""
        if not self.past:
            return self.model._warm_theta(problem)
        nodes = np.array([node for node, _ in self.past])
        root = np.sqrt(scale)
        unit = max(root, nodes.max()) or 1.0
        # the least weights with sum_i w_i node_i^j = root^j for every power j
        powers = np.arange(min(_DEGREE + 1, len(nodes)))
        weights = np.linalg.lstsq(
            (nodes / unit) ** powers[:, None], (root / unit) ** powers
        )[0]
        return weights @ np.array([theta for _, theta in self.past])

    def _descend(self, problem, start):
        """Return a Point of small gap and a better theta; None if that is not quick.

        The better theta is one step further on, where nothing is evaluated. Starts are
        extrapolated from it, or errors within the tolerance would add up.
        """
        at, before = problem.evaluate(start), np.inf
        for n_iter in range(self.model.max_iter + 1):
            step = self._step(problem, at)
            gap = problem.gap(at, self.options.tol)
            if gap <= self.options.tol:
                weights, loss = at.worst.weights, problem.nominal @ at.losses
                point = Point(problem, at.theta, at.value, gap, n_iter, weights, loss)
                return point, at.theta + step
            if n_iter == _MAX_STEPS and self.past:
                break
            is_slow = -at.gradient @ step > _FAST * before
            if is_slow or len(self.metric.pairs) > _MAX_PAIRS:
                self.metric = None
                step = self._step(problem, at)
            trial, _ = line_search(problem, at, step)
            if trial is None:
                break
            self.metric.update(trial.theta - at.theta, trial.gradient - at.gradient)
            at, before = trial, -at.gradient @ step
        return None, None

    def _step(self, problem, at):
        if self.metric is None:
            self.metric = Metric(factored_hessian(problem, at))
        return -self.metric.solve(at.gradient)
