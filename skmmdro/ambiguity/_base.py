"""What an ambiguity set has to provide.

A set is one public class in one file: parameters only. There are four kinds, each
with a base class here: `ReweightingSet` (other weights of the samples),
`TransportSet` (other values of the features), `DomainSet` (one of several parts of
the data) and `EnvironmentSet` (one of several versions of the data). `bind`
attaches a set to the data of one fit and returns an object for the optimisation; the
set itself is not changed.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator

from .._validation import register_alias

REGISTRY = {}


class AmbiguitySet(BaseEstimator):
    """Base class of all ambiguity sets. Sets of different kinds add up with ``+``.

    Attributes
    ----------
    alias : str
        The name under which estimators accept the set.
    kind : {"reweighting", "transport", "domain", "environment"}
        What the set lets vary; a `Composite` holds at most one set of each kind.
    """

    _parameter_constraints: dict = {}
    alias = None
    kind = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        register_alias(cls, REGISTRY)

    def __add__(self, other):
        from ._composite import compose  # it needs this class

        return (
            compose([self, other])
            if isinstance(other, AmbiguitySet)
            else NotImplemented
        )

    def milder(self):
        """Return what to choose for a smaller set, a phrase for a warning."""
        return "a smaller radius" if hasattr(self, "radius") else "milder parameters"

    def parts(self):
        """Return ``{kind: set}``, one entry unless the set is a Composite."""
        return {self.kind: self}


class ReweightingSet(AmbiguitySet):
    """The samples keep their values and may get other weights."""

    kind = "reweighting"

    @abstractmethod
    def bind(self, X, nominal, modalities):
        """Compute what depends on the data, once per fit.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Validated data.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        modalities : Modalities
            Column groups of X.

        Returns
        -------
        bound : BoundReweighting
            What the optimisation sees of the set.
        """


class EnvironmentSet(AmbiguitySet):
    """Several versions of the data: which one comes is unknown."""

    kind = "environment"

    @abstractmethod
    def bind(self, modalities):
        """Make the list of environments.

        Parameters
        ----------
        modalities : Modalities
            Column groups of X.

        Returns
        -------
        bound : BoundEnvironments
            The environments.
        """


@dataclass(frozen=True)
class BoundEnvironments:
    """Copies of all samples in which some modalities are replaced by training means.

    Attributes
    ----------
    names : list
        What to call each environment.
    prior : ndarray of shape (n_environments,)
        Their nominal probabilities, which sum to one.
    level : float in [0, 1]
        Worst fraction of the probability to average over; 0: the worst environment.
    masks : ndarray of bool of shape (n_environments, n_modalities)
        True where a modality is missing.
    """

    names: list
    prior: np.ndarray
    level: float
    masks: np.ndarray


class DomainSet(AmbiguitySet):
    """Several parts of the data, passed to fit as `domains`."""

    kind = "domain"

    @abstractmethod
    def bind(self, domains, nominal):
        """Make the list of parts.

        Parameters
        ----------
        domains : ndarray of shape (n_samples,)
            Domain of each sample.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.

        Returns
        -------
        bound : BoundDomains
            The parts.
        """


@dataclass(frozen=True)
class BoundDomains:
    """Parts of the samples.

    Attributes
    ----------
    names : list
        What to call each part.
    prior : ndarray of shape (n_domains,)
        Their nominal probabilities, which sum to one.
    level : float in [0, 1]
        Worst fraction of the probability to average over; 0: the worst part.
    parts : ndarray of int of shape (n_samples,)
        Index of the part each sample belongs to.
    """

    names: list
    prior: np.ndarray
    level: float
    parts: np.ndarray


class TransportSet(AmbiguitySet):
    """The features of each sample may move, which costs something."""

    kind = "transport"

    @abstractmethod
    def bind(self, modalities, loss):
        """Turn radii into a penalty.

        Parameters
        ----------
        modalities : Modalities
            Column groups of X.
        loss : SeparableLoss or an object with the same methods
            Bound loss.

        Returns
        -------
        bound : BoundTransport
            The penalty.
        """


@dataclass(frozen=True)
class BoundTransport:
    """A transport set attached to a loss.

    Attributes
    ----------
    norm : BlockNorm
        What the coefficients are charged with, before the Lipschitz constant.
    order : {1, 2}
        1: the norm is added to the risk; 2: to the root of twice the risk.
    label_cost : float
        Multiplier of the budget's price at which a label flips; inf: never.
    """

    norm: object
    order: int
    label_cost: float


@dataclass(frozen=True)
class BoundReweighting:
    """A reweighting set attached to data.

    Attributes
    ----------
    reweighting : Reweighting
        The inner maximisation.
    budgets : ndarray of shape (n_modalities,)
        Factor of the block norm ||w_k||_2 in the objective, before the Lipschitz
        constant of the loss is applied; zero where nothing is charged.
    fitted : dict
        Values worth keeping on the estimator, by attribute name.
    """

    reweighting: object
    budgets: np.ndarray
    fitted: dict = field(default_factory=dict)


class Reweighting:
    """Worst-case expectation over weights of the samples.

    Attributes
    ----------
    is_smooth : bool
        Whether the value is differentiable in the losses but for rare kinks, such as
        all losses equal. Where it is not, solvers smooth it from the start.
    is_maximum : bool
        Whether it is the largest mixture of a few smooth risks. Solvers then need no
        smoothing, but the following, for which EnvironmentRisk is an example:
        `prior`, a mixture to begin with; ``components(losses, nominal)``, the worst
        cases of the risks and their values; ``case_weights(cases, n_terms)``, their
        weights as rows; ``mixed(cases, pi, n_terms)``, the WorstCase of a mixture; and
        ``best_mixture(curvature, gain)``, which maximises
        ``gain'pi - pi'curvature pi / 2``.
    has_minimise : bool
        Whether it has a method `minimise` that fits a model and finds its worst case
        at the same time, since that of given losses is as much work: see `KernelBalls`.
    first_smoothing : float
        Relative to the losses; where solvers begin.
    """

    is_smooth = True
    is_maximum = False
    has_minimise = False
    first_smoothing = 1e-3

    @abstractmethod
    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses`` over the weights q in the set.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            If positive, a strongly concave term in q is subtracted that makes the
            value a smooth function of the losses. For ``center=None`` it lowers the
            value by at most `smoothing`.
        center : object or None, default=None
            Where the subtracted term vanishes: the `center` of an earlier WorstCase,
            as in the method of multipliers. None: at the nominal weights.

        Returns
        -------
        worst : WorstCase
        """

    @abstractmethod
    def cvxpy_risk(self, losses, nominal):
        """Return the value as (convex cvxpy expression, constraints).

        `losses` is a cvxpy expression; the expression must not decrease in it.
        Written independently of `worst_case`, which is tested against it.
        """

    def take(self, rows):
        """Return the set for a subset of the samples; self if it holds nothing by row.

        Used for the parts of :class:`Domains`, where it defines the set inside a
        domain, and for scales and starting points.

        Parameters
        ----------
        rows : ndarray of int or slice
            The samples to keep, in this order.

        Returns
        -------
        reweighting : Reweighting
            Its weights belong to those samples and are around their nominal weights,
            rescaled to sum one. What the set has learned from all samples, such as
            its functions, stays, centred anew where the set needs that.
        """
        return self

    def describe(self, get_losses, nominal, weights):
        """Return values worth keeping on the estimator, by attribute name.

        `get_losses` returns the losses; most sets do not need them.
        """
        return {}

    def share_used(self, weights, nominal):
        """Return how much of the radius `weights` use, as a fraction of it.

        Less than one means that a larger radius would change nothing. Sets that
        cannot tell return 1.
        """
        return 1.0


