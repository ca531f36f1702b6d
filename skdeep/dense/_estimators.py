"""Dense networks: DenseClassifier and DenseRegressor."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skdeep.base._classifier import BaseNetworkClassifier
from skdeep.base._documented import documented, store_parameters
from skdeep.base._network import FittedNetwork
from skdeep.base._parameter_table import (
    CLASSES,
    CLASSIFIER,
    FEATURES,
    NETWORK,
    REGRESSOR,
    TRAINING,
)
from skdeep.base._regressor import BaseNetworkRegressor
from skdeep.dense._bins import Bins
from skdeep.dense._columns import Columns, Levels
from skdeep.dense._forward import dense_products
from skdeep.dense._inputs import Tables
from skdeep.dense._parameter_table import (
    CLASSIFIER_SCALING,
    DENSE,
    LAYERS,
    REGRESSOR_SCALING,
)
from skdeep.dense._spec import DenseSpec
from skdeep.encoding import ClassTargets, ContinuousTargets, Standardization
from skdeep.networks import POSITIVE, Weights, learns_margins, loss_rule

_SKLEARN_ACTIVATIONS = {
    "identity": "linear",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
}
_SKLEARN_OUTPUTS = {
    "identity": "linear",
    "logistic": "sigmoid",
    "softmax": "softmax",
    "exp": "exponential",
}


class _Dense:
    """Makes the spec; also fitted networks from weights that are given."""

    _inputs = Tables()
    _layer_parameters = "hidden_layer_sizes", "activation", "dropout", "batch_norm"
    _auto_batch = 200

    _stored_types = DenseSpec, Tables, Columns, Levels, Bins

    def _family_spec(self, data, common):
        return DenseSpec(**common)

    def _make_inputs(self, X):
        return Tables()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags

    @property
    def network_input_names_(self):
        """Names of the columns that the network takes."""
        self._require("network_input_names_")
        default = [f"x{number}" for number in range(self.n_features_in_)]
        return self._inputs.names(list(vars(self).get("feature_names_in_", default)))

    def network_inputs(self, X):
        """The columns that the network takes: numbers, marks and levels.

        ``model_`` and exported networks take these columns. They are those of X where
        X had neither categories nor missing values.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        columns : {ndarray, sparse matrix} of shape (n_samples, n_columns)
            Sparse where X is, or where an array would be large and full of zeros.
            ``network_input_names_`` names the columns.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen.
        """
        check_is_fitted(self)
        return self._network_rows(X)

    @property
    def coefs_(self):
        """Kernels, as scikit-learn's MLP has them."""
        self._require("coefs_")
        return [kernel for kernel, _ in self._products()]

    @property
    def intercepts_(self):
        """Biases, as scikit-learn's MLP has them."""
        self._require("intercepts_")
        return [bias for _, bias in self._products()]

    def _products(self):
        spec, weights = self.network_.spec, self.network_.weights
        if spec.dense_layer_names is None:
            raise AttributeError(
                "coefs_ and intercepts_ are of stacks of dense layers. Received "
                "layers by network=: get_weights() has their arrays by name."
            )
        return dense_products(spec, weights)

    @classmethod
    def from_sklearn(cls, mlp, **params):
        """Take over a fitted scikit-learn MLP, with equal predictions.

        Parameters
        ----------
        mlp : MLPClassifier or MLPRegressor
            A fitted network.
        **params
            Further parameters of the estimator.

        Returns
        -------
        estimator : object
            A fitted estimator.

        Raises
        ------
        TypeError
            If ``mlp`` is a classifier and this class a regressor, or the reverse.
        ValueError
            If a parameter does not fit the network.
        """
        check_is_fitted(mlp)
        if is_classifier(mlp) != (cls._estimator_type_ == "classifier"):
            raise TypeError(
                f"mlp must be a {cls._estimator_type_}, to become a {cls.__name__}. "
                f"Received {mlp!r}."
            )
        params = {
            "dtype": mlp.coefs_[0].dtype.name,
            "activation": _SKLEARN_ACTIVATIONS[mlp.activation],
            **params,
        }
        estimator, targets = cls._unfitted_like(mlp, params)
        output = estimator._head(targets).output
        if output != _SKLEARN_OUTPUTS[mlp.out_activation_]:
            raise ValueError(
                f"The output layer of {mlp!r} is {mlp.out_activation_}. Received "
                f"loss={estimator.loss!r}, whose output is {output}. Leave it out."
            )
        estimator._adopt_weights(mlp.coefs_, mlp.intercepts_, targets)
        if hasattr(mlp, "feature_names_in_"):
            estimator.feature_names_in_ = mlp.feature_names_in_
        return estimator

    @classmethod
    def _unfitted_for_kernels(cls, kernels, params):
        """An unfitted estimator for given kernels, with valid parameters."""
        if params.get("normalize"):
            raise ValueError(
                "Given weights are for inputs and outputs as they are. Received "
                f"normalize={params['normalize']!r}. Leave it out, and put a "
                "StandardScaler in front if the weights are for standardised inputs."
            )
        widths = tuple(np.shape(np.atleast_2d(kernel))[1] for kernel in kernels[:-1])
        estimator = cls(widths, **{**params, "normalize": False})
        estimator._validate_params()
        return estimator

    def _adopt_weights(self, kernels, biases, targets):
        """Become a fitted network with these weights."""
        dtype = self.dtype
        with np.errstate(over="ignore"):  # _check_weights refuses infinite numbers
            kernels = [np.array(kernel, dtype=dtype, ndmin=2) for kernel in kernels]
            if biases is None:
                biases = [np.zeros(kernel.shape[1]) for kernel in kernels]
            elif not self.use_bias:
                raise ValueError(
                    "A network with use_bias=False has no biases. Received use_bias="
                    "False and biases. Leave one of them out."
                )
            biases = [np.array(bias, dtype=dtype, ndmin=1) for bias in biases]
        _check_weights(kernels, biases)
        head = self._head(targets)
        if head.units != kernels[-1].shape[1]:
            raise ValueError(
                f"The last kernel must have {head.units} columns for these targets. "
                f"Received a kernel of shape {kernels[-1].shape}."
            )
        n_features = kernels[0].shape[0]
        spec = DenseSpec(
            input_shape=(n_features,),
            hidden_layer_sizes=tuple(kernel.shape[1] for kernel in kernels[:-1]),
            units=head.units,
            output=head.output,
            activation=self.activation,
            use_bias=bool(self.use_bias),
            kernel_initializer=self.kernel_initializer,
            normalize=False,
            dtype=dtype,
        )
        layers = zip(kernels, biases, strict=True) if self.use_bias else zip(kernels)
        weights = Weights([array for layer in layers for array in layer], [])
        inputs = Standardization.none(n_features)
        network = FittedNetwork(spec, weights, inputs, targets.scaling)
        for name, value in self._fitted_attributes(network, targets).items():
            setattr(self, name, value)
        self.n_features_in_ = n_features
        self._history = []
        self.n_epochs_ = self.best_epoch_ = 0
        return self


