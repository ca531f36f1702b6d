"""Labels as targets of a Keras model, and the model's outputs as labels."""

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

from skdeep.keras_models._scikeras import ClassifierLabelEncoder
from skdeep.networks import loss_name
from skdeep.networks._losses import LOSS_RULES, takes_logits

_SPARSE = "sparse_categorical_crossentropy"
# Losses of distributions, or of margins, over classes that exclude each other.
_OF_CLASSES = {
    name
    for name, rule in LOSS_RULES.items()
    if rule.labels is not None and rule.labels.binary_units == 2
}
# Sums of probabilities may differ from one by less: rounding in single precision.
_ROUNDING = 1e-3
_THRESHOLD = 0.5  # of SciKeras's encoder
_HINGES = "hinge", "squared_hinge"
_WITH_COLUMNS = "multilabel-indicator", "multiclass-onehot"


class KerasLabelEncoder(ClassifierLabelEncoder):
    """SciKeras's encoder, which also looks at the loss the model is compiled with.

    Parameters
    ----------
    loss : None
        Not used.
    categories : "auto" or list of one ndarray, default="auto"
        The classes.
    """

    one_hot = False

    def expect(self, shape, loss):
        """Encode labels for an output of this shape that is trained with ``loss``.

        Parameters
        ----------
        shape : tuple of int
            The shape of one sample's output.
        loss : object
            As given to ``compile``.
        """
        name = loss_name(loss) or None
        if self.n_classes_ is not None:
            self._check_units(shape)
            self._check_loss(shape[-1], name)
        # For losses without a name the codes stay as they are, as in SciKeras.
        has_columns = self._target_type in _WITH_COLUMNS
        self.one_hot = name not in (None, _SPARSE) and shape != (1,) and not has_columns

    def _check_units(self, shape):
        binary = self._target_type == "binary"
        fitting = (1, 2) if binary else (self.n_classes_,)
        if shape not in [(units,) for units in fitting]:
            raise ValueError(
                f"The model's output must have {' or '.join(map(str, fitting))} units "
                f"for a {self._target_type} target with {self.n_classes_} classes. "
                f"Received a model whose output for one sample has shape {shape}. "
                "Change its last layer; a function that builds the model finds the "
                "number of classes in meta['n_classes_']."
            )

    def _check_loss(self, units, name):
        if name == _SPARSE and self._target_type in _WITH_COLUMNS:
            raise ValueError(
                f"loss={name!r} must get labels. Received y with a column for each of "
                f"{self.n_classes_} classes. Use 'binary_crossentropy' or "
                "'categorical_crossentropy', or pass labels."
            )
        if units == 1 and name in _OF_CLASSES:
            raise ValueError(
                f"loss={name!r} must have an output with a unit per class. Received a "
                f"model with 1 unit for y with {self.n_classes_} "
                f"{'class' if self.n_classes_ == 1 else 'classes'}. Use "
                "'binary_crossentropy', or give the last layer 2 units and a softmax."
            )

    def transform(self, y):
        """Codes of shape (n_samples, 1), or a column for each class."""
        try:
            codes = super().transform(y)
        except ValueError as error:
            raise ValueError(
                f"y must hold only labels that fit knows. {error}. Name every class in "
                "the `classes` argument of the first partial_fit, or have it in y of "
                "fit."
            ) from error
        if not self.one_hot:
            return codes
        width = max(2, self.n_classes_)
        return np.eye(width, dtype=codes.dtype)[codes[:, 0].astype(int)]

    def counts(self, y):
        """How many rows of encoded labels each class has."""
        if y.ndim == 2 and y.shape[1] > 1:
            codes = y.argmax(axis=1)
        else:
            codes = y.ravel().astype(int)
        return np.bincount(codes, minlength=self.n_classes_)

    def inverse_transform(self, y, return_proba=False):
        """Labels, or probabilities of shape (n_samples, n_classes)."""
        if not return_proba:
            return super().inverse_transform(y)
        if self._target_type != "binary":
            return _whole(y) if self._target_type == "multiclass" else y
        if self.n_classes_ == 1:
            return np.ones((len(y), 1), y.dtype)
        y = y.reshape(len(y), -1)
        return np.column_stack([1 - y, y]) if y.shape[1] == 1 else _whole(y)


def _whole(probabilities):
    """Probabilities in double precision, whose rows sum to one in that precision."""
    sums = probabilities.sum(axis=-1, keepdims=True)
    rounded = probabilities.dtype == np.float64 and np.abs(sums - 1).max() < _ROUNDING
    return probabilities / sums if rounded else probabilities


def logits(probabilities, target_type):
    """Finite scores in the order of the probabilities.

    For two classes and for each of several labels, a probability of one half has the
    score zero.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes)
    target_type : str
        As :func:`sklearn.utils.multiclass.type_of_target` says.
    """
    if not isinstance(probabilities, np.ndarray) or probabilities.ndim != 2:
        raise TypeError(
            "decision_function must have one column of probabilities per class. "
            "Received a model with other outputs. Use predict_proba."
        )
    logarithms = log_of(probabilities)
    if target_type == "multiclass":
        return logarithms
    if target_type == "binary":
        return logarithms[:, -1] - logarithms[:, 0]
    return logarithms - log_of(1 - probabilities)


def log_of(probabilities):
    """Logarithms, finite also for zero."""
    return np.log(np.maximum(probabilities, np.finfo(probabilities.dtype).tiny))


def log_probabilities(output, loss, target_type):
    """The logarithms of probabilities, from the outputs for a loss that takes logits.

    Parameters
    ----------
    output : ndarray of shape (n_samples, n_units)
    loss : object
        As given to ``compile``.
    target_type : str
        As :func:`sklearn.utils.multiclass.type_of_target` says.
    """
    if target_type == "binary" and output.shape[-1] == 1:
        return np.column_stack([log_expit(-output), log_expit(output)])
    if _is_of_each_unit(output, loss):
        return log_expit(output)
    return log_softmax(output, axis=-1)


def linear_scores(output, target_type):
    """Scores of a model whose outputs are not probabilities.

    For two classes, and for each of several labels, the score is above zero if the
    label is predicted.

    Parameters
    ----------
    output : ndarray of shape (n_samples, n_units)
    target_type : str
        As :func:`sklearn.utils.multiclass.type_of_target` says.
    """
    if target_type == "binary":
        two = output.shape[1] == 2
        return output[:, 1] - output[:, 0] if two else output[:, 0] - _THRESHOLD
    return output - _THRESHOLD if target_type == "multilabel-indicator" else output


def probabilities(output, loss):
    """Probabilities from the output of a model.

    If the loss takes logits, the sigmoid or softmax of the output; otherwise the output
    itself.

    Parameters
    ----------
    output : ndarray or nest of ndarray
    loss : object
        As given to ``compile``.
    """
    if not takes_logits(loss) or not isinstance(output, np.ndarray):
        return output
    return expit(output) if _is_of_each_unit(output, loss) else softmax(output, axis=-1)


def _is_of_each_unit(output, loss):
    return output.shape[-1] == 1 or "binary" in loss_name(loss)


def gives_margins(loss, activation):
    """Whether a model learns margins: positive where a label applies.

    Parameters
    ----------
    loss : object
        As given to ``compile``.
    activation : str or None
        The activation of the last layer.
    """
    return loss_name(loss) in _HINGES and activation in ("linear", "tanh")


def of_margins(margins):
    """Margins as numbers from 0 to 1, above 0.5 where the margin is positive."""
    return (np.clip(margins, -1, 1) + 1) / 2
