"""The chi-square radius that makes the robust risk a confidence bound."""

import numpy as np
from scipy.stats import norm

from .._validation import per_modality

CONFIDENCE_ALIAS, CONFIDENCE = "confidence", 0.95  # ChiSquare(radius="confidence")


def confidence_joint_radius(n_samples, confidence):
    """Return ``B = z^2 / n``, z the normal quantile at `confidence`, 0 below one half.

    The worst case over the ball is then mean + z std / sqrt(n) to first order.
    """
    return max(norm.ppf(confidence), 0.0) ** 2 / n_samples


def split_joint_radius(joint, coupling):
    """Return the equal radius of all modalities that has the joint radius `joint`."""
    return joint / np.abs(coupling).sum()


def modality_radii(part, modalities, fitted):
    """Return the radius of each modality of a bound set, ndarray (n_modalities,).

    Parameters
    ----------
    part : ChiSquare or ModalityShift
        The set.
    modalities : Modalities
        Column groups it was bound to.
    fitted : dict
        `coupling_` and `joint_radius_`, as `bind` returned them.
    """
    if isinstance(part.radius, str):
        radius = split_joint_radius(fitted["joint_radius_"], fitted["coupling_"])
        return np.full(len(modalities), radius)
    return per_modality(part.radius, modalities, parameter="radius")
