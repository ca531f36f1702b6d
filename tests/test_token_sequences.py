"""TokenSequences: vocabulary, cutting and padding, texts of all kinds."""

import pickle
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from text_data import paragraphs

import skdeep
from skdeep import SequenceClassifier, TextClassifier, TextGenerator, TokenSequences
from skdeep.exceptions import FileFormatError

TEXTS, NAMES = paragraphs()
LYRICS = ["To be, or not to be", "that is the question"]


def lists(tokens):
    return [sequence.tolist() for sequence in tokens]


def test_words_by_frequency():
    tokens = TokenSequences().fit(LYRICS)
    assert list(tokens.vocabulary_)[:4] == ["[PAD]", "[UNK]", "be", "to"]
    assert list(tokens.vocabulary_.values()) == list(range(11))
    assert lists(tokens.transform(["to be", "BE me", ""])) == [[3, 2], [2, 1], [1]]


@pytest.mark.parametrize("analyzer", ["word", "char", "subword"])
def test_real_texts_go_there_and_back(analyzer):
    tokens = TokenSequences(analyzer=analyzer, max_length=None, lowercase=False)
    back = tokens.inverse_transform(tokens.fit_transform(TEXTS))
    if analyzer == "word":  # spaces are those of a typesetter
        back, expected = ("".join(t.split()) for t in (" ".join(back), " ".join(TEXTS)))
        assert back == expected
    else:
        assert_array_equal(back, TEXTS)


@pytest.mark.parametrize(
    "text",
    ["Grüße, 漢字かな", "नमस्ते", "😀 👍🏽", "a\u0301 é", "x\ny\tz", "\x00", "ﬁ\u200b"],
)
def test_any_unicode(text):
    composed = TokenSequences(analyzer="subword", lowercase=False).fit([text])
    back = composed.inverse_transform(composed.transform([text]))[0]
    assert back == text.replace("a\u0301", "\xe1")
    known = TokenSequences(analyzer="char").fit([text])
    assert 1 not in known.transform([text])[0]
    TokenSequences().fit([text + " word"]).transform([text])


def test_scripts_without_spaces():
    tokens = TokenSequences().fit(["漢字 kanji かな", "it's l\u2019eau 3.5"])
    expected = {"漢", "字", "kanji", "か", "な", "it's", "l\u2019eau", "3", ".", "5"}
    assert set(tokens.vocabulary_) - {"[PAD]", "[UNK]"} == expected


def test_texts_hold_no_special_tokens():
    tokens = TokenSequences().fit(["[PAD] a", "[UNK] b"])
    assert {"[", "pad", "unk", "]"} < set(tokens.vocabulary_)
    assert 0 not in np.concatenate(list(tokens.transform(["[PAD] [UNK]"])))


def test_spaces_of_a_typesetter():
    tokens = TokenSequences().fit(['(see [a], "b"; {c}): \u201cd\u201d! 5 %'])
    text = tokens.inverse_transform(tokens.transform(["(a), [b]; {c}: \u201cd\u201d!"]))
    assert text[0] == "(a), [b]; {c}: \u201cd\u201d!"


def test_letters():
    plain = TokenSequences(strip_accents=True).fit(["Café CAFE", "café"])
    assert list(plain.vocabulary_)[2:] == ["cafe"]
    # Accents are removed from letters, not from the syllables that NFD takes apart.
    assert (
        list(TokenSequences(strip_accents=True).fit(["한글"]).vocabulary_)[2] == "한글"
    )
    given = TokenSequences(strip_accents=True, vocabulary=["cafe"]).fit(["x"])
    assert lists(given.transform(["Café"])) == [[2]]
    exact = TokenSequences(lowercase=False).fit(["Café CAFE", "café"])
    assert set(list(exact.vocabulary_)[2:]) == {"Café", "CAFE", "café"}


