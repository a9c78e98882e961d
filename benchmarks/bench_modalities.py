"""Encoders, encoder error and missing modalities, measured.

    python benchmarks/bench_modalities.py error      encoder error and its bound
    python benchmarks/bench_modalities.py speed      text pipelines, ratios of times
    python benchmarks/bench_modalities.py memory     peak memory with sparse text
    python benchmarks/bench_modalities.py missing FILE.npz

`missing` reads one array ``X_<modality>`` for each modality, `y`, `classes`,
`train_idx` and `test_idx`; modalities without any value in the test part are what is
missing there.
"""

import argparse
import resource
import sys
import time
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmmdro import DROClassifier, ModalityTransformer
from skmmdro.ambiguity import ChiSquare, ModalityLoss
from skmmdro.compose import (
    ModalityImputer,
    make_multimodal_pipeline,
    stack_modalities,
    text_encoder,
)
from skmmdro.datasets import load_clothing_reviews, make_multimodal_classification

# -- encoder error -------------------------------------------------------------------


def bootstrap_slope():
    """Print the bootstrap error of PCA on data of three factors, and its slope."""
    sizes = [100 * 2**k for k in range(7)]
    slopes = []
    for seed in range(5):
        loadings = np.random.default_rng(seed).normal(size=(3, 20)) * [[3], [2], [1]]
        errors = []
        for n in sizes:
            rng = np.random.default_rng([seed, n])
            X = rng.normal(size=(n, 3)) @ loadings + rng.normal(size=(n, 20))
            encode = ModalityTransformer(
                [("m", PCA(3), slice(0, 20))], encoder_error="bootstrap", random_state=0
            )
            errors.append(encode.fit(X).encoder_error_["m"])
        slopes.append(np.polyfit(np.log(sizes), np.log(errors), 1)[0])
        print(f"seed {seed}:", *(f"{e:.4f}" for e in errors), f"slope {slopes[-1]:.2f}")
    print(f"slopes from {min(slopes):.2f} to {max(slopes):.2f} over n = {sizes}\n")


def bound_coverage(n_shifts=100):
    """Print how often the bound holds on shifts drawn inside the set, and the risk."""
    names, widths = ("a", "b", "c"), (5, 5, 5)
    print("noise  shift    bound   mean risk   largest risk   holds")
    for noise in (0.02, 0.05, 0.1):
        for size in (0.05, 0.1):
            held, risks, bounds = [], [], []
            for seed in range(5):
                common = {
                    "modality_names": names,
                    "widths": widths,
                    "correlation": 0.0,
                    "population_state": seed,
                }
                train = make_multimodal_classification(
                    2000, noise=noise, random_state=seed, **common
                )
                ambiguity = ChiSquare(
                    float(np.expm1(size**2)),
                    coupling="independent",
                    encoder_error=noise * 5**0.5,
                )
                model = DROClassifier(ambiguity, modalities=train.modalities)
                model.fit(train.data, train.target)
                bound = model.objective_ - model.alpha / 2 * np.sum(model.coef_**2)
                rng = np.random.default_rng(seed)
                for _ in range(n_shifts // 5):
                    shift = dict(zip(names, rng.uniform(-size, size, 3), strict=True))
                    test = make_multimodal_classification(
                        5000, shift=shift, random_state=rng.integers(2**31), **common
                    )
                    probability = model.predict_proba(test.clean_data)
                    risks.append(log_loss(test.target, probability))
                    held.append(risks[-1] <= bound)
                bounds.append(bound)
            print(
                f"{noise:>5}{size:>7}{np.mean(bounds):>9.3f}{np.mean(risks):>12.3f}"
                f"{max(risks):>15.3f}{np.mean(held):>8.0%}"
            )


# -- text ----------------------------------------------------------------------------


def text_models():
    """Return two pipelines with the same encoder, ours and scikit-learn's."""
    ours = make_multimodal_pipeline(
        ("text", text_encoder(100), "text__review"),
        estimator=DROClassifier(ChiSquare(0.01)),
    )
    theirs = make_pipeline(
        text_encoder(100),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=1000),
    )
    return ours, theirs


