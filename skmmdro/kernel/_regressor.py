"""Distributionally robust regression with one kernel per modality."""

from .._estimator import RegressorPart
from ._base import DROKernelModel


class KernelDRORegressor(RegressorPart, DROKernelModel):
    """Sum of one kernel function per modality that is best in the worst case.

    The prediction is ``sum_k f_k(x^(k)) + b``, f_k in the Hilbert space H_k of modality
    k's centred kernel: its mean under the nominal weights is zero, and so is its value
    where the modality is missing. The regressor minimises ::

        R(l(f, b)) + Lip * sum_k t_k ||f_k||_{H_k} + alpha / 2 sum_k ||f_k||^2_{H_k},

    where l_i is the loss of sample i, R the largest expected loss over the ambiguity
    set around the nominal (sample) weights and t_k the budget of modality k (zero
    unless one is stated). Transport of order 2, the one for "squared_error", has
    ``(sqrt(2 R(l)) + sum_k t_k ||f_k||)^2 / 2`` in place of the first two terms. The
    objective is convex.

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
    kernel : str, callable or dict, default="rbf"
        Kernel of each modality: "linear", "poly", "rbf", "laplacian", "cosine", "chi2",
        "additive", "precomputed" or a callable, for all or by modality name; see
        :class:`KernelDROClassifier`.
    gamma : str, float in (0, inf) or dict, default="scale"
        Inverse width of the kernels, for all or by modality name: a number, "scale",
        "median" or a multiple such as "0.5*median"; see :class:`KernelDROClassifier`.
    degree : int in [1, inf), default=3
        Degree of "poly".
    coef0 : float in [0, inf), default=1.0
        Constant term of "poly".
    kernel_params : dict or None, default=None
        Keyword arguments of a callable kernel.
    rank : "auto", int in [1, inf) or None, default="auto"
        Largest dimension of the space a block's function is sought in; "auto" is 500,
        None no limit. Up to rank + 1 distinct rows the fit is exact.
    interactions : list of tuple of str or None, default=None
        Pairs of modalities such as ``[("text", "image")]`` whose product kernel is a
        block of its own, see :class:`KernelDROClassifier`.
    loss : {"squared_error", "huber", "absolute_error", "quantile"} or Loss, \
            default="squared_error"
        Loss of the residual, see :class:`DRORegressor`. "squared_error" is half the
        square.
    modalities : dict, list of int or None, default=None
        Which columns form which modality, see :class:`DROClassifier`.
    alpha : float in [0, inf), default=1e-3
        Weight of the squared norms; losses are averaged. With radius 0 and one modality
        the model is kernel ridge regression of centred targets with its ``alpha`` equal
        to ``alpha * n_samples``.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised. Without one the predictions
        of the training samples have mean zero.
    solver : {"auto", "newton", "lbfgs", "minimax", "cvxpy"}, default="auto"
        See :class:`DROClassifier`.
    tol : float in (0, inf), default=1e-6
        Relative duality gap at which to stop. With alpha = 0, the norm of the smallest
        subgradient relative to that of the constant model.
    max_iter : int in [1, inf), default=1000
        Largest number of iterations.
    warm_start : bool, default=False
        Start from the solution of the previous fit; useful if neither the data nor the
        kernels change.
    verbose : int, default=0
        With a positive value each iteration is logged to the logger "skmmdro".

    Attributes
    ----------
    dual_coef_ : dict of ndarray of shape (n_landmarks, 1)
        By block, a with ``f_k(x) = sum_j a_j k(x, x_j) - constant``, j over the rows
        ``landmarks_[k]``. Blocks dropped because of their budget are exactly zero.
    intercept_ : float
        Intercept.
    landmarks_ : dict of ndarray of int
        By block, the rows of X in fit that f_k is expanded in.
    modality_norms_ : dict of float
        ||f_k|| of each modality and interaction.
    n_components_ : dict of int
        By block, the dimension of the space f_k was sought in.
    gamma_ : dict
        Value of gamma for the kernels that have one.
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
    KernelDROClassifier : The same for classification; its Notes hold for both.
    DRORegressor : One linear function per modality.

    Examples
    --------
    >>> from skmmdro import KernelDRORegressor
    >>> from skmmdro.datasets import make_multimodal_regression
    >>> X, y = make_multimodal_regression(
    ...     300, widths=(4, 6), random_state=0, as_frame=True, return_X_y=True
    ... )
    >>> model = KernelDRORegressor(gamma="median", alpha=1e-2).fit(X, y)
    >>> bool(model.score(X, y) > 0.8), bool(model.dual_gap_ <= 1e-6)
    (True, True)
    """

    def __init__(
        self,
        ambiguity="chi2",
        *,
        kernel="rbf",
        gamma="scale",
        degree=3,
        coef0=1.0,
        kernel_params=None,
        rank="auto",
        interactions=None,
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
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.kernel_params = kernel_params
        self.rank = rank
        self.interactions = interactions
        self.loss = loss
        self.modalities = modalities
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose
