"""Paths and the largest radius, against fits of their own."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import ChiSquare, Wasserstein
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
    with pytest.raises(ValueError, match="no natural grid"):
        radius_path(model, data.data, data.target, 5)


@pytest.mark.parametrize(
    ("estimator", "radii", "message"),
    [
        (LogisticRegression(), [0.1], "must be a DROClassifier"),
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
    assert certificate.joint_radius == pytest.approx(confidence_radius(len(Y)))
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
