"""Interior point method for a small program over balls and half-spaces."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

_MAX_ITER = 80  # between ten and twenty are usual
_BACK_OFF = 0.995  # fraction of the way to the boundary
_LEAST_ROOM = 1e-6  # smallest factor by which a step may shrink the room in a ball
_FIRST_LEVEL = 0.1  # complementarity at the start, relative
_ACCEPTED = 1e-7  # optimality below which rounding may end the iteration


class Blocks:
    """Consecutive blocks of a vector, each with a radius.

    Parameters
    ----------
    radii : ndarray of shape (n_blocks,)
        Positive.
    sizes : list of int
        Positive.
    """

    def __init__(self, radii, sizes):
        self.radii = radii
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        self.labels = np.repeat(np.arange(len(sizes)), sizes)
        self.members = np.arange(len(sizes))[:, None] == self.labels

    def dot(self, a, b):
        """Return the inner products of the blocks, (n_blocks,)."""
        return np.add.reduceat(a * b, self.starts)

    def norms(self, c):
        return np.sqrt(self.dot(c, c))

    def room(self, c):
        """Return ``(radii_k^2 - ||c_k||^2) / 2``."""
        return 0.5 * (self.radii**2 - self.dot(c, c))


@dataclass(frozen=True)
class _Point:
    """A strictly feasible point with multipliers of half-spaces and of balls."""

    c: np.ndarray
    slack: np.ndarray
    room: np.ndarray
    price: np.ndarray
    hold: np.ndarray

    @property
    def level(self):
        total = self.slack @ self.price + self.room @ self.hold
        return total / (len(self.slack) + len(self.room))


@dataclass(frozen=True)
class _Step:
    """A direction, and what it does to the half-spaces, balls and multipliers."""

    c: np.ndarray
    along: np.ndarray
    across: np.ndarray
    price: np.ndarray
    hold: np.ndarray


class BallProgram:
    """Maximise ``pull'c - mu / 2 ||c||^2`` over balls and the half-spaces ``A c <= 1``.

    Primal-dual steps with Mehrotra's corrector from the origin, which is strictly
    feasible, as are all iterates.

    Parameters
    ----------
    pull : ndarray of shape (size,)
        Of norm about one.
    mu : float
        Not negative.
    A : ndarray of shape (n_rows, size)
        Normals of the half-spaces, at least one.
    blocks : Blocks
        The balls ``||c_k|| <= radii_k``.
    """

    def __init__(self, pull, mu, A, blocks):
        self.pull, self.mu, self.A, self.blocks = pull, mu, A, blocks

    def solve(self, tolerance):
        """Return (c, price, hold), prices and holds of idle constraints zero.

        Raises
        ------
        RuntimeError
            If rounding ends the iteration far from the maximiser.
        """
        radii = self.blocks.radii
        slack, room = np.ones(len(self.A)), 0.5 * radii**2
        level = _FIRST_LEVEL * radii.max() / len(slack)
        at = _Point(np.zeros(len(self.pull)), slack, room, level / slack, level / room)
        error = np.inf
        for _ in range(_MAX_ITER):
            residual = self._residual(at)
            error = at.level + np.abs(residual).max()
            if error <= tolerance:
                break
            try:
                at = self._advance(at, residual)
            except LinAlgError:
                break
        if not error <= max(tolerance, _ACCEPTED):
            raise RuntimeError(
                f"the inner maximisation stopped at an error of {error:.1e}; scale "
                "the features or choose a smaller radius."
            )
        price = np.where(at.price > at.slack, at.price, 0.0)
        return at.c, price, np.where(at.hold > at.room, at.hold, 0.0)

    def _residual(self, at):
        bend = (self.mu + at.hold)[self.blocks.labels]
        return self.pull - bend * at.c - at.price @ self.A

    def _advance(self, at, residual):
        spheres = self.blocks.members * at.c
        matrix = (self.A.T * (at.price / at.slack)) @ self.A
        matrix += (spheres.T * (at.hold / at.room)) @ spheres
        bend = (self.mu + at.hold)[self.blocks.labels]
        matrix[np.diag_indices_from(matrix)] += bend
        factor = cho_factor(matrix, check_finite=False)

        def direction(aim, bent_slack, bent_room):
            """Solve Newton's equations for the complementarity `aim`."""
            price = (aim - bent_slack) / at.slack - at.price
            hold = (aim - bent_room) / at.room - at.hold
            right = residual - price @ self.A - hold @ spheres
            c = cho_solve(factor, right, check_finite=False)
            along, across = self.A @ c, spheres @ c
            price += at.price / at.slack * along
            hold += at.hold / at.room * across
            return _Step(c, along, across, price, hold)

        probe = direction(0.0, 0.0, 0.0)
        length = self._longest(at, probe)
        after = (at.slack - length * probe.along) @ (at.price + length * probe.price)
        after += (at.room - length * probe.across) @ (at.hold + length * probe.hold)
        share = max(after / (len(at.slack) + len(at.room)) / at.level, 0.0)
        turn = 0.5 * at.hold * self._square(probe)
        step = direction(
            at.level * share**3,
            -probe.along * probe.price,
            -probe.across * probe.hold - turn,
        )
        length = min(1.0, _BACK_OFF * self._longest(at, step))
        # updated, not recomputed: rounding must not make them zero or negative
        room = at.room - length * (step.across + 0.5 * length * self._square(step))
        return _Point(
            at.c + length * step.c,
            at.slack - length * step.along,
            np.maximum(room, _LEAST_ROOM * at.room),
            at.price + length * step.price,
            at.hold + length * step.hold,
        )

    def _square(self, step):
        return self.blocks.dot(step.c, step.c)

    def _longest(self, at, step):
        """Return the longest step that stays feasible, a little over 1 at most."""
        rate = max(
            np.max(step.along / at.slack),
            np.max(-step.price / at.price),
            np.max(-step.hold / at.hold),
            _BACK_OFF,
        )
        # the positive root of |move|^2 t^2 / 2 + (move'c) t = room
        half = 0.5 * self._square(step)
        across = step.across
        under = np.sqrt(across**2 + 4 * half * at.room)
        return min(1 / rate, np.min(2 * at.room / np.maximum(across + under, 1e-300)))
