"""Hand out the output in the container that the caller expects."""

import numpy as np
from scipy.sparse import issparse

from .._sklearn import output_library
from ..modalities import tag_frame, tag_modalities
from ._frames import frame_library, make_frame


def package(transformer, output, X):
    """Return `output` as a DataFrame, or as an array or matrix with its modalities.

    Parameters
    ----------
    transformer : estimator
        Fitted: it has `modality_columns_` and possibly `encoder_error_`.
    output : ndarray or CSR matrix of shape (n_samples, n_features_out)
        What the transformer computed.
    X : DataFrame, ndarray or sparse matrix of n_samples rows
        What it was given.

    Returns
    -------
    X_out : DataFrame, ndarray or CSR matrix of shape (n_samples, n_features_out)
        It carries the encoder error, if there is one.
    """
    library = output_library(transformer)
    error = getattr(transformer, "encoder_error_", None)
    if library == "default":
        library = None if issparse(output) else frame_library(X)
    elif issparse(output):
        raise ValueError(
            f"{library.capitalize()} output does not support sparse data. Make "
            "the transformers return dense arrays, or call "
            "set_output(transform='default')."
        )
    if library:
        names = transformer.get_feature_names_out()
        frame = make_frame(output, names, like=X, library=library)
        return frame if error is None else tag_frame(frame, error)
    every_column = np.arange(output.shape[1])
    blocks = transformer.modality_columns_.items()
    columns = {name: every_column[block] for name, block in blocks}
    return tag_modalities(output, columns, error)
