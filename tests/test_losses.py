"""Contracts of every loss in the registry: derivatives, conjugates, bounds, forms."""

import cvxpy as cp
import numpy as np
import pytest
from scipy.optimize import minimize

from skmmdro import losses
from skmmdro.losses import REGISTRY, Huber, LogLoss, Loss, SquaredError, resolve_loss

N_SAMPLES = 40
STEP = 1e-5
CASES = [
    pytest.param(alias, n_classes, id=f"{alias}-{n_classes or 'regression'}")
    for alias, loss in REGISTRY.items()
    for n_classes in ((2, 3, 5) if loss.task == "classification" else (None,))
]
every_case = pytest.mark.parametrize("alias, n_classes", CASES)


def make(alias, n_classes, seed=0):
    """Return a bound loss, raw predictions, nominal weights and the generator."""
    rng = np.random.default_rng(seed)
    weights = rng.random(N_SAMPLES) + 0.1
    weights /= weights.sum()
    if n_classes is None:
        y = 2 * rng.standard_normal(N_SAMPLES) + 1
    else:
        y = rng.permutation(np.arange(N_SAMPLES) % n_classes)
    bound = REGISTRY[alias]().bind(y, weights, n_classes)
    raw = 2 * rng.standard_normal((N_SAMPLES, bound.n_outputs))
    return bound, raw, weights, rng


def curvature_matrices(bound, raw):
    """Return d2 loss / d raw_a d raw_b, (n_samples, n_outputs, n_outputs)."""
    curvature, m = bound.curvature(raw), bound.n_outputs
    out = np.zeros((len(raw), m, m))
    for a in range(m):
        for b in range(m):
            entry = curvature.weights(a, b)
            out[:, a, b] = 0.0 if entry is None else entry
    return out


def smooth_rows(bound, raw, step=10 * STEP):
    """Return the rows with no kink nearby: there the second derivative is steady."""
    at = curvature_matrices(bound, raw)
    rows = np.ones(len(raw), dtype=bool)
    for column in range(bound.n_outputs):
        move = step * np.eye(bound.n_outputs)[column]
        high, low = raw + move, raw - move
        for near in (high, low):
            change = np.abs(curvature_matrices(bound, near) - at).max(axis=(1, 2))
            rows &= change <= 100 * step
        jump = bound.value_slope(high)[1] - bound.value_slope(low)[1]
        rows &= np.abs(jump).max(axis=1) <= 100 * step
    assert rows.mean() > 0.8  # kinks are rare
    return rows


def difference(function, raw, direction, step=STEP):
    """Central difference of order 4 along a direction."""
    far = function(raw - 2 * step * direction) - function(raw + 2 * step * direction)
    near = function(raw + step * direction) - function(raw - step * direction)
    return (8 * near + far) / (12 * step)


@every_case
def test_shapes(alias, n_classes):
    """One column for two classes and regression, else one per class."""
    bound, raw, weights, _ = make(alias, n_classes)
    assert bound.n_outputs == (1 if n_classes in (2, None) else n_classes)
    value, slope = bound.value_slope(raw)
    assert value.shape == (N_SAMPLES,) and slope.shape == raw.shape
    assert value.dtype == slope.dtype == np.float64
    assert np.all(value >= 0)
    assert bound.constant(weights).shape == (bound.n_outputs,)
    assert bound.conjugate(slope).shape == (N_SAMPLES,)


@every_case
def test_nothing_is_written_to_the_arguments(alias, n_classes):
    """Raw predictions and duals are shared between calls; they must not change."""
    bound, raw, weights, _ = make(alias, n_classes)
    raw.setflags(write=False)
    _, slope = bound.value_slope(raw)
    slope.setflags(write=False)
    weights.setflags(write=False)
    bound.curvature(raw).apply(raw)
    bound.conjugate(slope)
    bound.balanced(slope, weights)
    first = bound.value_slope(raw)
    second = bound.value_slope(raw)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@every_case
def test_first_derivative(alias, n_classes):
    """The slope is the central difference of the value."""
    bound, raw, _, _ = make(alias, n_classes)
    rows = smooth_rows(bound, raw)
    _, slope = bound.value_slope(raw)
    for column in range(bound.n_outputs):
        unit = np.eye(bound.n_outputs)[column]
        found = difference(lambda z: bound.value_slope(z)[0], raw, unit)
        np.testing.assert_allclose(slope[rows, column], found[rows], atol=1e-8)


