"""Wasserstein sets: norms and their projections, identities, flips, zero blocks."""

from ast import literal_eval

import numpy as np
import pytest
from test_reference import WIDTHS, make_problem

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import ChiSquare, Composite, CVaR, ModalityLoss, Wasserstein
from skmmdro.ambiguity._norms import BlockNorm

cp = pytest.importorskip("cvxpy")

LABELS = np.array([0, 0, 1, 2, 2, 2, 0])
INNER, OUTER = ["l2", "l1", "linf"], ["sum", "max"]
RADII = {
    "all": [0.5, 2.0, 1.0],
    "one-zero": [0.5, 0.0, 1.0],
    "one": [0.0, 0.0, 0.7],
    "none": [0.0, 0.0, 0.0],
}
TIGHT = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-10)
EXACT = {"tol": 1e-9, "max_iter": 1000}
BLOCKS = {"x0": slice(0, 3), "x1": slice(3, 4), "x2": slice(4, 6)}
every_inner = pytest.mark.parametrize("inner", INNER)
every_outer = pytest.mark.parametrize("outer", OUTER)
every_radii = pytest.mark.parametrize("radii", RADII)
quiet = pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")


def make_norm(inner, outer, radii):
    return BlockNorm(np.array(RADII[radii]), LABELS, inner, outer)


def by_hand(norm, W):
    """Return the norm from its definition."""
    rows = np.sqrt((W**2).sum(axis=1))
    order = {"l2": 2, "l1": 1, "linf": np.inf}[norm.inner]
    each = [
        r * np.linalg.norm(rows[k == LABELS], order) for k, r in enumerate(norm.radii)
    ]
    return sum(each) if norm.outer == "sum" else max(each)


# -- norms -------------------------------------------------------------------------


@every_inner
@every_outer
@every_radii
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_norm_value(inner, outer, radii, n_outputs):
    """Value, cvxpy form, `scaled` and `groups` are all the definition."""
    norm = make_norm(inner, outer, radii)
    W = np.random.default_rng(0).standard_normal((len(LABELS), n_outputs))
    expected = by_hand(norm, W)
    assert norm.value(W) == pytest.approx(expected, rel=1e-12)
    assert norm.value(0 * W) == 0
    assert norm.scaled(2.5).value(W) == pytest.approx(2.5 * expected)
    variable = cp.Variable(W.shape)
    variable.value = W
    assert norm.cvxpy(variable).value == pytest.approx(expected, rel=1e-12)
    groups = norm.groups()
    if groups is not None:
        labels, budgets = groups
        squares = np.bincount(labels, (W**2).sum(axis=1), minlength=len(budgets))
        assert budgets @ np.sqrt(squares) == pytest.approx(expected)


@every_inner
@every_outer
@every_radii
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_norm_projection(inner, outer, radii, scale):
    """The nearest point of the set whose support function is the norm.

    P is the projection of A if and only if P is in the set and
    ``<A - P, S - P> <= 0`` for all S in it, that is ``norm(A - P) = <A - P, P>``.
    """
    norm = make_norm(inner, outer, radii)
    rng = np.random.default_rng(int(10 * scale))
    for n_outputs in (1, 2):
        A = scale * rng.standard_normal((len(LABELS), n_outputs))
        P = norm.project(A, rate=1.5)
        rest = A - P
        reached = 1.5 * norm.value(rest)
        assert reached == pytest.approx(np.vdot(rest, P), abs=1e-9 * scale)
        # in the set: no direction in which it reaches further than the norm
        for _ in range(50):
            W = rng.standard_normal(A.shape) * rng.random((len(LABELS), 1)) ** 3
            assert np.vdot(W, P) <= 1.5 * norm.value(W) + 1e-9
        np.testing.assert_allclose(norm.project(P, rate=1.5), P, atol=1e-9)


