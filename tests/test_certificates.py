"""Certificates: order of the bounds, coverage, and what they say."""

import warnings
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier, DRORegressor, KernelDROClassifier
from skmmdro.ambiguity import (
    ChiSquare,
    CVaR,
    Domains,
    ModalityLoss,
    ModalityShift,
    Wasserstein,
)
from skmmdro.ambiguity.chi_square import ChiSquareBall
from skmmdro.certificates import risk_certificate
from skmmdro.certificates._bounds import (
    bounded_loss_bound,
    two_point_floor,
    zero_one_bound,
)
from skmmdro.compose import make_multimodal_pipeline
from skmmdro.datasets import (
    make_multimodal_classification,
    make_multimodal_regression,
)

DATA = make_multimodal_classification(900, random_state=0)
X, Y, PARTS = DATA.data, DATA.target, DATA.modalities
RADII = {"m0": 0.1, "m1": 0.02, "m2": 0.0}
TEST = X[300:], Y[300:]


def fitted(ambiguity, **params):
    return DROClassifier(ambiguity, modalities=PARTS, **params).fit(X[:300], Y[:300])


MODEL = fitted(ChiSquare(RADII))
SETS = {
    "chi2": ChiSquare(RADII),
    "independent": ChiSquare(RADII, coupling="independent"),
    "comonotone": ChiSquare(RADII, coupling="comonotone"),
    "shift": ModalityShift(RADII),
    "none": ChiSquare(0.0),
    "huge": ChiSquare(50.0),
}


@pytest.mark.parametrize("loss", ["zero_one", "training"])
@pytest.mark.parametrize("name", SETS)
def test_bounds_are_in_order(name, loss):
    bound = None if loss == "zero_one" else 20.0
    certificate = risk_certificate(MODEL, *TEST, SETS[name], loss, loss_bound=bound)
    ladder = [
        certificate.nominal_risk,
        certificate.attained_risk,
        certificate.joint_risk,
        certificate.closed_form,
        certificate.upper_bound,
        certificate.early_fusion_bound,
    ]
    assert np.all(np.diff(ladder) >= -1e-9)
    shares = certificate.modality_contributions.values()
    assert sum(shares) == pytest.approx(certificate.joint_radius)
    assert certificate.joint_radius <= certificate.early_fusion_radius + 1e-12


def test_values_against_their_definitions():
    certificate = risk_certificate(MODEL, *TEST)
    losses = (MODEL.predict(TEST[0]) != TEST[1]).astype(float)
    nominal = np.full(len(losses), 1 / len(losses))
    B = certificate.joint_radius
    coupling = certificate.coupling
    root = np.sqrt(list(RADII.values()))
    assert root @ coupling @ root == pytest.approx(B)
    assert certificate.nominal_risk == pytest.approx(1 - MODEL.score(*TEST))
    assert certificate.joint_risk == ChiSquareBall(B).worst_case(losses, nominal).value
    weights = certificate.weights
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0
    assert np.sum((weights - nominal) ** 2 / nominal) <= B * (1 + 1e-9)
    assert weights @ losses == pytest.approx(certificate.attained_risk)
    assert certificate.attained_risk > certificate.nominal_risk
    assert certificate.minimax_floor == max(np.sqrt(B) / 2, 1 / (8 * np.sqrt(300)))


