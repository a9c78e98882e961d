"""What every reweighting set in the registry promises, at mild and extreme settings.

The cases are made from the parameter constraints, so a set that is added to the
registry is tested without a change here.
"""

from numbers import Real

import cvxpy as cp
import numpy as np
import pytest
from reweighting import (
    KINDS,
    N_SAMPLES,
    assert_curvature,
    assert_gradient,
    assert_in_simplex,
    bind,
    make_features,
    make_losses,
    scale_of,
    solve,
)
from scipy import sparse
from sklearn.utils._param_validation import Interval, StrOptions

from skmmdro import ambiguity
from skmmdro.ambiguity import REGISTRY, resolve_ambiguity

ALIASES = [a for a, cls in REGISTRY.items() if cls.kind == "reweighting"]


def extremes(constraint):
    """Return values near both ends of an interval of floats, or all the options."""
    if isinstance(constraint, StrOptions):
        return sorted(constraint.options)
    if not isinstance(constraint, Interval) or constraint.type is not Real:
        return []
    low, high = constraint.left, constraint.right
    high = low + 1e3 if high is None else high
    ends = [low + 1e-4 * min(high - low, 1), high - 1e-3 * (high - low)]
    if constraint.closed in ("left", "both"):
        ends.append(low)
    if constraint.closed in ("right", "both") and constraint.right is not None:
        ends.append(high)
    return ends


def is_for_arrays(alias, parameters):
    """Whether plain arrays can be bound; some options need what frames carry."""
    try:
        bind(alias, make_losses("normal")[1], **parameters)
    except ValueError as error:
        assert "the data carry no" in str(error)
        return False
    return True


def cases():
    """Return a pytest.param (alias, parameters) for each set and setting."""
    found = []
    for alias in ALIASES:
        settings = [{}]
        for name, constraints in REGISTRY[alias]._parameter_constraints.items():
            values = [v for c in constraints for v in extremes(c)]
            settings += [{name: v} for v in values if is_for_arrays(alias, {name: v})]
        found += [
            pytest.param(alias, s, id="-".join([alias, *(f"{k}={s[k]}" for k in s)]))
            for s in settings
        ]
    return found


every_alias = pytest.mark.parametrize("alias", ALIASES)
every_case = pytest.mark.parametrize("alias, parameters", cases())
every_kind = pytest.mark.parametrize("kind", KINDS)


def test_there_are_sets():
    assert {"chi2", "kl", "cvar", "tv", "mmd", "modality_shift"} <= set(ALIASES)


@every_alias
def test_registered(alias):
    """Every set is public, found by alias, default constructible and validated."""
    cls = REGISTRY[alias]
    assert cls.alias == alias
    assert getattr(ambiguity, cls.__name__) is cls
    assert cls.__name__ in ambiguity.__all__
    assert set(cls._parameter_constraints) == set(cls().get_params())
    assert type(resolve_ambiguity(alias)) is cls
    mine = cls()
    assert resolve_ambiguity(mine) is mine
    assert not hasattr(cls, "fit")


@every_case
def test_bound_set(alias, parameters):
    """One non-negative budget per modality; fitted names end in an underscore."""
    _, nominal = make_losses("normal")
    bound = bind(alias, nominal, **parameters)
    assert bound.budgets.shape == (2,)
    assert np.all(np.isfinite(bound.budgets)) and np.all(bound.budgets >= 0)
    assert all(name.endswith("_") for name in bound.fitted)


@every_case
@every_kind
def test_worst_case_is_attained(alias, parameters, kind):
    """The weights are a distribution, give the value, and beat the nominal ones."""
    losses, nominal = make_losses(kind)
    reweighting = bind(alias, nominal, **parameters).reweighting
    losses.setflags(write=False)
    nominal.setflags(write=False)
    worst = reweighting.worst_case(losses, nominal)
    assert_in_simplex(worst.weights)
    assert worst.value == pytest.approx(worst.weights @ losses, rel=1e-12)
    room = 1e-10 * np.ptp(losses)
    assert nominal @ losses - room <= worst.value <= losses.max() + room
    used = reweighting.share_used(worst.weights, nominal)
    assert isinstance(used, float) and 0 <= used <= 1 + 1e-9


@every_case
def test_equal_losses_leave_the_nominal_weights(alias, parameters):
    """Without differences there is no worst case."""
    _, nominal = make_losses("normal")
    reweighting = bind(alias, nominal, **parameters).reweighting
    for level in (0.0, 0.3, 1e9):
        worst = reweighting.worst_case(np.full(N_SAMPLES, level), nominal)
        np.testing.assert_allclose(worst.weights, nominal, atol=1e-12)
        assert worst.value == pytest.approx(level)


@every_case
def test_few_samples(alias, parameters):
    """One sample has nothing to be reweighted; two have."""
    for losses in (np.array([0.7]), np.array([0.2, 0.9])):
        nominal = np.full(len(losses), 1 / len(losses))
        worst = bind(alias, nominal, **parameters).reweighting.worst_case(
            losses, nominal
        )
        assert_in_simplex(worst.weights)
        assert losses.mean() - 1e-12 <= worst.value <= losses.max() + 1e-12


