"""What users rely on in the linear estimators: limits, invariances, warnings."""

import logging
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import make_multimodal_pipeline
from skmmdro.losses import REGISTRY as LOSSES
from skmmdro.modalities import Modalities

TIGHT = 1e-10
WIDTHS = [3, 2]
ESTIMATORS = [DROClassifier, DRORegressor]
both = pytest.mark.parametrize("estimator", ESTIMATORS)


def data(task, n_samples=120, seed=0):
    """Return X, y; task is the number of classes, 0 for regression, or an estimator."""
    task = {DROClassifier: 2, DRORegressor: 0}.get(task, task)
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, sum(WIDTHS)))
    scores = X @ rng.standard_normal((sum(WIDTHS), max(task, 1)))
    scores += rng.gumbel(size=scores.shape)
    if task == 0:
        return X, scores[:, 0]
    return X, (scores[:, 0] > 0).astype(int) if task == 2 else scores.argmax(axis=1)


def make(task, **parameters):
    cls = task if isinstance(task, type) else DROClassifier if task else DRORegressor
    parameters = {"ambiguity": ChiSquare(0.02), "modalities": WIDTHS, **parameters}
    return cls(**parameters)


# Limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_radius_zero_is_logistic_regression(n_classes, weighted, fit_intercept):
    X, y = data(n_classes)
    w = np.random.default_rng(1).random(len(y)) if weighted else np.ones(len(y))
    ours = make(
        n_classes,
        ambiguity=ChiSquare(0.0),
        alpha=0.01,
        tol=TIGHT,
        fit_intercept=fit_intercept,
    ).fit(X, y, w)
    base = LogisticRegression(
        C=1 / (0.01 * w.sum()), tol=1e-10, max_iter=5000, fit_intercept=fit_intercept
    ).fit(X, y, w)
    np.testing.assert_allclose(ours.coef_, base.coef_, atol=1e-5)
    np.testing.assert_allclose(
        ours.predict_proba(X), base.predict_proba(X), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(ours.worst_case_weights_, w / w.sum())


def test_radius_zero_is_ridge():
    X, y = data(0)
    ours = make(0, ambiguity=ChiSquare(0.0), alpha=0.01, tol=1e-12).fit(X, y)
    base = Ridge(alpha=0.01 * len(y)).fit(X, y)
    np.testing.assert_allclose(ours.coef_, base.coef_, rtol=1e-6)
    assert ours.intercept_ == pytest.approx(base.intercept_)
    assert np.isscalar(ours.intercept_) or ours.intercept_.ndim == 0


@both
def test_tolerance_is_reached(estimator):
    X, y = data(estimator)
    for tol in (1e-2, 1e-6, 1e-9):
        model = make(estimator, tol=tol).fit(X, y)
        assert 0 <= model.dual_gap_ <= tol


@both
def test_objective_is_the_documented_one(estimator):
    X, y = data(estimator)
    nominal = np.full(len(y), 1 / len(y))
    model = make(estimator, alpha=0.05).fit(X, y)
    modalities = Modalities(tuple(model.modalities_), tuple(model.modalities_.values()))
    bound = ChiSquare(0.02).bind(X, nominal, modalities)

    def losses(scale):
        raw = scale * (X @ np.ravel(model.coef_)) + model.intercept_
        if estimator is DROClassifier:
            return np.logaddexp(0, -np.where(y == 1, 1, -1) * raw)
        return 0.5 * (raw - y) ** 2

    def objective(scale):
        risk = bound.reweighting.worst_case(losses(scale), nominal).value
        return risk + 0.5 * 0.05 * np.sum((scale * model.coef_) ** 2)

    assert model.objective_ == pytest.approx(objective(1.0), rel=1e-12)
    assert min(objective(0.9), objective(1.1)) > model.objective_
    weights = model.worst_case_weights_
    risk = model.objective_ - 0.5 * 0.05 * np.sum(model.coef_**2)
    assert weights @ losses(1.0) == pytest.approx(risk, rel=1e-9)
    assert weights.min() >= 0 and weights.sum() == pytest.approx(1)
    divergence = np.sum((weights - nominal) ** 2 / nominal)
    assert divergence <= model.joint_radius_ * (1 + 1e-9)


# Invariances --------------------------------------------------------------------------


@pytest.mark.parametrize("task", [0, 2, 3])
@pytest.mark.parametrize("coupling", ["estimate", "independent"])
def test_integer_weights_equal_repetition(task, coupling):
    X, y = data(task)
    times = np.random.default_rng(2).integers(0, 4, len(y))
    model = make(task, ambiguity=ChiSquare(0.02, coupling=coupling), tol=TIGHT)
    weighted = clone(model).fit(X, y, sample_weight=times)
    repeated = clone(model).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-7, atol=1e-7)
    assert weighted.joint_radius_ == pytest.approx(repeated.joint_radius_)
    assert not np.any(weighted.worst_case_weights_[times == 0])


