"""Whether targets fit to a model, and how far predictions are off."""

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_consistent_length

from ._tables import n_rows


def check_targets(X, y):
    """Raise if there is not one target for each row."""
    if y is None:
        raise ValueError("y is None; targets are needed to score predictions.")
    check_consistent_length(np.empty(n_rows(X)), y)


def check_kind(estimator, y):
    """Raise if a fitted model cannot have predicted targets like these."""
    if is_regressor(estimator):
        try:
            check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        except ValueError as error:
            raise ValueError(f"a regressor needs numbers as y: {error}") from error
    if not is_classifier(estimator):
        return
    assert_all_finite(_flat(y), input_name="y")
    check_classification_targets(y)
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, np.ndarray) and _flat(y).ndim == 1:
        try:
            unique_labels(classes, _flat(y))
        except ValueError as error:
            raise ValueError(
                f"y has labels such as {_flat(y).tolist()[0]!r}, but the model was "
                f"fitted with the classes {classes.tolist()[:10]}."
            ) from error


def class_numbers(estimator, y):
    """Return the number of each row's class; None if there are no classes."""
    y = _flat(y)
    if not is_classifier(estimator) or y.ndim != 1:
        return None
    return np.unique(y, return_inverse=True)[1]


def row_losses(estimator, prediction, y):
    """Return zero-one losses or squared errors, ndarray of shape (n_samples,)."""
    prediction, y = _flat(prediction), _flat(y)
    if is_classifier(estimator):
        losses = (prediction != y).astype(np.float64)
        return losses.max(axis=1) if losses.ndim == 2 else losses
    if not is_regressor(estimator):
        raise ValueError(
            "'reweight' is for classifiers and regressors; leave it out of shifts for "
            f"{type(estimator).__name__}."
        )
    losses = np.square(prediction.astype(np.float64) - y.astype(np.float64))
    return losses.mean(axis=1) if losses.ndim == 2 else losses


def _flat(y):
    """Return targets as an ndarray, a single column of them in one dimension."""
    y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
