"""Leading principal directions of a block of columns, dense or sparse."""

import numpy as np
from scipy.sparse import issparse

WIDE = 100  # blocks with more columns are reduced by subspace iteration, not eigh
_EXTRA, _SWEEPS = 10, 3
_EPS = np.finfo(np.float64).eps


def centred_scores(block, weights, n_directions):
    """Return centred columns that hold the leading principal directions of a block.

    Parameters
    ----------
    block : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        The block; a sparse one is not made dense unless it is narrow.
    weights : ndarray of shape (n_samples,)
        Weights that sum to one.
    n_directions : int
        How many directions have to be kept.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_scores)
        The columns themselves if they are few; otherwise their coordinates in a
        subspace close to the leading one. The weighted mean is zero.
    """
    if block.shape[1] > max(WIDE, n_directions + _EXTRA):
        rng = np.random.default_rng(0)
        basis = rng.standard_normal((block.shape[1], n_directions + _EXTRA))
        for _ in range(_SWEEPS):
            scores = block @ basis
            scores = weights[:, None] * (scores - weights @ scores)
            basis = np.linalg.qr(block.T @ scores)[0]
        block = block @ basis
    elif issparse(block):
        block = block.toarray()
    scores = np.asarray(block, dtype=np.float64)
    size = np.abs(scores).max(axis=0)
    scores = scores - weights @ scores
    # what rounding leaves of constant columns is not variance
    scores[:, np.abs(scores).max(axis=0) <= len(scores) * _EPS * size] = 0.0
    return scores


def principal_axes(scores, weights, n_directions):
    """Return variances and axes of the leading principal directions, largest first.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_columns)
        Centred columns.
    weights : ndarray of shape (n_samples,)
        Weights that sum to one.
    n_directions : int
        How many directions to return, at most.

    Returns
    -------
    variances : ndarray of shape (<= n_directions,)
        Weighted variances.
    axes : ndarray of shape (n_columns, <= n_directions)
        Orthonormal columns.
    """
    root = np.sqrt(weights)[:, None] * scores
    variances, axes = np.linalg.eigh(root.T @ root)
    return variances[: -n_directions - 1 : -1], axes[:, : -n_directions - 1 : -1]
