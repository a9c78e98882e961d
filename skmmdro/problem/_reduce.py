"""Problems with more features than samples, in as many unknowns as samples."""

from copy import copy
from dataclasses import replace

import numpy as np
from scipy.linalg import qr

from ._data import DenseData
from ._penalty import BlockPenalty

_MAX_ENTRIES = 20_000_000  # of X; the reduction needs a few copies


class Reduction:
    """The same problem on the span of the rows.

    With the squared norm as the only penalty the best coefficients are combinations of
    the rows. From X' = Q R with orthonormal Q they are W = Q V with ||W|| = ||V||, and
    X W = R' V, so V solves the problem with R' in place of X. The duality gap is that
    of the whole problem.

    Parameters
    ----------
    problem : RobustProblem
        One that `applies` to.

    Attributes
    ----------
    problem : RobustProblem
        The reduced problem.
    """

    def __init__(self, problem):
        X = problem.data.X.astype(np.float64)
        self.basis, upper = qr(X.T, mode="economic", check_finite=False)
        other = copy(problem)
        vars(other).pop("reference", None)  # cached, and with a gradient of that size
        other.data = DenseData(np.ascontiguousarray(upper.T))
        other.n_features = upper.shape[1]
        other.n_rows = other.n_features + problem.fit_intercept
        other.size = other.n_rows * problem.n_outputs
        other.fixed = np.zeros(other.n_features, dtype=bool)
        labels = np.zeros(other.n_features, dtype=np.intp)
        other.penalty = BlockPenalty(problem.penalty.alpha, np.zeros(1), labels)
        self.whole, self.problem = problem, other

    @staticmethod
    def applies(problem):
        """Tell whether the reduction is possible and saves work."""
        plain = not problem.penalty.partitions() and problem.n_copies == 1
        if not plain or not isinstance(problem.data, DenseData):
            return False
        n_samples, n_features = problem.data.shape
        return n_features > n_samples and n_samples * n_features <= _MAX_ENTRIES

    def shrink(self, theta):
        """Return a point of the whole problem, projected on the reduced one."""
        W, b = self.whole.split(theta)
        return self._join(self.basis.T @ W, b)

    def expand(self, theta):
        """Return a point of the reduced problem in the whole one."""
        V, b = self.problem.split(theta)
        return self._join(self.basis @ V, b)

    def _join(self, table, intercept):
        parts = [table, intercept[None]] if self.whole.fit_intercept else [table]
        return np.vstack(parts).ravel()

    def options(self, options):
        """Return options whose progress is told in terms of the whole problem."""

        def progress(at):
            return options.progress(replace(at, theta=self.expand(at.theta)))

        return replace(options, progress=progress)