@every_case
@every_kind
def test_shifts_and_units(alias, parameters, kind):
    """R(a l + b) = a R(l) + b for a > 0."""
    losses, nominal = make_losses(kind)
    reweighting = bind(alias, nominal, **parameters).reweighting
    worst = reweighting.worst_case(losses, nominal)
    for factor, shift in ((1e-12, 0.0), (1e12, 0.0), (2.0, scale_of(losses))):
        other = reweighting.worst_case(factor * losses + shift, nominal)
        expected = factor * worst.value + shift
        room = factor * 1e-9 * np.ptp(losses)
        assert other.value == pytest.approx(expected, rel=1e-11, abs=room)


@every_case
@every_kind
def test_monotone_and_convex(alias, parameters, kind):
    """Larger losses have a larger risk; the risk of a mixture is no larger."""
    losses, nominal = make_losses(kind)
    other, _ = make_losses("normal", seed=1)
    other = other * scale_of(losses)
    reweighting = bind(alias, nominal, **parameters).reweighting

    def risk(values):
        return reweighting.worst_case(values, nominal).value

    room = 1e-10 * scale_of(losses)
    assert risk(losses + 0.1 * other) >= risk(losses) - room
    mixed = risk(0.3 * losses + 0.7 * other)
    assert mixed <= 0.3 * risk(losses) + 0.7 * risk(other) + room


@every_case
@every_kind
def test_order_of_samples_does_not_matter(alias, parameters, kind):
    """`take` is exact if it only changes the order."""
    losses, nominal = make_losses(kind)
    reweighting = bind(alias, nominal, **parameters).reweighting
    order = np.random.default_rng(0).permutation(N_SAMPLES)
    worst = reweighting.worst_case(losses, nominal)
    other = reweighting.take(order).worst_case(losses[order], nominal[order])
    room = 1e-10 * scale_of(losses)
    assert other.value == pytest.approx(worst.value, rel=1e-12, abs=room)


@every_case
def test_part_of_the_samples(alias, parameters):
    """`take` gives a set of distributions on the part, for slices and for indices."""
    losses, nominal = make_losses("normal")
    reweighting = bind(alias, nominal, **parameters).reweighting
    for rows in (slice(None, None, 3), np.array([1, 4, 5, 20])):
        part, mass = losses[rows], nominal[rows] / nominal[rows].sum()
        worst = reweighting.take(rows).worst_case(part, mass)
        assert_in_simplex(worst.weights)
        assert mass @ part - 1e-10 <= worst.value <= part.max() + 1e-10


@every_case
@pytest.mark.parametrize("smoothing", [1e-3, 1e-1])
def test_smoothed_derivatives(alias, parameters, smoothing):
    """With smoothing every set has a gradient and a curvature."""
    losses, nominal = make_losses("normal")
    reweighting = bind(alias, nominal, **parameters).reweighting
    assert_gradient(reweighting, losses, nominal, smoothing, room=2e-7)
    assert_curvature(reweighting, losses, nominal, smoothing)


@every_alias
def test_exact_derivatives(alias):
    """Sets that call themselves smooth have both without smoothing."""
    losses, nominal = make_losses("normal")
    reweighting = bind(alias, nominal).reweighting
    if reweighting.is_smooth:
        assert_gradient(reweighting, losses, nominal)
        assert_curvature(reweighting, losses, nominal)


@every_case
@every_kind
@pytest.mark.parametrize("smoothing", [1e-8, 1e-3, 1.0, 1e3])
def test_smoothing_error(alias, parameters, kind, smoothing):
    """0 <= exact - smoothed <= smoothing."""
    losses, nominal = make_losses(kind)
    reweighting = bind(alias, nominal, **parameters).reweighting
    exact = reweighting.worst_case(losses, nominal)
    smooth = reweighting.worst_case(losses, nominal, smoothing)
    assert_in_simplex(smooth.weights)
    room = 1e-11 * scale_of(losses)
    assert -room <= exact.value - smooth.value <= smoothing + room
    assert reweighting.share_used(smooth.weights, nominal) <= 1 + 1e-9


@every_case
@every_kind
def test_proximal_steps_reach_the_exact_value(alias, parameters, kind):
    """With the last center the error falls like smoothing / k, and to nothing."""
    losses, nominal = make_losses(kind)
    losses = (losses - losses.min()) / np.ptp(losses)
    reweighting = bind(alias, nominal, **parameters).reweighting
    exact = reweighting.worst_case(losses, nominal).value
    center, smoothing = None, 0.1 * (exact - nominal @ losses)
    for k in range(1, 6):
        step = reweighting.worst_case(losses, nominal, smoothing, center)
        center, error = step.center, exact - step.weights @ losses
        if center is None:  # the set smooths at the nominal weights only
            return
        assert -1e-10 <= error <= smoothing / k + 1e-10
    for _ in range(6):
        smoothing *= 0.1
        step = reweighting.worst_case(losses, nominal, smoothing, center)
        center = step.center
    assert step.weights @ losses == pytest.approx(exact, abs=1e-9)


