"""What the networks of an ensemble give: many small networks computed at once."""

import weakref

import numpy as np

from skdeep.encoding import dense
from skdeep.inference import ACTIVATIONS, NUMPY_ROWS, FoldedLayers, pieces, wider_dtype

# By the weights of the first network. Fits make new ones; who changes their arrays in
# place must copy the ensemble.
_groups = weakref.WeakKeyDictionary()


def output_of(member, rows):
    """The output of one network for encoded rows."""
    return Group([member]).outputs(rows)[0]


def groups_of(members):
    """Members that are computed together.

    Parameters
    ----------
    members : list of estimators
        With dense networks.

    Returns
    -------
    groups : list of Group
    """
    weights = [member.network_.weights for member in members]
    references, groups = _groups.get(weights[0], ([], []))
    known = [reference() for reference in references]
    if len(known) != len(weights) or any(map(_differ, known, weights)):
        groups = []
        for number, member in enumerate(members):
            for group in groups:
                if group.takes(member):
                    group.add(number, member)
                    break
            else:
                groups.append(Group([member], [number]))
        _groups[weights[0]] = list(map(weakref.ref, weights)), groups
    return groups


def _differ(one, other):
    return one is not other


class Group:
    """Networks of one architecture that take the same rows, and standardise them alike.

    Parameters
    ----------
    members : list of estimators
    numbers : list of int
        Their places in the ensemble.
    """

    def __init__(self, members, numbers=(0,)):
        first = members[0]
        self.inputs, self.numbers = first._inputs, list(numbers)
        self._spec, self._scaling = first.network_.spec, first.network_.inputs
        self._weights = [member.network_.weights for member in members]
        self._layers = {}  # by the dtype in which the networks are computed

    def takes(self, member):
        """Whether the network of ``member`` can be computed with the others."""
        network, inputs = member.network_, member._inputs
        is_read_alike = inputs is self.inputs or vars(inputs) == vars(self.inputs)
        return (
            is_read_alike
            and network.spec == self._spec
            and np.array_equal(network.inputs.mean, self._scaling.mean)
            and np.array_equal(network.inputs.scale, self._scaling.scale)
        )

    def add(self, number, member):
        """Compute the network of ``member``, too."""
        self.numbers.append(number)
        self._weights.append(member.network_.weights)

    def outputs(self, rows):
        """The outputs for encoded rows, of shape (n_networks, n_rows, n_units)."""
        spec, n_networks = self._spec, len(self._weights)
        dtype = wider_dtype(spec, rows)
        if dtype not in self._layers:
            self._layers[dtype] = self._stacked(dtype)
        scaled, layers = self._layers[dtype]
        activation = ACTIVATIONS[spec.activation] if spec.widths else None
        outputs = np.empty((n_networks, rows.shape[0], spec.units), dtype)
        # As many rows as keep the outputs of layers in the CPU's cache.
        for piece in pieces(rows, max(1, NUMPY_ROWS // n_networks)):
            x = scaled(dense(rows[piece]))
            for depth, (kernel, bias) in enumerate(layers):
                x = np.matmul(x, kernel)
                x += bias
                if depth < len(layers) - 1:
                    x = activation(x)
            outputs[:, piece] = x
        return outputs

    def _stacked(self, dtype):
        """The function that scales rows, and kernels and biases one upon the other."""
        spec = self._spec
        networks = [FoldedLayers(spec, weights, dtype) for weights in self._weights]
        products = [network.products(len(spec.widths)) for network in networks]
        layers = []
        for layer in zip(*products, strict=True):
            kernels, biases = zip(*layer, strict=True)
            layers.append((np.stack(kernels), np.stack(biases)[:, np.newaxis]))
        return networks[0].scaled, layers
