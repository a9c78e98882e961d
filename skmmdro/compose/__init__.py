"""Put several modalities into one table, and keep track of which columns are whose."""

from ._arrays import embedding_encoder, image_encoder, series_encoder
from ._imputer import ModalityImputer
from ._pipeline import make_multimodal_pipeline
from ._stack import stack_modalities
from ._tabular import tabular_encoder
from ._text import text_encoder
from ._transformer import ModalityTransformer

__all__ = [
    "ModalityImputer",
    "ModalityTransformer",
    "embedding_encoder",
    "image_encoder",
    "make_multimodal_pipeline",
    "series_encoder",
    "stack_modalities",
    "tabular_encoder",
    "text_encoder",
]
