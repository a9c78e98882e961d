"""Progress messages: logger "skmmdro", shown on the console if verbose asks for it."""

import logging
import sys

logger = logging.getLogger("skmmdro")


def report(verbose, message, *args):
    """Log a message of an estimator whose `verbose` is positive.

    A console handler is added only if the application has not configured logging.
    """
    if not verbose:
        return
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler(sys.stdout))
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    logger.info(message, *args)
