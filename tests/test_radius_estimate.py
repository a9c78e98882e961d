"""Radii from unlabelled samples, against divergences that are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from skmmdro import DROClassifier
from skmmdro.datasets import make_multimodal_classification
from skmmdro.radius import RadiusEstimate, confidence_radius, estimate_radii
from skmmdro.radius._ratio import chi_square_of_ratio, density_ratio
from skmmdro.radius._transport import transport_distance

FAST = {"n_bootstrap": 2}


def moved_normal(n_samples, delta, seed, width=3):
    rng = np.random.default_rng(seed)
    source, target = rng.standard_normal((2, n_samples, width))
    target[:, 0] += delta
    return source, target


def test_two_halves_of_one_sample_are_near_zero():
    radii = []
    for seed, width in enumerate([1, 5, 30] * 3):
        source, target = moved_normal(1000, 0.0, seed, width)
        radii.append(estimate_radii(source, target, **FAST).radii["x"])
    assert np.mean(radii) < 0.02
    assert np.max(radii) < 0.06


@pytest.mark.parametrize("delta", [0.25, 0.5, 0.75])
def test_mean_shift_of_a_normal_has_its_closed_form(delta):
    # the standard error of the best estimate, of delta^2, is 16 % at delta = 0.25
    radii = [
        estimate_radii(*moved_normal(5000, delta, seed), **FAST).radii["x"]
        for seed in range(4)
    ]
    assert np.mean(radii) == pytest.approx(np.expm1(delta**2), rel=0.25)


def test_the_modality_that_moved_has_the_radius():
    draw = {"n_samples": 3000, "widths": (2, 3), "modality_names": ("a", "b")}
    draw["as_frame"] = True
    source = make_multimodal_classification(**draw, random_state=0)
    target = make_multimodal_classification(**draw, random_state=1, shift={"b": 0.8})
    estimate = estimate_radii(source.data, target.data, n_bootstrap=50)
    assert estimate.radii["a"] < 0.02
    assert estimate.lower["b"] <= target.chi2["b"] <= estimate.upper["b"]
    assert estimate.auc["b"] > 0.6 > estimate.auc["a"]
    moved = 0.8 * np.linalg.norm(target.loadings["b"])
    assert estimate.transport["b"] == pytest.approx(moved, rel=0.1)
    table = estimate.summary().splitlines()
    assert [line.split()[0] for line in table] == ["modality", "a", "b"]


def test_no_overlap_is_a_large_radius():
    rng = np.random.default_rng(0)
    source, target = rng.random((2, 500, 1))
    near = estimate_radii(source, target + 0.5, **FAST).radii["x"]
    far = estimate_radii(source, target + 5.0, **FAST).radii["x"]
    assert far > near > 10


def test_domains_are_compared_with_the_rest_and_the_largest_counts():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((900, 2))
    month = np.repeat(["jan", "feb", "mar"], 300)
    X[month == "mar", 1] += 1.0
    parts = {"still": [0], "moving": [1]}
    estimate = estimate_radii(X, domains=month, modalities=parts, **FAST)
    last = month == "mar"
    alone = estimate_radii(X[~last], X[last], modalities=parts, **FAST)
    assert estimate.radii["moving"] == pytest.approx(alone.radii["moving"], rel=0.2)
    assert estimate.radii["still"] < 0.1 < estimate.radii["moving"]


def test_containers_agree():
    source, target = moved_normal(400, 0.5, 0)
    expected = estimate_radii(source, target, modalities=[1, 2])
    frames = [
        pd.DataFrame(Z, columns=["x0__a", "x1__b", "x1__c"]) for Z in (source, target)
    ]
    assert estimate_radii(*frames) == expected
    linear = LogisticRegression()
    dense = estimate_radii(source, target, classifier=linear)
    sparse = estimate_radii(csr_array(source), csr_array(target), classifier=linear)
    assert sparse.radii == pytest.approx(dense.radii, rel=1e-4)
    assert sparse.transport == pytest.approx(dense.transport)


def test_missing_values_are_a_shift_if_they_differ():
    source, target = moved_normal(600, 0.0, 0)
    source[:300, 0] = np.nan
    assert estimate_radii(source, target, **FAST).radii["x"] > 0.2
    target[:300, 0] = np.nan
    assert estimate_radii(source, target, **FAST).radii["x"] < 0.05


def test_ambiguity_reweights_what_overlaps_and_transports_the_rest():
    source, target = moved_normal(500, 0.5, 0, width=2)
    target[:, 1] += 6.0
    parts = {"near": [0], "far": [1]}
    estimate = estimate_radii(source, target, modalities=parts, **FAST)
    both = estimate.ambiguity()
    assert both.reweighting.radius == {"near": estimate.radii["near"], "far": 1.0}
    assert both.transport.radius == {"near": 0.0, "far": estimate.transport["far"]}
    assert estimate.transport["far"] == pytest.approx(6.0, rel=0.05)
    y = (source.sum(axis=1) > 0).astype(int)
    model = DROClassifier(both, modalities=parts).fit(source, y)
    assert model.coef_[0, 1] == 0
    assert model.coef_[0, 0] > 0
    alone = estimate.ambiguity(max_radius=1e9)
    assert alone.radius == estimate.radii


def test_ambiguity_guards_a_modality_whose_columns_did_not_move():
    # the columns keep their marginals and become equal up to their sign
    rng = np.random.default_rng(0)
    source, target = rng.standard_normal((2, 800, 3))
    target[:, 1] = target[:, 0] * np.sign(target[:, 1])
    parts = {"tied": [0, 1], "still": [2]}
    estimate = estimate_radii(source, target, modalities=parts, **FAST)
    estimate = replace(estimate, transport={"tied": 0.0, "still": 0.0})
    assert estimate.radii["tied"] > 0.5
    small = estimate.ambiguity(max_radius=0.5)
    assert small.radius == {"tied": 0.5, "still": min(estimate.radii["still"], 0.5)}
    # a modality that moved further is not guarded less
    for limit in (0.0, 0.1, 0.5, 1e9):
        radii = estimate.ambiguity(limit).radius
        assert radii["tied"] == min(limit, estimate.radii["tied"])


@pytest.mark.parametrize("limit", [-1.0, np.nan, np.inf, "1", None])
def test_ambiguity_refuses_bad_limits(limit):
    estimate = RadiusEstimate({"a": 2.0}, {}, {}, {}, {"a": 0.1}, 0.95)
    with pytest.raises(ValueError, match="max_radius"):
        estimate.ambiguity(limit)


def test_same_seed_same_answer():
    source, target = moved_normal(200, 0.5, 0)
    first, second = (estimate_radii(source, target, random_state=3) for _ in range(2))
    assert first == second


def test_scores_without_skill_give_no_ratio():
    rng = np.random.default_rng(0)
    is_target = np.arange(200) >= 100
    scores = rng.standard_normal((200, 2)) - is_target[:, None]
    ratio, n_slopes = density_ratio(scores, is_target)
    assert n_slopes == 0
    assert np.all(ratio == 1)
    assert chi_square_of_ratio(scores, is_target) == 0


def test_transport_distance_of_a_translation():
    rng = np.random.default_rng(0)
    block = rng.standard_normal((2000, 4))
    move = np.array([0.5, -1.0, 0.0, 2.0])
    state = np.random.RandomState(0)
    distance = transport_distance(block, block + move, state)
    assert distance == pytest.approx(np.linalg.norm(move), rel=0.02)
    assert transport_distance(block[:1000], block[1000:], state) < 0.1


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "got neither"),
        ({"X_target": np.ones((30, 2)), "domains": np.ones(50)}, "got both"),
        ({"X_target": np.ones((30, 3))}, "3 columns and X has 2"),
        ({"X_target": csr_array(np.ones((30, 2)))}, "both be sparse"),
        ({"X_target": np.ones((5, 2))}, "minimum of 20"),
        ({"domains": np.ones(50)}, "at least 2 values"),
        ({"domains": np.arange(50)}, "fewer than 20 rows"),
        ({"domains": np.ones(49)}, r"shape \(49,\)"),
        ({"domains": np.ones((50, 2))}, r"shape \(50, 2\)"),
        ({"domains": np.r_[np.nan, np.repeat([0.0, 1.0], 25)[1:]]}, "missing values"),
        ({"domains": [None] * 25 + ["a"] * 25}, "missing values"),
        ({"domains": pd.array(["a"] * 25 + [None] * 25, dtype="string")}, "missing"),
        ({"domains": np.array([1] * 25 + ["a"] * 25, dtype=object)}, "mixes values"),
        ({"X_target": np.empty((0, 2))}, "0 sample"),
        ({"X_target": np.full((30, 2), np.inf)}, "X_target contains infinity"),
        ({"X_target": np.ones((30, 2)), "modalities": {"a": [0], "b": [7]}}, "'b'"),
        ({"X_target": np.ones((30, 2)), "modalities": [1]}, "adds up to 1 columns"),
        ({"X_target": np.ones((30, 2)), "modalities": {"a": [0]}}, "in no modality"),
        ({"X_target": np.ones((30, 2)), "confidence": 1.0}, "confidence"),
        ({"X_target": np.full((30, 2), "fine")}, "X_target must hold numbers"),
    ],
)
def test_bad_input(kwargs, message):
    with pytest.raises(ValueError, match=message):
        estimate_radii(np.ones((50, 2)), **kwargs)


def test_columns_must_have_the_same_names():
    source, target = moved_normal(50, 0.0, 0, width=2)
    frames = (
        pd.DataFrame(source, columns=["a", "b"]),
        pd.DataFrame(target, columns=["a", "c"]),
    )
    with pytest.raises(ValueError, match="other column names"):
        estimate_radii(*frames)


def test_sparse_data_with_missing_values_are_refused():
    source = csr_array(np.where(np.eye(40) > 0, np.nan, 1.0))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        estimate_radii(source, csr_array(np.ones((40, 40))))


def test_frames_of_polars_and_domains_of_any_container():
    pl = pytest.importorskip("polars")
    source, target = moved_normal(60, 0.5, 0)
    names = ["x0__a", "x1__b", "x1__c"]
    expected = estimate_radii(source, target, modalities=[1, 2], **FAST)
    frames = [pl.DataFrame(Z, schema=names) for Z in (source, target)]
    assert estimate_radii(*frames, **FAST) == expected
    month = np.repeat([1, 2], 30)
    expected = estimate_radii(source, domains=month, **FAST)
    for container in (list, pd.Series, pl.Series, pd.Categorical):
        assert estimate_radii(source, domains=container(month), **FAST) == expected


@pytest.mark.parametrize(
    ("coupling", "message"),
    [
        ([[1.0, 0.5]], "shape"),
        ([[1.0, np.nan], [np.nan, 1.0]], "NaN"),
        ([[2.0, 0.5], [0.5, 1.0]], "diagonal"),
        ([[1.0, 0.5], [0.2, 1.0]], "not symmetric"),
        ([[1.0, 1.5], [1.5, 1.0]], "outside"),
        ([["a"]], "must hold numbers"),
        ([], "shape"),
        ("estimate", "coupling"),
    ],
)
def test_confidence_radius_refuses_what_is_no_coupling(coupling, message):
    with pytest.raises(ValueError, match=message):
        confidence_radius(100, coupling=coupling)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 1.5, np.nan, "0.95", None])
def test_confidence_radius_refuses_what_is_no_confidence(confidence):
    with pytest.raises(ValueError, match="confidence"):
        confidence_radius(100, confidence)


def test_confidence_radius():
    assert confidence_radius(400, 0.975) == pytest.approx(1.959964**2 / 400, rel=1e-6)
    assert confidence_radius(400, 0.5) == 0
    coupling = np.array([[1.0, -0.5], [-0.5, 1.0]])
    rho = confidence_radius(400, coupling=coupling)
    joint = rho * np.abs(coupling).sum()
    assert joint == pytest.approx(confidence_radius(400))
    for n_samples in (0, -1, np.nan, np.inf, "100", None):
        with pytest.raises(ValueError, match="n_samples"):
            confidence_radius(n_samples)
