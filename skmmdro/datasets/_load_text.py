"""Bundled data sets with raw text."""

import csv
import gzip
from numbers import Integral

import numpy as np

from ._bunch import make_bunch
from ._descriptions import CLOTHING, NEWS
from ._load import open_data, read_arrays

_REVIEW_TABLE = (
    "age",
    "positive_feedback_count",
    "division",
    "department",
    "class_name",
)
_NUMBERS = ("age", "positive_feedback_count")
_N_REVIEWS = 10_000
_POPULAR = 1400  # shares


def load_news_popularity(*, return_X_y=False, as_frame=False):
    """Load headlines, numbers and popularity of news articles (classification).

    9,874 articles of one online magazine, January to July 2013: the headline as raw
    text and seven groups of numbers, 58 in all. Rows are sorted by date. The `keywords`
    are statistics of earlier articles and drift strongly over time, while the other
    modalities hardly move, so training on early months and testing on later ones is a
    natural shift of a single modality.

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

        data : ndarray of object or DataFrame of shape (9874, 59)
            Headline (str) and numbers (float).
        target : ndarray or Series of shape (9874,)
            1 if the article was shared at least 1,400 times, 0 otherwise.
        frame : DataFrame of shape (9874, 60) or None
            Features and target, if `as_frame`.
        feature_names : list of str
            Column names ``modality__feature``.
        target_names : ndarray of str
            Class names.
        modalities : dict of str to slice
            Columns of each modality: headline, text_stats, links_media, keywords,
            channel, timing, topics and sentiment.
        shares : ndarray of shape (9874,)
            How often the article was shared.
        date : ndarray of datetime64[D] of shape (9874,)
            Day of publication.
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
    Source: UCI Machine Learning Repository, "Online News Popularity" [1]_, licence
    CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). The data hold the articles
    of half a year, not the two years of the source, so that published results do not
    apply. The headline was made from the address of the article.

    References
    ----------
    .. [1] K. Fernandes, P. Vinagre, P. Cortez and P. Sernadela, "Online News
       Popularity", UCI Machine Learning Repository, 2015. doi:10.24432/C5NS3V

    Examples
    --------
    >>> from skmmdro.datasets import load_news_popularity
    >>> news = load_news_popularity()
    >>> news.data.shape, news.data[1, 0]
    ((9874, 59), 'japanese cat bomb hacker')
    >>> early = news.date < np.datetime64("2013-05-01")
    >>> print(f"{news.target[early].mean():.2f} {news.target[~early].mean():.2f}")
    0.62 0.50
    """
    arrays = read_arrays("news_popularity.npz")
    headlines = arrays["headline"].tobytes().decode().split("\n")
    names = [key[2:] for key in arrays if key.startswith("X_")]
    blocks = {"headline": np.array(headlines, dtype=object)[:, None]}
    blocks |= {name: arrays[f"X_{name}"].astype(np.float64) for name in names}
    columns = {name: arrays[f"names_{name}"] for name in names}
    shares = arrays["shares"].astype(np.int64)
    bunch = make_bunch(
        blocks,
        (shares >= _POPULAR).astype(np.int64),
        as_frame=as_frame,
        column_names={"headline": ["text"], **columns},
        target_names=arrays["classes"],
        shares=shares,
        date=arrays["date"].astype("datetime64[D]"),
        DESCR=NEWS,
    )
    return (bunch.data, bunch.target) if return_X_y else bunch


def load_clothing_reviews(n=None, *, return_X_y=False, as_frame=False):
    """Load reviews of women's clothing, text and table (classification).

    Up to 10,000 anonymised customer reviews: title and text of the review as raw text
    (the title is missing in 13 % of them), and a table of customer and garment. The
    target is whether the customer recommends the garment. The text tells it well and
    the table not at all, which makes this a test that a useless modality does no harm.

    Parameters
    ----------
    n : int in [1, 10000] or None, default=None
        Number of reviews, the first ones; None: all.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return pandas objects, columns named ``modality__feature``.

    Returns
    -------
    data : Bunch
        With the following attributes.

        data : ndarray of object or DataFrame of shape (n, 7)
            Strings and numbers; None where missing, NaN in a DataFrame.
        target : ndarray or Series of shape (n,)
            1 if recommended, 0 if not.
        frame : DataFrame of shape (n, 8) or None
            Features and target, if `as_frame`.
        feature_names : list of str
            Column names ``modality__feature``.
        target_names : ndarray of str
            Class names.
        modalities : dict of str to slice
            Columns of each modality: text (title, review) and table (age,
            positive_feedback_count, division, department, class_name).
        rating : ndarray of shape (n,)
            Stars, 1 to 5. They give the target away and are no feature.
        clothing_id : ndarray of shape (n,)
            The garment, to split by.
        DESCR : str
            Description, source and licence.

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    ValueError
        If `n` is out of range.
    ImportError
        If `as_frame` and pandas is not installed.

    Notes
    -----
    Source: "Women's E-Commerce Clothing Reviews" by nicapotato, published on Kaggle
    under CC0 1.0 (public domain, https://creativecommons.org/publicdomain/zero/1.0/).
    Reviews without text or department and copies of the same text were left out, and
    10,000 of the remaining 22,621 were drawn at random.

    Examples
    --------
    >>> from skmmdro.datasets import load_clothing_reviews
    >>> reviews = load_clothing_reviews(1000)
    >>> reviews.data.shape, reviews.data[1, 0]
    ((1000, 7), 'Flattering shirt')
    >>> print(f"{reviews.target.mean():.2f}")
    0.81
    """
    n = _N_REVIEWS if n is None else n
    if not isinstance(n, Integral) or isinstance(n, bool) or not 1 <= n <= _N_REVIEWS:
        raise ValueError(f"n must be an integer from 1 to {_N_REVIEWS}, got {n!r}.")
    with open_data("clothing_reviews.csv.gz") as stream:
        text = gzip.decompress(stream.read()).decode().splitlines(keepends=True)
    rows = [row for row, _ in zip(csv.DictReader(text), range(n), strict=False)]

    def column(name, kind=str):
        values = [kind(row[name]) if row[name] else None for row in rows]
        return np.array(values, dtype=object if kind is str else np.int64)

    table = [column(name, int if name in _NUMBERS else str) for name in _REVIEW_TABLE]
    blocks = {
        "text": np.column_stack([column("title"), column("review_text")]),
        "table": np.column_stack([values.astype(object) for values in table]),
    }
    bunch = make_bunch(
        blocks,
        column("recommended", int),
        as_frame=as_frame,
        column_names={"text": ["title", "review"], "table": _REVIEW_TABLE},
        target_names=np.array(["not_recommended", "recommended"]),
        rating=column("rating", int),
        clothing_id=column("clothing_id", int),
        DESCR=CLOTHING,
    )
    return (bunch.data, bunch.target) if return_X_y else bunch
