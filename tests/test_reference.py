"""Fast solvers against the independent cone program, over all losses and settings."""

import numpy as np
import pytest

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import (
    ChiSquare,
    KullbackLeibler,
    ModalityLoss,
    TotalVariation,
    Wasserstein,
)
from skmmdro.losses import REGISTRY as LOSSES

WIDTHS = [3, 1, 2]
MATRIX = np.array([[1.0, 0.4, -0.2], [0.4, 1.0, 0.1], [-0.2, 0.1, 1.0]])
NESTED = {"x0": {"x1": 0.4, "x2": 0.2}, "x1": {"x2": 0.1}}
SETTINGS = {
    "erm": ({"radius": 0.0}, {}),
    "default": ({"coupling": "independent"}, {}),
    "estimate": ({"radius": 0.03}, {}),
    "comonotone": ({"radius": 0.02, "coupling": "comonotone"}, {"alpha": 1e-2}),
    "matrix": ({"radius": 0.03, "coupling": MATRIX}, {"fit_intercept": False}),
    "nested": ({"radius": {"x0": 0.0, "x1": 0.1, "x2": 0.01}, "coupling": NESTED}, {}),
    "large": ({"radius": 1.0}, {"alpha": 1e-1}),
    "error": ({"radius": 0.01, "encoder_error": 0.02}, {}),
    "one-error": (
        {"radius": 0.02, "encoder_error": {"x0": 0.0, "x1": 0.5, "x2": 0.01}},
        {"alpha": 1e-2},
    ),
    "large-error": ({"radius": 0.0, "encoder_error": 0.08}, {}),
}


def make_problem(rng, n_classes, n_samples=60):
    X = rng.standard_normal((n_samples, sum(WIDTHS)))
    X[:, 3] += X[:, 0]
    scores = X @ rng.standard_normal((sum(WIDTHS), max(n_classes, 1)))
    noisy = 2 * scores + rng.gumbel(size=scores.shape)
    if n_classes == 0:
        y = 3 * noisy[:, 0] + 5
    elif n_classes == 2:
        y = (noisy[:, 0] > 0).astype(int)
    else:
        y = noisy.argmax(axis=1)
    weights = rng.integers(0, 4, n_samples) + 0.5 * rng.random(n_samples)
    return X, y, weights


def cases():
    for alias, loss in LOSSES.items():
        for name, (ambiguity, model) in SETTINGS.items():
            if "encoder_error" in ambiguity and alias.startswith("squared"):
                continue
            for n_classes in (2, 3) if loss.task == "classification" else (0,):
                yield pytest.param(
                    alias, n_classes, ambiguity, model, id=f"{alias}-{n_classes}-{name}"
                )


@pytest.mark.parametrize("alias, n_classes, ambiguity, parameters", list(cases()))
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")
def test_objective_equals_reference(alias, n_classes, ambiguity, parameters, solver):
    seed = sum(map(ord, alias + repr(sorted(ambiguity)))) + n_classes
    X, y, weights = make_problem(np.random.default_rng(seed), n_classes)
    estimator = DRORegressor if n_classes == 0 else DROClassifier
    model = estimator(
        ChiSquare(**ambiguity), loss=alias, modalities=WIDTHS, **parameters
    )
    fast = model.set_params(solver=solver).fit(X, y, weights)
    gap, objective, coef = fast.dual_gap_, fast.objective_, fast.coef_
    exact = model.set_params(solver="cvxpy").fit(X, y, weights)

    assert 0 <= gap <= model.tol
    # both are values of the exact objective, so neither can be below the optimum
    assert objective == pytest.approx(exact.objective_, rel=1e-6)
    assert objective <= exact.objective_ * (1 + model.tol)
    scale = max(np.abs(exact.coef_).max(), 1e-3)
    np.testing.assert_allclose(coef, exact.coef_, atol=1e-2 * scale)


def test_reference_on_large_targets():
    X, y, weights = make_problem(np.random.default_rng(0), 0)
    model = DRORegressor(TotalVariation(0.01), loss="huber", alpha=0.1)
    fast = model.fit(X, 1e4 * y, weights).objective_
    exact = model.set_params(solver="cvxpy").fit(X, 1e4 * y, weights).objective_
    assert exact == pytest.approx(fast, rel=1e-6)


@pytest.mark.parametrize(
    "loss, ambiguity",
    [
        ("hinge", KullbackLeibler(5e-6) + Wasserstein(0.04, norm="linf")),
        ("modified_huber", ChiSquare(2e-6) + ModalityLoss()),
        ("squared_hinge", KullbackLeibler(0.3)),
        ("modified_huber", TotalVariation(0.9)),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")
def test_gap_of_reference_is_no_promise_it_does_not_keep(loss, ambiguity):
    X, y, _ = make_problem(np.random.default_rng(1), 2, n_samples=30)
    model = DROClassifier(ambiguity, loss=loss, modalities=WIDTHS)
    best = model.fit(X, y).objective_
    exact = model.set_params(solver="cvxpy").fit(X, y)
    assert exact.objective_ * (1 - exact.dual_gap_) <= best * (1 + 1e-9)


@pytest.mark.parametrize(
    "loss, ambiguity",
    [
        ("squared_error", Wasserstein(0.1, order=2, norm="linf")),
        ("absolute_error", Wasserstein(0.02, norm="linf") + ChiSquare(0.1)),
    ],
)
def test_reference_does_not_depend_on_the_unit_of_the_targets(loss, ambiguity):
    X, y, _ = make_problem(np.random.default_rng(0), 0, n_samples=30)
    objectives, power = [], 2 if loss == "squared_error" else 1
    for scale in (1.0, 1e5):
        alpha = 1e-3 if power == 2 else 1e-3 / scale
        model = DRORegressor(
            ambiguity, loss=loss, modalities=WIDTHS, alpha=alpha, solver="cvxpy"
        ).fit(X, scale * y)
        assert model.dual_gap_ <= model.tol
        objectives.append(model.objective_ / scale**power)
    assert objectives[1] == pytest.approx(objectives[0], rel=1e-6)
