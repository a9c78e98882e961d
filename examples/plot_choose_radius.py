"""
Choose radii from unlabelled later articles
===========================================

Articles of an online magazine, January to July 2013; the task is to tell whether an
article will be popular. A model is trained on the articles up to April and used from
May on. By May many articles have been published, but nobody knows yet which of them
will be popular. Without labels one can still compare the features:
``estimate_radii`` gives the chi-square radius of each modality. The keywords, running
statistics of earlier articles, have moved out of the range of the training data; the
other modalities hardly moved.

``estimate.ambiguity()`` turns this into an ambiguity set. Modalities get their radius
in a `ModalityShift`, up to 1. The keywords, far beyond it, also get their transport
distance as a `Wasserstein` budget, and the model stops using them.

The penalties of the robust model and of one `LogisticRegression` are chosen in the same
way, by five-fold cross-validation of the accuracy on the training months. Another one
has the default penalty. An earlier split, where the training months end in February, is
shown as well: there the keywords moved too, and leaving them out costs accuracy.
Unlabelled data tell that a modality moved, not whether its relation to the target did.

Run it with ``python examples/plot_choose_radius.py``; the tables are printed and the
picture is saved as ``choose_radius.png``.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import QuantileTransformer

from skmmdro import DROClassifier, ModalityTransformer
from skmmdro.datasets import load_news_popularity
from skmmdro.radius import estimate_radii

SPLITS = {
    "January to April, then May to July": ("2013-05-01", "2013-08-01"),
    "January to February, then March to April": ("2013-03-01", "2013-05-01"),
}
PENALTIES = [1e-5, 1e-4, 1e-3, 1e-2]


def make_encoder(modalities):
    """Map each numeric column to a normal one; the headlines are left out."""
    scale = QuantileTransformer(
        output_distribution="normal", subsample=None, random_state=0
    )
    names = [name for name in modalities if name != "headline"]
    return ModalityTransformer([(name, scale, modalities[name]) for name in names])


def fit_models(X, y, estimate):
    """Return the models, their penalties chosen on the training data."""
    searches = {
        "LogisticRegression, tuned": GridSearchCV(
            LogisticRegression(max_iter=2000),
            {"C": [1 / (len(y) * penalty) for penalty in PENALTIES]},
            n_jobs=2,
        ),
        "DROClassifier": GridSearchCV(
            DROClassifier(estimate.ambiguity()), {"alpha": PENALTIES}, n_jobs=2
        ),
    }
    models = {"LogisticRegression, C=1": LogisticRegression(max_iter=2000).fit(X, y)}
    for name, search in searches.items():
        models[name] = search.fit(X, y).best_estimator_
    return models


def run(news, start, end):
    """Return the estimate, the models, and their accuracies by month of the test."""
    early = news.date < np.datetime64(start)
    late = ~early & (news.date < np.datetime64(end))
    encode = make_encoder(news.modalities)
    X, X_late = (
        encode.fit_transform(news.data[early]),
        encode.transform(news.data[late]),
    )
    estimate = estimate_radii(X, X_late)  # no label of a late article is used
    models = fit_models(X, news.target[early], estimate)
    months = news.date[late].astype("datetime64[M]")
    y_late = news.target[late].to_numpy()
    accuracy = {"share of the larger class": {}}
    for month in [*np.unique(months), None]:
        rows = months == month if month is not None else months == months
        share = y_late[rows].mean()
        accuracy["share of the larger class"][str(month)] = max(share, 1 - share)
    for name, model in models.items():
        right = model.predict(X_late) == y_late
        accuracy[name] = {str(m): right[months == m].mean() for m in np.unique(months)}
        accuracy[name]["None"] = right.mean()
    return estimate, models, accuracy


def print_results(title, estimate, models, accuracy):
    print(f"\n{title}\n{estimate.summary()}\n")
    months = list(accuracy["DROClassifier"])
    heads = ["all" if month == "None" else month for month in months]
    print(f"{'accuracy':<26}", *(f"{head:>8}" for head in heads))
    for name, values in accuracy.items():
        print(f"{name:<26}", *(f"{values[month]:>8.3f}" for month in months))
    model = models["DROClassifier"]
    norms = ", ".join(
        f"{name} {np.linalg.norm(model.coef_[:, columns]):.2f}"
        for name, columns in model.modalities_.items()
    )
    print(f"coefficient norms of the robust model: {norms}")


def plot(estimate, accuracy, path):
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    names = list(estimate.radii)
    radii = np.array([estimate.radii[name] for name in names])
    ends = np.array([[estimate.lower[n], estimate.upper[n]] for n in names]).T
    at = np.arange(len(names))
    axes[0].errorbar(
        radii, at, xerr=np.abs(ends - radii), fmt="o", color="black", capsize=3
    )
    axes[0].axvline(1.0, color="0.5", linestyle="--", linewidth=1)
    axes[0].text(1.3, 5.8, "reweighting ends,\ntransport begins", fontsize=9)
    axes[0].set_xscale("symlog", linthresh=1e-2)
    axes[0].set_xlim(left=0)
    axes[0].set_yticks(at, names)
    axes[0].invert_yaxis()
    axes[0].set_xlabel("chi-square radius from unlabelled\narticles, 95 % interval")
    styles = {
        "share of the larger class": {"color": "white", "hatch": ""},
        "LogisticRegression, C=1": {"color": "0.75", "hatch": "//"},
        "LogisticRegression, tuned": {"color": "0.9", "hatch": ".."},
        "DROClassifier": {"color": "#0072B2", "hatch": ""},
    }
    months = list(accuracy["DROClassifier"])
    for shift, (name, values) in zip(
        (-0.3, -0.1, 0.1, 0.3), accuracy.items(), strict=True
    ):
        heights = [values[month] for month in months]
        bars = axes[1].bar(
            np.arange(len(months)) + shift,
            heights,
            width=0.19,
            label=name,
            edgecolor="black",
            **styles[name],
        )
        axes[1].bar_label(bars, fmt="%.2f", fontsize=8, padding=1, rotation=90)
    heads = ["all" if month == "None" else month for month in months]
    axes[1].set_xticks(range(len(months)), heads)
    axes[1].set_ylim(0.4, 0.67)
    axes[1].set_ylabel("accuracy")
    handles, texts = axes[1].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside upper right", ncols=2, fontsize=10)
    figure.savefig(path, dpi=120)


def main(path="choose_radius.png"):
    news = load_news_popularity(as_frame=True)
    results = {title: run(news, *split) for title, split in SPLITS.items()}
    for title, result in results.items():
        print_results(title, *result)
    estimate, _, accuracy = next(iter(results.values()))
    plot(estimate, accuracy, path)
    print(f"\nSaved {path}.")


if __name__ == "__main__":
    main()
