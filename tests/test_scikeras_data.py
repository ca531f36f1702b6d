"""SciKeras's tutorials on data of other kinds, with other data.

Several inputs and outputs, images, targets, sparse inputs: their code must run with
skdeep's classes (SciKeras 0.13, https://adriangb.com/scikeras/).
"""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_linnerud
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    LabelEncoder,
    MinMaxScaler,
    scale,
)
from tutorial_models import ADAM, SOFTMAX, SQUARED, tower, values

from skdeep import KerasClassifier, KerasRegressor

# Data transformers


class ParityAndSize(TransformerMixin, BaseEstimator):
    """Two columns of names become two targets, one for each output."""

    def fit(self, y):
        self.parity_, self.size_ = (LabelEncoder().fit(column) for column in y.T)
        return self

    def transform(self, y):
        return [self.parity_.transform(y[:, 0]), self.size_.transform(y[:, 1])]

    def inverse_transform(self, y, return_proba=False):
        if return_proba:
            return np.column_stack(y)
        parity = self.parity_.inverse_transform(np.ravel(y[0] > 0.5).astype(int))
        return np.column_stack([parity, self.size_.inverse_transform(y[1].argmax(1))])

    def get_metadata(self):
        return {
            "n_classes_": [len(self.parity_.classes_), len(self.size_.classes_)],
            "n_outputs_expected_": 2,
        }


class TwoQuestions(KerasClassifier):
    @property
    def target_encoder(self):
        return ParityAndSize()

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        pairs = zip(y_true.T, y_pred.T, strict=True)
        return np.mean([accuracy_score(*pair, **kwargs) for pair in pairs])


def two_outputs(meta, logits=False):
    n_sizes = meta["n_classes_"][1]
    inputs = keras.Input((meta["n_features_in_"],))
    hidden = layers.Dense(32, activation="relu")(inputs)
    ends = ("linear", "linear") if logits else ("sigmoid", "softmax")
    parity = layers.Dense(1, activation=ends[0], name="parity")(hidden)
    size = layers.Dense(n_sizes, activation=ends[1], name="size")(hidden)
    return keras.Model(inputs, [parity, size])


