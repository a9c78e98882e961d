"""The coupling matrix: estimated from data or stated."""

import numpy as np
import pytest
from scipy import sparse

from skmmdro import DROClassifier
from skmmdro.ambiguity import ChiSquare
from skmmdro.coupling import estimate_coupling, resolve_coupling
from skmmdro.modalities import resolve_modalities

SEEDS = range(5)


def estimate(*blocks, weights=None):
    """Estimate the coupling of blocks that are put side by side."""
    X = (
        sparse.hstack(blocks, format="csr")
        if sparse.issparse(blocks[0])
        else np.hstack(blocks)
    )
    modalities = resolve_modalities([b.shape[1] for b in blocks], X)
    gamma = estimate_coupling(X, modalities, sample_weight=weights)
    assert gamma.shape == (len(blocks),) * 2
    np.testing.assert_array_equal(gamma, gamma.T)
    np.testing.assert_array_equal(np.diag(gamma), 1)
    assert np.all((gamma >= 0) & (gamma <= 1))
    return gamma


def factor_pair(rng, n_samples, width, share):
    """Return two blocks that share one factor, which is `share` of their variance."""
    common = rng.standard_normal((n_samples, 1))
    loading = np.full((1, width), np.sqrt(share))
    noise = np.sqrt(1 - share) * rng.standard_normal((2, n_samples, width))
    return common @ loading + noise[0], common @ loading + noise[1]


# -- estimates ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("width", [1, 5, 50, 300])
def test_identical_blocks(seed, width):
    """A block and its copy are coupled completely, however wide."""
    A = np.random.default_rng(seed).standard_normal((200, width))
    assert estimate(A, A)[0, 1] > 0.9


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("widths", [(50, 50), (1, 1), (2, 300), (5, 50)])
def test_independent_blocks(seed, widths):
    """Independent blocks are not coupled, though in-sample correlations tend to 1."""
    rng = np.random.default_rng(100 + seed)
    gammas = [
        estimate(*(rng.standard_normal((200, width)) for width in widths))[0, 1]
        for _ in range(20)
    ]
    assert np.mean(gammas) < 0.04
    assert max(gammas) < 0.25  # three to four standard errors of one correlation


def test_estimates_follow_a_common_factor():
    """More of a common factor means more coupling."""
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    found = [
        np.mean(
            [
                estimate(*factor_pair(np.random.default_rng(seed), 400, 4, s))[0, 1]
                for seed in SEEDS
            ]
        )
        for s in shares
    ]
    assert np.all(np.diff(found) > 0)
    assert found[0] < 0.1 and found[-1] > 0.9


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_estimate_of_a_known_correlation(rho):
    """Two columns of correlation rho: the estimate is close to rho."""
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 2000, 1))
    found = estimate(a, rho * a + np.sqrt(1 - rho**2) * b)[0, 1]
    assert found == pytest.approx(rho, abs=0.05)


@pytest.mark.parametrize("change", ["scale", "shift", "mix", "sign", "rows", "order"])
def test_invariances(change):
    """Units, offsets, rotations, signs and the order of rows or blocks do not matter.

    Where the bits of the data change, the halves are others, hence the tolerance.
    """
    rng = np.random.default_rng(0)
    A, B = factor_pair(rng, 600, 3, 0.5)
    before = estimate(A, B)[0, 1]
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    rows = rng.permutation(600)
    A, B = {
        "scale": (1e3 * A, 1e-3 * B),
        "shift": (A + 50, B - 7),
        "mix": (A @ rotation, B),
        "sign": (A, -B),
        "rows": (A[rows], B[rows]),
        "order": (B, A),
    }[change]
    tolerance = 1e-8 if change == "rows" else 0.05
    assert estimate(A, B)[0, 1] == pytest.approx(before, abs=tolerance)


