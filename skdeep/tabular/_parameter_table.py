"""Parameters and attributes of the ensembles for tables."""

from numbers import Integral, Real

from skdeep._compat import HasMethods, StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import CLASSIFIER, COUNT, COUNTS, FEATURES
from skdeep.dense._parameter_table import DENSE

_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]

TABULAR = {
    "n_members": Parameter(
        "int",
        [Interval(Integral, 2, None, closed="left")],
        """
        Number of networks, and of folds: each network is trained without one fold,
        which chooses its best epoch. With fewer rows (or groups) there are as many as
        these, and with ``cv`` as many as its folds.
        """,
    ),
    "hidden_layer_sizes": Parameter(
        "array-like of int or int", COUNTS, "Widths of each network's hidden layers."
    ),
    "epochs": Parameter(
        'int or "auto"',
        [StrOptions({"auto"}), COUNT],
        """
        Epochs of each network. "auto" is 32, or as many more as make 500 steps. Of more
        than 12,800 rows it is fewer, in proportion, but at least 4.
        """,
    ),
    "batch_size": Parameter(
        'int or "auto"',
        [StrOptions({"auto"}), COUNT],
        """
        Rows of the training data for each step. "auto" is the power of two that is
        closest to a fortieth of the rows, but 16 to 64. Of more than 12,800 rows it
        grows with them, up to 512.
        """,
    ),
    "learning_rate": Parameter(
        "float",
        [Interval(Real, 0, None, closed="neither")],
        "The first learning rate of AdamW; it falls to zero along half a cosine.",
    ),
    "weight_decay": Parameter(
        "float",
        _NOT_NEGATIVE,
        "By how much AdamW shrinks all weights: by this times the rate in each step.",
    ),
    "dropout": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="left")],
        "Share of the hidden units' outputs that are left out in each step.",
    ),
    "label_smoothing": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="left")],
        "Share of each target that is spread over all classes.",
    ),
    "class_weight": Parameter(
        CLASSIFIER["class_weight"].type,
        CLASSIFIER["class_weight"].constraint,
        """
        Weights of the classes by label, as in scikit-learn. For targets with a column
        for each label, a list has a dict for each column. Rows of a class of weight
        zero are left out, but its label is known.
        """,
    ),
    "multilabel": Parameter(
        CLASSIFIER["multilabel"].type,
        CLASSIFIER["multilabel"].constraint,
        """
        The meaning of y with a column of 0 and 1 for each label. False: each row has
        exactly one class (one-hot rows). True: each row may have any number of labels.
        "auto" is False if every row of y has exactly one 1, else True.
        """,
    ),
    "categorical_features": DENSE["categorical_features"],
    "n_bins": Parameter(
        'int, "auto" or None',
        [*DENSE["n_bins"].constraint, StrOptions({"auto"})],
        """
        Number of bins for each column of numbers, in every second network; see
        :class:`skdeep.DenseClassifier`. "auto" is 8, or fewer for more than 64 columns
        or half a million numbers, and none for more than 128 columns or a million
        numbers, and for sparse tables. None means no bins.
        """,
    ),
    "cv": Parameter(
        "int, cross-validation generator, iterable or None",
        [
            Interval(Integral, 2, None, closed="left"),
            HasMethods(["split"]),
            HasMethods(["__iter__"]),
            None,
        ],
        """
        The folds, one for each network: their number, a splitter such as GroupKFold or
        TimeSeriesSplit, or pairs of arrays with the numbers of the rows to train on and
        of the rows of the fold. Then each network learns what the columns hold from the
        rows that it is trained on, and predictions take longer. None makes
        ``n_members`` random folds, with equal shares of the classes. With ``groups``
        all rows of a group are in one fold.
        """,
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        ["random_state"],
        "Seed of the folds, the initial weights, the order of the rows and dropout.",
    ),
}

FITTED = {
    "estimators_": Attribute(
        "list of estimators",
        """
        The networks, each a fitted :class:`skdeep.DenseClassifier` or
        :class:`skdeep.DenseRegressor` that takes X as the ensemble does. Without ``cv``
        they have learnt from all rows what the columns hold (levels, medians, means,
        bins) and the scale of continuous targets.
        """,
    ),
    **FEATURES,
}

OF_CLASSIFIER = {
    "temperature_": Attribute(
        "float",
        """
        What the logits of the average are divided by (temperature scaling, from Guo et
        al., 2017, "On Calibration of Modern Neural Networks").
        """,
    ),
    "oof_prediction_": Attribute(
        "ndarray of shape (n_samples, n_classes)",
        """
        Probabilities for the training rows, by the network that has not seen them, as
        ``temperature_`` makes them; averages if several folds have a row. NaN
        for rows that no fold has, and for those of weight zero.
        """,
    ),
}

OF_REGRESSOR = {
    "oof_prediction_": Attribute(
        "ndarray, of the shape of y",
        """
        Predictions for the training rows, by the network that has not seen them. NaN
        for rows that no fold has, and for those of weight zero.
        """,
    ),
}
