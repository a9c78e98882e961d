"""Checks that several parts of the library share."""

from functools import wraps
from inspect import signature
from numbers import Real

import numpy as np


def unchanged_on_error(method):
    """Decorate `fit`: after an exception the estimator is as it was before."""

    @wraps(method)
    def guarded(self, *args, **kwargs):
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    guarded.__signature__ = signature(method)
    return guarded


def register_alias(cls, registry):
    """Add a class that states an alias of its own; raise if another one has it."""
    if cls.__dict__.get("alias") is not None:
        other = registry.setdefault(cls.alias, cls)
        if other.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls} and {other} share the alias {cls.alias!r}.")


def per_modality(value, modalities, *, parameter):
    """Expand a number or a dict by modality name to one value per modality.

    Parameters
    ----------
    value : float or dict
        A non-negative number for every modality, or one number by name; 0 for those
        that are left out.
    modalities : Modalities
        The modalities that the values belong to.
    parameter : str
        Name of the parameter, for the error messages.

    Returns
    -------
    values : ndarray of shape (n_modalities,)
        Finite and non-negative.
    """
    if isinstance(value, dict):
        if not value:
            raise ValueError(
                f"{parameter} is an empty dict; name at least one modality of "
                f"{list(modalities.names)}. Those left out get 0."
            )
        check_names(value, modalities, parameter=parameter, complete=False)
        values = [value.get(name, 0.0) for name in modalities.names]
    else:
        values = [value] * len(modalities.names)
    check_amounts(value, parameter=parameter)
    return np.array(values, dtype=np.float64)


def check_amounts(value, *, parameter):
    """Raise unless `value` is a finite non-negative number or a dict of such."""
    for entry in value.values() if isinstance(value, dict) else [value]:
        is_number = isinstance(entry, Real) and not isinstance(entry, bool)
        if not is_number or not np.isfinite(entry) or entry < 0:
            raise ValueError(
                f"{parameter} must be a finite non-negative number, or a dict of such "
                f"numbers by modality name; got {value!r}."
            )


def check_domains(domains, n_samples, ambiguity):
    """Return the domains as an array, or None where there are none and none are needed.

    Raises
    ------
    ValueError
        If the ambiguity set needs domains and there are none, their number is not
        `n_samples`, or some are missing values.
    """
    domain_set = ambiguity.parts().get("domain")
    if domains is None:
        if domain_set is not None:
            raise ValueError(
                f"{domain_set!r} needs the domain of each sample: call "
                "fit(X, y, domains=...). In a Pipeline or search enable metadata "
                "routing and call set_fit_request(domains=True) on the estimator."
            )
        return None
    return check_parts(domains, n_samples)


def check_parts(domains, n_samples):
    """Return domains as an array of shape (n_samples,) without missing values."""
    domains = np.asarray(domains)
    if domains.shape != (n_samples,):
        raise ValueError(
            f"domains has shape {domains.shape}, expected one entry for each of the "
            f"{n_samples} samples."
        )
    numbers = domains.dtype.kind in "biuf"
    if np.isnan(domains).any() if numbers else any(map(_is_unknown, domains.tolist())):
        raise ValueError(
            "domains has missing values; give samples of unknown origin a domain of "
            "their own."
        )
    if domains.dtype == object:  # values of another type can be ordered
        try:
            np.unique(domains)
        except TypeError as error:
            kinds = sorted({type(value).__name__ for value in domains.tolist()})
            raise ValueError(
                f"domains mixes values of types {kinds}; use strings or integers."
            ) from error
    return domains


def _is_unknown(value):
    return is_missing(value) or value != value


def label_codes(y, classes):
    """Return the index of each label in the sorted classes of a fitted classifier.

    Raises
    ------
    ValueError
        If a label is missing or not among the classes, or there are several targets.
    """
    if not isinstance(classes, np.ndarray):
        raise ValueError(
            f"a classifier of one target is needed; this one has {len(classes)}."
        )
    known = {label: code for code, label in enumerate(classes.tolist())}
    labels = np.asarray(y).tolist()
    if any(map(is_missing, labels)):
        raise ValueError(f"y has missing values; the classes are {list(known)}.")
    unknown = [label for label in dict.fromkeys(labels) if label not in known]
    if unknown:
        raise ValueError(
            f"y has labels {unknown[:5]} that were not seen in fit; the classes are "
            f"{list(known)}."
        )
    return np.array([known[label] for label in labels], dtype=np.intp)


def is_missing(value):
    """Whether a single value is None, NaN, NaT or NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return isinstance(value, (np.datetime64, np.timedelta64)) and bool(np.isnat(value))


def encoder_errors(value, modalities):
    """Return the encoder error of each modality, ndarray of shape (n_modalities,).

    Parameters
    ----------
    value : float, dict, "from_transformer" or None
        As the user states it; "from_transformer" is what came with the data.
    modalities : Modalities
        The modalities of the data.
    """
    if value == "from_transformer":
        value = modalities.encoder_error
        if value is None:
            raise ValueError(
                "encoder_error='from_transformer', but the data carry no encoder "
                "error. Use ModalityTransformer(..., encoder_error='bootstrap') as an "
                "earlier step of the same pipeline, with nothing between the two but "
                "ModalityImputer; or pass encoder_error=transformer.encoder_error_. "
                "Slices of polars frames and of sparse matrices, and results of "
                "computations, do not carry it."
            )
    value = 0.0 if value is None else value
    return per_modality(value, modalities, parameter="encoder_error")


def check_names(mapping, modalities, *, parameter, complete=True):
    """Raise if keys of `mapping` are no modality names or, if `complete`, one lacks."""
    known = modalities.names
    unknown = [name for name in mapping if name not in known]
    missing = [name for name in known if name not in mapping] if complete else []
    if not unknown and not missing:
        return
    problems = []
    if unknown:
        problems.append(f"unknown modalities {unknown}")
    if missing:
        problems.append(f"no entry for {missing}")
    raise ValueError(
        f"{parameter} names {' and has '.join(problems)}; the known modalities are "
        f"{list(known)}. {modalities.hint}".rstrip()
    )
