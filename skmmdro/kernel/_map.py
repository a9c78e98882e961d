"""Explicit features of a centred kernel."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh
from sklearn.utils import gen_batches

from ._kernels import check_symmetric
from ._landmarks import choose_landmarks

# Principal directions with less than this fraction of the variance of the first are
# left out: they are rounding. A kept one contributes at most its variance over alpha
# to the predictions, so what is left out is far below the solver's tolerance.
_CUTOFF = 1e-12
_ROUNDING = 50  # errors of an eigenvalue in units of the precision times the trace
_INDEFINITE = 1e-5  # relative size of negative eigenvalues worth a warning
_CHUNK_BYTES = 2**25  # of kernel values held at a time


@dataclass(frozen=True)
class FeatureMap:
    """Features z(x) = k(x, basis) projection - offset of one block.

    With phi the feature map of the kernel's Hilbert space, mu its mean under the
    nominal weights and mu_0 that of the landmarks l_j, the features are the coordinates
    of ``phi(x) - mu`` along an orthonormal basis u_1, ..., u_r of the span of all
    ``phi(l_j) - mu_0``. So the function with coefficients w has the norm ||w||, its
    nominal mean is zero, and z(x)'z(x') is the centred kernel: exactly, if all distinct
    training rows are landmarks, otherwise its Nystroem approximation.

    Attributes
    ----------
    kernel : ModalityKernel or the like
        Kernel between rows.
    index : ndarray of int of shape (n_landmarks,)
        Landmarks among the training rows.
    basis : {ndarray, sparse matrix}
        What `kernel` needs of the landmarks.
    projection : ndarray of shape (n_landmarks, n_components)
        Columns sum to zero.
    offset : ndarray of shape (n_components,)
        Nominal mean of k(x, basis) projection.
    """

    kernel: object
    index: np.ndarray
    basis: object
    projection: np.ndarray
    offset: np.ndarray

    def transform(self, block):
        """Return the features of rows, (n_samples, n_components)."""
        return self.kernel(block, self.basis) @ self.projection - self.offset


def row_chunks(block, basis):
    """Return slices of the rows whose kernel values with `basis` fit in memory."""
    width = max(basis.shape[0], *block.shape[1:])
    return gen_batches(block.shape[0], max(_CHUNK_BYTES // (8 * width), 1))


def fit_feature_map(kernel, block, codes, nominal, n_landmarks):
    """Find landmarks and the coordinates that they span.

    Parameters
    ----------
    kernel : ModalityKernel or the like
        Kernel between rows.
    block : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        Observed training rows.
    codes : ndarray of uint64 of shape (n_samples,)
        Codes of the rows.
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
    n_landmarks : int or None
        At most this many landmarks, two or more; None: all distinct rows.

    Returns
    -------
    map : FeatureMap
    features : ndarray of shape (n_samples, n_components)
        Features of the training rows.

    Raises
    ------
    ValueError
        If the kernel is not symmetric.
    """
    landmarks = choose_landmarks(kernel, block, codes, nominal, n_landmarks)
    basis = kernel.basis(block, landmarks.index)
    projection, scores, offset = _coordinates(
        _landmark_gram(kernel, block[landmarks.index], basis), landmarks.mass, kernel
    )
    found = FeatureMap(kernel, landmarks.index, basis, projection, offset)
    if landmarks.inverse is not None:
        return found, scores[landmarks.inverse]
    features = np.empty((block.shape[0], projection.shape[1]))
    for rows in row_chunks(block, basis):
        features[rows] = kernel(block[rows], basis) @ projection
    offset = nominal @ features
    features -= offset
    return replace(found, offset=offset), features


def _landmark_gram(kernel, rows, basis):
    gram = kernel(rows, basis)
    check_symmetric(gram, kernel.name)
    return gram


def _coordinates(gram, mass, kernel):
    """Return projection and features of the landmarks, and their weighted mean offset.

    With D = diag(mass), J = I - 1 mass' and eigenpairs D^.5 J K J' D^.5 = U L U', the
    features of the landmarks are D^-.5 U L^.5, and those of any row are
    (k(x, .) - mass' K) J' T with T = D^.5 U L^-.5. Weighted like this, the spectrum is
    that of the covariance operator: repeating a row or doubling its weight is the same.
    """
    level = kernel.precision * (mass @ np.diagonal(gram))
    mean = mass @ gram
    root = np.sqrt(mass)[:, None]
    gram = gram - mean  # a copy, the kernel may have kept its values
    gram -= (gram @ mass)[:, None]
    gram *= root
    gram *= root.T
    # in LAPACK's order of storage, so that it can work in place
    values, axes = eigh(gram.T, overwrite_a=True, check_finite=False)
    del gram
    first = len(values) - _significant(values, _ROUNDING * level, kernel.name)
    values, axes = values[first:][::-1], axes[:, first:][:, ::-1]
    if len(values) == 0:  # a constant kernel gets one feature, which is zero
        values, axes = np.ones(1), np.zeros((len(mass), 1))
    projection = root * axes
    projection /= np.sqrt(values)
    projection -= mass[:, None] * projection.sum(axis=0)
    scores = axes * np.sqrt(values)
    scores /= root
    return projection, scores, mean @ projection


def _significant(values, rounding, name):
    """Return how many of the eigenvalues, which ascend, are more than rounding."""
    top = np.abs(values).max(initial=0.0)
    if values.min(initial=0.0) < -_INDEFINITE * top - rounding:
        warnings.warn(
            f"the kernel of {name!r} is not positive semi-definite: the centred Gram "
            f"matrix has the eigenvalue {values.min():.3g} next to {top:.3g}. Its "
            "negative part is left out. Distances, for example, are no kernel; the "
            "exponential of their negative may be.",
            UserWarning,
            stacklevel=2,
        )
    return np.count_nonzero(values > max(_CUTOFF * top, rounding))
