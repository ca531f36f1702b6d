"""
Search, save and load
=====================

A randomized search over a pipeline with :class:`skdeep.DenseClassifier` on the
digits, then a :class:`skdeep.DenseRegressor` on the diabetes data. The best model
and a picture of its learning curves go to ``results/``.
"""

import time
from pathlib import Path

import keras
import matplotlib as mpl
import pandas as pd
from scipy.stats import loguniform
from sklearn.callback import ProgressBar
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import DenseClassifier, DenseRegressor

mpl.use("Agg")
results = Path("results")
results.mkdir(exist_ok=True)

# %%
# The digits: which learning rate, which width, which optimiser?
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
momentum = keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True)
search = RandomizedSearchCV(
    make_pipeline(StandardScaler(), DenseClassifier(epochs=20, random_state=0)),
    {
        "denseclassifier__learning_rate": loguniform(1e-4, 1e-1),
        "denseclassifier__hidden_layer_sizes": [(32,), (64, 64), (128, 64, 32)],
        "denseclassifier__activation": ["relu", "tanh", "leaky_relu"],
        "denseclassifier__batch_size": [16, 32, 128],
        "denseclassifier__optimizer": ["adam", "rmsprop", momentum],
    },
    n_iter=10,
    cv=3,
    random_state=0,
)
search.set_callbacks(ProgressBar(max_propagation_depth=1))
start = time.perf_counter()
search.fit(X_train, y_train)
seconds = time.perf_counter() - start


# %%
# What was tried, and what came out.
def short(value):
    return type(value).__name__ if hasattr(value, "get_config") else value


columns = [name for name in search.cv_results_ if name.startswith("param_")]
table = pd.DataFrame(search.cv_results_)[
    [*columns, "mean_test_score", "std_test_score", "mean_fit_time"]
]
table.columns = [c.removeprefix("param_denseclassifier__") for c in table.columns]
table = table.map(short).sort_values("mean_test_score", ascending=False)
best = search.best_params_.items()
print(f"\nDigits: {search.n_splits_ * len(table)} fits in {seconds:.1f} s\n")
print(table.to_string(index=False, float_format="{:.4f}".format))
print("\nBest parameters")
for name, value in best:
    print(f"  {name.removeprefix('denseclassifier__'):20} {short(value)}")
print(f"\nHeld-out accuracy: {search.score(X_test, y_test):.4f}")
print("Confusion matrix (rows: truth)")
print(confusion_matrix(y_test, search.predict(X_test)))

# %%
# The best network once more with validation data, its curves, and its file.
scaler, best_network = search.best_estimator_
network = DenseClassifier(**best_network.get_params())
network.set_params(metrics=["accuracy"])
network.fit(
    scaler.transform(X_train),
    y_train,
    X_val=scaler.transform(X_test),
    y_val=y_test,
)
axes = network.history_.filter(like="loss").plot(
    title="Digits: learning curves of the best network", ylabel="cross-entropy"
)
axes.axvline(network.best_epoch_, color="grey", linestyle=":", label="best epoch")
axes.xaxis.get_major_locator().set_params(integer=True)
axes.legend()
axes.figure.savefig(results / "digits_learning_curves.png", dpi=100)
skdeep.save(best_network, results / "digits.skdeep")
loaded = skdeep.load(results / "digits.skdeep")
same = (loaded.predict(scaler.transform(X_test)) == search.predict(X_test)).all()
print(f"\nSaved, loaded, and predicting the same: {bool(same)}")

# %%
# The diabetes data, raw: the network scales inputs and target itself.
X, y = load_diabetes(return_X_y=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
start = time.perf_counter()
regressor = DenseRegressor(early_stopping=True, random_state=0).fit(X_train, y_train)
seconds = time.perf_counter() - start
print(
    f"\nDiabetes: held-out R2 {regressor.score(X_test, y_test):.3f}, best epoch "
    f"{regressor.best_epoch_} of {regressor.n_epochs_}, {seconds:.1f} s"
)
print(f"\nWritten: {', '.join(sorted(str(path) for path in results.iterdir()))}")