@both
def test_only_ratios_of_weights_matter(estimator):
    X, y = data(estimator)
    w = np.random.default_rng(3).random(len(y))
    first = make(estimator, tol=TIGHT).fit(X, y, w)
    second = make(estimator, tol=TIGHT).fit(X, y, 1000 * w)
    np.testing.assert_allclose(first.coef_, second.coef_, atol=1e-7)


@both
def test_order_of_rows_and_columns(estimator):
    X, y = data(estimator)
    rng = np.random.default_rng(4)
    rows, columns = rng.permutation(len(y)), rng.permutation(X.shape[1])
    ambiguity = ChiSquare({"a": 0.05, "b": 0.01}, coupling="independent")
    groups = {"a": [0, 1, 2], "b": [3, 4]}
    moved = {name: np.flatnonzero(np.isin(columns, c)) for name, c in groups.items()}
    base = make(estimator, ambiguity=ambiguity, modalities=groups, tol=TIGHT).fit(X, y)
    other = make(estimator, ambiguity=ambiguity, modalities=moved, tol=TIGHT)
    other.fit(X[np.ix_(rows, columns)], y[rows])
    np.testing.assert_allclose(
        np.ravel(other.coef_), np.ravel(base.coef_)[columns], atol=1e-6
    )


@both
def test_duplicated_columns_share_the_coefficient(estimator):
    X, y = data(estimator)
    ambiguity = ChiSquare(0.02, coupling="independent")
    base = make(estimator, ambiguity=ambiguity, alpha=0.01, tol=TIGHT).fit(X, y)
    # each coefficient is split in halves: half the squared norm, twice the alpha
    double = make(
        estimator,
        ambiguity=ambiguity,
        modalities={"x0": [0, 1, 2, 5, 6, 7], "x1": "remainder"},
        alpha=0.02,
        tol=TIGHT,
    ).fit(np.hstack([X, X]), y)
    coef = np.ravel(double.coef_)
    np.testing.assert_allclose(coef[:5], coef[5:], atol=1e-6)
    np.testing.assert_allclose(2 * coef[:5], np.ravel(base.coef_), atol=1e-5)
    assert double.objective_ == pytest.approx(base.objective_)


@both
@pytest.mark.parametrize("kind", ["csr_array", "csr_matrix", "csc_array", "coo_array"])
def test_sparse_equals_dense(estimator, kind):
    X, y = data(estimator)
    X = np.where(np.abs(X) > 0.7, X, 0.0)
    dense = make(estimator, tol=TIGHT).fit(X, y)
    model = make(estimator, tol=TIGHT).fit(getattr(sparse, kind)(X), y)
    np.testing.assert_allclose(model.coef_, dense.coef_, atol=1e-7)
    np.testing.assert_allclose(
        model.predict(getattr(sparse, kind)(X)), dense.predict(X)
    )


@both
def test_float32(estimator):
    X, y = data(estimator)
    model = make(estimator).fit(X.astype(np.float32), y)
    assert model.coef_.dtype == np.float32
    np.testing.assert_allclose(
        model.coef_, make(estimator).fit(X, y).coef_, rtol=1e-3, atol=1e-4
    )


