"""scikit-learn's own checks on several settings of ModalityTransformer."""

import warnings

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF, PCA
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmmdro.compose import ModalityTransformer

EXTRA_CHECKS = [
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_get_feature_names_out_error",
    "check_dataframe_column_names_consistency",
    "check_param_validation",
]


def settings():
    """Instances that differ in what the checks look at."""
    return {
        "one modality": ModalityTransformer([("a", StandardScaler(), [0, 1])]),
        "remainder": ModalityTransformer(
            [("a", StandardScaler(), [0])], remainder="passthrough"
        ),
        "remainder estimator": ModalityTransformer(
            [("a", "passthrough", slice(0, 1))], remainder=StandardScaler()
        ),
        "unscaled": ModalityTransformer([("a", "passthrough", [0, 1])], scale=None),
        "sparse input": ModalityTransformer(
            [("a", MaxAbsScaler(), [0]), ("b", "drop", [0])], remainder="passthrough"
        ),
        "parallel": ModalityTransformer([("a", StandardScaler(), [0, 1])], n_jobs=2),
        "pipeline": ModalityTransformer(
            [("a", make_pipeline(SimpleImputer(), StandardScaler()), [0, 1])],
        ),
        "function": ModalityTransformer(
            [("a", FunctionTransformer(feature_names_out="one-to-one"), [0, 1])]
        ),
        "supervised": ModalityTransformer([("a", SelectKBest(k=1), [0, 1])]),
        "reduced": ModalityTransformer(
            [("a", PCA(1, random_state=0), slice(0, None)), ("b", "passthrough", [0])]
        ),
    }


@pytest.fixture
def threads():
    """Run n_jobs=2 in threads: starting processes takes most of the time."""
    with parallel_config(backend="threading"):
        yield


@pytest.mark.usefixtures("threads")
@parametrize_with_checks(list(settings().values()))
def test_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("check", EXTRA_CHECKS)
@pytest.mark.parametrize("setting", settings())
def test_checks_outside_check_estimator(setting, check):
    with warnings.catch_warnings():
        # the checks pass arrays where frames were fitted and the other way round
        warnings.filterwarnings("ignore", message="X (has|does not have valid) feature")
        getattr(estimator_checks, check)("ModalityTransformer", settings()[setting])


@pytest.mark.parametrize("setting", settings())
def test_names_are_those_of_column_transformer(setting):
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(9, 3)), columns=["u", "v", "w"])
    y = np.arange(9) % 2
    encode = settings()[setting].fit(X, y)
    expected = ColumnTransformer(encode.transformers, remainder=encode.remainder)
    expected.fit(X, y)
    assert list(encode.get_feature_names_out()) == list(
        expected.get_feature_names_out()
    )


def test_tags_combine_those_of_the_parts():
    def tags(*parts):
        triples = [(f"m{k}", part, [k]) for k, part in enumerate(parts)]
        return ModalityTransformer(triples).__sklearn_tags__()

    assert tags(MaxAbsScaler(), "passthrough").input_tags.sparse
    assert not tags(MaxAbsScaler(), StandardScaler()).input_tags.sparse
    assert tags(StandardScaler(), SimpleImputer()).input_tags.allow_nan
    assert not tags(StandardScaler(), PCA()).input_tags.allow_nan
    assert tags(FunctionTransformer()).input_tags.allow_nan
    floats = tags(PCA(), "drop").transformer_tags.preserves_dtype
    assert floats == ["float64", "float32"]
    assert tags(PCA(), SimpleImputer()).transformer_tags.preserves_dtype == ["float64"]
    assert tags(TargetEncoder()).target_tags.required
    assert tags(NMF()).input_tags.positive_only
    assert ModalityTransformer(None).__sklearn_tags__().transformer_tags is not None
