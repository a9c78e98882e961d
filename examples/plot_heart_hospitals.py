"""
Train on three hospitals, predict at the fourth
===============================================

Patients of four hospitals, five modalities, and whole modalities that some hospitals
did not record. A model for a hospital it has never seen meets other prevalences, other
covariates and other gaps than in training.

Each hospital is left out in turn. Among the other three, a grid search that again
leaves out one hospital at a time picks, by log loss, the radius of the chi-square set
for `DROClassifier`, and in the same way the penalty of `LogisticRegression`. Both get
the same encoded modalities. The split matters: folds drawn at random have no shift
between them, and a search over them prefers a radius near zero.

Run it with ``python examples/plot_heart_hospitals.py``; the table is printed and the
picture is saved as ``heart_hospitals.png``.
"""

import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skmmdro import DROClassifier
from skmmdro.ambiguity import ChiSquare
from skmmdro.compose import make_multimodal_pipeline
from skmmdro.datasets import load_heart_hospitals

CATEGORIES = {
    "clinic__cp",
    "resting_ecg__restecg",
    "exercise_test__slope",
    "imaging__thal",
}
GRIDS = {
    "LogisticRegression": {"logisticregression__C": [0.01, 0.1, 1.0, 10.0, 100.0]},
    "DROClassifier": {
        "droclassifier__ambiguity__radius": [0.0, 0.01, 0.03, 0.1, 0.3],
    },
}
SCORES = {"accuracy": accuracy_score, "balanced": balanced_accuracy_score}


def make_encoder(columns):
    """Impute and scale numbers, impute and one-hot encode category codes."""
    numbers = [c for c in columns if c not in CATEGORIES]
    codes = [c for c in columns if c in CATEGORIES]
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"),
                OneHotEncoder(
                    handle_unknown="ignore", drop="if_binary", sparse_output=False
                ),
            ),
            codes,
        ),
    )


def make_models(heart):
    """Return pipelines that differ in their last step only."""
    columns = {
        name: [c for c in heart.data.columns if c.startswith(f"{name}__")]
        for name in heart.modalities
    }
    parts = [(name, make_encoder(names), names) for name, names in columns.items()]
    return {
        "LogisticRegression": make_multimodal_pipeline(
            *parts, estimator=LogisticRegression(max_iter=1000)
        ),
        "DROClassifier": make_multimodal_pipeline(
            *parts, estimator=DROClassifier(ChiSquare())
        ),
    }


def leave_one_hospital_out(heart):
    """Return {model: [(score by name, chosen parameter) for each hospital]}."""
    results = {name: [] for name in GRIDS}
    splits = LeaveOneGroupOut().split(heart.data, heart.target, heart.site)
    for train, test in splits:
        X, y = heart.data.iloc[train], heart.target.iloc[train]
        X_test, y_test = heart.data.iloc[test], heart.target.iloc[test]
        for name, model in make_models(heart).items():
            search = GridSearchCV(
                model,
                GRIDS[name],
                cv=LeaveOneGroupOut(),
                scoring="neg_log_loss",
                n_jobs=2,
            )
            search.fit(X, y, groups=heart.site[train])
            prediction = search.predict(X_test)
            scores = {key: f(y_test, prediction) for key, f in SCORES.items()}
            scores["log loss"] = log_loss(y_test, search.predict_proba(X_test))
            results[name].append((scores, next(iter(search.best_params_.values()))))
    return results


def print_table(heart, results):
    keys = [*SCORES, "log loss"]
    print(f"{'left out':<15}{'model':<20}{'parameter':>10}", *(f"{k:>9}" for k in keys))
    for i, site in enumerate(heart.site_names):
        for name, rows in results.items():
            scores, parameter = rows[i]
            cells = (f"{scores[key]:>9.3f}" for key in keys)
            print(f"{site:<15}{name:<20}{parameter:>10g}", *cells)
    for name, rows in results.items():
        means = (f"{np.mean([row[0][key] for row in rows]):>9.3f}" for key in keys)
        print(f"{'mean':<15}{name:<20}{'':>10}", *means)


def plot(heart, results, path):
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), constrained_layout=True)
    labels = [*heart.site_names, "mean"]
    labels = [name.replace("_", "\n", 1).replace("_", " ") for name in labels]
    styles = {
        "LogisticRegression": {"color": "0.75", "hatch": "//"},
        "DROClassifier": {"color": "#0072B2"},
    }
    for axis, key in zip(axes, ("accuracy", "log loss"), strict=True):
        for shift, (name, rows) in zip((-0.2, 0.2), results.items(), strict=True):
            values = [row[0][key] for row in rows]
            values.append(np.mean(values))
            bars = axis.bar(
                np.arange(len(labels)) + shift,
                values,
                width=0.38,
                label=name,
                edgecolor="black",
                **styles[name],
            )
            axis.bar_label(bars, fmt="%.2f", fontsize=8, padding=1)
        axis.set_xticks(range(len(labels)), labels)
        axis.set_title(f"{key} at the hospital left out", fontsize=11)
        axis.margins(y=0.12)
    axes[0].set_ylabel("higher is better")
    axes[1].set_ylabel("lower is better")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2, fontsize=10)
    figure.savefig(path, dpi=120)


def main(path="heart_hospitals.png"):
    heart = load_heart_hospitals(as_frame=True)
    with warnings.catch_warnings():
        # the largest radii of the grid are meant to be too large
        warnings.filterwarnings("ignore", "The ambiguity set is so large")
        results = leave_one_hospital_out(heart)
        print_table(heart, results)
        model = make_models(heart)["DROClassifier"].fit(heart.data, heart.target)
    fitted = model[-1]
    print(
        f"\nDefault radius, all hospitals: joint radius {fitted.joint_radius_:.2f}; "
        f"merged columns would need {fitted.early_fusion_radius_:.2f}."
    )
    plot(heart, results, path)
    print(f"Saved {path}.")


if __name__ == "__main__":
    main()
