"""Pictures: their data, axes, labels and errors."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier, DRORegressor
from skmmdro.ambiguity import ChiSquare, ModalityLoss, Wasserstein
from skmmdro.certificates import risk_certificate
from skmmdro.datasets import make_multimodal_classification
from skmmdro.displays import (
    CertificateDisplay,
    CouplingDisplay,
    RadiusPathDisplay,
    RobustnessDisplay,
    WorstCaseDisplay,
)
from skmmdro.displays._style import wrapped
from skmmdro.displays._worst_case import _binned
from skmmdro.radius import RadiusPath, radius_path
from skmmdro.robustness import Robustness, compare_robustness, modality_robustness

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

DATA = make_multimodal_classification(400, widths=(3, 2), random_state=0)
X, Y, PARTS = DATA.data, DATA.target, DATA.modalities
MODEL = DROClassifier(ChiSquare(0.02), modalities=PARTS).fit(X[:200], Y[:200])
TEST = X[200:], Y[200:]
NEGATIVE_LOG_LOSS = make_scorer(
    log_loss, greater_is_better=False, response_method="predict_proba"
)


@pytest.fixture(autouse=True)
def drawn_without_warnings():
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


LONG_NAMES = [f"measurements_of_department number {i}" for i in range(12)]
SHORT_NAMES = [f"m{i}" for i in range(12)]
CASES = [
    ("own", LONG_NAMES),
    ("small", LONG_NAMES[:2]),
    ("small", SHORT_NAMES),
    ("beside another", LONG_NAMES),
]


def axes_given(kind):
    """Return axes of a kind of figure, or None for a figure of the display's own."""
    if kind == "own":
        return None
    if kind == "small":
        return plt.subplots(figsize=(3.4, 2.6))[1]
    return plt.subplots(1, 2, figsize=(9, 4), layout="constrained")[1][0]


def boxes(artists):
    """Return the boxes of drawn artists that show something, a little shrunk."""
    artists = list(artists)
    artists[0].figure.canvas.figure.draw_without_rendering()
    found = [artist.get_window_extent() for artist in artists if artist.get_visible()]
    return [box.padded(-1) for box in found if box.width > 0]


def assert_apart(artists):
    """Check that drawn artists do not overlap and are within the figure."""
    found = boxes(artists)
    for i, box in enumerate(found):
        assert box.count_overlaps(found[:i]) == 0
    whole = artists[0].figure.canvas.figure.bbox
    assert all(box.x0 >= whole.x0 and box.x1 <= whole.x1 for box in found)
    assert all(box.y0 >= whole.y0 and box.y1 <= whole.y1 for box in found)


def assert_beside(legend, ax):
    """Check that a drawn legend covers nothing of the axes."""
    (legend_box,), (inside,) = boxes([legend]), boxes([ax.patch])
    assert not legend_box.overlaps(inside)


def tick_labels(axis):
    """Return the labels of an axis that are drawn."""
    low, high = sorted(axis.get_view_interval())
    texts = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
    return [text for at, text in texts if low <= at <= high]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", "text"),
        ("two words", "two words"),
        ("words_and more words", "words_and\nmore words"),
        ("numbers_of_letters", "numbers_of_\nletters"),
        ("costs $ and $", "costs \\$ and\n\\$"),
        ("nothing-to-break-at", "nothing-to-b\nreak-at"),
        (7, "7"),
        ("", ""),
    ],
)
def test_long_names_are_broken(name, expected):
    assert wrapped(name, 12) == expected


