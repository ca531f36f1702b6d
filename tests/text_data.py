"""Texts that ship with scikit-learn: what its documentation says of its data sets."""

from importlib.resources import files

import numpy as np


def paragraphs():
    """Paragraphs of at least 60 characters, and the data set each one is about.

    Returns
    -------
    texts : ndarray of str
    names : ndarray of str
        In random order.
    """
    texts, names = [], []
    for file in sorted(files("sklearn.datasets.descr").iterdir(), key=str):
        if file.name.endswith(".rst"):
            for paragraph in file.read_text("utf-8").split("\n\n"):
                if len(paragraph) >= 60:
                    texts.append(" ".join(paragraph.split()))
                    names.append(file.name.removesuffix(".rst"))
    order = np.random.RandomState(0).permutation(len(texts))
    return np.array(texts)[order], np.array(names)[order]
