"""The joint radius of a set, and how modalities share it."""

import numpy as np

from ..ambiguity import resolve_ambiguity
from ..ambiguity._confidence import modality_radii
from ..ambiguity._joint import joint_radius, joint_shares

_RTOL = 1e-6  # of the joint radius, between two computations of the same


def fitted_shift(model):
    """Return radii and coupling of the reweighting set as the model was fitted with it.

    Parameters
    ----------
    model : DROModel
        Fitted with a set that has a coupling.

    Returns
    -------
    shift : dict
        `radii`, `coupling`, `joint_radius`, `early_fusion_radius` and
        `modality_contributions`, as in :class:`RiskCertificate`.

    Raises
    ------
    ValueError
        If the set of the model is not the one it was fitted with.
    """
    part = resolve_ambiguity(model.ambiguity).parts().get("reweighting")
    shift = None
    if hasattr(part, "radius") and hasattr(model, "coupling_"):
        shift = _shift(part, model._fitted_modalities(), vars(model))
    if shift is None or not np.isclose(
        shift["joint_radius"], model.joint_radius_, rtol=_RTOL
    ):
        raise ValueError(
            f"the ambiguity set of the model is now {model.ambiguity!r}, but it was "
            "fitted with another one; fit it again, or pass that set as ambiguity=."
        )
    return shift


def stated_shift(part, X, nominal, modalities):
    """Return the same for a set that is attached to given data."""
    fitted = part.bind(X, nominal, modalities).fitted
    return _shift(part, modalities, fitted)


def _shift(part, modalities, fitted):
    radii = modality_radii(part, modalities, fitted)
    coupling = fitted["coupling_"]
    shares = joint_shares(radii, coupling)

    def named(values):
        return dict(zip(modalities.names, values.tolist(), strict=True))

    return {
        "radii": named(radii),
        "coupling": coupling,
        "joint_radius": joint_radius(radii, coupling),
        "early_fusion_radius": joint_radius(radii, np.ones_like(coupling)),
        "modality_contributions": named(shares),
    }
