"""How models do when each modality shifts."""

from ._compare import RobustnessComparison, compare_robustness
from ._robustness import Robustness, modality_robustness
from ._scorer import make_robust_scorer

__all__ = [
    "Robustness",
    "RobustnessComparison",
    "compare_robustness",
    "make_robust_scorer",
    "modality_robustness",
]
