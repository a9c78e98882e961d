"""What can happen to a modality. Each shift is a function registered by name."""

from collections import Counter

import numpy as np
from sklearn.utils import check_random_state

from ._tables import TakeRows, n_rows, with_columns

SHIFTS = {}
REWEIGHT = "reweight"  # changes the weights of the rows, not their values
_MAX_REPEATED = 0.5  # strings of which more than this share differ are free text


def _register(function):
    SHIFTS[function.__name__] = function
    return function


@_register
def missing(severity, n_samples, rng):
    """Replace the modality by its mean in a share `severity` of the rows."""
    rows = _choose(severity, n_samples, rng)

    def change(values, numbers):
        out = values.copy() if numbers is None else numbers.copy()
        typical = _typical(values, numbers)
        for row in rows if numbers is None else [rows]:
            out[row] = typical
        return out

    return change


@_register
def noise(severity, n_samples, rng):
    """Add normal noise of `severity` standard deviations to each numeric column."""

    def change(values, numbers):
        if numbers is None:
            return values
        spread = np.nanstd(numbers) if not np.all(np.isnan(numbers)) else 0.0
        return numbers + severity * spread * rng.standard_normal(n_samples)

    return change


@_register
def permute(severity, n_samples, rng):
    """Exchange the modality among a share `severity` of the rows."""
    rows = _choose(severity, n_samples, rng)
    order = np.arange(n_samples)
    order[rows] = rng.permutation(rows)
    return TakeRows(order)


def shifted(X, columns, shift, severity, seed):
    """Return a copy of X in which the modality with these columns has shifted."""
    rng = check_random_state(seed)
    return with_columns(X, columns, SHIFTS[shift](severity, n_rows(X), rng))


def _choose(share, n_samples, rng):
    return rng.permutation(n_samples)[: round(share * n_samples)]


def _typical(values, numbers):
    """Return mean or most frequent value; an empty string for free text."""
    if numbers is not None:
        return np.nanmean(numbers) if not np.all(np.isnan(numbers)) else np.nan
    known = [v for v in values if _is_known(v)]
    if not known:
        return None
    counts = Counter(known)
    if isinstance(known[0], str) and len(counts) > _MAX_REPEATED * len(known):
        return ""
    # of equally frequent ones the first in order, whatever the order of the rows
    most = max(counts.values())
    return min((v for v, count in counts.items() if count == most), key=str)


def _is_known(value):
    """Whether a value counts: not missing, and such that equal ones can be found."""
    try:
        hash(value)
        return value is not None and bool(value == value)
    except TypeError:  # lists; the missing value of pandas is neither true nor false
        return False
