"""Reading and changing single columns of whatever an estimator takes as X."""

import numpy as np
from scipy.sparse import csc_array, hstack, issparse
from sklearn.utils import get_tags

from .._sklearn import safe_indexing
from ..kernel._input import modality_axis

_CHUNK = 256  # sparse columns that are dense at a time


def as_table(X, estimator):
    """Return X as something whose rows and columns can be taken.

    Parameters
    ----------
    X : DataFrame, ndarray, sparse matrix, list, Series or Gram matrices
        Data as the estimator gets them.
    estimator : estimator
        Tells whether X holds Gram matrices.

    Returns
    -------
    table : object
        Sparse matrices as CSR, lists of rows as ndarray, several Gram matrices as a
        dict. A Series, an ndarray or a list of single values (such as texts) counts as
        one column and stays as it is.
    """
    if isinstance(X, dict) or (np.ndim(X) if hasattr(X, "ndim") else 0) == 3:
        return _gram_matrices(X, estimator)
    if issparse(X):
        return X.tocsr()
    if not hasattr(X, "shape"):
        X = list(X)
        if not X:
            raise ValueError("X has no rows; at least one is needed.")
        if not all(isinstance(row, (list, tuple, np.ndarray)) for row in X):
            return X
        rows = np.asarray(X)
        # numbers beside strings would become strings
        return np.asarray(X, dtype=object) if rows.dtype.kind in "US" else rows
    if len(X.shape) not in (1, 2):
        raise ValueError(
            f"X must have one or two dimensions; got shape {X.shape}. Flatten each "
            "sample to one row, and let a first step of a Pipeline restore its shape."
        )
    return X


def _gram_matrices(X, estimator):
    """Return ``{modality: Gram matrix}``."""
    if not get_tags(estimator).input_tags.pairwise:
        given = "a dict" if isinstance(X, dict) else f"an array of shape {X.shape}"
        raise ValueError(
            f"X is {given}, which only an estimator with kernel='precomputed' takes; "
            "pass a table with a row for each sample."
        )
    if isinstance(X, dict):
        return {name: np.asarray(gram) for name, gram in X.items()}
    X = np.asarray(X)
    fitted = getattr(estimator, "n_features_in_", None)
    if fitted in X.shape[1:]:
        axis = 0 if X.shape[2] == fitted else 2
    else:  # other samples than those of the fit, for copies to be fitted on
        axis = modality_axis(X)
    return {f"x{k}": gram for k, gram in enumerate(np.moveaxis(X, axis, 0))}


def n_rows(X):
    """Return the number of samples of a table."""
    if isinstance(X, dict):
        X = next(iter(X.values()))
    return X.shape[0] if hasattr(X, "shape") else len(X)


def n_columns(X):
    """Return the number of columns of a table."""
    if isinstance(X, dict):
        return sum(gram.shape[1] for gram in X.values())
    return X.shape[1] if len(getattr(X, "shape", ())) == 2 else 1


def take_rows(X, rows, columns=None):
    """Return some rows of a table; of Gram matrices also only some columns."""
    if isinstance(X, dict):
        return {name: take_rows(gram, rows, columns) for name, gram in X.items()}
    return safe_indexing(X, rows) if columns is None else X[np.ix_(rows, columns)]


