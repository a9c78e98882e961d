"""Models for a row of radii, and the largest radius that is of use."""

import warnings
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_array

from .._sklearn import Interval, check_nominal_weights, validate_params
from ..ambiguity import resolve_ambiguity
from ..linear._base import DROLinearModel
from ._follow import Follower

_GROWTH, _LARGEST = 10.0, 1e4  # of the scale of the radius, in the search
_SMALLEST_OF_GRID = 1e-4  # of the largest radius
_COLLAPSED = "The ambiguity set .*so large"


@dataclass(frozen=True)
class RadiusPath:
    """Models along a row of radii; returned by :func:`radius_path`.

    Parameters
    ----------
    radii : list of n_radii floats or dicts
        As they were asked for.
    coefs : ndarray of shape (n_radii, n_features) or (n_radii, n_classes, n_features)
        Coefficients.
    intercepts : ndarray of shape (n_radii,) or (n_radii, n_classes)
        Intercepts.
    block_norms : ndarray of shape (n_radii, n_modalities)
        Norm of each modality's coefficients (Frobenius norm for several classes).
    objectives : ndarray of shape (n_radii,)
        Robust objective.
    nominal_losses : ndarray of shape (n_radii,)
        Mean loss on the data as they are, without shift and penalty.
    dual_gaps : ndarray of shape (n_radii,)
        Relative duality gaps, as `dual_gap_` of the estimators.
    n_iter : ndarray of shape (n_radii,)
        Iterations taken, 0 where the start was within the tolerance already.
    modality_names : tuple of str
        Names of the columns of `block_norms`.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.radius import radius_path
    >>> data = make_multimodal_classification(200, random_state=0)
    >>> model = DROClassifier(modalities=data.modalities)
    >>> radius_path(model, data.data, data.target, [0.0, 0.01]).modality_names
    ('m0', 'm1', 'm2')
    """

    radii: list
    coefs: np.ndarray
    intercepts: np.ndarray
    block_norms: np.ndarray
    objectives: np.ndarray
    nominal_losses: np.ndarray
    dual_gaps: np.ndarray
    n_iter: np.ndarray
    modality_names: tuple

    @property
    def scales(self):
        """Mean radius of the modalities at each point, ndarray of shape (n_radii,)."""
        size = len(self.modality_names)
        return np.array([_scale(radius, size) for radius in self.radii])


@validate_params(
    {"radii": ["array-like", Interval(Integral, 2, None, closed="left")]},
    prefer_skip_nested_validation=True,
)
def radius_path(estimator, X, y, radii=30, *, sample_weight=None):
    """Fit a model for each of many radii, at the cost of a few fits.

    Each model starts from the extrapolation of its neighbours, with their second-order
    information, and the coupling is estimated once. Every point is optimal to within
    the `tol` of the estimator, as a fit of its own would be.

    Parameters
    ----------
    estimator : DROClassifier, DRORegressor or Pipeline that ends in one
        Its ambiguity set has a `radius`; of several parts, the reweighting part. It is
        not changed. The other steps of a Pipeline are fitted once.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,)
        Targets.
    radii : array-like of float or dict, or int, default=30
        Radii as the set's `radius` takes them, in any order. An int: 0 and that many
        less one, evenly spaced on a logarithmic scale up to :func:`radius_max`.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Nominal weights.

    Returns
    -------
    path : RadiusPath
        Coefficients, norms, losses and gaps.

    Raises
    ------
    ValueError
        If the estimator has no ambiguity set with a radius, or a radius is not valid.

    See Also
    --------
    skmmdro.displays.RadiusPathDisplay : Picture of a path.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.radius import radius_path
    >>> data = make_multimodal_classification(500, random_state=0)
    >>> model = DROClassifier(modalities=data.modalities)
    >>> path = radius_path(model, data.data, data.target, [0.0, 0.01, 0.1])
    >>> path.block_norms.shape
    (3, 3)
    >>> bool((path.objectives[1:] > path.objectives[:-1]).all())
    True
    """
    model, X = _last_step(estimator, X, y)
    if isinstance(radii, Integral):
        largest = radius_max(model, X, y, sample_weight=sample_weight)
        radii = _grid(largest, radii)
    radii = list(radii)
    if not radii:
        raise ValueError("radii is empty; state at least one radius.")
    order = np.argsort([_scale(radius) for radius in radii], kind="stable")
    follower, ambiguity = _follower(model, X, y, radii[order[0]], sample_weight)
    points = [None] * len(radii)
    for i in order:
        points[i] = follower.solve(_set_radius(ambiguity, radii[i]), _scale(radii[i]))
        _check_gap(points[i], radii[i], model)
    return _collect(points, radii, follower)


