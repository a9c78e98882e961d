"""How far the features of a modality moved, in their own units."""

import numpy as np
from scipy.sparse import issparse
from scipy.stats import wasserstein_distance

_N_NULL = 5  # relabellings of the rows that show what chance does


def transport_distance(source, target, rng):
    """Return a lower bound of the distance ``min E||x - x'||_2`` between two samples.

    Column j alone has the distance W_j, by sorting. For any coupling of the rows
    ``E||x - x'|| >= ||(E|x_j - x'_j|)_j||`` by Jensen's inequality, hence the distance
    of the blocks is at least ``(sum_j W_j^2)^(1/2)``; it is equal to it if the target
    is a translation of the source. The mean of the same over relabelled rows is taken
    off the sum of squares, so that samples of one distribution get about zero.

    Parameters
    ----------
    source, target : {ndarray, sparse matrix} of shape (n_rows, n_features)
        Blocks of one modality. Missing values are left out.
    rng : RandomState
        Relabels rows.

    Returns
    -------
    distance : float
    """
    n_source = source.shape[0]
    total = 0.0
    order = [rng.permutation(n_source + target.shape[0]) for _ in range(_N_NULL)]
    for column in range(source.shape[1]):
        values = np.concatenate([_column(source, column), _column(target, column)])
        chance = np.mean([_squared(values[rows], n_source) for rows in order])
        total += _squared(values, n_source) - chance
    return float(np.sqrt(max(total, 0.0)))


def _column(X, column):
    if issparse(X):
        return X[:, [column]].toarray().ravel()
    return X[:, column]


def _squared(values, n_source):
    parts = values[:n_source], values[n_source:]
    first, second = (part[~np.isnan(part)] for part in parts)
    if len(first) == 0 or len(second) == 0:
        return 0.0
    return wasserstein_distance(first, second) ** 2
