"""
Codes of digits
===============

A :class:`skdeep.Autoencoder` beside principal components on the digits: 32 numbers in
the place of 64, then only 2. Pictures of the reconstructions and of the codes go to
``results/``.
"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from skdeep import Autoencoder

mpl.use("Agg")
results = Path("results")
results.mkdir(exist_ok=True)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# How far are held-out digits from their reconstructions?
models = {}
print("Mean squared error of held-out pixels, which go from 0 to 16")
for n_components in (32, 2):
    pca = PCA(n_components).fit(X_train)
    autoencoder = Autoencoder(n_components, random_state=0).fit(X_train)
    models[n_components] = {"PCA": pca, "Autoencoder": autoencoder}
    for name, model in models[n_components].items():
        error = model.inverse_transform(model.transform(X_test)) - X_test
        print(f"  {name:12} {n_components:3} numbers  {np.mean(error**2):6.2f}")

# %%
# One digit of each class, and what two numbers keep of it.
shown = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]
rows = {"digit": X_test[shown]}
for name, model in models[2].items():
    codes = model.transform(X_test[shown])
    rows[f"{name}, 2"] = model.inverse_transform(codes)
figure, grid = plt.subplots(len(rows), 10, figsize=(9, 3.2), layout="constrained")
for axes, (name, images) in zip(grid, rows.items(), strict=True):
    for axis, image in zip(axes, images, strict=True):
        axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        axis.set(xticks=[], yticks=[])
    axes[0].set_ylabel(name, rotation=0, ha="right", va="center")
figure.savefig(results / "digits_reconstructions.png", dpi=100)

# %%
# Where the two numbers put held-out digits.
figure, grid = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for axis, (name, model) in zip(grid, models[2].items(), strict=True):
    codes = model.transform(X_test)
    points = axis.scatter(*codes.T, c=y_test, cmap="tab10", vmin=-0.5, vmax=9.5, s=14)
    axis.set(title=name, xlabel="first number", ylabel="second number")
figure.colorbar(points, ax=grid, label="digit", ticks=range(10))
figure.savefig(results / "digits_codes.png", dpi=100)
print(f"\nWritten: {', '.join(sorted(str(path) for path in results.glob('digits_*')))}")
