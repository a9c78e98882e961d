"""pandas and polars, without importing either unless it is needed."""

import sys
from importlib import import_module

import numpy as np


def frame_library(X):
    """Return "pandas", "polars" or None, the library that X is a DataFrame of.

    Whoever made a DataFrame has imported its library, so looking at the modules that
    are loaded is enough and imports nothing.
    """
    return _library_of(X, "DataFrame")


def series_library(x):
    """Return "pandas", "polars" or None, the library that x is a Series of."""
    return _library_of(x, "Series")


def _library_of(X, kind):
    for library in ("pandas", "polars"):
        cls = getattr(sys.modules.get(library), kind, None)
        if cls is not None and isinstance(X, cls):
            return library
    return None


def import_library(library, *, caller):
    """Import pandas or polars, or say how to get it."""
    try:
        return import_module(library)
    except ImportError as error:
        raise ImportError(
            f"{caller} needs {library}, which is not installed. Install it with: "
            'pip install "skmmdro[frames]"'
        ) from error


def make_frame(values, names, *, like, library):
    """Return `values` as a DataFrame with the index of `like`.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_features)
        An object array gets a type for each column, as its values have.
    names : ndarray of str of shape (n_features,)
        Column names.
    like : DataFrame or array-like of n_samples rows
        Where the index comes from, if both are of pandas.
    library : {"pandas", "polars"}
        What to return.

    Returns
    -------
    frame : pandas or polars DataFrame of shape (n_samples, n_features)
    """
    module = import_library(library, caller="ModalityTransformer")
    if library == "pandas":
        index = like.index if frame_library(like) == "pandas" else None
        frame = module.DataFrame(values, index=index, columns=names, copy=False)
        return frame.infer_objects() if values.dtype.kind == "O" else frame
    # polars keeps object arrays as opaque objects; lists it reads by value
    columns = values.T.tolist() if values.dtype.kind == "O" else np.asarray(values).T
    return module.DataFrame(
        [
            module.Series(str(name), column)
            for name, column in zip(names, columns, strict=True)
        ]
    )


def array_type(X):
    """Return the dtype to convert X to: its own (None), or object for text in lists.

    numpy would make the numbers beside the text into text as well.
    """
    if hasattr(X, "dtype") or np.asarray(X).dtype.kind not in "US":
        return None
    return object
