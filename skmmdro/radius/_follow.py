"""Solutions of neighbouring radii: one step from an extrapolated start each."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from .._estimator._model import Sample
from ..problem import RobustProblem, solve
from ..solvers import Options
from ..solvers._descent import line_search
from ..solvers._linear_algebra import Metric

_MAX_EXPLICIT = 700  # unknowns up to which a Hessian is formed, as for solver="auto"
_ORDER = 3  # of the polynomial through past solutions; more amplifies their errors
_MAX_STEPS, _MAX_PAIRS = 4, 12
_FAST = 0.3  # a metric that shrinks the decrement less than this is renewed


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
    """Solves the problem of a fitted linear model for one ambiguity set after another.

    Newton's metric is kept from one set to the next, and the start is extrapolated
    from the last solutions, as a function of the root of the scale of the radius: the
    risk of a small chi-square ball is linear in that root.

    Parameters
    ----------
    model : DROClassifier or DRORegressor
        Fitted on the data; gives loss, classes and modalities.
    data : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Validated data.
    y : ndarray of shape (n_samples,)
        Targets.
    weights : ndarray of shape (n_samples,)
        Non-negative sample weights.
    """

    def __init__(self, model, data, y, weights):
        weights = _times_class_weights(model, y, weights)
        self.n_classes = None
        if model._task == "classification":
            self.n_classes = len(model.classes_)
            y = np.searchsorted(model.classes_, y)
        self.sample = Sample.select(data, y, weights, None)
        self.design = model._fitted_design(self.sample)
        self.model = model
        self.options = Options(float(model.tol), model.max_iter)
        self.metric, self.past = None, []

    def solve(self, ambiguity, scale):
        """Return the Point of a set; `scale` is the mean of its radii."""
        problem, _ = self.model._problem(
            self.sample, self.design, ambiguity, self.model._fitted_loss, self.n_classes
        )
        start = self._start(scale, problem)
        point = self._descend(problem, start) if self._is_smooth(problem) else None
        if point is None:
            self.metric = None
            found = solve(problem, self.model.solver, self.options, start)
            loss = problem.nominal @ problem.evaluate(found.theta).losses
            point = Point(
                problem,
                found.theta,
                found.objective,
                found.gap,
                found.n_iter,
                found.weights,
                loss,
            )
        root = np.sqrt(scale)
        self.past = [p for p in self.past[-_ORDER:] if p[0] != root]
        self.past.append((root, point.theta))
        return point

    def _is_smooth(self, problem):
        return (
            self.model.solver in ("auto", "newton")
            and problem.size <= _MAX_EXPLICIT
            and problem.is_smooth
            and not problem.cones_only
            and not problem.is_root
            and not problem.penalty.has_budgets
        )

    def _start(self, scale, problem):
        """Extrapolate by Lagrange's polynomial; begin at the fitted model."""
        if not self.past:
            return self.model._fitted_theta(problem)
        nodes = np.array([root for root, _ in self.past])
        start = 0.0
        for i, (root, theta) in enumerate(self.past):
            others = np.delete(nodes, i)
            start = start + np.prod((np.sqrt(scale) - others) / (root - others)) * theta
        return start

    def _descend(self, problem, start):
        """Take steps until the gap is small; None if that is not quick.

        The start may be within the tolerance already. One step is made all the same,
        or the errors of the extrapolation would add up along the path.
        """
        at = problem.evaluate(start)
        for n_iter in range(1, self.model.max_iter + 1):
            fresh = self.metric is None
            if fresh:
                self.metric = Metric(problem.hessian(at))
            step = -self.metric.solve(at.gradient)
            before = -at.gradient @ step
            trial, _ = line_search(problem, at, step)
            if trial is None:
                return None
            self.metric.update(trial.theta - at.theta, trial.gradient - at.gradient)
            at = trial
            gap = problem.gap(at, self.options.tol)
            if gap <= self.options.tol:
                weights, loss = at.worst.weights, problem.nominal @ at.losses
                return Point(problem, at.theta, at.value, gap, n_iter, weights, loss)
            after = at.gradient @ self.metric.solve(at.gradient)
            if after > _FAST * before or len(self.metric.pairs) > _MAX_PAIRS:
                self.metric = None
            if n_iter >= _MAX_STEPS and self.past:
                return None
        return None


def _times_class_weights(model, y, weights):
    """Return the weights that the estimator's fit makes of sample weights."""
    class_weight = getattr(model, "class_weight", None)
    if class_weight is None:
        return weights
    if class_weight == "balanced":
        _, codes = np.unique(y, return_inverse=True)
        mass = np.bincount(codes, weights)
        return weights / np.where(mass > 0, mass, 1)[codes]
    return weights * compute_sample_weight(class_weight, y)
