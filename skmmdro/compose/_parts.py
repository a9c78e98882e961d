"""Check the (name, transformer, columns) triples of a ModalityTransformer."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.utils import get_tags

from .._sklearn import safe_indexing
from ..modalities import REMAINDER, SEPARATOR, column_indices
from ._columns import missing_rows

# the held ColumnTransformer refuses modalities that are called like its parameters
_RESERVED = {
    *ColumnTransformer([]).get_params(deep=False),
    *("encoder_error", "missing", "n_bootstrap", "random_state", "scale", REMAINDER),
}


def resolve_columns(transformers, X):
    """Return the input columns of each modality.

    Parameters
    ----------
    transformers : list of tuple
        The (name, transformer, columns) triples.
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Validated data.

    Returns
    -------
    columns : dict
        Modality name -> ndarray of int. The last one is "remainder": what is left,
        possibly nothing.

    Raises
    ------
    ValueError
        If there are no triples, one is malformed, a name cannot be used, columns do
        not exist, or a modality is missing in every row.
    """
    _check_triples(transformers)
    _check_names([name for name, _, _ in transformers])
    columns = {name: column_indices(name, key, X) for name, _, key in transformers}
    for name, part, _ in transformers:
        if len(columns[name]) and not _is_drop(part):
            _check_observed(name, safe_indexing(X, columns[name], axis=1))
    taken = np.concatenate(list(columns.values()))
    return {**columns, REMAINDER: np.setdiff1d(np.arange(X.shape[1]), taken)}


def _check_observed(name, block):
    if missing_rows(block).all():
        raise ValueError(
            f"modality {name!r} is missing (NaN or None) in every row, so there is "
            "nothing to fit its transformer on; leave it out ('drop')."
        )


def _check_triples(transformers):
    if len(transformers) == 0:
        raise ValueError(
            "transformers is empty; pass at least one (name, transformer, columns)."
        )
    for triple in transformers:
        if not isinstance(triple, (tuple, list)) or len(triple) != 3:
            raise ValueError(
                "transformers must hold tuples (name, transformer, columns), got "
                f"{triple!r}."
            )


def _check_names(names):
    for name in names:
        if not isinstance(name, str) or not name:
            raise ValueError(f"modality names must be non-empty strings, got {name!r}.")
        if SEPARATOR in name:
            raise ValueError(
                f"modality name {name!r} contains {SEPARATOR!r}, which separates the "
                "modality from the feature in column names; rename it."
            )
        if name in _RESERVED:
            raise ValueError(
                f"modality name {name!r} is also a parameter, and set_params could "
                "not tell them apart; rename it."
            )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"modality names must differ, but {repeated} occur more than once in "
            f"{names}."
        )


def output_blocks(column_transformer, input_columns):
    """Return the output columns of each modality.

    Parameters
    ----------
    column_transformer : ColumnTransformer
        Fitted.
    input_columns : dict
        Modality name -> input columns.

    Returns
    -------
    blocks : dict
        Name -> slice, for the modalities that are not dropped, in column order.

    Raises
    ------
    ValueError
        If a modality that is not dropped has no columns, or all are dropped.
    """
    indices = getattr(column_transformer, "output_indices_", {})
    blocks = {}
    for name, part, _ in column_transformer.transformers_:
        block = indices.get(name, slice(0, 0))
        n_inputs = len(input_columns[name])
        if block.start < block.stop:
            blocks[name] = block
        elif not _is_drop(part) and (n_inputs or name != REMAINDER):
            reason = "its transformer returned none" if n_inputs else "it selects none"
            raise ValueError(
                f"modality {name!r} has no columns: {reason}. Mend it, or set its "
                "transformer to 'drop'."
            )
    if not blocks:
        raise ValueError(
            f"every modality is dropped: {[n for n in input_columns if n != REMAINDER]}"
            "; give at least one of them a transformer or 'passthrough'."
        )
    return blocks


def numbered_names(transformers, widths, input_columns, names_in):
    """Return names of output columns where a transformer does not tell them.

    Parameters
    ----------
    transformers : dict
        Modality name -> fitted transformer.
    widths : dict
        Modality name -> number of output columns.
    input_columns : dict
        Modality name -> indices of its input columns.
    names_in : array-like of str of shape (n_features,)
        Names of all input columns.

    Returns
    -------
    names : ndarray of str of shape (n_features_out,)
        ``modality__feature``, the features counted from 0 if they have no names.
    """
    names_in = np.asarray(names_in, dtype=object)
    names = []
    for modality, width in widths.items():
        try:
            features = transformers[modality].get_feature_names_out(
                names_in[input_columns[modality]]
            )
        except AttributeError:
            features = range(width)
        names += [f"{modality}{SEPARATOR}{feature}" for feature in features]
    return np.asarray(names, dtype=object)


def _is_drop(part):
    return isinstance(part, str) and part == "drop"


def combine_tags(tags, estimators):
    """Edit `tags` to what all of `estimators` can do together.

    Parameters
    ----------
    tags : sklearn.utils.Tags
        Edited in place.
    estimators : list of estimator
        Those that transform a modality.
    """
    parts = [get_tags(estimator) for estimator in estimators]
    tags.input_tags.sparse = all(part.input_tags.sparse for part in parts)
    tags.input_tags.allow_nan = all(takes_missing(part) for part in estimators)
    tags.input_tags.string = any(
        part.input_tags.string or part.no_validation for part in parts
    )
    tags.input_tags.positive_only = any(part.input_tags.positive_only for part in parts)
    tags.target_tags.required = any(part.target_tags.required for part in parts)
    tags.non_deterministic = any(part.non_deterministic for part in parts)
    tags.transformer_tags.preserves_dtype = [
        dtype
        for dtype in ("float64", "float32")
        if all(_preserves(part, dtype) for part in parts)
    ]


def has_tags(part):
    """Whether `part` is an estimator; "drop" is none, and fit reports anything else."""
    return hasattr(part, "__sklearn_tags__") and not isinstance(part, type)


def takes_missing(part):
    """Whether a transformer may be given missing values.

    It may if it lets NaN through or fills them. What an estimator fills is in no tag;
    that of imputers is in their name, and encoders of categories have a level for it.

    Parameters
    ----------
    part : estimator, "passthrough" or "drop"

    Returns
    -------
    takes : bool
    """
    if not has_tags(part):
        return True
    steps = getattr(part, "steps", None)
    if steps is not None:  # NaN has to get through all steps, or up to one that fills
        for _, step in steps:
            if _fills(step):
                return True
            if not takes_missing(step):
                return False
        return True
    parts = getattr(part, "transformers", getattr(part, "transformer_list", None))
    if parts is not None:
        return all(takes_missing(entry[1]) for entry in parts)
    tags = get_tags(part)
    return tags.input_tags.allow_nan or tags.no_validation


def _fills(part):
    return has_tags(part) and (
        "Imputer" in type(part).__name__ or get_tags(part).input_tags.categorical
    )


def _preserves(part, dtype):
    known = part.transformer_tags
    return known is not None and dtype in known.preserves_dtype
