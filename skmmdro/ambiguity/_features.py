"""Functions of one modality: its principal directions, or those of random features."""

from functools import lru_cache

import numpy as np
from scipy.sparse import issparse
from sklearn.kernel_approximation import RBFSampler
from sklearn.metrics.pairwise import rbf_kernel

from .._principal import centred_scores, principal_axes
from .._rows import distinct_rows

KERNELS = {"rbf", "linear"}
N_RANDOM = 200  # random Fourier features of a block
_CHUNK = 4_096  # rows whose random features are made at a time
_KEPT = 8  # such parts that are kept for the next pass
_LEAST_VARIANCE = 1e-10  # relative; directions below are rounding
_NULL = 1e-14  # the same of a matrix that is not taken as it comes


def orthonormal_directions(block, nominal, n_directions, features):
    """Return functions of one modality with mean zero and covariance I.

    Parameters
    ----------
    block : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        Columns of the modality.
    nominal : ndarray of shape (n_samples,)
        Weights p that sum to one.
    n_directions : int
        How many functions, at most.
    features : {"linear", "rbf"}
        Principal directions of the columns, or of random Fourier features of them.

    Returns
    -------
    functions : ndarray of shape (n_samples, <= n_directions)
        Phi with ``Phi'p = 0`` and ``Phi' diag(p) Phi = I``, without columns if the
        block is constant.
    """
    if features == "linear":
        scores = centred_scores(block, nominal, n_directions)
        variances, axes = principal_axes(scores, nominal, n_directions)
        return _standardised(scores @ axes, variances, nominal)
    spread = rbf_spread(block, nominal)
    if spread == 0:
        return np.empty((block.shape[0], 0))
    sampler = RBFSampler(gamma=1 / spread, n_components=N_RANDOM, random_state=0)
    sampler.fit(np.zeros((1, block.shape[1])))
    chunks = [slice(a, a + _CHUNK) for a in range(0, block.shape[0], _CHUNK)]

    @lru_cache(maxsize=_KEPT)  # the features of all rows may not fit in memory
    def transformed(k):
        return sampler.transform(block[chunks[k]])

    parts = range(len(chunks))
    mean = sum(nominal[chunks[k]] @ transformed(k) for k in parts)
    covariance = np.zeros((N_RANDOM, N_RANDOM))
    for k in parts:
        values = transformed(k) - mean
        covariance += (values.T * nominal[chunks[k]]) @ values
    variances, axes = np.linalg.eigh(covariance)
    variances = variances[: -n_directions - 1 : -1]
    axes = axes[:, : -n_directions - 1 : -1]
    scores = np.concatenate([(transformed(k) - mean) @ axes for k in parts])
    return _standardised(scores, variances, nominal)


def _standardised(scores, variances, nominal):
    kept = variances > _LEAST_VARIANCE * max(variances.max(initial=0.0), 0.0)
    scores = scores[:, kept] / np.sqrt(variances[kept])
    return scores - nominal @ scores


def rbf_spread(block, nominal):
    """Return the total weighted variance of the columns; 1 / gamma of the kernel."""
    mean = nominal @ block
    square = block.multiply(block) if issparse(block) else np.square(block, dtype=float)
    total = np.sum(nominal @ square) - np.sum(np.square(mean))
    if total <= _LEAST_VARIANCE * np.sum(nominal @ square):
        return 0.0
    return float(total)


def kernel_features(block, nominal, kernel, gamma, n_components):
    """Return a factor L of the kernel matrix of one modality, ``K = L L'``.

    Parameters
    ----------
    block : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        Columns of the modality.
    nominal : ndarray of shape (n_samples,)
        Weights that sum to one.
    kernel : {"rbf", "linear"}
        Kernel.
    gamma : float or None
        Width of "rbf"; None: one over the total variance.
    n_components : int
        Largest rank; the matrix is approximated where its rank is larger.

    Returns
    -------
    factor : ndarray of shape (n_samples, <= n_components)
        L, shifted so that its weighted mean is zero, which does not change distances
        between means. Without columns if the block is constant.
    """
    if kernel == "linear":
        scores = centred_scores(block, nominal, n_components)
        if scores.shape[1] > n_components:
            scores = scores @ principal_axes(scores, nominal, n_components)[1]
        return _without_redundant(scores)
    spread = rbf_spread(block, nominal)
    if spread == 0:
        return np.empty((block.shape[0], 0))
    gamma = 1 / spread if gamma is None else gamma
    # distinct rows in an order like random, which copies of a row do not change
    first = np.unique(distinct_rows(block), return_index=True)[1][:n_components]
    landmarks = block[first]
    values, axes = np.linalg.eigh(rbf_kernel(landmarks, gamma=gamma))
    kept = values > _LEAST_VARIANCE * values.max()
    inverse_root = axes[:, kept] / np.sqrt(values[kept])
    chunks = [slice(a, a + _CHUNK) for a in range(0, block.shape[0], _CHUNK)]
    factor = np.concatenate(
        [rbf_kernel(block[c], landmarks, gamma=gamma) @ inverse_root for c in chunks]
    )
    return _without_redundant(factor - nominal @ factor)


def _without_redundant(factor):
    """Return ``L Q`` with orthonormal Q, without columns that are but rounding.

    The mean, which is one direction less, and collinear columns would leave some.
    """
    values, axes = np.linalg.eigh(factor.T @ factor)
    return factor @ axes[:, values > _NULL * max(values.max(initial=0.0), 0.0)]
