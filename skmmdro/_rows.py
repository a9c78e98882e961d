"""Rows: codes of their content, and their precision."""

import numpy as np
from scipy.sparse import issparse

_CHUNK = 2**16  # entries hashed at a time


def row_codes(X):
    """Return a 64-bit code of each row that depends on the row's content alone.

    Equal rows have equal codes and different rows almost surely different ones. The
    codes look random, so their order is a shuffle that neither the order nor the
    repetition of rows changes. The hash is an integer sum over the bit patterns of the
    entries, so it does not depend on rounding.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    codes : ndarray of uint64 of shape (n_samples,)
    """
    factors = np.random.default_rng(0).integers(
        1, 2**63, size=X.shape[1], dtype=np.uint64
    )
    factors |= np.uint64(1)
    if issparse(X):
        X = X.tocsr()
        bits = _bits(X.data) * factors[X.indices]
        total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(bits)])
        return scramble(total[X.indptr[1:]] - total[X.indptr[:-1]])
    codes = np.empty(len(X), dtype=np.uint64)
    step = max(_CHUNK // X.shape[1], 1)
    for start in range(0, len(X), step):
        rows = slice(start, start + step)
        bits = _bits(X[rows])
        bits *= factors
        codes[rows] = bits.sum(axis=1, dtype=np.uint64)
    return scramble(codes)


def distinct_rows(X):
    """Number rows so that equal rows get equal numbers, in an order like random."""
    return np.unique(row_codes(X), return_inverse=True)[1].ravel()


def scramble(codes):
    """Spread integers over all 64-bit integers, one to one."""
    codes = np.asarray(codes).astype(np.uint64)
    return _scramble(codes, np.empty_like(codes))


def double_rows(X):
    """Return rows in double precision, sparse ones with short indices.

    Some of scikit-learn's pairwise functions take no others.
    """
    X = X.astype(np.float64)
    if issparse(X) and X.indices.dtype != np.int32:
        X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    return X


def _bits(values):
    """Return the bit patterns of the values, scrambled, zero for zero.

    A product with an odd factor keeps the zeros that the patterns of integers and of
    short fractions end in, and makes of a change of sign, which is that of the highest
    bit, the same summand whatever the factor. Scrambled patterns have neither.
    """
    values = np.ascontiguousarray(values, dtype=np.float64) + 0.0  # -0.0 becomes 0.0
    bits = values.view(np.uint64)
    scratch = np.empty_like(bits)
    return _scramble(_scramble(bits, scratch), scratch)


def _scramble(codes, scratch):
    """Scramble in place: new memory would take longer than the arithmetic."""
    np.right_shift(codes, np.uint64(32), out=scratch)
    codes ^= scratch
    codes *= np.uint64(0x9E3779B97F4A7C15)
    return codes
