"""What the linear classifier and the linear regressor share."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted, validate_data

from .._log import report
from .._sklearn import CallbackSupportMixin, FitProgress, Interval, StrOptions
from .._validation import check_domains
from ..ambiguity import REGISTRY as AMBIGUITY
from ..ambiguity import AmbiguitySet, Composite, resolve_ambiguity
from ..losses import REGISTRY as LOSSES
from ..losses import Loss, resolve_loss
from ..modalities import Modalities, resolve_modalities
from ..problem import build_problem, solve
from ..solvers import REGISTRY as SOLVERS
from ..solvers import Options


class DROLinearModel(CallbackSupportMixin, BaseEstimator):
    """Parameters and the fit of a linear model; not for direct use."""

    _task = None
    _parameter_constraints: dict = {
        "ambiguity": [StrOptions(set(AMBIGUITY)), AmbiguitySet, list],
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

    def _fit(self, X, data, target, weights, n_classes=None, domains=None):
        """Build and solve the problem, then set the fitted attributes.

        `data` is the validated X. X itself is only asked for its modalities.
        """
        modalities = self._modalities(X, data)
        used = weights > 0
        ambiguity = resolve_ambiguity(self.ambiguity)
        loss = resolve_loss(self.loss, self._task)
        loss = loss.fitted(target[used], weights[used])
        problem, fitted = self._problem(
            data, target, weights, domains, ambiguity, loss, modalities, n_classes
        )
        progress = FitProgress(self, self.max_iter, X, target)
        options = Options(
            float(self.tol), self.max_iter, self._reporter(problem, progress, data)
        )
        solution = solve(problem, self.solver, options, self._warm_theta(problem))
        progress.end()

        fitted.update(self._coefficients(problem, solution.theta, data))
        fitted.update(problem.describe(solution.theta, solution.weights))
        for name, value in fitted.items():
            setattr(self, name, value)
        self.modalities_ = modalities.as_dict()
        self.worst_case_weights_ = np.zeros(len(weights))
        self.worst_case_weights_[used] = problem.by_sample(solution.weights)
        self.objective_ = float(solution.objective)
        self.dual_gap_ = float(solution.gap)
        self.n_iter_ = int(solution.n_iter)
        self._fitted_loss = loss
        self._warn(solution, problem, ambiguity)
        return self

    def _problem(
        self, data, target, weights, domains, ambiguity, loss, modalities, n_classes
    ):
        """Return the RobustProblem of validated data, and what to keep of the set."""
        domains = check_domains(domains, len(weights), ambiguity)
        used = weights > 0
        if not np.all(used):
            data, target = data[used], target[used]
            domains = None if domains is None else domains[used]
        nominal = weights[used] / weights.sum()
        return build_problem(
            data,
            loss.bind(target, nominal, n_classes),
            ambiguity,
            nominal,
            modalities,
            alpha=float(self.alpha),
            fit_intercept=self.fit_intercept,
            domains=domains,
        )

    def _worst_case(self, data, target, weights, domains, ambiguity):
        """Return the Bunch that `worst_case` promises, for validated data."""
        n_classes = len(self.classes_) if hasattr(self, "classes_") else None
        modalities = Modalities(
            tuple(self.modalities_), tuple(self.modalities_.values())
        )
        ambiguity = resolve_ambiguity(
            self.ambiguity if ambiguity is None else ambiguity
        )
        problem, plain = (
            self._problem(
                data,
                target,
                weights,
                domains,
                which,
                self._fitted_loss,
                modalities,
                n_classes,
            )[0]
            for which in (ambiguity, Composite())
        )
        theta = self._theta(problem)
        at = problem.evaluate(theta)
        spread = np.zeros(len(weights))
        spread[weights > 0] = problem.by_sample(at.worst.weights)
        found = problem.describe(theta, at.worst.weights)
        worst = Bunch(
            risk=float(problem.risk_value(at)),
            weights=spread,
            nominal_risk=float(plain.evaluate(theta).worst.value),
            environment=None,
            domain=None,
        )
        for kind in ("environment", "domain"):
            if f"{kind}_names_" in found:
                names = found[f"{kind}_names_"]
                worst[kind] = names[int(np.argmax(found[f"{kind}_weights_"]))]
                for what in ("weights", "risks"):
                    values = found[f"{kind}_{what}_"].tolist()
                    worst[f"{kind}_{what}"] = dict(zip(names, values, strict=True))
        return worst

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
        expected = (problem.n_outputs, problem.n_features)
        same = np.atleast_2d(self.coef_).shape == expected
        return self._theta(problem) if same else None

    def _theta(self, problem):
        """Return the fitted coefficients in the layout of the problem."""
        table = np.atleast_2d(self.coef_).astype(np.float64).T
        if problem.fit_intercept:
            intercept = np.broadcast_to(self.intercept_, (1, problem.n_outputs))
            table = np.vstack([table, intercept.astype(np.float64)])
        return table.ravel()

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
        if not np.any(W):
            self._warn_constant(solution, problem, ambiguity)
        if solution.status not in ("optimal", "stopped"):
            warnings.warn(
                f"The solver stopped after {solution.n_iter} iterations with status "
                f"{solution.status!r} and relative duality gap {solution.gap:.1e}, "
                f"above tol={self.tol}. Scale the features, raise alpha or max_iter, "
                "or loosen tol.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _warn_constant(self, solution, problem, ambiguity):
        """Say so if a radius is so large that the best robust model is constant."""
        parts = ambiguity.parts()
        used = {
            "reweighting": problem.risk.share_used(solution.weights, problem.nominal),
            "transport": problem.budget_share_used(solution.theta, solution.weights),
        }
        kind = "transport" if "transport" in parts else "reweighting"
        if kind not in parts or not used[kind] < 1 - 1e-6:
            return
        warnings.warn(
            "The ambiguity set is so large that the best robust model is constant. The "
            f"largest useful radius of {parts[kind]!r} is {used[kind]:.3g} times the "
            f"present one{_scaled_radius(parts[kind], used[kind])}.",
            UserWarning,
            stacklevel=5,
        )

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


def _scaled_radius(part, share):
    radius = getattr(part, "radius", None)
    if isinstance(radius, dict):
        scaled = {name: float(f"{share * r:.3g}") for name, r in radius.items()}
        return f": radius={scaled}"
    return "" if radius is None else f": radius={share * radius:.3g}"
