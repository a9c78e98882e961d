"""The simulated data against the formulas of their documentation."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression, LogisticRegression

from skmmdro.datasets import make_multimodal_classification, make_multimodal_regression
from skmmdro.modalities import resolve_modalities

MAKERS = [make_multimodal_classification, make_multimodal_regression]
NAMES = ("text", "image", "table")
MATRIX = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
LARGE = 40_000  # standard error of a mean or correlation: at most 0.005 per unit


def covariance(data, noise=0.0):
    """Covariance of the features that the documentation states."""
    widths = [len(a) for a in data.loadings.values()]
    loadings = np.concatenate(list(data.loadings.values()))
    C = np.repeat(np.repeat(data.correlation, widths, axis=0), widths, axis=1)
    return C * np.outer(loadings, loadings) + (1 + noise**2) * np.eye(len(loadings))


@pytest.mark.parametrize("make", MAKERS)
def test_forms(make):
    data = make(30, widths=(2, 3), modality_names=("a", "b"), random_state=0)
    assert data.data.shape == data.clean_data.shape == (30, 5)
    assert data.feature_names == ["a__0", "a__1", "b__0", "b__1", "b__2"]
    stated = resolve_modalities(data.modalities, data.data)
    assert stated.names == ("a", "b")
    assert [len(columns) for columns in stated.columns] == [2, 3]
    X, y = make(30, widths=(2, 3), random_state=0, return_X_y=True)
    np.testing.assert_array_equal(X, data.data)
    np.testing.assert_array_equal(y, data.target)


@pytest.mark.parametrize("make", MAKERS)
def test_frames(make):
    pytest.importorskip("pandas")
    plain = make(30, random_state=0)
    framed = make(30, random_state=0, as_frame=True)
    assert list(framed.frame.columns) == [*plain.feature_names, "target"]
    np.testing.assert_array_equal(framed.data, plain.data)
    np.testing.assert_array_equal(framed.target, plain.target)


@pytest.mark.parametrize("make", MAKERS)
def test_same_states_same_data(make):
    first, second = make(random_state=3), make(random_state=3)
    np.testing.assert_array_equal(first.data, second.data)
    np.testing.assert_array_equal(first.target, second.target)
    assert not np.array_equal(first.data, make(random_state=4).data)
    generator = np.random.RandomState(3)
    np.testing.assert_array_equal(first.data, make(random_state=generator).data)


@pytest.mark.parametrize("make", MAKERS)
def test_population_depends_on_its_own_state(make):
    train = make(50, random_state=0)
    test = make(70, random_state=1, shift={"m0": 2.0}, noise={"m1": 1.0})
    other = make(50, random_state=0, population_state=1)
    for name in train.coef:
        np.testing.assert_array_equal(train.coef[name], test.coef[name])
        np.testing.assert_array_equal(train.loadings[name], test.loadings[name])
        assert not np.array_equal(train.coef[name], other.coef[name])


@pytest.mark.parametrize("correlation", [0.5, -0.4, MATRIX])
def test_covariance_is_the_stated_one(correlation):
    data = make_multimodal_regression(
        LARGE, widths=(2, 1, 3), correlation=correlation, random_state=0
    )
    np.testing.assert_allclose(np.cov(data.data.T), covariance(data), atol=0.1)
    stated = correlation if np.ndim(correlation) else 3 * [3 * [correlation]]
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_array_equal(data.correlation[off], np.array(stated)[off])


def test_singular_correlations_work():
    data = make_multimodal_regression(
        LARGE, widths=(20, 20), correlation=1.0, random_state=0
    )
    factors = [
        data.data[:, data.modalities[name]] @ a / (a @ a)
        for name, a in data.loadings.items()
    ]
    strength = [a @ a for a in data.loadings.values()]
    # each estimate is the factor plus noise of variance 1 / ||a||^2
    expected = 1 / np.sqrt((1 + 1 / strength[0]) * (1 + 1 / strength[1]))
    assert np.corrcoef(factors)[0, 1] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("make", MAKERS)
def test_shift_moves_one_marginal_and_keeps_the_copula(make):
    kwargs = {"modality_names": NAMES, "correlation": MATRIX, "random_state": 0}
    before = make(LARGE, **kwargs)
    after = make(LARGE, shift={"image": 1.5}, **kwargs)
    moved = after.data - before.data
    expected = np.zeros(15)
    expected[before.modalities["image"]] = 1.5 * before.loadings["image"]
    np.testing.assert_allclose(moved, np.tile(expected, (LARGE, 1)), atol=1e-12)
    # the same of a sample that shares no random number with the first
    fresh = make(LARGE, shift={"image": 1.5}, **{**kwargs, "random_state": 1})
    means = fresh.data.mean(axis=0) - before.data.mean(axis=0)
    np.testing.assert_allclose(means, expected, atol=0.05)
    np.testing.assert_allclose(
        spearmanr(fresh.data).statistic, spearmanr(before.data).statistic, atol=0.03
    )


def test_noise_is_added_after_the_target():
    kwargs = {"modality_names": NAMES, "random_state": 0}
    clean = make_multimodal_classification(LARGE, **kwargs)
    noisy = make_multimodal_classification(LARGE, noise={"text": 2.0}, **kwargs)
    np.testing.assert_array_equal(noisy.target, clean.target)
    np.testing.assert_array_equal(noisy.clean_data, clean.data)
    error = noisy.data - noisy.clean_data
    text = noisy.modalities["text"]
    np.testing.assert_allclose(error[:, text].std(axis=0), 2.0, rtol=0.02)
    assert not np.delete(error, text, axis=1).any()
    size = np.sqrt(np.mean(np.sum(error[:, text] ** 2, axis=1)))
    assert size == pytest.approx(2.0 * np.sqrt(5), rel=0.01)


def test_regression_recovers_its_coefficients():
    data = make_multimodal_regression(
        LARGE, correlation=MATRIX, signal=2.0, target_noise=0.1, random_state=0
    )
    coef = np.concatenate(list(data.coef.values()))
    fitted = LinearRegression().fit(data.data, data.target)
    np.testing.assert_allclose(fitted.coef_, coef, atol=0.01)
    score = data.clean_data @ coef
    assert score.std() == pytest.approx(2.0, rel=0.02)
    assert (data.target - score).std() == pytest.approx(0.1, rel=0.02)


def test_conditional_law_survives_the_shift():
    kwargs = {"target_noise": 0.1, "shift": {"m1": 2.0}}
    data = make_multimodal_regression(LARGE, random_state=0, **kwargs)
    fitted = LinearRegression().fit(data.data, data.target)
    coef = np.concatenate(list(data.coef.values()))
    np.testing.assert_allclose(fitted.coef_, coef, atol=0.01)
    assert fitted.intercept_ == pytest.approx(0.0, abs=0.01)


def test_binary_target_follows_the_logistic_model():
    data = make_multimodal_classification(LARGE, random_state=0)
    coef = np.concatenate(list(data.coef.values()))
    fitted = LogisticRegression(C=1e6).fit(data.data, data.target)
    np.testing.assert_allclose(fitted.coef_[0], coef, atol=0.1)
    assert (data.clean_data @ coef).std() == pytest.approx(3.0, rel=0.02)


def test_multiclass_target_follows_the_logistic_model():
    data = make_multimodal_classification(
        LARGE, widths=(2, 2), n_classes=4, random_state=0
    )
    coef = np.concatenate(list(data.coef.values()))
    assert coef.shape == (4, 4)
    assert set(data.target) == {0, 1, 2, 3}
    np.testing.assert_allclose((data.clean_data @ coef).std(axis=0), 3.0, rtol=0.02)
    fitted = LogisticRegression(C=1e6).fit(data.data, data.target).coef_.T
    # only differences between classes are determined
    centred = coef - coef.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(
        fitted - fitted.mean(axis=1, keepdims=True), centred, atol=0.15
    )


def gaussian_chi2(delta, cov):
    """chi2(N(delta, S) || N(0, S)) = exp(delta' S^-1 delta) - 1."""
    return np.expm1(delta @ np.linalg.solve(cov, delta))


def test_divergences_are_the_gaussian_ones():
    shift = {"text": 0.7, "table": -0.4}
    data = make_multimodal_regression(
        10, modality_names=NAMES, correlation=MATRIX, shift=shift, noise=0.5
    )
    full = covariance(data, noise=0.5)
    for name, block in data.modalities.items():
        s = shift.get(name, 0.0)
        expected = gaussian_chi2(s * data.loadings[name], full[block, block])
        assert data.chi2[name] == pytest.approx(expected)
        assert data.chi2_factor[name] == pytest.approx(np.expm1(s**2))
        assert data.chi2[name] < data.chi2_factor[name] or s == 0
    s = np.array([0.7, 0.0, -0.4])
    assert data.chi2_joint == pytest.approx(gaussian_chi2(s, MATRIX))
    moved = np.repeat(s, 5) * np.concatenate(list(data.loadings.values()))
    assert data.chi2_joint > gaussian_chi2(moved, full)


def test_divergence_of_the_factor_by_simulation():
    t = np.random.default_rng(0).standard_normal(400_000)
    ratio = np.exp(0.5 * t - 0.5**2 / 2)  # density of N(0.5, 1) over N(0, 1)
    data = make_multimodal_regression(2, widths=(3,), shift={"m0": 0.5})
    assert np.mean(ratio**2) - 1 == pytest.approx(data.chi2_factor["m0"], rel=0.02)
    assert data.chi2_joint == pytest.approx(data.chi2_factor["m0"])


@pytest.mark.parametrize(("other", "joint"), [(1.0, np.expm1(1.0)), (0.0, np.inf)])
def test_joint_divergence_of_comonotone_modalities(other, joint):
    data = make_multimodal_regression(
        2, widths=(1, 1), correlation=1.0, shift={"m0": 1.0, "m1": other}
    )
    assert data.chi2_joint == pytest.approx(joint)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_samples": 0}, "n_samples must be a positive integer"),
        ({"widths": (3, 0)}, "widths must be .* positive integers"),
        ({"widths": ()}, "widths must be"),
        ({"widths": 5}, "widths must be"),
        ({"modality_names": ("a", "b")}, "3 different names"),
        ({"modality_names": ("a", "b", "b")}, "3 different names"),
        ({"modality_names": ("a", "b", "c__d")}, "without '__'"),
        ({"shift": {"m7": 1.0}}, r"\['m7'\]; the known .* \['m0', 'm1', 'm2'\]"),
        ({"shift": {"m0": np.nan}}, "shift of modality 'm0' must be a finite number"),
        ({"shift": 1.0}, "shift must be None or a dict"),
        ({"noise": {"m7": 1.0}}, r"\['m7'\].* \['m0', 'm1', 'm2'\]"),
        ({"noise": -1.0}, "noise must be a finite non-negative"),
        ({"noise": {"m0": np.inf}}, "noise must be a finite non-negative"),
        ({"signal": 0.0}, "signal must be a finite positive"),
        ({"signal": "high"}, "signal must be a finite positive"),
        ({"population_state": -1}, "population_state must be a non-negative integer"),
        ({"correlation": -0.9}, "smallest eigenvalue -0.8.* by 0.555 or less"),
        ({"correlation": np.nan}, "correlation must be a finite number"),
        ({"correlation": np.eye(2)}, r"shape \(3, 3\)"),
        ({"correlation": 2 * np.eye(3)}, "ones on the diagonal"),
        ({"correlation": np.triu(np.ones((3, 3)))}, "must be symmetric"),
    ],
)
def test_errors(make, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)


@pytest.mark.parametrize("n_classes", [1, 2.0, True])
def test_class_errors(n_classes):
    with pytest.raises(ValueError, match="n_classes must be an integer of at least 2"):
        make_multimodal_classification(n_classes=n_classes)


def test_target_noise_errors():
    with pytest.raises(ValueError, match="target_noise must be a finite non-negative"):
        make_multimodal_regression(target_noise=-1.0)


def test_advice_for_the_correlation_works():
    make_multimodal_regression(correlation=-0.9 * 0.555)
