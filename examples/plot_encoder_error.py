"""
Encoders that get worse after deployment
========================================

Text, image and table, all clean in training. After deployment the image encoder is off
by noise of growing size, and the image features also shift a little. Its root mean
square error e is known. Two models are told:

- "by modality": `ChiSquare` with one radius per modality, and e for the image alone;
- "early fusion": the merged columns as a single modality, with the radius that this
  needs for the same protection and with the error e, since it cannot say whose it is.

`LogisticRegression` is told nothing. The dotted lines are the bounds that the two
robust models state before they see any test sample: worst-case loss over the set, plus
what the encoder can do (see the guide on encoder error).

Run it with ``python examples/plot_encoder_error.py``; the table is printed and the
picture is saved as ``encoder_error.png``.
"""

import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from skmmdro import DROClassifier
from skmmdro.ambiguity import ChiSquare
from skmmdro.datasets import make_multimodal_classification

NOISES = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
WIDTH = 5
RADIUS = 0.003
N_SEEDS = 5
POPULATION = {
    "modality_names": ("text", "image", "table"),
    "widths": (WIDTH,) * 3,
    "correlation": 0.3,
}
STYLES = {
    "LogisticRegression": {"color": "#000000", "marker": "s", "linestyle": "-."},
    "early fusion": {"color": "#D55E00", "marker": "^", "linestyle": "--"},
    "by modality": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
}


def make_models(train, error):
    """Return unfitted models; `error` is the encoder error of the image."""
    by_modality = ChiSquare(
        RADIUS, encoder_error={"text": 0.0, "image": error, "table": 0.0}
    )
    # three radii r with any coupling need (3 sqrt(r))^2 for the merged columns
    merged = ChiSquare(9 * RADIUS, encoder_error=error)
    return {
        "LogisticRegression": LogisticRegression(C=1.0, max_iter=1000),
        "early fusion": DROClassifier(merged),
        "by modality": DROClassifier(by_modality, modalities=train.modalities),
    }


def stated_bound(model):
    """Objective without the square penalty, nan for models that state nothing."""
    if not hasattr(model, "objective_"):
        return np.nan
    return model.objective_ - model.alpha / 2 * np.sum(model.coef_**2)


def simulate():
    """Return {model: array (n_noises, n_seeds, 3)}: accuracy, log loss, bound."""
    shape = len(NOISES), N_SEEDS, 3
    results = {name: np.empty(shape) for name in STYLES}
    for i, noise in enumerate(NOISES):
        for seed in range(N_SEEDS):
            common = {**POPULATION, "population_state": seed}
            train = make_multimodal_classification(1000, random_state=seed, **common)
            test = make_multimodal_classification(
                20_000,
                noise={"image": noise},
                shift={"image": 0.05},
                random_state=100 + seed,
                **common,
            )
            # each of WIDTH columns is off by noise N(0, 1)
            for name, model in make_models(train, noise * WIDTH**0.5).items():
                model.fit(train.data, train.target)
                loss = log_loss(test.target, model.predict_proba(test.data))
                accuracy = model.score(test.data, test.target)
                results[name][i, seed] = accuracy, loss, stated_bound(model)
    return results


def print_table(results):
    print(f"{'noise':>6}", *(f"{name:>30}" for name in results))
    print(f"{'':>6}", *(f"{'accuracy':>12}{'loss':>9}{'bound':>9}" for _ in results))
    for i, noise in enumerate(NOISES):
        cells = []
        for values in results.values():
            accuracy, loss, bound = values[i].mean(axis=0)
            stated = "none" if np.isnan(bound) else f"{bound:.3f}"
            cells.append(f"{accuracy:>12.3f}{loss:>9.3f}{stated:>9}")
        print(f"{noise:>6}", *cells)


def plot(results, path):
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), constrained_layout=True)
    for name, values in results.items():
        mean = values.mean(axis=1)
        axes[0].plot(NOISES, mean[:, 0], label=name, **STYLES[name])
        axes[1].plot(NOISES, mean[:, 1], label=name, **STYLES[name])
        if np.isfinite(mean[:, 2]).all():
            style = STYLES[name] | {"linestyle": ":", "markerfacecolor": "white"}
            axes[1].plot(NOISES, mean[:, 2], label=f"{name}, bound", **style)
    axes[0].set_ylabel("accuracy")
    axes[1].set_ylabel("log loss")
    for axis in axes:
        axis.set_xlabel("noise of each image feature at test time")
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=9)
    figure.savefig(path, dpi=120)


def main(path="encoder_error.png"):
    with warnings.catch_warnings():
        # early fusion becomes constant at large errors, which is the point
        warnings.filterwarnings("ignore", "The ambiguity set is so large")
        results = simulate()
    print_table(results)
    plot(results, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    main()
