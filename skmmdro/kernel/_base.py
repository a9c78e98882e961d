"""What the kernel classifier and the kernel regressor share."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._estimator import DROModel
from .._sklearn import Interval, StrOptions
from ..modalities import Modalities
from ..problem import Design
from ._features import interaction_name, kernel_features, without_rounding
from ._function import AdditiveFunction, BlockFunction
from ._input import (
    GramStack,
    check_square,
    is_stack,
    modality_axis,
    observed_data,
    read_stack,
)
from ._kernels import NAMES, PRECOMPUTED, precomputed_kernels, resolve_kernels

_AUTO_RANK = 500


@dataclass(frozen=True)
class KernelDesign(Design):
    """A design whose features are those of kernels.

    Attributes
    ----------
    maps : list of FeatureMap
        Feature map of each block.
    pairs : list of (int, int)
        Modalities of the interactions.
    used : ndarray of bool
        Rows of X in fit that the maps count.
    """

    maps: list = ()
    pairs: list = ()
    used: np.ndarray | None = None


class DROKernelModel(DROModel):
    """A model that is linear in the features of kernels; not for direct use."""

    _parameter_constraints: dict = {
        **DROModel._parameter_constraints,
        "kernel": [StrOptions(NAMES), callable, dict],
        "gamma": [str, Interval(Real, 0, None, closed="neither"), dict],
        "degree": [Interval(Integral, 1, None, closed="left")],
        "coef0": [Interval(Real, 0, None, closed="left")],
        "kernel_params": [dict, None],
        "rank": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            None,
        ],
        "interactions": ["array-like", None],
    }

    # -- data ------------------------------------------------------------------------

    def _is_precomputed(self):
        return isinstance(self.kernel, str) and self.kernel == PRECOMPUTED

    def _validate(self, X, *y, reset, **options):
        if not self._is_precomputed():
            # a modality that is missing altogether is NaN
            return super()._validate(
                X, *y, reset=reset, ensure_all_finite="allow-nan", **options
            )
        if self.modalities is not None:
            raise ValueError(
                "modalities must be None for kernel='precomputed'; name the modalities "
                "by passing X as a dict of Gram matrices."
            )
        if is_stack(X):
            return self._validate_stack(X, y, reset, options)
        checked = super()._validate(X, *y, reset=reset, accept_sparse=False, **options)
        if reset:
            check_square(checked[0] if y else checked)
        return checked

    def _validate_stack(self, X, y, reset, options):
        if reset:
            self._modality_axis = None if isinstance(X, dict) else modality_axis(X)
        names = None if reset else tuple(self.modalities_)
        stack, y = read_stack(X, y, names, self._modality_axis, **options)
        if reset:
            check_square(stack)
            self.n_features_in_ = stack.shape[1]
            vars(self).pop("feature_names_in_", None)
        elif stack.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has Gram matrices with {stack.shape[1]} columns, expected "
                f"{self.n_features_in_}: one for each training sample."
            )
        return (stack, *y) if y else stack

    def _modalities(self, X, data):
        if isinstance(data, GramStack):
            return data.modalities()
        return super()._modalities(X, data)

    def _blocks(self, data, modalities):
        """Return the rows of each modality; rows of Gram matrices if precomputed."""
        if isinstance(data, GramStack):
            return data.grams
        return [data[:, columns] for columns in modalities.columns]

    def _pairs(self, modalities):
        """Return the interactions as indices of modalities."""
        names, pairs = list(modalities.names), []
        for pair in self.interactions or []:
            pair = (pair,) if isinstance(pair, str) else tuple(pair)
            if len(pair) != 2 or len(set(pair)) != 2 or not set(pair) <= set(names):
                raise ValueError(
                    "interactions must hold pairs of different modalities, such as "
                    f"[('text', 'image')]; got {pair!r}. The modalities are {names}. "
                    f"{modalities.hint}".rstrip()
                )
            pairs.append(tuple(names.index(name) for name in pair))
        if len(set(map(frozenset, pairs))) < len(pairs):
            raise ValueError(f"interactions={self.interactions!r} has a pair twice.")
        names += [interaction_name(names[i], names[j]) for i, j in pairs]
        if len(set(names)) < len(names):
            raise ValueError(
                f"interactions={self.interactions!r}: with the modalities, the names "
                f"of the blocks are {names}, two of them the same. Rename a modality, "
                "if there is a ':' in its name."
            )
        return pairs

    # -- fit -------------------------------------------------------------------------

    def _problem(self, sample, design, ambiguity, loss, n_classes):
        norm = getattr(ambiguity.parts().get("transport"), "norm", "l2")
        if norm != "l2":
            # Features are coordinates along some orthonormal basis. Other norms depend
            # on which, so they mean nothing for f_k.
            raise ValueError(
                f"norm={norm!r} measures moves of single features; those of a kernel "
                "are measured in its Hilbert space. Use norm='l2', or a linear model "
                "(DROClassifier, DRORegressor)."
            )
        return super()._problem(sample, design, ambiguity, loss, n_classes)

    def _design(self, sample, modalities):
        blocks, nominal = self._blocks(sample.data, modalities), sample.nominal
        if self._is_precomputed():
            columns = np.flatnonzero(sample.used)
            kernels = precomputed_kernels(blocks, modalities.names, columns)
        else:
            kernels = resolve_kernels(self, blocks, nominal, modalities)
        pairs = self._pairs(modalities)
        rank = _AUTO_RANK if self.rank == "auto" else self.rank
        # r + 1 points span r dimensions after centring
        size = None if rank is None else rank + 1
        found = kernel_features(kernels, blocks, nominal, modalities, pairs, size)
        X, groups = self._learned_from(sample, modalities, found.matrix, found.blocks)
        return KernelDesign(
            X,
            groups,
            found.matrix,
            found.blocks,
            found.uses,
            maps=found.maps,
            pairs=pairs,
            used=sample.used,
        )

    def _learned_from(self, sample, modalities, features=None, blocks=None):
        """Return what a set learns its data-dependent parts from, and its groups.

        That is the kernels' features, needed for precomputed kernels only.
        """
        if not self._is_precomputed():
            return observed_data(sample.data, sample.nominal), modalities
        groups = blocks.leading(len(modalities))
        leading = features[:, : sum(map(len, groups.columns))]
        return without_rounding(leading, groups), groups

    def _coefficients(self, problem, theta, design):
        W, b = problem.split(theta)
        names, rows = design.blocks.names, np.flatnonzero(design.used)
        weights = [W[columns] for columns in design.blocks.columns]
        functions = [
            BlockFunction.from_coefficients(feature_map, part)
            for feature_map, part in zip(design.maps, weights, strict=True)
        ]
        inner = {k for pair in design.pairs for k in pair}
        if self._is_precomputed():  # the set learns from the features of modalities
            inner = range(len(design.modalities))
        gammas = {f.kernel.name: f.kernel.gamma for f in functions}

        def named(values):
            return dict(zip(names, values, strict=True))

        return {
            "intercept_": self._intercept(b),
            "dual_coef_": named(f.dual for f in functions),
            "landmarks_": named(rows[m.index] for m in design.maps),
            "n_components_": named(m.projection.shape[1] for m in design.maps),
            "modality_norms_": named(float(np.linalg.norm(w)) for w in weights),
            "gamma_": {name: g for name, g in gammas.items() if g is not None},
            "_function": AdditiveFunction(
                functions, design.pairs, {k: design.maps[k] for k in inner}
            ),
            "_theta": theta if self.warm_start else None,
        }

    def _warm_theta(self, problem):
        theta = getattr(self, "_theta", None) if self.warm_start else None
        return theta if theta is not None and theta.size == problem.size else None

    def _forget(self):
        self._theta = None

    # -- the fitted function -----------------------------------------------------------

    def _scores(self, data):
        """Return f_k(x), float64 of shape (n_samples, n_blocks, n_outputs)."""
        return self._function.scores(self._blocks(data, self._fitted_modalities()))

    def _raw_prediction(self, X):
        check_is_fitted(self)
        data = self._validate(X, reset=False)
        raw = self._scores(data).sum(axis=1) + self.intercept_
        return raw.astype(data.dtype)

    def modality_scores(self, X):
        """Return what each modality contributes to the raw prediction.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Data, as for `predict`.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_blocks + 1) or \
                (n_samples, n_blocks + 1, n_classes)
            Values f_k(x), in the order of `modality_norms_`, and the intercept last.
            The sum over the second axis is the raw prediction. With nominal weights the
            mean of each f_k over the training samples is zero.
        """
        check_is_fitted(self)
        data = self._validate(X, reset=False)
        scores = self._scores(data)
        intercept = np.broadcast_to(self.intercept_, (len(scores), 1, scores.shape[2]))
        scores = np.concatenate([scores, intercept], axis=1).astype(data.dtype)
        return scores[:, :, 0] if scores.shape[2] == 1 else scores

    def _fitted_design(self, sample):
        """Return the design whose features are the fitted functions, scaled to norm 1.

        Together with `_fitted_theta` it gives the same predictions and block norms as
        the kernels' features, at any rows.
        """
        modalities, scores = self._fitted_modalities(), self._scores(sample.data)
        n_samples, n_blocks, n_outputs = scores.shape
        norms = np.array(list(self.modality_norms_.values()))
        factors = np.divide(
            n_outputs**0.5, norms, out=np.zeros(n_blocks), where=norms > 0
        )
        features = (scores * factors[:, None]).reshape(n_samples, -1)
        columns = np.arange(n_blocks * n_outputs).reshape(n_blocks, n_outputs)
        blocks = Modalities(tuple(self.modality_norms_), tuple(columns))
        known = ()
        if self._is_precomputed():
            known = self._function.features(self._blocks(sample.data, modalities))
        X, groups = self._learned_from(sample, modalities, *known)
        uses = np.eye(n_blocks, len(modalities), dtype=bool)
        for k, pair in enumerate(self._function.pairs, start=len(modalities)):
            uses[k, list(pair)] = True
        # the functions have mean zero in training, and are zero where missing
        return Design(X, groups, features, blocks, uses, np.zeros(features.shape[1]))

    def _fitted_theta(self, problem):
        n_outputs = problem.n_outputs
        norms = np.array(list(self.modality_norms_.values())) / n_outputs**0.5
        table = np.vstack([norm * np.eye(n_outputs) for norm in norms])
        if problem.fit_intercept:
            intercept = np.broadcast_to(self.intercept_, (1, n_outputs))
            table = np.vstack([table, intercept])
        return table.ravel()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self._is_precomputed()
        tags.input_tags.sparse = not self._is_precomputed()
        return tags
