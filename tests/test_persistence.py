"""skdeep.save, skdeep.load and export."""

from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from saved_files import forge, state_of
from sklearn.linear_model import LogisticRegression

import skdeep
from skdeep import (
    ConvRegressor,
    DenseClassifier,
    DenseRegressor,
    FileFormatError,
    Forecaster,
    SequenceRegressor,
)

# What is learnt does not matter.
pytestmark = pytest.mark.usefixtures("moved")


@pytest.fixture
def saved(classifier, tmp_path):
    path = tmp_path / "model.skdeep"
    skdeep.save(classifier, path)
    return path


def test_round_trip_keeps_everything(classifier, saved, iris):
    again = skdeep.load(saved)
    X, y = iris
    assert type(again) is DenseClassifier
    assert again.get_params() == classifier.get_params()
    assert again.history_.equals(classifier.history_)
    assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert_allclose(
        again.model_.predict(X, verbose=0), classifier.predict_proba(X), atol=1e-6
    )
    # Training goes on as if it had not been saved.
    one = again.partial_fit(X, y)
    classifier_copy = skdeep.load(saved).partial_fit(X, y)
    assert_array_equal(one.predict_proba(X), classifier_copy.predict_proba(X))


def test_keras_objects_and_object_labels(iris, tmp_path):
    X, y = iris
    classifier = DenseClassifier(
        (4,),
        activation=keras.layers.LeakyReLU(0.1),
        optimizer=keras.optimizers.SGD(0.1, momentum=0.5),
        class_weight={"a": 1.0, "b": 2.0, "c": 1.0},
        epochs=1,
        random_state=0,
    )
    classifier.fit(X, np.array(["a", "b", "c"], dtype=object)[y])
    skdeep.save(classifier, tmp_path / "model.skdeep")
    again = skdeep.load(tmp_path / "model.skdeep")
    assert_array_equal(again.predict(X), classifier.predict(X))
    assert again.optimizer.momentum == 0.5
    assert again.class_weight == classifier.class_weight


def test_after_a_fit_with_callbacks(iris, tmp_path):
    path = tmp_path / "model.skdeep"
    stop = keras.callbacks.EarlyStopping("loss")
    net = DenseClassifier((3,), epochs=1, callbacks=[stop]).fit(*iris)
    skdeep.save(net.set_params(callbacks=None), path)
    assert_array_equal(skdeep.load(path).predict(iris[0]), net.predict(iris[0]))


def test_a_network_is_tried_out_where_its_data_were(diabetes, digits, tmp_path):
    # At zero the exponential of these networks is infinite.
    path, settings = tmp_path / "model.skdeep", {"loss": "poisson", "random_state": 0}
    settings["epochs"] = 2
    rows, images = diabetes[0][:60] * 20 + 1e6, digits[0][:60].reshape(-1, 8, 8) + 1e6
    y = diabetes[1][:60]
    networks = {
        "dense": (DenseRegressor((), **settings), rows),
        "window": (SequenceRegressor(cell="average", window=2, **settings), rows),
        "images": (ConvRegressor((3,), **settings), images),
    }
    for network, X in networks.values():
        skdeep.save(network.fit(X, y), path)
        again = skdeep.load(path)
        assert_array_equal(again.predict(X), network.predict(X))
    assert networks["dense"][0].network_.inputs.far
    years = 1700.0 + np.arange(60)[:, None]
    forecaster = Forecaster(DenseRegressor((), **settings), window=2).fit(y, X=years)
    skdeep.save(forecaster, path)
    future = [[1760.0]]
    again = skdeep.load(path)
    assert_array_equal(again.predict(X=future), forecaster.predict(X=future))


def test_unfitted_estimator(tmp_path):
    skdeep.save(DenseRegressor((3,), l2=0.1), tmp_path / "model.skdeep")
    again = skdeep.load(tmp_path / "model.skdeep")
    assert again.get_params() == DenseRegressor((3,), l2=0.1).get_params()


