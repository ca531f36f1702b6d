"""What losses are, and what each needs of targets and of the output layer."""

import functools
import inspect
from typing import NamedTuple

from skdeep.networks._names import LOSS_NAMES


class Output(NamedTuple):
    """An output layer: its activation, and units for two classes."""

    activation: str | None  # None: sigmoids or a softmax, whatever fits the classes
    binary_units: int


# What a loss takes for labels.
_PROBABILITIES = Output(None, 1)
_DISTRIBUTION = Output(None, 2)  # over classes that exclude each other
_MARGINS = Output("linear", 1)  # scores, positive for what is there
_MARGINS_OF_CLASSES = Output("linear", 2)
# What a loss takes for continuous targets.
STANDARDIZED = "standardized"  # its minimum moves with location and scale
OWN_UNITS = "own units"
POSITIVE = "positive"  # an exponential, of targets divided by their mean


class LossRule(NamedTuple):
    """What a loss takes for labels and for continuous targets; None: it takes none.

    ``shares`` is the activation that it needs for numbers from 0 to 1, which a network
    gives of themselves; None: it treats them as other values.
    """

    labels: Output | None
    values: str | None
    unit_interval_activation: str | None = None


_OF_ANY_LOSS = LossRule(_PROBABILITIES, OWN_UNITS)
# By the names of Keras's functions, and of our loss of quantiles.
LOSS_RULES = {
    "auto": LossRule(_PROBABILITIES, STANDARDIZED),
    "binary_crossentropy": LossRule(_PROBABILITIES, None, "sigmoid"),
    "binary_focal_crossentropy": LossRule(_PROBABILITIES, None),
    "dice": LossRule(_PROBABILITIES, None),
    "tversky": LossRule(_PROBABILITIES, None),
    "categorical_crossentropy": LossRule(_DISTRIBUTION, None),
    "categorical_focal_crossentropy": LossRule(_DISTRIBUTION, None),
    "categorical_generalized_cross_entropy": LossRule(_DISTRIBUTION, None),
    "sparse_categorical_crossentropy": LossRule(_DISTRIBUTION, None),
    "kl_divergence": LossRule(_DISTRIBUTION, None),
    "hinge": LossRule(_MARGINS, None),
    "squared_hinge": LossRule(_MARGINS, None),
    "categorical_hinge": LossRule(_MARGINS_OF_CLASSES, None),
    "mean_squared_error": LossRule(_PROBABILITIES, STANDARDIZED),
    "mean_absolute_error": LossRule(_PROBABILITIES, STANDARDIZED),
    "huber": LossRule(_PROBABILITIES, STANDARDIZED),
    "log_cosh": LossRule(_PROBABILITIES, STANDARDIZED),
    "quantile": LossRule(None, STANDARDIZED),
    "poisson": LossRule(_PROBABILITIES, POSITIVE),
    "mean_squared_logarithmic_error": LossRule(_PROBABILITIES, OWN_UNITS),
    "mean_absolute_percentage_error": LossRule(None, OWN_UNITS),
    "cosine_similarity": LossRule(_DISTRIBUTION, OWN_UNITS),
    "circle": LossRule(None, None),
    "ctc": LossRule(None, None),
}
# Losses that take the number of a class where others take an indicator.
_SPARSE = "sparse_categorical_crossentropy", "categorical_generalized_cross_entropy"
# Losses of numbers that must not be negative.
NOT_NEGATIVE = "poisson", "mean_squared_logarithmic_error"
_REDUCTIONS = "sum_over_batch_size", "mean", "sum"


def loss_name(loss):
    """The name of Keras's function that a loss is, or an empty string.

    A loss counts by what it is, whatever it is called: an object of one of Keras's
    classes, or of a subclass, by that class; a function of the user's is none of them.
    """
    if isinstance(loss, str):
        return LOSS_NAMES.get(loss, loss)
    if isinstance(loss, functools.partial):
        return loss_name(loss.func)
    if inspect.isroutine(loss):
        name = loss.__name__ if _root(loss) == "keras" else ""
        return LOSS_NAMES.get(name, name)
    base = _known_base(loss)
    if base is None:
        return ""
    if base.__name__ == "LossFunctionWrapper":
        return loss_name(getattr(loss, "fn", None))
    return LOSS_NAMES.get(base.__name__, "")


def _root(value):
    return (getattr(value, "__module__", None) or "").split(".")[0]


def _known_base(loss):
    """The nearest class of Keras's or ours that a loss is of, or None."""
    cls = loss if isinstance(loss, type) else type(loss)
    return next((c for c in cls.__mro__ if _root(c) in ("keras", "skdeep")), None)


def redefines(loss, method):
    """Whether a class of the user's has a ``method`` in place of Keras's."""
    cls, base = loss if isinstance(loss, type) else type(loss), _known_base(loss)
    if base is None:
        return False
    return any(method in vars(c) for c in cls.__mro__[: cls.__mro__.index(base)])


def takes_logits(loss):
    """Whether a loss was made with ``from_logits=True``."""
    if isinstance(loss, functools.partial):
        return bool(loss.keywords.get("from_logits")) or takes_logits(loss.func)
    of_wrapper = getattr(loss, "_fn_kwargs", None) or {}
    return bool(getattr(loss, "from_logits", of_wrapper.get("from_logits", False)))


def is_sparse(loss):
    """Whether a loss takes the number of a class instead of an indicator."""
    return loss_name(loss) in _SPARSE


def loss_rule(loss):
    """What ``loss`` takes, a :class:`LossRule`."""
    rule = LOSS_RULES.get(loss_name(loss), _OF_ANY_LOSS)
    if rule.values == STANDARDIZED and redefines(loss, "call"):
        return rule._replace(values=OWN_UNITS)
    return rule


def learns_margins(loss):
    """Whether a classifier with this loss learns margins, not probabilities."""
    labels = loss_rule(loss).labels
    return labels is not None and labels.activation == "linear"


def needs_probabilities(loss):
    """Whether a loss makes no sense for any numbers but probabilities of labels."""
    rule = loss_rule(loss)
    return bool(rule.labels) and rule.labels.activation is None and rule.values is None


def check_loss(loss):
    """Refuse losses of which the two engines would make different things."""
    if redefines(loss, "__call__"):
        raise ValueError(
            "A loss must have its formula in call(y_true, y_pred), to which weights "
            f"are applied afterwards. Received {loss!r}, whose class defines __call__. "
            "Rename that method to call, without sample_weight."
        )
    reduction = getattr(loss, "reduction", "mean")
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"The reduction of a loss must be one of {', '.join(_REDUCTIONS)}. "
            f"Received reduction={reduction!r} of {loss!r}."
        )


def wrong_loss_error(loss, targets, fitting):
    """The error for a loss that makes no sense for such targets.

    Parameters
    ----------
    loss : object
    targets : str
        What they are.
    fitting : sequence of str
        Names of losses that fit.
    """
    return ValueError(
        f"loss={loss!r} does not fit {targets}. Use one of {', '.join(fitting)}, or a "
        "function of (y_true, y_pred)."
    )
