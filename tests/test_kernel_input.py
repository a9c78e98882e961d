"""Kernel estimators: kernels, widths, containers and what is refused."""

import pickle
from itertools import product

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import pairwise
from sklearn.svm import SVC

from skmmdro import KernelDROClassifier, KernelDRORegressor
from skmmdro.ambiguity import ChiSquare, Wasserstein
from skmmdro.kernel import _function
from skmmdro.kernel._kernels import PrecomputedKernel
from skmmdro.kernel._landmarks import choose_landmarks

WIDTHS = [3, 1, 2]
SPLITS = np.split(np.arange(6), [3, 4])


def make_data(n_samples=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, 6))
    return X, (np.sin(2 * X[:, 0]) + X[:, 3] ** 2 > 1).astype(int)


def fit(X, y, ambiguity=None, **parameters):
    ambiguity = ChiSquare(0.01) if ambiguity is None else ambiguity
    return KernelDROClassifier(ambiguity, alpha=1e-2, **parameters).fit(X, y)


# -- kernels ---------------------------------------------------------------------------

BY_HAND = {
    "linear": lambda A, B: A @ B.T,
    "rbf": lambda A, B: pairwise.rbf_kernel(A, B, gamma=0.4),
    "laplacian": lambda A, B: pairwise.laplacian_kernel(A, B, gamma=0.4),
    "poly": lambda A, B: (0.4 * A @ B.T + 0.5) ** 2,
    "cosine": lambda A, B: pairwise.cosine_similarity(A, B),
    "chi2": lambda A, B: pairwise.chi2_kernel(A, B, gamma=0.4),
    "additive": lambda A, B: np.mean(
        [np.exp(-0.4 * (a[:, None] - b) ** 2) for a, b in zip(A.T, B.T, strict=True)],
        axis=0,
    ),
}


@pytest.mark.parametrize("kernel", BY_HAND)
@pytest.mark.parametrize("form", ["dict", "stack", "callable"])
def test_kernel_equals_itself_in_other_forms(kernel, form):
    X, y = make_data()
    X, X_new = np.abs(X), np.abs(make_data(20, 1)[0])
    function = BY_HAND[kernel]
    ambiguity = ChiSquare(0.01, coupling="independent")
    named = fit(
        X,
        y,
        ambiguity,
        kernel=kernel,
        modalities=WIDTHS,
        gamma=0.4,
        degree=2,
        coef0=0.5,
    )
    if form == "callable":
        other = fit(X, y, ambiguity, kernel=function, modalities=WIDTHS)
        found = other.decision_function(X_new)
    else:
        train = {f"x{k}": function(X[:, c], X[:, c]) for k, c in enumerate(SPLITS)}
        new = {f"x{k}": function(X_new[:, c], X[:, c]) for k, c in enumerate(SPLITS)}
        if form == "stack":
            train, new = np.stack(list(train.values())), np.stack(list(new.values()))
        other = fit(train, y, ambiguity, kernel="precomputed")
        found = other.decision_function(new)
    assert other.objective_ == pytest.approx(named.objective_, rel=1e-6)
    np.testing.assert_allclose(
        found, named.decision_function(X_new), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    "kernel, gamma",
    [
        ("linear", 1.0),
        *product(["rbf", "laplacian", "additive"], ["scale", "median"]),
    ],
)
def test_large_offsets_do_not_cancel(kernel, gamma):
    rng = np.random.default_rng(0)
    X = np.round(rng.standard_normal((100, 6)) * 2**10) / 2**10  # sums are exact
    X, X_new, y = X[:60], X[60:], X[:60, 0] > X[:60, 3] ** 2
    offset = 2.0**20 * np.array([1, 1, 1, -1, 3, 3])
    parameters = {"kernel": kernel, "gamma": gamma, "modalities": WIDTHS, "tol": 1e-8}
    ambiguity = ChiSquare(0.01, coupling="independent")
    near = fit(X, y, ambiguity, **parameters)
    far = fit(X + offset, y, ambiguity, **parameters)
    expected = near.decision_function(X_new)
    found = far.decision_function(X_new + offset)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kernel", ["rbf", "additive"])
