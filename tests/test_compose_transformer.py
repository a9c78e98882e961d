"""ModalityTransformer: containers, scaling, names, parameters, errors."""

import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils import estimator_html_repr

from skmmdro.compose import ModalityTransformer
from skmmdro.modalities import read_tag, resolve_modalities

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

WORDS = [f"word{k}" for k in range(40)]


def reviews(n=30, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "review": [" ".join(rng.choice(WORDS, size=4)) for _ in range(n)],
        "age": rng.normal(40, 10, size=n),
        "rating": rng.integers(1, 6, size=n).astype(float),
        "city": rng.choice(["Oslo", "Rome"], size=n).tolist(),
    }


def frame(library="pandas", n=30, seed=0):
    data = reviews(n, seed)
    if library == "polars":
        return pl.DataFrame(data)
    return pd.DataFrame(data, index=[f"row{k}" for k in range(n)])


def text_part():
    return make_pipeline(TfidfVectorizer(), TruncatedSVD(3, random_state=0))


def encoder(**params):
    return ModalityTransformer(
        [("text", text_part(), "review"), ("tab", StandardScaler(), ["age", "rating"])],
        **params,
    )


def mean_square_norm(X):
    return np.mean(np.sum(np.square(X), axis=1))


# Containers ---------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frame_in_frame_out(library):
    df = frame(library)
    encode = encoder()
    out = encode.fit_transform(df)
    assert type(out) is type(df)
    assert list(out.columns) == list(encode.get_feature_names_out())
    assert out.columns[0] == "text__truncatedsvd0"
    assert list(out.columns[3:]) == ["tab__age", "tab__rating"]
    assert_allclose(encode.transform(df).to_numpy(), out.to_numpy(), atol=1e-8)
    if library == "pandas":
        assert out.index.equals(df.index)
        assert encode.transform(df[5:8]).index.equals(df.index[5:8])


def test_pandas_and_polars_give_the_same_numbers():
    assert_allclose(
        encoder().fit_transform(frame("pandas")).to_numpy(),
        encoder().fit_transform(frame("polars")).to_numpy(),
        rtol=1e-7,
    )


def test_array_in_tagged_array_out():
    X = np.random.default_rng(0).normal(size=(20, 5))
    encode = ModalityTransformer(
        [("a", "passthrough", slice(0, 2)), ("b", StandardScaler(), [2, 3, 4])]
    )
    for out in (encode.fit_transform(X), encode.transform(X)):
        assert isinstance(out, np.ndarray)
        modalities = resolve_modalities(None, out)
        assert modalities.names == ("a", "b")
        assert_array_equal(modalities.columns[1], [2, 3, 4])


def test_list_of_mixed_values():
    X = [["good", 1.0], ["bad", 3.0], ["good", 5.0]]
    encode = ModalityTransformer(
        [("text", OneHotEncoder(sparse_output=False), [0]), ("n", "passthrough", [1])]
    )
    out = encode.fit_transform(X)
    assert out.dtype == np.float64
    assert_allclose(out[:, 2], np.array([1, 3, 5]) / encode.scale_["n"])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_sparse_text_stays_sparse(library):
    df = frame(library)
    encode = ModalityTransformer(
        [("text", CountVectorizer(), "review"), ("tab", StandardScaler(), ["age"])]
    )
    out = encode.fit_transform(df)
    assert sparse.issparse(out) and out.format == "csr"
    assert list(read_tag(out)) == ["text", "tab"]
    text = out[:, encode.modality_columns_["text"]]
    assert text.nnz == CountVectorizer().fit_transform(df["review"]).nnz
    assert_allclose(mean_square_norm(text.toarray()), 1)
    assert_allclose(encode.transform(df).toarray(), out.toarray())


def test_full_sparse_blocks_become_a_frame():
    df = frame()
    encode = ModalityTransformer(
        [("city", OneHotEncoder(), ["city"]), ("tab", "passthrough", ["age"])]
    )
    assert list(encode.fit_transform(df).columns) == [
        "city__city_Oslo",
        "city__city_Rome",
        "tab__age",
    ]


