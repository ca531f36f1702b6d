"""Parameters and attributes of estimators around Keras models."""

from numbers import Integral

from skdeep._compat import Options, StrOptions
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT, SHARE

ROWS = [COUNT, Options(Integral, {-1}), None]
VERBOSE = ["verbose", StrOptions({"auto"})]

# A parameter without a constraint is checked by Keras, or where it is used.
KERAS = {
    "model": Parameter(
        "callable, keras.Model or None",
        None,
        """
        A function that returns a model, compiled or not, a class of models, or a
        model. A model is copied, with its weights, compile settings and optimiser
        state, before it is trained, except by ``partial_fit`` after ``initialize``.
        The function gets those of its arguments that are named in the constructor
        (``hidden=32``) or routed to it (``model__hidden=32``). It also gets three
        others, if it names them: ``meta``, a dictionary of what was learnt about the
        data (``X_shape_``, ``n_features_in_``, ``n_outputs_``, ``target_type_``, ...),
        ``compile_kwargs``, the arguments for ``compile``, and ``params``, all
        parameters. None calls the method ``_keras_build_fn`` of a subclass.
        """,
    ),
    "build_fn": Parameter(
        "callable, keras.Model or None", None, "Former name of ``model``."
    ),
    "warm_start": Parameter(
        "bool", None, "Whether ``fit`` goes on from the weights of the last fit."
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        None,
        """
        Determines initial weights, dropout and the order of the rows. No global
        generator is seeded: a function that draws from ``numpy.random`` itself finds
        this value in ``params["random_state"]``.
        """,
    ),
    "optimizer": Parameter(
        "str, keras.optimizers.Optimizer or its class",
        None,
        """
        For models that come uncompiled. ``optimizer__learning_rate=0.01`` gives
        strings and classes an argument; an object is copied for each fit.
        """,
    ),
    "loss": Parameter(
        "str, keras.losses.Loss, its class, callable or None",
        None,
        "For models that come uncompiled; ``loss__...`` as with the optimiser.",
    ),
    "metrics": Parameter(
        "list, dict or None",
        None,
        """
        For models that come uncompiled; ``metrics__0__...`` gives the first class
        in the list an argument.
        """,
    ),
    "batch_size": Parameter(
        "int or None",
        ROWS,
        """
        Rows per step of training; -1 takes all, None is Keras's 32.
        ``predict__batch_size`` limits how many rows are predicted at once.
        """,
    ),
    "validation_batch_size": Parameter(
        "int or None",
        ROWS,
        "Rows per step of validation; -1 takes all, None is ``batch_size``.",
    ),
    "verbose": Parameter(
        "int or str", VERBOSE, "1 shows Keras's progress bars, 2 a line per epoch."
    ),
    "callbacks": Parameter(
        "list, dict, keras.callbacks.Callback, its class or None",
        None,
        """
        Keras's callbacks. ``callbacks__patience=3`` gives classes an argument.
        """,
    ),
    "validation_split": Parameter(
        "float or None",
        [SHARE, None],
        """
        Share of the data, the last rows, that is held out for validation. A
        classifier warns where these hold all rows of a class, or none.
        """,
    ),
    "shuffle": Parameter("bool", None, "Whether each epoch has an order of its own."),
    "run_eagerly": Parameter(
        "bool",
        None,
        """
        For models that come uncompiled: whether each step runs as plain Python, which
        TensorFlow does not compile.
        """,
    ),
    "epochs": Parameter("int", [COUNT], "Passes over the data."),
    "**kwargs": Parameter(
        "dict",
        None,
        """
        Parameters of the function that builds the model, and routed ones:
        ``model__``, ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__``,
        ``compile__``, ``fit__`` and ``predict__`` before the name of an argument.
        """,
    ),
}

CLASSIFIER = {
    "class_weight": Parameter(
        'dict, "balanced" or None',
        [dict, list, StrOptions({"balanced"}), None],
        """
        Weights of the classes, by label; they multiply ``sample_weight``. Labels that
        are left out have weight one. A ``class_weight`` that ``fit`` or
        ``partial_fit`` gets takes the place of this one.
        """,
    ),
}

CLASSES = {
    "classes_": Attribute("ndarray of shape (n_classes,)", "The labels."),
    "n_classes_": Attribute("int", "Number of labels."),
}
FITTED = {
    "model_": Attribute("keras.Model", "The trained model."),
    "history_": Attribute(
        "dict of str to list", "A value per epoch of the loss and of each metric."
    ),
    "current_epoch": Attribute("int", "Number of epochs in ``history_``."),
    "initialized_": Attribute("bool", "Whether there is a model to predict with."),
    "target_encoder_": Attribute(
        "transformer",
        """
        What y goes through before the model. Subclasses override the property
        ``target_encoder`` for their own, for example for models with several outputs.
        """,
    ),
    "feature_encoder_": Attribute(
        "transformer",
        """
        What X goes through before the model. Subclasses override the property
        ``feature_encoder`` for their own, for example for models with several inputs.
        """,
    ),
    "target_type_": Attribute(
        "str", "As :func:`sklearn.utils.multiclass.type_of_target` names it."
    ),
    "X_shape_": Attribute(
        "tuple",
        "Shape of X in ``fit``; a list or a dict of shapes where X has several inputs.",
    ),
    "X_dtype_": Attribute(
        "dtype",
        "Dtype of X in ``fit``; a list or a dict of dtypes where X has several inputs.",
    ),
    "y_dtype_": Attribute("dtype", "Dtype of y in ``fit``."),
    "y_ndim_": Attribute("int", "Number of axes of y in ``fit``."),
    "n_features_in_": Attribute(
        "int", "Length of X's second axis, where X is one array."
    ),
    "feature_names_in_": Attribute(
        "ndarray of shape (`n_features_in_`,)",
        "Names of X's columns, where all are strings.",
    ),
    "n_outputs_": Attribute("int", "Number of targets."),
    "n_outputs_expected_": Attribute("int", "Number of the model's outputs."),
}

NOTES = """
The routing of parameters and the encoders are SciKeras's
(https://github.com/adriangb/scikeras, MIT licence). Code that was written for SciKeras
runs here after a change of the import. Different are:
``verbose=0`` is the default and does not go to ``predict``; a given model is
copied before it is trained; every result depends on ``random_state`` alone, and no
global generator is seeded; weights are scaled to mean one; losses that compare
probabilities get one column per class.
"""