def speed(n):
    reviews = load_clothing_reviews(n, as_frame=True)
    X, y = reviews.data, reviews.target
    times = {"ours": [], "scikit-learn": []}
    ours, theirs = text_models()
    for _ in range(3):  # interleaved; CPU time, so that other processes do not count
        for name, model, data in (
            ("ours", ours, X),
            ("scikit-learn", theirs, X["text__review"]),
        ):
            start = time.process_time()
            model.fit(data, y)
            times[name].append(time.process_time() - start)
    columns = ours[0].named_transformers_["text"][:2].transform(X["text__review"])
    seconds = {name: float(np.median(values)) for name, values in times.items()}
    print(
        f"{len(y):,} reviews, {columns.shape[1]:,} tf-idf columns, SVD to 100: "
        f"{seconds['ours']:.1f} s against {seconds['scikit-learn']:.1f} s with "
        f"LogisticRegression, ratio {seconds['ours'] / seconds['scikit-learn']:.2f}"
    )


def memory(n):
    """Fit on sparse text without SVD, and print the peak."""
    reviews = load_clothing_reviews(n, as_frame=True)
    model = make_multimodal_pipeline(
        ("text", text_encoder(None), "text__review"),
        ("table", StandardScaler(), ["table__age"]),
        estimator=DROClassifier(ChiSquare(0.01, coupling="independent")),
    )
    encoded = model[:-1].fit_transform(reviews.data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    size = (encoded.data.nbytes + encoded.indices.nbytes + encoded.indptr.nbytes) / 1e6
    start = time.process_time()
    model[-1].fit(encoded, reviews.target)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    dense = encoded.shape[0] * encoded.shape[1] * 8 / 1e6
    print(
        f"{encoded.shape[0]:,} x {encoded.shape[1]:,}, {type(encoded).__name__} of "
        f"{size:.0f} MB (dense: {dense:,.0f} MB). Peak of the process {before:.0f} MB "
        f"after encoding, {peak:.0f} MB after the fit of {seconds:.1f} s CPU."
    )


# -- missing modality ----------------------------------------------------------------


def missing(path):
    with np.load(path) as data:
        blocks = {key[2:]: data[key] for key in data if key.startswith("X_")}
        y = data["classes"][data["y"]]
        train, test = data["train_idx"], data["test_idx"]
    frame = stack_modalities(blocks)
    X, X_test = frame.iloc[train], frame.iloc[test]
    gone = [name for name in blocks if np.isnan(blocks[name][test]).all()]
    print(f"{len(train)} training rows, {len(test)} test rows, missing there: {gone}")

    def masked_loss(model, X, y):
        lost = X.copy()
        lost[[c for c in X if c.split("__")[0] in gone]] = np.nan
        return -log_loss(y, model.predict_proba(lost), labels=model.classes_)

    estimators = {
        "LogisticRegression": (
            LogisticRegression(max_iter=5000),
            "C",
            [0.1, 1, 10, 100],
        ),
        "ModalityLoss, each": (DROClassifier(ModalityLoss()), "alpha", ALPHAS),
        f"ModalityLoss, {gone}": (DROClassifier(ModalityLoss(gone)), "alpha", ALPHAS),
    }
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for name, (estimator, parameter, values) in estimators.items():
        for strategy in ("mean", "conditional"):
            model = make_multimodal_pipeline(
                *[
                    (block, StandardScaler(), [c for c in frame if is_of(c, block)])
                    for block in blocks
                ],
                imputer=ModalityImputer(strategy),
                estimator=estimator,
            )
            key = f"{type(estimator).__name__.lower()}__{parameter}"
            search = GridSearchCV(model, {key: values}, scoring=masked_loss, cv=folds)
            search.fit(X, y[train])
            every = [
                model.set_params(**{key: v}).fit(X, y[train]).score(X_test, y[test])
                for v in values
            ]
            print(
                f"{name:<26}{strategy:<13}{search.best_params_[key]:>8g} chosen: "
                f"{np.mean(search.predict(X_test) == y[test]):.3f};  all of {values}:",
                *(f"{score:.3f}" for score in every),
                flush=True,
            )


PENALTIES = [0.1, 1.0, 10.0, 100.0]
ALPHAS = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]


def is_of(column, block):
    return column.startswith(f"{block}__")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["error", "speed", "memory", "missing"])
    parser.add_argument("file", nargs="?", help="data for `missing`")
    parser.add_argument("-n", type=int, default=10_000, help="number of reviews")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", "The ambiguity set is so large")
    if options.what == "error":
        bootstrap_slope()
        bound_coverage()
    elif options.what == "speed":
        speed(options.n)
    elif options.what == "memory":
        memory(options.n)
    elif options.file is None:
        parser.error("missing needs a file")
    else:
        missing(options.file)


if __name__ == "__main__":
    sys.exit(main())
