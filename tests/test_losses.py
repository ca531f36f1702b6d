"""Which output layer each loss gets, what it learns, and what is refused."""

import functools

import keras
import numpy as np
import pytest
from agreement import same_weights
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import mean_poisson_deviance

from skdeep import (
    Autoencoder,
    DenseClassifier,
    DenseRegressor,
    KerasClassifier,
    KerasRegressor,
)
from skdeep.networks import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    classification_head,
    identity,
    loss_name,
    regression_head,
)

L = keras.losses
KINDS = {"binary": 2, "multiclass": 3, "multilabel-indicator": 3}
NET = {"hidden_layer_sizes": (8,), "random_state": 0}
# Units and activation for two classes, for three, and for three labels.
_EACH = (1, "sigmoid"), (3, "softmax"), (3, "sigmoid")
_OF_CLASSES = (2, "softmax"), (3, "softmax"), None
_MARGINS = (1, "linear"), (3, "linear"), (3, "linear")
OUTPUTS = {
    "binary_crossentropy": _EACH,
    "binary_focal_crossentropy": _EACH,
    "categorical_crossentropy": _OF_CLASSES,
    "categorical_focal_crossentropy": _OF_CLASSES,
    "categorical_hinge": ((2, "linear"), (3, "linear"), None),
    "dice": _EACH,
    "hinge": _MARGINS,
    "huber": _EACH,
    "kl_divergence": _OF_CLASSES,
    "log_cosh": _EACH,
    "mean_absolute_error": _EACH,
    "mean_squared_error": _EACH,
    "poisson": _EACH,
    "sparse_categorical_crossentropy": _OF_CLASSES,
    "squared_hinge": _MARGINS,
    "tversky": _EACH,
}


def squared(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def mean_squared_error(y_true, y_pred):
    """Of Keras's name, but not what Keras calls so."""
    return 2 * squared(y_true, y_pred)


class Halved(L.MeanSquaredError):
    """What Keras's class is, under another name."""


class Weighted(L.MeanSquaredError):
    def call(self, y_true, y_pred):
        return 3 * super().call(y_true, y_pred)


class Own(L.Loss):
    def call(self, y_true, y_pred):
        return squared(y_true, y_pred)


class Called(L.Loss):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred))


@pytest.mark.parametrize("name", sorted(CLASSIFICATION_LOSSES))
def test_output_layers_of_classifiers(name):
    for (kind, n_classes), expected in zip(
        KINDS.items(), OUTPUTS[loss_name(name)], strict=True
    ):
        if expected is None:
            with pytest.raises(ValueError, match=rf"{name}'.*exclude each.*Use one of"):
                classification_head(kind, n_classes, name, 0.0)
        else:
            head = classification_head(kind, n_classes, name, 0.0)
            assert (head.units, head.output) == expected


@pytest.mark.parametrize("name", sorted(REGRESSION_LOSSES))
def test_output_layers_of_regressors(name):
    output = "exponential" if name.lower() == "poisson" else "linear"
    assert regression_head(3, name).output == output


@pytest.mark.parametrize(
    "loss",
    [
        L.MeanSquaredError(name="my_mse"),
        L.MeanSquaredError,
        L.mean_squared_error,
        functools.partial(L.mean_squared_error),
        Halved(),
        "MSE",
        "MeanSquaredError",
    ],
)
def test_losses_count_by_what_they_are(loss):
    assert loss_name(loss) == "mean_squared_error"
    assert not regression_head(1, loss).own_units


@pytest.mark.parametrize(
    "loss", [mean_squared_error, Own(name="mse"), Weighted(), lambda y, p: p]
)
def test_names_do_not_make_a_loss_one_of_keras(loss):
    assert regression_head(1, loss).own_units
    head = classification_head("binary", 2, loss, 0.0)
    assert (head.units, head.output) == (1, "sigmoid")


