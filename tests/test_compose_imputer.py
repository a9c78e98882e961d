"""ModalityImputer: what fills a missing block, patterns, containers, pipelines."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmmdro import DROClassifier, ModalityTransformer
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import (
    ModalityImputer,
    make_multimodal_pipeline,
    tabular_encoder,
    text_encoder,
)
from skmmdro.compose import _conditional as conditional
from skmmdro.modalities import resolve_modalities

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

MODALITIES = {"a": [0, 1], "b": [2, 3, 4], "c": [5]}
NAMES = ["a__0", "a__1", "b__0", "b__1", "b__2", "c__0"]


def complete(n=300, seed=0, noise=0.1):
    """Three blocks of one two-dimensional factor."""
    rng = np.random.default_rng(seed)
    load = np.random.default_rng(99).normal(size=(2, 6))
    return rng.normal(size=(n, 2)) @ load + noise * rng.normal(size=(n, 6)) + 5.0


def lose(X, rows, *names):
    X = X.copy()
    for name in names:
        X[np.ix_(np.arange(len(X))[rows], MODALITIES[name])] = np.nan
    return X


def imputer(**params):
    return ModalityImputer(modalities=MODALITIES, **params)


SETTINGS = [ModalityImputer(), ModalityImputer("mean"), ModalityImputer("zero")]
SETTINGS.append(ModalityImputer(add_indicator=True, max_rows=5))


@parametrize_with_checks(SETTINGS)
def test_check_estimator(estimator, check):
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
        "check_param_validation",
    ],
)
def test_checks_outside_check_estimator(check):
    getattr(estimator_checks, check)("ModalityImputer", ModalityImputer())


# what fills -------------------------------------------------------------------------


def test_complete_rows_are_left_alone():
    X = complete()
    for strategy in ("conditional", "mean", "zero"):
        filled = imputer(strategy=strategy).fit(lose(X, slice(9), "b")).transform(X)
        assert_array_equal(filled, X)


def test_mean_and_zero():
    X = complete()
    broken = lose(X, slice(100), "b")
    mean = imputer(strategy="mean").fit_transform(broken)
    assert_allclose(mean[:100, 2:5], np.tile(X[100:, 2:5].mean(axis=0), (100, 1)))
    zero = imputer(strategy="zero").fit_transform(broken)
    assert not zero[:100, 2:5].any()
    assert_array_equal(zero[100:], X[100:])


def test_conditional_predicts_the_block():
    X = complete()
    filled = imputer().fit_transform(lose(X, slice(100), "b"))
    error = np.sqrt(np.mean((filled - X)[:100, 2:5] ** 2, axis=0))
    assert (error < 0.4 * X[:, 2:5].std(axis=0)).all()


def test_conditional_is_ridge_on_the_complete_rows():
    X = complete(noise=0.5)
    broken = lose(X, slice(100), "c")
    filled = imputer().fit_transform(broken)
    inputs, target = StandardScaler(), StandardScaler()
    ridge = RidgeCV(conditional._PENALTIES)
    ridge.fit(inputs.fit_transform(X[100:, :5]), target.fit_transform(X[100:, 5:]))
    expected = ridge.predict(inputs.transform(X[:100, :5])).reshape(-1, 1)
    assert_allclose(filled[:100, 5:], target.inverse_transform(expected))


def test_patterns_that_do_not_occur_in_fit():
    X = complete()
    fitted = imputer().fit(X)
    assert fitted.missing_rate_ == {"a": 0, "b": 0, "c": 0}
    new = complete(50, seed=1)
    for lost in (["a"], ["b"], ["c"], ["a", "b"], ["a", "c"], ["b", "c"]):
        filled = fitted.transform(lose(new, slice(None), *lost))
        assert np.isfinite(filled).all()
        if len(lost) == 1:
            lost = ~np.isin(np.arange(6), np.flatnonzero((filled == new).all(axis=0)))
            error = np.sqrt(np.mean((filled - new)[:, lost] ** 2))
            assert error < 0.5 * new[:, lost].std(axis=0).mean()


def test_rows_are_filled_one_by_one_as_all_together():
    X = lose(lose(complete(60), slice(20), "b"), slice(10, 30), "a")
    fitted = imputer().fit(X)
    together = fitted.transform(X)
    single = np.vstack([fitted.transform(X[i : i + 1]) for i in range(60)])
    assert_allclose(single, together)


def test_rows_without_anything_get_the_mean_and_are_counted():
    X = complete()
    broken = lose(X, slice(3), "a", "b", "c")
    fitted = imputer().fit(broken)
    with pytest.warns(UserWarning, match="3 of 300 rows have no modality observed"):
        filled = fitted.transform(broken)
    assert_allclose(filled[:3], np.tile(X[3:].mean(axis=0), (3, 1)))


def test_single_missing_values_get_the_column_mean():
    X = complete()
    X[0, 0] = X[1, 3] = np.nan
    fitted = imputer().fit(X)
    assert fitted.missing_rate_ == {"a": 0, "b": 0, "c": 0}
    filled = fitted.transform(X)
    assert filled[0, 0] == pytest.approx(np.nanmean(X[:, 0]))
    assert filled[1, 3] == pytest.approx(np.nanmean(X[:, 3]))


def test_blocks_that_are_never_seen_together():
    """b and c are never observed in one row, so c is predicted from a alone."""
    X = complete()
    broken = lose(lose(X, slice(150), "b"), slice(150, 300), "c")
    filled = imputer().fit_transform(broken)
    alone = ModalityImputer(modalities={"a": [0, 1], "c": [2]})
    expected = alone.fit_transform(broken[:, [0, 1, 5]])
    assert_allclose(filled[:, 5], expected[:, 2])


def test_too_few_rows_for_a_regression():
    X = complete(30)
    broken = lose(X, slice(25), "b")  # five rows have it
    filled = imputer().fit_transform(broken)
    assert_allclose(filled[:25, 2:5], np.tile(X[25:, 2:5].mean(axis=0), (25, 1)))


# interface --------------------------------------------------------------------------


def test_missing_rate():
    X = lose(lose(complete(), slice(30), "b"), slice(150), "c")
    assert imputer().fit(X).missing_rate_ == {"a": 0.0, "b": 0.1, "c": 0.5}


def test_indicator():
    X = lose(complete(), slice(30), "b")
    for container in (np.asarray, pd.DataFrame, pl.DataFrame):
        data = container(X)
        if container is pd.DataFrame:
            data.columns = NAMES
        if container is pl.DataFrame:
            data.columns = NAMES
        fitted = imputer(add_indicator=True).fit(data)
        out = fitted.transform(data)
        assert out.shape == (300, 7)
        assert_array_equal(np.asarray(out)[:, 6], np.arange(300) < 30)
        assert fitted.get_feature_names_out()[-1] == "b__missing"
        names = None if container is np.asarray else np.array(list(out.columns))
        columns = resolve_modalities(None, out, names).as_dict()
        assert columns["b"].tolist() == [2, 3, 4, 6]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(library):
    X = lose(complete(), slice(30), "b")
    frame = pd.DataFrame(X, columns=NAMES, index=np.arange(300) + 7)
    data = frame if library == "pandas" else pl.from_pandas(frame)
    fitted = ModalityImputer().fit(data)  # modalities from the names
    assert list(fitted.modalities_) == ["a", "b", "c"]
    out = fitted.transform(data)
    assert type(out) is type(data) and list(out.columns) == NAMES
    assert_allclose(out.to_numpy(), imputer().fit_transform(X))
    if library == "pandas":
        assert out.index.equals(frame.index)


def test_tagged_arrays_keep_their_modalities():
    X = lose(complete(), slice(30), "b")
    encode = ModalityTransformer(
        [(name, StandardScaler(), columns) for name, columns in MODALITIES.items()]
    )
    out = ModalityImputer().fit_transform(encode.fit_transform(X))
    assert resolve_modalities(None, out).names == ("a", "b", "c")


def test_clone_pickle_and_float32():
    X = lose(complete(), slice(30), "b").astype(np.float32)
    fitted = imputer().fit(X)
    assert fitted.transform(X).dtype == np.float32
    loaded = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(loaded.transform(X), fitted.transform(X))
    assert clone(fitted).modalities == MODALITIES


def test_few_rows_are_kept():
    X = lose(complete(1000), slice(500), "b")
    few = imputer(max_rows=100).fit_transform(X)
    thin = imputer().fit(X[::10])
    thin.mean_ = np.nanmean(X, axis=0)
    assert_allclose(few, thin.transform(X))


# errors -----------------------------------------------------------------------------


def test_block_that_is_missing_everywhere():
    X = lose(complete(), slice(None), "b")
    estimator = imputer()
    with pytest.raises(ValueError, match=r"\['b'\] are missing in every row"):
        estimator.fit(X)
    assert not hasattr(estimator, "mean_")


def test_other_bad_input():
    X = complete()
    with pytest.raises(ValueError, match="modality 'd': columns"):
        ModalityImputer(modalities={"d": [7]}).fit(X)
    with pytest.raises(ValueError, match="X has 5 features"):
        imputer().fit(X).transform(X[:, :5])
    with pytest.raises(ValueError, match="infinity"):
        imputer().fit(np.where(X > 6, np.inf, X))
    with pytest.raises(ValueError, match="could not convert string"):
        ModalityImputer().fit(pd.DataFrame({"t__a": ["word", "words"]}))


# in a pipeline ----------------------------------------------------------------------


def reviews(n=80):
    rng = np.random.default_rng(0)
    mood = rng.random(n) > 0.5
    words = np.where(mood, "good fit", "bad cloth")
    frame = pd.DataFrame(
        {
            "review": [f"{w} {rng.choice(['a', 'b', 'c'])}" for w in words],
            "age": mood * 2 + rng.normal(size=n),
            "visits": mood + rng.normal(size=n),
        }
    )
    for j in range(5):
        frame[f"pixel{j}"] = mood + rng.normal(size=n)
    return frame, mood.astype(int)


PARTS = [
    ("text", text_encoder(4), "review"),
    ("table", tabular_encoder(), ["age", "visits"]),
    ("image", StandardScaler(), [f"pixel{j}" for j in range(5)]),
]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_any_modality_may_be_missing_at_predict(library):
    frame, target = reviews()
    frame.loc[:9, "review"] = None
    frame.loc[10:19, [f"pixel{j}" for j in range(5)]] = np.nan
    model = make_multimodal_pipeline(
        *PARTS, imputer=ModalityImputer(), estimator=DROClassifier(ChiSquare(0.01))
    )
    assert model[0].missing == "keep"

    def data(frame):
        return frame if library == "pandas" else pl.from_pandas(frame)

    model.fit(data(frame), target)
    assert model[1].missing_rate_ == {"text": 0.125, "table": 0.0, "image": 0.125}
    assert list(model[2].modalities_) == ["text", "table", "image"]
    for columns in (["review"], ["age", "visits"], [f"pixel{j}" for j in range(5)]):
        for value in (None, np.nan):
            if library == "polars" and value is not None:
                continue
            lost = frame.copy()
            lost[columns] = value
            for rows in (slice(None), slice(0, 1)):
                part = data(lost.iloc[rows])
                prediction = _quiet(model.predict, part)
                assert np.isin(prediction, [0, 1]).all()


def _quiet(method, X):
    """A row may lose its last modality; that is warned about and no error."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*no modality observed")
        return method(X)


def test_before_encoding():
    X = lose(complete(), slice(30), "b")
    y = (X[:, 0] > 5).astype(int)
    encode = ModalityTransformer(
        [(name, StandardScaler(), columns) for name, columns in MODALITIES.items()]
    )
    model = make_pipeline(imputer(), encode, DROClassifier(ChiSquare(0.01)))
    assert model.fit(X, y).score(X, y) > 0.9
    assert list(model[-1].modalities_) == ["a", "b", "c"]
