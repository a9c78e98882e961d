"""The chi-square ball exactly, and how sets are resolved and validated."""

import numpy as np
import pytest
from reweighting import (
    KINDS,
    N_SAMPLES,
    assert_curvature,
    assert_gradient,
    assert_in_simplex,
    make_losses,
    scale_of,
)
from reweighting import bind as bind_features

from skmmdro.ambiguity import (
    REGISTRY,
    AmbiguitySet,
    ChiSquare,
    resolve_ambiguity,
)
from skmmdro.ambiguity.chi_square import ChiSquareBall

cp = pytest.importorskip("cvxpy")

RADII = [1e-4, 1e-2, 0.1, 1.0, 10.0, 1e3]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_radius = pytest.mark.parametrize("radius", RADII)


def bind(alias, **parameters):
    return bind_features(alias, make_losses("normal")[1], **parameters)


def divergence(weights, nominal):
    return np.sum((weights - nominal) ** 2 / nominal)


# -- the chi-square ball -----------------------------------------------------------


def primal(losses, nominal, radius):
    """Maximise q'l over the ball by an interior point method, to about 1e-8.

    q = p + sqrt(B p) u with |u| <= 1, which is scaled better than q itself.
    """
    u, root = cp.Variable(N_SAMPLES), np.sqrt(nominal)
    q = nominal + np.sqrt(radius) * cp.multiply(root, u)
    constraints = [root @ u == 0, cp.norm(u, 2) <= 1, q >= 0]
    program = cp.Problem(cp.Maximize(losses @ q), constraints)
    tolerances = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-9)
    program.solve(solver=cp.CLARABEL, **tolerances)
    assert program.status == cp.OPTIMAL
    return program.value


@every_kind
@every_radius
def test_ball_equals_the_primal(kind, radius):
    """The value is that of the definition, max { q'l : q in the ball }."""
    losses, nominal = make_losses(kind)
    if kind == "large":
        losses = losses / scale_of(losses)
    if kind == "tiny-spread":
        losses = (losses - 1) * 1e5  # see test_shifts_and_units for the rest
    worst = ChiSquareBall(radius).worst_case(losses, nominal)
    expected = primal(losses, nominal, radius)
    assert worst.value == pytest.approx(expected, abs=1e-7 * scale_of(losses))


@every_kind
@every_radius
@pytest.mark.parametrize("seed", range(4))
def test_ball_optimality(kind, radius, seed):
    """The weights are in the ball, and the dual value of their threshold equals theirs.

    The dual bounds every weighting in the ball, so this proves optimality.
    """
    losses, nominal = make_losses(kind, seed)
    worst = ChiSquareBall(radius).worst_case(losses, nominal)
    assert divergence(worst.weights, nominal) <= radius * (1 + 1e-9)

    def dual(eta):
        excess = np.maximum(losses - eta, 0)
        return eta + np.sqrt((1 + radius) * (nominal @ excess**2))

    # q proportional to p (l - eta)_+ : any two kept samples give eta
    ratio = worst.weights / nominal
    first, last = ratio.argmax(), np.where(ratio > 1e-9, ratio, np.inf).argmin()
    if ratio[first] - ratio[last] < 1e-9 * ratio[first]:
        eta = losses[first]  # all mass on the largest losses
        assert losses[first] == losses.max() or np.ptp(ratio) < 1e-6
        assert worst.value == pytest.approx(dual(eta), rel=1e-9)
        return
    slope = (losses[first] - losses[last]) / (ratio[first] - ratio[last])
    eta = losses[first] - slope * ratio[first]
    assert worst.value == pytest.approx(dual(eta), abs=1e-9 * scale_of(losses))


@pytest.mark.parametrize("radius", [1e-4, 1e-2, 0.1, 1.0])
def test_ball_derivatives(radius):
    """Away from the largest loss the exact risk is smooth."""
    losses, nominal = make_losses("normal")
    ball = ChiSquareBall(radius)
    assert_gradient(ball, losses, nominal)
    assert_curvature(ball, losses, nominal)


