"""Copies of the data in which some modalities are replaced by means."""

import numpy as np
from scipy.sparse import issparse

from ._data import column_means, data_operator


class MaskedData:
    """Products with stacked copies of a matrix, which are never formed.

    Copy e has the columns of the modalities in ``masks[e]`` replaced by means. With C_k
    = X_k W_k and m_k the means, its predictions are the sum of C_k over the modalities
    that are there and of m_k W_k over those that are not: one pass over the data serves
    all copies.

    Parameters
    ----------
    whole : DenseData or SparseData
        The matrix.
    columns : list of slice or ndarray
        Where each modality is in it.
    means : list of ndarray
        What stands for each column where it is missing, by modality.
    masks : ndarray of bool of shape (n_copies, n_modalities)
        True where a modality is missing.
    """

    def __init__(self, whole, columns, means, masks):
        self.whole, self.columns, self.means = whole, columns, means
        self.blocks = [data_operator(_columns(whole.X, c)) for c in columns]
        self.masks, self.n_copies = masks, len(masks)
        self.n_samples, n_features = whole.shape
        self.shape = (self.n_copies * self.n_samples, n_features)

    @classmethod
    def from_matrix(cls, X, modalities, nominal, masks, means=None):
        """Split a validated matrix, dense or CSR; None: take the nominal means."""
        means = column_means(X, nominal) if means is None else means
        columns = [_as_slice(c) for c in modalities.columns]
        return cls(data_operator(X), columns, [means[c] for c in columns], masks)

    def _each(self):
        return enumerate(zip(self.blocks, self.columns, strict=True))

    def _copies(self, G):
        return G.reshape(self.n_copies, self.n_samples, -1)

    def matmul(self, W):
        out = np.zeros((self.n_copies, self.n_samples, W.shape[1]))
        for k, (block, columns) in self._each():
            part = block.matmul(W[columns])
            missing = self.means[k] @ W[columns]
            for e in range(self.n_copies):
                out[e] += missing if self.masks[e, k] else part
        return out.reshape(self.shape[0], -1)

    def rmatmul(self, G):
        G = self._copies(G)
        used = G.any(axis=1)
        if np.all(used.sum(axis=0) <= 1):
            return self._rmatmul_in_copies(G, used.argmax(axis=0))
        total = G.sum(axis=0)
        out = np.empty((self.shape[1], G.shape[2]))
        for k, (block, columns) in self._each():
            lost = G[self.masks[:, k]]
            out[columns] = block.rmatmul(total - lost.sum(axis=0))
            out[columns] += np.outer(self.means[k], lost.sum(axis=(0, 1)))
        return out

    def _rmatmul_in_copies(self, G, copies):
        """Return the product if each column is zero outside of one copy."""
        G = G[copies, :, np.arange(len(copies))].T
        out, sums = self.whole.rmatmul(G), G.sum(axis=0)
        for k, columns in enumerate(self.columns):
            lost = self.masks[copies, k]
            out[columns] = np.where(lost, np.outer(self.means[k], sums), out[columns])
        return out

    def gram(self, weights, dtype=np.float64):
        """Return the Gram matrix of the stacked copies and their weighted sums.

        A row of copy e is x + m, x with zeros where a modality is missing and m with
        the means there and zeros elsewhere.
        """
        sums = self.rmatmul(weights[:, None])[:, 0]
        weights = weights.reshape(self.n_copies, self.n_samples)
        seen, lost, size = ~self.masks.T, self.masks.T, len(self.blocks)
        # v[j, k]: weight of each sample in copies that show j and miss k
        pairs = (seen[:, None] & lost[None]).reshape(size**2, -1).astype(np.float64)
        v = (pairs @ weights).reshape(size, size, -1)
        owner, means = np.empty(self.shape[1], dtype=np.intp), np.empty(self.shape[1])
        pulled = np.empty((self.shape[1], size))
        for k, (block, columns) in self._each():
            owner[columns], means[columns] = k, self.means[k]
            pulled[columns] = block.rmatmul(v[k].T)
        mixed = pulled[:, owner] * means  # sum w x m'
        both = (lost * weights.sum(axis=1)) @ lost.T  # weight of what misses j and k
        out = self._gram_of_seen(weights, owner, dtype) + mixed + mixed.T
        return out + both[np.ix_(owner, owner)] * np.outer(means, means), sums

    def _gram_of_seen(self, weights, owner, dtype):
        """Return sum w x x' with zeros where a modality is missing.

        That is the matrix of all copies, without what a missing modality takes away;
        where two are missing together, that is subtracted once too often.
        """
        out = self.whole.gram(weights.sum(axis=0), dtype)[0]
        lost = weights.T @ self.masks.astype(np.float64)
        lost = self.whole.cross(self.whole, lost, owner, dtype)
        out -= lost + np.where(owner[:, None] == owner, 0.0, lost.T)
        for j, rows in enumerate(self.columns):
            for k in range(j):
                both = self.masks[:, j] & self.masks[:, k]
                if both.any():
                    twice = weights[both].sum(axis=0)[:, None]
                    twice = self.blocks[j].cross(self.blocks[k], twice, dtype=dtype)
                    _add(out, rows, self.columns[k], twice)
                    _add(out, self.columns[k], rows, twice.T)
        return out

    def column_squares(self, weights):
        weights = weights.reshape(self.n_copies, self.n_samples)
        out = np.empty(self.shape[1])
        for k, (block, columns) in self._each():
            lost = self.masks[:, k]
            out[columns] = block.column_squares(weights[~lost].sum(axis=0))
            out[columns] += weights[lost].sum() * self.means[k] ** 2
        return out

    def cvxpy_matmul(self, W):
        """Return the stacked matrix times a cvxpy expression, for the reference."""
        return self._stacked() @ W

    def cvxpy_rmatmul(self, G):
        """Return the transposed stacked matrix times a cvxpy expression."""
        return self._stacked().T @ G

    def _stacked(self):
        X = self.whole.X.toarray() if issparse(self.whole.X) else self.whole.X
        copies = []
        for mask in self.masks:
            copy = np.array(X, dtype=np.float64)
            for k in np.flatnonzero(mask):
                copy[:, self.columns[k]] = self.means[k]
            copies.append(copy)
        return np.vstack(copies)

    def take(self, rows):
        return MaskedData(self.whole.take(rows), self.columns, self.means, self.masks)


def _as_slice(columns):
    if np.array_equal(columns, np.arange(columns[0], columns[0] + len(columns))):
        return slice(int(columns[0]), int(columns[0]) + len(columns))
    return columns


def _columns(X, columns):
    """Return columns; of a dense matrix as a view where they are adjacent."""
    return X.tocsc()[:, columns].tocsr() if issparse(X) else X[:, columns]


def _add(out, rows, columns, block):
    rows = np.arange(len(out))[rows]
    columns = np.arange(len(out))[columns]
    out[np.ix_(rows, columns)] += block
