"""Changing single columns of frames, arrays and sparse matrices."""

import numpy as np
from scipy.sparse import csc_array, hstack, issparse

from ..modalities import REMAINDER, column_indices, resolve_modalities


def modality_columns(modalities, X, estimator):
    """Return ``{name: column indices of X}`` for evaluation.

    Unlike in a fit, columns may be left out and belong to several modalities.

    Parameters
    ----------
    modalities : dict, list of int or None
        As stated. None: what the estimator or, in a Pipeline, its first step states;
        otherwise read from the names of the columns.
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Data as the estimator gets them.
    estimator : estimator
        Model.
    """
    if modalities is None:
        modalities = _stated_by(estimator)
    if isinstance(modalities, dict) and not _has_remainder(modalities):
        return {n: column_indices(n, key, X) for n, key in modalities.items()}
    names = np.asarray(X.columns) if hasattr(X, "columns") else None
    return resolve_modalities(modalities, X, names).as_dict()


def _has_remainder(modalities):
    keys = modalities.values()
    return any(isinstance(key, str) and key == REMAINDER for key in keys)


def _stated_by(estimator):
    first = estimator[0] if hasattr(estimator, "steps") else estimator
    if hasattr(first, "best_estimator_"):
        return _stated_by(first.best_estimator_)
    if hasattr(first, "modality_columns_") or hasattr(first, "transformers"):
        parts = getattr(first, "transformers", [])
        return {name: columns for name, part, columns in parts if part != "drop"}
    return getattr(first, "modalities", None)


def with_columns(X, columns, change):
    """Return a copy of X with ``change(values)`` in place of some columns.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        pandas, polars, numpy or scipy.
    columns : ndarray of int
        Which columns.
    change : callable
        Maps the values of a column, an ndarray of shape (n_samples,), to new ones.
    """
    if issparse(X):
        parts = [X[:, [j]] for j in range(X.shape[1])]
        for j in columns:
            parts[j] = csc_array(change(parts[j].toarray().ravel())[:, None])
        return type(X)(hstack(parts, format="csr"))
    if hasattr(X, "iloc"):
        X = X.copy()
        for j in columns:
            X.isetitem(j, change(X.iloc[:, j].to_numpy()))
        return X
    if hasattr(X, "with_columns"):
        names = [X.columns[j] for j in columns]
        series = [type(X[n])(n, change(X[n].to_numpy())) for n in names]
        return X.with_columns(series)
    X = np.array(X)
    if X.dtype.kind in "iub":
        X = X.astype(np.float64)
    for j in columns:
        X[:, j] = change(X[:, j])
    return X


def as_numbers(values):
    """Return a column as floats, or None if it does not hold numbers."""
    if values.dtype.kind in "fiub":
        return values.astype(np.float64)
    if values.dtype.kind != "O" or any(isinstance(v, str) for v in values):
        return None
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        return None