@every_case
@every_kind
def test_cone_form(alias, parameters, kind):
    """The cvxpy risk has the same value, as a function of an epigraph variable.

    To 1e-6: with tiny radii the cones of divergences are no more exact than that.
    """
    losses, nominal = make_losses(kind)
    scaled = (losses - losses.min()) / np.ptp(losses)
    reweighting = bind(alias, nominal, **parameters).reweighting
    variable = cp.Variable(N_SAMPLES)
    risk, constraints = reweighting.cvxpy_risk(variable, nominal)
    program = cp.Problem(cp.Minimize(risk), [*constraints, variable >= scaled])
    expected = reweighting.worst_case(scaled, nominal).value
    assert solve(program) == pytest.approx(expected, abs=1e-6)


@every_case
def test_weights_equal_repetition(alias, parameters):
    """An integer weight is that many copies of the row."""
    if parameters.get("radius") == "confidence":
        pytest.skip("the radius depends on the number of samples")
    X, modalities = make_features()
    losses, _ = make_losses("normal")
    copies = np.random.default_rng(0).integers(1, 4, N_SAMPLES)
    rows = np.repeat(np.arange(N_SAMPLES), copies)
    nominal, equal = copies / copies.sum(), np.full(len(rows), 1 / len(rows))
    ambiguity_set = REGISTRY[alias](**parameters)
    weighted = ambiguity_set.bind(X, nominal, modalities)
    repeated = ambiguity_set.bind(X[rows], equal, modalities)
    np.testing.assert_allclose(weighted.budgets, repeated.budgets, rtol=1e-9)
    for name, value in weighted.fitted.items():
        np.testing.assert_allclose(value, repeated.fitted[name], atol=1e-7)
    one = weighted.reweighting.worst_case(losses, nominal)
    other = repeated.reweighting.worst_case(losses[rows], equal)
    assert one.value == pytest.approx(other.value, rel=1e-9)


@every_case
def test_sparse_data_can_be_bound(alias, parameters):
    """Binding gives the same for a sparse and a dense matrix."""
    X, modalities = make_features()
    losses, nominal = make_losses("normal")
    ambiguity_set = REGISTRY[alias](**parameters)
    dense = ambiguity_set.bind(X, nominal, modalities)
    other = ambiguity_set.bind(sparse.csr_array(X), nominal, modalities)
    np.testing.assert_allclose(dense.budgets, other.budgets)
    for name, value in dense.fitted.items():
        np.testing.assert_allclose(value, other.fitted[name], atol=1e-10)
    values = [b.reweighting.worst_case(losses, nominal).value for b in (dense, other)]
    assert values[0] == pytest.approx(values[1], rel=1e-10)


@every_alias
def test_radius_for_an_unknown_modality(alias):
    """The message lists the known modalities."""
    if "radius" not in REGISTRY[alias]().get_params():
        return
    X, modalities = make_features()
    _, nominal = make_losses("normal")
    with pytest.raises(ValueError, match=r"unknown modalities \['y'\].*'x0', 'x1'"):
        REGISTRY[alias]({"x0": 0.1, "x1": 0.1, "y": 0.1}).bind(X, nominal, modalities)
    with pytest.raises(ValueError, match="radius must be a finite non-negative"):
        REGISTRY[alias]({"x0": 0.1, "x1": -0.1}).bind(X, nominal, modalities)
    with pytest.raises(ValueError, match="radius is an empty dict"):
        REGISTRY[alias]({}).bind(X, nominal, modalities)


@every_alias
def test_radius_of_a_modality_that_is_left_out(alias):
    """It is zero."""
    if "radius" not in REGISTRY[alias]().get_params():
        return
    X, modalities = make_features()
    losses, nominal = make_losses("normal")
    first, second = (
        REGISTRY[alias](radius).bind(X, nominal, modalities)
        for radius in ({"x1": 0.1}, {"x0": 0.0, "x1": 0.1})
    )
    values = [b.reweighting.worst_case(losses, nominal).value for b in (first, second)]
    assert values[0] == values[1]


@every_alias
def test_grows_with_the_radius(alias):
    """From the mean at radius 0 up, never down."""
    if "radius" not in REGISTRY[alias]().get_params():
        return
    losses, nominal = make_losses("normal")
    values = []
    for radius in (0.0, 1e-6, 1e-3, 0.01, 0.1, 0.4, 0.9):
        bound = bind(alias, nominal, radius=radius)
        values.append(bound.reweighting.worst_case(losses, nominal).value)
    assert values[0] == pytest.approx(nominal @ losses, rel=1e-14)
    assert np.all(np.diff(values) >= -1e-10)
    assert values[-1] > values[0]