@pytest.mark.parametrize("widths", [(3, 4), (1, 1), (40, 10), (120, 3)])
def test_integer_weights_equal_repetition(widths):
    """An integer weight is the same as that many copies of the row."""
    rng = np.random.default_rng(1)
    A, B = (rng.standard_normal((90, width)) for width in widths)
    B[:, :1] += A[:, :1]
    weights = rng.integers(1, 5, 90)
    repeated = estimate(np.repeat(A, weights, axis=0), np.repeat(B, weights, axis=0))
    weighted = estimate(A, B, weights=weights.astype(float))
    np.testing.assert_allclose(weighted, repeated, atol=1e-10)
    scaled = estimate(A, B, weights=7.5 * weights)
    np.testing.assert_allclose(weighted, scaled, atol=1e-10)


@pytest.mark.parametrize("widths", [(3, 4), (16, 16)])
def test_sparse_equals_dense(widths):
    """The container does not matter: explicit zeros, CSR, negative zeros."""
    rng = np.random.default_rng(2)
    A, B = (rng.standard_normal((300, width)) for width in widths)
    B[:, 0] += A[:, 0]
    A[rng.random(A.shape) < 0.3] = 0.0
    A[0, 0] = -0.0
    dense = estimate(A, B)
    assert dense[0, 1] > 0.3
    found = estimate(sparse.csr_array(A), sparse.csr_array(B))
    np.testing.assert_allclose(found, dense, atol=1e-10)


def test_sparse_equals_dense_with_more_than_32_columns():
    """The container does not matter for wide data either."""
    rng = np.random.default_rng(2)
    A = rng.standard_normal((300, 20))
    B = 0.7 * A + rng.standard_normal((300, 20))
    found = estimate(sparse.csr_array(A), sparse.csr_array(B))
    np.testing.assert_allclose(found, estimate(A, B), atol=1e-10)


def test_wide_dense_blocks_with_few_nonzeros():
    """Most rows agree in any few columns, yet they are different rows."""
    A = sparse.random_array((300, 400), density=0.01, rng=0).toarray()
    assert estimate(sparse.csr_array(A), sparse.csr_array(A))[0, 1] > 0.9
    assert estimate(A, A)[0, 1] > 0.9


def test_categories_of_unequal_frequency():
    """A frequent category makes n_eff small: that must not read as independence."""
    frequency = np.r_[0.75, np.full(19, 0.25 / 19)]
    codes = np.random.default_rng(0).choice(20, 1000, p=frequency)
    one_hot = np.eye(20)[codes]
    assert estimate(one_hot, one_hot)[0, 1] > 0.9


def test_adding_a_block_hardly_changes_the_others():
    """The estimate of a pair does not depend on what else there is, up to shrinkage."""
    rng = np.random.default_rng(5)
    A, B = factor_pair(rng, 800, 3, 0.5)
    alone = estimate(A, B)
    for width in (1, 25, 150):
        third = estimate(A, B, rng.standard_normal((800, width)))
        assert third[0, 1] == pytest.approx(alone[0, 1], abs=0.05)
        assert np.all(third[:2, 2] < 0.15)


def test_wide_sparse_blocks():
    """Blocks of thousands of columns work without being made dense."""
    A = sparse.random_array((300, 5000), density=0.01, rng=0, format="csr")
    B = sparse.random_array((300, 5000), density=0.01, rng=1, format="csr")
    gamma = estimate(A, A, B)
    assert gamma[0, 1] > 0.9
    assert gamma[0, 2] < 0.2


def test_constant_columns():
    """A constant block is coupled with nothing, a constant column changes nothing."""
    rng = np.random.default_rng(7)
    A, B = factor_pair(rng, 400, 3, 0.7)
    gamma = estimate(A, np.zeros((400, 2)), B, np.zeros((400, 1)))
    assert np.all(gamma[[1, 1, 1, 3, 3], [0, 2, 3, 0, 2]] == 0)
    plain = estimate(A, B)[0, 1]
    padded = estimate(np.c_[A, np.ones(400)], np.c_[np.zeros(400), B])[0, 1]
    assert padded == pytest.approx(plain, abs=0.03)