@every_case
def test_curvature(alias, n_classes):
    """`apply` and `weights` are the derivative of the slope, symmetric and >= 0."""
    bound, raw, _, rng = make(alias, n_classes)
    rows = smooth_rows(bound, raw)
    matrices = curvature_matrices(bound, raw)
    np.testing.assert_array_equal(matrices, matrices.transpose(0, 2, 1))
    assert np.linalg.eigvalsh(matrices).min() >= -1e-12
    curvature = bound.curvature(raw)
    for direction in rng.standard_normal((3, *raw.shape)):
        found = difference(lambda z: bound.value_slope(z)[1], raw, direction)
        applied = curvature.apply(direction)
        np.testing.assert_allclose(applied[rows], found[rows], atol=1e-7)
        by_weights = np.einsum("iab,ib->ia", matrices, direction)
        np.testing.assert_allclose(applied, by_weights, atol=1e-13)


@every_case
def test_convex(alias, n_classes):
    """The value lies above every tangent."""
    bound, raw, _, rng = make(alias, n_classes)
    value, slope = bound.value_slope(raw)
    for scale in (1e-3, 1.0, 30.0):
        move = scale * rng.standard_normal(raw.shape)
        tangent = value + (slope * move).sum(axis=1)
        room = 1e-12 * (1 + np.abs(tangent))
        assert np.all(bound.value_slope(raw + move)[0] >= tangent - room)


# -- conjugates --------------------------------------------------------------------


def assert_conjugate_bounds(bound, dual, rng, tolerance=1e-9):
    """Fenchel-Young, l(z) + l*(u) >= u.z: for all z only if u is in the domain."""
    conjugate = bound.conjugate(dual)
    assert np.all(np.isfinite(conjugate))
    for scale in (0.1, 1.0, 10.0, 1e3, 1e6):
        z = scale * rng.standard_normal(dual.shape)
        product = (dual * z).sum(axis=1)
        total = bound.value_slope(z)[0] + conjugate
        room = tolerance * (1 + np.abs(dual * z).sum(axis=1) + np.abs(conjugate))
        assert np.all(total >= product - room)


@every_case
def test_fenchel_young(alias, n_classes):
    """l(z) + l*(u) >= u.z, with equality at u = l'(z)."""
    bound, raw, _, rng = make(alias, n_classes)
    value, slope = bound.value_slope(raw)
    product = (slope * raw).sum(axis=1)
    np.testing.assert_allclose(value + bound.conjugate(slope), product, atol=1e-11)
    assert_conjugate_bounds(bound, slope, rng)


@every_case
def test_conjugate_is_the_supremum(alias, n_classes):
    """Inside the domain l*(u) is what a general optimiser finds for sup u.z - l(z)."""
    bound, raw, _, rng = make(alias, n_classes)
    share = rng.random((N_SAMPLES, 1))
    dual = share * bound.value_slope(raw)[1]
    dual += (1 - share) * bound.value_slope(raw[::-1])[1]
    conjugate = bound.conjugate(dual)
    assert_conjugate_bounds(bound, dual, rng)
    for row in range(0, N_SAMPLES, 4):
        one = bound.take(slice(row, row + 1))
        u = dual[row]
        if not bound.is_smooth:  # nothing for descent methods
            z = cp.Variable((1, len(u)))
            program = cp.Problem(cp.Maximize(z[0] @ u - one.cvxpy(z)[0]))
            program.solve(solver=cp.CLARABEL)
            assert program.value == pytest.approx(conjugate[row], abs=1e-6)
            continue

        def negative(z, one=one, u=u):
            return one.value_slope(z[None])[0][0] - u @ z

        start = raw[row]
        for method in ("BFGS", "Nelder-Mead", "BFGS"):
            options = {} if method == "BFGS" else {"maxiter": 4000, "fatol": 1e-10}
            start = minimize(negative, start, method=method, options=options).x
        assert -negative(start) == pytest.approx(conjugate[row], abs=1e-5)


