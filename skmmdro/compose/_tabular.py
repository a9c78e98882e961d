"""Numbers, categories and dates of a table to numbers."""

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from ._columns import column_kind, columns_of, missing_values
from ._frames import series_library

_DATE_PARTS = (
    "days",
    "year_sin",
    "year_cos",
    "week_sin",
    "week_cos",
    "day_sin",
    "day_cos",
)


class ColumnsOfKind:
    """Callable that selects the columns of X that hold one kind of values.

    Parameters
    ----------
    *kinds : str
        As :func:`column_kind` returns them.
    """

    def __init__(self, *kinds):
        self.kinds = kinds

    def __call__(self, X):
        if issparse(X):
            raise TypeError(
                "tabular_encoder takes a dense table, got a sparse matrix; use "
                "MaxAbsScaler or 'passthrough' for sparse numbers, or X.toarray()."
            )
        return [j for j, c in enumerate(columns_of(X)) if column_kind(c) in self.kinds]

    def __repr__(self):
        return f"{type(self).__name__}{self.kinds}"


def tabular_encoder(*, min_frequency=0.01, max_categories=50):
    """Impute and scale numbers, encode categories and dates.

    Numbers get the median where missing and are standardised. Categories become one
    column for each level; rare levels share one. Dates become the number of days and
    the position in the year, the week and the day, as sine and cosine.

    Parameters
    ----------
    min_frequency : int in [1, inf), float in (0, 1) or None, default=0.01
        Levels of a category that fewer samples (int) or a smaller share of them (float)
        have are rare.
    max_categories : int in [1, inf) or None, default=50
        Largest number of columns for a category; the least frequent levels are rare.

    Returns
    -------
    encoder : sklearn.compose.ColumnTransformer
        With the parts "numbers", "categories" and "dates". Which column goes where is
        found in fit from its type.

    See Also
    --------
    ModalityTransformer : Uses encoders, one for each modality.

    Notes
    -----
    A missing category is a level of its own if it occurs in fit. A level that does not
    occur in fit counts as a rare one, and is all zero if there are none. Columns of
    free text make categories as well; use :func:`text_encoder` for them. Dates are
    columns of a date type; dates in strings have to be parsed first.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmmdro.compose import tabular_encoder
    >>> table = pd.DataFrame({"age": [30, None, 50], "city": ["Oslo", "Rome", None]})
    >>> encoder = tabular_encoder().fit(table)
    >>> list(encoder.get_feature_names_out())
    ['age', 'city_Oslo', 'city_Rome', 'city_nan']
    """
    numbers = Pipeline(
        [
            ("cast", FunctionTransformer(_to_float, feature_names_out="one-to-one")),
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("scale", StandardScaler()),
        ]
    )
    categories = Pipeline(
        [
            ("cast", FunctionTransformer(_to_levels, feature_names_out="one-to-one")),
            (
                "encode",
                OneHotEncoder(
                    min_frequency=min_frequency,
                    max_categories=max_categories,
                    handle_unknown="infrequent_if_exist",
                    sparse_output=False,
                ),
            ),
        ]
    )
    dates = Pipeline(
        [
            ("parts", FunctionTransformer(_date_parts, feature_names_out=_date_names)),
            ("impute", SimpleImputer(keep_empty_features=True)),
            ("scale", StandardScaler()),
        ]
    )
    return ColumnTransformer(
        [
            ("numbers", numbers, ColumnsOfKind("number")),
            ("categories", categories, ColumnsOfKind("category", "text")),
            ("dates", dates, ColumnsOfKind("date")),
        ],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )


def _to_float(X):
    """Return numbers, booleans and durations (in seconds) as float64, missing as NaN.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_columns)

    Returns
    -------
    numbers : ndarray of shape (n_samples, n_columns)
    """
    return np.column_stack([_as_numbers(column) for column in columns_of(X)])


def _as_numbers(column):
    missing = missing_values(column)
    values = np.asarray(column.to_numpy() if series_library(column) else column)
    if values.dtype.kind == "m":
        values = values / np.timedelta64(1, "s")
    numbers = np.full(len(values), np.nan)
    numbers[~missing] = values[~missing].astype(np.float64)
    return numbers


def _to_levels(X):
    """Return the levels as strings, missing ones as NaN, as OneHotEncoder wants them.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_columns)

    Returns
    -------
    levels : ndarray of object of shape (n_samples, n_columns)
    """
    columns = columns_of(X)
    levels = np.empty((len(columns[0]), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        levels[:, j] = [_level(value) for value in column]
        levels[missing_values(column), j] = np.nan
    return levels


def _level(value):
    if isinstance(value, (dict, list, set, np.ndarray)):
        raise TypeError(
            "the argument must be a string or a number: a category cannot be a "
            f"{type(value).__name__}, got {value!r}."
        )
    return str(value)


def _date_parts(X):
    """Return days since 1970 and the phase in the year, the week and the day.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_columns)

    Returns
    -------
    parts : ndarray of shape (n_samples, 7 * n_columns)
        Missing dates are NaN.
    """
    return np.hstack([_parts_of(_as_dates(column)) for column in columns_of(X)])


def _parts_of(dates):
    missing = np.isnat(dates)
    dates = np.where(missing, np.datetime64(0, "s"), dates)
    years = dates.astype("datetime64[Y]").astype("datetime64[s]")
    day = np.timedelta64(1, "D")
    days = dates.astype(np.int64) / 86_400
    phases = [
        (dates - years) / day / 365.25,
        (days - 4) / 7,  # 1970 began on a Thursday: weeks begin on Monday
        days,
    ]
    parts = [days]
    for phase in phases:
        parts += [np.sin(2 * np.pi * phase), np.cos(2 * np.pi * phase)]
    parts = np.column_stack(parts)
    parts[missing] = np.nan
    return parts


def _as_dates(column):
    """Return datetime64[s]; times with a zone become UTC."""
    missing = missing_values(column)
    if series_library(column) == "pandas" and getattr(column.dtype, "tz", None):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    values = np.asarray(column.to_numpy() if series_library(column) else column)
    dates = np.full(len(values), np.datetime64("NaT", "s"))
    dates[~missing] = values[~missing].astype("datetime64[s]")
    return dates


def _date_names(transformer, names_in):
    return np.array([f"{n}_{p}" for n in names_in for p in _DATE_PARTS], dtype=object)