@every_inner
@every_outer
@pytest.mark.parametrize("radii", ["all", "one-zero"])
def test_norm_projection_by_cvxpy(inner, outer, radii):
    """A - P minimises ``norm(W) + |W - A|^2 / 2``."""
    norm = make_norm(inner, outer, radii)
    A = 2 * np.random.default_rng(1).standard_normal((len(LABELS), 2))
    W = cp.Variable(A.shape)
    program = cp.Problem(cp.Minimize(norm.cvxpy(W) + 0.5 * cp.sum_squares(W - A)))
    program.solve(solver=cp.CLARABEL, **TIGHT)
    np.testing.assert_allclose(A - W.value, norm.project(A), atol=1e-5)


@every_inner
@every_outer
@every_radii
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_norm_derivative(inner, outer, radii, scale, n_outputs):
    """Of the projection, by differences; away from its kinks."""
    norm, rng = make_norm(inner, outer, radii), np.random.default_rng(int(10 * scale))
    for _ in range(5):
        A, V = scale * rng.standard_normal((2, len(LABELS), n_outputs))
        step = 1e-6
        change = norm.project(A + step * V) - norm.project(A - step * V)
        found = norm.derivative(A)(V)
        np.testing.assert_allclose(found, change / (2 * step), atol=1e-6 * scale)
        matrix = norm.derivative_matrix(A)
        np.testing.assert_allclose(matrix @ V.ravel(), found.ravel(), atol=1e-12)


@every_inner
@every_outer
@every_radii
def test_norm_dual_value(inner, outer, radii):
    """The least ball around A: A itself, shrunk by that factor, is on its boundary."""
    norm = make_norm(inner, outer, radii)
    A = np.random.default_rng(2).standard_normal((len(LABELS), 2))
    A[norm.radii[LABELS] == 0] = 0.0
    factor = norm.dual_value(A)
    if not A.any():
        assert factor == 0
        return
    np.testing.assert_allclose(norm.project(A, factor * (1 + 1e-9)), A, atol=1e-8)
    assert np.abs(norm.project(A, 0.999 * factor) - A).max() > 1e-5
    assert norm.dual_value(0 * A) == 0
    outside = np.ones_like(A)
    assert (norm.dual_value(outside) == np.inf) == bool(np.any(norm.radii == 0))


def test_norm_projection_of_ties():
    """Equal sizes, zero rows: no division by zero, no lost mass."""
    for inner in INNER:
        for outer in OUTER:
            norm = make_norm(inner, outer, "all")
            np.testing.assert_array_equal(norm.project(np.zeros((7, 2))), 0)
            A = np.ones((7, 1))
            A[2] = 0
            P = norm.project(A)
            assert norm.value(A - P) == pytest.approx(np.vdot(A - P, P), abs=1e-9)


# -- the objective -----------------------------------------------------------------


def problem(n_classes, n_samples=50, seed=0):
    rng = np.random.default_rng(seed)
    return make_problem(rng, n_classes, n_samples)


def make_model(n_classes, ambiguity, **parameters):
    estimator = DROClassifier if n_classes else DRORegressor
    parameters = {"alpha": 1e-2, "modalities": WIDTHS, **parameters}
    return estimator(ambiguity, **parameters)


def charge(coef, radii, norm="l2", coupling="separate"):
    """Return h(w) for coef of shape (n_features,) from the documentation."""
    order = {"l2": 2, "l1": np.inf, "linf": 1}[norm]
    each = [
        r * np.linalg.norm(coef[b], order)
        for r, b in zip(radii, BLOCKS.values(), strict=True)
    ]
    return sum(each) if coupling == "separate" else max(each)


