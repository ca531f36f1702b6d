"""Compiled functions that free all their memory when they are dropped."""

import gc
import math
import threading
from collections import OrderedDict

import numpy as np
import tensorflow as tf

from skdeep._compat import config_pb2, ops

# A function keeps compiled code for this many shapes of its arguments.
_MOST_SHAPES = 8
# The most bytes that a cache holds, and the bytes of a graph beside the arrays of its
# network, as measured.
_MOST_BYTES = 150 * 2**20
GRAPH_BYTES = 7 * 2**20


def traced(run, signature, **options):
    """``run`` as a TensorFlow graph, which is traced at the first call.

    Parameters
    ----------
    run : callable
        Takes and returns tensors.
    signature : list of nest of TensorSpec
    **options
        Further arguments of ``tf.function``.
    """
    made, lock = [], threading.Lock()

    def call(*arguments):
        with lock:
            if not made:
                made.append(_graph(run, signature, options))
        return made[0](*arguments)

    return call


def _graph(run, signature, options):
    """A concrete function that does not keep its graph alive for ever.

    Operations like ``tf.nn.silu`` register a gradient function of their own. TensorFlow
    keeps it, and with it the graph that called the operation, until the process ends.
    Functions that are traced here compute their gradients inside of the graph. Nobody
    needs the registered ones afterwards, so they are removed.
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
        """Call ``run``; ``shape`` must be equal for arguments of equal shapes."""
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
    """``run``, compiled by XLA at its first call, for arguments of these shapes.

    TensorFlow keeps compiled code as long as the device that it was compiled for. Eager
    calls share devices that live until the process ends. A session has devices of its
    own, so its compiled code is freed together with the session.
    """
    specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, arguments)
    if tf.config.list_logical_devices("GPU"):
        # A session would copy its arguments from the GPU to the host and back.
        return traced(run, specs, jit_compile=True)
    return _Session(run, specs)


class _Session:
    """A graph compiled by XLA, in a session of its own.

    Parameters
    ----------
    run : callable
        Takes and returns tensors.
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
        """Make the graph and the session, which closes when nothing refers to it."""
        function = _graph(self._run, self._specs, {"jit_compile": True})
        self._results = function.structured_outputs
        self._captured = [_array(tensor) for tensor in function.captured_inputs]
        with tf.Graph().as_default() as graph:
            definition, inputs, outputs = _one_call(function)
            tf.import_graph_def(definition, name="")
        self.session = tf.compat.v1.Session(graph=graph)
        # The public make_callable checks all arguments and results at each call, which
        # takes ten times as long.
        options = config_pb2.CallableOptions(feed=inputs, fetch=outputs)
        self._call = self.session._make_callable_from_options(options)


def _one_call(function):
    """The definition of a graph that calls ``function``, and names of its tensors.

    A plain call of ``function`` in a graph would register a gradient, which TensorFlow
    keeps until the process ends.

    Returns
    -------
    definition : GraphDef
    inputs, outputs : list of str
        Names of the tensors.
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
    """The values of an eager tensor, as an array that shares its memory."""
    # NumPy has no view of a bfloat16 scalar, so scalars are copied.
    return np.asarray(tensor) if tensor.ndim else np.asarray(tensor.numpy())


def _tensor(array):
    """An eager tensor with the values of ``array``, sharing its memory if possible."""
    if array.ndim and array.size and array.dtype.kind in "fiu":
        return shared(array)
    return tf.convert_to_tensor(array)


def shared(array):
    """A tensor that shares the memory of ``array`` and so sees later changes of it."""
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _registered():
    """TensorFlow's gradient functions by name; none if a new version hides them."""
    return getattr(ops.gradient_registry, "_registry", {})


def _forget(before, graph):
    """Remove gradients registered since ``before`` for ``graph`` and nested graphs.

    Parameters
    ----------
    before : set of str
        Names that were registered earlier.
    graph : tf.Graph
    """
    registered = _registered()
    for name in set(registered) - before:  # other threads may trace, too
        if graph in _graphs_of(registered[name]["type"]):
            registered.pop(name, None)


def _graphs_of(gradient):
    """The graphs around the tensors that a gradient function holds."""
    found, waiting = [], [gradient]
    # The closure of the gradient function holds a function, whose closure holds the
    # tensors.
    for _ in range(2):
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
    """Keeps the objects that were used last, up to a number of bytes.

    Graphs are freed by Python's garbage collector, because they refer to themselves. It
    does not know how large they are, and would run late. So the cache drops a quarter
    of its bytes at a time, and runs the collector.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes=_MOST_BYTES):
        self._most = most_bytes
        self._made = OrderedDict()
        self._lock = threading.RLock()

    def get(self, key, make, size=None):
        """The object of this key, made by ``make()`` at the first use.

        Parameters
        ----------
        key : hashable
        make : callable
        size : callable, default=None
            Takes the object and returns its bytes; None takes its ``n_bytes``.
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
        total = self.n_bytes  # objects grow while they are kept
        if total <= self._most:
            return
        while len(self._made) > 1 and total > self._most * 3 // 4:
            _, (made, size) = self._made.popitem(last=False)
            total -= size(made)
        gc.collect()


def n_bytes(variables):
    """Bytes of Keras variables or of arrays."""
    return sum(math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in variables)