def test_what_is_not_data_is_refused(tmp_path):
    path = tmp_path / "model.skdeep"
    with pytest.raises(TypeError, match="cannot write activation"):
        skdeep.save(DenseRegressor(activation=lambda x: x), path)
    for what in (len, LogisticRegression, type("Own", (DenseRegressor,), {})()):
        with pytest.raises(TypeError, match="takes estimators of skdeep"):
            skdeep.save(what, path)
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 10, 500])
def test_truncated_files_are_refused(saved, size):
    saved.write_bytes(saved.read_bytes()[:size])
    with pytest.raises(FileFormatError, match="damaged"):
        skdeep.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format=99), "format 99"),
        (lambda c: c["content"].update(estimator="Popen"), "estimator, 'Popen'"),
        (lambda c: state_of(c).update(evil=1), "unknown attributes .'evil'"),
        (lambda c: state_of(c).pop("dropout"), "missing .'dropout'"),
        (lambda c: state_of(c).update(l1={"code": "1"}), "unknown kind of value"),
        (
            lambda c: state_of(c).update(l1={"object": "Popen", "fields": {}}),
            "unknown object: 'Popen'",
        ),
    ],
)
def test_unknown_content_is_refused(saved, change, message):
    forge(saved, change)
    with pytest.raises(FileFormatError, match=message):
        skdeep.load(saved)


def test_missing_file_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        skdeep.load(tmp_path / "nothing")


def saved_model_output(path, X):
    loaded = tf.saved_model.load(path)
    return loaded.serve(X).numpy()


def litert_output(path, X):
    interpreter = tf.lite.Interpreter(path)
    (given,), (wanted,) = (
        interpreter.get_input_details(),
        interpreter.get_output_details(),
    )
    interpreter.resize_tensor_input(given["index"], X.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], X)
    interpreter.invoke()
    return interpreter.get_tensor(wanted["index"])


def onnx_output(path, X):
    session = onnxruntime.InferenceSession(path)
    (given,) = session.get_inputs()
    return session.run(None, {given.name: X})[0]


@pytest.mark.parametrize(
    ("format", "file", "output", "rtol", "deviations"),
    [
        ("tf_saved_model", "folder", saved_model_output, 1e-5, 0),
        # Other kernels, and a prediction may be near zero.
        ("litert", "model.tflite", litert_output, 0, 2e-6),
        ("onnx", "model.onnx", onnx_output, 0, 2e-6),
    ],
    ids=["tf_saved_model", "litert", "onnx"],
)
# tf.lite.Interpreter is to move to a package of its own; Keras names np.object.
@pytest.mark.filterwarnings(
    r"ignore:\s*Warning. tf.lite.Interpreter", "ignore:In the future `np.object`"
)
def test_exports_predict_the_same(
    regressor, diabetes, tmp_path, format, file, output, rtol, deviations
):
    X, y = diabetes[0].astype("float32"), diabetes[1]
    path = str(tmp_path / file)
    if format == "litert" and keras.__version__.startswith("3.12."):
        with pytest.raises(ValueError, match=r"needs Keras 3\.13"):
            regressor.export(path, format=format)
        return
    regressor.export(path, format=format)
    exported = output(path, X)[:, 0]
    atol = deviations * y.std()
    expected = regressor.predict(X.astype("float64"))
    assert_allclose(exported, expected, rtol=rtol, atol=atol)


def test_a_star_takes_no_common_names():
    names = {"load": np.load, "save": np.save}
    exec("from skdeep import *", names)
    assert (names["load"], names["save"]) == (np.load, np.save)
    assert names["DenseClassifier"] is DenseClassifier
    assert {"load", "save"} < set(dir(skdeep))


FILES = Path(__file__).parent / "files"


def test_a_file_of_an_earlier_version_loads(iris):
    X, y = iris
    assert skdeep.load(FILES / "dense_0.1.0.skdeep").score(X, y) == pytest.approx(0.82)


def test_a_file_that_this_version_cannot_read_names_its_own():
    with pytest.raises(FileFormatError, match=r"skdeep '0.1.0'.*with that version"):
        skdeep.load(FILES / "sequence_0.1.0.skdeep")
