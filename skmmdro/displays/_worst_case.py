"""Who is in the worst case."""

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_consistent_length

from ._style import COLORS, HATCHES, new_axes

_KINDS = ("groups", "samples")


class WorstCaseDisplay:
    """Worst-case weights of the samples, by group or of the top samples.

    Use :meth:`from_estimator`, or give weights.

    Parameters
    ----------
    weights : array-like of shape (n_samples,)
        Worst-case weights, such as `worst_case_weights_` of a model or `weights` of
        what `worst_case` returns.
    by : array-like of shape (n_samples,) or None, default=None
        Group of each sample, such as its class, hospital or month.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    bars_ : list of BarContainer
        Share of the samples and of the worst-case weight, or weights of top samples.
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
        self.weights = np.asarray(weights, dtype=np.float64)
        self.by = None if by is None else column_or_1d(by)
        if self.by is not None:
            check_consistent_length(self.weights, self.by)

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
        estimator : DROClassifier, DRORegressor or Pipeline that ends in one
            Fitted.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data as the estimator gets them.
        y : array-like of shape (n_samples,)
            Targets.
        by : array-like of shape (n_samples,) or None, default=None
            Group of each sample. None: its class, for a classifier.
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
        model = estimator[-1] if hasattr(estimator, "steps") else estimator
        data = X if model is estimator else estimator[:-1].transform(X)
        worst = model.worst_case(data, y, ambiguity=ambiguity, domains=domains)
        if by is None and hasattr(model, "classes_"):
            by = y
        return cls(worst.weights, by).plot(ax, kind=kind, n_top=n_top)

    def plot(self, ax=None, *, kind="groups", n_top=20):
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None: a new figure.
        kind : {"groups", "samples"}, default="groups"
            "groups": share of each group among the samples, next to its share of the
            worst-case weight. "samples": the samples of largest weight, as multiples of
            the mean weight, with their row numbers.
        n_top : int, default=20
            Number of samples or, if there are more, of groups shown.

        Returns
        -------
        self : WorstCaseDisplay
            With the attributes set.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}; got {kind!r}.")
        if kind == "groups" and self.by is None:
            raise ValueError('kind="groups" needs `by`, the group of each sample.')
        self.figure_, self.ax_ = new_axes(ax, figsize=(6.0, 3.6))
        if kind == "groups":
            self._plot_groups(n_top)
        else:
            self._plot_samples(n_top)
        self.ax_.tick_params(labelsize=8)
        return self

    def _plot_groups(self, n_top):
        names, codes = np.unique(self.by, return_inverse=True)
        shares = np.bincount(codes) / len(codes)
        worst = np.bincount(codes, self.weights) / self.weights.sum()
        order = np.argsort(-worst)[:n_top]
        at = np.arange(len(order))
        bars = (
            (at - 0.2, shares, "share of the samples", "0.8", HATCHES[0]),
            (at + 0.2, worst, "share of the worst-case weight", COLORS[1], HATCHES[1]),
        )
        self.bars_ = [
            self.ax_.bar(
                where,
                values[order],
                width=0.38,
                label=label,
                color=color,
                hatch=hatch,
                edgecolor="black",
            )
            for where, values, label, color, hatch in bars
        ]
        long = max(len(str(name)) for name in names) > 6
        self.ax_.set_xticks(
            at,
            [str(names[i]) for i in order],
            rotation=30 if long else 0,
            ha="right" if long else "center",
        )
        self.ax_.set_ylabel("share")
        self.ax_.legend(fontsize=9)

    def _plot_samples(self, n_top):
        self.top_ = np.argsort(-self.weights, kind="stable")[:n_top]
        ratio = self.weights[self.top_] / self.weights.mean()
        names = np.array([""] * len(self.weights)) if self.by is None else self.by
        groups = list(dict.fromkeys(names[self.top_].tolist()))
        at = np.arange(len(self.top_))
        self.bars_ = []
        for k, group in enumerate(groups):
            chosen = names[self.top_] == group
            self.bars_.append(
                self.ax_.bar(
                    at[chosen],
                    ratio[chosen],
                    label=str(group),
                    color=COLORS[1:][k % 6],
                    hatch=HATCHES[k % len(HATCHES)],
                    edgecolor="black",
                )
            )
        self.ax_.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
        self.ax_.set_xticks(at, [str(i) for i in self.top_], rotation=90)
        self.ax_.set_xlabel("row")
        self.ax_.set_ylabel("weight / mean weight")
        if self.by is not None:
            self.ax_.legend(fontsize=9)
