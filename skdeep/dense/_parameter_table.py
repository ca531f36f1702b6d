"""Parameters and attributes of dense networks."""

from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNTS, batch_size, own_layers

DENSE = {
    "hidden_layer_sizes": Parameter(
        "array-like of int or int",
        COUNTS,
        "Widths of the hidden layers; ``()`` is a linear model.",
    ),
    "network": own_layers(
        inputs="scaled inputs",
        shape="``(n_features,)``",
        outputs="one vector for each sample",
        gone="``hidden_layer_sizes``, ``activation``, ``dropout``, ``batch_norm``",
    ),
    "batch_size": batch_size(200),
}

LAYERS = {
    "coefs_": Attribute(
        "list of ndarray of shape (n_inputs, n_units)",
        """
        The kernels of the layers, as scikit-learn's MLP has them. With ``normalize``
        the first kernel is for standardised inputs. Batch normalisation is folded into
        the kernels.
        """,
    ),
    "intercepts_": Attribute(
        "list of ndarray of shape (n_units,)",
        """
        The biases of the layers. With ``use_bias=False`` they are zeros, or the shifts
        of batch normalisation.
        """,
    ),
}
