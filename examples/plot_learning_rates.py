"""
Learning rates, batch sizes, optimisers and activations compared
================================================================

:func:`skdeep.training_histories` fits one network for each value of a parameter, all in
one program. :class:`skdeep.ParameterHistoriesDisplay` draws their losses.
"""

import matplotlib.pyplot as plt
from keras.optimizers import SGD
from sklearn.datasets import load_digits

from skdeep import DenseClassifier, ParameterHistoriesDisplay

X, y = load_digits(return_X_y=True)
network = DenseClassifier(
    (64,),
    epochs=30,
    batch_size=32,
    optimizer="adam",
    early_stopping=True,
    patience=None,
    random_state=0,
)

# %%
# The learning rate decides most: a small one is slow, a large one never settles.
ParameterHistoriesDisplay.from_estimator(
    network,
    X,
    y,
    param_name="learning_rate",
    param_range=[0.0001, 0.001, 0.01, 0.1],
    log_scale=True,
)

# %%
# Small batches make more steps in an epoch.
ParameterHistoriesDisplay.from_estimator(
    network,
    X,
    y,
    param_name="batch_size",
    param_range=[8, 32, 128, 512],
    log_scale=True,
)

# %%
# Momentum lets plain gradient descent keep up with Adam.
ParameterHistoriesDisplay.from_estimator(
    network,
    X,
    y,
    param_name="optimizer",
    param_range=["adam", "rmsprop", SGD(0.01), SGD(0.01, momentum=0.9)],
    log_scale=True,
)

# %%
# Activations and initialisers.
ParameterHistoriesDisplay.from_estimator(
    network,
    X,
    y,
    param_name="activation",
    param_range=["sigmoid", "tanh", "relu", "silu"],
    log_scale=True,
)
ParameterHistoriesDisplay.from_estimator(
    network,
    X,
    y,
    param_name="kernel_initializer",
    param_range=["zeros", "random_normal", "glorot_uniform", "he_normal"],
    log_scale=True,
)
plt.show()
