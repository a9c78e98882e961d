"""Bundled real data sets and generators of multimodal data."""

from ._generate import make_multimodal_classification, make_multimodal_regression
from ._load import load_handwritten_views, load_heart_hospitals
from ._load_text import load_clothing_reviews, load_news_popularity

__all__ = [
    "load_clothing_reviews",
    "load_handwritten_views",
    "load_heart_hospitals",
    "load_news_popularity",
    "make_multimodal_classification",
    "make_multimodal_regression",
]
