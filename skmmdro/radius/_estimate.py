"""Radii from unlabelled data: how far did each modality move?"""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_array, check_random_state
from threadpoolctl import threadpool_limits

from .._sklearn import HasMethods, Interval, validate_params
from .._validation import check_parts
from ..modalities import resolve_modalities
from ._ratio import (
    bootstrap_interval,
    chi_square_of_ratio,
    default_classifiers,
    held_out_scores,
)
from ._transport import transport_distance

_LEAST_ROWS = 20  # on each side; five folds of fewer say nothing


@dataclass(frozen=True)
class RadiusEstimate:
    """How far each modality moved; returned by :func:`estimate_radii`.

    Parameters
    ----------
    radii : dict of str to float
        Divergence (chi-square) of each modality, to be passed on as ``radius=``.
    lower, upper : dict of str to float
        Ends of the bootstrap interval of each radius.
    auc : dict of str to float
        How well held-out classifiers tell target from source, 0.5 for not at all.
    transport : dict of str to float
        Lower bound of the distance ``E||x - x'||_2`` that the modality's features
        moved, in their units.
    confidence : float
        Confidence of the intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.radius import estimate_radii
    >>> rng = np.random.default_rng(0)
    >>> estimate = estimate_radii(
    ...     rng.standard_normal((500, 2)), rng.standard_normal((500, 2)) + [0, 1],
    ...     modalities={"still": [0], "moving": [1]}, n_bootstrap=20,
    ... )
    >>> estimate.radii["still"] < 0.1 < estimate.radii["moving"]
    True
    """

    radii: dict
    lower: dict
    upper: dict
    auc: dict
    transport: dict
    confidence: float

    @validate_params(
        {"max_radius": [Interval(Real, 0, None, closed="left")]},
        prefer_skip_nested_validation=True,
    )
    def ambiguity(self, max_radius=1.0):
        """Return the ambiguity set that the estimate suggests.

        Reweighting can follow a modality only while its source sample covers where the
        target went: at radius rho the weights are worth ``n / (1 + rho)`` samples. So
        every modality is guarded by :class:`~skmmdro.ambiguity.ModalityShift` with its
        radius, but not with more than `max_radius`. The features of modalities beyond
        that have left the range of the source. They are guarded by
        :class:`~skmmdro.ambiguity.Wasserstein` with their transport distance as well,
        and the model will rely on them less, or not at all. The distance is that of
        single columns: it is 0 if a modality changed in the dependence between its
        columns only, which leaves it the radius `max_radius`.

        Parameters
        ----------
        max_radius : float in [0, inf), default=1.0
            Largest radius for reweighting. At 1.0 at least half of the effective
            sample remains.

        Returns
        -------
        ambiguity : AmbiguitySet
            Of kind "reweighting" or, if any modality exceeds `max_radius` and its
            columns moved, a Composite.
        """
        from ..ambiguity import ModalityShift, Wasserstein

        covered = {k: float(min(r, max_radius)) for k, r in self.radii.items()}
        moved = {
            k: self.transport[k] if r > max_radius else 0.0
            for k, r in self.radii.items()
        }
        reweighting = ModalityShift(radius=covered)
        return (
            reweighting + Wasserstein(radius=moved)
            if any(moved.values())
            else reweighting
        )

    def summary(self):
        """Return the estimate as a table, one line for each modality.

        Returns
        -------
        table : str
            With a header.
        """
        width = max(len("modality"), *map(len, self.radii))
        interval = f"{100 * self.confidence:g} % interval"
        lines = [f"{'modality':<{width}}  {'radius':>8}  {interval:>19}  {'AUC':>5}"]
        lines[0] += f"  {'transport':>9}"
        for name, radius in self.radii.items():
            ends = f"[{self.lower[name]:.3g}, {self.upper[name]:.3g}]"
            lines.append(
                f"{name:<{width}}  {radius:>8.3g}  {ends:>19}  {self.auc[name]:>5.3f}"
                f"  {self.transport[name]:>9.3g}"
            )
        return "\n".join(lines)


