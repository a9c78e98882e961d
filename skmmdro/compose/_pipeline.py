"""ModalityTransformer and an estimator in one Pipeline."""

from sklearn.pipeline import make_pipeline

from ._transformer import ModalityTransformer


def make_multimodal_pipeline(
    *parts,
    estimator,
    imputer=None,
    scale="rms",
    remainder="drop",
    missing=None,
    encoder_error=None,
    n_bootstrap=20,
    random_state=None,
    n_jobs=None,
    memory=None,
    verbose=False,
):
    """Transform each modality, then fit an estimator on all of them.

    Short for ``make_pipeline(ModalityTransformer(list(parts), ...), estimator)``, with
    an imputer between the two if there is one.

    Parameters
    ----------
    *parts : tuple of (str, transformer, columns)
        One for each modality, as in :class:`ModalityTransformer`.
    estimator : estimator
        The last step.
    imputer : ModalityImputer or None, default=None
        Fills modalities that are missing in some rows, after they are transformed.
    scale : {"rms"} or None, default="rms"
        How :class:`ModalityTransformer` scales each modality.
    remainder : {"drop", "passthrough"} or estimator, default="drop"
        What happens to columns that no part names.
    missing : {"auto", "keep"} or None, default=None
        What happens to rows in which a modality is missing, as in
        :class:`ModalityTransformer`. None: "keep" with an imputer, "auto" without.
    encoder_error : {"bootstrap", "reconstruction"}, dict or None, default=None
        How :class:`ModalityTransformer` estimates the error of each encoder, which
        ``ChiSquare(encoder_error="from_transformer")`` then uses.
    n_bootstrap : int in [1, inf), default=20
        Number of refits for ``encoder_error="bootstrap"``.
    random_state : int, RandomState instance or None, default=None
        Draws the rows of the refits.
    n_jobs : int or None, default=None
        Number of modalities that are transformed at the same time, and of refits.
    memory : str, object with the joblib.Memory interface or None, default=None
        Where the Pipeline caches the fitted :class:`ModalityTransformer`.
    verbose : bool, default=False
        Whether the Pipeline prints the time each step takes.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        With the steps "modalitytransformer", "modalityimputer" (if there is one) and
        the lower-case name of the estimator's class.

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
    if missing is None:
        missing = "auto" if imputer is None else "keep"
    encode = ModalityTransformer(
        list(parts),
        scale=scale,
        n_jobs=n_jobs,
        remainder=remainder,
        missing=missing,
        encoder_error=encoder_error,
        n_bootstrap=n_bootstrap,
        random_state=random_state,
    )
    steps = [step for step in (encode, imputer, estimator) if step is not None]
    return make_pipeline(*steps, memory=memory, verbose=verbose)
