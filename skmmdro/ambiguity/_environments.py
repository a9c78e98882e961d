"""Worst case over environments, with a worst-case risk inside each of them."""

import numpy as np

from ._base import Reweighting, RiskCurvature, WorstCase
from ._mixture import best_mixture

_ROUNDING = 1e-12


class EnvironmentRisk(Reweighting):
    """``max_pi sum_e pi_e R_e(l_e)`` over mixtures pi of environments.

    ``0 <= pi_e <= prior_e / level``, so that the worst fraction `level` of the prior
    probability is averaged. As a function of all losses it is again the largest
    expectation over a set of weights, ``pi_e q^e_i``.

    Parameters
    ----------
    inner : list of Reweighting
        R_e, one for each environment.
    parts : ndarray of int of shape (n_terms,)
        Environment of each term. With stacked copies of the data a sample has one
        term in each environment.
    prior : ndarray of shape (n_environments,)
        Positive, sums to one.
    level : float in [0, 1]
        0: the worst environment, 1: the average.
    names : list
        What to call the environments.
    kind : {"environment", "domain"}
        What they are, for the names of fitted attributes.
    """

    def __init__(self, inner, parts, prior, level, names, kind):
        self.inner, self.parts, self.prior, self.level = inner, parts, prior, level
        self.names, self.kind = names, kind
        self.terms = [_as_slice(np.flatnonzero(parts == e)) for e in range(len(inner))]
        self.cap = np.minimum(prior / level, 1.0) if level > 0 else np.ones_like(prior)
        self.is_mixed = len(inner) == 1 or level == 1  # pi = prior is all there is
        self.first_smoothing = max(0.03, *(risk.first_smoothing for risk in inner))
        self.is_smooth = self.is_mixed and all(risk.is_smooth for risk in inner)

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        # half of the smoothing for the choice of pi, half for the risks inside
        center = (None, [None] * len(self.inner)) if center is None else center
        cases = []
        for risk, terms, at in zip(self.inner, self.terms, center[1], strict=True):
            mass = nominal[terms]
            cases.append(
                risk.worst_case(losses[terms], mass / mass.sum(), smoothing / 2, at)
            )
        risks = np.array([case.value for case in cases])
        pi, free, mu = self._mixture(risks, smoothing / 2, center[0])
        value = float(pi @ risks)
        if mu > 0:
            start = self.prior if center[0] is None else center[0]
            value -= 0.5 * mu * np.sum((pi - start) ** 2 / self.prior)
        weights = np.empty_like(nominal)
        for terms, share, case in zip(self.terms, pi, cases, strict=True):
            weights[terms] = share * case.weights
        return WorstCase(
            value,
            weights,
            lambda: self._curvature(cases, pi, free, mu, len(losses)),
            (pi, [case.center for case in cases]),
        )

    @property
    def is_maximum(self):
        return not self.is_mixed and all(risk.is_smooth for risk in self.inner)

    def components(self, losses, nominal):
        cases = []
        for risk, terms in zip(self.inner, self.terms, strict=True):
            mass = nominal[terms]
            cases.append(risk.worst_case(losses[terms], mass / mass.sum()))
        return cases, np.array([case.value for case in cases])

    def case_weights(self, cases, n_terms):
        weights = np.zeros((len(cases), n_terms))
        for row, terms, case in zip(weights, self.terms, cases, strict=True):
            row[terms] = case.weights
        return weights

    def mixed(self, cases, pi, n_terms):
        weights = np.empty(n_terms)
        for terms, share, case in zip(self.terms, pi, cases, strict=True):
            weights[terms] = share * case.weights
        value = float(pi @ np.array([case.value for case in cases]))
        nobody = np.zeros(len(pi), dtype=bool)
        return WorstCase(
            value, weights, lambda: self._curvature(cases, pi, nobody, 0.0, n_terms)
        )

    def best_mixture(self, curvature, gain):
        return best_mixture(curvature, gain, self.cap)

    def describe(self, get_losses, nominal, weights):
        losses = get_losses()
        risks, found, share = [], {}, np.bincount(self.parts, weights)
        for e, (risk, terms) in enumerate(zip(self.inner, self.terms, strict=True)):
            mass = nominal[terms] / nominal[terms].sum()
            risks.append(risk.worst_case(losses[terms], mass).value)
            inner = risk.describe(lambda t=terms: losses[t], mass, weights[terms])
            for name, value in inner.items():
                # of the inner level: weights add up, risks are averaged
                if name.endswith("_risks_"):
                    value = share[e] * value
                is_list = isinstance(value, list)
                found[name] = value if is_list else found.get(name, 0) + value
        return {
            **found,
            f"{self.kind}_names_": list(self.names),
            f"{self.kind}_weights_": share,
            f"{self.kind}_risks_": np.array(risks),
        }

    def _mixture(self, risks, smoothing, center):
        """Return pi, which entries are free to move, and the strength mu."""
        nobody = np.zeros(len(risks), dtype=bool)
        if self.is_mixed:
            return self.prior, nobody, 0.0
        if smoothing == 0:
            return _fill(risks, self.cap), nobody, 0.0
        # sum (pi - prior)^2 / prior <= 1 / max(level, smallest prior) - 1
        spread = 1 / max(self.level, self.prior.min()) - 1
        mu = 2 * smoothing / spread
        start = self.prior if center is None else center
        # differences keep their digits, however large the risks of a trial step are
        excess = risks - risks.max()
        pi, free = project(start + self.prior * excess / mu, self.prior / mu, self.cap)
        return pi, free, mu

    def _curvature(self, cases, pi, free, mu, n_terms):
        diagonal = np.zeros(n_terms)
        vectors, gains = [], []

        def place(terms, rows, into):
            for row in rows:
                wide = np.zeros(n_terms)
                wide[terms] = row
                into.append(wide)

        for terms, share, case in zip(self.terms, pi, cases, strict=True):
            inner = case.curvature() if share > 0 else None
            if inner is not None:
                root = np.sqrt(share)
                diagonal[terms] = share * inner.diagonal
                place(terms, root * inner.vectors, vectors)
                if inner.gains is not None:
                    place(terms, root * inner.gains, gains)
        if np.sum(free) > 1:
            # d pi / d risks = (diag(prior) - prior prior' / sum) / mu on free entries
            move = np.diag(self.prior[free])
            move -= np.outer(self.prior[free], self.prior[free]) / np.trace(move)
            scale, axes = np.linalg.eigh(move / mu)
            root = (axes * np.sqrt(np.maximum(scale, 0))).T[1:]  # the first is zero
            rows = np.zeros((len(root), n_terms))
            for column, e in enumerate(np.flatnonzero(free)):
                rows[:, self.terms[e]] = root[:, [column]] * cases[e].weights
            gains.extend(rows)
        if not vectors and not gains and not diagonal.any():
            return None
        empty = np.zeros((0, n_terms))
        return RiskCurvature(
            diagonal,
            np.array(vectors) if vectors else empty,
            np.array(gains) if gains else None,
        )

    def cvxpy_risk(self, losses, nominal):
        import cvxpy as cp

        constraints, risks = [], []
        for risk, terms in zip(self.inner, self.terms, strict=True):
            mass = nominal[terms]
            value, more = risk.cvxpy_risk(losses[terms], mass / mass.sum())
            risks.append(value)
            constraints += more
        if self.is_mixed:
            mean = sum(p * r for p, r in zip(self.prior, risks, strict=True))
            return mean, constraints
        if np.all(self.cap == 1):
            worst = cp.Variable()
            return worst, constraints + [worst >= risk for risk in risks]
        # max { pi'r : 0 <= pi <= cap, sum pi = 1 } = min_eta eta + cap'(r - eta)_+
        eta, over = cp.Variable(), cp.Variable(len(risks), nonneg=True)
        constraints += [over[e] >= risk - eta for e, risk in enumerate(risks)]
        return eta + self.cap @ over, constraints

    def take(self, rows):
        parts = self.parts[rows]
        kept = np.unique(parts)  # an environment may have no term among the rows
        position = np.empty(len(self.parts), dtype=np.intp)  # of a term inside its part
        for terms in self.terms:
            position[terms] = np.arange(len(position[terms]))
        inner = [self.inner[e].take(position[rows][parts == e]) for e in kept]
        prior = self.prior[kept] / self.prior[kept].sum()
        names = [self.names[e] for e in kept]
        parts = np.searchsorted(kept, parts)
        return EnvironmentRisk(inner, parts, prior, self.level, names, self.kind)


