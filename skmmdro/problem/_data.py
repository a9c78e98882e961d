"""The only place where the data matrix is touched during optimisation."""

import numpy as np
from scipy.sparse import csr_array, issparse

_CHUNK_BYTES = 2**19  # row chunks that stay in cache,
_CHUNK_SHAPE = 4  # unless they would be too flat for fast products: rows per column
_FEW = 0.5  # share of the rows below which picking them pays


class DenseData:
    """Products with a dense matrix; double precision inside, no copy of the matrix.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        float64 or float32, any memory order.
    """

    def __init__(self, X):
        self.X = X
        self.shape = X.shape

    def _chunks(self, weights=None):
        """Return slices, or arrays of the rows with weight if few have any."""
        n_rows, n_columns = self.shape
        size = max(_CHUNK_BYTES // (8 * n_columns), _CHUNK_SHAPE * n_columns)
        if weights is not None and np.count_nonzero(weights) < _FEW * n_rows:
            used = np.flatnonzero(weights)
            return [used[a : a + size] for a in range(0, len(used), size)]
        return [slice(a, a + size) for a in range(0, n_rows, size)]

    def _copies(self, dtype, chunks=None):
        """Yield chunks and their rows, in an array that the next one overwrites."""
        scratch = None  # pages of new memory would take longer than the products
        for rows in self._chunks() if chunks is None else chunks:
            part = self.X[rows]
            scratch = np.empty(part.shape, dtype) if scratch is None else scratch
            held = scratch[: len(part)]
            held[...] = part
            yield rows, held

    def matmul(self, W):
        """Return X @ W, (n_samples, n_columns)."""
        if self.X.dtype == np.float64:
            return self.X @ W
        out = np.empty((self.shape[0], W.shape[1]))
        for rows, part in self._copies(np.float64):
            out[rows] = part @ W
        return out

    def rmatmul(self, G):
        """Return X.T @ G, (n_features, n_columns)."""
        if self.X.dtype == np.float64:
            return (G.T @ self.X).T  # faster than X.T @ G
        out = np.zeros((self.shape[1], G.shape[1]))
        for rows, part in self._copies(np.float64):
            out += part.T @ G[rows]
        return out

    def gram(self, weights, dtype=np.float64):
        """Return X.T @ diag(weights) @ X and X.T @ weights, in one pass.

        `dtype` is that of the products; sums over chunks are in double precision.
        """
        out = np.zeros((self.shape[1], self.shape[1]))
        sums = np.zeros(self.shape[1])
        root = np.sqrt(np.abs(weights))[:, None].astype(dtype, copy=False)
        signs = None if weights.min() >= 0 else np.sign(weights)[:, None].astype(dtype)
        for rows, scaled in self._copies(dtype, self._chunks(weights)):
            scaled *= root[rows]
            # the product of an array with itself takes half the work
            other = scaled if signs is None else scaled * signs[rows]
            out += scaled.T @ other
            sums += root[rows, 0] @ other
        return out, sums

    def cross(self, other, weights, owner=(0,), dtype=np.float64):
        """Return (X * weights[:, owner]).T @ Y for a block Y of the same samples.

        `owner` is the column of weights for each column of X, or one for all.
        """
        out = np.zeros((self.shape[1], other.shape[1]))
        weights = weights.astype(dtype, copy=False)
        chunks = self._chunks()
        copies = self._copies(dtype, chunks), other._copies(dtype, chunks)
        for (rows, scaled), (_, theirs) in zip(*copies, strict=True):
            scaled *= np.take(weights[rows], owner, axis=1)
            out += scaled.T @ theirs
        return out

    def cvxpy_matmul(self, W):
        """Return X times a cvxpy expression."""
        return self.X @ W

    def cvxpy_rmatmul(self, G):
        """Return X.T times a cvxpy expression."""
        return self.X.T @ G

    def column_squares(self, weights):
        """Return the diagonal of the matrix from `gram(weights)`."""
        out = np.zeros(self.shape[1])
        for rows, part in self._copies(np.float64):
            out += weights[rows] @ np.square(part, out=part)
        return out

    def take(self, rows):
        return DenseData(self.X[rows])


class SparseData:
    """Products with a CSR matrix, which is never made dense.

    Parameters
    ----------
    X : sparse matrix or array of shape (n_samples, n_features), CSR
    """

    def __init__(self, X):
        self.X = X
        self.shape = X.shape
        self.transposed = X.T  # a view

    def matmul(self, W):
        return np.asarray(self.X @ W, dtype=np.float64)

    def rmatmul(self, G):
        return np.asarray(self.transposed @ G, dtype=np.float64)

    def gram(self, weights, dtype=np.float64):
        scaled = self.X.multiply(weights[:, None]).tocsr()
        return (self.transposed @ scaled).toarray(), self.transposed @ weights

    def cross(self, other, weights, owner=(0,), dtype=np.float64):
        X = self.X.tocoo(copy=False)
        owner = np.broadcast_to(owner, self.shape[1])
        scaled = X.data * weights[X.row, owner[X.col]]
        scaled = csr_array((scaled, self.X.indices, self.X.indptr), self.shape)
        return (scaled.T @ other.X).toarray()

    def cvxpy_matmul(self, W):
        return self.X @ W

    def cvxpy_rmatmul(self, G):
        return self.transposed @ G

    def column_squares(self, weights):
        return np.asarray(self.X.multiply(self.X).T @ weights, dtype=np.float64)

    def take(self, rows):
        return SparseData(self.X[rows])


def data_operator(X):
    """Return the operator for a validated matrix."""
    return SparseData(X) if issparse(X) else DenseData(X)


def column_means(X, nominal):
    """Return the weighted means of the columns of a validated matrix, (n_features,)."""
    return data_operator(X).rmatmul(nominal[:, None])[:, 0]
