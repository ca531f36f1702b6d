"""Ensembles for tables beside boosted trees and others, on tables from packages."""

import time

import numpy as np
from peers import row, seconds


def tables():
    """Data frames and targets by name, with words, categories and missing values."""
    from bokeh_sampledata.autompg import autompg
    from bokeh_sampledata.penguins import data as penguins
    from bokeh_sampledata.titanic import data as titanic
    from sklearn import datasets

    brands = autompg["name"].str.split().str[0]
    cars = autompg.drop(columns=["mpg", "name"]).assign(brand=brands)
    known = penguins.dropna(subset=["body_mass_g"])
    found = {
        "titanic": (titanic[["class", "sex", "age"]], titanic["survived"]),
        "cars": (cars, autompg["mpg"]),
        "penguins' sex": _without(penguins.dropna(subset=["sex"]), "sex"),
        "penguins' mass": _without(known, "body_mass_g"),
    }
    for name in ("wine", "breast_cancer", "diabetes"):
        data = getattr(datasets, f"load_{name}")(return_X_y=True, as_frame=True)
        found[name] = data
    return {name: (_categories(X), y.to_numpy()) for name, (X, y) in found.items()}


def _without(table, target):
    return table.drop(columns=target), table[target]


def _categories(X):
    """Words as categories, which boosted trees need."""
    words = X.select_dtypes(exclude="number").columns
    return X.astype(dict.fromkeys(words, "category"))


def models(kind):
    """Untouched models by name, each of which takes the tables as they are."""
    from sklearn import ensemble, neural_network
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    import skdeep

    words = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        remainder=make_pipeline(SimpleImputer(), StandardScaler()),
    )
    forest = getattr(ensemble, f"RandomForest{kind}")(random_state=0)
    mlp = getattr(neural_network, f"MLP{kind}")(random_state=0)
    return {
        "ensemble": getattr(skdeep, f"Tabular{kind}")(random_state=0),
        "one network": getattr(skdeep, f"Dense{kind}")(random_state=0),
        "boosted trees": getattr(ensemble, f"HistGradientBoosting{kind}")(
            categorical_features="from_dtype", random_state=0
        ),
        "forest": make_pipeline(columns, forest),
        "MLP": make_pipeline(columns, mlp),
    }


def table_accuracy():
    """The geometric mean of errors, and the ensemble's against the other models'."""
    import warnings

    from sklearn.model_selection import train_test_split

    errors = {}
    for name, (X, y) in tables().items():
        kind = "Regressor" if y.dtype.kind == "f" else "Classifier"
        for model, estimator in models(kind).items():
            scores = []
            for seed in range(3):
                labels = None if kind == "Regressor" else y
                parts = train_test_split(
                    X, y, test_size=0.3, random_state=seed, stratify=labels
                )
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of MLPs that do not converge
                    fitted = estimator.fit(parts[0], parts[2])
                scores.append(fitted.score(parts[1], parts[3]))
            errors.setdefault(model, []).append(1 - np.mean(scores))
            row(f"{name}: error of {model}", errors[model][-1])
    ours = np.log(np.array(errors.pop("ensemble")) + 0.01)
    for model, of_model in errors.items():
        ratio = np.exp(np.mean(ours - np.log(np.array(of_model) + 0.01)))
        row(f"error of the ensemble / {model}", ratio, "< 1")


def table_speed():
    """Fits of the ensemble, first and again, and predictions of few rows."""
    for name, (X, y) in tables().items():
        kind = "Regressor" if y.dtype.kind == "f" else "Classifier"
        ensemble = models(kind)["ensemble"]
        start = time.perf_counter()
        ensemble.fit(X, y)
        first = time.perf_counter() - start
        again = seconds(lambda e=ensemble, X=X, y=y: e.fit(X, y), repeats=3)
        row(f"{name}: fit, s", again, "<= 2")
        row(f"{name}: first fit, more s", first - again, "<= 1.5")
        array = np.zeros((1, X.shape[1]))
        plain = models(kind)["ensemble"].set_params(categorical_features=None)
        plain.set_params(epochs=1).fit(np.random.default_rng(0).normal(size=X.shape), y)
        for n_rows in (1, 1000):
            rows = np.repeat(array, n_rows, axis=0)
            taken = seconds(lambda e=plain, r=rows: e.predict(r), repeats=20)
            goal = "<= 1" if n_rows == 1 else "<= 10"
            row(f"{name}: predict {n_rows} rows of an array, ms", 1e3 * taken, goal)
