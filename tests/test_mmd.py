"""Kernel balls of any radius: the inner problem and fits against cone programs."""

import cvxpy as cp
import numpy as np
import pytest
from reweighting import assert_in_simplex, make_features, make_losses, solve
from sklearn.metrics.pairwise import rbf_kernel

from skmmdro.ambiguity import MMD

RADII = [1e-12, 1e-9, 1e-6, 1e-3, 1.0, 100.0]


def own_factors(X, blocks, kernel, nominal):
    """Return a factor of each kernel matrix by its eigenvectors."""
    factors = []
    for columns in blocks:
        block = X[:, columns]
        K = block @ block.T
        if kernel == "rbf":
            centred = block - nominal @ block
            K = rbf_kernel(block, gamma=1 / np.sum(nominal @ centred**2))
        values, axes = np.linalg.eigh(K)
        kept = values > 1e-12 * values.max()
        factors.append(axes[:, kept] * np.sqrt(values[kept]))
    return factors


def least_bound(losses, nominal, factors, radius):
    """Return the smallest upper bound by functions of the modalities.

    Weights in the set whose expected loss is that bound are a worst case, so that a
    program in the functions suffices. One in the weights is beyond Clarabel's reach if
    radii are tiny.
    """
    functions = [cp.Variable(L.shape[1]) for L in factors]
    seen = sum(L @ f for L, f in zip(factors, functions, strict=True))
    bound = cp.max(losses - seen) + nominal @ seen
    bound += radius * sum(cp.norm(f, 2) for f in functions)
    return solve(cp.Problem(cp.Minimize(bound)))


@pytest.mark.parametrize("rows", ["generic", "ties", "copies"])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("radius", RADII)
def test_worst_case_of_any_radius(radius, kernel, rows):
    """Value and weights are right however small or large the radius is."""
    X, modalities = make_features()
    losses, nominal = make_losses("ties" if rows == "ties" else "normal")
    if rows == "copies":
        X[10:15] = X[:5]
    balls = MMD(radius, kernel=kernel).bind(X, nominal, modalities).reweighting
    worst = balls.worst_case(losses, nominal)
    factors = own_factors(X, modalities.columns, kernel, nominal)
    bound = least_bound(losses, nominal, factors, radius)
    assert worst.value == pytest.approx(bound, abs=1e-8)
    assert worst.value == pytest.approx(worst.weights @ losses, rel=1e-12)
    assert_in_simplex(worst.weights)
    for L in factors:
        moved = np.linalg.norm(L.T @ (worst.weights - nominal))
        assert moved <= radius * (1 + 1e-9) + 1e-15
