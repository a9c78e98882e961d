"""Ways to state modalities, and what is refused."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils import _safe_indexing

from skmmdro import ModalityTransformer, _sklearn
from skmmdro._validation import per_modality
from skmmdro.modalities import (
    Modalities,
    read_encoder_error,
    read_tag,
    resolve_modalities,
    tag_modalities,
)

NAMES = ["text__a", "text__b", "image__a", "image__b", "image__c"]
PLAIN = ["a", "b", "c", "d", "e"]
EXPECTED = {"text": [0, 1], "image": [2, 3, 4]}
CONTAINERS = ["numpy", "csr_array", "csr_matrix", "csc_array", "pandas", "polars"]


def make(kind, names=PLAIN):
    """Return a 4 x 5 matrix in one of several containers, and its column names."""
    dense = np.arange(20.0).reshape(4, 5)
    if kind == "numpy":
        return dense, None
    if kind in ("pandas", "polars"):
        library = pytest.importorskip(kind)
        return library.DataFrame(dict(zip(names, dense.T, strict=True))), np.array(
            names, dtype=object
        )
    return getattr(sparse, kind)(dense), None


def assert_groups(modalities, expected):
    found = {name: columns.tolist() for name, columns in modalities.as_dict().items()}
    assert found == expected
    assert list(found) == list(expected)  # the order is kept too
    assert modalities.names == tuple(expected)
    assert len(modalities) == len(expected)
    for k, columns in enumerate(modalities.columns):
        assert np.all(modalities.labels[columns] == k)


# -- no statement ------------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTAINERS)
def test_without_a_statement_all_columns_are_one_modality(kind):
    """Columns without prefix are modality "x", and a hint for errors says so."""
    X, names = make(kind)
    modalities = resolve_modalities(None, X, names)
    assert_groups(modalities, {"x": [0, 1, 2, 3, 4]})
    assert "modality__feature" in modalities.hint


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_names_with_prefix_are_read(kind):
    """`modality__feature` names state the modalities."""
    X, names = make(kind, NAMES)
    modalities = resolve_modalities(None, X, names)
    assert_groups(modalities, EXPECTED)
    assert modalities.hint == ""


def test_prefix_ends_at_the_first_separator_and_columns_may_alternate():
    """`a__b__c` belongs to "a"; groups need not be contiguous."""
    names = np.array(["t__a__b", "i__a", "t__c", "i__"], dtype=object)
    modalities = resolve_modalities(None, np.ones((2, 4)), names)
    assert_groups(modalities, {"t": [0, 2], "i": [1, 3]})
    assert modalities.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("odd", ["age", "__age", "_age"])
def test_mixed_names_are_refused(odd):
    """Some names with and some without prefix: the error lists the latter."""
    names = np.array(["text__a", odd, "text__c"], dtype=object)
    with pytest.raises(ValueError, match=rf"others do not: .*'{odd}'.*modalities="):
        resolve_modalities(None, np.ones((2, 3)), names)


def test_a_statement_overrides_prefixes():
    """A dict or widths win over names with prefix, even mixed ones."""
    X, names = make("pandas", [*NAMES[:4], "age"])
    assert_groups(resolve_modalities([1, 4], X, names), {"x0": [0], "x1": [1, 2, 3, 4]})
    both = {"rest": "remainder", "age": ["age"]}
    assert_groups(
        resolve_modalities(both, X, names), {"rest": [0, 1, 2, 3], "age": [4]}
    )


# -- dict --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(
    "first",
    [
        [0, 2],
        np.array([0, 2]),
        [-5, -3],
        slice(0, 3, 2),
        [True, False, True, False, False],
        np.array([True, False, True, False, False]),
        lambda X: [0, 2],
    ],
    ids=["list", "array", "negative", "slice", "mask", "mask-array", "call"],
)
def test_dict_of_positions(kind, first):
    """Integers, slices, masks and callables work on every container."""
    X, names = make(kind)
    modalities = resolve_modalities({"p": first, "q": "remainder"}, X, names)
    assert_groups(modalities, {"p": [0, 2], "q": [1, 3, 4]})


@pytest.mark.parametrize("kind", ["pandas", "polars"])
@pytest.mark.parametrize(
    "first, expected",
    [
        (["c", "a"], [2, 0]),
        ("a", [0]),
        (slice("b", "d"), [1, 2, 3]),  # as in ColumnTransformer, the end included
        (lambda X: [name for name in X.columns if name in "ae"], [0, 4]),
    ],
    ids=["list", "one", "slice", "call"],
)
def test_dict_of_names(kind, first, expected):
    """Names select columns of frames, in the order in which they are written."""
    X, names = make(kind)
    rest = [k for k in range(5) if k not in expected]
    modalities = resolve_modalities({"p": first, "q": "remainder"}, X, names)
    assert_groups(modalities, {"p": expected, "q": rest})


def test_an_integer_and_the_full_slice():
    """A single integer is one column; slice(None) is all of them."""
    X, _ = make("numpy")
    assert_groups(
        resolve_modalities({"p": 3, "q": "remainder"}, X), {"p": [3], "q": [0, 1, 2, 4]}
    )
    assert_groups(resolve_modalities({"p": slice(None)}, X), {"p": [0, 1, 2, 3, 4]})
    assert_groups(resolve_modalities({"p": "remainder"}, X), {"p": [0, 1, 2, 3, 4]})


def test_a_list_with_the_word_remainder_is_a_column():
    """Only the bare string means "all other columns"."""
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(np.ones((2, 2)), columns=["remainder", "b"])
    modalities = resolve_modalities({"p": ["remainder"], "q": "remainder"}, X)
    assert_groups(modalities, {"p": [0], "q": [1]})


# -- widths ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("widths", [[2, 3], (2, 3), np.array([2, 3])])
def test_widths(kind, widths):
    """Block widths in column order name the modalities x0, x1, ..."""
    X, names = make(kind)
    modalities = resolve_modalities(widths, X, names)
    assert_groups(modalities, {"x0": [0, 1], "x1": [2, 3, 4]})


# -- errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "modalities, match",
    [
        ({}, "empty dict"),
        ({"p": [0, 1, 2], "q": [2, 3, 4]}, r"overlap: columns \[.*2.*\]"),
        ({"p": [0, 0, 1], "q": "remainder"}, "overlap"),
        ({"p": [0, 1]}, r"in no modality of \['p'\].*remainder"),
        ({"p": [], "q": "remainder"}, r"\['p'\] have no columns"),
        ({"p": [False] * 5, "q": "remainder"}, r"\['p'\] have no columns"),
        ({"p": slice(None), "q": "remainder"}, r"\['q'\] have no columns"),
        ({"p": "remainder", "q": "remainder"}, "only one modality may be 'remainder'"),
        ({"p": [0, 7], "q": "remainder"}, "modality 'p'.*not found.*n_features=5"),
        ({"p": ["a"], "q": "remainder"}, "modality 'p'.*not found.*no column names"),
        ({"p": [True, False], "q": "remainder"}, "modality 'p'.*not found"),
        ({"p": 0.5, "q": "remainder"}, "modality 'p'.*not found"),
        ({"p": None, "q": "remainder"}, "modality 'p'.*not found"),
        ({1: [0], "q": "remainder"}, "non-empty strings, got 1"),
        ({"": [0], "q": "remainder"}, "non-empty strings"),
        ([2, 2], "adds up to 4 columns, but X has 5"),
        ([], "adds up to 0 columns"),
        ([5, 0], "positive block widths"),
        ([6, -1], "positive block widths"),
        ([2.0, 3.0], "positive block widths"),
        (["a", "b"], "positive block widths"),
    ],
)
def test_bad_statements(modalities, match):
    """Each message says what is wrong; most name the modality."""
    with pytest.raises(ValueError, match=match):
        resolve_modalities(modalities, np.ones((3, 5)))


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_errors_list_the_columns_of_a_frame(kind):
    """A missing name lists the columns; an uncovered column is named."""
    X, names = make(kind)
    with pytest.raises(ValueError, match=r"modality 'p'.*'zz'.*the columns are.*'e'"):
        resolve_modalities({"p": ["a", "zz"], "q": "remainder"}, X, names)
    with pytest.raises(ValueError, match=r"columns \['d', 'e'\] are in no modality"):
        resolve_modalities({"p": ["a", "b", "c"]}, X, names)
    with pytest.raises(ValueError, match=r"columns \['b'\] are in more than one"):
        resolve_modalities({"p": ["a", "b"], "q": slice("b", "e")}, X, names)


# -- one value per modality --------------------------------------------------------

PAIR = Modalities(("text", "image"), (np.arange(2), np.arange(2, 5)))


@pytest.mark.parametrize(
    "value, expected",
    [
        (0, [0, 0]),
        (0.5, [0.5, 0.5]),
        (np.float32(0.5), [0.5, 0.5]),
        (np.int64(2), [2, 2]),
        ({"image": 1, "text": 0.25}, [0.25, 1]),
        ({"image": 1}, [0, 1]),
    ],
)
def test_per_modality(value, expected):
    """A number is the same for all; a dict goes by name, 0 for names left out."""
    found = per_modality(value, PAIR, parameter="radius")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "bad", [np.nan, np.inf, -0.1, True, np.bool_(True), "1", None, 1j, [0.1]]
)
@pytest.mark.parametrize("as_dict", [False, True])
def test_per_modality_refuses_values(bad, as_dict):
    """NaN, infinite, negative, boolean and non-numeric values are errors."""
    value = {"text": bad, "image": 0.1} if as_dict else bad
    with pytest.raises(ValueError, match="radius must be a finite non-negative number"):
        per_modality(value, PAIR, parameter="radius")


@pytest.mark.parametrize(
    "value, match",
    [
        ({"text": 0.1, "sound": 0.1, "image": 1}, r"unknown modalities \['sound'\]"),
        ({"Text": 1, "image": 1}, r"unknown modalities \['Text'\]"),
    ],
)
def test_per_modality_names_must_fit(value, match):
    """Unknown names are errors that list the known ones."""
    with pytest.raises(ValueError, match=match) as error:
        per_modality(value, PAIR, parameter="radius")
    assert "known modalities are ['text', 'image']" in str(error.value)
    assert str(error.value).startswith("radius")


def test_an_empty_dict_says_nothing():
    with pytest.raises(ValueError, match=r"radius is an empty dict.*'text', 'image'"):
        per_modality({}, PAIR, parameter="radius")


def test_the_hint_tells_how_to_state_modalities():
    """Without modalities an unknown name explains how to state them."""
    single = resolve_modalities(None, np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"\['x'\].*pass\s+modalities="):
        per_modality({"text": 0.1}, single, parameter="radius")


# -- tags --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["numpy", "csr_array", "csc_array", "csr_matrix"])
def test_tagged_data_carry_their_modalities(kind):
    """A tag is read where nothing else is stated, and a statement overrides it."""
    X = tag_modalities(make(kind)[0], {"p": [0, 3], "q": [1, 2, 4]})
    assert_groups(resolve_modalities(None, X), {"p": [0, 3], "q": [1, 2, 4]})
    assert_groups(resolve_modalities([2, 3], X), {"x0": [0, 1], "x1": [2, 3, 4]})


@pytest.mark.parametrize(
    "derive",
    [
        lambda X: X[:, 1:],
        lambda X: X[:, [1, 0, 2, 3, 4]],
        lambda X: X + 1,
        lambda X: np.hstack([X, X]),
        lambda X: X.copy(),
        lambda X: np.asarray(X),
        lambda X: X.T,
    ],
)
def test_results_of_a_tagged_array_are_untagged(derive):
    """Anything made from a tagged array may have other columns, so it has no tag."""
    X = tag_modalities(np.ones((4, 5)), {"p": [0, 3], "q": [1, 2, 4]})
    assert read_tag(derive(X)) is None
    assert read_tag(X) is not None


@pytest.mark.parametrize(
    "rows", [slice(None, None, 2), [0, 2], np.array([True, False, True, False])]
)
def test_rows_of_a_tagged_array_are_tagged(rows):
    """So that folds of an encoded array keep their modalities."""
    X = tag_modalities(np.ones((4, 5)), {"p": [0, 3], "q": [1, 2, 4]}, {"p": 0.5})
    for part in (X[rows], X[rows, ...], X[rows, :], _safe_indexing(X, rows)):
        assert part.shape == (2, 5)
        assert read_tag(part) == read_tag(X)
        assert read_encoder_error(part) == {"p": 0.5}
    assert read_tag(X[0]) is None and X[0, 0] == 1


def test_tag_leaves_the_plain_array_alone():
    """The caller's array is not changed; the tagged one shares its memory."""
    plain = np.ones((4, 5))
    tagged = tag_modalities(plain, {"p": range(5)})
    assert type(plain) is np.ndarray and read_tag(plain) is None
    assert isinstance(tagged, np.ndarray) and np.shares_memory(plain, tagged)
    np.testing.assert_array_equal(plain, tagged)


