"""Awkward losses and exact checks that tests of reweighting sets share."""

import warnings

import cvxpy as cp
import numpy as np

from skmmdro.ambiguity import REGISTRY
from skmmdro.modalities import resolve_modalities

N_SAMPLES = 30
KINDS = ["normal", "ties", "skewed", "tiny-spread", "large", "two-values"]


def make_losses(kind, seed=0, n_samples=N_SAMPLES):
    """Return losses with some awkward feature, and nominal weights."""
    rng = np.random.default_rng(seed)
    losses = rng.standard_normal(n_samples) ** 2
    if kind == "ties":
        losses = np.round(losses)
    elif kind == "skewed":
        losses = np.exp(4 * rng.standard_normal(n_samples))
        losses /= losses.max()
    elif kind == "tiny-spread":
        losses = 1 + 1e-5 * losses
    elif kind == "large":
        losses = 1e8 * losses
    elif kind == "two-values":
        losses = (np.arange(n_samples) < 4).astype(float)
    nominal = np.random.default_rng(seed + 1).random(n_samples) + 0.05
    nominal[:5] *= 10
    return losses, nominal / nominal.sum()


def make_features(n_samples=N_SAMPLES):
    """Return two modalities, [1, 3] columns, the first of them binary."""
    X = np.random.default_rng(3).standard_normal((n_samples, 4))
    X[:, 0] = X[:, 0] > 0.3
    return X, resolve_modalities([1, 3], X)


def bind(alias, nominal, **parameters):
    """Return the set bound to `make_features`."""
    X, modalities = make_features(len(nominal))
    ambiguity_set = REGISTRY[alias](**parameters)
    before = ambiguity_set.get_params()
    bound = ambiguity_set.bind(X, nominal, modalities)
    assert ambiguity_set.get_params() == before  # the set itself is not changed
    assert vars(ambiguity_set) == before
    return bound


def solve(program):
    """Solve a cvxpy problem as exactly as Clarabel can and return its value."""
    names = "tol_gap_abs", "tol_gap_rel", "tol_feas"
    for tolerance in (1e-12, 1e-11, 1e-10, 1e-9, 1e-8):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # inaccurate is told by the status
            program.solve(solver=cp.CLARABEL, **dict.fromkeys(names, tolerance))
        if program.status == cp.OPTIMAL:
            return program.value
    raise AssertionError(program.status)


def scale_of(losses):
    return max(np.abs(losses).max(), 1e-300)


def assert_in_simplex(weights):
    assert np.all(weights >= 0)
    assert abs(weights.sum() - 1) <= 1e-12


def assert_gradient(reweighting, losses, nominal, smoothing=0.0, room=1e-7):
    """The weights are the central differences of the value."""
    worst = reweighting.worst_case(losses, nominal, smoothing)
    step = 1e-5
    for row in range(0, len(losses), 3):
        move = step * np.eye(len(losses))[row]
        high = reweighting.worst_case(losses + move, nominal, smoothing).value
        low = reweighting.worst_case(losses - move, nominal, smoothing).value
        assert abs(worst.weights[row] - (high - low) / (2 * step)) <= room


def dense_hessian(curvature, size):
    """Return a RiskCurvature as a matrix."""
    if curvature is None:
        return np.zeros((size, size))
    hessian = np.diag(curvature.diagonal) - curvature.vectors.T @ curvature.vectors
    if curvature.gains is not None:
        hessian += curvature.gains.T @ curvature.gains
    return hessian


def assert_curvature(reweighting, losses, nominal, smoothing=0.0):
    """The Hessian is the derivative of the weights, psd and blind to constants."""
    n_samples = len(losses)
    worst = reweighting.worst_case(losses, nominal, smoothing)
    hessian = dense_hessian(worst.curvature(), n_samples)
    size, step = max(np.abs(hessian).max(), 1), 1e-6
    for direction in np.random.default_rng(0).standard_normal((5, n_samples)):
        high, low = (
            reweighting.worst_case(losses + s * direction, nominal, smoothing).weights
            for s in (step, -step)
        )
        found = (high - low) / (2 * step)
        np.testing.assert_allclose(hessian @ direction, found, atol=5e-6 * size)
    assert np.linalg.eigvalsh(hessian).min() >= -1e-11 * size
    np.testing.assert_allclose(hessian.sum(axis=0), 0, atol=1e-10 * size)
