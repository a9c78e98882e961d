"""What all classifiers share: labels, class weights, probabilities."""

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._sklearn import StrOptions, check_nominal_weights, fit_context, with_callbacks
from .._validation import label_codes, unchanged_on_error


def _has_probabilities(self):
    if self._is_multinomial():
        return True
    raise AttributeError(f"predict_proba needs loss='log_loss', got {self.loss!r}.")


class ClassifierPart(ClassifierMixin):
    """Mixin for a `DROModel`; not for direct use."""

    _task = "classification"
    _classifier_constraints: dict = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

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
            integer weight is the same as that many copies of the sample, but for a
            coupling that is estimated from a part of more than 1,000 rows.
        domains : array-like of shape (n_samples,) or None, default=None
            Domain (site, batch, period) of each sample. Needed by
            :class:`~skmmdro.ambiguity.Domains`; no other set looks at it.

        Returns
        -------
        self : estimator
            The fitted model.

        Raises
        ------
        ValueError
            If data, parameters or modality names do not fit together, or all samples
            are of one class.
        """
        data, y = self._validate(X, y, reset=True)
        check_classification_targets(y)
        weights = check_nominal_weights(sample_weight, data)
        classes, codes, weights = self._encode(y, weights)
        if self.warm_start and not np.array_equal(
            getattr(self, "classes_", classes), classes
        ):
            self._forget()  # the solution belongs to other classes
        self.classes_ = classes
        return self._fit(
            X, data, codes, weights, n_classes=len(classes), domains=domains
        )

    def _encode(self, y, weights):
        """Return classes, class indices and weights after `class_weight`."""
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
        return classes[present], (np.cumsum(present) - 1)[codes], weights

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
            data, such as the coupling, it learns from X. A modality that is missing is
            replaced by its mean in training, as it would be at prediction.

        Returns
        -------
        worst : Bunch
            What was found, with the entries

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

        Notes
        -----
        For the training data and the fitted set the risk is that of the fit. The
        weights are one worst case of possibly many: a model that is best in the worst
        case often makes several environments, domains or samples equally bad. This
        method then puts the weight on one of them, while `worst_case_weights_` and
        `environment_weights_` are the mixture that proves the model to be optimal.
        """
        check_is_fitted(self)
        data, y = self._validate(X, y, reset=False)
        weights = check_nominal_weights(sample_weight, data)
        codes = label_codes(y, self.classes_)
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
        raw = self.decision_function(X)  # the log of a probability may be that of zero
        if raw.ndim == 1:
            return np.column_stack([log_expit(-raw), log_expit(raw)])
        return log_softmax(raw, axis=1)
