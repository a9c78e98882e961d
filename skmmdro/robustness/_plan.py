"""Which shifts at which severities."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.utils import check_random_state

from ._shifts import REWEIGHT, SHIFTS

KNOWN = (*SHIFTS, REWEIGHT)
_SHARES = ("missing", "permute")  # their severity is a share of the rows


@dataclass(frozen=True)
class Plan:
    """Severities by shift, number of draws, and the seed of all of them."""

    severities: dict
    n_repeats: int
    seed: int

    def seeds(self, k):
        """Return the seeds of the independent draws for modality number k."""
        return [self.seed + 1000 * k + repeat for repeat in range(self.n_repeats)]


def make_plan(shifts, severities, n_repeats, random_state):
    """Check the arguments of an evaluation and return a Plan.

    Raises
    ------
    ValueError
        If a shift is not known, or a severity out of range.
    """
    shifts = _as_list("shifts", shifts)
    unknown = [shift for shift in shifts if shift not in KNOWN]
    if unknown or not shifts:
        raise ValueError(f"shifts must be some of {list(KNOWN)}; got {shifts}.")
    if isinstance(severities, dict):
        if set(severities) != set(shifts):
            raise ValueError(
                f"severities has entries for {list(severities)}, but shifts are "
                f"{shifts}; state one list for each."
            )
    else:
        severities = dict.fromkeys(shifts, severities)
    table = {shift: _check(shift, severities[shift]) for shift in shifts}
    seed = check_random_state(random_state).randint(2**31 - 2**20)
    return Plan(table, n_repeats, int(seed))


def _as_list(name, values):
    """Return one or several values as a list."""
    if isinstance(values, (str, Real)):
        return [values]
    try:
        return list(values)
    except TypeError:
        raise ValueError(
            f"{name} must be one value or a sequence of them; got {values!r}."
        ) from None


def _check(shift, values):
    values = _as_list("severities", values)
    top = 1.0 if shift in _SHARES else np.inf
    for value in values:
        if not isinstance(value, Real) or not 0 < value <= top or np.isinf(value):
            unit = "shares of the rows in (0, 1]" if top == 1 else "positive numbers"
            raise ValueError(
                f"severities of {shift!r} are {unit}; got {value!r} in {values}."
            )
    if not values:
        raise ValueError(f"severities of {shift!r} are empty; state at least one.")
    return list(dict.fromkeys(float(value) for value in values))  # each one once
