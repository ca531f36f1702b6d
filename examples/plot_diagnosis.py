"""
What is wrong with this network?
================================

:func:`skdeep.diagnose` measures a fitted network, and says what to change. Here the
learning rate is much too large, and nothing is scaled.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from skdeep import DenseClassifier, HistoryDisplay, diagnose

X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
validation = {"X_val": X_test, "y_val": y_test}

# %%
sick = DenseClassifier(
    (32,), normalize=False, learning_rate=0.3, epochs=40, random_state=0
).fit(X, y, **validation)
print(diagnose(sick, X_test, y_test))

# %%
# With the advice taken: the network standardises its inputs, with its own rate.
well = DenseClassifier((32,), epochs=40, random_state=0).fit(X, y, **validation)
print(diagnose(well, X_test, y_test))

# %%
HistoryDisplay.from_estimator({"sick": sick, "well": well}, log_scale=True)
plt.show()
