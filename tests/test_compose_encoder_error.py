"""Encoder error: its estimate, and how it reaches the estimator."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.linalg import orthogonal_procrustes
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmmdro import DROClassifier, ModalityTransformer
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import ModalityImputer, make_multimodal_pipeline, text_encoder
from skmmdro.compose._encoder_error import _gram_factor, procrustes_distance
from skmmdro.datasets import make_multimodal_classification
from skmmdro.modalities import read_encoder_error

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def factors(n, seed=0, noise=1.0):
    load = np.random.default_rng(99).normal(size=(3, 12)) * [[3.0], [2.0], [1.0]]
    rng = np.random.default_rng([seed, n])
    return rng.normal(size=(n, 3)) @ load + noise * rng.normal(size=(n, 12))


def encoder(part=None, **params):
    part = PCA(3) if part is None else part
    params = {"encoder_error": "bootstrap", "random_state": 0, **params}
    return ModalityTransformer([("m", part, slice(0, 12))], **params)


def data(n=120):
    X, y = make_multimodal_classification(
        n,
        modality_names=("a", "b"),
        widths=(3, 4),
        random_state=0,
        as_frame=True,
        return_X_y=True,
    )
    return X, y.to_numpy()


PARTS = [("a", PCA(2), slice(0, 3)), ("b", StandardScaler(), slice(3, 7))]


def pipeline(encoder_error="bootstrap", **params):
    return make_multimodal_pipeline(
        *PARTS,
        estimator=DROClassifier(
            ChiSquare(0.01, coupling="independent", encoder_error="from_transformer")
        ),
        encoder_error=encoder_error,
        n_bootstrap=3,
        random_state=0,
        **params,
    )


# the distance -----------------------------------------------------------------------


@pytest.mark.parametrize("widths", [(4, 4), (4, 2), (2, 4), (30, 25)])
def test_procrustes_distance(widths):
    rng = np.random.default_rng(0)
    A, B = (rng.normal(size=(20, width)) for width in widths)
    full = max(widths)
    padded = [np.pad(M, ((0, 0), (0, full - M.shape[1]))) for M in (A, B)]
    turn, _ = orthogonal_procrustes(*padded)
    expected = np.sum((padded[0] @ turn - padded[1]) ** 2)
    assert_allclose(procrustes_distance(_gram_factor(A), _gram_factor(B)), expected)
    same = procrustes_distance(
        _gram_factor(sparse.csr_array(A)), _gram_factor(sparse.csr_array(B))
    )
    assert_allclose(same, expected)
    assert procrustes_distance(A, A[:, ::-1] * -1) == pytest.approx(0, abs=1e-10)


# the estimates ----------------------------------------------------------------------


def test_bootstrap_error_of_pca_falls_like_the_root_of_n():
    sizes = [100, 400, 1600, 6400]
    errors = [encoder().fit(factors(n)).encoder_error_["m"] for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert -0.7 < slope < -0.3


def test_bootstrap_error_is_about_the_true_error():
    """Against encoders fitted on fresh samples and one fitted on very many rows."""
    truth, test = PCA(3).fit(factors(50_000)), factors(2000, seed=7)
    reference = truth.transform(test)
    scale = np.sqrt(np.mean(np.sum(reference**2, axis=1)))
    squares = [
        procrustes_distance(PCA(3).fit(factors(200, seed)).transform(test), reference)
        for seed in range(1, 15)
    ]
    true = np.sqrt(np.mean(squares) / len(test)) / scale
    estimates = [
        encoder().fit(factors(200, seed)).encoder_error_["m"] for seed in range(1, 6)
    ]
    assert 0.6 < np.mean(estimates) / true < 1.6


def test_error_has_the_units_of_the_output():
    X = factors(200)
    scaled = encoder().fit(X)
    plain = encoder(scale=None).fit(X)
    ratio = plain.encoder_error_["m"] / scaled.encoder_error_["m"]
    assert_allclose(ratio, scaled.scale_["m"])
    assert_allclose(
        encoder().fit(X * 100).encoder_error_["m"], scaled.encoder_error_["m"]
    )


def test_bootstrap_is_reproducible_and_parallel():
    X = factors(100)
    one, two, other = (
        encoder(n_jobs=jobs, random_state=seed).fit(X).encoder_error_["m"]
        for jobs, seed in ((None, 0), (2, 0), (None, 1))
    )
    assert_allclose(one, two)
    assert one != other


def test_reconstruction_error_of_pca_is_what_it_leaves_out():
    X = factors(500)
    found = encoder(encoder_error="reconstruction").fit(X)
    pca = PCA(3).fit(X)
    left = PCA().fit(X).explained_variance_[3:].sum() * 499 / 500
    expected = np.sqrt(left) / np.sqrt(np.mean(np.sum(pca.transform(X) ** 2, axis=1)))
    assert_allclose(found.encoder_error_["m"], expected)
    whitened = encoder(PCA(3, whiten=True), encoder_error="reconstruction").fit(X)
    assert 0 < whitened.encoder_error_["m"] < 1


def test_reconstruction_of_the_last_step():
    X = factors(300)
    found = encoder(
        make_pipeline(StandardScaler(), PCA(3)), encoder_error="reconstruction"
    ).fit(X)
    Z = StandardScaler().fit_transform(X)
    direct = encoder(encoder_error="reconstruction").fit(Z)
    assert_allclose(found.encoder_error_["m"], direct.encoder_error_["m"])
    exact = encoder(StandardScaler(), encoder_error="reconstruction").fit(X)
    assert exact.encoder_error_["m"] == pytest.approx(0, abs=1e-7)


def test_text_with_svd_and_sparse():
    words = np.array(["good", "bad", "fit", "small", "shirt", "blue"])
    rng = np.random.default_rng(0)
    texts = pd.DataFrame({"t": [" ".join(rng.choice(words, 4)) for _ in range(60)]})
    for method in ("bootstrap", "reconstruction"):
        encode = ModalityTransformer(
            [("t", text_encoder(5), "t")],
            encoder_error=method,
            n_bootstrap=3,
            random_state=0,
        )
        assert 0.05 < encode.fit(texts).encoder_error_["t"] < 1.5
    encode = ModalityTransformer(
        [("t", TfidfVectorizer(), "t")],
        encoder_error="bootstrap",
        n_bootstrap=3,
        random_state=0,
    )
    assert 0 < encode.fit(texts).encoder_error_["t"] < 0.5


def test_method_by_modality_targets_and_missing_rows():
    X = np.hstack([factors(80), factors(80, 1)])
    X[:20, :12] = np.nan
    y = (np.nan_to_num(X[:, 0]) > 0).astype(int)
    parts = [
        ("m", PCA(3), slice(0, 12)),
        ("s", SelectKBest(k=2), slice(12, 20)),
        ("p", "passthrough", slice(20, 24)),
    ]
    methods = {"m": "reconstruction", "s": "bootstrap", "p": None}
    encode = ModalityTransformer(parts, encoder_error=methods, random_state=0)
    encode.fit(X, y)
    found = encode.encoder_error_
    assert list(found) == ["m", "s", "p"]
    assert found["m"] > 0 and found["s"] > 0 and found["p"] == 0
    alone = encoder(encoder_error="reconstruction").fit(X[20:, :12])
    assert_allclose(found["m"], alone.encoder_error_["m"])
    for wrong in (
        {"m": "bootstrap"},
        {**methods, "s": "jackknife"},
        {**methods, "q": None},
    ):
        with pytest.raises(ValueError, match="encoder_error as a dict must have"):
            clone(encode).set_params(encoder_error=wrong).fit(X, y)


def test_no_reconstruction():
    encode = encoder(FunctionTransformer(np.abs, feature_names_out="one-to-one"))
    encode.set_params(encoder_error="reconstruction", m__func=None)
    encode.fit(factors(50))  # the identity is its own inverse
    with pytest.raises(ValueError, match="needs an encoder with inverse_transform"):
        encode.set_params(m=SelectNothing()).fit(factors(50))


class SelectNothing(FunctionTransformer):
    inverse_transform = property()


def test_without_request_there_is_no_error():
    encode = encoder().fit(factors(50))
    assert hasattr(encode, "encoder_error_")
    encode.set_params(encoder_error=None).fit(factors(50))
    assert not hasattr(encode, "encoder_error_")


# the way to the estimator -----------------------------------------------------------


@pytest.mark.parametrize("container", ["array", "pandas", "polars", "set_output"])
def test_it_reaches_the_estimator(container, tmp_path):
    X, y = data()
    X = {"array": X.to_numpy(), "polars": pl.from_pandas(X)}.get(container, X)
    model = pipeline()
    if container == "set_output":
        model.set_output(transform="polars")
    model.fit(X, y)
    error = model[0].encoder_error_
    assert error["a"] > 0
    stated = DROClassifier(ChiSquare(0.01, coupling="independent", encoder_error=error))
    stated.fit(model[0].transform(X), y)
    assert_allclose(model[-1].coef_, stated.coef_)
    none = DROClassifier(ChiSquare(0.01, coupling="independent"))
    none.fit(model[0].transform(X), y)
    assert np.linalg.norm(none.coef_) > 1.01 * np.linalg.norm(stated.coef_)


def test_sparse_data_carry_it():
    words = np.array([f"word{j}" for j in range(60)])
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"t": [" ".join(rng.choice(words, 5)) for _ in range(90)]})
    y = frame["t"].str.contains("word1").astype(int)
    model = make_multimodal_pipeline(
        ("t", TfidfVectorizer(), "t"),
        estimator=DROClassifier(ChiSquare(0.0, encoder_error="from_transformer")),
        encoder_error="bootstrap",
        n_bootstrap=2,
        random_state=0,
    )
    out = model[:-1].fit_transform(frame)
    assert sparse.issparse(out) and read_encoder_error(out)["t"] > 0
    assert model.fit(frame, y)[-1].coef_.shape == (1, out.shape[1])


def test_grid_search_and_clone():
    X, y = data(500)
    grid = {
        "modalitytransformer__a__n_components": [2, 3],
        "droclassifier__ambiguity__radius": [0.0, 0.001],
    }
    search = GridSearchCV(clone(pipeline()), grid, cv=2, n_jobs=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_[-1].ambiguity.encoder_error == "from_transformer"


def test_memory_keeps_it(tmp_path):
    X, y = data()
    model = pipeline(memory=str(tmp_path))
    for _ in range(2):  # the second time from the cache
        model.fit(X, y)


def test_through_the_imputer():
    X, y = data()
    X.iloc[:10, :3] = np.nan
    for container in (X, X.to_numpy(), pl.from_pandas(X)):
        model = pipeline(imputer=ModalityImputer()).fit(container, y)
        assert read_encoder_error(model[:-1].transform(container)) is not None


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_rows_keep_it(container):
    """Encode once, then cross-validate the estimator alone."""
    X, y = data()
    X = X if container == "pandas" else X.to_numpy()
    encode = pipeline()[0]
    Z = encode.fit_transform(X)
    model = pipeline()[-1]
    assert np.isfinite(cross_val_score(model, Z, y, cv=3)).all()
    assert read_encoder_error(pickle.loads(pickle.dumps(Z))) == encode.encoder_error_


@pytest.mark.parametrize(
    "make",
    [
        lambda Z: Z[:50].copy() * 1.0,
        lambda Z: np.asarray(Z)[:50],
        lambda Z: pl.DataFrame(np.asarray(Z))[:50],
    ],
)
def test_absence_is_a_clear_error(make):
    X, y = data()
    Z = make(pipeline()[0].fit_transform(X.to_numpy()))
    with pytest.raises(ValueError, match="data carry no encoder error"):
        pipeline()[-1].fit(Z, y[:50])
    with pytest.raises(ValueError, match=r"ModalityTransformer\(..., encoder_error="):
        pipeline(encoder_error=None).fit(X, y)


def test_wrong_modalities_are_a_clear_error():
    X, y = data()
    Z = pipeline()[0].fit_transform(X)
    model = pipeline()[-1].set_params(modalities={"a": [0, 1], "rest": "remainder"})
    with pytest.raises(ValueError, match=r"encoder_error names unknown .*'b'"):
        model.fit(Z, y)


def test_the_bound_holds_under_shifts():
    """The objective, less the square penalty, bounds the risk of clean features."""
    noise, widths, names = 0.1, (4, 4), ("a", "b")
    common = {"widths": widths, "modality_names": names, "correlation": 0.0}
    train = make_multimodal_classification(2000, noise=noise, random_state=0, **common)
    radius = float(np.expm1(0.1**2))
    ambiguity = ChiSquare(radius, coupling="independent", encoder_error=noise * 4**0.5)
    model = DROClassifier(ambiguity, modalities=train.modalities)
    model.fit(train.data, train.target)
    bound = model.objective_ - model.alpha / 2 * np.sum(model.coef_**2)
    rng = np.random.default_rng(1)
    for seed in range(20):
        shift = dict(zip(names, rng.choice([-0.1, 0.0, 0.1], 2), strict=True))
        test = make_multimodal_classification(
            4000, shift=shift, random_state=seed + 1, **common
        )
        raw = model.decision_function(test.clean_data)
        risk = np.mean(np.logaddexp(0, np.where(test.target == 1, -raw, raw)))
        assert risk < bound
    assert bound < np.log(2)  # that of a constant model


def test_the_worst_case_on_other_data_uses_the_error_of_the_fit():
    X, y = data(240)
    model = pipeline().fit(X[:120], y[:120])
    later, last = model[:-1].transform(X[120:]), model[-1]
    stated = ChiSquare(
        0.01, coupling="independent", encoder_error=model[0].encoder_error_
    )
    expected = last.worst_case(later, y[120:], ambiguity=stated).risk
    assert last.worst_case(later, y[120:]).risk == pytest.approx(expected)
    bare = ChiSquare(0.01, coupling="independent")
    assert expected > last.worst_case(later, y[120:], ambiguity=bare).risk
