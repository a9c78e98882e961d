"""How far an encoder's output is off, estimated from the training data."""

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import check_random_state, gen_batches

from .._sklearn import safe_indexing
from ._columns import missing_rows
from ._parts import has_tags

METHODS = ("bootstrap", "reconstruction")
_MAX_ROWS = 1_000  # rows the error is averaged over; refits use all rows
_CHUNK_ROWS = 256  # rows reconstructed together: sparse text becomes dense


def encoder_errors(stated, encoders, y, **bootstrap):
    """Return the root mean square error of each encoder's output.

    Parameters
    ----------
    stated : {"bootstrap", "reconstruction"} or dict
        How it is estimated, for all or by modality; None means that it is zero.
    encoders : dict
        Modality name -> (encoder, fitted encoder, training rows of the modality).
    y : array-like or None
        Targets.
    **bootstrap : dict
        `n_bootstrap`, `random_state` and `n_jobs`.

    Returns
    -------
    errors : dict of str to float
        In the units of the encoders' outputs.

    Raises
    ------
    ValueError
        If `stated` is a dict and does not fit the modalities, or an encoder has no
        reconstruction.
    """
    if not isinstance(stated, dict):
        stated = dict.fromkeys(encoders, stated)
    if set(stated) != set(encoders) or not set(stated.values()) <= {*METHODS, None}:
        raise ValueError(
            f"encoder_error as a dict must have {list(METHODS)} or None for each of "
            f"the modalities {list(encoders)}, got {stated}."
        )
    errors = {}
    for name, (part, fitted, block) in encoders.items():
        if stated[name] is None or not has_tags(part):  # passed through as it is
            errors[name] = 0.0
            continue
        observed = np.flatnonzero(~missing_rows(block))
        block = safe_indexing(block, observed)
        step = -(-len(observed) // _MAX_ROWS)
        sample = safe_indexing(block, np.arange(0, len(observed), step))
        if stated[name] == "reconstruction":
            errors[name] = _reconstruction_error(fitted, sample, name)
        else:
            target = None if y is None else safe_indexing(y, observed)
            errors[name] = _bootstrap_error(
                part, fitted, block, target, sample, **bootstrap
            )
    return errors


def _bootstrap_error(
    part, fitted, block, y, sample, *, n_bootstrap, random_state, n_jobs
):
    """Return the root mean square distance of refits on resampled rows.

    A refit may turn the encoded space, which no linear model with a norm penalty would
    notice; the best orthogonal map to the reference (Procrustes) undoes that.
    """
    reference = _gram_factor(fitted.transform(sample))
    seeds = check_random_state(random_state).randint(2**31 - 1, size=n_bootstrap)
    squares = Parallel(n_jobs=n_jobs)(
        delayed(_refit_distance)(part, block, y, sample, reference, seed)
        for seed in seeds
    )
    return float(np.sqrt(np.mean(squares) / len(reference)))


def _refit_distance(part, block, y, sample, reference, seed):
    n_samples = block.shape[0] if hasattr(block, "shape") else len(block)
    rows = np.random.RandomState(seed).randint(n_samples, size=n_samples)
    refit = clone(part)
    refit.fit(safe_indexing(block, rows), None if y is None else safe_indexing(y, rows))
    return procrustes_distance(_gram_factor(refit.transform(sample)), reference)


def procrustes_distance(A, B):
    """Return ``min ||A R - B||_F^2`` over maps R that keep lengths.

    R is orthogonal; the narrower matrix is padded with zero columns. With the nuclear
    norm, the minimum is ``||A||^2 + ||B||^2 - 2 ||A'B||_*``.

    Parameters
    ----------
    A, B : ndarray of shape (n_samples, width)
        The widths may differ.

    Returns
    -------
    distance : float
    """
    overlap = np.linalg.svd(A.T @ B, compute_uv=False).sum()
    return max(float(np.sum(A**2) + np.sum(B**2) - 2 * overlap), 0.0)


def _gram_factor(Z):
    """Return a matrix with the Gram matrix of Z and no more columns than rows.

    The Procrustes distance depends on Gram matrices only, so that tens of thousands of
    sparse columns need not become dense.
    """
    Z = Z if issparse(Z) else np.asarray(Z, dtype=np.float64)
    if Z.shape[1] <= Z.shape[0] and not issparse(Z):
        return Z
    gram = Z @ Z.T
    gram = gram.toarray() if issparse(gram) else gram
    values, vectors = np.linalg.eigh(gram)
    return vectors * np.sqrt(np.maximum(values, 0))


def _reconstruction_error(fitted, sample, name):
    """Return what the last step of the encoder loses, in the units of its output.

    The residual is measured where the last step starts from and is multiplied by the
    ratio of spreads between output and reconstruction, which is 1 for PCA.
    """
    steps = [step for _, step in getattr(fitted, "steps", [(None, fitted)])]
    steps = [step for step in steps if has_tags(step)]
    if not steps or not hasattr(steps[-1], "inverse_transform"):
        raise ValueError(
            f"encoder_error='reconstruction' needs an encoder with inverse_transform, "
            f"and that of modality {name!r} has none. Use 'bootstrap', or state the "
            "method for each modality as a dict; None for those without error."
        )
    for step in steps[:-1]:
        sample = step.transform(sample)
    sample = sample if issparse(sample) else np.asarray(sample)
    codes = np.asarray(steps[-1].transform(sample))
    residual, mean, square = 0.0, 0.0, 0.0
    for rows in gen_batches(len(codes), _CHUNK_ROWS):
        part = sample[rows].toarray() if issparse(sample) else sample[rows]
        back = np.asarray(steps[-1].inverse_transform(codes[rows]))
        residual += np.sum((part - back) ** 2) / len(codes)
        mean += back.sum(axis=0) / len(codes)
        square += np.sum(back**2) / len(codes)
    spread = square - np.sum(mean**2)
    ratio = np.sum(codes.var(axis=0)) / spread if spread > 0 else 1.0
    return float(np.sqrt(residual * ratio))
