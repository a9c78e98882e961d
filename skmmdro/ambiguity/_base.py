"""What an ambiguity set has to provide.

A set is one public class in one file: parameters only. `bind` attaches it to the data
of one fit and returns a `BoundAmbiguity`; the set itself is not changed.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator

REGISTRY = {}


class AmbiguitySet(BaseEstimator):
    """Base class of all ambiguity sets.

    Attributes
    ----------
    alias : str
        The name under which estimators accept the set.
    """

    _parameter_constraints: dict = {}
    alias = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("alias") is not None:
            other = REGISTRY.setdefault(cls.alias, cls)
            if other.__qualname__ != cls.__qualname__:
                raise TypeError(f"{cls} and {other} share the alias {cls.alias!r}.")

    @abstractmethod
    def bind(self, X, nominal, modalities):
        """Compute what depends on the data, once per fit.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Validated data.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        modalities : Modalities
            Column groups of X.

        Returns
        -------
        bound : BoundAmbiguity
            What the optimisation sees of the set.
        """


@dataclass(frozen=True)
class BoundAmbiguity:
    """An ambiguity set attached to data.

    Attributes
    ----------
    reweighting : object
        ``worst_case(losses, nominal, smoothing=0.0) -> WorstCase``,
        ``cvxpy_risk(losses, nominal) -> (expression, constraints)`` and
        ``share_used(weights, nominal) -> float``.
    budgets : ndarray of shape (n_modalities,)
        Factor of the block norm ||w_k||_2 in the objective, before the Lipschitz
        constant of the loss is applied; zero where nothing is charged.
    fitted : dict
        Values worth keeping on the estimator, by attribute name.
    """

    reweighting: object
    budgets: np.ndarray
    fitted: dict = field(default_factory=dict)


@dataclass(frozen=True)
class RiskCurvature:
    """Hessian of the risk in the losses: ``diag(diagonal) - vectors' vectors``."""

    diagonal: np.ndarray  # (n_samples,)
    vectors: np.ndarray  # (rank, n_samples)


@dataclass(frozen=True)
class WorstCase:
    """Maximiser of the expected loss over the set.

    Attributes
    ----------
    value : float
        Worst-case expectation, less the smoothing term if smoothing was asked for.
    weights : ndarray of shape (n_samples,)
        Worst-case weights: non-negative, sum one, in the set. They are the gradient
        of `value` in the losses.
    curvature : callable
        Returns the RiskCurvature, or None where the risk is linear in the losses.
    """

    value: float
    weights: np.ndarray
    curvature: Callable[[], RiskCurvature | None]
