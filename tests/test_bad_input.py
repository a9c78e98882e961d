"""Bad input is refused: the message says what is wrong and what to do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import ChiSquare, ModalityLoss

NAMES = ["text__a", "text__b", "image__a", "image__b"]
ESTIMATORS = [DROClassifier, DRORegressor]
both = pytest.mark.parametrize("estimator", ESTIMATORS)


def data(estimator):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 4))
    y = X[:, 0] + rng.standard_normal(40)
    return X, (y > 0).astype(int) if estimator is DROClassifier else y


def frame(X, names=NAMES):
    return pd.DataFrame(X, columns=names)


@both
@pytest.mark.parametrize(
    "radius, match",
    [
        (
            {"text": 0.1, "tab": 0.1},
            r"unknown .*\['tab'\]; the known .*'text', 'image'",
        ),
        ({}, r"radius is an empty dict"),
        (-0.1, r"range \[0.0, inf\).*Got -0.1"),
        (np.nan, r"range \[0.0, inf\).*Got nan"),
        (np.inf, r"range \[0.0, inf\).*Got inf"),
        ({"text": -1, "image": 0.1}, "finite non-negative number.*got"),
        ({"text": np.nan, "image": 0.1}, "finite non-negative number.*got"),
        ({"text": np.inf, "image": 0.1}, "finite non-negative number.*got"),
        ({"text": "0.1", "image": 0.1}, "finite non-negative number.*got"),
        (True, "finite non-negative number.*got True"),
        ([0.1, 0.1], r"must be a float.*an instance of 'dict'"),
    ],
)
def test_radius(estimator, radius, match):
    X, y = data(estimator)
    with pytest.raises(ValueError, match=match):
        estimator(ChiSquare(radius)).fit(frame(X), y)


@both
def test_a_radius_by_name_without_named_modalities(estimator):
    X, y = data(estimator)
    with pytest.raises(ValueError, match=r"X states no modalities.*pass modalities="):
        estimator(ChiSquare({"text": 0.1})).fit(X, y)


@both
@pytest.mark.parametrize(
    "coupling, match",
    [
        ([[1, 0.5], [0.2, 1]], "not symmetric"),
        ([[2, 0], [0, 1]], r"diagonal \[2. 1.\], expected ones"),
        ([[1, np.nan], [np.nan, 1]], "NaN or infinite"),
        ([[1, 2], [2, 1]], r"outside \[-1, 1\]"),
        (np.eye(3), r"shape \(3, 3\), expected \(2, 2\)"),
        ([["a", "b"], ["c", "d"]], "must hold numbers"),
        ([[1], [0, 1]], "must hold numbers"),
        ({"text": {"tab": 0.1}}, r"unknown modalities \['tab'\]"),
        ({"text": {}}, "no entry for the pairs"),
        ("linear", "must be a str among"),
    ],
)
def test_coupling(estimator, coupling, match):
    X, y = data(estimator)
    with pytest.raises(ValueError, match=match):
        estimator(ChiSquare(coupling=coupling)).fit(frame(X), y)


@both
@pytest.mark.parametrize("error", [-0.1, np.nan, np.inf, {"tab": 0.1}, {}])
def test_encoder_error(estimator, error):
    X, y = data(estimator)
    loss = "huber" if estimator is DRORegressor else "log_loss"
    with pytest.raises(ValueError, match="encoder_error"):
        estimator(ChiSquare(encoder_error=error), loss=loss).fit(frame(X), y)


@pytest.mark.parametrize(
    "model", [DROClassifier(loss="squared_hinge"), DRORegressor(loss="squared_error")]
)
def test_encoder_error_without_lipschitz_constant(model):
    X, y = data(type(model))
    model.set_params(ambiguity=ChiSquare(encoder_error=0.1))
    with pytest.raises(ValueError, match=r"worst case infinite\. Use"):
        model.fit(X, y)


@both
def test_missing_values_point_to_imputation(estimator):
    X, y = data(estimator)
    fitted = estimator().fit(X, y)
    X[3, 1] = np.nan
    for method in (lambda X: estimator().fit(X, y), fitted.predict):
        with pytest.raises(ValueError, match="NaN") as caught:
            method(X)
        assert "imput" in str(caught.value)


@both
def test_infinite_values(estimator):
    X, y = data(estimator)
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        estimator().fit(X, y)


@both
@pytest.mark.parametrize(
    "weights, match",
    [(np.zeros(40), "zero"), (-np.ones(40), "[Nn]egative"), (np.ones(3), "expected")],
)
def test_sample_weight(estimator, weights, match):
    with pytest.raises(ValueError, match=match):
        estimator().fit(*data(estimator), sample_weight=weights)


def test_one_class():
    X, y = data(DROClassifier)
    with pytest.raises(ValueError, match=r"at least 2 classes.*one class: \[1\]"):
        DROClassifier().fit(X, np.ones_like(y))
    with pytest.raises(ValueError, match=r"positive weight, got one class: \[1\]"):
        DROClassifier().fit(X, y, sample_weight=y)
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        DROClassifier(class_weight={0: -1, 1: 1}).fit(X, y)


def test_real_targets_for_the_classifier():
    X, y = data(DRORegressor)
    with pytest.raises(ValueError, match="continuous"):
        DROClassifier().fit(X, y)


@pytest.mark.parametrize("kind", [str, object])
def test_string_targets_for_the_regressor(kind):
    X, _ = data(DRORegressor)
    y = np.array(["a", "b"] * 20, dtype=kind)
    with pytest.raises(ValueError, match=r"numeric targets, got strings.*classifier"):
        DRORegressor().fit(X, y)


@both
def test_other_columns_at_predict(estimator):
    X, y = data(estimator)
    model = estimator().fit(frame(X), y)
    with pytest.raises(ValueError, match="unseen at fit time"):
        model.predict(frame(X, [*NAMES[:3], "image__c"]))
    with pytest.raises(ValueError, match="same order"):
        model.predict(frame(X)[NAMES[::-1]])
    with pytest.raises(ValueError, match=r"3 features, but .* expecting 4"):
        estimator().fit(X, y).predict(X[:, :3])
    with pytest.raises(NotFittedError):
        estimator().predict(X)


@both
@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"ambiguity": "chi3"}, "'chi2'"),
        ({"ambiguity": ChiSquare}, "AmbiguitySet"),
        ({"loss": "nonsense"}, "must be a str among"),
        ({"alpha": -1.0}, "alpha"),
        ({"alpha": np.nan}, "alpha"),
        ({"tol": 0.0}, "tol"),
        ({"max_iter": 0}, "max_iter"),
        ({"solver": "simplex"}, "solver"),
        ({"modalities": [1, 2]}, "adds up to 3 columns, but X has 4"),
        ({"modalities": {"a": [0, 1], "b": [1, 2, 3]}}, r"overlap: columns \[1\]"),
        ({"modalities": {"a": [0, 1]}}, r"columns \[2, 3\] are in no modality"),
        ({"modalities": {"a": [0, 1], "b": []}}, "no columns"),
        ({"modalities": {"a": [0, 1], "b": [2, 9]}}, r"columns \[2, 9\] not found"),
    ],
)
def test_parameters(estimator, parameters, match):
    with pytest.raises(ValueError, match=match):
        estimator(**parameters).fit(*data(estimator))


def test_a_loss_of_the_other_task():
    X, y = data(DROClassifier)
    with pytest.raises(ValueError, match="not a classification loss; use one of"):
        DROClassifier(loss="squared_error").fit(X, y)
    with pytest.raises(ValueError, match="not a regression loss; use one of"):
        DRORegressor(loss="log_loss").fit(X, y)


@pytest.mark.parametrize(
    "parameters",
    [
        {"ambiguity": "chi2"},
        {"ambiguity": "cvar"},
        {"ambiguity": "wasserstein"},
        {"ambiguity": ["modality_loss", "wasserstein"]},
        {"ambiguity": "modality_loss", "loss": "hinge"},
    ],
)
def test_minimax_is_for_maxima_of_smooth_risks(parameters):
    X, y = data(DROClassifier)
    with pytest.raises(
        ValueError, match="solver='minimax' is for the worst of several"
    ):
        DROClassifier(solver="minimax", **parameters).fit(frame(X), y)


@both
def test_a_fit_under_another_set_forgets_the_first(estimator):
    X, y = data(estimator)
    parameters = {"alpha": 0.1, "loss": "log_loss"}
    if estimator is DRORegressor:
        parameters["loss"] = "huber"
    model = estimator(["chi2", "modality_loss"], **parameters)
    model.set_params(ambiguity=ChiSquare(0.001) + ModalityLoss()).fit(frame(X), y)
    assert hasattr(model, "coupling_") and hasattr(model, "environment_risks_")
    model.set_params(ambiguity="tv").fit(frame(X), y)
    new = estimator("tv", **parameters).fit(frame(X), y)
    assert vars(model).keys() == vars(new).keys()


@both
@pytest.mark.parametrize("ambiguity", ["chi2", ["chi2", "modality_loss"]])
def test_parameters_of_an_alias(estimator, ambiguity):
    model = estimator(ambiguity)
    with pytest.raises(ValueError, match=r"ambiguity__radius .* Pass objects, such as"):
        model.set_params(ambiguity__radius=0.1)
    with pytest.raises(ValueError, match=r"loss__epsilon is a parameter of an object"):
        model.set_params(loss__epsilon=0.1)
    model.set_params(ambiguity=ChiSquare(), ambiguity__radius=0.3)
    assert model.ambiguity.radius == 0.3


@both
def test_a_tuple_of_sets_is_a_list(estimator):
    X, y = data(estimator)
    sets = [ChiSquare(0.001), "modality_loss"]
    one, other = (estimator(kind(sets)).fit(frame(X), y) for kind in (list, tuple))
    np.testing.assert_array_equal(one.coef_, other.coef_)


@both
def test_a_failed_fit_changes_nothing(estimator):
    X, y = data(estimator)
    model = estimator().fit(frame(X), y)
    before = dict(vars(model))
    wide = np.c_[X, X[:, 0]]
    names = [*NAMES, "tab__a"]
    bad = frame(wide, names)
    bad.iloc[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.fit(bad, y)
    model.set_params(ambiguity=ChiSquare({"sound": 0.1}))
    before["ambiguity"] = model.ambiguity
    with pytest.raises(ValueError, match="unknown modalities"):
        model.fit(frame(wide, names), y)
    assert vars(model) == before
    assert model.predict(frame(X)).shape == (40,)
