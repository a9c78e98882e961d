"""Worst cases over kernel balls by a primal-dual interior point method.

The losses may depend on a model, which is then fitted at the same time: ::

    min_theta  h(theta) + max { q'l(theta) - mu / 2 sum_i p_i (x_i - center_i)^2 },

q_i = p_i x_i in the simplex and ``|| L_k'(q - p) || <= radii_k`` for all k. With
functions u_k of each modality, in units in which they cost ||u_k||, and a level eta,
the dual has a half-space for each sample and a second-order cone for each ball: ::

    s_i = eta + L_i u - l_i + mu (x_i - center_i) >= 0,     ||u_k|| <= t_k.

Newton's equations of all optimality conditions are reduced to the unknowns theta, eta
and u, whose matrix is positive definite. Weights in the interior of the balls are kept
throughout, so that they are in the set whenever the method ends.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError

from ._base import RiskCurvature, WorstCase
from ._newton_system import NewtonSystem, Point, Residuals
from ._scaled_cone import ScaledCone, jordan

_BARRIER = 1e-13  # gap at which to stop, relative to the scale of the losses
_ROUNDING = 1e-13  # the same of what else may be missing, if there is a quadratic term
_MAX_ITER = 100
_PATIENCE, _FINAL_PATIENCE = 15, 4  # steps in a row without progress
_NEAR = 1e-8  # error from where on the latter counts, relative to the scale
_PROGRESS = 0.9
_TO_BOUNDARY, _MAX_CUTS = 0.99, 20
_BALANCE = 1e-3  # least gap to aim at, relative to what the losses miss
_ARRIVED = 2  # times the barrier; from here on all that is left is to centre
_LEAST_RADIUS = 1e-13  # of the size of the features: what rounding moves their mean
# a quadratic term around each point if there is none, or next to none, in the problem
_PROXIMAL, _WEAK = 1e-6, 1e-8
_TINY = np.finfo(np.float64).tiny


class FixedLosses:
    """Losses that depend on no model: nothing is fitted."""

    start = np.empty(0)

    def __init__(self, losses):
        self.losses = losses

    def evaluate(self, theta, worst):
        """Return losses, gradient of the objective, and what that costs at most."""
        return self.losses, theta, 0.0

    def second_order(self, curvature, vectors):
        """Return the Hessian with this curvature of the risk, and ``vectors J``."""
        return np.empty((0, 0)), np.empty((len(vectors), 0))

    def pull(self, weights):
        """Return ``J' weights``, J the derivatives of the losses."""
        return np.empty(0)

    def change(self, step):
        """Return ``J step``."""
        return 0.0

    def is_over(self):
        """Return whether to stop early; called after each step."""
        return False


