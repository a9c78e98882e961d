"""What reaches the last step of a Pipeline, and the losses there."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.utils import check_array, column_or_1d, get_tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._estimator import DROModel, Sample
from .._validation import label_codes
from ..kernel._input import observed_data
from ..modalities import Modalities, resolve_modalities

_SCORES = (-2.0, 2.0)  # the losses change at -1 and 1


@dataclass(frozen=True)
class Encoded:
    """Held-out data as the model gets them.

    Attributes
    ----------
    X : array-like, sparse matrix, DataFrame or dict
        Input of the model.
    y : ndarray of shape (n_samples,)
        Checked targets.
    columns : {ndarray, sparse matrix} of shape (n_samples, n_columns)
        Numbers that shifts are functions of.
    modalities : Modalities
        Column groups of `columns`.
    nominal : ndarray of shape (n_samples,)
        Equal weights.
    """

    X: object
    y: np.ndarray
    columns: object
    modalities: Modalities
    nominal: np.ndarray


def final_model(estimator):
    """Return the last step of a Pipeline, the best model of a search, or itself."""
    if hasattr(estimator, "cv_results_") and not estimator.refit:
        raise ValueError(
            f"{type(estimator).__name__} was fitted with refit=False and has no model; "
            "search with refit=True, or pass a fitted model."
        )
    if hasattr(estimator, "best_estimator_"):
        return final_model(estimator.best_estimator_)
    return final_model(estimator[-1]) if hasattr(estimator, "steps") else estimator


def encode(estimator, X, y, modalities):
    """Return the Encoded data of a fitted estimator; X and y are checked."""
    model, X = final_model(estimator), transformed(estimator, X)
    if isinstance(model, DROModel):
        data, y = model._validate(X, y, reset=False)
        if hasattr(model, "classes_"):
            label_codes(y, model.classes_)
    else:
        data = check_array(
            X,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
        )
        y = column_or_1d(y, warn=True)
        check_consistent_length(data, y)
        if hasattr(estimator, "classes_"):
            label_codes(y, estimator.classes_)
    if modalities is not None and get_tags(model).input_tags.pairwise:
        raise ValueError(
            "modalities must be None for Gram matrices, whose columns are samples; got "
            f"{modalities!r}."
        )
    nominal = np.full(data.shape[0], 1 / data.shape[0])
    if modalities is None and isinstance(model, DROModel):
        design = model._fitted_design(Sample.select(data, y, nominal, None))
        return Encoded(X, y, design.X, design.modalities, nominal)
    names = np.asarray(X.columns) if hasattr(X, "columns") else None
    source = X if hasattr(X, "shape") else data
    groups = resolve_modalities(modalities, source, names)
    return Encoded(X, y, observed_data(data, nominal), groups, nominal)


def transformed(estimator, X):
    """Return X as it reaches the final model."""
    if hasattr(estimator, "best_estimator_"):
        return transformed(estimator.best_estimator_, X)
    if not hasattr(estimator, "steps"):
        return X
    if len(estimator.steps) > 1:
        check_is_fitted(estimator)
        X = estimator[:-1].transform(X)
    return transformed(estimator[-1], X)


def training_losses(model, encoded):
    """Return the loss that the model was fitted with, and that of equal scores.

    Parameters
    ----------
    model : DROModel
        Fitted.
    encoded : Encoded
        Its data.

    Returns
    -------
    losses : ndarray of shape (n_samples,)
        One for each sample.
    guess : float
        Loss of the best guess with equal scores for all classes, whatever the label;
        infinite for regressors.
    """
    if not isinstance(model, DROModel):
        raise ValueError(
            f"the training loss of {type(model).__name__} is not known; use a DRO "
            'estimator, or loss="zero_one" for a classifier.'
        )
    y, n_classes = encoded.y, None
    if hasattr(model, "classes_"):
        n_classes, y = len(model.classes_), label_codes(y, model.classes_)
        raw = model.decision_function(encoded.X)
    else:
        raw = model.predict(encoded.X)
    raw = np.asarray(raw, np.float64).reshape(len(y), -1)
    loss = model._fitted_loss.bind(y, encoded.nominal, n_classes)
    return loss.value_slope(raw)[0], _guess(model._fitted_loss, n_classes)


def _guess(loss, n_classes):
    """Return the least loss of equal scores that holds for every label."""
    if n_classes is None:
        return np.inf
    labels = np.arange(n_classes)
    bound = loss.bind(labels, np.full(n_classes, 1 / n_classes), n_classes)

    def largest(score):
        raw = np.full((n_classes, bound.n_outputs), score)
        return bound.value_slope(raw)[0].max()

    # losses of one class against the rest have their least value below a score of 0
    return float(minimize_scalar(largest, bounds=_SCORES, method="bounded").fun)
