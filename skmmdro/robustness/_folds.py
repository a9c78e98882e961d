"""Fitting and evaluating models on the same splits of the data."""

from dataclasses import dataclass

import numpy as np
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from .._sklearn import check_method_params, safe_indexing
from ._columns import modality_columns
from ._evaluate import evaluate
from ._scoring import TestSet, bootstrap_draws
from ._tables import as_table, n_rows, take_rows
from ._targets import check_kind, check_targets, class_numbers


@dataclass(frozen=True)
class Evaluation:
    """What is measured on each split.

    Attributes
    ----------
    modalities : dict, list of int or None
        As the user stated them; None: what the first model says.
    plan : Plan
        Shifts, severities, repeats and seed.
    score : Score
        What is measured.
    n_bootstrap : int
        Draws of the test rows, besides all of them.
    """

    modalities: object
    plan: object
    score: object
    n_bootstrap: int = 0

    def cells(self, models, X, y, params, number):
        """Return the Cells of each fitted model, a list of lists."""
        for model in models:
            check_kind(model, y)
        first = models[0]
        labels = class_numbers(first, y)
        test = TestSet(X, y, labels, params)
        columns = modality_columns(self.modalities, X, first)
        seed = [self.plan.seed, number]
        draws = bootstrap_draws(n_rows(X), labels, self.n_bootstrap, seed)
        return [
            evaluate(model, test, columns, self.plan, self.score, draws)
            for model in models
        ]


def run(
    models, X, y, evaluation, *, cv, groups=None, params=None, n_jobs=None, verbose=0
):
    """Return the Cells by split and model, a list of lists of lists.

    Parameters
    ----------
    models : list of estimator
        Fitted if `cv` is None.
    X, y : array-like
        Data as the user passed them.
    evaluation : Evaluation
        What is measured.
    cv : int, splitter, iterable or None
        How to split; the splits are drawn once, for all models.
    groups, params
        As in scikit-learn's cross_validate.
    n_jobs, verbose : int or None
        For joblib.
    """
    X = as_table(X, models[0])
    check_targets(X, y)
    if cv is not None:
        cv = check_cv(cv, y, classifier=is_classifier(models[0]))
    routed = _route(models, evaluation.score.scorer, cv, groups, params or {})
    if cv is None:
        for model in models:
            check_is_fitted(model)
        return [evaluation.cells(models, X, y, routed["score"], 0)]
    # the splitter sees rows; it cannot take several Gram matrices
    rows = next(iter(X.values())) if isinstance(X, dict) else X
    splits = [
        [np.arange(n_rows(X))[part] for part in split]
        for split in cv.split(rows, y, **routed["split"])
    ]
    return Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_fit_and_evaluate)(models, X, y, split, evaluation, routed, number)
        for number, split in enumerate(splits)
    )


def _fit_and_evaluate(models, X, y, split, evaluation, routed, number):
    train, test = split
    fitted = []
    for model, params in zip(models, routed["fit"], strict=True):
        known = _part(model, X, train, train)
        params = check_method_params(y, params, train)
        fitted.append(clone(model).fit(known, safe_indexing(y, train), **params))
    params = check_method_params(y, routed["score"], test)
    held_out = _part(models[0], X, test, train), safe_indexing(y, test)
    return evaluation.cells(fitted, *held_out, params, number)


def _part(model, X, rows, train):
    """Return rows of X; of Gram matrices the columns of the training rows."""
    is_gram = get_tags(model).input_tags.pairwise
    return take_rows(X, rows, train if is_gram else None)


def _route(models, scorer, cv, groups, params):
    """Return what goes to the fits, the split and the scorer, as cross_validate does.

    Returns
    -------
    routed : dict
        "fit": list of dict, one for each model; "split" and "score": dict.
    """
    if cv is None and groups is not None:
        raise ValueError("groups are for the splitter, and cv=None splits nothing.")
    if not get_config()["enable_metadata_routing"]:
        if cv is None and params:
            raise ValueError(
                f"params {list(params)} go to fit, and with cv=None nothing is fitted."
            )
        split = {} if groups is None else {"groups": groups}
        return {"fit": [params] * len(models), "split": split, "score": {}}
    if groups is not None:
        raise ValueError(
            "with metadata routing enabled pass params={'groups': groups}, not groups."
        )

    router = MetadataRouter(owner="evaluation of robustness")
    steps = {"score": (scorer, "score")}
    if cv is not None:
        steps["split"] = cv, "split"
        steps |= {f"model{k}": (model, "fit") for k, model in enumerate(models)}
    for name, (thing, callee) in steps.items():
        mapping = MethodMapping().add(caller="fit", callee=callee)
        router.add(method_mapping=mapping, **{name: thing})
    routed = process_routing(router, "fit", **params)
    taken = {name: routed[name][callee] for name, (_, callee) in steps.items()}
    fits = [taken.get(f"model{k}", {}) for k in range(len(models))]
    return {"fit": fits, "split": taken.get("split", {}), "score": taken["score"]}
