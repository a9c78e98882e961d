"""`worst_case`: the adversary's answer for a fitted model on any data."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from test_reference import WIDTHS, make_problem

from skmmdro import DROClassifier, DRORegressor, KernelDROClassifier
from skmmdro.ambiguity import (
    REGISTRY,
    ChiSquare,
    Composite,
    CVaR,
    Domains,
    ModalityLoss,
    Wasserstein,
)

N_SAMPLES = 60
SITES = np.array(["oslo", "rome", "wien"])[np.arange(N_SAMPLES) % 3]
TASKS = {"binary": 2, "three classes": 3, "regression": 0}
every_task = pytest.mark.parametrize("n_classes", TASKS.values(), ids=list(TASKS))
quiet = pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")


def problem(n_classes, seed=0):
    return make_problem(np.random.default_rng(seed), n_classes, N_SAMPLES)


def make_model(n_classes, ambiguity, **parameters):
    estimator = DROClassifier if n_classes else DRORegressor
    loss = "log_loss" if n_classes else "huber"
    parameters = {"loss": loss, "modalities": WIDTHS, "alpha": 1e-2, **parameters}
    return estimator(ambiguity, **parameters)


def penalty(model):
    return 0.5 * model.alpha * np.sum(model.coef_**2)


def losses_of(model, X, y):
    log_proba = model.predict_log_proba(X)
    return -log_proba[np.arange(len(y)), y]


@quiet
@every_task
@pytest.mark.parametrize("alias", REGISTRY)
def test_training_data(alias, n_classes):
    """The risk is the objective without the penalty, the weights a distribution."""
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, alias).fit(X, y, weights, domains=SITES)
    worst = model.worst_case(X, y, sample_weight=weights, domains=SITES)
    assert worst.risk == pytest.approx(model.objective_ - penalty(model), rel=1e-9)
    assert worst.weights.shape == (N_SAMPLES,) and worst.weights.min() >= 0
    assert worst.weights.sum() == pytest.approx(1)
    assert worst.nominal_risk <= worst.risk * (1 + 1e-12)
    assert isinstance(worst.risk, float) and isinstance(worst.nominal_risk, float)


COMPOSITES = [
    ChiSquare(0.02) + Wasserstein(0.02),
    ChiSquare(0.02) + Domains(level=0.5),
    CVaR(0.7) + ModalityLoss() + Domains(),
    ChiSquare(0.02) + Wasserstein(0.02) + ModalityLoss(level=0.6) + Domains(),
]


@every_task
@pytest.mark.parametrize("ambiguity", COMPOSITES, ids=lambda s: "+".join(s.parts()))
def test_composites(ambiguity, n_classes):
    X, y, weights = problem(n_classes)
    model = make_model(n_classes, ambiguity).fit(X, y, weights, domains=SITES)
    worst = model.worst_case(X, y, sample_weight=weights, domains=SITES)
    assert worst.risk == pytest.approx(model.objective_ - penalty(model), rel=1e-9)
    assert worst.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "ambiguity", [Wasserstein(0.1, order=2), Wasserstein(0.1, norm="l1", order=2)]
)
def test_root_objective(ambiguity):
    X, y, weights = problem(0)
    model = make_model(0, ambiguity, loss="squared_error").fit(X, y, weights)
    worst = model.worst_case(X, y, sample_weight=weights)
    assert worst.risk == pytest.approx(model.objective_ - penalty(model), rel=1e-9)
    residual = model.predict(X) - y
    mean = np.average(0.5 * residual**2, weights=weights)
    assert worst.nominal_risk == pytest.approx(mean)


def test_label_flips():
    X, y, weights = problem(2)
    model = make_model(2, Wasserstein(0.05, label_cost=0.3)).fit(X, y, weights)
    worst = model.worst_case(X, y, sample_weight=weights)
    assert worst.risk == pytest.approx(model.objective_ - penalty(model), rel=1e-6)


@quiet
def test_other_data():
    """Losses, nominal weights and the set are those of the data passed."""
    X, y, _ = problem(2)
    model = make_model(2, ChiSquare(0.05, coupling="independent")).fit(X, y)
    X, y, weights = problem(2, seed=1)
    X, y, weights = X[:40], y[:40], weights[:40]
    worst = model.worst_case(X, y, sample_weight=weights)
    losses, p = losses_of(model, X, y), weights / weights.sum()
    assert worst.nominal_risk == pytest.approx(p @ losses)
    assert worst.risk == pytest.approx(worst.weights @ losses)
    used = p > 0
    divergence = np.sum((worst.weights - p)[used] ** 2 / p[used])
    assert divergence == pytest.approx(0.15)  # three modalities
    assert not np.any(worst.weights[~used])
    bound = p @ losses + np.sqrt(0.15 * (p @ (losses - p @ losses) ** 2))
    assert worst.risk <= bound * (1 + 1e-12)


@pytest.mark.parametrize("alias", [a for a in REGISTRY if a != "domains"])
def test_other_set(alias):
    """Any set may be asked about, under its alias, as an object or in a list."""
    X, y, _ = problem(2)
    model = make_model(2, "chi2").fit(X, y)
    risks = [
        model.worst_case(X, y, ambiguity=which).risk
        for which in (alias, REGISTRY[alias](), [alias])
    ]
    assert risks[0] == risks[1] == risks[2]
    # the model trained for the set is best for it
    trained = make_model(2, alias, max_iter=1000).fit(X, y)
    assert risks[0] + penalty(model) >= trained.objective_ * (1 - 1e-6)


@every_task
def test_environments(n_classes):
    X, y, _ = problem(n_classes)
    model = make_model(n_classes, Composite()).fit(X, y)
    worst = model.worst_case(X, y, ambiguity=ModalityLoss())
    names = ["observed", "without x0", "without x1", "without x2"]
    assert list(worst.environment_risks) == list(worst.environment_weights) == names
    assert worst.environment == max(
        worst.environment_risks, key=worst.environment_risks.get
    )
    assert worst.environment_weights[worst.environment] == pytest.approx(1)
    assert worst.risk == pytest.approx(worst.environment_risks[worst.environment])
    assert worst.environment_risks["observed"] == pytest.approx(worst.nominal_risk)
    np.testing.assert_allclose(worst.weights, 1 / N_SAMPLES)
    assert worst.domain is None and "domain_risks" not in worst


@pytest.mark.parametrize("container", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_a_missing_modality_has_its_training_mean(container):
    """Whatever the mean of the data passed is."""
    X, y, weights = problem(2)
    model = make_model(2, Composite()).fit(container(X), y, weights)
    moved = X + 0.7
    worst = model.worst_case(container(moved), y, ambiguity=ModalityLoss())
    lost = moved.copy()
    lost[:, 3] = np.average(X[:, 3], weights=weights)
    expected = losses_of(model, lost, y).mean()
    assert worst.environment_risks["without x1"] == pytest.approx(expected)


def test_a_missing_modality_of_a_kernel_model():
    """Its function is zero, as in predictions of a modality that is NaN."""
    X, y, _ = problem(2)
    model = KernelDROClassifier(ChiSquare(0.0), modalities=WIDTHS, alpha=1e-2)
    model.fit(X, y)
    moved = X + 0.7
    worst = model.worst_case(moved, y, ambiguity=ModalityLoss())
    lost = moved.copy()
    lost[:, 3] = np.nan
    expected = losses_of(model, lost, y).mean()
    assert worst.environment_risks["without x1"] == pytest.approx(expected)


def test_ties_of_a_minimax():
    """The fit keeps the mixture, worst_case a vertex; their risks are the same."""
    X, y, _ = problem(2)
    model = make_model(2, ModalityLoss()).fit(X, y)
    worst = model.worst_case(X, y)
    risks = np.array(list(worst.environment_risks.values()))
    np.testing.assert_allclose(risks, model.environment_risks_, rtol=1e-9)
    assert np.sum(model.environment_weights_ > 1e-3) > 1
    assert model.environment_weights_ @ risks == pytest.approx(worst.risk, rel=1e-6)


@every_task
def test_domains(n_classes):
    """New data may come from other domains than the training data."""
    X, y, _ = problem(n_classes)
    model = make_model(n_classes, Domains()).fit(X, y, domains=SITES)
    new = np.where(np.arange(N_SAMPLES) < 20, 7, 8)
    worst = model.worst_case(X, y, domains=new)
    assert list(worst.domain_risks) == [7, 8]
    assert worst.domain == max(worst.domain_risks, key=worst.domain_risks.get)
    assert worst.risk == pytest.approx(worst.domain_risks[worst.domain])
    assert worst.weights[new != worst.domain].sum() == 0
    assert worst.environment is None
    with pytest.raises(ValueError, match="needs the domain of each sample"):
        model.worst_case(X, y)


@every_task
def test_the_estimator_is_unchanged(n_classes):
    X, y, _ = problem(n_classes)
    model = make_model(n_classes, "chi2").fit(X, y)
    before = {k: clone(v, safe=False) for k, v in vars(model).items()}
    model.worst_case(X[:30], y[:30], ambiguity=ModalityLoss())
    assert vars(model).keys() == before.keys()
    for name, value in before.items():
        np.testing.assert_equal(
            str(vars(model)[name]) if name == "_fitted_loss" else vars(model)[name],
            str(value) if name == "_fitted_loss" else value,
        )


def test_fitted_scale_of_huber():
    """The threshold learned in training is used, not one of the new targets."""
    X, y, _ = problem(0)
    model = make_model(0, Composite()).fit(X, y)
    small = model.predict(X) + 1e-3 * (y - y.mean())
    worst = model.worst_case(X, small)
    expected = np.mean(0.5 * (model.predict(X) - small) ** 2)
    assert worst.nominal_risk == pytest.approx(expected)


def test_classes():
    """Labels of any kind; a data set without one of the classes; unknown labels."""
    X, y, _ = problem(3)
    names = np.array(["ape", "bee", "cow"])
    model = make_model(3, "chi2").fit(X, names[y])
    coded = make_model(3, "chi2").fit(X, y)
    part = y != 1
    risk = model.worst_case(X[part], names[y[part]]).risk
    assert risk == pytest.approx(coded.worst_case(X[part], y[part]).risk)
    with pytest.raises(ValueError, match=r"labels \['dog'\] that were not seen in fit"):
        model.worst_case(X, np.where(y == 1, "dog", names[y]))


def test_frames():
    """Modalities by column names, as in fit."""
    pd = pytest.importorskip("pandas")
    X, y, _ = problem(2)
    frame = pd.DataFrame(X, columns=[f"{m}__{i}" for i, m in enumerate("aaabcc")])
    model = DROClassifier("modality_loss").fit(frame, y)
    worst = model.worst_case(frame, y)
    assert list(worst.environment_risks)[1:] == ["without a", "without b", "without c"]
    assert worst.risk == pytest.approx(model.objective_ - penalty(model), rel=1e-6)


def test_errors():
    X, y, _ = problem(2)
    model = make_model(2, "chi2")
    with pytest.raises(NotFittedError):
        model.worst_case(X, y)
    model.fit(X, y)
    with pytest.raises(
        ValueError, match="5 features, but DROClassifier is expecting 6"
    ):
        model.worst_case(X[:, :5], y)
    with pytest.raises(ValueError, match="not an ambiguity set"):
        model.worst_case(X, y, ambiguity="unknown")
    with pytest.raises(ValueError, match="infinite worst case"):
        hinge = make_model(2, "chi2", loss="squared_hinge").fit(X, y)
        hinge.worst_case(X, y, ambiguity=Wasserstein())
    with pytest.raises(ValueError, match="unknown modalities"):
        model.worst_case(X, y, ambiguity=Wasserstein({"text": 1.0}))
