"""Losses with kinks by the fast solvers, against other libraries."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import QuantileRegressor
from sklearn.svm import SVC

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import (
    ChiSquare,
    Composite,
    CVaR,
    Domains,
    ModalityShift,
    TotalVariation,
    Wasserstein,
)
from skmmdro.losses import Quantile
from skmmdro.solvers import Solution

ERM = Composite()


def classification(n_samples=80, n_features=5, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features))
    scores = X @ rng.standard_normal(n_features)
    return X, (scores + noise * rng.logistic(size=n_samples) > 0).astype(int)


def regression(n_samples=60, n_features=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features))
    return X, X @ rng.standard_normal(n_features) + rng.standard_t(2, n_samples) + 3


def hinge_value(coef, intercept, X, y, alpha, weights=None):
    margin = np.where(y == 1, 1, -1) * (X @ coef + intercept)
    mean = np.average(np.maximum(0, 1 - margin), weights=weights)
    return mean + 0.5 * alpha * coef @ coef


def pinball_value(coef, intercept, X, y, quantile):
    residual = y - X @ coef - intercept
    return np.mean(np.maximum(quantile * residual, (quantile - 1) * residual))


# -- hinge -------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [1e-3, 1e-2, 1.0])
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_hinge_is_the_support_vector_machine(alpha, solver):
    X, y = classification()
    model = DROClassifier(ERM, loss="hinge", alpha=alpha, solver=solver).fit(X, y)
    svc = SVC(kernel="linear", C=1 / (alpha * len(y)), tol=1e-10).fit(X, y)
    expected = hinge_value(svc.coef_[0], svc.intercept_[0], X, y, alpha)
    assert model.objective_ == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(model.coef_, svc.coef_, atol=2e-3)
    found = hinge_value(model.coef_[0], model.intercept_[0], X, y, alpha)
    assert model.objective_ == pytest.approx(found, rel=1e-12)
    assert model.dual_gap_ <= model.tol


def test_hinge_with_weights():
    X, y = classification()
    weights = np.random.default_rng(1).integers(0, 4, len(y)).astype(float)
    model = DROClassifier(ERM, loss="hinge", alpha=1e-2).fit(X, y, weights)
    svc = SVC(kernel="linear", C=1 / (1e-2 * weights.sum()), tol=1e-10)
    used = weights > 0
    svc.fit(X[used], y[used], weights[used])
    expected = hinge_value(svc.coef_[0], svc.intercept_[0], X, y, 1e-2, weights)
    assert model.objective_ == pytest.approx(expected, rel=1e-6)


def test_hinge_on_separable_data():
    """The maximal margin as alpha becomes small: all losses are zero."""
    X, y = classification(noise=0.0)
    X = X + 0.3 * np.where(y == 1, 1, -1)[:, None] * np.sign(X.T @ (y - 0.5))
    model = DROClassifier(ERM, loss="hinge", alpha=1e-3).fit(X, y)
    svc = SVC(kernel="linear", C=1 / (1e-3 * len(y)), tol=1e-10).fit(X, y)
    expected = hinge_value(svc.coef_[0], svc.intercept_[0], X, y, 1e-3)
    assert model.objective_ == pytest.approx(expected, rel=1e-5)
    assert model.score(X, y) == 1


def test_more_columns_than_samples():
    X, y = classification(n_samples=30, n_features=100)
    model = DROClassifier(ERM, loss="hinge", alpha=1e-2).fit(X, y)
    svc = SVC(kernel="linear", C=1 / (1e-2 * len(y)), tol=1e-10).fit(X, y)
    expected = hinge_value(svc.coef_[0], svc.intercept_[0], X, y, 1e-2)
    assert model.objective_ <= expected * (1 + 1e-6)  # SVC stops 4e-6 above
    assert model.objective_ == pytest.approx(expected, rel=1e-5)


def test_hinge_of_several_classes():
    """One-versus-rest: the sum of the binary objectives."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((90, 4))
    y = (X[:, :3] + 0.5 * rng.gumbel(size=(90, 3))).argmax(axis=1)
    model = DROClassifier(ERM, loss="hinge", alpha=1e-2).fit(X, y)
    total = 0.0
    for c in range(3):
        one = (y == c).astype(int)
        part = DROClassifier(ERM, loss="hinge", alpha=1e-2).fit(X, one)
        np.testing.assert_allclose(model.coef_[c], part.coef_[0], atol=5e-3)
        total += part.objective_
    assert model.objective_ == pytest.approx(total, rel=2e-6)


# -- quantile and absolute error ---------------------------------------------------


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantile_without_penalty(quantile):
    """The linear program that scikit-learn solves exactly."""
    X, y = regression()
    model = DRORegressor(ERM, loss=Quantile(quantile), alpha=0.0).fit(X, y)
    exact = QuantileRegressor(quantile=quantile, alpha=0).fit(X, y)
    expected = pinball_value(exact.coef_, exact.intercept_, X, y, quantile)
    assert model.objective_ == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(model.coef_, exact.coef_, atol=1e-3)
    below = np.mean(y < model.predict(X))
    assert below == pytest.approx(quantile, abs=6 / len(y))


def test_absolute_error_is_twice_the_median_loss():
    X, y = regression()
    absolute = DRORegressor(ERM, loss="absolute_error", alpha=2e-2).fit(X, y)
    median = DRORegressor(ERM, loss=Quantile(0.5), alpha=1e-2).fit(X, y)
    assert absolute.objective_ == pytest.approx(2 * median.objective_, rel=2e-6)
    np.testing.assert_allclose(absolute.coef_, median.coef_, atol=1e-3)


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_units_of_the_target(factor):
    """y and the coefficients scale together, alpha against them."""
    X, y = regression()
    model = DRORegressor(ERM, loss="absolute_error", alpha=1e-2 / factor)
    plain = DRORegressor(ERM, loss="absolute_error", alpha=1e-2).fit(X, y)
    model.fit(X, factor * y)
    assert model.objective_ == pytest.approx(factor * plain.objective_, rel=2e-6)