@pytest.mark.parametrize("norm", ["l2", "l1", "linf"])
@pytest.mark.parametrize("coupling", ["separate", "joint"])
@pytest.mark.parametrize("loss", ["log_loss", "hinge", "modified_huber"])
def test_order_one_is_risk_plus_norm(norm, coupling, loss):
    """At the solution; Lip is 1 for log loss and hinge, 4 for modified Huber."""
    X, y, weights = problem(2)
    radius = {"x0": 0.02, "x1": 0.05, "x2": 0.01}
    ambiguity = Wasserstein(radius, norm=norm, coupling=coupling)
    model = make_model(2, ambiguity, loss=loss).fit(X, y, weights)
    margin = np.where(y == 1, 1, -1) * model.decision_function(X)
    losses = {
        "log_loss": np.logaddexp(0, -margin),
        "hinge": np.maximum(0, 1 - margin),
        "modified_huber": np.where(
            margin >= -1, np.maximum(0, 1 - margin) ** 2, -4 * margin
        ),
    }[loss]
    lipschitz = 4 if loss == "modified_huber" else 1
    value = np.average(losses, weights=weights)
    value += lipschitz * charge(model.coef_[0], radius.values(), norm, coupling)
    value += 0.005 * np.sum(model.coef_**2)
    assert model.objective_ == pytest.approx(value, rel=1e-9)
    assert model.dual_gap_ <= model.tol
    assert np.any(model.coef_)


@pytest.mark.parametrize("norm", ["l2", "l1", "linf"])
@pytest.mark.parametrize("coupling", ["separate", "joint"])
def test_order_two_is_the_square_root_lasso(norm, coupling):
    """(sqrt(mean residual^2) + h)^2 / 2, and no worse than a general optimiser."""
    X, y, weights = problem(0)
    radii = [0.3, 0.1, 0.2]
    ambiguity = Wasserstein(
        dict(zip(BLOCKS, radii, strict=True)), order=2, norm=norm, coupling=coupling
    )
    model = make_model(0, ambiguity).fit(X, y, weights)

    def objective(coef, intercept):
        root = np.sqrt(np.average((X @ coef + intercept - y) ** 2, weights=weights))
        total = root + charge(coef, radii, norm, coupling)
        return 0.5 * total**2 + 0.005 * coef @ coef

    found = objective(model.coef_, model.intercept_)
    assert model.objective_ == pytest.approx(found, rel=1e-9)
    assert model.dual_gap_ <= model.tol
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1e-2, 1e-1):
        for _ in range(30):
            move = scale * rng.standard_normal(7)
            other = objective(model.coef_ + move[:6], model.intercept_ + move[6])
            assert other >= found * (1 - 1e-6)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_order_two_along_the_path(solver, factor):
    """All radii up to 1.32, at which nothing is left, in any unit of the target."""
    X, y, weights = problem(0)
    for share in (0.01, 0.1, 0.5, 0.9, 0.97):
        ambiguity = Wasserstein(1.32 * share, order=2)
        model = make_model(0, ambiguity, alpha=1e-4, solver=solver)
        model.fit(X, factor * y, weights)
        exact = make_model(0, ambiguity, alpha=1e-4, solver="cvxpy").fit(X, y, weights)
        assert model.dual_gap_ <= model.tol
        expected = factor**2 * exact.objective_
        assert model.objective_ == pytest.approx(expected, rel=1e-6)


def test_order_two_without_penalty_by_cvxpy():
    """alpha = 0: written down from scratch as a cone program."""
    X, y, weights = problem(0)
    p = weights / weights.sum()
    model = make_model(0, Wasserstein(0.2, order=2), alpha=0.0).fit(X, y, weights)
    w, b = cp.Variable(6), cp.Variable()
    root = cp.norm(cp.multiply(np.sqrt(p), X @ w + b - y))
    total = root + 0.2 * sum(cp.norm(w[block]) for block in BLOCKS.values())
    program = cp.Problem(cp.Minimize(total))
    program.solve(solver=cp.CLARABEL, **TIGHT)
    assert model.objective_ == pytest.approx(0.5 * program.value**2, rel=1e-6)


