"""
A line and a curve through penguins
===================================

How heavy is a penguin whose flippers are 200 mm long? A network without a hidden layer
is a straight line, found by gradient descent; with hidden layers the line may bend. R2
says how much of the differences in weight each of them explains.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from bokeh_sampledata.penguins import data as penguins
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_score

from skdeep import DenseRegressor

penguins = penguins.dropna(subset=["flipper_length_mm", "body_mass_g"])
X, y = penguins[["flipper_length_mm"]], penguins["body_mass_g"]

# %%
# R2 is 1 for perfect predictions and 0 for always predicting the mean. Here it is that
# of penguins that were held out. The rows of the table are sorted by species, so the
# folds are shuffled.
models = {
    "least squares": LinearRegression(),
    "no hidden layer": DenseRegressor((), random_state=0),
    "two hidden layers": DenseRegressor(random_state=0),
}
folds = KFold(5, shuffle=True, random_state=0)
r2 = {
    name: cross_val_score(model, X, y, cv=folds).mean()
    for name, model in models.items()
}
for name, value in r2.items():
    print(f"{name:18} R2 {value:.3f}")

# %%
# The network without a hidden layer has one weight and one bias, and finds the line of
# least squares. Hidden layers bend it: among the small penguins a longer flipper means
# less additional weight than among the large ones.
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
for name, group in penguins.groupby("species"):
    ax.scatter(
        group["flipper_length_mm"], group["body_mass_g"], s=18, alpha=0.4, label=name
    )
lengths = pd.DataFrame({"flipper_length_mm": np.linspace(170, 233)})
styles = {
    "no hidden layer": {"color": "tab:red", "linewidth": 4, "alpha": 0.6},
    "two hidden layers": {"color": "tab:purple", "linewidth": 3},
    "least squares": {"color": "black", "linestyle": "--"},
}
for name, style in styles.items():
    weights = models[name].fit(X, y).predict(lengths)
    ax.plot(lengths, weights, label=f"{name}: R2 {r2[name]:.2f}", **style)
ax.set(xlabel="length of the flippers (mm)", ylabel="weight (g)")
ax.legend()
plt.show()
