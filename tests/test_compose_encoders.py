"""The ready-made encoders, by themselves and as parts of ModalityTransformer."""

import pickle
import re

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmmdro import DROClassifier, ModalityTransformer
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import (
    embedding_encoder,
    image_encoder,
    make_multimodal_pipeline,
    series_encoder,
    tabular_encoder,
    text_encoder,
)
from skmmdro.compose._cells import ArrayTable
from skmmdro.compose._reduction import Reduction
from skmmdro.compose._text import TextColumns

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

ENCODERS = {
    "tabular": tabular_encoder(),
    "embedding": embedding_encoder(2),
    "whitened": embedding_encoder(whiten=True),
    "normalised": embedding_encoder(normalize=True),
    "series": series_encoder(2),
}


def parts(name):
    return ModalityTransformer([("a", clone(ENCODERS[name]), slice(0, 2))])


def reviews(n=60):
    rng = np.random.default_rng(0)
    words = ["good", "bad", "fits", "small", "blue", "shirt", "very", "not"]
    return pd.DataFrame(
        {
            "review": [" ".join(rng.choice(words, size=5)) for _ in range(n)],
            "age": rng.normal(40, 10, n),
            "city": rng.choice(["Oslo", "Rome", "Bonn"], n),
            "vip": rng.random(n) > 0.5,
            "seen": pd.date_range("2024-01-01", periods=n, freq="31h"),
        }
    )


# scikit-learn's checks --------------------------------------------------------------


@parametrize_with_checks([Reduction(2), ArrayTable()])
def test_check_parts_of_encoders(estimator, check):
    check(estimator)


def with_stable_ids(mark):
    """Leave addresses of functions out of the ids: they differ between processes."""
    ids = mark.kwargs["ids"]
    stable = {**mark.kwargs, "ids": lambda value: re.sub(r"at0x\w+", "", ids(value))}
    return pytest.mark.parametrize(*mark.args, **stable)


