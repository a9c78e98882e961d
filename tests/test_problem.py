"""The robust problem: derivatives, certificate, data operators and block penalty."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

from skmmdro.ambiguity import ChiSquare
from skmmdro.losses import REGISTRY as LOSSES
from skmmdro.modalities import resolve_modalities
from skmmdro.problem import Design, build_problem, solve
from skmmdro.problem import _data as data_module
from skmmdro.problem._penalty import BlockPenalty
from skmmdro.solvers import Options
from skmmdro.solvers import _linear_algebra as linear_algebra
from skmmdro.solvers._linear_algebra import Factor, factored_hessian

WIDTHS = [2, 1, 3]
N_SAMPLES = 60
STEP = 1e-6
KINDS = {
    "binary": ("log_loss", 2),
    "multinomial": ("log_loss", 3),
    "one-versus-rest": ("modified_huber", 3),
    "hinge": ("squared_hinge", 2),
    "squared": ("squared_error", None),
    "huber": ("huber", None),
}
SETTINGS = {
    "plain": {},
    "erm": {"radius": 0.0},
    "budgets": {"error": {"x0": 0.02, "x1": 0.0, "x2": 0.05}},
    "smoothed": {"smoothing": 1e-2},
    "smoothed-budgets": {"smoothing": 1e-2, "error": 0.05},
    "restricted": {"blocks": [True, False, True]},
    "restricted-budgets": {"blocks": [False, True, True], "error": 0.05},
}
every_kind = pytest.mark.parametrize("kind", KINDS)
every_intercept = pytest.mark.parametrize("fit_intercept", [True, False])


def make(
    kind,
    *,
    fit_intercept=True,
    radius=0.03,
    error=None,
    smoothing=0.0,
    blocks=None,
    alpha=0.1,
    container=np.asarray,
):
    """Return a small RobustProblem; squared losses silently go without budgets."""
    alias, n_classes = KINDS[kind]
    rng = np.random.default_rng(sum(map(ord, kind)))
    X = rng.standard_normal((N_SAMPLES, sum(WIDTHS)))
    score = X @ rng.standard_normal((X.shape[1], n_classes or 1))
    score += rng.gumbel(size=score.shape)
    if n_classes is None:
        y = score[:, 0]
    else:
        y = score.argmax(axis=1) if n_classes > 2 else (score[:, 0] > 0).astype(int)
    nominal = rng.random(N_SAMPLES) + 0.1
    nominal /= nominal.sum()
    if LOSSES[alias].lipschitz is None and alias.startswith("squared"):
        error = None
    modalities = resolve_modalities(WIDTHS, X)
    ambiguity = ChiSquare(radius, coupling="independent", encoder_error=error)
    problem, _ = build_problem(
        Design(container(X), modalities),
        LOSSES[alias]().bind(y, nominal, n_classes),
        ambiguity,
        nominal,
        alpha=alpha,
        fit_intercept=fit_intercept,
    )
    if smoothing:
        problem = problem.smoothed(smoothing)
    if blocks is not None:
        problem = problem.restricted(np.array(blocks))
    return problem


def random_theta(problem, seed=0, scale=0.5):
    return scale * np.random.default_rng(seed).standard_normal(problem.size)


def optimum(problem):
    """Return theta and objective solved far beyond what the tests compare."""
    solution = solve(problem, "newton", Options(tol=1e-10, max_iter=500))
    assert solution.gap <= 1e-9
    return solution.theta, solution.objective


# -- derivatives -------------------------------------------------------------------


@every_kind
@every_intercept
@pytest.mark.parametrize("setting", SETTINGS)
def test_gradient(kind, fit_intercept, setting):
    """The gradient is the central difference of the value; zero where held fixed."""
    problem = make(kind, fit_intercept=fit_intercept, **SETTINGS[setting])
    theta = random_theta(problem)
    at = problem.evaluate(theta)
    held = np.zeros(problem.size, dtype=bool)
    problem.split(held)[0][problem.fixed] = True
    np.testing.assert_array_equal(at.gradient[held], 0)
    for j in np.flatnonzero(~held):
        move = STEP * np.eye(problem.size)[j]
        rise = (
            problem.evaluate(theta + move).value - problem.evaluate(theta - move).value
        )
        assert at.gradient[j] == pytest.approx(rise / (2 * STEP), rel=1e-6, abs=1e-8)


@every_kind
@every_intercept
@pytest.mark.parametrize("setting", SETTINGS)
def test_hessian(kind, fit_intercept, setting):
    """Explicit Hessian, Hessian product and differences of the gradient agree."""
    problem = make(kind, fit_intercept=fit_intercept, **SETTINGS[setting])
    theta = random_theta(problem, seed=1)
    at = problem.evaluate(theta)
    hessian, product = problem.hessian(at), problem.hessian_product(at)
    size = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-13 * size)
    assert np.linalg.eigvalsh(hessian).min() > -1e-12 * size
    fixed = np.flatnonzero(np.repeat(problem.fixed, problem.n_outputs))
    np.testing.assert_array_equal(hessian[fixed], np.eye(problem.size)[fixed])
    free = np.setdiff1d(np.arange(problem.size), fixed)
    for j in free:
        unit = np.eye(problem.size)[j]
        np.testing.assert_allclose(
            product(unit)[free], hessian[free, j], atol=1e-12 * size
        )
        high, low = (problem.evaluate(theta + s * STEP * unit) for s in (1, -1))
        found = (high.gradient - low.gradient) / (2 * STEP)
        np.testing.assert_allclose(hessian[free, j], found[free], atol=1e-5 * size)
    for j in fixed:
        unit = np.eye(problem.size)[j]
        np.testing.assert_array_equal(product(unit)[fixed], unit[fixed])


@every_kind
def test_shared_curvature(kind):
    """The shared Hessian's diagonal is the shared diagonal, and it is definite."""
    problem = make(kind, error=0.05, smoothing=1e-2)
    at = problem.evaluate(random_theta(problem))
    shared = problem.shared_hessian(at, max_rows=N_SAMPLES)
    np.testing.assert_allclose(np.diag(shared), problem.shared_diagonal(at), rtol=1e-12)
    assert np.linalg.eigvalsh(shared).min() > 0
    part = problem.shared_hessian(at, max_rows=N_SAMPLES // 3)
    assert part.shape == shared.shape and np.linalg.eigvalsh(part).min() > 0


@every_kind
@pytest.mark.parametrize("eps", [1e-2, 1e-5])
def test_smoothing_error(kind, eps):
    """Smoothing lowers the objective, by at most two kinks' eps times its scale."""
    exact = make(kind, error=0.05)
    smooth = exact.smoothed(eps)
    assert exact.smoothing == 0
    for seed in range(3):
        theta = random_theta(exact, seed) * (seed > 0)  # the first is at the kink
        value = exact.evaluate(theta).value
        at = smooth.evaluate(theta)
        lowered = value - at.value
        assert -1e-12 <= lowered <= 2 * eps * exact.reference[0] + 1e-12
        assert smooth.exact_value(at) == pytest.approx(value, rel=1e-12)


# -- certificate -------------------------------------------------------------------

GAPS = {name: SETTINGS[name] for name in ("plain", "erm", "budgets", "restricted")}


@every_kind
@every_intercept
@pytest.mark.parametrize("setting", GAPS)
@pytest.mark.parametrize("alpha", [1e-3, 0.1])
def test_gap_bounds_the_suboptimality(kind, fit_intercept, setting, alpha):
    """0 <= objective - optimum <= gap * objective, at any point and with any weights.

    The bound is a theorem for every distribution in the set, so also for the nominal
    weights; it is nearly zero at the optimum.
    """
    problem = make(kind, fit_intercept=fit_intercept, alpha=alpha, **GAPS[setting])
    best_theta, best = optimum(problem)
    held = problem.split(np.zeros(problem.size))[0]
    for seed, scale in enumerate((0.0, 1e-3, 0.3, 1.0, 10.0)):
        for origin in (0.0, 1.0):
            theta = origin * best_theta + random_theta(problem, seed, scale)
            problem.split(theta)[0][problem.fixed] = held[problem.fixed]
            at = problem.evaluate(theta)
            gap = problem.gap(at)
            excess = at.value - best
            assert gap >= 0 and np.isfinite(gap)
            assert -1e-9 * best <= excess <= gap * at.value + 1e-9 * best
            nominal = problem.with_weights(at, problem.nominal)
            assert excess <= problem.gap(nominal) * at.value + 1e-9 * best
    assert problem.gap(problem.evaluate(best_theta)) <= 1e-9


@every_kind
def test_gap_of_a_smoothed_problem_is_the_exact_one(kind):
    """Smoothing changes the path, not what the certificate is about."""
    problem = make(kind, error=0.05)
    best = optimum(problem)[1]
    smooth = problem.smoothed(1e-3)
    at = smooth.evaluate(random_theta(problem))
    value = smooth.exact_value(at)
    assert -1e-9 <= value - best <= smooth.gap(at) * value + 1e-9


@every_kind
def test_gap_with_a_tolerance(kind):
    """A gap at or below `tol` is the exact one, a larger one stays larger."""
    problem = make(kind)
    best = optimum(problem)[0]
    for scale in (1e-6, 1e-4, 1e-2, 1.0):
        at = problem.evaluate(best + random_theta(problem, 3, scale))
        full = problem.gap(at)
        for tol in (1e-12, 1e-8, 1e-4, 1e-1):
            quick = problem.gap(at, tol)
            assert quick == full or quick > tol


@every_kind
@every_intercept
def test_without_penalty_the_gap_is_the_relative_gradient(kind, fit_intercept):
    """alpha = 0: gradient norm over that of the constant model."""
    problem = make(kind, alpha=0.0, fit_intercept=fit_intercept)
    start = problem.evaluate(problem.constant())
    assert problem.gap(start) == pytest.approx(1)
    at = problem.evaluate(random_theta(problem))
    expected = np.linalg.norm(at.gradient) / np.linalg.norm(start.gradient)
    assert problem.gap(at) == pytest.approx(expected)


@every_kind
def test_reference_is_the_constant_model(kind):
    problem = make(kind)
    at = problem.evaluate(problem.constant())
    expected = (at.value, np.linalg.norm(at.gradient))
    assert problem.reference == pytest.approx(expected, rel=1e-12)
    W, _ = problem.split(problem.constant())
    assert not np.any(W)


# -- variants ----------------------------------------------------------------------


@every_kind
def test_take_is_the_problem_on_a_subset(kind):
    """Losses, nominal weights and raw predictions are those of the rows."""
    problem = make(kind)
    rows = slice(None, None, 3)
    part = problem.take(rows)
    theta = random_theta(problem)
    whole, at = problem.evaluate(theta), part.evaluate(theta)
    assert part.n_samples == 20 and problem.n_samples == N_SAMPLES
    np.testing.assert_allclose(at.losses, whole.losses[rows], rtol=1e-12)
    assert part.nominal.sum() == pytest.approx(1)
    expected = problem.nominal[rows] / problem.nominal[rows].sum()
    np.testing.assert_allclose(part.nominal, expected)


def test_variants_do_not_change_the_original():
    problem = make("binary", error=0.05)
    theta = random_theta(problem)
    before = problem.evaluate(theta).value
    problem.smoothed(0.1).restricted(np.array([True, False, False])).take(slice(9))
    assert problem.evaluate(theta).value == before
    assert problem.smoothing == 0 and not problem.fixed.any()


@every_intercept
def test_layout(fit_intercept):
    """theta stacks one row per feature and the intercept, one column per output."""
    problem = make("multinomial", fit_intercept=fit_intercept)
    theta = np.arange(float(problem.size))
    W, b = problem.split(theta)
    assert W.shape == (6, 3) and b.shape == (3,)
    np.testing.assert_array_equal(W.ravel(), theta[:18])
    np.testing.assert_array_equal(b, theta[18:] if fit_intercept else 0)
    X = problem.data.X
    np.testing.assert_allclose(problem.evaluate(theta).raw, X @ W + b)


# -- data operators ----------------------------------------------------------------

CONTAINERS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "float32-C": lambda X: np.ascontiguousarray(X, dtype=np.float32),
    "float32-F": lambda X: np.asfortranarray(X, dtype=np.float32),
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csr-float32": lambda X: sparse.csr_array(X.astype(np.float32)),
}


