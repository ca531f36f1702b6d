"""The description of autoencoders, as plain data: an encoder and a decoder."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np

from skdeep._rules import is_bool, is_penalty, is_size, is_sizes, one_of
from skdeep.conv._spec import ConvSpec, Step
from skdeep.dense._spec import DenseSpec
from skdeep.networks._execution import Execution
from skdeep.networks._names import ACTIVATIONS
from skdeep.networks._spec import NetworkSpec, Weights, is_weight

_SHARED_FIELDS = "activation", "use_bias", "kernel_initializer", "dropout", "batch_norm"
_SHARED_FIELDS += "l1", "l2", "dtype"


class AutoencoderExecution(Execution):
    """The engine's choices for an encoder and a decoder."""

    @property
    def vectorizes(self):
        return self.spec.encoder.execution.vectorizes

    @property
    def rows_at_once(self):
        return min(half.rows_at_once for half in self._halves)

    def suits_xla(self, batch_size):
        return all(half.suits_xla(batch_size) for half in self._halves)

    @property
    def _halves(self):
        return self.spec.encoder.execution, self.spec.decoder.execution


@dataclass(frozen=True, eq=False)
class AutoencoderSpec(NetworkSpec):
    """An encoder down to a code, and a decoder that mirrors it.

    Attributes
    ----------
    input_shape : tuple of int
        (n_features,), or height, width and channels of images.
    units : int
        Number of values per sample, images flattened.
    output : str
        Activation of the reconstructed samples.
    hidden_layer_sizes : tuple of int
        Dense layers of the encoder.
    n_components : int
        Number of values in a code.
    code_activation : str
    noise : float
        Standard deviation of the noise that training adds to the scaled inputs.
    code_l1 : float
        Penalty on the code. In training the network then has a further output column,
        the penalty of each sample.
    tied : bool
        Whether the decoder's kernels are the encoder's, transposed.
    filters : tuple of int
        Filters of the convolutions, each of which halves the images; () for tables.
    kernel_size : tuple of (int, int)
    """

    n_components: int = 32
    code_activation: str = "linear"
    noise: float = 0.0
    code_l1: float = 0.0
    tied: bool = False
    filters: tuple = ()
    kernel_size: tuple = (3, 3)

    _execution = AutoencoderExecution
    field_rules = {
        **NetworkSpec.field_rules,
        "filters": is_sizes,
        "kernel_size": is_sizes,
        "n_components": is_size,
        "code_activation": one_of(*ACTIVATIONS),
        "noise": is_penalty,
        "code_l1": is_penalty,
        "tied": is_bool,
    }

    def _layout_names(self):
        names = "n_components", "tied", "filters", "kernel_size"
        return (*super()._layout_names(), *names)

    @property
    def gives_values(self):
        return True

    def _half(self, family, **own):
        shared = {name: getattr(self, name) for name in _SHARED_FIELDS}
        return family(**shared, output="linear", **own)

    @cached_property
    def encoder(self):
        """The spec of the encoder, whose output is the code."""
        own = {
            "input_shape": self.input_shape,
            "units": self.n_components,
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "normalize": self.normalize,
            "double_inputs": self.double_inputs,
        }
        if not self.filters:
            return self._half(DenseSpec, **own)
        own |= {"filters": self.filters, "kernel_size": self.kernel_size}
        return self._half(ConvSpec, **own, strides=(2, 2), pooling=None)

    @cached_property
    def decoder(self):
        """The spec of the decoder, whose input is the code."""
        own = {
            "input_shape": (self.n_components,),
            "units": self.units,
            "hidden_layer_sizes": self.hidden_layer_sizes[::-1],
            "normalize": False,
        }
        if not self.filters:
            return self._half(DenseSpec, **own)
        steps = self.encoder.steps
        shapes = (steps[-1].after, *(step.before for step in reversed(steps)))
        own |= {"kernel_size": self.kernel_size, "shapes": shapes}
        return self._half(ImageDecoderSpec, **own)

    @property
    def widths(self):
        """The widths of the encoder: its learning rate suits both halves."""
        return self.encoder.widths

    def stock_arrays(self, trainable):
        return untied(self, trainable)

    def template_arrays(self, trainable):
        return tied_again(trainable) if self.tied else trainable

    def connected(self, kit, x, *, linear):
        from skdeep.autoencoder._layers import reconstruction

        return reconstruction(self, kit, x)

    def halves(self, weights):
        """The two halves of a trained autoencoder, as networks of their own.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        halves : list of (NetworkSpec, Weights, str)
            The encoder, then the decoder, without dropout and with kernels of their
            own. Their outputs are linear; the str is the activation that follows.
        """
        fixed = [array for array in weights.non_trainable if is_weight(array)]
        n_scaling = 2 if self.normalize else 0
        scaling, fixed = fixed[:n_scaling], fixed[n_scaling:]
        trainable = untied(self, weights.trainable)
        # The decoder has as many layers as the encoder, so both have as many arrays.
        half, middle = len(trainable) // 2, len(fixed) // 2
        encoder = Weights(trainable[:half], [*scaling, *fixed[:middle]])
        decoder = Weights(trainable[half:], fixed[middle:])
        return [
            (replace(self.encoder, dropout=0.0), encoder, self.code_activation),
            (replace(self.decoder, dropout=0.0), decoder, self.output),
        ]


