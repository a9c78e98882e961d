"""Choice of the training rows in which functions are expanded."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from .._rows import scramble

_POOL = 20  # candidates for each landmark wanted
_ROUNDS = 10  # landmarks are drawn in this many batches
_DEPENDENT = 1e-10  # relative; directions of a batch below this are rounding
_EXHAUSTED = 1e-12  # stop when this fraction of the variance is not explained
_ROUNDING = 50  # errors of a kernel value in units of its precision
_INDEFINITE = 1e-5  # a square smaller than minus this fraction of the largest is none


@dataclass(frozen=True)
class Landmarks:
    """Rows in which a function of one modality is expanded.

    Attributes
    ----------
    index : ndarray of int of shape (n_landmarks,)
        Rows, pairwise distinct.
    mass : ndarray of shape (n_landmarks,)
        Weight of each, sum one.
    inverse : ndarray of int of shape (n_samples,) or None
        Landmark that equals each row, if all distinct rows are landmarks.
    """

    index: np.ndarray
    mass: np.ndarray
    inverse: np.ndarray | None


def choose_landmarks(kernel, block, codes, nominal, n_landmarks):
    """Choose distinct rows whose affine hull comes close to all of them.

    If there are more than `n_landmarks` distinct rows this is randomly pivoted Cholesky
    factorisation of the kernel of differences from the first: a row is drawn with
    probability proportional to its weight times the squared distance of its feature
    vector from the affine hull of those already drawn. With a kernel that has no such
    distances the draw is by weight. It is decided by the codes of the rows, so neither
    their order nor whether equal rows are repeated or weighted makes a difference.

    Parameters
    ----------
    kernel : ModalityKernel or the like
        Kernel between rows.
    block : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        Rows.
    codes : ndarray of uint64 of shape (n_samples,)
        Codes of the rows, see `row_codes`.
    nominal : ndarray of shape (n_samples,)
        Positive weights.
    n_landmarks : int or None
        How many to choose at most, None: all distinct rows.

    Returns
    -------
    landmarks : Landmarks

    References
    ----------
    .. [1] Y. Chen, E. N. Epperly, J. A. Tropp and R. J. Webber, "Randomly pivoted
       Cholesky: practical approximation of a kernel matrix with few entry
       evaluations", Communications on Pure and Applied Mathematics 78(5), 2025.
       doi:10.1002/cpa.22234
    """
    codes, index, mass, inverse = distinct(codes, nominal)
    if n_landmarks is None or len(index) <= n_landmarks:
        return Landmarks(index, mass, inverse)
    pool = draw(codes, mass, _POOL * n_landmarks)
    if len(pool) < len(index):  # drawn by weight, so that they now weigh the same
        codes, index, mass = codes[pool], index[pool], np.full(len(pool), 1 / len(pool))
    pivots = _random_pivots(kernel, block, index, codes, mass, n_landmarks)
    return Landmarks(index[pivots], np.full(len(pivots), 1 / len(pivots)), None)


def distinct(codes, nominal):
    """Return sorted distinct codes, a row of each, its mass, and each row's number."""
    codes, index, inverse = np.unique(codes, return_index=True, return_inverse=True)
    mass = np.bincount(inverse.ravel(), nominal)
    return codes, index, mass / mass.sum(), inverse.ravel()


def draw(codes, rates, size, turn=0):
    """Draw `size` codes without replacement, with probability proportional to `rates`.

    The smallest of independent exponential times with these rates are such a draw.
    """
    if size >= len(codes):
        return np.arange(len(codes))
    shuffled = scramble(codes + np.uint64(turn)) >> np.uint64(11)
    with np.errstate(divide="ignore"):
        times = -np.log((shuffled + 0.5) / 2.0**53) / rates
    return np.sort(np.argsort(times, kind="stable")[:size])


def _random_pivots(kernel, block, index, codes, mass, size):
    """Return the positions of the pivots among the candidates, in ascending order."""
    rows, diagonal = block[index], kernel.diagonal(block, index)
    pivots = draw(codes, mass, 1)  # the origin, in differences from which others count
    base = kernel(rows, kernel.basis(block, index[pivots]))
    residual = diagonal - 2 * base[:, 0] + diagonal[pivots]
    rounding = _ROUNDING * kernel.precision * np.abs(diagonal)
    rounding += rounding[pivots]
    least = _INDEFINITE * np.abs(residual).max() + rounding
    done = max(_EXHAUSTED * (mass @ residual), mass @ rounding)
    features, filled = np.zeros((len(index), size)), 0
    for turn in range(1, _ROUNDS + 1):
        if np.any(residual < -least):  # not positive semi-definite
            return draw(codes, mass, size)
        residual[pivots] = 0
        residual = np.maximum(residual, 0)
        if mass @ residual <= done:
            break
        batch = -(-size * turn // _ROUNDS) - len(pivots)
        if batch == 0:  # fewer landmarks than rounds
            continue
        new = draw(codes, mass * residual, batch, turn)
        new = new[residual[new] > 0]
        part = kernel(rows, kernel.basis(block, index[new])) - base
        part -= part[pivots[0]]
        part -= features[:, :filled] @ features[new, :filled].T
        values, axes = eigh(part[new], check_finite=False)
        keep = values > _DEPENDENT * values[-1]
        part = part @ (axes[:, keep] / np.sqrt(values[keep]))
        features[:, filled : filled + part.shape[1]] = part
        filled += part.shape[1]
        residual -= np.einsum("ij,ij->i", part, part)
        pivots = np.concatenate([pivots, new])
    return np.sort(pivots)
