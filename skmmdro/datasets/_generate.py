"""Multimodal data with known coefficients, coupling and shift."""

import numpy as np
from sklearn.utils import check_random_state

from ._bunch import make_bunch
from ._population import Population, check_classes, check_number


def make_multimodal_classification(
    n_samples=100,
    *,
    widths=(5, 5, 5),
    modality_names=None,
    n_classes=2,
    correlation=0.5,
    noise=0.0,
    signal=3.0,
    shift=None,
    random_state=None,
    population_state=0,
    as_frame=False,
    return_X_y=False,
):
    """Generate a multimodal classification problem, shifted or not.

    Modality k has one latent factor t_k with the marginal N(s_k, 1). The factors have
    a Gaussian copula with correlation matrix C, and the shift s moves marginals while
    the copula and the conditional law of the target stay as they are::

        z ~ N(0, C),   t_k = F_k^-1(Phi(z_k)) = z_k + s_k,   F_k the law N(s_k, 1)
        x^(k) = t_k a_k + e_k,   e_k ~ N(0, I)               clean features
        f_c = sum_k coef_k,c' x^(k)                          linear scores
        P(y = c | x) = exp(f_c) / sum_c' exp(f_c')           more than two classes
        P(y = 1 | x) = 1 / (1 + exp(-f))                     two classes, one score
        data^(k) = x^(k) + noise_k N(0, I)                   what is returned

    This is the shift of the simulation in [1]_: column i of modality k moves by
    ``s_k a_k,i`` and keeps its rank correlation with every other one. Only the factors
    couple the modalities: column i of modality k and column j of modality m have the
    covariance ``a_k,i C_km a_m,j``.

    Parameters
    ----------
    n_samples : int in [1, inf), default=100
        Number of samples.
    widths : sequence of int, default=(5, 5, 5)
        Number of columns of each modality, positive.
    modality_names : sequence of str or None, default=None
        Names, without "__". None: "m0", "m1", ...
    n_classes : int in [2, inf), default=2
        Number of classes.
    correlation : float or array-like of shape (n_modalities, n_modalities), default=0.5
        C, or the value of all its entries off the diagonal. Positive semidefinite with
        ones on the diagonal.
    noise : float in [0, inf) or dict, default=0.0
        Standard deviation of the measurement or encoder noise of each modality, one
        for all or by name (0 where not named). It does not enter the target. The root
        mean square of the error of block k is ``noise_k * sqrt(width_k)``.
    signal : float in (0, inf), default=3.0
        Standard deviation of each linear score without shift; the larger, the better
        the classes separate.
    shift : dict or None, default=None
        Values s_k by modality name, 0 where not named. Draws a sample, such as a test
        sample, in which these modalities' marginals have moved.
    random_state : int, RandomState instance or None, default=None
        Draws the sample. The same integer with another `shift` draws the same z and e.
    population_state : int in [0, inf), default=0
        Draws the loadings a_k and the coefficients. Samples that agree in
        `population_state`, widths, classes, correlation and signal come from one
        population, whatever their size, `random_state`, `noise` and `shift`.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch
        With the following attributes.

        data : ndarray or DataFrame of shape (n_samples, n_features)
            Features with noise.
        clean_data : ndarray of shape (n_samples, n_features)
            Features without noise, on which the target depends.
        target : ndarray or Series of shape (n_samples,)
            Class, 0 to n_classes - 1.
        frame : DataFrame of shape (n_samples, n_features + 1) or None
            Features and target, if `as_frame`.
        feature_names : list of str
            Column names ``modality__feature``.
        modalities : dict of str to slice
            Columns of each modality, to be passed on as ``modalities=``.
        coef : dict of str to ndarray of shape (width,) or (width, n_classes)
            Coefficients of the clean features; one column for each class if there are
            more than two.
        loadings : dict of str to ndarray of shape (width,)
            a_k.
        correlation : ndarray of shape (n_modalities, n_modalities)
            C.
        chi2 : dict of str to float
            chi-square divergence of the marginal of each modality's returned columns
            from that without shift:
            ``exp(s_k^2 ||a_k||^2 / (||a_k||^2 + 1 + noise_k^2)) - 1``.
        chi2_factor : dict of str to float
            The same of each factor, ``exp(s_k^2) - 1``, which is also that of factor
            and columns together.
        chi2_joint : float
            The same of the joint law of everything, ``exp(s' C^-1 s) - 1``. Infinite if
            C is singular and s not in its range.

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ValueError
        If a value is out of range, a dict names an unknown modality or `correlation` is
        not a correlation matrix.
    ImportError
        If `as_frame` and pandas is not installed.

    Notes
    -----
    Given its factor, a block does not depend on the shift. Hence factor and block
    together diverge exactly as the factor does, and the block alone less, since the
    factor cannot be read from it without error: chi2 < chi2_factor unless s_k = 0. With
    one modality, chi2_joint equals chi2_factor. With several, a modality that moves
    alone under a shared copula changes its conditional law given the others, so that
    chi2_joint, with exponent ``s_k^2 (C^-1)_kk``, exceeds chi2_factor of that modality
    unless it is uncorrelated with the rest.

    References
    ----------
    .. [1] P. Yang and Y. Ma, "Distributionally robust multimodal machine learning",
       2025, arXiv:2511.05716.

    Examples
    --------
    >>> from skmmdro.datasets import make_multimodal_classification
    >>> train = make_multimodal_classification(500, random_state=0)
    >>> test = make_multimodal_classification(500, random_state=1, shift={"m0": 1.0})
    >>> round(test.chi2_factor["m0"], 2), test.chi2_factor["m1"]
    (1.72, 0.0)
    >>> bool((test.coef["m0"] == train.coef["m0"]).all())
    True
    """
    check_classes(n_classes)
    n_scores = 1 if n_classes == 2 else n_classes
    population = Population(
        widths, modality_names, correlation, n_scores, signal, population_state
    )
    rng = check_random_state(random_state)
    score, parts = _draw(population, n_samples, noise, shift, rng)
    if n_classes == 2:
        target = (score[:, 0] + rng.logistic(size=n_samples) > 0).astype(np.int64)
    else:  # the largest of scores with Gumbel noise has the multinomial logistic law
        target = (score + rng.gumbel(size=score.shape)).argmax(axis=1).astype(np.int64)
    bunch = make_bunch(target=target, as_frame=as_frame, **parts)
    return (bunch.data, bunch.target) if return_X_y else bunch


