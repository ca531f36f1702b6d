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
names = classifier.classes_
figure, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
n_labels = np.maximum(1, sets.sum(axis=1, keepdims=True))
shades = 1 - 0.45 * (1 - sets @ colours / n_labels)
shades[~sets.any(axis=1)] = 1
extent = flippers[0], flippers[-1], masses[0], masses[-1]
ax.imshow(
    shades.reshape(*grid.shape[:2], 3), extent=extent, origin="lower", aspect="auto"
)
for name, colour in zip(names, colours, strict=True):
    them = y_test == name
    ax.scatter(
        *X_test[them].to_numpy().T, s=22, color=colour, edgecolor="white", lw=0.6
    )
kinds, counts = np.unique(sets, axis=0, return_counts=True)
handles = []
for kind in kinds[np.argsort(kinds.sum(axis=1))]:
    shade = (
        1 - 0.45 * (1 - kind @ colours / max(1, kind.sum()))
        if kind.any()
        else (1, 1, 1)
    )
    label = " or ".join(names[kind]) or "none of them"
    handles.append(Patch(facecolor=shade, edgecolor="0.6", label=label))
ax.legend(handles=handles, loc="upper left")
ax.set(xlabel="length of the flippers (mm)", ylabel="mass (g)")
plt.show()
