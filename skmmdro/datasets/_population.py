"""The population of the simulated data: modalities joined by a Gaussian copula."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from .._validation import per_modality
from ..modalities import SEPARATOR, Modalities

ROUNDING = 1e-10  # of eigenvalues, which for correlation matrices are of order 1


class Population:
    """The distribution that samples are drawn from.

    Parameters
    ----------
    widths, names, correlation
        As in :func:`~skmmdro.datasets.make_multimodal_regression`.
    n_scores : int
        Number of linear scores.
    signal : float
        Standard deviation of each score without shift.
    state : int
        Draws loadings and coefficients. Their directions depend on nothing else but
        the widths and `n_scores`.
    """

    def __init__(self, widths, names, correlation, n_scores, signal, state):
        self.widths = _check_widths(widths)
        self.names = _check_modality_names(names, self.widths)
        self.correlation = _check_correlation(correlation, len(self.widths))
        signal = check_number("signal", signal, positive=True)
        if not _is_integer(state, 0):
            raise ValueError(
                f"population_state must be a non-negative integer; got {state!r}."
            )
        rng = np.random.default_rng(state)
        self.loadings = [rng.standard_normal(width) for width in self.widths]
        coef = rng.standard_normal((sum(self.widths), n_scores))
        edges = np.cumsum(self.widths)[:-1]
        # features have the covariance I + A C A', A block diagonal with columns a_k
        on_factors = np.stack(  # A' coef, shape (n_modalities, n_scores)
            [a @ c for a, c in zip(self.loadings, np.split(coef, edges), strict=True)]
        )
        variance = np.sum(coef**2, axis=0)
        variance += np.sum(on_factors * (self.correlation @ on_factors), axis=0)
        self.coef = np.split(coef * (signal / np.sqrt(variance)), edges)

    def by_modality(self, values):
        """Return ``{name: value}``."""
        return dict(zip(self.names, values, strict=True))

    def check_noise(self, noise):
        """Return the standard deviations of the noise, shape (n_modalities,)."""
        noise = 0.0 if noise == {} else noise
        known = Modalities(self.names, ())
        return per_modality(noise, known, parameter="noise")

    def check_shift(self, shift):
        """Return the shifts of the factors, shape (n_modalities,)."""
        shift = {} if shift is None else shift
        if not isinstance(shift, dict):
            raise ValueError(
                f"shift must be None or a dict such as {{{self.names[0]!r}: 1.0}}; got "
                f"{shift!r}."
            )
        unknown = [name for name in shift if name not in self.names]
        if unknown:
            raise ValueError(
                f"shift names unknown modalities {unknown}; the known modalities are "
                f"{list(self.names)}."
            )
        for name, value in shift.items():
            check_number(f"shift of modality {name!r}", value, signed=True)
        return np.array([float(shift.get(name, 0.0)) for name in self.names])

    def sample(self, n_samples, noise, shift, random_state):
        """Draw features; noise and shift are arrays of shape (n_modalities,).

        Returns
        -------
        clean, observed : lists of ndarray of shape (n_samples, width)
            Blocks without and with noise.
        """
        if not _is_integer(n_samples, 1):
            raise ValueError(f"n_samples must be a positive integer; got {n_samples!r}")
        rng = check_random_state(random_state)
        factors = rng.standard_normal((n_samples, len(self.widths)))
        # adding the shift leaves the ranks, hence the copula, as they are
        factors = factors @ _square_root(self.correlation) + shift
        clean = [
            factors[:, [k]] * a + rng.standard_normal((n_samples, len(a)))
            for k, a in enumerate(self.loadings)
        ]
        # drawn even where it is zero, so that noise changes nothing else
        observed = [
            x + s * rng.standard_normal(x.shape)
            for x, s in zip(clean, noise, strict=True)
        ]
        return clean, observed

    def divergences(self, noise, shift):
        """Return the chi-square divergences of the shifted from the unshifted law."""
        strength = np.array([a @ a for a in self.loadings])
        # a' (a a' + v I)^-1 a with v = 1 + noise^2, by Sherman and Morrison
        reliability = strength / (strength + 1.0 + noise**2)
        with np.errstate(over="ignore"):
            block = np.expm1(shift**2 * reliability)
            factor = np.expm1(shift**2)
            joint = np.expm1(_mahalanobis(shift, self.correlation))
        return {
            "chi2": self.by_modality(block.tolist()),
            "chi2_factor": self.by_modality(factor.tolist()),
            "chi2_joint": float(joint),
        }


def _square_root(matrix):
    """Symmetric square root; unlike eigenvectors it has no arbitrary signs."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _mahalanobis(shift, correlation):
    """Return ``s' C^-1 s``, infinite if s is not in the range of C."""
    values, vectors = np.linalg.eigh(correlation)
    parts = (vectors.T @ shift) ** 2
    null = values < ROUNDING
    if np.any(parts[null] > ROUNDING * np.sum(parts)):
        return np.inf
    return np.sum(parts[~null] / values[~null])


