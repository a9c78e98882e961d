"""Penalties on the coefficients: budgets on block norms, and the squared norm."""

from copy import copy

import numpy as np

_SPLITS = 50


class BlockPenalty:
    """``sum_k t_k (||W_k||^2 + w_k^2)^(1/2) - t_k w_k + alpha / 2 ||W||^2``.

    The widths w_k are zero unless the kink at W_k = 0 is to be smoothed; the smooth
    function is below the exact one by at most t_k w_k.

    A further norm, a maximum of <U, W> over a ball of matrices U, is smoothed to ::

        max_U  <U, W> - mu / 2 ||U - C||^2,  attained at  U = project(C + W / mu).

    With its own U at the solution as the centre C, that changes the solution nowhere.

    Parameters
    ----------
    alpha : float
        Weight of the squared norm.
    budgets : ndarray of shape (n_blocks,)
        t_k.
    labels : ndarray of shape (n_features,)
        Block of each row of W.
    norm : BlockNorm or None, default=None
        A further norm of W to add.
    """

    def __init__(self, alpha, budgets, labels, norm=None):
        self.alpha, self.budgets, self.labels = alpha, budgets, labels
        self.norm = norm
        self.mu, self.center = 0.0, 0.0
        self.has_budgets = bool(np.any(budgets))
        self.has_kinks = self.has_budgets or norm is not None

    def smoothed(self, error, center):
        """Return the penalty with the further norm smoothed.

        Parameters
        ----------
        error : float
            By how much it may be too low for a centre in the ball.
        center : ndarray of shape (n_features, n_outputs) or None
            Where the subtracted term vanishes; None: zero.
        """
        if self.norm is None:
            return self
        other = copy(self)
        # a norm without budgets has nothing to smooth: any width will do
        other.mu = error / (2 * (self.norm.extent() or 1.0))
        other.center = 0.0 if center is None else center
        return other

    @property
    def n_kinks(self):
        """Number of groups of coefficients that enter by their size."""
        groups = np.count_nonzero(self.budgets)
        return groups if self.norm is None else groups + len(self.norm.owner)

    def partitions(self):
        """Return the groups of rows, as labels, that the norms can make zero."""
        found = [self.labels] if self.has_budgets else []
        if self.norm is not None:
            found += self.norm.partitions()
        return found

    def share_used(self, A):
        """Return the least factor of the norms for which <A, W> is never negative.

        That of ``<A, W> + factor * norms(W)``; None if budgets and a further norm share
        the work.
        """
        if self.norm is not None:
            return None if self.has_budgets else self.norm.dual_value(A)
        norms, charged = self.norms(A), self.budgets > 0
        if np.any(norms[~charged] > 0):
            return np.inf
        return float(np.max(norms[charged] / self.budgets[charged]))

    def norms(self, W):
        """Return ||W_k||_F of each block."""
        squares = np.einsum("ij,ij->i", W, W)
        return np.sqrt(np.bincount(self.labels, squares, minlength=len(self.budgets)))

    def widths(self, error):
        """Return widths for which smoothing lowers the penalty by at most `error`."""
        share = error / len(self.budgets)
        return np.divide(
            share, self.budgets, out=np.zeros_like(self.budgets), where=self.budgets > 0
        )

    def _smooth(self, W, widths):
        """Return the smooth norms and t_k over them (0 for blocks exactly at zero)."""
        norms = np.hypot(self.norms(W), widths)
        rates = np.divide(
            self.budgets, norms, out=np.zeros_like(norms), where=norms > 0
        )
        return norms, rates

    def charge(self, W, widths):
        """Return the part made of norms, its gradient and that of the further norm.

        The last one is None where the further norm is not smoothed.
        """
        value, gradient, U = 0.0, np.zeros_like(W), None
        if self.has_budgets:
            norms, rates = self._smooth(W, widths)
            value += self.budgets @ (norms - widths)
            gradient += rates[self.labels, None] * W
        if self.mu > 0:
            U = self.norm.project(self.center + W / self.mu)
            value += np.vdot(U, W) - 0.5 * self.mu * np.sum((U - self.center) ** 2)
            gradient += U
        elif self.norm is not None:
            value += self.norm.value(W)
        return value, gradient, U

    def exact_charge(self, W):
        """Return the part made of norms, not smoothed."""
        further = 0.0 if self.norm is None else self.norm.value(W)
        return self.budgets @ self.norms(W) + further

    def value_gradient(self, W, widths):
        value, gradient, _ = self.charge(W, widths)
        return value + 0.5 * self.alpha * np.vdot(W, W), gradient + self.alpha * W

    def diagonal(self, W, widths, rate=1.0):
        """Return an upper bound of the Hessian that is diagonal, (n_features,)."""
        out = np.full(len(W), self.alpha)
        if self.has_budgets:
            out += rate * self._smooth(W, widths)[1][self.labels]
        return out + rate / self.mu if self.mu > 0 else out

    def hessian_product(self, W, widths, rate=1.0):
        """Return the map V -> Hessian V; the norms count `rate` times."""
        budgets = self._budgets_product(W, widths, rate) if self.has_budgets else None
        further = None
        if self.mu > 0:
            further = self.norm.derivative(self.center + W / self.mu)

        def product(V):
            out = self.alpha * V
            if budgets is not None:
                out += budgets(V)
            return out if further is None else out + rate / self.mu * further(V)

        return product

    def matrix(self, W, widths, rate=1.0):
        """Return the Hessian, for entries of W in the order of ``W.ravel()``."""
        out = np.zeros((W.size, W.size))
        labels = np.repeat(self.labels, W.shape[1])
        diagonal = np.full(W.size, self.alpha)
        if self.has_budgets:
            rates, bend = self._bends(W, widths, rate)
            diagonal += rates[labels]
            turn = np.outer(bend[labels] * W.ravel(), W.ravel())
            out -= np.where(labels[:, None] == labels, turn, 0.0)
        if self.mu > 0:
            further = self.norm.derivative_matrix(self.center + W / self.mu)
            out += rate / self.mu * further
        out[np.diag_indices(W.size)] += diagonal
        return out

    def _bends(self, W, widths, rate):
        """Return t_k / n_k and t_k / n_k^3 of the smooth norms n_k of blocks."""
        norms, rates = self._smooth(W, widths)
        rates = rate * rates
        bend = np.divide(rates, norms**2, out=np.zeros_like(rates), where=norms > 0)
        return rates, bend

    def _budgets_product(self, W, widths, rate):
        rates, bend = self._bends(W, widths, rate)

        def product(V):
            along = np.bincount(
                self.labels, np.einsum("ij,ij->i", W, V), minlength=len(bend)
            )
            turn = (bend * along)[self.labels, None]
            return rates[self.labels, None] * V - turn * W

        return product

    def conjugate(self, A, rate=1.0):
        """Return sup_W <A, W> - penalty(W), the norms counting `rate` times.

        Infinite where alpha = 0 allows it.
        """
        if self.norm is not None:
            A = A - self._best_split(A, rate)
        over = np.maximum(self.norms(A) - rate * self.budgets, 0)
        if self.alpha > 0:
            return 0.5 * (over @ over) / self.alpha
        return np.inf if np.any(over > 0) else 0.0

    def _best_split(self, A, rate):
        """Return the part of A that the further norm takes on.

        A = A_1 + A_2 with A_2 in the dual ball of the norm; any split gives a bound,
        alternating projections make it tight.
        """
        taken = self.norm.project(A, rate)
        for _ in range(_SPLITS if self.has_budgets else 0):
            rest = A - taken
            norms = self.norms(rest)
            allowed = rate * self.budgets
            keep = np.divide(
                allowed, norms, out=np.ones_like(norms), where=norms > allowed
            )
            taken = self.norm.project(A - keep[self.labels, None] * rest, rate)
        return taken

    def residual(self, A, W, rate=1.0):
        """Return how far W is from minimising ``<A, W> + penalty(W)``.

        The norms count `rate` times.

        Returns
        -------
        size : float
            Norm of the smallest subgradient, with some U for that of the further norm.
        slack : float
            ``norm(W) - <U, W>``, zero if U is a subgradient.
        """
        gradient, slack = self.alpha * W, 0.0
        if self.has_budgets:
            gradient += rate * self._smooth(W, 0.0)[1][self.labels, None] * W
        if self.norm is not None:
            U = self.norm.project(-(A + gradient), rate)
            gradient += U
            slack = rate * self.norm.value(W) - np.vdot(U, W)
        zero = self.norms(W) == 0
        size = self.norms(A + gradient)
        size[zero] = np.maximum(size[zero] - rate * self.budgets[zero], 0)
        return np.linalg.norm(size), slack