@pytest.mark.parametrize("loss", ["zero_one", "training"])
def test_values_against_convex_programs(loss):
    """Three classes, class weights and sample weights; written without the library."""
    data = make_multimodal_classification(
        300, widths=(4, 3), n_classes=3, random_state=0
    )
    (Z, y), parts = (data.data, data.target), data.modalities
    radii = np.array([0.1, 0.03])
    ambiguity = ChiSquare(dict(zip(parts, radii, strict=True)), coupling="comonotone")
    model = DROClassifier(ambiguity, modalities=parts, class_weight="balanced")
    model.fit(Z[:150], y[:150], sample_weight=np.linspace(0.5, 2, 150))
    certificate = risk_certificate(model, Z[150:], y[150:], loss=loss)
    if loss == "zero_one":
        losses = (model.predict(Z[150:]) != y[150:]).astype(float)
        ends = binomtest(int(losses.sum()), 150, alternative="less")
        p = ends.proportion_ci(0.95).high
        bound = p + np.sqrt(np.sqrt(radii).sum() ** 2 * p * (1 - p))
        assert certificate.upper_bound == pytest.approx(min(bound, 1.0))
    else:
        losses = -np.log(model.predict_proba(Z[150:])[np.arange(150), y[150:]])
    q = cp.Variable(150, nonneg=True)
    limits = [cp.sum(q) == 1]
    ball = 150 * cp.sum_squares(q - 1 / 150) <= np.sqrt(radii).sum() ** 2
    joint = cp.Problem(cp.Maximize(q @ losses), [*limits, ball]).solve("CLARABEL")
    assert certificate.joint_risk == pytest.approx(joint, rel=1e-5)
    tilt = 0
    for columns, radius in zip(parts.values(), radii, strict=True):
        block = Z[150:, columns] - Z[150:, columns].mean(axis=0)
        directions = np.linalg.svd(block, full_matrices=False)[0] * np.sqrt(150)
        c = cp.Variable(directions.shape[1])
        tilt = tilt + directions @ c
        limits.append(cp.norm(c) <= np.sqrt(radius))
    limits.append(q == (1 + tilt) / 150)
    tilted = cp.Problem(cp.Maximize(q @ losses), limits).solve("CLARABEL")
    # it also tries the model's response and the worst shift of each modality
    assert tilted * (1 - 1e-6) <= certificate.attained_risk <= joint * (1 + 1e-6)
    assert certificate.weights @ losses == pytest.approx(certificate.attained_risk)
    spread = 150 * np.sum((certificate.weights - 1 / 150) ** 2)
    assert spread <= certificate.joint_radius * (1 + 1e-9)


def test_training_loss_is_the_loss_of_the_fit():
    certificate = risk_certificate(MODEL, *TEST, loss="training")
    probability = MODEL.predict_proba(TEST[0])[np.arange(600), TEST[1]]
    assert certificate.nominal_risk == pytest.approx(-np.log(probability).mean())
    assert certificate.upper_bound is None
    assert "No guarantee" in certificate.statement()
    data = make_multimodal_regression(300, random_state=0)
    model = DRORegressor("chi2", modalities=data.modalities).fit(data.data, data.target)
    certificate = risk_certificate(model, data.data, data.target, loss="training")
    residual = model.predict(data.data) - data.target
    assert certificate.nominal_risk == pytest.approx(np.mean(residual**2) / 2)


def test_encoder_term():
    exact = fitted(ChiSquare(RADII, coupling="independent", encoder_error=0.1))
    norms = [np.linalg.norm(exact.coef_[:, columns]) for columns in PARTS.values()]
    expected = 0.1 * np.sqrt(1 + np.array(list(RADII.values()))) @ norms
    term = risk_certificate(exact, *TEST, loss="training").encoder_term
    assert term == pytest.approx(expected)
    moved = SETS["independent"] + Wasserstein(0.1)
    term = risk_certificate(MODEL, *TEST, moved, "training").encoder_term
    norms = [np.linalg.norm(MODEL.coef_[:, columns]) for columns in PARTS.values()]
    assert term == pytest.approx(0.1 * np.sum(norms))
    assert risk_certificate(exact, *TEST).encoder_term is None
    assert risk_certificate(MODEL, *TEST).encoder_term == 0.0


def test_encoder_term_of_transport_of_order_two_holds_at_the_upper_bound():
    data = make_multimodal_regression(400, widths=(2, 3), random_state=0)
    parts, ambiguity = data.modalities, ChiSquare(0.02) + Wasserstein(0.1, order=2)
    model = DRORegressor(ambiguity, modalities=parts)
    model.fit(data.data[:200], data.target[:200])
    certificate = risk_certificate(
        model, data.data[200:], data.target[200:], loss="training", loss_bound=50.0
    )
    charge = sum(0.1 * np.linalg.norm(model.coef_.ravel()[c]) for c in parts.values())
    for name in ("nominal_risk", "joint_risk", "upper_bound"):
        risk = getattr(certificate, name)
        moved = 0.5 * (np.sqrt(2 * risk) + charge) ** 2
        assert moved <= risk + certificate.encoder_term + 1e-6


