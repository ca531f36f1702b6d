"""
A search whose networks are trained together
============================================

Inside of :func:`skdeep.fuse`, scikit-learn's unchanged ``GridSearchCV`` trains the
networks of its candidates and folds as one program.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import DenseClassifier

X, y = load_digits(return_X_y=True)
pipe = make_pipeline(
    StandardScaler(),
    DenseClassifier((32,), epochs=50, optimizer="adam", random_state=0),
)
rates = np.geomspace(1e-4, 1e-1, 12)
grid = {"denseclassifier__learning_rate": rates}

# %%
# Twelve learning rates in five folds: 60 fits, first in a loop, then together. Both
# times include what their programs take to compile.
search = GridSearchCV(pipe, grid, cv=5)
start = time.perf_counter()
search.fit(X, y)
print(f"in a loop: {time.perf_counter() - start:.1f} s")

start = time.perf_counter()
with skdeep.fuse():
    search.fit(X, y)
print(f"together:  {time.perf_counter() - start:.1f} s")

# %%
# The accuracy of each learning rate: mean and standard deviation of the folds.
results = search.cv_results_
figure, ax = plt.subplots(layout="constrained")
ax.errorbar(
    rates,
    results["mean_test_score"],
    yerr=results["std_test_score"],
    marker="o",
    capsize=3,
)
ax.set(xscale="log", xlabel="learning_rate", ylabel="accuracy in five folds")
ax.grid(alpha=0.3)
plt.show()
