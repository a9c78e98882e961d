"""Bundled real data sets and generators of multimodal data."""

from ._generate import make_multimodal_classification, make_multimodal_regression
from ._load import load_handwritten_views, load_heart_hospitals

__all__ = [
    "load_handwritten_views",
    "load_heart_hospitals",
    "make_multimodal_classification",
    "make_multimodal_regression",
]
