"""Fit time of every ambiguity set over plain scikit-learn models of equal penalty.

One run prints two tables: every registered set with the log loss over
LogisticRegression (lbfgs), with its default tolerance and with tol=1e-7, which is about
as accurate as ours; and the hinge with the chi-square set over LinearSVC. Fits
alternate; medians of single fits are compared, so look at the ratios.

    OMP_NUM_THREADS=1 python benchmarks/bench_sets.py [--quick] [--cpu]
"""

import argparse
import sys
import time
import warnings
from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from skmmdro import DROClassifier
from skmmdro.ambiguity import (
    REGISTRY,
    ChiSquare,
    CVaR,
    Domains,
    ModalityLoss,
    Wasserstein,
)

ALPHA = 1e-3
N_MODALITIES, N_DOMAINS = 4, 5


def make_data(n_samples, n_features, rng):
    """Correlated features, about 90 % of the labels predictable."""
    mix = np.eye(n_features) + 0.3 * rng.standard_normal((n_features, n_features)) / (
        n_features**0.5
    )
    X = rng.standard_normal((n_samples, n_features)) @ mix
    coef = rng.standard_normal(n_features) / n_features**0.5
    return X, (6 * X @ coef + rng.logistic(size=n_samples) > 0).astype(int)


def make_sets():
    """Every registered set with its defaults, then settings worth their own row."""
    sets = {alias: cls() for alias, cls in sorted(REGISTRY.items())}
    sets["chi2, radius 0.01"] = ChiSquare(0.01)
    sets["cvar, level 0.9"] = CVaR(0.9)
    sets["modality_loss, level 0.5"] = ModalityLoss(level=0.5)
    sets["wasserstein, linf"] = Wasserstein(0.02, norm="linf")
    sets["wasserstein, l1"] = Wasserstein(0.02, norm="l1")
    sets["wasserstein, joint"] = Wasserstein(0.02, coupling="joint")
    sets["chi2 + modality_loss"] = ChiSquare(0.01) + ModalityLoss()
    sets["wasserstein + domains"] = Wasserstein() + Domains()
    return sets


def seconds_of(fit, clock):
    start = clock()
    fit()
    return clock() - start


def compare(fits, repeats, clock):
    """Return the median seconds of fits, which alternate; the first round warms up."""
    times = [[seconds_of(fit, clock) for fit in fits] for _ in range(repeats + 1)]
    return np.median(times[1:], axis=0)


def row(name, model, fit, bases, X, y, repeats, clock):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fits = [fit, *(partial(base.fit, X, y) for base in bases)]
        seconds, *plain = compare(fits, repeats, clock)
    notes = {str(warning.message).split(" ")[1] for warning in caught}
    note = {
        "solver": "not converged",
        "ambiguity": "constant",
        "failed": "baseline not converged",
    }
    print(
        f"{name:<28}{seconds * 1e3:>9.1f}",
        *(f"{seconds / base:>9.2f}" for base in plain),
        f"{model.objective_:>12.7f}{model.dual_gap_:>10.1e}{model.n_iter_:>6d}",
        *sorted(note.get(n, n) for n in notes),
        flush=True,
    )


def log_loss_rows(rng, shape, repeats, clock):
    X, y = make_data(*shape, rng)
    domains = rng.integers(0, N_DOMAINS, len(y))
    widths = [shape[1] // N_MODALITIES] * N_MODALITIES
    bases = [LogisticRegression(C=1 / (ALPHA * len(y)), tol=t) for t in (1e-4, 1e-7)]
    for name, ambiguity in make_sets().items():
        model = DROClassifier(ambiguity, modalities=widths, alpha=ALPHA)
        row(
            name,
            model,
            partial(model.fit, X, y, domains=domains),
            bases,
            X,
            y,
            repeats,
            clock,
        )


def hinge_rows(rng, shape, repeats, clock):
    X, y = make_data(*shape, rng)
    base = LinearSVC(loss="hinge", C=1 / (ALPHA * len(y)))  # its defaults
    for name, ambiguity in {
        "hinge, radius 0": ChiSquare(0.0),
        "hinge, chi2 0.1": ChiSquare(0.1),
    }.items():
        model = DROClassifier(ambiguity, loss="hinge", alpha=ALPHA)
        row(name, model, partial(model.fit, X, y), [base], X, y, repeats, clock)
    margin = np.where(y == 1, 1, -1) * base.decision_function(X)
    value = np.maximum(0, 1 - margin).mean() + 0.5 * ALPHA * np.sum(base.coef_**2)
    print(f"{'LinearSVC, objective':<54}{value:>12.7f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--cpu", action="store_true", help="processor time")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    rng = np.random.default_rng(0)
    shapes = (
        [(1_000, 40), (2_000, 40)] if options.quick else [(5_000, 100), (20_000, 100)]
    )
    end = f"{'objective':>13}{'gap':>10}{'steps':>6}"
    heads = [
        f"{'ours ms':>9}{'ratio':>10}{'tol=1e-7':>10}",
        f"{'ours ms':>9}{'ratio':>10}",
    ]
    for shape, rows, repeats, head in zip(
        shapes, (log_loss_rows, hinge_rows), (5, 3), heads, strict=True
    ):
        print(f"{shape!s:<28}{head}{end}")
        rows(rng, shape, repeats, clock)


if __name__ == "__main__":
    sys.exit(main())
