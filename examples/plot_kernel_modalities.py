"""
One kernel per modality, and what each contributes
==================================================

Handwritten digits in six views of the same image: Fourier coefficients, profile
correlations, Karhunen-Loeve coefficients, pixels, Zernike moments and six morphological
features. A kernel model adds up one function per view, so that a prediction can be read
view by view and a view that is missing adds nothing.

Three models predict new images, with all views and without each of them: a support
vector classifier on the merged columns, the kernel model, and the kernel model that is
fitted for the worst case over which view is missing.

Run it with ``python examples/plot_kernel_modalities.py``; the tables are printed and
the picture is saved as ``kernel_modalities.png``.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmmdro import KernelDROClassifier
from skmmdro.ambiguity import ChiSquare, ModalityLoss
from skmmdro.datasets import load_handwritten_views

STYLES = {
    "SVC": {"color": "0.7", "marker": "s"},
    "kernel": {"color": "#0072B2", "marker": "o"},
    "kernel, views lost": {"color": "#E69F00", "marker": "^"},
}


def fit_models(X, y, modalities):
    shared = {
        "modalities": modalities,
        # few numbers, far from normal: a kernel of each column alone
        "kernel": dict.fromkeys(modalities, "rbf") | {"morphology": "additive"},
        "gamma": "median",
        "rank": 100,
        "alpha": 1e-4,
    }
    return {
        "SVC": SVC(C=10).fit(X, y),
        "kernel": KernelDROClassifier(ChiSquare(0.01), **shared).fit(X, y),
        "kernel, views lost": KernelDROClassifier(ModalityLoss(), **shared).fit(X, y),
    }


def accuracies(models, X, y, modalities):
    """Return {model: [accuracy with all views, then without each]}."""
    table = {name: [model.score(X, y)] for name, model in models.items()}
    for columns in modalities.values():
        lost = X.copy()
        lost[:, columns] = np.nan  # adds nothing to a kernel model
        for name, model in models.items():
            # an SVC takes numbers only: zero is the training mean
            seen = np.nan_to_num(lost) if name == "SVC" else lost
            table[name].append(model.score(seen, y))
    return table


def contributions(model, X, y):
    """Return how much each view speaks for the true digit, (n_digits, n_views).

    The score of the true digit above the mean score of all digits, averaged over the
    images of a digit.
    """
    scores = model.modality_scores(X)[:, :-1]  # the last one is the intercept
    margin = scores[np.arange(len(y)), :, y] - scores.mean(axis=2)
    return np.array([margin[y == digit].mean(axis=0) for digit in np.unique(y)])


def plot(names, table, margin, path):
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10, 3.8), width_ratios=[1.1, 1], layout="constrained"
    )
    left.imshow(margin.T, cmap="Greys", aspect="auto", vmin=0)
    for (digit, k), value in np.ndenumerate(margin):
        value = round(value, 1) + 0.0  # no -0.0
        color = "white" if value > 0.6 * margin.max() else "black"
        place = {"ha": "center", "va": "center", "fontsize": 9}
        left.text(digit, k, f"{value:.1f}", color=color, **place)
    left.set_xticks(range(10))
    left.set_yticks(range(len(names)), names)
    left.set_xlabel("digit")
    left.set_title("how much a view speaks for the true digit", fontsize=11)
    labels = ["all views", *(f"no {name}" for name in names)]
    for k, (name, values) in enumerate(table.items()):
        # side by side, so that no mark hides another
        rows = np.arange(len(labels)) + 0.22 * (k - 1)
        right.plot(
            values, rows, linestyle="", ms=7, mec="black", label=name, **STYLES[name]
        )
    right.set_yticks(range(len(labels)), labels)
    right.invert_yaxis()
    right.grid(axis="x", alpha=0.4)
    right.set_xlabel("accuracy on new images")
    handles, texts = right.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside upper right", ncols=3, fontsize=10)
    figure.savefig(path, dpi=120)


def main(path="kernel_modalities.png"):
    data = load_handwritten_views()
    X, X_test, y, y_test = train_test_split(
        data.data.astype(float),
        data.target,
        train_size=500,
        random_state=0,
        stratify=data.target,
    )
    scaler = StandardScaler().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    names = list(data.modalities)
    models = fit_models(X, y, data.modalities)
    table = accuracies(models, X_test, y_test, data.modalities)
    print(f"{'accuracy':<20}{'all':>7}", *(f"{'no ' + n[:8]:>12}" for n in names))
    for name, values in table.items():
        print(f"{name:<20}{values[0]:>7.3f}", *(f"{v:>12.3f}" for v in values[1:]))
    model = models["kernel"]
    print(f"\n{'view':<12}{'gamma':>10}{'||f||':>8}{'contribution':>14}")
    margin = contributions(model, X_test, y_test)
    for k, name in enumerate(names):
        gamma = np.mean(model.gamma_[name])
        norm = model.modality_norms_[name]
        print(f"{name:<12}{gamma:>10.4f}{norm:>8.2f}{margin[:, k].mean():>14.2f}")
    plot(names, table, margin, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    main()
