"""
Which penguin, or which two?
============================

A classifier that is not sure should say so. ``TabularClassifier.predict_set`` gives all
labels that may be right, so many that the true one is among them about as often as one
asks for.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from bokeh_sampledata.penguins import data as penguins
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from sklearn.model_selection import train_test_split

from skdeep import TabularClassifier

columns = ["flipper_length_mm", "body_mass_g"]
known = penguins.dropna(subset=columns)
X, y = known[columns], known["species"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)

# %%
# Eight networks are trained, each without an eighth of the penguins. How improbable the
# true species of those was decides which labels are in a set. The more often the truth
# shall be in it, the more labels it has.
classifier = TabularClassifier(random_state=0).fit(X_train, y_train)
print(f"right at once: {classifier.score(X_test, y_test):.0%}")
place = np.searchsorted(classifier.classes_, y_test)
for coverage in (0.8, 0.9, 0.95):
    sets = classifier.predict_set(X_test, coverage)
    inside = sets[np.arange(len(sets)), place].mean()
    print(
        f"asked for {coverage:.0%}: {inside:.0%}, {sets.sum(axis=1).mean():.1f} labels"
    )

# %%
# Where Adelie and chinstrap penguins are of one size, the sets hold both.
low, high = X.min() - np.array([3, 150]), X.max() + np.array([3, 150])
flippers, masses = (np.linspace(a, b, 120) for a, b in zip(low, high, strict=True))
grid = np.stack(np.meshgrid(flippers, masses), axis=-1)
sets = classifier.predict_set(pd.DataFrame(grid.reshape(-1, 2), columns=columns), 0.9)

colours = np.array([to_rgb(colour) for colour in ("C0", "C1", "C2")])


def shade(labels):
    """A light mixture of the colours of the labels; white for none of them."""
    n_labels = labels.sum(axis=-1, keepdims=True)
    return 1 - 0.45 * (1 - labels @ colours / np.maximum(1, n_labels)) * (n_labels > 0)


figure, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
extent = flippers[0], flippers[-1], masses[0], masses[-1]
picture = shade(sets).reshape(*grid.shape[:2], 3)
ax.imshow(picture, extent=extent, origin="lower", aspect="auto")
for name, colour in zip(classifier.classes_, colours, strict=True):
    them = X_test[y_test == name].to_numpy()
    ax.scatter(*them.T, s=22, color=colour, edgecolor="white", lw=0.6)
kinds = np.unique(sets, axis=0)
handles = [
    Patch(
        facecolor=shade(kind),
        edgecolor="0.6",
        label=" or ".join(classifier.classes_[kind]) or "none of them",
    )
    for kind in kinds[np.argsort(kinds.sum(axis=1))]
]
ax.legend(handles=handles, loc="upper left")
ax.set(xlabel="length of the flippers (mm)", ylabel="mass (g)")
plt.show()
