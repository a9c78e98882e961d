"""Predictions under every shift, and their scores."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.metrics import check_scoring, get_scorer

from .._sklearn import safe_indexing
from ._reweight import ModalityReweighting
from ._shifts import REWEIGHT, shifted

ACCURACY = get_scorer("accuracy")
_RESPONSES = ("predict", "predict_proba", "decision_function")


class _Lookup:
    """Stands in for a method whose values are known; scorers ask for its name."""

    def __init__(self, name, values):
        self.__name__, self.values = name, values

    def __call__(self, rows):
        return self.values[rows]


class Responses(BaseEstimator):
    """A model on one data set, as what it predicted there; X is row numbers.

    Scorers can be called on it many times, for example in a bootstrap, without
    predicting again.
    """

    def __init__(self, estimator, X):
        self.tags = estimator.__sklearn_tags__()
        if hasattr(estimator, "classes_"):
            self.classes_ = estimator.classes_
        for name in _RESPONSES:
            if hasattr(estimator, name):
                values = np.asarray(getattr(estimator, name)(X))
                setattr(self, name, _Lookup(name, values))

    def __sklearn_tags__(self):
        return self.tags

    def __sklearn_is_fitted__(self):
        return True


@dataclass(frozen=True)
class Cell:
    """One shift of one modality at one severity, on one test set.

    Attributes
    ----------
    modality, shift : str
        Names; both "none" for the data as they are.
    severity : float
        How strong.
    repeats : list of Responses
        The model's responses to independent draws of the shift.
    weights : ndarray of shape (n_samples,) or None
        Weights of the rows.
    """

    modality: str
    shift: str
    severity: float
    repeats: list
    weights: np.ndarray | None = None

    def scores(self, scorer, y, rows=None):
        """Return the score of each repeat on some rows."""
        rows = np.arange(len(y)) if rows is None else rows
        more = {}
        if self.weights is not None:
            more["sample_weight"] = self.weights[rows] * len(y)
        y = safe_indexing(y, rows)
        return np.array([scorer(r, rows, y, **more) for r in self.repeats])

    def hits(self, y):
        """Return how often each row is predicted right, ndarray of shape (n_rows,)."""
        rows, y = np.arange(len(y)), np.asarray(y)
        return np.mean([r.predict(rows) == y for r in self.repeats], axis=0)


def evaluate(estimator, X, y, columns, plan):
    """Return the Cells of a fitted estimator, the one without shift first.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Held-out data.
    y : array-like of shape (n_samples,)
        Targets.
    columns : dict of str to ndarray of int
        Columns of each modality.
    plan : Plan
        Shifts, severities, repeats and seed.
    """
    clean = Responses(estimator, X)
    cells = [Cell("none", "none", 0.0, [clean])]
    losses = _losses(clean, y) if REWEIGHT in plan.severities else None
    for k, (name, block) in enumerate(columns.items()):
        for shift, severities in plan.severities.items():
            if shift == REWEIGHT:
                values = [_column(X, j) for j in block]
                worst = ModalityReweighting(values, losses, plan.seed)
                cells += [
                    Cell(name, shift, s, [clean], worst.weights(s)) for s in severities
                ]
                continue
            for severity in severities:
                # the same draws for every model and severity: differences are paired
                draws = (
                    shifted(X, block, shift, severity, plan.seed + 1000 * k + repeat)
                    for repeat in range(plan.n_repeats)
                )
                repeats = [Responses(estimator, draw) for draw in draws]
                cells.append(Cell(name, shift, severity, repeats))
    return cells


def resolve_scorer(estimator, scoring):
    """Return a scorer that works on Responses; ACCURACY itself where that is meant."""
    if scoring is None:
        kinds = {"accuracy": is_classifier(estimator), "r2": is_regressor(estimator)}
        scoring = next((name for name, fits in kinds.items() if fits), None)
        if scoring is None:
            raise ValueError(
                f"{estimator!r} is neither a classifier nor a regressor, so it has no "
                "default score; state `scoring`."
            )
    if isinstance(scoring, str) and scoring == "accuracy":
        return ACCURACY
    return check_scoring(estimator, scoring=scoring)


def _losses(clean, y):
    y, rows = np.asarray(y), np.arange(len(y))
    prediction = clean.predict(rows)
    if is_classifier(clean):
        return (prediction != y).astype(np.float64)
    return np.square(prediction - y)


def _column(X, j):
    if issparse(X):
        return X[:, [j]].toarray().ravel()
    if hasattr(X, "iloc"):
        return X.iloc[:, j].to_numpy()
    if hasattr(X, "with_columns"):
        return X[X.columns[j]].to_numpy()
    return X[:, j]
