"""
A report that one can mail
==========================

:func:`skdeep.report` puts a training on one page: what was trained, what
:func:`skdeep.diagnose` says about it, the curves, the confusion matrix, the layers, and
the samples that the network gets most wrong.
"""

import tempfile
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdeep import ConvClassifier, HistoryDisplay, diagnose, report

digits = load_digits()
X, X_test, y, y_test = train_test_split(
    digits.images, digits.target, stratify=digits.target, random_state=0
)
network = ConvClassifier(early_stopping=True, metrics=["accuracy"], random_state=0)
network.fit(X, y)

# %%
# The curves alone, on the samples that train the network and on those held out.
HistoryDisplay.from_estimator(network)

# %%
# The diagnosis alone. This network is healthy, so there is no finding; the first column
# says what was measured, the last one what is usual.
diagnose(network, X_test, y_test)

# %%
# All of it on one page. The file holds its pictures and loads nothing, so it can be
# mailed. Without a path nothing is written, and a notebook shows the page, as below.
path = Path(tempfile.mkdtemp(), "report.html")
report(network, X_test, y_test, path)
