"""Distributionally robust linear regression."""

from .._estimator import RegressorPart
from ._base import DROLinearModel


class DRORegressor(RegressorPart, DROLinearModel):
    """Linear regressor that is best in the worst case over an ambiguity set.

    It minimises ::

        R(l(w, b)) + Lip * sum_k t_k ||w_k||_2 + alpha / 2 ||w||_2^2,

    where l_i is the loss of sample i, R the largest expected loss over the ambiguity
    set around the nominal (sample) weights, w_k the coefficients of modality k and t_k
    the budget of its encoder error (zero if none is stated). The objective is convex.

    Parameters
    ----------
    ambiguity : str, AmbiguitySet or list, default="chi2"
        The shifts to be protected against. An alias stands for a set with default
        parameters: "chi2", "kl", "cvar", "tv", "mmd" and "modality_shift" reweight the
        samples, "wasserstein" moves features, "domains" asks for the worst domain and
        "modality_loss" for the worst missing modality. Or an object such as
        ``ChiSquare(radius={"text": 0.2, "image": 0.05})``, or a sum or a list of sets
        of different kinds, ``["chi2", ModalityLoss(level=0.5)]``. Pass an object to
        tune ``ambiguity__radius`` in a grid.
    loss : {"squared_error", "huber", "absolute_error", "quantile"} or Loss, \
            default="squared_error"
        Loss of the residual, see :mod:`skmmdro.losses`; an object such as
        ``Quantile(0.9)`` for other parameters than the default ones. "squared_error" is
        half the square, so that with radius 0 the model is Ridge with its ``alpha``
        equal to ``alpha * n_samples``.
    modalities : dict, list of int or None, default=None
        Which columns form which modality, see :class:`DROClassifier`.
    alpha : float in [0, inf), default=1e-3
        Weight of the squared norm; losses are averaged.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    solver : {"auto", "newton", "lbfgs", "minimax", "cvxpy"}, default="auto"
        See :class:`DROClassifier`.
    tol : float in (0, inf), default=1e-6
        Relative duality gap at which to stop. With alpha = 0, the norm of the smallest
        subgradient relative to that of the constant model.
    max_iter : int in [1, inf), default=1000
        Largest number of iterations.
    warm_start : bool, default=False
        Start from the coefficients of the previous fit.
    verbose : int, default=0
        With a positive value each iteration is logged to the logger "skmmdro".

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients. Blocks dropped because of their encoder error are exactly zero.
    intercept_ : float
        Intercept.
    modalities_ : dict
        Column indices of each modality.
    worst_case_weights_ : ndarray of shape (n_samples,)
        The weights in the ambiguity set under which the model's training loss is
        largest; they sum to one.
    objective_ : float
        Value of the objective.
    dual_gap_ : float
        Relative duality gap, an upper bound of the relative suboptimality. With
        alpha = 0 what `tol` says, which bounds the slope and not the objective.
    n_iter_ : int
        Iterations taken.
    coupling_ : ndarray of shape (n_modalities, n_modalities)
        Coupling matrix (ChiSquare, KullbackLeibler, ModalityShift).
    joint_radius_ : float
        Joint radius of all modalities (the same sets, and TotalVariation).
    early_fusion_radius_ : float
        Radius that merged columns would need for the same protection (ChiSquare,
        KullbackLeibler).
    environment_names_ : list of str
        What the environments are called (ModalityLoss).
    environment_weights_ : ndarray of shape (n_environments,)
        Weight of each environment in the worst case (ModalityLoss).
    environment_risks_ : ndarray of shape (n_environments,)
        Risk in each environment (ModalityLoss).
    domain_names_ : list
        The domains, in order (Domains).
    domain_weights_ : ndarray of shape (n_domains,)
        Weight of each domain in the worst case (Domains).
    domain_risks_ : ndarray of shape (n_domains,)
        Risk in each domain (Domains).
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Column names seen in fit, if all are strings.

    See Also
    --------
    DROClassifier : The same for classification.
    skmmdro.ambiguity.ChiSquare : The default ambiguity set.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.

    Examples
    --------
    >>> from skmmdro import DRORegressor
    >>> from skmmdro.datasets import make_multimodal_regression
    >>> X, y = make_multimodal_regression(
    ...     300, widths=(4, 6), random_state=0, as_frame=True, return_X_y=True
    ... )
    >>> model = DRORegressor().fit(X, y)
    >>> model.coef_.shape, bool(model.dual_gap_ <= 1e-6)
    ((10,), True)
    """

    def __init__(
        self,
        ambiguity="chi2",
        *,
        loss="squared_error",
        modalities=None,
        alpha=1e-3,
        fit_intercept=True,
        solver="auto",
        tol=1e-6,
        max_iter=1_000,
        warm_start=False,
        verbose=0,
    ):
        self.ambiguity = ambiguity
        self.loss = loss
        self.modalities = modalities
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose

    def _coefficients(self, problem, theta, design):
        fitted = super()._coefficients(problem, theta, design)
        return {**fitted, "coef_": fitted["coef_"][0]}
