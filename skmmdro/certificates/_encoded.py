"""What reaches the last step of a Pipeline."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from ..modalities import Modalities, resolve_modalities


def final_model(estimator):
    """Return the last step of a Pipeline, the best model of a search, or itself."""
    if hasattr(estimator, "best_estimator_"):
        return final_model(estimator.best_estimator_)
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def encoded_data(estimator, X, modalities):
    """Return the columns that reach the model, and their modalities."""
    if hasattr(estimator, "best_estimator_"):
        return encoded_data(estimator.best_estimator_, X, modalities)
    model = final_model(estimator)
    if hasattr(estimator, "steps") and len(estimator.steps) > 1:
        check_is_fitted(estimator)
        X = estimator[:-1].transform(X)
    data = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32])
    if modalities is None and hasattr(model, "modalities_"):
        groups = model.modalities_
        return data, Modalities(tuple(groups), tuple(groups.values()))
    names = np.asarray(X.columns) if hasattr(X, "columns") else None
    source = X if hasattr(X, "shape") else data
    return data, resolve_modalities(modalities, source, names)


def training_losses(model, data, y):
    """Return the loss that the model was fitted with, one value for each sample."""
    if not hasattr(model, "_fitted_loss"):
        raise ValueError(
            f"the training loss of {type(model).__name__} is not known; use a DRO "
            'estimator, or loss="zero_one".'
        )
    y, n_classes = np.asarray(y), None
    if hasattr(model, "classes_"):
        unknown = np.setdiff1d(y, model.classes_)
        if len(unknown):
            raise ValueError(
                f"y has labels that were not seen in fit: {list(unknown)}."
            )
        n_classes, y = len(model.classes_), np.searchsorted(model.classes_, y)
        raw = model.decision_function(data)
    else:
        raw = model.predict(data)
    nominal = np.full(len(y), 1 / len(y))
    bound = model._fitted_loss.bind(y, nominal, n_classes)
    return bound.value_slope(np.asarray(raw, np.float64).reshape(len(y), -1))[0]
