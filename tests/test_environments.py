"""ModalityLoss and Domains in the estimators: identities, domains, metadata routing."""

import numpy as np
import pytest
import sklearn
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_reference import WIDTHS, make_problem

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import (
    ChiSquare,
    Composite,
    CVaR,
    Domains,
    ModalityLoss,
    ModalityShift,
)
from skmmdro.ambiguity.modality_shift import Tilts
from skmmdro.modalities import resolve_modalities

N_SAMPLES = 60
BLOCKS = {"x0": slice(0, 3), "x1": slice(3, 4), "x2": slice(4, 6)}
EXACT = {"tol": 1e-9, "max_iter": 1000}
TASKS = {"binary": 2, "three classes": 3, "regression": 0}
every_task = pytest.mark.parametrize("n_classes", TASKS.values(), ids=list(TASKS))
SITES = np.array(["oslo", "rome", "wien"], dtype=object)[np.arange(N_SAMPLES) % 3]


def problem(n_classes, seed=0):
    return make_problem(np.random.default_rng(seed), n_classes, N_SAMPLES)


def make_model(n_classes, ambiguity, **parameters):
    estimator = DROClassifier if n_classes else DRORegressor
    parameters = {"alpha": 1e-2, "modalities": WIDTHS, **parameters}
    return estimator(ambiguity, **parameters)


def without(X, weights, *names):
    """Return X with blocks at their weighted means, as a mean imputer would do."""
    out = X.copy()
    for name in names:
        out[:, BLOCKS[name]] = np.average(X[:, BLOCKS[name]], axis=0, weights=weights)
    return out


def risk_of(model, X, y, weights):
    """Return the weighted mean loss, from the definition of the loss."""
    if not hasattr(model, "classes_"):
        return np.average(0.5 * (model.predict(X) - y) ** 2, weights=weights)
    log_proba = model.predict_log_proba(X)
    return np.average(-log_proba[np.arange(len(y)), y], weights=weights)


def penalty(model):
    return 0.5 * model.alpha * np.sum(model.coef_**2)


# -- ModalityLoss ------------------------------------------------------------------


@every_task
def test_level_one_is_training_on_stacked_copies(n_classes):
    """The average over environments: an ordinary model of the copies put together."""
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, ModalityLoss(level=1.0), **EXACT).fit(X, y, weights)
    copies = [X, *(without(X, weights, name) for name in BLOCKS)]
    stacked = make_model(n_classes, Composite(), **EXACT)
    stacked.fit(np.vstack(copies), np.tile(y, 4), np.tile(weights, 4))
    assert model.objective_ == pytest.approx(stacked.objective_, rel=1e-9)
    np.testing.assert_allclose(model.coef_, stacked.coef_, atol=1e-5)
    np.testing.assert_allclose(model.environment_weights_, 0.25)


@every_task
@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_risks_are_those_of_the_copies(n_classes, level):
    """What the model keeps is what one computes by hand, and makes the objective."""
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, ModalityLoss(level=level)).fit(X, y, weights)
    assert model.environment_names_ == ["observed", *(f"without {n}" for n in BLOCKS)]
    copies = [X, *(without(X, weights, name) for name in BLOCKS)]
    risks = [risk_of(model, copy, y, weights) for copy in copies]
    np.testing.assert_allclose(model.environment_risks_, risks, rtol=1e-9)
    pi = model.environment_weights_
    assert pi.sum() == pytest.approx(1) and pi.min() >= 0
    if level > 0:
        assert pi.max() <= 0.25 / level * (1 + 1e-9)
    worst = pi @ risks
    if level == 0:
        assert worst == pytest.approx(max(risks), rel=1e-5)
    assert model.objective_ == pytest.approx(worst + penalty(model), rel=1e-5)


def test_levels_approach_the_worst_environment():
    """The objective grows as the level falls; below the smallest prior it is level 0"""
    X, y, weights = problem(2)
    values = [
        make_model(2, ModalityLoss(level=level), **EXACT).fit(X, y, weights).objective_
        for level in (1.0, 0.7, 0.3, 0.2, 0.0)
    ]
    assert np.all(np.diff(values) >= -1e-9)
    assert values[0] < values[1] < values[2]
    assert values[3] == pytest.approx(values[4], rel=1e-8)


