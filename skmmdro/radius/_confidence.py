"""The radius that protects against the finite sample alone."""

from numbers import Real

from .._sklearn import Interval, validate_params
from ..ambiguity._confidence import confidence_joint_radius, split_joint_radius
from ..coupling import check_coupling


@validate_params(
    {
        "n_samples": [Interval(Real, 1, None, closed="left")],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "coupling": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def confidence_radius(n_samples, confidence=0.95, coupling=None):
    """Return the chi-square radius at which the robust risk is a confidence bound.

    With the joint radius ``B = z^2 / n``, z the normal quantile at `confidence`, the
    worst-case mean loss ``R(l) = mean(l) + z std(l) / sqrt(n) + O(1 / n)`` is an
    asymptotic upper confidence bound of the expected loss without any shift [1]_.
    Split equally over modalities with coupling Gamma, ::

        rho = B / sum_kj |Gamma_kj| .

    Parameters
    ----------
    n_samples : float in [1, inf)
        Number of samples.
    confidence : float in (0, 1), default=0.95
        One-sided confidence. Up to 0.5 the radius is 0.
    coupling : array-like of shape (n_modalities, n_modalities) or None, default=None
        Coupling matrix, such as `coupling_` of a fitted model: symmetric, unit
        diagonal, entries in [-1, 1]. None: one modality.

    Returns
    -------
    radius : float
        Radius of each modality, B itself for one.

    Raises
    ------
    ValueError
        If a parameter is out of range, or the coupling matrix is not of that form.

    See Also
    --------
    estimate_radii : Radii for shifts, from unlabelled data.
    skmmdro.ambiguity.ChiSquare : ``radius="confidence"`` takes this radius at 95 %,
        with the samples and the coupling of the fit.

    References
    ----------
    .. [1] J. C. Duchi, P. W. Glynn and H. Namkoong, "Statistics of robust optimization:
       a generalized empirical likelihood approach", Mathematics of Operations Research
       46(3), 2021. doi:10.1287/moor.2020.1085

    Examples
    --------
    >>> from skmmdro.radius import confidence_radius
    >>> round(confidence_radius(1000), 5)
    0.00271
    >>> round(confidence_radius(1000, coupling=[[1, 0.5], [0.5, 1]]), 5)
    0.0009
    """
    joint = confidence_joint_radius(n_samples, confidence)
    if coupling is None:
        return float(joint)
    return float(split_joint_radius(joint, check_coupling(coupling)))
