"""What scikit-learn asks of an estimator that is made of named parts."""

from copy import copy

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import check_is_fitted

from .._sklearn import safe_indexing
from ..modalities import REMAINDER
from ._auto import AUTO, choose_encoder
from ._encoder_error import encoder_errors
from ._observed import ObservedRows, unwrap
from ._parts import combine_tags, has_tags, numbered_names, takes_missing

# Share of nonzeros below which one sparse block makes the whole output CSR. CSR needs
# 12 bytes for a nonzero where a dense array needs 8 for any entry, so it saves memory
# below 2/3; products are slower per nonzero, which moves the point where it pays to
# about 0.3, also the value that scikit-learn's ColumnTransformer has.
SPARSE_THRESHOLD = 0.3


class Composite(TransformerMixin, BaseEstimator):
    """Parameters, tags, metadata routing and display of the parts.

    A subclass has the parameters of ModalityTransformer, and sets in fit
    `column_transformer_` and `_chosen`, the encoders that stand for "auto". The
    ColumnTransformer is held, not subclassed: its hooks are private and change between
    versions.
    """

    def get_params(self, deep=True):
        """Get the parameters of this estimator and of its transformers.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the transformers, by name, and their parameters, as
            ``name__parameter``.

        Returns
        -------
        params : dict
            Parameter names mapped to their values.
        """
        params = super().get_params(deep=deep)
        for name, part, _ in self._triples() if deep else []:
            params[name] = part
            if hasattr(part, "get_params") and not isinstance(part, type):
                nested = part.get_params(deep=True)
                params.update({f"{name}__{key}": nested[key] for key in nested})
        return params

    def set_params(self, **params):
        """Set parameters of this estimator and of its transformers.

        Parameters
        ----------
        **params : dict
            The names that `get_params` lists; the name of a transformer replaces it.

        Returns
        -------
        self : estimator
            This estimator.
        """
        # from the outside in: the list, then its entries, then their parameters
        if "transformers" in params:
            self.transformers = params.pop("transformers")
        triples = self._triples()
        replaced = {name: params.pop(name) for name, _, _ in triples if name in params}
        if replaced:
            self.transformers = [
                (name, replaced.get(name, part), columns)
                for name, part, columns in triples
            ]
        return super().set_params(**params)

    def get_metadata_routing(self):
        """Say which metadata the transformers request.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
            Routes to the ColumnTransformer, which routes to the transformers.
        """
        mapping = MethodMapping()
        mapping.add(caller="fit", callee="fit_transform")
        mapping.add(caller="fit_transform", callee="fit_transform")
        mapping.add(caller="transform", callee="transform")
        return MetadataRouter(owner=self).add(
            column_transformer=self._make_column_transformer(), method_mapping=mapping
        )

    def get_feature_names_out(self, input_features=None):
        """Names of the output columns, ``modality__feature``.

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
        try:
            return self.column_transformer_.get_feature_names_out(input_features)
        except AttributeError:  # a part, such as FunctionTransformer, has no names
            if input_features is None:
                unnamed = [f"x{j}" for j in range(self.n_features_in_)]
                input_features = getattr(self, "feature_names_in_", unnamed)
            return numbered_names(
                self.named_transformers_,
                self.modality_widths_,
                self._input_columns,
                input_features,
            )

    @property
    def named_transformers_(self):
        """Fitted transformers by name."""
        fitted = self.column_transformer_.named_transformers_
        return Bunch(**{name: unwrap(part) for name, part in fitted.items()})

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        parts = [part for _, part, _ in self._triples()] + [self.remainder]
        combine_tags(tags, [part for part in parts if has_tags(part)])
        if any(isinstance(part, str) and part == AUTO for part in parts):
            tags.input_tags.sparse, tags.input_tags.string = False, True
        return tags

    def _sk_visual_block_(self):
        if not self._triples():  # scikit-learn then draws one plain block
            raise ValueError("transformers is empty or malformed.")
        chosen = getattr(self, "_chosen", {})
        shown = copy(getattr(self, "column_transformer_", ColumnTransformer([])))
        shown.transformers = self._with_encoders(chosen)
        shown.remainder = self.remainder
        return shown._sk_visual_block_()

    def __repr__(self, N_CHAR_MAX=700):
        chosen = getattr(self, "_chosen", None)
        if not chosen:
            return super().__repr__(N_CHAR_MAX=N_CHAR_MAX)
        shown = copy(self)
        shown.transformers, shown._chosen = self._with_encoders(chosen), None
        return repr(shown)

    def _with_encoders(self, chosen):
        """The triples, with the chosen encoders in the place of "auto"."""
        return [
            (name, *chosen[name]) if name in chosen else (name, part, columns)
            for name, part, columns in self._triples()
        ]

    def _observing(self, part):
        """Return `part` such that it copes with rows in which the modality is missing.

        Those are kept from it unless it takes them.
        """
        if not has_tags(part) or (self.missing == "auto" and takes_missing(part)):
            return part
        return ObservedRows(part)

    def _choose(self, X):
        """Return (encoder, columns) for each modality whose transformer is "auto"."""
        chosen = {}
        for name, part, _ in self._triples():
            if isinstance(part, str) and part == AUTO:
                columns = self._input_columns[name].tolist()
                block = safe_indexing(X, columns, axis=1)
                chosen[name] = choose_encoder(block, name), columns
        return chosen

    def _make_column_transformer(self, chosen=None):
        triples = self._with_encoders(chosen or {})
        held = ColumnTransformer(
            [(name, self._observing(part), columns) for name, part, columns in triples],
            remainder=self._observing(self.remainder),
            sparse_threshold=SPARSE_THRESHOLD,
            n_jobs=self.n_jobs,
        )
        # ColumnTransformer.set_output would ask every part to follow, and text
        # vectorizers cannot; the method it overrides sets the one object.
        return TransformerMixin.set_output(held, transform="default")

    def _triples(self):
        """The (name, transformer, columns) triples; none if any is malformed.

        `fit` reports what is malformed. Until then parameters, tags and the display
        have to work.
        """
        try:
            triples = [(name, part, cols) for name, part, cols in self.transformers]
        except (TypeError, ValueError):
            return []
        return triples if all(isinstance(name, str) for name, *_ in triples) else []

    def _estimate_errors(self, X, y):
        vars(self).pop("encoder_error_", None)
        if self.encoder_error is None:
            return
        errors = encoder_errors(
            self.encoder_error,
            self._encoders(X),
            y,
            n_bootstrap=self.n_bootstrap,
            random_state=check_random_state(self.random_state),
            n_jobs=self.n_jobs,
        )
        self.encoder_error_ = {n: errors[n] / self.scale_[n] for n in errors}

    def _encoders(self, X):
        """Return (transformer, fitted one, its columns of X) by output modality."""
        held = self.column_transformer_
        keys = {name: key for name, _, key in held.transformers_}
        parts = {name: part for name, part, _ in self._with_encoders(self._chosen)}
        parts[REMAINDER] = self.remainder
        fitted = self.named_transformers_
        return {
            name: (parts[name], fitted[name], safe_indexing(X, keys[name], axis=1))
            for name in self.modality_columns_
        }