@validate_params(
    {
        "modalities": [dict, "array-like", None],
        "domains": ["array-like", None],
        "classifier": [HasMethods(["fit", "predict_proba"]), None],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "n_bootstrap": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def estimate_radii(
    X,
    X_target=None,
    *,
    modalities=None,
    domains=None,
    classifier=None,
    confidence=0.95,
    n_bootstrap=100,
    random_state=0,
):
    """Estimate how far each modality's marginal moved, from unlabelled data.

    The radius of modality k is the chi-square divergence ``chi2(Q_k || P_k)``, P_k the
    law of its columns in the source sample and Q_k in the target sample. A classifier
    that tells target from source, cross-fitted in five folds and calibrated, gives the
    density ratio r = dQ_k / dP_k of each row from its odds, and ::

        rho_k = E_Q[r] - E_P[r]        (= E_P[r^2] - 1 for the true ratio)

    less what chance adds, cut at 0. A classifier that misses a difference gives too
    small a radius, not too large a one, but for the sampling error.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_source, n_features)
        Source sample, usually the training data as the model gets them: encoded and
        numeric. NaN is allowed unless they are sparse.
    X_target : {array-like, sparse matrix, DataFrame} of shape (n_target, n_features) \
            or None, default=None
        Unlabelled sample of the population in which the model will be used.
    modalities : dict, list of int or None, default=None
        Which columns form which modality, see :class:`~skmmdro.DROClassifier`.
    domains : array-like of shape (n_source,) or None, default=None
        Instead of X_target: the past split of each row of X, such as its month or
        hospital. Each split is compared with all other rows, and the largest radius
        counts, for each modality by itself.
    classifier : classifier with `predict_proba` or None, default=None
        Tells target from source. None: a logistic regression and small boosted trees,
        weighed by the calibration; the logistic regression alone for sparse data.
    confidence : float in (0, 1), default=0.95
        Confidence of the intervals.
    n_bootstrap : int in [2, inf), default=100
        Number of bootstrap draws. They draw held-out scores and repeat the
        calibration; the classifiers are not fitted again.
    random_state : int, RandomState instance or None, default=0
        Deals rows to folds and draws.

    Returns
    -------
    estimate : RadiusEstimate
        ``estimate.radii`` can be passed on as ``radius=``, ``estimate.ambiguity()`` is
        a complete set, ``estimate.summary()`` a table.

    Raises
    ------
    ValueError
        If the samples do not have the same columns, a sample or domain has fewer than
        20 rows, domains are missing values, or not exactly one of `X_target` and
        `domains` is given.

    Notes
    -----
    Where source and target hardly overlap the divergence is infinite; the estimate is
    then large, and how large depends on the classifier. Samples of one distribution
    get less than 0.01 on average at 1,000 rows each.

    Examples
    --------
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.radius import estimate_radii
    >>> source = make_multimodal_classification(4000, random_state=0)
    >>> target = make_multimodal_classification(4000, random_state=1, shift={"m0": 0.5})
    >>> estimate = estimate_radii(
    ...     source.data, target.data, modalities=source.modalities
    ... )
    >>> {name: round(radius, 1) for name, radius in estimate.radii.items()}
    {'m0': 0.1, 'm1': 0.0, 'm2': 0.0}
    >>> round(target.chi2["m0"], 1)
    0.1
    """
    if (X_target is None) == (domains is None):
        raise ValueError(
            "pass either X_target, an unlabelled sample of the target population, or "
            "domains, the past split of each row of X; got "
            f"{'neither' if domains is None else 'both'}."
        )
    data, groups = _validate(X, modalities)
    rng = check_random_state(random_state)
    comparisons = (
        [(data, _validate_target(X, X_target, data))]
        if domains is None
        else _splits(data, domains)
    )

    found = {}
    with threadpool_limits(1):  # many small fits, for which threads cost more than time
        for source, target in comparisons:
            for name, columns in groups.as_dict().items():
                parts = source[:, columns], target[:, columns]
                values = _compare(*parts, classifier, rng, confidence, n_bootstrap)
                # the largest move counts; its interval and AUC go with it
                found[name] = max(found.get(name, values), values)
    keys = ("radii", "lower", "upper", "auc", "transport")
    parts = {
        key: {name: values[i] for name, values in found.items()}
        for i, key in enumerate(keys)
    }
    return RadiusEstimate(**parts, confidence=float(confidence))


def _compare(source, target, classifier, rng, confidence, n_bootstrap):
    """Return radius, lower and upper end, AUC and transport distance of one block."""
    stack = vstack if issparse(source) else np.vstack
    both = stack([source, target])
    both = both.tocsr() if issparse(both) else both
    is_target = np.arange(both.shape[0]) >= source.shape[0]
    classifiers = default_classifiers(both) if classifier is None else [classifier]
    scores = held_out_scores(both, is_target, classifiers, rng)
    radius = chi_square_of_ratio(scores, is_target)
    low, high = bootstrap_interval(scores, is_target, confidence, n_bootstrap, rng)
    # the interval is made from noisier draws; it should not miss its own estimate
    low, high = min(low, radius), max(high, radius)
    auc = max(roc_auc_score(is_target, column) for column in scores.T)
    distance = transport_distance(source, target, rng)
    return float(radius), low, high, float(auc), distance


def _validate(X, modalities):
    data = _to_numbers(X, "X")
    names = np.asarray(X.columns) if hasattr(X, "columns") else None
    source = X if hasattr(X, "shape") and len(X.shape) == 2 else data
    return data, resolve_modalities(modalities, source, names)


def _to_numbers(X, name):
    options = {
        "accept_sparse": "csr",
        "ensure_all_finite": True if issparse(X) else "allow-nan",
        "ensure_min_samples": _LEAST_ROWS,
        "input_name": name,
    }
    X = check_array(X, dtype=None, **options)
    try:
        return check_array(X, dtype=np.float64, **options)
    except ValueError as error:
        raise ValueError(
            f"{name} must hold numbers; got an entry that is none ({error}). Encode "
            "text and categories first, with a ModalityTransformer for example."
        ) from error


def _validate_target(X, X_target, data):
    target = _to_numbers(X_target, "X_target")
    if target.shape[1] != data.shape[1]:
        raise ValueError(
            f"X_target has {target.shape[1]} columns and X has {data.shape[1]}; both "
            "must be encoded in the same way."
        )
    if issparse(target) != issparse(data):
        raise ValueError("X and X_target must both be sparse or both be dense.")
    names = [list(Z.columns) for Z in (X, X_target) if hasattr(Z, "columns")]
    if len(names) == 2 and names[0] != names[1]:
        raise ValueError(
            "X_target has other column names than X, or another order: "
            f"{[n for n in names[1] if n not in names[0]][:5] or names[1][:5]}."
        )
    return target


def _splits(data, domains):
    """Yield (all other rows, rows of the split) for each past split."""
    domains = check_parts(domains, data.shape[0])
    values, counts = np.unique(domains, return_counts=True)
    if len(values) < 2:
        raise ValueError(f"domains must hold at least 2 values; got {values.tolist()}.")
    others = len(domains) - counts
    if min(counts.min(), others.min()) < _LEAST_ROWS:
        small = values[np.minimum(counts, others) < _LEAST_ROWS]
        raise ValueError(
            f"domains {small.tolist()} have, or leave, fewer than {_LEAST_ROWS} rows; "
            "merge them with others."
        )
    return ((data[domains != value], data[domains == value]) for value in values)
