"""What the kernel estimators accept as X."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_array, check_X_y

from ..modalities import SINGLE, Modalities

_DTYPES = [np.float64, np.float32]
_EXPECTED = (
    "kernel='precomputed' needs one Gram matrix for each modality: a square matrix, a "
    "dict of them by modality name, or an array of shape (n_modalities, n_samples, "
    "n_samples) or (n_samples, n_samples, n_modalities)"
)


@dataclass(frozen=True)
class GramStack:
    """Gram matrices of several modalities; an index selects samples in all of them.

    Attributes
    ----------
    grams : list of ndarray of shape (n_samples, n_samples_fit)
        Kernel values with the training samples.
    names : tuple of str
        Modalities.
    """

    grams: list
    names: tuple

    @property
    def shape(self):
        return self.grams[0].shape

    @property
    def dtype(self):
        return self.grams[0].dtype

    def __len__(self):
        return len(self.grams[0])

    def __getitem__(self, rows):
        return GramStack([gram[rows] for gram in self.grams], self.names)

    def modalities(self):
        """Return the columns of each modality in the matrices side by side."""
        width = self.shape[1]
        columns = (np.arange(width) + k * width for k in range(len(self.names)))
        return Modalities(self.names, tuple(columns))


def is_stack(X):
    """Tell whether X holds more than one matrix."""
    return isinstance(X, dict) or np.asarray(X).ndim == 3


def read_stack(X, y, names, modality_axis, **options):
    """Validate Gram matrices, and the targets if there are any.

    Parameters
    ----------
    X : dict or array-like with three dimensions
        Gram matrices.
    y : tuple of array-like
        Nothing or targets.
    names : tuple of str or None
        Modalities of the fit; None: this is a fit.
    modality_axis : int or None
        Which axis of an array is that of the modalities; None: find out.
    **options : dict
        For scikit-learn's checks.

    Returns
    -------
    stack : GramStack
    y : tuple
        Nothing or validated targets.
    """
    if isinstance(X, dict):
        found, matrices = tuple(X), list(X.values())
    else:
        matrices = list(np.moveaxis(np.asarray(X), modality_axis or 0, 0))
        found = tuple(f"{SINGLE}{k}" for k in range(len(matrices)))
    if not matrices or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{_EXPECTED}; got the keys {list(found)}.")
    if names is not None and set(found) != set(names):
        raise ValueError(
            f"X has Gram matrices of {list(found)}, but the model was fitted with "
            f"those of {list(names)}."
        )
    if names is not None:
        given = dict(zip(found, matrices, strict=True))
        found, matrices = names, [given[name] for name in names]
    finite = "allow-nan" if names is not None else True
    checked = [
        check_array(gram, dtype=_DTYPES, ensure_all_finite=finite) for gram in matrices
    ]
    shapes = {gram.shape for gram in checked}
    if len(shapes) > 1:
        raise ValueError(f"{_EXPECTED}, all of one shape; got {sorted(shapes)}.")
    if y:
        options["ensure_all_finite"] = finite
        y = check_X_y(checked[0], *y, **options)[1:]
    return GramStack(checked, found), y


def modality_axis(X):
    """Return the axis of the modalities in an array of square Gram matrices."""
    shape = np.asarray(X).shape
    if shape[1] == shape[2]:
        return 0
    if shape[0] == shape[1]:
        return 2
    raise ValueError(f"{_EXPECTED}; got an array of shape {shape}.")


def check_square(data):
    """Raise if the Gram matrix of a fit is not square."""
    if data.shape[0] != data.shape[1]:
        raise ValueError(f"{_EXPECTED}; got a matrix of shape {data.shape}.")


def observed_data(X, nominal):
    """Return X with missing values replaced by the weighted means of their columns."""
    if issparse(X) or not np.isnan(X).any():
        return X
    missing = np.isnan(X)
    filled = np.where(missing, 0, X)
    seen = nominal @ ~missing
    means = np.divide(nominal @ filled, seen, out=np.zeros(len(seen)), where=seen > 0)
    return np.where(missing, means.astype(X.dtype), filled)
