"""Multimodal data with known coefficients, coupling and shift."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from .._validation import per_modality
from ..modalities import Modalities
from ._bunch import make_bunch


def make_multimodal_classification(
    n_samples=100,
    *,
    widths=(5, 5, 5),
    modality_names=None,
    n_classes=2,
    correlation=0.5,
    noise=0.0,
    signal=3.0,
    shift=None,
    random_state=None,
    population_state=0,
    as_frame=False,
    return_X_y=False,
):
    """Generate a multimodal classification problem, shifted or not.

    Every modality k has one latent factor t_k with the marginal N(s_k, 1); the factors'
    copula is Gaussian with correlation matrix C::

        z ~ N(0, C),   t_k = z_k + s_k,   x^(k) = t_k a_k + e_k,   e_k ~ N(0, I).

    A shift s_k moves modality k's marginal and leaves the copula as it is. Targets
    follow the multinomial logistic model with the linear scores
    ``sum_k coef_k' x^(k)``, which are centred for the unshifted population. What is
    returned is ``x^(k) + noise_k N(0, I)``.

    Parameters
    ----------
    n_samples : int, default=100
        Number of samples.
    widths : sequence of int, default=(5, 5, 5)
        Number of columns of each modality.
    modality_names : sequence of str or None, default=None
        Names; None: "m0", "m1", ...
    n_classes : int in [2, inf), default=2
        Number of classes.
    correlation : float or array-like of shape (n_modalities, n_modalities), default=0.5
        C, or the value of its off-diagonal entries. Positive semidefinite with a unit
        diagonal.
    noise : float in [0, inf) or dict, default=0.0
        Standard deviation of the noise of each modality, one for all or by name. It
        does not enter the target.
    signal : float in (0, inf), default=3.0
        Standard deviation of each linear score without shift.
    shift : dict or None, default=None
        s_k by modality name, 0 where not named. Draws a sample, say a test sample, in
        which these modalities' marginals have moved.
    random_state : int, RandomState or None, default=None
        Draws the sample.
    population_state : int, default=0
        Draws loadings a_k and coefficients. Samples with the same `population_state`
        and shapes come from one population, whatever their `random_state` and `shift`.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch
        With `data`, `target`, `frame`, `feature_names`, `modalities` (to be passed on
        as ``modalities=``) and

        coef : dict of str to ndarray of shape (width,) or (width, n_classes)
            Coefficients of the clean features by modality.
        loadings : dict of str to ndarray of shape (width,)
            a_k.
        chi2 : dict of str to float
            chi-square divergence of each returned modality's marginal from the one
            without shift, ``exp(s_k^2 ||a_k||^2 / (1 + noise_k^2 + ||a_k||^2)) - 1``.

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ValueError
        If widths, names, the correlation, noise or shift do not fit together.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716 (shifts of marginals under a shared copula).

    Examples
    --------
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> train = make_multimodal_classification(500, random_state=0)
    >>> test = make_multimodal_classification(500, random_state=1, shift={"m0": 1.0})
    >>> test.data.shape, round(test.chi2["m0"], 1), test.chi2["m1"]
    ((500, 15), 0.5, 0.0)
    """
    if not isinstance(n_classes, Integral) or n_classes < 2:
        raise ValueError(f"n_classes must be an integer above 1, got {n_classes!r}.")
    population = _Population(widths, modality_names, correlation)
    n_scores = 1 if n_classes == 2 else n_classes
    population.draw(population_state, signal, n_scores)
    rng = check_random_state(random_state)
    sample, score = population.sample(rng, n_samples, noise, shift)
    if n_classes == 2:
        target = (score[:, 0] + rng.logistic(size=n_samples) > 0).astype(np.int64)
    else:
        target = (score + rng.gumbel(size=score.shape)).argmax(axis=1)
    bunch = make_bunch(sample.pop("blocks"), target, as_frame=as_frame, **sample)
    return (bunch.data, bunch.target) if return_X_y else bunch


def make_multimodal_regression(
    n_samples=100,
    *,
    widths=(5, 5, 5),
    modality_names=None,
    target_noise=1.0,
    correlation=0.5,
    noise=0.0,
    signal=3.0,
    shift=None,
    random_state=None,
    population_state=0,
    as_frame=False,
    return_X_y=False,
):
    """Generate a multimodal regression problem, shifted or not.

    Features are those of :func:`make_multimodal_classification`; the target is the
    linear score ``sum_k coef_k' x^(k)`` of the clean features plus normal noise.

    Parameters
    ----------
    n_samples : int, default=100
        Number of samples.
    widths : sequence of int, default=(5, 5, 5)
        Number of columns of each modality.
    modality_names : sequence of str or None, default=None
        Names; None: "m0", "m1", ...
    target_noise : float in [0, inf), default=1.0
        Standard deviation of the noise of the target.
    correlation : float or array-like of shape (n_modalities, n_modalities), default=0.5
        Correlation matrix of the latent factors, or the value of its off-diagonal
        entries. Positive semidefinite with a unit diagonal.
    noise : float in [0, inf) or dict, default=0.0
        Standard deviation of the noise of each modality, one for all or by name. It
        does not enter the target.
    signal : float in (0, inf), default=3.0
        Standard deviation of the linear score without shift.
    shift : dict or None, default=None
        Shift of the latent factors by modality name, 0 where not named.
    random_state : int, RandomState or None, default=None
        Draws the sample.
    population_state : int, default=0
        Draws loadings and coefficients.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch
        As for :func:`make_multimodal_classification`, `coef` with one coefficient for
        each column.
    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ValueError
        If widths, names, the correlation, noise or shift do not fit together.

    Examples
    --------
    >>> from skmmdro.datasets import make_multimodal_regression
    >>> data = make_multimodal_regression(200, widths=(2, 3), random_state=0)
    >>> data.feature_names
    ['m0__0', 'm0__1', 'm1__0', 'm1__1', 'm1__2']
    """
    _check_size("target_noise", target_noise)
    population = _Population(widths, modality_names, correlation)
    population.draw(population_state, signal, 1)
    rng = check_random_state(random_state)
    sample, score = population.sample(rng, n_samples, noise, shift)
    target = score[:, 0] + target_noise * rng.standard_normal(n_samples)
    bunch = make_bunch(sample.pop("blocks"), target, as_frame=as_frame, **sample)
    return (bunch.data, bunch.target) if return_X_y else bunch


class _Population:
    """The distribution that samples are drawn from."""

    def __init__(self, widths, names, correlation):
        self.widths = list(widths)
        if not all(isinstance(w, Integral) and w > 0 for w in self.widths):
            raise ValueError(f"widths must be positive integers, got {widths!r}.")
        size = len(self.widths)
        self.names = [f"m{k}" for k in range(size)] if names is None else list(names)
        if len(self.names) != size or len(set(self.names)) != size:
            raise ValueError(
                f"modality_names must hold {size} different names, one for each "
                f"width, got {names!r}."
            )
        self.correlation = _correlation_matrix(correlation, size)

    def draw(self, state, signal, n_scores):
        """Draw loadings and coefficients."""
        if not signal > 0:
            raise ValueError(f"signal must be positive, got {signal!r}.")
        _check_size("signal", signal)
        rng = np.random.default_rng(state)
        self.loadings = [rng.standard_normal(width) for width in self.widths]
        coef = rng.standard_normal((sum(self.widths), n_scores))
        # the features' covariance is I + A C A' with A block diagonal
        A = np.zeros((len(coef), len(self.widths)))
        edges = np.cumsum([0, *self.widths])
        for k, loading in enumerate(self.loadings):
            A[edges[k] : edges[k + 1], k] = loading
        covariance = np.eye(len(coef)) + A @ self.correlation @ A.T
        coef *= signal / np.sqrt(np.einsum("ij,ik,kj->j", coef, covariance, coef))
        self.coef = np.split(coef, edges[1:-1])

    def sample(self, rng, n_samples, noise, shift):
        """Return what the Bunch holds, and the linear scores."""
        noise, shift = self._by_modality(noise, shift)
        size = len(self.widths)
        values, vectors = np.linalg.eigh(self.correlation)
        root = vectors * np.sqrt(np.maximum(values, 0))
        factors = rng.standard_normal((n_samples, size)) @ root.T + shift
        clean = [
            factors[:, [k]] * a + rng.standard_normal((n_samples, len(a)))
            for k, a in enumerate(self.loadings)
        ]
        score = sum(x @ c for x, c in zip(clean, self.coef, strict=True))
        observed = [
            x + s * rng.standard_normal(x.shape)
            for x, s in zip(clean, noise, strict=True)
        ]
        strength = np.array([a @ a for a in self.loadings])
        chi2 = np.expm1(shift**2 * strength / (1 + noise**2 + strength))
        coef = [c[:, 0] if c.shape[1] == 1 else c for c in self.coef]
        return {
            "blocks": dict(zip(self.names, observed, strict=True)),
            "coef": dict(zip(self.names, coef, strict=True)),
            "loadings": dict(zip(self.names, self.loadings, strict=True)),
            "chi2": dict(zip(self.names, chi2.tolist(), strict=True)),
        }, score

    def _by_modality(self, noise, shift):
        known = Modalities(tuple(self.names), ())
        if isinstance(noise, dict):
            noise = {**dict.fromkeys(self.names, 0.0), **noise}
        noise = per_modality(noise, known, parameter="noise")
        shift = {} if shift is None else shift
        if not isinstance(shift, dict) or not set(shift) <= set(self.names):
            raise ValueError(
                f"shift must be a dict by modality name; got {shift!r}, the known "
                f"modalities are {self.names}."
            )
        for name, value in shift.items():
            if not isinstance(value, Real) or not np.isfinite(value):
                raise ValueError(f"shift of {name!r} must be finite, got {value!r}.")
        return noise, np.array([float(shift.get(name, 0.0)) for name in self.names])


def _correlation_matrix(correlation, size):
    matrix = np.array(correlation, dtype=np.float64)
    if matrix.ndim == 0:
        matrix = np.full((size, size), float(matrix))
        np.fill_diagonal(matrix, 1.0)
    if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)):
        raise ValueError(
            f"correlation must be a number or a finite matrix of shape {(size, size)}, "
            f"got {correlation!r}."
        )
    if not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1):
        raise ValueError("correlation must be symmetric with a unit diagonal.")
    smallest = np.linalg.eigvalsh(matrix)[0]
    if smallest < -1e-10:
        raise ValueError(
            "correlation must be positive semidefinite, but its smallest eigenvalue is "
            f"{smallest:.3g}; bring the off-diagonal entries closer to zero (a common "
            f"value has to be at least {-1 / max(size - 1, 1):.3g})."
        )
    return matrix


def _check_size(name, value):
    if not isinstance(value, Real) or not np.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be a finite non-negative number, got {value!r}.")
