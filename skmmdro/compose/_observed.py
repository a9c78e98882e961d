"""Keep rows in which a modality is missing from a transformer that cannot take them."""

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from .._sklearn import check_method_params, safe_indexing
from ._columns import missing_rows


class ObservedRows(BaseEstimator):
    """Fit and apply a transformer on the rows that are not missing altogether.

    The output of the other rows is NaN, or zero if the transformer's output is sparse:
    NaN would fill it. It has no `set_output`, since ModalityTransformer does that.

    Parameters
    ----------
    transformer : estimator
        Transformer of one modality.

    Attributes
    ----------
    transformer_ : estimator
        The fitted transformer.
    """

    def __init__(self, transformer):
        self.transformer = transformer

    def fit(self, X, y=None, **params):
        """Fit on the observed rows."""
        self.fit_transform(X, y, **params)
        return self

    def fit_transform(self, X, y=None, **params):
        """Fit on the observed rows and transform them."""
        missing = missing_rows(X)
        routed = process_routing(self, "fit_transform", **params)["transformer"]
        part = clone(self.transformer)
        seen, y, routed = _take(~missing, X, y, routed)
        if hasattr(part, "fit_transform"):
            output = part.fit_transform(seen, y, **routed["fit_transform"])
        else:
            part.fit(seen, y, **routed["fit"])
            output = part.transform(seen, **routed["transform"])
        output = _plain(output)
        self.transformer_ = part
        self._width, self._dtype = output.shape[1], output.dtype
        self._is_sparse = issparse(output)
        return self._spread(output, missing)

    def transform(self, X, **params):
        """Transform the observed rows."""
        missing = missing_rows(X)
        if missing.all():
            return self._spread(np.empty((0, self._width), self._dtype), missing)
        routed = process_routing(self, "transform", **params)["transformer"]
        seen, _, routed = _take(~missing, X, None, routed)
        output = self.transformer_.transform(seen, **routed["transform"])
        return self._spread(_plain(output), missing)

    def _spread(self, output, missing):
        """Return the rows of `output` where `missing` is False, filled up."""
        if not missing.any():
            return output
        shape = len(missing), self._width
        if not self._is_sparse:
            number = output.dtype.kind in "fiub"
            dtype = np.result_type(output, np.float32) if number else object
            full = np.full(shape, np.nan, dtype=dtype)
            full[~missing] = output
            return full
        if not output.shape[0]:
            return csr_array(shape, dtype=self._dtype)
        output = output.tocsr()
        # a missing row ends where the row before it ends
        ends = np.concatenate([[0], np.cumsum(~missing)])
        parts = output.data, output.indices, output.indptr[ends]
        return type(output)(parts, shape=shape)

    def get_feature_names_out(self, input_features=None):
        return self.transformer_.get_feature_names_out(input_features)

    def get_metadata_routing(self):
        mapping = MethodMapping()
        mapping.add(caller="fit", callee="fit_transform")
        for callee in ("fit", "transform", "fit_transform"):
            mapping.add(caller="fit_transform", callee=callee)
        mapping.add(caller="transform", callee="transform")
        return MetadataRouter(owner=self).add(
            transformer=self.transformer, method_mapping=mapping
        )

    def __sklearn_tags__(self):
        tags = get_tags(self.transformer)
        tags.input_tags.allow_nan = True
        return tags


def unwrap(part):
    """Return the fitted transformer that a modality has in the end."""
    return part.transformer_ if isinstance(part, ObservedRows) else part


def _take(rows, X, y, routed):
    """Return some rows of X, of y and of the metadata by method."""
    if rows.all():
        return X, y, routed
    rows = np.flatnonzero(rows)
    metadata = {
        method: check_method_params(X, params, rows)
        for method, params in routed.items()
    }
    y = None if y is None else safe_indexing(y, rows)
    return safe_indexing(X, rows), y, metadata


def _plain(output):
    """Return an array or a sparse matrix, whatever set_output says."""
    return output if issparse(output) else np.asarray(output)
