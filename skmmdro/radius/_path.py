"""Models for a row of radii, and the largest radius that is of use."""

import warnings
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from .._estimator import DROModel
from .._sklearn import Interval, validate_params
from .._validation import check_amounts
from ..ambiguity import resolve_ambiguity
from ._follow import Follower

_GROWTH, _LARGEST = 10.0, 1e4  # of the radius in the search: steps, and where it ends
_IDLE = 0.5  # share of the radius in use below which a larger one changes nothing
_BELOW = 1 - 1e-6  # of the end of a range that is not in it
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
        Coefficients; of a kernel estimator, those of its features.
    intercepts : ndarray of shape (n_radii,) or (n_radii, n_classes)
        Intercepts.
    block_norms : ndarray of shape (n_radii, n_modalities)
        Norm of each modality's coefficients (Frobenius norm for several classes). For
        kernel estimators, that of its function, as `modality_norms_`.
    objectives : ndarray of shape (n_radii,)
        Robust objective.
    nominal_losses : ndarray of shape (n_radii,)
        Mean loss on the data as they are, without shift and penalty.
    dual_gaps : ndarray of shape (n_radii,)
        Relative duality gaps, as `dual_gap_` of the estimators.
    n_iter : ndarray of shape (n_radii,)
        Iterations taken, 0 where the start was within the tolerance already.
    modality_names : tuple of str
        Names of the columns of `block_norms`: modalities, then interactions if any.

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
def radius_path(estimator, X, y, radii=30, *, sample_weight=None, domains=None):
    """Fit a model for each of many radii, at the cost of a few fits.

    Each model starts from the extrapolation of its neighbours, with their second-order
    information, and the coupling is estimated once. Every point is optimal to within
    the `tol` of the estimator, as a fit of its own would be.

    Parameters
    ----------
    estimator : DRO estimator, Pipeline that ends in one or fitted search of one
        Its ambiguity set has a `radius`; of several parts, the reweighting part. It is
        not changed. The other steps of a Pipeline are fitted once. Of a search the best
        estimator is taken.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,)
        Targets.
    radii : array-like of float or dict, or int, default=30
        Radii as the set's `radius` takes them, in any order. An int: 0 and that many
        less one, evenly spaced on a logarithmic scale up to :func:`radius_max`.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Nominal weights, for the estimator.
    domains : array-like of shape (n_samples,) or None, default=None
        Domain of each sample, for sets that need it.

    Returns
    -------
    path : RadiusPath
        Coefficients, norms, losses and gaps.

    Raises
    ------
    ValueError
        If the estimator has no ambiguity set with a radius, a radius is not valid, or
        `radii` is an int and no radius, or every radius, makes the model constant.

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
        fit_params = {"sample_weight": sample_weight, "domains": domains}
        radii = _grid(radius_max(model, X, y, **fit_params), radii)
    radii = list(radii)
    if not radii:
        raise ValueError("radii is empty; state at least one radius.")
    for radius in radii:
        check_amounts(radius, parameter="radius")
    order = np.argsort([_scale(radius) for radius in radii], kind="stable")
    first = radii[order[0]]
    follower, ambiguity = _follower(model, X, y, first, sample_weight, domains)
    points = [None] * len(radii)
    for i in order:
        points[i] = follower.solve(_set_radius(ambiguity, radii[i]), _scale(radii[i]))
        _check_gap(points[i], radii[i], model)
    return _collect(points, radii, follower)


@validate_params(
    {"rtol": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def radius_max(estimator, X, y, *, sample_weight=None, domains=None, rtol=1e-2):
    """Return the smallest radius at which the best robust model is constant.

    Radii beyond it are of no use: all coefficients are zero. Grids go from 0 to it.

    Parameters
    ----------
    estimator : DRO estimator, Pipeline that ends in one or fitted search of one
        With an ambiguity set that has a `radius`; of several parts, the reweighting
        part. It is not changed. If the radius is a dict, the answer is a multiple of
        it. Of a search the best estimator is taken.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,)
        Targets.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Nominal weights, for the estimator.
    domains : array-like of shape (n_samples,) or None, default=None
        Domain of each sample, for sets that need it.
    rtol : float in (0, 1), default=1e-2
        Relative accuracy.

    Returns
    -------
    radius : float or dict
        Of the form of the estimator's own radius. 0 if the model is constant at radius
        0 already. Infinite if it is not constant at any radius that is allowed and
        tried, as is usual in regression; the largest one tried is 1e4, for transport
        times the largest absolute value of the features.

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
    part = _radius_part(resolve_ambiguity(model.ambiguity))
    unit = _unit(part)
    zero = _times(unit, 0.0)
    follower, ambiguity = _follower(model, X, y, zero, sample_weight, domains)

    def share_at(factor):
        """Return the share of the radius in use, and whether the model is constant."""
        radius = _times(unit, factor)
        point = follower.solve(_set_radius(ambiguity, radius), _scale(radius))
        problem = point.problem
        is_constant = not np.any(problem.split(point.theta)[0])
        if part.kind == "transport":
            share = problem.budget_share_used(point.theta, point.weights)
        else:
            share = problem.risk.share_used(point.weights, problem.nominal)
        return share, is_constant

    if follower.tells_nothing(_set_radius(ambiguity, zero)):
        return zero
    low, (high, last) = 0.0, _range(part, follower)
    while not (found := share_at(high))[1]:
        is_idle = part.kind == "reweighting" and found[0] < _IDLE
        if high >= last or is_idle:
            return _times(unit, np.inf)
        low, high = high, min(high * _GROWTH, last)
    # The weights of a constant model are about the closest ones that hide all signal,
    # so their divergence is a guess at the answer; bisection makes sure of it.
    guess = found[0] * high
    for factor in (guess * (1 + rtol / 2), guess * (1 - rtol / 2)):
        if low < factor < high:
            low, high = (low, factor) if share_at(factor)[1] else (factor, high)
    while high - low > rtol * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if share_at(middle)[1] else (middle, high)
    return _times(unit, high)


