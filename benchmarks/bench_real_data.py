"""Accuracy on real data under natural shifts, and with one modality removed.

Three tables:

- heart: train on three hospitals, test at the fourth;
- tumours: tumour subtypes of patients without the protein block;
- removed: one modality is lost at prediction (set to its training mean).

bench_kernel.py does the last for kernel machines.

All hyperparameters are chosen by cross-validation in the training part, for all models
of a table on the same folds, by the same score and from grids of about the same size.
Data that are not bundled are read from a folder of .npz files; tables are shorter
without it.

    python benchmarks/bench_real_data.py [--tables heart ...] [--data DIR] [--splits 5]
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from _real_data import (
    MeanOverRemovals,
    OnDroppedCopies,
    accuracy,
    load_sets,
    logistic,
    robust,
    search,
    spread,
    views,
)
from _real_shifts import heart_table, tumour_table
from sklearn import set_config
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro.ambiguity import ModalityLoss

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
REMOVED = ("digits", "handwritten", "breast_cancer", "tcga_breast", "alzheimer_csf")


def imputed(estimator):
    fill = SimpleImputer(keep_empty_features=True)  # by zero, the training mean
    return make_pipeline(StandardScaler(), fill, estimator)


def linear_models(blocks):
    """Return {name: (model, grid, scoring)}."""
    scoring = MeanOverRemovals("neg_log_loss", blocks)
    strengths = np.logspace(-3, 1, 8)
    models = {
        "LogisticRegression": (imputed(logistic()), {"C": strengths}, scoring),
        "LogisticRegression on copies": (
            imputed(OnDroppedCopies(logistic(), blocks)),
            {"estimator__C": strengths},
            scoring,
        ),
    }
    alphas = {"alpha": np.logspace(-4, -0.5, 8)}
    for level in (0.5, 0.0):
        model = robust(ModalityLoss(level=level), blocks)
        models[f"ModalityLoss, level {level}"] = imputed(model), alphas, scoring
    return models


def removal_scores(found, X, y, blocks):
    """Return the accuracy on X, and that without the modality that hurts most."""
    clean, *lost = [accuracy(found, view, y) for view in views(X, blocks)]
    return clean, min(lost)


def refitted(model, X, y, X_test, y_test, blocks):
    """Return the lowest accuracy of `model` fitted again without a modality."""
    scores = []
    for block in blocks.values():
        rest = clone(model).fit(np.delete(X, block, axis=1), y)
        scores.append(accuracy(rest, np.delete(X_test, block, axis=1), y_test))
    return min(scores)


def set_scores(data, options):
    """Return {model: accuracies, clean and worst, by split}."""
    X, y, blocks = data
    scores = {}
    halves = StratifiedShuffleSplit(options.splits, test_size=0.5, random_state=0)
    for train, test in halves.split(X, y):
        folds = StratifiedKFold(3, shuffle=True, random_state=0)
        for name, (model, grid, scoring) in linear_models(blocks).items():
            found = search(model, grid, X[train], y[train], folds, scoring, options)
            clean, worst = removal_scores(found, X[test], y[test], blocks)
            scores.setdefault(name, []).append((clean, worst))
            if name == "LogisticRegression":
                parts = X[train], y[train], X[test], y[test], blocks
                worst = refitted(found.best_estimator_, *parts)
                scores.setdefault(f"{name}, refitted", []).append((clean, worst))
    return {name: np.transpose(rows) for name, rows in scores.items()}


def removed_table(options):
    sets = load_sets(options.data)
    print("\nremoved: accuracy as it is, and without the worst single modality")
    totals = {}
    for dataset in (name for name in REMOVED if name in sets):
        print(f" {dataset}")
        for name, cells in set_scores(sets[dataset], options).items():
            print(f"  {name:<38}", *(f"{spread(c):>16}" for c in cells), flush=True)
            totals.setdefault(name, []).append(cells.mean(axis=1))
    print(" mean over data sets")
    for name, rows in totals.items():
        print(f"  {name:<38}", *(f"{value:>16.3f}" for value in np.mean(rows, axis=0)))


TABLES = {
    "heart": heart_table,
    "tumours": tumour_table,
    "removed": removed_table,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument(
        "--data", type=Path, default=FOLDER, help="folder of .npz files"
    )
    parser.add_argument("--splits", type=int, default=5, help="random splits")
    parser.add_argument("--n-jobs", type=int, default=None)
    options = parser.parse_args()
    set_config(enable_metadata_routing=True)  # the domains reach the last step
    # grids reach to where models are constant
    warnings.filterwarnings("ignore", "The ambiguity set is so large")
    for name in options.tables:
        TABLES[name](options)


if __name__ == "__main__":
    main()
