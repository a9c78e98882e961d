"""ModalityTransformer and an estimator in one Pipeline."""

from sklearn.pipeline import make_pipeline

from ._transformer import ModalityTransformer


def make_multimodal_pipeline(
    *parts,
    estimator,
    scale="rms",
    remainder="drop",
    n_jobs=None,
    memory=None,
    verbose=False,
):
    """Transform each modality, then fit an estimator on all of them.

    Short for ``make_pipeline(ModalityTransformer(list(parts), ...), estimator)``.

    Parameters
    ----------
    *parts : tuple of (str, transformer, columns)
        One for each modality, as in :class:`ModalityTransformer`.
    estimator : estimator
        The last step.
    scale : {"rms"} or None, default="rms"
        How :class:`ModalityTransformer` scales each modality.
    remainder : {"drop", "passthrough"} or estimator, default="drop"
        What happens to columns that no part names.
    n_jobs : int or None, default=None
        Number of modalities that are transformed at the same time.
    memory : str, object with the joblib.Memory interface or None, default=None
        Where the Pipeline caches the fitted :class:`ModalityTransformer`.
    verbose : bool, default=False
        Whether the Pipeline prints the time each step takes.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        With the steps "modalitytransformer" and the lower-case name of the
        estimator's class.

    See Also
    --------
    ModalityTransformer : The first step.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmmdro.compose import make_multimodal_pipeline
    >>> df = pd.DataFrame({
    ...     "review": ["good", "bad", "very good", "very bad"],
    ...     "stars": [5, 1, 4, 2],
    ... })
    >>> model = make_multimodal_pipeline(
    ...     ("text", TfidfVectorizer(), "review"),
    ...     ("tabular", StandardScaler(), ["stars"]),
    ...     estimator=LogisticRegression(),
    ... )
    >>> model.fit(df, [1, 0, 1, 0]).predict(df)
    array([1, 0, 1, 0])
    """
    encode = ModalityTransformer(
        list(parts), scale=scale, n_jobs=n_jobs, remainder=remainder
    )
    return make_pipeline(encode, estimator, memory=memory, verbose=verbose)