class InteriorPoint:
    """The method for one set of balls.

    Parameters
    ----------
    factor, radii, sizes
        See `KernelBalls`.
    nominal : ndarray of shape (n_samples,)
        Weights p that sum to one.
    scale : float
        Size of the losses or of their spread, positive.
    mu : float, default=0
        Weight of the quadratic term.
    center : ndarray of shape (n_samples,) or None, default=None
        Where it vanishes, relative to p; None: at 1.
    """

    def __init__(self, factor, radii, sizes, nominal, scale, mu=0.0, center=None):
        ends = np.cumsum(sizes)
        self.blocks = [slice(e - n, e) for e, n in zip(ends, sizes, strict=True)]
        norms = [np.sum(factor[:, b] ** 2, axis=1).max() ** 0.5 for b in self.blocks]
        least = _LEAST_RADIUS * np.array(norms) + _TINY
        self.is_point, radii = radii < least, np.maximum(radii, least)
        scaled = factor / np.repeat(radii, sizes)
        self.basis = np.column_stack([np.ones(len(nominal)), scaled])
        self.nominal, self.scale, self.mu = nominal, scale, mu
        self.proximal = _PROXIMAL * scale if mu < _WEAK * scale else 0.0
        self.barrier = _BARRIER * scale
        self.aim = _ROUNDING * scale if mu > 0 else self.barrier
        self.center = np.ones(len(nominal)) if center is None else center

    @property
    def factor(self):
        return self.basis[:, 1:]

    def minimise(self, model, max_iter=_MAX_ITER):
        """Return the best point and the number of steps.

        Parameters
        ----------
        model : FixedLosses or the like
            What the losses depend on.
        max_iter : int, default=100
            Steps at most.

        Returns
        -------
        result : InteriorSolution
        """
        at = best = self._at(self._start(model), model)
        n_iter, idle, over = 0, 0, False
        while not (over or best.error <= self.aim or n_iter >= max_iter):
            try:
                at = self._next(at, model)
            except LinAlgError:  # as far as rounding allows
                break
            n_iter, over = n_iter + 1, model.is_over()
            idle = 0 if at.error <= _PROGRESS * best.error else idle + 1
            best = min(best, at, key=lambda solution: solution.error)
            near = best.error <= _NEAR * self.scale
            if idle > (_FINAL_PATIENCE if near else _PATIENCE):
                break
        return replace(best, n_iter=n_iter, is_stopped=over)

    def bend(self, point):
        """Return what a weight gains with its own loss, ``p x / (s + mu x)``."""
        return self.nominal * point.ratio / self.bottom(point)

    def bottom(self, point):
        return point.slack + (self.mu + self.proximal) * point.ratio

    def norms(self, point):
        return [np.linalg.norm(point.functions[block]) for block in self.blocks]

    def weights(self, point):
        weights = self.nominal * point.ratio
        return weights / weights.sum()

    def _start(self, model):
        zeros, ones = np.zeros(self.factor.shape[1]), np.ones(len(self.nominal))
        cones = [ScaledCone.central(b.stop - b.start, self.scale) for b in self.blocks]
        slack = self.scale * ones
        return Point(model.start, self.scale, zeros, zeros, ones, slack, cones)

    def _at(self, point, model):
        """Return what is known at a point."""
        value = point.level + sum(self.norms(point))
        worst = WorstCase(value, self.weights(point), lambda: None)
        losses, gradient, cost = model.evaluate(point.theta, worst)
        ratio, slack = point.ratio, point.slack
        missing = self.mu * (ratio - self.center) - slack - losses
        missing += point.level + self.factor @ point.functions
        mass = 1 - self.nominal @ ratio
        moves = self.factor.T @ (self.nominal * (ratio - 1)) - point.moves
        gap = self._gap(ratio, slack, [(c.lam, c.lam) for c in point.cones])
        parts = np.abs(missing).max(), self.scale * abs(mass), cost
        error = max(*parts, self._uncentred(point) if self.mu > 0 else gap)
        residuals = Residuals(missing, mass, moves, gradient, gap)
        return InteriorSolution(self, point, residuals, losses, error)

    def _uncentred(self, point):
        """Return how far the point is from that where all products are the barrier.

        Only that one is a smooth function of the losses, which solvers differentiate.
        """
        u, y = point.functions, point.moves
        wrong = [np.abs(point.ratio * point.slack - self.barrier).max()]
        for b in self.blocks:
            t = self.barrier + np.hypot(self.barrier, np.linalg.norm(u[b]))
            wrong.append(np.linalg.norm(u[b] - t * y[b]))
        return max(wrong)

    def _gap(self, ratio, slack, cones):
        """Return the mean product of the pairs whose product is zero at the end."""
        total = self.nominal @ (ratio * slack) + sum(s @ z for s, z in cones)
        return total / (1 + len(cones))

    def _next(self, at, model):
        """Return what is known after a step, shortened if the losses bend too much."""
        step = self._step(at, model)
        length = min(1.0, _TO_BOUNDARY * at.point.longest(step))
        missing = np.abs(at.residuals.losses).max()
        limit = max(missing, at.residuals.gap, _PROXIMAL * self.scale)
        for _ in range(_MAX_CUTS):
            trial = self._at(at.point.moved(step, length), model)
            if np.abs(trial.residuals.losses).max() <= limit:
                break
            length *= 0.5
        return trial

    def _step(self, at, model):
        """Return a step of Mehrotra's predictor and corrector."""
        point, residuals = at.point, at.residuals
        system = NewtonSystem(self, point, residuals, model)
        squares = [jordan(cone.lam, cone.lam) for cone in point.cones]
        product = point.ratio * point.slack
        if self.mu > 0 and residuals.gap < _ARRIVED * self.barrier:
            aim, second, turns = self.barrier, 0.0, [0.0] * len(squares)
        else:
            guess = system.step(-product, [-square for square in squares])
            aim = self._aim(point, guess, residuals)
            second = guess.ratio * guess.slack
            turns = [jordan(*change) for change in guess.cones]
        targets = [-s - turn for s, turn in zip(squares, turns, strict=True)]
        for target in targets:
            target[0] += aim
        return system.step(aim - product - second, targets)

    def _aim(self, point, guess, residuals):
        """Return the gap to aim at: the smaller, the more of it a guess removes."""
        length = min(1.0, point.longest(guess))
        cones = [
            (cone.lam + length * dual, cone.lam + length * primal)
            for cone, (dual, primal) in zip(point.cones, guess.cones, strict=True)
        ]
        ratio = point.ratio + length * guess.ratio
        left = self._gap(ratio, point.slack + length * guess.slack, cones)
        gap = residuals.gap
        aim = gap * np.clip(left / gap, 0.0, 1.0) ** 3
        # ahead of a model that is slow to converge, the equations lose definiteness
        aim = max(aim, min(gap, _BALANCE * np.abs(residuals.losses).max()))
        return max(aim, self.barrier) if self.mu > 0 else aim