@pytest.fixture(scope="module")
def questions(digits):
    X, y = digits
    parity = np.where(y % 2, "odd", "even")
    size = np.array(["small", "middle", "large"])[y // 4]
    return X / 16, np.column_stack([parity, size])


TWO_LOSSES = ["binary_crossentropy", "sparse_categorical_crossentropy"]


@pytest.mark.parametrize(
    "losses", [TWO_LOSSES, dict(zip(["parity", "size"], TWO_LOSSES, strict=True))]
)
def test_several_outputs(questions, losses):
    X, y = questions
    classifier = TwoQuestions(
        two_outputs, loss=losses, epochs=12, verbose=0, random_state=0, **ADAM
    ).fit(X, y)
    assert classifier.n_classes_ == [2, 3]
    predicted = classifier.predict(X)
    assert predicted.shape == y.shape
    assert set(predicted[:, 0]) == {"even", "odd"}
    assert set(predicted[:, 1]) == {"small", "middle", "large"}
    assert classifier.predict_proba(X).shape == (len(X), 4)
    right = (predicted == y).mean()
    assert classifier.score(X, y) == pytest.approx(right)
    assert right > 0.85


def test_parameters_of_one_loss_of_several(questions):
    classifier = TwoQuestions(
        two_outputs,
        loss=[
            keras.losses.BinaryCrossentropy,
            keras.losses.SparseCategoricalCrossentropy,
        ],
        loss__from_logits=True,
        loss__0__label_smoothing=0.2,
        model__logits=True,
        random_state=0,
        verbose=0,
    ).fit(*questions)
    first, second = (loss.get_config() for loss in classifier.model_.loss)
    assert first["from_logits"]
    assert second["from_logits"]
    assert first["label_smoothing"] == 0.2


def test_wrong_number_of_outputs(questions):
    classifier = TwoQuestions(
        lambda: keras.Sequential([keras.Input((64,)), layers.Dense(1)]), loss="mse"
    ).set_params(verbose=0)
    with pytest.raises(ValueError, match="outputs"):
        classifier.fit(*questions)


class BodyAndBlood(KerasRegressor):
    """The first four columns are one input, the others a second one."""

    @property
    def feature_encoder(self):
        return FunctionTransformer(lambda X: [X[:, :4], X[:, 4:]])


class NamedInputs(KerasRegressor):
    @property
    def feature_encoder(self):
        return FunctionTransformer(lambda X: {"body": X[:, :4], "blood": X[:, 4:]})


def two_inputs():
    body, blood = keras.Input((4,), name="body"), keras.Input((6,), name="blood")
    branches = [layers.Dense(8, activation="relu")(branch) for branch in (body, blood)]
    return keras.Model([body, blood], layers.Dense(1)(layers.concatenate(branches)))


@pytest.mark.parametrize("estimator", [BodyAndBlood, NamedInputs])
def test_several_inputs(progression, estimator):
    X, y = progression
    regressor = estimator(two_inputs, epochs=12, **ADAM, **SQUARED).fit(X, y)
    assert regressor.n_features_in_ == 10
    assert regressor.score(X, y) > 0.4
    assert regressor.predict(X[:3]).shape == (3,)
    weights = np.where(np.arange(len(X)) % 2, 1.0, 0.0)
    regressor.fit(X, y, sample_weight=weights)
    assert regressor.score(X[1::2], y[1::2]) > 0.4


def convolutions(meta):
    return keras.Sequential(
        [
            keras.Input(meta["image_shape_"]),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


class Images(FunctionTransformer):
    def __init__(self):
        super().__init__(lambda X: X.reshape(len(X), 8, 8, 1))

    def get_metadata(self):
        return {"image_shape_": (8, 8, 1)}


class ImageClassifier(KerasClassifier):
    @property
    def feature_encoder(self):
        return Images()


def test_flat_rows_become_images(digits):
    X, y = digits
    network = ImageClassifier(
        convolutions, epochs=10, validation_split=0.1, **ADAM, **SOFTMAX
    )
    pipe = make_pipeline(MinMaxScaler(), network).fit(X, y)
    assert pipe.score(X, y) > 0.85
    assert pipe[-1].model_.input_shape == (None, 8, 8, 1)
    assert len(pipe[-1].history_["val_loss"]) == 10


def test_images_as_they_are(digits):
    X, y = digits
    classifier = KerasClassifier(
        lambda meta: convolutions({**meta, "image_shape_": meta["X_shape_"][1:]}),
        epochs=10,
        **ADAM,
        **SOFTMAX,
    )
    images = X.reshape(-1, 8, 8, 1) / 16
    assert classifier.fit(images, y).score(images, y) > 0.8


# Targets


def test_names_become_one_hot_for_categorical_crossentropy(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    settings = {**SOFTMAX, "loss": "categorical_crossentropy"}
    classifier = KerasClassifier(tower, epochs=15, **ADAM, **settings).fit(X, names)
    assert classifier.score(X, names) > 0.85
    assert set(classifier.predict(X)) <= set(names)


def probabilities(meta):
    units = meta["n_classes_"]
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            layers.Dense(16, activation="relu"),
            layers.Dense(units, activation="sigmoid"),
        ]
    )


def test_several_labels_at_once(digits):
    X, y = digits
    labels = np.column_stack([y % 2 == 0, y > 4, np.isin(y, [0, 6, 8, 9])]).astype(int)
    classifier = KerasClassifier(
        probabilities, epochs=15, **ADAM, **{**SOFTMAX, "loss": "binary_crossentropy"}
    ).fit(X / 16, labels)
    predicted = classifier.predict(X / 16)
    assert predicted.shape == labels.shape
    assert set(np.unique(predicted)) == {0, 1}
    assert (predicted == labels).mean() > 0.85


def test_one_hot_labels_come_back_one_hot(iris):
    X, y = iris
    one_hot = np.eye(3, dtype=int)[y]
    settings = {**SOFTMAX, "loss": "categorical_crossentropy"}
    classifier = KerasClassifier(tower, epochs=15, **ADAM, **settings).fit(X, one_hot)
    predicted = classifier.predict(X)
    assert predicted.shape == one_hot.shape
    np.testing.assert_array_equal(predicted.sum(axis=1), 1)
    assert (predicted.argmax(axis=1) == y).mean() > 0.85


def test_several_targets():
    X, y = load_linnerud(return_X_y=True)
    X, y = scale(X), scale(y)
    regressor = KerasRegressor(values, width=8, epochs=60, **ADAM, **SQUARED).fit(X, y)
    assert regressor.predict(X).shape == (20, 3)
    assert regressor.model_.output_shape == (None, 3)
    assert regressor.score(X, y) > 0.2


# Sparse inputs: SciKeras takes them, skdeep's wrappers ask for dense ones.


def test_one_hot_bins_are_given_dense(progression):
    X, y = np.delete(progression[0], 1, axis=1), progression[1]
    regressor = KerasRegressor(values, width=16, epochs=10, **ADAM, **SQUARED)
    bins = KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf")
    with pytest.raises(TypeError, match=r"(?i)sparse"):
        make_pipeline(bins, regressor).fit(X, y)
    bins.set_params(encode="onehot-dense")
    assert make_pipeline(bins, regressor).fit(X, y).score(X, y) > 0.4
