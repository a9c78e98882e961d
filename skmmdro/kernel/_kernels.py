"""The kernel of each modality; all of them are computed by scikit-learn."""

from dataclasses import dataclass, field
from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import pairwise
from sklearn.utils import gen_batches

from .._rows import double_rows, row_codes, scramble
from .._validation import check_names
from ._bandwidth import RULES, bandwidth

PRECOMPUTED = "precomputed"
_PRECISION = np.finfo(np.float64).eps
_ASYMMETRY = 1e-5  # relative to the largest value
_SYMMETRY_ROWS = 500  # compared at a time
_DIAGONAL_ROWS = 50  # whose kernel matrix is computed for the sake of its diagonal


def additive_kernel(X, Y, gamma):
    """Return the mean over the columns of a Gaussian kernel of each column."""
    columns = zip(range(X.shape[1]), gamma, strict=True)
    grams = (pairwise.rbf_kernel(X[:, [j]], Y[:, [j]], gamma=g) for j, g in columns)
    return sum(grams) / X.shape[1]


_FUNCTIONS = {
    "linear": (pairwise.linear_kernel, ()),
    "rbf": (pairwise.rbf_kernel, ("gamma",)),
    "laplacian": (pairwise.laplacian_kernel, ("gamma",)),
    "poly": (pairwise.polynomial_kernel, ("gamma", "degree", "coef0")),
    "cosine": (pairwise.cosine_similarity, ()),
    "chi2": (pairwise.chi2_kernel, ("gamma",)),
    "additive": (additive_kernel, ("gamma",)),
}
NAMES = {*_FUNCTIONS, PRECOMPUTED}
# Their centred kernels do not change if all rows are moved by the same vector. Moved to
# the training mean, large values do not cancel in what they are computed from.
_MOVABLE = {"linear", "rbf", "additive"}


