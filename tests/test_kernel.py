"""Kernel estimators: what they minimise, and the identities that pin it down."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro import (
    DROClassifier,
    DRORegressor,
    KernelDROClassifier,
    KernelDRORegressor,
)
from skmmdro.ambiguity import (
    MMD,
    ChiSquare,
    KullbackLeibler,
    ModalityLoss,
    ModalityShift,
    Wasserstein,
)

WIDTHS = [3, 1, 2]
SPLITS = np.split(np.arange(6), [3, 4])


def make_data(seed=0, n_samples=60, n_classes=2):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, 6))
    score = np.sin(2 * X[:, 0]) + X[:, 3] ** 2 + 0.5 * X[:, 4] * X[:, 5]
    score += 0.3 * rng.standard_normal(n_samples)
    if n_classes == 0:
        return X, score
    return X, np.searchsorted(
        np.quantile(score, np.linspace(0, 1, n_classes + 1)[1:-1]), score
    )


def centred(K, nominal):
    J = np.eye(len(K)) - nominal
    return J @ K @ J.T


def named_grams(X, A=None):
    """Kernels of a fit with a different one in each modality."""
    A = X if A is None else A
    first, second, third = ((A[:, c], X[:, c]) for c in SPLITS)
    return [
        rbf_kernel(*first, gamma=2.0),
        laplacian_kernel(*second, gamma=0.7),
        (third[0] @ third[1].T + 1) ** 2,
    ]


NAMED = {
    "modalities": WIDTHS,
    "kernel": {"x0": "rbf", "x1": "laplacian", "x2": "poly"},
    "gamma": {"x0": 2.0, "x1": 0.7, "x2": 1.0},
    "degree": 2,
}


# -- the objective ---------------------------------------------------------------------


def gram_program(grams, y, nominal, alpha, radius=0.0, budget=0.0, lost=((),)):
    """Solve the problem in the coefficients a_k of f_k = K_k a_k.

    With the symmetric root of the centred Gram matrix K_k, u_k = K_k^.5 a_k is the
    variable: f_k = K_k^.5 u_k and ||f_k|| = (a_k' K_k a_k)^.5 = ||u_k||.
    y: signs for the logistic loss, floats for half the squared error.
    """
    import cvxpy as cp

    n = len(y)
    variables = [cp.Variable(n) for _ in grams]
    norms = [cp.norm(u, 2) for u in variables]
    b, worst = cp.Variable(), cp.Variable()
    functions, constraints = [], []
    for K, u in zip(grams, variables, strict=True):
        values, axes = np.linalg.eigh(K)
        functions.append((axes * np.sqrt(np.maximum(values, 0))) @ axes.T @ u)
    for missing in lost:
        z = sum(f for k, f in enumerate(functions) if k not in missing) + b
        if y.dtype == float:
            losses = 0.5 * cp.square(z - y)
        else:
            losses = cp.logistic(-cp.multiply(y, z))
        eta, excess = cp.Variable(), cp.Variable(n, nonneg=True)
        spread = cp.norm(cp.multiply(np.sqrt(nominal), excess), 2)
        constraints += [excess >= losses - eta]
        constraints += [worst >= eta + np.sqrt(1 + radius) * spread]
    objective = worst + budget * sum(norms) + 0.5 * alpha * sum(map(cp.square, norms))
    program = cp.Problem(cp.Minimize(objective), constraints)
    tolerance = dict.fromkeys(("tol_gap_rel", "tol_gap_abs", "tol_feas"), 1e-9)
    return program.solve(solver=cp.CLARABEL, **tolerance)


@pytest.mark.parametrize(
    "ambiguity, arguments",
    [
        (ChiSquare(0.2, coupling="independent"), {"radius": 0.6}),
        (
            ChiSquare(0.1, coupling="independent") + Wasserstein(0.02),
            {"radius": 0.3, "budget": 0.02},
        ),
        (
            ChiSquare(0.05, coupling="independent") + ModalityLoss(),
            {"radius": 0.15, "lost": ((), (0,), (1,), (2,))},
        ),
    ],
    ids=["chi2", "transport", "loss"],
)
@pytest.mark.parametrize("alpha", [1e-2, 1e-1])
def test_objective_equals_program_in_gram_variables(ambiguity, arguments, alpha):
    X, y = make_data(n_samples=40)
    weights = np.random.default_rng(1).random(40) + 0.1
    nominal = weights / weights.sum()
    model = KernelDROClassifier(ambiguity, alpha=alpha, **NAMED).fit(X, y, weights)
    grams = [centred(K, nominal) for K in named_grams(X)]
    value = gram_program(grams, 2 * y - 1, nominal, alpha, **arguments)
    assert model.objective_ == pytest.approx(value, rel=1e-6)
    assert model.dual_gap_ <= 1e-6


def test_regression_objective_equals_program_in_gram_variables():
    X, y = make_data(n_samples=40, n_classes=0)
    nominal = np.full(40, 1 / 40)
    ambiguity = ChiSquare(0.2, coupling="independent")
    model = KernelDRORegressor(ambiguity, alpha=1e-2, **NAMED).fit(X, y)
    grams = [centred(K, nominal) for K in named_grams(X)]
    value = gram_program(grams, y, nominal, 1e-2, radius=0.6)
    assert model.objective_ == pytest.approx(value, rel=1e-6)


def test_interaction_is_the_product_of_centred_kernels():
    X, y = make_data(n_samples=40)
    nominal = np.full(40, 1 / 40)
    ambiguity = ChiSquare(0.2, coupling="independent")
    model = KernelDROClassifier(
        ambiguity, alpha=1e-2, interactions=[("x0", "x2")], **NAMED
    ).fit(X, y)
    grams = [centred(K, nominal) for K in named_grams(X)]
    grams.append(centred(grams[0] * grams[2], nominal))
    value = gram_program(grams, 2 * y - 1, nominal, 1e-2, radius=0.6)
    assert model.objective_ == pytest.approx(value, rel=1e-6)
    assert list(model.modality_norms_) == ["x0", "x1", "x2", "x0:x2"]


@pytest.mark.parametrize(
    "ambiguity", [ChiSquare(0.1), Wasserstein(0.02), ModalityLoss()], ids=repr
)
@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_linear_kernels_equal_the_linear_model(ambiguity, n_classes):
    X, y = make_data(n_samples=80, n_classes=n_classes)
    X, X_new = X + 3, make_data(1)[0] + 3
    weights = np.random.default_rng(2).integers(0, 4, 80)
    linear, kernel = (
        (DRORegressor(loss="huber"), KernelDRORegressor(loss="huber"))
        if n_classes == 0
        else (DROClassifier(), KernelDROClassifier())
    )
    shared = {"ambiguity": ambiguity, "modalities": WIDTHS, "tol": 1e-9}
    linear.set_params(alpha=1e-2, **shared).fit(X, y, weights)
    kernel.set_params(alpha=1e-2, kernel="linear", **shared).fit(X, y, weights)
    raw = "predict" if n_classes == 0 else "decision_function"
    expected, found = (getattr(m, raw)(X_new) for m in (linear, kernel))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    assert kernel.objective_ == pytest.approx(linear.objective_, rel=1e-8)
    norms = [np.linalg.norm(np.atleast_2d(linear.coef_)[:, c]) for c in SPLITS]
    np.testing.assert_allclose(list(kernel.modality_norms_.values()), norms, atol=1e-6)


def test_radius_zero_is_kernel_ridge_on_centred_data():
    X, y = make_data(n_classes=0)
    model = KernelDRORegressor(ChiSquare(0.0), gamma=0.3, alpha=1e-2).fit(X, y)
    K = centred(rbf_kernel(X, gamma=0.3), np.full(60, 1 / 60))
    ridge = KernelRidge(alpha=1e-2 * 60, kernel="precomputed").fit(K, y - y.mean())
    np.testing.assert_allclose(model.predict(X), ridge.predict(K) + y.mean(), rtol=1e-6)


def test_norm_is_that_of_the_hilbert_space():
    X, y = make_data()
    model = KernelDROClassifier(**NAMED, alpha=1e-2).fit(X, y)
    for k, K in enumerate(named_grams(X)):
        rows, dual = model.landmarks_[f"x{k}"], model.dual_coef_[f"x{k}"]
        square = dual.T @ K[np.ix_(rows, rows)] @ dual
        assert model.modality_norms_[f"x{k}"] ** 2 == pytest.approx(square.item())
        np.testing.assert_allclose(dual.sum(), 0, atol=1e-8)


# -- low rank --------------------------------------------------------------------------


def test_low_rank_converges_to_the_exact_fit():
    X, y = make_data(n_samples=300)
    shared = {"modalities": WIDTHS, "alpha": 1e-2}
    exact = KernelDROClassifier(rank=None, **shared).fit(X, y)
    errors = []
    for rank in (10, 30, 100, 300):
        model = KernelDROClassifier(rank=rank, **shared).fit(X, y)
        assert all(size <= rank for size in model.n_components_.values())
        assert all(len(rows) <= rank + 1 for rows in model.landmarks_.values())
        difference = model.decision_function(X) - exact.decision_function(X)
        errors.append(np.sqrt(np.mean(difference**2)))
        # a smaller space cannot have a smaller optimum
        assert model.objective_ >= exact.objective_ * (1 - 1e-6)
    assert errors[0] > 2 * errors[1] > 10 * errors[2]
    assert errors[3] < 1e-6


@pytest.mark.parametrize("rank", [None, 25])
def test_integer_weights_are_repetitions_in_any_order(rank):
    X, y = make_data(n_samples=100)
    rng = np.random.default_rng(3)
    weights = rng.integers(0, 4, 100)
    rows = rng.permutation(np.repeat(np.arange(100), weights))
    model = KernelDROClassifier(
        rank=rank, gamma="median", interactions=[("x0", "x2")], modalities=WIDTHS
    )
    by_weight = model.fit(X, y, weights).decision_function(X)
    found = model.fit(X[rows], y[rows]).decision_function(X)
    np.testing.assert_allclose(found, by_weight, rtol=1e-7, atol=1e-8)


def test_landmarks_are_few_where_few_suffice():
    X, y = make_data(n_samples=400)
    model = KernelDROClassifier(
        ChiSquare(0.01), kernel="linear", rank=200, modalities=WIDTHS
    ).fit(X, y)
    assert list(model.n_components_.values()) == WIDTHS
    assert all(len(rows) < 50 for rows in model.landmarks_.values())


@pytest.mark.parametrize("form", ["linear", "cosine", "precomputed"])
@pytest.mark.parametrize(
    "n_samples, widths, rank",
    [
        (700, [50, 5], "auto"),  # the first landmarks span just all of it
        (700, [50, 5], 50),
        *((80, [5, 2], rank) for rank in (5, 6, 9, 10, 14, 15)),
    ],
)
def test_low_rank_loses_no_direction(form, n_samples, widths, rank):
    """A kernel of few dimensions is fitted exactly by any rank not below them."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, sum(widths))) + 1
    y = (X[:, 0] - X[:, -1] + rng.standard_normal(n_samples) > 0).astype(int)
    blocks = np.split(X, [widths[0]], axis=1)
    if form == "cosine":
        blocks = [block / np.linalg.norm(block, axis=1)[:, None] for block in blocks]
    rows = np.hstack(blocks)
    shared = {"ambiguity": ChiSquare(0.01, coupling="independent"), "tol": 1e-9}
    linear = DROClassifier(modalities=widths, **shared).fit(rows, y)
    kernel = KernelDROClassifier(kernel=form, rank=rank, **shared)
    if form == "precomputed":
        X = np.stack([block @ block.T for block in blocks])
    else:
        kernel.set_params(modalities=widths)
    assert list(kernel.fit(X, y).n_components_.values()) == widths
    expected, found = linear.decision_function(rows), kernel.decision_function(X)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


# -- contributions and missing modalities ----------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
def test_contributions_add_up(n_classes):
    X, y = make_data(n_classes=n_classes)
    model = KernelDROClassifier(**NAMED, interactions=[("x0", "x1")]).fit(X, y)
    scores = model.modality_scores(X)
    assert scores.shape[1] == 5
    np.testing.assert_allclose(scores.sum(axis=1), model.decision_function(X))
    np.testing.assert_allclose(scores[:, :-1].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scores[0, -1].ravel(), model.intercept_)


def test_missing_modality_contributes_nothing():
    X, y = make_data()
    model = KernelDROClassifier(**NAMED, interactions=[("x0", "x1")]).fit(X, y)
    full, lost = model.modality_scores(X), X.copy()
    lost[5, SPLITS[0]] = np.nan
    found = model.modality_scores(lost)
    np.testing.assert_array_equal(found[5, [0, 3]], 0)
    np.testing.assert_allclose(found[5, [1, 2, 4]], full[5, [1, 2, 4]])
    np.testing.assert_allclose(np.delete(found, 5, 0), np.delete(full, 5, 0))


def test_fit_on_samples_that_lack_modalities():
    X, y = make_data(n_samples=200)
    X[::3, SPLITS[0]] = np.nan
    X[1::3, SPLITS[1]] = np.nan
    observed = ~np.isnan(X[:, 0])
    model = KernelDROClassifier(**NAMED, alpha=1e-2).fit(X, y)
    scores = model.modality_scores(X)
    assert observed[model.landmarks_["x0"]].all()
    np.testing.assert_array_equal(scores[~observed, 0], 0)
    np.testing.assert_allclose(scores[observed, 0].mean(), 0, atol=1e-9)
    assert model.score(X, y) > 0.7


def test_modality_without_use_is_dropped():
    X, y = make_data(n_samples=200)
    ambiguity = Wasserstein({"x0": 0.01, "x1": 5.0, "x2": 0.01, "x1:x2": 5.0})
    model = KernelDROClassifier(ambiguity, interactions=[("x1", "x2")], **NAMED)
    model.fit(X, y)
    norms = model.modality_norms_
    assert norms["x1"] == norms["x1:x2"] == 0 and norms["x0"] > 0
    assert not np.any(model.dual_coef_["x1"])
    changed = X.copy()
    changed[:, SPLITS[1]] += 1
    np.testing.assert_array_equal(model.predict(changed), model.predict(X))


def test_worst_case_of_the_training_data_is_the_objective():
    X, y = make_data(n_classes=3)
    ambiguity = ChiSquare(0.1, coupling="independent") + Wasserstein(0.01)
    model = KernelDROClassifier(ambiguity, interactions=[("x0", "x1")], **NAMED)
    worst = model.fit(X, y).worst_case(X, y)
    norms = np.array(list(model.modality_norms_.values()))
    assert worst.risk + 0.5 * model.alpha * norms @ norms == pytest.approx(
        model.objective_, rel=1e-6
    )
    np.testing.assert_allclose(worst.weights, model.worst_case_weights_, atol=1e-6)


@pytest.mark.parametrize("rank", [None, 15])
@pytest.mark.parametrize(
    "ambiguity", [ChiSquare(0.1), KullbackLeibler(0.1), ModalityShift(0.2), MMD(0.1)]
)
def test_worst_case_of_gram_matrices_is_the_objective(ambiguity, rank):
    """The set learns from the kernels' features, and from no rounding error of them."""
    X, y = make_data(n_samples=80)
    X[:, 3] = X[:, 0] + 0.5 * X[:, 3]  # a coupling
    grams = np.stack(named_grams(X), axis=2)
    model = KernelDROClassifier(
        ambiguity, kernel="precomputed", alpha=1e-2, rank=rank
    ).fit(grams, y)
    worst = model.worst_case(grams, y)
    norms = np.array(list(model.modality_norms_.values()))
    assert worst.risk + 0.5 * model.alpha * norms @ norms == pytest.approx(
        model.objective_, rel=1e-6
    )
    lost = grams.copy()
    lost[:5, :, 1] = np.nan
    again = model.worst_case(lost, y)
    assert again.risk >= again.nominal_risk > worst.nominal_risk


def test_worst_case_environment_loses_interactions_too():
    X, y = make_data()
    model = KernelDROClassifier(ModalityLoss(), interactions=[("x0", "x1")], **NAMED)
    worst = model.fit(X, y).worst_case(X, y)
    lost = X.copy()
    lost[:, SPLITS[1]] = np.nan
    margin = (2 * y - 1) * model.decision_function(lost)
    risk = worst.environment_risks["without x1"]
    assert risk == pytest.approx(np.mean(np.logaddexp(0, -margin)))


# -- with scikit-learn -----------------------------------------------------------------


def test_grid_over_gamma_and_radius():
    X, y = make_data(n_samples=90)
    pipeline = make_pipeline(
        StandardScaler(), KernelDROClassifier(ChiSquare(), modalities=WIDTHS)
    )
    grid = {
        "kerneldroclassifier__gamma": ["scale", "median", 0.3],
        "kerneldroclassifier__ambiguity__radius": [0.0, 0.05],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("form", ["matrix", "stack", "dict"])
def test_cross_validation_splits_gram_matrices(form):
    X, y = make_data(n_samples=90)
    ambiguity = ChiSquare(0.1, coupling="independent")
    grams = np.stack([rbf_kernel(X[:, c], gamma=0.2) for c in SPLITS])
    if form == "matrix":
        K, widths = rbf_kernel(X, gamma=0.2), None
    elif form == "stack":
        K, widths = np.moveaxis(grams, 0, 2), WIDTHS
    else:
        grams = dict(zip("abc", grams, strict=True))
        K, widths = np.stack(list(grams.values()), axis=2), WIDTHS
    given = KernelDROClassifier(ambiguity, kernel="precomputed", rank=None)
    named = KernelDROClassifier(ambiguity, gamma=0.2, modalities=widths)
    np.testing.assert_allclose(
        cross_val_score(given, K, y, scoring="neg_log_loss"),
        cross_val_score(named, X, y, scoring="neg_log_loss"),
        rtol=1e-6,
    )


def test_warm_start_begins_at_the_previous_solution():
    X, y = make_data(n_samples=150)
    model = KernelDROClassifier(modalities=WIDTHS, warm_start=True, tol=1e-8).fit(X, y)
    cold, expected = model.n_iter_, model.decision_function(X)
    assert model.fit(X, y).n_iter_ < cold
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-6)
    other = np.array(["a", "b", "c"])[make_data(n_samples=150, n_classes=3)[1]]
    fresh = KernelDROClassifier(modalities=WIDTHS, tol=1e-8).fit(X, other)
    np.testing.assert_allclose(
        model.fit(X, other).decision_function(X), fresh.decision_function(X), rtol=1e-6
    )
    assert not hasattr(fresh.fit(X, y), "coef_")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_more_features_than_samples(n_classes):
    """The linear fit is reduced to the span of the rows, the kernel fit is small."""
    rng = np.random.default_rng(0)
    X, y = (
        rng.standard_normal((40, 800)),
        make_data(n_samples=40, n_classes=n_classes)[1],
    )
    shared = {"ambiguity": ChiSquare(0.1), "alpha": 10.0, "tol": 1e-9}
    linear = DROClassifier(warm_start=True, **shared).fit(X, y)
    kernel = KernelDROClassifier(kernel="linear", **shared).fit(X, y)
    assert linear.objective_ == pytest.approx(kernel.objective_, rel=1e-8)
    assert linear.dual_gap_ <= 1e-9
    raw = kernel.decision_function(X)
    np.testing.assert_allclose(linear.decision_function(X), raw, rtol=1e-5, atol=1e-7)
    again = linear.n_iter_
    assert linear.fit(X, y).n_iter_ < again


@pytest.mark.parametrize("rank", [1, 5, 12])
def test_small_ranks_are_used_up(rank):
    X, y = make_data(n_samples=80)
    model = KernelDROClassifier(ChiSquare(0.0), rank=rank, modalities=WIDTHS)
    assert set(model.fit(X, y).n_components_.values()) == {rank}
