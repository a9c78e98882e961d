"""Stacked copies with missing modalities: the same products as if they were formed."""

import numpy as np
import pytest
from scipy import sparse

from skmmdro.modalities import resolve_modalities
from skmmdro.problem._masked import MaskedData

N_SAMPLES, N_FEATURES = 23, 7
CONTAINERS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csr-float32": lambda X: sparse.csr_array(X.astype(np.float32)),
}
COLUMNS = {
    "adjacent": {"a": [0, 1, 2], "b": [3], "c": [4, 5, 6]},
    "scattered": {"a": [5, 0, 3], "b": [2], "c": [6, 1, 4]},
}
MASKS = {
    "each": [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "pairs": [[1, 1, 0], [0, 1, 1], [1, 0, 1]],
    "all": [[1, 1, 1], [0, 0, 0]],
    "observed": [[0, 0, 0]],
}
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def make(container, columns, masks):
    """Return the operator, the matrix it stands for, and a generator.

    Entries are sixteenths, so that single precision holds them exactly.
    """
    rng = np.random.default_rng(0)
    X = rng.integers(-64, 64, (N_SAMPLES, N_FEATURES)) / 16
    X[rng.random(X.shape) < 0.3] = 0
    nominal = rng.random(N_SAMPLES) + 0.1
    nominal /= nominal.sum()
    modalities = resolve_modalities(COLUMNS[columns], X)
    masks = np.array(MASKS[masks], dtype=bool)
    data = MaskedData.from_matrix(CONTAINERS[container](X), modalities, nominal, masks)
    copies = []
    for mask in masks:
        copy = X.copy()
        for name, is_missing in zip(modalities.names, mask, strict=True):
            if is_missing:
                copy[:, COLUMNS[columns][name]] = nominal @ X[:, COLUMNS[columns][name]]
        copies.append(copy)
    return data, np.vstack(copies), rng


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("masks", MASKS)
def test_products(container, columns, masks):
    data, stacked, rng = make(container, columns, masks)
    assert data.shape == stacked.shape
    assert (data.n_copies, data.n_samples) == (len(MASKS[masks]), N_SAMPLES)
    W = rng.standard_normal((N_FEATURES, 3))
    G = rng.standard_normal((len(stacked), 2))
    np.testing.assert_allclose(data.matmul(W), stacked @ W, **CLOSE)
    np.testing.assert_allclose(data.rmatmul(G), stacked.T @ G, **CLOSE)
    for e, column in enumerate(G.T):  # one copy in each column
        column[: e * N_SAMPLES], column[(e + 1) * N_SAMPLES :] = 0, 0
    np.testing.assert_allclose(data.rmatmul(G), stacked.T @ G, **CLOSE)
    assert data.matmul(W).dtype == data.rmatmul(G).dtype == np.float64
    for weights in (rng.random(len(stacked)), rng.standard_normal(len(stacked))):
        gram, sums = data.gram(weights)
        expected = (stacked * weights[:, None]).T @ stacked
        np.testing.assert_allclose(gram, expected, **CLOSE)
        np.testing.assert_allclose(sums, stacked.T @ weights, **CLOSE)
        rough, sums = data.gram(weights, np.float32)
        np.testing.assert_allclose(rough, expected, atol=3e-5)
        np.testing.assert_allclose(sums, stacked.T @ weights, **CLOSE)
        squares = data.column_squares(weights)
        np.testing.assert_allclose(squares, np.diag(expected), **CLOSE)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize(
    "rows", [slice(None, None, 3), np.array([7, 2, 2, 20])], ids=["slice", "indices"]
)
def test_take(container, columns, rows):
    """Rows of samples, in each copy; the means stay those of all samples."""
    data, stacked, rng = make(container, columns, "each")
    part = data.take(rows)
    kept = stacked.reshape(4, N_SAMPLES, N_FEATURES)[:, rows].reshape(-1, N_FEATURES)
    assert part.shape == kept.shape
    W, G = rng.standard_normal((N_FEATURES, 2)), rng.standard_normal((len(kept), 2))
    np.testing.assert_allclose(part.matmul(W), kept @ W, **CLOSE)
    np.testing.assert_allclose(part.rmatmul(G), kept.T @ G, **CLOSE)


@pytest.mark.parametrize("container", CONTAINERS)
def test_cone_form(container):
    cp = pytest.importorskip("cvxpy")
    data, stacked, rng = make(container, "scattered", "each")
    W = cp.Variable((N_FEATURES, 2))
    W.value = rng.standard_normal(W.shape)
    np.testing.assert_allclose(data.cvxpy_matmul(W).value, stacked @ W.value, **CLOSE)


def test_the_matrix_is_not_copied():
    """Adjacent columns of a dense matrix are views, and nothing is written to them."""
    X = np.asfortranarray(np.random.default_rng(0).standard_normal((9, 4)))
    X.setflags(write=False)
    modalities = resolve_modalities([1, 3], X)
    masks = np.eye(2, dtype=bool)
    data = MaskedData.from_matrix(X, modalities, np.full(9, 1 / 9), masks)
    assert all(np.shares_memory(block.X, X) for block in data.blocks)
    data.gram(np.ones(18))
    data.matmul(np.ones((4, 1)))
