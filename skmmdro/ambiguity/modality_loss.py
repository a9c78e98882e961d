"""A modality may be missing altogether."""

from numbers import Real

import numpy as np

from .._sklearn import Interval, StrOptions
from ._base import BoundEnvironments, EnvironmentSet


class ModalityLoss(EnvironmentSet):
    """Be best in the worst case over which modality is missing.

    The environments are the data as they are and, for each entry of `modalities`, the
    same data with those modalities replaced by their weighted training means, as a
    mean imputer would do at prediction. With R_e the risk in environment e the
    estimators minimise ::

        max { sum_e pi_e R_e : sum_e pi_e = 1, 0 <= pi_e <= prior_e / level },

    the average over the worst fraction `level` of the environments, which have equal
    prior probabilities. ``level=0`` is the largest R_e.

    Parameters
    ----------
    modalities : "each" or list of str or tuple of str, default="each"
        Which modalities may be missing: each one on its own, or a list whose entries
        are names or tuples of names that are missing together.
    include_observed : bool, default=True
        Whether the data as they are form an environment too.
    level : float in [0, 1], default=0.0
        Worst fraction of the environments to average over. 0: only the worst one; 1:
        the plain average, about the same as training on copies of the data in which
        modalities were dropped.

    Notes
    -----
    Fitted estimators keep `environment_names_`, `environment_weights_` (pi) and
    `environment_risks_` (R_e). A fit costs a few times that of the same model without
    the set: predictions of all environments come from one pass over the data.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ModalityLoss
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     300, modality_names=("text", "image"), widths=(4, 6), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> model = DROClassifier(ModalityLoss()).fit(X, y)
    >>> model.environment_names_
    ['observed', 'without text', 'without image']
    """

    alias = "modality_loss"
    _parameter_constraints = {
        "modalities": [StrOptions({"each"}), "array-like"],
        "include_observed": ["boolean"],
        "level": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, modalities="each", *, include_observed=True, level=0.0):
        self.modalities = modalities
        self.include_observed = include_observed
        self.level = level

    def milder(self):
        return "a larger level or fewer modalities"

    def bind(self, modalities):
        known = modalities.names
        if len(known) < 2:
            raise ValueError(
                f"ModalityLoss needs at least 2 modalities, got {list(known)}: without "
                f"its only modality a model is constant. {modalities.hint}".rstrip()
            )
        lost = list(known) if isinstance(self.modalities, str) else self.modalities
        for entry in lost:
            if not isinstance(entry, (str, tuple, list)):
                raise ValueError(
                    "ModalityLoss(modalities=...) lists names and tuples of names; got "
                    f"the entry {entry!r}. The known modalities are {list(known)}."
                )
        lost = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in lost]
        self._check(lost, known)
        masks = [np.isin(known, entry) for entry in lost]
        names = [f"without {' and '.join(entry)}" for entry in lost]
        if self.include_observed:
            masks.insert(0, np.zeros(len(known), dtype=bool))
            names.insert(0, "observed")
        prior = np.full(len(names), 1 / len(names))
        return BoundEnvironments(names, prior, self.level, masks=np.array(masks))

    @staticmethod
    def _check(lost, known):
        unknown = [name for entry in lost for name in entry if name not in known]
        if unknown:
            raise ValueError(
                f"ModalityLoss names unknown modalities {unknown}; the known "
                f"modalities are {list(known)}."
            )
        if not lost or not all(lost):
            raise ValueError(
                "ModalityLoss(modalities=...) needs at least one entry, and at least "
                f"one name in each; got {lost}. Use modalities='each' for every "
                f"modality of {list(known)}."
            )
        sets = [frozenset(entry) for entry in lost]
        for entry, names in zip(lost, sets, strict=True):
            if len(names) < len(entry):
                raise ValueError(
                    f"ModalityLoss names a modality twice in the entry {entry}; an "
                    "entry lists different modalities that are missing together."
                )
        if len(set(sets)) < len(sets):
            raise ValueError(
                f"ModalityLoss states an environment twice in {lost}; leave one out."
            )
