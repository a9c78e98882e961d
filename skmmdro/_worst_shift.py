"""The worst population that differs from a sample in one modality only."""

import numpy as np
from scipy.sparse import issparse
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, cross_val_predict
from threadpoolctl import threadpool_limits

from ._principal import centred_scores, principal_axes
from .ambiguity.chi_square import ChiSquareBall

_N_FOLDS, _LEAST_ROWS = 5, 40  # to learn the expected loss
_MAX_COLUMNS, _N_DIRECTIONS = 50, 20  # wider modalities are reduced to learn from
_MAX_SCORES = 10
_N_COMPANIONS = 3  # rows whose other modalities stand beside a modality
_LEAST_PART = 10  # rows of a part of the sample that takes all weight
_RADII = 2.0 ** np.arange(-5, 7)  # of tilts that are tried
_LEAST_SPREAD = 1e-12  # relative; what is below is rounding


class WorstShift:
    """Weights of the rows that depend on one modality and make the loss large.

    Candidates are functions h of the modality with mean zero and ``h >= -1``, which
    reweight the rows by 1 + h: all splits of the sample by a score of the modality,
    and the worst cases of that score over chi-square balls. The scores are the model's
    own contribution of the modality, its distance from the median, and the expected
    loss given the modality, which boosted trees learn and predict out of fold.

    At radius r a candidate may be scaled to ``min(1, sqrt(r / chi2)) h``. The
    candidates do not depend on r, so that the worst one gets worse as r grows. It has
    moved the marginal of the modality by at most r and describes a population that
    agrees with the sample in everything else given the modality.

    Parameters
    ----------
    features : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        The modality as numbers, possibly missing ones.
    scores : ndarray of shape (n_samples, n_scores)
        What the modality contributes to the model's response.
    losses : ndarray of shape (n_samples,)
        Losses of the model.
    """

    def __init__(self, features, scores, losses):
        n_samples = len(losses)
        self.losses, self.mean = losses, losses.mean()
        self.nominal = np.full(n_samples, 1 / n_samples)
        scores = scores[:, :_MAX_SCORES]
        far = np.abs(scores - np.median(scores, axis=0))
        tried = [scores, -scores, far, -far]
        if n_samples >= _LEAST_ROWS and np.ptp(losses) > 0:
            tried.append(self._expected_loss(features, scores)[:, None])
        self.scores = [
            values
            for values in np.hstack(tried).T
            if _spread(values) and np.ptp(losses)
        ]
        # rows: gain, divergence, number of the score, and size or radius
        none, numbers = np.empty((4, 0)), range(len(self.scores))
        self.splits = np.hstack([none, *map(self._all_splits, numbers)])
        self.tilts = np.hstack([none, *map(self._all_tilts, numbers)])

    def _expected_loss(self, features, scores):
        """Return out-of-fold predictions of the losses."""
        n_samples = len(self.losses)
        model = HistGradientBoostingRegressor(
            max_iter=50,
            max_leaf_nodes=8,
            min_samples_leaf=max(20, n_samples // 50),
            early_stopping=False,
            random_state=0,
        )
        table = np.hstack([_reduced(features, self.nominal), scores])
        # always the same folds: results do not depend on a seed
        folds = KFold(_N_FOLDS, shuffle=True, random_state=0)
        with threadpool_limits(1, "openmp"):  # threads cost more than such trees do
            return cross_val_predict(model, table, self.losses, cv=folds)

    def weights(self, radius):
        """Return the worst weights at a chi-square radius, ndarray of (n_samples,)."""
        best, chosen = 0.0, self.nominal
        for table, make in ((self.splits, self._split), (self.tilts, self._tilt)):
            gains = table[0] * _reach(table[1], radius)
            if gains.max(initial=0.0) > best:
                best, k = gains.max(), gains.argmax()
                chosen = make(int(table[2, k]), table[3, k])
        return into_ball(chosen, self.nominal, radius)

    def _tilt(self, k, radius):
        """Return the worst weights for a score in place of the losses."""
        ball = ChiSquareBall(radius)
        return ball.worst_case(self.scores[k], self.nominal).weights

    def _all_tilts(self, k):
        """Return the tilts along a score, (4, n_tilts)."""
        weights = np.array([self._tilt(k, radius) for radius in _RADII])
        gains = weights @ self.losses - self.mean
        divergences = _divergence(weights, self.nominal)
        return np.stack([gains, divergences, np.full_like(gains, k), _RADII])

    def _split(self, k, size):
        """Return equal weights of the highest values of a score, zero for the rest."""
        order = np.argsort(-self.scores[k], kind="stable")
        weights = np.zeros(len(order))
        weights[order[: int(size)]] = 1 / size
        return weights

    def _all_splits(self, k):
        """Return the splits by a score that raise the mean loss, (4, n_splits)."""
        values, n_samples = self.scores[k], len(self.losses)
        order = np.argsort(-values, kind="stable")
        sizes = np.arange(1, n_samples)
        gains = np.cumsum(self.losses[order])[:-1] / sizes - self.mean
        # equal values get equal weights
        allowed = (np.diff(values[order]) < 0) & (gains > 0)
        allowed &= sizes >= min(_LEAST_PART, n_samples // 4)
        gains, sizes = gains[allowed], sizes[allowed]
        divergences = n_samples / sizes - 1
        return np.stack([gains, divergences, np.full_like(gains, k), sizes])


def modality_response(model, n_samples, beside):
    """Return a fitted model's response to one modality, (n_samples, n_scores).

    The other modalities are held at the values of one row, and the responses for some
    rows averaged. So it is a function of the modality alone; that of an additive model
    is its contribution up to a constant.

    Parameters
    ----------
    model : estimator
        Fitted.
    n_samples : int
        Number of rows.
    beside : callable
        Returns, for the number of a row, the data with all other modalities as there.
    """
    rows = np.linspace(0, n_samples - 1, _N_COMPANIONS + 2).astype(int)[1:-1]
    return sum(_raw_response(model, beside(row)) for row in rows) / len(rows)


def _raw_response(model, X):
    """Return what a fitted model says, as numbers of shape (n_samples, n_scores).

    Raw predictions where it has some, otherwise probabilities or predictions; classes
    without either as indicators.
    """
    for name in ("decision_function", "predict_proba", "predict"):
        if hasattr(model, name):
            break
    values = getattr(model, name)(X)
    if isinstance(values, list):  # probabilities of several targets
        values = np.hstack(values)
    values = np.asarray(values.toarray() if issparse(values) else values)
    if name == "predict" and hasattr(model, "classes_") and values.ndim == 1:
        return (values[:, None] == np.unique(values)).astype(np.float64)
    return values.reshape(len(values), -1).astype(np.float64)


def into_ball(weights, nominal, radius):
    """Move weights towards nominal ones until chi-square(weights || nominal) fits."""
    reach = _reach(_divergence(weights, nominal), radius)
    return nominal + reach * (weights - nominal)


def _reach(divergence, radius):
    """Return how far to go to a candidate, at most all the way."""
    least = max(radius, np.finfo(float).tiny)  # of two zeros
    return np.sqrt(radius / np.maximum(divergence, least))


def _divergence(weights, nominal):
    # sum w^2 / p - 1 is the same, and loses its digits where it is small
    return np.sum((weights - nominal) ** 2 / nominal, axis=-1)


def _spread(values):
    return np.ptp(values) > _LEAST_SPREAD * np.abs(values).max()


def _reduced(features, nominal):
    """Return few dense columns that trees can learn from."""
    if features.shape[1] <= _MAX_COLUMNS:
        return features.toarray() if issparse(features) else features
    if not issparse(features) and np.isnan(features).any():
        features = SimpleImputer(keep_empty_features=True).fit_transform(features)
    scores = centred_scores(features, nominal, _N_DIRECTIONS)
    return scores @ principal_axes(scores, nominal, _N_DIRECTIONS)[1]
