"""The inner maximum over environments, against its definition as a convex program."""

import numpy as np
import pytest

from skmmdro.ambiguity._base import Nominal
from skmmdro.ambiguity._environments import EnvironmentRisk, project
from skmmdro.ambiguity._fill import _level, _rough_level, fill
from skmmdro.ambiguity.chi_square import ChiSquareBall
from skmmdro.ambiguity.cvar import CappedWeights

cp = pytest.importorskip("cvxpy")

PARTS = np.array([0, 1, 2, 0, 0, 1, 1, 2, 2, 2, 0, 1, 0, 2, 0, 1, 2, 0, 0, 2])
N_TERMS = len(PARTS)
LEVELS = [0.0, 0.4, 0.9, 1.0]
RADIUS, FRACTION = 0.3, 0.6
INNER = {
    "nominal": Nominal,
    "ball": lambda: ChiSquareBall(RADIUS),
    "capped": lambda: CappedWeights(FRACTION),
}
every_level = pytest.mark.parametrize("level", LEVELS)
every_inner = pytest.mark.parametrize("inner", INNER)
TIGHT = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-9)


def make(inner, level, seed=0):
    """Return the risk, losses and nominal weights of scattered terms."""
    rng = np.random.default_rng(seed)
    nominal = rng.random(N_TERMS) + 0.1
    nominal /= nominal.sum()
    prior = np.bincount(PARTS, nominal)
    risk = EnvironmentRisk(
        [INNER[inner]() for _ in prior], PARTS, prior, level, list("abc"), "domain"
    )
    return risk, rng.standard_normal(N_TERMS) ** 2, nominal


def make_nested(inner, level):
    """Domains in each of two environments: the same samples twice."""
    domains, losses, nominal = make(inner, 0.3)
    prior = np.array([0.25, 0.75])
    risk = EnvironmentRisk(
        [domains, domains],
        np.repeat([0, 1], N_TERMS),
        prior,
        level,
        ["observed", "without x"],
        "environment",
    )
    other = np.random.default_rng(5).standard_normal(N_TERMS) ** 2
    losses = np.concatenate([losses, 1.2 * other])
    return risk, losses, np.outer(prior, nominal).ravel()


def definition(inner, level, losses, nominal):
    """Maximise over joint weights u_i = pi_e q_i, by an interior point method."""
    prior = np.bincount(PARTS, nominal)
    u, pi = cp.Variable(N_TERMS, nonneg=True), cp.Variable(3, nonneg=True)
    constraints = [cp.sum(pi) == 1]
    if level > 0:
        constraints += [pi <= prior / level]
    for e, share in enumerate(prior):
        rows = np.flatnonzero(e == PARTS)
        p = nominal[rows] / share
        constraints += [cp.sum(u[rows]) == pi[e]]
        if inner == "nominal":
            constraints += [u[rows] == pi[e] * p]
        elif inner == "ball":
            move = cp.multiply(u[rows] - pi[e] * p, p**-0.5)
            constraints += [cp.norm(move) <= RADIUS**0.5 * pi[e]]
        else:
            constraints += [u[rows] <= pi[e] * p / FRACTION]
    program = cp.Problem(cp.Maximize(losses @ u), constraints)
    program.solve(solver=cp.CLARABEL, **TIGHT)
    assert program.status == cp.OPTIMAL
    return program.value, u.value


@every_inner
@every_level
@pytest.mark.parametrize("seed", range(3))
def test_value_and_weights(inner, level, seed):
    risk, losses, nominal = make(inner, level, seed)
    worst = risk.worst_case(losses, nominal)
    value, weights = definition(inner, level, losses, nominal)
    assert worst.value == pytest.approx(value, abs=1e-7)
    assert worst.value == pytest.approx(worst.weights @ losses, rel=1e-12)
    assert worst.weights.min() >= 0
    assert worst.weights.sum() == pytest.approx(1, abs=1e-12)
    # random losses have no ties, so the maximiser is unique
    np.testing.assert_allclose(worst.weights, weights, atol=1e-5)