@with_stable_ids(parametrize_with_checks([parts(name) for name in ENCODERS]))
def test_check_encoders(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature")
@pytest.mark.parametrize(
    "check",
    [
        "check_set_output_transform",
        "check_set_output_transform_pandas",
        "check_set_output_transform_polars",
        "check_global_output_transform_pandas",
        "check_global_set_output_transform_polars",
        "check_transformer_get_feature_names_out",
        "check_transformer_get_feature_names_out_pandas",
        "check_get_feature_names_out_error",
        "check_dataframe_column_names_consistency",
    ],
)
@pytest.mark.parametrize("name", ENCODERS)
def test_set_output_and_names(name, check):
    getattr(estimator_checks, check)("ModalityTransformer", parts(name))


# text -------------------------------------------------------------------------------


def test_text_in_every_container():
    frame = reviews()
    text = frame["review"]
    expected = text_encoder(5).fit_transform(text)
    assert expected.shape == (60, 5)
    for same in (text.tolist(), text.to_numpy(), frame[["review"]]):
        assert_allclose(text_encoder(5).fit_transform(same), expected)
    for same in (pl.Series(text.tolist()), pl.DataFrame({"r": text.tolist()})):
        assert_allclose(text_encoder(5).fit_transform(same), expected)


def test_text_columns_are_joined():
    joined = TextColumns().fit_transform(
        pd.DataFrame({"a": ["x", None, ""], "b": ["y z", "w", np.nan]})
    )
    assert joined.tolist() == ["x y z", "w", ""]


def test_empty_and_missing_text_is_zero():
    encoder = text_encoder(3).fit(["a b", "b c", "", "c d", None])
    assert_allclose(encoder.transform(["", None, np.nan]), 0, atol=1e-12)
    assert np.abs(encoder.transform(["b"])).max() > 0


def test_one_letter_words_and_tiny_samples():
    assert text_encoder(100).fit_transform(["a", "b"]).shape == (2, 2)
    assert text_encoder(100).fit_transform(["a"]).shape == (1, 1)


def test_text_without_svd_is_sparse_and_bounded():
    encoder = text_encoder(None, max_features=20)
    out = encoder.fit_transform(reviews()["review"])
    assert sparse.issparse(out) and out.shape == (60, 20)
    names = encoder.get_feature_names_out()
    assert sum(name.startswith("words__") for name in names) == 10


@pytest.mark.parametrize("text", [["", None], ["!!", "?"]])
def test_text_without_words_is_refused(text):
    with pytest.raises(ValueError, match="no word in any row"):
        text_encoder().fit(text)


@pytest.mark.parametrize("value", [5, 2.5, b"bytes", ["nested"]])
def test_other_values_in_a_text_column_are_refused(value):
    frame = pd.DataFrame({"review": pd.Series(["fine", value], dtype=object)})
    with pytest.raises(ValueError, match=r"'review' has a value .* in row 1"):
        text_encoder().fit(frame)
    encode = ModalityTransformer([("text", text_encoder(), "review")])
    with pytest.raises(ValueError, match="Use tabular_encoder"):
        encode.fit(frame)
    with pytest.raises(ValueError, match="one string"):
        text_encoder().fit("review")


# tables -----------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_table_of_all_kinds(library):
    frame = reviews()[["age", "city", "vip", "seen"]]
    frame.loc[3, "age"] = None
    frame.loc[4, "city"] = None
    frame.loc[5, "seen"] = None
    data = frame if library == "pandas" else pl.from_pandas(frame)
    encoder = tabular_encoder()
    out = encoder.fit_transform(data)
    names = list(encoder.get_feature_names_out())
    assert names[:2] == ["age", "vip"]
    assert names[2:6] == ["city_Bonn", "city_Oslo", "city_Rome", "city_nan"]
    assert names[6:8] == ["seen_days", "seen_year_sin"]
    assert out.shape == (60, 13) and np.isfinite(out).all()
    assert_allclose(out[:, 0].std(), 1)
    assert_allclose(out[:, 2:6].sum(axis=1), 1)


def test_pandas_polars_and_objects_agree():
    frame = reviews()[["age", "city", "vip"]]
    expected = tabular_encoder().fit_transform(frame)
    for same in (pl.from_pandas(frame), frame.to_numpy()):
        assert_allclose(tabular_encoder().fit_transform(same), expected)


def test_nullable_types():
    frame = pd.DataFrame(
        {
            "count": pd.array([1, None, 3], dtype="Int64"),
            "flag": pd.array([True, False, None], dtype="boolean"),
            "level": pd.Categorical(["b", None, "a"]),
            "code": pd.Categorical([2, 1, 2]),
            "wait": pd.to_timedelta([1, 2, None], unit="s"),
        }
    )
    encoder = tabular_encoder().fit(frame)
    assert list(encoder.get_feature_names_out()) == [
        *("count", "flag", "wait"),
        *("level_a", "level_b", "level_nan", "code_1", "code_2"),
    ]
    assert_allclose(encoder.transform(frame).mean(axis=0)[:3], 0, atol=1e-12)


def test_rare_and_unknown_levels():
    frame = pd.DataFrame({"city": ["a"] * 60 + ["b"] * 39 + ["c", "d"]})
    encoder = tabular_encoder(min_frequency=5).fit(frame)
    out = encoder.transform(pd.DataFrame({"city": ["a", "c", "never seen"]}))
    assert out.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    most = tabular_encoder(max_categories=2).fit(frame)
    assert len(most.get_feature_names_out()) == 2


def test_parts_of_dates():
    dates = pd.Series(pd.to_datetime(["2024-01-01 06:00", "2024-07-01 18:00", None]))
    parts = tabular_encoder().transformers[2][1].steps[0][1]
    out = parts.fit_transform(dates.to_frame("day"))
    names = list(parts.get_feature_names_out())
    day = dict(zip(names, out[0], strict=True))
    assert day["day_days"] == 19723.25
    assert_allclose([day["day_year_sin"], day["day_year_cos"]], [0, 1], atol=5e-3)
    # a Monday, a quarter of the day gone
    angle = 2 * np.pi * 0.25 / 7
    assert_allclose(day["day_week_sin"], np.sin(angle), atol=1e-9)
    assert_allclose([day["day_day_sin"], day["day_day_cos"]], [1, 0], atol=1e-9)
    assert np.isnan(out[2]).all()
    zone = dates.dt.tz_localize("Europe/Oslo").to_frame("day")
    assert_allclose(parts.transform(zone)[0, 0], 19723.25 - 1 / 24)


# arrays -----------------------------------------------------------------------------


def test_images_in_every_form():
    digits = load_digits()
    expected = image_encoder((8, 8), 10).fit_transform(digits.data)
    cells = pd.DataFrame({"image": list(digits.images)})
    for same in (
        digits.images,
        cells,
        cells["image"],
        pl.DataFrame({"i": digits.data}),
    ):
        out = image_encoder((8, 8), 10).fit_transform(same)
        assert_allclose(np.abs(out), np.abs(expected), atol=1e-6)
    model = make_pipeline(image_encoder((8, 8), 30), LogisticRegression(max_iter=500))
    assert cross_val_score(model, cells, digits.target, cv=3).mean() > 0.85


def test_colour_images():
    images = np.random.default_rng(0).random((20, 6, 5, 3))
    out = image_encoder((6, 5, 3), 4).fit_transform(images)
    assert out.shape == (20, 4)


def test_images_of_another_shape_are_refused():
    images = np.zeros((5, 4, 4))
    cells = pd.DataFrame({"image": list(images)})
    with pytest.raises(ValueError, match=r"expected arrays of shape \(3, 5\)"):
        image_encoder((3, 5)).fit(images)
    encode = ModalityTransformer([("image", image_encoder((3, 5)), "image")])
    with pytest.raises(ValueError, match=r"expected arrays of shape \(3, 5\)"):
        encode.fit(cells)
    encode.set_params(image=image_encoder((4, 4))).fit(
        pd.DataFrame({"image": list(np.random.default_rng(0).random((5, 4, 4)))})
    )
    cells.loc[2, "image"] = np.zeros((2, 2))
    with pytest.raises(ValueError, match=r"got one of shape \(2, 2\)"):
        encode.transform(cells)
    with pytest.raises(ValueError, match="16 entries, but X has 15 columns"):
        image_encoder((4, 4)).fit(np.zeros((5, 15)))
    with pytest.raises(ValueError, match="shape must be"):
        image_encoder((16,))
    with pytest.raises(ValueError, match="features must be"):
        image_encoder((4, 4), features="sift")


def test_hog_features():
    digits = load_digits()
    images, target = digits.data[:600], digits.target[:600]
    try:
        encoder = image_encoder((8, 8), 30, features="hog")
    except ImportError as error:
        assert "pip install scikit-image" in str(error)
        pytest.skip("scikit-image is not installed")
    model = make_pipeline(encoder, LogisticRegression(max_iter=500))
    assert cross_val_score(model, images, target, cv=3).mean() > 0.8
    assert len(encoder.fit(images)[:-1].get_feature_names_out()) > 30


def test_embeddings():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 8)) * np.arange(1, 9) + 3
    centred = embedding_encoder().fit_transform(X)
    assert_allclose(centred, X - X.mean(axis=0))
    white = embedding_encoder(4, whiten=True).fit_transform(X)
    assert_allclose(np.cov(white.T), np.eye(4), atol=1e-6)
    unit = embedding_encoder(normalize=True).fit(X)[:2].transform(X)
    assert_allclose(np.linalg.norm(unit, axis=1), 1)
    cells = pd.DataFrame({"embedding": list(X)})
    assert_allclose(embedding_encoder().fit_transform(cells), centred)
    lists = pl.DataFrame({"embedding": X.tolist()})
    assert_allclose(embedding_encoder().fit_transform(lists), centred)


