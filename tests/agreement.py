"""What tests of several files compare."""

from numpy.testing import assert_allclose


def same_weights(first, second, tolerance=1e-5):
    """Whether two fitted networks have equal trainable weights."""
    pairs = zip(
        first.network_.weights.trainable,
        second.network_.weights.trainable,
        strict=True,
    )
    for a, b in pairs:
        assert_allclose(a, b, rtol=0, atol=tolerance)


def run_xla_as_graph(patch):
    """Run as TensorFlow's graph what would be compiled by XLA, also in short fits.

    It runs the same code of skdeep, and takes less time to trace than to compile.

    Parameters
    ----------
    patch : pytest.MonkeyPatch
    """
    # Pytest's first process imports this file, and needs no TensorFlow.
    import tensorflow as tf

    from skdeep.networks import _traced
    from skdeep.training import _job

    def graph(run, arguments):
        specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, arguments)
        return _traced.traced(run, specs)

    patch.setattr(_traced, "_compiled", graph)
    patch.setattr(_job, "SHORT_FIT_STEPS", 1)


def take_no_steps(patch):
    """Let fits take no step, so that nothing is traced: they only draw weights.

    Each chunk of batches must still be one that the steps would take.

    Parameters
    ----------
    patch : pytest.MonkeyPatch
    """
    import tensorflow as tf

    from skdeep.training._program import Program

    def run(program, state, metric_state, chunk, *, path):
        check_chunk(program, state, metric_state, chunk)
        return state, metric_state, tf.zeros(len(chunk.rows))

    patch.setattr(Program, "run", run)


def check_chunk(program, state, metric_state, chunk):
    """Whether the traced steps of a program would take this chunk of batches."""
    import tensorflow as tf

    given = tf.nest.flatten([state, metric_state, chunk])
    for spec, tensor in zip(tf.nest.flatten(program.signature), given, strict=True):
        assert spec.is_compatible_with(tensor), (spec, tensor)


def move_weights(patch):
    """Let fits move the weights at random, the same way each time, and trace nothing.

    This suits tests of what comes after training. The biases of a network that has
    taken no step are zeros, so that nobody would see where they are left out.

    Parameters
    ----------
    patch : pytest.MonkeyPatch
    """
    import numpy as np
    import tensorflow as tf

    from skdeep.training._program import Program

    def run(program, state, metric_state, chunk, *, path):
        check_chunk(program, state, metric_state, chunk)
        random = np.random.RandomState(0)
        moved = [
            weight + tf.constant(random.normal(0, 0.1, weight.shape), weight.dtype)
            for weight in state.trainable
        ]
        state = state._replace(trainable=moved)
        return state, metric_state, tf.ones(len(chunk.rows))

    patch.setattr(Program, "run", run)


def run_keras_eagerly(patch):
    """Let ``keras.Model.fit`` trace nothing, which takes less time for a few steps.

    Parameters
    ----------
    patch : pytest.MonkeyPatch
    """
    import keras

    original = keras.Model.compile

    def compiled(model, *args, **options):
        return original(model, *args, **{**options, "run_eagerly": True})

    patch.setattr(keras.Model, "compile", compiled)