@every_case
@pytest.mark.parametrize("shift", [0.0, 3.0, -20.0])
def test_balanced(alias, n_classes, shift):
    """The balanced dual sums to zero by column and stays in the conjugate's domain."""
    bound, raw, weights, rng = make(alias, n_classes)
    raw[:, 0] += shift
    dual = weights[:, None] * bound.value_slope(raw)[1]
    size = np.abs(dual).sum()
    out = bound.balanced(dual, weights)
    assert out.shape == dual.shape
    np.testing.assert_allclose(out.sum(axis=0), 0, atol=1e-13 * size)
    assert_conjugate_bounds(bound, out / weights[:, None], rng)
    again = bound.balanced(out, weights)
    np.testing.assert_allclose(again, out, atol=1e-12 * size)


@every_case
def test_balanced_with_weights_that_vanish(alias, n_classes):
    """Samples outside the worst case have dual zero and keep it."""
    bound, raw, weights, _ = make(alias, n_classes)
    weights[::3] = 0
    weights /= weights.sum()
    out = bound.balanced(weights[:, None] * bound.value_slope(raw)[1], weights)
    assert np.all(np.isfinite(out))
    np.testing.assert_array_equal(out[::3], 0)
    np.testing.assert_allclose(out.sum(axis=0), 0, atol=1e-13)


# -- bounds and forms --------------------------------------------------------------


@every_case
def test_lipschitz(alias, n_classes):
    """|l(z) - l(z')| <= L |z - z'| on random pairs; None only where no L exists."""
    bound, raw, _, rng = make(alias, n_classes)
    if bound.lipschitz is None:
        far = bound.value_slope(-1e6 * np.ones_like(raw))[1]
        assert np.abs(far).max() > 1e5
        return
    largest = 0.0
    for scale in (1e-2, 1.0, 30.0):
        z, other = raw + scale * rng.standard_normal((2, *raw.shape))
        rise = np.abs(bound.value_slope(z)[0] - bound.value_slope(other)[0])
        ratio = rise / np.linalg.norm(z - other, axis=1)
        largest = max(largest, ratio.max())
    assert largest <= bound.lipschitz * (1 + 1e-12)
    # not wasteful either: some slope comes close to the bound
    slopes = [bound.value_slope(s * np.sign(raw) * 50)[1] for s in (1, -1)]
    steepest = max(np.linalg.norm(s, axis=1).max() for s in slopes)
    assert 0.6 * bound.lipschitz <= steepest <= bound.lipschitz * (1 + 1e-12)


@every_case
@pytest.mark.parametrize("factor", [1e-3, 0.5, 20.0])
def test_degree(alias, n_classes, factor):
    """f(c t) = c^d f(t) if the loss states a degree d."""
    bound, raw, _, _ = make(alias, n_classes)
    if bound.degree is None:
        return
    losses = bound.value_slope(bound.offset + factor * (raw - bound.offset))[0]
    expected = factor**bound.degree * bound.value_slope(raw)[0]
    np.testing.assert_allclose(losses, expected, rtol=1e-10)


@pytest.mark.parametrize(
    "alias, degree", [("squared_error", 2), ("absolute_error", 1), ("quantile", 1)]
)
def test_losses_with_a_degree(alias, degree):
    assert make(alias, None)[0].degree == degree


@every_case
def test_cvxpy_form(alias, n_classes):
    """The cone form has the same values and follows the rules of convexity."""
    cp = pytest.importorskip("cvxpy")
    bound, raw, _, _ = make(alias, n_classes)
    variable = cp.Variable(raw.shape)
    expression = bound.cvxpy(variable)
    assert expression.is_convex() and expression.shape == (N_SAMPLES,)
    variable.value = raw
    np.testing.assert_allclose(expression.value, bound.value_slope(raw)[0], rtol=1e-12)


@every_case
@pytest.mark.parametrize(
    "rows", [slice(3, 30, 2), np.array([5, 1, 1, 30]), np.arange(40) % 3 == 0]
)
def test_take(alias, n_classes, rows):
    """`take` is the same loss on some of the samples."""
    bound, raw, _, _ = make(alias, n_classes)
    part = bound.take(rows)
    assert part.n_outputs == bound.n_outputs and part.lipschitz == bound.lipschitz
    value, slope = bound.value_slope(raw)
    part_value, part_slope = part.value_slope(raw[rows])
    np.testing.assert_array_equal(part_value, value[rows])
    np.testing.assert_array_equal(part_slope, slope[rows])
    np.testing.assert_array_equal(
        part.conjugate(part_slope), bound.conjugate(slope)[rows]
    )


