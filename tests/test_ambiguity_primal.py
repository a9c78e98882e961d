"""Worst cases against the definition of each set, solved as a primal cone program."""

import cvxpy as cp
import numpy as np
import pytest
from reweighting import KINDS, bind, make_features, make_losses, solve
from scipy import sparse
from sklearn.metrics.pairwise import rbf_kernel

from skmmdro.ambiguity import REGISTRY
from skmmdro.ambiguity import _tilt as tilt_module
from skmmdro.ambiguity._tilt import TiltSet
from skmmdro.ambiguity.chi_square import ChiSquareBall
from skmmdro.ambiguity.kullback_leibler import KullbackLeiblerBall
from skmmdro.modalities import resolve_modalities

SETTINGS = [
    ("kl", {"radius": 1e-3}),
    ("kl", {"radius": 0.05}),
    ("kl", {"radius": 1.0}),
    ("kl", {"radius": 50.0}),
    ("cvar", {"level": 1e-3}),
    ("cvar", {"level": 0.3}),
    ("cvar", {"level": 0.97}),
    ("tv", {"radius": 1e-4}),
    ("tv", {"radius": 0.1}),
    ("tv", {"radius": 0.45}),
    ("mmd", {"radius": 1e-3}),
    ("mmd", {"radius": 0.1}),
    ("mmd", {"radius": {"x0": 0.0, "x1": 0.2}}),
    ("mmd", {"radius": 0.1, "kernel": {"x0": "linear", "x1": "rbf"}}),
    ("mmd", {"radius": 3.0, "kernel": "linear"}),
    ("modality_shift", {"radius": 1e-2}),
    ("modality_shift", {"radius": {"x0": 0.5, "x1": 0.1}}),
    ("modality_shift", {"radius": {"x0": 0.0, "x1": 1.0}}),
    ("modality_shift", {"radius": 2.0, "n_directions": 2}),
    ("modality_shift", {"radius": 100.0}),
]
every_setting = pytest.mark.parametrize("alias, parameters", SETTINGS)
every_kind = pytest.mark.parametrize("kind", KINDS)


def radius_of(parameters, name):
    radius = parameters["radius"]
    return radius[name] if isinstance(radius, dict) else radius


def directions(block, nominal, n_directions):
    """Return standardised leading principal directions by singular values."""
    root = np.sqrt(nominal)[:, None]
    centred = block - nominal @ block
    left, sizes, _ = np.linalg.svd(root * centred, full_matrices=False)
    return (left / root)[:, : min(n_directions, np.sum(sizes > 1e-6 * sizes[0]))]


def set_constraints(alias, parameters, q, nominal):
    """Return the constraints of the set as its docstring defines it."""
    X, modalities = make_features(len(nominal))
    blocks = [(name, X[:, c]) for name, c in modalities.as_dict().items()]
    if alias == "cvar":
        return [q <= nominal / parameters["level"]]
    if alias == "tv":
        return [cp.norm(q - nominal, 1) / 2 <= 2 * parameters["radius"]]
    constraints = []
    if alias == "modality_shift":
        ratio = 0
        for name, block in blocks:
            Phi = directions(block, nominal, parameters.get("n_directions", 5))
            c = cp.Variable(Phi.shape[1])
            constraints.append(cp.norm(c) <= np.sqrt(radius_of(parameters, name)))
            ratio = ratio + Phi @ c
        return [*constraints, q == nominal + cp.multiply(nominal, ratio)]
    kernels = parameters.get("kernel", "rbf")
    for name, block in blocks:
        kernel = kernels if isinstance(kernels, str) else kernels[name]
        K = block @ block.T
        if kernel == "rbf":
            centred = block - nominal @ block
            K = rbf_kernel(block, gamma=1 / np.sum(nominal @ centred**2))
        values, axes = np.linalg.eigh(K)
        L = axes * np.sqrt(np.maximum(values, 0))
        bound = radius_of(parameters, name)
        if bound == 0:
            constraints.append(L[:, values > 1e-10].T @ (q - nominal) == 0)
        else:
            constraints.append(cp.norm(L.T @ (q - nominal)) <= bound)
    return constraints


def primal(alias, parameters, losses, nominal):
    q = cp.Variable(len(losses), nonneg=True)
    constraints = set_constraints(alias, parameters, q, nominal)
    program = cp.Problem(cp.Maximize(losses @ q), [*constraints, cp.sum(q) == 1])
    return solve(program), q.value


@every_kind
@every_setting
def test_worst_case_equals_the_primal(alias, parameters, kind):
    """The value is right; with generic losses so are the weights."""
    losses, nominal = make_losses(kind)
    losses = (losses - losses.min()) / np.ptp(losses)
    if alias == "kl":
        return assert_optimal_tilt(parameters["radius"], losses, nominal)
    reweighting = bind(alias, nominal, **parameters).reweighting
    worst = reweighting.worst_case(losses, nominal)
    value, weights = primal(alias, parameters, losses, nominal)
    assert worst.value == pytest.approx(value, abs=1e-7)
    if kind in ("normal", "skewed") and alias in ("cvar", "tv"):
        np.testing.assert_allclose(worst.weights, weights, atol=1e-6)


