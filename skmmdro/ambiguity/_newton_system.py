"""Newton's equations of the interior point method for kernel balls."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ._base import RiskCurvature

# keep matrices definite; relative
_SHIFTS = 0.0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4


@dataclass(frozen=True)
class Point:
    """All unknowns of the method, or a step of them.

    Attributes
    ----------
    theta : ndarray of shape (n_coefficients,)
        The model.
    level : float
        eta.
    functions, moves : ndarray of shape (size,)
        u and ``L'(q - p)``.
    ratio, slack : ndarray of shape (n_samples,)
        x and s.
    cones : list
        A ScaledCone for each ball; of a step, the scaled (dual, primal) steps.
    """

    theta: np.ndarray
    level: float
    functions: np.ndarray
    moves: np.ndarray
    ratio: np.ndarray
    slack: np.ndarray
    cones: list

    def moved(self, step, length):
        """Return the point after a fraction of a step."""
        names = "theta", "level", "functions", "moves", "ratio", "slack"
        values = {n: getattr(self, n) + length * getattr(step, n) for n in names}
        cones = [
            cone.moved(length * dual, length * primal)
            for cone, (dual, primal) in zip(self.cones, step.cones, strict=True)
        ]
        return Point(cones=cones, **values)

    def longest(self, step):
        """Return the largest fraction of a step that keeps all inequalities."""
        lengths = [np.inf]
        pairs = (self.ratio, step.ratio), (self.slack, step.slack)
        for values, change in pairs:
            falls = change < 0
            lengths.append(np.min(-values[falls] / change[falls], initial=np.inf))
        for cone, changes in zip(self.cones, step.cones, strict=True):
            lengths += [cone.longest(change) for change in changes]
        return min(lengths)


@dataclass(frozen=True)
class Residuals:
    """What is missing in each of the optimality conditions.

    `losses` belong to s, `mass` to sum q = 1, `moves` to their definition, `gradient`
    to theta, and `gap` is the mean product of the pairs whose product should vanish.
    """

    losses: np.ndarray
    mass: float
    moves: np.ndarray
    gradient: np.ndarray
    gap: float


class NewtonSystem:
    """The equations at one point, factored.

    With D the matrix of ``d_i = p_i x_i / (s_i + mu x_i)``, Z = [1, L], H and J second
    and first derivatives in theta, and N of all cones, ::

        (H + J'D J) dtheta - J'D Z dv = f,
        (Z'D Z + diag(0, N)) dv - Z'D J dtheta = g

    gives the steps of theta and of v = (eta, u), from which all others follow.
    """

    def __init__(self, method, point, residuals, model):
        self.method, self.point = method, point
        self.residuals, self.model = residuals, model
        self.bottom = method.bottom(point)
        diagonal = method.bend(point)
        root = np.sqrt(diagonal)[:, None]
        scaled = root * method.basis
        inner = scaled.T @ scaled
        for block, cone in zip(method.blocks, point.cones, strict=True):
            inside = slice(block.start + 1, block.stop + 1)
            inner[inside, inside] += cone.matrix()
        curvature = RiskCurvature(diagonal, np.empty((0, len(diagonal))))
        outer, cross = model.second_order(curvature, (root * scaled).T)
        self.matrix = np.block([[outer, -cross.T], [-cross, inner]])
        self.factor = _factored(self.matrix)

    def step(self, products, targets):
        """Return the step that changes products of pairs, to first order.

        Parameters
        ----------
        products : ndarray of shape (n_samples,)
            Changes of x_i s_i.
        targets : list of ndarray
            The same for each cone, as Jordan products with lam.
        """
        method, point, missing = self.method, self.point, self.residuals
        share = method.nominal * (products - point.ratio * missing.losses) / self.bottom
        scaled = [c.divide(t) for c, t in zip(point.cones, targets, strict=True)]
        right = method.basis.T @ share
        right[0] -= missing.mass
        right[1:] += missing.moves + np.concatenate(
            [c.inverse_of_scaled(r) for c, r in zip(point.cones, scaled, strict=True)]
        )
        pulled = -missing.gradient - self.model.pull(share)
        solved = self._solve(np.concatenate([pulled, right]))
        theta, dual = np.split(solved, [len(pulled)])
        rise = missing.losses + method.basis @ dual - self.model.change(theta)
        ratio = (products - point.ratio * rise) / self.bottom
        slack = rise + (method.mu + method.proximal) * ratio
        moves = method.factor.T @ (method.nominal * ratio) + missing.moves
        cones = []
        for k, (block, cone) in enumerate(zip(method.blocks, point.cones, strict=True)):
            target, u = scaled[k], dual[1:][block]
            if method.is_point[k]:  # the same, and not at the mercy of rounding
                moves[block] = cone.inverse_block(u) - cone.inverse_of_scaled(target)
            primal = cone.primal_step(moves[block])
            cones.append((cone.dual_step(target[0] - primal[0], u), primal))
        return Point(theta, dual[0], dual[1:], moves, ratio, slack, cones)

    def _solve(self, right):
        solved = cho_solve(self.factor, right, check_finite=False)
        left = right - self.matrix @ solved
        return solved + cho_solve(self.factor, left, check_finite=False)


def _factored(matrix):
    """Return Cholesky's factor with the least shift that makes it possible."""
    diagonal = np.diagonal(matrix).copy()
    shifted = matrix.copy()
    for shift in _SHIFTS:
        np.fill_diagonal(shifted, diagonal * (1 + shift))
        try:
            return cho_factor(shifted, check_finite=False)
        except LinAlgError:
            continue
    raise LinAlgError("not definite")
