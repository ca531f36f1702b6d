"""Names of Keras's objects: all that Keras knows, suggestions, objects as text."""

import keras
import pytest
from keras_models import softmax_network
from sklearn.base import clone

import skdeep
from skdeep import DenseClassifier, DenseRegressor, KerasClassifier
from skdeep.networks import (
    ACTIVATIONS,
    CLASSIFICATION_LOSSES,
    INITIALIZERS,
    OPTIMIZERS,
    REGRESSION_LOSSES,
    described,
)

NAMES = {
    "activation": ("rellu", "relu"),
    "kernel_initializer": ("he_norml", "he_normal"),
    "loss": ("mean_square_error", "mean_squared_error"),
    "optimizer": ("Adamm", "adam"),
    "learning_rate_schedule": ("cosine", "cosine_decay"),
    "engine": ("compile", "compiled"),
}


class Silent(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that does not tell its settings."""

    def __call__(self, step):
        return 0.1


DECAY = keras.optimizers.schedules.CosineDecay(0.1, 7)
OBJECTS = {
    "SGD(0.01, momentum=0.9)": keras.optimizers.SGD(0.01, momentum=0.9),
    "Adam(0.001)": keras.optimizers.Adam(),
    "Adam(CosineDecay(0.1, decay_steps=7))": keras.optimizers.Adam(DECAY),
    "Huber(delta=2)": keras.losses.Huber(2.0),
    "Hinge()": keras.losses.Hinge(),
    "QuantileLoss(quantile=0.9)": skdeep.QuantileLoss(0.9),
    "HeNormal(seed=3)": keras.initializers.HeNormal(seed=3),
    "LeakyReLU(negative_slope=0.07)": keras.layers.LeakyReLU(0.07),
    "AUC()": keras.metrics.AUC(name="area"),
    "EarlyStopping(patience=3)": keras.callbacks.EarlyStopping(patience=3),
}


def test_every_name_that_keras_resolves():
    everything = keras.src.initializers.ALL_OBJECTS_DICT
    bases = {"Initializer", "initializer", "STFT", "stft", "STFTInitializer"}
    bases |= {"Constant", "constant"}  # it has no value by name
    others = {"IdentityInitializer", "OrthogonalInitializer"}  # the same, once more
    assert set(everything) - bases - others == INITIALIZERS
    of_activations = set(keras.src.activations.ALL_OBJECTS_DICT)
    assert of_activations - {"glu", "threshold"} == ACTIVATIONS
    bases = {"optimizer", "lossscaleoptimizer", "multioptimizer", "optimizermap"}
    assert set(keras.src.optimizers.ALL_OBJECTS_DICT) - bases <= OPTIMIZERS
    none = {"Loss", "LossFunctionWrapper", "CTC", "ctc", "Circle", "circle"}
    losses = set(keras.src.losses.ALL_OBJECTS_DICT) - none
    assert losses == REGRESSION_LOSSES | CLASSIFICATION_LOSSES


@pytest.mark.parametrize("name", ["uniform", "Zeros", "identity"])
def test_names_train(iris, name):
    params = {"kernel_initializer": name, "optimizer": "Adam", "epochs": 1}
    DenseClassifier((4,), **params, random_state=0).fit(*iris)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_names_get_a_suggestion(name):
    wrong, right = NAMES[name]
    with pytest.raises(ValueError, match=f"Got '{wrong}' .*Did you mean '{right}'"):
        DenseRegressor(**{name: wrong}).fit([[0.0], [1.0]], [0.0, 1.0])


@pytest.mark.parametrize(
    ("of_sklearn", "of_keras"), [("identity", "linear"), ("logistic", "sigmoid")]
)
def test_activations_of_scikit_learn_get_the_name_of_keras(iris, of_sklearn, of_keras):
    with pytest.raises(ValueError, match=f"Did you mean '{of_keras}'"):
        DenseClassifier(activation=of_sklearn).fit(*iris)


def test_wrong_names_elsewhere_get_a_suggestion(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"'acuracy'\. Did you mean 'accuracy'"):
        DenseClassifier((4,), metrics=["acuracy"]).fit(X, y)
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        DenseRegressor.from_weights([[[1.0]]], activation="rellu")
    with pytest.raises(ValueError, match="Did you mean 'subword'"):
        skdeep.TokenSequences(analyzer="subwords").fit(["a b"])
    for name, wrong in (("loss", "msee"), ("optimizer", "Sgdd")):
        with pytest.raises(ValueError, match=f"{name}='{wrong}'. Did you mean"):
            KerasClassifier(softmax_network, **{name: wrong}).fit(X, y)


@pytest.mark.parametrize("text", OBJECTS)
def test_objects_show_their_settings(text):
    assert described(OBJECTS[text]) == text


def test_objects_that_do_not_tell_their_settings_are_shown_as_they_are():
    schedule = Silent()
    shown = repr(DenseClassifier(learning_rate=schedule, metrics=[schedule]))
    assert "Silent object" in shown


def test_auto_has_one_spelling():
    with pytest.raises(ValueError, match="Did you mean 'auto'"):
        DenseRegressor(optimizer="AUTO").fit([[0.0], [1.0]], [0.0, 1.0])


def test_estimators_show_the_settings_of_objects(iris):
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    params = {"optimizer": optimizer, "metrics": [keras.metrics.AUC()], "epochs": 1}
    network = DenseClassifier((4,), **params)
    assert repr(network) == (
        "DenseClassifier(epochs=1, hidden_layer_sizes=(4,), metrics=[AUC()],\n"
        "                optimizer=SGD(0.01, momentum=0.9))"
    )
    assert "SGD(0.01, momentum=0.9)" in network._repr_html_()
    assert network.optimizer is optimizer
    assert repr(clone(network)) == repr(network)
