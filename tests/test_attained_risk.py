"""The adversary of certificates: how much it finds, within which set."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.ensemble import RandomForestClassifier

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import ChiSquare
from skmmdro.certificates import risk_certificate
from skmmdro.datasets import make_multimodal_classification

DATA = make_multimodal_classification(1200, random_state=1)
X, Y, PARTS = DATA.data[500:], DATA.target[500:], DATA.modalities
MODEL = DROClassifier(modalities=PARTS).fit(DATA.data[:500], DATA.target[:500])
RADII = [0.25, 1.0, 4.0]


def attained(radius, coupling="estimate", model=MODEL, given=X, **options):
    ambiguity = ChiSquare(radius, coupling=coupling)
    certificate = risk_certificate(model, given, Y, ambiguity, **options)
    weights = certificate.weights
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    divergence = len(weights) * np.sum((weights - 1 / len(weights)) ** 2)
    assert divergence <= certificate.joint_radius * (1 + 1e-9)
    assert certificate.nominal_risk <= certificate.attained_risk
    assert certificate.attained_risk <= certificate.joint_risk + 1e-9
    return certificate.attained_risk


@pytest.mark.parametrize("name", PARTS)
def test_no_weaker_than_a_split_by_one_modality(name):
    score = X[:, PARTS[name]] @ MODEL.coef_[0, PARTS[name]]
    errors = MODEL.predict(X) != Y
    found = [attained(dict.fromkeys(PARTS, 0.0) | {name: r}) for r in RADII]
    assert np.all(np.diff(found) > 0)
    for values in (score, np.abs(score - np.median(score))):
        for radius, share in ((1.0, 2), (4.0, 5)):
            order, size = np.argsort(values), len(values) // share
            ends = errors[order[:size]].mean(), errors[order[-size:]].mean()
            assert found[RADII.index(radius)] >= max(ends) - 1e-9


@pytest.mark.parametrize("coupling", ["independent", "estimate", "comonotone"])
def test_shifts_of_all_modalities_do_more_than_those_of_one(coupling):
    found = [attained(radius, coupling) for radius in RADII]
    assert np.all(np.diff(found) > 0)
    alone = [dict.fromkeys(PARTS, 0.0) | {name: RADII[0]} for name in PARTS]
    assert found[0] > max(attained(radius, coupling) for radius in alone)


def test_sparse_data_frames_and_other_models():
    expected = attained(0.25)
    for container in (csr_array, csr_matrix):
        assert attained(0.25, given=container(X)) == pytest.approx(expected)
    names = [f"{name}__{j}" for name in PARTS for j in range(5)]
    frame = pd.DataFrame(X, columns=names)
    named = DROClassifier().fit(
        pd.DataFrame(DATA.data[:500], columns=names), DATA.target[:500]
    )
    assert attained(0.25, model=named, given=frame) == pytest.approx(expected)
    forest = RandomForestClassifier(10, random_state=0)
    forest.fit(DATA.data[:500], DATA.target[:500])
    assert attained(0.25, model=forest, modalities=PARTS) > np.mean(
        forest.predict(X) != Y
    )


def test_training_loss_of_a_regressor():
    model = DRORegressor(modalities=PARTS).fit(X, Y)
    found = [attained(r, model=model, loss="training") for r in RADII]
    assert np.all(np.diff(found) > 0)
