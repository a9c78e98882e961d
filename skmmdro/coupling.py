"""Coupling of modalities: how far a shift of one can go along with one of another.

gamma_kj is the largest correlation between a function of modality k and a function of
modality j that their shared dependence allows. It enters the joint radius of
:class:`~skmmdro.ambiguity.ChiSquare`.
"""

from itertools import combinations

import numpy as np

from ._principal import centred_scores, principal_axes
from ._rows import distinct_rows
from ._validation import check_names

MAX_ROWS = 1_000  # enough to know a correlation to 0.03
N_CELLS = 8  # the rows are dealt into cells; a half is a union of four of them
# Sides of three halvings, by cell: directions are learned on one side and measured on
# the other. Against five folds this halves the spread of the estimate for independent
# blocks at the price of 3 to 10 % lower estimates for coupled ones.
SIDES = np.array([[(cell >> bit) & 1 for cell in range(N_CELLS)] for bit in range(3)])
SIDES = np.concatenate([SIDES, 1 - SIDES])
N_DIRECTIONS = 20  # principal directions kept of a modality with more columns than
NARROW = 32  # this; fewer columns are all kept
RIDGE = 0.3  # shrinkage of each block's covariance to a multiple of the identity
ROUNDING = 1e-12  # variance below this share of the overall one is none at all
_TINY = np.finfo(np.float64).tiny


def resolve_coupling(coupling, X, nominal, modalities):
    """Return the coupling matrix for any way of stating it.

    Parameters
    ----------
    coupling : {"estimate", "independent", "comonotone"}, array-like or dict of dict
        See :class:`~skmmdro.ambiguity.ChiSquare`.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Data, used by "estimate" only.
    nominal : ndarray of shape (n_samples,)
        Sample weights, used by "estimate" only.
    modalities : Modalities
        Column groups of X.

    Returns
    -------
    gamma : ndarray of shape (n_modalities, n_modalities)
        Symmetric, unit diagonal, entries in [-1, 1].

    Raises
    ------
    ValueError
        If a stated matrix is not of that form, or a dict misses a pair.
    """
    size = len(modalities)
    if isinstance(coupling, str):
        if coupling == "independent":
            return np.eye(size)
        if coupling == "comonotone":
            return np.ones((size, size))
        return estimate_coupling(X, modalities, sample_weight=nominal)
    if isinstance(coupling, dict):
        return _coupling_from_dict(coupling, modalities)
    return check_coupling(coupling, size, _whose(modalities))


def _coupling_from_dict(pairs, modalities):
    names = modalities.names
    stated = dict.fromkeys(pairs, 1.0)
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for first, others in pairs.items():
        if not isinstance(others, dict):
            raise ValueError(
                "coupling as a dict must be nested, {'text': {'image': 0.3}}; got "
                f"{others!r} for {first!r}."
            )
        stated.update(dict.fromkeys(others, 1.0))
    check_names(
        {**dict.fromkeys(names), **stated}, modalities, parameter="coupling"
    )  # unknown names only: a modality may be missing as a key
    for first, others in pairs.items():
        for second, value in others.items():
            i, j = names.index(first), names.index(second)
            if not np.isnan(matrix[i, j]) and matrix[i, j] != value:
                raise ValueError(
                    f"coupling states {first!r} with {second!r} twice: "
                    f"{matrix[i, j]} and {value}."
                )
            matrix[i, j] = matrix[j, i] = value
    missing = [
        (names[i], names[j])
        for i, j in combinations(range(len(names)), 2)
        if np.isnan(matrix[i, j])
    ]
    if missing:
        raise ValueError(f"coupling has no entry for the pairs {missing}.")
    return check_coupling(matrix, len(names), _whose(modalities))


def _whose(modalities):
    return f" {list(modalities.names)}. {modalities.hint}".rstrip()


