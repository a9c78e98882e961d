"""Shifts that tilt each modality along its own leading directions."""

from functools import cached_property
from numbers import Integral, Real

import numpy as np

from .._sklearn import Interval, StrOptions
from .._validation import per_modality
from ._base import (
    BoundReweighting,
    Nominal,
    Reweighting,
    ReweightingSet,
    RiskCurvature,
    WorstCase,
)
from ._features import orthonormal_directions
from ._joint import joint_radius
from ._tilt import TiltSet

_FLAT = 1e-14  # relative spread of losses below which they count as equal
_MAX_RISKS = 40  # functions up to which the best tilt of a quadratic model is cheap


class ModalityShift(ReweightingSet):
    """The distribution of each modality tilts along its leading directions.

    Phi_k holds functions of modality k alone: its leading principal directions, or
    those of random Fourier features of it, with mean zero and covariance I under the
    nominal weights p. The weights are ::

        q_i = p_i (1 + sum_k Phi_k[i] c_k) >= 0,    ||c_k||_2 <= sqrt(rho_k),

    and the estimators minimise the worst case over all such tilts, ::

        R(l) = max_c  q(c)'l
             = min_{s >= l}  p's + sum_k sqrt(rho_k) || Phi_k' (p * s) ||_2 .

    All q of the set satisfy ``chi2(q || p) <= B`` with B as for :class:`ChiSquare`,
    where gamma_kj is the largest canonical correlation of Phi_k and Phi_j. The joint
    ball of that radius also contains weights that pick out single samples, such as
    those with a wrong label; this set does not, since samples that are alike in every
    modality get like weights.

    Parameters
    ----------
    radius : float in [0, inf) or dict, default=0.1
        Chi-square radius rho_k of each modality, a number for all or a dict by
        modality name, with 0 for those that are left out. Up to second order, the mean
        of modality k moves along one of its directions by at most sqrt(rho_k) standard
        deviations. Radius 0 keeps a modality as it is.
    n_directions : int, default=5
        Number of directions m_k of each modality, fewer if its rank is smaller.
    features : {"linear", "rbf"}, default="linear"
        "linear": principal directions of the columns; the adversary moves means.
        "rbf": principal directions of 200 random Fourier features of the Gaussian
        kernel ``exp(-||x - x'||^2 / v)``, v the total variance of the modality's
        columns; the adversary can also change variances, clusters and tails. The
        random features are the same in every fit.

    See Also
    --------
    ChiSquare : The joint ball that contains this set.
    MMD : Bounds how far a kernel can tell the modality from before.

    Notes
    -----
    Fitted estimators keep `coupling_`, the matrix of
    ``gamma_kj = || Phi_k' diag(p) Phi_j ||_2``, and `joint_radius_` (B).

    If the variances of directions number m_k and m_k + 1 are nearly equal, small
    changes of the data decide which of them is kept, and the fit changes with it.
    Directions that are kept may be rotated without effect. More than 100 columns are
    reduced by subspace iteration, in which sparse columns stay sparse.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.
    .. [2] J. C. Duchi, T. Hashimoto and H. Namkoong, "Distributionally robust losses
       for latent covariate mixtures", Operations Research 71(2), 2023.
       :doi:`10.1287/opre.2022.2363`

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.ambiguity import ModalityShift
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     200, modality_names=("text", "image"), widths=(3, 3), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> ambiguity = ModalityShift(radius={"text": 0.1, "image": 0.0})
    >>> model = DROClassifier(ambiguity).fit(X, y)
    >>> bool(0.1 <= model.joint_radius_ < 0.1001)
    True
    """

    alias = "modality_shift"
    _parameter_constraints = {
        "radius": [Interval(Real, 0, None, closed="left"), dict],
        "n_directions": [Interval(Integral, 1, None, closed="left")],
        "features": [StrOptions({"linear", "rbf"})],
    }

    def __init__(self, radius=0.1, *, n_directions=5, features="linear"):
        self.radius = radius
        self.n_directions = n_directions
        self.features = features

    def bind(self, X, nominal, modalities):
        radii = per_modality(self.radius, modalities, parameter="radius")
        functions = [
            orthonormal_directions(
                X[:, columns], nominal, self.n_directions, self.features
            )
            for columns in modalities.columns
        ]
        coupling = _coupling(functions, nominal)
        moving = [
            k for k, values in enumerate(functions) if radii[k] > 0 and values.size
        ]
        reweighting = Nominal()
        if moving:
            scaled = [np.sqrt(radii[k]) * functions[k] for k in moving]
            sizes = [block.shape[1] for block in scaled]
            reweighting = Tilts(np.hstack(scaled), sizes, nominal)
        return BoundReweighting(
            reweighting,
            budgets=np.zeros(len(radii)),
            fitted={
                "coupling_": coupling,
                "joint_radius_": joint_radius(radii, coupling),
            },
        )


