"""Scorers: what they are given, weights, and draws that lack a class."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, get_scorer, make_scorer, roc_auc_score

from skmmdro.datasets import make_multimodal_classification
from skmmdro.robustness import (
    compare_robustness,
    make_robust_scorer,
    modality_robustness,
)
from skmmdro.robustness._scoring import bootstrap_draws, repeated_rows, repeated_size

DATA = make_multimodal_classification(300, widths=(3, 2), random_state=0)
COLUMNS = ["m0__a", "m0__b", "m0__c", "m1__a", "m1__b"]
X, Y = pd.DataFrame(DATA.data, columns=COLUMNS), DATA.target
TEST = X[150:], Y[150:]
MODEL = LogisticRegression().fit(X[:150], Y[:150])
OTHER = LogisticRegression(C=1e-3).fit(X[:150], Y[:150])


class Recorder:
    """A scorer that looks at everything it is given."""

    def __init__(self):
        self.seen = []

    def __call__(self, estimator, X, y):
        assert isinstance(estimator, LogisticRegression)
        assert list(X.columns) == COLUMNS
        assert len(X) == len(y)
        self.seen.append((X, y))
        return accuracy_score(y, estimator.predict(X))


def test_callables_get_the_model_and_the_data():
    scorer = Recorder()
    options = {"shifts": ["missing", "permute"], "severities": [1.0], "n_repeats": 2}
    result = modality_robustness(MODEL, *TEST, scoring=scorer, **options)
    expected = modality_robustness(MODEL, *TEST, **options)
    np.testing.assert_allclose(result.table["score"], expected.table["score"])
    pd.testing.assert_frame_equal(scorer.seen[0][0], TEST[0])
    assert len(scorer.seen) == 1 + 2 * 2 * 2
    assert make_robust_scorer(Recorder(), **options)(MODEL, *TEST) == min(
        expected.mean_scores().values()
    )


def no_weights(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


SCORERS = {
    "callable": no_weights,
    "made": make_scorer(lambda y, prediction: float(np.mean(y == prediction))),
}


@pytest.mark.parametrize("name", SCORERS)
def test_scorers_without_weights_get_repeated_rows(name):
    options = {"shifts": "reweight", "severities": [0.25, 1.0, 4.0]}
    found = modality_robustness(MODEL, *TEST, scoring=SCORERS[name], **options)
    expected = modality_robustness(MODEL, *TEST, **options)
    assert np.ptp(expected.table["score"]) > 0.03
    # rows count a whole number of times, which rounds their weights
    np.testing.assert_allclose(found.table["score"], expected.table["score"], atol=4e-3)


def test_repeated_rows_follow_the_weights():
    weights = np.random.default_rng(0).random(50) ** 4
    weights /= weights.sum()
    labels = (np.arange(50) == 7).astype(int)
    weights[7] = 0.0
    size = repeated_size(50)
    assert size == 2000
    counts = np.bincount(repeated_rows(weights, None), minlength=50)
    assert counts.sum() == size
    # a row counts as its weight says up to one, and so do all rows before any row
    assert np.abs(counts - size * weights / weights.sum()).max() <= 1
    total = np.cumsum(counts) - size * np.cumsum(weights) / weights.sum()
    assert np.abs(total).max() <= 0.5 + 1e-9
    assert 7 not in repeated_rows(weights, None)
    assert 7 in repeated_rows(weights, labels)


def test_draws_of_the_bootstrap_hold_every_class():
    labels = np.zeros(40, dtype=int)
    labels[[3, 5, 8]] = [1, 2, 3]
    whole, *draws = bootstrap_draws(40, labels, 100, 0)
    assert np.array_equal(whole, np.arange(40))
    assert all(len(rows) == 40 and len(set(labels[rows])) == 4 for rows in draws)
    free = bootstrap_draws(40, None, 100, 0)[1:]
    assert min(len(set(labels[rows])) for rows in free) < 4
    assert len({tuple(rows) for rows in draws}) == 100


@pytest.mark.parametrize(
    "scoring",
    [
        "roc_auc",
        "neg_log_loss",
        make_scorer(roc_auc_score, response_method="predict_proba"),
        lambda model, X, y: roc_auc_score(y, model.decision_function(X)),
    ],
)
def test_intervals_and_reweighting_with_a_rare_class(scoring):
    y = np.zeros(150, dtype=int)
    y[[3, 90]] = 1
    result = compare_robustness(
        {"a": MODEL, "b": OTHER},
        TEST[0],
        y,
        scoring=scoring,
        shifts=["missing", "reweight"],
        severities={"missing": [1.0], "reweight": [1.0, 80.0]},
        n_repeats=1,
        n_bootstrap=30,
    )
    table = result.to_frame()
    assert np.all(np.isfinite(table[["difference", "lower", "upper"]]))
    assert np.all(table.lower <= table.upper)


def test_made_scorers_predict_once(monkeypatch):
    calls = []
    predict = LogisticRegression.decision_function

    def count(self, X):
        calls.append(len(X))
        return predict(self, X)

    monkeypatch.setattr(LogisticRegression, "decision_function", count)
    compare_robustness(
        {"a": MODEL, "b": OTHER},
        *TEST,
        scoring="roc_auc",
        shifts="missing",
        severities=[1.0],
        n_repeats=2,
        n_bootstrap=20,
    )
    assert len(calls) == 2 * (1 + 2 * 2)


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        (["accuracy"], "one scorer"),
        ({"a": "accuracy"}, "one scorer"),
        (lambda model, X, y: {"a": 1.0}, "must return one number"),
        (lambda model, X, y: model.decision_function(X), "must return one number"),
        (accuracy_score, "make_scorer"),
    ],
)
def test_scorers_that_are_refused(scoring, message):
    with pytest.raises(ValueError, match=message):
        modality_robustness(MODEL, *TEST, scoring=scoring)
    with pytest.raises(ValueError, match=message):
        make_robust_scorer(scoring)(MODEL, *TEST)


def test_scorers_of_scikit_learn_by_name_and_by_object_agree():
    options = {"shifts": ["missing", "reweight"], "n_repeats": 1}
    for name in ("balanced_accuracy", "roc_auc", "neg_brier_score"):
        scores = [
            modality_robustness(MODEL, *TEST, scoring=s, **options).table["score"]
            for s in (name, get_scorer(name))
        ]
        np.testing.assert_array_equal(*scores)
