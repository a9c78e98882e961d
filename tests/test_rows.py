"""Codes of rows tell different rows apart."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits

from skmmdro._rows import distinct_rows, row_codes


@pytest.mark.parametrize(
    "kind", ["binary", "integers", "halves", "digits", "normal", "signs"]
)
def test_distinct_rows(kind):
    rng = np.random.default_rng(0)
    X = {
        "binary": lambda: rng.integers(0, 2, (5000, 20)),
        "integers": lambda: rng.integers(-9, 10, (5000, 4)),
        "halves": lambda: rng.integers(0, 20, (5000, 6)) / 2,
        "digits": lambda: load_digits().data / 16,
        "normal": lambda: rng.standard_normal((1000, 1)),
        "signs": lambda: rng.standard_normal(6) * rng.choice([-1, 1], (5000, 6)),
    }[kind]().astype(float)
    assert distinct_rows(X).max() + 1 == len(np.unique(X, axis=0))
    codes = row_codes(sparse.csr_array(X))
    np.testing.assert_array_equal(codes, row_codes(X))
