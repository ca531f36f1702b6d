"""Hooks that training calls around every epoch: scikit-learn's callbacks, printing."""


class ScikitLearnCallbacks:
    """Runs scikit-learn's callbacks (``set_callbacks``), one task per epoch.

    Parameters
    ----------
    estimator : BaseNetwork
    context : sklearn.callback.CallbackContext
    X, y : object
        The training data as the caller gave them.
    attributes : callable
        A function from weights to the fitted attributes.
    """

    def __init__(self, estimator, context, X, y, attributes):
        self._estimator = estimator
        self._context = context
        self._data = {"estimator": estimator, "X": X, "y": y}
        self._attributes = attributes
        self._task = None

    def epoch_begin(self, epoch):
        self._task = self._context.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(**self._data)
        return False

    def epoch_end(self, epoch, record, weights):
        return self._task.call_on_fit_task_end(
            **self._data, reconstruction_attributes=lambda: self._attributes(weights())
        )


class Printer:
    """Prints a line per epoch.

    Parameters
    ----------
    epochs : int
    """

    def __init__(self, epochs):
        self._epochs = epochs

    def epoch_begin(self, epoch):
        return False

    def epoch_end(self, epoch, record, weights):
        values = "  ".join(f"{name} {value:.4g}" for name, value in record.items())
        print(f"Epoch {epoch + 1}/{self._epochs}  {values}")
        return False
