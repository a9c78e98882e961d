"""What a column holds, and which rows of a block are missing."""

import datetime

import numpy as np
from scipy.sparse import issparse

from .._validation import is_missing
from ._frames import frame_library, series_library

# A column of strings is text if its values have this many words on average, or if there
# are more distinct ones than this: one-hot columns for them would be too many.
MIN_WORDS_OF_TEXT = 3
MAX_CATEGORIES = 40
_SAMPLE = 1_000  # values looked at; a column that changes its nature later is rare


def missing_values(column):
    """Return which values of one column are missing, ndarray of bool of shape (n,)."""
    library = series_library(column)
    if library == "pandas":
        return column.isna().to_numpy()
    if library == "polars":
        missing = column.is_null()
        if column.dtype.is_float():
            missing = missing | column.is_nan().fill_null(True)
        return missing.to_numpy()
    kind = column.dtype.kind
    if kind in "fc":
        return np.isnan(column)
    if kind in "mM":
        return np.isnat(column)
    if kind == "O":
        return np.fromiter(map(is_missing, column), dtype=bool, count=len(column))
    return np.zeros(len(column), dtype=bool)


def missing_rows(block):
    """Return in which rows every column of a block is missing.

    Parameters
    ----------
    block : DataFrame, Series, ndarray of one or two dimensions or sparse matrix
        One modality.

    Returns
    -------
    missing : ndarray of bool of shape (n_samples,)
        All False for sparse matrices and arrays of more dimensions.
    """
    n_rows = block.shape[0] if hasattr(block, "shape") else len(block)
    columns = [] if issparse(block) else columns_of(block)
    missing = np.full(n_rows, bool(columns))
    for column in columns:
        if not missing.any():  # the usual case, after the first column
            break
        missing &= missing_values(column)
    return missing


def columns_of(block):
    """Return the columns of a block as a list; none if it has more dimensions."""
    library = frame_library(block)
    if library == "pandas":
        return [block.iloc[:, j] for j in range(block.shape[1])]
    if library == "polars":
        return block.get_columns()
    if series_library(block):
        return [block]
    block = np.asarray(block)
    if block.ndim == 1:
        return [block]
    return list(block.T) if block.ndim == 2 else []


def column_kind(column):
    """Return what a column holds.

    Parameters
    ----------
    column : Series or ndarray of shape (n_samples,)
        One column.

    Returns
    -------
    kind : {"number", "date", "category", "text", "vector", "image"}
        "vector" and "image": every cell is an array, of one or of more dimensions.
    """
    library = series_library(column)
    if library == "pandas" and type(column.dtype).__name__ == "CategoricalDtype":
        return "category"
    if library == "polars" and str(column.dtype).startswith(("Categorical", "Enum")):
        return "category"
    if not library and column.dtype.kind in "iufb":
        return "number"
    values = column.to_numpy() if library else np.asarray(column)
    if values.ndim > 1:  # polars' arrays of fixed shape
        return "vector" if values.ndim == 2 else "image"
    if values.dtype.kind in "iufbm":
        return "number"
    if values.dtype.kind == "M":
        return "date"
    return _kind_of_objects(values)


def _kind_of_objects(values):
    present = []
    for value in values:
        if not is_missing(value):
            present.append(value)
        if len(present) == _SAMPLE:
            break
    if not present:
        return "number"  # imputed as a constant
    if all(isinstance(v, (np.ndarray, list, tuple)) for v in present):
        return "vector" if np.ndim(present[0]) == 1 else "image"
    if all(isinstance(v, (int, float, np.number, np.bool_)) for v in present):
        return "number"
    if all(isinstance(v, (datetime.date, np.datetime64)) for v in present):
        return "date"
    if all(isinstance(v, str) for v in present) and _is_text(present):
        return "text"
    return "category"


def _is_text(strings):
    words = np.mean([len(string.split()) for string in strings])
    return words >= MIN_WORDS_OF_TEXT or len(set(strings)) > MAX_CATEGORIES
