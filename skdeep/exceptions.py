"""Warnings and errors that skdeep raises beside scikit-learn's own."""

from sklearn.exceptions import ConvergenceWarning

__all__ = ["DivergenceWarning", "FileFormatError"]


class DivergenceWarning(ConvergenceWarning):
    """The training loss or the weights became NaN or infinite.

    The estimator keeps the weights of the last finite epoch.
    """


class FileFormatError(ValueError):
    """A file is not what :func:`skdeep.save` writes, or is damaged."""