@pytest.mark.parametrize(
    ("ambiguity", "what", "of_training"),
    [
        (ChiSquare(0.01, encoder_error=0.1), "errors of the encoders", False),
        (ChiSquare(0.01) + Wasserstein(0.1), "transport of the features", False),
        (ChiSquare(0.01) + Wasserstein(0.1, label_cost=1.0), "transport", True),
        (
            ChiSquare(0.01, encoder_error=0.1) + Wasserstein(0.1, label_cost=1.0),
            "errors of the encoders, transport of the features",
            True,
        ),
        (ChiSquare(0.01) + ModalityLoss(), "missing modalities", True),
        (ChiSquare(0.01) + Domains(), "the worst domain", True),
    ],
)
def test_what_is_not_covered_comes_first(ambiguity, what, of_training):
    certificate = risk_certificate(MODEL, *TEST, ambiguity)
    assert certificate.statement().startswith(f"Not covered: {what}")
    assert certificate.summary().count("not covered: ") == len(certificate.uncovered)
    assert not certificate.is_vacuous()
    certificate = risk_certificate(MODEL, *TEST, ambiguity, "training", loss_bound=20.0)
    assert bool(certificate.uncovered) == of_training
    assert (", ".join(certificate.uncovered)).startswith(what) == of_training
    low = replace(certificate, upper_bound=0.1)
    assert ("Not covered" in low.statement()) == of_training
    assert ("with the encoder term" in low.statement()) != of_training


def test_budgets_of_zero_leave_nothing_out():
    nothing = ChiSquare(0.01, encoder_error={"m0": 0.0, "m1": 0.0, "m2": 0.0})
    certificate = risk_certificate(MODEL, *TEST, nothing + Wasserstein(0.0))
    assert certificate.uncovered == ()
    assert certificate.encoder_term == 0.0


def test_vacuous_is_what_a_guess_has_as_well():
    certificate = risk_certificate(MODEL, *TEST, ChiSquare(0.01))
    assert certificate.trivial_risk == 0.5
    assert not certificate.is_vacuous()
    assert replace(certificate, upper_bound=0.5).is_vacuous()
    training = risk_certificate(MODEL, *TEST, loss="training", loss_bound=20.0)
    assert training.trivial_risk == pytest.approx(np.log(2))
    assert not replace(training, upper_bound=0.69).is_vacuous()
    assert replace(training, upper_bound=0.69, encoder_term=0.01).is_vacuous()
    assert replace(training, upper_bound=0.7).statement().startswith("No guarantee")
    data = make_multimodal_classification(300, n_classes=3, random_state=0)
    for loss, expected in (("log_loss", np.log(3)), ("hinge", 2.0)):
        model = DROClassifier(loss=loss, modalities=data.modalities)
        model.fit(data.data, data.target)
        common = {"loss": "training", "loss_bound": 50.0}
        several = risk_certificate(model, data.data, data.target, **common)
        assert several.trivial_risk == pytest.approx(expected)
    assert several.is_vacuous() == (several.upper_bound >= expected)
    plain = risk_certificate(model, data.data, data.target)
    assert plain.trivial_risk == pytest.approx(2 / 3)
    data = make_multimodal_regression(300, random_state=0)
    model = DRORegressor(modalities=data.modalities).fit(data.data, data.target)
    certificate = risk_certificate(model, data.data, data.target, **common)
    assert certificate.trivial_risk == 50.0
    assert not certificate.is_vacuous()
    assert replace(certificate, upper_bound=50.0).is_vacuous()


def test_the_set_of_the_fit_is_taken_as_it_was_fitted():
    for ambiguity in (ChiSquare("confidence"), ChiSquare(0.05), ModalityShift(0.05)):
        model = fitted(ambiguity)
        certificate = risk_certificate(model, *TEST)
        assert certificate.joint_radius == pytest.approx(model.joint_radius_)
        assert certificate.coupling is model.coupling_
        # a stated set learns from the data given
        stated = risk_certificate(model, *TEST, clone(ambiguity))
        assert stated.joint_radius != pytest.approx(model.joint_radius_)
    for changed in (ChiSquare(0.3), ModalityShift(0.01)):
        with pytest.raises(ValueError, match="was fitted with another one"):
            risk_certificate(model.set_params(ambiguity=changed), *TEST)