@validate_params(
    {"rtol": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def radius_max(estimator, X, y, *, sample_weight=None, rtol=1e-2):
    """Return the smallest radius at which the best robust model is constant.

    Radii beyond it are of no use: all coefficients are zero. Grids go from 0 to it.

    Parameters
    ----------
    estimator : DROClassifier, DRORegressor or Pipeline that ends in one
        With an ambiguity set that has a `radius`; of several parts, the reweighting
        part. It is not changed. If the radius is a dict, the answer is a multiple of
        it.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,)
        Targets.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Nominal weights.
    rtol : float in (0, 1), default=1e-2
        Relative accuracy.

    Returns
    -------
    radius : float or dict
        Of the form of the estimator's own radius. Infinite if the model is not
        constant at any radius, as is usual in regression.

    Raises
    ------
    ValueError
        If the estimator has no ambiguity set with a radius, or the radius is a dict of
        zeros.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.radius import radius_max
    >>> data = make_multimodal_classification(500, random_state=0)
    >>> model = DROClassifier(modalities=data.modalities)
    >>> 0.2 < radius_max(model, data.data, data.target) < 0.6
    True
    """
    model, X = _last_step(estimator, X, y)
    unit = _radius_part(resolve_ambiguity(model.ambiguity)).radius
    unit = unit if isinstance(unit, dict) else 1.0
    if _scale(unit) == 0:
        raise ValueError(f"radius={unit!r} is zero for every modality; no multiple.")
    follower, ambiguity = _follower(model, X, y, _times(unit, 0.0), sample_weight)

    def share_at(factor):
        """Return the share of the radius that is used if the model is constant."""
        radius = _times(unit, factor)
        point = follower.solve(_set_radius(ambiguity, radius), _scale(radius))
        W, _ = point.problem.split(point.theta)
        if np.any(W):
            return None
        return point.problem.risk.share_used(point.weights, point.problem.nominal)

    low, high = 0.0, 1.0
    while (share := share_at(high)) is None:
        low, high = high, high * _GROWTH
        if high > _LARGEST:
            return _times(unit, np.inf)
    # The weights of a constant model are about the closest ones that hide all signal,
    # so their divergence is a guess at the answer; bisection makes sure of it.
    guess = share * high
    for factor in (guess * (1 + rtol / 2), guess * (1 - rtol / 2)):
        if low < factor < high:
            low, high = (low, factor) if share_at(factor) else (factor, high)
    while high - low > rtol * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if share_at(middle) else (middle, high)
    return _times(unit, high)


def _last_step(estimator, X, y):
    """Return a copy of the DRO model, and the data as they reach it."""
    if hasattr(estimator, "steps"):
        if len(estimator.steps) > 1:
            X = clone(estimator[:-1]).fit_transform(X, y)
        estimator = estimator[-1]
    is_linear = isinstance(estimator, DROLinearModel)
    if not is_linear or _radius_part(resolve_ambiguity(estimator.ambiguity)) is None:
        raise ValueError(
            "estimator must be a DROClassifier, a DRORegressor or a Pipeline that ends "
            "in one, with an ambiguity set that has a radius such as ChiSquare(); got "
            f"{estimator!r}."
        )
    return clone(estimator), X


def _radius_part(ambiguity):
    """Return the part of the set whose radius is meant, None if there is none."""
    parts = ambiguity.parts()
    for kind in ("reweighting", "transport"):
        if hasattr(parts.get(kind), "radius"):
            return parts[kind]
    return None


def _follower(model, X, y, radius, sample_weight):
    """Return a Follower and its set, after a fit that checks everything."""
    ambiguity = _set_radius(clone(resolve_ambiguity(model.ambiguity)), radius)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _COLLAPSED, UserWarning)
        model.set_params(ambiguity=ambiguity)
        model.fit(X, y, sample_weight=sample_weight)
    # the set is the follower's own from here on: its coupling is estimated once
    ambiguity = clone(ambiguity)
    if hasattr(model, "coupling_"):
        ambiguity.parts()["reweighting"].coupling = model.coupling_
    data = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32])
    y = np.asarray(y).ravel()
    weights = check_nominal_weights(sample_weight, data)
    return Follower(model, data, y, weights), ambiguity


def _set_radius(ambiguity, radius):
    _radius_part(ambiguity).radius = radius  # `bind` checks it
    return ambiguity


def _check_gap(point, radius, model):
    if point.gap > model.tol:
        warnings.warn(
            f"At radius {radius} the relative duality gap is {point.gap:.1e}, above "
            f"tol={model.tol}. Scale the features, raise alpha or max_iter, or loosen "
            "tol.",
            ConvergenceWarning,
            stacklevel=3,
        )


def _collect(points, radii, follower):
    tables = [point.problem.split(point.theta) for point in points]
    norms = [
        p.problem.penalty.norms(W) for p, (W, _) in zip(points, tables, strict=True)
    ]
    coefs = np.array([W.T for W, _ in tables])
    intercepts = np.array([b for _, b in tables])
    if coefs.shape[1] == 1:
        coefs, intercepts = coefs[:, 0], intercepts[:, 0]
    return RadiusPath(
        radii=radii,
        coefs=coefs,
        intercepts=intercepts,
        block_norms=np.array(norms),
        objectives=np.array([p.objective for p in points]),
        nominal_losses=np.array([p.nominal_loss for p in points]),
        dual_gaps=np.array([p.gap for p in points]),
        n_iter=np.array([p.n_iter for p in points]),
        modality_names=tuple(follower.model.modalities_),
    )


def _grid(largest, size):
    factors = np.r_[0.0, np.geomspace(_SMALLEST_OF_GRID, 1.0, size - 1)]
    if not np.isfinite(_scale(largest)):
        raise ValueError(
            "no radius makes the model constant, so there is no natural grid; state "
            "the radii."
        )
    return [_times(largest, factor) for factor in factors]


def _scale(radius, size=None):
    """Return the mean radius of `size` modalities, or of those that are named."""
    if not isinstance(radius, dict):
        return float(radius)
    return float(sum(radius.values()) / (size or len(radius)))


def _times(radius, factor):
    if isinstance(radius, dict):
        return {name: float(factor * value) for name, value in radius.items()}
    return float(factor * radius)
