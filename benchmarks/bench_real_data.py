"""Accuracy on real data under natural shifts, and with one modality removed.

Four tables:

- heart: train on three hospitals, test at the fourth;
- tumours: tumour subtypes of patients without the protein block;
- removed: one modality is lost at prediction (set to its training mean);
- kernels: the same for kernel machines.

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
    load_sets,
    read,
    replaced,
    views,
)
from sklearn import set_config
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from skmmdro import DROClassifier, KernelDROClassifier
from skmmdro.ambiguity import Domains, ModalityLoss, Wasserstein
from skmmdro.compose import ModalityImputer, ModalityTransformer
from skmmdro.datasets import load_heart_hospitals

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
TOL = 1e-4
CODES = {
    "clinic__cp",
    "resting_ecg__restecg",
    "exercise_test__slope",
    "imaging__thal",
}


def logistic(C=1.0):
    return LogisticRegression(C=C, max_iter=5000)


def robust(ambiguity, blocks=None):
    return DROClassifier(ambiguity, modalities=blocks, tol=TOL)


def search(model, grid, X, y, cv, scoring, options, **metadata):
    """Return the fitted search of `grid` for the model's last step."""
    last = model.steps[-1][0]
    found = GridSearchCV(
        model,
        {f"{last}__{key}": values for key, values in grid.items()},
        cv=cv,
        scoring=scoring,
        n_jobs=options.n_jobs,
    )
    return found.fit(X, y, **metadata)


def accuracy(model, X, y):
    return np.mean(model.predict(X) == y)


def spread(scores):
    return f"{np.mean(scores):.3f} ± {np.std(scores):.3f}"


# heart: domains and missing modalities


def with_indicators(columns):
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )


def one_hot(columns):
    numbers = [c for c in columns if c not in CODES]
    codes = [c for c in columns if c in CODES]
    levels = OneHotEncoder(
        handle_unknown="ignore", drop="if_binary", sparse_output=False
    )
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), levels), codes),
    )


def heart_models():
    """Return {name: (estimator, grid)}; all tuned ones have 18 candidates."""
    alphas = {"alpha": np.logspace(-4, 0, 18)}
    budgets = {
        "alpha": [1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1],
        "ambiguity__transport__radius": [0.0, 0.01, 0.03],
    }
    models = {
        "LogisticRegression, default": (logistic(), {"C": [1.0]}),
        "LogisticRegression, tuned": (logistic(), {"C": np.logspace(-3, 2, 18)}),
    }
    for name, ambiguity, grid in (
        ("ModalityLoss", ModalityLoss(), alphas),
        ("Domains", Domains(), alphas),
        ("Domains + ModalityLoss", Domains() + ModalityLoss(), alphas),
        (
            "Domains + ModalityLoss + Wasserstein",
            Domains() + ModalityLoss() + Wasserstein(),
            budgets,
        ),
    ):
        models[name] = robust(ambiguity).set_fit_request(domains=True), grid
    return models


def heart_scores(model, grid, heart, options):
    """Return accuracy, inner log loss and choice for each hospital left out."""
    X, y, site = heart.data, heart.target, heart.site
    rows = []
    for train, test in LeaveOneGroupOut().split(X, y, site):
        inner = list(LeaveOneGroupOut().split(train, groups=site[train]))
        needs_domains = isinstance(model[-1], DROClassifier)
        found = search(
            model,
            grid,
            X.iloc[train],
            y.iloc[train],
            inner,
            "neg_log_loss",
            options,
            **({"domains": site[train]} if needs_domains else {}),
        )
        picks = ", ".join(f"{value:.2g}" for value in found.best_params_.values())
        hits = accuracy(found, X.iloc[test], y.iloc[test])
        rows.append((hits, -found.best_score_, picks))
    return rows


