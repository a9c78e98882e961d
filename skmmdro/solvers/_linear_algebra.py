"""Factorisations that survive singular matrices."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

_FIRST_SHIFT, _SHIFT_GROWTH, _MAX_SHIFTS = 1e-13, 1e2, 12


class Factor:
    """Cholesky factor of a symmetric matrix, shifted if it is not definite.

    The shift is relative to the mean diagonal entry and tiny unless the matrix is
    indefinite; where the matrix is singular the solution stays bounded.
    """

    def __init__(self, matrix):
        diagonal = np.diagonal(matrix)
        level = max(np.mean(np.abs(diagonal)), np.finfo(float).tiny)
        shift = 0.0
        for attempt in range(_MAX_SHIFTS + 1):
            try:
                shifted = matrix if shift == 0 else matrix + shift * np.eye(len(matrix))
                self.lower = cho_factor(shifted, lower=True, check_finite=False)[0]
                break
            except LinAlgError:
                if attempt == _MAX_SHIFTS:
                    raise
                shift = level * _FIRST_SHIFT * _SHIFT_GROWTH**attempt

    def solve(self, vector):
        return cho_solve((self.lower, True), vector, check_finite=False)
