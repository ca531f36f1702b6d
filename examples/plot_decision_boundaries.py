"""
Circles and moons
=================

Two classes that no straight line divides. A :class:`skdeep.DenseClassifier` without
hidden layers is logistic regression; one hidden layer bends the boundary.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_circles, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import train_test_split

from skdeep import DenseClassifier

# %%
# The two sets, and networks with no, one and two hidden layers.
sets = {
    "moons": make_moons(400, noise=0.2, random_state=0),
    "circles": make_circles(400, noise=0.1, factor=0.5, random_state=0),
}
networks = {
    "no hidden layer": (),
    "8 units": (8,),
    "32 and 32 units": (32, 32),
}

# %%
# The colour is the probability of the blue class: dark red for 0, white for a half,
# dark blue for 1. Points are held-out samples.
figure, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
for row, (X, y) in zip(axes, sets.values(), strict=True):
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    for ax, (name, sizes) in zip(row, networks.items(), strict=True):
        network = DenseClassifier(
            sizes, optimizer="adam", learning_rate=0.01, random_state=0
        ).fit(X, y)
        DecisionBoundaryDisplay.from_estimator(
            network,
            X,
            response_method="predict_proba",
            levels=np.linspace(0, 1, 11),
            cmap="RdBu",
            alpha=0.7,
            ax=ax,
        )
        colours = ["tab:blue" if label else "tab:red" for label in y_test]
        ax.scatter(*X_test.T, c=colours, s=15, edgecolors="white", linewidths=0.5)
        ax.set(
            title=f"{name}: {network.score(X_test, y_test):.2f}", xticks=[], yticks=[]
        )
for ax, name in zip(axes[:, 0], sets, strict=True):
    ax.set_ylabel(name)
figure.suptitle("Accuracy on held-out samples")
plt.show()
