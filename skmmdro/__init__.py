"""Distributionally robust learning on multimodal data, scikit-learn compatible."""

from ._version import __version__

__all__ = ["__version__"]
