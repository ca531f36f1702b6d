"""What a user does first, with the installed package alone."""

import importlib.resources
import pathlib
import sys

from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score, train_test_split

import skdeep

package = importlib.resources.files("skdeep")
assert pathlib.Path(str(package)).is_relative_to(sys.prefix), package
assert (package / "py.typed").is_file()
assert (package / "__init__.pyi").is_file()
for name in skdeep.__all__:
    getattr(skdeep, name)

X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
network = skdeep.DenseClassifier(random_state=0).fit(X_train, y_train)
skdeep.save(network, "iris.skdeep")
accuracy = skdeep.load("iris.skdeep").score(X_test, y_test)
print(f"skdeep {skdeep.__version__}: accuracy {accuracy:.2f} on iris")
assert accuracy == network.score(X_test, y_test) > 0.9
with skdeep.fuse():
    assert cross_val_score(network, X, y).mean() > 0.9
