"""Pretrained vectors of words, in the order of a vocabulary."""

import os

import numpy as np


def token_vectors(given, vocabulary, n_rows):
    """The vector of each token as a row; a row is NaN if there is no vector.

    Parameters
    ----------
    given : path-like, dict, DataFrame or array-like
        A text file of lines "word number number ..." (GloVe, word2vec, fastText),
        vectors by word, or an array of shape (n_tokens, dim).
    vocabulary : dict
        The number of each token.
    n_rows : int
        Rows of the result, at least as many as there are tokens.

    Returns
    -------
    vectors : ndarray of shape (n_rows, dim)

    Raises
    ------
    ValueError
        If no token has a vector, or vectors differ in length or are not finite.
    """
    if isinstance(given, (str, os.PathLike)):
        known = _from_file(given, vocabulary)
    elif isinstance(given, dict) or hasattr(given, "to_numpy"):
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
    known = {token: _vector(token, vector) for token, vector in known.items()}
    widths = {len(vector) for vector in known.values()}
    if len(widths) > 1:
        raise ValueError(
            "embedding_weights must hold vectors of one length. Received lengths "
            f"{sorted(widths)}. Leave the damaged ones out."
        )
    vectors = np.full((n_rows, widths.pop()), np.nan)
    for token, vector in known.items():
        vectors[vocabulary[token]] = vector
    return vectors


def _vector(token, value):
    """``value`` as a vector of at least one number, all finite."""
    try:
        vector = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        vector = np.empty(0)
    if vector.ndim != 1 or len(vector) == 0 or not np.isfinite(vector).all():
        raise ValueError(
            "embedding_weights must hold a list of finite numbers for each token. "
            f"Received {value!r:.60} for {token!r}. Leave it out."
        )
    return vector


def _from_file(path, vocabulary):
    known, width = {}, None
    try:
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file):
                fields = line.rstrip("\r\n\t ").replace("\t", " ").split(" ")
                if number == 0 and len(fields) == 2 and "".join(fields).isdigit():
                    width = int(fields[1])  # word2vec starts with the table's size
                    continue
                width = width or len(fields) - 1
                # Some files have words with spaces in them.
                n_words = max(1, len(fields) - width)
                token = " ".join(fields[:n_words])
                if token in vocabulary:
                    known[token] = _numbers(fields[n_words:], path, number)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"embedding_weights takes a text file in UTF-8. Received {path}: {error}. "
            "Unpack or convert it."
        ) from error
    return known


def _numbers(numbers, path, line):
    try:
        return np.array(numbers, dtype=np.float64)
    except ValueError as error:
        raise ValueError(
            f"embedding_weights takes lines of a word and numbers. Received {path}, "
            f"whose line {line + 1} is another: {error}. Convert the file to text."
        ) from error


def _from_table(table, vocabulary):
    if hasattr(table, "to_numpy"):
        if not table.index.is_unique:
            twice = table.index[table.index.duplicated()][0]
            raise ValueError(
                "embedding_weights as a DataFrame has each word once in its index. "
                f"Received {twice!r} more than once. Leave the others out."
            )
        table = dict(zip(table.index, table.to_numpy(), strict=True))
    return {token: table[token] for token in vocabulary if token in table}


def _in_order(array, vocabulary):
    array = np.asarray(array, dtype=np.float64)
    if array.ndim != 2 or len(array) != len(vocabulary):
        raise ValueError(
            "embedding_weights as an array has a row for each token of vocabulary_, "
            f"here {len(vocabulary)}. Received shape {array.shape}. Pass a dict or a "
            "DataFrame with the words as index, where the vocabulary is not known yet."
        )
    return dict(zip(vocabulary, array, strict=True))
