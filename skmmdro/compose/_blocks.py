"""Scale the column blocks of a dense array or CSR matrix."""

from functools import partial

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import gen_batches

# rows looked at together, so that temporaries stay small beside the data
CHUNK_ROWS = 4096


def as_float(X, blocks):
    """Return X with a floating-point type; float32 stays float32.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_features)
        Any type; integers and objects that are numbers become float64.
    blocks : dict
        Modality name -> slice of columns, for the error message.

    Returns
    -------
    X : ndarray or CSR matrix of shape (n_samples, n_features)

    Raises
    ------
    ValueError, TypeError
        If some value is not a number; the message names the modality.
    """
    if X.dtype.kind == "f":
        return X
    if X.dtype.kind in "mM":  # numpy would turn them into counts of nanoseconds
        raise ValueError(
            f"modalities {list(blocks)} are dates or durations after their "
            "transformers; make numbers of them, or pass scale=None."
        )
    try:
        return X.astype(np.float64)
    except (ValueError, TypeError):
        for name, columns in blocks.items():
            try:
                X[:, columns].astype(np.float64)
            except (ValueError, TypeError) as error:
                raise type(error)(
                    f"modality {name!r} has values that are not numbers after its "
                    f"transformer: {error}. Encode them, for example with "
                    "OneHotEncoder, or pass scale=None."
                ) from error
        raise


def root_mean_square_norm(X, columns, name):
    """Root of the mean over rows of the squared Euclidean norm of one block.

    Missing values are left out, column by column: a column counts with the mean of
    the squares that are there. Zeros are not centred away, so that CSR stays CSR.

    Parameters
    ----------
    X : ndarray or CSR matrix of float of shape (n_samples, n_features)
    columns : slice
        The block.
    name : str
        Modality, for the error message.

    Returns
    -------
    norm : float
        Positive; 1.0 for a block of zeros.

    Raises
    ------
    ValueError
        If the block holds infinite values.
    """
    block = X[:, columns]
    pieces = list(_pieces(block))
    peak = max((_peak(values) for values, _ in pieces), default=0.0)
    if np.isinf(peak):
        raise ValueError(
            f"modality {name!r} has an infinite value (inf) after its transformer; "
            "clip or impute it."
        )
    if peak == 0:
        return 1.0
    totals = np.zeros(block.shape[1])
    n_observed = np.full(block.shape[1], block.shape[0])
    for values, add_up in pieces:
        # dividing by the peak first: squares neither overflow nor vanish
        squares = np.square(np.divide(values, peak, dtype=np.float64))
        missing = np.isnan(squares)
        squares[missing] = 0
        totals += add_up(squares)
        n_observed -= add_up(missing).astype(n_observed.dtype)
    return peak * float(np.sqrt(np.sum(totals / np.maximum(n_observed, 1))))


def _pieces(block):
    """Yield the values of a block in parts, and how to add them up by column."""
    if issparse(block):

        def by_index(entries):
            return np.bincount(block.indices, entries, minlength=block.shape[1])

        yield block.data, by_index
        return
    for rows in gen_batches(block.shape[0], CHUNK_ROWS):
        yield block[rows], partial(np.sum, axis=0)


def _peak(values):
    return float(np.fmax.reduce(np.abs(values), axis=None, initial=0))


def divide_blocks(X, blocks, scale):
    """Divide each block by its number.

    Parameters
    ----------
    X : ndarray or CSR matrix of float of shape (n_samples, n_features)
        Dense arrays are overwritten; CSR matrices are not.
    blocks : dict
        Modality name -> slice of columns.
    scale : dict
        Modality name -> positive float.

    Returns
    -------
    X : ndarray or CSR matrix of shape (n_samples, n_features)
        Of the same type.
    """
    divisors = np.ones(X.shape[1], dtype=X.dtype)
    for name, columns in blocks.items():
        divisors[columns] = scale[name]
    if issparse(X):
        return type(X)((X.data / divisors[X.indices], X.indices, X.indptr), X.shape)
    X /= divisors
    return X
