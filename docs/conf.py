"""Sphinx configuration: ``sphinx-build -W -b html docs docs/_build``."""

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

import skmmdro

project = "skmmdro"
author = "The skmmdro developers"
copyright = author
version = release = skmmdro.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "numpydoc",
]
extlinks = {"doi": ("https://doi.org/%s", "doi:%s")}
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
default_role = "code"
add_module_names = False

autosummary_generate = True
autosummary_ignore_module_all = False  # list what a package exports, and only that
autosummary_context = {"top_level": skmmdro.__all__}  # documented there only
# methods are documented on the page of their class, by the template
numpydoc_show_class_members = False
# made by scikit-learn for every estimator; their text refers to its own manual
autodoc_default_options = {
    "exclude-members": "set_fit_request, set_score_request, set_transform_request"
}

html_theme = "alabaster"
html_theme_options = {
    "description": "Distributionally robust learning on multimodal data",
    "fixed_sidebar": True,
    "page_width": "1040px",
    "sidebar_width": "240px",
}
html_copy_source = False
