"""Put data, loss and the parts of an ambiguity set together."""

from dataclasses import dataclass

import numpy as np

from ..ambiguity._base import Nominal
from ..ambiguity._environments import EnvironmentRisk
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
    means : ndarray of shape (n_features,) or None
        What stands for features that are missing. None: their nominal means.
    """

    X: object
    modalities: Modalities
    features: object = None
    blocks: Modalities | None = None
    uses: np.ndarray | None = None
    means: np.ndarray | None = None

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
    features, blocks, uses = design.resolved()
    risk, budgets, fitted = Nominal(), np.zeros(len(blocks)), {}
    if "reweighting" in parts:
        bound = parts["reweighting"].bind(design.X, nominal, design.modalities)
        risk, fitted = bound.reweighting, bound.fitted
        if np.any(bound.budgets) and len(blocks) > len(design.modalities):
            raise ValueError(
                "encoder_error says nothing about the interactions "
                f"{list(blocks.names[len(design.modalities) :])}, which would escape "
                "it. Use Wasserstein, whose radius has an entry for each interaction, "
                "or leave interactions out."
            )
        budgets[: len(bound.budgets)] = bound.budgets
    penalty, is_root, label_cost = _penalty(
        parts.get("transport"), blocks, loss, budgets, alpha
    )
    if "domain" in parts:
        risk = _over_domains(parts["domain"].bind(domains, nominal), risk)
    data, n_copies = data_operator(features), 1
    if "environment" in parts:
        bound = parts["environment"].bind(design.modalities)
        masks = bound.masks @ uses.T  # a block is missing if one it is made of is
        data = MaskedData.from_matrix(features, blocks, nominal, masks, design.means)
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
