"""TextGenerator: likelihoods, what comes next, generated texts, streams."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from agreement import same_weights
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_softmax
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from text_data import paragraphs

import skdeep
from skdeep import TextGenerator, TokenSequences

TEXTS = list(paragraphs()[0])
TRAIN, TEST = TEXTS[:130], TEXTS[130:]
TINY = {
    "cell": "rnn",
    "window": 8,
    "units": 4,
    "embedding_dim": 3,
    "epochs": 2,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def generator():
    net = TextGenerator("gru", window=12, units=24, embedding_dim=24, random_state=0)
    # Few steps, which are not compiled by XLA.
    net.set_params(learning_rate=0.03, epochs=12, batch_size=128, min_frequency=4)
    return net.fit(TRAIN)


@pytest.fixture(scope="module")
def tiny():
    return TextGenerator(**TINY).fit(TRAIN)


def stream_of(net, text):
    return [0, *net._tokenizer.encode([text])[0], 0]


def unigram_perplexity(net):
    train = np.concatenate([stream_of(net, text)[1:] for text in TRAIN])
    test = np.concatenate([stream_of(net, text)[1:] for text in TEST])
    counts = np.bincount(train, minlength=len(net.vocabulary_)) + 0.1
    return np.exp(-np.log(counts / counts.sum())[test].mean())


def test_knows_more_than_the_frequencies(generator):
    assert 1 < generator.perplexity(TEST) < 0.9 * unigram_perplexity(generator)
    assert generator.perplexity(TRAIN) < generator.perplexity(TEST)
    assert_allclose(generator.score(TEST), -np.log(generator.perplexity(TEST)))


def test_one_token_is_predicted_from_half_a_window_at_least(tiny):
    """The same, token by token, through the Keras model."""
    text = " ".join(" ".join(TEST[:2]).split()[:20])
    stream = stream_of(tiny, text)
    total = 0.0
    for place in range(1, len(stream)):
        end = min(-(-place // 4) * 4, len(stream) - 1)
        seen = np.array(stream[max(0, end - 8) : place], float)
        seen = np.pad(seen, (0, 8 - len(seen)))[None, :, None]
        number = min(place, place - max(0, end - 8)) - 1
        total += np.log(np.asarray(tiny.model_(seen))[0, number, stream[place]])
    assert_allclose(tiny.score([text]), total / (len(stream) - 1), rtol=1e-4)


def test_next_tokens(generator):
    best = generator.predict_next("the data", top=3)
    assert list(best.columns) == ["token", "probability"]
    assert best["probability"].is_monotonic_decreasing
    every = generator.predict_next("the data", top=10_000)
    assert set(every["token"]) == set(generator.vocabulary_)
    assert_allclose(every["probability"].sum(), 1, rtol=1e-5)
    longer = "no effect of what is before a window " + "the data " * 12
    assert_array_equal(
        generator.predict_next("the data " * 12, 5), generator.predict_next(longer, 5)
    )


def test_greedy(generator):
    text = generator.generate("The data", 6, temperature=0)
    assert text.startswith("The data")
    known = "The data"
    for _ in range(6):
        every = generator.predict_next(known, top=100)
        token = every[every["token"] != "[UNK]"]["token"].iloc[0]
        if token == "[PAD]":
            break
        known = f"{known} {token}"
    encode = generator._tokenizer.encode
    assert encode([text]) == encode([known])
    assert generator.generate("The data", 6, temperature=1e-9) == text


def test_draws(generator):
    def draw(seed, **params):
        return generator.generate("the", 20, random_state=seed, **params)

    assert draw(0) == draw(0)
    assert len({draw(seed) for seed in range(5)}) == 5
    assert "[UNK]" not in "".join(draw(seed) for seed in range(20))
    assert draw(np.random.RandomState(3)) == draw(3)


def test_draws_follow_the_probabilities(generator):
    every = generator.predict_next("the", top=10_000).set_index("token")["probability"]
    every = every.drop("[UNK]") ** 2  # temperature 0.5
    expected = every / every.sum()
    rng = np.random.RandomState(0)
    texts = [
        generator.generate("the", 1, temperature=0.5, random_state=rng)
        for _ in range(400)
    ]
    token = expected.drop("[PAD]").idxmax()
    number = generator.vocabulary_[token]
    drawn = np.mean(
        [generator._tokenizer.encode([t])[0][1:] == [number] for t in texts]
    )
    assert abs(drawn - expected[token]) < 0.06


def likelihood(net, text, prompt):
    """Of what follows the prompt, token by token, ends left out."""
    tokens, total = stream_of(net, text)[:-1], 0.0
    for place in range(len(stream_of(net, prompt)) - 1, len(tokens)):
        log_p = net._log_probabilities(np.array([tokens[:place][-net.window :]]))[0]
        total += log_p[tokens[place]]
    return total


def test_beams_find_what_is_more_probable(generator):
    prompt = "the"
    found = [generator.generate(prompt, 5, n_beams=n) for n in (1, 8)]
    assert found[0] == generator.generate(prompt, 5, temperature=0)
    likelihoods = [likelihood(generator, text, prompt) for text in found]
    assert likelihoods[1] >= likelihoods[0]
    assert found[1] == generator.generate(prompt, 5, n_beams=8, random_state=7)


def test_texts_end():
    net = TextGenerator(window=4, epochs=40, random_state=0, dropout=0.0)
    net.fit(["one two three"] * 60)
    assert net.generate("one", 50, temperature=0) == "one two three"
    assert net.generate("", 50, n_beams=3) == "one two three"
    assert net.generate("", 2, temperature=0) == "one two"
    assert net.predict_next("one two three", 1)["token"].item() == "[PAD]"


@pytest.mark.parametrize("analyzer", ["char", "subword"])
def test_other_tokens(analyzer):
    net = TextGenerator(**TINY, analyzer=analyzer, max_tokens=300)
    text = net.fit(TRAIN[:30]).generate("Data ", 9, random_state=0)
    assert text.startswith("Data ")
    assert net.perplexity(TEST) < 300


def test_pieces_hold_every_token_once_or_more(tiny):
    stream = np.concatenate([[0], *[stream_of(tiny, t)[1:] for t in TRAIN]])
    X, y = tiny._inputs.read(tiny, TRAIN, None, learn=False)
    assert_array_equal(X[:-1].ravel(), stream[: 8 * (len(X) - 1)])
    assert_array_equal(y[:-1].ravel(), stream[1 : 8 * (len(X) - 1) + 1])
    assert_array_equal(y[-1].ravel(), stream[-8:])


def test_engines_agree(without_xla, keras_eagerly):
    """Other cells: test_sequences.py and test_use_bias.py."""
    net = TextGenerator(**TINY, dtype="float64", dropout=0.0, min_frequency=5)
    second = clone(net).set_params(engine="keras").fit(TRAIN[:20])
    first = clone(net).fit(TRAIN[:20])
    same_weights(first, second, 1e-6)


def test_two_layers_and_the_compiled_forward_pass(monkeypatch, moved):
    net = TextGenerator(**{**TINY, "units": (5, 4)}, recurrent_dropout=0.2).fit(TRAIN)
    expected = net.score(TEST)
    monkeypatch.setattr(
        "skdeep.sequence._execution.SequenceExecution.suits_numpy",
        lambda spec, n_rows: False,
    )
    assert_allclose(net.score(TEST), expected, rtol=1e-5)


def test_stream():
    """What partial_fit gets in parts, with the vocabulary of the whole."""
    whole = TokenSequences(min_frequency=2).fit(text for text in TRAIN)
    net = TextGenerator(**TINY, vocabulary=whole.vocabulary_, learning_rate=0.003)
    scores = []
    for _ in range(3):
        for start in range(0, 130, 65):
            net.partial_fit(TRAIN[start : start + 65])
        scores.append(net.score(TEST))
    assert net.vocabulary_ == whole.vocabulary_
    assert net.n_epochs_ == 6
    assert scores == sorted(scores)


def test_validation_and_metrics():
    net = TextGenerator(**TINY, metrics=["accuracy"]).fit(TRAIN, X_val=TEST)
    assert (net.history_["accuracy"] > 0.01).all()
    assert net.history_["val_loss"].notna().all()
    stopping = TextGenerator(**TINY, early_stopping=True).fit(TRAIN)
    n_pieces = len(stopping._inputs.read(stopping, TRAIN, None, learn=False)[0])
    assert (
        stopping._inputs.split(np.zeros(n_pieces), 3, None, None)[1].max()
        == n_pieces - 1
    )
    assert "val_loss" in stopping.history_


def test_warm_start_goes_on(tiny):
    net = clone(tiny).set_params(warm_start=True).fit(TRAIN)
    before = net.history_["loss"].iloc[-1]
    assert net.fit(TRAIN).history_["loss"].iloc[-1] < before
    assert len(net.history_) == 4


def test_search(moved):
    search = GridSearchCV(
        TextGenerator(**TINY), {"epochs": [1, 2]}, cv=KFold(2), refit=False
    )
    assert np.isfinite(search.fit(TRAIN).cv_results_["mean_test_score"]).all()


def test_copies(tiny, tmp_path):
    skdeep.save(tiny, tmp_path / "model.skdeep")
    for copy in (
        skdeep.load(tmp_path / "model.skdeep"),
        pickle.loads(pickle.dumps(tiny)),
        clone(tiny).fit(TRAIN),
    ):
        assert copy.score(TEST) == tiny.score(TEST)
        assert copy.generate("the", random_state=0) == tiny.generate(
            "the", random_state=0
        )


def test_is_no_classifier(tiny):
    assert not is_classifier(tiny)
    assert not is_regressor(tiny)
    assert not hasattr(tiny, "predict")


@pytest.mark.parametrize(
    ("texts", "params", "message"),
    [
        (["a b c"] * 4, {"early_stopping": True}, "at least two pieces of 8.*X_val"),
        (["x y"] * 9, {"vocabulary": ["a", "b"]}, "No token of the texts is in the"),
        (TRAIN, {"vocabulary": ["a", "The"]}, r"holds 'The', which no text.*lowercase"),
        (["a a a a"], {}, r"two different tokens\. Received texts with \['a'\] only"),
        (["a b"] * 2, {"window": 9}, r"window=9 needs.*Received 6, ends.*lower it"),
        (TRAIN, {"cell": "conv"}, "cell"),
        (TRAIN, {"units": 0}, "units"),
        (TRAIN, {"units": ()}, "units must hold at least 1"),
    ],
)
def test_wrong_fits(texts, params, message):
    with pytest.raises(ValueError, match=message):
        TextGenerator(**{**TINY, **params}).fit(texts)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"prompt": ["a"]}, "prompt"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": -1}, "temperature"),
        ({"n_beams": 0}, "n_beams"),
    ],
)
def test_wrong_calls(tiny, params, message):
    with pytest.raises(ValueError, match=message):
        tiny.generate(**params)


def test_other_wrong_calls(tiny):
    with pytest.raises(ValueError, match="top"):
        tiny.predict_next("a", top=0)
    with pytest.raises(NotFittedError):
        TextGenerator().generate()
    with pytest.raises(ValueError, match="Received one text"):
        tiny.score("one text")
    with pytest.raises(ValueError, match=r"prompt must hold.*half a character"):
        tiny.generate("\ud800")
    with pytest.raises(ValueError, match=r"X_val must hold.*None"):
        TextGenerator(**TINY).fit(TRAIN, X_val=[None])
    with pytest.raises(ValueError, match="Pass more text at once"):
        deepcopy(tiny).partial_fit(["a"])


@pytest.mark.parametrize(
    "change", [{"analyzer": "char"}, {"lowercase": False}, {"vocabulary": ["a", "b"]}]
)
def test_other_tokens_need_a_new_fit(tiny, change, moved):
    net = deepcopy(tiny).set_params(**change)
    with pytest.raises(
        ValueError, match=rf"same tokens.*Received.*{next(iter(change))}"
    ):
        net.partial_fit(TRAIN)
    with pytest.raises(ValueError, match="same tokens"):
        net.set_params(warm_start=True).fit(TRAIN)
    if "lowercase" in change:
        assert net.set_params(warm_start=False).fit(TRAIN).n_epochs_ == 2


def test_window_is_that_of_the_fit(tiny):
    net = deepcopy(tiny)
    expected = net.score(TEST)
    assert net.set_params(window=3).score(TEST) == expected


def test_context(tiny):
    """An end stands in front, and a window is seen."""
    for text in ("data", " ".join(TEST[:3])):
        numbers = [0, *tiny._tokenizer.encode([text])[0]][-8:]
        seen = np.pad(np.array(numbers, float), (0, 8 - len(numbers)))[None, :, None]
        expected = np.asarray(tiny.model_(seen))[0, len(numbers) - 1]
        found = tiny.predict_next(text, 10_000).set_index("token")["probability"]
        assert_allclose(found[list(tiny.vocabulary_)], expected, rtol=1e-4)


def every_continuation(net, known, max_tokens):
    """Yield the likelihood and the tokens of each; 0 is the end."""
    log_p = net._log_probabilities(net._context(known))[0]
    for number in (0, *range(2, len(log_p))):
        if number == 0 or max_tokens == 1:
            yield log_p[number], [number][: number > 0]
            continue
        for total, tokens in every_continuation(net, [*known, number], max_tokens - 1):
            yield log_p[number] + total, [number, *tokens]


def test_beams_find_the_best_of_all():
    net = TextGenerator(**TINY, min_frequency=1, dropout=0.0)
    net.set_params(learning_rate=0.05, learning_rate_schedule="cosine_decay", epochs=30)
    net.fit(["a b c a", "b a c", "c c a b", "a c", "b"] * 4)
    differs = 0
    for known in ([], [2], [3], [4], [2, 3], [3, 4], [4, 2], [4, 4], [2, 2, 3]):
        for most in (1, 2, 4):
            every = every_continuation(net, known, most)
            _, best = max(every, key=lambda pair: pair[0])
            assert net._beam_search(known, most, 1000) == best
        differs += net._beam_search(known, 4, 1) != best
    assert differs


@pytest.mark.filterwarnings("error")
def test_extreme_temperatures(generator):
    cold = generator.generate("the", 5, temperature=1e-308, random_state=0)
    assert cold == generator.generate("the", 5, temperature=0)
    hot = {
        generator.generate("the", 1, temperature=1e300, random_state=seed)
        for seed in range(40)
    }
    assert len(hot) > 30
    assert "the[UNK]" not in "".join(hot).replace(" ", "")


def test_spaces(generator):
    tokens = generator.vocabulary_
    continued = generator._tokenizer.continued
    assert continued("the (", [tokens["data"]]) == "the (data"
    assert continued("the", [tokens["data"], tokens["."]]) == "the data."
    assert continued("the", [tokens["."]]) == "the."
    assert continued("the ", [tokens["data"]]) == "the data"
    assert continued("", [tokens["data"]]) == "data"


def test_log_probabilities_are_those_of_the_network(tiny):
    tokens = np.array([[0, 5, 9]])
    whole = tiny._log_probabilities(tokens, 3)[0]
    assert_allclose(np.exp(whole).sum(axis=1), 1, rtol=1e-5)
    assert_allclose(tiny._log_probabilities(tokens)[0], whole[-1], rtol=1e-5)
    assert_allclose(log_softmax(whole, axis=1), whole, atol=1e-5)
