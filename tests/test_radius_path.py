"""Paths and the largest radius, against fits of their own."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier, DRORegressor, KernelDROClassifier
from skmmdro.ambiguity import ChiSquare, CVaR, Domains, TotalVariation, Wasserstein
from skmmdro.certificates import risk_certificate
from skmmdro.datasets import (
    make_multimodal_classification,
    make_multimodal_regression,
)
from skmmdro.radius import confidence_radius, radius_max, radius_path

COLLAPSE = "ignore:The ambiguity set .*so large"
DATA = make_multimodal_classification(400, widths=(4, 3), random_state=0)
X, Y, PARTS = DATA.data, DATA.target, DATA.modalities
RADII = [0.0, 0.001, 0.01, 0.05, 0.1]


def assert_like_cold_fits(path, estimator, X, y, **fit):
    for i, radius in enumerate(path.radii):
        cold = estimator.set_params(ambiguity__radius=radius).fit(X, y, **fit)
        assert path.objectives[i] == pytest.approx(cold.objective_, rel=1e-6)
        coefs = np.atleast_2d(path.coefs[i])
        np.testing.assert_allclose(coefs, np.atleast_2d(cold.coef_), atol=2e-2)
    assert np.all(path.dual_gaps <= estimator.tol)


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge", "modified_huber"])
def test_binary(loss):
    model = DROClassifier(ChiSquare(), loss=loss, modalities=PARTS)
    assert_like_cold_fits(radius_path(model, X, Y, RADII), model, X, Y)


def test_starts_of_a_fine_grid_stay_within_the_tolerance():
    model = DROClassifier(ChiSquare(), modalities=PARTS)
    path = radius_path(model, X, Y, np.linspace(0.01, 0.1, 100))
    assert np.count_nonzero(path.n_iter) <= 20
    assert np.all(path.dual_gaps <= model.tol)
    cold = model.set_params(ambiguity__radius=0.1).fit(X, Y)
    assert path.objectives[-1] == pytest.approx(cold.objective_, rel=1e-6)


def test_without_penalty_the_gap_is_that_of_a_fit():
    model = DROClassifier(ChiSquare(), modalities=PARTS, alpha=0.0)
    assert_like_cold_fits(radius_path(model, X, Y, RADII), model, X, Y)


def test_multiclass():
    data = make_multimodal_classification(400, n_classes=3, random_state=0)
    model = DROClassifier(ChiSquare(), modalities=data.modalities)
    path = radius_path(model, data.data, data.target, RADII)
    assert path.coefs.shape == (5, 3, 15)
    assert path.intercepts.shape == (5, 3)
    assert_like_cold_fits(path, model, data.data, data.target)


@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_regression(loss):
    data = make_multimodal_regression(400, random_state=0)
    model = DRORegressor(ChiSquare(), loss=loss, modalities=data.modalities)
    path = radius_path(model, data.data, data.target, RADII)
    assert_like_cold_fits(path, model, data.data, data.target)


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "lbfgs"},
        {"fit_intercept": False},
        {"class_weight": "balanced"},
        {"class_weight": {0: 1.0, 1: 3.0}},
        {"ambiguity": ChiSquare(encoder_error=0.05)},
    ],
)
def test_settings(params):
    params = {"ambiguity": ChiSquare(), "modalities": PARTS, **params}
    model = DROClassifier(**params)
    assert_like_cold_fits(radius_path(model, X, Y, RADII), model, X, Y)


def test_weights_and_labels():
    weights = np.random.default_rng(0).integers(0, 3, len(Y)).astype(float)
    labels = np.array(["no", "yes"])[Y]
    model = DROClassifier(ChiSquare(), modalities=PARTS)
    path = radius_path(model, X, labels, RADII, sample_weight=weights)
    assert_like_cold_fits(path, model, X, labels, sample_weight=weights)


def test_order_and_dicts():
    model = DROClassifier(ChiSquare(), modalities=PARTS)
    radii = [{"m0": 0.1, "m1": 0.0}, {"m0": 0.0, "m1": 0.0}, {"m0": 0.1}]
    path = radius_path(model, X, Y, radii)
    assert path.radii == radii
    np.testing.assert_allclose(path.scales, [0.05, 0.0, 0.05])
    assert path.objectives[0] == pytest.approx(path.objectives[2], rel=1e-6)
    assert_like_cold_fits(path, model, X, Y)


def test_content_and_unchanged_estimator():
    model = make_pipeline(StandardScaler(), DROClassifier(modalities=PARTS))
    path = radius_path(model, X, Y, RADII)
    assert path.modality_names == ("m0", "m1")
    for k, columns in enumerate(PARTS.values()):
        norms = np.linalg.norm(path.coefs[:, columns], axis=1)
        np.testing.assert_allclose(path.block_norms[:, k], norms)
    assert np.all(np.diff(path.objectives) > 0)
    assert np.all(np.diff(path.nominal_losses) > 0)
    assert not hasattr(model[-1], "coef_")
    assert model[-1].ambiguity == "chi2"


@pytest.mark.filterwarnings(COLLAPSE)
def test_radius_max_is_where_coefficients_vanish():
    model = DROClassifier(ChiSquare(), modalities=PARTS)
    largest = radius_max(model, X, Y, rtol=1e-3)
    for factor, is_constant in ((1.001, True), (0.997, False)):
        model.set_params(ambiguity__radius=factor * largest).fit(X, Y)
        assert np.all(model.coef_ == 0) == is_constant


@pytest.mark.filterwarnings(COLLAPSE)
def test_radius_max_scales_a_dict_and_gives_a_grid():
    unit = {"m0": 0.2, "m1": 0.1}
    model = DROClassifier(ChiSquare(unit, coupling="independent"), modalities=PARTS)
    largest = radius_max(model, X, Y)
    assert largest["m0"] == pytest.approx(2 * largest["m1"])
    path = radius_path(model, X, Y, 5)
    assert path.radii[0] == {"m0": 0.0, "m1": 0.0}
    assert path.radii[-1] == pytest.approx(largest)
    assert np.all(path.coefs[-1] == 0)
    assert np.any(path.coefs[-2] != 0)


def test_radius_max_of_regression_is_infinite():
    data = make_multimodal_regression(50, widths=(2, 2), random_state=0)
    model = DRORegressor(modalities=data.modalities)
    assert radius_max(model, data.data, data.target) == np.inf
    with pytest.raises(ValueError, match=r"no radius makes .* no natural grid"):
        radius_path(model, data.data, data.target, 5)
    one = ChiSquare({"m0": 0.1, "m1": 0.0})
    largest = radius_max(model.set_params(ambiguity=one), data.data, data.target)
    assert largest == {"m0": np.inf, "m1": 0.0}


@pytest.mark.filterwarnings(COLLAPSE)
@pytest.mark.parametrize("radius", [0.02, {"m0": 0.01, "m1": 0.0}])
def test_radius_max_of_a_share(radius):
    model = DROClassifier(TotalVariation(radius), modalities=PARTS)
    largest = radius_max(model, X[:200], Y[:200])
    for factor, is_constant in ((1.001, True), (0.97, False)):
        changed = (
            {name: factor * r for name, r in largest.items()}
            if isinstance(largest, dict)
            else factor * largest
        )
        model.set_params(ambiguity__radius=changed).fit(X[:200], Y[:200])
        assert np.all(model.coef_ == 0) == is_constant
    if isinstance(largest, dict):
        assert largest["m1"] == 0
        largest = largest["m0"]
    assert 0.05 < largest < 0.5


def test_radius_max_of_a_share_that_never_is_enough():
    data = make_multimodal_regression(50, widths=(2, 2), random_state=0)
    model = DRORegressor(TotalVariation(), modalities=data.modalities)
    assert radius_max(model, data.data, data.target) == np.inf


@pytest.mark.parametrize("ambiguity", [ChiSquare(), TotalVariation(), Wasserstein()])
def test_radius_max_of_features_or_targets_without_content_is_zero(ambiguity):
    model = DROClassifier(ambiguity, modalities=PARTS)
    constant = np.ones_like(X[:100])
    assert radius_max(model, constant, Y[:100]) == 0
    with pytest.raises(ValueError, match="constant at every radius"):
        radius_path(model, constant, Y[:100], 5)
    flat = DRORegressor(ChiSquare(0.1), loss="huber", modalities=PARTS)
    assert radius_max(flat, X[:100], np.ones(100)) == 0


@pytest.mark.filterwarnings(COLLAPSE)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_radius_max_of_transport_is_in_units_of_the_features(scale):
    # alpha is small enough to play no part
    model = DROClassifier(Wasserstein(), modalities=PARTS, alpha=0.0)
    expected = radius_max(model, X, Y, rtol=1e-3)
    found = radius_max(model, scale * X, Y, rtol=1e-3)
    assert found == pytest.approx(scale * expected, rel=2e-3)


def test_kernel_estimators():
    model = KernelDROClassifier(
        ChiSquare(), modalities=PARTS, rank=20, interactions=[("m0", "m1")]
    )
    path = radius_path(model, X, Y, [0.0, 0.01, 0.1])
    assert path.modality_names == tuple(model.fit(X, Y).modality_norms_)
    for i, radius in enumerate(path.radii):
        cold = model.set_params(ambiguity__radius=radius).fit(X, Y)
        assert path.objectives[i] == pytest.approx(cold.objective_, rel=1e-6)
        norms = list(cold.modality_norms_.values())
        np.testing.assert_allclose(path.block_norms[i], norms, rtol=1e-2)
        assert path.intercepts[i] == pytest.approx(cold.intercept_[0], abs=1e-2)
    model = KernelDROClassifier(ChiSquare(), modalities=PARTS, rank=3)
    largest = radius_max(model, X, Y)
    assert 0 < largest < np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.set_params(ambiguity__radius=1.01 * largest).fit(X, Y)
    assert set(model.modality_norms_.values()) == {0.0}


def test_domains_are_passed_on():
    domains = np.repeat(["a", "b"], len(Y) // 2)
    model = DROClassifier(ChiSquare() + Domains(), modalities=PARTS)
    path = radius_path(model, X, Y, [0.0, 0.05], domains=domains)
    for objective, radius in zip(path.objectives, path.radii, strict=True):
        cold = clone(model).set_params(ambiguity__reweighting__radius=radius)
        cold.fit(X, Y, domains=domains)
        assert objective == pytest.approx(cold.objective_, rel=1e-6)
    assert 0 < radius_max(model, X, Y, domains=domains) < 1
    for function in (radius_path, radius_max):
        with pytest.raises(ValueError, match="needs the domain of each sample"):
            function(model, X, Y)


def test_sample_weights_reach_radius_max():
    weights = np.random.default_rng(0).integers(0, 3, len(Y))
    model = DROClassifier(ChiSquare(coupling="independent"), modalities=PARTS)
    copies = radius_max(model, np.repeat(X, weights, axis=0), np.repeat(Y, weights))
    weighted = radius_max(model, X, Y, sample_weight=weights)
    assert weighted == pytest.approx(copies, rel=1e-6)


def test_searches():
    model = DROClassifier(ChiSquare(), modalities=PARTS)
    pipeline = make_pipeline(StandardScaler(), model)
    search = GridSearchCV(pipeline, {"droclassifier__alpha": [0.1]}, cv=2)
    with pytest.raises(ValueError, match="a search of one that has been fitted"):
        radius_path(search, X, Y, RADII)
    search.fit(X, Y)
    expected = radius_path(pipeline.set_params(droclassifier__alpha=0.1), X, Y, RADII)
    path = radius_path(search, X, Y, RADII)
    np.testing.assert_allclose(path.objectives, expected.objectives, rtol=1e-9)
    assert radius_max(search, X, Y) == pytest.approx(radius_max(pipeline, X, Y))


def test_intercepts_of_several_classes_are_those_of_a_fit():
    data = make_multimodal_classification(300, n_classes=3, random_state=0)
    model = DROClassifier(ChiSquare(0.05), modalities=data.modalities)
    path = radius_path(model, data.data, data.target, [0.05])
    model.fit(data.data, data.target)
    np.testing.assert_allclose(path.intercepts[0], model.intercept_, atol=1e-4)


@pytest.mark.parametrize(
    ("estimator", "radii", "message"),
    [
        (LogisticRegression(), [0.1], "must be a DRO estimator"),
        (DROClassifier(CVaR(), modalities=PARTS), [0.1], "must have a radius"),
        (DROClassifier(modalities=PARTS), [None], "radius must be a finite"),
        (DROClassifier(modalities=PARTS), [[0.1, 0.2]], "radius must be a finite"),
        (DROClassifier(modalities=PARTS), ["confidence"], "radius must be a finite"),
        (DROClassifier(modalities=PARTS), [{"m0": "a", "m1": 1}], "must be a finite"),
        (DROClassifier(modalities=PARTS), [{}], "radius is an empty dict"),
        (DROClassifier(TotalVariation(), modalities=PARTS), [1.5], "radius"),
        (DROClassifier(modalities=PARTS), [], "empty"),
        (DROClassifier(modalities=PARTS), [0.0, -1.0], "radius"),
        (DROClassifier(modalities=PARTS), [0.0, np.nan], "radius must be a finite"),
        (
            DROClassifier(modalities=PARTS),
            [{"m0": 0.0, "m1": 0.1}, {"m0": 0.3, "m1": -0.1}],
            "radius must be a finite",
        ),
        (DROClassifier(modalities=PARTS), [{"x": 0.1}], "unknown modalities"),
        (DROClassifier(modalities=PARTS), 1, "radii"),
    ],
)
def test_bad_input(estimator, radii, message):
    with pytest.raises(ValueError, match=message):
        radius_path(estimator, X, Y, radii)


def test_radius_max_needs_a_direction():
    model = DROClassifier(ChiSquare({"m0": 0.0, "m1": 0.0}), modalities=PARTS)
    with pytest.raises(ValueError, match="zero for every modality"):
        radius_max(model, X, Y)
    model.set_params(ambiguity=ChiSquare({"m0": np.nan, "m1": 0.1}))
    with pytest.raises(ValueError, match="radius must be a finite"):
        radius_max(model, X, Y)


def test_confidence_as_a_radius():
    model = DROClassifier(ChiSquare("confidence"), modalities=PARTS).fit(X, Y)
    assert model.joint_radius_ == pytest.approx(confidence_radius(len(Y)))
    rho = confidence_radius(len(Y), coupling=model.coupling_)
    stated = DROClassifier(ChiSquare(rho), modalities=PARTS).fit(X, Y)
    np.testing.assert_allclose(model.coef_, stated.coef_, rtol=1e-6)
    # the robust objective is close to the normal upper confidence bound
    probability = model.predict_proba(X)[np.arange(len(Y)), Y]
    losses = -np.log(probability)
    bound = losses.mean() + 1.645 * losses.std() / np.sqrt(len(Y))
    penalty = 0.5e-3 * np.sum(model.coef_**2)
    assert model.objective_ == pytest.approx(bound + penalty, rel=1e-3)
    # weights count by their effective number
    weights = np.r_[np.full(200, 1.0), np.full(200, 3.0)]
    n_effective = weights.sum() ** 2 / np.sum(weights**2)
    model.fit(X, Y, sample_weight=weights)
    assert model.joint_radius_ == pytest.approx(confidence_radius(n_effective))
    certificate = risk_certificate(model, X, Y)
    assert certificate.joint_radius == pytest.approx(confidence_radius(n_effective))
    with pytest.raises(ValueError, match="radius"):
        DROClassifier(ChiSquare("certain"), modalities=PARTS).fit(X, Y)


def test_transport_radius():
    model = DROClassifier(Wasserstein(), modalities=PARTS)
    path = radius_path(model, X, Y, [0.0, 0.02, 0.1])
    assert_like_cold_fits(path, model, X, Y)
    largest = radius_max(model, X, Y)
    assert np.all(radius_path(model, X, Y, [1.01 * largest]).coefs == 0)
    both = DROClassifier(ChiSquare() + Wasserstein(0.02), modalities=PARTS)
    path = radius_path(both, X, Y, [0.01])
    alone = both.set_params(ambiguity__reweighting__radius=0.01).fit(X, Y)
    assert path.objectives[0] == pytest.approx(alone.objective_, rel=1e-6)


@pytest.mark.parametrize(
    "norm, coupling", [("linf", "separate"), ("l1", "separate"), ("linf", "joint")]
)
def test_paths_of_every_norm_of_transport(norm, coupling):
    """Block norms are those of the modalities, whatever the penalty's own groups."""
    ambiguity = Wasserstein(norm=norm, coupling=coupling)
    model = DROClassifier(ambiguity, modalities=PARTS)
    path = radius_path(model, X[:200], Y[:200], [0.0, 0.02, 0.1])
    for coef, norms in zip(path.coefs, path.block_norms, strict=True):
        expected = [np.linalg.norm(coef[columns]) for columns in PARTS.values()]
        np.testing.assert_allclose(norms, expected)
    cold = model.set_params(ambiguity__radius=0.1).fit(X[:200], Y[:200])
    assert path.objectives[2] == pytest.approx(cold.objective_, rel=1e-6)
