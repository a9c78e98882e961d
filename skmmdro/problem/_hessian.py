"""Second derivatives of the robust problem, explicit or as products.

With q the worst-case weights, l_i'' the curvature of a loss and D - V'V + G'G that of
the risk in the losses, the risk has the Hessian ::

    sum_i q_i X_i' l_i'' X_i + J' (D - V'V + G'G) J,   J_i = l_i'(z_i)' X_i.

A root, ``(sqrt(2 R) + h)^2 / 2`` with g = sqrt(2 R) and s = g + h, makes of it ::

    (s / g) Hess R + s Hess h + u u' - (s / g^3) r r',

where r = grad R and u = r / g + grad h.
"""

import numpy as np

_SAME = 0.2  # relative change of a weight up to which a Gram matrix keeps it
_FEW = 0.3  # share of the rows that may change before all are computed anew


class GramCache:
    """Gram matrices ``[X, 1]' diag(w) [X, 1]`` whose weights change in few rows.

    The weights that a matrix belongs to stay within a fraction of those asked for, and
    so does the matrix, as a quadratic form. That is enough for problems that are
    smoothed for the time being, and saves most of the work when only samples at a kink
    change.
    """

    def __init__(self):
        self.needs_double = False  # whether single precision has not been enough
        self._known = {}  # (data, weights, matrix) by pair of outputs

    def get(self, pair, problem, weights, dtype):
        """Return the matrix of about these weights for a pair of outputs."""
        key = pair, np.dtype(dtype)
        data, held, gram = self._known.get(key, (None, None, None))
        changed = np.ones(len(weights), dtype=bool)
        if data is problem.data:  # and not that of some rows or of a reduced problem
            changed = np.abs(weights - held) > _SAME * np.abs(weights)
        if np.count_nonzero(changed) > _FEW * len(changed):
            held, gram = weights, _gram(problem, weights, dtype)
        elif changed.any():
            change = np.where(changed, weights - held, 0.0)
            gram = gram + _gram(problem, change, dtype)
            held = np.where(changed, weights, held)
        self._known[key] = problem.data, held, gram
        return gram


def hessian(problem, at, dtype=np.float64):
    """Return the Hessian at an Evaluation, (size, size)."""
    local, risk = problem.loss.curvature(at.raw), at.worst.curvature()
    rows, outputs = problem.n_rows, problem.n_outputs
    out = np.zeros((rows, outputs, rows, outputs))
    for a in range(outputs):
        for b in range(a + 1):
            inner = local.weights(a, b)
            weights = None if inner is None else at.worst.weights * inner
            outer = None
            if risk is not None:
                outer = risk.diagonal * at.slope[:, a] * at.slope[:, b]
            block = _block(problem, (a, b), weights, outer, dtype)
            if block is not None:
                out[:, a, :, b] = out[:, b, :, a] = block
    out = out.reshape(problem.size, problem.size)
    if risk is not None:
        if len(risk.vectors):
            down = pulled(problem, at, risk.vectors)
            out -= down.T @ down
        if risk.gains is not None:
            up = pulled(problem, at, risk.gains)
            out += up.T @ up
    out *= at.risk_rate
    for sign, vector in _root_terms(problem, at):
        out += sign * np.outer(vector, vector)
    return _add_penalty(problem, out, at)


def _block(problem, pair, inner, outer, dtype):
    """Return the Gram matrix of the weights ``inner + outer``; None: no weights."""
    if inner is None or outer is None:
        weights = outer if inner is None else inner
        return None if weights is None else _gram(problem, weights, dtype)
    if problem.uses_centers and np.count_nonzero(outer) < _FEW * len(outer):
        gram = problem.grams.get(pair, problem, inner, dtype)
        return gram + _gram(problem, outer, dtype)
    return _gram(problem, inner + outer, dtype)


def _gram(problem, weights, dtype=np.float64):
    """Return [X, 1]' diag(weights) [X, 1], (n_rows, n_rows)."""
    d = problem.n_features
    if not problem.fit_intercept:
        return problem.data.gram(weights, dtype)[0]
    gram = np.empty((problem.n_rows, problem.n_rows))
    gram[:d, :d], gram[d, :d] = problem.data.gram(weights, dtype)
    gram[:d, d], gram[d, d] = gram[d, :d], weights.sum()
    return gram