def test_sparse_input_is_left_alone():
    X = sparse.random(20, 6, density=0.2, format="csr", random_state=0)
    before = X.copy()
    for columns in ([0, 1, 2, 3, 4, 5], slice(0, 6)):
        encode = ModalityTransformer([("a", "passthrough", columns)])
        out = encode.fit_transform(X)
        assert_allclose(mean_square_norm(out.toarray()), 1)
        assert_array_equal(X.toarray(), before.toarray())
        assert read_tag(X) is None


def test_dense_input_is_left_alone():
    X = np.random.default_rng(0).normal(size=(10, 2))
    X.flags.writeable = False
    encode = ModalityTransformer([("a", "passthrough", slice(0, 2))])
    assert not np.shares_memory(encode.fit_transform(X), X)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("way", ["local", "global"])
def test_set_output_with_text_vectorizers(library, way):
    df = frame()
    encode = encoder()
    if way == "local":
        out = encode.set_output(transform=library).fit_transform(df)
    else:
        with sklearn.config_context(transform_output=library):
            out = encode.fit_transform(df)
    assert type(out).__module__.startswith(library)
    assert list(out.columns) == list(encode.get_feature_names_out())
    assert_allclose(out.to_numpy(), encoder().fit_transform(df).to_numpy(), rtol=1e-6)


def test_set_output_does_not_support_sparse_output():
    encode = ModalityTransformer([("text", CountVectorizer(), "review")])
    encode.set_output(transform="pandas")
    with pytest.raises(ValueError, match="Pandas output does not support sparse data"):
        encode.fit_transform(frame())
    assert not hasattr(encode, "column_transformer_")


def test_unscaled_frame_keeps_text_and_numbers_apart_in_pandas_and_polars():
    encode = ModalityTransformer(
        [("a", "passthrough", ["city", "age"])], remainder="passthrough", scale=None
    )
    out = encode.fit_transform(frame()[["city", "age", "rating"]])
    assert list(out.columns) == ["a__city", "a__age", "remainder__rating"]
    assert out["a__age"].dtype == np.float64
    assert encode.fit_transform(frame("polars"))["a__age"].dtype == pl.Float64


def test_transform_after_fit_on_the_other_container():
    X = np.random.default_rng(0).normal(size=(12, 2))
    encode = ModalityTransformer([("a", StandardScaler(), [0, 1])]).fit(X)
    with pytest.warns(UserWarning, match="fitted without feature names"):
        out = encode.transform(pd.DataFrame(X, columns=["u", "v"]))
    assert list(out.columns) == ["a__x0", "a__x1"]


# Scaling ------------------------------------------------------------------------------


def test_blocks_have_mean_square_norm_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 12)) * 10.0 ** rng.integers(-3, 4, size=12)
    encode = ModalityTransformer(
        [("a", "passthrough", [0, 1]), ("b", "passthrough", slice(2, 12))]
    )
    out = encode.fit_transform(X)
    for name, block in encode.modality_columns_.items():
        assert_allclose(mean_square_norm(out[:, block]), 1)
        expected = np.sqrt(mean_square_norm(X[:, block]))
        assert_allclose(encode.scale_[name], expected)


def test_scale_is_that_of_the_training_rows_and_not_of_repetition():
    X = np.random.default_rng(0).normal(size=(20, 3))
    encode = ModalityTransformer([("a", "passthrough", [0, 1, 2])]).fit(X)
    assert_allclose(encode.transform(5 * X[:3]), 5 * X[:3] / encode.scale_["a"])
    again = clone(encode).fit(np.repeat(X, 3, axis=0))
    assert_allclose(again.scale_["a"], encode.scale_["a"])


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_scale_of_very_small_and_large_values(factor):
    X = np.random.default_rng(0).normal(size=(20, 3))
    encode = ModalityTransformer([("a", "passthrough", [0, 1, 2])])
    assert_allclose(encode.fit_transform(X * factor), encode.fit_transform(X))


