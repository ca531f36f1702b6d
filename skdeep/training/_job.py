"""The input of the training engine, and its result."""

from dataclasses import dataclass, field

import numpy as np

from skdeep.encoding import EncodedSamples, Standardization
from skdeep.networks import Head, NetworkSpec, Weights
from skdeep.training._stopping import StoppingRule

# A compilation with XLA takes about as long as this many steps of a dense network
# without XLA.
SHORT_FIT_STEPS = 400
# Networks that a worker trains together. More of them do not reduce the overhead.
MOST_MEMBERS = 16


@dataclass
class TrainingJob:
    """One network to train.

    Attributes
    ----------
    hooks : sequence
        Objects with ``epoch_begin(epoch)`` and ``epoch_end(epoch, record, weights)``.
        Both return whether to stop. ``weights`` is a function that returns the current
        :class:`Weights`.
    keras_callbacks : list of keras.callbacks.Callback
    stopping : StoppingRule or None
    resume : Weights or None
    pretrained : list of ndarray or None
        Arrays of the pretrained layers: an embedding, a backbone, a user's layers.
    planned_epochs : int or None
        The epochs of the whole fit; None in ``partial_fit``, whose end is unknown.
    shuffle : bool
        Whether epochs go through the rows in random order.
    model : keras.Model or None
        The user's own model, which callbacks see then.
    """

    spec: NetworkSpec
    head: Head
    train: EncodedSamples
    validation: EncodedSamples | None
    inputs: Standardization
    outputs: Standardization
    optimizer: object
    learning_rate: float | None
    learning_rate_schedule: object
    metrics: tuple
    batch_size: int
    epochs: int
    planned_epochs: int | None
    initial_seeds: np.random.RandomState
    order_seed: int
    stopping: StoppingRule | None = None
    resume: Weights | None = None
    pretrained: list | None = None
    hooks: list = field(default_factory=list)
    keras_callbacks: list = field(default_factory=list)
    shuffle: bool = True
    model: object = None

    @property
    def steps_per_epoch(self):
        return -(-len(self.train) // self.batch_size)

    @property
    def schedule(self):
        """The learning rate schedule; None where the rate stays constant."""
        schedule = self.learning_rate_schedule
        if isinstance(schedule, str) and schedule == "auto":
            untouched = self.learning_rate is None and self.optimizer == "auto"
            schedule = "cosine_decay" if untouched else None
        for value in (self.learning_rate, schedule, self.optimizer):
            if isinstance(value, type):
                raise ValueError(
                    "Optimisers and schedules are taken as objects. Received the class "
                    f"{value.__name__}. Call it: {value.__name__}(...)."
                )
        if schedule is not None and callable(self.learning_rate):
            raise ValueError(
                "learning_rate and learning_rate_schedule are two schedules. Received "
                f"{self.learning_rate!r} and {schedule!r}. Pass one of them."
            )
        if self.planned_epochs is None and isinstance(schedule, str):
            return None  # without a known last epoch, a named schedule has no end
        return schedule

    @property
    def path(self):
        """How the epochs are run.

        "xla" compiles all steps with XLA. "graph" runs TensorFlow's own operations,
        with the optimiser's compiled by XLA. "plain" uses no XLA, because compiling
        would take longer than training.
        """
        n_steps = self.steps_per_epoch * self.epochs
        if n_steps * self.spec.execution.plain_step_cost < SHORT_FIT_STEPS:
            return "plain"
        return "xla" if self.spec.execution.suits_xla(self.batch_size) else "graph"

    @property
    def watched(self):
        """Whether Python code has to run after every epoch."""
        return bool(
            self.validation is not None
            or self.stopping is not None
            or self.metrics
            or self.hooks
            or self.keras_callbacks
        )

    def order(self, epoch):
        """The rows of an epoch in training order, shape (n_samples,)."""
        if not self.shuffle:
            return np.arange(len(self.train))
        generator = np.random.default_rng([self.order_seed, epoch])
        return generator.permutation(len(self.train))


@dataclass
class Outcome:
    """A trained network.

    Attributes
    ----------
    best_epoch : int
        From one. Zero if early stopping keeps the weights of an earlier fit.
    diverged_at : int or None
        The epoch, from one, whose loss or weights were not finite.
    interrupted : bool
        Whether the user pressed Ctrl-C.
    """

    weights: Weights
    records: list
    best_epoch: int
    diverged_at: int | None = None
    interrupted: bool = False
