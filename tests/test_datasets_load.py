"""The bundled data sets: content, forms, and figures known from elsewhere."""

import subprocess
import sys
from importlib import resources

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro.compose import make_multimodal_pipeline, tabular_encoder, text_encoder
from skmmdro.datasets import (
    load_clothing_reviews,
    load_handwritten_views,
    load_heart_hospitals,
    load_news_popularity,
    make_multimodal_classification,
)
from skmmdro.modalities import resolve_modalities

NUMERIC = [load_heart_hospitals, load_handwritten_views]
LOADERS = [*NUMERIC, load_news_popularity, load_clothing_reviews]
WIDTHS = {
    load_heart_hospitals: {
        "demographic": 2,
        "clinic": 4,
        "resting_ecg": 1,
        "exercise_test": 4,
        "imaging": 2,
    },
    load_handwritten_views: {
        "fourier": 76,
        "profile": 216,
        "karhunen": 64,
        "pixels": 240,
        "zernike": 47,
        "morphology": 6,
    },
    load_news_popularity: {
        "headline": 1,
        "text_stats": 6,
        "links_media": 7,
        "keywords": 10,
        "channel": 6,
        "timing": 8,
        "topics": 5,
        "sentiment": 16,
    },
    load_clothing_reviews: {"text": 2, "table": 5},
}
N_SAMPLES = {
    load_heart_hospitals: 920,
    load_handwritten_views: 2000,
    load_news_popularity: 9874,
    load_clothing_reviews: 10_000,
}


