"""Which columns belong to which modality.

Modalities are stated in one of three ways, see :func:`resolve_modalities`, or not at
all: then column names of the form ``modality__feature``, or the tag that
:class:`~skmmdro.compose.ModalityTransformer` leaves on arrays, are read.
"""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
from scipy.sparse import issparse

from ._sklearn import check_frame, get_column_indices

SEPARATOR = "__"
REMAINDER = "remainder"
_ENCODER_ERROR = "skmmdro_encoder_error"  # key in the attrs of a pandas DataFrame
SINGLE = "x"  # name of the only modality where nothing says otherwise
_UNTAGGED_HINT = (
    "X states no modalities, so it is one modality named 'x': pass "
    "modalities={'name': columns, ...}, or a DataFrame with columns named "
    "'modality__feature' as ModalityTransformer returns it."
)


@dataclass(frozen=True)
class Modalities:
    """Disjoint column groups that cover all columns.

    Attributes
    ----------
    names : tuple of str
        Name of each modality, in order.
    columns : tuple of ndarray of int
        Column indices of each modality.
    hint : str
        Advice to append to an error about unknown names.
    encoder_error : dict or None
        Encoder error by modality name that came with the data, if any did.
    """

    names: tuple
    columns: tuple
    hint: str = ""
    encoder_error: dict | None = None

    def __len__(self):
        return len(self.names)

    @cached_property
    def labels(self):
        """Modality index of each column, ndarray of shape (n_features,)."""
        labels = np.empty(sum(map(len, self.columns)), dtype=np.intp)
        for k, columns in enumerate(self.columns):
            labels[columns] = k
        return labels

    def as_dict(self):
        """Return ``{name: column indices}``."""
        return dict(zip(self.names, self.columns, strict=True))

    def leading(self, size):
        """Return the first `size` modalities."""
        return Modalities(self.names[:size], self.columns[:size], self.hint)


def resolve_modalities(modalities, X, feature_names=None):
    """Find the column groups of X.

    Parameters
    ----------
    modalities : dict, list of int or None
        - dict: name -> columns (names, slice, boolean mask, integers or a callable
          that takes X). One entry may be ``"remainder"``: all other columns.
        - list of int: block widths in column order; the modalities are named
          "x0", "x1", ...
        - None: read from the columns' names ``modality__feature`` or from the tag of
          a :class:`~skmmdro.compose.ModalityTransformer`; otherwise all columns are
          one modality named "x".
    X : array-like or sparse matrix of shape (n_samples, n_features)
        The data as the user passed it.
    feature_names : ndarray of str or None
        Column names, if X has any.

    Returns
    -------
    modalities : Modalities
        With the encoder error that X carries, if it carries one.

    Raises
    ------
    ValueError
        If groups overlap, are empty, name missing columns or leave columns out.
    TypeError
        If scikit-learn is too old to read X, see the message.
    """
    check_frame(X)
    n_features = X.shape[1]
    error = read_encoder_error(X)
    if isinstance(modalities, dict):
        groups = _groups_from_dict(modalities, X, n_features)
    elif modalities is not None:
        groups = _groups_from_widths(modalities, n_features)
    else:
        tagged = read_tag(X)
        groups = tagged if tagged else _groups_from_names(feature_names)
        if groups is None:
            everything = (np.arange(n_features),)
            return Modalities((SINGLE,), everything, _UNTAGGED_HINT, error)
    _check_partition(groups, n_features, feature_names)
    return Modalities(tuple(groups), tuple(groups.values()), encoder_error=error)


def _groups_from_dict(spec, X, n_features):
    if not spec:
        raise ValueError("modalities is an empty dict; state at least one modality.")
    is_rest = {
        name: isinstance(key, str) and key == REMAINDER for name, key in spec.items()
    }
    if sum(is_rest.values()) > 1:
        rest = [name for name in spec if is_rest[name]]
        raise ValueError(f"only one modality may be 'remainder', got {rest}.")
    groups = {}
    for name, key in spec.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"modality names must be non-empty strings, got {name!r}.")
        groups[name] = None if is_rest[name] else column_indices(name, key, X)
    used = [columns for columns in groups.values() if columns is not None]
    taken = np.concatenate(used) if used else np.empty(0, dtype=np.intp)
    rest = np.setdiff1d(np.arange(n_features), taken)
    return {n: (rest if columns is None else columns) for n, columns in groups.items()}


def column_indices(name, key, X):
    """Return the indices of the columns that `key` selects for modality `name`.

    Parameters
    ----------
    name : str
        Modality, for error messages.
    key : str, int, slice, list, mask or callable
        Selection as in scikit-learn's ColumnTransformer.
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Data.

    Returns
    -------
    columns : ndarray of int
    """
    if callable(key):
        key = key(X)
    if isinstance(key, slice) and key == slice(None):
        return np.arange(X.shape[1])  # scikit-learn takes this for column names
    try:
        return np.asarray(get_column_indices(X, key), dtype=np.intp).reshape(-1)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        known = getattr(X, "columns", None)
        expected = (
            f"the columns are {list(known)}"
            if known is not None
            else f"X has no column names and n_features={X.shape[1]}: use integers "
            "below that, a slice or a mask"
        )
        raise ValueError(
            f"modality {name!r}: columns {key!r} not found ({error}); {expected}."
        ) from error