def make_data(n_samples=37, n_features=5):
    """Return a matrix with zeros whose entries are exact in single precision."""
    rng = np.random.default_rng(0)
    X = rng.integers(-64, 64, (n_samples, n_features)) / 16
    X[rng.random(X.shape) < 0.3] = 0
    return X, rng


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("chunk", [None, (64, 1), (1, 2), (10**9, 1)])
def test_data_operators_agree(container, chunk, monkeypatch):
    """All products are those of the dense double matrix, in chunks or at once."""
    if chunk is not None:
        monkeypatch.setattr(data_module, "_CHUNK_BYTES", chunk[0])
        monkeypatch.setattr(data_module, "_CHUNK_SHAPE", chunk[1])
    X, rng = make_data()
    data = data_module.data_operator(CONTAINERS[container](X))
    assert data.shape == X.shape
    W, G = rng.standard_normal((5, 3)), rng.standard_normal((37, 2))
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(data.matmul(W), X @ W, **close)
    np.testing.assert_allclose(data.rmatmul(G), X.T @ G, **close)
    assert data.matmul(W).dtype == data.rmatmul(G).dtype == np.float64
    signed = rng.standard_normal(37)
    for weights in (signed, np.abs(signed), -np.abs(signed), 0 * signed):
        gram, sums = data.gram(weights)
        assert gram.dtype == np.float64
        np.testing.assert_allclose(gram, X.T @ (weights[:, None] * X), **close)
        np.testing.assert_allclose(sums, X.T @ weights, **close)
        squares = data.column_squares(weights)
        np.testing.assert_allclose(squares, np.diag(gram), rtol=1e-6, atol=1e-6)
    for rows in (slice(3, 30, 2), np.array([5, 1, 1])):
        part = data.take(rows)
        np.testing.assert_allclose(part.matmul(W), X[rows] @ W, **close)
        np.testing.assert_allclose(part.rmatmul(G[rows]), X[rows].T @ G[rows], **close)


