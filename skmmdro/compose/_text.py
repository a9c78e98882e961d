"""Text columns to numbers."""

import re

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline

from .._validation import is_missing
from ._columns import columns_of
from ._reduction import Reduction

_WORD = r"(?u)\b\w+\b"  # scikit-learn's default drops words of one letter


class TextColumns(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Join text columns to one string for each row; missing text is an empty string.

    Input of one dimension is a single column. Values other than strings are an error.

    Examples
    --------
    >>> from skmmdro.compose._text import TextColumns
    >>> TextColumns().fit_transform([["Great", "Fits well."], [None, "Too small."]])
    array(['Great Fits well.', 'Too small.'], dtype=object)
    """

    def fit(self, X, y=None):
        """Check that there is any text.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples,) or (n_samples, n_columns)
            Strings.
        y : None
            Ignored.

        Returns
        -------
        self : TextColumns

        Raises
        ------
        ValueError
            If a value is not a string, or there is no word in any row.
        """
        if not any(re.search(_WORD, text) for text in self.transform(X)):
            raise ValueError(
                "the text columns have no word in any row, so there is nothing to "
                "learn from; leave the modality out ('drop')."
            )
        return self

    def transform(self, X):
        """Join the columns.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples,) or (n_samples, n_columns)
            Strings.

        Returns
        -------
        text : ndarray of str of shape (n_samples,)
        """
        if isinstance(X, str):
            raise ValueError("X is one string; pass a list of strings.")
        if isinstance(X, (list, tuple)):
            X = np.array(X, dtype=object)
        columns = columns_of(X)
        if not columns:
            raise ValueError(
                f"text must be columns of strings, got {type(X).__name__} of shape "
                f"{getattr(X, 'shape', None)}."
            )
        checked = [_strings(column) for column in columns]
        joined = [" ".join(filter(None, row)) for row in zip(*checked, strict=True)]
        return np.array(joined, dtype=object)

    def get_feature_names_out(self, input_features=None):
        """Return "text", the name of the one column.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored.

        Returns
        -------
        names : ndarray of str of shape (1,)
        """
        return np.array(["text"], dtype=object)

    def set_output(self, *, transform=None):
        """Do nothing: vectorizers want strings, not a DataFrame."""
        return self

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.requires_fit = False
        return tags


class TextFeatures(FeatureUnion, auto_wrap_output_keys=None):
    """FeatureUnion of vectorizers, which have no set_output; it stays sparse."""

    def set_output(self, *, transform=None):
        """Do nothing: no DataFrame library has sparse frames for this."""
        return self


def _strings(column):
    values = ["" if is_missing(value) else value for value in column]
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise ValueError(
                f"text column {getattr(column, 'name', None) or ''!r} has a value "
                f"that is not a string: {value!r} ({type(value).__name__}) in row "
                f"{row}. Use tabular_encoder() for numbers and categories, or convert "
                "the column to strings."
            )
    return values


def text_encoder(n_components=100, *, max_features=50_000, random_state=0):
    """Tf-idf of words and of pieces of words, reduced by truncated SVD.

    A Pipeline of a step that joins text columns, two
    :class:`~sklearn.feature_extraction.text.TfidfVectorizer` side by side (words and
    pairs of words; three to five characters within words), and a truncated SVD.

    Parameters
    ----------
    n_components : int in [1, inf) or None, default=100
        Largest number of columns after the SVD; fewer, if there are fewer samples or
        features. None: no SVD; the output is a sparse matrix.
    max_features : int in [2, inf), default=50_000
        Largest number of tf-idf columns, half of them words and half pieces of words.
        The most frequent ones are kept.
    random_state : int, RandomState instance or None, default=0
        For the SVD.

    Returns
    -------
    encoder : sklearn.pipeline.Pipeline
        With the steps "columns", "tfidf" (parts "words" and "characters") and "svd", so
        that a grid may have ``text__svd__n_components`` or
        ``text__tfidf__words__ngram_range``.

    See Also
    --------
    ModalityTransformer : Uses encoders, one for each modality.

    Notes
    -----
    Input is one column of strings or several, which are joined. None, NaN and ""
    are empty texts, whose columns are all zero. In a ModalityTransformer, a row without
    any text is a missing block instead; "" still is an empty text.

    Examples
    --------
    >>> from skmmdro.compose import text_encoder
    >>> encoder = text_encoder(n_components=2)
    >>> encoder.fit_transform(["fits well", "too small", "fits", "", None]).shape
    (5, 2)
    >>> list(encoder.get_feature_names_out())
    ['component0', 'component1']
    """
    half = max(max_features // 2, 1)
    tfidf = TextFeatures(
        [
            (
                "words",
                TfidfVectorizer(
                    token_pattern=_WORD,
                    ngram_range=(1, 2),
                    sublinear_tf=True,
                    max_features=half,
                ),
            ),
            (
                "characters",
                TfidfVectorizer(
                    analyzer="char_wb",
                    ngram_range=(3, 5),
                    sublinear_tf=True,
                    max_features=half,
                ),
            ),
        ]
    )
    svd = "passthrough"
    if n_components is not None:
        svd = Reduction(n_components, random_state=random_state)
    return Pipeline([("columns", TextColumns()), ("tfidf", tfidf), ("svd", svd)])
