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
_FEW = 60  # dimensions up to which that is tried before all half-spaces are there
_MAX_ROUNDS, _MAX_PROGRAMS = 200, 12
_ALIKE = 0.5  # cosine of gains above which their solutions are taken to be close
_WEAK, _LEAST_WEAK = 1e-3, 1e-9  # curvature, relative to the gain, of proximal terms
_WEAKER = 0.1  # change of it with each program that moves c by more than
_CLOSE = 1e-6  # this; then they are as at first, since weak ones cost digits
_LEAST_GAIN = 1e-6  # of a quadratic model, relative to its matrix
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
    mu: float = 0.0


class TiltSet:
    """All c with ``||c_k||_2 <= 1`` for every block and ``1 + Phi c >= 0``.

    Remembers the constraints that were at work last, for each kind of objective. They
    are where the next search begins and do not change its result.

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
        self._last = {}  # (gradient at the solution, tilt) by kind

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
            return replace(_free_tilt(pull, np.zeros(self.n_blocks)), mu=mu)
        pull, matrix = pull / scale, mu / scale * np.eye(len(pull))
        tilt = self._on_balls(pull, mu / scale)
        if np.min(1 + self.functions @ tilt.c) < 0:
            tilt = self._solve(pull, matrix, "proximal" if mu > 0 else "linear")
        return replace(tilt, price=scale * tilt.price, hold=scale * tilt.hold, mu=mu)

    def maximise_quadratic(self, gain, matrix):
        """Maximise ``gain'c - c'matrix c / 2`` over the set.

        Parameters
        ----------
        gain : ndarray of shape (size,)
            Linear part.
        matrix : ndarray of shape (size, size)
            Positive semi-definite.

        Returns
        -------
        c : ndarray of shape (size,)
        """
        # where the matrix is much larger, rounding would swallow the proximal terms
        scale = max(np.linalg.norm(gain), _LEAST_GAIN * np.linalg.norm(matrix))
        if scale == 0:
            return np.zeros_like(gain)
        return self._solve(gain / scale, matrix / scale, "quadratic").c

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

    def _solve(self, pull, matrix, kind):
        tilt = None
        for guess in self._guesses(pull, matrix, kind):
            tilt = self._by_active_sets(pull, matrix, guess)
            if tilt is not None:
                break
        if tilt is None:
            tilt = self._by_interior_points(pull, matrix)
        self._last[kind] = pull - matrix @ tilt.c, tilt
        return tilt

    def _guesses(self, pull, matrix, kind):
        """Return last solutions where the gain was like here, the most alike first.

        A quadratic model may just have foretold what is to be found without one.
        """
        kinds = ("linear", "proximal", "quadratic") if kind == "linear" else (kind,)
        alike = []
        for gradient, guess in [self._last[k] for k in kinds if k in self._last]:
            here = pull - matrix @ guess.c
            size = np.linalg.norm(here) * np.linalg.norm(gradient)
            if here @ gradient >= _ALIKE * size > 0:
                alike.append((here @ gradient / size, guess))
        alike.sort(key=lambda pair: -pair[0])
        return [guess for _, guess in alike] or [self._relaxed(pull, matrix)]

    def _relaxed(self, pull, matrix):
        """Return what follows if the balls have the multipliers they have alone."""
        hold = np.sqrt(self.squares(pull))
        bend = matrix + np.diag(np.maximum(hold, _WEAK)[self.labels])
        none, no_rows = (np.empty((0, len(pull))), np.empty(0)), np.empty(0, np.intp)
        found = dual_active_set(
            pull, np.linalg.inv(bend), self.functions, no_rows, none
        )
        if found is None:
            return _free_tilt(0.0 * pull, hold)
        c, rows, price, _ = found
        return Tilt(c, rows, price, np.where(self.squares(c) < 1, 0.0, hold))

    def _on_balls(self, pull, mu):
        """Return the maximiser over the balls alone."""
        hold = np.maximum(np.sqrt(self.squares(pull)) - mu, 0)
        bend = (mu + hold)[self.labels]
        c = np.divide(pull, bend, out=np.zeros_like(pull), where=bend > 0)
        return _free_tilt(c, hold)

    def _by_active_sets(self, pull, matrix, guess):
        """Correct a guess of the constraints at work; None if that does not end.

        The balls are linearised at the last c, whose quadratic programs are exact
        Newton steps. Where nothing bends the objective a proximal term does.
        """
        c, rows, hold, weak = guess.c, guess.rows, guess.hold, _WEAK
        least = np.linalg.eigvalsh(matrix)[0]
        for _ in range(_MAX_PROGRAMS):
            near = np.where(least + hold < weak, weak, 0.0)[self.labels]
            bend = matrix + np.diag(hold[self.labels] + near)
            on_sphere = hold > 0
            spheres = (self.members * c)[on_sphere]
            result = dual_active_set(
                pull + near * c,
                np.linalg.inv(bend),
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
            move, is_bent = np.abs(c - before).max(), near.any() or on_sphere.any()
            # along a face of solutions steps have no end; a linear objective has at
            # most the proximal term times the move times the diameter to gain
            is_linear = not (on_sphere.any() or matrix.any())
            enough = _CLOSE if is_linear else _ARRIVED
            exact = not is_bent or (weak == _WEAK and move <= enough)
            weak = max(weak * _WEAKER, _LEAST_WEAK) if move > _CLOSE else _WEAK
            if exact and not np.any(left | entered):
                return Tilt(c, rows, price, hold)
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

    def _by_interior_points(self, pull, matrix):
        """Solve with some of the half-spaces, adding those that are violated.

        The solution often shows which constraints are at work, and a more exact one
        follows by active sets.
        """
        size = len(pull)
        balls = self._unit_balls()
        slack = 1 + self.functions @ self._on_balls(pull, 0.0).c
        rows = self._most_violated(slack, size + _ADDED)
        rows = rows if len(rows) else np.array([np.argmin(slack)])
        for _ in range(_MAX_ROUNDS):
            sides = ("nonnegative", -self.functions[rows], np.ones(len(rows)))
            c, (price, *cones) = solve_cone_program(-pull, [sides, *balls], matrix)
            slack = 1 + self.functions @ c
            active = price > np.maximum(slack[rows], 0)
            hold = np.array([cone[0] for cone in cones])
            hold[hold <= 0.5 * (1 - self.squares(c))] = 0.0
            tilt = Tilt(c, rows[active], price[active], hold)
            slack[rows] = np.maximum(slack[rows], 0.0)
            found = self._most_violated(slack, size + _ADDED)
            if size <= _FEW or not len(found):
                exact = self._by_active_sets(pull, matrix, tilt)
                if exact is not None or not len(found):
                    return exact or tilt
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


def _free_tilt(c, hold):
    return Tilt(c, np.empty(0, dtype=np.intp), np.empty(0), hold)
