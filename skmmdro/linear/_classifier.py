"""Distributionally robust linear classification."""

from .._estimator import ClassifierPart
from ._base import DROLinearModel


class DROClassifier(ClassifierPart, DROLinearModel):
    """Linear classifier that is best in the worst case over an ambiguity set.

    It minimises ::

        R(l(w, b)) + Lip * sum_k t_k ||w_k||_2 + alpha / 2 ||w||_2^2,

    where l_i is the loss of sample i, R the largest expected loss over the ambiguity
    set around the nominal (sample) weights, w_k the coefficients of modality k and t_k
    the budget of its encoder error (zero if none is stated). For more than two classes
    w has one column per class and norms are Frobenius norms. The objective is convex.

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
    loss : {"log_loss", "hinge", "squared_hinge", "modified_huber"} or Loss, \
            default="log_loss"
        Loss of the raw prediction, see :mod:`skmmdro.losses`. With more than two
        classes "log_loss" is multinomial, the others add up one-versus-rest losses.
    modalities : dict, list of int or None, default=None
        Which columns form which modality: ``{name: columns}`` (names, integers, slice,
        mask; one entry may be ``"remainder"``), block widths in order, or None to read
        names of the form ``modality__feature``, as
        :class:`~skmmdro.ModalityTransformer` writes them. Without any statement all
        columns are one modality named "x".
    alpha : float in [0, inf), default=1e-3
        Weight of the squared norm. Losses are averaged, so ``alpha = 1 / (C n)`` for
        the C of scikit-learn's LogisticRegression.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    class_weight : dict, "balanced" or None, default=None
        Factors of the sample weights by class. "balanced" gives every class the same
        total weight.
    solver : {"auto", "newton", "lbfgs", "minimax", "cvxpy"}, default="auto"
        "newton" forms Hessians, "lbfgs" suits many coefficients, "auto" picks one by
        their number. "minimax" is the variant of "newton" for the worst of several
        smooth risks, which both use where it applies. "cvxpy" is the slow reference
        (Clarabel).
    tol : float in (0, inf), default=1e-6
        Relative duality gap at which to stop: the objective is then at most this
        fraction above the optimum. With alpha = 0, the norm of the smallest subgradient
        relative to that of the constant model.
    max_iter : int in [1, inf), default=1000
        Largest number of iterations.
    warm_start : bool, default=False
        Start from the coefficients of the previous fit.
    verbose : int, default=0
        With a positive value each iteration is logged to the logger "skmmdro".

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients. Blocks dropped because of their encoder error are exactly zero.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
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
    DRORegressor : The same for regression.
    skmmdro.ambiguity.ChiSquare : The default ambiguity set.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> X, y = make_multimodal_classification(
    ...     300, widths=(4, 6), random_state=0, as_frame=True, return_X_y=True
    ... )
    >>> model = DROClassifier().fit(X, y)
    >>> model.coef_.shape, bool(model.dual_gap_ <= 1e-6)
    ((1, 10), True)
    """

    _parameter_constraints: dict = {
        **DROLinearModel._parameter_constraints,
        **ClassifierPart._classifier_constraints,
    }

    def __init__(
        self,
        ambiguity="chi2",
        *,
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
