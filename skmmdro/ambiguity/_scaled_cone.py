"""Second-order cones as interior point methods scale them."""

import numpy as np

_TINY = np.finfo(np.float64).tiny


class ScaledCone:
    """A pair of points of a second-order cone and the matrix that makes them equal.

    The primal point is z = (1, -y) and the dual one s = (t, u). The matrix of Nesterov
    and Todd is ``W = beta (2 v v' - J)`` with J = diag(1, -1, ..., -1), v'J v = 1 and
    ``W z = W^{-1} s = lam``. Here v is ``(cosh, sinh * axis)``, so that W^2 stretches
    what is along the axis and multiplies all across it by beta^2. Both parts are kept
    apart, since near the end of an optimisation they differ by ten powers of ten.

    Parameters
    ----------
    beta : float
        Positive.
    v : ndarray of shape (1 + size,)
        See above.
    lam : ndarray of shape (1 + size,)
        The scaled point, inside the cone.
    """

    def __init__(self, beta, v, lam):
        self.beta, self.v, self.lam = beta, v, lam
        length = np.linalg.norm(v[1:])
        self.axis = v[1:] / max(length, _TINY)
        self.along, self.turn = v[0] ** 2 + length**2, 2 * v[0] * length
        self.stretch = 1 + 2 * self.turn**2  # of W^2 on the axis

    @classmethod
    def central(cls, size, level):
        """Return the cone at ``s = (level, 0)`` and ``z = (1, 0)``."""
        unit, beta = np.eye(1 + size)[0], np.sqrt(level)
        return cls(beta, unit, beta * unit)

    def _split(self, u):
        along = self.axis @ u
        return along, u - along * self.axis

    def primal_step(self, dy):
        """Return ``W (0, -dy)``."""
        along, across = self._split(-dy)
        tail = across + along * self.along * self.axis
        return self.beta * np.append(along * self.turn, tail)

    def dual_step(self, first, du):
        """Return ``W^{-1} (dt, du)``, for the dt that makes its first entry `first`."""
        along, across = self._split(du / self.beta)
        along = (along - self.turn * first) / self.along
        return np.append(first, across + along * self.axis)

    def inverse_block(self, u):
        """Return ``N u`` for N the inverse of W^2 without its first row and column."""
        along, across = self._split(u)
        return (across + along / self.stretch * self.axis) / self.beta**2

    def inverse_of_scaled(self, point):
        """Return N times all but the first entry of ``W point``."""
        along, across = self._split(point[1:])
        along = (self.along * along + self.turn * point[0]) / self.stretch
        return (across + along * self.axis) / self.beta

    def matrix(self):
        """Return N."""
        out = np.eye(len(self.axis))
        out -= (1 - 1 / self.stretch) * np.outer(self.axis, self.axis)
        return out / self.beta**2

    def divide(self, point):
        """Return the vector whose Jordan product with lam is `point`."""
        size = determinant(self.lam)
        first = (self.lam[0] * point[0] - self.lam[1:] @ point[1:]) / size
        return np.append(first, (point[1:] - first * self.lam[1:]) / self.lam[0])

    def moved(self, dual, primal):
        """Return the cone after scaled steps of both points.

        In the scaled space the points are close to each other, and so their scaling is
        exact; it is composed with the present one as in CVXOPT.
        """
        s, z, v = self.lam + dual, self.lam + primal, self.v
        sizes = determinant(s), determinant(z)
        if not (sizes[0] > 0 and sizes[1] > 0 and s[0] > 0 and z[0] > 0):
            raise np.linalg.LinAlgError("a step has left the cone by rounding")
        size_s, size_z = np.sqrt(sizes)
        s, z = s / size_s, z / size_z
        half = np.sqrt(0.5 * (1 + s @ z))
        in_s, in_z = v @ s, v[0] * z[0] - v[1:] @ z[1:]
        mean, turn = 0.5 * (in_s + in_z) / half, in_s - in_z
        first = 2 * v[0] * mean - 0.5 * (s[0] + z[0]) / half
        part = (v[0] * turn + 0.5 * (z[0] - s[0])) / (first + 1)
        tail = (turn - 2 * part * mean) * v[1:]
        tail += 0.5 * ((1 - part / half) * s[1:] + (1 + part / half) * z[1:])
        lam = np.sqrt(size_s * size_z) * np.append(half, tail)
        v = 2 * mean * v - 0.5 / half * np.append(s[0] + z[0], z[1:] - s[1:])
        tail = v[1:] / np.sqrt(2 * (v[0] + 1))
        v = np.append(np.sqrt(1 + tail @ tail), tail)
        return ScaledCone(self.beta * np.sqrt(size_s / size_z), v, lam)

    def longest(self, step):
        """Return how far lam can move along `step`; inf if for ever."""
        a, c = determinant(step), max(determinant(self.lam), 0.0)
        b = self.lam[0] * step[0] - self.lam[1:] @ step[1:]
        root = b * b - a * c
        if root < 0 or (a >= 0 and b >= 0):
            return np.inf
        return c / (np.sqrt(root) - b) if b < 0 else (b + np.sqrt(root)) / -a


def determinant(point):
    """Return the first entry squared less the others squared."""
    norm = np.linalg.norm(point[1:])
    return (point[0] - norm) * (point[0] + norm)


def jordan(a, b):
    """Return the product of the algebra of the cone."""
    return np.append(a @ b, a[0] * b[1:] + b[0] * a[1:])
