"""Sums of ambiguity sets: their objective, and how they act as parameters."""

import pickle
from itertools import combinations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from test_reference import WIDTHS, make_problem

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import (
    REGISTRY,
    ChiSquare,
    Composite,
    Domains,
    KullbackLeibler,
    ModalityLoss,
    Wasserstein,
    resolve_ambiguity,
)

N_SAMPLES = 40
DOMAINS = np.array(["north", "south", "west"])[np.arange(N_SAMPLES) % 3]
PARTS = {
    "reweighting": ChiSquare(0.05),
    "transport": Wasserstein(0.02),
    "domain": Domains(level=0.5),
    "environment": ModalityLoss(),
}
KINDS = [c for size in (2, 3, 4) for c in combinations(PARTS, size)]
LOSSES = [("log_loss", 2), ("modified_huber", 3), ("hinge", 2), ("huber", 0)]
# MMD inside of environments takes half a minute for each fit
OTHERS = [
    alias
    for alias, s in REGISTRY.items()
    if s.kind == "reweighting" and alias not in ("chi2", "mmd")
]
quiet = pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")


def assert_equals_reference(ambiguity, alias, n_classes):
    seed = sum(map(ord, repr(ambiguity) + alias)) + n_classes
    X, y, weights = make_problem(np.random.default_rng(seed), n_classes, N_SAMPLES)
    estimator = DROClassifier if n_classes else DRORegressor
    model = estimator(ambiguity, loss=alias, modalities=WIDTHS, alpha=1e-2)
    objective = model.fit(X, y, weights, domains=DOMAINS).objective_
    assert 0 <= model.dual_gap_ <= model.tol
    exact = model.set_params(solver="cvxpy").fit(X, y, weights, domains=DOMAINS)
    assert objective == pytest.approx(exact.objective_, rel=1e-6)


@quiet
@pytest.mark.parametrize("kinds", KINDS, ids="+".join)
@pytest.mark.parametrize("alias, n_classes", LOSSES)
def test_objective_equals_reference(kinds, alias, n_classes):
    ambiguity = Composite(**{kind: PARTS[kind] for kind in kinds})
    assert_equals_reference(ambiguity, alias, n_classes)


@quiet
@pytest.mark.parametrize("reweighting", OTHERS)
@pytest.mark.parametrize("alias, n_classes", [("log_loss", 2), ("quantile", 0)])
def test_every_reweighting_set_composes(reweighting, alias, n_classes):
    parts = {**PARTS, "reweighting": REGISTRY[reweighting]()}
    assert_equals_reference(Composite(**parts), alias, n_classes)


