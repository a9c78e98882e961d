"""Density ratio of two samples by classification, and the divergence from it."""

import numpy as np
from scipy.sparse import issparse
from scipy.special import logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

_N_FOLDS = 5
_MAX_LOGIT = 15.0  # log odds beyond this are not told apart by any feasible sample
_MAX_CALIBRATION_ITER = 200


def default_classifiers(X):
    """Return the classifiers that tell source from target by default.

    A linear one, which is best for moves of the mean, and small boosted trees for
    everything else; the calibration weighs them.
    """
    linear = LogisticRegression(max_iter=1000)
    if issparse(X):
        return [make_pipeline(MaxAbsScaler(), linear)]
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    trees = HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=8,
        min_samples_leaf=50,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    return [make_pipeline(impute, StandardScaler(), linear), trees]


def held_out_scores(X, is_target, classifiers, rng):
    """Return log odds of "target" by models that have not seen the row.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Source and target rows.
    is_target : ndarray of bool of shape (n_samples,)
        Which rows are target rows.
    classifiers : list of classifier
        With `predict_proba`.
    rng : RandomState
        Deals the rows to folds.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_classifiers)
    """
    folds = StratifiedKFold(
        _N_FOLDS, shuffle=True, random_state=rng.randint(np.iinfo(np.int32).max)
    )
    columns = [
        cross_val_predict(classifier, X, is_target, cv=folds, method="predict_proba")
        for classifier in classifiers
    ]
    with np.errstate(divide="ignore"):
        return np.clip(logit(np.stack(columns)[:, :, 1].T), -_MAX_LOGIT, _MAX_LOGIT)


def density_ratio(scores, is_target):
    """Return the calibrated ratio of target to source density, one value per row.

    Logistic calibration with non-negative slopes: rows held out by a model without any
    skill get log odds that run slightly the wrong way, and a negative slope would turn
    that into skill.
    """
    used = np.arange(scores.shape[1])
    odds = is_target.sum() / (~is_target).sum()
    while len(used):
        model = LogisticRegression(C=1e4, max_iter=_MAX_CALIBRATION_ITER)
        model.fit(scores[:, used], is_target)
        slopes = model.coef_[0]
        if slopes.min() >= 0:
            log_ratio = model.decision_function(scores[:, used]) - np.log(odds)
            return np.exp(np.clip(log_ratio, -_MAX_LOGIT, _MAX_LOGIT)), len(used)
        used = np.delete(used, slopes.argmin())
    return np.ones(len(scores)), 0


def chi_square_of_ratio(scores, is_target, n_corrections=1):
    """Return the chi-square divergence of target from source, at least 0.

    With r the ratio, ``chi2 = E_source[r^2] - 1 = E_target[r] - E_source[r]``. The last
    form is used. It is the same for the true ratio, but it averages r where r is large
    instead of r^2 where it is rare: with little overlap the first form sees next to
    nothing, and with none it is zero.

    Each slope of the calibration adds about ``1 / n_source + 1 / n_target`` by chance,
    which is taken off `n_corrections` times.
    """
    ratio, n_slopes = density_ratio(scores, is_target)
    chance = n_slopes * (1 / is_target.sum() + 1 / (~is_target).sum())
    value = ratio[is_target].mean() - ratio[~is_target].mean()
    return max(value - n_corrections * chance, 0.0)


def bootstrap_interval(scores, is_target, confidence, n_bootstrap, rng):
    """Return a percentile interval of `chi_square_of_ratio`; rows are drawn anew.

    The chance term is in the estimate and once more in each draw, so it is taken off
    twice.
    """
    source, target = np.flatnonzero(~is_target), np.flatnonzero(is_target)
    values = []
    for _ in range(n_bootstrap):
        rows = np.concatenate(
            [rng.choice(part, len(part)) for part in (source, target)]
        )
        values.append(chi_square_of_ratio(scores[rows], is_target[rows], 2))
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
