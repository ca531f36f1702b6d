"""
Digits as images
================

A :class:`skdeep.ConvClassifier` sees which pixels are neighbours. Its confusion matrix,
the filters it has learnt, and what they find in one image.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from skdeep import ConvClassifier, DenseClassifier, FeatureMapDisplay, FilterDisplay

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, stratify=digits.target, random_state=0
)

# %%
# Beside a dense network, which takes the pixels as 64 columns.
conv = ConvClassifier((16, 32), epochs=20, random_state=0).fit(X_train, y_train)
dense = DenseClassifier(random_state=0).fit(X_train.reshape(-1, 64), y_train)
print(f"convolutions: {conv.score(X_test, y_test):.3f}")
print(f"dense:        {dense.score(X_test.reshape(-1, 64), y_test):.3f}")

# %%
# Which digits are taken for which?
ConfusionMatrixDisplay.from_estimator(conv, X_test, y_test, cmap="Blues")

# %%
# The filters of the first layer, and their feature maps of one digit.
FilterDisplay.from_estimator(conv)
FeatureMapDisplay.from_estimator(conv, X_test[0])
plt.show()
