"""network=: layers that a function of the user's makes."""

import copy
import functools
import pickle
import random

import keras
import numpy as np
import pytest
from agreement import same_weights
from numpy.testing import assert_allclose, assert_array_equal
from series_data import sunspots, ucr
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from text_data import paragraphs

import skdeep
from skdeep import (
    ConvClassifier,
    ConvRegressor,
    DenseClassifier,
    DenseRegressor,
    HiddenLayers,
    NetworkDisplay,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    TextRegressor,
    diagnose,
    forward_trace,
    layer_outputs,
)
from skdeep.networks._build import build_template

L = keras.layers
DOUBLE = {"dtype": "float64", "optimizer": "sgd", "learning_rate": 0.01}
TINY = {"epochs": 2, "random_state": 0}


def residual(shape, blocks=1, width=8):
    inputs = keras.Input(shape)
    x = L.Dense(width)(inputs)
    for _ in range(blocks):
        x = L.Add()([x, L.Dense(width, activation="relu")(x)])
    return keras.Model(inputs, x)


def residual_conv(shape):
    inputs = keras.Input(shape)
    x = L.Conv2D(6, 3, padding="same")(inputs)
    h = L.BatchNormalization()(L.Conv2D(6, 3, padding="same", activation="relu")(x))
    x = L.MaxPooling2D()(L.Add()([x, h]))
    return keras.Model(inputs, L.Flatten()(x))


def attention(shape):
    inputs = keras.Input(shape)
    x = L.Dense(8)(inputs)
    h = L.MultiHeadAttention(2, 4)(x, x)
    x = L.LayerNormalization()(L.Add()([x, h]))
    return keras.Model(inputs, L.GlobalAveragePooling1D()(x))


def recurrent(shape):
    return [L.LSTM(5, return_sequences=True), L.GRU(4)]


def convolution_1d(shape):
    return [L.Conv1D(4, 3, padding="same"), L.GlobalAveragePooling1D()]


class Block(L.Layer):
    """Not registered, and with a layer inside that has no dtype of its own."""

    def __init__(self, width, **options):
        super().__init__(**options)
        self.width, self.inner = width, L.Dense(width, activation="tanh")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return x + self.inner(x)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


class RunningMean(L.Layer):
    """Has an average of batches."""

    def build(self, shape):
        self.mean = self.add_weight((shape[-1],), trainable=False, name="mean")

    def call(self, x, training=False):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * keras.ops.mean(x, axis=0))
        return x - self.mean


def own_blocks(shape):
    return [L.Dense(8), Block(8), Block(8)]


def running(shape):
    return [L.Dense(4, activation="relu"), RunningMean()]


@pytest.fixture(scope="module")
def images(digits):
    return digits[0].reshape(-1, 8, 8), digits[1]


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:300], y[:300]


@pytest.fixture(scope="module")
def vowels():
    """Sequences of 7 to 26 steps and twelve channels."""
    X, y = ucr("JapaneseVowels", "TRAIN")
    return X[::3], y[::3]


@pytest.fixture(scope="module")
def texts():
    texts, names = paragraphs()
    return texts[:80], names[:80]


@pytest.fixture(scope="module")
def dense(digits):
    return DenseClassifier(
        network=functools.partial(residual, width=32),
        epochs=15,
        batch_size=50,
        random_state=0,
    ).fit(*digits)


@pytest.fixture(scope="module")
def attentive(vowels):
    return SequenceClassifier(network=attention, **TINY).fit(*vowels)


# What it does


def test_a_residual_block_learns(dense, digits):
    assert dense.score(*digits) > 0.95
    assert list(dense.summary().index) == ["network", "output"]


def test_a_residual_block_of_convolutions_learns(images):
    classifier = ConvClassifier(
        network=residual_conv, augment="shift", epochs=10, batch_size=25, random_state=0
    )
    assert classifier.fit(*images).score(*images) > 0.8


