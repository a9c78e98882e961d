"""What the linear classifier and the linear regressor share."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from .._log import report
from .._sklearn import CallbackSupportMixin, FitProgress, Interval, StrOptions
from ..ambiguity import REGISTRY as AMBIGUITY
from ..ambiguity import AmbiguitySet, resolve_ambiguity
from ..losses import REGISTRY as LOSSES
from ..losses import Loss, resolve_loss
from ..modalities import resolve_modalities
from ..problem import RobustProblem, data_operator, solve
from ..solvers import REGISTRY as SOLVERS
from ..solvers import Options


class DROLinearModel(CallbackSupportMixin, BaseEstimator):
    """Parameters and the fit of a linear model; not for direct use."""

    _task = None
    _parameter_constraints: dict = {
        "ambiguity": [StrOptions(set(AMBIGUITY)), AmbiguitySet],
        "loss": [StrOptions(set(LOSSES)), Loss],
        "modalities": [dict, "array-like", None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "solver": [StrOptions({"auto", *SOLVERS})],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def _fit(self, X, data, target, weights, n_classes=None):
        """Build and solve the problem, then set the fitted attributes.

        `data` is the validated X. X itself is only asked for its modalities.
        """
        used = weights > 0
        modalities = self._modalities(X, data)
        if not np.all(used):
            data, target = data[used], target[used]
        nominal = weights[used] / weights.sum()
        loss = resolve_loss(self.loss, self._task).bind(target, nominal, n_classes)
        ambiguity = resolve_ambiguity(self.ambiguity).bind(data, nominal, modalities)
        _check_lipschitz(loss, ambiguity, self.loss)

        problem = RobustProblem(
            data_operator(data),
            loss,
            ambiguity,
            nominal,
            modalities.labels,
            alpha=float(self.alpha),
            fit_intercept=self.fit_intercept,
        )
        progress = FitProgress(self, self.max_iter, X, target)
        options = Options(
            float(self.tol), self.max_iter, self._reporter(problem, progress, data)
        )
        solution = solve(problem, self.solver, options, self._warm_theta(problem))
        progress.end()

        for name, value in self._coefficients(problem, solution.theta, data).items():
            setattr(self, name, value)
        for name, value in ambiguity.fitted.items():
            setattr(self, name, value)
        self.modalities_ = modalities.as_dict()
        self.worst_case_weights_ = np.zeros(len(weights))
        self.worst_case_weights_[used] = solution.weights
        self.objective_ = float(solution.objective)
        self.dual_gap_ = float(solution.gap)
        self.n_iter_ = int(solution.n_iter)
        self._warn(solution, problem, ambiguity)
        return self

    def _modalities(self, X, data):
        # after validation names and tags are gone, so ask X where it can tell
        source = X if hasattr(X, "shape") and len(X.shape) == 2 else data
        names = getattr(self, "feature_names_in_", None)
        return resolve_modalities(self.modalities, source, names)

    def _reporter(self, problem, progress, data):
        count = 0

        def step(at):
            nonlocal count
            count += 1
            report(
                self.verbose,
                "iteration %d: objective %.9g, gradient norm %.2e",
                count,
                at.value,
                np.linalg.norm(at.gradient),
            )
            return progress.step(lambda: self._coefficients(problem, at.theta, data))

        return step

    def _warm_theta(self, problem):
        if not self.warm_start or not hasattr(self, "coef_"):
            return None
        coef = np.atleast_2d(self.coef_).astype(np.float64).T
        if coef.shape != (problem.n_features, problem.n_outputs):
            return None
        if problem.fit_intercept:
            intercept = np.broadcast_to(self.intercept_, (1, problem.n_outputs))
            coef = np.vstack([coef, intercept.astype(np.float64)])
        return coef.ravel()

    def _coefficients(self, problem, theta, data):
        """Return coef_ and intercept_ in the layout scikit-learn uses."""
        W, b = problem.split(theta)
        if problem.n_outputs > 1 and self.fit_intercept:
            b = b - b.mean() if self._is_multinomial() else b
        dtype = data.dtype
        return {
            "coef_": np.ascontiguousarray(W.T, dtype=dtype),
            "intercept_": b.astype(dtype),
        }

    def _is_multinomial(self):
        return self.loss == "log_loss" or getattr(self.loss, "alias", "") == "log_loss"

    def _warn(self, solution, problem, ambiguity):
        W, _ = problem.split(solution.theta)
        used = ambiguity.reweighting.share_used(solution.weights, problem.nominal)
        if not np.any(W) and used < 1 - 1e-6:
            warnings.warn(
                "The ambiguity set is so large that the best robust model is "
                f"constant. The largest useful radius is {used:.3g} times the present "
                f"one{self._scaled_radius(used)}.",
                UserWarning,
                stacklevel=4,
            )
        if solution.status not in ("optimal", "stopped"):
            warnings.warn(
                f"The solver stopped after {solution.n_iter} iterations with status "
                f"{solution.status!r} and relative duality gap {solution.gap:.1e}, "
                f"above tol={self.tol}. Scale the features, raise alpha or max_iter, "
                "or loosen tol.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _scaled_radius(self, share):
        radius = getattr(resolve_ambiguity(self.ambiguity), "radius", None)
        if radius is None:
            return ""
        if isinstance(radius, dict):
            scaled = {name: float(f"{share * r:.3g}") for name, r in radius.items()}
            return f": radius={scaled}"
        return f": radius={share * radius:.3g}"

    def _raw_prediction(self, X):
        check_is_fitted(self)
        X = validate_data(
            self, X, reset=False, accept_sparse="csr", dtype=[np.float64, np.float32]
        )
        return np.asarray(X @ np.atleast_2d(self.coef_).T) + self.intercept_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _check_lipschitz(loss, ambiguity, name):
    if np.any(ambiguity.budgets) and loss.lipschitz is None:
        raise ValueError(
            f"loss={name!r} has no Lipschitz constant, so an encoder error makes the "
            "worst case infinite. Use 'log_loss' or 'modified_huber' for "
            "classification, 'huber' for regression, or encoder_error=None."
        )
