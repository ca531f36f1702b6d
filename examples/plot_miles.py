"""
How far on a gallon, and how sure?
==================================

A table of cars with words beside numbers goes straight in. ``TabularRegressor`` needs
no settings, and says how far off it may be.
"""

import matplotlib.pyplot as plt
import numpy as np
from bokeh_sampledata.autompg import autompg
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdeep import TabularRegressor

cars = autompg.assign(brand=autompg["name"].str.split().str[0])
cars["origin"] = cars["origin"].map({1: "America", 2: "Europe", 3: "Japan"})
cars = cars.astype({"origin": "category", "brand": "category"})
X, y = cars.drop(columns=["mpg", "name"]), cars["mpg"]
print(X.sample(5, random_state=0))

# %%
# Eight networks are trained at once, each without an eighth of the cars, which
# chooses its best epoch. Boosted trees take the same table; a linear model needs
# columns of zeros and ones for the words.
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
words = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["origin", "brand"]),
    remainder="passthrough",
)
models = {
    "TabularRegressor": TabularRegressor(random_state=0),
    "boosted trees": HistGradientBoostingRegressor(),
    "ridge": make_pipeline(words, RidgeCV(np.logspace(-2, 3))),
}
for name, model in models.items():
    predicted = model.fit(X_train, y_train).predict(X_test)
    print(f"{name:17} off by {mean_absolute_error(y_test, predicted):.2f} miles")

# %%
# The errors for the cars that each network has not seen say how wide an interval must
# be. Four of five new cars should lie within theirs.
regressor = models["TabularRegressor"]
predicted = regressor.predict(X_test)
lower, upper = regressor.predict_interval(X_test, coverage=0.8).T
inside = (lower <= y_test) & (y_test <= upper)
print(f"{inside.mean():.0%} of {len(y_test)} cars lie within their intervals")

figure, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
order = np.argsort(predicted)
ax.fill_between(
    predicted[order], lower[order], upper[order], alpha=0.2, label="interval for 80 %"
)
ax.plot(predicted[order], predicted[order], lw=1, color="C0", label="prediction")
for within, colour, label in ((inside, "C0", "inside"), (~inside, "C3", "outside")):
    ax.scatter(predicted[within], y_test[within], s=18, color=colour, label=label)
ax.set(xlabel="predicted miles per gallon", ylabel="miles per gallon")
ax.legend()
plt.show()
