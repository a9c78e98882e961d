"""Ambiguity sets: which shifts a model is protected against. One file each."""

from importlib import import_module
from pkgutil import iter_modules

from ._base import REGISTRY, AmbiguitySet
from ._composite import Composite, compose

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")
globals().update({_set.__name__: _set for _set in REGISTRY.values()})

__all__ = sorted(
    [
        *(cls.__name__ for cls in (AmbiguitySet, Composite, *REGISTRY.values())),
        "resolve_ambiguity",
    ]
)


def resolve_ambiguity(ambiguity):
    """Return a validated ambiguity set.

    Parameters
    ----------
    ambiguity : str, AmbiguitySet or list
        Alias (default parameters), object, or a list of those, one of each kind.

    Returns
    -------
    ambiguity : AmbiguitySet
        The object, a new one for an alias, or the Composite of a list.

    Raises
    ------
    ValueError
        If something is not a set, a parameter is of a wrong type or out of range, or
        two sets are of one kind.

    Examples
    --------
    >>> from skmmdro.ambiguity import resolve_ambiguity
    >>> resolve_ambiguity("chi2")
    ChiSquare()
    """
    if isinstance(ambiguity, (list, tuple)):
        if not ambiguity:
            raise ValueError("ambiguity is an empty list; name at least one set.")
        return compose([resolve_ambiguity(item) for item in ambiguity])
    if isinstance(ambiguity, str) and ambiguity in REGISTRY:
        ambiguity = REGISTRY[ambiguity]()
    if not isinstance(ambiguity, AmbiguitySet):
        raise ValueError(
            f"ambiguity={ambiguity!r} is not an ambiguity set; use one of "
            f"{sorted(REGISTRY)}, an object from skmmdro.ambiguity, or a list of such."
        )
    ambiguity._validate_params()
    return ambiguity
