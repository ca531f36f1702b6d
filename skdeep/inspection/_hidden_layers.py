"""HiddenLayers: a network's features for another model."""

import math
from numbers import Integral

from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import HasMethods, _fit_context, _routing_enabled
from skdeep.base._documented import (
    Attribute,
    Parameter,
    documented,
    store_parameters,
)
from skdeep.base._parameter_table import FEATURES
from skdeep.inspection._fitted import check_holds_network, network_estimator
from skdeep.inspection._layer_outputs import chosen_names, layer_outputs

_PARAMETERS = {
    "estimator": Parameter(
        "object",
        [HasMethods(["fit"])],
        """
        A network of this package, a pipeline that ends with one, or a search over
        either.
        """,
    ),
    "layer": Parameter(
        "int or str",
        [Integral, str],
        """
        The layer, by its number or by its name in ``summary()``. -1 is the output
        layer, -2 the layer before it. Outputs with several axes are flattened.
        """,
    ),
}
_ATTRIBUTES = {
    "estimator_": Attribute("object", "The fitted network."),
    "n_features_in_": Attribute(
        "int", "Number of features, if the network knows the number."
    ),
    "feature_names_in_": FEATURES["feature_names_in_"],
}


@documented(parameters=(_PARAMETERS,), attributes=(_ATTRIBUTES,))
class HiddenLayers(
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    BaseEstimator,
):
    """The outputs of a network's layer as features for another model.

    ``fit`` trains a clone of the network, so each fold of a cross-validation has its
    own network. To use a fitted network as it is, wrap it in
    :class:`sklearn.frozen.FrozenEstimator`.

    See Also
    --------
    layer_outputs : The outputs of a fitted network's layer.
    HiddenSpaceDisplay : Samples in the plane of a layer's two units.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdeep import DenseClassifier, HiddenLayers
    >>> X, y = load_iris(return_X_y=True)
    >>> network = DenseClassifier((8, 4), epochs=50, random_state=0)
    >>> pipe = make_pipeline(HiddenLayers(network), KNeighborsClassifier())
    >>> bool(pipe.fit(X, y).score(X, y) > 0.9)
    True
    """

    def __init__(self, estimator, layer=-2):
        store_parameters(self, locals())

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **fit_params):
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, in any form that the network takes.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.
        **fit_params
            For the network's ``fit``; with metadata routing only what is requested.

        Returns
        -------
        self : HiddenLayers
            The fitted estimator.

        Raises
        ------
        TypeError
            If ``estimator`` is no network of this package.
        ValueError
            If the network has no such layer.
        """
        check_holds_network(self.estimator)
        self.estimator_ = clone(self.estimator)
        self.estimator_.fit(X, y, **self._routed(fit_params))
        if hasattr(self.estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.estimator_.feature_names_in_
        # Checked here, so that a wrong layer is an error of fit, not of transform.
        self._layer_name = self._checked_layer()
        self._n_features_out = self._width(self._layer_name)
        return self

    def transform(self, X):
        """Compute the layer's outputs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features_out)
            In the network's dtype.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        check_is_fitted(self)
        layer = self.__dict__.get("_layer_name", self.layer)
        (values,) = layer_outputs(self.estimator_, X, layer).values()
        return values.reshape(len(values), -1)

    @property
    def n_features_in_(self):
        """Number of features that the network has seen in ``fit``."""
        return self.estimator_.n_features_in_

    def get_metadata_routing(self):
        """Which metadata ``fit`` passes on to the network.

        Returns
        -------
        routing : MetadataRouter
            The metadata by method.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        of_network = get_tags(self.estimator)
        tags.input_tags = of_network.input_tags
        tags.target_tags.required = of_network.target_tags.required
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _routed(self, fit_params):
        if not _routing_enabled():
            return fit_params
        return process_routing(self, "fit", **fit_params).estimator.fit

    def _checked_layer(self):
        """The name of ``layer``, which must exist."""
        network = network_estimator(self.estimator_)
        (name,) = chosen_names(network.network_.spec, self.layer)
        return name

    def _width(self, name):
        """Number of values that the layer gives for each sample."""
        network = network_estimator(self.estimator_)
        shape = network.summary().loc[name, "output_shape"]
        if None in shape:
            raise ValueError(
                f"layer={self.layer!r} gives an output for each step, and sequences of "
                "different lengths have different numbers of them. Take a layer behind "
                "the one that sums up the steps."
            )
        return math.prod(shape)
