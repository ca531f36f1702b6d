"""Saving and loading without pickle.

A file is a zip archive: ``estimator.json`` describes the estimator, ``arrays/N.npy``
hold its arrays, ``steps/N.skops`` hold objects of scikit-learn. Loading builds only
objects of known types, checks digests, sizes and whether the attributes fit together,
and runs no code from the file.
"""

from skdeep import __version__
from skdeep.exceptions import FileFormatError
from skdeep.persistence._archive import read, write
from skdeep.persistence._steps import Placeholder
from skdeep.persistence._values import Reader, Writer, is_own

__all__ = ["TRUSTED_TYPES", "Placeholder", "load", "save"]


def __getattr__(name):
    if name != "TRUSTED_TYPES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from skdeep.persistence._trusted import trusted_types

    return trusted_types()


def save(estimator, path):
    """Write a fitted or unfitted estimator to one file.

    The file appears only when all of it is written. After an error an existing file is
    unchanged.

    Parameters
    ----------
    estimator : object
        An estimator of this package. With the extra ``skdeep[skops]`` also an estimator
        of scikit-learn that holds some of this package (a pipeline, a column
        transformer, a search), or a ``Forecaster`` of a scikit-learn regressor.
    path : path-like
        File to write; an existing one is replaced.

    Raises
    ------
    TypeError
        If a parameter cannot be written as data: a function, a custom class.
    ValueError
        If a parameter has a value that ``fit`` would refuse.

    See Also
    --------
    load : Read the file.

    Examples
    --------
    >>> import os, tempfile, skdeep
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = skdeep.DenseClassifier((4,), epochs=2).fit(X, y)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.skdeep")
    >>> skdeep.save(classifier, path)
    >>> bool((skdeep.load(path).predict(X) == classifier.predict(X)).all())
    True
    """
    of_sklearn = type(estimator).__module__.split(".")[0] == "sklearn"
    if isinstance(estimator, type) or not (is_own(estimator) or of_sklearn):
        raise TypeError(
            f"skdeep.save takes estimators of skdeep and of scikit-learn. Received "
            f"{estimator!r:.200}. Use joblib.dump for those of other packages and for "
            "classes of your own."
        )
    writer = Writer()
    described = writer.encode(estimator, "estimator")
    write(path, {"skdeep": __version__, "content": described}, writer.parts)


def load(path):
    """Read an estimator that :func:`save` has written.

    Arrays take no more memory than the file has bytes. A loaded network has been tried:
    it has predicted a sample of zeros.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    estimator : object
        The estimator, fitted if it was.

    Raises
    ------
    FileFormatError
        If the file is damaged, was changed, or holds anything unknown.

    See Also
    --------
    save : Write the file.

    Examples
    --------
    >>> import os, tempfile, skdeep
    >>> path = os.path.join(tempfile.mkdtemp(), "plan.skdeep")
    >>> skdeep.save(skdeep.DenseClassifier((4,)), path)
    >>> skdeep.load(path)
    DenseClassifier(hidden_layer_sizes=(4,))
    """
    try:
        content, parts = read(path)
        return _rebuilt(content, parts)
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from error
    except ImportError:
        raise
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise _damaged(path, error) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path, error):
    return FileFormatError(
        f"{path} is not a file of skdeep.save, or it is damaged: {error!r:.1000}. Save "
        "the estimator again."
    )


def _rebuilt(content, parts):
    same_version = content["format"] > 1 and content["skdeep"] == __version__
    reader = Reader(parts, needs_all_parameters=same_version)
    if content["format"] == 1:
        described = {name: content[name] for name in ("estimator", "state")}
    else:
        described = content["content"]
    try:
        estimator = reader.decode(described)
    except Exception as error:
        if same_version:
            raise
        raise FileFormatError(
            f"The file was written by skdeep {content['skdeep']!r}, and this is "
            f"{__version__}: {error} Load it with that version, or save again."
        ) from error
    reader.finish()
    return estimator
