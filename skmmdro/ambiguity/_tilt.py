"""Linear maximisation over balls and many half-spaces in few dimensions.

The inner problem of sets whose weights are ``q = p (1 + Phi c)``: every sample is a
half-space ``1 + Phi_i c >= 0``, and few of them matter at a time.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import null_space

from ._active_set import dual_active_set
from ._cone import solve_cone_program

_FEASIBLE = 1e-12  # by which a half-space may be exceeded
_ADDED = 10  # half-spaces added at a time, besides as many as there are dimensions
_MAX_ROUNDS, _MAX_PROGRAMS = 200, 12
_ALIKE = 0.5  # cosine of gains above which their solutions are taken to be close
_WEAK, _LEAST_WEAK = 1e-3, 1e-6  # curvature, relative to the gain, of proximal terms
_WEAKER = 0.1  # change of it with each program that moves c by more than
_CLOSE = 1e-6  # this; then they are as at first, since the weakest ones cost digits
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
        self._last = {}  # (pull, tilt) by mu > 0

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
        tilt = self._solve(pull / scale, mu / scale)
        self._last[mu > 0] = pull / scale, tilt
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
        for guess in self._guesses(pull, mu, tilt):
            found = self._by_active_sets(pull, mu, guess)
            if found is not None:
                return found
        return self._by_interior_points(pull, mu, slack)

    def _guesses(self, pull, mu, tilt):
        """Return the last solution for a gain like this one, or that on the balls.

        Without a quadratic term also the last one with: it mostly was for this gain.
        """
        kinds = [True] if mu > 0 else [False, True]
        known = [self._last[kind] for kind in kinds if kind in self._last]
        alike = [guess for before, guess in known if before @ pull >= _ALIKE]
        return alike or [self._relaxed(pull, mu, tilt)]

    def _relaxed(self, pull, mu, tilt):
        """Return what follows if the balls' multipliers stay as they are."""
        bend = np.maximum(mu + tilt.hold, _WEAK)[self.labels]
        none = np.empty((0, len(pull))), np.empty(0)
        c, rows, price, _ = dual_active_set(pull, bend, self.functions, tilt.rows, none)
        hold = np.where(self.squares(c) < 1, 0.0, tilt.hold)
        return Tilt(c, rows, price, hold, mu)

    def _on_balls(self, pull, mu):
        """Return the maximiser over the balls alone."""
        hold = np.maximum(np.sqrt(self.squares(pull)) - mu, 0)
        bend = (mu + hold)[self.labels]
        c = np.divide(pull, bend, out=np.zeros_like(pull), where=bend > 0)
        return _free_tilt(c, hold, mu)

    def _by_active_sets(self, pull, mu, guess):
        """Correct a guess of the constraints at work; None if that does not end.

        The balls are linearised at the last c, whose quadratic programs are exact
        Newton steps. Where nothing bends the objective a proximal term does.
        """
        c, rows, hold, weak = guess.c, guess.rows, guess.hold, _WEAK
        for _ in range(_MAX_PROGRAMS):
            bend = mu + hold
            near = np.where(bend < weak, weak, 0.0)[self.labels]
            on_sphere = hold > 0
            spheres = (self.members * c)[on_sphere]
            result = dual_active_set(
                pull + near * c,
                bend[self.labels] + near,
                self.functions,
                rows,
                (spheres, 0.5 * (1 + self.squares(c)[on_sphere])),
            )
            if result is None:
                return None
            before, (c, rows, price, turn) = c, result
            hold = hold.copy()
            hold[on_sphere] -= turn
            left = hold < 0
            entered = (hold == 0) & (self.squares(c) > 1 + _FEASIBLE)
            hold[left], hold[entered] = 0.0, _ENTERING
            move = np.abs(c - before).max()
            weak = max(weak * _WEAKER, _LEAST_WEAK) if move > _CLOSE else _WEAK
            exact = move <= _ARRIVED or not (near.any() or on_sphere.any())
            if exact and not np.any(left | entered):
                return Tilt(c, rows, price, hold, mu)
        return None

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
        rows = self._most_violated(slack, size + _ADDED)
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