def test_missing_values_and_gram_matrices():
    holes = X.copy()
    holes[::7, PARTS["m0"]] = np.nan
    model = KernelDROClassifier(ChiSquare(RADII), modalities=PARTS, rank=20)
    model.fit(holes[:300], Y[:300])
    for loss in ("zero_one", "training"):
        certificate = risk_certificate(model, holes[300:], Y[300:], loss=loss)
        assert certificate.radii == RADII
    assert certificate.nominal_risk == pytest.approx(
        -np.mean(np.log(model.predict_proba(holes[300:])[range(600), Y[300:]]))
    )
    trees = HistGradientBoostingClassifier(max_iter=5).fit(holes[:300], Y[:300])
    certificate = risk_certificate(
        trees, holes[300:], Y[300:], ChiSquare(RADII), modalities=PARTS
    )
    assert certificate.attained_risk > certificate.nominal_risk
    grams = {name: X[:, c] @ X[:300, c].T for name, c in PARTS.items()}
    model = KernelDROClassifier(ChiSquare(RADII), kernel="precomputed", rank=20)
    model.fit({name: gram[:300] for name, gram in grams.items()}, Y[:300])
    later = {name: gram[300:] for name, gram in grams.items()}
    for ambiguity in (None, ChiSquare(RADII), ModalityShift(RADII)):
        certificate = risk_certificate(model, later, Y[300:], ambiguity)
        assert certificate.nominal_risk == pytest.approx(
            1 - np.mean(model.predict(later) == Y[300:])
        )
        assert certificate.radii == RADII
    with pytest.raises(ValueError, match="modalities must be None"):
        risk_certificate(model, later, Y[300:], modalities=PARTS)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("kind", ["DRO", "other"])
def test_targets_are_checked(kind):
    model = MODEL if kind == "DRO" else LogisticRegression().fit(X[:300], Y[:300])
    own = {"ambiguity": ChiSquare(RADII), "modalities": PARTS}
    expected = risk_certificate(model, *TEST, **own).upper_bound
    for y in (Y[300:, None], Y[300:].astype(float), pd.Series(Y[300:])):
        assert risk_certificate(model, X[300:], y, **own).upper_bound == expected
    bad = {
        "not seen in fit": Y[300:].astype(str),
        "NaN|missing": np.where(Y[300:] == 1, np.nan, 0.0),
        "inconsistent": Y[301:],
        "1d array": np.column_stack([Y[300:], Y[300:]]),
        "y": None,
    }
    for message, y in bad.items():
        with pytest.raises(ValueError, match=message):
            risk_certificate(model, X[300:], y, **own)


def test_several_targets_are_refused():
    model = DummyClassifier().fit(X[:300], np.column_stack([Y[:300], Y[:300]]))
    with pytest.raises(ValueError, match="classifier of one target"):
        risk_certificate(model, *TEST, ChiSquare(RADII), modalities=PARTS)


def test_statement_and_summary():
    certificate = risk_certificate(MODEL, *TEST, ChiSquare(0.01))
    accuracy = np.floor(1000 * (1 - certificate.upper_bound)) / 1000
    assert f"accuracy is at least {accuracy:.3f}" in certificate.statement()
    table = certificate.summary()
    assert f"{certificate.upper_bound:.4f}" in table
    assert "share of m2" in table
    vacuous = risk_certificate(MODEL, *TEST, SETS["huge"])
    assert vacuous.is_vacuous()
    assert vacuous.upper_bound == 1.0
    assert vacuous.statement().startswith("No guarantee")


def test_numbers_of_a_statement_are_rounded_to_the_safe_side():
    certificate = replace(
        risk_certificate(MODEL, *TEST, ChiSquare(0.01)),
        upper_bound=0.2744,
        joint_radius=0.2596,
        radii={"m0": 0.05, "m1": 0.0, "m2": 1 / 15},
    )
    text = certificate.statement()
    assert "accuracy is at least 0.725 under" in text
    assert "radius 0.259 (radii of the modalities: m0 0.05, m1 0, m2 0.0666)" in text
    training = replace(certificate, loss="training", upper_bound=0.2741)
    assert "at most 0.275 under" in training.statement()
    huge = replace(training, upper_bound=1e30, trivial_risk=1e30)
    assert huge.statement().startswith("No guarantee")


def test_a_certificate_of_equal_losses_is_quiet():
    model = DROClassifier(ChiSquare(50.0), modalities=PARTS)
    with pytest.warns(UserWarning, match="constant"):
        model.fit(X[:300], Y[:300])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        certificate = risk_certificate(model, *TEST, loss="training")
    assert certificate.attained_risk == pytest.approx(certificate.nominal_risk)


