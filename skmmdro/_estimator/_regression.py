"""What all regressors share."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from .._sklearn import check_nominal_weights, fit_context, with_callbacks
from .._validation import unchanged_on_error


class RegressorPart(RegressorMixin):
    """Mixin for a `DROModel`; not for direct use."""

    _task = "regression"

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
            If data, parameters or modality names do not fit together, or targets are
            not numbers.
        """
        data, y = self._validate(X, y, reset=True)
        weights = check_nominal_weights(sample_weight, data)
        return self._fit(X, data, y, weights, domains=domains)

    def _validate(self, X, *y, **options):
        if not y:
            return super()._validate(X, **options)
        _check_numeric(*y, type(self).__name__)
        data, target = super()._validate(X, *y, y_numeric=True, **options)
        return data, target.astype(np.float64)

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

    def _intercept(self, b):
        return float(b[0])


def _check_numeric(y, name):
    values = np.asarray(y)
    strings = values.dtype.kind in "US" or (
        values.dtype == object and any(isinstance(v, str) for v in values.ravel())
    )
    if strings:
        raise ValueError(
            f"{name} needs numeric targets, got strings such as "
            f"{str(values.ravel()[0])!r}. Convert them to numbers, or use a classifier "
            "for class labels."
        )
