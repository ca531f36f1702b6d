"""
Who survived the Titanic?
=========================

A table as most tables are: words beside numbers, and many ages missing. The network
takes it as it is. Other methods need a ``ColumnTransformer`` that makes numbers of it;
a network may stand behind one, too.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from bokeh_sampledata.titanic import data as passengers
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdeep import DenseClassifier, TabularClassifier

passengers = passengers[passengers["class"] != "*"]  # one passenger without a class
X, y = passengers[["class", "sex", "age"]], passengers["survived"]
print(X.assign(survived=y).sample(5, random_state=0))
print(f"missing ages: {X['age'].isna().mean():.0%}")

# %%
# Class and sex become columns of zeros and ones. A missing age becomes the median, and
# a column of its own says that it was missing. All of it is learnt anew in each fold:
# by the network itself, or by a transformer in front of it.
columns = make_column_transformer(
    (OneHotEncoder(), ["class", "sex"]),
    (SimpleImputer(strategy="median", add_indicator=True), ["age"]),
)
models = {
    "network": DenseClassifier(random_state=0),
    "eight networks": TabularClassifier(random_state=0),
    "network, columns": make_pipeline(columns, DenseClassifier(random_state=0)),
    "logistic regression": make_pipeline(columns, LogisticRegression(max_iter=1000)),
    "random forest": make_pipeline(columns, RandomForestClassifier(random_state=0)),
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)  # the table is sorted by class
for name, model in models.items():
    scores = cross_val_score(model, X, y, cv=folds)
    print(f"{name:20} accuracy {scores.mean():.3f}")

# %%
# What the network has learnt: women and children first, and the first class before the
# others. Points are passengers whose age is known, the survivors at the top.
network = models["network"].fit(X, y)
figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained", sharey=True)
rng = np.random.default_rng(0)
for ax, sex in zip(axes, ("female", "male"), strict=True):
    for name, colour in zip(("1st", "2nd", "3rd"), ("C0", "C1", "C2"), strict=True):
        ages = pd.DataFrame({"class": name, "sex": sex, "age": np.linspace(0, 70)})
        chance = network.predict_proba(ages)[:, 1]
        ax.plot(ages["age"], chance, color=colour, lw=2.5, label=f"{name} class")
        them = (X["class"] == name) & (X["sex"] == sex)
        jitter = rng.uniform(0.02, 0.08, them.sum())
        height = np.where(y[them] == 1, 1 + jitter, -jitter)
        ax.scatter(X["age"][them], height, s=6, color=colour, alpha=0.6)
    ax.set(title=sex, xlabel="age (years)")
axes[0].set_ylabel("probability of survival")
axes[1].legend()
plt.show()
