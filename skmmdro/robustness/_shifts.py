"""What can happen to a modality. Each shift is a function registered by name."""

import numpy as np
from sklearn.utils import check_random_state

from ._columns import as_numbers, with_columns

SHIFTS = {}
REWEIGHT = "reweight"  # changes the weights of the rows, not their values


def _register(function):
    SHIFTS[function.__name__] = function
    return function


@_register
def missing(severity, n_rows, rng):
    """Replace the modality by its mean in a share `severity` of the rows."""
    rows = _choose(severity, n_rows, rng)

    def change(values):
        numbers = as_numbers(values)
        out = values.copy() if numbers is None else numbers
        out[rows] = _typical(values, numbers)
        return out

    return change


@_register
def noise(severity, n_rows, rng):
    """Add normal noise of `severity` standard deviations to each numeric column."""

    def change(values):
        numbers = as_numbers(values)
        if numbers is None:
            return values
        spread = np.nanstd(numbers) if not np.all(np.isnan(numbers)) else 0.0
        return numbers + severity * spread * rng.standard_normal(n_rows)

    return change


@_register
def permute(severity, n_rows, rng):
    """Exchange the modality among a share `severity` of the rows."""
    rows = _choose(severity, n_rows, rng)
    order = np.arange(n_rows)
    order[rows] = rng.permutation(rows)
    return lambda values: values[order]


def shifted(X, columns, shift, severity, seed):
    """Return a copy of X in which the modality with these columns has shifted."""
    rng = check_random_state(seed)
    return with_columns(X, columns, SHIFTS[shift](severity, X.shape[0], rng))


def _choose(share, n_rows, rng):
    return rng.permutation(n_rows)[: round(share * n_rows)]


def _typical(values, numbers):
    """Return mean or most frequent value; an empty string for free text."""
    if numbers is not None:
        return np.nanmean(numbers) if not np.all(np.isnan(numbers)) else np.nan
    known = [v for v in values if isinstance(v, str)]
    if not known:
        return None
    names, counts = np.unique(known, return_counts=True)
    return names[counts.argmax()] if counts.max() > 1 else ""
