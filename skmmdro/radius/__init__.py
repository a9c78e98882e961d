"""How large the radii should be."""

from ._confidence import confidence_radius
from ._estimate import RadiusEstimate, estimate_radii
from ._max import radius_max
from ._path import RadiusPath, radius_path

__all__ = [
    "RadiusEstimate",
    "RadiusPath",
    "confidence_radius",
    "estimate_radii",
    "radius_max",
    "radius_path",
]
