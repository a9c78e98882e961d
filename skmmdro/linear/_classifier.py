"""Distributionally robust linear classification."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import (
    StrOptions,
    check_nominal_weights,
    fit_context,
    with_callbacks,
)
from .._validation import unchanged_on_error
from ._base import DROLinearModel


def _has_probabilities(self):
    if self._is_multinomial():
        return True
    raise AttributeError(f"predict_proba needs loss='log_loss', got {self.loss!r}.")


class DROClassifier(ClassifierMixin, DROLinearModel):
    """Linear classifier that is best in the worst case over an ambiguity set.

    It minimises ::

        R(l(w, b)) + Lip * sum_k t_k ||w_k||_2 + alpha / 2 ||w||_2^2,

    where l_i is the loss of sample i, R the largest expected loss over the ambiguity
    set around the nominal (sample) weights, w_k the coefficients of modality k and t_k
    the budget of its encoder error (zero if none is stated). For more than two classes
    w has one column per class and norms are Frobenius norms. The objective is convex.

    Parameters
    ----------
    ambiguity : str or AmbiguitySet, default="chi2"
        The shifts to be protected against: an alias of a set with default parameters,
        or an object such as ``ChiSquare(radius={"text": 0.2, "image": 0.05})``. Pass
        an object to tune ``ambiguity__radius`` in a grid.
    loss : {"log_loss", "squared_hinge", "modified_huber"} or Loss, default="log_loss"
        Loss of the raw prediction. With more than two classes "log_loss" is
        multinomial, the others add up one-versus-rest losses.
    modalities : dict, list of int or None, default=None
        Which columns form which modality: ``{name: columns}`` (names, integers, slice,
        mask; one entry may be ``"remainder"``), block widths in order, or None to read
        names of the form ``modality__feature``, as
        :class:`~skmmdro.ModalityTransformer` writes them. Without any statement all
        columns are one modality named "x".
    alpha : float in [0, inf), default=1e-3
        Weight of the squared norm. Losses are averaged, so ``alpha = 1 / (C n)`` for
        the C of scikit-learn's LogisticRegression.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    class_weight : dict, "balanced" or None, default=None
        Factors of the sample weights by class. "balanced" gives every class the same
        total weight.
    solver : {"auto", "newton", "lbfgs", "cvxpy"}, default="auto"
        "newton" forms Hessians, "lbfgs" suits many coefficients, "auto" picks one by
        their number. "cvxpy" is the slow reference (Clarabel).
    tol : float in (0, inf), default=1e-6
        Relative duality gap at which to stop: the objective is then at most this
        fraction above the optimum. With alpha = 0, the norm of the smallest subgradient
        relative to that of the constant model.
    max_iter : int in [1, inf), default=200
        Largest number of iterations.
    warm_start : bool, default=False
        Start from the coefficients of the previous fit.
    verbose : int, default=0
        With a positive value each iteration is logged to the logger "skmmdro".

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients. Blocks dropped because of their encoder error are exactly zero.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    classes_ : ndarray of shape (n_classes,)
        Class labels of the samples with positive weight.
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
    DRORegressor : The same for regression.
    skmmdro.ambiguity.ChiSquare : The default ambiguity set.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     300, widths=(4, 6), random_state=0, as_frame=True, return_X_y=True
    ... )
    >>> model = DROClassifier().fit(X, y)
    >>> model.coef_.shape, bool(model.dual_gap_ <= 1e-6)
    ((1, 10), True)
    """

    _task = "classification"
    _parameter_constraints: dict = {
        **DROLinearModel._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        ambiguity="chi2",
        *,
        loss="log_loss",
        modalities=None,
        alpha=1e-3,
        fit_intercept=True,
        class_weight=None,
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
        self.class_weight = class_weight
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
            Class labels.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Nominal weights of the samples, not negative. Only their ratios matter; an
            integer weight is the same as that many copies of the sample.
        domains : array-like of shape (n_samples,) or None, default=None
            Domain (site, batch, period) of each sample. Needed by
            :class:`~skmmdro.ambiguity.Domains`; no other set looks at it.

        Returns
        -------
        self : DROClassifier
            The fitted model.

        Raises
        ------
        ValueError
            If data, parameters or modality names do not fit together, or all samples
            are of one class.
        """
        data, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32]
        )
        check_classification_targets(y)
        weights = check_nominal_weights(sample_weight, data)
        classes, codes = np.unique(y, return_inverse=True)
        if self.class_weight == "balanced":
            # by weight, not by count, so that weights and copies are the same thing
            mass = np.bincount(codes, weights)
            weights = weights / np.where(mass > 0, mass, 1)[codes]
        elif self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, y)
            if np.any(weights < 0):
                raise ValueError(
                    "class_weight must not be negative, got "
                    f"{self.class_weight!r}; use 0 to leave a class out."
                )
        present = np.bincount(codes, weights) > 0
        if np.sum(present) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes with "
                f"positive weight, got one class: {classes[present].tolist()}."
            )
        codes = (np.cumsum(present) - 1)[codes]
        if self.warm_start and not np.array_equal(
            getattr(self, "classes_", classes[present]), classes[present]
        ):
            del self.coef_, self.intercept_  # they belong to other classes
        self.classes_ = classes[present]
        return self._fit(
            X, data, codes, weights, n_classes=len(self.classes_), domains=domains
        )

    def worst_case(self, X, y, *, sample_weight=None, domains=None, ambiguity=None):
        """Return the worst case of the fitted model over a set around given data.

        It answers, for example, which patients the worst case consists of.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data, for example a test set.
        y : array-like of shape (n_samples,)
            Their labels, all of them seen in fit.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Nominal weights of the samples; `class_weight` is not applied.
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
        data, y = validate_data(
            self,
            X,
            y,
            reset=False,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
        )
        weights = check_nominal_weights(sample_weight, data)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"y has labels {unknown.tolist()} that were not seen in fit; the "
                f"classes are {self.classes_.tolist()}."
            )
        codes = np.searchsorted(self.classes_, y)
        return self._worst_case(data, codes, weights, domains, ambiguity)

    def decision_function(self, X):
        """Return the raw predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        raw_prediction : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, positive values speak for ``classes_[1]``.
        """
        raw = self._raw_prediction(X)
        return raw[:, 0] if raw.shape[1] == 1 else raw

    def predict(self, X):
        """Return the most likely class of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        raw = self.decision_function(X)
        winner = (raw > 0).astype(np.intp) if raw.ndim == 1 else raw.argmax(axis=1)
        return self.classes_[winner]

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Return class probabilities; only for ``loss="log_loss"``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        raw = self.decision_function(X)
        if raw.ndim == 1:
            positive = expit(raw)
            return np.column_stack([1 - positive, positive])
        return softmax(raw, axis=1)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Return logarithms of class probabilities; only for ``loss="log_loss"``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return np.log(self.predict_proba(X))
