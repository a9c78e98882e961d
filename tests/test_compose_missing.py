"""Rows in which a modality is missing, in ModalityTransformer."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skmmdro.compose import ModalityTransformer, image_encoder, text_encoder
from skmmdro.compose._parts import takes_missing

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def numbers(n=40):
    X = np.random.default_rng(0).normal(size=(n, 5))
    X[:7, :3] = np.nan
    X[5:9, 3:] = np.nan
    return X


def encoder(part, **params):
    return ModalityTransformer([("a", part, slice(0, 3)), *PASSED], **params)


PASSED = [("b", "passthrough", slice(3, 5))]


@pytest.mark.parametrize(
    ("part", "takes"),
    [
        (PCA(), False),
        (TfidfVectorizer(), False),
        (make_pipeline(StandardScaler(), PCA()), False),
        (make_pipeline(StandardScaler(), SimpleImputer(), PCA()), True),
        (make_pipeline(OneHotEncoder(), PCA()), True),
        (StandardScaler(), True),
        (make_union(StandardScaler(), PCA()), False),
        (make_union(StandardScaler(), SimpleImputer()), True),
        (text_encoder(), False),
        (image_encoder((2, 2)), False),
        ("passthrough", True),
    ],
)
def test_who_takes_missing_values(part, takes):
    assert takes_missing(part) is takes


def test_missing_rows_are_kept_from_those_that_cannot_take_them():
    X = numbers()
    out = encoder(PCA(2, random_state=0), scale=None).fit_transform(X)
    expected = PCA(2, random_state=0).fit_transform(X[7:, :3])
    assert_array_equal(np.isnan(out[:, 0]), np.arange(40) < 7)
    assert_allclose(np.abs(out[7:, :2]), np.abs(expected))


def test_imputers_see_every_row_unless_they_must_not():
    X = numbers()
    part = make_pipeline(SimpleImputer(), StandardScaler())
    seen = encoder(part, scale=None).fit_transform(X)
    assert_allclose(seen[:, :3], part.fit_transform(X[:, :3]))
    kept = encoder(part, scale=None, missing="keep").fit_transform(X)
    assert_array_equal(np.isnan(kept[:, 0]), np.arange(40) < 7)
    assert_allclose(kept[7:, :3], part.fit_transform(X[7:, :3]))


@pytest.mark.parametrize("part", [PCA(2), StandardScaler()])
def test_all_or_one_row_missing_at_transform(part):
    X = numbers()
    encode = encoder(part).fit(X)
    width = encode.modality_widths_["a"]
    for rows in (slice(0, 5), slice(0, 1)):
        out = encode.transform(X[rows])
        assert np.isnan(out[:, :width]).all() and np.isfinite(out[:, width:]).all()


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("key", ["review", ["review", "title"]])
def test_missing_text(library, key):
    frame = pd.DataFrame(
        {
            "review": ["good fit", None, "", "bad fit", None],
            "title": ["fine", None, "so so", None, "good"],
        }
    )
    data = frame if library == "pandas" else pl.from_pandas(frame)
    encode = ModalityTransformer([("text", text_encoder(3), key)])
    out = encode.fit_transform(data).to_numpy()
    lost = [1, 4] if key == "review" else [1]
    assert np.isnan(out[lost]).all()
    assert np.isfinite(np.delete(out, lost, axis=0)).all()
    if key == "review":
        assert not out[2].any()  # empty is not missing


def test_missing_rows_of_sparse_output_are_zero():
    frame = pd.DataFrame({"review": [None, "good fit", None, "bad fit", None]})
    encode = ModalityTransformer([("text", CountVectorizer(), "review")], scale=None)
    out = encode.fit_transform(frame)
    out = out.toarray() if sparse.issparse(out) else out.to_numpy()
    assert_array_equal(out[[0, 2, 4]], np.zeros((3, 3)))
    assert_array_equal(out[[1, 3]], [[0, 1, 1], [1, 1, 0]])
    everything = encode.transform(pd.DataFrame({"review": [None, None]}))
    everything = everything.toarray() if sparse.issparse(everything) else everything
    assert not np.asarray(everything).any()


def test_missing_images():
    cells = list(np.random.default_rng(0).random((10, 4, 4)))
    cells[3] = None
    encode = ModalityTransformer([("image", image_encoder((4, 4), 3), "image")])
    out = encode.fit_transform(pd.DataFrame({"image": cells})).to_numpy()
    assert_array_equal(np.isnan(out).all(axis=1), np.arange(10) == 3)
    assert np.isnan(out).sum() == 3


@pytest.mark.parametrize("value", [np.nan, None])
def test_modality_that_is_missing_in_every_row(value):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [value, value]})
    encode = ModalityTransformer(
        [("x", StandardScaler(), ["a"]), ("y", StandardScaler(), ["b"])]
    )
    with pytest.raises(ValueError, match=r"modality 'y' is missing .* in every row"):
        encode.fit(frame)
    assert not hasattr(encode, "scale_")
    encode.set_params(y="drop").fit(frame)


class Centre(TransformerMixin, BaseEstimator):
    """Takes metadata and targets, but no missing values."""

    def fit(self, X, y=None, sample_weight=None):
        assert len(X) == len(y) == len(sample_weight)
        self.mean_ = np.average(X, axis=0, weights=sample_weight)
        return self

    def transform(self, X):
        return X - self.mean_


def test_metadata_follow_the_rows():
    X, y, weights = numbers(), np.arange(40), np.arange(40.0)
    with sklearn.config_context(enable_metadata_routing=True):
        part = Centre().set_fit_request(sample_weight=True)
        encode = encoder(part).fit(X, y, sample_weight=weights)
    mean = encode.named_transformers_["a"].mean_
    assert_allclose(mean, np.average(X[7:, :3], axis=0, weights=weights[7:]))


def test_names_and_html_are_those_of_the_part():
    encode = encoder(PCA(2)).fit(numbers())
    assert isinstance(encode.named_transformers_["a"], PCA)
    assert list(encode.get_feature_names_out()[:2]) == ["a__pca0", "a__pca1"]
    assert "ObservedRows" not in encode._repr_html_()
