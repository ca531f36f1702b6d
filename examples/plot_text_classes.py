"""
Which package does a sentence come from?
========================================

Every function of a Python package begins with a sentence on what it does. Can a network
tell from the words alone whether pandas or Matplotlib is meant? The texts are those of
the packages that are installed beside skdeep.
"""

import importlib
import inspect
from collections import Counter

import matplotlib.pyplot as plt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import TextClassifier

modules = {
    "Keras": "keras.layers keras.losses keras.metrics keras.ops keras.optimizers",
    "Matplotlib": "matplotlib.axes matplotlib.colors matplotlib.pyplot",
    "NumPy": "numpy numpy.fft numpy.linalg numpy.random",
    "pandas": "pandas",
    "SciPy": "scipy.linalg scipy.ndimage scipy.optimize scipy.signal scipy.stats",
    "scikit-learn": "sklearn.cluster sklearn.ensemble sklearn.linear_model "
    "sklearn.metrics sklearn.model_selection sklearn.preprocessing",
}


# %%
# The first paragraphs of all public functions, classes and methods.
def first_paragraphs(module):
    package = module.__name__.split(".")[0]
    members = inspect.getmembers(module)
    for _, owner in inspect.getmembers(module, inspect.isclass):
        members += inspect.getmembers(owner)
    for name, member in members:
        origin = getattr(member, "__module__", None) or ""
        text = inspect.getdoc(member)
        if text and origin.startswith(package) and not name.startswith("_"):
            yield " ".join(text.split("\n\n")[0].split())


package_of = {}
for package, names in modules.items():
    for name in names.split():
        for text in first_paragraphs(importlib.import_module(name)):
            package_of.setdefault(text, package)
X, X_test, y, y_test = train_test_split(
    list(package_of), list(package_of.values()), random_state=0
)
for package, n_texts in Counter(y).most_common():
    print(f"{package:12} {n_texts} texts, such as: {X[y.index(package)][:50]}")

# %%
# :class:`skdeep.TextClassifier` takes the texts as they are. It learns a vector for
# each word, and takes the mean of the vectors of a text.
network = TextClassifier(random_state=0).fit(X, y)
baseline = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
baseline.fit(X, y)
print(f"TextClassifier:                 {network.score(X_test, y_test):.3f}")
print(f"TF-IDF and logistic regression: {baseline.score(X_test, y_test):.3f}")
for text in ("Draw a bar plot.", "Compute the mean of the rows.", "Train the layers."):
    print(f"{text:30} {network.predict([text])[0]}")

# %%
# Of the texts of each package in a row, how many are taken for which package's?
figure, ax = plt.subplots(figsize=(6.5, 5.5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    network,
    X_test,
    y_test,
    normalize="true",
    values_format=".0%",
    cmap="Blues",
    colorbar=False,
    ax=ax,
)
ax.set(xlabel="predicted package", ylabel="true package")
plt.show()