def test_smaller_vocabularies():
    assert len(TokenSequences(max_tokens=50).fit(TEXTS).vocabulary_) == 50
    whole = TokenSequences(max_length=None).fit(TEXTS)
    often = TokenSequences(min_frequency=3).fit(TEXTS)
    counts = np.bincount(np.concatenate(list(whole.transform(TEXTS))))
    expected = {t for t, n in whole.vocabulary_.items() if n > 1 and counts[n] >= 3}
    assert set(often.vocabulary_) - {"[PAD]", "[UNK]"} == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"padding": "post"}, [[3, 2, 4], [5, 9, 0]]),
        ({"padding": "pre"}, [[3, 2, 4], [0, 5, 9]]),
        ({"padding": "post", "truncation": "pre"}, [[6, 3, 2], [5, 9, 0]]),
        ({"padding": "pre", "truncation": "pre"}, [[6, 3, 2], [0, 5, 9]]),
    ],
)
def test_padding_and_truncation(params, expected):
    words = ["be", "to", ",", "that", "not", "or", "is", "question"]
    tokens = TokenSequences(max_length=3, vocabulary=words, **params).fit(LYRICS)
    assert tokens.length_ == 3
    texts = ["to be, or not to be", "that question"]
    assert_array_equal(tokens.transform(texts), expected)


def test_padding_up_to_the_longest_text():
    tokens = TokenSequences(max_length=None, padding="post").fit(LYRICS)
    assert tokens.length_ == 7
    assert tokens.transform(["to " * 100]).shape == (1, 7)
    assert TokenSequences().fit(LYRICS).length_ is None


def test_sequences_of_one_length_stay_sequences():
    tokens = TokenSequences().fit_transform(["a b", "c d"])
    assert tokens.shape == (2,)
    assert tokens.dtype == object


def test_forms_of_x():
    expected = lists(TokenSequences().fit_transform(list(LYRICS)))
    column = np.array(LYRICS, dtype=object)[:, None]
    series = pd.Series(LYRICS, index=[7, 8])
    for X in (np.array(LYRICS), tuple(LYRICS), series, series.to_frame(), column):
        assert lists(TokenSequences().fit_transform(X)) == expected
    assert lists(TokenSequences().fit_transform(iter(LYRICS))) == expected
    stream = TokenSequences().fit(text for text in LYRICS)
    assert lists(stream.transform(LYRICS)) == expected


def test_known_vocabulary():
    learnt = TokenSequences(min_frequency=2).fit(TEXTS)
    given = TokenSequences(vocabulary=learnt.vocabulary_).fit(LYRICS)
    assert given.vocabulary_ == learnt.vocabulary_
    assert lists(given.transform(TEXTS)) == lists(learnt.transform(TEXTS))
    words = TokenSequences(vocabulary=np.array(["be", "to"])).fit(LYRICS)
    assert words.vocabulary_ == {"[PAD]": 0, "[UNK]": 1, "be": 2, "to": 3}
    shuffled = TokenSequences(vocabulary={"to": 3, "be": 2}).fit(LYRICS)
    assert shuffled.vocabulary_ == words.vocabulary_


def test_pipelines_learn_and_only_from_training_folds():
    about = np.isin(NAMES, ["twenty_newsgroups", "rcv1", "lfw"])
    network = SequenceClassifier(
        "average", embedding_dim=16, epochs=12, random_state=0, learning_rate=0.01
    )
    result = cross_validate(
        make_pipeline(TokenSequences(max_length=40), network),
        *(TEXTS, about),
        cv=3,
        return_estimator=True,
        return_indices=True,
    )
    assert result["test_score"].mean() > 0.65
    for fitted, train in zip(
        result["estimator"], result["indices"]["train"], strict=True
    ):
        alone = TokenSequences().fit(TEXTS[train])
        assert fitted[0].vocabulary_ == alone.vocabulary_


def test_copies_and_same_result_again(tmp_path):
    tokens = TokenSequences(analyzer="subword", max_tokens=400).fit(TEXTS)
    expected = lists(tokens.transform(TEXTS))
    assert lists(clone(tokens).fit(TEXTS).transform(TEXTS)) == expected
    assert lists(pickle.loads(pickle.dumps(tokens)).transform(TEXTS)) == expected
    skdeep.save(tokens, tmp_path / "tokens.skdeep")
    loaded = skdeep.load(tmp_path / "tokens.skdeep")
    assert lists(loaded.transform(TEXTS)) == expected
    assert loaded.length_ is None
    assert "_made" not in tokens._tokenizer.__getstate__()


