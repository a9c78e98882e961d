"""Data sets, models and their searches for bench_real_data.py."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV

from skmmdro import DROClassifier
from skmmdro.datasets import load_handwritten_views

TOL = 1e-4


class OnDroppedCopies(ClassifierMixin, BaseEstimator):
    """Fit an estimator on the data and on copies that lack one modality each.

    Columns are expected to be centred, so that a lost modality is zero.
    """

    def __init__(self, estimator, blocks):
        self.estimator, self.blocks = estimator, blocks

    def fit(self, X, y):
        copies = [X, *(replaced(X, block, 0.0) for block in self.blocks.values())]
        self.estimator_ = clone(self.estimator).fit(
            np.vstack(copies), np.tile(y, len(copies))
        )
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X):
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        return self.estimator_.predict_proba(X)


class MeanOverRemovals:
    """Score averaged over the data as they are and without each modality."""

    def __init__(self, scoring, blocks):
        self.scorer, self.blocks = get_scorer(scoring), blocks

    def __call__(self, estimator, X, y):
        return np.mean([self.scorer(estimator, V, y) for V in views(X, self.blocks)])


class WithoutBlock:
    """Score without one modality."""

    def __init__(self, scoring, block):
        self.scorer, self.block = get_scorer(scoring), block

    def __call__(self, estimator, X, y):
        return self.scorer(estimator, replaced(X, self.block, np.nan), y)


def replaced(X, block, value):
    """Return a copy of X with one value in the columns `block`."""
    X = X.copy()
    X[:, block] = value
    return X


def views(X, blocks):
    """Return X, and X without each modality (NaN, to be imputed)."""
    return [X, *(replaced(X, block, np.nan) for block in blocks.values())]


def side_by_side(parts):
    """Return the parts of {name: array} as one array, and {name: columns}."""
    widths = [np.shape(part)[1] for part in parts.values()]
    ends = np.cumsum(widths)
    slices = [slice(e - w, e) for e, w in zip(ends, widths, strict=True)]
    X = np.hstack([np.asarray(part, dtype=np.float64) for part in parts.values()])
    return X, dict(zip(parts, slices, strict=True))


def read(folder, name):
    """Return X, {modality: columns} and all arrays of a file, or None."""
    path = folder / f"{name}.npz"
    if not path.exists():
        return None
    arrays = dict(np.load(path))
    parts = {key[2:]: value for key, value in arrays.items() if key.startswith("X_")}
    return *side_by_side(parts), arrays


def load_sets(folder):
    """Return {name: (X, y, {modality: columns})} of the sets that are there."""
    digits, cancer = load_digits(), load_breast_cancer()
    written = load_handwritten_views()
    quadrants = {
        f"{row} {column}": digits.images[:, r : r + 4, c : c + 4].reshape(-1, 16)
        for r, row in ((0, "upper"), (4, "lower"))
        for c, column in ((0, "left"), (4, "right"))
    }
    X, blocks = side_by_side(quadrants)
    groups = {"mean": slice(0, 10), "error": slice(10, 20), "worst": slice(20, 30)}
    sets = {
        "digits": (X, digits.target, blocks),
        "handwritten": (written.data, written.target, written.modalities),
        "breast_cancer": (cancer.data, cancer.target, groups),
    }
    for name in ("tcga_breast", "alzheimer_csf", "parkinson_speech"):
        if found := read(folder, name):
            X, blocks, arrays = found
            sets[name] = X, arrays["y"], blocks
    return sets


def logistic(C=1.0):
    return LogisticRegression(C=C, max_iter=5000)


def robust(ambiguity, blocks=None):
    return DROClassifier(ambiguity, modalities=blocks, tol=TOL, max_iter=1000)


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