def test_chunks_cover_every_row_once(monkeypatch):
    monkeypatch.setattr(data_module, "_CHUNK_BYTES", 200)
    monkeypatch.setattr(data_module, "_CHUNK_SHAPE", 1)
    data = data_module.data_operator(make_data()[0])
    rows = np.concatenate([np.arange(37)[part] for part in data._chunks()])
    np.testing.assert_array_equal(rows, np.arange(37))
    assert len(data._chunks()) > 3


@pytest.mark.parametrize("container", CONTAINERS)
def test_problem_does_not_depend_on_the_container(container):
    """Objective, gradient and Hessian are the same for every container."""

    def rounded(X):
        return CONTAINERS[container](np.round(16 * X) / 16)

    def dense(X):
        return np.round(16 * X) / 16

    expected, problem = (
        make("multinomial", container=dense),
        make("multinomial", container=rounded),
    )
    theta = random_theta(problem)
    one, other = expected.evaluate(theta), problem.evaluate(theta)
    assert other.value == pytest.approx(one.value, rel=1e-12)
    np.testing.assert_allclose(other.gradient, one.gradient, atol=1e-12)
    np.testing.assert_allclose(
        problem.hessian(other), expected.hessian(one), atol=1e-12
    )


# -- block penalty -----------------------------------------------------------------


