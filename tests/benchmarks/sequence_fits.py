"""Recurrent networks beside keras.Model.fit, with the same layers and batches.

The sequences are windows of the yearly sunspot numbers and the rows of the digits.
"""

import numpy as np
from fused_fits import FOLDS, RATES, forget_programs, fused, grid_search
from peers import row, seconds

_EPOCHS = 50


def digits():
    """Images of eight rows of eight pixels, the first 1,792."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return (data.images[:1792] / 16).astype("float32"), data.target[:1792]


def sunspot_windows(n_steps, n_samples=256):
    """Windows of the yearly numbers, eight channels that lag by one year each."""
    from series_data import sunspots

    yearly = sunspots().to_numpy("float32") / 100
    windows = np.lib.stride_tricks.sliding_window_view(yearly, n_steps + 8)
    index = np.random.default_rng(0).integers(len(windows), size=n_samples)
    chosen = windows[index]
    X = np.stack([chosen[:, i : i + n_steps] for i in range(8)], axis=2)
    return X, (chosen[:, -1] > chosen[:, -2]).astype(int)


def ours(cell="lstm", **params):
    from skdeep import SequenceClassifier

    settings = {
        "optimizer": "adam",
        "learning_rate": 0.001,
        "learning_rate_schedule": None,
        "batch_size": 32,
        "normalize": False,
        "random_state": 0,
    }
    return SequenceClassifier(cell, **{**settings, **params})


def keras_model(shape, n_classes, cell="lstm"):
    import keras

    L = keras.layers
    layer = {"lstm": L.LSTM, "gru": L.GRU, "rnn": L.SimpleRNN}[cell]
    layers = [keras.Input(shape), layer(32)]
    layers += [L.Dense(n_classes, activation="softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def sequence_warm_fit():
    """A warm fit of one recurrent layer of 32 units; one prediction."""
    goals = {8: {"lstm": 8, "gru": 6}, 32: {"lstm": 2.5}, 64: {"lstm": 2.5}}
    for n_steps in (8, 32, 64):
        X, y = digits() if n_steps == 8 else sunspot_windows(n_steps)
        for cell in ("lstm", "gru", "rnn"):
            net = ours(cell, epochs=10 if n_steps == 8 else 20)
            model = keras_model(X.shape[1:], len(np.unique(y)), cell)

            def peer(model=model, X=X, y=y):
                model.fit(X, y, batch_size=32, epochs=2, verbose=0)

            def own(net=net, X=X, y=y):
                net.fit(X, y)

            own(), peer()
            own_time, peer_time = seconds(own, peer, repeats=5)
            ratio = peer_time / 2 / (own_time / net.epochs)
            goal = goals[n_steps].get(cell, "")
            what = f"{cell}, {n_steps} steps: keras.Model.fit / ours"
            row(what, ratio, goal and f">= {goal}")
            if cell == "lstm":
                _predict_one(net, model, X[:1], n_steps)


def _predict_one(net, model, one, n_steps):
    own_time, peer_time = seconds(
        lambda: net.predict(one), lambda: model.predict(one, verbose=0), repeats=30
    )
    what = f"lstm, {n_steps} steps: predict one, keras.Model.predict / ours"
    row(what, peer_time / own_time, ">= 30")


def sequence_fused():
    """Twelve learning rates times five folds, fused, beside Keras in a loop."""
    X, y = digits()
    train = slice(0, len(X) * (FOLDS - 1) // FOLDS)
    for cell in ("lstm", "gru"):
        net = ours(cell, epochs=_EPOCHS)

        def work(rates=RATES, net=net):
            return grid_search(net, {"learning_rate": rates}, X, y)

        forget_programs()
        first = seconds(lambda work=work: fused(work), repeats=1)
        warm, alone = seconds(
            lambda work=work: fused(work), lambda work=work: work(RATES[:1])
        )
        keras_time = _keras_fit_seconds(X[train], y[train], cell) * len(RATES) * FOLDS
        what = f"{cell}, 8 steps, search of 60 fits"
        row(f"{what}, Keras in a loop / fused, first", keras_time / first, "")
        row(f"{what}, Keras in a loop / fused, warm", keras_time / warm, ">= 15")
        row(f"{what}, ours unfused / fused, warm", alone * len(RATES) / warm, "> 1")


def _keras_fit_seconds(X, y, cell):
    """A new model's fit of ``_EPOCHS`` epochs, from fits of 2 and of 6 epochs."""

    def fit(epochs):
        model = keras_model(X.shape[1:], 10, cell)
        model.fit(X, y, epochs=epochs, batch_size=32, verbose=0)

    short, long = seconds(lambda: fit(2), lambda: fit(6))
    return short + (_EPOCHS - 2) * (long - short) / 4