def test_lists_of_modalities():
    """Names and tuples of names, with and without the data as they are."""
    X, y, weights = problem(2)
    ambiguity = ModalityLoss(["x1", ("x0", "x2")], include_observed=False)
    model = make_model(2, ambiguity).fit(X, y, weights)
    assert model.environment_names_ == ["without x1", "without x0 and x2"]
    copies = [without(X, weights, "x1"), without(X, weights, "x0", "x2")]
    risks = [risk_of(model, copy, y, weights) for copy in copies]
    np.testing.assert_allclose(model.environment_risks_, risks, rtol=1e-9)


def test_one_environment():
    """Training without a modality is an ordinary model of the others."""
    X, y, weights = problem(2)
    ambiguity = ModalityLoss(["x1"], include_observed=False)
    model = make_model(2, ambiguity, **EXACT).fit(X, y, weights)
    columns = [0, 1, 2, 4, 5]
    other = make_model(2, Composite(), modalities=[3, 2], **EXACT)
    other.fit(X[:, columns], y, weights)
    assert model.objective_ == pytest.approx(other.objective_, rel=1e-9)
    np.testing.assert_allclose(model.coef_[:, columns], other.coef_, atol=1e-5)


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"modalities": ["x0", "audio"]}, r"unknown modalities \['audio'\]; the known"),
        ({"modalities": []}, "needs at least one entry"),
        ({"modalities": [()]}, "at least one name in each"),
        ({"modalities": [("x0", "x1"), ("x1", "x0")]}, "an environment twice"),
        ({"modalities": [("x0", "x0")]}, r"twice in the entry \('x0', 'x0'\)"),
        ({"modalities": "x0"}, "'modalities' parameter of ModalityLoss"),
        ({"level": 1.5}, "'level' parameter of ModalityLoss"),
        ({"include_observed": "yes"}, "'include_observed' parameter"),
    ],
)
def test_bad_modality_loss(parameters, match):
    X, y, _ = problem(2)
    model = make_model(2, ModalityLoss(**parameters))
    with pytest.raises(ValueError, match=match):
        model.fit(X, y)


def test_one_modality_is_an_error():
    X, y, _ = problem(2)
    with pytest.raises(ValueError, match=r"at least 2 modalities, got \['x'\]"):
        DROClassifier("modality_loss").fit(X, y)


# -- Domains -----------------------------------------------------------------------


@every_task
@pytest.mark.parametrize("ambiguity", [Domains(), Domains(level=0.3)], ids=repr)
def test_one_domain_is_an_ordinary_model(n_classes, ambiguity):
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, ambiguity, **EXACT)
    robust = model.fit(X, y, weights, domains=np.zeros(N_SAMPLES)).objective_
    plain = model.set_params(ambiguity=Composite()).fit(X, y, weights).objective_
    assert robust == pytest.approx(plain, rel=1e-9)


@every_task
def test_level_one_is_an_ordinary_model(n_classes):
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, Domains(level=1.0), **EXACT)
    robust = model.fit(X, y, weights, domains=SITES).objective_
    plain = model.set_params(ambiguity=Composite()).fit(X, y, weights).objective_
    assert robust == pytest.approx(plain, rel=1e-9)


@every_task
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_risks_are_those_of_the_domains(n_classes, level):
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, Domains(level=level))
    model.fit(X, y, weights, domains=SITES)
    assert model.domain_names_ == ["oslo", "rome", "wien"]
    rows = [name == SITES for name in model.domain_names_]
    risks = [risk_of(model, X[r], y[r], weights[r]) for r in rows]
    np.testing.assert_allclose(model.domain_risks_, risks, rtol=1e-9)
    pi = model.domain_weights_
    mass = np.array([model.worst_case_weights_[r].sum() for r in rows])
    np.testing.assert_allclose(mass, pi)
    if level > 0:
        prior = np.array([weights[r].sum() for r in rows]) / weights.sum()
        assert np.all(pi <= prior / level * (1 + 1e-9))
    else:
        assert pi @ risks == pytest.approx(max(risks), rel=1e-5)
    assert model.objective_ == pytest.approx(pi @ risks + penalty(model), rel=1e-5)


