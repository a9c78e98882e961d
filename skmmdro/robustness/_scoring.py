"""One score of one model on some rows of one test set."""

from dataclasses import dataclass
from functools import cached_property
from inspect import Parameter, signature
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.metrics import check_scoring, get_scorer

from .._sklearn import check_method_params, metric_of, name_of, safe_indexing
from ._tables import n_rows, take_rows

ACCURACY = get_scorer("accuracy")
_RESPONSES = ("predict", "predict_proba", "decision_function")
_LEAST_REPEATED = 2000  # rows that stand for weighted ones
_SHARE_KEPT = 1e-6  # of the nominal weights: no class is without weight


class _Response:
    """Stands in for a method whose values are known; scorers ask for its name."""

    def __init__(self, name, method, X):
        self.__name__, self.method, self.X = name, method, X

    @cached_property
    def values(self):
        return self.method(self.X)

    def __call__(self, rows):
        if isinstance(self.values, list):  # one array for each output
            return [safe_indexing(values, rows) for values in self.values]
        return safe_indexing(self.values, rows)


class Responses(BaseEstimator):
    """A model on one data set, as what it predicts there; X is row numbers.

    Scorers made by scikit-learn's make_scorer can be called on it many times, for
    example in a bootstrap, without predicting again. Other callables may look at X and
    at the model, and get both.
    """

    def __init__(self, estimator, X):
        self.tags = estimator.__sklearn_tags__()
        if hasattr(estimator, "classes_"):
            self.classes_ = estimator.classes_
        for name in _RESPONSES:
            if hasattr(estimator, name):
                setattr(self, name, _Response(name, getattr(estimator, name), X))

    def __sklearn_tags__(self):
        return self.tags

    def __sklearn_is_fitted__(self):
        return True


@dataclass(frozen=True)
class TestSet:
    """Rows that a model is scored on.

    Attributes
    ----------
    X : table
        Data as the estimator gets them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    labels : ndarray of int of shape (n_samples,) or None
        Number of each row's class.
    params : dict
        Metadata for the scorer.
    """

    __test__ = False  # for pytest

    X: object
    y: object
    labels: np.ndarray | None
    params: dict

    def __len__(self):
        return n_rows(self.X)


class Score:
    """A scorer, called on rows of test sets.

    Parameters
    ----------
    scorer : callable
        ``scorer(estimator, X, y)`` returns a number.
    name : str or None, default=None
        What to call it; None: as scikit-learn would.
    """

    def __init__(self, scorer, name=None):
        self.scorer = scorer
        self.name = name or name_of(scorer)
        metric = metric_of(scorer)
        self.reads_predictions = metric is not None
        self.takes_weights = _takes_weights(metric if metric is not None else scorer)

    def over(self, estimator, test, draws, weights=None):
        """Return the scores on several draws of rows of one test set.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        test : TestSet
            Rows.
        draws : list of ndarray of int
            Rows; the first draw is all of them in order.
        weights : ndarray of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        scores : ndarray of shape (n_draws,)
        """
        if self.reads_predictions:
            estimator = Responses(estimator, test.X)
        if weights is not None:
            weights = (1 - _SHARE_KEPT) * weights + _SHARE_KEPT / len(weights)
        first = self._on_rows(estimator, test, None, weights)
        if self.scorer is ACCURACY and not test.params and np.ndim(test.y) == 1:
            # the mean of a value for each row: no need to call the scorer each time
            hits = estimator.predict(draws[0]) == np.asarray(test.y)
            shares = np.ones(len(hits)) if weights is None else weights
            rest = [shares[r] @ hits[r] / shares[r].sum() for r in draws[1:]]
        else:
            rest = [self._on_rows(estimator, test, r, weights) for r in draws[1:]]
        return np.array([first, *rest])

    def _on_rows(self, estimator, test, rows, weights):
        everything = np.arange(len(test))
        at = everything if rows is None else rows
        if weights is not None and not self.takes_weights:
            labels = None if test.labels is None else test.labels[at]
            rows = at = at[repeated_rows(weights[at], labels)]
            weights = None
        more = check_method_params(everything, test.params, at)
        if weights is not None:
            own = np.asarray(more.get("sample_weight", 1.0))
            more["sample_weight"] = own * weights[at] * len(test)
        y = test.y if rows is None else safe_indexing(test.y, rows)
        X = test.X if rows is None else take_rows(test.X, rows)
        return self._number(estimator, at if self.reads_predictions else X, y, more)

    def _number(self, estimator, X, y, more):
        score = self.scorer(estimator, X, y, **more)
        if isinstance(score, np.ndarray) and score.ndim == 0:
            score = score.item()
        if not isinstance(score, Real):
            raise ValueError(
                f"scoring must return one number; got {score!r} from {self.scorer!r}."
            )
        return float(score)


def _takes_weights(function):
    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):
        return False
    kinds = {parameter.kind for parameter in parameters.values()}
    return "sample_weight" in parameters or Parameter.VAR_KEYWORD in kinds


def resolve_score(estimator, scoring):
    """Return the Score of an estimator, with ACCURACY itself where that is meant."""
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError(
            "scoring must be one scorer: a name, a callable or None; got "
            f"{scoring!r}. Evaluate once for each."
        )
    if scoring is None:
        kinds = {"accuracy": is_classifier(estimator), "r2": is_regressor(estimator)}
        scoring = next((name for name, fits in kinds.items() if fits), None)
        if scoring is None:
            raise ValueError(
                f"{estimator!r} is neither a classifier nor a regressor, so it has no "
                "default score; state `scoring`."
            )
    if isinstance(scoring, str) and scoring == "accuracy":
        return Score(ACCURACY)
    scorer = check_scoring(estimator, scoring=scoring)
    return Score(scorer, scoring if isinstance(scoring, str) else None)


# -- rows ------------------------------------------------------------------------------


def bootstrap_draws(n_samples, labels, n_bootstrap, seed):
    """Return all rows, and then rows drawn with replacement, every class among them."""
    rng = np.random.default_rng(seed)
    draws = (rng.integers(n_samples, size=n_samples) for _ in range(n_bootstrap))
    return [np.arange(n_samples), *(np.sort(_complete(rows, labels)) for rows in draws)]


def repeated_size(n_samples):
    """Return how many rows stand for a weighted sample, a multiple of its size."""
    return n_samples * -(-_LEAST_REPEATED // n_samples)


def repeated_rows(weights, labels):
    """Return rows, each as often as its weight says, rounded, every class among them.

    For scorers that take no weights. The cumulated weights are what is rounded, so
    that rounding does not add up; few rows are repeated more often, so that it is fine.
    """
    n_samples = len(weights)
    total = np.cumsum(weights) * (repeated_size(n_samples) / weights.sum())
    counts = np.diff(np.floor(total + 0.5), prepend=0.0).astype(np.intp)
    return _complete(np.repeat(np.arange(n_samples), counts), labels)


def _complete(rows, labels):
    """Let a row of each class that rows lack take the place of one that is not alone.

    Many scores are not defined without a class.
    """
    if labels is None:
        return rows
    known, first = np.unique(labels, return_index=True)
    present, alone = np.unique(labels[rows], return_index=True)
    lacking = first[~np.isin(known, present)]
    rows = rows.copy()
    rows[np.setdiff1d(np.arange(len(rows)), alone)[: len(lacking)]] = lacking
    return rows