@pytest.mark.parametrize("n_classes", [3, 0])
def test_order_one_for_three_classes_and_regression(n_classes):
    """sqrt(2) times Frobenius norms, and the Huber threshold as Lipschitz constant."""
    X, y, weights = problem(n_classes)
    loss = "log_loss" if n_classes else "absolute_error"
    model = make_model(n_classes, Wasserstein(0.02), loss=loss).fit(X, y, weights)
    if n_classes:
        losses = -model.predict_log_proba(X)[np.arange(len(y)), y]
        norms = [np.linalg.norm(model.coef_[:, b]) for b in BLOCKS.values()]
        norms = np.sqrt(2) * np.array(norms)
    else:
        losses = np.abs(model.predict(X) - y)
        norms = [np.linalg.norm(model.coef_[b]) for b in BLOCKS.values()]
    value = np.average(losses, weights=weights) + 0.02 * np.sum(norms)
    value += 0.005 * np.sum(model.coef_**2)
    assert model.objective_ == pytest.approx(value, rel=1e-9)


def test_the_bound_for_three_classes():
    """The exact Lipschitz term max |w_c - w_c'| is at most sqrt(2) |W|_F."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        W = rng.standard_normal((4, 3)) * rng.random(3) ** 3
        exact = max(
            np.linalg.norm(W[:, a] - W[:, b]) for a in range(3) for b in range(a)
        )
        assert exact <= np.sqrt(2) * np.linalg.norm(W) + 1e-12
    two = rng.standard_normal((4, 1)) * np.array([1, -1])  # exact for two classes
    exact = np.linalg.norm(two[:, 0] - two[:, 1])
    assert exact == pytest.approx(np.sqrt(2) * np.linalg.norm(two))


def test_an_adversary_cannot_exceed_the_worst_case():
    """Features moved within the budgets: the loss stays below, and can come close."""
    X, y, _ = problem(2, n_samples=200)
    radii = np.array([0.1, 0.05, 0.2])
    model = make_model(2, Wasserstein(dict(zip(BLOCKS, radii, strict=True)))).fit(X, y)
    bound = model.worst_case(X, y).risk
    sign = np.where(y == 1, 1.0, -1.0)

    def risk(moved):
        return np.logaddexp(0, -sign * model.decision_function(moved)).mean()

    rng = np.random.default_rng(0)
    worst = X.copy()
    for radius, block in zip(radii, BLOCKS.values(), strict=True):
        move = rng.standard_normal(X[:, block].shape)
        share = rng.dirichlet(np.full(len(X), 0.1))[:, None] * len(X)
        move *= radius * share / np.linalg.norm(move, axis=1, keepdims=True)
        moved = X.copy()
        moved[:, block] += move
        assert risk(moved) <= bound
        # all of the budget spent on one sample, in the worst direction
        w = model.coef_[0, block]
        if np.any(w):
            worst[0, block] -= sign[0] * len(X) * radius * w / np.linalg.norm(w)
    gained = (risk(worst) - risk(X)) / (bound - risk(X))
    assert 0.8 < gained <= 1


# -- limits ------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["l2", "l1", "linf"])
@pytest.mark.parametrize("coupling", ["separate", "joint"])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("label_cost", [np.inf, 0.5])
def test_radius_zero(norm, coupling, order, label_cost):
    """No budget, nothing moves and no label flips."""
    if order == 2 and label_cost < np.inf:
        return
    n_classes = 2 if order == 1 else 0
    X, y, weights = problem(n_classes)
    ambiguity = Wasserstein(
        0.0, order=order, norm=norm, coupling=coupling, label_cost=label_cost
    )
    model = make_model(n_classes, ambiguity, **EXACT)
    robust = model.fit(X, y, weights).objective_
    plain = model.set_params(ambiguity=Composite()).fit(X, y, weights).objective_
    assert robust == pytest.approx(plain, rel=1e-8)


def test_equal_to_an_encoder_error():
    """At radius 0 of the chi-square set both charge the same norms."""
    X, y, weights = problem(2)
    error = {"x0": 0.02, "x1": 0.1, "x2": 0.0}
    models = [
        make_model(2, ambiguity, **EXACT).fit(X, y, weights)
        for ambiguity in (Wasserstein(error), ChiSquare(0.0, encoder_error=error))
    ]
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, atol=1e-7)
    both = ChiSquare(0.0, encoder_error=error) + Wasserstein(error)
    double = Wasserstein({name: 2 * value for name, value in error.items()})
    models = [make_model(2, a, **EXACT).fit(X, y, weights) for a in (both, double)]
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, atol=1e-7)


def test_l1_of_single_columns_is_l2():
    """Modalities of one column: all norms are the same."""
    X, y, weights = problem(2)
    models = [
        make_model(2, Wasserstein(0.03, norm=norm), modalities=[1] * 6, **EXACT)
        for norm in ("l2", "linf", "l1")
    ]
    coefs = [model.fit(X, y, weights).coef_ for model in models]
    np.testing.assert_allclose(coefs[1], coefs[0], atol=1e-6)
    np.testing.assert_allclose(coefs[2], coefs[0], atol=1e-3)


# -- exact zeros -------------------------------------------------------------------


def test_a_modality_drops_out_exactly():
    X, y, weights = problem(2)
    for n_classes, loss in ((2, "log_loss"), (3, "log_loss"), (0, "huber")):
        X, y, weights = problem(n_classes)
        radius = {"x0": 0.0, "x1": 50.0, "x2": 0.0}
        model = make_model(n_classes, Wasserstein(radius), loss=loss)
        coef = np.atleast_2d(model.fit(X, y, weights).coef_)
        assert np.all(coef[:, BLOCKS["x1"]] == 0)
        assert np.all(coef[:, BLOCKS["x0"]] != 0)
        columns = [0, 1, 2, 4, 5]
        other = make_model(n_classes, Composite(), loss=loss, modalities=[3, 2])
        other.fit(X[:, columns], y, weights)
        np.testing.assert_allclose(
            coef[:, columns], np.atleast_2d(other.coef_), atol=1e-5
        )


def test_single_features_drop_out_exactly():
    """norm="linf" charges the l1 norm."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 6))
    y = (X[:, 0] + X[:, 3] + 0.5 * rng.logistic(size=300) > 0).astype(int)
    model = make_model(2, Wasserstein(0.08, norm="linf")).fit(X, y)
    used = model.coef_[0] != 0
    assert used[0] and used[3] and used.sum() < 6
    assert model.coef_[0, ~used].tolist() == [0.0] * (6 - used.sum())


