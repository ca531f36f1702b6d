"""Which loss needs which targets and which output layer."""

import functools
import inspect
from typing import NamedTuple

from skdeep.networks._names import LOSS_NAMES


class Output(NamedTuple):
    """An output layer: its activation, and units for two classes."""

    activation: str | None  # None: sigmoids or a softmax, depending on the classes
    binary_units: int


# Output layers for labels.
_PROBABILITIES = Output(None, 1)
_DISTRIBUTION = Output(None, 2)  # over classes that exclude each other
_MARGINS = Output("linear", 1)  # scores, positive for labels that a sample has
_MARGINS_OF_CLASSES = Output("linear", 2)
# Targets and outputs that a loss gets for continuous targets.
STANDARDIZED = "standardized"  # for losses whose minimum follows shift and scale
OWN_UNITS = "own units"  # the units of the user's targets
POSITIVE = "positive"  # targets divided by their mean, outputs as exponentials


class LossRule(NamedTuple):
    """What a loss needs for each kind of target.

    Attributes
    ----------
    labels : Output or None
        The output layer for labels; None for losses that do not fit labels.
    values : {STANDARDIZED, OWN_UNITS, POSITIVE} or None
        Units for continuous targets; None for losses that do not fit them.
    unit_interval_activation : str or None
        The output activation of an autoencoder, for losses that need samples from 0 to
        1; None for all other losses.
    """

    labels: Output | None
    values: str | None
    unit_interval_activation: str | None = None


_OF_ANY_LOSS = LossRule(_PROBABILITIES, OWN_UNITS)
# Keys are names of Keras's functions, and "quantile" for QuantileLoss.
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
# Losses whose targets and outputs must not be negative.
NOT_NEGATIVE = "poisson", "mean_squared_logarithmic_error"
_REDUCTIONS = "sum_over_batch_size", "mean", "sum"


def loss_name(loss):
    """The name of the Keras function that a loss computes, or an empty string.

    Objects of Keras's classes and of their subclasses count as the function of that
    class, whatever their own name. A user's function has no name, "".
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
    """The nearest base class of a loss that Keras or skdeep defines, or None."""
    cls = loss if isinstance(loss, type) else type(loss)
    return next((c for c in cls.__mro__ if _root(c) in ("keras", "skdeep")), None)


def redefines(loss, method):
    """Whether a user's class of the loss overrides Keras's ``method``."""
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
    """Whether a loss takes class numbers instead of one-hot rows."""
    return loss_name(loss) in _SPARSE


def loss_rule(loss):
    """The :class:`LossRule` of ``loss``."""
    rule = LOSS_RULES.get(loss_name(loss), _OF_ANY_LOSS)
    if rule.values == STANDARDIZED and redefines(loss, "call"):
        return rule._replace(values=OWN_UNITS)
    return rule


def learns_margins(loss):
    """Whether a classifier with this loss learns margins, not probabilities."""
    labels = loss_rule(loss).labels
    return labels is not None and labels.activation == "linear"


def needs_probabilities(loss):
    """Whether a loss makes sense for probabilities of labels only."""
    rule = loss_rule(loss)
    return bool(rule.labels) and rule.labels.activation is None and rule.values is None


def check_loss(loss):
    """Refuse losses that the two engines would compute differently."""
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
    """The error for a loss that does not fit the targets.

    Parameters
    ----------
    loss : object
    targets : str
        What the error calls the targets.
    fitting : sequence of str
        Names of losses that fit.
    """
    return ValueError(
        f"loss={loss!r} does not fit {targets}. Use one of {', '.join(fitting)}, or a "
        "function of (y_true, y_pred)."
    )
