"""Encoders of images, signals and embeddings."""

import numpy as np
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler

from ._cells import ArrayTable
from ._reduction import Reduction
from ._signals import interpolate_gaps, spectrum, spectrum_names, summary, summary_names


def image_encoder(shape, n_components=50, *, features="pixels", random_state=0):
    """Standardised pixels, or histograms of oriented gradients, reduced by PCA.

    Parameters
    ----------
    shape : tuple of int
        (height, width) or (height, width, n_channels) of every image.
    n_components : int in [1, inf), default=50
        Largest number of principal components.
    features : {"pixels", "hog"}, default="pixels"
        What PCA is given. "hog": histograms of oriented gradients in cells of 8 x 8
        pixels (of a quarter of the side, for images smaller than 32 pixels), which
        needs scikit-image.
    random_state : int, RandomState instance or None, default=0
        For the randomised solver of PCA.

    Returns
    -------
    encoder : sklearn.pipeline.Pipeline
        With the steps "pixels", "hog" (if asked for), "scale" and "pca".

    Raises
    ------
    ValueError
        If `shape` or `features` is something else.
    ImportError
        If features="hog" and scikit-image is not installed.

    See Also
    --------
    ModalityTransformer : Uses encoders, one for each modality.

    Notes
    -----
    Input is one row of pixels for each image (last axis fastest), a column whose cells
    are arrays, or an array of shape (n_samples, \\*shape).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skmmdro.compose import image_encoder
    >>> digits = load_digits()
    >>> image_encoder((8, 8), n_components=10).fit_transform(digits.data).shape
    (1797, 10)
    """
    if len(shape) not in (2, 3):
        raise ValueError(
            f"shape must be (height, width) or (height, width, n_channels), got {shape}"
            "."
        )
    steps = [("pixels", ArrayTable(shape=tuple(shape)))]
    if features == "hog":
        _import_hog()
        hog = FunctionTransformer(
            _hog_features, kw_args={"shape": tuple(shape)}, feature_names_out=_hog_names
        )
        steps.append(("hog", hog))
    elif features != "pixels":
        raise ValueError(f"features must be 'pixels' or 'hog', got {features!r}.")
    reduction = Reduction(n_components, random_state=random_state)
    return Pipeline([*steps, ("scale", StandardScaler()), ("pca", reduction)])


def _hog_features(images, shape):
    hog = _import_hog()
    side = int(np.clip(min(shape[:2]) // 4, 1, 8))
    settings = {
        "pixels_per_cell": (side, side),
        "cells_per_block": (2, 2) if min(shape[:2]) >= 2 * side else (1, 1),
        "channel_axis": 2 if len(shape) == 3 else None,
    }
    images = np.asarray(images)
    return np.array([hog(image.reshape(shape), **settings) for image in images])


def _hog_names(transformer, names_in):
    width = _hog_features(np.zeros((1, len(names_in))), **transformer.kw_args).shape[1]
    return np.array([f"hog{j}" for j in range(width)], dtype=object)


def _import_hog():
    try:
        from skimage.feature import hog
    except ImportError as error:
        raise ImportError(
            "features='hog' needs scikit-image, which is not installed: run "
            "`pip install scikit-image`, or use features='pixels'."
        ) from error
    return hog


def series_encoder(n_bands=8):
    """Summary and spectral features of signals of one length.

    Each signal gives its mean, standard deviation, minimum, quartiles, maximum, mean
    absolute change and autocorrelation at lag one, and the shares of its variance in
    frequency bands. All features are then standardised.

    Parameters
    ----------
    n_bands : int in [1, inf), default=8
        Number of frequency bands from the lowest frequency to half the sampling rate,
        of equal width on a logarithmic scale; fewer for signals shorter than twice the
        number of bands.

    Returns
    -------
    encoder : sklearn.pipeline.Pipeline
        With the steps "signals", "gaps", "features" (parts "summary" and "spectrum")
        and "scale".

    See Also
    --------
    ModalityTransformer : Uses encoders, one for each modality.

    Notes
    -----
    Input is one row for each signal or a column whose cells are arrays. Gaps (NaN) are
    interpolated linearly; a signal without any value stays missing.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.compose import series_encoder
    >>> time = np.arange(64)
    >>> signals = [np.sin(time * rate) for rate in (0.1, 0.2, 0.4, 0.8)]
    >>> series_encoder(n_bands=4).fit_transform(signals).shape
    (4, 13)
    """
    features = FeatureUnion(
        [
            (
                "summary",
                FunctionTransformer(summary, feature_names_out=summary_names),
            ),
            (
                "spectrum",
                FunctionTransformer(
                    spectrum,
                    kw_args={"n_bands": n_bands},
                    feature_names_out=spectrum_names,
                ),
            ),
        ],
        verbose_feature_names_out=False,
    )
    gaps = FunctionTransformer(interpolate_gaps, feature_names_out="one-to-one")
    return Pipeline(
        [
            ("signals", ArrayTable()),
            ("gaps", gaps),
            ("features", features),
            ("scale", StandardScaler()),
        ]
    )


def embedding_encoder(
    n_components=None, *, whiten=False, normalize=False, random_state=0
):
    """Centre precomputed embeddings, and reduce or whiten them.

    Parameters
    ----------
    n_components : int in [1, inf) or None, default=None
        Largest number of principal components. None: all, if `whiten`; no PCA
        otherwise.
    whiten : bool, default=False
        Whether each principal component is scaled to unit variance. Foundation models'
        embeddings often have a few directions of very large variance.
    normalize : bool, default=False
        Whether each embedding is first divided by its Euclidean norm, for models whose
        embeddings are compared by cosine.
    random_state : int, RandomState instance or None, default=0
        For the randomised solver of PCA.

    Returns
    -------
    encoder : sklearn.pipeline.Pipeline
        With the steps "embeddings", "norm", "centre" and "pca"; "passthrough" where a
        step is not asked for.

    See Also
    --------
    ModalityTransformer : Uses encoders, one for each modality.

    Notes
    -----
    Input is one row for each embedding, or a column whose cells are arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.compose import embedding_encoder
    >>> embeddings = np.random.default_rng(0).normal(size=(50, 768))
    >>> embedding_encoder(16, whiten=True).fit_transform(embeddings).std(0).round(1)[:3]
    array([1., 1., 1.])
    """
    pca = "passthrough"
    if whiten or n_components is not None:
        most = _ALL if n_components is None else n_components
        pca = Reduction(most, whiten=whiten, random_state=random_state)
    return Pipeline(
        [
            ("embeddings", ArrayTable()),
            ("norm", Normalizer() if normalize else "passthrough"),
            ("centre", StandardScaler(with_std=False)),
            ("pca", pca),
        ]
    )


_ALL = 2**31 - 1  # more components than any embedding has