@both
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(estimator, library):
    X, y = data(estimator)
    names = ["a__0", "a__1", "a__2", "b__0", "b__1"]
    frame = pytest.importorskip(library).DataFrame(dict(zip(names, X.T, strict=True)))
    radius = {"a": 0.05, "b": 0.0}
    model = make(estimator, ambiguity=ChiSquare(radius), modalities=None)
    model.fit(frame, y)
    assert {k: list(v) for k, v in model.modalities_.items()} == {
        "a": [0, 1, 2],
        "b": [3, 4],
    }
    assert list(model.feature_names_in_) == names
    arrays = make(estimator, ambiguity=ChiSquare({"x0": 0.05, "x1": 0.0}))
    expected = arrays.fit(X, y).predict(X)
    np.testing.assert_allclose(model.predict(frame), expected, rtol=1e-9)


@both
def test_data_are_not_written_to(estimator):
    X, y = data(estimator)
    w = np.ones(len(y))
    for array in (X, y, w):
        array.setflags(write=False)
    make(estimator).fit(X, y, w).predict(X)


# Settings -----------------------------------------------------------------------------


def test_balanced_classes():
    X, y = data(2)
    rows = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:15]]
    X, y = X[rows], y[rows]
    share = np.bincount(y) / len(y)
    stated = make(2, class_weight={0: 1 / share[0], 1: 1 / share[1]}, tol=TIGHT)
    balanced = make(2, class_weight="balanced", tol=TIGHT).fit(X, y)
    np.testing.assert_allclose(balanced.coef_, stated.fit(X, y).coef_, atol=1e-7)
    assert not np.allclose(balanced.coef_, make(2).fit(X, y).coef_, atol=1e-3)


@both
def test_warm_start(estimator):
    X, y = data(estimator)
    model = make(estimator, solver="lbfgs", warm_start=True, tol=1e-8).fit(X, y)
    cold, coef = model.n_iter_, model.coef_
    model.fit(X, y)
    assert model.n_iter_ < cold
    np.testing.assert_allclose(model.coef_, coef, atol=1e-6)
    wide = np.c_[X, X[:, :1] ** 2]  # the old coefficients do not fit these data
    model.set_params(modalities=[3, 3]).fit(wide, y)
    assert model.dual_gap_ <= 1e-8


def test_warm_start_with_other_classes():
    X, y = data(3)
    model = make(3, warm_start=True).fit(X, y)
    labels = np.array(["a", "b", "c"])[(y + 1) % 3]
    model.fit(X, labels)
    assert model.dual_gap_ <= 1e-6 and list(model.classes_) == ["a", "b", "c"]


@pytest.mark.parametrize("alias", sorted(LOSSES))
def test_losses_separate_blobs(alias):
    task = LOSSES[alias].task
    if task == "regression":
        X, y = data(0, 300)
        assert make(0, loss=alias).fit(X, y).score(X, y) > 0.5
        return
    X, y = make_blobs(200, centers=3, n_features=5, random_state=0)
    model = make(3, loss=alias).fit(StandardScaler().fit_transform(X), y)
    assert model.coef_.shape == (3, 5)
    assert model.score(StandardScaler().fit_transform(X), y) > 0.95
    assert hasattr(model, "predict_proba") == (alias == "log_loss")


def test_grid_search_over_radius_and_modalities():
    X, y = data(2)
    model = make_multimodal_pipeline(
        ("a", StandardScaler(), [0, 1, 2]),
        ("b", StandardScaler(), [3, 4]),
        estimator=DROClassifier(ChiSquare()),
    )
    grid = {"droclassifier__ambiguity__radius": [0.0, {"a": 0.05, "b": 0.01}]}
    search = GridSearchCV(model, grid, cv=3, scoring="neg_log_loss").fit(X, y)
    assert list(search.best_estimator_[-1].modalities_) == ["a", "b"]
    assert len(search.cv_results_["params"]) == 2


@both
def test_iterations_are_logged(estimator, caplog):
    with caplog.at_level(logging.INFO, logger="skmmdro"):
        model = make(estimator, verbose=1).fit(*data(estimator))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) >= model.n_iter_ and "objective" in lines[-1]


# Hard cases ---------------------------------------------------------------------------


