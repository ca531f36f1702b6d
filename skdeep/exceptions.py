"""Warnings and errors that skdeep raises beside scikit-learn's own."""

from sklearn.exceptions import ConvergenceWarning

__all__ = ["DivergenceWarning", "FileFormatError"]


class DivergenceWarning(ConvergenceWarning):
    """The training loss or the weights became NaN or infinite.

    The estimator keeps the weights of the last finite epoch.

    See Also
    --------
    diagnose : What training shows, and what to change.

    Examples
    --------
    Inside of this block a fit that diverges is an error:

    >>> import warnings
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, DivergenceWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", DivergenceWarning)
    ...     classifier = DenseClassifier(epochs=1).fit(*load_iris(return_X_y=True))
    """


class FileFormatError(ValueError):
    """A file is not what :func:`skdeep.save` writes, or is damaged.

    See Also
    --------
    load : Read a file.

    Examples
    --------
    >>> import os, tempfile, skdeep
    >>> path = os.path.join(tempfile.mkdtemp(), "not_a_model.skdeep")
    >>> with open(path, "w") as file:
    ...     _ = file.write("A text.")
    >>> try:
    ...     skdeep.load(path)
    ... except skdeep.FileFormatError:
    ...     print("It is no file of skdeep.save.")
    It is no file of skdeep.save.
    """
