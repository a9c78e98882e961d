"""What scikit-learn asks of an estimator that is made of named parts."""

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from ._parts import combine_tags, has_tags

# Share of nonzeros below which one sparse block makes the whole output CSR. CSR needs
# 12 bytes for a nonzero where a dense array needs 8 for any entry, so it saves memory
# below 2/3; products are slower per nonzero, which moves the point where it pays to
# about 0.3, also the value that scikit-learn's ColumnTransformer has.
SPARSE_THRESHOLD = 0.3


class Composite(TransformerMixin, BaseEstimator):
    """Parameters, tags, metadata routing and display of the parts.

    A subclass has the parameters `transformers`, `remainder` and `n_jobs`, and sets
    `column_transformer_` in fit. The ColumnTransformer is held, not subclassed: its
    hooks are private and change between versions.
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        parts = [part for _, part, _ in self._triples()] + [self.remainder]
        combine_tags(tags, [part for part in parts if has_tags(part)])
        return tags

    def _sk_visual_block_(self):
        held = getattr(self, "column_transformer_", None)
        if held is None:
            if not self._triples():  # scikit-learn then draws one plain block
                raise ValueError("transformers is empty or malformed.")
            held = self._make_column_transformer()
        return held._sk_visual_block_()

    def _make_column_transformer(self):
        held = ColumnTransformer(
            self.transformers,
            remainder=self.remainder,
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
