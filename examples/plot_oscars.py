"""
Few films win an Oscar: imbalanced classes
==========================================

When one film in twenty wins, a network that always says "no" is right in 95 % of the
cases, and useless. Weights of classes and a score that looks at the winners help.
"""

import sqlite3

import matplotlib.pyplot as plt
import pandas as pd
from bokeh_sampledata.movies_data import movie_path
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.metrics import (
    PrecisionRecallDisplay,
    accuracy_score,
    average_precision_score,
    precision_score,
    recall_score,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import DenseClassifier

# Films made in the United States, of which more win than of others.
with sqlite3.connect(movie_path) as database:
    films = pd.read_sql(
        "SELECT Title, Year, Runtime, Genre, Meter, Oscars FROM omdb "
        "JOIN tomatoes USING (ID) WHERE Country LIKE '%United States%'",
        database,
    )
numbers = ["Year", "Runtime", "Meter"]  # Meter: the percentage of good reviews
films[numbers] = films[numbers].astype(float)
won = films["Oscars"] > 0
print(films[[*numbers, "Genre"]].sample(5, random_state=0).to_string())
print(f"{len(films)} films, {won.mean():.1%} of them with an Oscar")
X, X_test, y, y_test = train_test_split(films, won, stratify=won, random_state=0)

# %%
# The genres of a film are a text such as "Drama, War", and become a column for each
# genre.
columns = make_column_transformer(
    (SimpleImputer(add_indicator=True), numbers),
    (CountVectorizer(token_pattern="[^, ]+", binary=True), "Genre"),
    sparse_threshold=0,
)
network = DenseClassifier(early_stopping=True, random_state=0)
models = {
    "always no": DummyClassifier(),
    "network": network,
    "balanced network": clone(network).set_params(class_weight="balanced"),
}

# %%
# *Recall* is the share of the winners that are found, *precision* the share of winners
# among the films that are named. ``class_weight="balanced"`` makes all winners together
# count as much as all losers: the network names many more films. *Average precision*
# looks only at the order in which the films are ranked.
rows = {}
for name, model in models.items():
    models[name] = pipe = make_pipeline(columns, model).fit(X, y)
    predicted, chance = pipe.predict(X_test), pipe.predict_proba(X_test)[:, 1]
    rows[name] = {
        "accuracy": accuracy_score(y_test, predicted),
        "recall": recall_score(y_test, predicted),
        "precision": precision_score(y_test, predicted, zero_division=0),
        "average precision": average_precision_score(y_test, chance),
    }
print(pd.DataFrame(rows).T.round(2).to_string())

# %%
# Both networks rank the films alike, so their curves are close. What the weights move
# is the point on the curve where a film is called a winner, the dot.
figure, ax = plt.subplots(figsize=(7, 5.5), layout="constrained")
for name, colour in {"network": "C0", "balanced network": "C1"}.items():
    PrecisionRecallDisplay.from_estimator(
        models[name], X_test, y_test, name=name, ax=ax, curve_kwargs={"color": colour}
    )
    ax.plot(rows[name]["recall"], rows[name]["precision"], "o", ms=10, color=colour)
ax.axhline(y_test.mean(), color="grey", ls="--", label="films drawn at random")
ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
ax.legend()
plt.show()