def test_robustness_of_several_models():
    other = LogisticRegression().fit(X[:200], Y[:200])
    comparison = compare_robustness(
        {"DRO": MODEL, "LR": other}, *TEST, shifts=["noise", "permute"], n_bootstrap=2
    )
    display = RobustnessDisplay.from_results(comparison, score_name="accuracy")
    assert display.axes_.shape == (2, 2)
    assert [ax.get_title() for ax in display.axes_[0]] == ["m0", "m1"]
    line = display.lines_["LR", "permute", "m1"]
    result = comparison.results["LR"]
    means = result.mean_scores()
    expected = [result.baseline[0]]
    expected += [means["m1", "permute", s] for s in (0.25, 0.5, 1.0)]
    np.testing.assert_allclose(line.get_ydata(), expected)
    np.testing.assert_allclose(line.get_xdata(), [0, 0.25, 0.5, 1.0])
    first = display.lines_["DRO", "permute", "m1"]
    assert first.get_marker() != line.get_marker()
    assert first.get_linestyle() != line.get_linestyle()
    assert "accuracy" in display.axes_[0, 0].get_ylabel()
    assert display.figure_.legends[0].get_texts()[0].get_text() == "DRO"


def test_robustness_of_one_model_on_given_axes():
    figure, axes = plt.subplots(1, 2)
    display = RobustnessDisplay.from_estimator(
        MODEL, *TEST, shifts="missing", scoring="roc_auc", axes=axes
    )
    assert display.figure_ is figure
    assert "roc_auc" in axes[0].get_ylabel()
    result = modality_robustness(MODEL, *TEST, shifts="missing")
    assert RobustnessDisplay.from_results(result).figure_.legends == []
    with pytest.raises(ValueError, match="need 2"):
        RobustnessDisplay.from_results(result, axes=plt.subplots(1, 3)[1])


@pytest.mark.parametrize(
    ("scoring", "name"),
    [
        (None, "accuracy"),
        ("neg_log_loss", "neg_log_loss"),
        (make_scorer(f1_score), "f1"),
        (NEGATIVE_LOG_LOSS, "neg_log_loss"),
        (lambda model, X, y: np.mean(model.predict(X) == y), "score"),
    ],
)
def test_robustness_is_labelled_with_the_score(scoring, name):
    options = {"scoring": scoring, "shifts": "missing", "n_repeats": 1}
    result = modality_robustness(MODEL, *TEST, **options)
    assert result.score_name == name
    display = RobustnessDisplay.from_results(result)
    assert display.axes_[0, 0].get_ylabel() == f"missing\n{name}"
    display = RobustnessDisplay.from_results(result, score_name="mine")
    assert display.axes_[0, 0].get_ylabel() == "missing\nmine"
    both = compare_robustness({"a": MODEL, "b": MODEL}, *TEST, n_bootstrap=2, **options)
    assert {r.score_name for r in both.results.values()} == {name}


def test_robustness_shows_the_shifts_of_every_model():
    first = modality_robustness(MODEL, *TEST, shifts="noise", modalities={"m0": [0]})
    later = modality_robustness(
        MODEL, *TEST, shifts=["missing", "noise"], scoring="roc_auc"
    )
    display = RobustnessDisplay.from_results({"first": first, "later": later})
    assert [ax.get_title() for ax in display.axes_[0]] == ["m0", "m1"]
    rows = [ax.get_ylabel() for ax in display.axes_[:, 0]]
    assert rows == ["noise\nscore", "missing\nscore"]  # the scores are of two kinds
    shown = {key for key in display.lines_ if key[0] == "first"}
    assert shown == {("first", "noise", "m0")}
    assert len(display.lines_) == 5
    names = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert names == ["first", "later"]


@pytest.mark.parametrize("results", [{}, None, [1], {"model": 0.5}])
def test_robustness_of_bad_results(results):
    with pytest.raises(ValueError, match="must be a Robustness"):
        RobustnessDisplay.from_results(results)


def made_up_robustness(names):
    keys = [
        (name, s, t) for name in names for s in ("noise", "permute") for t in (1, 2)
    ]
    columns = zip(*keys, strict=True)
    table = dict(zip(("modality", "shift", "severity"), columns, strict=True))
    table = {key: np.array(column) for key, column in table.items()}
    return Robustness(table | {"score": 1 / table["severity"]}, np.ones(1), "accuracy")


