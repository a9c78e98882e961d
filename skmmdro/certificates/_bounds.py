"""Bounds of the worst-case risk over a chi-square ball."""

import numpy as np
from scipy.stats import beta


def closed_form(mean, variance, radius, largest):
    """Return ``min(mean + sqrt(radius * variance), largest)``."""
    return float(min(mean + np.sqrt(radius * variance), largest))


def zero_one_bound(n_errors, n_samples, radius, confidence):
    """Return an upper confidence bound of the worst-case error rate.

    For a loss in {0, 1} the worst case over all Q with ``chi2(Q || P) <= B`` is
    ``f(p) = min(p + sqrt(B p (1 - p)), 1)`` exactly, p the error rate under P: merging
    all outcomes to "right" and "wrong" does not raise the divergence. f does not
    decrease in p, so f at the exact binomial (Clopper-Pearson) upper bound of p covers
    at the same confidence, for every n.
    """
    top = 1.0
    if n_errors < n_samples:
        top = float(beta.ppf(confidence, n_errors + 1, n_samples - n_errors))
    return closed_form(top, top * (1 - top), radius, 1.0)


def bounded_loss_bound(losses, largest, radius, confidence):
    """Return an upper confidence bound of the worst-case mean of losses in [0, M].

    With ``L(d) = ln(1/d)`` and s the sample standard deviation, at confidence 1 - d ::

        mean + sqrt(2 s^2 L(d/4) / n) + 7 M L(d/4) / (3 (n - 1))
             + sqrt(B) ( s + M sqrt(2 L(d/2) / (n - 1)) )

    by the empirical Bernstein bound and the bound of the standard deviation of
    Maurer and Pontil (2009, theorems 4 and 10), each at d / 2.
    """
    n_samples, miss = len(losses), 1 - confidence
    mean, spread = losses.mean(), losses.std(ddof=1)
    log_mean, log_spread = np.log(4 / miss), np.log(2 / miss)
    mean += np.sqrt(2 * spread**2 * log_mean / n_samples)
    mean += 7 * largest * log_mean / (3 * (n_samples - 1))
    spread += largest * np.sqrt(2 * log_spread / (n_samples - 1))
    return closed_form(mean, spread**2, radius, largest)


def two_point_floor(radius, n_train):
    """Return the worst excess error rate that no learner can rule out.

    Nature may move P to one of two laws in which the two labels have the probabilities
    ``1/2 +- D``. At chi-square distance ``B = 4 D^2`` the training data do not tell
    which, and the wrong guess costs ``2 D`` or, averaged over both, D. With n samples
    of the law itself ``D = 1 / (4 sqrt(n))`` cannot be told with error probability
    below 1/4 (Le Cam), which costs ``1 / (8 sqrt(n))``.
    """
    shift = np.sqrt(min(radius, 1.0)) / 2
    return float(max(shift, 1 / (8 * np.sqrt(n_train)) if n_train else 0.0))
