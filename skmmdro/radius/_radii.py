"""The radius of an estimator's set: where it is, and models for other values."""

import warnings

from sklearn.base import clone

from .._estimator import DROModel
from ..ambiguity import resolve_ambiguity
from ._follow import Follower

_COLLAPSED = "The ambiguity set .*so large"


def last_step(estimator, X, y):
    """Return a copy of the DRO model, and the data as they reach it."""
    if hasattr(estimator, "best_estimator_"):
        return last_step(estimator.best_estimator_, X, y)
    if hasattr(estimator, "steps"):
        if len(estimator.steps) > 1:
            X = clone(estimator[:-1]).fit_transform(X, y)
        return last_step(estimator[-1], X, y)
    if not isinstance(estimator, DROModel):
        raise ValueError(
            "estimator must be a DRO estimator such as DROClassifier(), a Pipeline "
            "that ends in one, or a search of one that has been fitted with "
            f"refit=True; got {estimator!r}."
        )
    if radius_part(resolve_ambiguity(estimator.ambiguity)) is None:
        raise ValueError(
            "the ambiguity set of the estimator must have a radius, as ChiSquare() "
            f"has; got {estimator.ambiguity!r}."
        )
    return clone(estimator), X


def radius_part(ambiguity):
    """Return the part of the set whose radius is meant, None if there is none."""
    parts = ambiguity.parts()
    for kind in ("reweighting", "transport"):
        if hasattr(parts.get(kind), "radius"):
            return parts[kind]
    return None


def start_follower(model, X, y, radius, sample_weight, domains):
    """Return a Follower and its set, after a fit that checks everything."""
    ambiguity = set_radius(clone(resolve_ambiguity(model.ambiguity)), radius)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _COLLAPSED, UserWarning)
        model.set_params(ambiguity=ambiguity, warm_start=True)
        model.fit(X, y, sample_weight=sample_weight, domains=domains)
    follower = Follower(model, X, y, sample_weight, domains)
    # the set is the follower's own from here on: its coupling is estimated once
    ambiguity = clone(ambiguity)
    part = ambiguity.parts().get("reweighting")
    if hasattr(part, "coupling"):
        part.coupling = model.coupling_
    return follower, ambiguity


def set_radius(ambiguity, radius):
    """Give the set another radius and return it."""
    radius_part(ambiguity).radius = radius  # `bind` checks it
    return ambiguity


def scale_of(radius, size=None):
    """Return the mean radius of `size` modalities, or of those that are named."""
    if not isinstance(radius, dict):
        return float(radius)
    # an empty dict is left to `bind`, which knows the modalities
    return float(sum(radius.values()) / (size or len(radius) or 1))


def times(radius, factor):
    """Return a multiple of a number or of each value of a dict."""
    if isinstance(radius, dict):  # a modality without radius stays so, at inf too
        return {n: float(factor * r) if r else 0.0 for n, r in radius.items()}
    return float(factor * radius)
