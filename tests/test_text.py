"""TextClassifier and TextRegressor: targets, cells, vectors, agreement."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from agreement import move_weights, same_weights
from numpy.testing import assert_allclose, assert_array_equal
from saved_files import forge, state_of
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV, cross_val_score
from text_data import paragraphs

import skdeep
from skdeep import SequenceClassifier, TextClassifier, TextRegressor, TokenSequences
from skdeep.sequence._execution import SequenceExecution
from skdeep.sequence._sequences import padded

TEXTS, NAMES = paragraphs()
ABOUT_IMAGES = np.isin(NAMES, ["lfw", "olivetti_faces", "digits"])
TINY = {"embedding_dim": 4, "units": 3, "max_length": 12, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    with pytest.MonkeyPatch.context() as patch:
        move_weights(patch)
        return TextClassifier(random_state=0).fit(TEXTS, ABOUT_IMAGES)


def test_learns_real_texts():
    large = np.isin(NAMES, ["breast_cancer", "lfw", "rcv1", "twenty_newsgroups"])
    texts, names = TEXTS[large], NAMES[large]
    majority = (names == "twenty_newsgroups").mean()
    scores = cross_val_score(TextClassifier(random_state=0), texts, names, cv=4)
    assert scores.mean() > majority + 0.1


def test_multiclass():
    net = TextClassifier(random_state=0, epochs=40).fit(TEXTS, NAMES)
    assert_array_equal(net.classes_, np.unique(NAMES))
    assert net.score(TEXTS, NAMES) > 0.9
    probabilities = net.predict_proba(TEXTS[:9])
    assert probabilities.shape == (9, 14)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_multilabel():
    words = np.array([[w in t for w in ("data", "class")] for t in TEXTS]).astype(int)
    net = TextClassifier(random_state=0, epochs=40).fit(TEXTS, words)
    assert net.predict(TEXTS).shape == words.shape
    assert (net.predict(TEXTS) == words).mean() > 0.95


def test_ratings():
    word_length = np.array([np.mean([len(w) for w in t.split()]) for t in TEXTS])
    net = TextRegressor(analyzer="char", epochs=60, dropout=0, random_state=0)
    net.fit(TEXTS[:120], word_length[:120])
    assert net.score(TEXTS[120:], word_length[120:]) > 0.5


def test_two_ratings(moved):
    lengths = np.array([len(text) for text in TEXTS])
    two = TextRegressor(**TINY, epochs=2).fit(TEXTS, np.c_[lengths, -lengths])
    assert two.predict(TEXTS).shape == (len(TEXTS), 2)


def test_forms_of_x(fitted):
    expected = fitted.predict_proba(TEXTS)
    frame = pd.DataFrame({"text": TEXTS})
    for X in (list(TEXTS), TEXTS.astype(object), frame["text"], frame):
        assert_array_equal(fitted.predict_proba(X), expected)


def test_empty_and_unknown_texts_are_one_unknown_token(fitted, moved):
    empty, unknown = fitted.predict_proba(["", "qwzx"])
    assert_array_equal(empty, unknown)
    net = TextClassifier(**TINY, epochs=2).fit(["", *TEXTS[:9]], ABOUT_IMAGES[:10])
    assert np.isfinite(net.predict_proba([""])).all()


def test_neighbours_do_not_matter(fitted):
    together = fitted.predict_proba(TEXTS[:20])
    alone = np.concatenate([fitted.predict_proba([text]) for text in TEXTS[:20]])
    assert_allclose(together, alone, atol=1e-6)


def test_long_texts_are_cut(moved):
    net = TextClassifier(**TINY, epochs=1).fit(TEXTS, ABOUT_IMAGES)
    start = " ".join(["data"] * 12)
    assert_array_equal(
        net.predict_proba([start + " face" * 9]), net.predict_proba([start])
    )
    net.set_params(truncation="pre").fit(TEXTS, ABOUT_IMAGES)
    assert_array_equal(
        net.predict_proba(["face " * 9 + start]), net.predict_proba([start])
    )


def test_as_a_pipeline():
    net = TextClassifier(**TINY, epochs=3).fit(TEXTS, ABOUT_IMAGES)
    tokens = TokenSequences(max_length=12).fit(TEXTS)
    assert net.vocabulary_ == tokens.vocabulary_
    same = SequenceClassifier(
        "average", embedding_dim=4, dropout=0.5, epochs=3, random_state=0
    ).fit(tokens.transform(TEXTS), ABOUT_IMAGES)
    # The vocabularies are rounded up to tables of the same size.
    assert_allclose(
        same.predict_proba(tokens.transform(TEXTS)), net.predict_proba(TEXTS), atol=1e-6
    )


def test_weights():
    weight = np.where(NAMES == "lfw", 0.0, 1.0)
    kept = weight > 0
    net = TextClassifier(**TINY, epochs=2)
    with_zeros = clone(net).fit(TEXTS, ABOUT_IMAGES, weight)
    without = clone(net).fit(TEXTS[kept], ABOUT_IMAGES[kept])
    same_weights(with_zeros, without, 0)
    assert with_zeros.vocabulary_ == without.vocabulary_
    plain = clone(net).fit(TEXTS, ABOUT_IMAGES)
    balanced = clone(net).set_params(class_weight="balanced").fit(TEXTS, ABOUT_IMAGES)
    share = [n.predict_proba(TEXTS)[:, 1].mean() for n in (plain, balanced)]
    assert share[1] > share[0]


# Cells of other kinds, and tokens in them: test_sequences.py.
@pytest.mark.parametrize(
    ("cell", "frozen"),
    [("average", False), ("conv", True)],
)
def test_engines_and_forward_passes_agree(
    cell, frozen, without_xla, keras_eagerly, monkeypatch
):
    params = {**TINY, "dtype": "float64", "epochs": 2, "dropout": 0.0}
    length = 12 if cell == "average" else 4
    params |= {"train_embedding": not frozen, "max_length": length}
    params |= {"hidden_layer_sizes": (3,), "min_frequency": 3}
    reference = TextClassifier(cell, engine="keras", **params).fit(TEXTS, ABOUT_IMAGES)
    net = TextClassifier(cell, **params).fit(TEXTS, ABOUT_IMAGES)
    same_weights(net, reference, 1e-6)
    by_numpy = net.predict_proba(TEXTS)
    tokens = TokenSequences(max_length=length, min_frequency=3).fit_transform(TEXTS)
    outputs = np.asarray(net.model_(padded([t[:, None].astype(float) for t in tokens])))
    assert_allclose(outputs[:, 0], by_numpy[:, 1], atol=1e-12)
    monkeypatch.setattr(SequenceExecution, "suits_numpy", lambda spec, n_rows: False)
    assert_allclose(net.predict_proba(TEXTS), by_numpy, atol=1e-12)


def test_dropout_of_an_average():
    losses = [
        TextClassifier(**TINY, dropout=dropout, epochs=2)
        .fit(TEXTS, ABOUT_IMAGES)
        .history_["loss"]
        .to_numpy()
        for dropout in (0.0, 0.5)
    ]
    assert not np.allclose(*losses, atol=1e-4)


def test_search_and_fuse():
    net = TextClassifier(**TINY, epochs=4, learning_rate=0.1)
    search = GridSearchCV(net, {"learning_rate": [0.01, 0.1]}, scoring="neg_log_loss")
    alone = clone(search).fit(TEXTS, ABOUT_IMAGES).cv_results_["mean_test_score"]
    with skdeep.fuse():
        fused = search.fit(TEXTS, ABOUT_IMAGES).cv_results_["mean_test_score"]
    assert_allclose(fused, alone, rtol=1e-4)
    assert abs(alone[0] - alone[1]) > 0.01


def test_folds_share_a_program(untrained):
    nets = [
        TextClassifier(**TINY, epochs=1).fit(TEXTS[i:], NAMES[i:]) for i in range(8)
    ]
    assert len({len(net.vocabulary_) for net in nets}) > 4
    assert len({net.network_.spec.n_tokens for net in nets}) <= 2


def test_files(fitted, tmp_path):
    expected = fitted.predict_proba(TEXTS)
    assert_array_equal(
        pickle.loads(pickle.dumps(fitted)).predict_proba(TEXTS), expected
    )
    skdeep.save(fitted, tmp_path / "text.skdeep")
    loaded = skdeep.load(tmp_path / "text.skdeep")
    assert_array_equal(loaded.predict_proba(TEXTS), expected)
    assert loaded.vocabulary_ == fitted.vocabulary_


def test_files_with_more_tokens_than_vectors_are_refused(fitted, tmp_path):
    path = tmp_path / "text.skdeep"
    skdeep.save(fitted, path)

    known = fitted.vocabulary_
    more = {f"more{number}": number for number in range(len(known), 2 * len(known))}

    def add_tokens(content):
        fields = state_of(content)["_inputs"]["fields"]
        tokenizer = fields["tokens"]["fields"]["tokenizer"]["fields"]
        described = json.loads(tokenizer["description"])
        described["model"]["vocab"] |= more
        tokenizer["description"] = json.dumps(described)

    forge(path, add_tokens)
    with pytest.raises(skdeep.FileFormatError, match="Texts cannot have n_tokens"):
        skdeep.load(path)


def test_partial_fit_keeps_the_vocabulary(moved):
    net = TextClassifier(**TINY)
    net.partial_fit(TEXTS[:50], NAMES[:50], classes=np.unique(NAMES))
    vocabulary = net.vocabulary_
    net.partial_fit(TEXTS[50:], NAMES[50:])
    assert net.vocabulary_ == vocabulary == TokenSequences().fit(TEXTS[:50]).vocabulary_
    assert net.n_epochs_ == 2


def test_other_tokens_need_a_new_fit(moved):
    net = TextClassifier(**TINY, epochs=1, warm_start=True).fit(TEXTS, ABOUT_IMAGES)
    net.set_params(analyzer="char")
    with pytest.raises(ValueError, match=r"same tokens.*'word'.*Received.*'char'"):
        net.fit(TEXTS, ABOUT_IMAGES)
    assert net.set_params(warm_start=False).fit(TEXTS, ABOUT_IMAGES).n_epochs_ == 1


def test_validation_texts():
    net = TextClassifier(**TINY, epochs=3)
    net.fit(
        TEXTS[:100], NAMES[:100] == "lfw", X_val=TEXTS[100:], y_val=NAMES[100:] == "lfw"
    )
    assert net.history_["val_loss"].notna().all()
    assert net.vocabulary_ == TokenSequences().fit(TEXTS[:100]).vocabulary_


# Pretrained vectors


@pytest.fixture(scope="module")
def vectors():
    """Of words, from the paragraphs in which they are."""
    counter = CountVectorizer(min_df=2, token_pattern=r"\b[a-z]+\b")
    counts = counter.fit_transform(TEXTS)
    values = TruncatedSVD(5, random_state=0).fit_transform(counts.T.astype(float))
    return pd.DataFrame(values, index=counter.get_feature_names_out())


def embedding(net):
    weights = net.network_.weights
    return (weights.trainable if net.train_embedding else weights.non_trainable)[0]


@pytest.mark.parametrize("form", ["file", "word2vec file", "dict", "frame", "array"])
def test_frozen_vectors_stay(form, vectors, tmp_path):
    known = TokenSequences().fit(TEXTS).vocabulary_
    given = vectors
    if "file" in form:
        given = tmp_path / "vectors.txt"
        lines = [
            " ".join([w, *map(repr, v)])
            for w, v in zip(vectors.index, vectors.to_numpy().tolist(), strict=True)
        ]
        # word2vec starts with the size, and may end lines with a space.
        lines = [f"{line} " for line in lines]
        lines = ["2004 5"] * (form != "file") + [
            *lines,
            "elsewhere 1 2 3 4 5",
        ]
        given.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif form == "dict":
        given = {word: row.to_numpy() for word, row in vectors.iterrows()}
    elif form == "array":
        given = np.ones((len(known), 5)).tolist()
    assert "2004" in known
    net = TextClassifier(embedding_weights=given, train_embedding=False, epochs=2)
    net.set_params(dtype="float64").fit(TEXTS, ABOUT_IMAGES)
    assert net.predict_proba(TEXTS).dtype == "float64"
    table = embedding(net)
    assert table.shape[1] == 5
    if form == "array":
        assert_array_equal(table[: len(known)], 1)
        return
    for word in ("data", "faces"):
        assert_allclose(table[known[word]], vectors.loc[word], rtol=1e-6)
    unknown = table[known[":"]]
    assert 0 < np.abs(unknown).max() <= 0.05  # Keras's random numbers


def test_vectors_are_where_training_starts(vectors, keras_eagerly):
    params = {"embedding_weights": vectors, "random_state": 0, "dropout": 0.0}
    known = TokenSequences().fit(TEXTS).vocabulary_["data"]
    still = TextClassifier(**params, learning_rate=1e-9, epochs=1)
    start = embedding(still.fit(TEXTS, ABOUT_IMAGES))
    assert_allclose(start[known], vectors.loc["data"], rtol=1e-5)
    moved = embedding(TextClassifier(**params, epochs=3).fit(TEXTS, ABOUT_IMAGES))
    assert np.abs(moved[known] - start[known]).max() > 0.01
    keras = TextClassifier(**params, epochs=3, engine="keras").fit(TEXTS, ABOUT_IMAGES)
    assert_allclose(embedding(keras), moved, atol=1e-3)


def test_vectors_go_on_with_warm_start(vectors):
    net = TextClassifier(embedding_weights=vectors, warm_start=True, epochs=1)
    net.fit(TEXTS, ABOUT_IMAGES)
    before = embedding(net).copy()
    net.set_params(learning_rate=1e-9).fit(TEXTS, ABOUT_IMAGES)
    assert_allclose(embedding(net), before, atol=1e-6)
    assert not np.allclose(before[2:50], vectors.to_numpy()[:48])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"qwzx": [1.0]}, "for none of the vocabulary's.*Pass vectors of the texts'"),
        ({"data": [1.0], "the": [1.0, 2.0]}, r"one length\. Received lengths \[1, 2\]"),
        ({"data": [np.inf, 1.0]}, "finite.*'data'"),
        ({"data": "12"}, "finite numbers for each token. Received '12' for 'data'"),
        ({"data": []}, "finite numbers for each token"),
        (pd.DataFrame(np.ones((2, 3)), ["data", "data"]), "'data' more than once"),
        (np.ones((3, 2)), r"a row for each token.*shape \(3, 2\)\. Pass a dict"),
    ],
)
def test_wrong_vectors(given, message):
    net = TextClassifier(embedding_weights=given)
    with pytest.raises(ValueError, match=message):
        net.fit(TEXTS, ABOUT_IMAGES)
    with pytest.raises(NotFittedError):
        net.predict(TEXTS)


def test_wrong_vector_files(tmp_path, vectors, untrained):
    path = tmp_path / "vectors.txt"
    path.write_text("the 1 2\ndata one two\n")
    with pytest.raises(ValueError, match="line 2 is another"):
        TextClassifier(embedding_weights=path).fit(TEXTS, ABOUT_IMAGES)
    path.write_text("data 1 2\nthe 1\n")
    with pytest.raises(ValueError, match=r"one length\. Received lengths \[1, 2\]"):
        TextClassifier(embedding_weights=path).fit(TEXTS, ABOUT_IMAGES)
    path.write_text("data\nthe\n")
    with pytest.raises(ValueError, match="finite numbers for each token"):
        TextClassifier(embedding_weights=path).fit(TEXTS, ABOUT_IMAGES)
    path.write_bytes("data 1 2\nÄ 1 2".encode("latin-1"))
    with pytest.raises(ValueError, match="text file in UTF-8"):
        TextClassifier(embedding_weights=path).fit(TEXTS, ABOUT_IMAGES)
    # Words with spaces, as in GloVe's largest table; a mark at the start.
    path.write_text("\ufeffdata 7 7\nthe data 1 2\n", encoding="utf-8")
    net = TextClassifier(embedding_weights=path, epochs=1, train_embedding=False)
    table = embedding(net.fit(TEXTS, ABOUT_IMAGES))
    assert_array_equal(table[net.vocabulary_["data"]], [7, 7])
    assert np.abs(table[net.vocabulary_["the"]]).max() < 0.1
    with pytest.raises(FileNotFoundError):
        TextClassifier(embedding_weights=tmp_path / "no").fit(TEXTS, ABOUT_IMAGES)
    with pytest.raises(
        ValueError, match=r"embedding_dim=7 differs.*embedding_weights, 5"
    ):
        TextClassifier(embedding_weights=vectors, embedding_dim=7).fit(TEXTS, NAMES)


# Errors


def test_wrong_lengths():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TextClassifier().fit(TEXTS, ABOUT_IMAGES[1:])


def test_texts_longer_than_memory(untrained, monkeypatch):
    monkeypatch.setattr("os.sysconf", lambda name: 200)  # 200 pages of 200 bytes
    net = TextClassifier(max_length=None)
    with pytest.raises(ValueError, match=r"160 sequences.*set max_length"):
        net.fit(TEXTS, ABOUT_IMAGES)
    assert net.set_params(max_length=20, epochs=1).fit(TEXTS, NAMES).n_epochs_ == 1


def test_average_has_no_steps():
    net = SequenceClassifier("average", embedding_dim=4, return_sequences=True)
    with pytest.raises(ValueError, match="cell='average' makes one vector"):
        net.fit(np.ones((4, 3)), np.eye(4)[:, :3])


def test_average_of_numbers():
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    net = SequenceClassifier(
        "average", hidden_layer_sizes=(16,), epochs=7, learning_rate=0.02
    )
    images = X.reshape(-1, 8, 8)
    assert net.fit(images, y).score(images, y) > 0.4
