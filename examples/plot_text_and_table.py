"""
Text and a table that tells nothing
===================================

Does a customer recommend a garment? The review tells it well. The table beside it (age,
department and so on) tells next to nothing, and a modality like that should do no harm.

Reviews are encoded by `text_encoder` (tf-idf of words and pieces of words, reduced by
SVD), the table by `tabular_encoder`. `DROClassifier` is fitted on the text alone, on
the table alone and on both, and so is `LogisticRegression` on the same features. Five
folds, split by garment, so that no garment is in training and test. Each model's
penalty is chosen on the training part of each fold.

Run it with ``python examples/plot_text_and_table.py`` (a few minutes; ``--quick`` takes
2,000 reviews); the table is printed and the picture is saved as ``text_and_table.png``.
"""

import argparse

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold

from skmmdro import DROClassifier, ModalityTransformer
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import tabular_encoder, text_encoder
from skmmdro.datasets import load_clothing_reviews

CHOICES = {"text": ("text",), "table": ("table",), "text and table": ("text", "table")}
MODELS = {
    "LogisticRegression": (
        LogisticRegression(class_weight="balanced", max_iter=1000),
        {"C": [1.0, 10.0, 100.0]},
    ),
    "DROClassifier": (
        DROClassifier(ChiSquare(0.001), class_weight="balanced"),
        {"alpha": [1e-5, 1e-4, 1e-3]},
    ),
}


def make_encoder(frame):
    columns = {
        name: [c for c in frame.columns if c.startswith(f"{name}__")]
        for name in ("text", "table")
    }
    return ModalityTransformer(
        [
            ("text", text_encoder(100), columns["text"]),
            ("table", tabular_encoder(), columns["table"]),
        ]
    )


def evaluate(reviews):
    """Return {(model, modalities): balanced accuracy of each fold}."""
    scores = {}
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    splits = folds.split(reviews.data, reviews.target, reviews.clothing_id)
    for train, test in splits:
        y_train, y_test = reviews.target.iloc[train], reviews.target.iloc[test]
        encode = make_encoder(reviews.data)
        # encoded once for all models: rows of Z keep their modalities
        Z_train = encode.fit_transform(reviews.data.iloc[train])
        Z_test = encode.transform(reviews.data.iloc[test])
        for modalities, names in CHOICES.items():
            columns = [c for c in Z_train.columns if c.startswith(names)]
            for name, (model, grid) in MODELS.items():
                search = GridSearchCV(model, grid, scoring="balanced_accuracy", cv=3)
                search.fit(Z_train[columns], y_train)
                score = balanced_accuracy_score(y_test, search.predict(Z_test[columns]))
                scores.setdefault((name, modalities), []).append(score)
    return {key: np.array(values) for key, values in scores.items()}


def print_table(scores):
    print(f"{'balanced accuracy':<20}", *(f"{name:>16}" for name in CHOICES))
    for model in MODELS:
        cells = [scores[model, modalities] for modalities in CHOICES]
        print(f"{model:<20}", *(f"{c.mean():>9.3f} ±{c.std():.3f}" for c in cells))
        change = scores[model, "text and table"] - scores[model, "text"]
        print(f"{'':<20} adding the table: {100 * change.mean():+.2f} points")


def plot(scores, path):
    figure, axis = plt.subplots(figsize=(6.5, 3.6), constrained_layout=True)
    styles = {
        "LogisticRegression": {"color": "0.75", "hatch": "//"},
        "DROClassifier": {"color": "#0072B2"},
    }
    places = np.arange(len(CHOICES))
    for shift, model in zip((-0.2, 0.2), MODELS, strict=True):
        values = [scores[model, modalities] for modalities in CHOICES]
        bars = axis.bar(
            places + shift,
            [v.mean() for v in values],
            yerr=[v.std() for v in values],
            width=0.38,
            edgecolor="black",
            label=model,
            **styles[model],
        )
        axis.bar_label(bars, fmt="%.3f", fontsize=9, padding=2)
    axis.axhline(0.5, color="black", linewidth=0.8, linestyle=":")
    beside = axis.get_yaxis_transform()
    axis.text(1.01, 0.5, "guessing", fontsize=9, va="center", transform=beside)
    axis.set_ylim(0.4, 1.0)
    axis.set_xticks(places, CHOICES)
    axis.set_ylabel("balanced accuracy, five folds")
    axis.legend(loc="upper center", fontsize=10, ncols=2)
    figure.savefig(path, dpi=120)


def main(path="text_and_table.png", n=None):
    scores = evaluate(load_clothing_reviews(n, as_frame=True))
    print_table(scores)
    plot(scores, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="2,000 reviews only")
    main(n=2000 if parser.parse_args().quick else None)
