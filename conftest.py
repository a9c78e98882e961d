"""Settings that must be in place before numpy and scikit-learn are imported."""

import os

import pytest

# without it scikit-learn skips check_array_api_input
os.environ.setdefault("SCIPY_ARRAY_API", "1")
# the problems of the tests are small, and test processes share the cores
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

collect_ignore = ["docs/conf.py"]  # sphinx runs it


def pytest_collection_modifyitems(items):
    """Skip what scikit-learn itself cannot do in an old version with a new polars."""
    try:
        import polars as pl
    except ImportError:
        return
    from skmmdro._sklearn import READS_POLARS

    if READS_POLARS or hasattr(pl.DataFrame, "__dataframe__"):
        return
    reason = "scikit-learn < 1.9 cannot read DataFrames of polars >= 2"
    for item in items:
        if "polars" in item.nodeid:
            item.add_marker(pytest.mark.skip(reason=reason))
