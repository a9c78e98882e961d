"""The only place that imports names scikit-learn does not document.

A change upstream is mended here and nowhere else.
"""

import numpy as np
import sklearn
from sklearn.base import _fit_context
from sklearn.metrics import get_scorer
from sklearn.utils._indexing import _get_column_indices, _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.fixes import parse_version
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_method_params,
    _check_sample_weight,
)

READS_POLARS = parse_version(sklearn.__version__) >= parse_version("1.9")

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # remove when scikit-learn >= 1.9 is the oldest supported

    class CallbackSupportMixin:
        """Stand-in: scikit-learn older than 1.9 has no callbacks."""

    def with_callbacks(method):
        return method


__all__ = [
    "CallbackSupportMixin",
    "FitProgress",
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_feature_names_in",
    "check_frame",
    "check_method_params",
    "check_nominal_weights",
    "fit_context",
    "get_column_indices",
    "metric_of",
    "output_library",
    "safe_indexing",
    "validate_params",
    "with_callbacks",
]

check_feature_names_in = _check_feature_names_in
check_method_params = _check_method_params
fit_context = _fit_context
get_column_indices = _get_column_indices
safe_indexing = _safe_indexing


def check_frame(X):
    """Raise if X is a DataFrame whose column names scikit-learn cannot read.

    Versions before 1.9 ask `__dataframe__` for them, which polars >= 2 does not have.
    Remove when scikit-learn >= 1.9 is the oldest supported.
    """
    is_polars = type(X).__module__.startswith("polars.")
    if is_polars and not READS_POLARS and not hasattr(X, "__dataframe__"):
        raise TypeError(
            f"scikit-learn {sklearn.__version__} cannot read the column names of a "
            "DataFrame of polars >= 2. Upgrade scikit-learn to 1.9 or newer, install "
            "polars < 2, or pass X.to_pandas()."
        )


def metric_of(scorer):
    """Return the metric of a scorer that make_scorer made; None for other callables."""
    is_made = type(scorer) is type(get_scorer("accuracy"))
    return scorer._score_func if is_made else None


def name_of(scorer):
    """Return the name of a scorer as scikit-learn would call it."""
    metric = metric_of(scorer)
    name = getattr(scorer if metric is None else metric, "__name__", "score")
    name = name.removesuffix("_score")
    if not name.isidentifier():
        return "score"
    is_loss = metric is not None and scorer._sign < 0
    return f"neg_{name}" if is_loss else name


def output_library(estimator):
    """Return what `set_output` or the global configuration asks `transform` for."""
    return _get_output_config("transform", estimator)["dense"]


def check_nominal_weights(sample_weight, X):
    """Return validated non-negative sample weights, not all of them zero."""
    weights = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.sum() > 0:  # scikit-learn < 1.9 lets all-zero weights pass
        raise ValueError(
            "sample_weight sums to zero; at least one sample needs a positive weight."
        )
    return weights


class FitProgress:
    """Report solver iterations to the callbacks set on an estimator.

    Without callbacks, or on scikit-learn older than 1.9, `step` does nothing.
    """

    def __init__(self, estimator, max_iter, X, y):
        self.estimator = estimator
        self.data = {"X": X, "y": y}
        self.context = None
        if hasattr(estimator, "_init_callback_context"):
            self.context = estimator._init_callback_context(max_subtasks=max_iter)
            self.context.call_on_fit_task_begin(estimator=estimator, **self.data)

    def step(self, reconstruct):
        """Report one iteration; return True if a callback asks to stop.

        `reconstruct` is called only if somebody listens and returns the fitted
        attributes of the model as it stands.
        """
        if not getattr(self.estimator, "_skl_callbacks", None):
            return False
        sub = self.context.subcontext(task_name="iteration")
        sub.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        return sub.call_on_fit_task_end(
            estimator=self.estimator,
            reconstruction_attributes=reconstruct(),
            **self.data,
        )

    def end(self):
        if self.context is not None:
            self.context.call_on_fit_task_end(estimator=self.estimator, **self.data)