def heart_table(options):
    """Leave out each hospital; inner folds leave out each of the other three."""
    heart = load_heart_hospitals(as_frame=True)
    print("\nheart: accuracy at the hospital left out; log loss in the inner folds")
    print(f"{'':<40}", *(f"{s[:11]:>12}" for s in heart.site_names), end="")
    print(f"{'mean':>9}{'inner':>8}  chosen")
    for encoder in (one_hot, with_indicators):
        print(f" {encoder.__name__}")
        parts = []
        for modality in heart.modalities:
            columns = [c for c in heart.data if c.startswith(f"{modality}__")]
            parts.append((modality, encoder(columns), columns))
        for name, (estimator, grid) in heart_models().items():
            model = make_pipeline(ModalityTransformer(parts, scale=None), estimator)
            scores, inner, picks = zip(
                *heart_scores(model, grid, heart, options), strict=True
            )
            print(f"  {name:<38}", *(f"{s:>12.3f}" for s in scores), end="")
            print(f"{np.mean(scores):>9.3f}{np.mean(inner):>8.3f}  ", end="")
            print(" | ".join(picks), flush=True)


# tumours: a block that is never observed in the test part


def tumour_models(blocks):
    """Return {name: (estimator, grid)}; all tuned ones have 16 candidates."""
    budgets = {
        "alpha": [1e-3, 1e-2, 1e-1, 1.0],
        "ambiguity__transport__radius": [0.0, 0.003, 0.01, 0.03],
    }
    return {
        "LogisticRegression, default": (logistic(), {"C": [1.0]}),
        "LogisticRegression, tuned": (logistic(), {"C": np.logspace(-3, 1, 16)}),
        "ModalityLoss": (
            robust(ModalityLoss(), blocks),
            {"alpha": np.logspace(-3, 0, 16)},
        ),
        "ModalityLoss + Wasserstein": (
            robust(ModalityLoss() + Wasserstein(), blocks),
            budgets,
        ),
    }


def tumour_scores(estimator, grid, data, splits, options):
    """Return accuracies with the block's mean, and with its regression, in place."""
    X, y, blocks = data
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
    scores = []
    for train, test in splits:
        lost = replaced(X[test], blocks["protein"], np.nan)
        row = []
        for strategy in ("mean", "conditional"):
            fill = ModalityImputer(strategy, modalities=blocks)
            model = make_pipeline(StandardScaler(), fill, estimator)
            found = search(
                model, grid, X[train], y[train], folds, "neg_log_loss", options
            )
            row.append(accuracy(found, lost, y[test]))
        scores.append(row)
    return np.transpose(scores)


def tumour_table(options):
    found = read(options.data, "tcga_breast")
    if not found:
        print("\ntumours: tcga_breast.npz is not there")
        return
    X, blocks, arrays = found
    y = arrays["y"]
    random = StratifiedShuffleSplit(options.splits, test_size=70, random_state=0)
    print("\ntumours: accuracy for 70 patients without the protein block, replaced by")
    print(f"{'':<40}{'its mean':>17}{'its regression':>17}")
    for title, splits in {
        "official split": [(arrays["train_idx"], arrays["test_idx"])],
        f"{options.splits} random splits": list(random.split(X, y)),
    }.items():
        print(f" {title}")
        for name, (estimator, grid) in tumour_models(blocks).items():
            cells = tumour_scores(estimator, grid, (X, y, blocks), splits, options)
            cells = [spread(c) if len(c) > 1 else f"{c[0]:.3f}" for c in cells]
            print(f"  {name:<38}", *(f"{cell:>16}" for cell in cells), flush=True)


# removed and kernels: one modality is lost at prediction


def linear_models(blocks):
    """Return {name: (estimator, grid, scoring)}."""
    scoring = MeanOverRemovals("neg_log_loss", blocks)
    strengths = np.logspace(-3, 1, 5)
    copies = OnDroppedCopies(logistic(), blocks)
    return {
        "LogisticRegression": (logistic(), {"C": strengths}, scoring),
        "the same on copies": (copies, {"estimator__C": strengths}, scoring),
        "ModalityLoss": (
            robust(ModalityLoss(), blocks),
            {"alpha": np.logspace(-4, 0, 5)},
            scoring,
        ),
    }


