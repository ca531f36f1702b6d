"""Parameters and attributes of dense networks."""

from inspect import cleandoc
from numbers import Integral

from skdeep._compat import StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import (
    CLASSIFIER,
    COUNTS,
    REGRESSOR,
    batch_size,
    own_layers,
)

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
    "categorical_features": Parameter(
        "array-like of {bool, int, str} of shape (n_features,) or "
        "(n_categorical_features,), or None",
        ["array-like", StrOptions({"from_dtype"}), None],
        """
        Columns of X that hold categories: a mask, numbers or names of columns.
        ``"from_dtype"`` takes the columns of a data frame (pandas, polars, pyarrow)
        whose dtype is of categories, texts or truth values, and columns of objects that
        are texts or truth values. None takes no column. A level becomes a column of
        zeros and ones; two levels share one column, of -1 and 1. Missing values are a
        level, too. Levels that fit has seen in one row only share a column with those
        that it has not seen. Missing numbers become the median of their column, and a
        further column marks them if fit has seen any.
        """,
    ),
    "n_bins": Parameter(
        "int or None",
        [Interval(Integral, 2, None, closed="left"), None],
        """
        Number of bins for each column of numbers; None for none. The edges are
        quantiles of the training rows. Each bin adds a column to those that the network
        takes, which rises from 0 to 1 within the bin (a piecewise linear encoding, from
        Gorishniy et al., 2022, "On Embeddings for Numerical Features in Tabular Deep
        Learning"). That helps if the target changes in steps or bends. Columns with
        fewer than five different numbers have no bins.
        """,
    ),
}

_CLIP = """
"clip" also squeezes each standardised number z to z / sqrt(1 + (z / 3)^2), which lies
between -3 and 3: numbers far away from all others then cannot decide a prediction.
That often helps with tables whose columns have long tails. The ones of categories
become 0.95.
"""


def _with_clip(table):
    normalize = table["normalize"]
    constraint = [*normalize.constraint, StrOptions({"clip"})]
    text = cleandoc(normalize.text) + _CLIP
    return {"normalize": Parameter('bool or "clip"', constraint, text)}


CLASSIFIER_SCALING, REGRESSOR_SCALING = map(_with_clip, (CLASSIFIER, REGRESSOR))

LAYERS = {
    "network_input_names_": Attribute(
        "list of str",
        """
        Names of the columns that the network takes; see :meth:`network_inputs`.
        """,
    ),
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
