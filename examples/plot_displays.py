"""
Pictures
========

Every display on real data: skdeep's own, then scikit-learn's with networks of skdeep.
The pictures go to ``results/``.
"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras.optimizers import SGD
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_sample_image,
)
from sklearn.decomposition import NMF, PCA
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    PredictionErrorDisplay,
    RocCurveDisplay,
)
from sklearn.model_selection import (
    GridSearchCV,
    LearningCurveDisplay,
    ValidationCurveDisplay,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    FeatureMapDisplay,
    FilterDisplay,
    ForecastDisplay,
    Forecaster,
    HiddenSpaceDisplay,
    HistoryDisplay,
    NetworkDisplay,
    ParameterHistoriesDisplay,
    ReconstructionDisplay,
)

mpl.use("Agg")
results = Path("results")
results.mkdir(exist_ok=True)


def save(display, name):
    display.figure_.savefig(results / f"{name}.png", dpi=100)
    plt.close(display.figure_)


digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.data, digits.target, stratify=digits.target, random_state=0
)

# %%
# Histories: of one fit, of several side by side, of a search's best candidates.
classifier = DenseClassifier(
    (64,), epochs=40, early_stopping=True, metrics=["accuracy"], random_state=0
)
fitted = classifier.fit(X_train, y_train)
save(HistoryDisplay.from_estimator(fitted, smoothing=0.6), "history")

narrow = DenseClassifier(
    (8,), epochs=40, early_stopping=True, metrics=["accuracy"], random_state=0
).fit(X_train, y_train)
save(
    HistoryDisplay.from_estimator({"64 units": fitted, "8 units": narrow}),
    "history_of_two",
)

pipe = make_pipeline(StandardScaler(), classifier)
grid = {
    "denseclassifier__learning_rate": [0.001, 0.01],
    "denseclassifier__dropout": [0.0, 0.3],
}
with skdeep.fuse():
    search = GridSearchCV(pipe, grid, cv=3).fit(X_train, y_train)
save(
    HistoryDisplay.from_search(
        search, X_train, y_train, X_val=X_test, y_val=y_test, log_scale=True
    ),
    "history_of_search",
)

# %%
# One parameter, all fits trained together.
for name, values in {
    "learning_rate": [0.0003, 0.001, 0.003, 0.01, 0.03],
    "optimizer": ["rmsprop", "adam", SGD(0.1), SGD(0.1, momentum=0.9)],
    "hidden_layer_sizes": [(16,), (64,), (64, 64), (32, 32, 32)],
}.items():
    save(
        ParameterHistoriesDisplay.from_estimator(
            classifier,
            X_train,
            y_train,
            param_name=name,
            param_range=values,
            log_scale=True,
        ),
        f"histories_{name}",
    )

# %%
# Where a layer of two units puts the digits, after some epochs of one fit.
plane = DenseClassifier((64, 2), activation="leaky_relu", epochs=60, random_state=0)
save(HiddenSpaceDisplay.from_epochs(plane, X_train, y_train), "hidden_space_epochs")
save(
    HiddenSpaceDisplay.from_estimator(plane.fit(X_train, y_train), X_test, y_test),
    "hidden_space",
)

# %%
# Filters and feature maps, of grey digits and of patches of a colour photograph.
images_train, images_test = X_train.reshape(-1, 8, 8), X_test.reshape(-1, 8, 8)
conv = ConvClassifier((16, 32), epochs=15, random_state=0).fit(images_train, y_train)
save(FilterDisplay.from_estimator(conv), "filters")
save(FilterDisplay.from_estimator(conv, layer="conv_2"), "filters_deeper")
save(FeatureMapDisplay.from_estimator(conv, images_test[0]), "feature_maps")

photos = [load_sample_image("flower.jpg"), load_sample_image("china.jpg")]
corners = np.random.RandomState(0).randint((395, 608), size=(400, 2))
patches = [photo[i : i + 32, j : j + 32] for photo in photos for i, j in corners]
labels = np.repeat(["flower", "china"], len(corners))
colour = ConvClassifier((16,), kernel_size=5, epochs=5, random_state=0)
colour.fit(np.stack(patches), labels)
save(FilterDisplay.from_estimator(colour), "filters_colour")
save(
    FeatureMapDisplay.from_estimator(colour, max(patches, key=np.std)),
    "feature_maps_colour",
)

# %%
# Reconstructions of images and of rows of numbers.
models = {
    "PCA, 8": PCA(8),
    "NMF, 8": NMF(8, max_iter=1000, random_state=0),
    "Autoencoder, 8": Autoencoder(8, epochs=200, random_state=0),
}
models = {name: model.fit(X_train) for name, model in models.items()}
save(
    ReconstructionDisplay.from_estimators(models, X_test, image_shape=(8, 8)),
    "reconstruction",
)
cancer = load_breast_cancer()
rows = StandardScaler().fit_transform(cancer.data)
save(
    ReconstructionDisplay.from_estimator(PCA(5).fit(rows), rows, n_samples=4),
    "reconstruction_rows",
)

# %%
# A forecast with its interval, the backtest it rests on, and quantiles: monthly airline
# passengers in thousands (Box and Jenkins, 1976, "Time Series Analysis").
counts = """
    112 118 132 129 121 135 148 148 136 119 104 118
    115 126 141 135 125 149 170 170 158 133 114 140
    145 150 178 163 172 178 199 199 184 162 146 166
    171 180 193 181 183 218 230 242 209 191 172 194
    196 196 236 235 229 243 264 272 237 211 180 201
    204 188 235 227 234 264 302 293 259 229 203 229
    242 233 267 269 270 315 364 347 312 274 237 278
    284 277 317 313 318 374 413 405 355 306 271 306
    315 301 356 348 355 422 465 467 404 347 305 336
    340 318 362 348 363 435 491 505 404 359 310 337
    360 342 406 396 420 472 548 559 463 407 362 405
    417 391 419 461 472 535 622 606 508 461 390 432