@dataclass(frozen=True)
class InteriorSolution:
    """A point of the interior point method and what is known there.

    Attributes
    ----------
    method : InteriorPoint
        The problem.
    point : Point
        The unknowns.
    residuals : Residuals
        What is missing there.
    losses : ndarray of shape (n_samples,)
        At that point.
    error : float
        The largest residual in units of the objective.
    n_iter : int
        Steps.
    is_stopped : bool
        Whether the model has asked to stop.
    """

    method: InteriorPoint
    point: Point
    residuals: Residuals
    losses: np.ndarray
    error: float
    n_iter: int = 0
    is_stopped: bool = False

    @property
    def weights(self):
        return self.method.weights(self.point)

    def bound(self):
        """Return what ``q'losses`` is at most in the set, by the dual functions."""
        method, point = self.method, self.point
        left = self.losses - method.factor @ point.functions
        return float(left.max() + sum(method.norms(point)))

    def curvature(self):
        """Return ``diag(d) - V'V``, the derivative of q in the losses.

        d is p x / (s + mu x) and, with Z = [1, L] and N the Hessian of the norms, V'V
        is ``diag(d) Z (Z' diag(d) Z + N)^{-1} Z' diag(d)``. The factor Q of Z stacked
        on N's root keeps the difference positive semi-definite.
        """
        method, point = self.method, self.point
        diagonal = method.bend(point)
        root = np.sqrt(diagonal)[:, None]
        ends = np.zeros((method.basis.shape[1],) * 2)
        for block in method.blocks:
            inside = slice(block.start + 1, block.stop + 1)
            ends[inside, inside] = _bend_root(point.functions[block], method.barrier)
        Q = np.linalg.qr(np.concatenate([ends, root * method.basis]))[0]
        return RiskCurvature(diagonal, (root * Q[len(ends) :]).T)


def _bend_root(u, barrier):
    """Return the root of the Hessian of ``min_t t - barrier log(t^2 - ||u||^2)``.

    That is the norm of u, but for its kink.
    """
    norm = np.linalg.norm(u)
    root = np.hypot(barrier, norm)
    across, axis = np.sqrt(1 / (barrier + root)), u / max(norm, _TINY)
    along = across * np.sqrt(barrier / root)
    return across * np.eye(len(u)) + (along - across) * np.outer(axis, axis)
