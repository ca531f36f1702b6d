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
# The network has two findings. It calls every tumour benign, as most of them are: its
# accuracy of 0.63 is the share of the larger class. This comes from the other finding,
# the inputs: some features are below 0.03, others above 3,000. So it is named first.
sick = DenseClassifier(
    (32,), normalize=False, learning_rate=0.3, epochs=40, random_state=0
).fit(X, y, **validation)
print(diagnose(sick, X_test, y_test))

# %%
# With the advice taken, there is nothing left to find. The network standardises its
# inputs, and trains with the rate of the defaults.
well = DenseClassifier((32,), epochs=40, random_state=0).fit(X, y, **validation)
print(diagnose(well, X_test, y_test))

# %%
# The losses of both; the dashed lines are those of the test samples. The sick network
# stays where its first steps have thrown it.
HistoryDisplay.from_estimator({"sick": sick, "well": well}, log_scale=True)
plt.show()