def kernel_models(blocks):
    """Return {name: (estimator, grid, scoring)}."""
    gammas = (0.125, 0.25, 0.5, 1.0)
    width = 1 / max(block.stop for block in blocks.values())  # of standardised columns
    plain = {"C": [0.1, 1.0, 10.0, 100.0], "gamma": [g * width for g in gammas]}
    ours = KernelDROClassifier(ModalityLoss(), modalities=blocks, rank=150, tol=TOL)
    return {
        "SVC": (SVC(), plain, "accuracy"),
        "SVC, tuned for removal": (
            SVC(),
            plain,
            MeanOverRemovals("accuracy", blocks),
        ),
        "ModalityLoss": (
            ours,
            {
                "alpha": [1e-6, 1e-5, 1e-4, 1e-3],
                "gamma": [f"{g:g}*median" for g in gammas],
            },
            MeanOverRemovals("accuracy", blocks),
        ),
    }


def removal_scores(found, X, y, blocks):
    """Return the accuracy on X, and that without the modality that hurts most."""
    clean, *lost = [accuracy(found, view, y) for view in views(X, blocks)]
    return clean, min(lost)


def ceiling(found, X, y, X_test, y_test, blocks):
    """Return the lowest accuracy of models that are fitted again without a modality."""
    return min(
        accuracy(clone(found.best_estimator_).fit(np.delete(X, block, 1), y), T, y_test)
        for block in blocks.values()
        for T in [np.delete(X_test, block, 1)]
    )


def set_scores(data, make_models, options):
    """Return {model: accuracies, clean and worst, by split}."""
    X, y, blocks = data
    scores = {}
    halves = StratifiedShuffleSplit(options.splits, test_size=0.5, random_state=0)
    for train, test in halves.split(X, y):
        folds = StratifiedKFold(3, shuffle=True, random_state=0)
        for name, (estimator, grid, scoring) in make_models(blocks).items():
            model = make_pipeline(
                SimpleImputer(keep_empty_features=True), StandardScaler(), estimator
            )
            found = search(model, grid, X[train], y[train], folds, scoring, options)
            row = removal_scores(found, X[test], y[test], blocks)
            scores.setdefault(name, []).append(row)
            if name == "LogisticRegression":
                best = ceiling(found, X[train], y[train], X[test], y[test], blocks)
                row = (row[0], best)
                scores.setdefault("  refitted without it", []).append(row)
    return {name: np.transpose(rows) for name, rows in scores.items()}


def removal_table(title, make_models, names, options):
    sets = load_sets(options.data)
    print(f"\n{title}: accuracy as it is, and without the worst single modality")
    totals = {}
    for dataset in (name for name in names if name in sets):
        print(f" {dataset}")
        for name, cells in set_scores(sets[dataset], make_models, options).items():
            print(f"  {name:<38}", *(f"{spread(c):>16}" for c in cells), flush=True)
            totals.setdefault(name, []).append(cells.mean(axis=1))
    print(" mean over data sets")
    for name, rows in totals.items():
        print(f"  {name:<38}", *(f"{value:>16.3f}" for value in np.mean(rows, axis=0)))


def removed_table(options):
    names = ("digits", "handwritten", "breast_cancer", "tcga_breast", "alzheimer_csf")
    removal_table("removed", linear_models, names, options)


def kernels_table(options):
    names = (
        "digits",
        "handwritten",
        "breast_cancer",
        "alzheimer_csf",
        "parkinson_speech",
    )
    removal_table("kernels", kernel_models, names, options)


TABLES = {
    "heart": heart_table,
    "tumours": tumour_table,
    "removed": removed_table,
    "kernels": kernels_table,
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
