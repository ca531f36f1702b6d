"""Compiled functions that leave nothing behind when they are dropped."""

import gc
import threading
from collections import OrderedDict

import numpy as np
import tensorflow as tf

from skdeep._compat import config_pb2, ops

# Of one function, for so many shapes of its arguments.
_MOST_SHAPES = 8
# What a cache may hold, and what a graph takes beside its network's arrays: measured.
_MOST_BYTES = 150 * 2**20
GRAPH_BYTES = 7 * 2**20


def traced(run, signature, **options):
    """``run`` as a graph of TensorFlow's, made at the first call.

    Parameters
    ----------
    run : callable
        Of tensors.
    signature : list of nest of TensorSpec
    **options
        Of ``tf.function``.
    """
    made, lock = [], threading.Lock()

    def call(*arguments):
        with lock:
            if not made:
                made.append(_graph(run, signature, options))
        return made[0](*arguments)

    return call


def _graph(run, signature, options):
    """A concrete function, whose making TensorFlow does not take for a mistake.

    TensorFlow keeps the gradients that operations like ``tf.nn.silu`` bring, and with
    them the graph of whoever has called them, for as long as the process lives. What
    is traced here takes its own gradients, so that nobody asks for these again.
    """

    def within(*arguments):
        before = set(_registered())
        try:
            return run(*arguments)
        finally:
            _forget(before, tf.compat.v1.get_default_graph())

    function = tf.function(within, autograph=False, **options)
    return function.get_concrete_function(*signature)


class Compiled:
    """``run`` compiled by XLA, for the last few shapes of its arguments.

    Parameters
    ----------
    run : callable
    """

    def __init__(self, run):
        self._run = run
        self._by_shape = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, shape, *arguments):
        """Call it; ``shape`` is equal for arguments of equal shapes."""
        with self._lock:
            if shape not in self._by_shape:
                self._by_shape[shape] = _compiled(self._run, arguments)
                if len(self._by_shape) > _MOST_SHAPES:
                    self._by_shape.popitem(last=False)
            self._by_shape.move_to_end(shape)
            call = self._by_shape[shape]
        return call(*arguments)

    def __len__(self):
        return len(self._by_shape)


def _compiled(run, arguments):
    """``run`` compiled by XLA at its first call, for arguments of these shapes.

    TensorFlow keeps what XLA has compiled as long as the device that it was compiled
    for, and eager calls share devices that last as long as the process. A session has
    devices of its own, so what it has compiled goes when the session goes.
    """
    specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, arguments)
    if tf.config.list_logical_devices("GPU"):
        # Arrays that a session is fed with would travel through the host's memory.
        return traced(run, specs, jit_compile=True)
    return _Session(run, specs)


class _Session:
    """A graph compiled by XLA, in a session of its own.

    Parameters
    ----------
    run : callable
        Of tensors.
    specs : list of nest of TensorSpec
    """

    def __init__(self, run, specs):
        self._run = run
        self._specs = specs
        self._lock = threading.Lock()
        self._call = None

    def __call__(self, *arguments):
        with self._lock:
            if self._call is None:
                self._open()
        arrays = map(_array, tf.nest.flatten(arguments))
        results = map(_tensor, self._call(*arrays, *self._captured))
        return tf.nest.pack_sequence_as(self._results, list(results))

    def _open(self):
        """Make the graph, and the session that is closed when nobody refers to it."""
        function = _graph(self._run, self._specs, {"jit_compile": True})
        self._results = function.structured_outputs
        self._captured = [_array(tensor) for tensor in function.captured_inputs]
        with tf.Graph().as_default() as graph:
            definition, inputs, outputs = _one_call(function)
            tf.import_graph_def(definition, name="")
        self.session = tf.compat.v1.Session(graph=graph)
        # The public make_callable looks at all that goes in and out anew at each call,
        # which takes ten times as long as this.
        options = config_pb2.CallableOptions(feed=inputs, fetch=outputs)
        self._call = self.session._make_callable_from_options(options)


def _one_call(function):
    """The definition of a graph that calls ``function``; names of what goes in and out.

    To call it in a graph as Python functions are called would register a gradient,
    which TensorFlow keeps as long as the process lives.
    """
    with tf.Graph().as_default() as graph:
        inputs = [tf.compat.v1.placeholder(t.dtype, t.shape) for t in function.inputs]
        outputs = tf.raw_ops.StatefulPartitionedCall(
            args=inputs, Tout=[t.dtype for t in function.outputs], f=function
        )
    definition = graph.as_graph_def()
    for node in definition.node:
        if node.op == "StatefulPartitionedCall":
            node.attr["_XlaMustCompile"].b = True
    return definition, [t.name for t in inputs], [t.name for t in outputs]


def _array(tensor):
    """The values of an eager tensor, which share its memory."""
    # NumPy cannot look into a single bfloat16.
    return np.asarray(tensor) if tensor.ndim else np.asarray(tensor.numpy())


def _tensor(array):
    """An eager tensor of these values, in their memory where that can be had."""
    if array.ndim and array.size and array.dtype.kind in "fiu":
        return shared(array)
    return tf.convert_to_tensor(array)


def shared(array):
    """A tensor in the memory of ``array``: it holds whatever is written there."""
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _registered():
    """TensorFlow's gradient functions by name; none, should it hide them one day."""
    return getattr(ops.gradient_registry, "_registry", {})


def _forget(before, graph):
    """Take out what was registered since for ``graph`` and for graphs within."""
    registered = _registered()
    for name in set(registered) - before:  # other threads may trace, too
        if graph in _graphs_of(registered[name]["type"]):
            registered.pop(name, None)


def _graphs_of(gradient):
    """The graphs around the tensors that a gradient function holds."""
    found, waiting = [], [gradient]
    for _ in range(2):  # it holds another function, which holds them
        waiting = [
            part
            for function in waiting
            for cell in getattr(function, "__closure__", None) or ()
            for part in tf.nest.flatten(cell.cell_contents)
        ]
        found += [part.graph for part in waiting if tf.is_symbolic_tensor(part)]
    for graph in found:
        outer = getattr(graph, "outer_graph", None)
        if outer is not None and outer not in found:
            found.append(outer)
    return found


class Cache:
    """What was made last, as much as memory is meant to hold.

    Graphs refer to themselves in circles that Python finds late, for it sees little of
    what they take. So a quarter is let go at a time, and looked for.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes=_MOST_BYTES):
        self._most = most_bytes
        self._made = OrderedDict()
        self._lock = threading.RLock()

    def get(self, key, make, size=None):
        """What ``make`` gives, or gave for this key.

        Parameters
        ----------
        key : hashable
        make : callable
        size : callable, default=None
            The bytes that something made takes; None asks its ``n_bytes``.
        """
        with self._lock:
            if key not in self._made:
                made = make()
                self._made[key] = made, size or (lambda made: made.n_bytes)
                self._bound()
            self._made.move_to_end(key)
            return self._made[key][0]

    def __len__(self):
        return len(self._made)

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._made.clear()

    @property
    def n_bytes(self):
        with self._lock:
            return sum(size(made) for made, size in self._made.values())

    def _bound(self):
        if self.n_bytes <= self._most:
            return
        while len(self._made) > 1 and self.n_bytes > self._most * 3 // 4:
            self._made.popitem(last=False)
        gc.collect()


def n_bytes(variables):
    """Bytes of Keras variables or of arrays."""
    sizes = (np.prod(v.shape) * tf.as_dtype(v.dtype).size for v in variables)
    return int(sum(sizes))
