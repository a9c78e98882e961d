"""Distributionally robust learning on multimodal data, scikit-learn compatible."""

from ._version import __version__
from .compose import ModalityTransformer
from .kernel import KernelDROClassifier, KernelDRORegressor
from .linear import DROClassifier, DRORegressor

__all__ = [
    "DROClassifier",
    "DRORegressor",
    "KernelDROClassifier",
    "KernelDRORegressor",
    "ModalityTransformer",
    "__version__",
]