def test_the_function_gets_the_shape_of_a_sample(images, vowels, texts):
    seen = []

    def pooled(shape):
        seen.append(shape)
        if len(shape) == 1:
            return L.Dense(2)
        pooling = {2: L.GlobalAveragePooling1D, 3: L.GlobalAveragePooling2D}
        return pooling[len(shape)]()

    (X, y), one = images, {"network": pooled, "epochs": 1}
    DenseRegressor(**one).fit(X[:, 0], y)
    ConvRegressor(**one).fit(X, y)
    SequenceRegressor(**one).fit(X, y)
    SequenceRegressor(embedding_dim=3, **one).fit(X[:, 0], y)
    SequenceRegressor(window=4, **one).fit(X[:, 0], y)
    SequenceClassifier(**one).fit(*vowels)
    TextRegressor(**one).fit(texts[0], np.arange(80))
    TextClassifier(embedding_dim=6, **one).fit(*texts)
    tables, of_texts = [(8,), (8, 8, 1), (8, 8), (8, 3), (4, 8)], [(None, 64)]
    assert seen == [*tables, (None, 12), *of_texts, (None, 6)]


@pytest.mark.parametrize(
    "made",
    [
        lambda shape: L.Dense(8, activation="relu"),
        lambda shape: (L.Dense(8, activation="relu"),),
        lambda shape: keras.Sequential([L.Dense(8, activation="relu")]),
        lambda shape: keras.Sequential(
            [keras.Input(shape), L.Dense(8, activation="relu")]
        ),
        lambda shape: keras.Model(
            i := keras.Input(shape), L.Dense(8, activation="relu")(i)
        ),
    ],
)
def test_whatever_the_function_returns_is_the_same_network(made, iris):
    usual = DenseClassifier(
        network=lambda shape: [L.Dense(8, activation="relu")], **TINY, **DOUBLE
    )
    other = clone(usual).set_params(network=made)
    # In double precision also from a keras.Input of single precision.
    same_weights(usual.fit(*iris), other.fit(*iris), 1e-15)
    assert other.network_.weights.trainable[0].dtype == "float64"
    assert other.network_.spec.network.input_shape == (4,)


def test_the_layers_are_all_between_inputs_and_output(iris):
    built_in = DenseClassifier((5,), activation="tanh", **TINY).fit(*iris)
    own = DenseClassifier(
        network=lambda shape: L.Dense(5, activation="tanh"), **TINY
    ).fit(*iris)
    values = built_in.get_weights().values()
    own.set_weights(dict(zip(own.get_weights(), values, strict=True)))
    assert_allclose(
        own.predict_proba(iris[0]), built_in.predict_proba(iris[0]), atol=1e-6
    )


def test_penalties_and_initialisers_are_of_the_output_layer(diabetes):
    regressor = DenseRegressor(
        network=residual, l2=0.1, kernel_initializer="zeros", epochs=1, engine="keras"
    ).fit(*diabetes)
    template = build_template(regressor.network_.spec)
    assert len(template.losses) == 1
    assert np.abs(template.weights[-2]).max() == 0
    assert np.abs(template.weights[2]).max() > 0


def test_precision_of_half_the_bits(images):
    classifier = ConvClassifier(
        network=residual_conv, dtype="mixed_bfloat16", epochs=5, random_state=0
    )
    assert classifier.fit(*images).predict_proba(images[0]).dtype == "float32"
    layers = classifier.model_.get_layer("functional").layers
    assert layers[1].compute_dtype == "bfloat16"


def test_layers_within_layers_have_the_precision(cancer):
    classifier = DenseClassifier(network=own_blocks, **TINY, **DOUBLE).fit(*cancer)
    dtypes = {array.dtype.name for array in classifier.network_.weights.trainable}
    assert dtypes == {"float64"}
    names = [name for name in classifier.get_weights() if "block_1" in name]
    kernel, bias = "block_1/dense_3/kernel", "block_1/dense_3/bias"
    assert names == [f"network/{kernel}", f"network/{bias}"]
    copied = pickle.loads(pickle.dumps(classifier))
    X = cancer[0]
    assert_array_equal(copied.predict_proba(X), classifier.predict_proba(X))


# Random numbers and weights


def test_the_random_state_decides(iris):
    fits = [
        DenseClassifier(network=residual, epochs=1, random_state=seed).fit(*iris)
        for seed in (0, 0, 1)
    ]
    same_weights(fits[0], fits[1], 0)
    first, _, other = (fit.network_.weights.trainable[0] for fit in fits)
    assert np.abs(first - other).max() > 0.01
    # But they share their compiled programs.
    assert fits[0].network_.spec == fits[2].network_.spec


def test_no_global_state_changes(iris):
    before = random.getstate(), np.random.get_state()[1].tolist()
    settings = keras.config.floatx(), keras.config.dtype_policy().name
    DenseClassifier(network=residual, epochs=1, dtype="float64").fit(*iris)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == settings