def _coupling(functions, nominal):
    """Return the largest canonical correlation of each pair of modalities."""
    gamma = np.eye(len(functions))
    for k, left in enumerate(functions):
        for j in range(k):
            cross = (left.T * nominal) @ functions[j]
            largest = np.linalg.norm(cross, 2) if cross.size else 0.0
            gamma[k, j] = gamma[j, k] = min(largest, 1.0)
    return gamma


class Tilts(Reweighting):
    """Weights ``q = p (1 + Psi u) >= 0`` with ``||u_k||_2 <= 1``.

    Parameters
    ----------
    functions : ndarray of shape (n_samples, size)
        Psi: the functions of each modality times sqrt(rho_k), of weighted mean zero.
    sizes : list of int
        Columns of each block of Psi.
    nominal : ndarray of shape (n_samples,)
        Weights p that sum to one.
    """

    is_smooth = False

    def __init__(self, functions, sizes, nominal):
        self.functions = np.asfortranarray(functions)  # for many products Psi u
        self.sizes, self.nominal = sizes, nominal
        self.tilts = TiltSet(self.functions, sizes)
        self.is_maximum = functions.shape[1] <= _MAX_RISKS
        self.prior = np.eye(1 + functions.shape[1])[0]

    def worst_case(self, losses, nominal, smoothing=0.0, center=None):
        """Maximise ``q'losses - mu / 2 ||u - center||_2^2`` over the set.

        Parameters
        ----------
        losses : ndarray of shape (n_samples,)
            Losses of the samples.
        nominal : ndarray of shape (n_samples,)
            Positive weights that sum to one.
        smoothing : float, default=0
            How far the value may be below the exact one for ``center=None``,
            mu / 2 times the number of blocks.
        center : ndarray of shape (size,) or None, default=None
            Tilt u at which the subtracted term vanishes; None: no tilt.

        Returns
        -------
        worst : WorstCase
        """
        mean = nominal @ losses
        gain = (nominal * (losses - mean)) @ self.functions
        if np.ptp(losses) <= _FLAT * abs(mean):
            gain = np.zeros_like(gain)
        mu = 2 * smoothing / len(self.sizes)
        tilt = self.tilts.maximise(gain, mu, center if mu > 0 else None)
        weights = np.maximum(nominal * (1 + self.functions @ tilt.c), 0.0)
        weights /= weights.sum()
        value = float(weights @ losses)
        if mu > 0:
            move = tilt.c if center is None else tilt.c - center
            value -= 0.5 * mu * float(move @ move)

        def curvature():
            response = self.tilts.response(tilt)
            if not response.size:
                return None
            gains = (self.functions @ response).T * nominal
            n_samples = len(nominal)
            return RiskCurvature(np.zeros(n_samples), np.empty((0, n_samples)), gains)

        return WorstCase(value, weights, curvature, tilt.c)

    # a mixture is (1, u): of the mean loss and the change along each function

    @cached_property
    def _parts(self):
        return np.vstack([self.nominal, self.functions.T * self.nominal])

    def components(self, losses, nominal):
        return losses, self._parts @ losses

    def case_weights(self, cases, n_terms):
        return self._parts

    def mixed(self, cases, pi, n_terms):
        weights = np.maximum(pi @ self._parts, 0.0)
        weights /= weights.sum()
        return WorstCase(float(weights @ cases), weights, lambda: None)

    def best_mixture(self, curvature, gain):
        pull = gain[1:] - curvature[1:, 0]
        return np.append(1.0, self.tilts.maximise_quadratic(pull, curvature[1:, 1:]))

    def share_used(self, weights, nominal):
        """Return the largest ``||u_k||^2``: that share of the radii is in use."""
        root = np.sqrt(nominal)
        ratio = (weights / nominal - 1) * root
        tilt = np.linalg.lstsq(root[:, None] * self.functions, ratio)[0]
        return float(self.tilts.squares(tilt).max())

    def take(self, rows):
        nominal = self.nominal[rows] / self.nominal[rows].sum()
        functions = self.functions[rows]
        functions = functions - nominal @ functions
        return Tilts(functions, self.sizes, nominal)

    def cvxpy_risk(self, losses, nominal):
        """Return the dual form as (convex expression, constraints)."""
        import cvxpy as cp

        bound, first = cp.Variable(len(nominal)), 0
        risk = nominal @ bound
        for size in self.sizes:
            block = self.functions[:, first : first + size]
            risk += cp.norm((block.T * nominal) @ bound, 2)
            first += size
        return risk, [bound >= losses]