@pytest.mark.parametrize(
    ("names", "given", "models"),
    [
        (LONG_NAMES[:2], None, ["a"]),
        (LONG_NAMES[:2], None, ["model number " + c for c in "abcd"]),
        (LONG_NAMES[:2], {"figsize": (4, 4)}, ["model number " + c for c in "abcd"]),
        (LONG_NAMES, None, ["a"]),
        (SHORT_NAMES[:4], {"layout": "constrained", "figsize": (6, 4)}, ["a", "b"]),
    ],
)
def test_robustness_is_readable(names, given, models):
    results = dict.fromkeys(models, made_up_robustness(names))
    axes = None if given is None else plt.subplots(2, len(names), **given)[1]
    display = RobustnessDisplay.from_results(results, axes=axes)
    texts = [ax.title for ax in display.axes_[0]]
    texts += [ax.yaxis.label for ax in display.axes_[:, 0]]
    texts += [ax.xaxis.label for ax in display.axes_.ravel()]
    for ax in display.axes_.ravel():
        texts += [text for text in tick_labels(ax.xaxis) if text.get_text()]
    assert_apart([*texts, *display.figure_.legends])


@pytest.mark.parametrize("quantity", ["norms", "loss"])
def test_path(quantity):
    path = radius_path(MODEL, X, Y, [0.1, 0.0, 0.001, 0.01])
    display = RadiusPathDisplay.from_path(path, quantity=quantity)
    order = [1, 2, 3, 0]
    if quantity == "norms":
        expected = path.block_norms[order].T
        assert labels(display.ax_) == ["m0", "m1"]
    else:
        expected = [path.objectives[order], path.nominal_losses[order]]
    for line, values in zip(display.lines_, expected, strict=True):
        np.testing.assert_allclose(line.get_xdata(), [0, 0.001, 0.01, 0.1])
        np.testing.assert_allclose(line.get_ydata(), values)
    assert display.ax_.get_xscale() == "symlog"
    with pytest.raises(ValueError, match="quantity"):
        RadiusPathDisplay.from_path(path, quantity="size")


def made_up_path(names, radii):
    """Return a path whose norms fall at a rate of its own for each modality."""
    norms = np.exp(-np.outer(radii, np.arange(1, len(names) + 1)))
    rest = dict.fromkeys(["coefs", "intercepts", "dual_gaps", "n_iter"], np.zeros(1))
    rest |= dict.fromkeys(["objectives", "nominal_losses"], np.ones(len(radii)))
    return RadiusPath(list(radii), block_norms=norms, modality_names=names, **rest)


@pytest.mark.parametrize(("kind", "names"), CASES)
def test_path_is_readable(kind, names):
    path = made_up_path(names, [0.0, *np.geomspace(1e-6, 1.0, 20)])
    display = RadiusPathDisplay.from_path(path, ax=axes_given(kind))
    ax = display.ax_
    looks = {(line.get_marker(), line.get_linestyle()) for line in display.lines_}
    assert len(looks) == len(names)
    assert_beside(ax.get_legend(), ax)
    assert_apart(tick_labels(ax.xaxis))
    ticks = ax.get_xticks()
    assert ticks[0] == 0 and ticks[-1] == 1.0


def test_path_without_zero_and_with_equal_steps():
    ax = RadiusPathDisplay.from_path(made_up_path(["a"], [0.001, 0.01, 0.2])).ax_
    assert list(ax.get_xticks()) == pytest.approx([0.001, 0.01, 0.1])
    narrow = plt.subplots(figsize=(2.5, 2.0))[1]
    path = made_up_path(["a"], [0.0, 0.05, 0.1])
    RadiusPathDisplay.from_path(path, ax=narrow)
    assert_apart(tick_labels(narrow.xaxis))


def test_path_leaves_the_layout_to_the_owner_of_the_figure():
    figure, ax = plt.subplots()
    RadiusPathDisplay.from_path(made_up_path(["a"], [0.0, 0.1]), ax=ax)
    assert figure.get_layout_engine() is None
    figure.tight_layout()


def test_axes_that_no_layout_can_move():
    part = plt.figure().subfigures(1, 2)[1].subplots()
    free = plt.figure().add_axes((0.2, 0.2, 0.4, 0.4))
    place = free.get_position().bounds
    for ax in (part, free):
        display = RadiusPathDisplay.from_path(made_up_path(["a"], [0.0, 0.1]), ax=ax)
        assert_beside(display.ax_.get_legend(), ax)
    assert free.get_position().bounds == place