def test_outlier_far_off_does_not_cancel_the_others(kernel):
    X, y = make_data()
    ambiguity = ChiSquare(0.01, coupling="independent")
    found = []
    for value in (1e4, 1e10):  # no other row is near either
        outlier = np.where(np.arange(60)[:, None] == 3, value, X)
        model = fit(outlier, y, ambiguity, kernel=kernel, gamma=0.4, modalities=WIDTHS)
        found.append(model.decision_function(X))
    # the outlier's distance from itself is rounding, those of other rows are not
    np.testing.assert_allclose(found[1], found[0], atol=0.1)


def test_kernel_by_modality():
    X, y = make_data()
    kernel = {"x0": "linear", "x1": pairwise.rbf_kernel, "x2": "rbf"}
    gamma = {"x0": "scale", "x1": "scale", "x2": 0.3}
    model = fit(
        X, y, kernel=kernel, gamma=gamma, kernel_params={"gamma": 2}, modalities=WIDTHS
    )
    assert model.gamma_ == {"x1": 2, "x2": 0.3}
    assert model.n_components_["x0"] == 3


def test_gamma_scale_is_that_of_svc():
    X, y = make_data()
    model = fit(3 * X + 1, y)
    assert model.gamma_["x"] == pytest.approx(SVC().fit(3 * X + 1, y)._gamma)


@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "chi2"])
def test_gamma_median(kernel):
    X, y = make_data()
    X = np.abs(X)
    distance = {
        "rbf": pairwise.pairwise_distances(X, metric="sqeuclidean"),
        "laplacian": pairwise.pairwise_distances(X, metric="manhattan"),
        "chi2": -pairwise.additive_chi2_kernel(X),
    }[kernel]
    found = fit(X, y, kernel=kernel, gamma="median").gamma_["x"]
    expected = np.median(distance[np.triu_indices(len(X), 1)])
    assert 1 / found == pytest.approx(expected, rel=0.01)
    half = fit(X, y, kernel=kernel, gamma="0.5*median").gamma_["x"]
    assert half == pytest.approx(found / 2)


def test_gamma_of_the_additive_kernel_is_by_column():
    X, y = make_data()
    X *= np.arange(1, 7)
    model = fit(X, y, kernel="additive")
    np.testing.assert_allclose(model.gamma_["x"], 1 / X.var(axis=0))


@pytest.mark.parametrize("kernel", ["linear", "rbf", "laplacian", "poly", "cosine"])
def test_sparse_equals_dense(kernel):
    X, y = make_data()
    X[np.abs(X) < 0.5] = 0
    dense = fit(X, y, kernel=kernel, modalities=WIDTHS)
    model = fit(sparse.csr_array(X), y, kernel=kernel, modalities=WIDTHS)
    np.testing.assert_allclose(
        model.decision_function(sparse.csr_matrix(X)),
        dense.decision_function(X),
        rtol=1e-5,
        atol=1e-7,
    )


def test_callable_may_return_a_sparse_matrix():
    X, y = make_data()
    X[np.abs(X) < 0.5] = 0
    model = fit(sparse.csr_array(X), y, kernel=lambda A, B: A @ B.T)
    expected = fit(X, y, kernel="linear").decision_function(X)
    found = model.decision_function(sparse.csr_array(X))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_kernel_may_keep_the_values_it_returned():
    X, y = make_data()
    K = pairwise.rbf_kernel(X)
    kept = K.copy()
    fit(
        X,
        y,
        kernel=lambda A, B: kept if len(A) == len(B) else pairwise.rbf_kernel(A, B),
    )
    np.testing.assert_array_equal(kept, K)


