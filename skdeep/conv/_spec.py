"""The description of convolutional networks, as plain data, and their shapes."""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

from skdeep._rules import (
    either,
    is_a,
    is_count,
    is_size,
    is_sizes,
    one_of,
    or_none,
    tuple_of,
)
from skdeep.conv._execution import ConvExecution
from skdeep.networks._given_spec import WithNetwork
from skdeep.networks._names import AUGMENTATIONS
from skdeep.networks._spec import NetworkSpec


class Step(NamedTuple):
    """One convolution or pooling.

    Attributes
    ----------
    kind : {"conv", "pool"}
    window, strides : tuple of (int, int)
    before, after : tuple of (int, int, int)
        Height, width and channels of its input and its output.
    """

    kind: str
    window: tuple
    strides: tuple
    before: tuple
    after: tuple


@dataclass(frozen=True, eq=False)
class ConvSpec(NetworkSpec):
    """Blocks of convolutions and a pooling, then dense layers.

    Attributes
    ----------
    input_shape : tuple of (int, int, int)
        Height, width and channels.
    filters : tuple of int
        One number per block.
    kernel_size, strides, pool_size : tuple of (int, int)
    augment : tuple of str or keras.layers.Layer
    backbone : str or None
        A name of keras.applications or an architecture in JSON, in place of blocks.
    fine_tune : int
        Number of the backbone's last layers that are trained.
    """

    filters: tuple = (32, 64)
    kernel_size: tuple = (3, 3)
    convs_per_block: int = 1
    strides: tuple = (1, 1)
    padding: str = "same"
    pooling: str | None = "max"
    pool_size: tuple = (2, 2)
    global_pooling: str | None = None
    augment: tuple = ()
    backbone: str | None = None
    fine_tune: int = 0

    _execution = ConvExecution
    _without_layers = {**NetworkSpec._without_layers, "filters": ()}
    field_rules = {
        **NetworkSpec.field_rules,
        "filters": is_sizes,
        "kernel_size": is_sizes,
        "convs_per_block": is_size,
        "strides": is_sizes,
        "padding": one_of("same", "valid"),
        "pooling": one_of("max", "average", None),
        "pool_size": is_sizes,
        "global_pooling": one_of("max", "average", None),
        "augment": tuple_of(either(one_of(*AUGMENTATIONS), callable)),
        "backbone": or_none(is_a(str)),
        "fine_tune": is_count,
    }

    def augmented(self, kit, x):
        from skdeep.conv._layers import augmented

        return augmented(self, kit, x)

    @cached_property
    def mixes_rows(self):
        layers = [item for item in self.augment if not isinstance(item, str)]
        if self.backbone:
            from skdeep.conv._backbones import own_operations

            layers += own_operations(self.backbone)
        if not layers:
            return ()
        from skdeep.networks._row_mixing import mixing_layers

        return mixing_layers(layers)

    def body(self, kit, x):
        from skdeep.conv._layers import blocks

        return blocks(self, kit, x)

    def forward(self, layers, X):
        from skdeep.conv._forward import forward_conv

        return forward_conv(self, layers, X)

    def _layout_names(self):
        names = "filters", "kernel_size", "convs_per_block", "strides", "padding"
        more = "pooling", "pool_size", "global_pooling", "backbone", "fine_tune"
        return (*super()._layout_names(), *names, *more)

    @cached_property
    def steps(self):
        """The convolutions and poolings in their order, a list of :class:`Step`."""
        steps, shape = [], self.input_shape
        for block, filters in enumerate(() if self.backbone else self.filters):
            for number in range(self.convs_per_block):
                # Only the first convolution of a block has strides.
                strides = self.strides if number == 0 else (1, 1)
                sides = self._convolved(shape, strides, block)
                step = Step("conv", self.kernel_size, strides, shape, (*sides, filters))
                steps.append(step)
                shape = step.after
            if self.pooling is not None:
                # A window is at most as large as its input.
                sides = zip(self.pool_size, shape, strict=False)
                window = tuple(min(pair) for pair in sides)
                pooled = (shape[0] // window[0], shape[1] // window[1], shape[2])
                steps.append(Step("pool", window, window, shape, pooled))
                shape = pooled
        return steps

    def _convolved(self, shape, strides, block):
        """Height and width after a convolution."""
        sides = shape[:2]
        if self.padding == "same":
            return tuple(-(-n // s) for n, s in zip(sides, strides, strict=True))
        if any(n < k for n, k in zip(sides, self.kernel_size, strict=True)):
            raise ValueError(
                f"kernel_size={self.kernel_size} is larger than the {sides[0]} x "
                f"{sides[1]} pixels that reach block {block + 1} of images of shape "
                f"{self.input_shape}. Use padding='same', fewer filters, a smaller "
                "pool_size or larger images."
            )
        parts = zip(sides, self.kernel_size, strides, strict=True)
        return tuple((n - k) // s + 1 for n, k, s in parts)

    @property
    def n_flat(self):
        """Number of values per image that reach the dense layers."""
        shape = self.steps[-1].after if self.steps else self.input_shape
        return shape[2] if self.global_pooling else prod(shape)

    @cached_property
    def multiply_adds(self):
        """Multiply-adds of the forward pass of one image."""
        total, width = 0, self.n_flat
        for step in self.steps:
            if step.kind == "conv":
                total += prod(step.after) * prod(step.window) * step.before[2]
        for units in (*self.hidden_layer_sizes, self.units):
            total, width = total + width * units, units
        return total

    @property
    def widths(self):
        convs = (step.after[2] for step in self.steps if step.kind == "conv")
        return (*convs, *self.hidden_layer_sizes)

    @property
    def fine_tunes(self):
        return self.fine_tune > 0

    @property
    def most_patch_values(self):
        """The largest number of values that an image's patches have in a layer."""
        convs = [step for step in self.steps if step.kind == "conv"]
        sizes = [prod(s.after[:2]) * prod(s.window) * s.before[2] for s in convs]
        return max(sizes, default=prod(self.input_shape))

    def shapes_of_layers(self):
        """Shapes of the input and of the outputs of blocks."""
        return [self.input_shape, *(step.after for step in self.steps)]


@dataclass(frozen=True, eq=False)
class ConvWithNetwork(WithNetwork, ConvSpec):
    """A network for images whose hidden layers come from ``network=``."""


ConvSpec._of_given_layers = ConvWithNetwork