@pytest.mark.parametrize("container", [np.array, sparse.csr_matrix])
def test_all_zero_block_keeps_scale_one(container):
    X = container(np.array([[0.0, 0.0, 3.0], [0.0, 0.0, 4.0]]))
    encode = ModalityTransformer(
        [("zero", "passthrough", [0, 1]), ("b", "passthrough", [2])]
    )
    encode.fit(X)
    assert encode.scale_ == {"zero": 1.0, "b": pytest.approx(np.sqrt(12.5))}


def test_no_scaling():
    X = np.random.default_rng(0).normal(size=(10, 2))
    encode = ModalityTransformer([("a", "passthrough", [0, 1])], scale=None)
    assert_array_equal(encode.fit_transform(X), X)
    assert encode.scale_ == {"a": 1.0}
    encode.fit(X).set_params(scale="rms")  # takes effect at the next fit
    assert_array_equal(encode.transform(X), X)


@pytest.mark.parametrize("container", [np.array, sparse.csr_matrix])
def test_missing_values_pass_and_are_left_out_of_the_scale(container):
    X = np.array([[3.0, np.nan], [np.nan, 2.0], [1.0, 4.0], [0.0, 0.0]])
    encode = ModalityTransformer([("a", "passthrough", [0, 1])])
    out = encode.fit_transform(container(X))
    assert encode.scale_["a"] == pytest.approx(np.sqrt(10 / 3 + 20 / 3))
    out = out.toarray() if sparse.issparse(out) else out
    assert_array_equal(np.isnan(out), np.isnan(X))


def test_missing_values_reach_an_imputer():
    df = frame()
    df.loc["row3", "age"] = np.nan
    df.loc["row4", "city"] = np.nan
    encode = ModalityTransformer(
        [
            ("tab", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
            (
                "city",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    OneHotEncoder(sparse_output=False),
                ),
                ["city"],
            ),
        ]
    )
    assert not encode.fit_transform(df).isna().any(axis=None)


def test_scale_of_many_rows():
    X = np.random.default_rng(0).normal(size=(9001, 3))
    X[::7, 1] = np.nan
    encode = ModalityTransformer([("a", "passthrough", [0, 1, 2])]).fit(X)
    assert_allclose(encode.scale_["a"] ** 2, np.nanmean(X**2, axis=0).sum())


def test_infinite_values_are_an_error_that_names_the_modality():
    X = np.array([[1.0, np.inf], [2.0, 3.0]])
    encode = ModalityTransformer([("a", "passthrough", [0]), ("b", "passthrough", [1])])
    with pytest.raises(ValueError, match=r"modality 'b' has an infinite value"):
        encode.fit(X)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_types(container, dtype):
    X = container(np.arange(12).reshape(6, 2).astype(dtype))
    encode = ModalityTransformer([("a", "passthrough", [0, 1])])
    expected = np.float32 if dtype is np.float32 else np.float64
    assert encode.fit_transform(X).dtype == expected
    assert encode.transform(X).dtype == expected


# Fitted attributes and names ----------------------------------------------------------


def test_fitted_attributes():
    df = frame()
    encode = ModalityTransformer(
        [
            ("text", text_part(), "review"),
            ("gone", "drop", ["city"]),
            ("tab", StandardScaler(), ["age"]),
        ],
        remainder="passthrough",
    ).fit(df)
    assert encode.modality_widths_ == {"text": 3, "tab": 1, "remainder": 1}
    assert encode.modality_columns_ == {
        "text": slice(0, 3),
        "tab": slice(3, 4),
        "remainder": slice(4, 5),
    }
    assert list(encode.scale_) == ["text", "tab", "remainder"]
    assert list(encode.feature_names_in_) == list(df.columns)
    assert encode.n_features_in_ == 4
    assert isinstance(encode.named_transformers_["tab"], StandardScaler)
    out = encode.transform(df)
    read = resolve_modalities(encode.modality_columns_, out.to_numpy())
    named = resolve_modalities(None, out, out.columns)
    assert read.names == named.names
    assert all(map(np.array_equal, read.columns, named.columns))