def test_tag_survives_pickling():
    """Joblib's memory and workers pickle arrays; a Pipeline must not lose the tag."""
    X = np.arange(20.0).reshape(4, 5)
    tagged = tag_modalities(X, {"p": [0, 3], "q": [1, 2, 4]})
    copy = pickle.loads(pickle.dumps(tagged))
    np.testing.assert_array_equal(copy, X)
    assert_groups(resolve_modalities(None, copy), {"p": [0, 3], "q": [1, 2, 4]})
    assert read_tag(pickle.loads(pickle.dumps(tagged[:, :3]))) is None


def test_a_tag_of_another_width_is_not_read():
    """A tag that does not fit the number of columns is stale and ignored."""
    assert read_tag(tag_modalities(np.ones((4, 5)), {"p": [0, 1]})) is None
    assert read_tag(np.ones((4, 5))) is None
    assert read_tag(sparse.csr_array(np.ones((4, 5)))) is None


def test_frames_that_an_old_scikit_learn_cannot_read(monkeypatch):
    """Without their names the columns would silently be one modality."""
    pl = pytest.importorskip("polars")
    monkeypatch.setattr(_sklearn, "READS_POLARS", False)
    monkeypatch.delattr(pl.DataFrame, "__dataframe__", raising=False)
    frame = pl.DataFrame({name: [0.0, 1.0] for name in NAMES})
    with pytest.raises(TypeError, match=r"Upgrade scikit-learn to 1\.9"):
        resolve_modalities(None, frame)
    encode = ModalityTransformer([("text", "passthrough", NAMES)])
    with pytest.raises(TypeError, match=r"or pass X\.to_pandas\(\)"):
        encode.fit(frame)
