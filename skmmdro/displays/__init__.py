"""Pictures of robust models. matplotlib is imported when something is drawn."""

from ._certificate import CertificateDisplay
from ._coupling import CouplingDisplay
from ._path import RadiusPathDisplay
from ._robustness import RobustnessDisplay
from ._worst_case import WorstCaseDisplay

__all__ = [
    "CertificateDisplay",
    "CouplingDisplay",
    "RadiusPathDisplay",
    "RobustnessDisplay",
    "WorstCaseDisplay",
]