def assert_optimal_tilt(radius, losses, nominal):
    """Prove the optimum by the dual value of the multiplier that the weights show.

    An interior point method for exponential cones is not exact enough here.
    """
    worst = KullbackLeiblerBall(radius).worst_case(losses, nominal)
    q = worst.weights
    inside = q > 0
    divergence = np.sum(q[inside] * np.log(q[inside] / nominal[inside]))
    assert divergence <= radius * (1 + 1e-9)
    if np.all(losses[q > 1e-12] == losses.max()):
        assert worst.value == pytest.approx(losses.max(), rel=1e-12)
        return
    logs = np.log(q[inside] / nominal[inside])
    slope = np.polyfit(losses[inside], logs, 1)[0]
    power = slope * (losses - losses.max())
    dual = (radius + np.log(nominal @ np.exp(power))) / slope + losses.max()
    assert worst.value == pytest.approx(dual, abs=1e-9)


@every_kind
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("radius", [0.003, 0.05, 0.4])
def test_structured_ball_and_deviation(kind, seed, radius):
    """Structured set <= joint ball of radius B <= mean + sqrt(B) std."""
    losses, nominal = make_losses(kind, seed)
    bound = bind("modality_shift", nominal, radius=radius)
    structured = bound.reweighting.worst_case(losses, nominal)
    joint = bound.fitted["joint_radius_"]
    divergence = np.sum((structured.weights - nominal) ** 2 / nominal)
    assert divergence <= joint * (1 + 1e-9)
    ball = ChiSquareBall(joint).worst_case(losses, nominal).value
    mean = nominal @ losses
    upper = mean + np.sqrt(joint * (nominal @ (losses - mean) ** 2))
    room = 1e-12 * np.abs(losses).max()
    assert structured.value <= ball + room
    assert ball <= upper + room


def test_structured_value_while_no_weight_is_zero():
    """mean + sum_k sqrt(rho_k) ||Phi_k'(p l)|| for small radii."""
    X, modalities = make_features()
    losses, nominal = make_losses("normal")
    expected = nominal @ losses
    for columns, radius in zip(modalities.columns, (0.001, 0.002), strict=True):
        Phi = directions(X[:, columns], nominal, 5)
        expected += np.sqrt(radius) * np.linalg.norm(Phi.T @ (nominal * losses))
    bound = bind("modality_shift", nominal, radius={"x0": 0.001, "x1": 0.002})
    value = bound.reweighting.worst_case(losses, nominal).value
    assert value == pytest.approx(expected, rel=1e-10)


def test_coupling_of_modality_shift():
    """gamma_kj is the largest canonical correlation; independent blocks have little."""
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((2, 2000, 3))
    X = np.hstack([A, A @ rng.standard_normal((3, 3)), B])
    nominal = np.full(2000, 1 / 2000)
    bound = REGISTRY["modality_shift"](radius=0.04).bind(
        X, nominal, resolve_modalities([3, 3, 3], X)
    )
    gamma = bound.fitted["coupling_"]
    np.testing.assert_allclose(gamma[:2, :2], 1, atol=1e-9)
    assert gamma[0, 2] < 0.12
    r = np.full(3, 0.2)
    assert bound.fitted["joint_radius_"] == pytest.approx(r @ gamma @ r)