@pytest.mark.parametrize("optimizer", ["auto", keras.optimizers.ScheduleFreeAdamW()])
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_weights_that_the_layers_bring_are_the_first(iris, optimizer, engine):
    pretrained = residual((4,))
    classifier = DenseClassifier(
        network=lambda shape: pretrained,
        epochs=1,
        learning_rate=1e-9,
        optimizer=optimizer,
        engine=engine,
    ).fit(*iris)
    weights = classifier.network_.weights.trainable
    for own, before in zip(weights, pretrained.get_weights(), strict=False):
        assert_allclose(own, before, rtol=0, atol=1e-7)


def test_weights_of_tokens_and_of_layers(texts):
    vectors = {"data": np.arange(6.0), "features": -np.arange(6.0)}

    def constant(shape):
        given = keras.initializers.Constant(0.1)
        return [L.GlobalAveragePooling1D(), L.Dense(3, kernel_initializer=given)]

    classifier = TextClassifier(
        network=constant, embedding_weights=vectors, epochs=1, learning_rate=1e-9
    ).fit(*texts)
    weights, number = classifier.get_weights(), classifier.vocabulary_["data"]
    assert_allclose(weights["embedding/embeddings"][number], np.arange(6), atol=1e-6)
    assert_allclose(weights["network/dense/kernel"], np.full((6, 3), 0.1), atol=1e-6)
    assert classifier.network_.spec.dropout == 0  # which is 0.5 for built-in layers


def test_frozen_layers_stay(iris):
    frozen = L.Dense(3, trainable=False, name="frozen")
    classifier = DenseClassifier(
        network=lambda shape: [frozen, L.ReLU()], learning_rate=0.1, **TINY
    ).fit(*iris)
    assert classifier.summary()["trainable"].tolist() == [0, 12]
    kernel = classifier.get_weights()["network/frozen/kernel"]
    assert_array_equal(kernel, frozen.get_weights()[0])


def test_layers_without_units_count_for_the_default_learning_rate(vowels):
    made = DenseClassifier(network=lambda shape: [Block(4)], epochs=1)
    made.fit(np.eye(4), [0, 1, 0, 1])
    assert made.network_.spec.widths == (4,)
    classifier = SequenceClassifier(network=attention, epochs=1).fit(*vowels)
    assert classifier.network_.spec.widths == (8, 8)
    # Attention holds a number for each head and pair of steps.
    assert classifier.network_.spec.network.largest == 2 * 128 * 128


# Engines


@pytest.fixture(scope="module")
def fits(digits, images, vowels, texts):
    return {
        "dense": (DenseClassifier(network=residual), digits),
        "own": (DenseClassifier(network=own_blocks), digits),
        "conv": (ConvClassifier(network=residual_conv), images),
        "attention": (SequenceClassifier(network=attention), vowels),
        "recurrent": (SequenceClassifier(network=recurrent), vowels),
        "texts": (TextClassifier(network=attention, embedding_dim=4), texts),
    }


@pytest.mark.parametrize(
    "name", ["dense", "own", "conv", "attention", "recurrent", "texts"]
)
def test_the_engines_agree(name, fits):
    estimator, data = fits[name]
    compiled, by_keras = (
        clone(estimator).set_params(engine=engine, **TINY, **DOUBLE).fit(*data)
        for engine in ("compiled", "keras")
    )
    same_weights(compiled, by_keras, 1e-8)


def test_programs_of_xla_agree(fits):
    estimator, (X, y) = fits["conv"]
    # So many steps are compiled.
    many = {"epochs": 30, "batch_size": 3, "random_state": 0}
    compiled, by_keras = (
        clone(estimator).set_params(engine=engine, **many, **DOUBLE).fit(X[:42], y[:42])
        for engine in ("compiled", "keras")
    )
    same_weights(compiled, by_keras, 1e-7)


def test_searches_fuse(cancer):
    grid = {
        "network": [functools.partial(residual, blocks=n) for n in (1, 2)],
        "learning_rate": [0.1, 0.01],
    }
    base = DenseClassifier(random_state=0, epochs=3, optimizer="sgd", dtype="float64")
    search = GridSearchCV(base, grid, cv=3)
    alone = clone(search).fit(*cancer)
    with skdeep.fuse():
        fused = clone(search).fit(*cancer)
    for column in ("mean_test_score", "std_test_score"):
        assert_allclose(fused.cv_results_[column], alone.cv_results_[column], atol=1e-8)
    same_weights(fused.best_estimator_, alone.best_estimator_, 1e-8)