def make_penalty(alpha=0.3, budgets=(0.5, 0.0, 2.0)):
    labels = np.array([0, 2, 1, 0, 2, 2])
    rng = np.random.default_rng(0)
    return SimpleNamespace(
        penalty=BlockPenalty(alpha, np.array(budgets), labels),
        rng=rng,
        W=rng.standard_normal((6, 2)),
        blocks=[labels == k for k in range(3)],
    )


def test_penalty_value():
    """sum_k t_k |W_k|_F + alpha / 2 |W|_F^2."""
    p = make_penalty()
    norms = [np.linalg.norm(p.W[block]) for block in p.blocks]
    np.testing.assert_allclose(p.penalty.norms(p.W), norms)
    value, _ = p.penalty.value_gradient(p.W, np.zeros(3))
    expected = 0.5 * norms[0] + 2 * norms[2] + 0.15 * np.sum(p.W**2)
    assert value == pytest.approx(expected)
    assert (
        p.penalty.has_budgets
        and not make_penalty(budgets=(0.0,) * 3).penalty.has_budgets
    )


@pytest.mark.parametrize("error", [1e-6, 0.1, 10.0])
@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0])
def test_penalty_smoothing(error, scale):
    """The smoothed penalty is below the exact one by at most `error`."""
    p = make_penalty()
    widths = p.penalty.widths(error)
    assert p.penalty.budgets @ widths <= error * (1 + 1e-12)
    assert widths[1] == 0
    exact, _ = p.penalty.value_gradient(scale * p.W, 0 * widths)
    smooth, _ = p.penalty.value_gradient(scale * p.W, widths)
    assert -1e-14 <= exact - smooth <= error * (1 + 1e-12)


