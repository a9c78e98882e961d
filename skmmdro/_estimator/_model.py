"""The fit that all estimators share: build the robust problem, solve it, report."""

import warnings
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Bunch
from sklearn.utils.validation import validate_data

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
from ._collapse import warn_if_constant

_EXAMPLES = {
    "ambiguity": "ChiSquare() or ChiSquare() + ModalityLoss()",
    "loss": "Huber()",
}


@dataclass(frozen=True)
class Sample:
    """The rows with positive weight.

    Attributes
    ----------
    data : {ndarray, sparse matrix} or the like
        Validated rows.
    target : ndarray of shape (n_samples,)
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
    domains : ndarray of shape (n_samples,) or None
    used : ndarray of bool
        Which of all rows they are.
    """

    data: object
    target: np.ndarray
    nominal: np.ndarray
    domains: np.ndarray | None
    used: np.ndarray

    @classmethod
    def select(cls, data, target, weights, domains):
        used = weights > 0
        if not np.all(used):
            data, target = data[used], target[used]
            domains = None if domains is None else domains[used]
        return cls(data, target, weights[used] / weights.sum(), domains, used)

    def spread(self, values):
        """Return values of these rows for all rows, zero elsewhere."""
        out = np.zeros(len(self.used))
        out[self.used] = values
        return out


class DROModel(CallbackSupportMixin, BaseEstimator):
    """Parameters and the fit of all estimators; not for direct use.

    A subclass states in what its model is linear:

    - ``_design(sample, modalities)`` returns the Design of the problem;
    - ``_coefficients(problem, theta, design)`` returns the fitted attributes of a
      point, and ``_warm_theta(problem)`` the point of the previous fit, or None;
    - ``_fitted_design(sample)`` and ``_fitted_theta(problem)`` describe the fitted
      function on other rows, for `worst_case`;
    - ``_raw_prediction(X)`` evaluates it.
    """

    _task = None
    _parameter_constraints: dict = {
        "ambiguity": [StrOptions(set(AMBIGUITY)), AmbiguitySet, list, tuple],
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

    def set_params(self, **params):
        """Set parameters, those of sets and losses as ``ambiguity__radius``.

        Parameters
        ----------
        **params : dict
            Parameters and their values.

        Returns
        -------
        self : estimator
            The estimator.

        Raises
        ------
        ValueError
            If there is no such parameter, or it belongs to something that is given by
            its alias or in a list.
        """
        for name in params:
            owner, _, inner = name.partition("__")
            value = params.get(owner, getattr(self, owner, None))
            if inner and isinstance(value, (str, list, tuple)):
                raise ValueError(
                    f"{name} is a parameter of an object, but {owner}={value!r}. Pass "
                    f"objects, such as {_EXAMPLES.get(owner, 'an instance')}, to set "
                    "their parameters."
                )
        return super().set_params(**params)

    def _fit(self, X, data, target, weights, n_classes=None, domains=None):
        """Build and solve the problem, then set the fitted attributes.

        `data` is the validated X. X itself is only asked for its modalities.
        """
        modalities = self._modalities(X, data)
        ambiguity = resolve_ambiguity(self.ambiguity)
        domains = check_domains(domains, len(weights), ambiguity)
        sample = Sample.select(data, target, weights, domains)
        loss = resolve_loss(self.loss, self._task)
        loss = loss.fitted(sample.target, weights[sample.used])
        design = self._design(sample, modalities)
        problem, fitted = self._problem(sample, design, ambiguity, loss, n_classes)
        progress = FitProgress(self, self.max_iter, X, sample.target)
        options = Options(
            float(self.tol), self.max_iter, self._reporter(problem, progress, design)
        )
        solution = solve(problem, self.solver, options, self._warm_theta(problem))
        progress.end()

        fitted.update(problem.describe(solution.theta, solution.weights))
        for name in getattr(self, "_of_the_set", ()):
            vars(self).pop(name, None)  # the previous fit may have had another set
        self._of_the_set = tuple(fitted)
        fitted.update(self._coefficients(problem, solution.theta, design))
        for name, value in fitted.items():
            setattr(self, name, value)
        self.modalities_ = modalities.as_dict()
        self._encoder_error = modalities.encoder_error  # of the encoders in fit
        self.worst_case_weights_ = sample.spread(problem.by_sample(solution.weights))
        self.objective_ = float(solution.objective)
        self.dual_gap_ = float(solution.gap)
        self.n_iter_ = int(solution.n_iter)
        self._fitted_loss = loss
        self._warn(solution)
        warn_if_constant(solution, problem, ambiguity, stacklevel=3)
        return self

    def _problem(self, sample, design, ambiguity, loss, n_classes):
        """Return the RobustProblem, and what to keep of the set."""
        return build_problem(
            design,
            loss.bind(sample.target, sample.nominal, n_classes),
            ambiguity,
            sample.nominal,
            alpha=float(self.alpha),
            fit_intercept=self.fit_intercept,
            domains=sample.domains,
        )

    def _worst_case(self, data, target, weights, domains, ambiguity):
        """Return the Bunch that `worst_case` promises, for validated data."""
        n_classes = len(self.classes_) if hasattr(self, "classes_") else None
        ambiguity = resolve_ambiguity(
            self.ambiguity if ambiguity is None else ambiguity
        )
        domains = check_domains(domains, len(weights), ambiguity)
        sample = Sample.select(data, target, weights, domains)
        design = self._fitted_design(sample)
        problem, plain = (
            self._problem(sample, design, which, self._fitted_loss, n_classes)[0]
            for which in (ambiguity, Composite())
        )
        theta = self._fitted_theta(problem)
        at = problem.evaluate(theta)
        found = problem.describe(theta, at.worst.weights)
        worst = Bunch(
            risk=float(problem.risk_value(at)),
            weights=sample.spread(problem.by_sample(at.worst.weights)),
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

    def _validate(self, X, *y, reset, **options):
        """Return validated X, or X and y."""
        options.setdefault("accept_sparse", "csr")
        dtype = [np.float64, np.float32]
        return validate_data(self, X, *y, reset=reset, dtype=dtype, **options)

    def _modalities(self, X, data):
        # after validation names and tags are gone, so ask X where it can tell
        source = X if hasattr(X, "shape") and len(X.shape) == 2 else data
        names = getattr(self, "feature_names_in_", None)
        return resolve_modalities(self.modalities, source, names)

    def _fitted_modalities(self):
        return Modalities(
            tuple(self.modalities_),
            tuple(self.modalities_.values()),
            encoder_error=self._encoder_error,
        )

    def _reporter(self, problem, progress, design):
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
            return progress.step(lambda: self._coefficients(problem, at.theta, design))

        return step

    def _intercept(self, b):
        """Return the intercept in the layout scikit-learn uses."""
        if len(b) > 1 and self.fit_intercept and self._is_multinomial():
            return b - b.mean()  # a shift of all classes changes nothing
        return b

    def _is_multinomial(self):
        return self.loss == "log_loss" or getattr(self.loss, "alias", "") == "log_loss"

    def _warn(self, solution):
        if solution.status not in ("optimal", "stopped"):
            warnings.warn(
                f"The solver stopped after {solution.n_iter} iterations with status "
                f"{solution.status!r} and relative duality gap {solution.gap:.1e}, "
                f"above tol={self.tol}. Scale the features, raise alpha or max_iter, "
                "or loosen tol.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
