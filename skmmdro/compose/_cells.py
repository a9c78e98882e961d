"""Arrays in the cells of a column, or spread over columns, to a table of numbers."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import check_feature_names_in
from .._validation import is_missing
from ._columns import column_kind, columns_of
from ._frames import series_library


class ArrayTable(TransformerMixin, BaseEstimator):
    """Make a table with one number per column from arrays.

    X is a table of numbers already (one row for each array), or one column whose cells
    are arrays of one shape, or an array with more than two dimensions.

    Parameters
    ----------
    shape : tuple of int or None, default=None
        Shape of each array. None: as in fit.

    Attributes
    ----------
    n_features_in_ : int
        Number of entries of each array.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if X was a DataFrame with a string name for each.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.compose._cells import ArrayTable
    >>> ArrayTable(shape=(2, 3)).fit_transform(np.zeros((5, 2, 3))).shape
    (5, 6)
    """

    def __init__(self, shape=None):
        self.shape = shape

    def fit(self, X, y=None):
        """Take the number of entries.

        Parameters
        ----------
        X : array-like or DataFrame
            Arrays.
        y : None
            Ignored.

        Returns
        -------
        self : ArrayTable

        Raises
        ------
        ValueError
            If arrays have another shape than `shape`, or differ in shape.
        """
        self._cells = False
        self._table(X, reset=True)
        return self

    def transform(self, X):
        """Make the table.

        Parameters
        ----------
        X : array-like or DataFrame
            Arrays, as in fit.

        Returns
        -------
        table : ndarray of shape (n_samples, n_features_in_)
            Rows of missing cells are NaN.
        """
        check_is_fitted(self)
        return self._table(X, reset=False)

    def _table(self, X, *, reset):
        if isinstance(X, (list, tuple)) and np.ndim(X) > 2:
            X = np.asarray(X)
        cells = _cells_of(X)
        if cells is not None:
            expected = self.shape if reset or self.shape else (self.n_features_in_,)
            X = _stack(cells, None if expected is None else tuple(expected))
            self._cells = self._cells or reset
        elif getattr(X, "ndim", 2) > 2:
            self._check_shape(X.shape[1:])
            X = X.reshape(len(X), -1)
        X = validate_data(
            self,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
        )
        if self.shape is not None and X.shape[1] != np.prod(self.shape):
            raise ValueError(
                f"arrays of shape {tuple(self.shape)} have {np.prod(self.shape)} "
                f"entries, but X has {X.shape[1]} columns. Pass the shape of the data, "
                "or give each array one row with all its entries."
            )
        return X

    def _check_shape(self, shape):
        if self.shape is not None and tuple(shape) != tuple(self.shape):
            raise ValueError(
                f"expected arrays of shape {tuple(self.shape)}, got arrays of shape "
                f"{tuple(shape)}; bring all to one shape first."
            )

    def get_feature_names_out(self, input_features=None):
        """Names of the entries: those of the columns, or "x0", "x1", ...

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns; the name of a single column of arrays is not used.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
        """
        check_is_fitted(self)
        return check_feature_names_in(self, None if self._cells else input_features)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _cells_of(X):
    """Return the cells, if X is a single column of arrays; None otherwise."""
    if isinstance(X, (list, tuple)):
        return None
    kinds = [column_kind(column) for column in columns_of(X)]
    arrays = [kind for kind in kinds if kind in ("vector", "image")]
    if not arrays:
        return None
    if len(kinds) > 1:
        raise ValueError(
            f"expected numbers or a single column of arrays, got {len(kinds)} columns "
            f"of the kinds {sorted(set(kinds))}; make each column of arrays a modality."
        )
    column = columns_of(X)[0]
    return column.to_list() if series_library(column) == "polars" else list(column)


def _stack(cells, shape):
    """Return the cells as rows; those that are missing as NaN."""
    missing = [np.ndim(cell) == 0 and is_missing(cell) for cell in cells]
    arrays = [np.asarray(c) for c, gone in zip(cells, missing, strict=True) if not gone]
    if shape is None:
        if not arrays:
            raise ValueError("every array is missing; leave the modality out ('drop').")
        shape = arrays[0].shape
    for array in arrays:
        if array.shape not in (shape, (np.prod(shape),)):
            raise ValueError(
                f"expected arrays of shape {shape}, got one of shape {array.shape}; "
                "bring all to one shape first."
            )
    table = np.full((len(cells), int(np.prod(shape))), np.nan)
    table[~np.array(missing)] = [array.ravel() for array in arrays] or 0
    return table