"""
passengers = pd.Series(
    [float(number) for number in counts.split()],
    pd.period_range("1949-01", periods=144, freq="M"),
    name="passengers (thousands)",
)
forecaster = Forecaster(
    DenseRegressor((32,), epochs=60, random_state=0),
    window=12,
    horizon=12,
    seasonal_difference=1,
    seasonal_period=12,
)
backtest = forecaster.backtest(passengers, cv=5)
forecaster.fit(passengers)
save(
    ForecastDisplay.from_forecaster(
        forecaster, backtest=backtest, coverage=0.8, n_last=72
    ),
    "forecast",
)
save(ForecastDisplay.from_backtest(backtest, y=passengers, n_last=96), "backtest")
quantiles = Forecaster(
    DenseRegressor((32,), epochs=60, random_state=0),
    window=12,
    horizon=12,
    scaling="window",
    quantiles=(0.05, 0.25, 0.5, 0.75, 0.95),
).fit(passengers)
save(ForecastDisplay.from_forecaster(quantiles, n_last=72), "forecast_quantiles")
both = (
    passengers.to_frame("passengers").assign(growth=passengers.pct_change(12)).iloc[12:]
)
two = Forecaster(Ridge(), window=12, horizon=12).fit(both)
save(ForecastDisplay.from_forecaster(two), "forecast_of_two")

# %%
# A whole small network, with what it makes of one flower.
iris = load_iris()
small = DenseClassifier((6, 4), epochs=100, random_state=0)
small.fit(iris.data, iris.target_names[iris.target])
save(
    NetworkDisplay.from_estimator(
        small, iris.data[60], feature_names=iris.feature_names
    ),
    "network",
)
save(NetworkDisplay.from_estimator(small), "network_weights")

# %%
# scikit-learn's own displays take the networks as they are.
petals = iris.data[:, 2:]
boundary = DenseClassifier((32, 32), epochs=60, random_state=0)
boundary.fit(petals, iris.target)
display = DecisionBoundaryDisplay.from_estimator(
    boundary,
    petals,
    xlabel="petal length (cm)",
    ylabel="petal width (cm)",
    grid_resolution=200,
)
display.ax_.scatter(*petals.T, c=iris.target, s=12, cmap="gray", edgecolors="black")
save(display, "decision_boundary")
save(
    ConfusionMatrixDisplay.from_estimator(conv, images_test, y_test), "confusion_matrix"
)
fast = DenseClassifier((32,), epochs=20, random_state=0)
with skdeep.fuse():
    save(
        LearningCurveDisplay.from_estimator(fast, X_train, y_train, cv=3),
        "learning_curve",
    )
    save(
        ValidationCurveDisplay.from_estimator(
            fast,
            X_train,
            y_train,
            cv=3,
            param_name="learning_rate",
            param_range=[0.0001, 0.001, 0.01, 0.1],
        ),
        "validation_curve",
    )
halves = train_test_split(cancer.data, cancer.target, random_state=0)
binary = fast.fit(halves[0], halves[2])
save(RocCurveDisplay.from_estimator(binary, halves[1], halves[3]), "roc_curve")
save(CalibrationDisplay.from_estimator(binary, halves[1], halves[3]), "calibration")
X, y = load_diabetes(return_X_y=True, scaled=False)
regressor = DenseRegressor(early_stopping=True, random_state=0).fit(X, y)
save(PredictionErrorDisplay.from_estimator(regressor, X, y), "prediction_error")
print(f"Written: {', '.join(sorted(str(path) for path in results.glob('*.png')))}")
