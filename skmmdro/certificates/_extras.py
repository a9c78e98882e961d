"""What a set holds besides chi-square reweighting, and what that costs."""

import numpy as np
from sklearn.base import clone

from ..ambiguity import ChiSquare


def uncovered_parts(parts, loss):
    """Return what the bounds leave out, as a tuple of words.

    Parameters
    ----------
    parts : dict
        Sets by kind.
    loss : {"zero_one", "training"}
        What the risk is the mean of. Of the error rate no bound under transport is
        known; of the training loss there is one unless labels flip.
    """
    found = []
    has_no_term = loss == "zero_one" or _flips_labels(parts)
    if has_no_term and _has_error(parts):
        found.append("errors of the encoders")
    if has_no_term and _has_transport(parts):
        found.append("transport of the features")
    if "domain" in parts:
        found.append("the worst domain")
    if "environment" in parts:
        found.append("missing modalities")
    return tuple(found)


def encoder_term(model, parts, data, loss, shift, bounds):
    """Return what budgets add to the training loss; None if that is not known.

    For transport of order 2 it depends on the risk, and grows with it: with h the
    charge for the coefficients, ``(sqrt(2 risk) + h)^2 / 2 - risk``. It is taken at
    the largest of the bounds.
    """
    if not _has_error(parts) and not _has_transport(parts):
        return 0.0
    if loss == "zero_one" or _flips_labels(parts):
        return None
    priced = clone(parts["reweighting"]).set_params(radius=shift["radii"])
    if isinstance(priced, ChiSquare):
        priced.set_params(coupling=shift["coupling"])
    bare = clone(priced)
    if _has_error(parts):
        bare.set_params(encoder_error=None)
    transport = parts.get("transport")
    priced = priced if transport is None else priced + transport
    high, low = (
        model.worst_case(data.X, data.y, ambiguity=each).risk for each in (priced, bare)
    )
    if getattr(transport, "order", 1) == 1:
        return float(high - low)
    risk = max(value for value in bounds.values() if value is not None)
    charge = np.sqrt(2 * high) - np.sqrt(2 * low)
    return float(charge * np.sqrt(2 * risk) + 0.5 * charge**2)


def _has_error(parts):
    return _is_positive(getattr(parts["reweighting"], "encoder_error", None))


def _has_transport(parts):
    return "transport" in parts and _is_positive(parts["transport"].radius)


def _flips_labels(parts):
    return _has_transport(parts) and np.isfinite(parts["transport"].label_cost)


def _is_positive(value):
    """Return whether a number, or one in a dict, is; None is not, a word is."""
    values = value.values() if isinstance(value, dict) else [value]
    return any(isinstance(v, str) or (v is not None and v > 0) for v in values)
