"""Distributionally robust learning on multimodal data, scikit-learn compatible."""

from ._version import __version__
from .compose import ModalityTransformer
from .linear import DROClassifier, DRORegressor

__all__ = ["DROClassifier", "DRORegressor", "ModalityTransformer", "__version__"]
