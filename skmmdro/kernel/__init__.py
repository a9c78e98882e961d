"""Kernel estimators: one kernel per modality."""

from ._classifier import KernelDROClassifier
from ._regressor import KernelDRORegressor

__all__ = ["KernelDROClassifier", "KernelDRORegressor"]