def test_float32_stays_float32():
    X, y = make_data()
    model = fit(X.astype(np.float32), y, modalities=WIDTHS)
    assert model.decision_function(X.astype(np.float32)).dtype == np.float32
    assert model.modality_scores(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(
        model.decision_function(X),
        fit(X, y, modalities=WIDTHS).decision_function(X),
        atol=1e-3,
    )


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_name_modalities(library):
    frames = pytest.importorskip(library)
    X, y = make_data()
    columns = [f"a__{j}" for j in range(4)] + ["b__0", "b__1"]
    frame = frames.DataFrame(dict(zip(columns, X.T, strict=True)))
    model = fit(frame, y, interactions=[("a", "b")])
    assert list(model.modality_norms_) == ["a", "b", "a:b"]
    assert model.feature_names_in_.tolist() == columns


def test_predicting_in_chunks(monkeypatch):
    X, y = make_data()
    model = fit(X, y, modalities=WIDTHS, interactions=[("x0", "x2")])
    whole = model.modality_scores(X)
    monkeypatch.setattr(_function, "_CHUNK_BYTES", 60 * 8 * 7)
    np.testing.assert_allclose(model.modality_scores(X), whole, rtol=1e-9, atol=1e-12)


def test_only_what_prediction_needs_is_kept():
    X, y = make_data(400)
    model = fit(X, y, modalities=WIDTHS, rank=20)
    assert len(pickle.dumps(model)) < 400 * 6 * 8  # less than the data
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


def test_zero_weights_leave_samples_out():
    X, y = make_data()
    weights = np.arange(60) % 3 != 0
    grams = {"a": pairwise.rbf_kernel(X), "b": pairwise.linear_kernel(X)}
    ambiguity = ChiSquare(0.1, coupling="independent")
    model = KernelDROClassifier(ambiguity, kernel="precomputed")
    given = clone(model).fit(grams, y, weights)
    inside = {name: K[weights][:, weights] for name, K in grams.items()}
    expected = clone(model).fit(inside, y[weights])
    np.testing.assert_allclose(
        given.decision_function(grams),
        expected.decision_function({name: K[:, weights] for name, K in grams.items()}),
        rtol=1e-6,
    )
    assert weights[given.landmarks_["a"]].all()


def test_missing_rows_of_gram_matrices():
    X, y = make_data()
    grams = {"a": pairwise.rbf_kernel(X), "b": pairwise.linear_kernel(X)}
    model = fit(grams, y, kernel="precomputed")
    lost = {"a": grams["a"].copy(), "b": grams["b"]}
    lost["a"][3] = np.nan
    assert model.modality_scores(lost)[3, 0] == 0


# -- landmarks -------------------------------------------------------------------------


def test_landmarks_find_rare_clusters():
    """Uniform sampling would miss most of 20 single outliers; pivoting does not."""
    rng = np.random.default_rng(0)
    X = np.vstack(
        [0.01 * rng.standard_normal((2000, 2)), 10 + 10 * rng.random((20, 2))]
    )
    K = pairwise.rbf_kernel(X, gamma=1.0)
    kernel = PrecomputedKernel("x", np.arange(len(X)))
    nominal = np.full(len(X), 1 / len(X))
    codes = kernel.codes(K)
    found = choose_landmarks(kernel, K, codes, nominal, 110)
    assert np.sum(found.index >= 2000) >= 18


# -- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"kernel": {"x0": "rbf"}}, "no entry for"),
        ({"kernel": {"x0": "rbf", "x1": "rbf", "y": "rbf"}}, "unknown modalities"),
        ({"kernel": {"x0": "rbf", "x1": "rbf", "x2": "sigmoid"}}, "unknown kernel"),
        (
            {"kernel": {"x0": "rbf", "x1": "rbf", "x2": "precomputed"}},
            "for all modalities or for none",
        ),
        ({"gamma": {"x0": 1.0, "x1": "auto", "x2": 1.0}}, "'x1' must be a positive"),
        ({"gamma": {"x0": 1.0, "x1": -1.0, "x2": 1.0}}, "'x1' must be a positive"),
        ({"gamma": "median*2"}, "'0.5\\*median', got 'median\\*2'"),
        ({"gamma": "0*scale"}, "must be a positive finite number"),
        ({"kernel": "poly", "gamma": "median"}, "kernel of distances"),
        ({"kernel_params": {"gamma": 2}}, "for kernels that are callables"),
        ({"interactions": [("x0", "y")]}, "pairs of different modalities"),
        ({"interactions": [("x0", "x0")]}, "pairs of different modalities"),
        ({"interactions": ["x0"]}, "pairs of different modalities"),
        ({"interactions": [("x0", "x1"), ("x1", "x0")]}, "a pair twice"),
        ({"kernel": "chi2"}, "negative values"),
        ({"kernel": lambda A, B: A}, r"returned \(60, 3\), expected"),
        ({"kernel": lambda A, B: A @ B.T * np.nan}, "returned NaN"),
        ({"kernel": lambda A, B: A[:, :1] + 0 * B[:, :1].T}, "not symmetric"),
        ({"rank": 0}, "'rank' parameter"),
    ],
)
def test_bad_parameters(parameters, message):
    X, y = make_data()
    with pytest.raises(ValueError, match=message):
        fit(X, y, **{"modalities": WIDTHS, **parameters})