@pytest.mark.parametrize("radius", [1e-3, 0.3, 5.0])
@pytest.mark.parametrize("smoothing", [1e-4, 1e-2, 0.3, 10.0])
def test_ball_smoothed(radius, smoothing):
    """Value q'l - mu / 2 chi2(q) with mu = 2 smoothing / radius, and derivatives."""
    losses, nominal = make_losses("normal")
    ball = ChiSquareBall(radius)
    worst = ball.worst_case(losses, nominal, smoothing)
    charge = smoothing / radius * divergence(worst.weights, nominal)
    assert worst.value == pytest.approx(worst.weights @ losses - charge, rel=1e-10)
    # no other weighting in the ball does better
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = worst.weights * rng.random(N_SAMPLES) ** 0.1
        other /= other.sum()
        if divergence(other, nominal) <= radius:
            value = other @ losses - smoothing / radius * divergence(other, nominal)
            assert value <= worst.value + 1e-12
    # the charge is a small divergence times a large factor, so the value is rounded
    room = 1e-7 + 1e-10 * smoothing / radius
    assert_gradient(ball, losses, nominal, smoothing, room)
    assert_curvature(ball, losses, nominal, smoothing)


@every_kind
def test_ball_grows_with_the_radius(kind):
    """From the mean at radius 0 up to the maximum, strictly while it can."""
    losses, nominal = make_losses(kind)
    values = [
        ChiSquareBall(r).worst_case(losses, nominal).value
        for r in [0.0, *np.logspace(-6, 4, 40)]
    ]
    assert values[0] == pytest.approx(nominal @ losses, rel=1e-14)
    assert np.all(np.diff(values) >= -1e-12 * scale_of(losses))
    assert values[-1] == pytest.approx(losses.max(), rel=1e-12)
    assert np.all(np.diff(values[:10]) > 0)


@every_kind
@every_radius
def test_mean_plus_deviation(kind, radius):
    """R <= mean + sqrt(B) std, with equality as long as no weight is zero."""
    losses, nominal = make_losses(kind)
    worst = ChiSquareBall(radius).worst_case(losses, nominal)
    mean = nominal @ losses
    std = np.sqrt(nominal @ (losses - mean) ** 2)
    bound = mean + np.sqrt(radius) * std
    assert worst.value <= bound * (1 + 1e-12)
    slack = np.all(1 + np.sqrt(radius) * (losses - mean) / std > 0)
    assert slack == np.all(worst.weights > 0)
    if slack:
        assert worst.value == pytest.approx(bound, rel=1e-12)
    else:
        assert worst.value < bound


def test_radius_zero_is_the_mean():
    losses, nominal = make_losses("normal")
    ball = ChiSquareBall(0.0)
    worst = ball.worst_case(losses, nominal, smoothing=0.1)
    assert worst.value == pytest.approx(nominal @ losses, rel=1e-15)
    np.testing.assert_array_equal(worst.weights, nominal)
    assert worst.curvature() is None
    assert ball.share_used(worst.weights, nominal) == 1


def test_share_used_of_a_large_radius():
    """Once all mass is on the largest loss the rest of the radius is idle."""
    losses, nominal = make_losses("normal")
    enough = 1 / nominal[losses.argmax()] - 1
    for radius in (enough * 1.001, 10 * enough, 1e4 * enough):
        ball = ChiSquareBall(radius)
        worst = ball.worst_case(losses, nominal)
        assert ball.share_used(worst.weights, nominal) == pytest.approx(enough / radius)
    ball = ChiSquareBall(0.9 * enough)
    worst = ball.worst_case(losses, nominal)
    assert ball.share_used(worst.weights, nominal) == pytest.approx(1, rel=1e-9)


def test_integer_weights_equal_repetition():
    """A weight is the same as copies: value and total worst-case weight per sample."""
    rng = np.random.default_rng(0)
    losses, copies = rng.random(20), rng.integers(1, 5, 20)
    for radius in RADII:
        ball = ChiSquareBall(radius)
        weighted = ball.worst_case(losses, copies / copies.sum())
        n = copies.sum()
        repeated = ball.worst_case(np.repeat(losses, copies), np.full(n, 1 / n))
        assert weighted.value == pytest.approx(repeated.value, rel=1e-12)
        total = np.bincount(np.repeat(np.arange(20), copies), repeated.weights)
        np.testing.assert_allclose(weighted.weights, total, atol=1e-10)


def test_one_sample():
    """A single sample has nothing to be reweighted."""
    worst = ChiSquareBall(0.5).worst_case(np.array([0.7]), np.ones(1))
    assert worst.value == 0.7 and worst.weights.tolist() == [1.0]