class Nominal(Reweighting):
    """The nominal weights alone: the risk is the weighted mean."""

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        return WorstCase(float(nominal @ losses), nominal, lambda: None)

    def cvxpy_risk(self, losses, nominal):
        return nominal @ losses, []


@dataclass(frozen=True)
class RiskCurvature:
    """Hessian of the risk in the losses.

    ``diag(diagonal) - vectors' vectors + gains' gains``; a positive semi-definite
    matrix as a whole.
    """

    diagonal: np.ndarray  # (n_samples,)
    vectors: np.ndarray  # (rank, n_samples)
    gains: np.ndarray | None = None  # (another rank, n_samples)


@dataclass(frozen=True)
class WorstCase:
    """Maximiser of the expected loss over the set.

    Attributes
    ----------
    value : float
        Worst-case expectation, less the smoothing term if smoothing was asked for.
    weights : ndarray of shape (n_samples,)
        Worst-case weights: non-negative, sum one, in the set. They are the gradient
        of `value` in the losses.
    curvature : callable
        Returns the RiskCurvature, or None where the risk is linear in the losses.
    center : object or None
        What to hand back as `center`; None for sets that do not use it.
    """

    value: float
    weights: np.ndarray
    curvature: Callable[[], RiskCurvature | None]
    center: object = None