def test_layers_that_mix_rows_take_keras(cancer):
    options = {"network": running, **TINY}
    auto = DenseClassifier(**options).fit(*cancer)
    same_weights(auto, DenseClassifier(engine="keras", **options).fit(*cancer), 0)
    assert np.abs(auto.get_weights()["network/running_mean/mean"]).max() > 0
    with pytest.raises(ValueError, match="averages of batches"):
        DenseClassifier(engine="compiled", **options).fit(*cancer)


def test_penalties_of_layers_in_double_precision(iris):
    classifier = DenseClassifier(
        network=lambda shape: L.Dense(3, kernel_regularizer="l2"),
        dtype="float64",
        epochs=1,
    ).fit(*iris)
    with pytest.raises(ValueError, match="cannot add penalties in double precision"):
        classifier.set_params(engine="keras").fit(*iris)


# Sequences and texts


@pytest.mark.parametrize("network", [attention, recurrent])
def test_padding_counts_for_nothing(network, vowels):
    X, y = vowels
    classifier = SequenceClassifier(network=network, dtype="float64", **TINY)
    together = classifier.fit(X, y).predict_proba(X)[:20]
    alone = np.concatenate([classifier.predict_proba([x]) for x in X[:20]])
    assert_allclose(together, alone, rtol=0, atol=1e-12)
    number = int(np.argmin([len(x) for x in X[:20]]))
    padded = np.zeros((1, len(X[number]) + 9, 13))
    padded[0, : len(X[number])] = np.c_[X[number], np.ones(len(X[number]))]
    assert_allclose(classifier.model_(padded), alone[[number]], rtol=0, atol=1e-6)