@pytest.mark.parametrize("estimator", [TokenSequences, TextClassifier, TextGenerator])
@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("one text", r"list.*Received one text, 'one text'\. Put it into a list"),
        (b"bytes", "Received one text"),
        ([b"a", b"b"], r"type bytes as number 0\. Decode it"),
        (["a", None], r"None of type NoneType as number 1\. Fill missing"),
        (pd.Series(["a", np.nan]), r"nan of type float as number 1\. Fill missing"),
        (["a", 3], r"3 of type int as number 1\. Convert"),
        ([["a"], ["b"]], r"of type list as number 0"),
        ([], "at least one text"),
        (np.array([["a", "b"]]), r"shape \(1, 2\)\. Pass one column"),
        (3, "Received int"),
        (pd.Series(["a", None], dtype="string"), r"number 1\. Fill missing"),
        ({"a", "b"}, "Received a set, which has no order"),
        (["a", "b\ud800"], "half a character in number 1.*Replace it"),
        (["", " "], "vocabulary is empty.*lower min_frequency"),
    ],
)
def test_wrong_texts(estimator, X, message):
    y = () if estimator is not TextClassifier else ([0, 1],)
    with pytest.raises(ValueError, match=message):
        estimator().fit(X, *y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"analyzer": "subword", "max_tokens": 100}, "at least 258.*max_tokens=100"),
        ({"analyzer": "subword", "vocabulary": ["a"]}, "vocabulary needs analyzer="),
        (
            {"vocabulary": [1, 2]},
            r"vocabulary must hold texts.*of type int as number 0",
        ),
        ({"vocabulary": ["a", "a"]}, "each token once"),
        ({"vocabulary": ["[PAD]"]}, "one at least"),
        ({"vocabulary": {"a": "2"}}, "an integer for each token"),
        ({"vocabulary": {"a": 5, "b": 2}}, r"numbers 2, 3.*Received 'a': 5"),
        ({"vocabulary": {"a", "b"}}, "no order"),
        ({"vocabulary": ["Word"]}, r"holds 'Word', which no text.*lowercase"),
        ({"vocabulary": ["two words"]}, "holds 'two words', which no text"),
        ({"min_frequency": 10_000}, "min_frequency=10000 times or more"),
        ({"analyzer": "sentence"}, "analyzer"),
        ({"max_tokens": 2}, "max_tokens"),
        ({"max_length": 0}, "max_length"),
    ],
)
def test_wrong_params(params, message):
    with pytest.raises(ValueError, match=message):
        TokenSequences(**params).fit(TEXTS)


def test_wrong_calls(monkeypatch):
    with pytest.raises(NotFittedError):
        TokenSequences().transform(TEXTS)
    assert not hasattr(TokenSequences(), "vocabulary_")
    tokens = TokenSequences().fit(LYRICS)
    for wrong in (-1, 11):
        with pytest.raises(ValueError, match=rf"from 0 to 10\. Received {wrong}"):
            tokens.inverse_transform([[3, wrong]])
    for wrong in ([[2.5]], [3, 2], [["a"]]):
        with pytest.raises(ValueError, match="sequences of integers"):
            tokens.inverse_transform(wrong)
    with pytest.raises(ValueError, match="None of type NoneType"):
        TokenSequences(vocabulary=["a"]).fit([None])
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r"pip install 'skdeep\[text\]'"):
        TokenSequences().fit(LYRICS)


def test_long_runs_without_spaces():
    run = "GATTACA" * 20_000
    tokens = TokenSequences(analyzer="subword", max_tokens=400, max_length=None)
    back = tokens.inverse_transform(tokens.fit_transform([run, "a  b \n c "]))
    assert list(back) == [run.lower(), "a  b \n c "]


def test_padding_set_after_fit_needs_another():
    tokens = TokenSequences().fit(LYRICS).set_params(padding="post")
    assert lists(tokens.transform(["to be"])) == [[3, 2]]


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "tokens.skdeep"
    skdeep.save(TokenSequences().fit(LYRICS), path)
    with zipfile.ZipFile(path) as archive:
        content = archive.read("estimator.json").decode()
    vocabulary = r"\"be\":2"
    for old, new in ((vocabulary, vocabulary[:-1] + "99"), ('"word"', '"x"')):
        changed = content.replace(old, new)
        assert changed != content
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("estimator.json", changed)
        with pytest.raises(FileFormatError):
            skdeep.load(path)


def test_one_word_is_a_vocabulary():
    assert lists(TokenSequences().fit_transform(["a", "a a"])) == [[2], [2, 2]]


def test_works_after_other_transformers():
    strip = FunctionTransformer(lambda X: [text.strip("# ") for text in X])
    pipe = make_pipeline(strip, TokenSequences(padding="post"))
    assert pipe.fit_transform(TEXTS).shape == (len(TEXTS), 256)