@pytest.mark.parametrize("error", [0.0, 0.1])
@pytest.mark.parametrize("budgets", [(0.5, 0.0, 2.0), (0.0, 0.0, 0.0)])
def test_penalty_derivatives(error, budgets):
    """Gradient, Hessian product against differences; `diagonal` is an upper bound."""
    p = make_penalty(budgets=budgets)
    widths = p.penalty.widths(error)
    _, gradient = p.penalty.value_gradient(p.W, widths)
    product = p.penalty.hessian_product(p.W, widths)
    hessian = np.empty((12, 12))
    for j in range(12):
        unit = np.eye(12)[j].reshape(6, 2)
        high, low = (
            p.penalty.value_gradient(p.W + s * STEP * unit, widths) for s in (1, -1)
        )
        found = (high[0] - low[0]) / (2 * STEP)
        assert np.vdot(gradient, unit) == pytest.approx(found, abs=1e-8)
        hessian[:, j] = product(unit).ravel()
        np.testing.assert_allclose(
            product(unit), (high[1] - low[1]) / (2 * STEP), atol=1e-7
        )
    np.testing.assert_allclose(p.penalty.matrix(p.W, widths), hessian, atol=1e-12)
    bound = np.diag(np.repeat(p.penalty.diagonal(p.W, widths), 2))
    assert np.linalg.eigvalsh(bound - hessian).min() >= -1e-12


def test_penalty_at_a_zero_block():
    """Exactly at the kink everything stays finite: the subgradient zero is taken."""
    p = make_penalty()
    p.W[p.blocks[0]] = 0
    value, gradient = p.penalty.value_gradient(p.W, np.zeros(3))
    assert np.isfinite(value)
    np.testing.assert_array_equal(gradient[p.blocks[0]], 0)
    assert np.all(np.isfinite(p.penalty.hessian_product(p.W, np.zeros(3))(p.W)))
    assert np.all(np.isfinite(p.penalty.diagonal(p.W, np.zeros(3))))


def test_penalty_conjugate():
    """<A, W> - penalty(W) <= conjugate(A), with equality at soft-thresholded A."""
    p = make_penalty()
    A = 2 * p.rng.standard_normal((6, 2))
    conjugate = p.penalty.conjugate(A)
    for scale in (0.1, 1.0, 10.0):
        W = scale * p.rng.standard_normal((6, 2))
        value, _ = p.penalty.value_gradient(W, np.zeros(3))
        assert np.vdot(A, W) - value <= conjugate + 1e-12
    norms = p.penalty.norms(A)
    shrink = np.maximum(1 - p.penalty.budgets / norms, 0)[p.penalty.labels, None]
    best = shrink * A / 0.3
    value, _ = p.penalty.value_gradient(best, np.zeros(3))
    assert np.vdot(A, best) - value == pytest.approx(conjugate)
    assert p.penalty.residual(-A, best)[0] == pytest.approx(0, abs=1e-12)