@pytest.mark.parametrize("seed", range(3))
def test_many_samples_and_a_heavy_tail(seed):
    """The threshold search ends at the optimum for 100,000 awkward losses."""
    rng = np.random.default_rng(seed)
    losses = rng.pareto(0.5, 100_000)
    nominal = rng.random(100_000) ** 4 + 1e-9
    nominal /= nominal.sum()
    for radius in RADII:
        weights = ChiSquareBall(radius).worst_case(losses, nominal).weights
        assert_in_simplex(weights)
        used = ChiSquareBall(radius).share_used(weights, nominal)
        assert used == pytest.approx(1, rel=1e-6) or weights.max() > 1 - 1e-12


# -- ChiSquare.bind ----------------------------------------------------------------


def test_bind_values():
    """Budgets sqrt(1 + rho) e, joint radius r'|Gamma|r and its comonotone bound."""
    matrix = [[1.0, -0.4], [-0.4, 1.0]]
    bound = bind(
        "chi2",
        radius={"x0": 0.21, "x1": 0.44},
        encoder_error={"x0": 0.5, "x1": 0.0},
        coupling=matrix,
    )
    np.testing.assert_allclose(bound.budgets, [np.sqrt(1.21) * 0.5, 0])
    joint = 0.21 + 0.44 + 2 * 0.4 * np.sqrt(0.21 * 0.44)
    assert set(bound.fitted) == {"coupling_", "joint_radius_", "early_fusion_radius_"}
    assert bound.fitted["joint_radius_"] == pytest.approx(joint)
    assert bound.reweighting.radius == bound.fitted["joint_radius_"]
    comonotone = (np.sqrt(0.21) + np.sqrt(0.44)) ** 2
    assert bound.fitted["early_fusion_radius_"] == pytest.approx(comonotone)
    np.testing.assert_array_equal(bound.fitted["coupling_"], matrix)


def test_bind_scalars_hold_for_every_modality():
    bound = bind("chi2", radius=0.25, encoder_error=2.0, coupling="independent")
    np.testing.assert_allclose(bound.budgets, 2 * np.sqrt(1.25))
    assert bound.fitted["joint_radius_"] == pytest.approx(0.5)
    assert not np.any(bind("chi2").budgets)


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"radius": {"x2": 1}}, r"radius names unknown modalities \['x2'\]"),
        ({"radius": {"x0": 1, "x1": -1}}, "radius must be a finite non-negative"),
        ({"radius": {"x0": 1, "x1": np.nan}}, "radius must be a finite"),
        ({"encoder_error": {"x0": 1, "y": 1}}, r"encoder_error .*unknown .*\['y'\]"),
        ({"encoder_error": {"x0": 1, "x1": np.inf}}, "encoder_error must be a finite"),
        ({"coupling": np.eye(3)}, r"shape \(3, 3\), expected \(2, 2\)"),
    ],
)
def test_bind_errors(parameters, match):
    with pytest.raises(ValueError, match=match):
        bind("chi2", **parameters)


@pytest.mark.parametrize("bad", ["foo", None, 0.1, ChiSquare, {"text": 0.1}])
def test_resolve_errors(bad):
    """What is no set: the message lists the aliases."""
    with pytest.raises(ValueError, match=r"not an ambiguity set; .*'chi2'"):
        resolve_ambiguity(bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"radius": -0.1},
        {"radius": np.nan},
        {"radius": np.inf},
        {"radius": "large"},
        {"radius": None},
        {"coupling": "foo"},
        {"coupling": None},
        {"encoder_error": -1.0},
        {"encoder_error": np.inf},
        {"encoder_error": "a"},
    ],
)
def test_parameters_are_validated(bad):
    """Types and ranges: the message names the parameter and the set."""
    (name,) = bad
    with pytest.raises(ValueError, match=f"The '{name}' parameter of ChiSquare must"):
        resolve_ambiguity(ChiSquare(**bad))


def test_an_alias_belongs_to_one_class():
    """A second class with the same alias is refused."""
    before = dict(REGISTRY)
    with pytest.raises(TypeError, match="share the alias 'chi2'"):

        class Other(AmbiguitySet):
            alias = "chi2"

    assert before == REGISTRY
