"""Regress missing blocks on the observed ones, one model for each pattern."""

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MIN_ROWS = 10  # fewer say too little about a regression
# On standardised columns and n rows, ridge shrinks a direction of unit variance by
# n / (n + lambda). The grid reaches from next to nothing to nearly everything.
_PENALTIES = np.logspace(-2, 6, 17)


class BlockRegressions:
    """Ridge regressions of each missing block, made when first needed.

    Parameters
    ----------
    data : ndarray of shape (n_samples, n_features)
        Training data without NaN; what fills missing blocks is not used.
    missing : ndarray of bool of shape (n_samples, n_blocks)
        Which blocks are missing.
    blocks : list of ndarray of int
        Columns of each block.
    """

    def __init__(self, data, missing, blocks):
        self.data, self.missing, self.blocks = data, missing, blocks
        self.models = {}

    def fill(self, filled, missing):
        """Predict the missing blocks from the observed ones, in place.

        Rows without an observed block, or from which nothing can be predicted, are
        left as they are.

        Parameters
        ----------
        filled : ndarray of shape (n_samples, n_features)
            Data without NaN.
        missing : ndarray of bool of shape (n_samples, n_blocks)
            Which blocks are to be filled.
        """
        incomplete = missing.any(axis=1) & ~missing.all(axis=1)
        if not incomplete.any():
            return
        for pattern in np.unique(missing[incomplete], axis=0):
            rows = np.flatnonzero((missing == pattern).all(axis=1))
            observed = filled[rows]
            for block, model, inputs in self.prepare(pattern):
                prediction = model.predict(observed[:, inputs])
                filled[np.ix_(rows, self.blocks[block])] = prediction.reshape(
                    len(rows), -1
                )

    def prepare(self, pattern):
        """Return (block, model, input columns) for each block missing in `pattern`.

        Blocks for which there is no model are left out.

        Parameters
        ----------
        pattern : ndarray of bool of shape (n_blocks,)
            Which blocks are missing.
        """
        key = tuple(pattern.tolist())
        if key not in self.models:
            fits = [self._fit(block, ~pattern) for block in np.flatnonzero(pattern)]
            self.models[key] = [fit for fit in fits if fit is not None]
        return self.models[key]

    def _fit(self, block, observed):
        observed, rows = self._usable(block, observed)
        if not observed.any():
            return None
        inputs = np.concatenate([self.blocks[k] for k in np.flatnonzero(observed)])
        # The targets are standardised as well, since one lambda serves all of them.
        model = TransformedTargetRegressor(
            make_pipeline(StandardScaler(), RidgeCV(_PENALTIES)),
            transformer=StandardScaler(),
            check_inverse=False,
        )
        sources = self.data[np.ix_(rows, inputs)]
        model.fit(sources, self.data[np.ix_(rows, self.blocks[block])])
        return block, model, inputs

    def _usable(self, block, observed):
        """Return the blocks to predict from, and the rows that have them all.

        Blocks are left out one by one, each time the one whose rows are missed most,
        until there are enough rows.
        """
        observed = observed.copy()
        present = ~self.missing
        while True:
            rows = present[:, block] & present[:, observed].all(axis=1)
            if rows.sum() >= MIN_ROWS or not observed.any():
                return observed, np.flatnonzero(rows)
            left = np.flatnonzero(observed)
            gains = []
            for k in left:
                others = left[left != k]
                kept = present[:, block] & present[:, others].all(axis=1)
                gains.append(kept.sum())
            observed[left[np.argmax(gains)]] = False
