"""How a model scores when each modality shifts by itself."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from .._sklearn import Interval, validate_params
from ._folds import Evaluation, run
from ._plan import KNOWN, make_plan
from ._scoring import resolve_score

SEVERITIES = (0.25, 0.5, 1.0)
CONSTRAINTS = {
    "modalities": [dict, "array-like", None],
    "n_repeats": [Interval(Integral, 1, None, closed="left")],
    "params": [dict, None],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


@dataclass(frozen=True)
class Robustness:
    """Scores by modality, shift, severity, fold and repeat.

    Returned by :func:`modality_robustness`.

    Parameters
    ----------
    table : dict of str to ndarray of shape (n_rows,)
        Columns "modality", "shift", "severity", "fold", "repeat" and "score".
    baseline : ndarray of shape (n_folds,)
        Scores without shift.
    score_name : str, default="score"
        What the score is called, such as "accuracy".

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skmmdro.robustness import modality_robustness
    >>> X = np.random.default_rng(0).standard_normal((100, 2))
    >>> model = LinearRegression().fit(X, X[:, 0])
    >>> result = modality_robustness(
    ...     model, X, X[:, 0], modalities={"used": [0], "unused": [1]}, shifts="noise"
    ... )
    >>> result.worst()[0]
    ('used', 'noise', 1.0)
    """

    table: dict
    baseline: np.ndarray
    score_name: str = "score"

    def to_frame(self):
        """Return the table as a pandas DataFrame.

        Returns
        -------
        frame : DataFrame of shape (n_rows, 6)
            The columns of `table`.
        """
        return to_frame(self.table)

    def mean_scores(self):
        """Return the mean score over folds and repeats.

        Returns
        -------
        scores : dict of (str, str, float) to float
            By modality, shift and severity.
        """
        keys = zip(
            self.table["modality"],
            self.table["shift"],
            self.table["severity"],
            strict=True,
        )
        groups = {}
        for key, score in zip(keys, self.table["score"], strict=True):
            groups.setdefault(tuple(np.asarray(key, dtype=object)), []).append(score)
        return {
            (str(modality), str(shift), float(severity)): float(np.mean(scores))
            for (modality, shift, severity), scores in groups.items()
        }

    def worst(self):
        """Return where the mean score is lowest.

        Returns
        -------
        key : tuple of (str, str, float)
            Modality, shift and severity.
        score : float
            Mean score there.
        """
        scores = self.mean_scores()
        key = min(scores, key=scores.get)
        return key, scores[key]


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def modality_robustness(
    estimator,
    X,
    y,
    *,
    modalities=None,
    shifts=KNOWN,
    severities=SEVERITIES,
    n_repeats=5,
    scoring=None,
    cv=None,
    groups=None,
    params=None,
    n_jobs=None,
    random_state=0,
    verbose=0,
):
    """Score a model while one modality at a time shifts.

    The shifts of a modality, and what their severity s means:

    - "missing": in a share s of the rows the modality is replaced by its mean (strings:
      by the most frequent value; free text: by the empty string).
    - "noise": normal noise of s standard deviations is added to each numeric column;
      other columns stay.
    - "permute": in a share s of the rows the modality is exchanged among them, so that
      its distribution is unchanged and its relation to everything else is lost.
    - "reweight": the rows get the worst weights found that depend on this modality
      alone and are within a chi-square radius s of equal ones; zero-one loss for
      classifiers, squared error for regressors. No value is changed. If the scorer
      takes no `sample_weight`, rows are repeated as often as their weights say.

    Parameters
    ----------
    estimator : estimator
        Classifier or regressor, such as a whole Pipeline that starts from raw data.
    X : DataFrame, ndarray, sparse matrix or list of n_samples rows
        Held-out data as the estimator gets them. A list or Series of texts is one
        modality, and each of several Gram matrices is one, whose columns are the
        kernel values with the training samples.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    modalities : dict, list of int or None, default=None
        ``{name: columns of X}``, block widths, or None: what the estimator states, in a
        Pipeline the first step that states any, also inside of a search; otherwise read
        from column names ``modality__feature``. What a later step states is traced
        back through steps that keep the names of columns. Columns left out never shift.
    shifts : str or sequence of str, default=("missing", "noise", "permute", "reweight")
        What happens to a modality.
    severities : sequence of float or dict, default=(0.25, 0.5, 1.0)
        How strong, for all shifts or by shift.
    n_repeats : int in [1, inf), default=5
        Independent draws of "missing", "noise" and "permute".
    scoring : str, callable or None, default=None
        One scorer of scikit-learn, or ``scorer(estimator, X, y)`` that returns a
        number. None: accuracy or R^2.
    cv : int, splitter, iterable or None, default=None
        None: the estimator is fitted and X, y are held out. Otherwise copies of it are
        fitted on the training part of each split and scored on the other part.
    groups : array-like of shape (n_samples,) or None, default=None
        For the splitter, as in scikit-learn's cross_validate; with metadata routing
        enabled it is part of `params`.
    params : dict or None, default=None
        Further arguments of fit, such as sample weights. With metadata routing enabled
        they go to the fit, the splitter and the scorer as each requests.
    n_jobs : int or None, default=None
        Number of splits at work at the same time.
    random_state : int, RandomState instance or None, default=0
        Draws the shifts. Models evaluated with the same integer meet the same draws.
    verbose : int, default=0
        Passed on to joblib.

    Returns
    -------
    result : Robustness
        ``result.table`` (dict of arrays), ``result.to_frame()``, ``result.baseline``,
        ``result.worst()``.

    Raises
    ------
    ValueError
        If a shift, severity or column is not known, modalities that a step of a
        Pipeline states cannot be traced back to columns of X, or y does not fit.
    NotFittedError
        If `cv` is None and the estimator is not fitted.

    See Also
    --------
    make_robust_scorer : The same as one number, for model selection.
    compare_robustness : Several models, with intervals of their differences.

    Notes
    -----
    "reweight" tries every split of the rows by a score of the modality, and tilts along
    it, scaled to the radius. Scores are the model's response to the modality while the
    other columns are held, its distance from the median, and the expected loss given
    the modality, which boosted trees predict out of fold. What is tried does not depend
    on the radius, so that the mean loss grows with it. For a modality that has nothing
    to do with the losses, chance remains: at radius s of the order of
    ``sqrt(s / n_samples)`` standard deviations of the losses.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.robustness import modality_robustness
    >>> data = make_multimodal_classification(600, random_state=0)
    >>> X, y = data.data, data.target
    >>> model = DROClassifier(modalities=data.modalities).fit(X[:300], y[:300])
    >>> result = modality_robustness(model, X[300:], y[300:], shifts="permute")
    >>> len(result.table["score"])  # 3 modalities, 3 severities, 5 repeats
    45
    >>> (modality, shift, severity), score = result.worst()
    >>> severity, bool(score < result.baseline[0])
    (1.0, True)
    """
    plan = make_plan(shifts, severities, n_repeats, random_state)
    score = resolve_score(estimator, scoring)
    folds = run(
        [estimator],
        X,
        y,
        Evaluation(modalities, plan, score),
        cv=cv,
        groups=groups,
        params=params,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    return collect([cells for (cells,) in folds], score.name)


def collect(folds, name):
    """Return the Robustness of one model from its Cells of each split."""
    rows = [
        (cell.modality, cell.shift, cell.severity, fold, repeat, score)
        for fold, cells in enumerate(folds)
        for cell in cells[1:]
        for repeat, score in enumerate(cell.scores[:, 0])
    ]
    names = ("modality", "shift", "severity", "fold", "repeat", "score")
    baseline = np.array([cells[0].scores[0, 0] for cells in folds])
    return Robustness(to_table(names, rows), baseline, name)


def to_table(names, rows):
    """Return a list of rows as a dict of arrays."""
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return {name: np.array(column) for name, column in columns}


def to_frame(table):
    """Return a dict of arrays as a pandas DataFrame."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas, which is not installed: run "
            '`pip install "skmmdro[frames]"`, or use the attribute `table`.'
        ) from error
    return pd.DataFrame(table)
