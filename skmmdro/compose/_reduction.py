"""PCA or truncated SVD, as the data allow."""

from numbers import Integral
from typing import ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import Interval, fit_context


class Reduction(TransformerMixin, BaseEstimator):
    """Leading principal components: PCA of dense, truncated SVD of sparse data.

    Unlike these two it takes fewer components where the data have fewer, so that one
    setting serves folds and samples of every size.

    Parameters
    ----------
    n_components : int in [1, inf), default=100
        Largest number of components.
    whiten : bool, default=False
        Whether dense data are scaled to unit variance along each component.
    random_state : int, RandomState instance or None, default=0
        For the randomised solvers.

    Attributes
    ----------
    reducer_ : PCA or TruncatedSVD
        What was fitted.
    n_components_ : int
        Number of components.
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if X was a DataFrame with string column names.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.compose._reduction import Reduction
    >>> Reduction(100).fit_transform(np.eye(4)).shape
    (4, 3)
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "whiten": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(self, n_components=100, *, whiten=False, random_state=0):
        self.n_components = n_components
        self.whiten = whiten
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find the components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : None
            Ignored.

        Returns
        -------
        self : Reduction
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Find the components and project on them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : None
            Ignored.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_components_)
        """
        return self._fit(X)

    def _fit(self, X):
        X = self._check(X, reset=True)
        if issparse(X):
            self.n_components_ = min(self.n_components, *X.shape)
            reducer = TruncatedSVD(self.n_components_, random_state=self.random_state)
        else:
            # centring costs one dimension; whitening its noise would blow it up
            rank = max(min(X.shape[0] - 1, X.shape[1]), 1)
            self.n_components_ = min(self.n_components, rank)
            reducer = PCA(
                self.n_components_, whiten=self.whiten, random_state=self.random_state
            )
        with np.errstate(divide="ignore", invalid="ignore"):  # constant data
            output = reducer.fit_transform(X)
        self.reducer_ = reducer
        return output

    def transform(self, X):
        """Project on the components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_components_)
        """
        check_is_fitted(self)
        return self.reducer_.transform(self._check(X, reset=False))

    def inverse_transform(self, X):
        """Return the points in the space of the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Components.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        return self.reducer_.inverse_transform(X)

    def get_feature_names_out(self, input_features=None):
        """Return "component0", "component1", ...

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored.

        Returns
        -------
        names : ndarray of str of shape (n_components_,)
        """
        check_is_fitted(self)
        names = [f"component{j}" for j in range(self.n_components_)]
        return np.asarray(names, dtype=object)

    def _check(self, X, *, reset):
        return validate_data(
            self, X, reset=reset, accept_sparse="csr", dtype=[np.float64, np.float32]
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