@every_task
def test_the_worst_domain_gets_better(n_classes):
    """Compared to the ordinary model the largest risk falls, the mean rises."""
    X, y, weights = problem(n_classes)
    risks = []
    for level in (0.0, 1.0):
        model = make_model(n_classes, Domains(level=level))
        model.fit(X, y, weights, domains=SITES)
        risks.append([max(model.domain_risks_), risk_of(model, X, y, weights)])
    (worst, mean), (plain_worst, plain_mean) = risks
    assert worst < plain_worst and mean > plain_mean


DOMAINS = {
    "int": np.arange(N_SAMPLES) % 3,
    "negative": -(np.arange(N_SAMPLES) % 3),
    "str": SITES.astype(str),
    "object": SITES,
    "list": list(SITES),
    "bool": np.arange(N_SAMPLES) % 3 > 0,
    "float": (np.arange(N_SAMPLES) % 3) / 2,
}


@pytest.mark.parametrize("kind", DOMAINS)
def test_kinds_of_domains(kind):
    """Names are those passed, in the order of np.unique."""
    X, y, _ = problem(2)
    model = make_model(2, Domains()).fit(X, y, domains=DOMAINS[kind])
    names, size = np.unique(np.asarray(DOMAINS[kind]), return_counts=True)
    assert model.domain_names_ == names.tolist()
    assert len(model.domain_risks_) == len(size)


def test_pandas_domains():
    pd = pytest.importorskip("pandas")
    X, y, _ = problem(2)
    plain = make_model(2, Domains()).fit(X, y, domains=SITES)
    for domains in (pd.Series(SITES), pd.Series(SITES, dtype="category")):
        model = make_model(2, Domains()).fit(X, y, domains=domains)
        np.testing.assert_array_equal(model.coef_, plain.coef_)
    missing = pd.Series([pd.NA, *SITES[1:]])
    with pytest.raises(ValueError, match="missing values"):
        make_model(2, Domains()).fit(X, y, domains=missing)


@pytest.mark.parametrize(
    "domains, match",
    [
        (None, r"Domains\(\) needs the domain of each sample.*domains=\.\.\."),
        (np.zeros(N_SAMPLES - 1), r"shape \(59,\), expected one entry for each of the"),
        (np.zeros((N_SAMPLES, 1)), r"domains has shape \(60, 1\)"),
        ("oslo", r"domains has shape \(\)"),
        (np.where(np.arange(N_SAMPLES) == 3, np.nan, 1.0), "missing values"),
        ([None, *SITES[1:]], "missing values"),
        (np.array([1, *SITES[1:]], dtype=object), "domains mixes values of types"),
    ],
)
def test_bad_domains(domains, match):
    X, y, _ = problem(2)
    model = make_model(2, ChiSquare() + Domains())
    with pytest.raises(ValueError, match=match):
        model.fit(X, y, domains=domains)
    assert not hasattr(model, "coef_")


def test_other_sets_do_not_look_at_domains():
    X, y, _ = problem(2)
    model = make_model(2, "chi2").fit(X, y, domains=SITES)
    plain = make_model(2, "chi2").fit(X, y)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    assert not hasattr(model, "domain_names_")


# -- weights -----------------------------------------------------------------------

SETS = [
    Domains(),
    Domains(level=0.4) + CVaR(0.7),
    ModalityLoss(),
    ModalityLoss(level=0.5) + Domains(level=0.4),
    ChiSquare(0.02, coupling="independent") + ModalityLoss() + Domains(),
]


@pytest.mark.parametrize("ambiguity", SETS, ids=lambda s: "+".join(s.parts()))
@pytest.mark.parametrize("n_classes", [2, 0])
def test_rows_of_weight_zero_are_not_there(ambiguity, n_classes):
    """Not in the means, not among the domains."""
    X, y, _ = problem(n_classes)
    weights = np.ones(N_SAMPLES)
    weights[::4] = 0
    used = weights > 0
    bad = X.copy()
    bad[~used] = 1e6
    domains = SITES.copy()
    domains[~used] = "nowhere"
    model = make_model(n_classes, ambiguity, **EXACT)
    model.fit(bad, y, weights, domains=domains)
    assert not np.any(model.worst_case_weights_[~used])
    assert "nowhere" not in getattr(model, "domain_names_", [])
    objective = model.objective_
    model.fit(X[used], y[used], domains=SITES[used])
    assert objective == pytest.approx(model.objective_, rel=1e-9)


