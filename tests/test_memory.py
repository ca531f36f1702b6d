"""What compiled programs leave in memory: nothing, once they are dropped."""

import gc
import weakref

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_iris
from tensorflow.python.eager import context
from tensorflow.python.framework import ops

import skdeep
from skdeep.inference._keras_model import PicklableModel
from skdeep.networks import _traced
from skdeep.networks._traced import Cache, Compiled, traced
from skdeep.training import _program

X, y = load_iris(return_X_y=True)
MB = 2**20


def _functions():
    gc.collect()
    names = context.context().list_function_names()
    return {name for name in names if not name.startswith("__wrapped__")}


def _custom_gradients():
    registered = ops.gradient_registry.list()
    return {name for name in registered if name.startswith("CustomGradient")}


def test_a_dropped_program_leaves_no_graphs(monkeypatch):
    monkeypatch.setattr(_program, "_programs", Cache())
    functions, gradients = _functions(), _custom_gradients()
    # This activation brings a gradient of its own, which TensorFlow registers.
    skdeep.DenseClassifier((3,), activation="silu", epochs=1).fit(X, y)
    assert _functions() > functions
    assert _custom_gradients() == gradients
    _program._programs.clear()
    assert _functions() <= functions


def test_gradients_of_others_stay():
    @tf.custom_gradient
    def own(x):
        return x, lambda slope: 2 * slope

    others = tf.function(own).get_concrete_function(tf.TensorSpec([], tf.float32))
    before = _custom_gradients()
    call = traced(lambda x: own(x) + 1, signature=[tf.TensorSpec([], tf.float32)])
    assert float(call(1.0)) == 2
    assert before
    assert _custom_gradients() == before
    assert float(others(tf.constant(1.0))) == 1


def test_caches_are_bounded_by_bytes(monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(None))
    cache = Cache(most_bytes=100 * MB)
    for number in range(20):
        cache.get(number, lambda number=number: number, lambda made: 7 * MB)
        assert cache.n_bytes <= 100 * MB
        assert len(cache) > 5 or len(cache) == number + 1
    assert 0 < len(collected) < 5
    assert cache.get(19, lambda: "anew", lambda made: 0) == 19
    assert cache.get(0, lambda: "anew", lambda made: 0) == "anew"
    # What is larger than the bound has it for itself.
    cache.get("large", lambda: "large", lambda made: 1000 * MB)
    assert len(cache) == 1


def test_large_networks_have_few_programs(untrained, monkeypatch):
    monkeypatch.setattr(_program, "_programs", Cache(most_bytes=20 * MB))
    data = np.zeros((4, 700)), np.zeros(4)
    for width in (700, 701, 702):
        skdeep.DenseRegressor((width,), epochs=1, normalize=False).fit(*data)
    assert len(_program._programs) == 1


def test_a_program_keeps_the_last_shapes(caplog):
    call = Compiled(lambda x: 2 * x)
    for size in range(1, 12):
        x = tf.ones([size])
        assert call(size, x).shape == size
    assert len(call) == _traced._MOST_SHAPES
    assert call(1, tf.ones([1])).shape == 1
    assert not [record for record in caplog.records if "retracing" in record.message]


def test_what_xla_compiled_is_let_go():
    captured = tf.constant(np.arange(20.0))  # TensorFlow keeps it out of the graph

    def run(x, parts):
        return {"silu": tf.nn.silu(x)}, [parts[0] + 1, tf.reduce_sum(captured)]

    call = Compiled(run)
    n_gradients = len(ops.gradient_registry._registry)
    arguments = tf.constant([1.0, -1.0]), [tf.constant(2.0, "bfloat16")]
    result = call("shape", *arguments)
    tf.nest.assert_same_structure(result, run(*arguments))
    assert [value.dtype for value in result[1]] == ["bfloat16", "float64"]
    for value, right in zip(
        tf.nest.flatten(result), tf.nest.flatten(run(*arguments)), strict=True
    ):
        np.testing.assert_allclose(np.float64(value), np.float64(right), rtol=1e-6)
    assert len(ops.gradient_registry._registry) == n_gradients
    (compiled,) = call._by_shape.values()
    session = weakref.ref(compiled.session)
    assert "_XlaMustCompile" in str(session().graph.as_graph_def())
    del call, compiled
    gc.collect()
    assert session() is None


def test_names_of_variables_do_not_depend_on_what_was_made_before(untrained):
    def names():
        _program._programs.clear()
        skdeep.DenseClassifier((3,), epochs=1, metrics=["auc"]).fit(X, y)
        ((program, _),) = _program._programs._made.values()
        variables = [*program.optimizer.variables, *program.metrics[0].variables]
        return [v.path for v in [*program.model.variables, *variables]]

    before = names()
    keras.layers.Dense(2), keras.optimizers.AdamW(), keras.metrics.AUC()
    assert names() == before
    assert "dense/kernel" in before


def test_layers_of_a_users_own_go_on_from_model_(untrained):
    # Keras counts the names of both, for a model has no two layers of one name.
    network = skdeep.DenseClassifier((3,), epochs=1).fit(X, y).model_
    added = keras.layers.Dense(2)(network.layers[-2].output)
    assert keras.Model(network.inputs, added).output_shape == (None, 2)


def test_with_a_gpu_arrays_stay_there(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind])
    call = Compiled(lambda x: 2 * x)
    np.testing.assert_array_equal(call(2, tf.ones([2])), [2, 2])


def test_a_held_model_keeps_the_last_calls():
    inputs = keras.Input((None,), dtype="int64")
    model = keras.Model(inputs, keras.ops.sum(inputs, axis=1))
    held = PicklableModel(model)
    for width in range(1, 9):
        large = np.full((2, width), 2**40)  # beyond what the shared call takes
        np.testing.assert_array_equal(held.predict(large), [width * 2**40] * 2)
    assert len(held._calls) <= 4
