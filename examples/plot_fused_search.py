"""
A search whose networks are trained together
============================================

Inside of :func:`skdeep.fuse`, scikit-learn's unchanged ``GridSearchCV`` trains the
networks of its candidates and folds as one program.
"""

import time

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import DenseClassifier

X, y = load_digits(return_X_y=True)
pipe = make_pipeline(
    StandardScaler(), DenseClassifier((32,), epochs=20, random_state=0)
)
grid = {
    "denseclassifier__learning_rate": [0.001, 0.003, 0.01, 0.03],
    "denseclassifier__l2": [0.0, 0.001, 0.01, 0.1],
}

# %%
# Sixteen candidates in three folds: 48 fits, first in a loop, then together.
search = GridSearchCV(pipe, grid, cv=3)
start = time.perf_counter()
search.fit(X, y)
print(f"in a loop: {time.perf_counter() - start:.1f} s")

start = time.perf_counter()
with skdeep.fuse():
    search.fit(X, y)
print(f"together:  {time.perf_counter() - start:.1f} s")

# %%
# The accuracy of each candidate.
table = pd.DataFrame(search.cv_results_).pivot(
    index="param_denseclassifier__l2",
    columns="param_denseclassifier__learning_rate",
    values="mean_test_score",
)
figure, ax = plt.subplots(layout="constrained")
image = ax.imshow(table, cmap="viridis")
ax.set_xticks(range(4), table.columns)
ax.set_yticks(range(4), table.index)
ax.set(xlabel="learning_rate", ylabel="l2", title="Accuracy in three folds")
limit = table.to_numpy().mean()
for i, row in enumerate(table.to_numpy()):
    for j, score in enumerate(row):
        colour = "white" if score < limit else "black"
        ax.text(j, i, f"{score:.3f}", ha="center", va="center", color=colour)
figure.colorbar(image, label="accuracy")
plt.show()