@dataclass(frozen=True)
class ModalityKernel:
    """Kernel between rows of one modality.

    Attributes
    ----------
    name : str
        Modality, for error messages.
    function : callable
        ``function(rows, basis, **arguments)`` returns the matrix of kernel values.
    arguments : dict
        Its parameters.
    origin : ndarray of shape (n_columns,) or None
        Subtracted from dense rows before, None: zero.
    """

    name: str
    function: object
    arguments: dict = field(default_factory=dict)
    origin: np.ndarray | None = None
    precision = _PRECISION

    def __call__(self, rows, basis):
        """Return the kernel values, float64 of shape (n_rows, n_basis)."""
        rows, basis = self._moved(rows), self._moved(basis)
        gram = self.function(rows, basis, **self.arguments)
        gram = np.asarray(gram.toarray() if issparse(gram) else gram, np.float64)
        expected = (rows.shape[0], basis.shape[0])
        if gram.shape != expected or not np.all(np.isfinite(gram)):
            found = "NaN or infinity" if gram.shape == expected else gram.shape
            raise ValueError(
                f"the kernel of modality {self.name!r} returned {found}, expected "
                f"finite values of shape {expected} for {expected[0]} and "
                f"{expected[1]} rows."
            )
        return gram

    def _moved(self, rows):
        rows = double_rows(rows)  # a copy
        if self.origin is not None and not issparse(rows):
            rows -= self.origin
        return rows

    @property
    def gamma(self):
        return self.arguments.get("gamma")

    def codes(self, block):
        """Return codes that tell distinct rows apart, see `row_codes`."""
        return row_codes(block)

    def basis(self, block, index):
        """Return what has to be kept of the rows `index` to evaluate the kernel."""
        return block[index]

    def diagonal(self, block, index):
        """Return k(x, x) of the rows `index`."""
        parts = np.array_split(index, -(-len(index) // _DIAGONAL_ROWS))
        return np.concatenate([np.diag(self(block[i], block[i])) for i in parts])


@dataclass(frozen=True)
class PrecomputedKernel:
    """Kernel whose values are given; a row is a row of the Gram matrix.

    Attributes
    ----------
    name : str
        Modality.
    columns : ndarray of int
        Columns of the training rows that have a positive weight.
    precision : float
        Relative precision of the kernel values.
    """

    name: str
    columns: np.ndarray
    precision: float = _PRECISION
    gamma = None

    def __call__(self, rows, basis):
        return rows[:, basis].astype(np.float64)

    def codes(self, block):
        return scramble(np.arange(len(block), dtype=np.uint64))

    def basis(self, block, index):
        return self.columns[index]

    def diagonal(self, block, index):
        return block[index, self.columns[index]].astype(np.float64)


@dataclass(frozen=True)
class ProductKernel:
    """Product of the centred kernels of two modalities, given their feature maps.

    Attributes
    ----------
    name : str
        Name of the interaction.
    width : int
        Number of leading columns of a row that belong to the first modality.
    """

    name: str
    width: int
    precision = _PRECISION
    gamma = None

    def __call__(self, rows, basis):
        first = rows[:, : self.width] @ basis[:, : self.width].T
        first *= rows[:, self.width :] @ basis[:, self.width :].T
        return first

    def basis(self, block, index):
        return block[index]

    def diagonal(self, block, index):
        squares = np.square(block[index])
        first = squares[:, : self.width].sum(axis=1)
        return first * squares[:, self.width :].sum(axis=1)


def precomputed_kernels(grams, names, columns):
    """Return one `PrecomputedKernel` for each modality.

    Parameters
    ----------
    grams : list of ndarray of shape (n_samples, n_columns)
        Rows of the Gram matrices.
    names : tuple of str
        Modalities.
    columns : ndarray of int of shape (n_samples,)
        The column of each row's sample.

    Raises
    ------
    ValueError
        If a matrix is not symmetric.
    """
    for gram, name in zip(grams, names, strict=True):
        check_symmetric(gram, name, columns)
    eps = np.finfo(grams[0].dtype).eps
    return [PrecomputedKernel(name, columns, eps) for name in names]


def check_symmetric(gram, name, columns=None):
    """Raise if a Gram matrix, the `columns` of which belong to its rows, is not."""
    columns = np.arange(len(gram)) if columns is None else columns
    limit = _ASYMMETRY * max(gram.max(initial=0.0), -gram.min(initial=0.0))
    for rows in gen_batches(len(gram), _SYMMETRY_ROWS):
        gap = np.abs(gram[rows][:, columns] - gram[:, columns[rows]].T).max(initial=0.0)
        if gap > limit:
            raise ValueError(
                f"the kernel of {name!r} is not symmetric: k(x, y) and k(y, x) differ "
                f"by {gap:.3g}, with values up to {limit / _ASYMMETRY:.3g}. Average "
                "the two, or scale the columns if the difference is rounding."
            )


def resolve_kernels(spec, blocks, nominal, modalities):
    """Return one `ModalityKernel` for each modality.

    Parameters
    ----------
    spec : estimator
        Has `kernel`, `gamma`, `degree`, `coef0` and `kernel_params`.
    blocks : list of {ndarray, sparse matrix}
        Rows of each modality; rows without the modality are NaN.
    nominal : ndarray of shape (n_samples,)
        Positive weights.
    modalities : Modalities
        Their names.

    Raises
    ------
    ValueError
        If a kernel or a gamma is unknown, or names and modalities do not agree.
    """
    names = modalities.names
    kernels = _by_name(spec.kernel, modalities, "kernel")
    gammas = _by_name(spec.gamma, modalities, "gamma")
    if spec.kernel_params and not any(map(callable, kernels.values())):
        raise ValueError(
            f"kernel_params={spec.kernel_params!r} is for kernels that are callables, "
            f"got kernel={spec.kernel!r}. Use gamma, degree and coef0 for the others."
        )
    return [
        ModalityKernel(name, kernels[name], spec.kernel_params or {})
        if callable(kernels[name])
        else _named_kernel(spec, kernels[name], gammas[name], name, block, nominal)
        for name, block in zip(names, blocks, strict=True)
    ]


def _named_kernel(spec, kernel, gamma, name, block, nominal):
    function, wanted = _check_kernel(kernel, name)
    rest = {"degree": spec.degree, "coef0": spec.coef0}
    arguments = {key: rest[key] for key in wanted if key != "gamma"}
    rows, weights = _observed(block, nominal, name)
    if "gamma" in wanted:
        factor, rule = _check_gamma(gamma, name)
        arguments["gamma"] = factor * bandwidth(rule, kernel, rows, weights, name)
    movable = kernel in _MOVABLE and not issparse(rows)
    origin = np.median(rows, axis=0).astype(np.float64) if movable else None
    return ModalityKernel(name, function, arguments, origin)


def _by_name(value, modalities, parameter):
    if not isinstance(value, dict):
        return dict.fromkeys(modalities.names, value)
    check_names(value, modalities, parameter=parameter)
    return value


def _check_kernel(kernel, name):
    if kernel == PRECOMPUTED:
        raise ValueError(
            f"kernel={{{name!r}: 'precomputed'}}: kernels are precomputed for all "
            "modalities or for none. Pass kernel='precomputed' and one Gram matrix "
            "for each modality."
        )
    if not isinstance(kernel, str) or kernel not in _FUNCTIONS:
        raise ValueError(
            f"unknown kernel {kernel!r} for modality {name!r}; use one of "
            f"{sorted(_FUNCTIONS)} or a callable."
        )
    return _FUNCTIONS[kernel]


def _check_gamma(gamma, name):
    """Return (factor, rule), rule None for a number."""
    if isinstance(gamma, str):
        factor, star, rule = gamma.rpartition("*")
        try:
            factor = float(factor) if star else 1.0
        except ValueError:
            factor = np.nan
    else:
        is_number = isinstance(gamma, Real) and not isinstance(gamma, bool)
        factor, rule = (float(gamma) if is_number else np.nan), None
    if not 0 < factor < np.inf or rule not in (None, *RULES):
        raise ValueError(
            f"gamma of modality {name!r} must be a positive finite number, one of "
            f"{list(RULES)} or a multiple such as '0.5*median', got {gamma!r}."
        )
    return factor, rule


def _observed(block, nominal, name):
    seen = ~missing_rows(block, name)
    if np.all(seen):
        return block, nominal
    if not np.any(seen):
        raise ValueError(
            f"modality {name!r} is missing in all samples with positive weight; leave "
            "its columns out."
        )
    return block[seen], nominal[seen] / nominal[seen].sum()


def missing_rows(block, name):
    """Return a mask of the rows in which all entries of a modality are NaN.

    Raises
    ------
    ValueError
        If only some entries of a row are NaN.
    """
    if issparse(block):
        if np.any(np.isnan(block.data)):
            raise ValueError(
                f"X contains NaN in modality {name!r}; sparse data cannot have missing "
                "modalities. Pass a dense array, with NaN in all of its columns."
            )
        return np.zeros(block.shape[0], dtype=bool)
    absent = np.isnan(block)
    missing = absent.all(axis=1)
    if np.any(absent[~missing]):
        raise ValueError(
            f"X contains NaN in part of modality {name!r}. A modality that is missing "
            "altogether is NaN in all its columns; impute single values before."
        )
    return missing
