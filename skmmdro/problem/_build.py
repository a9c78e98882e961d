"""Put data, loss and the parts of an ambiguity set together."""

from dataclasses import dataclass, replace

import numpy as np

from ..ambiguity import EnvironmentRisk, Nominal
from ..modalities import Modalities
from ._data import data_operator
from ._flips import FlipProblem
from ._masked import MaskedData
from ._penalty import BlockPenalty
from ._problem import RobustProblem


@dataclass(frozen=True)
class Design:
    """The data of a problem, and in what the model is linear.

    Attributes
    ----------
    X : {ndarray, CSR matrix} of shape (n_samples, n_columns)
        Validated data; what depends on data in a reweighting set is learned from it.
    modalities : Modalities
        Column groups of X.
    features : {ndarray, CSR matrix} of shape (n_samples, n_features) or None
        What the model is linear in, with zero nominal mean; None: X.
    blocks : Modalities or None
        Column groups of the features, those of the modalities first; None: modalities.
    uses : ndarray of bool of shape (n_blocks, n_modalities) or None
        Which modalities a block is made of: it is missing where one of them is. None:
        one block for each modality.
    """

    X: object
    modalities: Modalities
    features: object = None
    blocks: Modalities | None = None
    uses: np.ndarray | None = None

    def resolved(self):
        """Return features, blocks and uses with None replaced."""
        if self.features is None:
            uses = np.eye(len(self.modalities), dtype=bool)
            return self.X, self.modalities, uses
        return self.features, self.blocks, self.uses


def build_problem(
    design, loss, ambiguity, nominal, *, alpha, fit_intercept, domains=None
):
    """Attach an ambiguity set to data and return the problem to minimise.

    Parameters
    ----------
    design : Design
        Data, modalities and what the model is linear in.
    loss : SeparableLoss or the like
        Loss bound to the targets.
    ambiguity : AmbiguitySet
        Validated set.
    nominal : ndarray of shape (n_samples,)
        Positive weights that sum to one.
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
    X, modalities = design.X, design.modalities
    features, blocks, uses = design.resolved()
    risk, budgets, fitted = Nominal(), np.zeros(len(blocks)), {}
    if "reweighting" in parts:
        bound = parts["reweighting"].bind(X, nominal, modalities)
        risk, fitted = bound.reweighting, bound.fitted
        budgets[: len(modalities)] = bound.budgets
    penalty, is_root, label_cost = _penalty(
        parts.get("transport"), blocks, loss, budgets, alpha
    )
    if "environment" in parts:
        bound = parts["environment"].bind(X, nominal, modalities, domains)
        if bound.masks is not None:
            bound = replace(bound, masks=(bound.masks @ uses.T) > 0)
        arguments = _with_environments(bound, features, loss, risk, nominal, blocks)
    else:
        arguments = (data_operator(features), loss, risk, nominal, 1)
    data, loss, risk, nominal, n_copies = arguments
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


def _with_environments(bound, X, loss, risk, nominal, modalities):
    """Return data, loss, risk, nominal weights and number of copies for the problem."""
    n_environments = len(bound.names)
    if bound.masks is None:
        rows = [np.flatnonzero(bound.parts == e) for e in range(n_environments)]
        inner = [risk.take(r) for r in rows]
        joint = EnvironmentRisk(
            inner, bound.parts, bound.prior, bound.level, bound.names
        )
        return data_operator(X), loss, joint, nominal, 1
    terms = np.tile(np.arange(len(nominal)), n_environments)
    joint = EnvironmentRisk(
        [risk] * n_environments,
        np.repeat(np.arange(n_environments), len(nominal)),
        bound.prior,
        bound.level,
        bound.names,
    )
    data = MaskedData.from_matrix(X, modalities, nominal, bound.masks)
    weights = (bound.prior[:, None] * nominal).ravel()
    return data, loss.take(terms), joint, weights, n_environments
