"""The scores of fitted models under every shift."""

from dataclasses import dataclass, replace

import numpy as np

from ._reweight import worst_shift
from ._shifts import REWEIGHT, shifted
from ._targets import row_losses


@dataclass(frozen=True)
class Cell:
    """One shift of one modality at one severity, on one test set.

    Attributes
    ----------
    modality, shift : str
        Names; both "none" for the data as they are.
    severity : float
        How strong.
    scores : ndarray of shape (n_repeats, n_draws)
        Scores under independent draws of the shift, on draws of the rows.
    """

    modality: str
    shift: str
    severity: float
    scores: np.ndarray


def evaluate(estimator, test, columns, plan, score, draws):
    """Return the Cells of a fitted estimator, the one without shift first.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    test : TestSet
        Held-out data.
    columns : dict of str to ndarray of int
        Columns of each modality.
    plan : Plan
        Shifts, severities, repeats and seed.
    score : Score
        What is measured.
    draws : list of ndarray of int
        Rows, all of them first.
    """
    cells = [Cell("none", "none", 0.0, score.over(estimator, test, draws)[None])]
    losses = None
    if REWEIGHT in plan.severities:
        losses = row_losses(estimator, estimator.predict(test.X), test.y)
    for k, (name, block) in enumerate(columns.items()):
        for shift, severities in plan.severities.items():
            if shift == REWEIGHT:
                worst = worst_shift(estimator, test.X, block, losses)
                cells += [
                    Cell(name, shift, s, over[None])
                    for s in severities
                    for over in [score.over(estimator, test, draws, worst.weights(s))]
                ]
                continue
            for severity in severities:
                # the same draws for every model and severity: differences are paired
                moved = (
                    replace(test, X=shifted(test.X, block, shift, severity, seed))
                    for seed in plan.seeds(k)
                )
                scores = [score.over(estimator, data, draws) for data in moved]
                cells.append(Cell(name, shift, severity, np.array(scores)))
    return cells