def _is_integer(value, low):
    is_bool = isinstance(value, bool)
    return isinstance(value, Integral) and not is_bool and value >= low


def check_classes(n_classes):
    """Raise unless there are at least two classes."""
    if not _is_integer(n_classes, 2):
        raise ValueError(
            f"n_classes must be an integer of at least 2; got {n_classes!r}."
        )


def check_number(name, value, *, signed=False, positive=False):
    """Return `value` as a float: finite, and non-negative unless `signed`."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if (
        not is_number
        or not np.isfinite(value)
        or (value < 0 and not signed)
        or (value == 0 and positive)
    ):
        kind = "" if signed else "positive " if positive else "non-negative "
        raise ValueError(f"{name} must be a finite {kind}number; got {value!r}.")
    return float(value)


def _check_widths(widths):
    entries = [] if np.ndim(widths) != 1 else list(widths)
    if not entries or not all(_is_integer(width, 1) for width in entries):
        raise ValueError(
            "widths must be a sequence of positive integers, one for each modality, "
            f"such as (5, 5, 5); got {widths!r}."
        )
    return entries


def _check_modality_names(names, widths):
    if names is None:
        return tuple(f"m{k}" for k in range(len(widths)))
    if (
        isinstance(names, str)
        or len({*names}) != len(widths)
        or len(names) != len(widths)
    ):
        raise ValueError(
            f"modality_names must hold {len(widths)} different names, one for each "
            f"width; got {names!r}."
        )
    for name in names:
        if not isinstance(name, str) or not name or SEPARATOR in name:
            raise ValueError(
                f"modality_names must be non-empty strings without {SEPARATOR!r}, "
                f"which separates modality and feature; got {name!r}."
            )
    return tuple(names)


def _check_correlation(correlation, size):
    matrix = np.array(correlation, dtype=np.float64)
    if matrix.ndim == 0:
        matrix = np.full((size, size), float(matrix))
        np.fill_diagonal(matrix, 1.0)
    if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)):
        raise ValueError(
            f"correlation must be a finite number or a finite matrix of shape "
            f"{(size, size)}, one row for each modality; got {correlation!r}."
        )
    if not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1.0):
        raise ValueError(
            "correlation must be symmetric with ones on the diagonal; divide a "
            "covariance by the standard deviations of its rows and columns. Got "
            f"{correlation!r}."
        )
    smallest = np.linalg.eigvalsh(matrix)[0]
    if smallest < -ROUNDING:
        # the smallest eigenvalue of t C + (1 - t) I is 1 - t (1 - smallest)
        factor = np.floor(1000.0 / (1.0 - smallest)) / 1000.0
        raise ValueError(
            f"correlation={correlation!r} is not positive semidefinite (smallest "
            f"eigenvalue {smallest:.3g}), so no factors have it; multiply the entries "
            f"off the diagonal by {factor:g} or less."
        )
    return matrix
