"""Fit time of the linear estimators over LogisticRegression, and of the reference.

One run prints one table. Every row compares models of equal penalty on the same data,
interleaved, and gives medians of single fits; ratios are what to look at. Binary rows
have LogisticRegression twice: with tol=1e-7, which is as exact as our fits, and with
its default. Objective errors, relative to the best one found, are printed below.

    python benchmarks/bench_linear.py [--quick] [--memory] [--cpu]

With --cpu processor time is measured instead of elapsed time, for a machine that does
other things too; then set OMP_NUM_THREADS=1, or waiting threads are counted as work.
"""

import argparse
import resource
import sys
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from skmmdro import DROClassifier
from skmmdro.ambiguity import ChiSquare
from skmmdro.datasets import load_handwritten_views

ALPHA = 1e-3
N_MODALITIES = 4
CLOCK = {"elapsed": time.perf_counter, "cpu": time.process_time}
SIZES = ((1_000, 50), (5_000, 100), (20_000, 100), (200_000, 50))


def make_data(n_samples, n_features, rng):
    """Correlated features, about 90 % of the labels predictable."""
    mix = np.eye(n_features) + 0.3 * rng.standard_normal((n_features, n_features)) / (
        n_features**0.5
    )
    X = rng.standard_normal((n_samples, n_features)) @ mix
    coef = rng.standard_normal(n_features) / n_features**0.5
    return X, (6 * X @ coef + rng.logistic(size=n_samples) > 0).astype(int)


def medians(models, X, y, repeats, clock="elapsed"):
    """Return the median seconds of a fit of each model, fits interleaved."""
    now = CLOCK[clock]
    times = [[] for _ in models]
    for _ in range(repeats + 1):
        for model, spent in zip(models, times, strict=True):
            start = now()
            model.fit(X, y)
            spent.append(now() - start)
    return [float(np.median(spent[1:])) for spent in times]  # the first warms up


def mean_loss(model, X, y):
    """Return mean log loss plus penalty: the objective at radius 0."""
    probability = model.predict_log_proba(X)[np.arange(len(y)), y]
    return -probability.mean() + 0.5 * ALPHA * np.sum(model.coef_**2)


def row(name, X, y, ours, theirs, repeats, clock):
    """Time a model and several LogisticRegressions; print seconds and ratios."""
    seconds, *bases = medians([ours, *theirs], X, y, repeats, clock)
    milliseconds = "".join(f"{t * 1e3:>9.1f}" for t in (seconds, *bases))
    ratios = "".join(f"{seconds / base:>8.2f}" for base in bases)
    print(
        f"{name:<56}{milliseconds}{ratios}"
        f"{ours.objective_:>12.7f}{ours.dual_gap_:>10.1e}",
        flush=True,
    )


def binary_rows(rng, quick, clock):
    for n_samples, n_features in SIZES[: 2 if quick else None]:
        X, y = make_data(n_samples, n_features, rng)
        width = n_features // N_MODALITIES
        widths = [width] * (N_MODALITIES - 1)
        widths.append(n_features - sum(widths))
        repeats = 5 if n_samples >= 100_000 else 15
        # with its default tol it stops at errors of 1e-6, ours are below 1e-10
        bases = [
            LogisticRegression(C=1 / (ALPHA * n_samples), tol=tol, max_iter=2000)
            for tol in (1e-7, 1e-4)
        ]
        name = f"({n_samples:,}, {n_features})"
        for label, model in {
            "radius 0": DROClassifier(ChiSquare(0.0), alpha=ALPHA),
            "radius 0.1, one modality": DROClassifier(alpha=ALPHA),
            "radius 0.1, four, coupling estimated": DROClassifier(
                modalities=widths, alpha=ALPHA
            ),
        }.items():
            row(f"{name} {label}", X, y, model, bases, repeats, clock)
        ours = DROClassifier(ChiSquare(0.0), alpha=ALPHA).fit(X, y)
        best = DROClassifier(ChiSquare(0.0), alpha=ALPHA, tol=1e-10).fit(X, y)
        errors = [ours.objective_, *(mean_loss(base, X, y) for base in bases)]
        errors = [abs(value / best.objective_ - 1) for value in errors]
        print(f"{'':<6}objective errors" + "".join(f" {e:.1e}" for e in errors))


def multinomial_rows(repeats, clock):
    data = load_handwritten_views()
    X = (data.data - data.data.mean(0)) / data.data.std(0)
    y, n_samples = data.target, len(data.target)
    best = DROClassifier(ChiSquare(0.0), alpha=ALPHA, tol=1e-8).fit(X, y).objective_
    for label, tol, base_tol in (("loose", 0.2, 1e-4), ("tight", 1e-6, 1e-7)):
        base = LogisticRegression(
            C=1 / (ALPHA * n_samples), tol=base_tol, max_iter=2000
        )
        for kind, ambiguity, modalities in (
            ("radius 0", ChiSquare(0.0), None),
            ("radius 0.1, one modality", ChiSquare(0.1), None),
            ("radius 0.01, six modalities", ChiSquare(0.01), data.modalities),
        ):
            model = DROClassifier(
                ambiguity, modalities=modalities, alpha=ALPHA, tol=tol
            )
            name = f"digits (2,000, 649) x 10 {label}, {kind}"
            row(name, X, y, model, [base], repeats, clock)
        plain = DROClassifier(ChiSquare(0.0), alpha=ALPHA, tol=tol).fit(X, y)
        print(
            f"{'':<6}objective error: ours {plain.objective_ / best - 1:.1e}, "
            f"LogisticRegression {mean_loss(base, X, y) / best - 1:.1e}"
        )


def reference_row(rng, clock):
    X, y = make_data(1_000, 50, rng)
    fast, exact = DROClassifier(), DROClassifier(solver="cvxpy")
    seconds, slow = medians([fast, exact], X, y, 3, clock)
    print(
        f"\ncvxpy reference at (1,000, 50): {slow / seconds:.0f} times slower; "
        f"objectives {fast.objective_:.9f} and {exact.objective_:.9f}"
    )


def memory_row():
    rng = np.random.default_rng(0)
    X = np.empty((1_000_000, 50))
    for block in np.array_split(X, 50):
        block[:] = rng.standard_normal(block.shape)
    y = (X[:, 0] + X[:, 1] + rng.logistic(size=len(X)) > 0).astype(int)
    DROClassifier(ChiSquare(0.02), modalities=[20, 30]).fit(X, y)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"1,000,000 x 50: X {X.nbytes / 1e6:.0f} MB, peak of the whole process "
        f"{peak / 1e6:.0f} MB, {peak / X.nbytes:.2f} times X"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--memory", action="store_true", help="only peak memory")
    parser.add_argument("--cpu", action="store_true", help="measure processor time")
    options = parser.parse_args()
    clock = "cpu" if options.cpu else "elapsed"
    if options.memory:  # in a process of its own: the peak is not undone
        return memory_row()
    warnings.simplefilter("error", ConvergenceWarning)
    rng = np.random.default_rng(0)
    print(
        "milliseconds: ours, LogisticRegression as exact, with its default tol; ratios"
    )
    binary_rows(rng, options.quick, clock)
    multinomial_rows(2 if options.quick else 5, clock)
    reference_row(rng, clock)


if __name__ == "__main__":
    sys.exit(main())
