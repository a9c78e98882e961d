"""Shifts of one modality at a time: what changes, what stays, and the scores."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skmmdro import DROClassifier, KernelDROClassifier
from skmmdro._worst_shift import WorstShift
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import make_multimodal_pipeline
from skmmdro.datasets import make_multimodal_classification
from skmmdro.robustness import (
    compare_robustness,
    make_robust_scorer,
    modality_robustness,
)
from skmmdro.robustness._columns import modality_columns
from skmmdro.robustness._reweight import _contribution
from skmmdro.robustness._shifts import shifted

DATA = make_multimodal_classification(500, widths=(3, 2), random_state=0)
X, Y, PARTS = DATA.data, DATA.target, DATA.modalities
MODEL = DROClassifier(modalities=PARTS).fit(X[:250], Y[:250])
TEST = X[250:], Y[250:]


def mixed_frame(n_samples=200, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_samples)
    words = np.array([["good", "fine", "bad"], ["bad", "poor", "fine"]])
    reviews = [" ".join([*rng.choice(words[t], 4), f"w{i}"]) for i, t in enumerate(y)]
    frame = pd.DataFrame(
        {
            "review": reviews,
            "age": rng.standard_normal(n_samples) + y,
            "visits": rng.integers(0, 9, n_samples),
            "kind": pd.Series(rng.choice(["a", "b"], n_samples)),
        }
    )
    return frame, y


def mixed_model():
    return make_multimodal_pipeline(
        ("text", TfidfVectorizer(), "review"),
        ("numbers", StandardScaler(), ["age", "visits"]),
        ("kind", OneHotEncoder(), ["kind"]),
        estimator=LogisticRegression(),
    )


CONTAINERS = {
    "numpy": np.asarray,
    "pandas": lambda Z: pd.DataFrame(Z, columns=list("abcde")),
    "polars": lambda Z: pl.DataFrame(Z, schema=list("abcde")),
    "sparse array": csr_array,
    "sparse matrix": csr_matrix,
}


def to_array(Z):
    return Z.toarray() if hasattr(Z, "toarray") else np.asarray(Z)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("shift", ["missing", "noise", "permute"])
def test_only_the_modality_changes_and_containers_agree(container, shift):
    columns = np.array([0, 1, 2])
    given = CONTAINERS[container](X)
    moved = shifted(given, columns, shift, 0.5, 0)
    assert type(moved) is type(given)
    assert np.array_equal(to_array(given), X)  # the input is left alone
    moved = to_array(moved)
    assert np.array_equal(moved[:, 3:], X[:, 3:])
    np.testing.assert_allclose(moved, shifted(X, columns, shift, 0.5, 0))


def test_missing_is_the_mean_in_a_share_of_the_rows():
    moved = shifted(X, np.arange(3), "missing", 0.3, 0)
    hit = np.any(moved[:, :3] != X[:, :3], axis=1)
    assert hit.sum() == round(0.3 * len(X))
    np.testing.assert_allclose(
        moved[hit, :3], np.tile(X[:, :3].mean(0), (hit.sum(), 1))
    )


def test_permute_keeps_the_rows_of_the_modality():
    moved = shifted(X, np.arange(3), "permute", 1.0, 0)
    order = np.lexsort(moved[:, :3].T), np.lexsort(X[:, :3].T)
    np.testing.assert_array_equal(moved[order[0], :3], X[order[1], :3])


def test_noise_has_the_stated_size():
    moved = shifted(X, np.arange(3), "noise", 2.0, 0)
    ratio = (moved - X)[:, :3].std(0) / X[:, :3].std(0)
    np.testing.assert_allclose(ratio, 2.0, rtol=0.15)


def test_frames_with_text_and_categories():
    frame, _ = mixed_frame()
    kinds = {"review": {""}, "kind": {frame["kind"].mode()[0]}}
    for j, name in enumerate(frame.columns):
        moved = shifted(frame, [j], "missing", 1.0, 0)[name]
        if name in kinds:
            assert set(moved) == kinds[name]
        else:
            np.testing.assert_allclose(moved.astype(float), frame[name].mean())
        if name in kinds:
            assert shifted(frame, [j], "noise", 1.0, 0).equals(frame)


def test_modalities_are_found():
    frame, y = mixed_frame()
    model = mixed_model().fit(frame, y)
    found = modality_columns(None, frame, model)
    assert {k: list(v) for k, v in found.items()} == {
        "text": [0],
        "numbers": [1, 2],
        "kind": [3],
    }
    assert list(modality_columns(None, X, MODEL)) == ["m0", "m1"]
    named = pd.DataFrame(X, columns=["a__1", "a__2", "b__1", "b__2", "b__3"])
    assert list(modality_columns(None, named, LogisticRegression())) == ["a", "b"]
    assert list(modality_columns({"part": [0]}, X, MODEL)) == ["part"]
    rest = modality_columns({"part": [0], "rest": "remainder"}, X, MODEL)
    assert list(rest["rest"]) == [1, 2, 3, 4]


def test_table_of_raw_data():
    frame, y = mixed_frame()
    model = mixed_model().fit(frame[:100], y[:100])
    result = modality_robustness(model, frame[100:], y[100:], n_repeats=2)
    assert result.baseline == [model.score(frame[100:], y[100:])]
    # three modalities, three severities: two draws of three shifts and one reweighting
    assert len(result.table["score"]) == 3 * 3 * (2 * 3 + 1)
    assert list(result.to_frame()) == list(result.table)
    scores = result.mean_scores()
    assert scores["text", "noise", 1.0] == result.baseline[0]
    assert scores["numbers", "permute", 1.0] < result.baseline[0]
    key, score = result.worst()
    assert scores[key] == score == min(scores.values())


def test_scores_are_those_of_the_shifted_data():
    result = modality_robustness(
        MODEL, *TEST, shifts=["permute"], severities=[1.0], n_repeats=3, random_state=5
    )
    seed = np.random.RandomState(5).randint(2**31 - 2**20)
    for k, columns in enumerate(PARTS.values()):
        for repeat in range(3):
            moved = shifted(
                TEST[0], np.arange(5)[columns], "permute", 1.0, seed + 1000 * k + repeat
            )
            expected = accuracy_score(TEST[1], MODEL.predict(moved))
            assert result.table["score"][3 * k + repeat] == expected


def test_cross_validation_and_jobs():
    arguments = {"cv": 3, "shifts": ["missing"], "scoring": "roc_auc", "n_repeats": 2}
    one = modality_robustness(MODEL, X, Y, **arguments)
    two = modality_robustness(MODEL, X, Y, n_jobs=2, **arguments)
    assert len(one.baseline) == 3
    np.testing.assert_array_equal(one.table["score"], two.table["score"])
    np.testing.assert_array_equal(np.unique(one.table["fold"]), [0, 1, 2])


def divergence(weights):
    return len(weights) * np.sum((weights - 1 / len(weights)) ** 2)


def test_reweighting_is_a_function_of_the_modality_within_the_radius():
    rng = np.random.default_rng(0)
    first, second = np.round(rng.standard_normal((2, 2000, 1)), 1)
    losses = (first[:, 0] > 1).astype(float)
    worst = WorstShift(first, first**2, losses)  # the score does not tell the losses
    weights = worst.weights(0.5)
    assert divergence(weights) <= 0.5 * (1 + 1e-9)
    # mean + sqrt(rho) std is the most there is, and the losses depend on this one
    most = losses.mean() + np.sqrt(0.5) * losses.std()
    assert weights @ losses == pytest.approx(most, rel=0.02)
    other = WorstShift(second, second, losses).weights(0.5)
    assert losses.mean() <= other @ losses < losses.mean() + 0.05


def test_rows_alike_in_the_modality_get_like_weights():
    column = np.random.default_rng(0).integers(0, 5, (39, 1)).astype(float)
    losses = (np.arange(39) % 3 == 0) + (column[:, 0] > 2)
    for radius in (0.1, 0.5, 2.0):
        weights = WorstShift(column, column, losses.astype(float)).weights(radius)
        assert weights @ losses > losses.mean()
        assert weights.sum() == pytest.approx(1)
        assert weights.min() >= 0
        assert max(np.ptp(weights[column[:, 0] == k]) for k in range(5)) < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_reweighting_is_no_weaker_than_a_split_and_grows_with_the_radius(seed):
    data = make_multimodal_classification(1500, random_state=seed)
    train, test = slice(0, 500), slice(500, 1500)
    model = DROClassifier(modalities=data.modalities)
    model.fit(data.data[train], data.target[train])
    Z, y = data.data[test], data.target[test]
    radii = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    options = {"shifts": "reweight", "severities": radii}
    result = modality_robustness(model, Z, y, random_state=0, **options)
    again = modality_robustness(model, Z, y, random_state=1, **options)
    np.testing.assert_array_equal(result.table["score"], again.table["score"])
    errors = model.predict(Z) != y
    for name, columns in data.modalities.items():
        found = [1 - result.mean_scores()[name, "reweight", r] for r in radii]
        assert np.all(np.diff(found) >= -1e-9)
        score = Z[:, columns] @ model.coef_[0, columns]
        for values in (score, np.abs(score - np.median(score))):
            # a part of share a has the divergence 1 / a - 1
            for radius, share in ((1.0, 2), (4.0, 5)):
                order, size = np.argsort(values), len(values) // share
                ends = errors[order[:size]].mean(), errors[order[-size:]].mean()
                assert found[radii.index(radius)] >= max(ends) - 1e-5


def test_contributions_are_those_of_the_model():
    Z, y = TEST
    for k, columns in enumerate(([0, 1, 2], [3, 4])):
        expected = Z[:, columns] @ MODEL.coef_[0, columns]
        found = _contribution(MODEL, Z, np.array(columns))[:, 0]
        np.testing.assert_allclose(found - found.mean(), expected - expected.mean())
        kernel = KernelDROClassifier(modalities=PARTS).fit(Z[:50], y[:50])
        found = _contribution(kernel, Z, np.array(columns))[:, 0]
        expected = kernel.modality_scores(Z)[:, k]
        np.testing.assert_allclose(
            found - found.mean(), expected - expected.mean(), atol=1e-10
        )


@pytest.mark.parametrize("container", CONTAINERS)
def test_reweighting_in_any_container(container):
    model = LogisticRegression().fit(CONTAINERS[container](X), Y)
    options = {"shifts": "reweight", "modalities": PARTS}
    found = modality_robustness(model, CONTAINERS[container](X), Y, **options)
    model = LogisticRegression().fit(X, Y)
    expected = modality_robustness(model, X, Y, **options)
    np.testing.assert_allclose(found.table["score"], expected.table["score"])


def test_reweighting_of_awkward_models_and_data():
    frame, y = mixed_frame()
    names = np.array(["a", "b", "c"])[np.arange(200) % 3]
    wide = np.random.default_rng(0).standard_normal((200, 80))
    wide[::7, 3] = np.nan
    models = [
        (mixed_model(), frame, y, None),
        (Perceptron(), X[:200], names, PARTS),
        (DecisionTreeClassifier(max_depth=2), wide, names, [70, 10]),
        (DummyClassifier(), X[:200], names, PARTS),
    ]
    for model, Z, target, parts in models:
        result = modality_robustness(
            model.fit(Z, target), Z, target, modalities=parts, shifts="reweight"
        )
        assert np.all(result.table["score"] <= result.baseline + 1e-9)
    # nothing to find: the losses are equal
    constant = DummyClassifier().fit(X, np.zeros(500))
    same = modality_robustness(constant, X, np.zeros(500), shifts="reweight")
    assert np.all(same.table["score"] == 1.0)


def test_reweighting_of_regression_lowers_r2():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((600, 2))
    y = Z[:, 0] ** 2 + Z[:, 1]
    model = LinearRegression().fit(Z, y)
    result = modality_robustness(
        model, Z, y, modalities={"a": [0], "b": [1]}, shifts="reweight"
    )
    scores = result.mean_scores()
    assert scores["a", "reweight", 1.0] < scores["b", "reweight", 1.0]
    assert scores["a", "reweight", 1.0] < result.baseline[0]


def test_robust_scorer_is_the_worst_score():
    scorer = make_robust_scorer(shifts=["missing", "permute"], n_repeats=2)
    result = modality_robustness(
        MODEL, *TEST, shifts=["missing", "permute"], severities=[1.0], n_repeats=2
    )
    assert scorer(MODEL, *TEST) == pytest.approx(result.worst()[1])
    mean = make_robust_scorer(shifts=["missing", "permute"], aggregate="mean")
    assert mean(MODEL, *TEST) > scorer(MODEL, *TEST)
    assert pickle.loads(pickle.dumps(scorer))(MODEL, *TEST) == scorer(MODEL, *TEST)
    assert "worst" in repr(scorer)


def test_search_prefers_the_model_that_does_not_lean_on_one_modality():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    strong = y + 0.3 * rng.standard_normal(400)
    weak = y + 0.6 * rng.standard_normal(400)
    Z, parts = np.c_[strong, weak], {"strong": [0], "weak": [1]}
    errors = [{"strong": e, "weak": 0.0} for e in (0.0, 0.08)]
    scorers = make_robust_scorer(shifts="permute", n_repeats=3), None
    robust, plain = (
        GridSearchCV(
            DROClassifier(ChiSquare(0.0), modalities=parts),
            {"ambiguity__encoder_error": errors},
            scoring=scorer,
        )
        .fit(Z, y)
        .best_params_["ambiguity__encoder_error"]
        for scorer in scorers
    )
    assert (robust, plain) == (errors[1], errors[0])


def test_comparison():
    other = DROClassifier(ChiSquare(0.0), modalities=PARTS).fit(X[:50], Y[:50])
    arguments = {"shifts": ["missing", "reweight"], "n_bootstrap": 100}
    result = compare_robustness(
        {"a": MODEL, "b": other, "c": MODEL}, *TEST, **arguments
    )
    table = result.to_frame()
    assert result.reference == "a"
    assert len(table) == 2 * (1 + 2 * 2 * 3)
    same = table[table.model == "c"]
    assert np.all(same[["difference", "lower", "upper"]] == 0)
    rest = table[table.model == "b"]
    assert np.all((rest.lower <= rest.difference) & (rest.difference <= rest.upper))
    assert rest.iloc[0].difference == pytest.approx(
        other.score(*TEST) - MODEL.score(*TEST)
    )
    means = [result.results[name].mean_scores() for name in "ba"]
    row = rest.iloc[1]
    key = (row.modality, row["shift"], row.severity)
    assert row.difference == pytest.approx(means[0][key] - means[1][key])


def test_comparison_by_any_scorer_agrees_with_the_quick_one():
    other = LogisticRegression().fit(X[:50], Y[:50])
    models = {"a": MODEL, "b": other}
    arguments = {"modalities": PARTS, "n_bootstrap": 10, "n_repeats": 2}
    quick = compare_robustness(models, *TEST, **arguments).differences

    def slow(estimator, X, y, sample_weight=None):
        return accuracy_score(y, estimator.predict(X), sample_weight=sample_weight)

    other = compare_robustness(models, *TEST, scoring=slow, **arguments).differences
    for name in ("difference", "lower", "upper"):
        np.testing.assert_allclose(quick[name], other[name])


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"shifts": ["rain"]}, "shifts must be some of"),
        ({"shifts": []}, "shifts must be some of"),
        ({"shifts": None}, "shifts must be one value or a sequence"),
        ({"severities": None}, "severities must be one value or a sequence"),
        ({"severities": [1.5]}, "shares of the rows"),
        ({"severities": [0.0]}, "shares of the rows"),
        ({"severities": []}, "empty"),
        ({"severities": {"noise": [1.0]}}, "one list for each"),
        ({"modalities": {"a": ["b"]}}, "not found"),
        ({"n_repeats": 0}, "n_repeats"),
        ({"scoring": "nonsense"}, "nonsense"),
    ],
)
def test_bad_input(kwargs, message):
    with pytest.raises(ValueError, match=message):
        modality_robustness(MODEL, *TEST, **kwargs)


def test_what_is_stated_twice_counts_once():
    options = {"shifts": ["missing", "missing"], "severities": [0.5, 0.5]}
    result = modality_robustness(MODEL, *TEST, n_repeats=2, **options)
    assert len(result.table["score"]) == 2 * 2


def test_bad_models():
    with pytest.raises(NotFittedError):
        modality_robustness(DROClassifier(modalities=PARTS), *TEST)
    with pytest.raises(ValueError, match="neither a classifier nor a regressor"):
        modality_robustness(KMeans(2).fit(X), *TEST)
    with pytest.raises(ValueError, match="at least two models"):
        compare_robustness({"a": MODEL}, *TEST)
    with pytest.raises(ValueError, match="is not one of"):
        compare_robustness({"a": MODEL, "b": MODEL}, *TEST, reference="c")
