"""What solvers share: the registry, the options and the solution."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

REGISTRY = {}
_TINY = np.finfo(np.float64).tiny


def register(name):
    """Register a solver function under `name`."""

    def add(function):
        if name in REGISTRY:
            raise ValueError(f"two solvers are named {name!r}.")
        REGISTRY[name] = function
        return function

    return add


@dataclass(frozen=True)
class Options:
    """How far and how long to iterate.

    Attributes
    ----------
    tol : float
        Relative duality gap to reach (relative gradient norm without penalty).
    max_iter : int
        Largest number of iterations, all phases together.
    progress : callable
        Called with each new Evaluation; returns True to stop early.
    """

    tol: float
    max_iter: int
    progress: Callable = lambda evaluation: False

    def after(self, n_iter):
        """Return the options that remain after `n_iter` iterations."""
        return replace(self, max_iter=max(self.max_iter - n_iter, 0))


@dataclass(frozen=True)
class Solution:
    """What a solver returns.

    Attributes
    ----------
    theta : ndarray of shape (size,)
        Coefficients and intercepts, laid out by the problem.
    weights : ndarray of shape (n_samples,)
        Worst-case weights that go with the certificate.
    objective : float
        Objective there, without smoothing.
    gap : float
        Relative duality gap, see `RobustProblem.gap`.
    status : {"optimal", "smoothed", "inaccurate", "max_iter", "stopped", "stalled"}
        How the solver ended; "optimal": the gap is at most `tol`, or the reference
        solver says so.
    n_iter : int
        Iterations, at least 1.
    evaluation : Evaluation or None
        What a descent method knows of its last point.
    """

    theta: np.ndarray
    weights: np.ndarray
    objective: float
    gap: float
    status: str
    n_iter: int
    evaluation: object = field(default=None, repr=False)

    def rise_to(self, objective):
        """Return how far an objective is above this one, relative to it."""
        return (objective - self.objective) / max(abs(objective), _TINY)

    def moved(self, theta, objective):
        """Return the Solution at another point, certified by the same weights.

        The dual value bounds every model's objective. Without the squared norm there is
        none, and the gap means nothing.
        """
        # not the sum of gap and rise: they are relative to different objectives
        above = self.gap * abs(self.objective) + objective - self.objective
        gap = max(above, 0.0) / max(abs(objective), _TINY)
        return replace(self, theta=theta, objective=objective, gap=gap, evaluation=None)
