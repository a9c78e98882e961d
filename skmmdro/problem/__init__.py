"""From data, loss and ambiguity set to a solved convex problem."""

from ._build import Design, build_problem
from ._choose import solve
from ._data import column_means
from ._problem import RobustProblem

__all__ = ["Design", "RobustProblem", "build_problem", "column_means", "solve"]
