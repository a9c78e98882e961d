"""Norms of coefficients that transport budgets charge."""

import numpy as np

_ROUNDING = 1e-12  # relative
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
        # parts of W that enter by their size alone, and the modality of each
        self.cells, self.owner = np.arange(len(labels)), labels
        if inner == "l2":
            self.cells, self.owner = labels, np.arange(len(radii))

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

    def small_rows(self, W, share):
        """Return which rows are in a group of at most `share` of the largest one.

        Groups are those that the norm can make zero; rows that are zero do not count.
        """
        found = np.zeros(len(W), dtype=bool)
        for labels in self.partitions():
            sizes = np.sqrt(np.bincount(labels, np.sum(W**2, axis=1)))
            found |= (sizes <= share * sizes.max())[labels]
        return found & (self.radii > 0)[self.labels] & W.any(axis=1)

    def scaled(self, factor):
        """Return the norm times `factor`."""
        return BlockNorm(factor * self.radii, self.labels, self.inner, self.outer)

    def extent(self):
        """Return a bound on ``||U||_F^2`` in the dual unit ball."""
        if self.inner == "l1":
            return float(np.sum(self.radii[self.labels] ** 2))
        return float(np.sum(self.radii**2))

    def value(self, W):
        sizes = self._sizes(W)
        if self.inner == "linf":
            each = np.zeros(len(self.radii))
            np.maximum.at(each, self.owner, sizes)
        else:
            each = np.bincount(self.owner, sizes, minlength=len(self.radii))
        each = self.radii * each
        return float(each.sum() if self.outer == "sum" else each.max())

    def dual_value(self, A):
        """Return the least factor of the dual unit ball that contains A."""
        sizes, joined = self._sizes(A), np.zeros(len(self.radii))
        if self.inner == "linf":
            joined = np.bincount(self.owner, sizes, minlength=len(joined))
        else:
            np.maximum.at(joined, self.owner, sizes)
        out = np.where(joined > 0, np.inf, 0.0)
        used = self.radii > 0
        out[used] = joined[used] / self.radii[used]
        return float(out.max() if self.outer == "sum" else out.sum())

    def project(self, A, rate=1.0):
        """Return the point of `rate` times the dual unit ball that is nearest to A."""
        sizes = np.maximum(self._sizes(A), _TINY)
        kept, _ = self._fit(sizes, rate * self.radii)
        return A * (kept / sizes)[self.cells, None]

    def derivative(self, A):
        """Return the map V -> derivative of `project` at A along V."""
        unit, share, change = self._turn(A)

        def product(V):
            rows = np.einsum("ij,ij->i", unit, V)
            along = np.bincount(self.cells, rows, minlength=len(share))
            turned = share[self.cells, None] * (V - unit * along[self.cells, None])
            return turned + unit * change(along)[self.cells, None]

        return product

    def derivative_matrix(self, A):
        """Return that map as a matrix, for entries in the order of ``A.ravel()``."""
        unit, share, change = self._turn(A)
        cells = np.repeat(self.cells, A.shape[1])
        along = np.zeros((len(cells), len(share)))
        along[np.arange(len(cells)), cells] = unit.ravel()
        out = along @ (change(np.eye(len(share))).T - np.diag(share)) @ along.T
        out[np.diag_indices(len(cells))] += share[cells]
        return out

    def _turn(self, A):
        """Return the directions of A in its cells, and what becomes of their sizes.

        That is the share of each size that is kept, and the map from changes of the
        sizes, as rows, to those of what is kept of them.
        """
        sizes = np.maximum(self._sizes(A), _TINY)
        kept, change = self._fit(sizes, self.radii)
        return A / sizes[self.cells, None], kept / sizes, change

    def _sizes(self, W):
        squares = np.einsum("ij,ij->i", W, W)
        return np.sqrt(np.bincount(self.cells, squares, minlength=len(self.owner)))

    def _fit(self, sizes, radii):
        """Return the nearest sizes in the ball, and their derivative as a map."""
        caps = radii[self.owner]
        if self.outer == "sum" and self.inner != "linf":
            return np.minimum(sizes, caps), lambda along: (sizes < caps) * along
        cost = np.divide(1.0, caps, out=np.zeros_like(caps), where=caps > 0)
        if self.outer == "sum":
            balls = [(self.owner == k) & (caps > 0) for k in range(len(radii))]
        elif self.inner == "l1":
            return _clip_jointly(sizes, self.owner, radii)
        else:
            balls = [caps > 0]
        return _shrink_in_balls(sizes, cost, [ball for ball in balls if ball.any()])

    def cvxpy(self, W):
        """Return the norm of a cvxpy variable."""
        import cvxpy as cp

        inner = {"l2": cp.norm2, "l1": cp.norm1, "linf": cp.norm_inf}[self.inner]
        each = [r * inner(sizes) for r, sizes in self._cvxpy_rows(W) if r > 0]
        if not each:
            return cp.Constant(0.0)
        return sum(each) if self.outer == "sum" else cp.maximum(*each, 0)

    def cvxpy_within(self, A, factor):
        """Return the constraints that A is in `factor` times the dual unit ball."""
        import cvxpy as cp

        inner = {"l2": cp.norm2, "l1": cp.norm_inf, "linf": cp.norm1}[self.inner]
        each = [(r, inner(sizes)) for r, sizes in self._cvxpy_rows(A)]
        if self.outer == "sum":
            return [size <= factor * r for r, size in each]
        shares = [size / r for r, size in each if r > 0]
        return [size <= 0 for r, size in each if r == 0] + [sum(shares) <= factor]

    def _cvxpy_rows(self, W):
        """Return (radius, sizes of the rows) of each modality."""
        import cvxpy as cp

        rows = [np.flatnonzero(self.labels == k) for k in range(len(self.radii))]
        sizes = [cp.norm(W[index], 2, axis=1) for index in rows]
        return list(zip(self.radii, sizes, strict=True))


