"""Solvers: functions ``solver(problem, start, options) -> Solution``, by name."""

from importlib import import_module
from pkgutil import iter_modules

from ._base import REGISTRY, Options, Solution

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")

from .interior import solve_interior  # noqa: E402
from .kinks import solve_with_kinks  # noqa: E402

__all__ = ["REGISTRY", "Options", "Solution", "solve_interior", "solve_with_kinks"]
