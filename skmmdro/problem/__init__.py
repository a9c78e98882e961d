"""From data, loss and ambiguity set to a solved convex problem."""

from ._choose import solve
from ._data import data_operator
from ._problem import RobustProblem

__all__ = ["RobustProblem", "data_operator", "solve"]