def test_path_from_estimator_on_given_axes():
    ax = plt.subplots()[1]
    display = RadiusPathDisplay.from_estimator(MODEL, X, Y, radii=[0.0, 0.1], ax=ax)
    assert display.ax_ is ax
    assert ax.get_xscale() == "linear"


def test_coupling():
    display = CouplingDisplay.from_estimator(make_pipeline(StandardScaler(), MODEL))
    np.testing.assert_allclose(display.image_.get_array(), np.abs(MODEL.coupling_))
    assert sum(display.contributions.values()) == pytest.approx(MODEL.joint_radius_)
    assert display.text_[0, 1].get_text() == f"{MODEL.coupling_[0, 1]:.2f}"
    search = GridSearchCV(MODEL, {"alpha": [MODEL.alpha]}, cv=2).fit(X, Y)
    of_search = CouplingDisplay.from_estimator(search)
    coupling = search.best_estimator_.coupling_
    np.testing.assert_array_equal(of_search.coupling, coupling)
    certificate = risk_certificate(MODEL, *TEST)
    other = CouplingDisplay.from_certificate(certificate, ax=plt.subplots()[1])
    assert f"{certificate.joint_radius:.3g}" in other.share_axis_.get_ylabel()
    share = certificate.modality_contributions["m0"]
    assert other.share_axis_.get_yticklabels()[0].get_text() == (
        f"{share:.3g} ({100 * share / certificate.joint_radius:.0f} %)"
    )
    with pytest.raises(ValueError, match="no coupling_"):
        model = DROClassifier(Wasserstein(0.01), modalities=PARTS).fit(X, Y)
        CouplingDisplay.from_estimator(model)


@pytest.mark.parametrize(("kind", "names"), CASES)
def test_coupling_is_readable(kind, names):
    coupling = np.full((len(names), len(names)), -0.25)
    np.fill_diagonal(coupling, 1.0)
    display = CouplingDisplay(coupling, dict.fromkeys(names, 0.123))
    ax = display.plot(axes_given(kind)).ax_
    shares = display.share_axis_
    assert_apart([ax.title, *ax.get_yticklabels(), *ax.get_xticklabels()])
    assert_apart([*shares.get_yticklabels(), shares.yaxis.label, ax.patch])
    assert_apart([*display.text_.ravel(), shares.yaxis.label])
    if kind != "small":  # two names leave room for numbers, twelve do not
        shown = {text.get_visible() for text in display.text_.ravel()}
        assert shown == {kind == "own"}


def test_coupling_without_a_budget():
    display = CouplingDisplay(np.eye(2), {"a": 0.0, "b": 0.0}).plot()
    texts = [text.get_text() for text in display.share_axis_.get_yticklabels()]
    assert texts == ["0", "0"]


def test_certificate():
    certificate = risk_certificate(MODEL, *TEST)
    display = CertificateDisplay.from_certificate(certificate)
    widths = [bar.get_width() for bar in display.bars_]
    assert widths[0] == certificate.nominal_risk
    assert widths[4] == certificate.upper_bound
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names[4] == "upper bound at 95 %"
    training = CertificateDisplay.from_estimator(MODEL, *TEST, loss="training")
    assert len(training.bars_) == 4
    assert training.ax_.get_xlabel() == "training loss"


def test_certificate_that_says_nothing():
    certificate = risk_certificate(MODEL, *TEST, ambiguity=ChiSquare(4.0))
    assert certificate.is_vacuous()
    ax = CertificateDisplay.from_certificate(certificate).ax_
    assert "no guarantee" in ax.get_title()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [name for name in names if "vacuous" in name] == names[4:]
    assert names[4] == "upper bound at 95 %\n(vacuous)"
    training = CertificateDisplay.from_estimator(MODEL, *TEST, loss="training").ax_
    assert "no guarantee without loss_bound" in training.get_title()
    # not below the 0.5 of a guess, though below 1
    half = replace(certificate, upper_bound=0.55, early_fusion_bound=0.45)
    ax = CertificateDisplay.from_certificate(half).ax_
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [name for name in names if "vacuous" in name] == names[4:5]
    bound = {"loss": "training", "loss_bound": 3.0, "ambiguity": ChiSquare(1e-4)}
    training = CertificateDisplay.from_estimator(MODEL, *TEST, **bound).ax_
    assert "no guarantee" not in training.get_title()