def _groups_from_widths(widths, n_features):
    widths = list(widths)
    if not all(isinstance(w, Integral) and w > 0 for w in widths):
        raise ValueError(
            f"modalities as a list must hold positive block widths, got {widths}."
        )
    if sum(widths) != n_features:
        raise ValueError(
            f"modalities={widths} adds up to {sum(widths)} columns, but X has "
            f"{n_features}; the widths must cover every column."
        )
    edges = np.cumsum([0, *widths])
    return {
        f"{SINGLE}{k}": np.arange(edges[k], edges[k + 1]) for k in range(len(widths))
    }


def _groups_from_names(feature_names):
    """Read ``modality__feature`` names; None if no name has a prefix."""
    if feature_names is None:
        return None
    prefixes = [str(name).partition(SEPARATOR) for name in feature_names]
    plain = [
        name
        for name, (prefix, separator, _) in zip(feature_names, prefixes, strict=True)
        if not separator or not prefix
    ]
    if len(plain) == len(prefixes):
        return None
    if plain:
        raise ValueError(
            f"some column names have the form 'modality__feature' and others do not: "
            f"{plain[:5]}. Rename them or pass modalities={{'name': columns, ...}}."
        )
    groups = {}
    for column, (prefix, _, _) in enumerate(prefixes):
        groups.setdefault(prefix, []).append(column)
    return {name: np.array(columns) for name, columns in groups.items()}


def _check_partition(groups, n_features, feature_names):
    empty = [name for name, columns in groups.items() if len(columns) == 0]
    if empty:
        raise ValueError(f"modalities {empty} have no columns; leave them out.")
    counts = np.zeros(n_features, dtype=np.intp)
    for columns in groups.values():
        np.add.at(counts, columns, 1)

    def named(mask):
        found = np.flatnonzero(mask)[:5]
        return (found if feature_names is None else feature_names[found]).tolist()

    if np.any(counts > 1):
        raise ValueError(
            f"modalities overlap: columns {named(counts > 1)} are in more than one "
            f"group of {list(groups)}, or twice in one."
        )
    if np.any(counts == 0):
        raise ValueError(
            f"columns {named(counts == 0)} are in no modality of {list(groups)}; add "
            "them to one, or add an entry such as {'rest': 'remainder'}."
        )


class _TaggedArray(np.ndarray):
    """A plain array that remembers its modalities until anything is done to it.

    Rows taken from it remember them too. Every other view, slice or result is
    untagged, since it may have other columns; inside a Pipeline the array reaches the
    next step as it is.
    """

    def __array_finalize__(self, source):
        self.modality_columns_ = self.encoder_error_ = None

    def __getitem__(self, key):
        part = super().__getitem__(key)
        if isinstance(key, tuple) and len(key) == 2 and _is_everything(key[1]):
            key = key[0]  # scikit-learn takes rows by X[rows, ...]
        takes_rows = not isinstance(key, tuple) and np.ndim(part) == 2
        if takes_rows and part.shape[1] == self.shape[1]:
            part.modality_columns_ = self.modality_columns_
            part.encoder_error_ = self.encoder_error_
        return part

    def __reduce_ex__(self, protocol):
        # kept when pickled, or a Pipeline with `memory` loses it on the second fit
        plain = np.asarray(self)
        if self.modality_columns_ is None:
            return plain.__reduce_ex__(protocol)
        return tag_modalities, (plain, self.modality_columns_, self.encoder_error_)


def _is_everything(key):
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def tag_modalities(X, columns, encoder_error=None):
    """Let the array or sparse matrix X carry ``{name: column indices}``.

    And the encoder error of each modality, if there is one.
    """
    if not issparse(X):
        X = np.asarray(X).view(_TaggedArray)
    X.modality_columns_ = {name: np.asarray(cols) for name, cols in columns.items()}
    X.encoder_error_ = encoder_error
    return X


def tag_frame(X, encoder_error):
    """Let the DataFrame X carry the encoder error of each modality."""
    if hasattr(X, "attrs"):  # pandas keeps these when rows are taken, and in pickles
        X.attrs[_ENCODER_ERROR] = dict(encoder_error)
    else:  # polars has no place for it; results of any operation are untagged
        X.encoder_error_ = dict(encoder_error)
    return X


def read_tag(X):
    """Return the column groups that `tag_modalities` left on X, or None."""
    columns = getattr(X, "modality_columns_", None)
    if columns is None or sum(map(len, columns.values())) != X.shape[1]:
        return None
    return columns


def read_encoder_error(X):
    """Return the encoder error by modality that X carries, or None."""
    attrs = getattr(X, "attrs", None)
    if isinstance(attrs, dict):
        return attrs.get(_ENCODER_ERROR)
    return getattr(X, "encoder_error_", None)
