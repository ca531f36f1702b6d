"""
Tell irises apart, and see the mistakes
=======================================

The first data set of most courses: 150 flowers of three species, each described by four
lengths. A :class:`skdeep.DenseClassifier` takes them as they are. Cross-validation says
which flowers it takes for which, when it has not seen them before.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import cross_val_predict

from skdeep import DenseClassifier

iris = load_iris(as_frame=True)
X = iris.data
species = iris.target_names[iris.target]

# %%
# Five networks, each trained without a fifth of the flowers, predict that fifth. So
# each flower is predicted once, by a network that does not know it. The network
# standardises the lengths and reads the names of the species; nothing has to be
# prepared.
network = DenseClassifier(random_state=0)
predicted = cross_val_predict(network, X, species, cv=5)
print(classification_report(species, predicted))

# %%
# *Precision* is the share of the flowers called versicolor that are versicolor;
# *recall* is the share of all versicolor that were found. Versicolor and virginica
# meet where petals are middling, and most mistakes are there. The one setosa among them
# has the narrowest sepals of its species by far, which the picture of the petals cannot
# show.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    species, predicted, cmap="Blues", colorbar=False, ax=left
)
left.set_title("How many are taken for which")
for name in iris.target_names:
    petals = X.loc[species == name, ["petal length (cm)", "petal width (cm)"]]
    right.scatter(*petals.to_numpy().T, s=22, alpha=0.7, label=name)
wrong = X.loc[species != predicted, ["petal length (cm)", "petal width (cm)"]]
right.scatter(
    *wrong.to_numpy().T, s=120, facecolors="none", edgecolors="black", label="mistake"
)
right.set(title="Which ones", xlabel="petal length (cm)", ylabel="petal width (cm)")
right.legend()
plt.show()