def check_coupling(coupling, size=None, whose="."):
    """Return a stated coupling matrix as an array, or raise.

    Parameters
    ----------
    coupling : array-like
        As it was stated.
    size : int or None, default=None
        Number of modalities; None: any.
    whose : str, default="."
        End of the error message: which modalities.

    Returns
    -------
    matrix : ndarray of shape (n_modalities, n_modalities)

    Raises
    ------
    ValueError
        If it is not a symmetric matrix of that size with a unit diagonal and entries
        in [-1, 1].
    """
    try:
        matrix = np.array(coupling, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the coupling matrix must hold numbers in rows of equal length; got "
            f"{coupling!r}."
        ) from error
    size = len(np.atleast_1d(matrix)) if size is None else size
    problem = None
    if matrix.shape != (size, size) or size == 0:
        problem = f"has shape {matrix.shape}, expected {(size, size)}"
    elif not np.all(np.isfinite(matrix)):
        problem = "has NaN or infinite entries"
    elif np.any(np.abs(matrix - matrix.T) > 1e-10):
        problem = "is not symmetric"
    elif np.any(np.abs(np.diag(matrix) - 1) > 1e-10):
        problem = f"has diagonal {np.diag(matrix)}, expected ones"
    elif np.any(np.abs(matrix) > 1 + 1e-10):
        problem = "has entries outside [-1, 1]"
    if problem:
        raise ValueError(
            f"the coupling matrix {problem}; it holds one correlation for each pair "
            f"of the modalities{whose}"
        )
    return matrix


def estimate_coupling(X, modalities, *, sample_weight=None):
    """Estimate the coupling of all pairs of modalities from data.

    Each block is reduced to its leading principal directions. For each pair the most
    correlated directions (ridge-shrunken canonical correlation) are found on one half
    of the data and their correlation is measured on the other half, since in-sample
    canonical correlations tend to one as blocks grow; r is the average over the sides
    of three halvings. The estimate is ``gamma = sqrt(max(0, r^2 - 2 / n_eff))`` for
    positive r, 0 otherwise, n_eff the effective number of distinct rows: the
    deduction is twice the squared standard error of a correlation that is truly zero.

    At most 1,000 evenly spaced rows are used. Halves are made from the content of
    the rows, so an integer weight and that many copies of a row give the same result.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Data without missing values.
    modalities : Modalities
        Column groups of X, see :func:`~skmmdro.modalities.resolve_modalities`.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Non-negative weights.

    Returns
    -------
    gamma : ndarray of shape (n_modalities, n_modalities)
        Symmetric, unit diagonal, entries in [0, 1]. All ones (the safe choice) if
        the effective number of distinct rows to learn from is below 16.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.coupling import estimate_coupling
    >>> from skmmdro.modalities import resolve_modalities
    >>> rng = np.random.default_rng(0)
    >>> A, B = rng.standard_normal((2, 500, 3))
    >>> X = np.hstack([A, A + 0.1 * B, rng.standard_normal((500, 3))])
    >>> gamma = estimate_coupling(X, resolve_modalities([3, 3, 3], X))
    >>> bool(gamma[0, 1] > 0.95), bool(gamma[0, 2] < 0.2)
    (True, True)
    """
    size = len(modalities)
    if size == 1:
        return np.ones((1, 1))
    n_samples = X.shape[0]
    weights = np.ones(n_samples) if sample_weight is None else sample_weight
    if n_samples > MAX_ROWS:
        rows = np.linspace(0, n_samples - 1, MAX_ROWS).astype(np.intp)
        X, weights = X[rows], weights[rows]
    weights = weights / weights.sum()
    identity = distinct_rows(X)
    mass = np.bincount(identity, weights)
    if mass @ mass > 1 / (2 * N_CELLS):  # n_eff below 16
        return np.ones((size, size))
    blocks = [_principal_scores(X[:, c], weights) for c in modalities.columns]
    correlation = _held_out_correlations(blocks, weights, identity % N_CELLS)
    noise = 2 * mass @ mass  # 2 / n_eff
    gamma = np.sqrt(np.clip(np.maximum(correlation, 0) ** 2 - noise, 0, 1))
    np.fill_diagonal(gamma, 1.0)
    return gamma


def _principal_scores(block, weights):
    """Return centred leading principal scores, (n_samples, <= N_DIRECTIONS)."""
    scores = centred_scores(block, weights, N_DIRECTIONS)
    if scores.shape[1] > NARROW:
        scores = scores @ principal_axes(scores, weights, N_DIRECTIONS)[1]
    return scores


