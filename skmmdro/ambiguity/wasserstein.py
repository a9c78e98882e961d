"""Wasserstein transport of the features, with one budget per modality."""

from numbers import Integral, Real

import numpy as np

from .._sklearn import Interval, StrOptions
from .._validation import per_modality
from ._base import BoundTransport, TransportSet
from ._norms import BlockNorm

_DUAL = {"l2": "l2", "l1": "linf", "linf": "l1"}


class Wasserstein(TransportSet):
    """The features of each modality may move by a budget, on average.

    With z the raw prediction and ``||.||_*`` the norm dual to `norm`, the estimators
    minimise, over the nominal weights or the worst ones of a reweighting set (risk R),

    - order 1: ``R(l) + Lip * h(w)``, Lip the Lipschitz constant of the loss,
    - order 2, squared error only: ``(sqrt(2 R(l)) + h(w))^2 / 2``, with
      ``2 R(l) = mean(residual^2)`` a group square-root lasso,

    plus ``alpha / 2 ||w||_2^2``, with ::

        h(w) = sum_k eps_k ||w_k||_*   (coupling "separate"),
        h(w) = max_k eps_k ||w_k||_*   (coupling "joint").

    For two classes or one target and order 1 this is the exact worst case over all
    distributions within transport distance eps_k in each modality, if features are not
    bounded; for more classes it is an upper bound: the exact Lipschitz term
    ``max_{c,c'} ||w_c - w_c'||_*`` is replaced by ``sqrt(2)`` times the dual norm of
    the features' coefficient norms (Frobenius norm for "l2"). The one-versus-rest
    losses use ``Lip * sqrt(n_classes)``, also a bound.

    Parameters
    ----------
    radius : float in [0, inf) or dict, default=0.05
        Budget eps_k of each modality, a number for all or a dict by modality name,
        with 0 for those that are left out: the average distance (root mean square for
        order 2) by which the modality's features may move, in their units. It does not
        depend on the sample size. A modality whose budget outweighs its use gets
        exactly zero coefficients.
    order : {1, 2}, default=1
        Order of the transport distance. 1 needs a loss with a Lipschitz constant, 2
        needs "squared_error".
    norm : {"l2", "l1", "linf"}, default="l2"
        Norm in which a sample's move is measured. "l2" drops whole modalities; "linf"
        (every feature may move by the budget) charges the l1 norm of the coefficients
        and drops single features; "l1" (one feature moves) charges the largest one.
        Kernel models take "l2" only: their moves are measured in the Hilbert space.
    coupling : {"separate", "joint"}, default="separate"
        "separate": each modality has a budget of its own, all may be used at once.
        "joint": one budget to be divided, a full move of modality k costs eps_k.
    label_cost : float in (0, inf], default=inf
        What it costs to flip the label of a sample, in units of feature distance: as
        much as moving the modality of the largest radius by that distance. Only for
        two classes and order 1. The objective is then ::

            min_lam  lam + R( max( l(y z), l(-y z) - lam kappa ) ),  h(w) Lip <= lam,

        kappa = label_cost / max_k eps_k. Infinite: labels are certain.

    Notes
    -----
    Every norm and coupling has a fast solver; finite label costs are solved as a cone
    program by Clarabel.

    References
    ----------
    .. [1] S. Shafieezadeh-Abadeh, D. Kuhn and P. Mohajerin Esfahani, "Regularization
       via mass transportation", Journal of Machine Learning Research 20(103), 2019,
       theorems 4, 11 and 14.
    .. [2] J. Blanchet, Y. Kang and K. Murthy, "Robust Wasserstein profile inference
       and applications to machine learning", Journal of Applied Probability 56(3),
       2019, theorem 1 and proposition 2. doi:10.1017/jpr.2019.49

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import Wasserstein
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     300, modality_names=("text", "image"), widths=(4, 6), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> model = DROClassifier(Wasserstein({"text": 0.02, "image": 2.0})).fit(X, y)
    >>> (model.coef_[0, model.modalities_["image"]] == 0).all()
    np.True_
    """

    alias = "wasserstein"
    _parameter_constraints = {
        "radius": [Interval(Real, 0, None, closed="left"), dict],
        "order": [Interval(Integral, 1, 2, closed="both")],
        "norm": [StrOptions({"l2", "l1", "linf"})],
        "coupling": [StrOptions({"separate", "joint"})],
        "label_cost": [Interval(Real, 0, None, closed="right")],
    }

    def __init__(
        self,
        radius=0.05,
        *,
        order=1,
        norm="l2",
        coupling="separate",
        label_cost=np.inf,
    ):
        self.radius = radius
        self.order = order
        self.norm = norm
        self.coupling = coupling
        self.label_cost = label_cost

    def milder(self):
        flips = np.isfinite(self.label_cost)
        return f"{super().milder()}{' or a larger label_cost' if flips else ''}"

    def bind(self, modalities, loss):
        radii = per_modality(self.radius, modalities, parameter="radius")
        self._check_loss(loss)
        outer = "sum" if self.coupling == "separate" else "max"
        norm = BlockNorm(radii, modalities.labels, _DUAL[self.norm], outer)
        top = radii.max()
        cost = self.label_cost / top if top > 0 else np.inf  # no budget, no flips
        return BoundTransport(norm, self.order, cost)

    def _check_loss(self, loss):
        if self.order == 1 and loss.lipschitz is None:
            raise ValueError(
                f"Wasserstein(order=1) with the loss {loss.name!r} has an infinite "
                "worst case, since that loss has no Lipschitz constant. Use order=2 "
                "with 'squared_error', or a loss such as 'huber', 'absolute_error', "
                "'log_loss', 'hinge' or 'modified_huber'."
            )
        if self.order == 2 and loss.name != "squared_error":
            raise ValueError(
                f"Wasserstein(order=2) needs loss='squared_error', got {loss.name!r}; "
                "use order=1 for losses with a Lipschitz constant."
            )
        if np.isfinite(self.label_cost) and not loss.has_labels:
            raise ValueError(
                f"Wasserstein(label_cost={self.label_cost}) flips labels of two "
                f"classes, which the loss {loss.name!r} as used here does not have; "
                "use label_cost=inf for regression and for more than two classes."
            )
        if np.isfinite(self.label_cost) and self.order == 2:
            raise ValueError("Wasserstein(order=2) takes no finite label_cost.")
