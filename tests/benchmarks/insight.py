"""Layer outputs and traces beside predictions."""

from functools import partial

import numpy as np
from peers import row, seconds

_ROWS = 10_000


def insight_speed():
    from sklearn.datasets import load_digits

    from skdeep import (
        ConvClassifier,
        DenseClassifier,
        backward_trace,
        forward_trace,
        layer_outputs,
    )

    X, y = load_digits(return_X_y=True)
    times = -(-_ROWS // len(X))
    many = np.tile(X, (times, 1))[:_ROWS].astype("float32")
    targets = np.tile(y, times)[:_ROWS]
    networks = {
        "dense, silu": DenseClassifier(epochs=5, random_state=0),
        "dense, relu": DenseClassifier(epochs=5, activation="relu", random_state=0),
        "convolutional": ConvClassifier(epochs=1, random_state=0),
    }
    for name, network in networks.items():
        network.fit(X.astype("float32"), y)
        functions = [network.predict, partial(layer_outputs, network)]
        if name != "convolutional":
            functions.append(partial(forward_trace, network))
            functions.append(partial(backward_trace, network, y=targets))
        for function in functions:
            function(many)  # what is compiled once is no part of it
        predict, *others = seconds(
            *[lambda f=f: f(many) for f in functions], repeats=15
        )
        labels = "layer_outputs", "forward_trace", "backward_trace"
        for label, time in zip(labels, others, strict=False):
            row(f"{name}, {_ROWS} rows: {label} / predict", time / predict, "<= 2")