def _shrink_in_balls(sizes, cost, balls):
    """Project on ``cost'u <= 1`` in each ball, a mask; 0 outside of all."""
    kept, bound = np.zeros_like(sizes), []
    for ball in balls:
        kept[ball] = _shrink(sizes[ball], cost[ball])
        if cost[ball] @ sizes[ball] > 1:
            bound.append(np.where(ball & (kept > 0), cost, 0.0))

    def change(along):
        out = np.where(kept > 0, along, 0.0)
        for price in bound:
            out = out - (along @ price)[..., None] / (price @ price) * price
        return out

    return kept, change


def _shrink(sizes, cost):
    """Project non-negative sizes on ``cost'u <= 1``: u = (sizes - theta cost)_+."""
    if cost @ sizes <= 1:
        return sizes
    order = np.argsort(-sizes / cost)
    # theta is the largest of what the largest sizes alone ask for
    price = np.cumsum(cost[order] * sizes[order]) - 1
    theta = np.max(price / np.cumsum(cost[order] ** 2))
    kept = np.maximum(sizes - theta * cost, 0)
    total = cost @ kept
    if total > 0.5:
        return kept / max(total, 1.0)
    # the one is lost in the rounding of sizes that are larger by orders of magnitude
    top = sizes / cost >= np.max(sizes / cost) * (1 - _ROUNDING)
    return top * cost / np.sum(cost[top] ** 2)


def _clip_jointly(sizes, owner, radii):
    """Project on the sizes whose largest ones, by owner, have a sum of costs <= 1."""
    used = radii > 0
    seen, limits = used[owner], np.zeros(len(radii))
    if not seen.any():
        return np.zeros_like(sizes), np.zeros_like
    names, labels = np.unique(owner[seen], return_inverse=True)
    cost = 1 / radii[names]
    limits[names], binds = _peaks(sizes[seen], labels, cost)
    kept = np.minimum(sizes, limits[owner])
    clipped = binds & seen & (sizes > limits[owner]) & (limits[owner] > 0)
    counts = np.bincount(owner[clipped], minlength=len(radii))
    moving = counts > 0
    rate = np.where(moving, 1 / np.where(used, radii, 1) / np.maximum(counts, 1), 0.0)
    mean = (owner[:, None] == np.arange(len(radii))) * clipped[:, None]
    mean = mean / np.maximum(counts, 1)

    def change(along):
        means = along @ mean
        # the limits keep their sum of costs: d limit = mean - d theta * rate
        weight = counts * rate
        turn = (means @ weight)[..., None] / max(weight @ rate, _TINY)
        limits = (means - turn * rate)[..., owner]
        return np.where(clipped, limits, (sizes <= kept) * along)

    return kept, change


def _peaks(sizes, labels, cost):
    """Return limits tau_k with cost'tau <= 1 for which clipping moves least.

    With multiplier theta the limits solve sum_j (size_j - tau_k)_+ = theta cost_k, so
    they are ``max_m (S_m - theta cost_k) / m``, S_m the sum of the m largest sizes, or
    zero. Their sum of costs is convex in theta: Newton's method from 0 ends there.
    Also returned is whether that bound binds.
    """
    sums = [np.cumsum(np.sort(sizes[labels == k])[::-1]) for k in range(len(cost))]
    tau, theta, before = np.array([part[0] for part in sums]), 0.0, -1.0
    binds = cost @ tau > 1
    while binds and theta > before:
        before, slope = theta, np.zeros(len(cost))
        for k, part in enumerate(sums):
            lines = (part - theta * cost[k]) / np.arange(1, len(part) + 1)
            best = np.argmax(lines)
            tau[k] = max(lines[best], 0.0)
            slope[k] = cost[k] / (best + 1) if tau[k] > 0 else 0.0
        theta += max(cost @ tau - 1, 0.0) / max(cost @ slope, _TINY)
    return tau, binds