@dataclass(frozen=True, eq=False)
class ImageDecoderSpec(ConvSpec):
    """Dense layers, then convolutions, each after an upsampling.

    Attributes
    ----------
    input_shape : tuple of (int,)
        Number of values in a code.
    shapes : tuple of (int, int, int)
        Height, width and channels after the dense layers and each convolution.
    """

    shapes: tuple = ()

    @cached_property
    def steps(self):
        """The convolutions, a list of :class:`Step`."""
        return [
            Step("conv", self.kernel_size, (1, 1), (*after[:2], before[2]), after)
            for before, after in pairwise(self.shapes)
        ]

    @cached_property
    def multiply_adds(self):
        widths = self.input_shape[0], *self.hidden_layer_sizes, prod(self.shapes[0])
        convolutions = (
            prod(step.after) * prod(step.window) * step.before[2] for step in self.steps
        )
        return sum(a * b for a, b in pairwise(widths)) + sum(convolutions)

    @property
    def widths(self):
        channels = (shape[2] for shape in self.shapes[:-1])
        return (*self.hidden_layer_sizes, *channels)

    def connected(self, kit, x, *, linear):
        from skdeep.autoencoder._layers import images
        from skdeep.networks._parts import activated

        x = images(self, kit, x)
        return x if linear else activated(self, x)

    def forward(self, layers, X):
        from skdeep.autoencoder._forward import forward_images

        return forward_images(self, layers, X)

    def shapes_of_layers(self):
        return [*self.shapes, *(step.before for step in self.steps)]


def untied(spec, trainable):
    """The arrays of both halves; with ``tied`` the decoder gets its own kernels."""
    if not spec.tied:
        return trainable
    n_hidden = len(spec.hidden_layer_sizes)
    # A layer of the encoder has one array more than its mirror image: the kernel.
    n_encoder = (len(trainable) + n_hidden + 1) // 2
    encoder, decoder = trainable[:n_encoder], iter(trainable[n_encoder:])
    kernels = [array for array in encoder if array.ndim == 2]
    n_last = int(spec.use_bias)
    n_others = (len(trainable) - n_encoder - n_last) // max(1, n_hidden)
    arrays = []
    for kernel in reversed(kernels):
        last = kernel is kernels[0]
        arrays.append(kernel.T)
        arrays += [next(decoder) for _ in range(n_last if last else n_others)]
    return [*encoder, *arrays]


def tied_again(arrays):
    """The inverse of :func:`untied`: without the kernels of the decoder.

    Parameters
    ----------
    arrays : list of ndarray
        The arrays of both halves.
    """
    half = len(arrays) // 2
    encoder, decoder = arrays[:half], arrays[half:]
    kernels = reversed([array for array in encoder if array.ndim == 2])
    others = []
    for array in decoder:
        if array.ndim != 2:
            others.append(array)
        elif not np.array_equal(array, next(kernels).T, equal_nan=True):
            raise ValueError(
                "With tied=True the decoder's kernels must be the encoder's, "
                "transposed. A callback has set others. Let it set both alike, or use "
                "tied=False."
            )
    return [*encoder, *others]
