"""Linear estimators."""

from ._classifier import DROClassifier
from ._regressor import DRORegressor

__all__ = ["DROClassifier", "DRORegressor"]
