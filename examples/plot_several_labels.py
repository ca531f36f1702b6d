"""
Several labels for one image
============================

A digit can be even, and prime, and have a loop, all at once. With a column of zeros and
ones for each label, a network answers all questions together.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdeep import ConvClassifier

# %%
# The digits as four questions. The network is never told which digit it sees.
digits = load_digits()
questions = {
    "even": {0, 2, 4, 6, 8},
    "prime": {2, 3, 5, 7},
    "has a loop": {0, 6, 8, 9},
    "above 4": {5, 6, 7, 8, 9},
}
Y = np.column_stack([np.isin(digits.target, list(q)) for q in questions.values()])
Y = Y.astype(int)
X, X_test, Y, Y_test = train_test_split(digits.images, Y, random_state=0)

# %%
# A target of several columns makes a sigmoid for each label in the place of the
# softmax over classes.
network = ConvClassifier(random_state=0).fit(X, Y)
right = network.predict(X_test) == Y_test
for name, share in zip(questions, right.mean(axis=0), strict=True):
    print(f"{name:12} {share:.1%} right")

# %%
# The least certain images: the bars are probabilities, the dark ones those of labels
# that are true.
probabilities = network.predict_proba(X_test)
unsure = np.argsort(np.abs(probabilities - 0.5).min(axis=1))[:6]
figure, axes = plt.subplots(
    2, 6, figsize=(12, 4), layout="constrained", height_ratios=(1.2, 1)
)
for (image_ax, bar_ax), i in zip(axes.T, unsure, strict=True):
    image_ax.imshow(X_test[i], cmap="gray_r")
    image_ax.axis("off")
    colours = np.where(Y_test[i] == 1, "tab:blue", "lightsteelblue")
    bar_ax.barh(list(questions), probabilities[i], color=colours)
    bar_ax.axvline(0.5, color="black", lw=1, ls=":")
    bar_ax.set(xlim=(0, 1))
    bar_ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    bar_ax.invert_yaxis()
    if i != unsure[0]:
        bar_ax.set_yticklabels([])
figure.supxlabel("probability", size="medium")
plt.show()
