"""Score against the severity of shifts."""

import numpy as np

from ..robustness import Robustness, modality_robustness
from ._style import line_styles, new_axes


class RobustnessDisplay:
    """Score against severity, a panel for each shift and modality.

    Use :meth:`from_results` or :meth:`from_estimator`.

    Parameters
    ----------
    results : dict of str to Robustness
        Scores by model.
    score_name : str, default="score"
        What the vertical axis is called.

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

    def __init__(self, results, *, score_name="score"):
        self.results = results
        self.score_name = score_name

    @classmethod
    def from_results(cls, results, *, score_name="score", axes=None):
        """Plot scores that were computed before.

        Parameters
        ----------
        results : dict of str to Robustness, Robustness or RobustnessComparison
            Scores, by model if there are several.
        score_name : str, default="score"
            What the vertical axis is called.
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
            What the vertical axis is called. None: the name of the scorer.
        **params : dict
            Further arguments of :func:`~skmmdro.robustness.modality_robustness`.

        Returns
        -------
        display : RobustnessDisplay
            Drawn.
        """
        result = modality_robustness(estimator, X, y, **params)
        if score_name is None:
            scoring = params.get("scoring")
            score_name = scoring if isinstance(scoring, str) else "score"
        name = type(estimator).__name__
        return cls({name: result}, score_name=score_name).plot(axes)

    def plot(self, axes=None):
        """Draw the lines; the point at severity 0 is the score without shift.

        Parameters
        ----------
        axes : ndarray of Axes of shape (n_shifts, n_modalities) or None, default=None
            Where to plot; None: a new figure.

        Returns
        -------
        self : RobustnessDisplay
            With the attributes set.
        """
        table = next(iter(self.results.values())).table
        shifts, modalities = (
            list(dict.fromkeys(table[key].tolist())) for key in ("shift", "modality")
        )
        shape = len(shifts), len(modalities)
        self.figure_, self.axes_ = self._axes(axes, shape)
        self.lines_ = {}
        styles = line_styles(len(self.results))
        for (name, result), style in zip(self.results.items(), styles, strict=True):
            means = result.mean_scores()
            for row, shift in enumerate(shifts):
                for column, modality in enumerate(modalities):
                    points = {
                        s: v
                        for (m, t, s), v in means.items()
                        if (m, t) == (modality, shift)
                    }
                    points[0.0] = result.baseline.mean()
                    at = sorted(points)
                    (line,) = self.axes_[row, column].plot(
                        at, [points[s] for s in at], label=name, **style
                    )
                    self.lines_[name, shift, modality] = line
        self._decorate(shifts, modalities)
        return self

    @staticmethod
    def _axes(axes, shape):
        if axes is None:
            return new_axes(
                None,
                nrows=shape[0],
                ncols=shape[1],
                figsize=(1.2 + 2.0 * shape[1], 0.9 + 1.8 * shape[0]),
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
        for axis, name in zip(self.axes_[0], modalities, strict=True):
            axis.set_title(name, fontsize=10)
        for row, shift in zip(self.axes_, shifts, strict=True):
            row[0].set_ylabel(f"{shift}\n{self.score_name}", fontsize=9)
            for axis in row:
                axis.set_xlabel(units[shift], fontsize=8)
                axis.tick_params(labelsize=8)
                axis.grid(alpha=0.3)
        if len(self.results) > 1:
            handles, names = self.axes_[0, 0].get_legend_handles_labels()
            self.figure_.legend(
                handles, names, loc="outside upper center", ncols=4, fontsize=9
            )
