"""Linear maximisation over balls and many half-spaces in few dimensions.

The inner problem of sets whose weights are ``q = p (1 + Phi c)``: every sample is a
half-space ``1 + Phi_i c >= 0``, and few of them matter at a time.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import null_space

from ._cone import solve_cone_program

_FEASIBLE = 1e-12  # by which a half-space may be exceeded
_ADDED = 10  # half-spaces added at a time, besides as many as there are dimensions
_MOST_AT_FIRST = 100
_MAX_ROUNDS, _MAX_ACTIVE_SETS = 200, 12
_NEAR = 0.2  # half-spaces this close to the last solution are looked at from the start
_ENTERING = 0.1  # first multiplier of a ball that is entered
_ARRIVED = 1e-12  # relative move of a Newton step


@dataclass(frozen=True)
class Tilt:
    """Maximiser c with its multipliers.

    Attributes
    ----------
    c : ndarray of shape (size,)
        The maximiser.
    rows : ndarray of int
        Half-spaces at work.
    price : ndarray of shape (n_rows,)
        Their multipliers, positive.
    hold : ndarray of shape (n_blocks,)
        Multipliers of ``||c_k||^2 <= 1``, halved; zero inside the ball.
    mu : float
        Weight of the quadratic term.
    """

    c: np.ndarray
    rows: np.ndarray
    price: np.ndarray
    hold: np.ndarray
    mu: float


class TiltSet:
    """All c with ``||c_k||_2 <= 1`` for every block and ``1 + Phi c >= 0``.

    Remembers the constraints that were at work last, with and without a quadratic
    term. They are where the next search begins and do not change its result.

    Parameters
    ----------
    functions : ndarray of shape (n_samples, size)
        Phi.
    sizes : list of int
        Dimension of each block, positive.
    """

    def __init__(self, functions, sizes):
        self.functions, self.n_blocks = functions, len(sizes)
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        self.labels = np.repeat(np.arange(len(sizes)), sizes)
        self.members = np.arange(len(sizes))[:, None] == self.labels
        self._last = {}  # by mu > 0

    def squares(self, c):
        """Return ``||c_k||_2^2`` of every block."""
        return np.add.reduceat(c * c, self.starts)

    def maximise(self, gain, mu=0.0, center=None):
        """Maximise ``gain'c - mu / 2 ||c - center||^2`` over the set.

        Parameters
        ----------
        gain : ndarray of shape (size,)
            Objective.
        mu : float, default=0
            Not negative.
        center : ndarray of shape (size,) or None, default=None
            In the set; None: the origin.

        Returns
        -------
        tilt : Tilt
        """
        pull = gain if center is None else gain + mu * center
        scale = np.linalg.norm(pull)
        if scale == 0:
            return _free_tilt(0.0 * gain, np.zeros(self.n_blocks), mu)
        tilt = self._last[mu > 0] = self._solve(pull / scale, mu / scale)
        return replace(tilt, price=scale * tilt.price, hold=scale * tilt.hold, mu=mu)

    def response(self, tilt):
        """Return a matrix G with ``G G'`` the derivative of c in the gain.

        c moves along the constraints at work, against the curvature mu + hold_k.
        """
        spheres = (self.members * tilt.c)[tilt.hold > 0]
        normals = np.concatenate([self.functions[tilt.rows], spheres])
        free = null_space(normals) if len(normals) else np.eye(len(tilt.c))
        bend = (tilt.mu + tilt.hold)[self.labels]
        values, axes = np.linalg.eigh((free.T * bend) @ free)
        known = values > _ARRIVED * bend.max(initial=0.0)
        return free @ (axes[:, known] / np.sqrt(values[known]))

    # -- from here on |pull| = 1 -------------------------------------------------------

    def _solve(self, pull, mu):
        tilt = self._on_balls(pull, mu)
        slack = 1 + self.functions @ tilt.c
        if slack.min() >= 0:
            return tilt
        last = self._last.get(mu > 0)
        if last is not None:
            by_guess = self._by_active_sets(pull, mu, last)
            if by_guess is not None:
                return by_guess
            near = 1 + self.functions @ last.c
            slack = np.where(near < _NEAR, near - _NEAR, slack)
        return self._by_interior_points(pull, mu, slack)

    def _on_balls(self, pull, mu):
        """Return the maximiser over the balls alone."""
        hold = np.maximum(np.sqrt(self.squares(pull)) - mu, 0)
        bend = (mu + hold)[self.labels]
        c = np.divide(pull, bend, out=np.zeros_like(pull), where=bend > 0)
        return _free_tilt(c, hold, mu)

    def _by_active_sets(self, pull, mu, guess):
        """Correct a guess of the constraints at work; None if that does not end.

        Newton's method on the optimality conditions of the guess. A constraint leaves
        if its multiplier is negative and enters if it is violated.
        """
        c, rows, hold = guess.c, guess.rows, guess.hold
        for _ in range(_MAX_ACTIVE_SETS):
            if len(rows) + np.count_nonzero(hold) > len(c):
                return None  # degenerate
            step = self._newton(pull, mu, c, rows, hold)
            if step is None:
                return None
            move, price, after = step
            c = c + move
            entered = (hold == 0) & (self.squares(c) > 1 + _FEASIBLE)
            left, wrong = after < 0, price <= 0
            after[left], after[entered] = 0.0, _ENTERING
            slack = 1 + self.functions @ c
            slack[rows] = 0.0
            found = self._most_violated(slack, _ADDED)
            same = not (np.any(wrong) or np.any(left | entered) or len(found))
            if same and np.abs(move).max() <= _ARRIVED:
                return Tilt(c, rows, price, after, mu)
            rows, hold = np.concatenate([rows[~wrong], found]), after
        return None

    def _newton(self, pull, mu, c, rows, hold):
        """Return (move of c, prices, holds) of a Newton step, None if singular."""
        size, n_rows, on_sphere = len(c), len(rows), hold > 0
        A = self.functions[rows]
        normals = np.concatenate([-A, (self.members * c)[on_sphere]])
        bend = (mu + hold)[self.labels]
        matrix = np.zeros((size + len(normals),) * 2)
        matrix[np.arange(size), np.arange(size)] = bend
        matrix[size:, :size], matrix[:size, size:] = normals, normals.T
        room = 0.5 * (1 - self.squares(c)[on_sphere])
        try:
            step = np.linalg.solve(
                matrix, np.concatenate([pull - bend * c, 1 + A @ c, room])
            )
        except np.linalg.LinAlgError:
            return None
        hold = hold.copy()
        hold[on_sphere] += step[size + n_rows :]
        return step[:size], step[size : size + n_rows], hold

    def _most_violated(self, slack, most):
        """Return some half-spaces that are violated, no two of them alike."""
        found = np.flatnonzero(~(slack >= -_FEASIBLE))
        if len(found):
            found = found[np.argsort(slack[found])]
            # copies of a row are violated equally
            different = np.diff(slack[found], prepend=-np.inf) > _FEASIBLE
            found = found[different][:most]
        return found

    def _by_interior_points(self, pull, mu, slack):
        """Solve with some of the half-spaces, adding those that are violated.

        The solution often shows which constraints are at work, and a more exact one
        follows by active sets.
        """
        size = len(pull)
        balls = self._unit_balls()
        rows = self._most_violated(slack, _MOST_AT_FIRST)
        for _ in range(_MAX_ROUNDS):
            sides = ("nonnegative", -self.functions[rows], np.ones(len(rows)))
            c, (price, *cones) = solve_cone_program(
                -pull, [sides, *balls], np.full(size, mu)
            )
            slack = 1 + self.functions @ c
            active = price > np.maximum(slack[rows], 0)
            hold = np.array([cone[0] for cone in cones])
            hold[hold <= 0.5 * (1 - self.squares(c))] = 0.0
            tilt = Tilt(c, rows[active], price[active], hold, mu)
            exact = self._by_active_sets(pull, mu, tilt)
            if exact is not None:
                return exact
            slack[rows] = np.maximum(slack[rows], 0.0)
            found = self._most_violated(slack, size + _ADDED)
            if not len(found):
                return tilt
            rows = np.concatenate([rows, found])
        raise RuntimeError(
            f"no worst case was found after {_MAX_ROUNDS} rounds; choose a smaller "
            "radius or fewer directions."
        )

    def _unit_balls(self):
        """Return ``||c_k|| <= 1`` for every block as second-order cones."""
        unit, balls = np.eye(len(self.labels)), []
        for k in range(self.n_blocks):
            block = unit[self.labels == k]
            matrix = np.vstack([np.zeros(len(unit)), -block])
            right = np.concatenate([[1.0], np.zeros(len(block))])
            balls.append(("second-order", matrix, right))
        return balls


def _free_tilt(c, hold, mu):
    return Tilt(c, np.empty(0, dtype=np.intp), np.empty(0), hold, mu)