@pytest.mark.parametrize("ambiguity", SETS, ids=lambda s: "+".join(s.parts()))
@pytest.mark.parametrize("n_classes", [2, 0])
def test_integer_weights_are_copies(ambiguity, n_classes):
    X, y, _ = problem(n_classes)
    times = np.random.default_rng(1).integers(1, 4, N_SAMPLES)
    model = make_model(n_classes, ambiguity, **EXACT)
    weighted = model.fit(X, y, times, domains=SITES).objective_
    many = (np.repeat(values, times, axis=0) for values in (X, y, SITES))
    X, y, domains = many
    repeated = model.fit(X, y, domains=domains).objective_
    assert weighted == pytest.approx(repeated, rel=1e-8)


# -- metadata routing --------------------------------------------------------------


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def domain_model(**parameters):
    model = make_model(2, Domains(**parameters))
    return model.set_fit_request(domains=True)


def test_routing_through_a_pipeline(routing):
    X, y, _ = problem(2)
    pipeline = make_pipeline(StandardScaler(), domain_model())
    pipeline.fit(X, y, domains=SITES)
    assert pipeline[-1].domain_names_ == ["oslo", "rome", "wien"]
    scaled = StandardScaler().fit_transform(X)
    model = domain_model().fit(scaled, y, domains=SITES)
    np.testing.assert_array_equal(pipeline[-1].coef_, model.coef_)


def test_routing_through_a_search(routing):
    """Domains go to the model, groups to the splitter; they may be the same thing."""
    X, y, _ = problem(2)
    pipeline = make_pipeline(StandardScaler(), domain_model())
    search = GridSearchCV(
        pipeline, {"droclassifier__ambiguity__level": [0.0, 1.0]}, cv=GroupKFold(3)
    )
    search.fit(X, y, domains=SITES, groups=SITES)
    fitted = search.best_estimator_[-1]
    assert fitted.domain_names_ == ["oslo", "rome", "wien"]
    assert np.all(np.isfinite(search.cv_results_["mean_test_score"]))


def test_routing_through_cross_validate(routing):
    """Each fold is fitted on the domains of its training part."""
    X, y, _ = problem(2)
    scores = cross_validate(
        make_pipeline(StandardScaler(), domain_model()),
        X,
        y,
        cv=GroupKFold(3),
        params={"domains": SITES, "groups": SITES},
        return_estimator=True,
        return_indices=True,
    )
    for pipeline, train in zip(
        scores["estimator"], scores["indices"]["train"], strict=True
    ):
        assert pipeline[-1].domain_names_ == np.unique(SITES[train]).tolist()
        assert len(pipeline[-1].domain_names_) == 2


def test_domains_that_nobody_requested(routing):
    """scikit-learn itself says what to do."""
    X, y, _ = problem(2)
    pipeline = make_pipeline(StandardScaler(), make_model(2, Domains()))
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="domains"):
        pipeline.fit(X, y, domains=SITES)


def test_a_modality_shift_inside_of_a_domain():
    """Directions of the pooled data, centred in the domain but not scaled anew."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 2))
    domain = np.arange(300) % 2
    X[domain == 1] = 0.3 * X[domain == 1] + 5
    nominal = np.full(300, 1 / 300)
    bound = ModalityShift(0.01).bind(X, nominal, resolve_modalities([1, 1], X))
    assert bound.fitted["joint_radius_"] > 0.02  # the domains make modalities alike
    for d in (0, 1):
        rows = np.flatnonzero(domain == d)
        values, p = X[rows, 0], np.full(150, 1 / 150)
        functions = bound.reweighting.take(rows).functions[:, :1]  # of one modality
        weights = Tilts(functions, [1], p).worst_case(values, p).weights
        shift = weights @ values - values.mean()
        assert shift == pytest.approx(0.1 * values.var() / X[:, 0].std())