def _unit(part):
    """Return the radius whose multiples are tried; its largest entry is 1."""
    if not isinstance(part.radius, dict):
        return 1.0
    check_amounts(part.radius, parameter="radius")
    largest = max(part.radius.values(), default=0)
    if largest == 0:
        raise ValueError(
            f"radius={part.radius!r} is zero for every modality, so it has no "
            "multiples; state a positive radius for at least one modality."
        )
    return _times(part.radius, 1 / largest)


def _range(part, follower):
    """Return the first and the last factor of the unit to try."""
    constraints = part._parameter_constraints["radius"]
    (end,) = (c.right for c in constraints if isinstance(c, Interval))
    if end is not None:
        return end * _BELOW, end * _BELOW
    first = 1.0
    if part.kind == "transport":  # a radius is a distance between features
        features = follower.design.resolved()[0]
        first = float(abs(features).max()) or 1.0
    return first, first * _LARGEST


def _last_step(estimator, X, y):
    """Return a copy of the DRO model, and the data as they reach it."""
    if hasattr(estimator, "best_estimator_"):
        return _last_step(estimator.best_estimator_, X, y)
    if hasattr(estimator, "steps"):
        if len(estimator.steps) > 1:
            X = clone(estimator[:-1]).fit_transform(X, y)
        return _last_step(estimator[-1], X, y)
    if not isinstance(estimator, DROModel):
        raise ValueError(
            "estimator must be a DRO estimator such as DROClassifier(), a Pipeline "
            "that ends in one, or a search of one that has been fitted with "
            f"refit=True; got {estimator!r}."
        )
    if _radius_part(resolve_ambiguity(estimator.ambiguity)) is None:
        raise ValueError(
            "the ambiguity set of the estimator must have a radius, as ChiSquare() "
            f"has; got {estimator.ambiguity!r}."
        )
    return clone(estimator), X


def _radius_part(ambiguity):
    """Return the part of the set whose radius is meant, None if there is none."""
    parts = ambiguity.parts()
    for kind in ("reweighting", "transport"):
        if hasattr(parts.get(kind), "radius"):
            return parts[kind]
    return None


def _follower(model, X, y, radius, sample_weight, domains):
    """Return a Follower and its set, after a fit that checks everything."""
    ambiguity = _set_radius(clone(resolve_ambiguity(model.ambiguity)), radius)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _COLLAPSED, UserWarning)
        model.set_params(ambiguity=ambiguity, warm_start=True)
        model.fit(X, y, sample_weight=sample_weight, domains=domains)
    follower = Follower(model, X, y, sample_weight, domains)
    # the set is the follower's own from here on: its coupling is estimated once
    ambiguity = clone(ambiguity)
    part = ambiguity.parts().get("reweighting")
    if hasattr(part, "coupling"):
        part.coupling = model.coupling_
    return follower, ambiguity


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
    blocks = follower.design.resolved()[1]
    norms = [[np.linalg.norm(W[c]) for c in blocks.columns] for W, _ in tables]
    coefs = np.array([W.T for W, _ in tables])
    centred = follower.model._intercept
    intercepts = np.array([np.atleast_1d(centred(b)) for _, b in tables])
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
        modality_names=blocks.names,
    )


def _grid(largest, size):
    problem = {
        np.inf: "no radius makes the model constant",
        0.0: "the model is constant at every radius",
    }.get(_scale(largest))
    if problem:
        raise ValueError(
            f"{problem}, so there is no natural grid; state the radii, such as "
            "radii=[0.0, 0.01, 0.1]."
        )
    factors = np.r_[0.0, np.geomspace(_SMALLEST_OF_GRID, 1.0, size - 1)]
    return [_times(largest, factor) for factor in factors]


def _scale(radius, size=None):
    """Return the mean radius of `size` modalities, or of those that are named."""
    if not isinstance(radius, dict):
        return float(radius)
    # an empty dict is left to `bind`, which knows the modalities
    return float(sum(radius.values()) / (size or len(radius) or 1))


def _times(radius, factor):
    if isinstance(radius, dict):  # a modality without radius stays so, at inf too
        return {n: float(factor * r) if r else 0.0 for n, r in radius.items()}
    return float(factor * radius)
