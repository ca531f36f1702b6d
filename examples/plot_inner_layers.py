"""
Watch a network sort the digits
===============================

Layer by layer, a network makes 64 pixels into ten answers. One can look at the way: at
a layer of two units after each epoch, and at any layer through its principal
components.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline

from skdeep import DenseClassifier, HiddenSpaceDisplay, layer_outputs

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# :class:`skdeep.HiddenSpaceDisplay` trains once, and draws what a layer of two units
# makes of the digits: first a heap, in the end one ray for each digit. The output layer
# after it divides the plane by straight lines, so rays are what it needs.
bottleneck = DenseClassifier((64, 2), activation="leaky_relu", random_state=0)
HiddenSpaceDisplay.from_epochs(bottleneck, X, y, epochs=6)

# %%
# Wider layers have no plane to draw. :func:`skdeep.layer_outputs` gives what each of
# them makes of the digits, and two principal components show the most of it. How far
# the digits are sorted in this plane tells a simple rule: each held-out digit belongs
# to the class whose mean is nearest.
network = DenseClassifier((64, 64, 64), random_state=0).fit(X, y)
known = {"pixels": X, **layer_outputs(network, X)}
held_out = {"pixels": X_test, **layer_outputs(network, X_test)}
figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
for ax, name in zip(axes, ["pixels", "dense_1", "dense_2", "dense_3"], strict=True):
    plane = make_pipeline(PCA(2), NearestCentroid()).fit(known[name], y)
    points = plane[0].transform(held_out[name])
    scatter = ax.scatter(*points.T, c=y_test, cmap="tab10", vmin=-0.5, vmax=9.5, s=8)
    accuracy = plane.score(held_out[name], y_test)
    ax.set(title=f"{name}: nearest mean {accuracy:.2f}", xticks=[], yticks=[])
figure.colorbar(scatter, ax=axes, label="digit", ticks=range(10))
plt.show()