def test_embeddings_of_another_width_are_refused():
    cells = pd.DataFrame({"e": list(np.random.default_rng(0).random((9, 6)))})
    encode = ModalityTransformer([("e", embedding_encoder(2), "e")]).fit(cells)
    short = pd.DataFrame({"e": list(np.zeros((3, 5)))})
    with pytest.raises(ValueError, match=r"expected arrays of shape \(6,\)"):
        encode.transform(short)
    with pytest.raises(ValueError, match="make each column of arrays a modality"):
        embedding_encoder().fit(cells.assign(age=1.0))
    columns = ModalityTransformer([("e", embedding_encoder(2), slice(0, 6))])
    columns.fit(np.random.default_rng(0).random((9, 6)))
    with pytest.raises(ValueError, match="X has 5 features"):
        columns.transform(np.zeros((3, 5)))


def test_series_tell_frequencies_apart():
    rng = np.random.default_rng(0)
    time = np.arange(128)
    rates = np.repeat([0.05, 0.2], 40)
    phase = rng.uniform(0, 6, size=80)
    signals = np.sin(2 * np.pi * rates[:, None] * time + phase[:, None])
    signals += 0.3 * rng.standard_normal(signals.shape)
    model = make_pipeline(series_encoder(), LogisticRegression())
    assert cross_val_score(model, signals, rates > 0.1, cv=4).min() == 1
    signals[::5, 10:20] = np.nan
    assert model.fit(signals, rates > 0.1).score(signals, rates > 0.1) == 1