def make_multimodal_regression(
    n_samples=100,
    *,
    widths=(5, 5, 5),
    modality_names=None,
    target_noise=1.0,
    correlation=0.5,
    noise=0.0,
    signal=3.0,
    shift=None,
    random_state=None,
    population_state=0,
    as_frame=False,
    return_X_y=False,
):
    """Generate a multimodal regression problem, shifted or not.

    Features and shift are those of :func:`make_multimodal_classification`; the target
    is linear in the clean features::

        y = sum_k coef_k' x^(k) + target_noise N(0, 1)

    Parameters
    ----------
    n_samples : int in [1, inf), default=100
        Number of samples.
    widths : sequence of int, default=(5, 5, 5)
        Number of columns of each modality, positive.
    modality_names : sequence of str or None, default=None
        Names, without "__". None: "m0", "m1", ...
    target_noise : float in [0, inf), default=1.0
        Standard deviation of the noise of the target.
    correlation : float or array-like of shape (n_modalities, n_modalities), default=0.5
        Correlation matrix C of the factors, or the value of all its entries off the
        diagonal. Positive semidefinite with ones on the diagonal.
    noise : float in [0, inf) or dict, default=0.0
        Standard deviation of the noise of each modality's features, one for all or by
        name (0 where not named). It does not enter the target.
    signal : float in (0, inf), default=3.0
        Standard deviation of the noise-free target without shift.
    shift : dict or None, default=None
        Shift s_k of the factors' marginals by modality name, 0 where not named.
    random_state : int, RandomState instance or None, default=None
        Draws the sample.
    population_state : int in [0, inf), default=0
        Draws loadings and coefficients.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch
        As for :func:`make_multimodal_classification`, with a target of floats and one
        coefficient for each column.
    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ValueError
        If a value is out of range, a dict names an unknown modality or `correlation` is
        not a correlation matrix.
    ImportError
        If `as_frame` and pandas is not installed.

    Examples
    --------
    >>> from skmmdro.datasets import make_multimodal_regression
    >>> data = make_multimodal_regression(200, widths=(2, 3), random_state=0)
    >>> data.feature_names
    ['m0__0', 'm0__1', 'm1__0', 'm1__1', 'm1__2']
    """
    target_noise = check_number("target_noise", target_noise)
    population = Population(
        widths, modality_names, correlation, 1, signal, population_state
    )
    rng = check_random_state(random_state)
    score, parts = _draw(population, n_samples, noise, shift, rng)
    target = score[:, 0] + target_noise * rng.standard_normal(n_samples)
    bunch = make_bunch(target=target, as_frame=as_frame, **parts)
    return (bunch.data, bunch.target) if return_X_y else bunch


def _draw(population, n_samples, noise, shift, rng):
    """Return the scores of the clean features, and what the Bunch holds."""
    noise = population.check_noise(noise)
    shift = population.check_shift(shift)
    clean, observed = population.sample(n_samples, noise, shift, rng)
    score = sum(x @ c for x, c in zip(clean, population.coef, strict=True))
    coef = [c[:, 0] if c.shape[1] == 1 else c for c in population.coef]
    parts = {
        "blocks": population.by_modality(observed),
        "clean_data": np.hstack(clean),
        "coef": population.by_modality(coef),
        "loadings": population.by_modality(population.loadings),
        "correlation": population.correlation,
        **population.divergences(noise, shift),
    }
    return score, parts
