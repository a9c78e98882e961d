"""
Which ambiguity set for which shift
===================================

Every registered ambiguity set meets two kinds of shift:

- **another population**: heart patients of four hospitals, each hospital left out in
  turn and predicted from the other three;
- **a missing modality**: four views of the handwritten digits 3, 5 and 8, one of which
  is gone at test time and replaced by its training median.

All models are `DROClassifier` with the same penalty and differ in the set only. The
strength of a set, its radius or level, is chosen among three values on the training
part: for the hospitals by leaving out one of the three, for the views by the log loss
averaged over complete rows and rows without each view. Nothing is chosen on test data.
"none" is the ordinary model.

A set helps against the shift it is made for. `Domains`, which asks for the worst of the
three known hospitals, is best at the fourth; `ModalityLoss` is best without a view.

Run it with ``python examples/plot_which_set.py`` (some minutes); the table is printed
and the picture is saved as ``which_set.png``.
"""

import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    StratifiedShuffleSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier
from skmmdro.ambiguity import REGISTRY, Composite, Domains
from skmmdro.datasets import load_handwritten_views, load_heart_hospitals

ALPHA = 1e-2
GRID = {"radius": [0.003, 0.01, 0.03], "level": [0.9, 0.5, 0.2]}
VIEWS = ("fourier", "karhunen", "zernike", "morphology")
DIGITS = (3, 5, 8)
N_TRAIN, N_SPLITS = 100, 3


def make_sets():
    """Return {name: set}, the ordinary model first."""
    return {"none": Composite(), **{alias: REGISTRY[alias]() for alias in REGISTRY}}


def search_for(ambiguity, modalities, **options):
    """Return a grid search over the strength of a set."""
    model = DROClassifier(
        ambiguity, modalities=modalities, alpha=ALPHA, tol=1e-3, max_iter=100
    )
    pipeline = make_pipeline(
        SimpleImputer(strategy="median"),
        StandardScaler(),
        model.set_fit_request(domains=True),
    )
    grid = {
        f"droclassifier__ambiguity__{name}": values
        for name, values in GRID.items()
        if name in ambiguity.get_params()
    }
    return GridSearchCV(pipeline, grid, n_jobs=2, **options)


def at_another_hospital(ambiguity, heart):
    """Return the accuracy at each hospital when it is left out of the training."""
    X, y, site = heart.data, heart.target, heart.site
    found = []
    for train, test in LeaveOneGroupOut().split(X, y, site):
        search = search_for(
            ambiguity,
            heart.modalities,
            cv=LeaveOneGroupOut(),
            scoring="neg_log_loss",
        )
        search.fit(X[train], y[train], groups=site[train], domains=site[train])
        found.append(search.best_estimator_.score(X[test], y[test]))
    return found


def load_views():
    """Return the columns of a few views and digits, labels, and columns by view."""
    data = load_handwritten_views()
    rows = np.isin(data.target, DIGITS)
    parts = [data.data[rows][:, data.modalities[view]] for view in VIEWS]
    edges = np.cumsum([0, *(part.shape[1] for part in parts)])
    columns = {
        view: np.arange(a, b)
        for view, a, b in zip(VIEWS, edges[:-1], edges[1:], strict=True)
    }
    return np.hstack(parts), data.target[rows], columns


def without_each(X, columns):
    """Return copies of X without one view each."""
    copies = []
    for lost in columns.values():
        copy = X.copy()
        copy[:, lost] = np.nan
        copies.append(copy)
    return copies


def without_a_view(ambiguity, X, y, columns):
    """Return accuracies (complete, without each view), a mean over splits."""

    def score(model, X, y):
        return -np.mean(
            [
                log_loss(y, model.predict_proba(copy), labels=model.classes_)
                for copy in (X, *without_each(X, columns))
            ]
        )

    found = []
    splits = StratifiedShuffleSplit(N_SPLITS, train_size=N_TRAIN, random_state=0)
    for train, test in splits.split(X, y):
        search = search_for(ambiguity, columns, cv=3, scoring=score)
        model = search.fit(X[train], y[train]).best_estimator_
        copies = (X[test], *without_each(X[test], columns))
        found.append([model.score(copy, y[test]) for copy in copies])
    return np.mean(found, axis=0)


def measure():
    """Return {set: {column of the table: accuracy}}."""
    heart, views = load_heart_hospitals(), load_views()
    results = {}
    for name, ambiguity in make_sets().items():
        sites = at_another_hospital(ambiguity, heart)
        row = {"hospitals, mean": np.mean(sites), "hospitals, worst": min(sites)}
        if not isinstance(ambiguity, Domains):  # the digits have no domains
            complete, *lost = without_a_view(ambiguity, *views)
            row |= {"views, complete": complete, "views, one missing": min(lost)}
        results[name] = row
        print(f"{name:<16}", *(f"{value:>20.3f}" for value in row.values()), flush=True)
    return results


def plot(results, path):
    panels = {
        "left out hospital": ("hospitals, mean", "hospitals, worst"),
        "views of digits": ("views, complete", "views, one missing"),
    }
    figure, axes = plt.subplots(
        1, 2, figsize=(9, 0.34 * len(results) + 1.6), constrained_layout=True
    )
    names = list(results)[::-1]
    for axis, (title, keys) in zip(axes, panels.items(), strict=True):
        shown = [name for name in names if keys[0] in results[name]]
        for key, style in zip(keys, ({"marker": "o"}, {"marker": "D"}), strict=True):
            values = [results[name][key] for name in shown]
            filled = "black" if style["marker"] == "o" else "white"
            axis.scatter(
                values,
                shown,
                label=key.partition(", ")[2],
                color=filled,
                edgecolor="black",
                zorder=3,
                **style,
            )
            axis.axvline(results["none"][key], color="0.6", linestyle=":", zorder=1)
        axis.hlines(
            shown,
            [results[name][keys[1]] for name in shown],
            [results[name][keys[0]] for name in shown],
            color="0.75",
            zorder=2,
        )
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("accuracy (dotted: ordinary model)")
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    figure.savefig(path, dpi=120)


def main(path="which_set.png"):
    columns = ("hospitals, mean", "hospitals, worst", "views, complete")
    print(f"{'set':<16}", *(f"{c:>20}" for c in (*columns, "views, one missing")))
    with (
        warnings.catch_warnings(),
        sklearn.config_context(enable_metadata_routing=True),
    ):
        # the largest radii of the grid may be too large, which the search finds out
        warnings.filterwarnings("ignore", "The ambiguity set is so large")
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        results = measure()
    plot(results, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    main()
