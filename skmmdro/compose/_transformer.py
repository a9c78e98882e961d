"""One transformer per modality, and blocks of equal size."""

from numbers import Integral
from typing import ClassVar

from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import HasMethods, Interval, StrOptions, check_frame, fit_context
from .._validation import unchanged_on_error
from ._blocks import as_float, divide_blocks, root_mean_square_norm
from ._composite import Composite
from ._container import package
from ._encoder_error import METHODS
from ._frames import array_type, frame_library
from ._parts import output_blocks, resolve_columns


class ModalityTransformer(Composite):
    """Transform each modality by itself and scale all of them to the same size.

    The transformed modalities stand side by side; their columns are called
    ``modality__feature``. With ``scale="rms"`` modality k is divided by

        ``scale_[k] = sqrt(mean_i ||x_i^(k)||^2)``

    over the training rows, so that its mean square Euclidean norm is one. Radii and
    budgets of an ambiguity set then mean the same in every modality, however many
    columns it has.

    Parameters
    ----------
    transformers : list of (str, transformer, columns) tuples
        One for each modality.

        - name: any string without ``"__"``, except the name of a parameter. The
          transformer and its parameters are set as ``name`` and ``name__parameter``.
        - transformer: an estimator with fit and transform, a Pipeline,
          ``"passthrough"``, or ``"drop"`` to leave the modality out. ``"auto"`` picks
          one by what the columns hold: :func:`text_encoder`, :func:`tabular_encoder`,
          and for a column of arrays :func:`image_encoder` (two or more dimensions) or
          :func:`embedding_encoder` (one). The repr of the fitted object shows it.
        - columns: as in :class:`~sklearn.compose.ColumnTransformer`: names, integers,
          a slice, a boolean mask, or a callable that takes X. One string or integer
          selects a one-dimensional column, which text vectorizers want.
    scale : {"rms"} or None, default="rms"
        How each modality is scaled. "rms": to mean square norm one over the training
        rows, without centring; missing values are left out of the mean. None: not.
    n_jobs : int or None, default=None
        Number of modalities that are transformed at the same time, and of bootstrap
        refits.
    remainder : {"drop", "passthrough"} or estimator, default="drop"
        What happens to columns that no modality has. Unless dropped they are a
        modality named "remainder".
    missing : {"auto", "keep"}, default="auto"
        What happens to a row in which all columns of a modality are missing (NaN, None
        or NaT). "keep": the modality's transformer does not see it, nor in fit, and
        all its output columns are NaN (zero, if the output is sparse), so that
        :class:`ModalityImputer` can fill it from the other modalities. "auto": the
        same, except that transformers that take missing values, such as imputers and
        :func:`tabular_encoder`, see every row.
    encoder_error : {"bootstrap", "reconstruction"}, dict or None, default=None
        How to estimate how far each transformer's output is off, one method for all
        or by modality name, None where there is no error.

        - "bootstrap": the transformer is fitted again on resampled rows, and its output
          is turned (orthogonal Procrustes) to meet that of the original. The root mean
          square of the difference, over refits and rows, is the error that comes from
          the finite training sample.
        - "reconstruction": what is lost by the last step of the transformer, which has
          to have `inverse_transform`: the root mean square of the reconstruction's
          residual, in the units of the step's output.
    n_bootstrap : int in [1, inf), default=20
        Number of refits.
    random_state : int, RandomState instance or None, default=None
        Draws the rows of the refits.

    Attributes
    ----------
    column_transformer_ : ColumnTransformer
        The fitted transformers. Its own output is not scaled.
    modality_columns_ : dict of str to slice
        Output columns of each modality, which may be passed as `modalities` to an
        estimator.
    modality_widths_ : dict of str to int
        Number of output columns of each modality.
    scale_ : dict of str to float
        What each modality is divided by; 1.0 if it is all zero or `scale` is None.
    encoder_error_ : dict of str to float
        Root mean square error of each modality's output columns, divided by `scale_`;
        only if `encoder_error` is not None. It goes with the output, so that
        ``ChiSquare(encoder_error="from_transformer")`` finds it.
    named_transformers_ : Bunch
        Fitted transformers by name.
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if X was a DataFrame with string column names.

    See Also
    --------
    make_multimodal_pipeline : A Pipeline that begins with a ModalityTransformer.
    stack_modalities : Join modalities that need no transformation.

    Notes
    -----
    A DataFrame gives a DataFrame of the same library, an array gives an array, unless
    `set_output` or the global configuration says otherwise. If a transformer returns
    sparse output and less than 0.3 of all entries is nonzero (dense blocks count as
    full), the output is a CSR matrix instead, which no DataFrame library supports.
    Arrays and matrices carry their modalities to the next step of a Pipeline.

    All columns of the output have one type, unless `scale` is None: numbers.

    `set_output` is not passed on to the transformers, so those that lack it, as text
    vectorizers do, can be used. Where a transformer has no `get_feature_names_out`,
    its features are called "0", "1", ...

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmmdro.compose import ModalityTransformer
    >>> df = pd.DataFrame({"review": ["good", "not good"], "age": [30, 40]})
    >>> encode = ModalityTransformer([
    ...     ("text", CountVectorizer(), "review"),
    ...     ("tabular", StandardScaler(), ["age"]),
    ... ])
    >>> encode.fit_transform(df).round(2)
       text__good  text__not  tabular__age
    0        0.82       0.00          -1.0
    1        0.82       0.82           1.0
    >>> encode.modality_widths_
    {'text': 2, 'tabular': 1}
    """

    _parameter_constraints: ClassVar[dict] = {
        "transformers": [list, tuple],
        "scale": [StrOptions({"rms"}), None],
        "missing": [StrOptions({"auto", "keep"})],
        "encoder_error": [StrOptions(set(METHODS)), dict, None],
        "n_bootstrap": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "remainder": [
            StrOptions({"drop", "passthrough"}),
            HasMethods(["fit", "transform"]),
            HasMethods(["fit_transform", "transform"]),
        ],
    }

    def __init__(
        self,
        transformers,
        *,
        scale="rms",
        n_jobs=None,
        remainder="drop",
        missing="auto",
        encoder_error=None,
        n_bootstrap=20,
        random_state=None,
    ):
        self.transformers = transformers
        self.scale = scale
        self.n_jobs = n_jobs
        self.remainder = remainder
        self.missing = missing
        self.encoder_error = encoder_error
        self.n_bootstrap = n_bootstrap
        self.random_state = random_state

    @unchanged_on_error
    @fit_context(prefer_skip_nested_validation=False)  # the parts check themselves
    def fit(self, X, y=None, **params):
        """Fit all transformers and the scale of their outputs.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, for transformers that use them.
        **params : dict
            Metadata for the transformers, if metadata routing is enabled.

        Returns
        -------
        self : ModalityTransformer
            The fitted transformer.

        Raises
        ------
        ValueError
            If names cannot be used, columns do not exist, a modality that is not
            dropped has no output columns or is missing in every row, its output is
            infinite or not numbers, or its encoder error cannot be had in the way that
            is asked for.
        """
        self._fit_transform(X, y, params)
        return self

    @unchanged_on_error
    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y=None, **params):
        """Fit, and transform the training data.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, for transformers that use them.
        **params : dict
            Metadata for the transformers, if metadata routing is enabled.

        Returns
        -------
        X_out : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features_out)
            The modalities side by side.
        """
        return package(self, *self._fit_transform(X, y, params))

    def _fit_transform(self, X, y, params):
        X = self._check_X(X, reset=True)
        self._input_columns = resolve_columns(self.transformers, X)
        self._chosen = self._choose(X)
        self.column_transformer_ = self._make_column_transformer(self._chosen)
        output = self.column_transformer_.fit_transform(X, y, **params)
        self.modality_columns_ = output_blocks(
            self.column_transformer_, self._input_columns
        )
        self.modality_widths_ = {
            name: block.stop - block.start
            for name, block in self.modality_columns_.items()
        }
        self._is_scaled = self.scale is not None
        self.scale_ = dict.fromkeys(self.modality_columns_, 1.0)
        if self._is_scaled:
            output = as_float(output, self.modality_columns_)
            for name, block in self.modality_columns_.items():
                self.scale_[name] = root_mean_square_norm(output, block, name)
        self._estimate_errors(X, y)
        return self._scaled(output), X

    def transform(self, X, **params):
        """Transform each modality and divide it by its scale.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data with the columns seen in fit.
        **params : dict
            Metadata for the transformers, if metadata routing is enabled.

        Returns
        -------
        X_out : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features_out)
            The modalities side by side.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        output = self.column_transformer_.transform(X, **params)
        return package(self, self._scaled(output), X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.scale is None:  # otherwise what is passed through has to be numbers
            passed = [self.remainder, *(part for _, part, _ in self._triples())]
            tags.input_tags.string |= any(
                isinstance(part, str) and part == "passthrough" for part in passed
            )
        return tags

    def _check_X(self, X, *, reset):
        check_frame(X)
        if frame_library(X):  # text and categories are for the transformers to judge
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        return validate_data(
            self,
            X,
            reset=reset,
            accept_sparse=("csr", "csc"),
            dtype=array_type(X),
            ensure_all_finite=False,
        )

    def _scaled(self, output):
        if not self._is_scaled:
            return output
        output = as_float(output, self.modality_columns_)
        return divide_blocks(output, self.modality_columns_, self.scale_)