def test_wide_sparse_modality_stays_sparse():
    """Leading directions of 400 sparse columns equal those of the dense block."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((300, 4)) * [8, 6, 4, 3]
    X = scores @ rng.standard_normal((4, 400)) / 20
    X[np.abs(X) < 0.3] = 0.0
    nominal = np.full(300, 1 / 300)
    losses = scores[:, 0] ** 2
    values = []
    for data in (X, sparse.csr_array(X)):
        modalities = resolve_modalities([400], data)
        for alias in ("modality_shift", "mmd"):
            bound = REGISTRY[alias]().bind(data, nominal, modalities)
            values.append(bound.reweighting.worst_case(losses, nominal).value)
    assert values[:2] == pytest.approx(values[2:], rel=1e-8)


def test_rbf_tilts_see_a_change_of_variance():
    """Losses that grow with the square are invisible to linear directions."""
    x = np.random.default_rng(0).standard_normal(1000)
    X = np.concatenate([x, -x])[:, None]
    nominal, losses = np.full(2000, 1 / 2000), X[:, 0] ** 2
    values = {
        features: REGISTRY["modality_shift"](0.1, features=features)
        .bind(X, nominal, resolve_modalities([1], X))
        .reweighting.worst_case(losses, nominal)
        .value
        for features in ("linear", "rbf")
    }
    assert values["linear"] == pytest.approx(losses.mean(), rel=1e-9)
    assert values["rbf"] > 1.2 * losses.mean()


def test_constant_modalities_cannot_move():
    X, _ = make_features()
    X[:] = 1.0
    losses, nominal = make_losses("normal")
    bound = REGISTRY["modality_shift"](0.5).bind(
        X, nominal, resolve_modalities([1, 3], X)
    )
    assert bound.reweighting.worst_case(losses, nominal).value == nominal @ losses


def test_small_divergence_is_variance():
    """KL radius r gives mean + sqrt(2 r) std + O(r)."""
    losses, nominal = make_losses("normal")
    mean = nominal @ losses
    std = np.sqrt(nominal @ (losses - mean) ** 2)
    for radius in (1e-10, 1e-8, 1e-6):
        value = KullbackLeiblerBall(radius).worst_case(losses, nominal).value
        assert (value - mean) / np.sqrt(2 * radius) == pytest.approx(
            std, rel=3 * radius**0.5
        )


@pytest.mark.parametrize("n_samples", [1000, 100_000])
@pytest.mark.parametrize("tail", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("radius", [1e-4, 0.05, 3.0])
def test_divergence_of_heavy_tails(n_samples, tail, radius):
    """The search for the tilt ends on the sphere, whatever the losses."""
    losses = np.random.default_rng(0).pareto(tail, n_samples)
    nominal = np.full(n_samples, 1 / n_samples)
    ball = KullbackLeiblerBall(radius)
    weights = ball.worst_case(losses, nominal).weights
    assert ball.share_used(weights, nominal) == pytest.approx(1, rel=1e-9)


def test_cvar_and_total_variation_by_hand():
    losses, nominal = np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25)
    cvar = bind("cvar", nominal, level=0.3).reweighting
    worst = cvar.worst_case(losses, nominal)
    np.testing.assert_allclose(worst.weights, [0, 0, 1 / 6, 5 / 6])
    tv = bind("tv", nominal, radius=0.15).reweighting  # two modalities: 0.3
    worst = tv.worst_case(losses, nominal)
    np.testing.assert_allclose(worst.weights, [0, 0.2, 0.25, 0.55], atol=1e-15)
    assert tv.share_used(worst.weights, nominal) == pytest.approx(1)


def test_radii_of_total_variation_are_capped():
    _, nominal = make_losses("normal")
    bound = bind("tv", nominal, radius=0.7)
    assert bound.fitted["joint_radius_"] == pytest.approx(1, abs=2e-6)
    with pytest.raises(ValueError, match=r"a share of the data is below 1"):
        bind("tv", nominal, radius={"x0": 0.1, "x1": 1.0})


def test_unknown_kernel():
    _, nominal = make_losses("normal")
    with pytest.raises(ValueError, match=r"unknown kernel; use one of \['linear'"):
        bind("mmd", nominal, kernel={"x0": "rbf", "x1": "cosine"})
    with pytest.raises(ValueError, match=r"kernel names .*no entry for \['x1'\]"):
        bind("mmd", nominal, kernel={"x0": "rbf"})


def test_moderate_size_of_mmd():
    """More samples than landmarks: primal feasible, and certified by the dual."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 6))
    losses, nominal = np.logaddexp(0, 3 * X[:, 0]), np.full(300, 1 / 300)
    modalities = resolve_modalities([3, 3], X)
    balls = REGISTRY["mmd"](0.05, n_components=20).bind(X, nominal, modalities)
    balls = balls.reweighting
    worst = balls.worst_case(losses, nominal)
    assert balls.share_used(worst.weights, nominal) <= 1 + 1e-9
    risk, constraints = balls.cvxpy_risk(losses, nominal)
    dual = solve(cp.Problem(cp.Minimize(risk), constraints))
    assert worst.value == pytest.approx(dual, rel=1e-7)


@pytest.mark.parametrize("mu", [0.0, 1e-6, 1e-3])
@pytest.mark.parametrize("radius", [0.1, 1.0])
def test_tilts_are_found_without_interior_points(mu, radius, monkeypatch):
    """Active sets find them, and an interior point method the same ones."""
    rng = np.random.default_rng(0)
    functions = radius**0.5 * rng.standard_normal((2_000, 12))
    gains = rng.standard_normal((5, 12)) @ np.diag(np.logspace(0, -3, 12))
    cones, program = [], tilt_module.solve_cone_program
    monkeypatch.setattr(
        tilt_module,
        "solve_cone_program",
        lambda *args: cones.append(args) or program(*args),
    )
    for gain in gains:
        found = TiltSet(functions, [4, 4, 4]).maximise(gain, mu)
        assert not cones
        others = TiltSet(functions, [4, 4, 4])
        scale = np.linalg.norm(gain)
        matrix = mu / scale * np.eye(12)
        tilt = others._by_interior_points(gain / scale, matrix)
        np.testing.assert_allclose(found.c, tilt.c, atol=1e-7)
        cones.clear()
