"""The worst population that differs from a test set in one modality only."""

import numpy as np
from scipy.sparse import issparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import OrdinalEncoder

from .._worst_shift import WorstShift, modality_response
from ._tables import TakeRows, n_columns, n_rows, read_column, with_columns

_MAX_LEVELS = 20  # of a column of strings that counts as categories, not as text
_N_HASHED = 32


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
    """Return the model's response to the modality alone."""
    others = np.setdiff1d(np.arange(n_columns(X)), block)
    n_samples = n_rows(X)

    def beside(row):
        return with_columns(X, others, TakeRows(np.full(n_samples, row)))

    return modality_response(
        estimator, n_samples, beside if len(others) else lambda _: X
    )


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
