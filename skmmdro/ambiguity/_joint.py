"""How the radii of several modalities make one radius of the joint distribution."""

import numpy as np

from .._sklearn import StrOptions
from .._validation import per_modality
from ..coupling import resolve_coupling

COUPLING = [
    StrOptions({"estimate", "independent", "comonotone"}),
    "array-like",
    dict,
]  # constraint of the parameter `coupling`


def joint_radius(radii, coupling):
    """Return r'|Gamma|r with r_k the square root of the radius of modality k."""
    return float(joint_shares(radii, coupling).sum())


def joint_shares(radii, coupling):
    """Return what each modality adds to the joint radius: half of each pair's term."""
    root = np.sqrt(radii)
    return root * (np.abs(coupling) @ root)


def bind_radii(radius, coupling, X, nominal, modalities):
    """Resolve the parameters `radius` and `coupling` of a ball.

    Parameters
    ----------
    radius : float or dict
        Radius of each modality.
    coupling : str, array-like or dict
        See :class:`~skmmdro.ambiguity.ChiSquare`.
    X, nominal, modalities
        As in `ReweightingSet.bind`.

    Returns
    -------
    radii : ndarray of shape (n_modalities,)
        Radius of each modality.
    fitted : dict
        `coupling_`, `joint_radius_` and `early_fusion_radius_`, the joint radius under
        comonotone coupling.
    """
    radii = per_modality(radius, modalities, parameter="radius")
    coupling = resolve_coupling(coupling, X, nominal, modalities)
    return radii, {
        "coupling_": coupling,
        "joint_radius_": joint_radius(radii, coupling),
        "early_fusion_radius_": joint_radius(radii, np.ones_like(coupling)),
    }