def test_encoder_errors_of_a_certificate():
    ambiguity = ChiSquare(0.02) + Wasserstein(0.01)
    display = CertificateDisplay.from_estimator(
        MODEL, *TEST, ambiguity=ambiguity, loss="training"
    )
    term = display.certificate.encoder_term
    starts = [bar.get_width() for bar in display.bars_]
    for start, bar in zip(starts, display.encoder_bars_, strict=True):
        assert (bar.get_x(), bar.get_width()) == pytest.approx((start, term))
    ends = [text.get_text() for text in display.ax_.texts]
    assert ends == [f"{start + term:.3f}" for start in starts]
    assert f"encoder term, {term:.3g}" in display.ax_.get_title()
    unknown = CertificateDisplay.from_estimator(MODEL, *TEST, ambiguity=ambiguity)
    assert unknown.encoder_bars_ is None
    assert "not covered: transport of the features" in unknown.ax_.get_title()
    missing = CertificateDisplay.from_estimator(
        MODEL, *TEST, ambiguity=ChiSquare(0.02) + ModalityLoss()
    )
    assert "not covered: missing modalities" in missing.ax_.get_title()
    none = CertificateDisplay.from_estimator(MODEL, *TEST)
    assert none.encoder_bars_ is None
    assert "encoder" not in none.ax_.get_title()
    assert "not covered" not in none.ax_.get_title()


@pytest.mark.parametrize("kind", ["own", "small", "beside another"])
def test_certificate_is_readable(kind):
    certificate = risk_certificate(MODEL, *TEST, ambiguity=ChiSquare(4.0))
    display = CertificateDisplay.from_certificate(certificate, ax=axes_given(kind))
    ax = display.ax_
    assert_apart([ax.title, *ax.get_yticklabels(), *ax.texts, ax.xaxis.label])
    assert_apart([*tick_labels(ax.xaxis), ax.xaxis.label])


def test_worst_case_by_group():
    by = np.where(X[:, 0] > 0, "upper half", "lower half")
    display = WorstCaseDisplay.from_estimator(MODEL, X, Y, by=by)
    weights = MODEL.worst_case(X, Y).weights
    shares = [[bar.get_width() for bar in bars] for bars in display.bars_]
    names = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert shares[0] == pytest.approx([np.mean(by == name) for name in names])
    assert shares[1] == pytest.approx([weights[by == name].sum() for name in names])
    assert shares[1] == sorted(shares[1], reverse=True)
    by_class = WorstCaseDisplay.from_estimator(MODEL, X, Y)
    assert len(by_class.bars_[0]) == 2


def test_worst_case_of_the_top_samples():
    weights = np.array([0.1, 0.4, 0.2, 0.3])
    display = WorstCaseDisplay(weights).plot(kind="samples", n_top=3)
    assert list(display.top_) == [1, 3, 2]
    heights = [bar.get_height() for bar in display.bars_[0]]
    np.testing.assert_allclose(heights, [1.6, 1.2, 0.8])
    grouped = WorstCaseDisplay(weights, by=["a", "b", "a", "b"])
    assert labels(grouped.plot(kind="samples").ax_) == ["b", "a"]