def test_no_remainder_columns_is_no_modality():
    X = np.random.default_rng(0).normal(size=(6, 2))
    encode = ModalityTransformer([("a", StandardScaler(), [0, 1])], remainder=PCA())
    assert encode.fit(X).modality_widths_ == {"a": 2}


@pytest.mark.parametrize(
    "columns",
    [
        ["age", "rating"],
        slice("age", "rating"),
        [1, 2],
        slice(1, 3),
        [False, True, True, False],
        np.array([False, True, True, False]),
        make_column_selector(dtype_include="float"),
        lambda X: ["age", "rating"],
    ],
)
def test_ways_to_select_columns(columns):
    encode = ModalityTransformer([("tab", "passthrough", columns)])
    out = encode.fit_transform(frame())
    assert list(out.columns) == ["tab__age", "tab__rating"]


class Unnamed(TransformerMixin, BaseEstimator):
    """A transformer without get_feature_names_out."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.c_[np.asarray(X), np.asarray(X)]


@pytest.mark.parametrize(
    "part",
    [Unnamed(), make_pipeline(StandardScaler(), Unnamed())],
    ids=["plain", "pipeline"],
)
def test_parts_without_names_have_numbered_features(part):
    encode = ModalityTransformer(
        [("a", part, ["age"]), ("b", StandardScaler(), ["rating"])],
    )
    names = ["a__0", "a__1", "b__rating"]
    assert list(encode.fit_transform(frame()).columns) == names
    X = frame()[["age", "rating"]].to_numpy()
    encode = ModalityTransformer([("a", part, [0]), ("b", StandardScaler(), [1])])
    assert list(encode.fit(X).get_feature_names_out()) == ["a__0", "a__1", "b__x1"]
    assert list(encode.get_feature_names_out(["u", "v"])) == ["a__0", "a__1", "b__v"]


def test_function_transformer():
    encode = ModalityTransformer([("a", FunctionTransformer(np.log1p), ["age"])])
    assert encode.fit_transform(frame()).shape == (30, 1)


# Parameters ---------------------------------------------------------------------------


def test_nested_parameters_in_a_grid_search():
    df, y = frame(n=40), np.arange(40) % 2
    model = make_pipeline(encoder(), LogisticRegression())
    grid = {
        "modalitytransformer__text__truncatedsvd__n_components": [2, 4],
        "modalitytransformer__tab": [StandardScaler(), "drop"],
        "modalitytransformer__scale": ["rms", None],
    }
    search = GridSearchCV(model, grid, cv=2).fit(df, y)
    assert len(search.cv_results_["params"]) == 8
    assert search.predict(df).shape == (40,)


def test_set_params_replaces_parts_and_leaves_the_callers_list_alone():
    triples = [("a", StandardScaler(), [0]), ("b", "passthrough", [1])]
    encode = ModalityTransformer(triples)
    encode.set_params(a=PCA(), a__n_components=1, b="drop", n_jobs=2)
    assert encode.get_params()["a__n_components"] == 1
    assert [part for _, part, _ in triples][1] == "passthrough"
    assert encode.transformers[1] == ("b", "drop", [1])
    assert encode.get_params(deep=False).keys() == {
        "transformers",
        "scale",
        "n_jobs",
        "remainder",
        "missing",
        "encoder_error",
        "n_bootstrap",
        "random_state",
    }
    encode.set_params(transformers=[("c", PCA(), [0])], c__n_components=3)
    assert encode.transformers[0][1].n_components == 3
    with pytest.raises(ValueError, match="Invalid parameter 'unknown'"):
        encode.set_params(unknown=1)


def test_remainder_parameters():
    encode = ModalityTransformer([("a", PCA(), [0])], remainder=StandardScaler())
    encode.set_params(remainder__with_mean=False)
    assert encode.remainder.with_mean is False


@pytest.mark.parametrize("bad", [None, 3, [1, 2], [("a", PCA())], [(1, PCA(), [0])]])
def test_malformed_transformers_show_and_fail_in_fit(bad):
    encode = ModalityTransformer(bad)
    assert "ModalityTransformer" in repr(encode)
    assert "ModalityTransformer" in estimator_html_repr(encode)
    assert encode.get_params()["transformers"] is bad
    with pytest.raises((ValueError, TypeError)):
        encode.fit(np.ones((3, 2)))


def test_clone_and_pickle():
    df = frame()
    encode = encoder(remainder="drop", scale="rms").set_output(transform="polars")
    copy = clone(encode)
    assert copy.transformers[0][1] is not encode.transformers[0][1]
    assert isinstance(copy.fit_transform(df), pl.DataFrame)
    encode.fit(df)
    loaded = pickle.loads(pickle.dumps(encode))
    assert loaded.transform(df).equals(encode.transform(df))
    assert not hasattr(clone(encode), "scale_")


def test_fit_leaves_the_parts_unfitted_and_parallel_fit_agrees():
    encode = encoder(n_jobs=2)
    out = encode.fit_transform(frame())
    assert not hasattr(encode.transformers[1][1], "mean_")
    assert_array_equal(out, encoder().fit_transform(frame()))


def test_supervised_parts_get_the_targets():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    y = (X[:, 2] > 0).astype(int)
    encode = ModalityTransformer([("a", SelectKBest(k=1), slice(0, 4))]).fit(X, y)
    assert list(encode.get_feature_names_out()) == ["a__x2"]


class Weighted(TransformerMixin, BaseEstimator):
    """A transformer that takes metadata."""

    def fit(self, X, y=None, sample_weight=None):
        self.mean_ = np.average(X, axis=0, weights=sample_weight)
        return self

    def transform(self, X, offset=0.0):
        return X - self.mean_ + offset


def test_metadata_routing():
    X = np.random.default_rng(0).normal(size=(10, 2))
    y = np.arange(10) % 2
    weights = np.arange(10.0)
    with sklearn.config_context(enable_metadata_routing=True):
        part = Weighted().set_fit_request(sample_weight=True)
        part.set_transform_request(offset=True)
        encode = ModalityTransformer([("a", part, [0]), ("b", "passthrough", [1])])
        encode.set_params(scale=None)
        expected = np.average(X[:, 0], weights=weights)
        encode.fit(X, sample_weight=weights)
        assert_allclose(encode.named_transformers_["a"].mean_, expected)
        assert_allclose(encode.transform(X, offset=2.0)[:, 0], X[:, 0] - expected + 2)
        final = LogisticRegression().set_fit_request(sample_weight=False)
        model = make_pipeline(encode, final).fit(X, y, sample_weight=weights)
        assert_allclose(model[0].named_transformers_["a"].mean_, expected)
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        encode.fit(X, sample_weight=weights)


# Display ------------------------------------------------------------------------------


@pytest.mark.parametrize("fitted", [False, True])
def test_html_shows_the_parts(fitted):
    encode = encoder(remainder=OneHotEncoder(sparse_output=False))
    if fitted:
        encode.fit(frame())
    page = estimator_html_repr(encode)
    for shown in ("sk-parallel", "text", "TruncatedSVD", "tab", "remainder"):
        assert shown in page
    links = re.findall(r'href="([^"]+)"', page)
    assert any("TruncatedSVD" in link for link in links)
    # scikit-learn's manual has no page for ours
    assert not any("ModalityTransformer" in link for link in links)


# Errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names, message",
    [
        (["a", "a"], r"\['a'\] occur more than once in \['a', 'a'\]"),
        (["a", "b__c"], "'b__c' contains '__'"),
        (["", "b"], "non-empty strings, got ''"),
        ([1, "b"], "non-empty strings, got 1"),
        (["a", "scale"], "'scale' is also a parameter"),
        (["a", "remainder"], "'remainder' is also a parameter"),
        (["a", "verbose"], "'verbose' is also a parameter"),
    ],
)
def test_names_that_cannot_be_used(names, message):
    triples = [(name, "passthrough", [k]) for k, name in enumerate(names)]
    with pytest.raises(ValueError, match=message):
        ModalityTransformer(triples).fit(np.ones((3, 2)))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_missing_columns_name_the_modality_and_the_known_ones(library):
    encode = ModalityTransformer([("text", CountVectorizer(), "revew")])
    with pytest.raises(ValueError, match="modality 'text': columns 'revew' not found"):
        encode.fit(frame(library))
    with pytest.raises(ValueError, match=r"\['review', 'age', 'rating', 'city'\]"):
        encode.fit(frame(library))


@pytest.mark.parametrize("columns", [[0, 9], "age", [True]])
def test_columns_that_an_array_does_not_have(columns):
    encode = ModalityTransformer([("a", "passthrough", columns)])
    with pytest.raises(ValueError, match=r"modality 'a': columns.*n_features=2"):
        encode.fit(np.ones((3, 2)))


class Nothing(TransformerMixin, BaseEstimator):
    """A transformer that returns no columns."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.empty((len(X), 0))


