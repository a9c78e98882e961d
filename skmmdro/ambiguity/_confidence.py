"""The chi-square radius that makes the robust risk a confidence bound."""

import numpy as np
from scipy.stats import norm

CONFIDENCE = 0.95  # of ChiSquare(radius="confidence")


def confidence_joint_radius(n_samples, confidence):
    """Return ``B = z^2 / n``, z the normal quantile at `confidence`, 0 below one half.

    The worst case over the ball is then mean + z std / sqrt(n) to first order.
    """
    return max(norm.ppf(confidence), 0.0) ** 2 / n_samples


def split_joint_radius(joint, coupling):
    """Return the equal radius of all modalities that has the joint radius `joint`."""
    return joint / np.abs(coupling).sum()
