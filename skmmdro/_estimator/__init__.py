"""The parts that estimators are made of."""

from ._classification import ClassifierPart
from ._model import DROModel, Sample
from ._regression import RegressorPart

__all__ = ["ClassifierPart", "DROModel", "RegressorPart", "Sample"]
