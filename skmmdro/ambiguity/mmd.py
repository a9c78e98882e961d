"""Maximum mean discrepancy: each modality stays close as a kernel sees it."""

from numbers import Integral, Real

import numpy as np

from .._sklearn import Interval, StrOptions
from .._validation import check_names, per_modality
from ._base import (
    BoundReweighting,
    Nominal,
    Reweighting,
    ReweightingSet,
    WorstCase,
)
from ._cone import solve_cone_program
from ._discrepancy import FixedLosses, InteriorPoint
from ._features import KERNELS, kernel_features

_INEXACT = 1e-9  # relative error above which the general solver has to help
_FLAT = 1e-14  # relative spread of losses below which they count as equal


class MMD(ReweightingSet):
    """The kernel mean of each modality moves by a bounded distance.

    K_k is the kernel matrix of modality k and L_k a factor, ``K_k = L_k L_k'``. The
    maximum mean discrepancy of weights q from the nominal weights p, as kernel k sees
    them, is ``|| L_k' (q - p) ||_2``. The estimators minimise the worst case over all
    q that are close in every modality, ::

        R(l) = max { q'l : q >= 0, sum q = 1, || L_k' (q - p) ||_2 <= eps_k for all k }
             = min_f  max_i (l_i - f_i) + p'f + sum_k eps_k ||f_k||_k,   f = sum_k f_k,

    f_k a function of modality k alone and ||.||_k its norm in the space of kernel k.
    If the losses themselves were such a function of a single modality, the value would
    be at most their mean plus eps times their norm.

    What no kernel sees is free: among samples that are alike in every modality the
    adversary may pick the one with the largest loss, and with "linear" kernels all
    weights that keep the means are in the set, however small the radius. Only if every
    radius is 0 are the nominal weights kept. Rounding moves a mean as well: a radius
    below 1e-13 times the largest ``sqrt(k(x, x))``, where it is not zero for all
    modalities, means that much.

    Parameters
    ----------
    radius : float in [0, inf) or dict, default=0.05
        Discrepancy eps_k of each modality, a number for all or a dict by modality
        name, with 0 for those that are left out: their distribution does not move. For
        "rbf" it has no unit and sqrt(2) is the largest useful value; for "linear" it is
        the distance that the mean of the block may move, in its units.
    kernel : {"rbf", "linear"} or dict, default="rbf"
        Kernel of every modality, or one by modality name. "rbf":
        ``exp(-gamma ||x - x'||^2)``. "linear": ``x'x'``.
    gamma : float in (0, inf) or None, default=None
        Width of the "rbf" kernels. None: one over the total variance of the modality's
        columns.
    n_components : int, default=100
        Largest rank of each L_k. Kernel "rbf" is exact if there are no more distinct
        rows, else the Nystroem approximation with that many of them as landmarks;
        which ones depends on the content of the rows, not on their order or weights.
        Kernel "linear" is exact if the modality has no more columns, else it is
        reduced to leading principal directions.

    See Also
    --------
    ModalityShift : Weights that are themselves functions of the modalities.

    Notes
    -----
    An evaluation costs on the order of n_samples times the squared sum of the ranks.

    References
    ----------
    .. [1] M. Staib and S. Jegelka, "Distributionally robust optimization and
       generalization in kernel methods", NeurIPS 32, 2019, Section 3.
    .. [2] J.-J. Zhu, W. Jitkrittum, M. Diehl and B. Schoelkopf, "Kernel
       distributionally robust optimization", AISTATS 2021, Theorem 3.1.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import MMD
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     100, modality_names=("text", "image"), widths=(3, 3), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> kernel = {"text": "linear", "image": "rbf"}
    >>> ambiguity = MMD({"text": 0.1, "image": 0.02}, kernel=kernel)
    >>> model = DROClassifier(ambiguity).fit(X, y)
    >>> move = (model.worst_case_weights_ - 1 / 100) @ X
    >>> bool(sum(move[:3] ** 2) ** 0.5 <= 0.1 + 1e-6)
    True
    """

    alias = "mmd"
    _parameter_constraints = {
        "radius": [Interval(Real, 0, None, closed="left"), dict],
        "kernel": [StrOptions(KERNELS), dict],
        "gamma": [Interval(Real, 0, None, closed="neither"), None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, radius=0.05, *, kernel="rbf", gamma=None, n_components=100):
        self.radius = radius
        self.kernel = kernel
        self.gamma = gamma
        self.n_components = n_components

    def milder(self):
        if self.kernel == "rbf":
            return super().milder()
        # linear kernels see no more of a block than its mean
        return f"{super().milder()} or kernel='rbf'"

    def bind(self, X, nominal, modalities):
        radii = per_modality(self.radius, modalities, parameter="radius")
        kernels = self._kernels(modalities)
        reweighting = Nominal()
        if np.any(radii > 0):
            factors = [
                kernel_features(
                    X[:, columns], nominal, kernel, self.gamma, self.n_components
                )
                for columns, kernel in zip(modalities.columns, kernels, strict=True)
            ]
            seen = [k for k, factor in enumerate(factors) if factor.size]
            sizes = [factors[k].shape[1] for k in seen]
            joined = np.hstack([np.empty((len(nominal), 0)), *factors])
            reweighting = KernelBalls(joined, radii[seen], sizes, nominal)
        return BoundReweighting(reweighting, np.zeros(len(radii)))

    def _kernels(self, modalities):
        if isinstance(self.kernel, str):
            return [self.kernel] * len(modalities)
        check_names(self.kernel, modalities, parameter="kernel")
        kernels = [self.kernel[name] for name in modalities.names]
        if not set(kernels) <= KERNELS:
            raise ValueError(
                f"kernel={self.kernel!r} names an unknown kernel; use one of "
                f"{sorted(KERNELS)} for each modality."
            )
        return kernels


class KernelBalls(Reweighting):
    """Weights q with ``|| L_k' (q - p) ||_2 <= radii_k`` for every block of L.

    Parameters
    ----------
    factor : ndarray of shape (n_samples, size)
        L, of weighted mean zero.
    radii : ndarray of shape (n_blocks,)
        Not negative.
    sizes : list of int
        Columns of each block of L.
    nominal : ndarray of shape (n_samples,)
        Weights p that sum to one.
    """

    is_smooth = False

    def __init__(self, factor, radii, sizes, nominal):
        self.factor, self.radii, self.sizes = factor, radii, sizes
        self.nominal, self.has_minimise = nominal, bool(sizes)

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses - mu / 2 sum (q - center)^2 / nominal`` over the set.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            How far the value may be below the exact one for ``center=None``,
            ``mu / 2 * (1 / min(nominal) - 1)``.
        center : ndarray of shape (n_samples,) or None, default=None
            Weights at which the subtracted term vanishes.

        Returns
        -------
        worst : WorstCase
        """
        center = nominal if center is None else center
        largest = 1 / nominal.min() - 1  # of chi2(q || nominal)
        spread = np.ptp(losses)
        flat = spread <= _FLAT * np.abs(losses).max()
        if largest <= 0 or (flat and (smoothing == 0 or center is nominal)):
            return WorstCase(float(nominal @ losses), nominal, lambda: None, nominal)
        mu = 2 * smoothing / largest
        method = self._interior_point(nominal, 1.0 if flat else spread, mu, center)
        found = method.minimise(FixedLosses(losses - losses.min()))
        weights = found.weights
        if mu == 0 and found.error > _INEXACT * spread:
            weights = self._by_cones((losses - losses.min()) / spread)
        charge = 0.5 * mu * np.sum((weights - center) ** 2 / nominal)

        def curvature():
            return found.curvature() if mu > 0 else None

        return WorstCase(float(weights @ losses - charge), weights, curvature, weights)

    def _by_cones(self, losses):
        """Return the worst weights by a general solver, for ties that stop the other.

        They are the multipliers of ``eta + L u >= losses`` in the dual problem, to
        minimise ``eta + sum_k radii_k t_k`` with ``||u_k|| <= t_k``.
        """
        n_samples, size = self.factor.shape
        ends, n_blocks = np.cumsum(self.sizes), len(self.sizes)
        table = np.column_stack([np.ones(n_samples), self.factor])
        table = np.hstack([table, np.zeros((n_samples, n_blocks))])
        unit = np.eye(table.shape[1])
        balls = []
        for k, (end, width) in enumerate(zip(ends, self.sizes, strict=True)):
            inside = [1 + size + k, *range(1 + end - width, 1 + end)]
            balls.append(("second-order", -unit[inside], np.zeros(1 + width)))
        sides = ("nonnegative", -table, -losses)
        cost = np.concatenate([[1.0], np.zeros(size), self.radii])
        _, (price, *_) = solve_cone_program(cost, [sides, *balls])
        weights = np.maximum(price, 0.0)
        return weights / weights.sum()

    def minimise(self, model, nominal, scale, max_iter):
        """Fit a model and find its worst case at the same time.

        The worst case alone is as much work. Solvers ask for it if `has_minimise`.

        Parameters
        ----------
        model : object
            What the losses depend on, with the methods of `FixedLosses`.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        scale : float
            Size of the losses, positive.
        max_iter : int
            Steps at most.

        Returns
        -------
        fit : tuple
            (theta, WorstCase, n_iter, is_stopped). The value of the worst case is an
            upper bound by dual functions.
        """
        found = self._interior_point(nominal, scale).minimise(model, max_iter)
        weights = found.weights
        worst = WorstCase(found.bound(), weights, lambda: None, weights)
        return found.point.theta, worst, found.n_iter, found.is_stopped

    def _interior_point(self, nominal, scale, mu=0.0, center=None):
        center = None if center is None else center / nominal
        balls = self.factor, self.radii, self.sizes
        return InteriorPoint(*balls, nominal, scale, mu, center)

    def share_used(self, weights, nominal):
        moved = (weights - nominal) @ self.factor
        ends = np.cumsum(self.sizes)[:-1]
        norms = np.array([np.linalg.norm(m) for m in np.split(moved, ends)])
        moving = self.radii > 0
        return float(np.max(norms[moving] / self.radii[moving], initial=0.0))

    def take(self, rows):
        nominal = self.nominal[rows] / self.nominal[rows].sum()
        factor = self.factor[rows]
        return KernelBalls(factor - nominal @ factor, self.radii, self.sizes, nominal)

    def cvxpy_risk(self, losses, nominal):
        """Return the dual form as (convex expression, constraints)."""
        import cvxpy as cp

        risk, seen, first = 0.0, 0.0, 0
        for radius, size in zip(self.radii, self.sizes, strict=True):
            block = self.factor[:, first : first + size]
            function = cp.Variable(size)
            risk, seen = risk + radius * cp.norm(function, 2), seen + block @ function
            first += size
        return cp.max(losses - seen) + risk, []
