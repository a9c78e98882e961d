"""The form in which data sets are returned."""

import numpy as np
from sklearn.utils import Bunch

from ..modalities import SEPARATOR


def make_bunch(blocks, target, *, as_frame=False, column_names=None, **more):
    """Join modality blocks to a Bunch as scikit-learn's loaders return it.

    Parameters
    ----------
    blocks : dict of str to ndarray of shape (n_samples, width)
        Features by modality.
    target : ndarray of shape (n_samples,)
        Targets.
    as_frame : bool, default=False
        Whether `data` and `target` are pandas objects.
    column_names : dict or None, default=None
        Names of the columns by modality; None: counted from 0.
    **more : dict
        Further attributes.

    Returns
    -------
    bunch : Bunch
    """
    data = np.hstack(list(blocks.values()))
    feature_names, modalities = [], {}
    for name, block in blocks.items():
        columns = (column_names or {}).get(name)
        columns = range(block.shape[1]) if columns is None else columns
        start = len(feature_names)
        feature_names += [f"{name}{SEPARATOR}{column}" for column in columns]
        modalities[name] = slice(start, len(feature_names))
    frame = None
    if as_frame:
        data, target, frame = _frames(data, target, feature_names)
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=feature_names,
        modalities=modalities,
        **more,
    )


def _frames(data, target, feature_names):
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "as_frame=True needs pandas, which is not installed: run "
            '`pip install "skmmdro[frames]"`, or use as_frame=False.'
        ) from error
    data = pd.DataFrame(data, columns=feature_names).infer_objects()
    target = pd.Series(target, name="target")
    return data, target, pd.concat([data, target], axis=1)