def test_penalty_conjugate_without_square():
    """alpha = 0: zero inside the budgets, infinite outside."""
    p = make_penalty(alpha=0.0, budgets=(0.5, 1.0, 2.0))
    inside = (
        p.W * (0.9 * p.penalty.budgets / p.penalty.norms(p.W))[p.penalty.labels, None]
    )
    assert p.penalty.conjugate(inside) == 0
    assert p.penalty.conjugate(1.2 * inside) == np.inf


def test_penalty_residual_is_the_smallest_subgradient():
    """At a zero block the pull counts only as far as it exceeds the budget."""
    p = make_penalty()
    A = p.rng.standard_normal((6, 2))
    W = p.W.copy()
    W[p.blocks[2]] = 0
    pulls = []
    for k, (block, budget) in enumerate(zip(p.blocks, (0.5, 0.0, 2.0), strict=True)):
        if k == 2:
            pulls.append(max(np.linalg.norm(A[block]) - budget, 0))
        else:
            gradient = A[block] + 0.3 * W[block]
            gradient += budget * W[block] / np.linalg.norm(W[block])
            pulls.append(np.linalg.norm(gradient))
    assert p.penalty.residual(A, W)[0] == pytest.approx(np.linalg.norm(pulls))


def test_the_optimum_is_that_of_a_general_optimiser():
    """A smooth problem handed to BFGS without derivatives ends in the same place."""
    problem = make("binary")
    best_theta, best = optimum(problem)
    found = minimize(
        lambda theta: problem.evaluate(theta).value,
        random_theta(problem),
        method="BFGS",
    )
    assert found.fun == pytest.approx(best, rel=1e-8)
    np.testing.assert_allclose(found.x, best_theta, atol=1e-3)


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((2, 2)),
        np.ones((3, 3)),
        [[0.0, -5e-14, -1e-14], [-5e-14, 0.0, 0.0], [-1e-14, 0.0, 0.0]],
        np.diag([1.0, -1e-9]),
    ],
)
def test_factor_of_matrices_that_are_not_definite(matrix):
    solved = Factor(np.array(matrix)).solve(np.ones(len(matrix)))
    assert np.all(np.isfinite(solved))


@every_kind
@pytest.mark.parametrize("smoothing", [0.0, 1e-3])
def test_single_precision_makes_about_the_same_factor(kind, smoothing, monkeypatch):
    monkeypatch.setattr(linear_algebra, "CHEAP", 0)
    problem = make(kind, smoothing=smoothing)
    at = problem.evaluate(random_theta(problem))
    exact, rough = problem.hessian(at), factored_hessian(problem, at)
    if kind == "multinomial":  # singular in the intercepts
        np.testing.assert_array_equal(rough.lower, Factor(exact).lower)
        return
    error = np.tril(rough.lower) @ np.tril(rough.lower).T - exact
    assert 0 < np.abs(error).max() < 1e-5 * np.abs(exact).max()
    # the cache of Gram matrices knows the precision of what it holds
    np.testing.assert_array_equal(problem.hessian(at), exact)


@pytest.mark.parametrize("scale", [1e-4, 1e4, 1e30])
def test_double_precision_where_single_would_not_do(scale, monkeypatch):
    """With badly scaled columns, also those whose squares single precision lacks."""
    monkeypatch.setattr(linear_algebra, "CHEAP", 0)
    problem = make(
        "binary", alpha=1e-9, container=lambda X: X * np.array([scale, 1, 1, 1, 1, 1])
    )
    at = problem.evaluate(0 * random_theta(problem))
    found = factored_hessian(problem, at).lower
    np.testing.assert_array_equal(found, Factor(problem.hessian(at)).lower)