def test_name_of_a_loss_changes_nothing(progression):
    X, y = progression[0], progression[1] * 1000
    losses = "mse", L.MeanSquaredError(name="my_mse"), squared
    fits = [DenseRegressor(**NET, loss=loss, epochs=3).fit(X, y) for loss in losses]
    assert_allclose(fits[1].predict(X), fits[0].predict(X), rtol=1e-4)
    assert_allclose(fits[2].predict(X), fits[0].predict(X), rtol=0.02, atol=1)
    # A function of the user's is computed in the units of y.
    loss = [fit.history_["loss"].iloc[0] for fit in fits]
    assert loss[2] == pytest.approx(loss[0] * y.var(), rel=0.01)


@pytest.mark.parametrize("name", ["msle", "mape"])
def test_relative_losses_learn_raw_targets(diabetes, name):
    X, y = diabetes
    fitted = DenseRegressor(**NET, loss=name, epochs=50, learning_rate=0.02)
    assert fitted.fit(X, y).score(X, y) > 0.2
    assert fitted.set_params(normalize=False, epochs=1).fit(X, y)


def test_refused_for_values():
    X, y = [[0.0], [1.0]], [0.0, 1.0]
    for loss in (L.BinaryCrossentropy(), L.Hinge(), L.KLDivergence(), L.CTC()):
        with pytest.raises(ValueError, match="does not fit continuous targets"):
            DenseRegressor(loss=loss).fit(X, y)
    with pytest.raises(ValueError, match="several columns"):
        DenseRegressor(loss="cosine_similarity").fit(X, y)
    for loss in ("poisson", "msle"):
        with pytest.raises(ValueError, match=r"not negative.*smallest value of -1"):
            DenseRegressor(loss=loss).fit(X, [-1.0, 1.0])
    with pytest.raises(ValueError, match="positive output"):
        Autoencoder(loss="poisson").fit(X)


def test_refused_for_labels():
    for loss in (L.MeanAbsolutePercentageError(), L.Circle()):
        with pytest.raises(ValueError, match="does not fit labels"):
            DenseClassifier(loss=loss).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_losses_that_engines_would_understand_differently(engine):
    X, y = [[0.0], [1.0]], [0.0, 1.0]
    with pytest.raises(ValueError, match=r"defines __call__\. Rename"):
        DenseRegressor(loss=Called(), engine=engine).fit(X, y)
    for reduction in (None, "mean_with_sample_weight"):
        loss = L.MeanSquaredError(reduction=reduction)
        with pytest.raises(ValueError, match="reduction of a loss must be one of"):
            DenseRegressor(loss=loss, engine=engine).fit(X, y)