# Of nets that learn shapes: as the fully convolutional network of Wang et al., 2017,
# "Time series classification from scratch with deep neural networks".
_SHAPES = {"cell": "conv", "units": (64, 64, 64), "batch_norm": True, "epochs": 300}
_UCR = {
    "ItalyPowerDemand": 0.95,
    "GunPoint": 0.95,
    "BasicMotions": 1.0,
    "JapaneseVowels": 0.95,
}


def sequence_accuracy():
    """Official splits of the UCR and UEA archives, five seeds."""
    from series_data import ucr

    from skdeep import SequenceClassifier

    settings = {"defaults": {}, "cell='gru'": {"cell": "gru"}, "conv": _SHAPES}
    print(f"conv: {_SHAPES}")
    for name, goal in _UCR.items():
        train, test = ucr(name, "TRAIN"), ucr(name, "TEST")
        for what, params in settings.items():
            nets = [SequenceClassifier(**params, random_state=i) for i in range(5)]
            scores = [net.fit(*train).score(*test) for net in nets]
            wanted = f">= {goal}" if what == "conv" else ""
            row(f"{name}, {what}: mean accuracy", np.mean(scores), wanted)
            row(f"{name}, {what}: lowest of five", np.min(scores), "")


def forecast_airline():
    """Three years of airline passengers from twelve months, five seeds."""
    from series_data import airline
    from sklearn.linear_model import LinearRegression
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    from skdeep import DenseRegressor, Forecaster, SequenceRegressor

    y = airline()
    known, actual = y[:-36], y[-36:].to_numpy()

    def error(forecast):
        return np.abs(np.asarray(forecast) - actual).mean()

    smoothing = ExponentialSmoothing(
        known.to_timestamp(), trend="add", seasonal="mul", seasonal_periods=12
    )
    row("airline: MAE, seasonal naive", error(np.tile(known[-12:], 3)), "")
    row("airline: MAE, Holt-Winters", error(smoothing.fit().forecast(36)), "")
    nets = {
        "linear": lambda seed: LinearRegression(),
        "lstm": lambda seed: SequenceRegressor(random_state=seed),
        "gru": lambda seed: SequenceRegressor("gru", random_state=seed),
        "conv": lambda seed: SequenceRegressor("conv", random_state=seed),
        "dense": lambda seed: DenseRegressor(random_state=seed),
    }
    differences = {
        "as it is": {},
        "seasonal difference": {"seasonal_difference": 1, "seasonal_period": 12},
    }
    for what, options in differences.items():
        for name, net in nets.items():
            errors = []
            for seed in range(5):
                f = Forecaster(net(seed), 12, strategy="recursive", **options)
                errors.append(error(f.fit(known).predict(36)))
            row(f"airline, {what}: MAE, {name}, mean", np.mean(errors), "")
            row(f"airline, {what}: MAE, {name}, worst of five", np.max(errors), "")


def forecast_sunspots():
    """The last 55 years of sunspots from windows of eleven, five seeds."""
    from series_data import sunspots
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import TimeSeriesSplit

    from skdeep import Forecaster, SequenceRegressor

    y, cv = sunspots(), TimeSeriesSplit(5, test_size=11)
    nets = {
        "linear autoregression": lambda seed: LinearRegression(),
        "lstm": lambda seed: SequenceRegressor(random_state=seed),
        "gru": lambda seed: SequenceRegressor("gru", random_state=seed),
    }
    for horizon, strategy in ((1, "direct"), (11, "direct"), (11, "recursive")):
        for name, net in nets.items():
            errors = []
            for seed in range(5):
                f = Forecaster(net(seed), 11, horizon, strategy=strategy)
                result = f.backtest(y, cv=cv)
                errors.append(result.errors.loc["all", "forecast"])
            for measure in ("MAE", "RMSE"):
                values = [e[measure] for e in errors]
                what = f"sunspots, {horizon} years {strategy}: {measure}, {name}"
                row(what, np.mean(values), "")
        naive = result.errors.loc["all", "naive"]
        row(f"sunspots, {horizon} years: MAE, naive", naive["MAE"], "")