def _check_weights(kernels, biases):
    """Refuse arrays that are not finite, or do not fit each other."""
    if not all(np.isfinite(array).all() for array in (*kernels, *biases)):
        raise ValueError(
            "kernels and biases must be finite in the network's dtype, which holds "
            f"numbers up to {np.finfo(kernels[0].dtype).max:.1e}. Received others. "
            "Correct them, or pass dtype='float64'."
        )
    if not kernels or len(kernels) != len(biases):
        raise ValueError(
            "kernels and biases must be lists of equal length, at least one. Received "
            f"{len(kernels)} kernels and {len(biases)} biases."
        )
    widths = [kernels[0].shape[0]]
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        if kernel.ndim != 2 or kernel.shape[0] != widths[-1]:
            raise ValueError(
                f"kernels[{layer}] must have shape ({widths[-1]}, n_units). Received "
                f"shape {kernel.shape}."
            )
        if bias.shape != (kernel.shape[1],):
            raise ValueError(
                f"biases[{layer}] must have shape ({kernel.shape[1]},). Received "
                f"shape {bias.shape}."
            )
        widths.append(kernel.shape[1])


@documented(
    parameters=(NETWORK, CLASSIFIER, DENSE, CLASSIFIER_SCALING),
    attributes=(CLASSES, LAYERS, TRAINING, FEATURES),
)
class DenseClassifier(_Dense, BaseNetworkClassifier):
    """A dense neural network for binary, multiclass and multilabel targets.

    See Also
    --------
    DenseRegressor : The same for continuous targets.
    KerasClassifier : A classifier around a Keras model of your own.
    sklearn.neural_network.MLPClassifier : Dense networks of scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier(epochs=50, random_state=0).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.9)
    True

    Your own layers, with a residual block:

    >>> import keras
    >>> def residual(input_shape):
    ...     inputs = keras.Input(input_shape)
    ...     x = keras.layers.Dense(32, activation="relu")(inputs)
    ...     h = keras.layers.Dense(32, activation="relu")(x)
    ...     return keras.Model(inputs, keras.layers.Add()([x, h]))
    >>> classifier = DenseClassifier(network=residual, epochs=50, random_state=0)
    >>> bool(classifier.fit(X, y).score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(128, 128),
        *,
        network=None,
        activation="silu",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        label_smoothing=0.0,
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        class_weight=None,
        multilabel="auto",
        callbacks=None,
        metrics=None,
        categorical_features="from_dtype",
        n_bins=None,
        normalize=True,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        store_parameters(self, locals())

    @classmethod
    def from_weights(
        cls, kernels, biases=None, activation="relu", *, classes=None, **params
    ):
        """Make a fitted network from given weights.

        Parameters
        ----------
        kernels : list of array-like of shape (n_inputs, n_units)
            One per layer. The units of the last layer are the outputs. Two classes
            take one unit (sigmoid) or two (softmax).
        biases : list of array-like of shape (n_units,), default=None
            One per layer; None means zeros. With ``use_bias=False`` there are none.
        activation : str, default="relu"
            Activation of the hidden layers.
        classes : array-like of shape (n_classes,), default=None
            Labels in the order of the outputs; None numbers them from zero. A single
            output is the probability of the second label. ``classes_`` is sorted, and
            so are the columns of probabilities.
        **params
            Further parameters of the estimator.

        Returns
        -------
        estimator : DenseClassifier
            A fitted estimator.

        Raises
        ------
        ValueError
            If the arrays do not fit each other, or a parameter does not go with them.
        """
        units = np.shape(np.atleast_2d(kernels[-1]))[1]
        given = np.arange(max(2, units)) if classes is None else np.asarray(classes)
        sorted_classes, order = np.unique(given, return_index=True)
        if len(sorted_classes) < given.size:
            raise ValueError(
                "classes must hold each label once, in the order of the outputs. "
                f"Received classes={classes!r}."
            )
        kind = "binary" if len(sorted_classes) == 2 else "multiclass"
        if kind == "binary" and units == 2:
            params = {"loss": "categorical_crossentropy", **params}
        params = {"activation": activation, **params}
        estimator = cls._unfitted_for_kernels(kernels, params)
        targets = ClassTargets(kind, sorted_classes)
        targets.margins = learns_margins(estimator.loss)
        estimator._adopt_weights(kernels, biases, targets)
        return estimator._reorder_outputs(order)

    def _reorder_outputs(self, order):
        """Sort the units of the output layer, as the classes were sorted."""
        trainable = self.network_.weights.trainable
        is_single = trainable[-1].shape[-1] == 1  # the logit of the second class
        for place in (-2, -1) if self.use_bias else (-1,):
            last = trainable[place]
            if is_single and order[0] == 1:
                trainable[place] = -last
            elif not is_single:
                trainable[place] = np.ascontiguousarray(last[..., order])
        return self

    @classmethod
    def _unfitted_like(cls, mlp, params):
        kind = "multiclass"
        if mlp.out_activation_ == "logistic":
            kind = "binary" if mlp.n_outputs_ == 1 else "multilabel-indicator"
        targets = ClassTargets(kind, np.asarray(mlp.classes_))
        return cls._unfitted_for_kernels(mlp.coefs_, params), targets


@documented(
    parameters=(NETWORK, REGRESSOR, DENSE, REGRESSOR_SCALING),
    attributes=(LAYERS, TRAINING, FEATURES),
)
class DenseRegressor(_Dense, BaseNetworkRegressor):
    """A dense neural network for one or many continuous targets.

    See Also
    --------
    DenseClassifier : The same for labels.
    KerasRegressor : A regressor around a Keras model of your own.
    sklearn.neural_network.MLPRegressor : Dense networks of scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep import DenseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = DenseRegressor(epochs=50, random_state=0).fit(X, y)
    >>> bool(regressor.score(X, y) > 0.4)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(128, 128),
        *,
        network=None,
        activation="silu",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        callbacks=None,
        metrics=None,
        categorical_features="from_dtype",
        n_bins=None,
        normalize=True,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        store_parameters(self, locals())

    @classmethod
    def from_weights(cls, kernels, biases=None, activation="relu", **params):
        """Make a fitted network from given weights.

        Parameters
        ----------
        kernels : list of array-like of shape (n_inputs, n_units)
            One per layer. The units of the last layer are the outputs.
        biases : list of array-like of shape (n_units,), default=None
            One per layer; None means zeros. With ``use_bias=False`` there are none.
        activation : str, default="relu"
            Activation of the hidden layers.
        **params
            Further parameters of the estimator.

        Returns
        -------
        estimator : DenseRegressor
            A fitted estimator.

        Raises
        ------
        ValueError
            If the arrays do not fit each other, or a parameter does not go with them.

        Examples
        --------
        >>> from skdeep import DenseRegressor
        >>> kernels = [[[3, 1], [3, 5]], [[2], [-1]]]
        >>> network = DenseRegressor.from_weights(kernels, activation="linear")
        >>> network.predict([[-1.0, 2.0]])
        array([-3.])
        """
        params = {"activation": activation, **params}
        estimator = cls._unfitted_for_kernels(kernels, params)
        units = np.shape(np.atleast_2d(kernels[-1]))[1]
        return estimator._adopt_weights(kernels, biases, estimator._unscaled(units))

    def _unscaled(self, n_outputs):
        """Targets that are not standardised."""
        positive = loss_rule(self.loss).values == POSITIVE
        scaling = Standardization.none(n_outputs)
        return ContinuousTargets(n_outputs == 1, scaling, positive)

    @classmethod
    def _unfitted_like(cls, mlp, params):
        loss = {"loss": "poisson"} if mlp.out_activation_ == "exp" else {}
        estimator = cls._unfitted_for_kernels(mlp.coefs_, {**loss, **params})
        return estimator, estimator._unscaled(mlp.n_outputs_)