def test_pipelines_searches_and_other_classifiers():
    columns = [f"{name}__{i}" for name in PARTS for i in range(5)]
    frame = pd.DataFrame(X, columns=columns)
    pipeline = make_multimodal_pipeline(
        *[(n, StandardScaler(), columns[c]) for n, c in PARTS.items()],
        estimator=DROClassifier(ChiSquare(RADII)),
    )
    search = GridSearchCV(pipeline, {"droclassifier__alpha": [1e-3]}, cv=2)
    test = frame[300:], Y[300:]
    search.fit(frame[:300], Y[:300])
    first, second = (
        risk_certificate(model, *test) for model in (search, search.best_estimator_)
    )
    assert first.radii == RADII
    assert first.upper_bound == second.upper_bound
    plain = LogisticRegression().fit(frame[:300], Y[:300])
    other = risk_certificate(plain, *test, ChiSquare(RADII))
    assert other.radii == RADII
    assert other.nominal_risk == pytest.approx(1 - plain.score(*test))


@pytest.mark.parametrize("n_samples", [20, 200])
def test_zero_one_bound_covers_exactly(n_samples):
    # for every error rate: the sum over all outcomes, no simulation needed
    radius, confidence = 0.2, 0.9
    counts = np.arange(n_samples + 1)
    bounds = [zero_one_bound(k, n_samples, radius, confidence) for k in counts]
    assert np.all(np.diff(bounds) >= 0)
    for p in np.linspace(0.01, 0.99, 50):
        truth = min(p + np.sqrt(radius * p * (1 - p)), 1.0)
        covered = binom.pmf(counts, n_samples, p) @ (np.array(bounds) >= truth)
        assert covered >= confidence - 1e-12


def test_worst_case_of_a_zero_one_loss_is_the_ball():
    for p in (0.01, 0.3, 0.8):
        losses = np.array([1.0, 0.0])
        value = ChiSquareBall(0.3).worst_case(losses, np.array([p, 1 - p])).value
        assert value == pytest.approx(min(p + np.sqrt(0.3 * p * (1 - p)), 1.0))