@pytest.mark.parametrize("kind", ["constant", "rare"])
def test_blocks_without_variance_on_a_side(kind):
    """A constant that is not exact in binary, an indicator that is on in one row."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        A = rng.standard_normal((100 + 7 * seed, 3))
        block = np.full((len(A), 1), 0.1)
        if kind == "rare":
            block[:] = np.arange(len(A))[:, None] == 0
        assert estimate(A, block)[0, 1] < 0.3


def test_few_rows_give_ones():
    """With less than 16 distinct rows there is nothing to learn: the safe choice."""
    A, B = np.random.default_rng(0).standard_normal((2, 15, 2))
    np.testing.assert_array_equal(estimate(A, B), np.ones((2, 2)))
    many = np.tile(A, (30, 1)), np.tile(B, (30, 1))
    np.testing.assert_array_equal(estimate(*many), np.ones((2, 2)))


def test_one_modality():
    """One modality has nothing to be coupled with."""
    np.testing.assert_array_equal(estimate(np.ones((3, 2))), [[1.0]])


def test_many_rows():
    """More than 5,000 rows are thinned out; the estimate stays what it was."""
    rng = np.random.default_rng(11)
    A, B = factor_pair(rng, 9_001, 3, 0.5)
    found = estimate(A, B)[0, 1]
    assert found == pytest.approx(estimate(A[:3000], B[:3000])[0, 1], abs=0.05)
    weights = rng.random(9_001) + 0.5
    assert estimate(A, B, weights=weights)[0, 1] == pytest.approx(found, abs=0.05)
    assert estimate(A, rng.standard_normal((9_001, 3)))[0, 1] < 0.1
    assert estimate(A, sparse.csr_array(B).toarray())[0, 1] == found


# -- stated ------------------------------------------------------------------------

DATA = np.random.default_rng(0).standard_normal((50, 4))
THREE = resolve_modalities({"a": [0], "b": [1, 2], "c": [3]}, DATA)
MATRIX = np.array([[1.0, 0.5, -0.2], [0.5, 1.0, 0.0], [-0.2, 0.0, 1.0]])
NOMINAL = np.full(50, 0.02)


def resolve(coupling):
    return resolve_coupling(coupling, DATA, NOMINAL, THREE)


def test_aliases():
    """Aliases are the identity, all ones, and the estimate."""
    np.testing.assert_array_equal(resolve("independent"), np.eye(3))
    np.testing.assert_array_equal(resolve("comonotone"), np.ones((3, 3)))
    np.testing.assert_allclose(
        resolve("estimate"), estimate_coupling(DATA, THREE), atol=1e-10
    )


@pytest.mark.parametrize(
    "stated",
    [
        MATRIX,
        MATRIX.tolist(),
        {"a": {"b": 0.5, "c": -0.2}, "b": {"c": 0.0}},
        {"c": {"b": 0.0, "a": -0.2}, "b": {"a": 0.5}},
        {"a": {"a": 1, "b": 0.5, "c": -0.2}, "b": {"a": 0.5, "c": 0}, "c": {}},
    ],
    ids=["array", "list", "upper", "lower", "both"],
)
def test_stated_forms(stated):
    """A matrix and a dict that states each pair (once or twice alike) are the same."""
    np.testing.assert_array_equal(resolve(stated), MATRIX)


def test_the_stated_matrix_is_not_shared():
    """Changing the user's array later does not change the fitted one."""
    mine = MATRIX.copy()
    assert not np.shares_memory(resolve(mine), mine)


def changed(i, j, value, both=True):
    matrix = MATRIX.copy()
    matrix[i, j] = value
    if both:
        matrix[j, i] = value
    return matrix


