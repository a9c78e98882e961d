"""What the linear classifier and the linear regressor share."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._estimator import DROModel
from ..problem import Design, column_means


class DROLinearModel(DROModel):
    """A model that is linear in the columns of X; not for direct use."""

    def _design(self, sample, modalities):
        means = column_means(sample.data, sample.nominal)
        return Design(sample.data, modalities, means=means)

    def _fitted_design(self, sample):
        # a modality that is missing is replaced by its mean in training
        return Design(sample.data, self._fitted_modalities(), means=self._means)

    def _coefficients(self, problem, theta, design):
        W, b = problem.split(theta)
        dtype = design.X.dtype
        return {
            "coef_": np.ascontiguousarray(W.T, dtype=dtype),
            "intercept_": self._intercept(b.astype(dtype)),
            "_means": design.means,
        }

    def _fitted_theta(self, problem):
        table = np.atleast_2d(self.coef_).astype(np.float64).T
        if problem.fit_intercept:
            intercept = np.broadcast_to(self.intercept_, (1, problem.n_outputs))
            table = np.vstack([table, intercept.astype(np.float64)])
        return table.ravel()

    def _warm_theta(self, problem):
        if not self.warm_start or not hasattr(self, "coef_"):
            return None
        expected = (problem.n_outputs, problem.n_features)
        same = np.atleast_2d(self.coef_).shape == expected
        return self._fitted_theta(problem) if same else None

    def _forget(self):
        del self.coef_, self.intercept_

    def _raw_prediction(self, X):
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        return np.asarray(X @ np.atleast_2d(self.coef_).T) + self.intercept_
