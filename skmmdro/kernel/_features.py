"""Features of the training rows, block by block."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .._rows import scramble
from ..modalities import Modalities
from ._kernels import ProductKernel, missing_rows
from ._map import fit_feature_map

_GRAIN = 2.0**-14  # relative to the largest value: far above rounding, below noise


@dataclass(frozen=True)
class KernelFeatures:
    """Explicit features of the training rows: what the linear problem is stated on.

    Attributes
    ----------
    matrix : ndarray of shape (n_samples, n_components)
        Features of all blocks side by side; zero where a modality is missing.
    blocks : Modalities
        Columns of each block: the modalities, then the interactions.
    uses : ndarray of bool of shape (n_blocks, n_modalities)
        Which modalities a block is made of.
    maps : list of FeatureMap
        Feature map of each block.
    """

    matrix: np.ndarray
    blocks: Modalities
    uses: np.ndarray
    maps: list


def kernel_features(kernels, blocks, nominal, modalities, pairs, n_landmarks):
    """Compute the features of the training rows.

    Parameters
    ----------
    kernels : list of ModalityKernel or PrecomputedKernel
        Kernel of each modality.
    blocks : list of {ndarray, sparse matrix}
        Rows of each modality.
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
    modalities : Modalities
        Names of the modalities.
    pairs : list of (int, int)
        Modalities whose interaction is a block too.
    n_landmarks : int or None
        At most this many landmarks for a block; None: all distinct rows.

    Returns
    -------
    features : KernelFeatures
    """
    builder = _Builder(nominal, n_landmarks)
    for kernel, block in zip(kernels, blocks, strict=True):
        observed = ~missing_rows(block, kernel.name)
        builder.add(kernel, block, kernel.codes(block), observed)
    uses = list(np.eye(len(modalities), dtype=bool))
    names = list(modalities.names)
    for first, second in pairs:
        names.append(interaction_name(names[first], names[second]))
        builder.add_product(names[-1], first, second)
        uses.append(uses[first] | uses[second])
    matrix, columns = builder.side_by_side()
    blocks = Modalities(tuple(names), columns)
    return KernelFeatures(matrix, blocks, np.array(uses), builder.maps)


def without_rounding(features, blocks):
    """Return features on a grid, coarser than the rounding errors they come with.

    Rows are dealt into halves by the bits of their entries. So what is learned from
    computed entries would depend on how the sums in them were ordered.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_components)
        Features.
    blocks : Modalities
        Columns of each block.

    Returns
    -------
    features : ndarray of shape (n_samples, n_components)
        Multiples of a power of two that is small against the block.
    """
    out = np.empty_like(features)
    for columns in blocks.columns:
        part = features[:, columns]
        top = np.abs(part).max(initial=0.0)
        step = np.exp2(np.floor(np.log2(top))) * _GRAIN if top > 0 else 1.0
        out[:, columns] = np.round(part / step) * step
    return out


def interaction_name(first, second):
    return f"{first}:{second}"


class _Builder:
    """Collects the blocks of the feature matrix."""

    def __init__(self, nominal, n_landmarks):
        self.nominal, self.n_landmarks = nominal, n_landmarks
        self.parts, self.maps, self.codes, self.observed = [], [], [], []

    def add(self, kernel, rows, codes, observed):
        """Add the block of `kernel`; it is zero where it is not observed."""
        if not np.any(observed):
            raise ValueError(
                f"{kernel.name!r} is missing in all samples with positive weight; "
                "leave it out."
            )
        nominal = self.nominal[observed]
        whole = np.all(observed)
        found, part = fit_feature_map(
            kernel,
            rows if whole else rows[observed],
            codes[observed],
            nominal / nominal.sum(),
            self.n_landmarks,
        )
        if not whole:
            found = replace(found, index=np.flatnonzero(observed)[found.index])
            known, part = part, np.zeros((len(observed), part.shape[1]))
            part[observed] = known
        for kept, new in zip(
            (self.parts, self.maps, self.codes, self.observed),
            (part, found, codes, observed),
            strict=True,
        ):
            kept.append(new)

    def add_product(self, name, first, second):
        """Add the interaction of two blocks."""
        rows = np.hstack([self.parts[first], self.parts[second]])
        kernel = ProductKernel(name, self.parts[first].shape[1])
        codes = self.codes[first] + scramble(self.codes[second])
        self.add(kernel, rows, codes, self.observed[first] & self.observed[second])

    def side_by_side(self):
        """Return the whole matrix and the columns of each block; empties `parts`."""
        edges = np.cumsum([0, *(part.shape[1] for part in self.parts)])
        matrix = np.empty((len(self.nominal), edges[-1]))
        columns = []
        for start, stop in pairwise(edges):
            matrix[:, start:stop] = self.parts.pop(0)  # at most one block is held twice
            columns.append(np.arange(start, stop))
        return matrix, tuple(columns)
