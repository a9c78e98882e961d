"""The robust problem: data, loss and ambiguity set joined into one convex objective."""

from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np

from . import _hessian
from ._certificate import relative_gap
from ._evaluation import Evaluation
from ._reference import cone_program, least_budget_share

_REFERENCE_ROWS = 1_000
_FLOOR = 1e-10  # objectives below this fraction of the constant model's count as zero
_TINY = np.finfo(np.float64).tiny
_ROOT_FLOOR = 1e-9  # relative to the spread of the targets


class RobustProblem:
    """Objective, derivatives and certificate of ::

        min_{W, b}  R(l(W, b)) + h(W) + alpha / 2 ||W||_F^2,

    h(W) = sum_k t_k ||W_k||_F. R is the worst-case risk, over reweightings of the
    terms; a term is a sample, or a sample in one of several stacked copies of the
    data. With `is_root` the first two summands are replaced by
    ``(sqrt(2 R) + h)^2 / 2``. theta stacks W (n_features rows) and the intercept (one
    row, if fitted), one column per output, and is handed
    around flat.

    Parameters
    ----------
    data : DenseData, SparseData or MaskedData
        Products with the data matrix.
    loss : SeparableLoss or the like
        Loss bound to the targets of the terms.
    risk : Reweighting
        The inner maximisation.
    nominal : ndarray of shape (n_terms,)
        Positive weights that sum to one.
    penalty : BlockPenalty
        Norms and the squared norm.
    fit_intercept : bool
        Whether to fit an intercept.
    n_copies : int, default=1
        Number of stacked copies of the data.
    is_root : bool, default=False
        Whether risk and norms are joined by a root.

    Attributes
    ----------
    cones_only : bool
        Whether only the reference solver can minimise it.
    uses_centers : bool
        Whether it is smoothed around centers, see `smoothed`: kinks of risk, loss or
        further norm, not just those of blocks at zero.
    """

    cones_only = False

    def __init__(
        self,
        data,
        loss,
        risk,
        nominal,
        penalty,
        *,
        fit_intercept,
        n_copies=1,
        is_root=False,
    ):
        self.data, self.loss, self.risk = data, loss, risk
        self.nominal, self.penalty = nominal, penalty
        self.fit_intercept, self.is_root = fit_intercept, is_root
        self.n_copies = n_copies
        self.n_terms, self.n_features = data.shape
        self.n_samples = self.n_terms // n_copies
        self.n_rows = self.n_features + fit_intercept
        self.n_outputs = loss.n_outputs
        self.size = self.n_rows * self.n_outputs
        self.root_floor = _ROOT_FLOOR * self._spread_of_targets() if is_root else 0.0
        self.exact_loss = loss
        self.smoothing, self.centers = 0.0, (None, None)
        self.uses_centers, self.smooths_norms = False, True
        self.fixed = np.zeros(self.n_features, dtype=bool)
        self.grams = _hessian.GramCache()

    def _spread_of_targets(self):
        targets = self.loss.offset[:, 0]
        spread = np.sqrt(self.nominal @ (targets - self.nominal @ targets) ** 2)
        spread = max(spread, np.finfo(np.float64).eps * np.abs(targets).max())
        return spread or 1.0  # where all targets are zero any scale will do

    # -- variants: new problems on the same data -----------------------------------

    @property
    def is_smooth(self):
        """Whether the risk is differentiable but for rare kinks."""
        return self.loss.is_smooth and self.risk.is_smooth

    @property
    def needs_centers(self):
        """Whether kinks other than those of blocks at zero have to be smoothed."""
        return not self.is_smooth or self.penalty.norm is not None

    def smoothed(self, eps, previous=None, *, norms=True):
        """Return the problem with its kinks smoothed.

        Parameters
        ----------
        eps : float
            Each kink changes by about eps times the constant model's objective.
        previous : Evaluation or None, default=None
            Where the smoothing vanishes (method of multipliers): with the worst-case
            weights and slopes at the solution, the smoothed problem has the same one.
        norms : bool, default=True
            Whether to smooth the kinks of the norms as well.
        """
        error = eps * self.reference[0]
        other = copy(self)
        other.smoothing = eps
        other.uses_centers = self.needs_centers
        slope, center, norm_slope = None, None, None
        if previous is not None:
            slope, center = previous.slope, previous.worst.center
            norm_slope = previous.norm_slope
        other.penalty = self.penalty.smoothed(self._of_norms(error), norm_slope)
        if not self.exact_loss.is_smooth:
            other.loss = self.exact_loss.smoothed(error, slope)
        other.centers = (slope, center)
        other.smooths_norms = norms
        return other

    def restricted(self, blocks):
        """Return the problem with the coefficients outside `blocks` (mask) held."""
        other = copy(self)
        other.fixed = ~blocks[self.penalty.labels]
        return other

    def take(self, rows):
        """Return the exact problem on a subset of the samples."""
        rows = np.arange(self.n_samples)[rows]
        terms = (rows + self.n_samples * np.arange(self.n_copies)[:, None]).ravel()
        other = copy(self)
        other.data = self.data.take(rows)
        other.loss = other.exact_loss = self.exact_loss.take(terms)
        other.risk = self.risk.take(terms)
        other.nominal = self.nominal[terms] / self.nominal[terms].sum()
        other.n_terms, other.n_samples = len(terms), len(rows)
        other.smoothing, other.centers = 0.0, (None, None)
        other.uses_centers = False
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
        exact = self.take(slice(None, None, -(-self.n_samples // _REFERENCE_ROWS)))
        at = exact.evaluate(self.constant())
        # where a constant model is perfect any scale will do
        return abs(at.value) or 1.0, np.linalg.norm(at.gradient)

    def scale(self, value):
        """Return what errors are relative to where the objective is `value`."""
        return max(abs(value), _FLOOR * self.reference[0], _TINY)

    # -- objective -----------------------------------------------------------------

    def evaluate(self, theta, worst=None):
        """Return the Evaluation at theta.

        Parameters
        ----------
        theta : ndarray of shape (size,)
            The point.
        worst : WorstCase or None, default=None
            What is known to be the worst case there, or near enough; None: it is
            computed.
        """
        W, b = self.split(theta)
        raw = self.data.matmul(W)
        raw += b
        losses, slope = self.loss.value_slope(raw)
        if worst is None:
            error = self._smoothing_error()
            worst = self.risk.worst_case(losses, self.nominal, error, self.centers[1])
        pull = self.pull_back(worst.weights[:, None] * slope)
        widths = self.smoothing_widths()
        charge, gradient, norm_slope = self.penalty.charge(W, widths)
        value, risk_rate, charge_rate = self._join(worst.value, charge)
        total = risk_rate * pull
        total[: self.n_features] += charge_rate * gradient + self.penalty.alpha * W
        total[: self.n_features][self.fixed] = 0.0
        value += 0.5 * self.penalty.alpha * np.vdot(W, W)
        return Evaluation(
            theta=theta,
            value=value,
            gradient=total.ravel(),
            raw=raw,
            slope=slope,
            losses=losses,
            worst=worst,
            pull=pull,
            risk_rate=risk_rate,
            charge_rate=charge_rate,
            norm_slope=norm_slope,
        )

    def _join(self, risk, charge):
        """Return risk and norms joined, and the derivatives in either."""
        if not self.is_root:
            return risk + charge, 1.0, 1.0
        # without the floor, a kink where all residuals vanish
        root = np.sqrt(2 * max(risk, 0.0) + self.root_floor**2)
        total = root + charge
        return 0.5 * total**2, total / root, total

    def with_weights(self, at, weights):
        """Return the Evaluation with other worst-case weights, for `gap` only."""
        pull = self.pull_back(weights[:, None] * at.slope)
        return replace(at, worst=replace(at.worst, weights=weights), pull=pull)

    def with_worst(self, at, worst):
        """Return the Evaluation with another WorstCase, for `gap` only."""
        return replace(self.with_weights(at, worst.weights), worst=worst)

    def _smoothing_error(self):
        return self.smoothing * self.reference[0] if self.smoothing else 0.0

    def smoothing_widths(self):
        """Return the width of each block's smoothed kink, (n_blocks,)."""
        error = self._smoothing_error() if self.smooths_norms else 0.0
        return self.penalty.widths(self._of_norms(error))

    def _of_norms(self, error):
        """Return the error of the norms that changes the objective by `error`."""
        if error == 0 or not self.is_root:
            return error
        return error / np.sqrt(2 * self.reference[0])

    def pull_back(self, columns):
        """Return X' columns and, below, their sums: the layout of theta."""
        out = np.empty((self.n_rows, columns.shape[1]))
        out[: self.n_features] = self.data.rmatmul(columns)
        if self.fit_intercept:
            out[-1] = columns.sum(axis=0)
        return out

    # -- second order --------------------------------------------------------------

    def hessian(self, at, dtype=np.float64):
        """Return the Hessian at an Evaluation, (size, size).

        `dtype` is the precision of the products of a dense matrix with itself.
        """
        return _hessian.hessian(self, at, dtype)

    def pulled(self, at, vectors):
        """Return vectors J, (rank, size), J the derivatives of the losses."""
        return _hessian.pulled(self, at, vectors)

    def hessian_product(self, at):
        """Return the map v -> Hessian v at an Evaluation."""
        return _hessian.hessian_product(self, at)

    def shared_hessian(self, at, max_rows):
        """Return one matrix that resembles every output's block of the Hessian.

        Made from at most about `max_rows` samples, (n_rows, n_rows).
        """
        return _hessian.shared_hessian(self, at, max_rows)

    def shared_diagonal(self, at):
        """Return the diagonal of such a matrix, from all samples, (n_rows,)."""
        return _hessian.shared_diagonal(self, at)

    # -- certificate and reference --------------------------------------------------

    def by_sample(self, weights):
        """Return weights of the terms added up by sample."""
        return weights.reshape(self.n_copies, self.n_samples).sum(axis=0)

    def describe(self, theta, weights):
        """Return what the risk tells of a solution, by attribute name."""
        W, b = self.split(theta)

        def losses():
            return self.exact_loss.value_slope(self.data.matmul(W) + b)[0]

        return self.risk.describe(losses, self.nominal, weights)

    def risk_value(self, at):
        """Return the worst-case risk with the cost of transport, without alpha."""
        W, _ = self.split(at.theta)
        return at.value - 0.5 * self.penalty.alpha * np.vdot(W, W)

    def budget_share_used(self, theta, weights):
        """Return the fraction of the norm budgets that keeps a constant model best."""
        if not self.penalty.has_kinks:
            return 1.0
        at = self.with_weights(self.evaluate(theta), weights)
        share = self.penalty.share_used(at.pull[: self.n_features])
        if not self.exact_loss.is_smooth or share is None:
            return least_budget_share(self, at)
        return min(share * at.risk_rate / at.charge_rate, 1.0)

    def least_value(self, theta, weights):
        """Return what the objective without smoothing is at least, by some weights.

        Parameters
        ----------
        theta : ndarray of shape (size,)
            A constant model.
        weights : ndarray of shape (n_terms,)
            Weights from the ambiguity set.
        """
        W, b = self.split(theta)
        losses = self.exact_loss.value_slope(self.data.matmul(W) + b)[0]
        return self._join(weights @ losses, 0.0)[0]

    def exact_risk(self, at):
        """Return the worst-case risk without smoothing at an Evaluation."""
        if not self.smoothing:
            return at.worst.value
        if "exact_risk" not in at.known:
            losses = at.losses
            if not self.exact_loss.is_smooth:
                losses = self.exact_loss.value_slope(at.raw)[0]
            at.known["exact_risk"] = self.risk.worst_case(losses, self.nominal).value
        return at.known["exact_risk"]

    def exact_value(self, at):
        """Return the objective without smoothing at an Evaluation."""
        if not self.smoothing:
            return at.value
        W, _ = self.split(at.theta)
        value = self._join(self.exact_risk(at), self.penalty.exact_charge(W))[0]
        return value + 0.5 * self.penalty.alpha * np.vdot(W, W)

    def gap(self, at, tol=np.inf):
        """Return the relative duality gap, see `relative_gap`."""
        return relative_gap(self, at, tol)

    @property
    def cone_unit(self):
        """What `to_cvxpy` divides the objective by.

        Large losses are counted in units of a constant model's, since the tolerances
        of convex solvers are absolute as well as relative.
        """
        return max(self.reference[0], 1.0)

    def to_cvxpy(self):
        """Return the problem for a general convex solver, see `cone_program`."""
        return cone_program(self)