def _held_out_correlations(blocks, weights, cell):
    """Correlate on each half the directions found on the other, pooled over halves."""
    n_blocks, width = len(blocks), max(block.shape[1] for block in blocks)
    scores = np.zeros((len(weights), n_blocks, width))
    for k, block in enumerate(blocks):
        scores[:, k, : block.shape[1]] = block
    covariance = _half_covariances(scores.reshape(len(weights), -1), weights, cell)
    covariance = covariance.reshape(len(SIDES), n_blocks, width, n_blocks, width)
    covariance = covariance.transpose(1, 3, 0, 2, 4)  # (block, block, side, ., .)
    own = covariance[np.arange(n_blocks), np.arange(n_blocks)]
    level = np.trace(own, axis1=-2, axis2=-1)[..., None, None] / width
    # a block may be constant on one side, such as an indicator of few rows
    floor = np.maximum(ROUNDING * level.max(axis=1, keepdims=True), _TINY)
    varies = level > floor
    own = np.where(varies, own, 0.0)
    shrunk = (1 - RIDGE) * own + np.maximum(RIDGE * level, floor) * np.eye(width)
    whiten = np.linalg.inv(np.linalg.cholesky(shrunk))  # L^{-1} C L^{-T} = I
    first, second = np.triu_indices(n_blocks, 1)
    cross = np.where(varies[first] & varies[second], covariance[first, second], 0.0)
    left, right = _leading_pair(
        whiten[first] @ cross @ np.swapaxes(whiten[second], -1, -2)
    )
    left = _times(np.swapaxes(whiten[first], -1, -2), left)
    right = _times(np.swapaxes(whiten[second], -1, -2), right)
    other = np.roll(np.arange(len(SIDES)), len(SIDES) // 2)  # measure over there

    def moment(a, matrices, b):
        return np.sum(a * _times(matrices[:, other], b), axis=-1)

    spread = moment(left, own[first], left) * moment(right, own[second], right)
    held_out = moment(left, cross, right) / np.sqrt(np.maximum(spread, _TINY))
    correlation = np.zeros((n_blocks, n_blocks))
    correlation[first, second] = held_out.mean(axis=1)
    return correlation + correlation.T


def _times(matrices, vectors):
    return (matrices @ vectors[..., None])[..., 0]


def _half_covariances(scores, weights, cell):
    """Return the covariance of the scores on each side, (n_sides, size, size)."""
    size = scores.shape[1]
    order = np.argsort(cell, kind="stable")
    root = np.sqrt(weights)[order]
    scaled = scores[order]
    scaled *= root[:, None]
    edges = np.searchsorted(cell[order], np.arange(N_CELLS + 1))
    mass, mean = np.empty(N_CELLS), np.empty((N_CELLS, size))
    moment = np.empty((N_CELLS, size, size))
    for c in range(N_CELLS):
        rows = slice(edges[c], edges[c + 1])
        mass[c], mean[c] = root[rows] @ root[rows], root[rows] @ scaled[rows]
        # the product of an array with itself takes half the work
        np.matmul(scaled[rows].T, scaled[rows], out=moment[c])
    share = SIDES / (SIDES @ mass)[:, None]
    mean = share @ mean
    moment = (share @ moment.reshape(N_CELLS, -1)).reshape(-1, size, size)
    moment -= mean[:, :, None] * mean[:, None, :]
    return moment


def _leading_pair(cross):
    """Return leading singular vectors of a stack of matrices.

    Five squarings of C'C are 32 power iterations; the held-out measure does not need
    more. With trace one the largest eigenvalue stays above width**-32.
    """
    power = np.swapaxes(cross, -1, -2) @ cross
    trace = np.trace(power, axis1=-2, axis2=-1)[..., None, None]
    power = power / np.maximum(trace, _TINY)
    for _ in range(5):
        power = power @ power
    best = np.argmax(np.diagonal(power, axis1=-2, axis2=-1), axis=-1)
    right = np.take_along_axis(power, best[..., None, None], axis=-1)[..., 0]
    right /= np.maximum(np.linalg.norm(right, axis=-1, keepdims=True), _TINY)
    left = _times(cross, right)
    left /= np.maximum(np.linalg.norm(left, axis=-1, keepdims=True), _TINY)
    return left, right
