"""Who is in the worst case."""

from itertools import pairwise
from numbers import Integral

import numpy as np
from sklearn.utils import column_or_1d

from ..certificates._encoded import final_model, transformed
from ._style import (
    COLORS,
    FONT,
    HATCHES,
    fitting_font,
    inches,
    label_ticks,
    legend_beside,
    new_axes,
)

_KINDS = ("groups", "samples")
_N_BINS = 5  # of the targets of a regressor
_N_LOOKS = 9  # groups with a colour of their own among the top samples
_BAR_INCHES = 0.19
_ROW_INCHES = 0.1  # the least that a row number needs


class WorstCaseDisplay:
    """Worst-case weights of the samples, by group or of the top samples.

    Use :meth:`from_estimator`, or give weights.

    Parameters
    ----------
    weights : array-like of shape (n_samples,)
        Worst-case weights, such as `worst_case_weights_` of a model or `weights` of
        what `worst_case` returns.
    by : array-like of shape (n_samples,) or None, default=None
        Group of each sample, such as its class, hospital or month. Missing values are
        a group.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    bars_ : list of BarContainer
        Share of the samples and of the worst-case weight by group, or weights of the
        top samples, one container for each of their groups.
    top_ : ndarray of int
        The samples of largest weight, largest first; for ``kind="samples"``.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.displays import WorstCaseDisplay
    >>> data = make_multimodal_classification(400, random_state=0)
    >>> model = DROClassifier(modalities=data.modalities).fit(data.data, data.target)
    >>> display = WorstCaseDisplay.from_estimator(
    ...     model, data.data, data.target, kind="samples", n_top=5
    ... )
    >>> len(display.top_)
    5
    """

    def __init__(self, weights, by=None):
        self.weights = _checked_weights(weights)
        self.by = None if by is None else column_or_1d(by)
        if self.by is not None and len(self.by) != len(self.weights):
            raise ValueError(
                f"by has {len(self.by)} entries and there are {len(self.weights)} "
                "weights; state the group of each sample."
            )

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        by=None,
        ambiguity=None,
        domains=None,
        kind="groups",
        n_top=20,
        ax=None,
    ):
        """Compute the worst case of a fitted model around given data and plot it.

        Parameters
        ----------
        estimator : DRO estimator, or Pipeline or search that ends in one
            Fitted.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data as the estimator gets them.
        y : array-like of shape (n_samples,)
            Targets.
        by : array-like of shape (n_samples,) or None, default=None
            Group of each sample. None: its class or, for a regressor, the fifth of
            the targets that its own is in.
        ambiguity : str, AmbiguitySet or None, default=None
            The set; None: the one the model was fitted with.
        domains : array-like of shape (n_samples,) or None, default=None
            Domain of each sample, for sets that need it.
        kind : {"groups", "samples"}, default="groups"
            See :meth:`plot`.
        n_top : int, default=20
            See :meth:`plot`.
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : WorstCaseDisplay
            Drawn.
        """
        model = final_model(estimator)
        if not hasattr(model, "worst_case"):
            raise ValueError(
                "estimator must be a DRO estimator, or a Pipeline or search that ends "
                f"in one; got {model!r}. For other models give weights to "
                "WorstCaseDisplay."
            )
        data = transformed(estimator, X)
        worst = model.worst_case(data, y, ambiguity=ambiguity, domains=domains)
        if by is None:
            by = y if hasattr(model, "classes_") else _binned(column_or_1d(y))
        return cls(worst.weights, by).plot(ax, kind=kind, n_top=n_top)

    def plot(self, ax=None, *, kind="groups", n_top=20):
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure. A figure without a layout engine is laid
            out once, so that names and legends have room.
        kind : {"groups", "samples"}, default="groups"
            "groups": share of each group among the samples, next to its share of the
            worst-case weight. "samples": the samples of largest weight, as multiples of
            the mean weight, with their row numbers.
        n_top : int in [1, inf), default=20
            Number of samples or, if there are more, of groups shown.

        Returns
        -------
        self : WorstCaseDisplay
            With the attributes set.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}; got {kind!r}.")
        if kind == "groups" and self.by is None:
            raise ValueError(
                'kind="groups" needs `by`, the group of each sample; state it, or use '
                'kind="samples".'
            )
        if not isinstance(n_top, Integral) or n_top < 1:
            raise ValueError(f"n_top must be an int of at least 1; got {n_top!r}.")
        if kind == "groups":
            self._plot_groups(ax, n_top)
        else:
            self._plot_samples(ax, n_top)
        return self

    def _plot_groups(self, ax, n_top):
        names, codes = _groups(self.by)
        shares = np.bincount(codes) / len(codes)
        worst = np.bincount(codes, self.weights) / self.weights.sum()
        order = np.argsort(-worst, kind="stable")[:n_top]
        at = np.arange(len(order))
        size = (6.0, 1.0 + max(1.6, 2 * _BAR_INCHES * len(order)))
        self.figure_, self.ax_ = new_axes(ax, figsize=size)
        bars = (
            (at - 0.2, shares, "samples", "0.8", HATCHES[0]),
            (at + 0.2, worst, "worst case", COLORS[6], HATCHES[1]),
        )
        self.bars_ = [
            self.ax_.barh(
                where,
                values[order],
                height=0.4,
                label=label,
                color=color,
                hatch=hatch,
                edgecolor="black",
            )
            for where, values, label, color, hatch in bars
        ]
        self.ax_.invert_yaxis()
        self.ax_.set_xlabel("share of the whole")
        legend_beside(self.ax_, self.bars_, [bar[2] for bar in bars])
        label_ticks(self.ax_, names[order])

    def _plot_samples(self, ax, n_top):
        self.top_ = np.argsort(-self.weights, kind="stable")[:n_top]
        ratio = self.weights[self.top_] / self.weights.mean()
        size = (2.5 + max(3.5, _BAR_INCHES * len(self.top_)), 3.6)
        self.figure_, self.ax_ = new_axes(ax, figsize=size)
        names, looks = _looks(self.by, self.top_)
        self.bars_ = [
            self.ax_.bar(
                np.flatnonzero(looks == k),
                ratio[looks == k],
                label=name,
                color=COLORS[1:][k % 6] if k < _N_LOOKS else "0.8",
                hatch=HATCHES[k % len(HATCHES)] if k < _N_LOOKS else "",
                edgecolor="black",
            )
            for k, name in enumerate(names)
        ]
        self.ax_.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
        self.ax_.set_xlabel("row")
        self.ax_.set_ylabel("weight / mean weight")
        if self.by is not None:
            legend_beside(self.ax_, self.bars_, names)
        self._label_rows()

    def _label_rows(self):
        """Write the row numbers, every second or third one on narrow axes."""
        rows = [str(i) for i in self.top_]
        self.ax_.set_xticks(range(len(rows)), rows, rotation=90, fontsize=FONT)
        width = inches(self.ax_)[0]
        step = int(np.ceil(len(rows) * _ROW_INCHES / width))
        font = fitting_font(width, len(rows[::step]))
        self.ax_.set_xticks(range(0, len(rows), step), rows[::step], fontsize=font)