@pytest.mark.parametrize("order, n_classes", [(1, 2), (1, 3), (2, 0)])
@pytest.mark.parametrize("dictionary", [False, True])
def test_a_huge_radius_gives_a_constant_and_says_so(order, n_classes, dictionary):
    """The radius named in the warning is the largest with another model."""
    X, y, weights = problem(n_classes)
    radius = {"x0": 50.0, "x1": 100.0, "x2": 40.0} if dictionary else 50.0
    model = make_model(n_classes, Wasserstein(radius, order=order), alpha=1e-3)
    with pytest.warns(UserWarning, match="largest useful radius of Wasser") as caught:
        model.fit(X, y, weights)
    assert np.all(model.coef_ == 0)
    largest = literal_eval(str(caught[0].message).rpartition("radius=")[2].rstrip("."))
    for factor, is_constant in ((1.02, True), (0.98, False)):
        scaled = (
            {k: factor * v for k, v in largest.items()}
            if dictionary
            else factor * largest
        )
        other = make_model(n_classes, Wasserstein(scaled, order=order), alpha=1e-3)
        if is_constant:
            with pytest.warns(UserWarning, match="largest useful radius"):
                other.fit(X, y, weights)
        else:
            other.fit(X, y, weights)
        assert np.any(other.coef_) != is_constant


# -- label flips -------------------------------------------------------------------


