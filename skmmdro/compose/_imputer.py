"""Fill modalities that are missing in some rows from those that are not."""

import warnings
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import (
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    output_library,
)
from .._validation import unchanged_on_error
from ..modalities import (
    SEPARATOR,
    read_encoder_error,
    resolve_modalities,
    tag_frame,
    tag_modalities,
)
from ._conditional import BlockRegressions
from ._frames import frame_library, make_frame


class ModalityImputer(TransformerMixin, BaseEstimator):
    """Fill modalities that are missing in some rows.

    A modality is missing in a row if all its columns are NaN there. With
    ``strategy="conditional"`` a missing block is predicted from the blocks that are
    observed in the row, by ridge regression: for each pattern of observed blocks O and
    each missing block k ::

        min_{A, b}  sum_i ||x_i^(k) - A' x_i^(O) - b||_2^2 + lambda ||A||_F^2

    over the training rows in which k and O are observed, all columns standardised, and
    lambda chosen by efficient leave-one-out cross-validation.

    Parameters
    ----------
    strategy : {"conditional", "mean", "zero"}, default="conditional"
        What fills a missing block: the prediction above, the mean over the training
        rows, or zeros.
    modalities : dict, list of int or None, default=None
        Which columns form which modality, as in :class:`~skmmdro.DROClassifier`. None:
        read from column names ``modality__feature``, or from what
        :class:`ModalityTransformer` leaves on arrays; without either, all columns are
        one modality.
    add_indicator : bool, default=False
        Whether to add a column ``modality__missing``, 1 where the modality is missing
        and 0 elsewhere, for each modality that is missing in some training row. They
        come last, and belong to their modality.
    max_rows : int in [2, inf), default=10_000
        Largest number of training rows that are kept for the regressions, evenly
        spaced.

    Attributes
    ----------
    missing_rate_ : dict of str to float
        Share of training rows in which each modality is missing.
    modalities_ : dict of str to ndarray of int
        Input columns of each modality.
    mean_ : ndarray of shape (n_features,)
        Mean of the observed values of each column.
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if X was a DataFrame with string column names.

    See Also
    --------
    ModalityTransformer : With ``missing="keep"`` it leaves missing modalities NaN.

    Notes
    -----
    Single NaN in a block that is not missing altogether are replaced by the column's
    mean. To do better, impute them in the modality's own transformer.

    If fewer than ten training rows have k and all of O observed, observed blocks are
    left out of the regression, one after the other, until there are ten; without any,
    the mean is used. Regressions for patterns that do not occur in training are made
    when such a row is met. A row without any observed modality gets the means, and a
    warning says how many rows there are.

    The imputer works in front of the encoders, if all columns are numbers, and after
    them. After is usually better: there are fewer columns and blocks of equal size.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.compose import ModalityImputer
    >>> rng = np.random.default_rng(0)
    >>> text = rng.normal(size=(200, 2))
    >>> X = np.hstack([text, text @ rng.normal(size=(2, 3))])
    >>> broken = X.copy()
    >>> broken[:50, 2:] = np.nan
    >>> imputer = ModalityImputer(modalities={"text": [0, 1], "image": [2, 3, 4]})
    >>> filled = imputer.fit_transform(broken)
    >>> imputer.missing_rate_
    {'text': 0.0, 'image': 0.25}
    >>> bool(np.abs(filled - X).max() < 0.01)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "strategy": [StrOptions({"conditional", "mean", "zero"})],
        "modalities": [dict, "array-like", None],
        "add_indicator": ["boolean"],
        "max_rows": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        strategy="conditional",
        *,
        modalities=None,
        add_indicator=False,
        max_rows=10_000,
    ):
        self.strategy = strategy
        self.modalities = modalities
        self.add_indicator = add_indicator
        self.max_rows = max_rows

    @unchanged_on_error
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn means, and regressions for the patterns that occur.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Numbers; NaN or None where missing.
        y : None
            Ignored.

        Returns
        -------
        self : ModalityImputer
            The fitted imputer.

        Raises
        ------
        ValueError
            If a modality is missing in every row, or columns do not fit `modalities`.
        """
        data = self._check(X, reset=True)
        source = X if hasattr(X, "shape") else data
        names = getattr(self, "feature_names_in_", None)
        modalities = resolve_modalities(self.modalities, source, names)
        self.modalities_ = modalities.as_dict()
        missing = self._missing_blocks(data)
        self._check_observed(missing)
        self.missing_rate_ = {n: float(missing[:, k].mean()) for k, n in self._numbered}
        self._indicated = np.flatnonzero(missing.any(axis=0))
        self.mean_ = _column_means(data)
        if self.strategy == "conditional":
            step = -(-len(data) // self.max_rows)
            self._regressions = BlockRegressions(
                self._filled(data, missing)[::step],
                missing[::step],
                list(self.modalities_.values()),
            )
            for pattern in np.unique(missing[missing.any(axis=1)], axis=0):
                self._regressions.prepare(pattern)
        return self

    def transform(self, X):
        """Fill what is missing.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Data with the columns seen in fit.

        Returns
        -------
        X_out : {ndarray, DataFrame} of shape (n_samples, n_features_out)
            In the container of X, with its modalities.
        """
        check_is_fitted(self)
        data = self._check(X, reset=False)
        missing = self._missing_blocks(data)
        lost = np.count_nonzero(missing.all(axis=1))
        if lost:
            warnings.warn(
                f"{lost} of {len(data)} rows have no modality observed; they are "
                f"filled with {'zeros' if self.strategy == 'zero' else 'the means'}.",
                UserWarning,
                stacklevel=2,
            )
        filled = self._filled(data, missing)
        if self.strategy == "conditional":
            self._regressions.fill(filled, missing)
        if self.add_indicator:
            flags = missing[:, self._indicated].astype(filled.dtype)
            filled = np.hstack([filled, flags])
        return self._package(filled, X)

    def get_feature_names_out(self, input_features=None):
        """Get the names of the columns, and of the indicators after them.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,) or None, default=None
            Names of the input columns; None: those seen in fit, or "x0", "x1", ...

        Returns
        -------
        names : ndarray of str of shape (n_features_out,)
            The names.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        if not self.add_indicator:
            return names
        modalities = list(self.modalities_)
        flags = [f"{modalities[k]}{SEPARATOR}missing" for k in self._indicated]
        return np.concatenate([names, np.array(flags, dtype=object)])

    @property
    def _numbered(self):
        return list(enumerate(self.modalities_))

    def _check(self, X, *, reset):
        return validate_data(
            self,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
        )

    def _missing_blocks(self, data):
        """Return which modalities are missing in which rows, (n_samples, n_blocks)."""
        absent = np.isnan(data)
        blocks = self.modalities_.values()
        return np.column_stack([absent[:, columns].all(axis=1) for columns in blocks])

    def _check_observed(self, missing):
        empty = [name for k, name in self._numbered if missing[:, k].all()]
        if empty:
            raise ValueError(
                f"modalities {empty} are missing in every row, so there is nothing to "
                "learn about them; leave them out."
            )

    def _filled(self, data, missing):
        """Return a copy with means, or zeros for missing blocks with that strategy."""
        filled = np.where(np.isnan(data), self.mean_, data).astype(data.dtype)
        if self.strategy == "zero":
            for k, name in self._numbered:
                filled[np.ix_(missing[:, k], self.modalities_[name])] = 0
        return filled

    def _package(self, filled, X):
        error = read_encoder_error(X)
        library = output_library(self)
        library = frame_library(X) if library == "default" else library
        if library:
            names = self.get_feature_names_out()
            frame = make_frame(filled, names, like=X, library=library)
            return frame if error is None else tag_frame(frame, error)
        columns = dict(self.modalities_)
        if self.add_indicator:
            names = list(columns)
            for j, k in enumerate(self._indicated, start=self.n_features_in_):
                columns[names[k]] = np.append(columns[names[k]], j)
        return tag_modalities(filled, columns, error)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _column_means(data):
    """Return the mean of the observed values; 0 for a column that has none."""
    counts = np.sum(~np.isnan(data), axis=0)
    return np.nansum(data, axis=0, dtype=np.float64) / np.maximum(counts, 1)
