"""Score against the severity of shifts."""

from itertools import chain

import numpy as np

from ..robustness import Robustness, modality_robustness
from ._style import FONT, LETTER_INCHES, lay_out, line_styles, new_axes, widest, wrapped


class RobustnessDisplay:
    """Score against severity, a panel for each shift and modality.

    Use :meth:`from_results` or :meth:`from_estimator`.

    Parameters
    ----------
    results : dict of str to Robustness
        Scores by model.
    score_name : str or None, default=None
        What the vertical axis is called. None: the name of the score in `results`.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of Axes of shape (n_shifts, n_modalities)
    lines_ : dict of (str, str, str) to Line2D
        By model, shift and modality.

    See Also
    --------
    skmmdro.robustness.modality_robustness : Computes the scores.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> from skmmdro.displays import RobustnessDisplay
    >>> data = make_multimodal_classification(400, random_state=0)
    >>> X, y = data.data, data.target
    >>> model = DROClassifier(modalities=data.modalities).fit(X[:200], y[:200])
    >>> display = RobustnessDisplay.from_estimator(
    ...     model, X[200:], y[200:], shifts="permute"
    ... )
    >>> display.axes_.shape
    (1, 3)
    """

    def __init__(self, results, *, score_name=None):
        if not isinstance(results, dict) or not results:
            raise ValueError(
                "results must be a Robustness, a RobustnessComparison or a dict "
                f"{{model: Robustness}} with at least one model; got {results!r}."
            )
        for name, result in results.items():
            if not isinstance(result, Robustness):
                raise ValueError(
                    f"results[{name!r}] must be a Robustness, as modality_robustness "
                    f"returns it; got {type(result).__name__}."
                )
        self.results = results
        found = {result.score_name for result in results.values()}
        known = found.pop() if len(found) == 1 else "score"
        self.score_name = known if score_name is None else score_name

    @classmethod
    def from_results(cls, results, *, score_name=None, axes=None):
        """Plot scores that were computed before.

        Parameters
        ----------
        results : dict of str to Robustness, Robustness or RobustnessComparison
            Scores, by model if there are several.
        score_name : str or None, default=None
            What the vertical axis is called. None: the name of the score in `results`.
        axes : ndarray of Axes of shape (n_shifts, n_modalities) or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        display : RobustnessDisplay
            Drawn.
        """
        if isinstance(results, Robustness):
            results = {"model": results}
        results = getattr(results, "results", results)
        return cls(results, score_name=score_name).plot(axes)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, axes=None, score_name=None, **params):
        """Compute the scores of one model and plot them.

        Parameters
        ----------
        estimator : estimator
            Fitted, unless `cv` is among the parameters.
        X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
            Held-out data.
        y : array-like of shape (n_samples,)
            Targets.
        axes : ndarray of Axes of shape (n_shifts, n_modalities) or None, default=None
            Where to plot; None: a new figure.
        score_name : str or None, default=None
            What the vertical axis is called. None: the name of the score.
        **params : dict
            Further arguments of :func:`~skmmdro.robustness.modality_robustness`.

        Returns
        -------
        display : RobustnessDisplay
            Drawn.
        """
        result = modality_robustness(estimator, X, y, **params)
        name = type(estimator).__name__
        return cls({name: result}, score_name=score_name).plot(axes)

    def plot(self, axes=None):
        """Draw the lines; the point at severity 0 is the score without shift.

        Parameters
        ----------
        axes : ndarray of Axes of shape (n_shifts, n_modalities) or None, default=None
            Where to plot; None: a new figure. A figure without a layout engine is laid
            out once, so that names and legends have room.

        Returns
        -------
        self : RobustnessDisplay
            With the attributes set.
        """
        shifts, modalities = self._names("shift"), self._names("modality")
        shape = len(shifts), len(modalities)
        self.figure_, self.axes_ = self._axes(axes, shape)
        self.lines_ = {}
        styles = line_styles(len(self.results))
        for (name, result), style in zip(self.results.items(), styles, strict=True):
            curves = {}
            for (modality, shift, severity), score in result.mean_scores().items():
                start = {0.0: result.baseline.mean()}
                curves.setdefault((shift, modality), start).setdefault(severity, score)
            for (shift, modality), points in curves.items():
                panel = self.axes_[shifts.index(shift), modalities.index(modality)]
                at = sorted(points)
                (line,) = panel.plot(at, [points[s] for s in at], label=name, **style)
                self.lines_[name, shift, modality] = line
        self._decorate(shifts, modalities)
        return self

    def _names(self, column):
        """Return the names in a column of any model, in their order."""
        names = (r.table[column].tolist() for r in self.results.values())
        return list(dict.fromkeys(chain.from_iterable(names)))

    @staticmethod
    def _axes(axes, shape):
        if axes is None:
            return new_axes(
                None,
                nrows=shape[0],
                ncols=shape[1],
                # narrower panels if there are many, so that their letters stay large
                figsize=(
                    1.2 + min(2.0, 1.2 + 4 / shape[1]) * shape[1],
                    1 + 2 * shape[0],
                ),
                sharey=True,
                sharex="row",
                squeeze=False,
            )
        axes = np.asarray(axes, dtype=object)
        if axes.size != shape[0] * shape[1]:
            raise ValueError(
                f"axes holds {axes.size} Axes; {shape[0]} shifts and {shape[1]} "
                f"modalities need {shape[0] * shape[1]}."
            )
        axes = axes.reshape(shape)
        return axes[0, 0].figure, axes

    def _decorate(self, shifts, modalities):
        units = {
            "missing": "share of rows",
            "permute": "share of rows",
            "noise": "standard deviations",
            "reweight": "chi-square radius",
        }
        # the width before the layout will do, and many panels take long to lay out
        panel = self.axes_[0, 0].get_window_extent().width / self.figure_.dpi
        width = max(8, int(panel / LETTER_INCHES))
        for axis, name in zip(self.axes_[0], modalities, strict=True):
            axis.set_title(wrapped(name, width), fontsize=FONT)
        score = wrapped(self.score_name)
        for row, shift in zip(self.axes_, shifts, strict=True):
            row[0].set_ylabel(f"{shift}\n{score}", fontsize=FONT)
            for axis in row:
                axis.set_xlabel(wrapped(units[shift], width), fontsize=FONT - 1)
                axis.tick_params(labelsize=FONT - 1)
                axis.locator_params(axis="x", nbins=4)
                axis.grid(alpha=0.3)
        if len(self.results) > 1:
            self._add_legend()
        lay_out(self.axes_[0, 0])

    def _add_legend(self):
        """Draw a legend above the panels, in as many columns as the figure is wide."""
        handles = {name: line for (name, _, _), line in self.lines_.items()}
        texts = [wrapped(name) for name in handles]
        inches = self.figure_.bbox.width / self.figure_.dpi
        n_columns = int(inches / (0.6 + LETTER_INCHES * widest(handles)))
        self.figure_.legend(
            list(handles.values()),
            texts,
            loc="outside upper center",
            ncols=min(max(n_columns, 1), len(texts)),
            fontsize=FONT,
        )