def flip_value(X, y, p, radius, cost, alpha=1e-2):
    """Minimise the objective of the documentation, written from scratch."""
    sign = np.where(y == 1, 1.0, -1.0)
    w, b, lam = cp.Variable(6), cp.Variable(), cp.Variable()
    z = X @ w + b
    kappa = cost / radius
    losses = cp.maximum(
        cp.logistic(-cp.multiply(sign, z)),
        cp.logistic(cp.multiply(sign, z)) - kappa * lam,
    )
    norms = radius * sum(cp.norm(w[block]) for block in BLOCKS.values())
    objective = lam + p @ losses + alpha / 2 * cp.sum_squares(w)
    program = cp.Problem(cp.Minimize(objective), [norms <= lam])
    program.solve(solver=cp.CLARABEL)
    return program.value, w.value


@quiet
@pytest.mark.parametrize("cost", [0.1, 0.3, 1.0])
def test_flips_by_an_independent_program(cost):
    X, y, weights = problem(2)
    p = weights / weights.sum()
    model = make_model(2, Wasserstein(0.05, label_cost=cost)).fit(X, y, weights)
    value, coef = flip_value(X, y, p, 0.05, cost)
    assert model.objective_ == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(model.coef_[0], coef, atol=1e-3)
    assert model.dual_gap_ <= model.tol


@quiet
def test_cheaper_flips_cost_more():
    """From label_cost = inf, the plain norm, up; a huge cost is the same as inf."""
    X, y, weights = problem(2)
    values = [
        make_model(2, Wasserstein(0.05, label_cost=c)).fit(X, y, weights).objective_
        for c in (np.inf, 1e6, 1.0, 0.1, 0.01)
    ]
    assert values[1] == pytest.approx(values[0], rel=1e-6)
    assert np.all(np.diff(values[1:]) >= -1e-6)
    assert values[4] > 1.05 * values[0]


# -- errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, loss, n_classes, match",
    [
        (
            {},
            "squared_error",
            0,
            r"order=1.*'squared_error' has an infinite worst case",
        ),
        ({}, "squared_hinge", 2, "'squared_hinge' has an infinite worst case"),
        ({"order": 2}, "huber", 0, "order=2.*needs loss='squared_error', got 'huber'"),
        ({"order": 2}, "log_loss", 2, "needs loss='squared_error', got 'log_loss'"),
        ({"label_cost": 1}, "log_loss", 3, "flips labels of two classes"),
        ({"label_cost": 1}, "hinge", 3, "flips labels of two classes"),
        ({"label_cost": 1}, "huber", 0, "use label_cost=inf for regression"),
        ({"label_cost": 1, "order": 2}, "squared_error", 0, "label_cost"),
        ({"label_cost": 0}, "log_loss", 2, "The 'label_cost' parameter of Wasserstein"),
        ({"order": 3}, "log_loss", 2, "The 'order' parameter of Wasserstein"),
        ({"order": 1.5}, "log_loss", 2, "The 'order' parameter of Wasserstein"),
        ({"norm": "l3"}, "log_loss", 2, "The 'norm' parameter of Wasserstein"),
        ({"coupling": "none"}, "log_loss", 2, "The 'coupling' parameter"),
        ({"radius": -1}, "log_loss", 2, "The 'radius' parameter of Wasserstein"),
        ({"radius": np.inf}, "log_loss", 2, "radius"),
        ({"radius": {}}, "log_loss", 2, "radius is an empty dict"),
        ({"radius": {"x0": 1, "x1": 1, "z": 1}}, "log_loss", 2, "unknown modalities"),
    ],
)
def test_errors(parameters, loss, n_classes, match):
    X, y, _ = problem(n_classes)
    model = make_model(n_classes, Wasserstein(**parameters), loss=loss)
    with pytest.raises(ValueError, match=match):
        model.fit(X, y)
    assert not hasattr(model, "coef_")


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_what_only_the_cone_solver_can_do(solver):
    X, y, _ = problem(2)
    model = make_model(2, Wasserstein(label_cost=1.0), solver=solver)
    with pytest.raises(ValueError, match=f"solver='{solver}' cannot handle a finite"):
        model.fit(X, y)