@pytest.mark.parametrize(
    ("weights", "by", "options", "message"),
    [
        ([0.5, 0.5], None, {}, "needs `by`.*state it"),
        ([0.5, 0.5], None, {"kind": "all"}, "kind must be one of"),
        ([0.5, 0.5], None, {"kind": "samples", "n_top": 0}, "n_top must be an int"),
        ([0.5, 0.5], None, {"kind": "samples", "n_top": 2.0}, "n_top must be an int"),
        ([0.5, 0.5], ["a"], {}, "by has 1 entries and there are 2 weights"),
        ([0.5, -0.5], None, {}, "finite and not negative"),
        ([0.5, np.nan], None, {}, "finite and not negative"),
        ([], None, {}, "one for each sample"),
        ([0.0, 0.0], None, {}, "all zero"),
    ],
)
def test_worst_case_of_bad_input(weights, by, options, message):
    with pytest.raises(ValueError, match=message):
        WorstCaseDisplay(weights, by=by).plot(**options)
    assert plt.get_fignums() == []


def test_worst_case_of_other_models_and_of_searches():
    other = LogisticRegression().fit(X, Y)
    with pytest.raises(ValueError, match=r"must be a DRO estimator.*got Logistic"):
        WorstCaseDisplay.from_estimator(make_pipeline(other), X, Y)
    search = GridSearchCV(make_pipeline(StandardScaler(), MODEL), {}, cv=2).fit(X, Y)
    display = WorstCaseDisplay.from_estimator(search, X, Y)
    best = search.best_estimator_
    expected = best[-1].worst_case(best[0].transform(X), Y).weights
    np.testing.assert_array_equal(display.weights, expected)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_missing_groups_are_a_group(missing):
    by = np.array(["a", missing, "b", missing], dtype=object)
    display = WorstCaseDisplay([0.1, 0.4, 0.2, 0.3], by=by).plot()
    names = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert names == [str(missing), "b", "a"]
    display = WorstCaseDisplay([1, 2.0], by=[np.nan, 1.0]).plot(kind="samples")
    assert [len(bars) for bars in display.bars_] == [1, 1]


def test_many_groups_of_top_samples_share_a_colour():
    weights = np.arange(30, 0, -1.0)
    display = WorstCaseDisplay(weights, by=np.arange(30)).plot(kind="samples", n_top=25)
    assert labels(display.ax_) == [*map(str, range(9)), "other groups"]
    assert [len(bars) for bars in display.bars_] == [1] * 9 + [16]
    # ten groups need no rest
    display = WorstCaseDisplay(weights, by=np.arange(30)).plot(kind="samples", n_top=10)
    assert labels(display.ax_) == [*map(str, range(10))]


@pytest.mark.parametrize("shown", ["groups", "samples"])
@pytest.mark.parametrize(("kind", "names"), CASES)
def test_worst_case_is_readable(kind, names, shown):
    weights = np.linspace(1, 2, 120)
    display = WorstCaseDisplay(weights, np.resize(names, 120))
    ax = display.plot(axes_given(kind), kind=shown).ax_
    assert_beside(ax.get_legend(), ax)
    assert_apart(tick_labels(ax.yaxis if shown == "groups" else ax.xaxis))


def test_worst_case_of_a_regressor_is_by_fifths_of_the_targets():
    y = X[:, 0]
    model = DRORegressor(ChiSquare(0.1), modalities=PARTS).fit(X, y)
    display = WorstCaseDisplay.from_estimator(model, X, y)
    names, counts = np.unique(display.by, return_counts=True)
    assert counts.tolist() == [80] * 5
    low = [name for name in names if name.startswith("y < ")]
    assert y[display.by == low].max() == np.sort(y)[79]
    samples = WorstCaseDisplay.from_estimator(model, X, y, kind="samples")
    assert len(samples.top_) == 20


def test_bins_of_ties_and_of_close_targets():
    few = np.array([0.0, 0, 0, 0, 7])
    assert _binned(few) is few
    many_zeros = np.r_[np.zeros(70), np.arange(1.0, 31)]
    names, counts = np.unique(_binned(many_zeros), return_counts=True)
    assert names.tolist() == ["y < 10.2", "y >= 10.2"]
    assert counts.tolist() == [80, 20]
    close = _binned(1e6 + np.arange(10.0))
    assert len(set(close)) == 5
    assert close[-1] == "y >= 1000007.2"


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"skmmdro\[plot\]"):
        WorstCaseDisplay([1.0]).plot(kind="samples")
