"""The fitted additive function, evaluated on any rows."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.utils import gen_batches

from ..modalities import Modalities
from ._kernels import missing_rows

_CHUNK_BYTES = 2**25  # of kernel values held at a time


@dataclass(frozen=True)
class BlockFunction:
    """f(x) = sum_j dual_j k(x, basis_j) - constant; zero nominal mean.

    Attributes
    ----------
    kernel : ModalityKernel or the like
    basis : {ndarray, sparse matrix}
        What the kernel needs of the landmarks.
    dual : ndarray of shape (n_landmarks, n_outputs)
    constant : ndarray of shape (n_outputs,)
    """

    kernel: object
    basis: object
    dual: np.ndarray
    constant: np.ndarray

    @classmethod
    def from_coefficients(cls, feature_map, W):
        """Fold the coefficients W (n_components, n_outputs) into the feature map."""
        return cls(
            feature_map.kernel,
            feature_map.basis,
            feature_map.projection @ W,
            feature_map.offset @ W,
        )

    def __call__(self, rows):
        if not np.any(self.dual):
            return 0.0
        return self.kernel(rows, self.basis) @ self.dual - self.constant


@dataclass(frozen=True)
class AdditiveFunction:
    """Sum of one function per block.

    Attributes
    ----------
    blocks : list of BlockFunction
        One for each modality, then one for each interaction.
    pairs : list of (int, int)
        Modalities of each interaction.
    maps : dict of int to FeatureMap
        Feature maps of the modalities that interactions are made of; of all, if kernels
        are precomputed.
    """

    blocks: list
    pairs: list
    maps: dict

    def scores(self, data):
        """Evaluate each block's function.

        Parameters
        ----------
        data : list of {ndarray, sparse matrix}
            Rows of each modality, NaN where one is missing.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_blocks, n_outputs)
        """
        n_samples, n_outputs = data[0].shape[0], self.blocks[0].dual.shape[1]
        out = np.zeros((n_samples, len(self.blocks), n_outputs))
        width = max(block.dual.shape[0] for block in self.blocks)
        size = max(_CHUNK_BYTES // (8 * width), 1)
        for rows in gen_batches(n_samples, size):
            self._evaluate([block[rows] for block in data], out[rows])
        return out

    def features(self, data):
        """Return the features of each modality, which must have a map.

        Parameters
        ----------
        data : list of ndarray
            Rows of each modality, NaN where one is missing.

        Returns
        -------
        features : ndarray of shape (n_samples, n_components)
            Zero where a modality is missing.
        modalities : Modalities
            Their columns.
        """
        names = tuple(block.kernel.name for block in self.blocks[: len(data)])
        edges = np.cumsum([0, *(len(self.maps[k].offset) for k in range(len(data)))])
        columns = tuple(np.arange(*edge) for edge in pairwise(edges))
        out = np.zeros((data[0].shape[0], edges[-1]))
        for k, x in enumerate(data):
            seen = ~missing_rows(x, names[k])
            out[np.ix_(seen, columns[k])] = self.maps[k].transform(x[seen])
        return out, Modalities(names, columns)

    def _evaluate(self, data, out):
        names = [block.kernel.name for block in self.blocks]
        seen = [~missing_rows(x, name) for x, name in zip(data, names, strict=False)]
        for k, x in enumerate(data):
            if np.any(seen[k]):
                out[seen[k], k] = self.blocks[k](x[seen[k]])
        for k, (first, second) in enumerate(self.pairs, start=len(data)):
            both = seen[first] & seen[second]
            if np.any(both) and np.any(self.blocks[k].dual):
                rows = [self.maps[j].transform(data[j][both]) for j in (first, second)]
                out[both, k] = self.blocks[k](np.hstack(rows))