@pytest.mark.parametrize(
    "stated, match",
    [
        (changed(0, 1, 0.4, both=False), "is not symmetric"),
        (changed(1, 1, 0.9), "has diagonal .*0.9.*, expected ones"),
        (changed(0, 1, np.nan), "has NaN or infinite"),
        (changed(0, 1, np.inf), "has NaN or infinite"),
        (changed(0, 1, 1.01), r"outside \[-1, 1\]"),
        (changed(0, 1, -1.01), r"outside \[-1, 1\]"),
        (np.eye(2), r"has shape \(2, 2\), expected \(3, 3\)"),
        (np.ones(3), r"has shape \(3,\)"),
        (0.5, r"has shape \(\)"),
        ({"a": {"b": 0.5, "c": 0.1}}, r"no entry for the pairs \[\('b', 'c'\)\]"),
        ({}, r"no entry for the pairs \[\('a', 'b'\), .*"),
        (
            {"a": {"b": 0.5, "c": 0}, "b": {"a": 0.4, "c": 0}},
            "'b' with 'a' twice: 0.5 and 0.4",
        ),
        ({"a": {"b": 0.5, "z": 0}, "b": {"c": 0}}, r"unknown modalities \['z'\]"),
        ({"z": {"b": 0.5}}, r"coupling names unknown modalities \['z'\]"),
        ({"a": 0.5}, "must be nested.*got 0.5 for 'a'"),
        ({"a": {"a": 0.5, "b": 0, "c": 0}, "b": {"c": 0}}, "'a' with 'a' twice"),
        ({"a": {"b": 1.5, "c": 0}, "b": {"c": 0}}, r"outside \[-1, 1\]"),
        ({"a": {"b": np.nan, "c": 0}, "b": {"c": 0}}, "pairs|NaN"),
    ],
)
def test_bad_statements(stated, match):
    """Each message says what is wrong and lists the modalities where it helps."""
    with pytest.raises(ValueError, match=match):
        resolve(stated)


@pytest.mark.parametrize("stated", [np.eye(2), {"z": {"b": 0.5}}])
def test_errors_list_the_modalities(stated):
    with pytest.raises(ValueError, match=r"\['a', 'b', 'c'\]"):
        resolve(stated)


# -- joint radius ------------------------------------------------------------------

RADII = {"a": 0.3, "b": 0.0, "c": 0.05}


def joint_radius(coupling, radius=RADII):
    y = (DATA[:, 0] + DATA[:, 1] > 0).astype(int)
    modalities = {"a": [0], "b": [1, 2], "c": [3]}
    model = DROClassifier(
        ChiSquare(radius, coupling=coupling), modalities=modalities, alpha=1e-2
    ).fit(DATA, y)
    assert model.early_fusion_radius_ == pytest.approx(
        sum(np.sqrt(list(RADII.values()))) ** 2
    )
    assert model.joint_radius_ <= model.early_fusion_radius_ * (1 + 1e-12)
    return model.joint_radius_


def test_joint_radius_formula_and_endpoints():
    """B = r'|Gamma|r, between sum rho (independent) and (sum sqrt rho)^2."""
    assert joint_radius("independent") == pytest.approx(0.35)
    comonotone = (np.sqrt(0.3) + np.sqrt(0.05)) ** 2
    assert joint_radius("comonotone") == pytest.approx(comonotone)
    assert joint_radius(np.ones((3, 3))) == pytest.approx(comonotone)
    expected = 0.35 + 2 * 0.2 * np.sqrt(0.3 * 0.05)
    assert joint_radius(MATRIX) == pytest.approx(expected)
    assert joint_radius(np.eye(3)) == joint_radius("independent")
    assert 0.35 * (1 - 1e-12) <= joint_radius("estimate") <= comonotone


def test_the_sign_of_gamma_does_not_matter():
    """A negative correlation couples shifts as much as a positive one."""
    assert joint_radius(MATRIX) == joint_radius(np.abs(MATRIX))
    assert joint_radius(-MATRIX + 2 * np.eye(3)) == joint_radius(MATRIX)
