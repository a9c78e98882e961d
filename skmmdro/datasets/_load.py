"""Bundled real data sets."""

from importlib import resources

import numpy as np

from ._bunch import make_bunch
from ._descriptions import HANDWRITTEN, HEART

_VIEWS = ("fourier", "profile", "karhunen", "pixels", "zernike", "morphology")


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
        target_names : ndarray of str
            Class names.
        modalities : dict of str to slice
            Columns of each modality, to be passed on as ``modalities=``.
        site : ndarray of shape (920,)
            Hospital, an index into `site_names`.
        site_names : ndarray of shape (4,)
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
    Source: UCI Machine Learning Repository, "Heart Disease" [1]_, licence CC BY 4.0
    (https://creativecommons.org/licenses/by/4.0/). "?" and -9 became NaN, and so did
    cholesterol and blood pressure of 0, which are not physical.

    Principal investigators: Andras Janosi, M.D. (Hungarian Institute of Cardiology,
    Budapest); William Steinbrunn, M.D. (University Hospital, Zurich); Matthias
    Pfisterer, M.D. (University Hospital, Basel); Robert Detrano, M.D., Ph.D. (V.A.
    Medical Center, Long Beach and Cleveland Clinic Foundation). The donors ask that
    publications which use the data name them.

    References
    ----------
    .. [1] A. Janosi, W. Steinbrunn, M. Pfisterer and R. Detrano, "Heart Disease", UCI
       Machine Learning Repository, 1989. doi:10.24432/C52P4X

    Examples
    --------
    >>> import numpy as np
    >>> from skmmdro.datasets import load_heart_hospitals
    >>> heart = load_heart_hospitals()
    >>> heart.data.shape, list(heart.modalities)[:3]
    ((920, 13), ['demographic', 'clinic', 'resting_ecg'])
    >>> imaging = heart.data[:, heart.modalities["imaging"]]
    >>> for code, name in enumerate(heart.site_names):
    ...     missing = np.isnan(imaging[heart.site == code]).mean()
    ...     print(f"{name}: {missing:.2f} of imaging missing")
    cleveland: 0.01 of imaging missing
    hungary: 0.95 of imaging missing
    switzerland: 0.69 of imaging missing
    long_beach_va: 0.91 of imaging missing
    """
    arrays = read_arrays("heart_hospitals.npz")
    bunch = _bunch(arrays, HEART, as_frame)
    bunch.site = arrays["site"].astype(np.int64)
    bunch.site_names = arrays["site_names"]
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
        target_names : ndarray of str
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
    Source: UCI Machine Learning Repository, "Multiple Features" [1]_, by Robert P. W.
    Duin (Delft University of Technology), licence CC BY 4.0
    (https://creativecommons.org/licenses/by/4.0/). The six files were joined; no value
    was changed. The scales of the views differ by orders of magnitude: standardise.

    References
    ----------
    .. [1] R. P. W. Duin, "Multiple Features", UCI Machine Learning Repository,
       1998. doi:10.24432/C5HC70

    Examples
    --------
    >>> from skmmdro.datasets import load_handwritten_views
    >>> views = load_handwritten_views()
    >>> views.data.shape, views.modalities["zernike"]
    ((2000, 649), slice(596, 643, None))
    """
    arrays = read_arrays("handwritten_views.npz")
    for view in _VIEWS:
        arrays[f"X_{view}"] = _unpack(arrays, view)
    bunch = _bunch(arrays, HANDWRITTEN, as_frame)
    return (bunch.data, bunch.target) if return_X_y else bunch


def open_data(name):
    """Open a bundled file, in binary mode."""
    return (resources.files(__package__) / "data" / name).open("rb")


def read_arrays(name):
    """Return the arrays of a bundled npz file by name."""
    with open_data(name) as stream, np.load(stream, allow_pickle=False) as arrays:
        return dict(arrays)


def _unpack(arrays, view):
    """Return one handwritten view, float64 ndarray of shape (2000, width).

    The source prints five significant digits, so a value is an integer over a power of
    ten, and their float64 quotient is the nearest double to what is printed. The
    integer, less its offset, is stored byte by byte from the lowest on in `digits`, the
    power of ten in `places`. All but the pixels are stored transposed, which compresses
    better. Compressed float32 would need nearly half as much again.
    """
    planes = arrays[f"digits_{view}"].astype(np.int64)
    integers = sum(plane << (8 * byte) for byte, plane in enumerate(planes))
    integers = integers + arrays[f"offset_{view}"]
    values = integers / 10 ** arrays[f"places_{view}"].astype(np.int64)
    return values if view == "pixels" else values.T


def _bunch(arrays, description, as_frame):
    names = [key[2:] for key in arrays if key.startswith("X_")]
    return make_bunch(
        {name: arrays[f"X_{name}"] for name in names},
        arrays["y"].astype(np.int64),
        as_frame=as_frame,
        column_names={name: arrays.get(f"names_{name}") for name in names},
        target_names=arrays["classes"],
        DESCR=description,
    )
