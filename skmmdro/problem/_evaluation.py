"""What is known of the robust problem at one point."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Evaluation:
    """Everything known at one point.

    Attributes
    ----------
    theta : ndarray of shape (size,)
        The point.
    value : float
        Objective, smoothed if the problem is.
    gradient : ndarray of shape (size,)
        Its gradient; zero for coefficients that are held fixed.
    raw, slope : ndarray of shape (n_terms, n_outputs)
        Raw predictions, and derivatives of the losses in them.
    losses : ndarray of shape (n_terms,)
        Losses.
    worst : WorstCase
        Worst-case weights and value.
    pull : ndarray of shape (n_rows, n_outputs)
        Gradient of the risk alone, without penalties, in the layout of theta.
    risk_rate, charge_rate : float
        Derivatives of the objective in the risk and in the norms; 1 unless the
        objective joins them by a root.
    norm_slope : ndarray of shape (n_features, n_outputs) or None
        Gradient of the penalty's further norm where that is smoothed.
    known : dict
        What has been computed at this theta since.
    """

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    raw: np.ndarray
    slope: np.ndarray
    losses: np.ndarray
    worst: object
    pull: np.ndarray
    risk_rate: float = 1.0
    charge_rate: float = 1.0
    norm_slope: np.ndarray | None = None
    known: dict = field(default_factory=dict, repr=False)
