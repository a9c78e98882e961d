"""The worst population that differs from a test set in one modality only."""

import numpy as np
from scipy.sparse import issparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import OrdinalEncoder

from .._worst_shift import WorstShift, model_scores
from ._tables import n_columns, n_rows, read_column, with_columns

_MAX_LEVELS = 20  # of a column of strings that counts as categories, not as text
_N_HASHED = 32
_N_COMPANIONS = 3  # rows whose other modalities the contribution is averaged over


def worst_shift(estimator, X, block, losses):
    """Return the WorstShift of the modality with these columns.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : table
        Test set.
    block : ndarray of int
        Columns of the modality.
    losses : ndarray of shape (n_samples,)
        Losses of the model.
    """
    return WorstShift(_numeric(X, block), _contribution(estimator, X, block), losses)


def _contribution(estimator, X, block):
    """Return the model's response to the modality beside the same other columns.

    It is a function of the modality alone: that of an additive model up to a constant.
    """
    others = np.setdiff1d(np.arange(n_columns(X)), block)
    if not len(others):
        return model_scores(estimator, X)
    n_samples = n_rows(X)
    total = 0.0
    for row in np.linspace(0, n_samples - 1, _N_COMPANIONS + 2).astype(int)[1:-1]:
        beside = np.full(n_samples, row)
        moved = with_columns(X, others, lambda values, _, rows=beside: values[rows])
        total = total + model_scores(estimator, moved)
    return total / _N_COMPANIONS


def _numeric(X, block):
    """Return a modality as numbers, ndarray or sparse matrix."""
    if issparse(X):
        return X.tocsc()[:, block]
    columns = []
    for values, numbers in (read_column(X, j) for j in block):
        if numbers is not None:
            columns.append(numbers[:, None])
            continue
        text = np.array([str(v) if v is not None else "" for v in values], dtype=object)
        if len(np.unique(text)) <= _MAX_LEVELS:
            columns.append(OrdinalEncoder().fit_transform(text[:, None]))
        else:
            columns.append(
                HashingVectorizer(n_features=_N_HASHED).transform(text).toarray()
            )
    return np.hstack(columns)
