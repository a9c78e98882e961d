"""Pick an encoder by what the columns of a modality hold."""

from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer

from .._validation import is_missing
from ._arrays import embedding_encoder, image_encoder
from ._columns import column_kind, columns_of
from ._tabular import tabular_encoder
from ._text import text_encoder

AUTO = "auto"


def choose_encoder(block, name):
    """Return the encoder that suits the columns of a modality.

    Parameters
    ----------
    block : DataFrame or ndarray of shape (n_samples, n_columns)
        The modality.
    name : str
        Its name, for error messages.

    Returns
    -------
    encoder : estimator
        `text_encoder` for columns of text, `tabular_encoder` for numbers, categories
        and dates, `image_encoder` or `embedding_encoder` for a column of arrays; both
        of the first two where there is text beside a table.
    """
    if issparse(block):
        raise ValueError(
            f"modality {name!r}: 'auto' picks an encoder for columns of a DataFrame or "
            "an array, not for a sparse matrix; state the transformer."
        )
    columns = columns_of(block)
    kinds = [column_kind(column) for column in columns]
    arrays = [kind for kind in kinds if kind in ("vector", "image")]
    if arrays and len(kinds) > 1:
        raise ValueError(
            f"modality {name!r} has columns of the kinds {kinds}; make each column of "
            "arrays a modality of its own."
        )
    if kinds == ["vector"]:
        return embedding_encoder(100)
    if kinds == ["image"]:
        return image_encoder(_shape_of_first(columns[0]))
    text = [j for j, kind in enumerate(kinds) if kind == "text"]
    table = [j for j, kind in enumerate(kinds) if kind != "text"]
    if not text:
        return tabular_encoder()
    if not table:
        return text_encoder()
    return ColumnTransformer(
        [("text", text_encoder(), text), ("table", tabular_encoder(), table)],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )


def _shape_of_first(cells):
    return next(_shape(cell) for cell in cells if not is_missing(cell))


def _shape(cell):
    shape = []
    while hasattr(cell, "__len__"):
        shape.append(len(cell))
        cell = cell[0]
    return tuple(shape)