@every_inner
@every_level
@pytest.mark.parametrize("nested", [False, True])
def test_cone_form(inner, level, nested):
    risk, losses, nominal = (make_nested if nested else make)(inner, level)
    variable = cp.Variable(len(losses))
    value, constraints = risk.cvxpy_risk(variable, nominal)
    program = cp.Problem(cp.Minimize(value), [*constraints, variable >= losses])
    program.solve(solver=cp.CLARABEL, **TIGHT)
    expected = risk.worst_case(losses, nominal).value
    assert program.value == pytest.approx(expected, abs=1e-7)


@every_inner
@every_level
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("smoothing", [1e-4, 1e-2, 1.0])
def test_smoothing_error(inner, level, nested, smoothing):
    """0 <= exact - smoothed <= smoothing; with the solution as center it vanishes."""
    risk, losses, nominal = (make_nested if nested else make)(inner, level)
    exact = risk.worst_case(losses, nominal)
    smooth = risk.worst_case(losses, nominal, smoothing)
    assert -1e-12 <= exact.value - smooth.value <= smoothing + 1e-12
    assert smooth.weights.sum() == pytest.approx(1, abs=1e-12)
    if inner == "ball":
        return  # the ball needs no center, so its smoothing stays
    center = smooth.center
    for _ in range(60):
        again = risk.worst_case(losses, nominal, smoothing, center)
        center = again.center
    assert again.value == pytest.approx(exact.value, abs=0.05 * smoothing + 1e-9)


@every_inner
@every_level
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("centered", [False, True])
def test_derivatives(inner, level, nested, centered):
    """Weights and curvature are differences of the smoothed value and weights."""
    risk, losses, nominal = (make_nested if nested else make)(inner, level)
    smoothing = 0.2
    center = None
    if centered:
        center = risk.worst_case(losses[::-1], nominal, smoothing).center
    worst = risk.worst_case(losses, nominal, smoothing, center)
    curvature, size = worst.curvature(), len(losses)
    hessian = np.zeros((size, size))
    if curvature is not None:
        hessian = np.diag(curvature.diagonal) - curvature.vectors.T @ curvature.vectors
        if curvature.gains is not None:
            hessian += curvature.gains.T @ curvature.gains
    step = 1e-6
    for direction in np.random.default_rng(0).standard_normal((6, size)):
        high, low = (
            risk.worst_case(losses + s * direction, nominal, smoothing, center)
            for s in (step, -step)
        )
        rise = (high.value - low.value) / (2 * step)
        assert worst.weights @ direction == pytest.approx(rise, abs=1e-8)
        turn = (high.weights - low.weights) / (2 * step)
        np.testing.assert_allclose(hessian @ direction, turn, atol=1e-6)
    assert np.linalg.eigvalsh(hessian).min() >= -1e-12 * max(np.abs(hessian).max(), 1)


@every_inner
def test_nested_value(inner):
    """The worst environment of the worst mixture of domains, one after the other."""
    risk, losses, nominal = make_nested(inner, 0.0)
    domains, _, inside = make(inner, 0.3)
    parts = losses.reshape(2, -1)
    values = [domains.worst_case(part, inside).value for part in parts]
    worst = risk.worst_case(losses, nominal)
    assert worst.value == pytest.approx(max(values), rel=1e-12)
    other = worst.weights.reshape(2, -1)[int(np.argmin(values))]
    assert not np.any(other)


@every_inner
def test_levels(inner):
    """From the average at level 1 up to the largest risk at level 0."""
    values = []
    for level in (1.0, 0.8, 0.5, 0.2, 0.0):
        risk, losses, nominal = make(inner, level)
        values.append(risk.worst_case(losses, nominal).value)
    assert np.all(np.diff(values) >= -1e-12) and values[0] < values[-1]
    found = risk.describe(
        lambda: losses, nominal, risk.worst_case(losses, nominal).weights
    )
    assert found["domain_names_"] == list("abc")
    assert max(found["domain_risks_"]) == pytest.approx(values[-1])
    assert found["domain_weights_"].max() == pytest.approx(1)
    average = np.bincount(PARTS, nominal) @ found["domain_risks_"]
    assert average == pytest.approx(values[0])


