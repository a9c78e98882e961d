"""
A modality that is absent at test time
======================================

Three feature views of the handwritten digits 3, 5 and 8 stand for three measurements of
one object. All are there in a small training sample; at test time one of them is gone,
as when a hospital lacks a device. Four models see the same encoded views:

- `LogisticRegression`, the missing view filled with its mean or by `ModalityImputer`
  from the other views;
- `DROClassifier` with `ModalityLoss`, which minimises the worst loss over which view is
  missing, filled in the same two ways.

The strength of the penalty is chosen on the training part, by log loss in three folds
with one view at a time taken away from the validation rows.

Run it with ``python examples/plot_missing_modality.py``; the table is printed and the
picture is saved as ``missing_modality.png``.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split

from skmmdro import DROClassifier
from skmmdro.ambiguity import ModalityLoss
from skmmdro.compose import (
    ModalityImputer,
    embedding_encoder,
    make_multimodal_pipeline,
)
from skmmdro.datasets import load_handwritten_views

VIEWS = ("fourier", "zernike", "morphology")
DIGITS = (3, 5, 8)
N_TRAIN = 60
N_SPLITS = 3


def without(X, view):
    """Return a copy of X in which a view is missing."""
    X = X.copy()
    X.loc[:, [c for c in X.columns if c.startswith(f"{view}__")]] = np.nan
    return X


def worst_loss(model, X, y):
    """Score for the grid search: largest log loss over the view that is missing."""
    losses = [
        log_loss(y, model.predict_proba(without(X, view)), labels=model.classes_)
        for view in VIEWS
    ]
    return -max(losses)


def make_searches(X):
    """Return {(model, strategy): grid search}."""
    parts = [
        (view, make_encoder(), [c for c in X.columns if c.startswith(f"{view}__")])
        for view in VIEWS
    ]
    estimators = {
        "LogisticRegression": (
            LogisticRegression(max_iter=2000),
            {"logisticregression__C": [1.0, 10.0, 100.0]},
        ),
        "ModalityLoss": (
            DROClassifier(ModalityLoss(), tol=1e-2),
            {"droclassifier__alpha": [1e-4, 1e-3, 1e-2]},
        ),
    }
    return {
        (name, strategy): GridSearchCV(
            make_multimodal_pipeline(
                *parts, imputer=ModalityImputer(strategy), estimator=estimator
            ),
            grid,
            scoring=worst_loss,
            cv=3,
        )
        for name, (estimator, grid) in estimators.items()
        for strategy in ("mean", "conditional")
    }


def make_encoder():
    return embedding_encoder(12, whiten=True)


def evaluate(views):
    """Return {(model, strategy): accuracies (n_splits, n_views + 1)}."""
    kept = views.target.isin(DIGITS)
    X = views.data.loc[kept, [c for c in views.data if c.startswith(VIEWS)]]
    y = views.target[kept]
    results = {}
    for seed in range(N_SPLITS):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, train_size=N_TRAIN, stratify=y, random_state=seed
        )
        for key, search in make_searches(X).items():
            model = search.fit(X_train, y_train).best_estimator_
            tests = [X_test, *(without(X_test, view) for view in VIEWS)]
            accuracies = [model.score(test, y_test) for test in tests]
            results.setdefault(key, []).append(accuracies)
    return {key: np.array(rows) for key, rows in results.items()}


def print_table(results):
    heads = ["nothing", *VIEWS, "worst"]
    print(f"{'missing:':<34}", *(f"{head:>11}" for head in heads))
    for (name, strategy), rows in results.items():
        means = [*rows.mean(axis=0), rows[:, 1:].min(axis=1).mean()]
        print(f"{name + ', ' + strategy:<34}", *(f"{mean:>11.3f}" for mean in means))


def plot(results, path):
    figure, axis = plt.subplots(figsize=(9, 4.2), constrained_layout=True)
    styles = {
        ("LogisticRegression", "mean"): {"color": "0.85", "hatch": "//"},
        ("LogisticRegression", "conditional"): {"color": "0.6"},
        ("ModalityLoss", "mean"): {"color": "#56B4E9", "hatch": "//"},
        ("ModalityLoss", "conditional"): {"color": "#0072B2"},
    }
    places = np.arange(len(VIEWS) + 1)
    for shift, (key, rows) in zip((-0.3, -0.1, 0.1, 0.3), results.items(), strict=True):
        name, strategy = key
        bars = axis.bar(
            places + shift,
            100 * (1 - rows.mean(axis=0)),
            yerr=100 * rows.std(axis=0),
            width=0.19,
            edgecolor="black",
            label=f"{name}, {strategy}",
            **styles[key],
        )
        axis.bar_label(bars, fmt="%.1f", fontsize=9, padding=2)
    axis.margins(y=0.08)  # room for the labels
    axis.set_xticks(places, ["nothing", *VIEWS])
    axis.set_xlabel("view that is missing at test time")
    axis.set_ylabel("test errors (%)")
    figure.legend(loc="outside upper center", ncols=2, fontsize=10)
    figure.savefig(path, dpi=120)


def main(path="missing_modality.png"):
    results = evaluate(load_handwritten_views(as_frame=True))
    print_table(results)
    plot(results, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    main()
