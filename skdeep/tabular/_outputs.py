"""What the networks of an ensemble give: many small networks computed at once."""

import weakref

import numpy as np

from skdeep.encoding import dense
from skdeep.inference import (
    ACTIVATIONS,
    NUMPY_ROWS,
    FoldedLayers,
    pieces,
    wider_dtype,
)

# By the weights of the first network.
_stacks = weakref.WeakKeyDictionary()


def output_of(member, rows):
    """The output of one network for encoded rows."""
    spec, weights = member.network_.spec, member.network_.weights
    return Stack(spec, [weights], wider_dtype(spec, rows)).outputs(rows)[0]


def outputs_of(members, rows):
    """The outputs of networks that take the same rows.

    Parameters
    ----------
    members : list of estimators
        With networks of one architecture.
    rows : {ndarray, CSR} of shape (n_rows, n_inputs)

    Returns
    -------
    outputs : ndarray of shape (n_members, n_rows, n_units)
    """
    spec = members[0].network_.spec
    weights = [member.network_.weights for member in members]
    dtype = wider_dtype(spec, rows)
    stack = _stacks.get(weights[0])
    if stack is None or not stack.is_of(spec, weights, dtype):
        stack = _stacks[weights[0]] = Stack(spec, weights, dtype)
    return stack.outputs(rows)


class Stack:
    """The arrays of networks, one upon the other.

    Parameters
    ----------
    spec : DenseSpec
    weights : list of Weights
        They standardise rows alike.
    dtype : dtype
        The dtype in which the networks are computed.
    """

    def __init__(self, spec, weights, dtype):
        self._spec, self._dtype = spec, dtype
        self._weights = [weakref.ref(part) for part in weights]
        layers = [FoldedLayers(spec, part, dtype) for part in weights]
        self._scaled = layers[0].scaled
        products = [part.products(len(spec.widths)) for part in layers]
        self._products = [
            (np.stack(kernels), np.stack(biases)[:, np.newaxis])
            for kernels, biases in (
                zip(*layer, strict=True) for layer in zip(*products, strict=True)
            )
        ]
        self._activation = ACTIVATIONS[spec.activation] if spec.widths else None

    def is_of(self, spec, weights, dtype):
        """Whether it holds the arrays of these networks in this dtype."""
        mine = [reference() for reference in self._weights]
        same = len(mine) == len(weights) and all(map(_is, mine, weights))
        return same and self._dtype == dtype and self._spec == spec

    def outputs(self, rows):
        """Outputs of shape (n_networks, n_rows, n_units)."""
        n_networks = len(self._weights)
        shape = n_networks, rows.shape[0], self._spec.units
        outputs = np.empty(shape, self._dtype)
        # As many rows as keep the outputs of layers in the CPU's cache.
        for piece in pieces(rows, max(1, NUMPY_ROWS // n_networks)):
            x = self._scaled(dense(rows[piece]))
            for depth, (kernel, bias) in enumerate(self._products):
                x = np.matmul(x, kernel)
                x += bias
                if depth < len(self._products) - 1:
                    x = self._activation(x)
            outputs[:, piece] = x
        return outputs


def _is(one, other):
    return one is other
