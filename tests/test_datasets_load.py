"""The bundled data sets: content, forms, and figures known from elsewhere."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro.datasets import (
    load_handwritten_views,
    load_heart_hospitals,
    make_multimodal_classification,
)
from skmmdro.modalities import resolve_modalities

LOADERS = [load_heart_hospitals, load_handwritten_views]
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
}
N_SAMPLES = {load_heart_hospitals: 920, load_handwritten_views: 2000}


@pytest.mark.parametrize("load", LOADERS)
def test_shapes(load):
    data = load()
    shape = N_SAMPLES[load], sum(WIDTHS[load].values())
    assert data.data.shape == shape
    assert data.data.dtype == np.float64
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
    np.testing.assert_array_equal(framed.data, plain.data)
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
    assert np.nanmax(load().data) > 0


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
    ],
)
def test_source_and_licence_are_named(load, doi, people):
    for text in (load().DESCR, load.__doc__):
        words = " ".join(text.split())
        assert doi in words
        assert "CC BY 4.0" in words
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
