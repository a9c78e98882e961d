"""Factorisations that survive singular matrices, and their BFGS updates."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ._descent import CHEAP

_LEAST_PIVOT = 1e-5  # of the largest entry; single precision is a hundred times finer
_FIRST_SHIFT, _SHIFT_GROWTH, _MAX_SHIFTS = 1e-13, 1e2, 12


class Factor:
    """Cholesky factor of a symmetric matrix, shifted if it is not definite.

    The shift is relative to the mean diagonal entry and tiny unless the matrix is
    indefinite; where the matrix is singular the solution stays bounded.

    Parameters
    ----------
    matrix : ndarray of shape (size, size)
        Symmetric.
    damping : float, default=0
        Multiple of the identity to add, in units of the mean diagonal entry.
    """

    def __init__(self, matrix, damping=0.0):
        if damping > 0:
            level = np.mean(np.abs(np.diagonal(matrix)))
            matrix = matrix + damping * level * np.eye(len(matrix))
        diagonal = np.diagonal(matrix)
        # the second is larger only where a sum has lost its definiteness to rounding
        sizes = np.mean(np.abs(diagonal)), np.abs(matrix).max() / len(matrix)
        level = max(*sizes) or 1.0
        shift = 0.0
        for attempt in range(_MAX_SHIFTS + 1):
            try:
                shifted = matrix if shift == 0 else matrix + shift * np.eye(len(matrix))
                self.lower = cho_factor(shifted, lower=True, check_finite=False)[0]
                self.is_shifted = shift > 0
                break
            except LinAlgError:
                if attempt == _MAX_SHIFTS:
                    raise
                shift = level * _FIRST_SHIFT * _SHIFT_GROWTH**attempt

    def solve(self, vector):
        return cho_solve((self.lower, True), vector, check_finite=False)


def factored_hessian(problem, at, damping=0.0):
    """Return the Factor of the Hessian at an Evaluation, as precise as it has to be.

    A metric may be off by a percent. Of large problems it is made in single precision,
    unless there are pivots so small that this could be felt.
    """
    # a softmax does not change with a shift of all intercepts: no pivot
    may_be_rough = problem.n_outputs == 1 or not problem.fit_intercept
    is_large = problem.n_terms * problem.size**2 > CHEAP
    if may_be_rough and is_large and not problem.grams.needs_double:
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = problem.hessian(at, np.float32)
        largest = np.diagonal(matrix).max()
        if np.isfinite(largest):
            factor = Factor(matrix, damping)
            least = np.diagonal(factor.lower).min() ** 2
            if least > _LEAST_PIVOT * largest and not factor.is_shifted:
                return factor
        problem.grams.needs_double = True
    return Factor(problem.hessian(at), damping)


class Metric:
    """A factored matrix with BFGS updates on top: approximates a Hessian's inverse.

    Parameters
    ----------
    factor : Factor
        Of a Hessian somewhere, of all or of some of the samples.
    """

    def __init__(self, factor):
        self.factor, self.pairs = factor, []

    @property
    def is_fresh(self):
        return not self.pairs

    def update(self, step, change):
        """Learn that the gradient changed by `change` along `step`."""
        curvature = step @ change
        if curvature > np.finfo(np.float64).tiny:
            self.pairs.append((step, change, 1 / curvature))

    def solve(self, vector):
        """Apply the inverse by the two-loop recursion."""
        out, weights = vector.copy(), []
        for step, change, rho in reversed(self.pairs):
            weights.append(rho * (step @ out))
            out -= weights[-1] * change
        out = self.factor.solve(out)
        for (step, change, rho), weight in zip(
            self.pairs, reversed(weights), strict=True
        ):
            out += (weight - rho * (change @ out)) * step
        return out
