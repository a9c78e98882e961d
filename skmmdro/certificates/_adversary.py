"""Weights that attain a risk: the lower end of what a certificate bounds."""

import warnings

import numpy as np
from scipy.sparse import diags_array, issparse

from .._estimator import DROModel
from .._worst_shift import WorstShift, into_ball, modality_response
from ..ambiguity._features import orthonormal_directions
from ..ambiguity.modality_shift import Tilts

_N_DIRECTIONS = 5  # principal ones of a modality
_N_SCORES = 10  # columns of the model's response
_RADII = (0.05, 0.25, 1.0, 4.0)  # at which the worst shift of a modality is a direction
_LEAST = 1e-8  # singular values, relative to the largest, of directions that are kept


def attained_weights(model, data, losses, shift):
    """Return the worst weights found in the set, ndarray of shape (n_samples,).

    Each modality is tilted along its leading directions, the model's response to it and
    its worst shifts, all at the same time; or one modality takes its worst shift alone.

    Parameters
    ----------
    model : estimator
        Fitted.
    data : Encoded
        What reaches the model.
    losses : ndarray of shape (n_samples,)
        Losses of the samples.
    shift : dict
        "radii" by modality and "joint_radius".
    """
    nominal = data.nominal
    blocks, sizes, found = [], [], [nominal]
    for k, (name, columns) in enumerate(data.modalities.as_dict().items()):
        radius = shift["radii"][name]
        if radius == 0:
            continue
        features, response = data.columns[:, columns], _response(model, data, k)
        worst = WorstShift(features, response, losses)
        # chi2 is at most the modality's own radius, which no joint radius is below
        found.append(worst.weights(radius))
        block = _directions(features, response, worst, nominal)
        if block.shape[1]:
            blocks.append(np.sqrt(radius) * block)
            sizes.append(block.shape[1])
    if blocks:
        tilts = Tilts(np.hstack(blocks), sizes, nominal)
        weights = tilts.worst_case(losses, nominal).weights
        # the tilts' own coupling may exceed the stated one; both sets are convex and
        # hold the nominal weights, so that a way towards these leads into both
        found.append(into_ball(weights, nominal, shift["joint_radius"]))
    return max(found, key=lambda weights: weights @ losses)


def _response(model, data, k):
    """Return the model's response to modality k alone, (n_samples, n_scores)."""
    X, columns = data.columns, data.modalities.columns[k]
    if isinstance(model, DROModel) and hasattr(model, "coef_"):
        return X[:, columns] @ np.atleast_2d(model.coef_)[:, columns].T
    if data.modalities.names == tuple(getattr(model, "modalities_", ())):
        return model.modality_scores(data.X)[:, k].reshape(X.shape[0], -1)
    inside = np.zeros(X.shape[1], dtype=X.dtype)
    inside[columns] = 1

    def beside(row):
        rows = np.full(X.shape[0], row)
        if issparse(X):
            return X @ diags_array(inside) + X[rows] @ diags_array(1 - inside)
        return np.where(inside == 1, X, X[row])

    with warnings.catch_warnings():
        # the model may have seen names, which the columns here no longer have
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        return modality_response(model, X.shape[0], beside)


def _directions(block, response, worst, nominal):
    """Return functions of a modality with mean zero and covariance I."""
    columns = [orthonormal_directions(block, nominal, _N_DIRECTIONS, "linear")]
    columns.append(response[:, :_N_SCORES])
    columns += [(worst.weights(r) / nominal - 1)[:, None] for r in _RADII]
    table = np.hstack(columns)
    table = table - nominal @ table
    scale = np.sqrt(nominal @ np.square(table))
    table = table[:, scale > 0] / scale[scale > 0]
    left, values, _ = np.linalg.svd(table, full_matrices=False)
    return left[:, values > _LEAST * values.max(initial=0.0)] * np.sqrt(len(nominal))
