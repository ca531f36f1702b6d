"""The state of training, and how it is drawn for each fit."""

import itertools
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from skdeep.networks import is_weight
from skdeep.networks._layers import Standardize
from skdeep.networks._seeds import TEMPLATE_SEED
from skdeep.training._optimizers import SCHEDULE_FREE

_SEEDED = (
    ("kernel", "kernel_initializer"),
    ("kernel", "depthwise_initializer"),
    ("depthwise_kernel", "depthwise_initializer"),
    ("pointwise_kernel", "pointwise_initializer"),
    ("recurrent_kernel", "recurrent_initializer"),
    ("embeddings", "embeddings_initializer"),
)


class State(NamedTuple):
    """All that a training step changes, except for metrics: lists of tensors."""

    trainable: list
    non_trainable: list
    optimizer: list


def tensors(values):
    """The values as tensors, a list."""
    return [tf.convert_to_tensor(value) for value in values]


class InitialValues:
    """Draws initial values of all variables without building the model again."""

    def __init__(self, model, optimizer):
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        self._n_trainable = len(model.trainable_variables)
        self._values = [v.numpy() for v in variables]
        self._optimizer = [tf.convert_to_tensor(v.value) for v in optimizer.variables]
        place = {id(v): i for i, v in enumerate(variables)}
        self._seeded = list(_seeded_initializers(model, place))
        # Keras's initialisers are traced to be run in one call. A user's may not be
        # traceable.
        self._traceable = self._seeded and all(
            cls.__module__.startswith("keras.") for _, cls, _ in self._seeded
        )
        if self._traceable:
            self._draw_traced = tf.function(
                self._trace_draw, autograph=False
            ).get_concrete_function(tf.TensorSpec([len(self._seeded), 2], "uint32"))
        self._statistics = [
            (place[id(layer.mean)], place[id(layer.scale)])
            for layer in model.layers
            if isinstance(layer, Standardize)
        ]
        self._generators = [
            index
            for index, variable in enumerate(variables)
            if variable.name == "seed_generator_state"
        ]
        place = {id(v): i for i, v in enumerate(optimizer.variables)}
        self.rate_index = place[id(optimizer._learning_rate)]
        self.iteration_index = place[id(optimizer._iterations)]
        averages = getattr(optimizer, "_model_variables_moving_average", ())
        self.average_indices = [place[id(v)] for v in averages]
        # Momentums of schedule-free AdamW (Defazio et al., 2024) start at the weights.
        follows = isinstance(optimizer, SCHEDULE_FREE)
        slots = optimizer._momentums if follows else ()
        self._copies = [place[id(v)] for v in slots]

    def draw(self, rng, standardization, weights):
        if weights is None:
            values = self._initialized(rng)
        else:
            values = self._values_to_go_on_with(weights)
        for index in self._generators:
            seed = [rng.randint(2**31 - 1), 0]
            values[index] = np.asarray(seed, self._values[index].dtype)
        for mean, scale in self._statistics:
            dtype = self._values[mean].dtype
            values[mean] = standardization.mean.astype(dtype)
            values[scale] = standardization.scale.astype(dtype)
        values = tensors(values)
        trainable = values[: self._n_trainable]
        fixed = values[self._n_trainable :]
        return State(trainable, fixed, self.slots(trainable))

    def slots(self, trainable):
        """The optimiser's state for a network that starts with these weights."""
        slots = list(self._optimizer)
        for index, weight in zip(self._copies, trainable, strict=False):
            slots[index] = weight
        return slots

    def _initialized(self, rng):
        """New values, trainable ones first."""
        values = list(self._values)
        seeds = [int(rng.randint(2**31 - 1)) for _ in self._seeded]
        drawn = self._draw_seeded(seeds)
        for (index, *_), value in zip(self._seeded, drawn, strict=True):
            values[index] = value
        return values

    def _values_to_go_on_with(self, weights):
        """The values of ``weights``, but the states of random generators stay.

        Other augmentations than in the earlier fit may have other generators.
        """
        fixed = filter(is_weight, weights.non_trainable)
        kept = itertools.chain(weights.trainable, fixed)
        generators = set(self._generators)
        return [
            value if index in generators else next(kept)
            for index, value in enumerate(self._values)
        ]

    def _draw_seeded(self, seeds):
        """Values drawn by the initialisers, with a seed for each."""
        if self._traceable:
            seeds = [[seed, 0] for seed in seeds]
            return self._draw_traced(tf.constant(seeds, "uint32"))
        return [
            self._initialize(cls.from_config({"seed": seed, **config}), index)
            for (index, cls, config), seed in zip(self._seeded, seeds, strict=True)
        ]

    def _trace_draw(self, seeds):
        values = []
        for number, (index, cls, config) in enumerate(self._seeded):
            initializer = cls.from_config({"seed": 0, **config})
            if "seed" not in config:  # a seed of the user's stays
                initializer.seed = _TensorSeed(seeds[number])
            values.append(self._initialize(initializer, index))
        return values

    def _initialize(self, initializer, index):
        old = self._values[index]
        return initializer(old.shape, dtype=old.dtype.name)


class _TensorSeed(keras.random.SeedGenerator):
    """A seed that is a tensor, in the form that Keras's random functions take."""

    def __init__(self, value):
        self._value = value

    def next(self, ordered=True):
        return self._value


def _all_layers(model):
    """The layers of a model, also those of models inside of it."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _all_layers(layer)


def _seeded_initializers(model, place):
    for layer in _all_layers(model):
        # The weights of a recurrent layer belong to its cell.
        owner = getattr(layer, "cell", layer)
        for attribute, name in _SEEDED:
            initializer = getattr(owner, name, None)
            if initializer is None or id(getattr(owner, attribute, None)) not in place:
                continue
            config = dict(initializer.get_config())
            if config.get("seed") in (None, TEMPLATE_SEED):
                config.pop("seed", None)
            index = place[id(getattr(owner, attribute))]
            if "seed" in initializer.get_config():
                yield index, type(initializer), config
