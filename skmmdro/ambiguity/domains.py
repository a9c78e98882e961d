"""Domains: the worst hospital, site, batch or period."""

from numbers import Real

import numpy as np

from .._sklearn import Interval
from ._base import BoundDomains, DomainSet


class Domains(DomainSet):
    """Be best in the worst case over the domains that the samples come from.

    With ``fit(X, y, domains=...)`` and R_d the risk in domain d (the weighted mean
    loss of its samples, or its worst case if a reweighting set is added) the
    estimators minimise ::

        max { sum_d pi_d R_d : sum_d pi_d = 1, 0 <= pi_d <= p_d / level },

    p_d the total nominal weight of domain d: the average risk over the worst fraction
    `level` of the population, domains taken as wholes. ``level=0`` is the largest R_d,
    ``level=1`` the ordinary risk.

    Parameters
    ----------
    level : float in [0, 1], default=0.0
        Worst fraction of the nominal weight to average over; 0: only the worst domain.

    Notes
    -----
    Fitted estimators keep `domain_names_`, `domain_weights_` (pi) and `domain_risks_`
    (R_d). Added to :class:`ModalityLoss`, the worst case is taken over all pairs of a
    domain and a missing modality; the risks kept are then averaged over the weights
    of the environments. A domain with few samples has a noisy risk;
    ``level`` of about 0.5 keeps one such domain from deciding alone.

    In a Pipeline or a search the domains are routed as metadata: enable routing with
    ``sklearn.set_config(enable_metadata_routing=True)`` and request them with
    ``DROClassifier(Domains()).set_fit_request(domains=True)``.

    References
    ----------
    .. [1] S. Sagawa, P. W. Koh, T. B. Hashimoto and P. Liang, "Distributionally robust
       neural networks for group shifts", ICLR 2020, equation (1).

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import Domains
    >>> rng = np.random.default_rng(0)
    >>> X, hospital = rng.standard_normal((200, 2)), np.repeat(["A", "B"], [150, 50])
    >>> y = (X[:, 0] + (hospital == "B") * X[:, 1] + rng.logistic(size=200) > 0) * 1
    >>> model = DROClassifier(Domains()).fit(X, y, domains=hospital)
    >>> model.domain_names_
    ['A', 'B']
    """

    alias = "domains"
    _parameter_constraints = {"level": [Interval(Real, 0, 1, closed="both")]}

    def __init__(self, level=0.0):
        self.level = level

    def milder(self):
        return "a larger level"

    def bind(self, domains, nominal):
        names, parts = np.unique(domains, return_inverse=True)
        prior = np.bincount(parts, nominal)
        return BoundDomains(names.tolist(), prior / prior.sum(), self.level, parts)