@pytest.mark.parametrize(
    "names, pairs",
    [
        (["a", "b", "a:b"], [("a", "b")]),
        (["a", "b:c", "a:b", "c"], [("a", "b:c"), ("a:b", "c")]),
    ],
)
def test_names_of_interactions_are_their_own(names, pairs):
    X, y = make_data()
    columns = {name: [j] for j, name in enumerate(names)}
    columns["rest"] = list(range(len(names), 6))
    with pytest.raises(ValueError, match=r"two of them the same\. Rename a modality"):
        fit(X, y, modalities=columns, interactions=pairs)
    fit(X, y, modalities=columns, interactions=[("rest", pairs[0][1])])


@pytest.mark.parametrize("rank", [None, 5])
@pytest.mark.parametrize("n_samples", [60, 600])
def test_asymmetric_gram_matrix(rank, n_samples):
    """One entry is enough, whichever rows are landmarks."""
    X, y = make_data(n_samples)
    K = pairwise.rbf_kernel(X)
    K[n_samples // 2, 7] += 0.01
    with pytest.raises(ValueError, match=r"kernel of 'b' is not symmetric.* by 0\.01"):
        fit({"a": K + K.T, "b": K}, y, kernel="precomputed", rank=rank)
    weights = np.arange(n_samples) != 7  # no entry that counts
    model = KernelDROClassifier(
        ChiSquare(0.01, coupling="independent"), kernel="precomputed", rank=rank
    )
    assert np.isfinite(model.fit(K, y, weights).objective_)


def test_transport_budgets_of_interactions():
    """They have names of their own, and are zero if left out."""
    X, y = make_data()
    with_pair = {"modalities": WIDTHS, "interactions": [("x0", "x1")]}
    model = fit(X, y, Wasserstein({"x0": 9.0, "x0:x1": 9.0}), **with_pair)
    assert model.modality_norms_["x0"] == model.modality_norms_["x0:x1"] == 0
    model = fit(X, y, Wasserstein({"x0": 9.0}), **with_pair)
    assert model.modality_norms_["x0"] == 0 < model.modality_norms_["x0:x1"]
    with pytest.raises(ValueError, match=r"known modalities are .*'x0:x1'"):
        fit(X, y, Wasserstein({"x1:x0": 0.1}), **with_pair)


@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_norm_of_moves_is_that_of_the_hilbert_space(norm):
    """Other norms depend on the basis that the features are coordinates in."""
    X, y = make_data()
    ambiguity = ChiSquare(0.1) + Wasserstein(0.02, norm=norm)
    with pytest.raises(ValueError, match=f"norm='{norm}' measures moves of single"):
        KernelDROClassifier(ambiguity, modalities=WIDTHS).fit(X, y)
    model = KernelDROClassifier(modalities=WIDTHS).fit(X, y)
    with pytest.raises(ValueError, match="Use norm='l2'"):
        model.worst_case(X, y, ambiguity=ambiguity)


def test_encoder_error_says_nothing_about_interactions():
    X, y = make_data()
    error = ChiSquare(0.01, encoder_error=0.1)
    with pytest.raises(ValueError, match=r"interactions \['x0:x1'\]"):
        fit(X, y, error, modalities=WIDTHS, interactions=[("x0", "x1")])


def test_indefinite_kernel_warns():
    X, y = make_data()
    with pytest.warns(UserWarning, match="not positive semi-definite"):
        fit(X, y, ChiSquare(0.0), kernel=lambda A, B: -np.abs(A @ B.T))


INDEFINITE = {
    "distance": pairwise.euclidean_distances,
    "tanh": lambda A, B: np.tanh(0.3 - 0.5 * A @ B.T),
    "Lorentz": lambda A, B: A[:, :3] @ B[:, :3].T - A[:, 3:] @ B[:, 3:].T,
}


@pytest.mark.parametrize("name", INDEFINITE)
@pytest.mark.parametrize("n_samples, rank", [(60, None), (60, 20), (600, "auto")])
@pytest.mark.parametrize("form", ["callable", "precomputed"])
def test_indefinite_kernel_warns_for_any_rank(name, n_samples, rank, form):
    X, y = make_data(n_samples)
    kernel = INDEFINITE[name]
    if form == "precomputed":
        X, kernel = kernel(X, X), "precomputed"
    ambiguity = ChiSquare(0.0, coupling="independent")
    with pytest.warns(UserWarning, match="not positive semi-definite"):
        model = fit(X, y, ambiguity, kernel=kernel, rank=rank)
    assert np.isfinite(model.decision_function(X)).all()


@pytest.mark.parametrize("rank", [None, 8])
def test_only_the_centred_kernel_has_to_be_definite(rank):
    X, y = make_data()

    def kernel(A, B):
        return -pairwise.euclidean_distances(A, B, squared=True) / 2

    model = fit(X, y, kernel=kernel, rank=rank)
    expected = fit(X, y, kernel="linear").decision_function(X)
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-6)


