"""The warning of an ambiguity set under which the best model is constant."""

import warnings

import numpy as np

_SIGNAL = 1e-8  # correlation of a feature with the slopes that rounding does not reach
_ALL_USED = 1 - 1e-6  # share of a radius from which on it counts as used up


def warn_if_constant(solution, problem, ambiguity, stacklevel):
    """Warn if the set is what made a solved model constant, and say what to change."""
    W, _ = problem.split(solution.theta)
    if np.any(W) or solution.status != "optimal" or not _has_signal(problem):
        return
    parts = ambiguity.parts()
    charged = problem.penalty.has_budgets and "transport" not in parts
    advice = None
    if len(parts) == 1 and not charged:  # else it is not for one radius alone
        ((kind, part),) = parts.items()
        if kind == "transport":
            share = problem.budget_share_used(solution.theta, solution.weights)
        else:
            share = problem.risk.share_used(solution.weights, problem.nominal)
        advice = _largest_useful_radius(part, share)
    if advice is None:
        each = [f"{part.milder()} of {part!r}" for part in parts.values()]
        advice = f"Choose {' or '.join(each)}."
    warnings.warn(
        f"The ambiguity set is so large that the best robust model is constant. "
        f"{advice}",
        UserWarning,
        stacklevel=stacklevel + 1,
    )


def _has_signal(problem):
    """Return whether the best model for the nominal weights would not be constant."""
    W, b = problem.split(problem.constant())
    slope = problem.exact_loss.value_slope(problem.data.matmul(W) + b)[1]
    nominal = problem.nominal[:, None]
    dual = nominal * slope
    if problem.fit_intercept:
        dual -= nominal * dual.sum(axis=0)
    squares = problem.data.column_squares(problem.nominal)
    scale = np.sqrt(squares[:, None] * (problem.nominal @ slope**2))
    return bool(np.any(np.abs(problem.data.rmatmul(dual)) > _SIGNAL * scale))


def _largest_useful_radius(part, share):
    """Return what a share of the radius that is in use says, None if nothing."""
    radius = getattr(part, "radius", None)
    if radius is None or not 0 < share < _ALL_USED:
        return None
    # the weights of this fit use that share; others might do with less
    verb = "is" if part.kind == "transport" else "is at most"
    text = f"The largest useful radius of {part!r} {verb} {share:.3g} times this one"
    if isinstance(radius, dict):
        scaled = {name: float(f"{share * r:.3g}") for name, r in radius.items()}
        return f"{text}: radius={scaled}."
    if isinstance(radius, str):
        return f"{text}."
    return f"{text}: radius={share * radius:.3g}."