def test_series_features():
    features = series_encoder(4).steps[2][1]
    signal = np.array([[1.0, 3.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0]])
    out = features.fit_transform(signal)
    names = list(features.get_feature_names_out([f"x{j}" for j in range(4)]))
    first = dict(zip(names, out[0], strict=True))
    assert first["mean"] == 2 and first["std"] == 1 and first["mean_change"] == 2
    assert first["autocorrelation"] == -0.75
    assert first[names[-1]] == pytest.approx(1)  # all of it at half the sampling rate
    assert not out[1, [1, 7, 8]].any() and not out[1, 9:].any()


# "auto" -----------------------------------------------------------------------------


def test_auto_picks_by_what_columns_hold():
    frame = reviews()
    rng = np.random.default_rng(1)
    frame["image"] = list(rng.random((60, 4, 3)))
    frame["vector"] = list(rng.random((60, 7)))
    encode = ModalityTransformer(
        [
            ("text", "auto", "review"),
            ("table", "auto", ["age", "city", "vip", "seen"]),
            ("image", "auto", "image"),
            ("vector", "auto", ["vector"]),
            ("both", "auto", ["review", "age"]),
        ]
    )
    assert "'auto'" in repr(encode)
    out = encode.fit_transform(frame)
    first = {name: part.steps[0][0] for name, part in _pipelines(encode)}
    assert first == {"text": "columns", "image": "pixels", "vector": "embeddings"}
    assert encode.modality_widths_["table"] == 12
    assert "both__age" in out.columns and "both__component0" in out.columns
    assert "'auto'" not in repr(encode) and "TextColumns" in repr(encode)
    assert repr(encode.get_params()["transformers"][0]) == "('text', 'auto', 'review')"
    assert "'auto'" in repr(clone(encode))
    assert_allclose(encode.transform(frame), out, atol=1e-8)
    assert_allclose(pickle.loads(pickle.dumps(encode)).transform(frame), out, atol=1e-8)


def _pipelines(encode):
    parts = encode.named_transformers_
    return [(name, part) for name, part in parts.items() if hasattr(part, "steps")]


def test_auto_on_arrays_and_what_it_refuses():
    X = np.random.default_rng(0).normal(size=(20, 3))
    encode = ModalityTransformer([("a", "auto", [0]), ("b", "auto", slice(1, 3))])
    assert encode.fit_transform(X).shape == (20, 3)
    with pytest.raises(ValueError, match="not for a sparse matrix"):
        encode.fit(sparse.csr_array(X))
    frame = reviews().assign(image=list(np.zeros((60, 2, 2))))
    with pytest.raises(ValueError, match="make each column of arrays"):
        ModalityTransformer([("a", "auto", ["image", "age"])]).fit(frame)


# set_output -------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_text_in_a_plain_column_transformer(library):
    frame = reviews()
    plain = ColumnTransformer(
        [
            ("text", text_encoder(4), ["review"]),
            ("table", tabular_encoder(), ["age", "city", "seen"]),
        ]
    ).set_output(transform=library)
    out = plain.fit_transform(frame)
    assert type(out).__module__.startswith(library)
    target = frame["review"].str.contains("good").astype(int)
    model = make_pipeline(plain, DROClassifier(ChiSquare(0.001))).fit(frame, target)
    assert list(model[-1].modalities_) == ["text", "table"]
    assert len(model[-1].modalities_["text"]) == 4


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_text_under_the_global_configuration(library):
    frame = reviews()
    encode = ModalityTransformer(
        [
            ("text", text_encoder(4), "review"),
            ("table", tabular_encoder(), ["age", "city"]),
        ]
    )
    expected = encode.fit_transform(frame)
    with sklearn.config_context(transform_output=library):
        out = encode.fit_transform(frame)
    assert type(out).__module__.startswith(library)
    assert list(out.columns) == list(expected.columns)
    assert_allclose(out.to_numpy(), expected.to_numpy(), atol=1e-8)


# together ---------------------------------------------------------------------------


def test_grid_over_an_encoder_and_a_radius():
    frame = reviews()
    target = frame["review"].str.contains("good").astype(int)
    model = make_multimodal_pipeline(
        ("text", text_encoder(5), "review"),
        ("table", tabular_encoder(), ["age", "city"]),
        estimator=DROClassifier(ChiSquare(coupling="independent")),
    )
    grid = {
        "modalitytransformer__text__svd__n_components": [2, 10],
        "droclassifier__ambiguity__radius": [0.0, 0.01],
    }
    search = GridSearchCV(model, grid, cv=2, n_jobs=2).fit(frame, target)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_params_["modalitytransformer__text__svd__n_components"] == 10
    assert search.best_score_ > 0.8