def test_given_models_obey_a_loss_with_its_own_call(iris):
    def build():
        layers = [keras.Input((4,)), keras.layers.Dense(3, "softmax")]
        return keras.Sequential(layers)

    seen = []

    class Noted(L.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            seen.append(y_pred.shape)
            return keras.ops.mean(y_pred) * 0 + 7.0

    fitted = KerasClassifier(build, loss=Noted(), optimizer="sgd").fit(*iris)
    assert seen
    assert fitted.history_["loss"] == [pytest.approx(7.0)]


@pytest.mark.parametrize("loss", ["kl_divergence", "hinge", "categorical_hinge"])
def test_both_classes_are_learnt(cancer, loss):
    X, y = cancer
    for labels in (y, 1 - y):
        fitted = DenseClassifier(**NET, loss=loss, epochs=10, learning_rate=0.02)
        assert fitted.fit(X, labels).score(X, labels) > 0.95


def test_margins(iris, cancer):
    X, y = iris
    params = {**NET, "loss": "hinge", "epochs": 20, "metrics": ["accuracy"]}
    params["learning_rate"] = 0.02
    classifier = DenseClassifier(**params).fit(X, y, X_val=X, y_val=y)
    accuracy = classifier.history_["val_accuracy"].iloc[-1]
    assert accuracy == pytest.approx(classifier.score(X, y), abs=1e-6)
    assert accuracy > 0.8
    margins = classifier.decision_function(X)
    assert margins.min() < -0.5
    assert margins.max() > 0.5
    assert_allclose(classifier.model_(X), margins, atol=1e-5)
    X, y = cancer
    classifier = DenseClassifier(**params).fit(X, y, X_val=X, y_val=y)
    accuracy = classifier.history_["val_accuracy"].iloc[-1]
    assert accuracy == pytest.approx(classifier.score(X, y), abs=1e-6)
    assert_array_equal(classifier.decision_function(X) > 0, classifier.predict(X))
    loss = np.maximum(0, 1 - (2 * y - 1) * classifier.decision_function(X)).mean()
    assert classifier.history_["val_loss"].iloc[-1] == pytest.approx(loss, abs=1e-4)
    for method in ("predict_proba", "predict_log_proba"):
        assert not hasattr(classifier, method)
        assert not hasattr(DenseClassifier(loss="squared_hinge"), method)
    with pytest.raises(AttributeError) as error:
        classifier.predict_proba(X)
    assert "CalibratedClassifierCV" in str(error.value.__cause__)
    classifier.set_params(metrics=None, epochs=1)
    calibrated = CalibratedClassifierCV(classifier, cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (569, 2)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_losses_of_logits(iris, n_classes):
    X, y = iris[0], np.minimum(iris[1], n_classes - 1)
    cls = L.BinaryCrossentropy if n_classes == 2 else L.CategoricalCrossentropy
    fits = [
        DenseClassifier(**NET, epochs=5, loss=cls(from_logits=logits)).fit(X, y)
        for logits in (False, True)
    ]
    expected, found = (fit.predict_proba(X) for fit in fits)
    assert_allclose(found, expected, atol=1e-4)
    assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    logits = np.asarray(fits[1].model_(X))
    decision = fits[1].decision_function(X)
    assert_allclose(logits.reshape(decision.shape), decision, atol=1e-4)


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    return X, rng.poisson(np.exp(X[:, 0] * 0.7 + 0.5))


def test_poisson(counts):
    X, y = counts
    params = {**NET, "loss": "poisson", "epochs": 30, "learning_rate": 0.02}
    for factor in (1, 1000):
        fitted = DenseRegressor(**params).fit(X, y * factor)
        predicted = fitted.predict(X)
        assert (predicted > 0).all()
        mean = np.full(len(y), y.mean() * factor)
        share = mean_poisson_deviance(y * factor, predicted)
        share /= mean_poisson_deviance(y * factor, mean)
        assert share < 0.65
        if factor == 1:
            assert_allclose(fitted.model_(X)[:, 0], predicted, rtol=1e-4)
    fitted.set_params(normalize=False, epochs=1).fit(X, y)
    assert (fitted.predict(X) > 0).all()


@pytest.mark.parametrize("loss", ["poisson", squared, Own()])
def test_engines_agree_for_values(counts, keras_eagerly, loss):
    X, y = counts[0][:100], counts[1][:100]
    params = {**NET, "loss": loss, "epochs": 2, "dtype": "float64"}
    fits = [
        DenseRegressor(**params, engine=engine).fit(X, y, X_val=X[:50], y_val=y[:50])
        for engine in ("compiled", "keras")
    ]
    same_weights(*fits)
    assert_allclose(fits[0].history_["loss"], fits[1].history_["loss"], rtol=1e-4)
    assert_allclose(
        fits[0].history_["val_loss"], fits[1].history_["val_loss"], rtol=1e-4
    )


@pytest.mark.parametrize("loss", ["hinge", L.BinaryCrossentropy(from_logits=True)])
def test_engines_agree_for_labels(cancer, keras_eagerly, loss):
    X, y = cancer[0][:100], cancer[1][:100]
    params = {**NET, "loss": loss, "epochs": 1, "metrics": ["accuracy"]}
    fits = [
        DenseClassifier(**params, engine=engine).fit(X, y)
        for engine in ("compiled", "keras")
    ]
    same_weights(*fits)
    assert_allclose(fits[0].history_, fits[1].history_, rtol=1e-4)


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_margins_of_given_models(cancer, activation):
    X, y = cancer

    def build():
        layers = [keras.Input((30,)), keras.layers.Dense(1, activation)]
        return keras.Sequential(layers)

    params = {"optimizer": "adam", "optimizer__learning_rate": 0.05, "epochs": 5}
    network = KerasClassifier(build, loss="hinge", random_state=0, **params)
    network.fit(X, np.array(["bad", "good"])[y])
    margins = np.asarray(network.model_(X))[:, 0]
    assert_allclose(network.decision_function(X), margins, atol=1e-5)
    assert_array_equal(network.predict(X) == "good", margins > 0)
    assert network.score(X, np.array(["bad", "good"])[y]) > 0.95
    probabilities = network.predict_proba(X)
    assert_allclose(probabilities[:, 1], (np.clip(margins, -1, 1) + 1) / 2, atol=1e-5)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "activation", "message"),
    [
        ("kl_divergence", "sigmoid", "a unit per class"),
        (L.CategoricalHinge(name="mine"), "linear", "a unit per class"),
        ("binary_crossentropy", "softmax", "softmax of 1 unit"),
    ],
)
def test_outputs_of_given_models_that_fit_no_loss(cancer, loss, activation, message):
    def build():
        layers = [keras.Input((30,)), keras.layers.Dense(1, activation)]
        return keras.Sequential(layers)

    with pytest.raises(ValueError, match=message):
        KerasClassifier(build, loss=loss).fit(*cancer)


