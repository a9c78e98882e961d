"""Bundled real data sets."""

from importlib import resources

import numpy as np

from ._bunch import make_bunch

_HEART = """\
Heart disease at four hospitals
-------------------------------

920 patients of hospitals in Cleveland (303), Hungary (294), Switzerland (123) and Long
Beach (200). Five modalities: demographic (2 columns), clinic (4), resting_ecg (1),
exercise_test (4) and imaging (2). The target is whether angiography found heart disease
(severity above 0): 509 of 920. Prevalence, covariates and the presence of whole
modalities all differ between the hospitals; missing values are NaN. `cp`, `restecg`,
`slope` and `thal` are category codes.

Share of missing values by modality and hospital:

              clinic  exercise_test  imaging
Cleveland       0.00           0.00     0.01
Hungary         0.03           0.16     0.95
Switzerland     0.41           0.05     0.69
Long Beach      0.15           0.33     0.91

Changes against the source: the four processed files were joined; "?", -9, cholesterol
of 0 (172 values) and blood pressure of 0 (1 value) became NaN.

Source: UCI Machine Learning Repository, "Heart Disease", doi:10.24432/C52P4X. Licence:
CC BY 4.0. The investigators responsible for the data collection are Andras Janosi, M.D.
(Hungarian Institute of Cardiology, Budapest), William Steinbrunn, M.D. (University
Hospital, Zurich), Matthias Pfisterer, M.D. (University Hospital, Basel) and Robert
Detrano, M.D., Ph.D. (V.A. Medical Center, Long Beach and Cleveland Clinic Foundation).
"""

_HANDWRITTEN = """\
Six views of handwritten digits
-------------------------------

2,000 handwritten digits from Dutch utility maps, 200 of each class, sorted by class.
Six feature views of the same image are the modalities: fourier (76 Fourier
coefficients), profile (216 profile correlations), karhunen (64 Karhunen-Loeve
coefficients), pixels (240 pixel averages), zernike (47 Zernike moments) and morphology
(6 features).

Source: UCI Machine Learning Repository, "Multiple Features", doi:10.24432/C5HC70, by
Robert P. W. Duin. Licence: CC BY 4.0. Values are stored in single precision.
"""


def load_heart_hospitals(*, return_X_y=False, as_frame=False):
    """Load the heart disease data of four hospitals (classification, healthcare).

    920 patients, five modalities with 13 columns in all, two classes. Whole modalities
    are missing (NaN) at some hospitals, so leaving one hospital out is a natural test
    of robustness.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.

    Returns
    -------
    data : Bunch
        With the following attributes.

        data : ndarray or DataFrame of shape (920, 13)
            Features.
        target : ndarray or Series of shape (920,)
            1 for heart disease, 0 for none.
        frame : DataFrame of shape (920, 14) or None
            Features and target, if `as_frame`.
        feature_names : list of str
            Column names ``modality__feature``.
        target_names : list of str
            Class names.
        modalities : dict of str to slice
            Columns of each modality, to be passed on as ``modalities=``.
        site : ndarray of shape (920,)
            Hospital, an index into `site_names`.
        site_names : list of str
            Names of the hospitals.
        severity : ndarray of shape (920,)
            Grade of the disease, 0 to 4.
        DESCR : str
            Description, source and licence.

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ImportError
        If `as_frame` and pandas is not installed.

    Notes
    -----
    Source: UCI Machine Learning Repository, "Heart Disease" [1]_, licence CC BY 4.0,
    collected by A. Janosi, W. Steinbrunn, M. Pfisterer and R. Detrano. "?", -9 and the
    impossible zeros of cholesterol and blood pressure were turned into NaN.

    References
    ----------
    .. [1] A. Janosi, W. Steinbrunn, M. Pfisterer and R. Detrano, "Heart Disease", UCI
       Machine Learning Repository, 1988. doi:10.24432/C52P4X

    Examples
    --------
    >>> from skmmdro.datasets import load_heart_hospitals
    >>> heart = load_heart_hospitals()
    >>> heart.data.shape, list(heart.modalities)[:3]
    ((920, 13), ['demographic', 'clinic', 'resting_ecg'])
    """
    arrays = _read("heart_hospitals.npz")
    bunch = _bunch(arrays, _HEART, as_frame)
    bunch.site = arrays["site"].astype(np.int64)
    bunch.site_names = arrays["site_names"].tolist()
    bunch.severity = arrays["severity"].astype(np.int64)
    return (bunch.data, bunch.target) if return_X_y else bunch


def load_handwritten_views(*, return_X_y=False, as_frame=False):
    """Load six feature views of handwritten digits (classification).

    2,000 images, six modalities with 649 columns in all, ten classes of 200. Rows are
    sorted by class: shuffle before splitting.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.

    Returns
    -------
    data : Bunch
        With the following attributes.

        data : ndarray or DataFrame of shape (2000, 649)
            Features.
        target : ndarray or Series of shape (2000,)
            Digit, 0 to 9.
        frame : DataFrame of shape (2000, 650) or None
            Features and target, if `as_frame`.
        feature_names : list of str
            Column names ``modality__feature``.
        target_names : list of str
            Class names.
        modalities : dict of str to slice
            Columns of each modality, to be passed on as ``modalities=``.
        DESCR : str
            Description, source and licence.

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ImportError
        If `as_frame` and pandas is not installed.

    Notes
    -----
    Source: UCI Machine Learning Repository, "Multiple Features" [1]_, licence CC BY
    4.0.

    References
    ----------
    .. [1] R. P. W. Duin, "Multiple Features", UCI Machine Learning Repository.
       doi:10.24432/C5HC70

    Examples
    --------
    >>> from skmmdro.datasets import load_handwritten_views
    >>> views = load_handwritten_views()
    >>> views.data.shape, views.modalities["zernike"]
    ((2000, 649), slice(596, 643, None))
    """
    bunch = _bunch(_read("handwritten_views.npz"), _HANDWRITTEN, as_frame)
    return (bunch.data, bunch.target) if return_X_y else bunch


def _read(name):
    path = resources.files(__package__) / "data" / name
    with path.open("rb") as stream:
        return dict(np.load(stream, allow_pickle=False))


def _bunch(arrays, description, as_frame):
    names = [key[2:] for key in arrays if key.startswith("X_")]
    return make_bunch(
        {name: arrays[f"X_{name}"].astype(np.float64) for name in names},
        arrays["y"].astype(np.int64),
        as_frame=as_frame,
        column_names={name: arrays.get(f"names_{name}") for name in names},
        target_names=arrays["classes"].tolist(),
        DESCR=description,
    )
