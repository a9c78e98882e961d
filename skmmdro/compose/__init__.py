"""Put several modalities into one table, and keep track of which columns are whose."""

from ._pipeline import make_multimodal_pipeline
from ._stack import stack_modalities
from ._transformer import ModalityTransformer

__all__ = ["ModalityTransformer", "make_multimodal_pipeline", "stack_modalities"]
