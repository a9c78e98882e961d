"""Convex losses of linear predictions: one file each, found automatically."""

from importlib import import_module
from pkgutil import iter_modules

from ._base import REGISTRY, Loss, MarginLoss, ResidualLoss  # noqa: F401

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")
globals().update({_loss.__name__: _loss for _loss in REGISTRY.values()})

_BASES = ["Loss", "MarginLoss", "ResidualLoss"]
__all__ = sorted(
    [*_BASES, "resolve_loss", *(loss.__name__ for loss in REGISTRY.values())]
)


def resolve_loss(loss, task):
    """Return a validated loss object for an alias or an object.

    Parameters
    ----------
    loss : str or Loss
        Alias or object.
    task : {"classification", "regression"}
        What the estimator does.

    Returns
    -------
    loss : Loss
        The object, or a new one for an alias.

    Raises
    ------
    ValueError
        If it is neither, is for the other task, or one of its parameters is of a wrong
        type or out of range.

    Examples
    --------
    >>> from skmmdro.losses import resolve_loss
    >>> resolve_loss("huber", "regression")
    Huber()
    """
    if isinstance(loss, str) and loss in REGISTRY:
        loss = REGISTRY[loss]()
    known = sorted(alias for alias, cls in REGISTRY.items() if cls.task == task)
    if not isinstance(loss, Loss) or loss.task != task:
        raise ValueError(
            f"loss={loss!r} is not a {task} loss; use one of {known} or an object "
            "from skmmdro.losses."
        )
    loss._validate_params()
    return loss
