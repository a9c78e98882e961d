"""Put named arrays side by side in one DataFrame."""

import numpy as np
from scipy.sparse import issparse

from ..modalities import SEPARATOR
from ._frames import frame_library, import_library, series_library


def stack_modalities(parts):
    """Put the modalities side by side in one DataFrame.

    The columns are called ``modality__feature``, from which the estimators of this
    library read the modalities.

    Parameters
    ----------
    parts : dict
        Modality name -> array-like or DataFrame of shape (n_samples, n_columns), or
        array-like or Series of shape (n_samples,), which becomes one column. All have
        the same number of rows, in the same order. Features are named by the columns
        of a DataFrame or the name of a Series, and "0", "1", ... otherwise.

    Returns
    -------
    frame : DataFrame of shape (n_samples, n_features)
        Of polars, if `parts` holds polars frames or series and none of pandas;
        otherwise of pandas, with the index of the first one of pandas in `parts`.

    Raises
    ------
    ValueError
        If `parts` is empty, a name cannot be used, a part has more than two
        dimensions or no columns, the numbers of rows differ, pandas indices differ or
        two columns have one name.
    TypeError
        If `parts` is not a dict or a part is sparse.
    ImportError
        If pandas is needed and not installed.

    See Also
    --------
    ModalityTransformer : Transform and scale modalities that are columns of one table.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skmmdro.compose import stack_modalities
    >>> stack_modalities({
    ...     "image": np.array([[0.5, 1.0], [0.0, 2.0]]),
    ...     "tabular": pd.DataFrame({"age": [30, 40]}, index=["ann", "bob"]),
    ... })
         image__0  image__1  tabular__age
    ann       0.5       1.0            30
    bob       0.0       2.0            40
    """
    _check_mapping(parts)
    parts = {name: _as_two_dimensional(name, part) for name, part in parts.items()}
    n_rows = {name: part.shape[0] for name, part in parts.items()}
    if len(set(n_rows.values())) > 1:
        listed = ", ".join(f"{name!r} has {n}" for name, n in n_rows.items())
        raise ValueError(f"the modalities have different numbers of rows: {listed}.")
    names = _column_names(parts)
    libraries = {frame_library(part) for part in parts.values()} - {None}
    if libraries == {"polars"}:
        return _stack_polars(parts, names)
    return _stack_pandas(parts, names)


def _check_mapping(parts):
    if not isinstance(parts, dict):
        raise TypeError(
            f"parts must be a dict modality name -> array, got {type(parts).__name__}."
        )
    if not parts:
        raise ValueError("parts is empty; pass at least one modality.")
    for name in parts:
        if not isinstance(name, str) or not name or SEPARATOR in name:
            raise ValueError(
                "modality names must be non-empty strings without "
                f"{SEPARATOR!r}, got {name!r}."
            )


def _as_two_dimensional(name, part):
    if issparse(part):
        raise TypeError(
            f"modality {name!r} is sparse, and a DataFrame would store all its zeros. "
            "Reduce it, for example with TruncatedSVD, or call its toarray(); or join "
            "the modalities with scipy.sparse.hstack and pass modalities={'name': "
            "columns, ...} to the estimator."
        )
    if series_library(part):
        part = part.to_frame("0" if part.name in (None, "") else part.name)
    elif not frame_library(part):
        part = np.asarray(part)
        part = part[:, None] if part.ndim == 1 else part
        if part.ndim != 2:
            raise ValueError(
                f"modality {name!r} must have one or two dimensions, got an array of "
                f"shape {part.shape}; flatten each sample to one row."
            )
    if part.shape[1] == 0:
        raise ValueError(f"modality {name!r} has no columns; leave it out.")
    return part


def _column_names(parts):
    """Return ``{modality: column names of the result}``."""
    names = {
        modality: [
            f"{modality}{SEPARATOR}{feature}"
            for feature in (
                part.columns if frame_library(part) else range(part.shape[1])
            )
        ]
        for modality, part in parts.items()
    }
    for modality, columns in names.items():
        repeated = sorted({column for column in columns if columns.count(column) > 1})
        if repeated:
            raise ValueError(
                f"modality {modality!r} would have the columns {repeated} more than "
                "once; rename the columns of its DataFrame."
            )
    return names


def _stack_polars(parts, names):
    pl = import_library("polars", caller="stack_modalities")
    columns = []
    for modality, part in parts.items():
        features = part.get_columns() if frame_library(part) else part.T
        for name, feature in zip(names[modality], features, strict=True):
            columns.append(pl.Series(name, feature))
    return pl.DataFrame(columns)


def _stack_pandas(parts, names):
    pd = import_library("pandas", caller="stack_modalities")
    index = _common_index(parts)
    blocks = []
    for modality, part in parts.items():
        library = frame_library(part)
        if library == "polars":
            # not to_pandas(), which would need pyarrow
            part = pd.DataFrame({c: part[c].to_numpy() for c in part.columns})
        block = pd.DataFrame(part) if library else pd.DataFrame(part, copy=True)
        block = block.set_axis(names[modality], axis="columns")
        blocks.append(block if index is None else block.set_axis(index, axis="index"))
    return pd.concat(blocks, axis="columns")


def _common_index(parts):
    """Return the index of the pandas frames, None if there are none."""
    first = index = None
    for modality, part in parts.items():
        if frame_library(part) != "pandas":
            continue
        if index is None:
            first, index = modality, part.index
        elif not index.equals(part.index):
            raise ValueError(
                f"the DataFrames of modalities {first!r} and {modality!r} have "
                "different indices, so their rows may not belong together. Align them "
                "with reindex or merge, or call reset_index(drop=True) on each if the "
                "rows are in the same order."
            )
    return index
