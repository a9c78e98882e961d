"""Sets so large that the best model is constant: exact zeros, and a warning."""

import numpy as np
import pytest

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import (
    REGISTRY,
    ChiSquare,
    CVaR,
    Domains,
    KullbackLeibler,
    ModalityLoss,
    TotalVariation,
    Wasserstein,
)

WIDTHS = [2, 2, 2]


def data(n_samples=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, 6))
    y = (X[:, 0] + X[:, 3] + rng.standard_normal(n_samples) > 0).astype(int)
    return X, y


def collapse(ambiguity, **parameters):
    """Fit a model that has to be constant and return it with the advice."""
    X, y = data()
    model = DROClassifier(ambiguity, modalities=WIDTHS, **parameters)
    with pytest.warns(UserWarning, match="so large that .* constant") as caught:
        model.fit(X, y, domains=np.arange(len(y)) % 3)
    (warning,) = caught
    assert not model.coef_.any() and model.dual_gap_ <= model.tol
    return model, str(warning.message).partition("is constant. ")[2]


@pytest.mark.parametrize("loss", ["log_loss", "hinge", "modified_huber"])
@pytest.mark.parametrize("level", [0.1, 1e-12])
def test_cvar(level, loss):
    """A level below all weights is the largest loss."""
    model, advice = collapse(CVaR(level), loss=loss)
    assert advice == f"Choose a larger level of CVaR(level={level})."
    X, y = data()
    exact = DROClassifier(CVaR(max(level, 1 / len(y))), loss=loss, solver="cvxpy")
    assert model.objective_ == pytest.approx(exact.fit(X, y).objective_, rel=1e-6)


@pytest.mark.parametrize("radius", [1e2, 1e12, 1e200])
@pytest.mark.parametrize("set_", [ChiSquare, KullbackLeibler], ids=lambda s: s.alias)
@pytest.mark.parametrize("loss", ["log_loss", "hinge"])
def test_radii_without_measure(set_, radius, loss):
    """The radius to try does not depend on how far beyond it the present one is."""
    _, advice = collapse(set_(radius), loss=loss)
    assert advice.startswith("The largest useful radius")
    assert 0.1 < float(advice.rpartition("radius=")[2].rstrip(".")) < 0.5


@pytest.mark.parametrize(
    "ambiguity, loss",
    [(TotalVariation(0.99), "modified_huber"), (ChiSquare(9), "squared_hinge")],
)
def test_the_bound_of_a_reweighting_radius(ambiguity, loss):
    """Radii from the one that is named on are too large, perhaps smaller ones too."""
    _, advice = collapse(ambiguity, loss=loss)
    assert " is at most " in advice
    largest = float(advice.rpartition("radius=")[2].rstrip("."))
    collapse(type(ambiguity)(1.01 * largest), loss=loss)


def test_sets_together():
    _, advice = collapse(CVaR(0.1) + ModalityLoss())
    assert "a larger level of CVaR(level=0.1) or a larger level or fewer" in advice
    _, advice = collapse(ChiSquare(50.0) + Domains())
    assert "a smaller radius of ChiSquare(radius=50.0) or a larger level of" in advice


def test_a_set_that_cannot_tell_its_share():
    ambiguity = Wasserstein(50.0, label_cost=1.0)
    _, advice = collapse(ambiguity)
    assert "Choose a smaller radius or a larger label_cost of Wasser" in advice


def test_an_encoder_error_is_named():
    _, advice = collapse(ChiSquare(0.01, encoder_error=50.0))
    assert "a smaller radius or encoder_error of ChiSquare" in advice


def test_the_only_modality_with_a_signal_may_be_missing():
    X, y = data()
    X[:, 2:] = 0.0
    with pytest.warns(UserWarning, match="fewer modalities of ModalityLoss()"):
        model = DROClassifier(ModalityLoss(), modalities=WIDTHS, loss="hinge").fit(X, y)
    assert not model.coef_.any()


@pytest.mark.parametrize("alias", REGISTRY)
@pytest.mark.parametrize("X_or_y", ["features", "target", "association"])
def test_no_warning_if_there_is_nothing_to_learn(alias, X_or_y):
    """Constant features or targets, or none that go together: not the set's doing."""
    X, _ = data()
    if X_or_y == "features":
        X[:] = 1e3
    elif X_or_y == "association":
        X[1::2] = X[::2]
    y = np.zeros(60) if X_or_y == "target" else np.arange(60) % 2.0
    model = DRORegressor(alias, modalities=WIDTHS, loss="huber")
    model.fit(X, y, domains=np.arange(60) // 2 % 3)
    np.testing.assert_allclose(model.coef_, 0, atol=1e-5)


@pytest.mark.parametrize("set_", [ChiSquare, KullbackLeibler], ids=lambda s: s.alias)
@pytest.mark.parametrize("radius", [1e-300, 1e-62, 1e-30, 1e-19, 1e-17, 1e-15])
def test_radii_next_to_nothing(set_, radius):
    """They are no radius at all, and no division by zero."""
    X, y = data()
    model, plain = (
        DROClassifier(set_(r), modalities=WIDTHS).fit(X, y) for r in (radius, 0.0)
    )
    np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-6)
    assert model.objective_ == pytest.approx(plain.objective_, rel=1e-7)


def test_a_domain_of_one_sample():
    """Its weights have nowhere to go, in any set and at any smoothing."""
    X, y = data()
    domains = np.where(np.arange(60) == 7, "alone", "others")
    for set_ in (ChiSquare(0.1), KullbackLeibler(0.1), CVaR(0.9)):
        model = DROClassifier(set_ + Domains(level=0.5), alpha=0.1)
        model.fit(X, y, domains=domains)
        assert 0 <= model.dual_gap_ <= 1e-6


@pytest.mark.parametrize("loss", ["hinge", "absolute_error"])
@pytest.mark.parametrize("factor", [10.0, 1e6])
@pytest.mark.parametrize("features, targets", [(1, 1), (1e6, 1e-6), (1e-6, 1e6)])
def test_the_useful_budget_of_losses_with_kinks(loss, factor, features, targets):
    """In units of the features, whatever units data and budgets are in."""
    X, y = data(40)
    estimator = DROClassifier if loss == "hinge" else DRORegressor
    y = y if loss == "hinge" else targets * (X[:, 0] - X[:, 5])
    model = estimator(Wasserstein(factor * features), loss=loss, modalities=WIDTHS)
    with pytest.warns(UserWarning, match="largest useful radius") as caught:
        model.fit(features * X, y)
    (warning,) = caught
    found = float(str(warning.message).rpartition("radius=")[2].rstrip("."))
    small = Wasserstein(0.9 * found / features)
    assert np.any(model.set_params(ambiguity=small, alpha=1e-6).fit(X, y).coef_)
    large = Wasserstein(1.02 * found / features)
    with pytest.warns(UserWarning, match="so large"):
        assert not np.any(model.set_params(ambiguity=large).fit(X, y).coef_)
