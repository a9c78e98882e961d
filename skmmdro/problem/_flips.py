"""The robust problem in which labels may flip at a cost."""

import numpy as np
from scipy.optimize import minimize_scalar

from ._evaluation import Evaluation
from ._problem import RobustProblem
from ._reference import flip_program

_XTOL = 1e-12


class FlipProblem(RobustProblem):
    """Objective ::

        min_{lam >= h(W)}  lam + R(max(l, l_flipped - lam kappa)) + alpha / 2 ||W||^2,

    h the norms of W and kappa the `flip_cost`. Solved as a cone program only.
    """

    cones_only = True

    def __init__(self, *args, flip_cost, **kwargs):
        super().__init__(*args, **kwargs)
        self.flip_cost = flip_cost

    @property
    def cone_unit(self):
        """1: losses of labels are not large."""
        return 1.0

    def evaluate(self, theta):
        """Return the Evaluation at theta; its losses are those of the worst labels."""
        at = super().evaluate(theta)
        W, _ = self.split(theta)
        other, slope = self.loss.flipped().value_slope(at.raw)
        least = self.penalty.exact_charge(W)

        def worst(price):
            losses = np.maximum(at.losses, other - price * self.flip_cost)
            return losses, self.risk.worst_case(losses, self.nominal)

        # beyond this price no label flips, and the value only grows
        most = max(np.max(other - at.losses) / self.flip_cost, least)
        price = least
        if most > least:
            found = minimize_scalar(
                lambda p: p + worst(p)[1].value,
                bounds=(least, most),
                method="bounded",
                options={"xatol": _XTOL * most, "maxiter": 500},
            )
            ends = [(p + worst(p)[1].value, p) for p in (least, found.x, most)]
            price = min(ends)[1]
        losses, case = worst(price)
        flips = (losses > at.losses)[:, None]
        value = price + case.value + 0.5 * self.penalty.alpha * np.vdot(W, W)
        return Evaluation(
            theta=theta,
            value=value,
            gradient=at.gradient,
            raw=at.raw,
            slope=np.where(flips, slope, at.slope),
            losses=losses,
            worst=case,
            pull=at.pull,
        )

    def gap(self, at, tol=np.inf):
        """Return infinity: the certificate is left to the cone solver."""
        return np.inf

    def budget_share_used(self, theta, weights):
        """Return 1: what smaller norms leave of the flips is not known."""
        return 1.0

    def to_cvxpy(self):
        return flip_program(self)
