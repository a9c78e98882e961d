"""Radii: accuracy of the estimate, and cost of a path in fits.

    python benchmarks/bench_radius.py

Timings are ratios within one run. Each path is followed, and each of its points fitted
by itself, several times in turn; the median of the ratios counts.
"""

import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from skmmdro import DROClassifier
from skmmdro.ambiguity import ChiSquare
from skmmdro.datasets import load_news_popularity
from skmmdro.radius import estimate_radii, radius_path

N_SEEDS, N_REPEATS = 20, 7
QUICK = {"n_bootstrap": 2}


def moved_normal(n_samples, delta, seed, width):
    rng = np.random.default_rng(seed)
    source, target = rng.standard_normal((2, n_samples, width))
    target[:, 0] += delta
    return source, target


def null_rows():
    print("two halves of one sample of 2,000 rows: mean, largest radius")
    for width in (1, 5, 30):
        radii = [
            estimate_radii(*moved_normal(1000, 0.0, seed, width), **QUICK).radii["x"]
            for seed in range(N_SEEDS)
        ]
        print(f"  {width:>2} columns  {np.mean(radii):.4f}  {np.max(radii):.4f}")


def shift_rows():
    print("mean shift of a normal, 5,000 rows: closed form, mean, largest error")
    for delta in (0.25, 0.5, 0.75):
        truth = np.expm1(delta**2)
        radii = np.array(
            [
                estimate_radii(*moved_normal(5000, delta, seed, 3), **QUICK).radii["x"]
                for seed in range(N_SEEDS)
            ]
        )
        worst = np.max(np.abs(radii / truth - 1))
        print(
            f"  delta {delta:<5} {truth:.4f}  {radii.mean():.4f}  {100 * worst:.0f} %"
        )


def news_rows():
    print("news, January to April against May to July: radius of each modality")
    news = load_news_popularity(as_frame=True)
    early = news.date < np.datetime64("2013-05-01")
    numbers = news.data.drop(columns="headline__text")
    radii = estimate_radii(numbers[early], numbers[~early], **QUICK).radii
    for name, radius in radii.items():
        print(f"  {name:<12} {radius:.3f}")


def encoder_rows():
    print(
        "news, encoders on the training months alone: cross-validated accuracy of the"
    )
    print("best penalty of LogisticRegression")
    news = load_news_popularity(as_frame=True)
    early = news.date < np.datetime64("2013-05-01")
    X = news.data.drop(columns="headline__text")[early]
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    encoders = {
        "StandardScaler": StandardScaler(),
        "QuantileTransformer": QuantileTransformer(
            output_distribution="normal", subsample=None, random_state=0
        ),
    }
    for name, encoder in encoders.items():
        search = GridSearchCV(
            make_pipeline(encoder, LogisticRegression(max_iter=2000)),
            {"logisticregression__C": [0.001, 0.01, 0.1, 1.0]},
            cv=folds,
        ).fit(X, news.target[early])
        print(f"  {name:<20} {search.best_score_:.3f}")


def path_rows():
    print("path of 30 radii, (2,000, 100), four modalities: cost in cold fits,")
    print("largest excess of an objective over that of its cold fit")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 100))
    score = X @ rng.standard_normal(100) / 3
    y = (score + rng.logistic(size=2000) > 0).astype(int)
    radii = [0.0, *np.geomspace(1e-5, 0.1, 29)]
    for coupling in ("estimate", "independent"):
        ratios, excess = [], []
        for _ in range(N_REPEATS):
            model = DROClassifier(ChiSquare(coupling=coupling), modalities=[25] * 4)
            start = time.perf_counter()
            path = radius_path(model, X, y, radii)
            followed = time.perf_counter() - start
            start = time.perf_counter()
            objectives = [
                model.set_params(ambiguity__radius=radius).fit(X, y).objective_
                for radius in radii
            ]
            ratios.append(followed / (time.perf_counter() - start) * len(radii))
            excess.append(np.max(path.objectives / objectives - 1))
        print(f"  {coupling:<12} {np.median(ratios):.1f}  {np.max(excess):.1e}")


if __name__ == "__main__":
    null_rows()
    shift_rows()
    news_rows()
    encoder_rows()
    path_rows()
