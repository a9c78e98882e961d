"""Several models under the same shifts."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from .._sklearn import Interval, validate_params
from ._folds import Evaluation, run
from ._plan import KNOWN, make_plan
from ._robustness import CONSTRAINTS, SEVERITIES, collect, to_frame, to_table
from ._scoring import resolve_score


@dataclass(frozen=True)
class RobustnessComparison:
    """Scores of several models and their differences.

    Returned by :func:`compare_robustness`.

    Parameters
    ----------
    results : dict of str to Robustness
        Scores of each model.
    reference : str
        The model the others are compared with.
    differences : dict of str to ndarray of shape (n_rows,)
        Columns "model", "modality", "shift", "severity", "difference", "lower",
        "upper". The difference is the model's mean score less that of the reference;
        lower and upper are the ends of its interval. Modality and shift are "none"
        for the data as they are.
    confidence : float
        Confidence of each interval by itself.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skmmdro.robustness import compare_robustness
    >>> X = np.random.default_rng(0).standard_normal((100, 2))
    >>> models = {"both": LinearRegression().fit(X, X.sum(axis=1))}
    >>> models["twice"] = LinearRegression().fit(X, 2 * X.sum(axis=1))
    >>> result = compare_robustness(
    ...     models, X, X.sum(axis=1), modalities=[1, 1], shifts="permute",
    ...     n_bootstrap=10,
    ... )
    >>> result.reference, sorted(result.results)
    ('both', ['both', 'twice'])
    """

    results: dict
    reference: str
    differences: dict
    confidence: float

    def to_frame(self):
        """Return the differences as a pandas DataFrame.

        Returns
        -------
        frame : DataFrame of shape (n_rows, 7)
            The columns of `differences`.
        """
        return to_frame(self.differences)


@validate_params(
    {
        **CONSTRAINTS,
        "models": [dict],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "n_bootstrap": [Interval(Integral, 2, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def compare_robustness(
    models,
    X,
    y,
    *,
    reference=None,
    modalities=None,
    shifts=KNOWN,
    severities=SEVERITIES,
    n_repeats=5,
    scoring=None,
    cv=None,
    groups=None,
    params=None,
    confidence=0.95,
    n_bootstrap=200,
    n_jobs=None,
    random_state=0,
    verbose=0,
):
    """Compare models under the same shifts of each modality.

    All models meet the same draws of the shifts, except for "reweight", which is the
    worst case of each model by itself. Intervals are percentile bootstrap intervals of
    the paired differences: test rows are drawn anew, the same ones for all models and
    at least one of each class.
    They do not include the variation from fitting on another training sample.

    Parameters
    ----------
    models : dict of str to estimator
        At least two. Fitted if `cv` is None.
    X : DataFrame, ndarray, sparse matrix or list of n_samples rows
        Held-out data, or all data if `cv` is given; as in :func:`modality_robustness`.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    reference : str or None, default=None
        Name of the model to compare with. None: the first.
    modalities : dict, list of int or None, default=None
        As in :func:`modality_robustness`; None: read from the reference.
    shifts : str or sequence of str, default=("missing", "noise", "permute", "reweight")
        What happens to a modality.
    severities : sequence of float or dict, default=(0.25, 0.5, 1.0)
        How strong, for all shifts or by shift.
    n_repeats : int in [1, inf), default=5
        Independent draws of each shift.
    scoring : str, callable or None, default=None
        As in :func:`modality_robustness`. Scorers that are not made by scikit-learn's
        make_scorer are called for each draw of the bootstrap, which takes its time.
    cv : int, splitter, iterable or None, default=None
        As in :func:`modality_robustness`. The splits are the same for all models.
    groups : array-like of shape (n_samples,) or None, default=None
        For the splitter.
    params : dict or None, default=None
        Further arguments of fit, as in :func:`modality_robustness`.
    confidence : float in (0, 1), default=0.95
        Confidence of each interval.
    n_bootstrap : int in [2, inf), default=200
        Number of draws.
    n_jobs : int or None, default=None
        Number of splits at work at the same time.
    random_state : int, RandomState instance or None, default=0
        Draws the shifts and the rows of the bootstrap.
    verbose : int, default=0
        Passed on to joblib.

    Returns
    -------
    comparison : RobustnessComparison
        Scores of each model, and differences with intervals.

    Raises
    ------
    ValueError
        If there are fewer than two models, or `reference` is not one of them.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ChiSquare
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.robustness import compare_robustness
    >>> data = make_multimodal_classification(600, random_state=0)
    >>> X, y = data.data, data.target
    >>> models = {
    ...     name: DROClassifier(ChiSquare(radius), modalities=data.modalities)
    ...     for name, radius in (("ERM", 0.0), ("DRO", 0.05))
    ... }
    >>> models = {name: m.fit(X[:300], y[:300]) for name, m in models.items()}
    >>> comparison = compare_robustness(models, X[300:], y[300:], shifts="noise")
    >>> [str(name) for name in comparison.differences["modality"][:4]]
    ['none', 'm0', 'm0', 'm0']
    """
    if len(models) < 2:
        raise ValueError(f"models must name at least two models; got {list(models)}.")
    reference = next(iter(models)) if reference is None else reference
    if reference not in models:
        raise ValueError(f"reference={reference!r} is not one of {list(models)}.")
    plan = make_plan(shifts, severities, n_repeats, random_state)
    names = [reference, *(name for name in models if name != reference)]
    score = resolve_score(models[reference], scoring)
    folds = run(
        [models[name] for name in names],
        X,
        y,
        Evaluation(modalities, plan, score, n_bootstrap),
        cv=cv,
        groups=groups,
        params=params,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    cells = {name: [fold[k] for fold in folds] for k, name in enumerate(names)}
    return RobustnessComparison(
        {name: collect(cells[name], score.name) for name in models},
        reference,
        _differences(cells, reference, confidence),
        float(confidence),
    )


def _differences(cells, reference, confidence):
    """Return the table of differences from the Cells of each model and split."""
    # mean scores by model, (n_cells, 1 + n_bootstrap); all rows first
    means = {
        name: np.mean([[c.scores.mean(axis=0) for c in fold] for fold in folds], axis=0)
        for name, folds in cells.items()
    }
    tail = 50 * (1 - confidence)
    rows = []
    for name in means:
        if name == reference:
            continue
        values = means[name] - means[reference]
        low, high = np.percentile(values[:, 1:], [tail, 100 - tail], axis=1)
        rows += [
            (name, c.modality, c.shift, c.severity, value, a, b)
            for c, value, a, b in zip(
                cells[name][0], values[:, 0], low, high, strict=True
            )
        ]
    names = ("model", "modality", "shift", "severity", "difference", "lower", "upper")
    return to_table(names, rows)
