"""
Invent titles of horror films
=============================

A network that has read the titles of nearly two thousand horror films knows which word
is likely to come next. Asked again and again, it writes titles of its own.
"""

import sqlite3

import matplotlib.pyplot as plt
import pandas as pd
from bokeh_sampledata.movies_data import movie_path

from skdeep import TextGenerator

with sqlite3.connect(movie_path) as database:
    films = pd.read_sql("SELECT Title FROM omdb WHERE Genre LIKE '%Horror%'", database)
titles = films["Title"]
print(f"{len(titles)} titles, such as", *titles.sample(5, random_state=0), sep="\n  ")

# %%
# A :class:`skdeep.TextGenerator` learns the next word from the eight before it. Words
# that occur only once count as unknown.
generator = TextGenerator(window=8, random_state=0).fit(titles)

# %%
# Each new word is drawn by its probability. At a low temperature the network keeps to
# what it is sure of; at a high one it dares more.
known = set(titles.str.lower())
for temperature in (0.4, 0.8, 1.2):
    print(f"\ntemperature {temperature}")
    for seed in range(5):
        title = generator.generate(
            "the", max_tokens=7, temperature=temperature, random_state=seed
        )
        print(f"  {title}{'  (exists)' if title in known else ''}")

# %%
# What may come next? Padding stands for the end of a title.
figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for ax, beginning in zip(axes, ("night of the", "return", "the curse of"), strict=True):
    words = generator.predict_next(beginning, top=8)
    words = words[words["token"] != "[UNK]"].replace("[PAD]", "(end)")
    ax.barh(words["token"], words["probability"], color="tab:red")
    ax.invert_yaxis()
    ax.set(title=f"{beginning} ...", xlabel="probability")
plt.show()