def test_take():
    """A subset of the terms; a domain without any of them is left out."""
    risk, losses, nominal = make("capped", 0.0)
    rows = np.flatnonzero(PARTS != 1)[::2]
    part = risk.take(rows)
    assert part.names == ["a", "c"] and part.prior.sum() == pytest.approx(1)
    value = part.worst_case(losses[rows], nominal[rows] / nominal[rows].sum()).value
    each = []
    for e in (0, 2):
        mine = rows[PARTS[rows] == e]
        mass = nominal[mine] / nominal[mine].sum()
        each.append(CappedWeights(FRACTION).worst_case(losses[mine], mass).value)
    assert value == pytest.approx(max(each))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e15, 1e33])
def test_losses_of_any_size(scale):
    """Trial steps of a solver may have huge losses."""
    risk, losses, nominal = make("nominal", 0.4)
    for smoothing in (0.0, 1e-3, 0.1):
        for values in (scale * losses, np.full(N_TERMS, scale)):
            worst = risk.worst_case(values, nominal, smoothing)
            assert np.all(np.isfinite(worst.weights))
            assert worst.weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_project(seed):
    """``clip(free - eta rate, 0, cap)`` that sums to one, for one eta."""
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 8)
    free = rng.standard_normal(size) * 10.0 ** rng.integers(-3, 4)
    rate = rng.random(size) + 0.01
    cap = np.full(size, 1.0) if seed % 2 else rng.random(size) + 1.01 / size
    if seed % 5 == 0:
        free = np.round(free)  # ties
    pi, inside = project(free, rate, cap)
    assert pi.sum() == pytest.approx(1, abs=1e-12)
    assert np.all(pi >= 0) and np.all(pi <= cap * (1 + 1e-9))
    etas = (free - pi) / rate
    room = 1e-9 * max(np.abs(free).max(), 1) / rate.min()
    if np.any(inside):
        eta = etas[inside][0]
        np.testing.assert_allclose(etas[inside], eta, atol=room)
    else:  # any eta between what entries at their bounds allow
        eta = etas[pi > 0].min()
    assert np.all(etas[pi >= cap * (1 - 1e-12)] >= eta - room)
    assert np.all(etas[pi == 0] <= eta + room)


def test_project_when_the_caps_sum_to_one():
    cap = np.array([0.5, 0.3, 0.2])
    pi, inside = project(np.array([3.0, -1.0, 0.2]), np.ones(3), cap)
    np.testing.assert_allclose(pi, cap)
    assert not np.any(inside)


@pytest.mark.parametrize("slope", [1e-8, 1.4e-4, 1e-2, 1.0])
def test_filling_meets_its_mass(slope):
    """Also where Newton's method on the level would go back and forth."""
    for seed in range(300):
        rng = np.random.default_rng(seed)
        nominal = np.full(60, 1 / 60) if seed % 2 else rng.dirichlet(np.ones(60))
        center = CappedWeights(0.5).worst_case(rng.random(60), nominal).weights
        losses = rng.standard_normal(60) ** 2
        for cap in (2.0, np.inf):
            ratio = fill(losses, center / nominal, nominal, slope, 1.0, cap)
            assert nominal @ ratio == pytest.approx(1, abs=1e-12)
            assert ratio.min() >= 0 and ratio.max() <= cap


@pytest.mark.parametrize("cap", [1e-9, 0.01, 0.3, 10.0, np.inf])
@pytest.mark.parametrize("share", [1e-6, 0.05, 0.7, 0.999])
def test_the_level_is_looked_for_where_it_is(share, cap):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        mass = rng.dirichlet(np.full(40, 10.0 ** rng.integers(-1, 2)))
        values = rng.standard_normal(40)
        if seed % 3 == 0:
            values = np.round(values)  # ties
        amount = share * min(cap, 1.0)
        found = _rough_level(values, mass, amount, cap)
        level = _level(values, mass, amount, cap)
        for eta in (found, level):  # it need not be unique
            filled = mass @ np.clip(values - eta, 0, cap)
            assert filled == pytest.approx(amount, rel=1e-6, abs=1e-15)