# -- large and sparse problems, other sets -----------------------------------------


def test_many_columns_go_through_lbfgs():
    """More than 700 unknowns: no Hessian is formed."""
    X, y = classification(n_samples=200, n_features=750)
    fast = DROClassifier(ERM, loss="hinge", alpha=0.1).fit(X, y)
    assert fast.dual_gap_ <= fast.tol
    svc = SVC(kernel="linear", C=1 / (0.1 * len(y)), tol=1e-9).fit(X, y)
    expected = hinge_value(svc.coef_[0], svc.intercept_[0], X, y, 0.1)
    assert fast.objective_ == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("loss", ["hinge", "absolute_error"])
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix])
def test_sparse_data(loss, container):
    X, y = classification(n_features=12)
    X[np.random.default_rng(0).random(X.shape) < 0.6] = 0
    estimator = DROClassifier if loss == "hinge" else DRORegressor
    for ambiguity in (ERM, ChiSquare(0.02), Wasserstein(0.02)):
        dense = estimator(ambiguity, loss=loss, alpha=1e-2).fit(X, y)
        other = estimator(ambiguity, loss=loss, alpha=1e-2).fit(container(X), y)
        assert other.objective_ == pytest.approx(dense.objective_, rel=2e-6)


def test_single_precision():
    X, y = classification()
    single = X.astype(np.float32)
    model = DROClassifier("chi2", loss="hinge", alpha=1e-2).fit(single, y)
    other = DROClassifier("chi2", loss="hinge", alpha=1e-2)
    other.fit(single.astype(float), y)
    assert model.coef_.dtype == np.float32
    assert model.objective_ == pytest.approx(other.objective_, rel=2e-6)


def test_warm_start():
    """The solution of a neighbouring problem is a valid start."""
    X, y = classification()
    model = DROClassifier("chi2", loss="hinge", alpha=1e-2, warm_start=True).fit(X, y)
    again = model.set_params(alpha=2e-2).fit(X, y).objective_
    cold = DROClassifier("chi2", loss="hinge", alpha=2e-2).fit(X, y).objective_
    assert again == pytest.approx(cold, rel=2e-6)


def test_too_few_iterations_leave_a_usable_model():
    X, y = classification()
    model = DROClassifier("chi2", loss="hinge", max_iter=3)
    with pytest.warns(ConvergenceWarning, match="dual"):
        model.fit(X, y)
    assert model.n_iter_ == 3 and np.all(np.isfinite(model.coef_))
    # the certificate is honest: the objective is within the gap of the optimum
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        best = DROClassifier("chi2", loss="hinge").fit(X, y).objective_
    assert best <= model.objective_ * (1 + 1e-6)
    assert (model.objective_ - best) <= model.dual_gap_ * model.objective_


@pytest.mark.parametrize("loss", ["log_loss", "hinge"])
@pytest.mark.parametrize(
    "ambiguity", [ModalityShift(0.05), CVaR(0.9), TotalVariation(), Domains()], ids=repr
)
def test_modalities_drop_out_exactly(ambiguity, loss):
    """A modality without signal has coefficients zero, not small ones."""
    rng = np.random.default_rng(1)
    X, domains = rng.standard_normal((300, 12)), np.arange(300) % 3
    y = (X[:, :4].sum(axis=1) + rng.standard_normal(300) > 0).astype(int)
    model = DROClassifier(
        ambiguity + Wasserstein(0.08), modalities=[4, 4, 4], alpha=1e-3, loss=loss
    )
    norms = np.linalg.norm(model.fit(X, y, domains=domains).coef_.reshape(3, 4), axis=1)
    assert norms[0] > 1e-2 or not norms.any()
    assert np.all((norms == 0) | (norms > 1e-3))
    assert np.any(norms == 0)
    assert model.dual_gap_ <= model.tol


@pytest.mark.parametrize("objective", [0.5, 2.0, 10.0])
def test_certificate_of_another_point(objective):
    """The same dual value bounds it, whatever gaps are relative to."""
    dual = 0.4
    solution = Solution(np.zeros(1), np.ones(1), 2.0, (2.0 - dual) / 2.0, "optimal", 1)
    moved = solution.moved(np.ones(1), objective)
    assert moved.gap == pytest.approx((objective - dual) / objective)


def test_constant_model_of_hinge_and_cvar():
    """A gap of zero was claimed 2e-4 above the optimum, which is one."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 6))
    y = X[:, 0] + X[:, 3] + rng.standard_normal(60) > 0
    with pytest.warns(UserWarning, match="constant"):
        model = DROClassifier(CVaR(0.1), loss="hinge").fit(X, y)
    assert not model.coef_.any()
    assert model.objective_ == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("max_iter", [60, 120, 200])
def test_gaps_of_unfinished_fits_are_bounds(max_iter):
    """A first-order estimate of the gap certified a constant model 5 % too high."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 6))
    y = X[:, 0] + X[:, 3] + rng.standard_normal(40) > 0
    assert y.sum() == 18  # the best constant has the objective 2 * 18 / 40
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DROClassifier(Wasserstein(1e7), loss="hinge", max_iter=max_iter)
        model.fit(1e6 * X, y)
    assert model.objective_ * (1 - model.dual_gap_) <= 0.9 * (1 + 1e-9)
