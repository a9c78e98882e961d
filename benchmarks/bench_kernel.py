"""Kernel estimators: time, cost of exact fits, memory, accuracy without a modality.

Times are medians of interleaved fits in one process; with --cpu processor time, for
which OMP_NUM_THREADS=1 has to be set. himalaya (time) and MKLpy (accuracy, with --mkl)
are left out if they are not installed.

    python benchmarks/bench_kernel.py [--cpu]       # time, exact against low rank
    python benchmarks/bench_kernel.py --memory N    # peak memory of a fit on N samples
    python benchmarks/bench_kernel.py --accuracy    # 5 random splits, tuned inside
    python benchmarks/bench_kernel.py --accuracy --mkl --data DIRECTORY

The directory may hold further data sets, ``alzheimer_csf.npz`` and
``parkinson_speech.npz``: arrays ``X_<modality>`` and ``y``.
"""

import argparse
import importlib.util
import resource
import sys
import time
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
from _real_data import load_sets, replaced
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import (
    GridSearchCV,
    ParameterGrid,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmmdro import KernelDROClassifier
from skmmdro.ambiguity import ChiSquare, ModalityLoss

OURS = {
    "gamma": ["0.125*median", "0.25*median", "0.5*median", "1*median"],
    "alpha": [1e-5, 1e-4, 1e-3, 1e-2],
    "ambiguity__level": [0.0, 1.0],
}
THEIRS = {"C": [0.3, 1, 3, 10, 30, 100], "gamma": [0.1, 0.3, 1, 3]}
MKL = {
    "AverageMKL": {"C": [1, 10, 100], "gamma": [0.1, 0.3, 1, 3]},
    "EasyMKL": {"C": [1, 10], "lam": [0.1, 0.5], "gamma": [0.1, 0.3, 1, 3]},
}
HIMALAYA_ITERATIONS = 5  # its default is 100, which takes minutes
SEARCH = {"rank": 100, "tol": 1e-2}  # while tuning
FINAL = {"rank": 200, "tol": 1e-4}
NAMES = ("breast_cancer", "alzheimer_csf", "parkinson_speech", "digits", "handwritten")


# -- time ------------------------------------------------------------------------------


def make_data(n_samples, width=20, n_modalities=3, seed=0):
    """Labels that depend on each modality, not linearly."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, width * n_modalities))
    score = 0.5 * rng.standard_normal(n_samples)
    for start in range(0, X.shape[1], width):
        score += np.sin(2 * X[:, start]) + X[:, start + 1] * X[:, start + 2]
    return X, (score > 0).astype(int), [width] * n_modalities


def peers():
    """Return {name: function that fits to (X, y, widths)} of what is installed."""
    found = {}
    try:
        from himalaya.kernel_ridge import MultipleKernelRidgeCV
    except ImportError:
        return found

    def fit_himalaya(X, y, widths):
        edges = np.cumsum([0, *widths])
        blocks = [X[:, a:b] for a, b in pairwise(edges)]
        grams = np.stack([rbf_kernel(b) for b in blocks])
        model = MultipleKernelRidgeCV(
            kernels="precomputed",
            solver="random_search",
            solver_params={"n_iter": HIMALAYA_ITERATIONS, "progress_bar": False},
        )
        model.fit(grams, 2.0 * y - 1)

    return {f"himalaya, {HIMALAYA_ITERATIONS} iterations": fit_himalaya}


def medians(fits, repeats, clock):
    """Return the median seconds of each function, calls interleaved."""
    spent = {name: [] for name in fits}
    for _ in range(repeats + 1):
        for name, fit in fits.items():
            start = clock()
            fit()
            spent[name].append(clock() - start)
    return {name: float(np.median(times[1:])) for name, times in spent.items()}


def time_rows(n_samples, repeats, clock):
    X, y, widths = make_data(n_samples)
    fits = {"SVC(kernel='rbf')": lambda: SVC().fit(X, y)}
    for name, ambiguity in (
        ("chi-square 0.1", ChiSquare(0.1)),
        ("radius 0", ChiSquare(0.0)),
        ("modality loss", ModalityLoss()),
    ):
        model = KernelDROClassifier(ambiguity, modalities=widths)
        fits[f"ours, {name}"] = lambda model=model: model.fit(X, y)
    for name, fit in peers().items():
        fits[name] = lambda fit=fit: fit(X, y, widths)
    seconds = medians(fits, repeats, clock)
    base = seconds["SVC(kernel='rbf')"]
    print(f"\nfit, n = {n_samples:,}, 3 modalities of 20 columns, default rank")
    for name, value in seconds.items():
        print(f"  {name:<28}{value:>9.3f} s{value / base:>8.2f} times SVC", flush=True)


def rank_rows(n_samples, clock):
    X, y, widths = make_data(n_samples + 2000)
    X, y, X_test, y_test = X[:n_samples], y[:n_samples], X[n_samples:], y[n_samples:]
    print(f"\nexact against low rank, n = {n_samples:,}, default radius and alpha")
    print(f"  {'rank':>6}{'seconds':>9}{'objective':>11}{'change':>9}{'accuracy':>10}")
    exact = None
    for rank in (None, 50, 100, 200, 500, 1000):
        model = KernelDROClassifier(rank=rank, modalities=widths)
        start = clock()
        model.fit(X, y)
        seconds = clock() - start
        raw = model.decision_function(X_test)
        exact = raw if exact is None else exact
        change = np.sqrt(np.mean((raw - exact) ** 2) / np.mean(exact**2))
        print(
            f"  {rank or 'exact':>6}{seconds:>9.2f}{model.objective_:>11.5f}"
            f"{change:>9.1e}{model.score(X_test, y_test):>10.3f}",
            flush=True,
        )


def memory_row(n_samples, width):
    X, y, widths = make_data(n_samples, width)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    model = KernelDROClassifier(modalities=widths).fit(X, y)
    seconds = time.perf_counter() - begin
    fit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model.predict(X)
    both = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"n = {n_samples:,}, 3 modalities of {width} columns: {seconds:.1f} s; process "
        f"with data {start / 1e3:.0f} MB, fit {(fit - start) / 1e3:.0f} MB more, "
        f"predict {(both - fit) / 1e3:.0f} MB more"
    )


# -- accuracy --------------------------------------------------------------------------


def with_and_without(model, X, y):
    """Return the accuracies on all modalities and without each of them."""
    scores = model.modality_scores(X)
    total = scores.sum(axis=1)
    accuracies = []
    for raw in (total, *(total - f for f in np.moveaxis(scores, 1, 0)[:-1])):
        winner = raw.argmax(axis=1) if raw.ndim > 1 else (raw > 0).astype(int)
        accuracies.append(np.mean(model.classes_[winner] == y))
    return accuracies


def fit_ours(X, y, blocks):
    """Tune: half the accuracy with all modalities, half the mean without one."""
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    model = KernelDROClassifier(ModalityLoss(), modalities=blocks)

    def score(parameters):
        model.set_params(**parameters, **SEARCH)
        accuracy = np.mean(
            [with_and_without(model.fit(X[a], y[a]), X[b], y[b]) for a, b in folds],
            axis=0,
        )
        return accuracy[0] + accuracy[1:].mean()

    best = max(ParameterGrid(OURS), key=score)
    return model.set_params(**best, **FINAL).fit(X, y), best


def fit_svc(X, y):
    grid = {**THEIRS, "gamma": [g / X.shape[1] for g in THEIRS["gamma"]]}
    return GridSearchCV(SVC(), grid, cv=3).fit(X, y)


class OnKernels(ClassifierMixin, BaseEstimator):
    """A model of MKLpy on one Gaussian kernel of each modality.

    gamma is in units of one over the number of a modality's columns.
    """

    def __init__(self, name, blocks, gamma=1.0, C=1.0, lam=0.1):
        self.name, self.blocks = name, blocks
        self.gamma, self.C, self.lam = gamma, C, lam

    def fit(self, X, y):
        from MKLpy import algorithms

        extra = {"lam": self.lam} if self.name == "EasyMKL" else {}
        model = getattr(algorithms, self.name)(learner=SVC(C=self.C), **extra)
        self.rows_, self.classes_ = X, np.unique(y)
        self.model_ = model.fit(self._grams(X), y)
        return self

    def predict(self, X):
        return np.asarray(self.model_.predict(self._grams(X)))

    def _grams(self, X):
        pairs = ((X[:, c], self.rows_[:, c]) for c in self.blocks.values())
        return [rbf_kernel(A, B, gamma=self.gamma / A.shape[1]) for A, B in pairs]


def mkl_names():
    """Return the names of MKLpy's models, none if it is not installed."""
    return list(MKL) if importlib.util.find_spec("MKLpy") else []


def without(X, blocks, y, model):
    """Return the accuracies of a model that sees zeros, the training means."""
    lost = (replaced(X, block, 0.0) for block in blocks.values())
    return [model.score(view, y) for view in (X, *lost)]


def split_scores(data, train, test, mkl):
    """Return {model: (clean accuracy, worst accuracy)}, and our choice."""
    X, y, blocks = data
    scaler = StandardScaler().fit(X[train])
    A, B = (np.nan_to_num(scaler.transform(X[i])) for i in (train, test))
    model, best = fit_ours(A, y[train], blocks)
    found = {"ours": with_and_without(model, B, y[test])}
    theirs = {"SVC-RBF": fit_svc(A, y[train])}
    for name in mkl:
        search = GridSearchCV(OnKernels(name, blocks), MKL[name], cv=3)
        theirs[name] = search.fit(A, y[train])
    for name, peer in theirs.items():
        found[name] = without(B, blocks, y[test], peer)
    return {name: (row[0], min(row[1:])) for name, row in found.items()}, best


def accuracy_rows(directory, mkl):
    sets, means = load_sets(directory), []
    names = ["ours", "SVC-RBF", *mkl]
    print(f"{'':<16}" + "".join(f"{name:^18}" for name in names) + "  chosen by ours")
    print(f"{'':<16}" + f"{'clean':>9}{'worst':>7}  " * len(names))

    def show(label, table, note=""):
        cells = (f"{clean:>9.3f}{worst:>7.3f}  " for clean, worst in table)
        print(f"{label:<16}" + "".join(cells), note, flush=True)

    for label in (label for label in NAMES if label in sets):
        X, y, _ = sets[label]
        tables = []
        splits = StratifiedShuffleSplit(5, test_size=0.5, random_state=0)
        for train, test in splits.split(X, y):
            scores, best = split_scores(sets[label], train, test, mkl)
            tables.append([scores[name] for name in names])
            show("", tables[-1], best)
        means.append(np.mean(tables, axis=0))
        show(label, means[-1])
    show("mean", np.mean(means, axis=0))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--cpu", action="store_true", help="processor time")
    parser.add_argument("--memory", type=int, metavar="N", help="only peak memory")
    parser.add_argument("--width", type=int, default=100, help="columns, for --memory")
    parser.add_argument("--accuracy", action="store_true", help="only accuracy")
    parser.add_argument("--mkl", action="store_true", help="MKLpy's models too")
    parser.add_argument(
        "--data", type=Path, default=Path("."), help="folder of further data sets"
    )
    options = parser.parse_args()
    warnings.filterwarnings("ignore", "The ambiguity set is so large")
    if options.memory:  # in a process of its own: the peak is not undone
        return memory_row(options.memory, options.width)
    if options.accuracy:
        mkl = [] if not options.mkl else mkl_names()
        return accuracy_rows(options.data, mkl)
    clock = time.process_time if options.cpu else time.perf_counter
    time_rows(2_000, 3 if options.quick else 7, clock)
    if not options.quick:
        time_rows(5_000, 3, clock)
    rank_rows(500 if options.quick else 2_000, clock)


if __name__ == "__main__":
    sys.exit(main())