@pytest.mark.parametrize("rank", [None, 8])
def test_constant_kernel_gives_a_constant_model(rank):
    X, y = make_data()
    model = fit(
        X, y, ChiSquare(0.0), kernel=lambda A, B: np.ones((len(A), len(B))), rank=rank
    )
    assert model.modality_norms_["x"] == 0 and model.n_components_["x"] == 1


def test_values_missing_in_part_of_a_modality():
    X, y = make_data()
    model = fit(X, y, modalities=WIDTHS)
    X[0, 0] = np.nan
    for method in (model.predict, lambda X: clone(model).fit(X, y)):
        with pytest.raises(ValueError, match="NaN in part of modality 'x0'"):
            method(X)
    X[:, SPLITS[0]] = np.nan
    with pytest.raises(ValueError, match="missing in all samples"):
        clone(model).fit(X, y)
    with pytest.raises(ValueError, match="sparse data cannot have missing"):
        model.predict(sparse.csr_array(X))


def test_bad_gram_matrices():
    X, y = make_data()
    K = pairwise.rbf_kernel(X)
    model = KernelDRORegressor(kernel="precomputed")
    for bad, message in [
        (X, "needs one Gram matrix for each"),
        ({"a": K, "b": X}, "all of one shape"),
        ({"a": X, "b": X}, "got a matrix of shape"),
        ({}, "got the keys"),
        (np.stack([X, X]), "got an array of shape"),
        ({"a": K * np.nan}, "NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(bad, y)
    with pytest.raises(ValueError, match="modalities must be None"):
        clone(model).set_params(modalities=[60]).fit(K, y)
    model.fit({"a": K, "b": K}, y)
    with pytest.raises(ValueError, match="fitted with"):
        model.predict({"a": K})
    with pytest.raises(ValueError, match="one for each training sample"):
        model.predict({"a": K[:, :9], "b": K[:, :9]})
    before = dict(vars(model))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit({"a": K, "b": K}, y[:-1])
    assert vars(model) == before
