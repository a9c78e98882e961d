"""Which columns of X belong to which modality."""

import numpy as np
from sklearn.exceptions import NotFittedError

from ..modalities import REMAINDER, SINGLE, column_indices, resolve_modalities
from ._tables import n_columns, n_rows, take_rows

_INNER = ("best_estimator_", "estimator", "regressor_", "regressor")
_FEW = 2  # rows that are transformed to see what a step gets


def modality_columns(modalities, X, estimator):
    """Return ``{name: column indices of X}`` for evaluation.

    Unlike in a fit, columns may be left out and belong to several modalities.

    Parameters
    ----------
    modalities : dict, list of int or None
        As stated. None: what the estimator or a step of a Pipeline states; otherwise
        read from the names of the columns.
    X : table
        Data as the estimator gets them.
    estimator : estimator
        Fitted model.

    Raises
    ------
    ValueError
        If columns are not found, or modalities that a step of a Pipeline states cannot
        be traced back to columns of X.
    """
    if isinstance(X, dict):
        return _gram_columns(modalities, X)
    if not hasattr(X, "shape") or len(X.shape) == 1:
        if modalities is not None:
            raise ValueError(
                f"modalities={modalities!r}, but X has one value for each sample and "
                "so one modality; leave modalities out."
            )
        return {SINGLE: np.zeros(1, dtype=np.intp)}
    if modalities is None:
        stated = _stated_by(estimator, X)
        if stated is not None:
            return stated
    return _resolve(modalities, X)


def _gram_columns(modalities, X):
    if modalities is not None:
        raise ValueError(
            "modalities must be None for several Gram matrices, which are one modality "
            f"each; got {modalities!r}."
        )
    edges = np.cumsum([0, *(gram.shape[1] for gram in X.values())])
    return {name: np.arange(edges[k], edges[k + 1]) for k, name in enumerate(X)}


def _resolve(modalities, X):
    """Return the columns of stated modalities, or those that names of columns tell."""
    if not isinstance(modalities, dict) or not modalities or _has_rest(modalities):
        names = np.asarray(X.columns) if hasattr(X, "columns") else None
        return resolve_modalities(modalities, X, names).as_dict()
    columns = {name: column_indices(name, key, X) for name, key in modalities.items()}
    for name, found in columns.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"modality names must be non-empty strings, got {name!r}.")
        if not len(found) or len(np.unique(found)) < len(found):
            raise ValueError(
                f"modality {name!r} must have at least one column and none twice; got "
                f"{modalities[name]!r}."
            )
    return columns


def _has_rest(modalities):
    keys = modalities.values()
    return any(isinstance(key, str) and key == REMAINDER for key in keys)


# -- what a model states ---------------------------------------------------------------


def _unwrapped(estimator):
    """Return the model that a search or another meta-estimator gives X to."""
    for name in _INNER:
        inner = getattr(estimator, name, None)
        if hasattr(inner, "fit"):
            return _unwrapped(inner)
    return estimator


def _steps(pipeline):
    """Return the steps of a Pipeline that do anything, as (name, estimator)."""
    return [(name, step) for name, step in pipeline.steps if hasattr(step, "fit")]


def _states(estimator):
    """Whether an estimator says which modalities there are."""
    estimator = _unwrapped(estimator)
    if hasattr(estimator, "steps"):
        return any(_states(step) for _, step in _steps(estimator))
    if hasattr(estimator, "transformers") or len(_fitted_columns(estimator)) > 1:
        return True
    return getattr(estimator, "modalities", None) is not None


def _fitted_columns(estimator):
    columns = getattr(estimator, "modalities_", None)
    return columns if isinstance(columns, dict) else {}


def _stated_by(estimator, X):
    """Return ``{name: columns of X}`` as an estimator states it, or None."""
    estimator = _unwrapped(estimator)
    if not _states(estimator):
        return None
    if hasattr(estimator, "steps"):
        return _stated_in_pipeline(estimator, X)
    if hasattr(estimator, "transformers"):
        return _transformed_columns(estimator, X)
    fitted = _fitted_columns(estimator)
    if fitted:
        return {name: np.asarray(columns) for name, columns in fitted.items()}
    return _resolve(estimator.modalities, X)


def _transformed_columns(transformer, X):
    """Return the columns that each part of a transformer takes."""
    parts = transformer.transformers
    columns = {name: column_indices(name, key, X) for name, _, key in parts}
    used = np.concatenate(list(columns.values()))
    columns = {n: columns[n] for n, part, _ in parts if not _is_drop(part)}
    rest = np.setdiff1d(np.arange(X.shape[1]), used)
    if not _is_drop(transformer.remainder) and len(rest):
        columns[REMAINDER] = rest
    return {name: found for name, found in columns.items() if len(found)}


def _is_drop(part):
    return isinstance(part, str) and part == "drop"


def _stated_in_pipeline(pipeline, X):
    """Return the columns that the first step with modalities states, traced to X."""
    steps = _steps(pipeline)
    index = next(i for i, (_, step) in enumerate(steps) if _states(step))
    if index == 0:
        return _stated_by(steps[0][1], X)
    before = [step for _, step in steps[:index]]
    origin = _origins(before, X)
    if origin is None:
        passed = [name for name, _ in steps[:index]]
        raise ValueError(
            f"step {steps[index][0]!r} of the Pipeline states modalities of the "
            f"columns it gets, which cannot be traced back through {passed}; pass "
            "modalities={'name': columns of X, ...}."
        )
    few = take_rows(X, np.arange(min(_FEW, n_rows(X))))
    for step in before:
        few = step.transform(few)
    stated = _stated_by(steps[index][1], few)
    return {name: origin[columns] for name, columns in stated.items()}


def _origins(transformers, X):
    """Return the column of X that each transformed column is; None if unknown.

    A transformer that keeps, drops or reorders columns leaves them their names.
    """
    origin = np.arange(n_columns(X))
    names = np.asarray(
        X.columns if hasattr(X, "columns") else [f"x{j}" for j in origin], dtype=object
    )
    for transformer in transformers:
        try:
            after = transformer.get_feature_names_out(names)
        except (AttributeError, NotFittedError, ValueError):
            return None
        places = {name: j for j, name in enumerate(names)}
        if len(places) < len(names) or not all(name in places for name in after):
            return None
        origin = origin[[places[name] for name in after]]
        names = np.asarray(after, dtype=object)
    return origin
