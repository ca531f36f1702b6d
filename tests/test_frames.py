"""Dense networks take data frames: categories, texts, missing values, as they are."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from bokeh_sampledata.penguins import data as penguins
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import skdeep
from skdeep import DenseClassifier, DenseRegressor, diagnose, layer_outputs

NET = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def fitted(titanic):
    return DenseClassifier(**NET).fit(*titanic)


def test_columns_are_those_of_a_pipeline_written_by_hand(titanic, fitted):
    X, _ = titanic
    by_hand = make_column_transformer(
        (SimpleImputer(strategy="median", add_indicator=True), ["age"]),
        (OneHotEncoder(sparse_output=False), ["class", "sex"]),
    ).fit_transform(X)
    by_hand = np.c_[by_hand[:, :5], by_hand[:, 6] - by_hand[:, 5]]
    assert_array_equal(fitted.network_inputs(X), by_hand)
    assert fitted.network_input_names_ == [
        "age",
        "age (missing)",
        "class=1st",
        "class=2nd",
        "class=3rd",
        "sex=male",
    ]
    scaling = fitted.network_.inputs  # only numbers are standardised
    assert_allclose(scaling.mean, [by_hand[:, 0].mean(), 0, 0, 0, 0, 0])
    assert_allclose(scaling.scale, [by_hand[:, 0].std(), 1, 1, 1, 1, 1])
    outputs = np.asarray(fitted.model_(by_hand)).ravel()
    assert_allclose(outputs, fitted.predict_proba(X)[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    "other",
    [
        lambda X: X.astype(object),
        lambda X: X.astype({"class": "category", "sex": "category"}),
        lambda X: X.assign(
            **{"class": pd.Categorical(X["class"], ["3rd", "unused", "1st", "2nd"])}
        ),
        lambda X: X.astype({"class": "string", "age": "Float64"}),
        lambda X: X.astype({"age": "float64[pyarrow]", "sex": "string[pyarrow]"}),
        lambda X: X.set_index(X.index[::-1]),
        pl.from_pandas,
        lambda X: pl.from_pandas(X).with_columns(pl.col("class").cast(pl.Categorical)),
        lambda X: pa.Table.from_pandas(X, preserve_index=False),
        lambda X: pa.Table.from_pandas(
            X.astype({"sex": "category"}), preserve_index=False
        ),
    ],
    ids=[
        "objects",
        "categories",
        "order of levels",
        "nullable",
        "pyarrow-backed",
        "index",
        "polars",
        "polars categories",
        "pyarrow",
        "pyarrow categories",
    ],
)
def test_kinds_of_frames_are_equal(titanic, fitted, other):
    X, y = titanic
    expected = fitted.predict_proba(X)
    assert_array_equal(fitted.predict_proba(other(X)), expected)
    refitted = clone(fitted).fit(other(X), y.to_numpy())
    assert_array_equal(refitted.predict_proba(X), expected)
    assert_array_equal(refitted.feature_names_in_, ["class", "sex", "age"])


def test_categories_by_name_number_and_mask(titanic, fitted):
    X, y = titanic
    X = X.assign(**{"class": X["class"].str[0].astype(int)})
    expected = fitted.predict_proba(titanic[0])
    for given in (["class", "sex"], [0, 1], [True, True, False], np.array([1, 0])):
        network = DenseClassifier(**NET, categorical_features=given).fit(X, y)
        assert_array_equal(network.predict_proba(X), expected)
    # 1, 1.0 and the category 1 are one level, and an array has no names.
    as_float = X.astype({"class": float})
    assert_array_equal(network.predict_proba(as_float), expected)
    as_category = X.astype({"class": "category"})
    assert_array_equal(network.predict_proba(as_category), expected)
    array = X.to_numpy(object)
    network.fit(array, y)
    assert_array_equal(network.predict_proba(array), expected)
    # Numbers are numbers, unless they are named.
    network = DenseClassifier(**NET).fit(X[["class", "age"]], y)
    assert network.network_input_names_ == ["class", "age", "age (missing)"]
    assert network.get_params()["categorical_features"] == "from_dtype"


def test_truth_values_and_objects_by_their_values(titanic, untrained):
    X, y = titanic
    frame = pd.DataFrame(
        {
            "flag": X["sex"] == "male",
            "unsure": np.where(X["age"].isna(), None, X["sex"] == "male"),
            "number": np.where(X["age"].isna(), None, X["age"]).astype(object),
        }
    )
    network = DenseClassifier(**NET).fit(frame, y)
    assert network.network_input_names_ == [
        "number",
        "number (missing)",
        "flag=True",
        "unsure=False",
        "unsure=True",
        "unsure=(missing)",
    ]


def test_rare_unknown_and_missing_levels(titanic, untrained):
    X, y = titanic
    X = X.assign(town=["Paris", "Rome", *["Oslo"] * 200, *["Bonn"] * 198])
    X.iloc[5:8, 0] = None
    X.iloc[9, 1] = None
    network = DenseClassifier(**NET).fit(X, y)
    names = network.network_input_names_
    assert names[2:] == [
        *("class=1st", "class=2nd", "class=3rd", "class=(missing)"),
        *("sex=female", "sex=male", "sex=(other)"),
        *("town=Bonn", "town=Oslo", "town=(other)"),
    ]
    row = X.iloc[[20]]

    def ones(**values):
        columns = network.network_inputs(row.assign(**values))[0, 2:]
        return {n for n, one in zip(names[2:], columns, strict=True) if one}

    assert "town=(other)" in ones(town="Paris")
    assert "town=(other)" in ones(town="Atlantis")
    assert "town=(other)" in ones(town=None)
    assert "class=(missing)" in ones(**{"class": None})
    assert not any(name.startswith("class") for name in ones(**{"class": "4th"}))
    assert "sex=(other)" in ones(sex=np.nan)


def test_missing_values_of_all_kinds_of_frames_are_a_level(titanic):
    X, y = titanic
    X = X.assign(sex=X["sex"].astype("category").mask(X["age"].isna()))
    network = DenseClassifier(**NET).fit(X, y)
    expected = network.predict_proba(X)
    assert "sex=(missing)" in network.network_input_names_
    for other in (pl.from_pandas(X), pa.Table.from_pandas(X, preserve_index=False)):
        assert_array_equal(network.predict_proba(other), expected)
        again = DenseClassifier(**NET).fit(other, y.to_numpy())
        assert_array_equal(again.predict_proba(X), expected)


def test_levels_that_are_numbers(titanic, moved):
    _, y = titanic
    numbers = np.where(y == 1, 2**53 + 1, 2**53)
    network = DenseClassifier(**NET, categorical_features=[0])
    network.fit(pd.DataFrame({"large": numbers}), y)
    assert network.network_input_names_ == [f"large={2**53 + 1}"]
    X = pd.DataFrame({"share": np.where(y == 1, 0.1, 0.7).astype(np.float32)})
    network.fit(X, y)
    expected = network.predict_proba(X)
    assert_allclose(network.predict_proba(X.astype(float).round(3)), expected, 1e-6)


@pytest.mark.parametrize("options", [{"early_stopping": True}, {}])
def test_tables_whose_rows_are_not_copied(titanic, options, monkeypatch):
    """Large tables are split by their indices of rows."""
    X, y = titanic
    weight = np.repeat([1, 0], 200)
    network = DenseClassifier(**NET, **options).fit(X, y, sample_weight=weight)
    monkeypatch.setattr("skdeep.encoding._inputs._MOST_COPIED_BYTES", 0)
    other = clone(network).fit(X, y, sample_weight=weight)
    assert_allclose(other.predict_proba(X), network.predict_proba(X), rtol=1e-5)


def test_unknown_level_of_two_is_between_them(titanic, fitted):
    row = titanic[0].iloc[[0]]
    values = [fitted.network_inputs(row.assign(sex=s))[0, -1] for s in ("male", "x")]
    assert values == [1, 0]


def test_missing_numbers(diabetes, moved):
    X, y = diabetes
    X = X.copy()
    X[::7, 2] = np.nan
    network = DenseRegressor(**NET).fit(X, y)
    filled = SimpleImputer(strategy="median", add_indicator=True).fit(X)
    assert_array_equal(network.network_inputs(X), filled.transform(X))
    assert network.network_input_names_[-1] == "x2 (missing)"
    by_hand = DenseRegressor(**NET).fit(filled.transform(X)[:, :-1], y)
    # Columns in which fit has seen none take the median, without a mark.
    gap = X[:5].copy()
    gap[0, 0], gap[:, 2] = np.nan, 1.0
    full = gap.copy()
    full[0, 0] = np.median(X[:, 0])
    assert_array_equal(by_hand.predict(gap), by_hand.predict(full))
    single = DenseRegressor(**NET).fit(X.astype("float32"), y)
    assert single.predict(X.astype("float32")).dtype == np.float32


def test_learnt_on_training_rows_only(titanic, untrained):
    X, y = titanic
    X = X.assign(age=np.where(np.arange(len(X)) < 200, X["age"], X["age"] + 1000))
    X["place"] = np.where(np.arange(len(X)) < 200, "here", "there")
    first, last = X.iloc[:200], X.iloc[200:]
    network = DenseClassifier(**NET, early_stopping=True)
    network.fit(first, y.iloc[:200], X_val=last, y_val=y.iloc[200:])
    assert "place=here" in network.network_input_names_
    assert "place=there" not in network.network_input_names_
    assert network.network_.inputs.mean[0] < 100
    network.fit(X, y, sample_weight=np.repeat([1, 0], 200))
    assert "place=there" not in network.network_input_names_
    # A level of two rows is kept if none of them is held out.
    X["pair"] = [f"pair {number % 200}" for number in range(len(X))]
    network.set_params(validation_fraction=0.5).fit(X, y)
    kept = [name for name in network.network_input_names_ if name.startswith("pair")]
    assert kept[-1] == "pair=(other)"
    assert 20 < len(kept) < 80


def test_partial_fit_and_warm_start_go_on(titanic, untrained):
    X, y = titanic
    network = DenseClassifier(**NET, warm_start=True).fit(X.iloc[:300], y.iloc[:300])
    names = network.network_input_names_
    network.fit(X.assign(sex="other"), y)
    assert network.network_input_names_ == names
    network.set_params(categorical_features=np.array(["class", "sex"]))
    with pytest.raises(ValueError, match="fitted with categorical_features='from_dty"):
        network.fit(X, y)
    network = DenseClassifier(**NET).partial_fit(X, y, classes=[0, 1])
    network.partial_fit(X.iloc[::-1], y.iloc[::-1])
    assert network.network_input_names_ == names


def test_fuse_searches_and_pipelines(titanic):
    X, y = titanic
    network = DenseClassifier(**NET)
    alone = cross_val_score(network, X, y, cv=2)
    with skdeep.fuse():
        assert_array_equal(cross_val_score(network, X, y, cv=2), alone)
        search = GridSearchCV(
            make_pipeline("passthrough", network),
            {"denseclassifier__categorical_features": ["from_dtype", ["class", "sex"]]},
            cv=2,
        ).fit(X, y)
    assert_array_equal(search.cv_results_["mean_test_score"], alone.mean())


def test_copies_and_files(titanic, fitted, tmp_path):
    X, _ = titanic
    expected = fitted.predict_proba(X)
    for other in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert_array_equal(other.predict_proba(X), expected)
    skdeep.save(fitted, tmp_path / "titanic")
    loaded = skdeep.load(tmp_path / "titanic")
    assert_array_equal(loaded.predict_proba(X), expected)
    assert loaded.network_input_names_ == fitted.network_input_names_
    array = X.to_numpy(object)
    unnamed = DenseClassifier(**NET, categorical_features=[0, 1]).fit(array, titanic[1])
    skdeep.save(unnamed, tmp_path / "unnamed")
    assert_array_equal(skdeep.load(tmp_path / "unnamed").predict_proba(array), expected)


@pytest.mark.parametrize(
    "damage",
    [
        lambda inputs: inputs.levels.update({1: ("male",)}),
        lambda inputs: inputs.levels.update({2: ("a", "b")}),
        lambda inputs: vars(inputs.columns).update(marked=()),
        lambda inputs: vars(inputs.columns).update(medians=(0.0, 0.0)),
        lambda inputs: vars(inputs.columns).update(numbers=(0,)),
        lambda inputs: vars(inputs.columns.levels[0]).update(kept=(0, 1, 7)),
        lambda inputs: vars(inputs.columns.levels[0]).update(kept=(0, 1, 1)),
        lambda inputs: vars(inputs.columns.levels[0]).update(sign=True),
        lambda inputs: vars(inputs.columns).update(medians=(np.nan,)),
        lambda inputs: vars(inputs).update(columns=None),
    ],
)
def test_files_hold_only_what_fits(fitted, tmp_path, damage):
    damaged = copy.deepcopy(fitted)
    damage(damaged._inputs)
    with pytest.raises(ValueError, match=r"(Dense|Tabl|Colu|Level).* cannot have"):
        skdeep.save(damaged, tmp_path / "damaged")


def test_many_levels_are_sparse(titanic, moved):
    n_rows = 6000
    rng = np.random.RandomState(0)
    town = rng.randint(2000, size=n_rows)
    X = pd.DataFrame({"town": town.astype(str), "size": rng.normal(size=n_rows)})
    network = DenseRegressor(**NET | {"epochs": 1}).fit(X, np.sin(town))
    columns = network.network_inputs(X)
    assert sparse.issparse(columns)
    assert columns.shape[1] > 1500
    few = network.network_inputs(X.iloc[:5])
    assert_array_equal(few, columns[:5].toarray())
    assert_allclose(network.predict(X)[:5], network.predict(X.iloc[:5]), rtol=1e-5)


def test_insight_takes_frames(titanic, fitted):
    X, y = titanic
    assert layer_outputs(fitted, X)["dense_1"].shape == (len(X), 8)
    assert len(diagnose(fitted, X, y).frame)
    assert "dense_1" in fitted.summary().index


def test_inputs_stay_as_they_are(titanic):
    X, y = titanic
    before = X.copy()
    DenseClassifier(**NET).fit(X, y).predict(X)
    pd.testing.assert_frame_equal(X, before)


DAYS = pd.date_range("2020-01-01", periods=4)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (DAYS, "date or a time in the column 'odd'.*numbers of it"),
        (DAYS - DAYS[0], "date or a time in the column 'odd'"),
        (["a", 1, "b", 2], "texts together with numbers in the column 'odd'.*astype"),
        ([1.0, np.inf, 2, 3], "infinite value inf in the column 'odd'"),
        ([[1], [2], [3], [4]], "a list in the column 'odd'"),
        (pd.period_range("2020", periods=4, freq="D"), "column 'odd'"),
    ],
)
@pytest.mark.parametrize("others", [{"number": [1, 2, 3, 4]}, {"text": list("abca")}])
def test_columns_that_are_refused(column, message, others):
    X = pd.DataFrame({**others, "odd": column})
    with pytest.raises(ValueError, match=message):
        DenseRegressor(**NET).fit(X, [1, 2, 3, 4])


def test_what_does_not_fit_what_was_learnt(titanic, fitted, untrained):
    X, y = titanic
    with pytest.raises(ValueError, match=r"'class'\. Convert the column as it was"):
        fitted.predict(X.assign(**{"class": 1}))
    with pytest.raises(ValueError, match=r"a text in the column 'age'"):
        fitted.predict(X.assign(age="old"))
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(X[["sex", "class", "age"]])
    with pytest.raises(ValueError, match=r"a text in the column 'class'"):
        DenseClassifier(**NET, categorical_features=None).fit(X, y)
    with pytest.raises(ValueError, match="categorical_features has an item"):
        DenseClassifier(**NET, categorical_features=["deck"]).fit(X, y)
    unnamed = DenseRegressor(**NET, categorical_features=[0]).fit(np.eye(3), [1, 2, 3])
    with pytest.raises(ValueError, match=r"Received a sparse X\. Pass X\.toarray"):
        unnamed.predict(sparse.csr_matrix(np.eye(3)))
    with pytest.raises(ValueError, match="Expected 2D array"):
        DenseClassifier(**NET, categorical_features=[0]).fit([1, 2, 3], [0, 1, 1])
    days = pd.DataFrame({"day": pd.date_range("2020", periods=4).astype("M8[ns]")})
    for X in (days, days.to_numpy()):
        with pytest.raises(ValueError, match="a date or a time in the column"):
            DenseRegressor(**NET, categorical_features=[0]).fit(X, [1, 2, 3, 4])
    rows = sparse.csr_matrix([[1.0, np.nan], [0.0, 1.0], [2.0, 0.0]])
    with pytest.raises(ValueError, match=r"sparse X must not hold missing values"):
        DenseRegressor(**NET).fit(rows, [1, 2, 3])
    with pytest.raises(ValueError, match="Received a sparse X"):
        DenseRegressor(**NET, categorical_features=[0]).fit(rows, [1, 2, 3])
    network = DenseRegressor(**NET).fit(sparse.csr_matrix(np.eye(3)), [1, 2, 3])
    with pytest.raises(ValueError, match="fit on a sparse X"):
        network.predict([[np.nan, 1, 2]])


def test_penguins_are_told_apart():
    table = penguins.dropna(subset=["bill_length_mm"]).sample(frac=1, random_state=0)
    X, y = table.drop(columns="species"), table["species"]
    network = DenseClassifier(epochs=30, random_state=0)
    assert cross_val_score(network, X, y, cv=3).mean() > 0.97


def test_sparse_columns_of_pandas(titanic, untrained):
    X, y = titanic
    sparse_age = X.assign(age=X["age"].fillna(0).astype(pd.SparseDtype(float, 0)))
    network = DenseClassifier(**NET).fit(sparse_age, y)
    filled = X.fillna({"age": 0})
    dense = DenseClassifier(**NET).fit(filled, y)
    assert network.network_input_names_ == dense.network_input_names_
    assert_array_equal(network.network_inputs(sparse_age), dense.network_inputs(filled))