@pytest.mark.parametrize("load", LOADERS)
def test_shapes(load):
    data = load()
    shape = N_SAMPLES[load], sum(WIDTHS[load].values())
    assert data.data.shape == shape
    assert data.data.dtype == (np.float64 if load in NUMERIC else object)
    assert data.target.shape == shape[:1]
    assert data.frame is None
    assert set(data.target) == set(range(len(data.target_names)))
    assert len(set(data.feature_names)) == shape[1]


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize("load", LOADERS)
def test_modalities_are_usable(load, as_frame):
    data = load(as_frame=as_frame)
    stated = resolve_modalities(data.modalities, data.data)
    widths = dict(zip(stated.names, map(len, stated.columns), strict=True))
    assert widths == WIDTHS[load]
    named = resolve_modalities(None, data.data, np.array(data.feature_names))
    assert named.names == stated.names
    for one, other in zip(named.columns, stated.columns, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("load", LOADERS)
def test_frames_hold_what_arrays_hold(load):
    pd = pytest.importorskip("pandas")
    plain, framed = load(), load(as_frame=True)
    assert list(framed.data.columns) == plain.feature_names
    assert list(framed.frame.columns) == [*plain.feature_names, "target"]
    same = pd.DataFrame(plain.data, columns=plain.feature_names).infer_objects()
    pd.testing.assert_frame_equal(framed.data, same)
    np.testing.assert_array_equal(framed.target, plain.target)
    X, y = load(return_X_y=True)
    np.testing.assert_array_equal(X, plain.data)
    np.testing.assert_array_equal(y, plain.target)
    X, y = load(return_X_y=True, as_frame=True)
    assert isinstance(X, pd.DataFrame)
    assert isinstance(y, pd.Series)


@pytest.mark.parametrize("load", LOADERS)
def test_two_calls_share_no_memory(load):
    first = load()
    first.data[:] = 0
    assert np.any(load().data != first.data)


@pytest.mark.parametrize("make", [*LOADERS, make_multimodal_classification])
def test_missing_pandas_is_explained(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "skmmdro\[frames\]"'):
        make(as_frame=True)
    make()


def test_import_without_pandas():
    # scikit-learn imports pandas where it can, so absence is what can be tested
    code = "import sys; sys.modules['pandas'] = None; import skmmdro.datasets"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("load", "doi", "people"),
    [
        (
            load_heart_hospitals,
            "10.24432/C52P4X",
            [
                "Andras Janosi",
                "William Steinbrunn",
                "Matthias Pfisterer",
                "Robert Detrano",
            ],
        ),
        (load_handwritten_views, "10.24432/C5HC70", ["Robert P. W. Duin"]),
        (load_news_popularity, "10.24432/C5NS3V", ["Fernandes", "Sernadela"]),
        (load_clothing_reviews, "Women's E-Commerce Clothing Reviews", ["nicapotato"]),
    ],
)
def test_source_and_licence_are_named(load, doi, people):
    licence = "CC0 1.0" if load is load_clothing_reviews else "CC BY 4.0"
    for text in (load().DESCR, load.__doc__):
        words = " ".join(text.split())
        assert doi in words
        assert licence in words
        for name in people:
            assert name in words


def test_heart_missing_by_site():
    heart = load_heart_hospitals()
    names = ("clinic", "exercise_test", "imaging")
    expected = {
        "cleveland": (0.0, 0.0, 0.01),
        "hungary": (0.03, 0.16, 0.95),
        "switzerland": (0.41, 0.05, 0.69),
        "long_beach_va": (0.15, 0.33, 0.91),
    }
    for code, site in enumerate(heart.site_names):
        rows = np.isnan(heart.data[heart.site == code])
        shares = [round(rows[:, heart.modalities[name]].mean(), 2) for name in names]
        assert shares == list(expected[site])
        assert not rows[:, heart.modalities["demographic"]].any()
    assert np.isnan(heart.data[:, heart.modalities["resting_ecg"]]).sum() == 2


def test_heart_sites_and_severity():
    heart = load_heart_hospitals()
    expected = ["cleveland", "hungary", "switzerland", "long_beach_va"]
    assert list(heart.site_names) == expected
    assert np.bincount(heart.site).tolist() == [303, 294, 123, 200]
    assert np.bincount(heart.target).tolist() == [411, 509]
    np.testing.assert_array_equal(heart.target, heart.severity > 0)
    assert heart.severity.max() == 4


def test_heart_values():
    heart = load_heart_hospitals()
    column = heart.feature_names.index
    # what the cleaning removed: zeros of cholesterol and blood pressure, and -9
    assert np.nanmin(heart.data[:, column("clinic__chol")]) > 0
    assert np.nanmin(heart.data[:, column("clinic__trestbps")]) > 0
    assert np.nanmin(heart.data) > -9
    switzerland = heart.data[heart.site == 2]
    assert np.isnan(switzerland[:, column("clinic__chol")]).all()
    # the first patient of the source, whose ST depression has one exact decimal
    assert heart.data[0].tolist() == [63, 1, 1, 145, 233, 1, 2, 150, 0, 2.3, 3, 0, 6]


def test_handwritten_values():
    views = load_handwritten_views()
    assert np.isfinite(views.data).all()
    assert np.bincount(views.target).tolist() == [200] * 10
    for name in ("profile", "pixels"):
        block = views.data[:, views.modalities[name]]
        assert np.array_equal(block, np.round(block))
    assert np.ptp(views.data[:, views.modalities["pixels"]]) == 6
    # as the source prints the first values of three views
    first = {"fourier": 0.065882, "karhunen": -10.297, "zernike": 0.011033}
    for name, value in first.items():
        assert views.data[0, views.modalities[name]][0] == value
    # five significant digits survive the packing
    coefficients = views.data[:, views.modalities["karhunen"]].ravel()
    assert all(float(f"{value:.5g}") == value for value in coefficients[::97])


def test_heart_baseline():
    heart = load_heart_hospitals()
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(),
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    score = cross_val_score(model, heart.data, heart.target, cv=folds).mean()
    assert score == pytest.approx(0.825, abs=0.005)


@pytest.mark.parametrize(
    ("view", "accuracy"),
    [("fourier", 0.816), ("karhunen", 0.946), ("morphology", 0.735)],
)
def test_handwritten_baselines(view, accuracy):
    views = load_handwritten_views()
    X = views.data[:, views.modalities[view]]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    score = cross_val_score(model, X, views.target, cv=folds).mean()
    assert score == pytest.approx(accuracy, abs=0.005)


def test_news_values():
    news = load_news_popularity()
    assert np.bincount(news.target).tolist() == [4216, 5658]
    np.testing.assert_array_equal(news.target, news.shares >= 1400)
    assert news.date[0] == np.datetime64("2013-01-08")
    assert news.date[-1] == np.datetime64("2013-07-15")
    assert np.all(np.diff(news.date) >= np.timedelta64(0))
    headline = news.data[:, news.modalities["headline"]].ravel()
    assert headline[0] == "artist drone pilots craigslist fbi"
    words = [len(text.split()) for text in headline]
    assert min(words) == 1 and max(words) == 24
    assert np.isfinite(news.data[:, 1:].astype(float)).all()


def test_keywords_are_what_moves_in_the_news():
    news = load_news_popularity()
    late = news.date >= np.datetime64("2013-05-01")
    auc = {}
    for name in ("keywords", "sentiment"):
        X = news.data[:, news.modalities[name]].astype(float)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        auc[name] = cross_val_score(model, X, late, scoring="roc_auc", cv=5).mean()
    assert auc["keywords"] > 0.9 and auc["sentiment"] < 0.6


def test_clothing_values():
    reviews = load_clothing_reviews()
    assert reviews.target.mean() == pytest.approx(0.821, abs=5e-4)
    text, table = (reviews.data[:, reviews.modalities[m]] for m in ("text", "table"))
    assert sum(title is None for title in text[:, 0]) == 1331
    assert all(isinstance(review, str) and review for review in text[:, 1])
    assert all(isinstance(value, int) for value in table[:, :2].ravel())
    assert len(set(table[:, 4])) == 18
    assert set(reviews.rating) == {1, 2, 3, 4, 5}
    assert len(set(reviews.clothing_id)) > 500


@pytest.mark.parametrize("n", [0, 10_001, 2.5, True])
def test_clothing_n_is_checked(n):
    with pytest.raises(ValueError, match="integer from 1 to 10000"):
        load_clothing_reviews(n)


def test_clothing_text_tells_and_the_table_does_not():
    reviews = load_clothing_reviews(800, as_frame=True)
    parts = {
        "text": (text_encoder(30, max_features=4000), ["text__title", "text__review"]),
        "table": (tabular_encoder(), [c for c in reviews.data if c[:5] == "table"]),
    }
    scores = {}
    for name, part in parts.items():
        model = make_multimodal_pipeline(
            (name, *part), estimator=LogisticRegression(class_weight="balanced", C=10)
        )
        scores[name] = cross_val_score(
            model, reviews.data, reviews.target, scoring="balanced_accuracy", cv=3
        ).mean()
    assert scores["text"] > 0.68 and scores["table"] < 0.58


def test_package_data_are_small():
    folder = resources.files("skmmdro.datasets") / "data"
    assert sum(len(file.read_bytes()) for file in folder.iterdir()) < 6e6
