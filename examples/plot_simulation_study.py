"""
Simulation: shifts of several modalities, bounds and measured risks
===================================================================

Three modalities with a Gaussian copula. In the test data every modality has moved,
while copula and labels given features stay as they are. The study follows the
experiments of Yang and Ma (2025, arXiv:2511.05716) and asks

1. how the test error grows with the size of the shift,
2. how that depends on the correlation of the modalities,
3. what encoder noise does, in training and test data,

for four models: empirical risk minimisation (ERM), early fusion (the comonotone radius,
which merged columns need), the coupled radius, and the structured set that tilts each
modality. Next to the measured errors stand the certificates of the coupled model, with
the radii of the true shift: the bound with the estimated coupling, and that of early
fusion. The linear model is right here, so that no model has to gain from robustness;
the study shows what it costs and whether the bounds hold.

Run it with ``python examples/plot_simulation_study.py [n_seeds]``; the table is printed
and the picture is saved as ``simulation_study.png``.
"""

import sys
import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed

from skmmdro import DROClassifier
from skmmdro.ambiguity import ChiSquare, ModalityShift
from skmmdro.certificates import risk_certificate
from skmmdro.datasets import make_multimodal_classification

N_TRAIN, N_HELD_OUT, N_TEST = 500, 1000, 4000
WIDTHS = (5, 5, 5)
NAMES = ("m0", "m1", "m2")
RADIUS = 0.02  # of each modality, in training
SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0)
CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
NOISES = (0.0, 0.5, 1.0, 2.0)
STYLES = {
    "ERM": {"color": "#000000", "marker": "o", "linestyle": "-"},
    "early fusion": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    "coupled": {"color": "#0072B2", "marker": "^", "linestyle": "-."},
    "structured": {"color": "#009E73", "marker": "D", "linestyle": ":"},
    "coupled bound": {"color": "0.45", "marker": "v", "linestyle": "-"},
    "early-fusion bound": {"color": "0.45", "marker": "x", "linestyle": "--"},
}


def make_sets():
    """Return the ambiguity set of each model."""
    return {
        "ERM": ChiSquare(0.0),
        "early fusion": ChiSquare(RADIUS, coupling="comonotone"),
        "coupled": ChiSquare(RADIUS),
        "structured": ModalityShift(RADIUS),
    }


def draw(n_samples, seed, correlation, noise, shift=0.0):
    data = make_multimodal_classification(
        n_samples,
        widths=WIDTHS,
        correlation=correlation,
        noise=noise,
        shift=dict.fromkeys(NAMES, shift),
        random_state=seed,
    )
    return data.data, data.target, data.modalities


def run(seed, correlation, noise, shifts):
    """Return one row for each shift: test errors of the models, and the bounds."""
    X, y, parts = draw(N_TRAIN, 3 * seed, correlation, noise)
    with warnings.catch_warnings():
        # early fusion may be so cautious that its model is constant
        warnings.filterwarnings("ignore", "The ambiguity set .*so large")
        models = {
            name: DROClassifier(ambiguity, modalities=parts).fit(X, y)
            for name, ambiguity in make_sets().items()
        }
    held_out = draw(N_HELD_OUT, 3 * seed + 1, correlation, noise)[:2]
    rows = []
    for shift in shifts:
        test = draw(N_TEST, 3 * seed + 2, correlation, noise, shift)[:2]
        row = {name: 1 - model.score(*test) for name, model in models.items()}
        # the divergence of the factors, which is at least that of the columns
        true_radii = ChiSquare(float(np.expm1(shift**2)))
        certificate = risk_certificate(models["coupled"], *held_out, true_radii)
        row["coupled bound"] = certificate.upper_bound
        row["early-fusion bound"] = certificate.early_fusion_bound
        rows.append(row)
    return rows


def study(n_seeds):
    """Return {experiment: (name of the axis, values, errors)}.

    The errors have shape (n_seeds, n_values) and are given by model or bound.
    """
    plans = {
        "size of the shift": [(0.5, 0.0, SHIFTS)],
        "correlation": [(c, 0.0, (0.5,)) for c in CORRELATIONS],
        "encoder noise": [(0.5, e, (0.5,)) for e in NOISES],
    }
    values = {
        "size of the shift": SHIFTS,
        "correlation": CORRELATIONS,
        "encoder noise": NOISES,
    }
    results = {}
    for name, settings in plans.items():
        rows = Parallel(n_jobs=2)(
            delayed(run)(seed, *setting)
            for seed in range(n_seeds)
            for setting in settings
        )
        flat = [row for part in rows for row in part]
        table = {
            key: np.array([row[key] for row in flat]).reshape(n_seeds, -1)
            for key in STYLES
        }
        results[name] = (values[name], table)
    return results


def print_tables(results):
    for name, (values, table) in results.items():
        print(f"\nTest error against {name}, mean (standard deviation over seeds)")
        print(f"{'':<20}", *(f"{value:>14g}" for value in values))
        for key, errors in table.items():
            cells = zip(errors.mean(0), errors.std(0), strict=True)
            print(f"{key:<20}", *(f"{m:>6.3f} ({s:.3f})" for m, s in cells))
    bounds, errors, fusion = (
        np.concatenate([table[key].ravel() for _, table in results.values()])
        for key in ("coupled bound", "coupled", "early-fusion bound")
    )
    print(
        f"\nThe coupled bound holds in {100 * np.mean(bounds >= errors):.1f} % of the"
    )
    print(f"{len(bounds)} simulated shifts; its largest excess over the early-fusion")
    print(f"bound is {np.max(bounds - fusion):.3f}.")


def plot(results, path):
    figure, axes = plt.subplots(2, 3, figsize=(10, 6.2), layout="constrained")
    titles = {
        "size of the shift": "all modalities moved by s",
        "correlation": "moved by 0.5",
        "encoder noise": "moved by 0.5, noise in all",
    }
    # the models are alike, so their errors have a row and scales of their own
    bounds = ("coupled bound", "early-fusion bound", "coupled")
    for column, (name, (values, table)) in enumerate(results.items()):
        width = values[-1] - values[0]
        for k, key in enumerate(make_sets()):
            at = np.add(values, 0.015 * (k - 1.5) * width)  # side by side
            draw_line(axes[0, column], at, table, key)
        for key in bounds:
            draw_line(axes[1, column], values, table, key)
        axes[0, column].set_title(titles[name], fontsize=11)
        axes[1, column].set_ylim(0, 1.05)
        axes[1, column].set_xlabel(f"{name}{' s' if 'shift' in name else ''}")
    axes[0, 0].set_ylabel("error rate")
    axes[1, 0].set_ylabel("error rate and its bounds")
    handles = {
        text: handle
        for axis in (axes[0, 0], axes[1, 0])
        for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(), handles, loc="outside upper center", ncols=3, fontsize=10
    )
    figure.savefig(path, dpi=120)


def draw_line(axis, values, table, key):
    """Draw the mean over seeds, with bars of one standard deviation."""
    errors = table[key]
    axis.errorbar(
        values,
        errors.mean(0),
        yerr=errors.std(0),
        label=key,
        capsize=2,
        markersize=5,
        **STYLES[key],
    )
    axis.grid(alpha=0.3)


def main(n_seeds=20, path="simulation_study.png"):
    results = study(n_seeds)
    print_tables(results)
    plot(results, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
