"""Every registered ambiguity set with every loss, against the cone program.

The cases come from the registries, so a new set or loss is covered without a change.
"""

from zlib import crc32

import numpy as np
import pytest
from test_reference import WIDTHS, make_problem

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import REGISTRY as SETS
from skmmdro.ambiguity import Composite, ModalityLoss, ModalityShift, Wasserstein
from skmmdro.ambiguity._tilt import TiltSet
from skmmdro.losses import REGISTRY as LOSSES

N_SAMPLES = 40
DOMAINS = np.arange(N_SAMPLES) % 3
# by parameter name, for every set that has the parameter
EXTREME = {"radius": 0.3, "level": 0.2}
# the radii of three modalities add up; near 1 only the largest loss counts
# and many kernel features cost seconds for each fit
MILDER = {"tv": {"radius": 0.03}, "mmd": {"n_components": 8}}
PLAIN = {"radius": 0.0, "level": 1.0}
# further settings of single sets: extra solvers, norms and objectives
FURTHER = {
    "wasserstein": [
        {"norm": "linf", "radius": 0.1},
        {"norm": "l1", "radius": 0.1},
        {"coupling": "joint", "radius": 0.2},
        {"coupling": "joint", "norm": "l1", "radius": 0.2},
        {"label_cost": 0.3},
        {"order": 2, "radius": 0.3},
        {"order": 2, "norm": "l1", "coupling": "joint", "radius": 0.3},
    ],
    "modality_loss": [
        {"level": 0.6, "modalities": ["x0", ("x1", "x2")]},
        {"include_observed": False},
        {"level": 1.0},
    ],
    "domains": [{"level": 0.5}],
}
TARGETS = {"classification": (2, 3), "regression": (0,)}
quiet = pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")


def named(alias, values):
    """Return the set with those of the values that it has parameters for."""
    known = SETS[alias]().get_params()
    return SETS[alias](**{k: v for k, v in values.items() if k in known})


def extreme(alias):
    return named(alias, {**EXTREME, **MILDER.get(alias, {})})


def settings(alias):
    yield "default", SETS[alias]()
    yield "extreme", extreme(alias)
    for parameters in FURTHER.get(alias, []):
        yield (
            ",".join(f"{k}={v}" for k, v in parameters.items()),
            SETS[alias](**parameters),
        )


def targets():
    for alias, loss in LOSSES.items():
        for n_classes in TARGETS[loss.task]:
            yield alias, n_classes


def is_defined(ambiguity, alias, n_classes):
    """Whether the worst case is finite and has a meaning, by the theory."""
    if not isinstance(ambiguity, Wasserstein):
        return True
    if ambiguity.order == 2:
        return alias == "squared_error"
    flips = np.isfinite(ambiguity.label_cost)
    return not alias.startswith("squared") and (n_classes == 2 or not flips)


def cases(defined):
    for name in SETS:
        for setting, ambiguity in settings(name):
            for alias, n_classes in targets():
                if is_defined(ambiguity, alias, n_classes) == defined:
                    label = f"{name}({setting})-{alias}-{n_classes}"
                    yield pytest.param(ambiguity, alias, n_classes, id=label)


def data_of(label, n_classes):
    """Return a problem that depends on the case alone, and its estimator."""
    rng = np.random.default_rng(crc32(label.encode()))
    estimator = DROClassifier if n_classes else DRORegressor
    return make_problem(rng, n_classes, N_SAMPLES), estimator


@quiet
@pytest.mark.parametrize("ambiguity, alias, n_classes", list(cases(True)))
def test_objective_equals_reference(ambiguity, alias, n_classes, request):
    (X, y, weights), estimator = data_of(request.node.callspec.id, n_classes)
    model = estimator(ambiguity, loss=alias, modalities=WIDTHS, alpha=1e-2)
    fast = model.fit(X, y, weights, domains=DOMAINS)
    assert 0 <= fast.dual_gap_ <= model.tol
    assert fast.worst_case_weights_.min() >= 0
    assert fast.worst_case_weights_.sum() == pytest.approx(1)
    objective = fast.objective_
    exact = model.set_params(solver="cvxpy").fit(X, y, weights, domains=DOMAINS)
    assert exact.dual_gap_ <= model.tol
    # both are values of the exact objective, so neither can be below the optimum
    assert objective == pytest.approx(exact.objective_, rel=1e-6)


@pytest.mark.parametrize("solver", ["auto", "cvxpy"])
@pytest.mark.parametrize("ambiguity, alias, n_classes", list(cases(False)))
def test_undefined_pairs_are_errors(ambiguity, alias, n_classes, solver):
    """An infinite or meaningless worst case is refused; the estimator is as before."""
    (X, y, weights), estimator = data_of("undefined", n_classes)
    model = estimator(ambiguity, loss=alias, modalities=WIDTHS, solver=solver)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=rf"Wasserstein.*'{alias}'"):
        model.fit(X, y, weights)
    assert vars(model) == before


@pytest.mark.parametrize("alias", [a for a in SETS if a != ModalityLoss.alias])
@pytest.mark.parametrize("loss", ["log_loss", "hinge", "huber", "quantile"])
def test_the_smallest_set_is_empirical_risk_minimisation(alias, loss):
    """Radius 0 and level 1 leave nothing to the adversary."""
    n_classes = TARGETS[LOSSES[loss].task][0]
    (X, y, weights), estimator = data_of(alias + loss, n_classes)
    model = estimator(named(alias, PLAIN), loss=loss, modalities=WIDTHS, tol=1e-8)
    robust = model.fit(X, y, weights, domains=DOMAINS).objective_
    plain = model.set_params(ambiguity=Composite()).fit(X, y, weights)
    assert robust == pytest.approx(plain.objective_, rel=2e-8)
    np.testing.assert_allclose(plain.worst_case_weights_, weights / weights.sum())


@quiet
@pytest.mark.parametrize("alias", SETS)
@pytest.mark.parametrize("n_classes", [2, 0])
def test_larger_sets_cost_more(alias, n_classes):
    """The optimal objective grows with the set."""
    loss = "log_loss" if n_classes else "absolute_error"
    (X, y, weights), estimator = data_of(alias, n_classes)
    values = []
    for ambiguity in (named(alias, PLAIN), SETS[alias](), extreme(alias)):
        model = estimator(ambiguity, loss=loss, modalities=WIDTHS, alpha=1e-2)
        values.append(model.fit(X, y, weights, domains=DOMAINS).objective_)
    assert values[0] <= values[1] * (1 + 1e-6)
    # where the default level is 0, the default set is the larger one
    if SETS[alias]().get_params().get("level") == 0:
        values[1:] = values[:0:-1]
    assert values[0] < values[2] and values[1] <= values[2] * (1 + 1e-6)


def test_a_fit_goes_on_by_smoothing_if_a_model_has_no_best_tilt(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 4))
    y = (X[:, 0] + rng.standard_normal(40) > 0).astype(int)

    def fail(*args):
        raise RuntimeError("not solved")

    model, again = (DROClassifier(ModalityShift(0.3), modalities=[2, 2]) for _ in "ab")
    model.fit(X, y)
    monkeypatch.setattr(TiltSet, "maximise_quadratic", fail)
    assert again.fit(X, y).objective_ == pytest.approx(model.objective_, rel=1e-6)
