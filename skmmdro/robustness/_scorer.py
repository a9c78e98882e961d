"""Robustness as one number, for model selection."""

from numbers import Integral

import numpy as np

from .._sklearn import Interval, StrOptions, validate_params
from ._folds import Evaluation, run
from ._plan import make_plan
from ._scoring import resolve_score

_AGGREGATES = {"worst": np.min, "mean": np.mean}


class RobustScorer:
    """Scorer made by :func:`make_robust_scorer`: ``scorer(estimator, X, y)``."""

    def __init__(self, scoring, plan, aggregate, modalities):
        self.scoring, self.plan = scoring, plan
        self.aggregate, self.modalities = aggregate, modalities

    def __call__(self, estimator, X, y):
        score = resolve_score(estimator, self.scoring)
        (fold,) = run(
            [estimator], X, y, Evaluation(self.modalities, self.plan, score), cv=None
        )
        scores = [cell.scores.mean() for cell in fold[0][1:]]
        return float(_AGGREGATES[self.aggregate](scores))

    def __repr__(self):
        return (
            f"make_robust_scorer({self.scoring!r}, severities={self.plan.severities}, "
            f"aggregate={self.aggregate!r})"
        )


@validate_params(
    {
        "aggregate": [StrOptions(set(_AGGREGATES))],
        "modalities": [dict, "array-like", None],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_robust_scorer(
    scoring=None,
    *,
    shifts=("missing", "permute"),
    severities=(1.0,),
    aggregate="worst",
    modalities=None,
    n_repeats=1,
    random_state=0,
):
    """Make a scorer for model selection from the scores under shifts.

    Pass it as ``scoring=`` to GridSearchCV or cross_validate, so that hyperparameters
    are tuned for the modality that hurts most. Shifts are explained at
    :func:`modality_robustness`.

    Parameters
    ----------
    scoring : str, callable or None, default=None
        Scorer of scikit-learn, greater is better. None: accuracy or R^2.
    shifts : str or sequence of str, default=("missing", "permute")
        What happens to a modality, one at a time.
    severities : sequence of float or dict, default=(1.0,)
        How strong, for all shifts or by shift.
    aggregate : {"worst", "mean"}, default="worst"
        Over modalities, shifts and severities.
    modalities : dict, list of int or None, default=None
        As in :func:`modality_robustness`.
    n_repeats : int in [1, inf), default=1
        Independent draws of each shift, averaged.
    random_state : int, RandomState instance or None, default=0
        Draws the shifts, the same ones for each candidate.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y)`` returns a float.

    Raises
    ------
    ValueError
        If a shift or severity is not known.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ChiSquare
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.robustness import make_robust_scorer
    >>> data = make_multimodal_classification(300, random_state=0)
    >>> search = GridSearchCV(
    ...     DROClassifier(ChiSquare(), modalities=data.modalities),
    ...     {"ambiguity__radius": [0.0, 0.05]},
    ...     scoring=make_robust_scorer(shifts="missing"),
    ... ).fit(data.data, data.target)
    >>> bool(0.5 < search.best_score_ < 1.0)
    True
    """
    plan = make_plan(shifts, severities, n_repeats, random_state)
    return RobustScorer(scoring, plan, aggregate, modalities)