@both
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_more_columns_than_rows(estimator, solver):
    rng = np.random.default_rng(5)
    X, (_, y) = rng.standard_normal((30, 80)), data(estimator, 30)
    model = make(estimator, modalities=[40, 40], solver=solver).fit(X, y)
    assert model.dual_gap_ <= 1e-6
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize("radius", [0.0, 0.05])
def test_separable_data_without_penalty(radius):
    """The infimum is not attained; the fit ends with a model that separates."""
    X = np.r_[np.ones((10, 1)), -np.ones((10, 1))] + np.linspace(0, 0.1, 20)[:, None]
    y = np.repeat([1, 0], 10)
    model = DROClassifier(ChiSquare(radius), alpha=0.0).fit(X, y)
    assert model.score(X, y) == 1
    assert np.all(np.isfinite(model.coef_)) and model.objective_ < 1e-4


@both
def test_equal_losses(estimator):
    """Where features say nothing the model is constant, which is not due to the set."""
    y = np.tile([0, 1], 20)
    X = np.repeat(np.random.default_rng(6).standard_normal((20, 5)), 2, axis=0)
    model = make(estimator).fit(X, y)
    np.testing.assert_allclose(model.coef_, 0, atol=1e-6)
    np.testing.assert_allclose(model.worst_case_weights_, 1 / 40, rtol=1e-3)


@both
def test_constant_columns(estimator):
    X, y = data(estimator)
    X[:, 3:] = 1.0
    model = make(estimator).fit(X, y)
    assert model.dual_gap_ <= 1e-6
    np.testing.assert_allclose(np.ravel(model.coef_)[3:], 0, atol=1e-6)


def test_the_largest_useful_radius():
    """The number in the warning is right: models just below it use the features."""
    X, y = data(2)

    def size(radius):
        ambiguity = ChiSquare(radius, coupling="independent")
        return np.abs(make(2, ambiguity=ambiguity).fit(X, y).coef_).max()

    with pytest.warns(UserWarning, match="largest useful radius") as caught:
        assert size(50.0) == 0
    largest = float(str(caught[0].message).rpartition("radius=")[2].rstrip("."))
    assert size(0.9 * largest) > 0.1
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The ambiguity set is so large")
        assert size(1.05 * largest) < 1e-3


def test_the_warning_names_the_radius_of_each_modality():
    X, y = data(2)
    ambiguity = ChiSquare({"x0": 40.0, "x1": 20.0}, coupling="independent")
    with pytest.warns(UserWarning, match=r"radius=\{'x0': .*, 'x1': .*\}"):
        make(2, ambiguity=ambiguity).fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logarithms_of_tiny_probabilities(n_classes):
    X, y = data(n_classes)
    model = make(n_classes, ambiguity=ChiSquare(0.001)).fit(X, y)
    logs = model.predict_log_proba(1e5 * X)
    assert np.all(np.isfinite(logs)) and logs.min() < -1000
    near = model.predict_log_proba(X)
    np.testing.assert_allclose(np.exp(near), model.predict_proba(X), rtol=1e-12)


@both
def test_not_converged(estimator):
    X, y = data(estimator)
    with pytest.warns(ConvergenceWarning, match=r"max_iter.*duality gap.*tol=1e-09"):
        model = make(estimator, solver="lbfgs", max_iter=1, tol=1e-9).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.dual_gap_ > 1e-9


def test_an_encoder_error_drops_a_modality_exactly():
    X, y = data(2)
    error = {"x0": 0.0, "x1": 10.0}
    model = make(2, ambiguity=ChiSquare(0.02, encoder_error=error)).fit(X, y)
    assert np.all(model.coef_[0, 3:] == 0) and np.all(model.coef_[0, :3] != 0)
    assert model.dual_gap_ <= 1e-6


def test_joint_radius_endpoints():
    """B is sum rho without coupling and (sum sqrt rho)^2 with the strongest."""
    X, y = data(2)
    rho = np.array([0.04, 0.01])
    radius = dict(zip(["x0", "x1"], rho, strict=True))
    for coupling, expected in {
        "independent": rho.sum(),
        "comonotone": np.sqrt(rho).sum() ** 2,
    }.items():
        model = make(2, ambiguity=ChiSquare(radius, coupling=coupling)).fit(X, y)
        assert model.joint_radius_ == pytest.approx(expected)
        assert model.early_fusion_radius_ == pytest.approx(np.sqrt(rho).sum() ** 2)
    model = make(2, ambiguity=ChiSquare(radius)).fit(X, y)
    assert rho.sum() <= model.joint_radius_ <= np.sqrt(rho).sum() ** 2
    assert model.coupling_.shape == (2, 2)
