"""Inner problem of kernel balls: Newton's method if smoothed, cones for the exact one.

Both work on the dual, whose unknowns are a level eta and one function u_k for each
ball; L has weighted mean zero, so that u_k costs ``radii_k ||u_k||`` alone.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ._cone import solve_cone_program
from ._fill import fill

_BARRIERS = 0.1 ** np.arange(1, 14)  # the norms' barriers; the last is the error
_MAX_NEWTON, _DECREMENT, _CONVERGED = 50, 1e-2, 1e-26
_ROUNDNESS = 1e-2  # least mu relative to the barrier, in all stages but the last ones
_ARMIJO, _SHORTEST, _ROUNDING = 1e-4, 1e-12, 1e-15
_SHIFTS = 1e-14, 1e-12, 1e-10, 1e-8  # keep Hessians of few active samples definite
_AT_FIRST, _ADDED = 3, 2  # half-spaces of the exact problem, per unknown
_SATISFIED, _MAX_ROUNDS = 1e-9, 100
_POLISH = 1e-2  # weight of the last proximal step, relative
_TINY = np.finfo(np.float64).tiny


def exact_dual(losses, nominal, factor, radii, sizes):
    """Maximise ``q'losses`` over the weights with ``|| L_k' (q - p) || <= radii_k``.

    Samples enter the program when their loss exceeds the dual function, and p itself
    is a column of it, so that every stage has a solution.

    Parameters
    ----------
    losses : ndarray of shape (n_samples,)
        Between 0 and 1.
    nominal : ndarray of shape (n_samples,)
        Weights p that sum to one.
    factor, radii, sizes
        See `KernelBalls`.

    Returns
    -------
    dual : SmoothedDual
        Of a proximal step that begins and ends at the maximiser.
    """
    size, n_blocks = factor.shape[1], len(sizes)
    labels = np.repeat(np.arange(n_blocks), sizes)
    cost = np.concatenate([[1.0], np.zeros(size), radii])  # eta, u, t with |u_k| <= t_k
    cones = []
    for k in range(n_blocks):
        matrix = np.zeros((1 + sizes[k], len(cost)))
        matrix[0, 1 + size + k] = -1
        matrix[1 + np.arange(sizes[k]), 1 + np.flatnonzero(labels == k)] = -1
        cones.append(("second-order", matrix, np.zeros(len(matrix))))
    rows = np.argsort(-losses)[: _AT_FIRST * (1 + size)]
    for _ in range(_MAX_ROUNDS):
        sides = np.zeros((1 + len(rows), len(cost)))
        sides[:, 0] = -1
        sides[1:, 1 : 1 + size] = -factor[rows]
        right = -np.concatenate([[nominal @ losses], losses[rows]])
        x, (price, *_) = solve_cone_program(
            cost, [("nonnegative", sides, right), *cones]
        )
        over = losses - x[0] - factor @ x[1 : 1 + size]
        over[rows] = 0.0
        missed = np.flatnonzero(over > _SATISFIED)
        if not len(missed):
            break
        missed = missed[np.argsort(-over[missed])][: _ADDED * (1 + size)]
        rows = np.concatenate([rows, missed])
    weights = np.maximum(price[0], 0.0) * nominal
    weights[rows] += np.maximum(price[1:], 0.0)
    weights /= weights.sum()
    # a proximal step from there squares the error
    mu, center = _POLISH * nominal.min(), weights / nominal
    return smoothed_dual(losses, nominal, factor, radii, sizes, mu, center)


@dataclass(frozen=True)
class SmoothedDual:
    """Minimiser of the dual.

    Attributes
    ----------
    ratio : ndarray of shape (n_samples,)
        q / p of the primal maximiser.
    basis : ndarray of shape (n_samples, 1 + size)
        [1, L].
    bend : ndarray of shape (1 + size, 1 + size)
        Symmetric root of the Hessian of the norms.
    mu : float
        Weight of the quadratic term.
    """

    ratio: np.ndarray
    basis: np.ndarray
    bend: np.ndarray
    mu: float

    def response(self, nominal):
        """Return V with ``(diag(p_A) - V'V) / mu`` the derivative of q in the losses.

        With Z = diag(p_A)^(1/2) [1, L] it is
        ``diag(p)^(1/2) (I - Z (Z'Z + mu N)^{-1} Z') diag(p)^(1/2) / mu``. The factor
        Q of Z stacked on N's root keeps the difference positive semi-definite.
        """
        active = np.flatnonzero(self.ratio > 0)
        root = np.sqrt(nominal[active])[:, None]
        stacked = [root * self.basis[active], np.sqrt(self.mu) * self.bend]
        Q = np.linalg.qr(np.concatenate(stacked))[0][: len(active)]
        vectors = np.zeros((Q.shape[1], len(nominal)))
        vectors[:, active] = (root * Q).T
        return vectors


def smoothed_dual(losses, nominal, factor, radii, sizes, mu, center):
    """Minimise the dual of ``q'l - mu / 2 sum p (q / p - center)^2`` over the balls, ::

        eta + mu / 2 sum_i p_i (center_i + (l_i - eta - L_i u) / mu)_+^2
            + sum_k radii_k ||u_k|| .

    The norms have a kink where a ball is idle. They are replaced by
    ``min_t radii_k t - tau log(t^2 - ||u_k||^2)``, which keeps the maximiser inside
    the balls and whose error vanishes with tau.

    Returns
    -------
    dual : SmoothedDual
    """
    basis = np.column_stack([np.ones(len(losses)), factor])
    norms = _BarrierNorms(radii, sizes)
    at, rest = np.zeros(basis.shape[1]), losses
    for tau in _BARRIERS:
        # a rough problem is made round, or the first stages jump between vertices
        rough = max(mu, tau * _ROUNDNESS)
        if rest is losses:
            ratio = fill(losses, center, nominal, rough, 1.0)
            at[0] = np.max(np.where(ratio > 0, losses + rough * (center - ratio), 0))
            rest = losses - at[0]
        aim = _DECREMENT * tau if tau > _BARRIERS[-1] else _CONVERGED * mu
        at, rest = _descend(at, rest, nominal, basis, norms, tau, rough, center, aim)
    ratio = np.maximum(center + rest / mu, 0)
    root = np.zeros((len(at), len(at)))
    for block, across, along, unit in norms.derivatives(at, tau)[1]:
        root[block, block] = _bend(np.sqrt(across), np.sqrt(along), unit)
    return SmoothedDual(ratio, basis, root, mu)


def _descend(at, rest, nominal, basis, norms, tau, mu, center, aim):
    """Newton's method; `rest` is ``losses - basis @ at`` and kept up to date.

    Rounding then acts like a change of the losses, and the balance of the weights is
    as exact as they are even if mu is tiny.
    """

    def evaluate(at, rest):
        ratio = np.maximum(center + rest / mu, 0)
        if not ratio.any():
            return np.inf, ratio
        smooth = at[0] + 0.5 * mu * (nominal @ ratio**2)
        return smooth + norms.value(at, tau), ratio

    value, ratio = evaluate(at, rest)
    for _ in range(_MAX_NEWTON):
        slope, bends = norms.derivatives(at, tau)
        gradient = slope - basis.T @ (nominal * ratio)
        gradient[0] += 1
        active = np.flatnonzero(ratio > 0)
        scaled = np.sqrt(nominal[active] / mu)[:, None] * basis[active]
        hessian = scaled.T @ scaled
        for block, across, along, unit in bends:
            hessian[block, block] += _bend(across, along, unit)
        step = -_solve(hessian, gradient)
        decrement = -gradient @ step
        if decrement <= aim:
            break
        along, length = basis @ step, 1.0
        room = _ROUNDING * abs(value)
        while length > _SHORTEST:
            trial = at + length * step, rest - length * along
            new = evaluate(*trial)
            if new[0] <= value - _ARMIJO * length * decrement + room:
                break
            length *= 0.5
        else:
            break
        (at, rest), (value, ratio) = trial, new
    return at, rest


def _solve(hessian, gradient):
    """Solve by Cholesky's method with the least shift that makes it possible."""
    diagonal = np.diag_indices_from(hessian)
    for shift in _SHIFTS:
        hessian[diagonal] *= 1 + shift
        try:
            return cho_solve(cho_factor(hessian), gradient)
        except LinAlgError:
            continue
    return np.linalg.lstsq(hessian, gradient)[0]


def _bend(across, along, unit):
    """Return the matrix with these eigenvalues across and along `unit`."""
    return across * np.eye(len(unit)) + (along - across) * np.outer(unit, unit)


class _BarrierNorms:
    """``sum_k min_t radii_k t - tau log(t^2 - ||u_k||^2)`` of (eta, u).

    A radius of zero leaves u_k free; then it is ``tau / 2 ||u_k||^2``, which vanishes
    with tau as well.
    """

    def __init__(self, radii, sizes):
        ends = 1 + np.cumsum(sizes)
        self.blocks = [
            (radius, slice(end - size, end))
            for radius, end, size in zip(radii, ends, sizes, strict=True)
        ]

    @staticmethod
    def _inner(radius, u, tau):
        """Return sqrt(tau^2 + radius^2 ||u||^2) and the minimising t."""
        root = np.hypot(tau, radius * np.linalg.norm(u))
        return root, (tau + root) / radius

    def value(self, at, tau):
        total = 0.0
        for radius, block in self.blocks:
            if radius == 0:
                total += 0.5 * tau * (at[block] @ at[block])
                continue
            _, t = self._inner(radius, at[block], tau)
            total += radius * t - tau * np.log(2 * tau * t / radius)
        return total

    def derivatives(self, at, tau):
        """Return the gradient, and the curvatures across and along u of each block.

        The latter as (block, across, along, u / ||u||).
        """
        gradient, bends = np.zeros_like(at), []
        for radius, block in self.blocks:
            u = at[block]
            unit = u / max(np.linalg.norm(u), _TINY)
            if radius == 0:
                gradient[block] = tau * u
                bends.append((block, tau, tau, unit))
                continue
            root, t = self._inner(radius, u, tau)
            gradient[block] = radius / t * u
            bends.append((block, radius / t, radius / t * tau / root, unit))
        return gradient, bends
