"""Sets of different kinds, joined."""

from ._base import AmbiguitySet

KINDS = ("reweighting", "transport", "domain", "environment")


class Composite(AmbiguitySet):
    """At most one set of each kind, all of them at work together.

    The worst case is taken over environments; in each environment over domains; in
    each domain over the weights of its samples. Transport adds its norm to that.

    Made by adding sets: ``ChiSquare(0.1) + Wasserstein(0.05) + ModalityLoss()``. Its
    parameters are reached as, for example, ``ambiguity__reweighting__radius``.

    Parameters
    ----------
    reweighting : AmbiguitySet or None, default=None
        Set of kind "reweighting", such as ChiSquare.
    transport : AmbiguitySet or None, default=None
        Set of kind "transport", such as Wasserstein.
    domain : AmbiguitySet or None, default=None
        Set of kind "domain", such as Domains.
    environment : AmbiguitySet or None, default=None
        Set of kind "environment", such as ModalityLoss.

    Examples
    --------
    >>> from skmmdro.ambiguity import ChiSquare, ModalityLoss
    >>> ChiSquare(0.1) + ModalityLoss()
    Composite(environment=ModalityLoss(), reweighting=ChiSquare())
    """

    _parameter_constraints = {kind: [AmbiguitySet, None] for kind in KINDS}

    def __init__(
        self, *, reweighting=None, transport=None, domain=None, environment=None
    ):
        self.reweighting = reweighting
        self.transport = transport
        self.domain = domain
        self.environment = environment

    def parts(self):
        return {k: getattr(self, k) for k in KINDS if getattr(self, k) is not None}

    def _validate_params(self):
        super()._validate_params()
        for kind, part in self.parts().items():
            if part.kind is None:
                raise ValueError(
                    f"Composite({kind}={part!r}): that is a composite itself; add the "
                    "sets up instead, or pass each of its parts by kind."
                )
            if part.kind != kind:
                raise ValueError(
                    f"Composite({kind}={part!r}): that is a set of kind "
                    f"{part.kind!r}; pass it as {part.kind}=."
                )
            part._validate_params()


def compose(sets):
    """Return the Composite of several sets.

    Raises
    ------
    ValueError
        If two sets are of one kind.
    """
    found = {}
    for part in (part for item in sets for part in item.parts().values()):
        if part.kind in found:
            raise ValueError(
                f"{found[part.kind]!r} and {part!r} are both {part.kind} sets; a "
                "Composite takes at most one of each kind "
                f"({', '.join(KINDS)})."
            )
        found[part.kind] = part
    return Composite(**found)
