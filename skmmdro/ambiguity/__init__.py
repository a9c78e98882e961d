"""Ambiguity sets: which shifts a model is protected against. One file each."""

from importlib import import_module
from pkgutil import iter_modules

from ._base import REGISTRY, AmbiguitySet

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")
globals().update({_set.__name__: _set for _set in REGISTRY.values()})

__all__ = sorted(
    ["AmbiguitySet", "resolve_ambiguity", *(s.__name__ for s in REGISTRY.values())]
)


def resolve_ambiguity(ambiguity):
    """Return a validated ambiguity set for an alias or an object.

    Parameters
    ----------
    ambiguity : str or AmbiguitySet
        Alias (default parameters) or object.

    Returns
    -------
    ambiguity : AmbiguitySet
        The object, or a new one for an alias.

    Raises
    ------
    ValueError
        If it is neither, or one of its parameters is of a wrong type or out of range.

    Examples
    --------
    >>> from skmmdro.ambiguity import resolve_ambiguity
    >>> resolve_ambiguity("chi2")
    ChiSquare()
    """
    if isinstance(ambiguity, str) and ambiguity in REGISTRY:
        ambiguity = REGISTRY[ambiguity]()
    if not isinstance(ambiguity, AmbiguitySet):
        raise ValueError(
            f"ambiguity={ambiguity!r} is not an ambiguity set; use one of "
            f"{sorted(REGISTRY)} or an object from skmmdro.ambiguity."
        )
    ambiguity._validate_params()
    return ambiguity