@pytest.mark.parametrize(
    "transport",
    [
        Wasserstein(0.2, order=2),
        Wasserstein(0.1, order=2, norm="linf"),
        Wasserstein(0.1, order=2, norm="l1", coupling="joint"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kinds", [k for k in KINDS if "transport" in k], ids="+".join)
def test_order_two_composes(kinds, transport):
    parts = {**{kind: PARTS[kind] for kind in kinds}, "transport": transport}
    assert_equals_reference(Composite(**parts), "squared_error", 0)


@quiet
@pytest.mark.parametrize("kinds", [k for k in KINDS if "transport" in k], ids="+".join)
def test_label_flips_compose(kinds):
    parts = {kind: PARTS[kind] for kind in kinds}
    parts["transport"] = Wasserstein(0.05, label_cost=0.4)
    assert_equals_reference(Composite(**parts), "log_loss", 2)


# -- the sum as an object ----------------------------------------------------------


def test_addition():
    """Order and brackets make no difference; parts are the very objects."""
    reweighting, transport, domain, environment = PARTS.values()
    one = reweighting + transport + domain + environment
    other = environment + (domain + (transport + reweighting))
    assert isinstance(one, Composite) and repr(one) == repr(other)
    assert one.parts() == other.parts() == PARTS
    with pytest.raises(TypeError, match="unsupported operand"):
        reweighting + 1


def test_repr():
    ambiguity = ChiSquare(0.2) + ModalityLoss(level=0.5)
    expected = (
        "Composite(environment=ModalityLoss(level=0.5), "
        "reweighting=ChiSquare(radius=0.2))"
    )
    assert " ".join(repr(ambiguity).split()) == expected


def test_nested_parameters():
    """Parameters of parts are reached by kind, in clones as well."""
    model = DROClassifier(ChiSquare(0.1) + Wasserstein(0.2))
    other = clone(model).set_params(
        ambiguity__reweighting__radius=0.3,
        ambiguity__transport=Wasserstein(0.4, norm="linf"),
        ambiguity__environment=ModalityLoss(),
    )
    assert other.ambiguity.reweighting.radius == 0.3
    assert other.ambiguity.transport.norm == "linf"
    assert other.ambiguity.environment.level == 0.0
    assert model.ambiguity.reweighting.radius == 0.1
    assert model.ambiguity.environment is None
    with pytest.raises(ValueError, match="Invalid parameter"):
        other.set_params(ambiguity__environment__radius=1)


def test_pickle():
    X, y, weights = make_problem(np.random.default_rng(0), 2, N_SAMPLES)
    model = DROClassifier(sum_of_parts(), modalities=WIDTHS)
    model.fit(X, y, weights, domains=DOMAINS)
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(other.coef_, model.coef_)
    assert repr(other.ambiguity) == repr(model.ambiguity)
    risk = model.worst_case(X, y, domains=DOMAINS).risk
    assert other.worst_case(X, y, domains=DOMAINS).risk == risk


def sum_of_parts():
    return Composite(**{kind: clone(part) for kind, part in PARTS.items()})


def test_grid_search():
    """Nested parameters in a grid, each with an effect of its own."""
    X, y, _ = make_problem(np.random.default_rng(1), 2, 60)
    grid = {
        "ambiguity__reweighting__radius": [0.0, 0.01],
        "ambiguity__environment__level": [0.0, 1.0],
        "ambiguity__reweighting": [ChiSquare(), KullbackLeibler()],
    }
    model = DROClassifier(ChiSquare() + ModalityLoss(), modalities=WIDTHS)
    search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=2).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.all(np.isfinite(scores))
    # both reweighting sets are the same at radius 0, everything else differs
    assert len(np.unique(scores.round(12))) == 6
    best = search.best_estimator_.ambiguity
    chosen = search.best_params_
    assert best.environment.level == chosen["ambiguity__environment__level"]
    assert best.reweighting.radius == chosen["ambiguity__reweighting__radius"]


def test_a_list_is_the_sum():
    """Aliases and objects may be mixed."""
    X, y, _ = make_problem(np.random.default_rng(2), 2, N_SAMPLES)
    named = resolve_ambiguity(["chi2", "modality_loss"])
    assert repr(named) == repr(ChiSquare() + ModalityLoss())
    models = [
        DROClassifier(ambiguity, modalities=WIDTHS).fit(X, y)
        for ambiguity in (["chi2", Wasserstein(0.1)], ChiSquare() + Wasserstein(0.1))
    ]
    np.testing.assert_array_equal(models[0].coef_, models[1].coef_)
    assert models[0].get_params()["ambiguity"][0] == "chi2"
    single = DROClassifier(["chi2"], modalities=WIDTHS).fit(X, y)
    alone = DROClassifier("chi2", modalities=WIDTHS).fit(X, y)
    np.testing.assert_array_equal(single.coef_, alone.coef_)


# -- errors ------------------------------------------------------------------------


def test_two_sets_of_a_kind():
    """The message names both, and the kind."""
    pattern = r"ChiSquare\(\) and CVaR\(.*\) are both reweighting sets"
    with pytest.raises(ValueError, match=pattern):
        resolve_ambiguity(["chi2", "cvar"])
    with pytest.raises(ValueError, match=r"ChiSquare.*Leibler.*both reweight"):
        ChiSquare() + ModalityLoss() + KullbackLeibler()
    with pytest.raises(ValueError, match=r"ModalityLoss\(\).*level=1.*environment"):
        ModalityLoss() + ModalityLoss(level=1)


@pytest.mark.parametrize(
    "bad, match",
    [
        ([], "empty list"),
        (
            ["chi2", "unknown"],
            r"'unknown' is not an ambiguity set; use one of",
        ),
        (["chi2", 3], "3 is not an ambiguity set"),
        (Composite(reweighting=Wasserstein()), "of kind 'transport'; pass it as"),
        (Composite(reweighting=ChiSquare() + Domains()), "that is a composite itself"),
        (ModalityLoss([1]), "got the entry 1. The known modalities"),
        (Composite(reweighting="chi2"), "The 'reweighting' parameter of Composite"),
        (Composite(reweighting=ChiSquare(-1)), "The 'radius' parameter of ChiSquare"),
        (Composite(domain=Domains(level=2)), "The 'level' parameter of Domains"),
    ],
)
def test_errors(bad, match):
    X, y, _ = make_problem(np.random.default_rng(2), 2, N_SAMPLES)
    model = DROClassifier(bad, modalities=WIDTHS)
    with pytest.raises(ValueError, match=match):
        model.fit(X, y)
    assert not hasattr(model, "coef_")


def test_nothing_is_empirical_risk_minimisation():
    X, y, weights = make_problem(np.random.default_rng(3), 2, N_SAMPLES)
    model = DROClassifier(Composite(), modalities=WIDTHS).fit(X, y, weights)
    other = DROClassifier(ChiSquare(0.0), modalities=WIDTHS).fit(X, y, weights)
    np.testing.assert_allclose(model.coef_, other.coef_, rtol=1e-10)


def test_a_budget_for_one_modality():
    """Named in a dict; the others get none, which each kind of set allows."""
    X, y, _ = make_problem(np.random.default_rng(0), 2, N_SAMPLES)
    fitted = [
        DROClassifier(
            ChiSquare(0.01) + Wasserstein(budget) + ModalityLoss(),
            modalities=WIDTHS,
            alpha=1e-2,
        ).fit(X, y)
        for budget in ({"x0": 0.05}, {"x0": 0.05, "x1": 0.0, "x2": 0.0}, {"x0": 0.0})
    ]
    np.testing.assert_array_equal(fitted[0].coef_, fitted[1].coef_)
    norms = [np.linalg.norm(model.coef_[0, :3]) for model in fitted]
    assert norms[0] < norms[2]
