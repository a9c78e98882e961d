"""Features of signals, one in each row."""

import numpy as np

_SUMMARY = (
    "mean",
    "std",
    "min",
    "lower_quartile",
    "median",
    "upper_quartile",
    "max",
    "mean_change",
    "autocorrelation",
)


def interpolate_gaps(signals):
    """Fill NaN linearly between neighbours; rows without any value stay NaN.

    Parameters
    ----------
    signals : ndarray of shape (n_samples, length)

    Returns
    -------
    signals : ndarray of shape (n_samples, length)
    """
    signals = np.asarray(signals)
    missing = np.isnan(signals)
    if not missing.any():
        return signals
    signals = signals.copy()
    time = np.arange(signals.shape[1])
    for row in np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1)):
        gaps = missing[row]
        signals[row, gaps] = np.interp(time[gaps], time[~gaps], signals[row, ~gaps])
    return signals


def summary(signals):
    """Return location, spread, change and autocorrelation of each row.

    Parameters
    ----------
    signals : ndarray of shape (n_samples, length)

    Returns
    -------
    features : ndarray of shape (n_samples, 9)
        The autocorrelation of a constant signal is 0.
    """
    signals = np.asarray(signals)
    centred = signals - signals.mean(axis=1, keepdims=True)
    variance = np.mean(centred**2, axis=1)
    products = np.sum(centred[:, 1:] * centred[:, :-1], axis=1) / signals.shape[1]
    if signals.shape[1] > 1:
        change = np.mean(np.abs(np.diff(signals, axis=1)), axis=1)
    else:
        change = np.zeros(len(signals))
    quantiles = np.quantile(signals, [0, 0.25, 0.5, 0.75, 1], axis=1)
    features = [signals.mean(axis=1), np.sqrt(variance), *quantiles, change]
    features.append(_ratio(products, variance))
    return np.column_stack(features).astype(signals.dtype)


def summary_names(transformer, names_in):
    return np.asarray(_SUMMARY, dtype=object)


def spectrum(signals, n_bands):
    """Return the share of each row's variance in frequency bands.

    Parameters
    ----------
    signals : ndarray of shape (n_samples, length)
    n_bands : int
        Largest number of bands.

    Returns
    -------
    shares : ndarray of shape (n_samples, n_bands_used)
        They add up to one, and are 0 for a constant signal.
    """
    signals = np.asarray(signals)
    centred = signals - signals.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(centred, axis=1)[:, 1:]) ** 2
    edges = _band_edges(signals.shape[1], n_bands)
    if len(edges) == 1:  # a signal of length one has no frequency
        return np.zeros((len(signals), 0))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    return _ratio(bands, power.sum(axis=1, keepdims=True)).astype(signals.dtype)


def spectrum_names(transformer, names_in):
    n_bands = len(_band_edges(len(names_in), transformer.kw_args["n_bands"])) - 1
    return np.array([f"band{band}" for band in range(n_bands)], dtype=object)


def _band_edges(length, n_bands):
    """Return indices of frequencies at which bands begin, and the end of the last."""
    n_frequencies = length // 2
    edges = np.geomspace(1, n_frequencies + 1, n_bands + 1) - 1
    return np.unique(np.round(edges).astype(int))


def _ratio(value, total):
    """Return value / total, and 0 where the total vanishes."""
    safe = np.where(total == 0, 1, total)
    return np.where(total == 0, 0 * value, value / safe)
