"""Norms of coefficients that transport budgets charge."""

import numpy as np
from scipy.optimize import brentq

_TINY = np.finfo(np.float64).tiny


class BlockNorm:
    """``outer_k radius_k * inner_j ||W_j||_2`` over modalities k and their rows j.

    W_j is the row of feature j, one entry per output. With `inner` "l2" the modality's
    Frobenius norm, "l1" the sum and "linf" the largest of the row norms; with `outer`
    "sum" or "max" over modalities.

    Parameters
    ----------
    radii : ndarray of shape (n_modalities,)
        Non-negative.
    labels : ndarray of shape (n_features,)
        Modality of each row.
    inner : {"l2", "l1", "linf"}
    outer : {"sum", "max"}
    """

    def __init__(self, radii, labels, inner, outer):
        self.radii, self.labels, self.inner, self.outer = radii, labels, inner, outer

    def groups(self):
        """Return (labels, budgets) if this is a sum of group norms, else None."""
        if self.outer == "max" and np.count_nonzero(self.radii) > 1:
            return None
        if self.inner == "l2":
            return self.labels, self.radii
        if self.inner == "l1":
            return np.arange(len(self.labels)), self.radii[self.labels]
        return None

    def partitions(self):
        """Return the groups of rows, as labels, that the norm can make zero."""
        rows = [np.arange(len(self.labels))] if self.inner == "l1" else []
        return [self.labels, *rows]

    def scaled(self, factor):
        """Return the norm times `factor`."""
        return BlockNorm(factor * self.radii, self.labels, self.inner, self.outer)

    def value(self, W):
        rows = np.linalg.norm(W, axis=1)
        each = np.zeros(len(self.radii))
        if self.inner == "linf":
            np.maximum.at(each, self.labels, rows)
        else:
            power = 2 if self.inner == "l2" else 1
            each = np.bincount(self.labels, rows**power, minlength=len(each))
            each = each ** (1 / power)
        each = self.radii * each
        return float(each.sum() if self.outer == "sum" else each.max())

    def project(self, A, rate=1.0):
        """Return the point of `rate` times the dual unit ball that is nearest to A."""
        radii, out = rate * self.radii, np.zeros_like(A)
        sizes = np.linalg.norm(A, axis=1)
        if self.outer == "sum":
            for k, radius in enumerate(radii):
                rows = self.labels == k
                out[rows] = _project_block(A[rows], sizes[rows], radius, self.inner)
            return out
        rows = radii[self.labels] > 0
        if not np.any(rows):
            return out
        labels, A, sizes = self.labels[rows], A[rows], sizes[rows]
        used, labels = np.unique(labels, return_inverse=True)
        cost = 1 / radii[used]
        if self.inner == "l2":
            norms = np.sqrt(np.bincount(labels, sizes**2))
            keep = _shrink(norms, cost) / np.maximum(norms, _TINY)
            out[rows] = keep[labels, None] * A
        elif self.inner == "linf":
            keep = _shrink(sizes, cost[labels]) / np.maximum(sizes, _TINY)
            out[rows] = keep[:, None] * A
        else:
            peaks = _peaks(sizes, labels, cost)
            out[rows] = _clip_rows(A, sizes, peaks[labels])
        return out

    def cvxpy(self, W):
        """Return the norm of a cvxpy variable."""
        import cvxpy as cp

        each = []
        for k in np.flatnonzero(self.radii):
            rows = cp.norm(W[np.flatnonzero(self.labels == k)], 2, axis=1)
            inner = {"l2": cp.norm2, "l1": cp.norm1, "linf": cp.norm_inf}[self.inner]
            each.append(self.radii[k] * inner(rows))
        if not each:
            return cp.Constant(0.0)
        return sum(each) if self.outer == "sum" else cp.maximum(*each, 0)


def _clip_rows(A, sizes, limit):
    return A * np.minimum(1, limit / np.maximum(sizes, _TINY))[:, None]


def _project_block(A, sizes, radius, inner):
    """Project a modality on the ball whose support function is radius * inner norm."""
    if radius == 0:
        return np.zeros_like(A)
    if inner == "l1":
        return _clip_rows(A, sizes, radius)
    if inner == "l2":
        return A * min(1.0, radius / max(np.linalg.norm(sizes), _TINY))
    kept = _shrink(sizes, np.full(len(sizes), 1 / radius))
    return A * (kept / np.maximum(sizes, _TINY))[:, None]


def _shrink(sizes, cost):
    """Project non-negative sizes on ``cost'u <= 1``: u = (sizes - theta cost)_+."""
    if cost @ sizes <= 1:
        return sizes
    order = np.argsort(-sizes / cost)
    price = np.cumsum(cost[order] * sizes[order]) - 1
    slope = np.cumsum(cost[order] ** 2)
    last = np.flatnonzero(sizes[order] / cost[order] > price / slope)[-1]
    return np.maximum(sizes - price[last] / slope[last] * cost, 0)


def _peaks(sizes, labels, cost):
    """Return limits tau_k with cost'tau <= 1 for which clipping moves least.

    With multiplier theta the limits solve sum_j (size_j - tau_k)_+ = theta cost_k.
    """
    groups = [np.sort(sizes[labels == k])[::-1] for k in range(len(cost))]
    tops = np.array([group[0] for group in groups])
    if cost @ tops <= 1:
        return tops

    def limits(theta):
        out = np.zeros(len(cost))
        for k, group in enumerate(groups):
            means = (np.cumsum(group) - theta * cost[k]) / np.arange(1, len(group) + 1)
            out[k] = max(means.max(), 0.0)
        return out

    top = max(group.sum() / c for group, c in zip(groups, cost, strict=True))
    theta = brentq(lambda t: cost @ limits(t) - 1, 0, top, xtol=1e-14 * top)
    return limits(theta)
