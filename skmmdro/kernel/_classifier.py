"""Distributionally robust classification with one kernel per modality."""

from .._estimator import ClassifierPart
from ._base import DROKernelModel


class KernelDROClassifier(ClassifierPart, DROKernelModel):
    """Sum of one kernel function per modality that is best in the worst case.

    The raw prediction is ``sum_k f_k(x^(k)) + b``, f_k in the Hilbert space H_k of
    modality k's centred kernel: its mean under the nominal weights is zero, and so is
    its value where the modality is missing. The classifier minimises ::

        R(l(f, b)) + Lip * sum_k t_k ||f_k||_{H_k} + alpha / 2 sum_k ||f_k||^2_{H_k},

    where l_i is the loss of sample i, R the largest expected loss over the ambiguity
    set around the nominal (sample) weights and t_k the budget of modality k (zero
    unless one is stated). For more than two classes f_k has one component per class and
    norms are those of all components together. The objective is convex.

    Parameters
    ----------
    ambiguity : str, AmbiguitySet or list, default="chi2"
        The shifts to be protected against. An alias stands for a set with default
        parameters: "chi2", "kl", "cvar", "tv", "mmd" and "modality_shift" reweight the
        samples, "wasserstein" moves features, "domains" asks for the worst domain and
        "modality_loss" for the worst missing modality. Or an object such as
        ``ChiSquare(radius={"text": 0.2, "image": 0.05})``, or a sum or a list of sets
        of different kinds, ``["chi2", ModalityLoss(level=0.5)]``. Pass an object to
        tune ``ambiguity__radius`` in a grid. Budgets and encoder errors are distances
        ``||phi(x) - phi(x')||`` in the kernel's Hilbert space, see Notes.
    kernel : str, callable or dict, default="rbf"
        Kernel of each modality: one for all, or a dict by modality name.

        - "linear", "poly", "rbf", "laplacian", "cosine", "chi2": the functions of
          :mod:`sklearn.metrics.pairwise`; "chi2" needs non-negative columns.
        - "additive": the mean over the columns of a Gaussian kernel of each column, so
          that f_k is a sum of functions of single columns.
        - a callable ``kernel(A, B, **kernel_params)`` that returns the matrix of kernel
          values between the rows of A and B; symmetric, positive semi-definite.
        - "precomputed": X holds Gram matrices, see Notes.
    gamma : str, float in (0, inf) or dict, default="scale"
        Inverse width of "rbf", "laplacian", "chi2", "additive", and the factor in
        "poly", for all or by modality name. With d_k columns whose entries have mean m
        and variance v, "scale" is 1 / (d_k v), for "laplacian" 1 / (d_k sqrt(v)), for
        "chi2" m / (d_k v), and for "additive" 1 / v_j in column j. "median" is one over
        the median over pairs of distinct rows of the distance that gamma multiplies
        (not for "poly"), of 500 rows drawn at random if there are more. Both count rows
        by their weight. A multiple of a rule is written "0.5*median".
    degree : int in [1, inf), default=3
        Degree of "poly".
    coef0 : float in [0, inf), default=1.0
        Constant term of "poly".
    kernel_params : dict or None, default=None
        Keyword arguments of a callable kernel.
    rank : "auto", int in [1, inf) or None, default="auto"
        Largest dimension of the space a block's function is sought in. "auto" is 500,
        None no limit. Up to rank + 1 distinct rows the fit is exact, beyond that it is
        the Nystroem approximation on rank + 1 training rows, the landmarks, chosen by
        randomly pivoted Cholesky factorisation. Time grows with n rank^2, memory with
        n rank.
    interactions : list of tuple of str or None, default=None
        Pairs of modalities such as ``[("text", "image")]``. The product of their
        centred kernels becomes a block of its own, named "text:image". In a
        dict of transport budgets it has one of its own, 0 if left out; radii of
        reweighting sets belong to modalities only, and an encoder error is not
        possible.
    loss : {"log_loss", "hinge", "squared_hinge", "modified_huber"} or Loss, \
            default="log_loss"
        Loss of the raw prediction, see :class:`DROClassifier`.
    modalities : dict, list of int or None, default=None
        Which columns form which modality, see :class:`DROClassifier`.
    alpha : float in [0, inf), default=1e-3
        Weight of the squared norms. Losses are averaged, so ``alpha = 1 / (C n)`` for
        the C of scikit-learn's SVC.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised. Without one the raw
        predictions of the training samples have mean zero.
    class_weight : dict, "balanced" or None, default=None
        Factors of the sample weights by class. "balanced" gives every class the same
        total weight.
    solver : {"auto", "newton", "lbfgs", "minimax", "cvxpy"}, default="auto"
        See :class:`DROClassifier`.
    tol : float in (0, inf), default=1e-6
        Relative duality gap at which to stop: the objective is then at most this
        fraction above the optimum. With alpha = 0, the norm of the smallest subgradient
        relative to that of the constant model.
    max_iter : int in [1, inf), default=1000
        Largest number of iterations.
    warm_start : bool, default=False
        Start from the solution of the previous fit; useful if neither the data nor the
        kernels change.
    verbose : int, default=0
        With a positive value each iteration is logged to the logger "skmmdro".

    Attributes
    ----------
    dual_coef_ : dict of ndarray of shape (n_landmarks, n_outputs)
        By block, a with ``f_k(x) = sum_j a_j k(x, x_j) - constant``, j over the rows
        ``landmarks_[k]``. Blocks dropped because of their budget are exactly zero.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    landmarks_ : dict of ndarray of int
        By block, the rows of X in fit that f_k is expanded in.
    modality_norms_ : dict of float
        ||f_k|| of each modality and interaction.
    n_components_ : dict of int
        By block, the dimension of the space f_k was sought in.
    gamma_ : dict
        Value of gamma for the kernels that have one.
    classes_ : ndarray of shape (n_classes,)
        Class labels of the samples with positive weight.
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
    KernelDRORegressor : The same for regression.
    DROClassifier : One linear function per modality.

    Notes
    -----
    A sample may lack modalities, in `fit` and in `predict`: all columns of the modality
    are then NaN, and f_k is zero there, as are the interactions it takes part in. A
    modality with some of its columns NaN is an error.

    For ``kernel="precomputed"`` X is the Gram matrix of one modality; or, for several,
    a dict of them by modality name, or an array of shape (n_modalities, n_samples,
    n_samples) or (n_samples, n_samples, n_modalities). In `predict` rows are the new
    samples and columns all training samples; if there are several modalities, a row of
    NaN says that one is missing. scikit-learn's cross-validation splits a single matrix
    and the last form, so pass ``np.moveaxis(grams, 0, 2)`` for an array of the other
    form and ``np.stack(list(grams.values()), axis=2)`` for a dict.

    If samples move by ``||x - x'||`` in a modality, they move by at most
    ``sqrt(2 gamma) ||x - x'||`` in the Hilbert space of the "rbf" kernel, and by the
    same distance in that of the linear one. A budget in the Hilbert space contains all
    moves of the features within it and others, so it protects against more than the
    same budget in the columns.

    The coupling is estimated from the columns of the modalities, for precomputed
    kernels from the kernels' features.

    The eigenvalues of each centred Gram matrix (weighted by the nominal weights) below
    1e-12 times the largest one count as zero.

    References
    ----------
    .. [1] Y. Chen, E. N. Epperly, J. A. Tropp and R. J. Webber, "Randomly pivoted
       Cholesky: practical approximation of a kernel matrix with few entry
       evaluations", Communications on Pure and Applied Mathematics 78(5), 2025,
       algorithm 1. doi:10.1002/cpa.22234
    .. [2] S. Shafieezadeh-Abadeh, D. Kuhn and P. Mohajerin Esfahani, "Regularization
       via mass transportation", Journal of Machine Learning Research 20(103), 2019,
       section 3.3.

    Examples
    --------
    >>> from skmmdro import KernelDROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     300, modality_names=("text", "image"), widths=(4, 6), random_state=0,
    ...     as_frame=True, return_X_y=True,
    ... )
    >>> kernel = {"text": "linear", "image": "rbf"}
    >>> model = KernelDROClassifier(kernel=kernel, alpha=1e-2).fit(X, y)
    >>> list(model.modality_norms_), model.modality_scores(X).shape
    (['text', 'image'], (300, 3))
    >>> X.iloc[0, X.columns.str.startswith("text")] = float("nan")
    >>> float(model.modality_scores(X)[0, 0])
    0.0
    """

    _parameter_constraints: dict = {
        **DROKernelModel._parameter_constraints,
        **ClassifierPart._classifier_constraints,
    }

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
        loss="log_loss",
        modalities=None,
        alpha=1e-3,
        fit_intercept=True,
        class_weight=None,
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
        self.class_weight = class_weight
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose
