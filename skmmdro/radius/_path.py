"""Models for a row of radii."""

import warnings
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._sklearn import Interval, validate_params
from .._validation import check_amounts
from ._max import radius_max
from ._radii import last_step, scale_of, set_radius, start_follower, times

_SMALLEST_OF_GRID = 1e-4  # of the largest radius


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
        return np.array([scale_of(radius, size) for radius in self.radii])


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
    model, X = last_step(estimator, X, y)
    if isinstance(radii, Integral):
        fit_params = {"sample_weight": sample_weight, "domains": domains}
        radii = _grid(radius_max(model, X, y, **fit_params), radii)
    radii = list(radii)
    if not radii:
        raise ValueError("radii is empty; state at least one radius.")
    for radius in radii:
        check_amounts(radius, parameter="radius")
    order = np.argsort([scale_of(radius) for radius in radii], kind="stable")
    first = radii[order[0]]
    follower, ambiguity = start_follower(model, X, y, first, sample_weight, domains)
    points = [None] * len(radii)
    for i in order:
        points[i] = follower.solve(set_radius(ambiguity, radii[i]), scale_of(radii[i]))
        _check_gap(points[i], radii[i], model)
    return _collect(points, radii, follower)


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
    }.get(scale_of(largest))
    if problem:
        raise ValueError(
            f"{problem}, so there is no natural grid; state the radii, such as "
            "radii=[0.0, 0.01, 0.1]."
        )
    factors = np.r_[0.0, np.geomspace(_SMALLEST_OF_GRID, 1.0, size - 1)]
    return [times(largest, factor) for factor in factors]
