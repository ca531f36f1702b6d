"""
Propagation by hand
===================

One sample goes forward through a small network, its error comes back, and every weight
takes one step. :func:`skdeep.forward_trace` and :func:`skdeep.backward_trace` write
down each number.
"""

import matplotlib.pyplot as plt

from skdeep import DenseRegressor, NetworkDisplay, backward_trace, forward_trace

# %%
# Two inputs, two hidden units, one output, and weights that one can compute with.
network = DenseRegressor.from_weights(
    [[[3, 1], [3, 5]], [[2], [-1]]], activation="linear"
)
print(forward_trace(network, [[-1.0, 2.0]]))

# %%
# The target is 5, the output -3: the squared error is 64.
trace = backward_trace(network, [[-1.0, 2.0]], [5.0], learning_rate=0.01)
print(trace.loss)
print(trace.nodes)

# %%
# The slope of the loss for each weight, and the weight after one step.
print(trace.weights)

# %%
# The same sample in a picture.
NetworkDisplay.from_estimator(network, [-1.0, 2.0])
plt.show()
