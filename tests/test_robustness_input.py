"""What the robustness tools accept: data, targets, splits and stated modalities."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import coo_array, coo_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ShuffleSplit,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from skmmdro import DROClassifier, KernelDROClassifier, ModalityTransformer
from skmmdro.datasets import make_multimodal_classification
from skmmdro.robustness import (
    compare_robustness,
    make_robust_scorer,
    modality_robustness,
)
from skmmdro.robustness._columns import modality_columns
from skmmdro.robustness._shifts import shifted
from skmmdro.robustness._tables import read_column

DATA = make_multimodal_classification(240, widths=(3, 2), random_state=0)
X, Y, PARTS = DATA.data, DATA.target, DATA.modalities
TRAIN, TEST = slice(0, 120), slice(120, 240)
NEW = DROClassifier(modalities=PARTS)
MODEL = clone(NEW).fit(X[TRAIN], Y[TRAIN])
QUICK = {"shifts": ["missing", "reweight"], "severities": [1.0], "n_repeats": 1}
EXPECTED = modality_robustness(MODEL, X[TEST], Y[TEST], **QUICK).table["score"]


def names_of(result):
    return list(dict.fromkeys(result.table["modality"].tolist()))


# -- splits ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cv",
    [ShuffleSplit(2), KFold(2, shuffle=True, random_state=np.random.RandomState(0))],
)
def test_models_share_the_splits_of_a_shuffling_splitter(cv):
    models = {"a": NEW, "b": clone(NEW)}
    result = compare_robustness(models, X, Y, cv=cv, n_bootstrap=5, **QUICK)
    for name in ("difference", "lower", "upper"):
        assert np.all(result.differences[name] == 0)


def test_splits_may_be_an_iterable_that_is_read_once():
    models = {"a": NEW, "b": LogisticRegression()}
    options = {"n_bootstrap": 5, "modalities": PARTS, **QUICK}
    masks = [(np.arange(240) % 3 != k, np.arange(240) % 3 == k) for k in range(3)]
    splits = [tuple(np.flatnonzero(mask) for mask in pair) for pair in masks]
    results = [
        compare_robustness(models, X, Y, cv=cv, **options).differences["difference"]
        for cv in (splits, iter(splits), masks)
    ]
    assert len(set(map(tuple, results))) == 1
    result = modality_robustness(NEW, X, Y, cv=iter(splits), **QUICK)
    expected = cross_validate(NEW, X, Y, cv=splits)["test_score"]
    np.testing.assert_allclose(result.baseline, expected)


def test_groups_and_arguments_of_fit_are_those_of_cross_validate():
    groups, weight = np.arange(240) % 7, np.random.default_rng(0).random(240) ** 3
    params = {"sample_weight": weight}
    result = modality_robustness(
        NEW, X, Y, cv=GroupKFold(3), groups=groups, params=params, **QUICK
    )
    expected = cross_validate(
        NEW, X, Y, cv=GroupKFold(3), groups=groups, params=params
    )["test_score"]
    np.testing.assert_allclose(result.baseline, expected)
    with pytest.raises(ValueError, match="cv=None splits nothing"):
        modality_robustness(MODEL, X, Y, groups=groups)
    with pytest.raises(ValueError, match="nothing is fitted"):
        modality_robustness(MODEL, X, Y, params=params)


@pytest.mark.parametrize("weighted", [True, False])
def test_metadata_routing(weighted):
    weight = np.random.default_rng(0).random(240) ** 3
    params = {"groups": np.arange(240) % 7, "sample_weight": weight}
    with config_context(enable_metadata_routing=True):
        model = clone(NEW).set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=weighted)
        options = {"cv": GroupKFold(3), "params": params, "scoring": scorer}
        result = modality_robustness(model, X, Y, **options, **QUICK)
        expected = cross_validate(model, X, Y, **options)["test_score"]
        np.testing.assert_allclose(result.baseline, expected)
        models = {"a": model, "b": clone(model)}
        same = compare_robustness(models, X, Y, n_bootstrap=3, **options, **QUICK)
        assert np.all(same.differences["difference"] == 0)
        with pytest.raises(ValueError, match="pass params="):
            modality_robustness(model, X, Y, cv=2, groups=params["groups"])
        with pytest.raises(UnsetMetadataPassedError, match="evaluation of robustness"):
            modality_robustness(NEW, X, Y, **options)
        search = GridSearchCV(model, {"alpha": [0.1]}, scoring=make_robust_scorer())
        search.fit(X, Y, sample_weight=weight)
    assert search.best_score_ < 1


# -- data ------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [coo_matrix, coo_array, np.ndarray.tolist])
def test_containers(container):
    result = modality_robustness(MODEL, container(X[TEST]), Y[TEST], **QUICK)
    np.testing.assert_allclose(result.table["score"], EXPECTED)
    models = {"a": NEW, "b": clone(NEW)}
    y = Y.tolist()
    result = compare_robustness(models, container(X), y, cv=2, n_bootstrap=2, **QUICK)
    assert np.all(result.differences["difference"] == 0)


TEXTS = [f"{'good' if t else 'bad'} word{i % 5} n{i}" for i, t in enumerate(Y)]


@pytest.mark.parametrize(
    "container",
    [
        list,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: pd.Series(texts, index=np.arange(len(texts)) + 7),
        lambda texts: pl.Series("t", texts),
    ],
)
def test_texts_are_one_modality(container):
    texts = container(TEXTS)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    result = modality_robustness(model, texts, Y, cv=2, severities=[1.0])
    assert names_of(result) == ["x"]
    scores = result.mean_scores()
    assert np.all(result.baseline == 1.0)
    assert scores["x", "noise", 1.0] == scores["x", "reweight", 1.0] == 1.0
    assert max(scores["x", "missing", 1.0], scores["x", "permute", 1.0]) < 0.6
    with pytest.raises(ValueError, match="leave modalities out"):
        modality_robustness(model, texts, Y, cv=2, modalities={"a": [0]})


def test_lists_of_numbers_beside_strings_keep_both():
    rows = [["a" if v > 0 else "b", float(v)] for v in X[:, 0]]
    model = HistGradientBoostingClassifier(max_iter=5)
    encode = ModalityTransformer(
        [("s", OneHotEncoder(), [0]), ("n", "passthrough", [1])]
    )
    model = make_pipeline(encode, model)
    result = modality_robustness(model, rows, Y, cv=2, **QUICK)
    assert names_of(result) == ["s", "n"]


AWKWARD = {
    "integer": (pd.Series([1, None, 3, 8], dtype="Int64"), 4.0),
    "float": (pd.Series([1.0, np.nan, 3.0, 8.0]), 4.0),
    "boolean": (pd.Series([True, False, None, True], dtype="boolean"), True),
    "bool": (pd.Series([True, False, False, True]), False),
    "category": (pd.Series([3, 3, 5, None], dtype="category"), 3),
    "date": (pd.to_datetime(pd.Series(["2020-01-01", None, "2021-01-01"] * 2)), None),
    "string": (pd.Series(["u", "u", "u", None, "v"], dtype="string"), "u"),
    "text": (pd.Series(["one", "two", "three", None]), ""),
    "sparse": (pd.Series([0.0, 0.0, 2.0, 2.0], dtype="Sparse[float]"), 1.0),
}


@pytest.mark.parametrize("kind", AWKWARD)
def test_columns_of_frames_keep_their_kind(kind):
    column, typical = AWKWARD[kind]
    frame = pd.DataFrame({"a": column, "b": 1.0})
    before = frame.copy()
    for shift in ("missing", "noise", "permute"):
        moved = shifted(frame, np.array([0]), shift, 1.0, 0)
        is_number = read_column(frame, 0)[1] is not None
        assert moved["a"].dtype == ("float64" if is_number else column.dtype)
        if shift == "missing" and typical is not None:
            assert np.all(moved["a"] == typical)
    pd.testing.assert_frame_equal(frame, before)


def test_columns_of_polars_keep_their_kind():
    frame = pl.DataFrame(
        {
            "i": [1, None, 3, 8, 4],
            "flag": [True, False, True, None, True],
            "kind": pl.Series(["u", "u", "v", None, "u"], dtype=pl.Categorical),
            "text": ["one", "two", "three", None, "four"],
        }
    )
    moved = shifted(frame, np.arange(4), "missing", 1.0, 0)
    assert moved.rows() == [(4.0, True, "u", "")] * 5
    moved = shifted(frame, np.arange(4), "permute", 1.0, 0)
    assert moved.dtypes[1:] == frame.dtypes[1:]
    assert sorted(map(str, moved["text"])) == sorted(map(str, frame["text"]))


GRAMS = {name: rbf_kernel(X[:, columns]) for name, columns in PARTS.items()}
STACK = np.stack(list(GRAMS.values()))


@pytest.mark.parametrize("form", ["dict", "first axis", "last axis"])
def test_several_gram_matrices(form):
    forms = {
        "dict": lambda rows, cols: {k: g[rows, cols] for k, g in GRAMS.items()},
        "first axis": lambda rows, cols: STACK[:, rows, cols],
        "last axis": lambda rows, cols: np.moveaxis(STACK[:, rows, cols], 0, 2),
    }
    part = forms[form]
    new = KernelDROClassifier(kernel="precomputed")
    model = clone(new).fit(part(TRAIN, TRAIN), Y[TRAIN])
    test = part(TEST, TRAIN)
    result = modality_robustness(model, test, Y[TEST], shifts="permute", n_repeats=1)
    assert result.baseline == [model.score(test, Y[TEST])]
    assert names_of(result) == (["m0", "m1"] if form == "dict" else ["x0", "x1"])
    # the samples take the rows of others in the matrix of one modality
    seed = np.random.RandomState(0).randint(2**31 - 2**20)
    grams = dict(zip(model.modalities_, STACK[:, TEST, TRAIN], strict=True))
    last = list(grams)[1]
    grams[last] = shifted(grams[last], np.arange(120), "permute", 1.0, seed + 1000)
    assert result.table["score"][-1] == model.score(grams, Y[TEST])
    # a split takes rows and columns
    result = modality_robustness(new, part(..., slice(None)), Y, cv=2, **QUICK)
    assert np.all(result.baseline > 0.7)
    # that the model was fitted on fewer samples does not matter to copies of it
    again = modality_robustness(model, part(..., slice(None)), Y, cv=2, **QUICK)
    np.testing.assert_array_equal(again.baseline, result.baseline)
    with pytest.raises(ValueError, match="must be None for several Gram"):
        modality_robustness(model, test, Y[TEST], modalities={"a": [0]})


def test_one_gram_matrix_is_split_as_in_cross_validate():
    model, gram = SVC(kernel="precomputed"), GRAMS["m0"]
    result = modality_robustness(model, gram, Y, cv=3, **QUICK)
    expected = cross_validate(model, gram, Y, cv=3)["test_score"]
    np.testing.assert_allclose(result.baseline, expected)


def test_data_of_other_shapes_are_refused():
    for given in ({"a": X[TEST]}, X[TEST][None]):
        with pytest.raises(ValueError, match="which only an estimator with kernel="):
            modality_robustness(MODEL, given, Y[TEST])
    with pytest.raises(ValueError, match="one or two dimensions"):
        modality_robustness(MODEL, X[TEST][None, None], Y[TEST])
    with pytest.raises(ValueError, match="no rows"):
        modality_robustness(MODEL, [], [])


# -- targets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[TEST][1:], "inconsistent numbers of samples"),
        (None, "y is None"),
        (Y[TEST].astype(str), "labels such as '[01]'.*classes \\[0, 1\\]"),
        (Y[TEST] + 0.5, "continuous"),
        (np.where(Y[TEST] == 1, np.nan, 0.0), "contains NaN"),
    ],
)
def test_targets_that_do_not_fit(y, message):
    with pytest.raises(ValueError, match=message):
        modality_robustness(MODEL, X[TEST], y)
    with pytest.raises(ValueError, match=message):
        make_robust_scorer()(MODEL, X[TEST], y)
    with pytest.raises(ValueError, match="as y"):
        model = Ridge().fit(X, Y)
        modality_robustness(model, X[TEST], ["a"] * 120, modalities=PARTS)


@pytest.mark.parametrize(
    "container", [pd.Series, pl.Series, list, lambda y: y[:, None]]
)
def test_containers_of_targets(container):
    result = modality_robustness(MODEL, X[TEST], container(Y[TEST]), **QUICK)
    np.testing.assert_allclose(result.table["score"], EXPECTED)


def test_several_targets():
    both = np.c_[Y, 1 - Y]
    for model in (Ridge(), KNeighborsClassifier()):
        model.fit(X[TRAIN], both[TRAIN])
        result = modality_robustness(
            model, X[TEST], both[TEST], modalities=PARTS, **QUICK
        )
        assert result.baseline == [model.score(X[TEST], both[TEST])]
        assert np.all(np.isfinite(result.table["score"]))


# -- stated modalities -----------------------------------------------------------------


def stated(model, given=X):
    columns = modality_columns(None, given, model)
    return {name: list(found) for name, found in columns.items()}


def test_modalities_of_the_last_step_and_inside_of_searches():
    expected = {"m0": [0, 1, 2], "m1": [3, 4]}
    pipeline = make_pipeline(StandardScaler(), clone(NEW))
    search = GridSearchCV(NEW, {"alpha": [0.1]}, cv=2)
    nested = GridSearchCV(pipeline, {"droclassifier__alpha": [0.1]}, cv=2)
    models = [pipeline, search, nested, make_pipeline(StandardScaler(), clone(search))]
    for model in models:
        assert stated(model.fit(X, Y)) == expected
        result = modality_robustness(clone(model), X, Y, cv=2, **QUICK)
        assert names_of(result) == ["m0", "m1"]
        make_robust_scorer(shifts="missing")(model, X, Y)
    assert stated(GridSearchCV(NEW, {})) == expected


def test_modalities_are_traced_through_steps_that_keep_names():
    columns = {"u": [0, 1], "v": [2, 3]}
    X_wide = np.c_[np.random.default_rng(0).standard_normal(240), X]
    model = make_pipeline(SelectKBest(k=4), DROClassifier(modalities=columns))
    kept = np.flatnonzero(model.fit(X_wide, Y)[0].get_support())
    assert stated(model, X_wide) == {"u": list(kept[:2]), "v": list(kept[2:])}
    frame = pd.DataFrame(X, columns=list("abcde"))
    scale = StandardScaler().set_output(transform="pandas")
    named = DROClassifier(modalities={"u": ["e", "a"], "v": ["b", "c", "d"]})
    model = make_pipeline("passthrough", scale, named).fit(frame, Y)
    assert stated(model, frame) == {"u": [4, 0], "v": [1, 2, 3]}


def test_modalities_that_cannot_be_traced():
    model = Pipeline([("pca", PCA(5)), ("last", clone(NEW))]).fit(X, Y)
    with pytest.raises(ValueError, match=r"'last'.*traced back through .*'pca'"):
        modality_robustness(model, X, Y)
    with pytest.raises(ValueError, match="pass modalities="):
        make_robust_scorer()(model, X, Y)
    assert names_of(modality_robustness(model, X, Y, modalities=PARTS, **QUICK)) == [
        "m0",
        "m1",
    ]
    # nothing is stated: all columns are one modality
    assert list(stated(make_pipeline(PCA(5), LogisticRegression()).fit(X, Y))) == ["x"]


def test_the_rest_that_a_transformer_passes_on_is_a_modality():
    encode = ModalityTransformer(
        [("a", StandardScaler(), [0, 1]), ("b", "drop", [2])], remainder="passthrough"
    )
    model = make_pipeline(encode, LogisticRegression()).fit(X, Y)
    assert stated(model) == {"a": [0, 1], "remainder": [3, 4]}


@pytest.mark.parametrize(
    ("modalities", "message"),
    [
        ({}, "empty dict"),
        ({"a": []}, "at least one column"),
        ({"a": [0, 0]}, "none twice"),
        ({1: [0]}, "non-empty strings"),
        ({"a": [99]}, "not found"),
    ],
)
def test_modalities_that_are_refused(modalities, message):
    with pytest.raises(ValueError, match=message):
        modality_robustness(MODEL, X, Y, modalities=modalities)
