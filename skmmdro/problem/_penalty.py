"""Penalties on the coefficients: budgets on block norms, and the squared norm."""

import numpy as np


class BlockPenalty:
    """``sum_k t_k (||W_k||^2 + w_k^2)^(1/2) - t_k w_k + alpha / 2 ||W||^2``.

    The widths w_k are zero unless the kink at W_k = 0 is to be smoothed; the smooth
    function is below the exact one by at most t_k w_k.

    Parameters
    ----------
    alpha : float
        Weight of the squared norm.
    budgets : ndarray of shape (n_blocks,)
        t_k.
    labels : ndarray of shape (n_features,)
        Block of each row of W.
    """

    def __init__(self, alpha, budgets, labels):
        self.alpha, self.budgets, self.labels = alpha, budgets, labels
        self.has_budgets = bool(np.any(budgets))

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

    def value_gradient(self, W, widths):
        value, gradient = 0.5 * self.alpha * np.vdot(W, W), self.alpha * W
        if self.has_budgets:
            norms, rates = self._smooth(W, widths)
            value += self.budgets @ (norms - widths)
            gradient += rates[self.labels, None] * W
        return value, gradient

    def diagonal(self, W, widths):
        """Return an upper bound of the Hessian that is diagonal, (n_features,)."""
        if not self.has_budgets:
            return np.full(len(W), self.alpha)
        return self.alpha + self._smooth(W, widths)[1][self.labels]

    def hessian_product(self, W, widths):
        """Return the map V -> Hessian V."""
        if not self.has_budgets:
            return lambda V: self.alpha * V
        norms, rates = self._smooth(W, widths)
        bend = np.divide(rates, norms**2, out=np.zeros_like(rates), where=norms > 0)

        def product(V):
            along = np.bincount(
                self.labels, np.einsum("ij,ij->i", W, V), minlength=len(norms)
            )
            turn = (bend * along)[self.labels, None]
            return (self.alpha + rates[self.labels, None]) * V - turn * W

        return product

    def conjugate(self, A):
        """Return sup_W <A, W> - penalty(W); infinite where alpha = 0 allows it."""
        over = np.maximum(self.norms(A) - self.budgets, 0)
        if self.alpha > 0:
            return 0.5 * (over @ over) / self.alpha
        return np.inf if np.any(over > 0) else 0.0

    def residual(self, A, W):
        """Return the norm of the smallest subgradient of ``<A, W> + penalty(W)``."""
        _, gradient = self.value_gradient(W, 0.0 * self.budgets)
        zero = self.norms(W) == 0
        size = self.norms(A + gradient)
        size[zero] = np.maximum(size[zero] - self.budgets[zero], 0)
        return np.linalg.norm(size)
