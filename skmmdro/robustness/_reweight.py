"""The worst population that differs from the sample in one modality only."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from ..ambiguity.chi_square import ChiSquareBall

_N_FOLDS, _LEAST_ROWS = 5, 40
_MAX_LEVELS = 20  # of a column of strings that counts as categories, not as text
_N_HASHED = 32


class ModalityReweighting:
    """Weights of the rows that depend on one modality and make the loss large.

    The expected loss given the modality, m(x^(k)) = E[l | x^(k)], is learned by boosted
    trees and predicted out of fold. The worst weights in the chi-square ball for m in
    place of l are a function of the modality, since m is. So they describe a
    population whose marginal of modality k has moved by at most the radius, and which
    agrees with the sample in everything else given the modality.

    Parameters
    ----------
    block : list of ndarray of shape (n_samples,)
        Columns of the modality.
    losses : ndarray of shape (n_samples,)
        Losses of the model.
    seed : int
        Deals the rows to folds.
    """

    def __init__(self, block, losses, seed):
        n_samples = len(losses)
        self.losses = losses
        self.nominal = np.full(n_samples, 1 / n_samples)
        if n_samples < _LEAST_ROWS or np.ptp(losses) == 0:
            self.expected = np.full(n_samples, losses.mean())
            return
        model = HistGradientBoostingRegressor(
            max_iter=50,
            max_leaf_nodes=8,
            min_samples_leaf=max(20, n_samples // 50),
            early_stopping=False,
            random_state=0,
        )
        folds = KFold(_N_FOLDS, shuffle=True, random_state=seed)
        with threadpool_limits(1, "openmp"):  # threads cost more than such trees do
            self.expected = cross_val_predict(model, _numeric(block), losses, cv=folds)

    def weights(self, radius):
        """Return the weights at a chi-square radius, ndarray of shape (n_samples,).

        Equal weights if no others were found that raise the loss.
        """
        worst = ChiSquareBall(radius).worst_case(self.expected, self.nominal)
        # without any relation to learn, held-out predictions run the wrong way
        hurts = worst.weights @ self.losses > self.nominal @ self.losses
        return worst.weights if hurts else self.nominal


def _numeric(block):
    columns = []
    for values, numbers in block:
        if numbers is not None:
            columns.append(numbers[:, None])
            continue
        text = np.array([v if isinstance(v, str) else "" for v in values], dtype=object)
        if len(np.unique(text)) <= _MAX_LEVELS:
            columns.append(OrdinalEncoder().fit_transform(text[:, None]))
        else:
            columns.append(
                HashingVectorizer(n_features=_N_HASHED).transform(text).toarray()
            )
    return np.hstack(columns)
