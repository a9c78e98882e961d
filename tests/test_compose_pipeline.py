"""make_multimodal_pipeline, and the tag that reaches the estimator."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from skmmdro.compose import ModalityTransformer, make_multimodal_pipeline
from skmmdro.modalities import resolve_modalities


class Recorder(ClassifierMixin, BaseEstimator):
    """Remember which modalities X has."""

    def fit(self, X, y):
        self.names_ = resolve_modalities(None, X).names
        return self


def parts():
    return ("a", StandardScaler(), [0]), ("b", "passthrough", [1, 2])


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 3)), np.arange(20) % 2


def test_parameters_arrive():
    model = make_multimodal_pipeline(
        *parts(),
        estimator=LogisticRegression(),
        scale=None,
        remainder="passthrough",
        n_jobs=2,
        memory="cache",
        verbose=True,
    )
    encode = model[0]
    assert isinstance(encode, ModalityTransformer)
    assert isinstance(encode.transformers, list) and len(encode.transformers) == 2
    assert (encode.scale, encode.remainder, encode.n_jobs) == (None, "passthrough", 2)
    assert (model.memory, model.verbose) == ("cache", True)
    assert list(model.named_steps) == ["modalitytransformer", "logisticregression"]


def test_fit_and_predict():
    X, y = data()
    model = make_multimodal_pipeline(*parts(), estimator=LogisticRegression())
    assert model.fit(X, y).predict(X).shape == (20,)
    assert list(model[:-1].get_feature_names_out()) == ["a__x0", "b__x1", "b__x2"]


@pytest.mark.parametrize("cached", [False, True])
def test_the_estimator_sees_the_modalities(cached, tmp_path):
    X, y = data()
    model = make_multimodal_pipeline(
        *parts(), estimator=Recorder(), memory=str(tmp_path) if cached else None
    )
    for _ in range(2):  # the second time from the cache
        assert model.fit(X, y)[-1].names_ == ("a", "b")