def _checked_weights(weights):
    values = column_or_1d(np.asarray(weights, dtype=np.float64))
    if not len(values) or not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(
            "weights must be finite and not negative, one for each sample; got "
            f"{weights!r}."
        )
    if values.sum() == 0:
        raise ValueError("weights are all zero; at least one has to be positive.")
    return values


def _groups(by):
    """Return the names of the groups in order, and the group of each sample."""
    if by.dtype.kind == "O":  # None and nan among strings have no order
        by = np.array([str(value) for value in by])
    return np.unique(by, return_inverse=True)


def _binned(y):
    """Return the bin of each target, as text; each bin holds about as many."""
    if len(np.unique(y)) <= _N_BINS:
        return y
    edges = np.unique(np.quantile(y, np.arange(1, _N_BINS) / _N_BINS))
    edges = edges[edges > y.min()]
    codes = np.searchsorted(edges, y, side="right")
    for n_digits in (3, 6, 17):
        ends = [f"{edge:.{n_digits}g}" for edge in edges]
        if len(set(ends)) == len(ends):
            break
    middle = [f"{low} <= y < {high}" for low, high in pairwise(ends)]
    return np.array([f"y < {ends[0]}", *middle, f"y >= {ends[-1]}"])[codes]


def _looks(by, top):
    """Return names and, for each top sample, which of them; the last may be a rest."""
    if by is None:
        return ["samples"], np.zeros(len(top), dtype=int)
    names, codes = _groups(by)
    first = list(dict.fromkeys(codes[top].tolist()))
    looks = np.array([min(first.index(code), _N_LOOKS) for code in codes[top]])
    shown = [str(names[code]) for code in first[: _N_LOOKS + 1]]
    return shown if len(first) <= _N_LOOKS + 1 else [*shown[:-1], "other groups"], looks
