"""Put data, loss and the parts of an ambiguity set together."""

import numpy as np

from ..ambiguity import EnvironmentRisk, Nominal
from ._data import data_operator
from ._flips import FlipProblem
from ._masked import MaskedData
from ._penalty import BlockPenalty
from ._problem import RobustProblem


def build_problem(
    X, loss, ambiguity, nominal, modalities, *, alpha, fit_intercept, domains=None
):
    """Attach an ambiguity set to data and return the problem to minimise.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_samples, n_features)
        Validated data.
    loss : SeparableLoss or the like
        Loss bound to the targets.
    ambiguity : AmbiguitySet
        Validated set.
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
    modalities : Modalities
        Column groups of X.
    alpha : float
        Penalty on the squared coefficients.
    fit_intercept : bool
        Whether to fit an intercept.
    domains : ndarray of shape (n_samples,) or None, default=None
        Domain of each sample, for sets that need it.

    Returns
    -------
    problem : RobustProblem
    fitted : dict
        Values worth keeping on the estimator, by attribute name.

    Raises
    ------
    ValueError
        If set and loss, or set and modalities, do not fit together.
    """
    parts = ambiguity.parts()
    risk, budgets, fitted = Nominal(), np.zeros(len(modalities)), {}
    if "reweighting" in parts:
        bound = parts["reweighting"].bind(X, nominal, modalities)
        risk, budgets, fitted = bound.reweighting, bound.budgets, bound.fitted
    penalty, is_root, label_cost = _penalty(
        parts.get("transport"), modalities, loss, budgets, alpha
    )
    if "domain" in parts:
        risk = _over_domains(parts["domain"].bind(domains, nominal), risk)
    data, n_copies = data_operator(X), 1
    if "environment" in parts:
        bound = parts["environment"].bind(modalities)
        data = MaskedData.from_matrix(X, modalities, nominal, bound.masks)
        risk, n_copies = _over_environments(bound, risk, len(nominal)), data.n_copies
        nominal = (bound.prior[:, None] * nominal).ravel()
        loss = loss.take(np.tile(np.arange(data.n_samples), n_copies))
    form = {"fit_intercept": fit_intercept, "n_copies": n_copies}
    if np.isfinite(label_cost):
        problem = FlipProblem(
            data, loss, risk, nominal, penalty, flip_cost=label_cost, **form
        )
    else:
        problem = RobustProblem(
            data, loss, risk, nominal, penalty, is_root=is_root, **form
        )
    return problem, fitted


def _penalty(transport, modalities, loss, budgets, alpha):
    """Join transport budgets with those of encoder errors."""
    labels = modalities.labels
    is_root, label_cost, norm = False, np.inf, None
    if transport is not None:
        bound = transport.bind(modalities, loss)
        norm, is_root, label_cost = bound.norm, bound.order == 2, bound.label_cost
    factor = 1.0 if is_root else loss.lipschitz
    if factor is None and np.any(budgets):
        raise ValueError(
            f"the loss {loss.name!r} has no Lipschitz constant, so an encoder error "
            "makes the worst case infinite. Use 'log_loss', 'hinge' or "
            "'modified_huber' for classification, 'huber', 'absolute_error' or "
            "'quantile' for regression, or encoder_error=None."
        )
    budgets = budgets * factor if np.any(budgets) else budgets
    if norm is not None:
        norm = norm.scaled(factor)
        groups = norm.groups()
        if groups is not None and groups[0] is labels:
            budgets, norm = budgets + groups[1], None
        elif groups is not None and not np.any(budgets):
            (labels, budgets), norm = groups, None
    return BlockPenalty(alpha, budgets, labels, norm), is_root, label_cost


def _over_domains(bound, risk):
    inner = [
        risk.take(np.flatnonzero(bound.parts == d)) for d in range(len(bound.names))
    ]
    return EnvironmentRisk(
        inner, bound.parts, bound.prior, bound.level, bound.names, "domain"
    )


def _over_environments(bound, risk, n_samples):
    size = len(bound.names)
    parts = np.repeat(np.arange(size), n_samples)
    return EnvironmentRisk(
        [risk] * size, parts, bound.prior, bound.level, bound.names, "environment"
    )