@every_case
@pytest.mark.parametrize("size", [1e3, -1e3, 1e8])
def test_extreme_predictions(alias, n_classes, size):
    """Far away everything is finite, without overflow warnings."""
    bound, raw, weights, _ = make(alias, n_classes)
    raw = size * np.sign(raw)
    value, slope = bound.value_slope(raw)
    for array in (
        value,
        slope,
        curvature_matrices(bound, raw),
        bound.curvature(raw).apply(raw),
        bound.conjugate(slope),
        bound.balanced(weights[:, None] * slope, weights),
    ):
        assert np.all(np.isfinite(array))


MARGINS = [-800.0, -745.0, -100.0, -40.0, -1e-9, 0.0, 1e-20, 1.5, 37.0, 100.0, 700.0]


def test_binary_log_loss_against_mpmath():
    """Value, slope and curvature are right to the last digits at any margin.

    Expected: log(1 + exp(-m)), -1 / (1 + exp(m)), exp(m) / (1 + exp(m))^2 with 400
    digits.
    """
    mpmath = pytest.importorskip("mpmath")
    bound = LogLoss().bind(np.ones(len(MARGINS), dtype=int), None, 2)
    raw = np.array(MARGINS)[:, None]
    value, slope = bound.value_slope(raw)
    second = bound.curvature(raw).weights(0, 0)
    with mpmath.workdps(400):
        for k, margin in enumerate(MARGINS):
            e = mpmath.exp(mpmath.mpf(margin))
            assert value[k] == pytest.approx(float(mpmath.log(1 + 1 / e)), rel=1e-14)
            assert slope[k, 0] == pytest.approx(float(-1 / (1 + e)), rel=1e-14)
            assert second[k] == pytest.approx(float(e / (1 + e) ** 2), rel=1e-14)


def test_multinomial_log_loss_against_mpmath():
    """The same for three classes; expected: log sum exp(z) - z_y with 400 digits.

    The value loses digits where it is tiny beside z, so its error is relative to z.
    """
    mpmath = pytest.importorskip("mpmath")
    raw = np.array(
        [[800.0, 0, -800], [-800, 0, 800], [1e-9, 0, 0], [1, 2, 3], [700, 700, -5]]
    )
    y = np.array([0, 0, 1, 2, 2])
    bound = LogLoss().bind(y, None, 3)
    value, slope = bound.value_slope(raw)
    with mpmath.workdps(400):
        for k, z in enumerate(raw):
            e = [mpmath.exp(mpmath.mpf(entry)) for entry in z]
            expected = float(mpmath.log(sum(e)) - mpmath.mpf(z[y[k]]))
            room = 1e-15 * np.abs(z).max()
            assert value[k] == pytest.approx(expected, rel=1e-14, abs=room)
            for c in range(3):
                expected = float(e[c] / sum(e) - (c == y[k]))
                assert slope[k, c] == pytest.approx(expected, rel=1e-13, abs=1e-300)


def test_two_classes_agree_with_multinomial():
    """The binary loss of z is the multinomial one of (0, z)."""
    rng = np.random.default_rng(0)
    y, z = rng.integers(0, 2, 30), 3 * rng.standard_normal((30, 1))
    binary = LogLoss().bind(y, None, 2).value_slope(z)
    both = losses.log_loss.MultinomialLogLoss(y, 2)
    both = both.value_slope(np.c_[np.zeros(30), z])
    np.testing.assert_allclose(binary[0], both[0], rtol=1e-13)
    np.testing.assert_allclose(binary[1], both[1][:, 1:], atol=1e-15)


# -- Huber -------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1e-6, 0.3, 1e6])
def test_huber_follows_the_units_of_the_target(factor):
    """With targets and predictions in other units the loss scales by the square."""
    rng = np.random.default_rng(0)
    y, raw = rng.standard_normal(31), 3 * rng.standard_normal((31, 1))
    nominal = np.full(31, 1 / 31)
    value, slope = Huber().bind(y, nominal).value_slope(raw)
    other = Huber().bind(factor * y + 5 * factor, nominal)
    scaled = other.value_slope(factor * raw + 5 * factor)
    np.testing.assert_allclose(scaled[0], factor**2 * value, rtol=1e-7)
    np.testing.assert_allclose(scaled[1], factor * slope, rtol=1e-7)