@pytest.mark.parametrize(
    ("loss", "activation"),
    [("binary_crossentropy", None), (L.BinaryFocalCrossentropy(), "tanh")],
)
def test_a_given_model_without_probabilities_is_warned_of(cancer, loss, activation):
    def build():
        layers = [keras.Input((30,)), keras.layers.Dense(1, activation)]
        return keras.Sequential(layers)

    with pytest.warns(UserWarning, match="takes probabilities.*from_logits=True"):
        KerasClassifier(build, loss=loss).fit(*cancer)


@pytest.mark.parametrize(
    ("estimator", "loss", "activation", "message"),
    [
        (KerasClassifier, "hinge", "sigmoid", "takes margins.*tanh"),
        (KerasClassifier, L.SquaredHinge(), "sigmoid", "takes margins.*tanh"),
        (KerasRegressor, "poisson", None, "takes positive numbers.*softplus"),
        (KerasRegressor, "binary_crossentropy", None, "takes probabilities"),
    ],
)
def test_a_given_model_that_does_not_fit_the_loss_is_warned_of(
    cancer, estimator, loss, activation, message
):
    X, y = cancer

    def build():
        layers = [keras.Input((30,)), keras.layers.Dense(1, activation)]
        return keras.Sequential(layers)

    with pytest.warns(UserWarning, match=message):
        estimator(build, loss=loss).fit(0 * X, y)  # only the warning counts


@pytest.mark.parametrize("loss", ["binary_crossentropy", L.BinaryCrossentropy(True)])
def test_given_models_with_probabilities_in_other_ways(cancer, loss):
    """With an activation that is no layer, or within the loss."""

    def build():
        inputs = keras.Input((30,))
        outputs = keras.layers.Dense(1)(inputs)
        if isinstance(loss, str):
            outputs = keras.activations.sigmoid(outputs)
        return keras.Model(inputs, outputs)

    fitted = KerasClassifier(build, loss=loss, random_state=0).fit(*cancer)
    p = fitted.predict_proba(cancer[0])[:, 1]
    scores = fitted.decision_function(cancer[0])
    assert_allclose(scores, np.log(p) - np.log1p(-p), rtol=1e-3, atol=1e-4)


def test_settings_that_keras_does_not_tell_make_another_loss():
    assert identity(L.Huber(2.0)) != identity(L.Huber(1.0))
    assert identity(L.Huber(2.0, name="a")) == identity(L.Huber(2.0, name="b"))
