"""Distributionally robust linear regression."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import check_nominal_weights, fit_context, with_callbacks
from .._validation import unchanged_on_error
from ._base import DROLinearModel


class DRORegressor(RegressorMixin, DROLinearModel):
    """Linear regressor that is best in the worst case over an ambiguity set.

    It minimises ::

        R(l(w, b)) + Lip * sum_k t_k ||w_k||_2 + alpha / 2 ||w||_2^2,

    where l_i is the loss of sample i, R the largest expected loss over the ambiguity
    set around the nominal (sample) weights, w_k the coefficients of modality k and t_k
    the budget of its encoder error (zero if none is stated). The objective is convex.

    Parameters
    ----------
    ambiguity : str or AmbiguitySet, default="chi2"
        The shifts to be protected against: an alias of a set with default parameters,
        or an object such as ``ChiSquare(radius={"text": 0.2, "image": 0.05})``. Pass
        an object to tune ``ambiguity__radius`` in a grid.
    loss : {"squared_error", "huber"} or Loss, default="squared_error"
        Loss of the residual. "squared_error" is half the square, so that with radius 0
        the model is Ridge with its ``alpha`` equal to ``alpha * n_samples``.
    modalities : dict, list of int or None, default=None
        Which columns form which modality, see :class:`DROClassifier`.
    alpha : float in [0, inf), default=1e-3
        Weight of the squared norm; losses are averaged.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    solver : {"auto", "newton", "lbfgs", "cvxpy"}, default="auto"
        See :class:`DROClassifier`.
    tol : float in (0, inf), default=1e-6
        Relative duality gap at which to stop. With alpha = 0, the norm of the smallest
        subgradient relative to that of the constant model.
    max_iter : int in [1, inf), default=200
        Largest number of iterations.
    warm_start : bool, default=False
        Start from the coefficients of the previous fit.
    verbose : int, default=0
        With a positive value each iteration is logged to the logger "skmmdro".

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients. Blocks dropped because of their encoder error are exactly zero.
    intercept_ : float
        Intercept.
    modalities_ : dict
        Column indices of each modality.
    worst_case_weights_ : ndarray of shape (n_samples,)
        The weights in the ambiguity set under which the model's training loss is
        largest; they sum to one.
    objective_ : float
        Value of the objective.
    dual_gap_ : float
        Relative duality gap, an upper bound of the relative suboptimality.
    n_iter_ : int
        Iterations taken.
    coupling_ : ndarray of shape (n_modalities, n_modalities)
        Coupling matrix (ChiSquare).
    joint_radius_ : float
        Radius B of the joint ball (ChiSquare).
    early_fusion_radius_ : float
        Radius that merged columns would need for the same protection (ChiSquare).
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Column names seen in fit, if all are strings.

    See Also
    --------
    DROClassifier : The same for classification.
    skmmdro.ambiguity.ChiSquare : The default ambiguity set.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.

    Examples
    --------
    >>> from skmmdro import DRORegressor
    >>> from skmmdro.datasets import make_multimodal_regression
    >>> X, y = make_multimodal_regression(
    ...     300, widths=(4, 6), random_state=0, as_frame=True, return_X_y=True
    ... )
    >>> model = DRORegressor().fit(X, y)
    >>> model.coef_.shape, bool(model.dual_gap_ <= 1e-6)
    ((10,), True)
    """

    _task = "regression"

    def __init__(
        self,
        ambiguity="chi2",
        *,
        loss="squared_error",
        modalities=None,
        alpha=1e-3,
        fit_intercept=True,
        solver="auto",
        tol=1e-6,
        max_iter=200,
        warm_start=False,
        verbose=0,
    ):
        self.ambiguity = ambiguity
        self.loss = loss
        self.modalities = modalities
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose

    @unchanged_on_error
    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, domains=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training data without missing values.
        y : array-like of shape (n_samples,)
            Real targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Nominal weights of the samples, not negative. Only their ratios matter; an
            integer weight is the same as that many copies of the sample.
        domains : array-like of shape (n_samples,) or None, default=None
            Domain (site, batch, period) of each sample. Needed by
            :class:`~skmmdro.ambiguity.Domains`; no other set looks at it.

        Returns
        -------
        self : DRORegressor
            The fitted model.

        Raises
        ------
        ValueError
            If data, parameters or modality names do not fit together, or targets are
            not numbers.
        """
        data, y = self._validate(X, y, reset=True)
        weights = check_nominal_weights(sample_weight, data)
        return self._fit(X, data, y, weights, domains=domains)

    def _validate(self, X, y, *, reset):
        _check_numeric(y)
        data, y = validate_data(
            self,
            X,
            y,
            reset=reset,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            y_numeric=True,
        )
        return data, y.astype(np.float64)

    def worst_case(self, X, y, *, sample_weight=None, domains=None, ambiguity=None):
        """Return the worst case of the fitted model over a set around given data.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data, for example a test set.
        y : array-like of shape (n_samples,)
            Their targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Nominal weights of the samples.
        domains : array-like of shape (n_samples,) or None, default=None
            Domain of each sample, for sets that need it.
        ambiguity : str, AmbiguitySet, list or None, default=None
            The set; None: the one the model was fitted with. What a set learns from
            data, such as the coupling, it learns from X.

        Returns
        -------
        worst : Bunch
            risk : float
                Worst-case expected loss, the price of transport included.
            weights : ndarray of shape (n_samples,)
                Weights of the samples in the worst case, which sum to one.
            nominal_risk : float
                Expected loss under the nominal weights.
            environment, domain : object or None
                The environment and the domain with the largest weight; None if the
                set has none.
            environment_weights, environment_risks, domain_weights, domain_risks : dict
                Weight and risk of each, by name, if the set has them.
        """
        check_is_fitted(self)
        data, y = self._validate(X, y, reset=False)
        weights = check_nominal_weights(sample_weight, data)
        return self._worst_case(data, y, weights, domains, ambiguity)

    def predict(self, X):
        """Return the predicted target of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions.
        """
        return self._raw_prediction(X)[:, 0]

    def _coefficients(self, problem, theta, data):
        fitted = super()._coefficients(problem, theta, data)
        return {
            "coef_": fitted["coef_"][0],
            "intercept_": float(fitted["intercept_"][0]),
        }


def _check_numeric(y):
    values = np.asarray(y)
    strings = values.dtype.kind in "US" or (
        values.dtype == object and any(isinstance(v, str) for v in values.ravel())
    )
    if strings:
        raise ValueError(
            f"DRORegressor needs numeric targets, got strings such as "
            f"{values.ravel()[0]!r}. Convert them to numbers, or use DROClassifier "
            "for class labels."
        )
