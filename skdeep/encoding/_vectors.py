"""Pretrained vectors of words, in the order of a vocabulary."""

import os

import numpy as np


def token_vectors(given, vocabulary, n_rows):
    """A row for each token's vector, NaN for those that have none.

    Parameters
    ----------
    given : path-like, dict, DataFrame or array-like
        A file of lines "word number number ...", as GloVe, word2vec and fastText write
        them as text; vectors by word; or an array of shape (n_tokens, dim).
    vocabulary : dict
        The number of each token.
    n_rows : int
        Rows wanted, at least as many as there are tokens.

    Returns
    -------
    vectors : ndarray of shape (n_rows, dim), float32

    Raises
    ------
    ValueError
        If no token has a vector, or vectors differ in length or are not finite.
    """
    if isinstance(given, (str, os.PathLike)):
        known = _from_file(given, vocabulary)
    elif isinstance(given, dict) or hasattr(given, "index"):
        known = _from_table(given, vocabulary)
    else:
        known = _in_order(given, vocabulary)
    if not known:
        raise ValueError(
            "embedding_weights has a vector for none of the vocabulary's "
            f"{len(vocabulary)} tokens, the first of which are "
            f"{list(vocabulary)[2:6]}. Pass vectors of the texts' language, with "
            "tokens written in the same way."
        )
    widths = {len(vector) for vector in known.values()}
    if len(widths) > 1:
        raise ValueError(
            "embedding_weights must hold vectors of one length. Received lengths "
            f"{sorted(widths)}. Leave the damaged ones out."
        )
    vectors = np.full((n_rows, widths.pop()), np.nan, dtype=np.float32)
    for token, vector in known.items():
        vectors[vocabulary[token]] = vector
        if not np.isfinite(vectors[vocabulary[token]]).all():
            raise ValueError(
                "embedding_weights must hold finite numbers. Received "
                f"{np.asarray(vector)} for {token!r}. Leave it out."
            )
    return vectors


def _from_file(path, vocabulary):
    known = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file):
            token, *numbers = line.rstrip().split(" ")
            if number == 0 and len(numbers) == 1:
                continue  # word2vec starts with the size of the table
            if token in vocabulary:
                known[token] = _numbers(numbers, path, number)
    return known


def _numbers(numbers, path, line):
    try:
        return np.array(numbers, dtype=np.float32)
    except ValueError as error:
        raise ValueError(
            f"embedding_weights takes lines of a word and numbers. Received {path}, "
            f"whose line {line + 1} is another: {error}. Convert the file to text."
        ) from error


def _from_table(table, vocabulary):
    if hasattr(table, "index"):
        table = dict(zip(table.index, table.to_numpy(), strict=True))
    return {token: table[token] for token in vocabulary if token in table}


def _in_order(array, vocabulary):
    array = np.asarray(array, dtype=np.float32)
    if array.ndim != 2 or len(array) != len(vocabulary):
        raise ValueError(
            "embedding_weights as an array has a row for each token of vocabulary_, "
            f"here {len(vocabulary)}. Received shape {array.shape}. Pass a dict or a "
            "DataFrame with the words as index, where the vocabulary is not known yet."
        )
    return dict(zip(vocabulary, array, strict=True))
