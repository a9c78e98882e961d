"""Hinge loss."""

from ._base import Kink, MarginLoss


class Hinge(Kink, MarginLoss):
    """``max(0, 1 - margin)``, the loss of the support vector machine.

    Lipschitz with constant 1 in the margin. It has a kink at margin 1, which the
    solvers smooth and sharpen again until the duality gap is closed.

    Examples
    --------
    >>> from skmmdro import DROClassifier
    >>> DROClassifier(loss="hinge").loss
    'hinge'
    """

    alias = "hinge"
    low, high, at = -1.0, 0.0, 1.0