def test_certificates_of_all_error_free_and_all_wrong():
    assert zero_one_bound(0, 100, 0.1, 0.95) < 0.1
    assert zero_one_bound(100, 100, 0.1, 0.95) == 1.0
    always = DummyClassifier(strategy="constant", constant=1).fit(X[:20], Y[:20])
    certificate = risk_certificate(
        always, X, np.ones(900, dtype=int), ChiSquare(0.1), modalities=PARTS
    )
    assert certificate.nominal_risk == certificate.joint_risk == 0.0
    assert 0 < certificate.upper_bound < 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ambiguity": CVaR(0.5)}, "chi-square radii"),
        ({"ambiguity": "nonsense"}, "not an ambiguity set"),
        ({"ambiguity": ChiSquare({"x": 0.1})}, "unknown modalities"),
        ({"loss": "hinge"}, "loss"),
        ({"loss_bound": 5.0}, 'is for loss="training"'),
        ({"loss": "training", "loss_bound": 0.1}, "above loss_bound"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        risk_certificate(MODEL, *TEST, **arguments)


def test_bad_models_and_data():
    plain = LogisticRegression().fit(X, Y)
    with pytest.raises(ValueError, match="no ambiguity set of its own"):
        risk_certificate(plain, *TEST)
    with pytest.raises(ValueError, match="training loss of"):
        risk_certificate(plain, *TEST, ChiSquare(), "training")
    with pytest.raises(NotFittedError):
        risk_certificate(DROClassifier(), *TEST)
    with pytest.raises(ValueError, match="at least 10 samples"):
        risk_certificate(MODEL, X[:5], Y[:5])
    with pytest.raises(ValueError, match="not seen in fit"):
        risk_certificate(MODEL, X, Y + 1, loss="training")
    regressor = DRORegressor(modalities=PARTS).fit(X, Y)
    with pytest.raises(ValueError, match="is for classifiers"):
        risk_certificate(regressor, *TEST)


# -- slow: statistics -------------------------------------------------------------

N_SETS = 20_000
ERRORS = 4  # standard errors; exceeded by chance in one of 30,000 cells


@pytest.fixture(scope="module")
def population():
    """200,000 samples as the population: its worst case is known exactly."""
    pool = make_multimodal_classification(200_000, random_state=5)
    wrong = MODEL.predict(pool.data) != pool.target
    probability = MODEL.predict_proba(pool.data)[np.arange(len(wrong)), pool.target]
    return pool, wrong, (1 - probability) ** 2


@pytest.mark.slow
@pytest.mark.parametrize("radius", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("n_samples", [100, 400, 1600])
def test_coverage_of_the_error_rate(radius, n_samples, population):
    """The certificate of 20,000 simulated data sets against the known worst case."""
    pool, wrong, _ = population
    rng = np.random.default_rng([n_samples, int(100 * radius)])
    p, confidence = wrong.mean(), 0.95
    truth = min(p + np.sqrt(radius * p * (1 - p)), 1.0)
    # the bound depends on the number of errors only
    outcomes = np.arange(n_samples + 1)
    bounds = np.array(
        [zero_one_bound(k, n_samples, radius, confidence) for k in outcomes]
    )
    covers = bounds >= truth
    # A sum over all outcomes has no error of simulation, the simulated coverage has
    # that of a binomial share: a true coverage of 0.9500, as at n = 1,600, comes out
    # below 0.95 half of the time.
    exact = binom.pmf(outcomes, n_samples, p) @ covers
    assert exact >= confidence
    simulated = covers[rng.binomial(n_samples, p, N_SETS)].mean()
    error = np.sqrt(exact * (1 - exact) / N_SETS)
    assert abs(simulated - exact) <= ERRORS * error
    assert simulated >= confidence - ERRORS * error
    # that this is what the function returns, from data to bound
    rows = rng.integers(len(wrong), size=n_samples)
    ambiguity = ChiSquare({"m0": radius, "m1": 0.0, "m2": 0.0}, coupling="independent")
    certificate = risk_certificate(MODEL, pool.data[rows], pool.target[rows], ambiguity)
    expected = bounds[wrong[rows].sum()]
    assert certificate.upper_bound == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("radius", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("n_samples", [100, 400, 1600])
def test_coverage_of_a_bounded_loss(radius, n_samples, population):
    """Losses in [0, 1] that are not zero-one, on 2,000 simulated data sets."""
    _, _, losses = population
    rng, confidence, n_sets = np.random.default_rng(n_samples), 0.95, 2000
    nominal = np.full(len(losses), 1 / len(losses))
    truth = ChiSquareBall(radius).worst_case(losses, nominal).value
    samples = (rng.choice(losses, n_samples) for _ in range(n_sets))
    covered = sum(
        bounded_loss_bound(sample, 1.0, radius, confidence) >= truth
        for sample in samples
    )
    assert covered / n_sets >= confidence  # no allowance: the bound is not tight


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The ambiguity set .*so large")
@pytest.mark.parametrize("radius", [0.04, 0.25])
def test_no_learner_beats_the_floor(radius):
    """Worst of the two laws, each learner trained on data that tell neither."""
    rng = np.random.default_rng(0)
    half = np.sqrt(radius) / 2
    learners = {
        "logistic regression": LogisticRegression(),
        "DRO": DROClassifier(ChiSquare(radius)),
        "majority": DummyClassifier(strategy="most_frequent"),
        "coin": DummyClassifier(strategy="uniform", random_state=0),
    }
    for learner in learners.values():
        excess = []
        for _ in range(100):
            Z, y = rng.standard_normal((100, 2)), rng.integers(0, 2, 100)
            share = np.mean(learner.fit(Z, y).predict(Z) == 1)
            # errors under P(Y = 1) = 1/2 + half and 1/2 - half, less the best one
            errors = [
                share * (1 - p) + (1 - share) * p for p in (0.5 + half, 0.5 - half)
            ]
            excess.append(np.array(errors) - (0.5 - half))
        assert np.max(np.mean(excess, axis=0)) >= two_point_floor(radius, 100) - 1e-12


def test_a_search_without_a_model_is_refused():
    X, y = make_multimodal_classification(80, random_state=0, return_X_y=True)
    search = GridSearchCV(DROClassifier(), {"alpha": [1e-3]}, cv=2, refit=False)
    with pytest.raises(ValueError, match="refit=False and has no model"):
        risk_certificate(search.fit(X, y), X, y)