@pytest.mark.parametrize(
    "part, columns, message",
    [
        (PCA(), [], "'empty' has no columns: it selects none"),
        (Nothing(), [0], "'empty' has no columns: its transformer returned none"),
    ],
)
def test_modality_without_columns(part, columns, message):
    encode = ModalityTransformer([("empty", part, columns), ("b", "passthrough", [1])])
    with pytest.raises(ValueError, match=message):
        encode.fit(np.ones((3, 2)))


def test_every_modality_dropped():
    encode = ModalityTransformer([("a", "drop", [0]), ("b", "drop", [1])])
    with pytest.raises(ValueError, match=r"every modality is dropped: \['a', 'b'\]"):
        encode.fit(np.ones((3, 2)))


def test_text_passed_through_cannot_be_scaled():
    encode = ModalityTransformer(
        [("tab", "passthrough", ["age"]), ("place", "passthrough", ["city"])]
    )
    with pytest.raises(ValueError, match="modality 'place' has values that are not nu"):
        encode.fit(frame())


def test_dates_passed_through_cannot_be_scaled():
    df = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-01-01"])})
    encode = ModalityTransformer([("when", "passthrough", ["day"])])
    with pytest.raises(ValueError, match=r"modalities \['when'\] are dates"):
        encode.fit(df)


def test_failed_fit_changes_nothing():
    X = np.random.default_rng(0).normal(size=(10, 2))
    encode = ModalityTransformer([("a", StandardScaler(), [0, 1])]).fit(X)
    before = encode.transform(X)
    with pytest.raises(ValueError, match="n_features=1"):
        encode.fit(X[:, :1])
    assert encode.n_features_in_ == 2
    assert_array_equal(encode.transform(X), before)
    encode = ModalityTransformer([("a", StandardScaler(), [0, 5])])
    with pytest.raises(ValueError, match="modality 'a'"):
        encode.fit_transform(X)
    assert not hasattr(encode, "n_features_in_")
    with pytest.raises(NotFittedError):
        encode.transform(X)


WITHOUT_FRAMES = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("pandas", "polars"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import numpy as np
from skmmdro.compose import ModalityTransformer
encode = ModalityTransformer([("a", "passthrough", [0])])
assert isinstance(encode.fit_transform(np.eye(2)), np.ndarray)
"""


def test_frame_libraries_are_optional():
    subprocess.run([sys.executable, "-c", WITHOUT_FRAMES], check=True)
