"""
Can one trust the probabilities?
================================

Of a hundred days with "70 % chance of rain", seventy should be rainy. Probabilities for
which this holds are *calibrated*. A network that knows its training data by heart is
too sure of itself; :func:`skdeep.diagnose` notices, and says what to do.
"""

import sqlite3

import matplotlib.pyplot as plt
import pandas as pd
from bokeh_sampledata.movies_data import movie_path
from sklearn.calibration import CalibrationDisplay
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import DenseClassifier, diagnose

with sqlite3.connect(movie_path) as database:
    films = pd.read_sql(
        "SELECT Year, Runtime, Genre, Country, Meter FROM omdb "
        "JOIN tomatoes USING (ID) WHERE Meter IS NOT NULL AND Country IS NOT NULL",
        database,
    )
films[["Year", "Runtime"]] = films[["Year", "Runtime"]].astype(float)

# %%
# Do most critics like a film? Its year, length, genres and countries say something
# about that, but far from everything. Such data invite a network to learn by heart.
X, X_test, y, y_test = train_test_split(
    films, films["Meter"] >= 60, train_size=4000, test_size=4000, random_state=0
)
columns = make_column_transformer(
    (SimpleImputer(add_indicator=True), ["Year", "Runtime"]),
    (CountVectorizer(token_pattern="[^, ]+", binary=True), "Genre"),
    (CountVectorizer(token_pattern="[^, ]+", binary=True, min_df=20), "Country"),
    sparse_threshold=0,
)
network = DenseClassifier(random_state=0)
untouched = make_pipeline(columns, network).fit(X, y)
print(diagnose(untouched, X_test, y_test))

# %%
# The first advice is to stop early. A tenth of the training films is then held out, and
# the weights are those of the epoch that was best for them.
network = DenseClassifier(early_stopping=True, random_state=0)
stopped = make_pipeline(columns, network).fit(X, y)
print(diagnose(stopped, X_test, y_test))

# %%
# Each point is a tenth of the test films, from the least to the most promising. On the
# dotted line as many of them are liked as the network says.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for name, model in {"untouched": untouched, "early stopping": stopped}.items():
    CalibrationDisplay.from_estimator(
        model, X_test, y_test, n_bins=10, strategy="quantile", name=name, ax=left
    )
    chance = model.predict_proba(X_test)[:, 1]
    right.hist(chance, bins=25, range=(0, 1), alpha=0.6, label=name)
left.set(xlabel="predicted probability", ylabel="share of liked films")
right.set(xlabel="predicted probability", ylabel="films")
right.legend(loc="upper left")
plt.show()