# -- fast path of every norm -------------------------------------------------------

MIXED = {"x0": 0.1, "x1": 0.02}  # x2: none
ADDED = {
    "alone": None,
    "encoder error": ChiSquare(0.05, encoder_error=0.02),
    "kinks": CVaR(0.5),
    "environments": ModalityLoss(),
}


@quiet
@pytest.mark.parametrize("norm", ["l1", "l2", "linf"])
@pytest.mark.parametrize("coupling", ["separate", "joint"])
@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize(
    "loss, n_classes, alpha",
    [
        ("log_loss", 2, 1e-3),
        ("hinge", 2, 1e-2),
        ("log_loss", 3, 1e-2),
        ("huber", 0, 1e-2),
        ("huber", 0, 0.0),
    ],
)
def test_fast_path_of_every_norm(norm, coupling, added, loss, n_classes, alpha):
    """The smoothed norm, the dual ball and the exact zeros against the cone program."""
    X, y, weights = problem(n_classes)
    # without a squared norm Newton's method may not end at a kink: the last resort does
    solvers = "auto" if alpha == 0 else "newton", "cvxpy"
    for radius in (MIXED, 3.0):
        ambiguity = Wasserstein(radius, norm=norm, coupling=coupling)
        if ADDED[added] is not None:
            ambiguity = ADDED[added] + ambiguity
        models = [
            make_model(n_classes, ambiguity, loss=loss, alpha=alpha, solver=solver)
            for solver in solvers
        ]
        fast, exact = (model.fit(X, y, weights) for model in models)
        assert fast.objective_ == pytest.approx(exact.objective_, rel=1e-6, abs=1e-9)
        assert fast.dual_gap_ <= fast.tol


@quiet
@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize("coupling", ["separate", "joint"])
def test_more_features_than_samples(norm, coupling):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 800))
    y = X[:, 0] + X[:, 500] + 0.1 * rng.standard_normal(40) > 0
    ambiguity = Wasserstein(0.05, norm=norm, coupling=coupling)
    model = DROClassifier(ambiguity, modalities=[400, 400]).fit(X, y)
    assert model.dual_gap_ <= model.tol


@quiet
@pytest.mark.parametrize("norm", ["l1", "l2", "linf"])
@pytest.mark.parametrize("added", ["alone", "encoder error"])
def test_largest_useful_joint_radius(norm, added):
    """What the warning names: below it the model is not constant, above it is."""
    X, y, _ = problem(2)

    def fit(radius):
        ambiguity = Wasserstein(radius, norm=norm, coupling="joint")
        if ADDED[added] is not None:
            ambiguity = ADDED[added] + ambiguity
        return make_model(2, ambiguity).fit(X, y)

    if added == "alone":
        with pytest.warns(UserWarning, match="largest useful radius") as caught:
            fit(2.0)
        text = str(caught[0].message).rpartition("radius=")[2]
        largest = float(text.rstrip("."))
        assert fit(0.98 * largest).coef_.any()
        assert not fit(1.02 * largest).coef_.any()
    else:
        assert not fit(2.0).coef_.any()


@pytest.mark.parametrize("constant", [0.0, 3.0])
@pytest.mark.parametrize("alpha", [0.0, 1e-3])
@pytest.mark.parametrize("form", [{}, {"coupling": "joint"}, {"norm": "linf"}])
def test_order_two_with_constant_targets(constant, alpha, form):
    X = np.random.default_rng(0).standard_normal((40, 5))
    model = DRORegressor(
        Wasserstein(0.1, order=2, **form), modalities=[2, 3], alpha=alpha
    ).fit(X, np.full(40, constant))
    assert model.dual_gap_ <= model.tol
    assert not model.coef_.any()
    np.testing.assert_allclose(model.intercept_, constant)
