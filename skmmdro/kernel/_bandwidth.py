"""Rules for the width of a kernel: gamma="scale" and gamma="median"."""

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import pairwise

from .._rows import double_rows, row_codes
from ._landmarks import distinct, draw

RULES = ("scale", "median")
_MEDIAN_ROWS = 500  # rows whose distances are looked at

_DISTANCES = {
    "rbf": pairwise.euclidean_distances,
    "laplacian": pairwise.manhattan_distances,
    "chi2": lambda rows: -pairwise.additive_chi2_kernel(rows),
}


def bandwidth(rule, kernel, block, nominal, name):
    """Return gamma of one modality by a rule; 1 without a rule.

    Parameters
    ----------
    rule : {"scale", "median"} or None
        See :class:`~skmmdro.KernelDROClassifier`.
    kernel : str
        Name of the kernel.
    block : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        Observed rows of the modality.
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
    name : str
        Modality, for error messages.

    Returns
    -------
    gamma : float, or ndarray of shape (n_columns,) for the additive kernel
    """
    if kernel == "additive":
        columns = (block[:, [j]] for j in range(block.shape[1]))
        return np.array([bandwidth(rule, "rbf", c, nominal, name) for c in columns])
    if rule is None:
        return 1.0
    if rule == "scale":
        return _scale(kernel, block, nominal)
    if kernel not in _DISTANCES:
        raise ValueError(
            f"gamma='median' needs a kernel of distances, one of "
            f"{[*_DISTANCES, 'additive']}, got {kernel!r} for modality {name!r}; use "
            "'scale', a number or a dict by modality."
        )
    return _median(kernel, block, nominal)


def _scale(kernel, block, nominal):
    mean, variance = _moments(block, nominal)
    if kernel == "laplacian":
        variance = np.sqrt(variance)
    if kernel == "chi2":
        variance = variance / mean if mean > 0 else 0.0
    return float(1 / (block.shape[1] * variance)) if variance > 0 else 1.0


def _moments(block, nominal):
    """Return mean and variance of all entries of a block."""
    if issparse(block):
        mean = (block.T @ nominal).mean()
        square = (block.multiply(block).T @ nominal).mean()
        return mean, max(square - mean**2, 0.0)
    mean = (nominal @ block).mean()
    return mean, (nominal @ np.square(block - mean, dtype=np.float64)).mean()


def _median(kernel, block, nominal):
    codes, index, mass, _ = distinct(row_codes(block), nominal)
    some = draw(codes, mass, _MEDIAN_ROWS)
    if len(some) < len(index):  # drawn by weight, so that they now weigh the same
        index, mass = index[some], np.ones(len(some))
    rows = double_rows(block[index])
    if kernel == "rbf" and not issparse(rows):
        rows -= np.median(rows, axis=0)  # large values would cancel in the distances
    distances = _DISTANCES[kernel](rows)
    if kernel == "rbf":
        distances = distances**2
    first, second = np.triu_indices(len(index), 1)
    if len(first) == 0:
        return 1.0
    weights = mass[first] * mass[second]
    distances = distances[first, second]
    order = np.argsort(distances)
    total = np.cumsum(weights[order])
    middle = distances[order[np.searchsorted(total, 0.5 * total[-1])]]
    return float(1 / middle) if middle > 0 else 1.0