def read_column(X, j):
    """Return the values of a column, and the same as floats or None.

    None stands for a column that does not hold numbers; a column of truth values or
    categories of a DataFrame does not.

    Returns
    -------
    values : ndarray of shape (n_samples,)
    numbers : ndarray of float of shape (n_samples,) or None
    """
    if isinstance(X, dict):
        width = next(iter(X.values())).shape[1]
        X, j = list(X.values())[j // width], j % width
    if hasattr(X, "iloc"):
        return _read_pandas(X if X.ndim == 1 else X.iloc[:, j])
    if hasattr(X, "get_column"):
        return _read_polars(X[X.columns[j]])
    if hasattr(X, "to_list"):
        return _read_polars(X)
    if issparse(X):
        values = X[:, [j]].toarray().ravel()
    elif isinstance(X, list):
        values = _objects(X)
    else:
        values = X if X.ndim == 1 else X[:, j]
    return values, as_numbers(values)


def _read_pandas(column):
    kind = column.dtype.kind if column.dtype.name != "category" else "O"
    if kind in "fiu":
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        is_numpy = isinstance(column.dtype, np.dtype)
        return column.to_numpy() if is_numpy else numbers, numbers
    values = column.astype(object).to_numpy()
    is_plain = column.dtype.name == "object"
    return values, as_numbers(values) if is_plain else None


def _read_polars(column):
    if column.dtype.is_numeric():
        return column.to_numpy(), column.cast(float).to_numpy()
    return _objects(column.to_list()), None


def _objects(items):
    """Return a list as an array of objects, whatever they are."""
    values = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        values[i] = item
    return values


def as_numbers(values):
    """Return an array as floats, or None if it does not hold numbers."""
    if values.dtype.kind in "fiub":
        return values.astype(np.float64)
    if values.dtype.kind != "O" or any(isinstance(v, (str, bool)) for v in values):
        return None
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        return None


class TakeRows:
    """A change of columns that takes the values of other rows."""

    def __init__(self, rows):
        self.rows = rows

    def __call__(self, values, numbers):
        return values[self.rows]


def with_columns(X, columns, change):
    """Return a copy of X with ``change(values, numbers)`` in place of some columns.

    Parameters
    ----------
    X : table
        As :func:`as_table` returns it.
    columns : ndarray of int
        Which columns.
    change : callable
        Maps what :func:`read_column` returns to an ndarray of shape (n_samples,).
    """
    if isinstance(X, dict):
        return _with_gram_columns(X, columns, change)
    if issparse(X):
        return _with_sparse_columns(X, columns, change)
    if hasattr(X, "iloc"):
        return _with_pandas_columns(X, columns, change)
    if hasattr(X, "get_column"):
        series = [_changed_polars(X[X.columns[j]], change) for j in columns]
        return X.with_columns(series)
    if hasattr(X, "to_list"):
        return _changed_polars(X, change)
    if isinstance(X, list):
        return change(*read_column(X, 0)).tolist()
    out = np.array(X)
    if out.dtype.kind in "iub":
        out = out.astype(np.float64)
    if out.ndim == 1:
        return change(*read_column(X, 0))
    for j in columns:
        out[:, j] = change(*read_column(X, j))
    return out


def _with_gram_columns(X, columns, change):
    out, first = {}, 0
    for name, gram in X.items():
        mine = columns[(columns >= first) & (columns < first + gram.shape[1])] - first
        out[name] = with_columns(gram, mine, change)
        first += gram.shape[1]
    return out


def _with_sparse_columns(X, columns, change):
    source = X.tocsc()
    if isinstance(change, TakeRows):  # zeros stay zeros
        parts = [csc_array(X[:, columns][change.rows])]
    else:
        chunks = [columns[k : k + _CHUNK] for k in range(0, len(columns), _CHUNK)]
        parts = [_changed_block(source[:, chunk], change) for chunk in chunks]
    others = np.setdiff1d(np.arange(X.shape[1]), columns)
    if len(others):
        parts.append(csc_array(source[:, others]))
    order = np.argsort(np.concatenate([columns, others]))
    return type(X)(hstack(parts, format="csc")[:, order].tocsr())


def _changed_block(block, change):
    columns = block.toarray().T
    changed = [change(values, as_numbers(values)) for values in columns]
    return csc_array(np.column_stack(changed))


def _with_pandas_columns(X, columns, change):
    if X.ndim == 1:
        return _changed_pandas(X, change)
    X = X.copy()
    for j in columns:
        X.isetitem(j, _changed_pandas(X.iloc[:, j], change))
    return X


def _changed_pandas(column, change):
    values, numbers = read_column(column, 0)
    new = type(column)(change(values, numbers), index=column.index, name=column.name)
    return new.astype(column.dtype) if numbers is None else new


def _changed_polars(column, change):
    values, numbers = _read_polars(column)
    new = change(values, numbers)
    if numbers is not None:
        return type(column)(column.name, new)
    return type(column)(column.name, new.tolist(), dtype=column.dtype)
