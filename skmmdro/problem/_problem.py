"""The robust problem: data, loss and ambiguity set joined into one convex objective."""

from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ._certificate import relative_gap
from ._penalty import BlockPenalty
from ._reference import cone_program

_REFERENCE_ROWS = 5_000


@dataclass(frozen=True)
class Evaluation:
    """Everything known at one point.

    Attributes
    ----------
    theta : ndarray of shape (size,)
        The point.
    value : float
        Objective, smoothed if the problem is.
    gradient : ndarray of shape (size,)
        Its gradient; zero for coefficients that are held fixed.
    raw, slope : ndarray of shape (n_samples, n_outputs)
        Raw predictions, and derivatives of the losses in them.
    losses : ndarray of shape (n_samples,)
        Losses.
    worst : WorstCase
        Worst-case weights and value.
    pull : ndarray of shape (n_rows, n_outputs)
        Gradient of the risk alone, without penalties, in the layout of theta.
    """

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    raw: np.ndarray
    slope: np.ndarray
    losses: np.ndarray
    worst: object
    pull: np.ndarray


class RobustProblem:
    """Objective, derivatives and certificate of ::

        min_{W, b}  R(l(W, b)) + sum_k t_k ||W_k||_F + alpha / 2 ||W||_F^2 .

    R is the worst-case risk over the reweighting set, t_k the budget of modality k
    times the Lipschitz constant of the loss. theta stacks W (n_features rows) and the
    intercept (one row, if fitted), one column per output, and is handed around flat.

    Parameters
    ----------
    data : DenseData or SparseData
        Products with the data matrix.
    loss : SeparableLoss or the like
        Loss bound to the targets.
    ambiguity : BoundAmbiguity
        Set bound to the data.
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
    labels : ndarray of shape (n_features,)
        Modality index of each column.
    alpha : float
        Penalty on the squared coefficients, not on the intercept.
    fit_intercept : bool
        Whether to fit an intercept.
    """

    def __init__(self, data, loss, ambiguity, nominal, labels, *, alpha, fit_intercept):
        self.data, self.loss, self.nominal = data, loss, nominal
        self.reweighting = ambiguity.reweighting
        budgets = np.asarray(ambiguity.budgets, dtype=np.float64)
        if np.any(budgets):
            budgets = budgets * loss.lipschitz
        self.penalty = BlockPenalty(alpha, budgets, labels)
        self.fit_intercept = fit_intercept
        self.n_samples, self.n_features = data.shape
        self.n_rows = self.n_features + fit_intercept
        self.n_outputs = loss.n_outputs
        self.size = self.n_rows * self.n_outputs
        self.smoothing = 0.0
        self.fixed = np.zeros(self.n_features, dtype=bool)

    # -- variants: new problems on the same data -----------------------------------

    def smoothed(self, eps):
        """Return the problem with its kinks smoothed.

        Each kink changes by at most eps times the constant model's objective.
        """
        other = copy(self)
        other.smoothing = eps
        return other

    def restricted(self, blocks):
        """Return the problem with the coefficients outside `blocks` (mask) held."""
        other = copy(self)
        other.fixed = ~blocks[self.penalty.labels]
        return other

    def take(self, rows):
        """Return the problem on a subset of the samples."""
        other = copy(self)
        other.data, other.loss = self.data.take(rows), self.loss.take(rows)
        other.nominal = self.nominal[rows] / self.nominal[rows].sum()
        other.n_samples = len(other.nominal)
        return other

    # -- layout --------------------------------------------------------------------

    def split(self, theta):
        """Return coefficients (n_features, n_outputs) and intercept (n_outputs,)."""
        table = theta.reshape(self.n_rows, self.n_outputs)
        if self.fit_intercept:
            return table[:-1], table[-1]
        return table, np.zeros(self.n_outputs)

    def constant(self):
        """Return theta of a constant model, the best one for the mean loss or close."""
        theta = np.zeros((self.n_rows, self.n_outputs))
        if self.fit_intercept:
            theta[-1] = self.loss.constant(self.nominal)
        return theta.ravel()

    @cached_property
    def reference(self):
        """Objective and gradient norm of the constant model: the problem's scale.

        Taken from some of the samples where there are many.
        """
        step = max(self.n_samples // _REFERENCE_ROWS, 1)
        exact = copy(self) if step == 1 else self.take(slice(None, None, step))
        exact.smoothing = 0.0
        at = exact.evaluate(self.constant())
        return abs(at.value), np.linalg.norm(at.gradient)

    # -- objective -----------------------------------------------------------------

    def evaluate(self, theta):
        """Return the Evaluation at theta."""
        W, b = self.split(theta)
        raw = self.data.matmul(W)
        raw += b
        losses, slope = self.loss.value_slope(raw)
        error = self._smoothing_error()
        worst = self.reweighting.worst_case(losses, self.nominal, error)
        pull = self.pull_back(worst.weights[:, None] * slope)
        penalty, gradient = self.penalty.value_gradient(W, self.smoothing_widths())
        total = pull.copy()
        total[: self.n_features] += gradient
        total[: self.n_features][self.fixed] = 0.0
        value = worst.value + penalty
        return Evaluation(theta, value, total.ravel(), raw, slope, losses, worst, pull)

    def with_weights(self, at, weights):
        """Return the Evaluation with other worst-case weights, for `gap` only."""
        pull = self.pull_back(weights[:, None] * at.slope)
        return replace(at, worst=replace(at.worst, weights=weights), pull=pull)

    def _smoothing_error(self):
        return self.smoothing * self.reference[0] if self.smoothing else 0.0

    def smoothing_widths(self):
        """Return the width of each block's smoothed kink, (n_blocks,)."""
        return self.penalty.widths(self._smoothing_error())

    def pull_back(self, columns):
        """Return X' columns and, below, their sums: the layout of theta."""
        out = np.empty((self.n_rows, columns.shape[1]))
        out[: self.n_features] = self.data.rmatmul(columns)
        if self.fit_intercept:
            out[-1] = columns.sum(axis=0)
        return out

    # -- second order --------------------------------------------------------------

    def gram(self, weights):
        """Return [X, 1]' diag(weights) [X, 1], (n_rows, n_rows)."""
        d = self.n_features
        if not self.fit_intercept:
            return self.data.gram(weights)[0]
        gram = np.empty((self.n_rows, self.n_rows))
        gram[:d, :d], gram[d, :d] = self.data.gram(weights)
        gram[:d, d], gram[d, d] = gram[d, :d], weights.sum()
        return gram

    def hessian(self, at):
        """Return the Hessian at an Evaluation, (size, size)."""
        local, risk = self.loss.curvature(at.raw), at.worst.curvature()
        out = np.zeros((self.n_rows, self.n_outputs, self.n_rows, self.n_outputs))
        for a in range(self.n_outputs):
            for b in range(a + 1):
                inner = local.weights(a, b)
                weights = None if inner is None else at.worst.weights * inner
                if risk is not None:
                    outer = risk.diagonal * at.slope[:, a] * at.slope[:, b]
                    weights = outer if weights is None else weights + outer
                if weights is not None:
                    out[:, a, :, b] = out[:, b, :, a] = self.gram(weights)
        out = out.reshape(self.size, self.size)
        if risk is not None:
            # (n_samples, rank, n_outputs), pulled back in one pass over the data
            moved = risk.vectors.T[:, :, None] * at.slope[:, None, :]
            rank = len(risk.vectors)
            u = self.pull_back(moved.reshape(self.n_samples, -1))
            u = u.reshape(self.n_rows, rank, self.n_outputs).swapaxes(0, 1)
            u = u.reshape(rank, self.size)
            out -= u.T @ u
        return self._finish_hessian(out, at)

    def _finish_hessian(self, out, at):
        """Add the penalties and turn the rows of fixed coefficients into identity."""
        W, _ = self.split(at.theta)
        widths = self.smoothing_widths()
        head = self.n_features * self.n_outputs
        if self.penalty.has_budgets:
            product = self.penalty.hessian_product(W, widths)
            units = np.eye(head).reshape(head, self.n_features, self.n_outputs)
            out[:head, :head] += np.array([product(V).ravel() for V in units])
        else:
            out[np.arange(head), np.arange(head)] += self.penalty.alpha
        fixed = np.flatnonzero(np.repeat(self.fixed, self.n_outputs))
        return self._with_fixed_rows(out, fixed)

    def hessian_product(self, at):
        """Return the map v -> Hessian v at an Evaluation."""
        local, risk = self.loss.curvature(at.raw), at.worst.curvature()
        weights, slope = at.worst.weights[:, None], at.slope
        W, _ = self.split(at.theta)
        penalty = self.penalty.hessian_product(W, self.smoothing_widths())

        def product(vector):
            V, c = self.split(vector)
            change = self.data.matmul(V) + c
            dual = weights * local.apply(change)
            if risk is not None:
                moved = np.einsum("ij,ij->i", slope, change)
                turn = risk.diagonal * moved - (risk.vectors @ moved) @ risk.vectors
                dual += turn[:, None] * slope
            out = self.pull_back(dual)
            out[: self.n_features] += penalty(V)
            out[: self.n_features][self.fixed] = V[self.fixed]
            return out.ravel()

        return product

    def shared_hessian(self, at, max_rows):
        """Return one matrix that resembles every output's block of the Hessian.

        Made from at most about `max_rows` samples, (n_rows, n_rows).
        """
        step = max(self.n_samples // max_rows, 1)
        rows = slice(None, None, step)
        weights = self._shared_weights(at)
        part = self if step == 1 else self.take(rows)
        out = part.gram(weights[rows] * (weights.sum() / weights[rows].sum()))
        out[np.diag_indices(self.n_rows)] += self._shared_ridge(at)
        return self._with_fixed_rows(out, np.flatnonzero(self.fixed))

    def shared_diagonal(self, at):
        """Return the diagonal of such a matrix, from all samples, (n_rows,)."""
        weights = self._shared_weights(at)
        out = np.full(self.n_rows, weights.sum())
        out[: self.n_features] = self.data.column_squares(weights)
        return out + self._shared_ridge(at)

    def _shared_weights(self, at):
        local = self.loss.curvature(at.raw)
        outputs = range(self.n_outputs)
        mean = sum(local.weights(c, c) for c in outputs) / len(outputs)
        return at.worst.weights * mean

    def _shared_ridge(self, at):
        W, _ = self.split(at.theta)
        ridge = np.zeros(self.n_rows)
        ridge[: self.n_features] = self.penalty.diagonal(W, self.smoothing_widths())
        return ridge

    @staticmethod
    def _with_fixed_rows(matrix, fixed):
        matrix[fixed], matrix[:, fixed] = 0.0, 0.0
        matrix[fixed, fixed] = 1.0
        return matrix

    # -- certificate and reference --------------------------------------------------

    def exact_value(self, at):
        """Return the objective without smoothing at an Evaluation."""
        if not self.smoothing:
            return at.value
        W, _ = self.split(at.theta)
        worst = self.reweighting.worst_case(at.losses, self.nominal)
        return worst.value + self.penalty.value_gradient(W, self.penalty.widths(0))[0]

    def gap(self, at, tol=np.inf):
        """Return the relative duality gap, see `relative_gap`."""
        return relative_gap(self, at, tol)

    def to_cvxpy(self):
        """Return the problem for a general convex solver, see `cone_program`."""
        return cone_program(self)
