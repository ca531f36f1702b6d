"""The documentation that KerasClassifier and KerasRegressor share."""

MODEL = """\
    model : callable, keras.Model or None, default=None
        A function that returns a model, compiled or not, a class of models, or a
        model. A model is copied, with its weights, compile settings and optimiser
        state, before it is trained, except by ``partial_fit`` after ``initialize``.
        Of its parameters the function gets those named in the constructor
        (``hidden=32``) or routed to it (``model__hidden=32``), and as it names them:
        ``meta``, a dictionary of what was learnt about the data (``X_shape_``,
        ``n_features_in_``, ``n_outputs_``, ``target_type_``, ...),
        ``compile_kwargs``, the arguments for ``compile``, and ``params``, all
        parameters. None calls the method ``_keras_build_fn`` of a subclass.
    build_fn : callable, keras.Model or None, default=None
        Former name of ``model``.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights of the last one.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, dropout and the order of the rows. No global
        generator is seeded: a function that draws from ``numpy.random`` itself finds
        this value in ``params["random_state"]``.
    optimizer : str, keras.optimizers.Optimizer or its class, default="rmsprop"
        For models that come uncompiled. ``optimizer__learning_rate=0.01`` gives
        strings and classes an argument; an object is copied for each fit.
    loss : str, keras.losses.Loss, its class, callable or None, default=None
        For models that come uncompiled; ``loss__...`` as with the optimiser.
    metrics : list, dict or None, default=None
        For models that come uncompiled; ``metrics__0__...`` gives the first class
        in the list an argument.
    batch_size : int or None, default=None
        Rows per step of training; -1 takes all, None is Keras's 32.
        ``predict__batch_size`` limits how many rows are predicted at once.
    validation_batch_size : int or None, default=None
        Rows per step of validation; None is ``batch_size``.
    verbose : int or str, default=0
        1 shows Keras's progress bars, 2 a line per epoch.
    callbacks : list, dict, keras.callbacks.Callback, its class or None, default=None
        ``callbacks__patience=3`` gives classes an argument.
    validation_split : float, default=0.0
        Share of the data, the last rows, that is held out for validation. A
        classifier warns where these hold all rows of a class, or none.
    shuffle : bool, default=True
        Whether each epoch has an order of its own.
    run_eagerly : bool, default=False
        For models that come uncompiled: whether TensorFlow compiles no step.
    epochs : int, default=1
        Passes over the data.
"""

CLASS_WEIGHT = """\
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by label; they multiply ``sample_weight``. Labels that
        are left out have weight one. What ``fit`` and ``partial_fit`` get under this
        name comes first.
"""

KWARGS = """\
    **kwargs : dict
        Parameters of the function that builds the model, and routed ones:
        ``model__``, ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__``,
        ``compile__``, ``fit__`` and ``predict__`` before the name of an argument.
"""

ATTRIBUTES = """\
    model_ : keras.Model
        The trained model.
    history_ : dict of str to list
        A value per epoch of the loss and of each metric.
    current_epoch : int
        Number of epochs in ``history_``.
    initialized_ : bool
        Whether there is a model to predict with.
    target_encoder_, feature_encoder_ : transformer
        What y and X go through before the model. Subclasses override the properties
        ``target_encoder`` and ``feature_encoder`` for their own, for example for
        models with several outputs or inputs.
    target_type_ : str
        Of :func:`sklearn.utils.multiclass.type_of_target`.
    X_shape_, X_dtype_, y_dtype_, y_ndim_ : tuple, dtype, dtype, int
        Of the training data; of several inputs lists or dicts of shapes and dtypes.
    n_features_in_ : int
        Length of X's second axis, where X is one array.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of X's columns, where all are strings.
    n_outputs_, n_outputs_expected_ : int
        Number of targets, and of the model's outputs.
"""

NOTES = """\
    Notes
    -----
    Routing and building are SciKeras's (https://github.com/adriangb/scikeras, MIT
    licence), for which code runs here after a change of the import. Different are:
    ``verbose=0`` is the default and does not go to ``predict``; a given model is
    copied before it is trained; every result depends on ``random_state`` alone, and no
    global generator is seeded; weights are scaled to mean one; losses that compare
    probabilities get one column per class.
"""