def test_padding_of_texts_counts_for_nothing(texts):
    X, y = texts
    classifier = TextClassifier(network=attention, embedding_dim=4, **TINY).fit(X, y)
    alone = np.concatenate([classifier.predict_proba([text]) for text in X[:20]])
    assert_allclose(classifier.predict_proba(X)[:20], alone, rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*(does not support masking|gives other outputs)")
def test_steps_that_are_not_there_are_zeros():
    X = [np.full(n, 9.0 if n == 2 else 11.0) for n in (2, 4, 2, 4)]
    classifier = SequenceClassifier(
        network=lambda shape: L.GlobalMaxPooling1D(), epochs=1
    ).fit(X, [0, 1, 0, 1])
    largest = layer_outputs(classifier, X)["network"][:, 0]
    assert largest[0] == 0  # what is there is below zero, the mean
    assert largest[1] > 0


def test_layers_that_lose_the_mask_are_told(vowels):
    classifier = SequenceClassifier(network=convolution_1d, **TINY)
    with (
        pytest.warns(UserWarning, match="does not support masking"),
        pytest.warns(UserWarning, match="gives other outputs where there are more"),
    ):
        classifier.fit(*vowels)


def test_operators_that_lose_the_mask_are_told(vowels):
    def added(shape):
        inputs = keras.Input(shape)
        return keras.Model(inputs, L.GlobalAveragePooling1D()(inputs + inputs))

    with pytest.warns(UserWarning, match=r"keras\.layers\.Add in place of \+"):
        SequenceClassifier(network=added, epochs=1).fit(*vowels)


def test_targets_of_every_step(images):
    X = images[0]
    y = X.sum(axis=2)

    def of_steps(shape):
        return [L.GRU(6, return_sequences=True), L.Dense(4)]

    regressor = SequenceRegressor(network=of_steps, return_sequences=True, **TINY)
    predicted = regressor.fit(X, y).predict(X)
    assert predicted.shape == y.shape
    assert_allclose(regressor.model_(X)[..., 0], predicted, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match=r"for each step: a shape of \(8, width\)"):
        clone(regressor).set_params(network=recurrent).fit(X, y)


@pytest.mark.parametrize("network", [attention, recurrent])
def test_windows_of_one_series(network):
    series = sunspots().to_numpy()[:100]
    X, y = series[:-1, None], series[1:]
    regressor = SequenceRegressor(network=network, window=6, **TINY).fit(X, y)
    # What a row sees before the series begins is masked.
    assert_allclose(regressor.predict(X)[5:9], regressor.predict(X[:9])[5:], rtol=1e-4)
    assert_allclose(regressor.predict(X[:2]), regressor.predict(X)[:2], rtol=1e-4)


# Going on


def test_going_on_needs_no_new_layers(iris):
    calls = []

    def counted(shape):
        calls.append(shape)
        return residual(shape)

    classifier = DenseClassifier(
        network=counted, warm_start=True, epochs=2, learning_rate=1e-9
    ).fit(*iris)
    before = classifier.get_weights()
    classifier.fit(*iris).partial_fit(*iris)
    assert calls == [(4,)]
    assert len(classifier.history_) == 5
    for name, value in classifier.get_weights().items():
        assert_allclose(value, before[name], atol=1e-6)
    copied = copy.deepcopy(classifier).fit(*iris)
    assert calls == [(4,)]
    copied.set_params(warm_start=False).fit(*iris)
    assert calls == [(4,), (4,)]


def test_another_function_may_make_the_same_network(iris):
    classifier = DenseClassifier(network=residual, warm_start=True, **TINY).fit(*iris)
    classifier.set_params(network=functools.partial(residual, blocks=1)).fit(*iris)
    assert len(classifier.history_) == 4
    deeper = functools.partial(residual, blocks=2)
    for network in (deeper, None):
        with pytest.raises(ValueError, match=r"go on with the same network.*network"):
            clone(classifier).set_params(network=residual).fit(*iris).set_params(
                network=network
            ).fit(*iris)


def test_early_stopping_keeps_the_best_weights(dense, digits):
    stopped = DenseClassifier(
        network=residual, early_stopping=True, patience=2, epochs=40, random_state=0
    ).fit(*digits)
    assert stopped.best_epoch_ == stopped.history_["val_loss"].argmin() + 1


# Copies and files


def test_copies_predict_the_same(dense, attentive, digits, vowels):
    for estimator, X in ((dense, digits[0][:9]), (attentive, vowels[0][:9])):
        expected = estimator.predict_proba(X)
        for copied in (pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
            assert_array_equal(copied.predict_proba(X), expected)
        assert clone(estimator).network is not None


def test_save_refuses_functions(dense, tmp_path):
    with pytest.raises(TypeError, match="cannot write network="):
        skdeep.save(dense, tmp_path / "dense.skdeep")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_the_keras_model_is_of_stock_layers(dense, digits, tmp_path):
    expected = dense.predict_proba(digits[0][:9])
    assert_allclose(dense.model_(digits[0][:9]), expected, atol=1e-5)
    dense.model_.save(tmp_path / "dense.keras")
    loaded = keras.models.load_model(tmp_path / "dense.keras")
    assert_allclose(loaded(digits[0][:9]), expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Layer 'functional' .* was passed:UserWarning")
def test_the_keras_model_of_sequences_heeds_the_mask(attentive, vowels, tmp_path):
    X = vowels[0][0]
    padded = np.zeros((1, len(X) + 5, 13))
    padded[0, : len(X)] = np.c_[X, np.ones(len(X))]
    attentive.model_.save(tmp_path / "vowels.keras")
    loaded = keras.models.load_model(tmp_path / "vowels.keras")
    assert_allclose(loaded(padded), attentive.predict_proba([X]), atol=1e-5)


# Looking inside


def test_weights_by_name(dense, digits):
    weights = dense.get_weights()
    assert list(weights)[:3] == [
        "network/dense/kernel",
        "network/dense/bias",
        "network/dense_1/kernel",
    ]
    assert weights["network/dense/kernel"].shape == (64, 32)
    blank = {name: np.zeros(value.shape) for name, value in weights.items()}
    copied = copy.deepcopy(dense).set_weights(blank)
    assert_allclose(copied.predict_proba(digits[0][:5]), np.full((5, 10), 0.1))


def test_layers_of_one_name_in_two_models(iris):
    def twice(shape):
        inputs = keras.Input(shape)
        parts = []
        for name in ("first", "second"):
            i = keras.Input(shape)
            parts.append(keras.Model(i, L.Dense(3, name="same")(i), name=name)(inputs))
        return keras.Model(inputs, L.Concatenate()(parts))

    classifier = DenseClassifier(network=twice, **TINY).fit(*iris)
    names = list(classifier.get_weights())
    assert names[:2] == ["network/first/same/kernel", "network/first/same/bias"]
    assert len(names) == len(classifier.network_.weights.trainable)


def test_outputs_of_the_layers(dense, digits, texts):
    X = digits[0][:5]
    assert layer_outputs(dense, X)["network"].shape == (5, 32)
    features = HiddenLayers(dense).fit(*digits).transform(X)
    assert features.shape == (5, 32)
    regressor = TextRegressor(network=attention, epochs=1).fit(texts[0], np.arange(80))
    assert list(layer_outputs(regressor, texts[0][:2])) == [
        "embedding",
        "network",
        "output",
    ]


def test_diagnosis_advises_what_can_be_set(iris):
    X, y = iris
    rng = np.random.RandomState(0)
    noise = rng.permutation(y)
    classifier = DenseClassifier(
        network=functools.partial(residual, width=64), epochs=200, random_state=0
    ).fit(X[:60], noise[:60])
    told = str(diagnose(classifier, X[60:], noise[60:]))
    assert "overfitting" in told
    assert "l2" in told
    assert "dropout=" not in told
    assert "hidden_layer_sizes" not in told


def test_what_is_of_stacks_of_dense_layers_is_refused(dense, digits):
    with pytest.raises(TypeError, match="without network="):
        forward_trace(dense, digits[0][:1])
    with pytest.raises(TypeError, match="without network="):
        NetworkDisplay.from_estimator(dense)
    for name in ("coefs_", "intercepts_"):
        with pytest.raises(AttributeError, match="layers by network="):
            getattr(dense, name)


# Errors


class Subclassed(keras.Model):
    def call(self, x):
        return x


def two_inputs(shape):
    inputs = [keras.Input(shape), keras.Input(shape)]
    return keras.Model(inputs, L.Add()(inputs))


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        ("residual", ValueError, "'network' parameter .* must be a callable or None"),
        (residual((4,)), TypeError, "must be a function .* Write a function"),
        (L.Dense(3), TypeError, "must be a function .* Write a function"),
        (lambda shape: [], TypeError, "one at least.* It returned none"),
        (lambda shape: None, TypeError, "It returned NoneType"),
        (lambda shape: [L.Dense(2), 3], TypeError, "It returned Dense, int"),
        (lambda shape: L.Dense, TypeError, "It returned type"),
        (lambda shape: [keras.Input(shape)], TypeError, "makes the inputs"),
        (lambda shape: L.Reshape((2, 2)), ValueError, r"\(2, 2\)\. End with .*Flatten"),
        (lambda shape: residual((5,)), ValueError, r"shape \(4,\).* one for \(5,\)"),
        (
            lambda shape: keras.Sequential([keras.Input((5,)), L.Dense(2)]),
            ValueError,
            r"shape \(4,\).* one for \(5,\)",
        ),
        (lambda shape: Subclassed(), ValueError, "sequential or functional"),
        (two_inputs, ValueError, "with 2 inputs and 1 outputs"),
        (lambda shape: L.Lambda(lambda x: x), ValueError, "in place of Lambda"),
    ],
)
def test_what_makes_no_network_is_refused(network, error, message, iris):
    with pytest.raises(error, match=message):
        DenseClassifier(network=network).fit(*iris)


def test_sequences_of_any_length_cannot_be_flat(vowels):
    with pytest.raises(ValueError, match=r"End with .*GlobalAveragePooling1D\."):
        SequenceClassifier(network=lambda shape: L.Flatten()).fit(*vowels)


def test_images_must_become_vectors(images):
    with pytest.raises(ValueError, match=r"GlobalAveragePooling2D or Flatten"):
        ConvClassifier(network=lambda shape: L.Conv2D(2, 3)).fit(*images)


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [
        (DenseClassifier, {"hidden_layer_sizes": (3,), "batch_norm": True}),
        (DenseRegressor, {"activation": "relu", "dropout": 0.1}),
        (ConvClassifier, {"filters": 3, "pooling": None, "hidden_layer_sizes": ()}),
        (ConvRegressor, {"backbone": "MobileNetV2", "fine_tune": 3}),
        (SequenceClassifier, {"cell": "gru", "units": 3}),
        (SequenceRegressor, {"bidirectional": True, "kernel_size": 3}),
        (TextClassifier, {"cell": "lstm", "dropout": 0.1}),
        (TextRegressor, {"recurrent_dropout": 0.5, "activation": "tanh"}),
    ],
)
def test_parameters_of_other_layers_are_refused(cls, parameters, images):
    assert set(cls._of_layers) <= set(cls().get_params())
    with pytest.raises(ValueError, match="must have their defaults") as raised:
        cls(network=residual, **parameters).fit(*images)
    for name in parameters:
        assert f"{name}=" in str(raised.value)


def test_defaults_in_another_form_are_defaults(iris):
    DenseClassifier([128, 128], network=residual, epochs=1).fit(*iris)