def _as_slice(indices):
    """Return consecutive indices as a slice, for views instead of copies."""
    if len(indices) and indices[-1] - indices[0] + 1 == len(indices):
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


def _fill(risks, cap):
    """Return the mixture that puts as much as allowed on the largest risks."""
    order = np.argsort(-risks, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(cap[order])[:-1]])
    pi = np.empty_like(cap)
    pi[order] = np.clip(1 - before, 0, cap[order])
    return pi / pi.sum()


def project(free, rate, cap):
    """Return ``pi = clip(free - eta * rate, 0, cap)`` with eta such that pi sums to 1.

    Parameters
    ----------
    free, rate, cap : ndarray of shape (size,)
        Rate and cap positive, the caps sum to at least one.

    Returns
    -------
    pi : ndarray of shape (size,)
    inside : ndarray of bool of shape (size,)
        Which entries are strictly between their bounds.
    """
    # the sum falls in eta, linearly between the points where an entry meets a bound
    knots = np.sort(np.concatenate([free / rate, (free - cap) / rate]))
    totals = np.clip(free - knots[:, None] * rate, 0, cap).sum(axis=1)
    level = np.flatnonzero(np.abs(totals - 1) <= _ROUNDING)
    if len(level):  # where the sum is 1 on a stretch, all entries are at bounds
        eta = 0.5 * (knots[level[0]] + knots[level[-1]])
    else:
        right = int(np.searchsorted(-totals, -1.0))  # the first total below 1
        fall = totals[right - 1] - totals[right]
        share = (totals[right - 1] - 1) / fall
        eta = knots[right - 1] + share * (knots[right] - knots[right - 1])
    move = free - eta * rate
    pi = np.clip(move, 0, cap)
    return pi / pi.sum(), (move > 0) & (move < cap)
