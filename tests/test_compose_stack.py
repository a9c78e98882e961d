"""stack_modalities."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skmmdro.compose import stack_modalities
from skmmdro.modalities import resolve_modalities

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def test_arrays():
    A = np.arange(6, dtype=np.float32).reshape(3, 2)
    out = stack_modalities({"a": A, "b": [1, 2, 3]})
    assert list(out.columns) == ["a__0", "a__1", "b__0"]
    assert out["a__0"].dtype == np.float32 and out["b__0"].dtype == np.int64
    assert_array_equal(out[["a__0", "a__1"]], A)
    assert resolve_modalities(None, out, out.columns).names == ("a", "b")
    A[0, 0] = 99
    assert out.loc[0, "a__0"] == 0


def test_pandas_keeps_index_names_and_types():
    index = ["x", "y"]
    table = pd.DataFrame({"age": [1, 2], "city": ["Oslo", "Rome"]}, index=index)
    score = pd.Series([0.5, 1.5], index=index, name="score")
    before = table.copy()
    out = stack_modalities({"image": np.eye(2), "tab": table, "s": score})
    assert list(out.columns) == [
        "image__0",
        "image__1",
        "tab__age",
        "tab__city",
        "s__score",
    ]
    assert list(out.index) == index
    assert out["tab__age"].dtype == np.int64
    pd.testing.assert_frame_equal(table, before)


def test_series_without_name():
    out = stack_modalities({"a": pd.Series([1, 2]), "b": pd.Series([3, 4], name=7)})
    assert list(out.columns) == ["a__0", "b__7"]


def test_polars():
    table = pl.DataFrame({"age": [1, 2], "city": ["Oslo", "Rome"]})
    out = stack_modalities({"tab": table, "s": pl.Series("score", [0.5, 1.5])})
    assert isinstance(out, pl.DataFrame)
    assert out.columns == ["tab__age", "tab__city", "s__score"]
    assert out.dtypes == [pl.Int64, pl.String, pl.Float64]
    with_array = stack_modalities({"tab": table, "image": np.eye(2)})
    assert isinstance(with_array, pl.DataFrame)
    assert with_array.columns[2:] == ["image__0", "image__1"]


def test_polars_beside_pandas_gives_pandas():
    table = pd.DataFrame({"age": [1, 2]}, index=[5, 6])
    out = stack_modalities({"p": pl.DataFrame({"u": [3, 4]}), "tab": table})
    assert isinstance(out, pd.DataFrame)
    assert list(out.index) == [5, 6]
    assert_array_equal(out.to_numpy(), [[3, 1], [4, 2]])


def test_unequal_numbers_of_rows():
    with pytest.raises(ValueError, match="'text' has 3, 'image' has 2"):
        stack_modalities({"text": np.ones(3), "image": np.ones((2, 4))})


def test_different_indices():
    a = pd.DataFrame({"u": [1, 2]}, index=[0, 1])
    b = pd.DataFrame({"v": [1, 2]}, index=[1, 0])
    with pytest.raises(ValueError, match="'a' and 'b' have different indices"):
        stack_modalities({"a": a, "b": b})


def test_sparse():
    with pytest.raises(TypeError, match=r"modality 'text' is sparse.*TruncatedSVD"):
        stack_modalities({"text": sparse.eye(3, format="csr")})


@pytest.mark.parametrize(
    "parts, error, message",
    [
        ([np.ones(3)], TypeError, "must be a dict"),
        ({}, ValueError, "parts is empty"),
        ({"a__b": np.ones(3)}, ValueError, "without '__', got 'a__b'"),
        ({"": np.ones(3)}, ValueError, "got ''"),
        ({1: np.ones(3)}, ValueError, "got 1"),
        ({"a": np.ones((2, 2, 2))}, ValueError, r"array of shape \(2, 2, 2\)"),
        ({"a": np.ones((2, 0))}, ValueError, "'a' has no columns"),
        (
            {"a": pd.DataFrame([[1, 2]], columns=["u", "u"])},
            ValueError,
            r"'a' would have the columns \['a__u'\] more than once",
        ),
    ],
)
def test_errors(parts, error, message):
    with pytest.raises(error, match=message):
        stack_modalities(parts)


def test_without_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "skmmdro\[frames\]"'):
        stack_modalities({"a": np.ones(3)})
