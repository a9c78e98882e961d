"""Tables of bench_real_data.py in which the data shift by nature."""

import numpy as np
from _real_data import (
    WithoutBlock,
    accuracy,
    logistic,
    read,
    replaced,
    robust,
    search,
)
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    LeaveOneGroupOut,
    RepeatedStratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skmmdro import DROClassifier
from skmmdro.ambiguity import Domains, ModalityLoss, Wasserstein
from skmmdro.compose import ModalityImputer, ModalityTransformer
from skmmdro.datasets import load_heart_hospitals

CODES = {
    "clinic__cp",
    "resting_ecg__restecg",
    "exercise_test__slope",
    "imaging__thal",
}


# heart: domains and missing modalities


def with_indicators(columns):
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )


def one_hot(columns):
    numbers = [c for c in columns if c not in CODES]
    codes = [c for c in columns if c in CODES]
    levels = OneHotEncoder(
        handle_unknown="ignore", drop="if_binary", sparse_output=False
    )
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), levels), codes),
    )


def heart_models():
    """Return {name: (estimator, grid)}; all tuned ones have 18 candidates."""
    alphas = {"alpha": np.logspace(-4, 0, 18)}
    budgets = {
        "alpha": [1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1],
        "ambiguity__transport__radius": [0.0, 0.01, 0.03],
    }
    loss = ModalityLoss(level=0.5)
    models = {
        "LogisticRegression, default": (logistic(), {"C": [1.0]}),
        "LogisticRegression, tuned": (logistic(), {"C": np.logspace(-3, 2, 18)}),
    }
    for name, ambiguity, grid in (
        ("ModalityLoss", loss, alphas),
        ("Domains", Domains(), alphas),
        ("Domains + ModalityLoss", Domains() + loss, alphas),
        ("the same + Wasserstein", Domains() + loss + Wasserstein(), budgets),
    ):
        models[name] = robust(ambiguity).set_fit_request(domains=True), grid
    return models


def heart_scores(model, grid, heart, options):
    """Return accuracy, inner log loss and choice for each hospital left out."""
    X, y, site = heart.data, heart.target, heart.site
    rows = []
    for train, test in LeaveOneGroupOut().split(X, y, site):
        inner = list(LeaveOneGroupOut().split(train, groups=site[train]))
        needs_domains = isinstance(model[-1], DROClassifier)
        found = search(
            model,
            grid,
            X.iloc[train],
            y.iloc[train],
            inner,
            "neg_log_loss",
            options,
            **({"domains": site[train]} if needs_domains else {}),
        )
        picks = ", ".join(f"{value:.2g}" for value in found.best_params_.values())
        hits = accuracy(found, X.iloc[test], y.iloc[test])
        rows.append((hits, -found.best_score_, picks))
    return rows


def heart_table(options):
    """Leave out each hospital; inner folds leave out each of the other three."""
    heart = load_heart_hospitals(as_frame=True)
    print("\nheart: accuracy at the hospital left out; log loss in the inner folds")
    print(f"{'':<40}", *(f"{s[:11]:>12}" for s in heart.site_names), end="")
    print(f"{'mean':>9}{'inner':>8}  chosen")
    for encoder in (one_hot, with_indicators):
        print(f" {encoder.__name__}")
        parts = []
        for modality in heart.modalities:
            columns = [c for c in heart.data if c.startswith(f"{modality}__")]
            parts.append((modality, encoder(columns), columns))
        for name, (estimator, grid) in heart_models().items():
            model = make_pipeline(ModalityTransformer(parts, scale=None), estimator)
            scores, inner, picks = zip(
                *heart_scores(model, grid, heart, options), strict=True
            )
            print(f"  {name:<38}", *(f"{s:>12.3f}" for s in scores), end="")
            print(f"{np.mean(scores):>9.3f}{np.mean(inner):>8.3f}  ", end="")
            print(" | ".join(picks), flush=True)


# tumours: a block that is never observed in the test part


def tumour_models(blocks):
    """Return {name: (estimator, grid)}; all tuned ones have 16 candidates."""
    budgets = {
        "alpha": [1e-3, 3e-3, 1e-2, 1e-1],
        "ambiguity__transport__radius": [0.0, 0.003, 0.01, 0.03],
    }
    alphas = {"alpha": np.logspace(-4, 0, 16)}
    known = ModalityLoss(["protein"])  # it is known which block will be missing
    return {
        "LogisticRegression, default": (logistic(), {"C": [1.0]}),
        "LogisticRegression, tuned": (logistic(), {"C": np.logspace(-3, 2, 16)}),
        "ModalityLoss, each": (robust(ModalityLoss(level=0.5), blocks), alphas),
        "ModalityLoss, protein": (robust(known, blocks), alphas),
        "the same + Wasserstein": (robust(known + Wasserstein(), blocks), budgets),
    }


def tumour_scores(estimator, grid, data, options):
    """Return accuracies with the block's mean, and with its regression, in place."""
    X, y, blocks, train, test = data
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
    lost = replaced(X[test], blocks["protein"], np.nan)
    scoring = WithoutBlock("neg_log_loss", blocks["protein"])
    scores = []
    for strategy in ("mean", "conditional"):
        fill = ModalityImputer(strategy, modalities=blocks)
        model = make_pipeline(StandardScaler(), fill, estimator)
        found = search(model, grid, X[train], y[train], folds, scoring, options)
        scores.append((accuracy(found, lost, y[test]), -found.best_score_))
    return scores


def tumour_table(options):
    """Official split; the block is taken away in the inner folds as well."""
    found = read(options.data, "tcga_breast")
    if not found:
        print("\ntumours: tcga_breast.npz is not there")
        return
    X, blocks, arrays = found
    data = X, arrays["y"], blocks, arrays["train_idx"], arrays["test_idx"]
    print("\ntumours: accuracy for 70 patients without the protein block (log loss in")
    print("the inner folds), if it is replaced by its mean and by its regression")
    for name, (estimator, grid) in tumour_models(blocks).items():
        rows = tumour_scores(estimator, grid, data, options)
        print(f"  {name:<38}", end="")
        print(*(f"{hits:>10.3f} ({loss:.3f})" for hits, loss in rows), flush=True)