@pytest.mark.parametrize("n_samples", [1, 2, 9, 10, 31])
def test_huber_scale_weights_equal_repetition(n_samples):
    """The automatic threshold is the same for a weight and for copies."""
    rng = np.random.default_rng(n_samples)
    y = rng.standard_normal(n_samples)
    weights = rng.integers(1, 5, n_samples)
    copies = np.repeat(y, weights)
    repeated = Huber().bind(copies, np.full(len(copies), 1 / len(copies)))
    weighted = Huber().bind(y, weights / weights.sum())
    assert weighted.lipschitz == pytest.approx(repeated.lipschitz, rel=1e-12)
    center = np.median(copies)
    spread = np.median(np.abs(copies - center))
    expected = 1.35 * 1.482602218505602 * spread if spread else 1.35
    assert weighted.lipschitz == pytest.approx(expected, rel=1e-12)


def test_huber_parameters():
    """threshold = epsilon * scale; a target without spread has scale 1."""
    nominal = np.full(5, 0.2)
    assert Huber(2.0, scale=3.0).bind(np.arange(5.0), nominal).lipschitz == 6.0
    assert Huber(2.0).bind(np.ones(5), nominal).lipschitz == 2.0


def test_huber_with_a_large_threshold_is_the_squared_error():
    bound, raw, weights, _ = make("huber", None)
    y = bound.offset[:, 0]
    large = Huber(1e9).bind(y, weights).value_slope(raw)
    squared = SquaredError().bind(y, weights).value_slope(raw)
    np.testing.assert_allclose(large[0], squared[0], rtol=1e-14)
    np.testing.assert_allclose(large[1], squared[1], rtol=1e-14)


# -- registry ----------------------------------------------------------------------


@pytest.mark.parametrize("alias", REGISTRY)
def test_registered(alias):
    """Every loss is public, documented, found by alias and default constructible."""
    cls = REGISTRY[alias]
    assert cls.alias == alias
    assert cls.task in ("classification", "regression")
    assert getattr(losses, cls.__name__) is cls and cls.__name__ in losses.__all__
    assert set(cls._parameter_constraints) == set(cls().get_params())
    resolved = resolve_loss(alias, cls.task)
    assert type(resolved) is cls
    mine = cls()
    assert resolve_loss(mine, cls.task) is mine


def test_an_alias_belongs_to_one_class():
    """A second class with the same alias is refused; subclasses have none."""
    before = dict(REGISTRY)
    with pytest.raises(TypeError, match="share the alias 'huber'"):

        class Other(Loss):
            alias = "huber"

    class Mine(Huber):
        pass

    assert before == REGISTRY
    mine = Mine(epsilon=3.0)
    assert resolve_loss(mine, "regression") is mine


@pytest.mark.parametrize(
    "loss, task",
    [
        ("foo", "regression"),
        ("huber", "classification"),
        ("log_loss", "regression"),
        (Huber(), "classification"),
        (Huber, "regression"),
        (None, "regression"),
        (["huber"], "regression"),
    ],
)
def test_resolve_loss_errors(loss, task):
    """An unknown or unfit loss: the message lists those that fit."""
    with pytest.raises(ValueError, match=f"is not a {task} loss; use one of") as error:
        resolve_loss(loss, task)
    for alias, cls in REGISTRY.items():
        assert (repr(alias) in str(error.value).split("use one of")[1]) == (
            cls.task == task
        )


@pytest.mark.parametrize(
    "loss, parameter",
    [
        (Huber(epsilon=0), "epsilon"),
        (Huber(epsilon=np.nan), "epsilon"),
        (Huber(epsilon=np.inf), "epsilon"),
        (Huber(scale=-1.0), "scale"),
        (Huber(scale="a"), "scale"),
    ],
)
def test_parameters_are_validated(loss, parameter):
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter of Huber"):
        resolve_loss(loss, "regression")
