"""Copies of the data in which some modalities are replaced by their means."""

import numpy as np
from scipy.sparse import issparse

from ._data import data_operator


class MaskedData:
    """Products with stacked copies of a matrix, which are never formed.

    Copy e has the columns of the modalities in ``masks[e]`` replaced by their means.
    With C_k = X_k W_k and m_k the means, its predictions are the sum of C_k over the
    modalities that are there and of m_k W_k over those that are not: one pass over
    the data serves all copies.

    Parameters
    ----------
    blocks : list of DenseData or SparseData
        The columns of each modality.
    columns : list of slice or ndarray
        Where they are in X.
    means : list of ndarray
        Mean of each column, by modality.
    masks : ndarray of bool of shape (n_copies, n_modalities)
        True where a modality is missing.
    """

    def __init__(self, blocks, columns, means, masks):
        self.blocks, self.columns, self.means = blocks, columns, means
        self.masks, self.n_copies = masks, len(masks)
        self.n_samples = blocks[0].shape[0]
        n_features = sum(block.shape[1] for block in blocks)
        self.shape = (self.n_copies * self.n_samples, n_features)

    @classmethod
    def from_matrix(cls, X, modalities, nominal, masks):
        """Split a validated matrix, dense or CSR."""
        columns = [_as_slice(c) for c in modalities.columns]
        blocks = [data_operator(_columns(X, c)) for c in columns]
        means = [block.rmatmul(nominal[:, None])[:, 0] for block in blocks]
        return cls(blocks, columns, means, masks)

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
        total = G.sum(axis=0)
        out = np.empty((self.shape[1], G.shape[2]))
        for k, (block, columns) in self._each():
            lost = G[self.masks[:, k]]
            out[columns] = block.rmatmul(total - lost.sum(axis=0))
            out[columns] += np.outer(self.means[k], lost.sum(axis=(0, 1)))
        return out

    def gram(self, weights):
        weights = weights.reshape(self.n_copies, self.n_samples)
        out = np.empty((self.shape[1], self.shape[1]))
        seen = ~self.masks
        for j, (block, rows) in self._each():
            for k in range(j, len(self.blocks)):
                both = weights[seen[:, j] & seen[:, k]].sum(axis=0)
                cross = block.cross(self.blocks[k], both)
                only_j = weights[seen[:, j] & ~seen[:, k]].sum(axis=0)
                cross += np.outer(block.rmatmul(only_j[:, None]), self.means[k])
                if k != j:
                    only_k = weights[~seen[:, j] & seen[:, k]].sum(axis=0)
                    pulled = self.blocks[k].rmatmul(only_k[:, None])
                    cross += np.outer(self.means[j], pulled)
                neither = weights[~seen[:, j] & ~seen[:, k]].sum()
                cross += neither * np.outer(self.means[j], self.means[k])
                _put(out, rows, self.columns[k], cross)
        return out, self.rmatmul(weights.reshape(-1, 1))[:, 0]

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

        copies = []
        for mask in self.masks:
            X = np.empty((self.n_samples, self.shape[1]))
            for k, columns in enumerate(self.columns):
                block = self.blocks[k].X
                block = block.toarray() if issparse(block) else block
                X[:, columns] = self.means[k] if mask[k] else block
            copies.append(X)
        return np.vstack(copies) @ W

    def take(self, rows):
        blocks = [block.take(rows) for block in self.blocks]
        return MaskedData(blocks, self.columns, self.means, self.masks)


def _as_slice(columns):
    if np.array_equal(columns, np.arange(columns[0], columns[0] + len(columns))):
        return slice(int(columns[0]), int(columns[0]) + len(columns))
    return columns


def _columns(X, columns):
    """Return columns; of a dense matrix as a view where they are adjacent."""
    return X.tocsc()[:, columns].tocsr() if issparse(X) else X[:, columns]


def _put(out, rows, columns, block):
    rows = np.arange(len(out))[rows]
    columns = np.arange(len(out))[columns]
    out[np.ix_(rows, columns)] = block
    out[np.ix_(columns, rows)] = block.T