def pulled(problem, at, vectors):
    """Return vectors J, (rank, size), in one pass over the data."""
    rank = len(vectors)
    moved = vectors.T[:, :, None] * at.slope[:, None, :]  # (n_terms, rank, n_outputs)
    u = problem.pull_back(moved.reshape(problem.n_terms, -1))
    u = u.reshape(problem.n_rows, rank, problem.n_outputs).swapaxes(0, 1)
    return u.reshape(rank, problem.size)


def _root_terms(problem, at):
    """Return (sign, vector) of the rank-one terms that a root adds."""
    if not problem.is_root:
        return []
    W, _ = problem.split(at.theta)
    root = at.charge_rate / at.risk_rate
    slope = problem.penalty.charge(W, problem.smoothing_widths())[1]
    pull = at.pull.ravel()
    both = pull / root
    both[: slope.size] += slope.ravel()
    return [(1.0, both), (-1.0, np.sqrt(at.charge_rate / root**3) * pull)]


def _add_penalty(problem, out, at):
    """Add the penalties and turn the rows of fixed coefficients into identity."""
    W, _ = problem.split(at.theta)
    widths = problem.smoothing_widths()
    head = problem.n_features * problem.n_outputs
    if problem.penalty.has_kinks:
        out[:head, :head] += problem.penalty.matrix(W, widths, at.charge_rate)
    else:
        out[np.arange(head), np.arange(head)] += problem.penalty.alpha
    fixed = np.flatnonzero(np.repeat(problem.fixed, problem.n_outputs))
    return _with_fixed_rows(out, fixed)


def _with_fixed_rows(matrix, fixed):
    matrix[fixed], matrix[:, fixed] = 0.0, 0.0
    matrix[fixed, fixed] = 1.0
    return matrix


def hessian_product(problem, at):
    """Return the map v -> Hessian v at an Evaluation."""
    local, risk = problem.loss.curvature(at.raw), at.worst.curvature()
    weights, slope = at.worst.weights[:, None], at.slope
    W, _ = problem.split(at.theta)
    widths = problem.smoothing_widths()
    penalty = problem.penalty.hessian_product(W, widths, at.charge_rate)
    roots = _root_terms(problem, at)

    def product(vector):
        V, c = problem.split(vector)
        change = problem.data.matmul(V) + c
        dual = weights * local.apply(change)
        if risk is not None:
            moved = np.einsum("ij,ij->i", slope, change)
            turn = risk.diagonal * moved - (risk.vectors @ moved) @ risk.vectors
            if risk.gains is not None:
                turn += (risk.gains @ moved) @ risk.gains
            dual += turn[:, None] * slope
        out = at.risk_rate * problem.pull_back(dual)
        out[: problem.n_features] += penalty(V)
        out = out.ravel()
        for sign, root in roots:
            out += sign * (root @ vector) * root
        out.reshape(problem.n_rows, -1)[: problem.n_features][problem.fixed] = V[
            problem.fixed
        ]
        return out

    return product


def shared_hessian(problem, at, max_rows):
    """Return one matrix like every output's block, from about `max_rows` samples."""
    step = max(problem.n_samples // max_rows, 1)
    weights = _shared_weights(problem, at)
    part = problem
    if step > 1:
        part = problem.take(slice(None, None, step))
        rows = weights.reshape(problem.n_copies, -1)[:, ::step].ravel()
        weights = rows * (weights.sum() / rows.sum())
    out = _gram(part, weights)
    out[np.diag_indices(problem.n_rows)] += _shared_ridge(problem, at)
    return _with_fixed_rows(out, np.flatnonzero(problem.fixed))


def shared_diagonal(problem, at):
    """Return the diagonal of such a matrix, from all samples, (n_rows,)."""
    weights = _shared_weights(problem, at)
    out = np.full(problem.n_rows, weights.sum())
    out[: problem.n_features] = problem.data.column_squares(weights)
    return out + _shared_ridge(problem, at)


def _shared_weights(problem, at):
    local = problem.loss.curvature(at.raw)
    outputs = range(problem.n_outputs)
    mean = sum(local.weights(c, c) for c in outputs) / len(outputs)
    return at.risk_rate * at.worst.weights * mean


def _shared_ridge(problem, at):
    W, _ = problem.split(at.theta)
    widths = problem.smoothing_widths()
    ridge = np.zeros(problem.n_rows)
    ridge[: problem.n_features] = problem.penalty.diagonal(W, widths, at.charge_rate)
    return ridge
