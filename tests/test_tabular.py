"""TabularClassifier and TabularRegressor: networks trained without one fold each."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdeep
from skdeep import TabularClassifier, TabularRegressor, diagnose
from skdeep.tabular._folds import random_folds
from skdeep.tabular._outputs import groups_of
from skdeep.tabular._temperature import fitted_temperature
from skdeep.training import _fused

SMALL = {"n_members": 3, "hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
OF_CHECKS = {**SMALL, "epochs": 40, "batch_size": 32, "learning_rate": 0.01}
X_3 = np.ones((5, 3))
OTHER = {"categorical_features": None}
REPEATED_ROWS = "A repeated row may be in two folds, and batches differ."


@parametrize_with_checks(
    [TabularClassifier(**OF_CHECKS), TabularRegressor(**OF_CHECKS)],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": REPEATED_ROWS,
        "check_sample_weight_equivalence_on_sparse_data": REPEATED_ROWS,
    },
)
def test_checks_of_sklearn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def titanic(titanic):
    X, y = (part.iloc[:300].reset_index(drop=True) for part in titanic)
    return X, y.map({0: "lost", 1: "saved"}).to_numpy()


@pytest.fixture(scope="module")
def saved(titanic):
    return TabularClassifier(**SMALL, learning_rate=0.02).fit(*titanic)


@pytest.fixture(scope="module")
def regressor(diabetes):
    return TabularRegressor(**{**SMALL, "epochs": 30}).fit(*diabetes)


def test_frames_go_in_as_they_are(titanic, saved):
    X, y = titanic
    assert saved.score(X, y) > 0.75
    assert_array_equal(saved.feature_names_in_, X.columns)
    assert list(saved.classes_) == ["lost", "saved"]
    new = pd.DataFrame(
        {"class": [None, "4th"], "sex": ["male"] * 2, "age": [np.nan, 9]}
    )
    assert np.isfinite(saved.predict_proba(new)).all()
    as_categories = X.astype({"class": "category", "sex": "category"})
    assert_array_equal(saved.predict(as_categories), saved.predict(X))


def test_predictions_are_averages_of_members(titanic, saved, diabetes, regressor):
    X, y = titanic
    of_members = [member.predict_proba(X) for member in saved.estimators_]
    assert len(of_members) == 3
    mean = np.mean(of_members, axis=0)
    tempered = mean ** (1 / saved.temperature_)
    tempered /= tempered.sum(axis=1, keepdims=True)
    assert_allclose(saved.predict_proba(X), tempered, rtol=1e-6)
    assert_array_equal(saved.predict(X), saved.classes_[mean.argmax(axis=1)])
    assert_allclose(saved.predict_log_proba(X), np.log(tempered), rtol=1e-6)
    values = [member.predict(diabetes[0]) for member in regressor.estimators_]
    values = np.clip(values, diabetes[1].min(), diabetes[1].max())
    assert_allclose(regressor.predict(diabetes[0]), np.mean(values, axis=0))
    fewer = copy.copy(regressor)
    fewer.estimators_ = regressor.estimators_[:2]
    assert_allclose(fewer.predict(diabetes[0]), np.mean(values[:2], axis=0))
    assert len(diagnose(saved.estimators_[0], X, y).frame)


def test_unseen_rows_decide_how_certain_probabilities_are(titanic, saved):
    _, y = titanic
    rows = np.arange(len(y))
    numbers = (y == "saved").astype(int)

    def loss(temperature):
        tempered = saved.oof_prediction_ ** (saved.temperature_ / temperature)
        tempered /= tempered.sum(axis=1, keepdims=True)
        mean = -np.log(tempered[rows, numbers]).mean()
        return mean + 3 * np.log(temperature) ** 2 / len(y)

    best = saved.temperature_
    assert loss(best) < min(loss(best * 1.1), loss(best / 1.1))
    doubtful = np.array([[0.6, 0.4], [0.4, 0.6]] * 50)
    right = np.eye(2)[[0, 1] * 50]
    weight = np.ones(100)
    for targets, one_label, low, high in (
        (right, True, 0.25, 0.4),
        (np.ones((100, 2)) / 2, True, 1.2, 4.0),
        (right, False, 0.25, 0.4),
    ):
        found = fitted_temperature(doubtful, targets, weight, one_label=one_label)
        assert low <= found <= high
    half_right = np.where(np.arange(100)[:, np.newaxis] < 50, right, 1 - right)
    for counted, low, high in ((0, 0.25, 0.5), (50, 1.5, 4.0)):
        weight = (np.arange(100) // 50 * 50 == counted).astype(float)
        found = fitted_temperature(doubtful, half_right, weight, one_label=True)
        assert low <= found <= high
    few = fitted_temperature(doubtful[:2], right[:2], np.ones(2), one_label=True)
    assert 0.6 < few < 1  # two rows say little


def test_members_have_not_seen_their_folds(titanic):
    X, y = titanic
    folds = [
        (np.arange(100, 300), np.arange(100)),
        (np.arange(200), np.arange(200, 300)),
    ]
    model = TabularClassifier(**SMALL, cv=folds).fit(X, y)
    assert len(model.estimators_) == 2
    for member, (_, held_out) in zip(model.estimators_, folds, strict=True):
        expected = member.predict_proba(X.iloc[held_out]) ** (1 / model.temperature_)
        expected /= expected.sum(axis=1, keepdims=True)
        assert_allclose(model.oof_prediction_[held_out], expected, rtol=1e-5)
    assert np.isnan(model.oof_prediction_[100:200]).all()  # no fold has these rows
    # Other labels in the fold of the first member do not change what it has learnt.
    other = np.where(np.arange(300) < 100, y[::-1], y)
    again = TabularClassifier(**SMALL, cv=folds).fit(X, other)
    history, changed = (m.estimators_[0].history_["loss"] for m in (model, again))
    assert_allclose(history, changed, rtol=1e-6)
    histories = [m.estimators_[0].history_["val_loss"] for m in (model, again)]
    assert not np.allclose(*histories)


def test_nothing_but_the_estimator_changes(titanic, saved):
    X, y = titanic
    before = X.copy(), y.copy(), np.random.get_state()[1].tolist()
    params = saved.get_params()
    other = clone(saved).set_params(random_state=1).fit(X, y)
    pd.testing.assert_frame_equal(X, before[0])
    assert_array_equal(y, before[1])
    assert np.random.get_state()[1].tolist() == before[2]
    assert other.get_params() == {**params, "random_state": 1}
    assert not np.allclose(other.predict_proba(X), saved.predict_proba(X))


def test_random_folds_have_equal_shares_of_each_label():
    in_order = np.repeat(["a", "b", "c"], [40, 16, 4])
    in_turn = np.array(["a", "b", "c", "a"] * 15)
    for labels, shares in (
        (in_order, [[10, 4, 1]] * 4),
        (in_turn, [[8, 4, 3], [8, 3, 4], [7, 4, 4], [7, 4, 4]]),
    ):
        folds = random_folds(4, 60, labels, None, np.random.RandomState(0))
        for (train, held_out), expected in zip(folds, shares, strict=True):
            assert len(np.intersect1d(train, held_out)) == 0
            counts = np.unique(labels[held_out], return_counts=True)[1]
            assert counts.tolist() == expected


def test_given_folds_are_of_all_rows(diabetes):
    X, y = diabetes
    weight = (np.arange(200) % 5 > 0).astype(float)
    numbers = np.cumsum(weight > 0) - 1
    folds = [
        (np.arange(100, 200), np.arange(100)),
        (np.arange(100), np.arange(100, 200)),
    ]
    without = [
        tuple(numbers[rows[weight[rows] > 0]] for rows in fold) for fold in folds
    ]
    weighted = TabularRegressor(**SMALL, cv=folds).fit(X, y, sample_weight=weight)
    removed = TabularRegressor(**SMALL, cv=without).fit(X[weight > 0], y[weight > 0])
    assert_allclose(weighted.predict(X), removed.predict(X), rtol=1e-6)


@pytest.fixture
def planned(monkeypatch):
    """The jobs that fit would train."""
    from skdeep.tabular import _members

    def stop(jobs):
        raise InterruptedError(jobs)

    def planned(model, X, y):
        with monkeypatch.context() as patch:
            patch.setattr(_members, "train_together", stop)
            with pytest.raises(InterruptedError) as caught:
                model.fit(X, y)
        return caught.value.args[0]

    return planned


def test_batches_and_epochs_by_the_number_of_rows(diabetes, planned):
    X, y = diabetes
    for n_rows, batch_size, epochs in (
        (40, 16, 250),  # 500 steps
        (600, 16, 32),
        (2_000, 32, 32),  # the power of two by 1,000 / 40
        (16_000, 64, 32),
        (50_000, 128, 16),  # half of the rows are trained on
        (200_000, 512, 4),
    ):
        rows = np.arange(n_rows) % len(y)
        job, _ = planned(TabularRegressor(2, n_bins=None), X[rows], y[rows])
        assert job.batch_size == batch_size
        assert job.epochs == epochs


def test_networks_are_computed_as_if_alone(diabetes, sizes):
    TabularRegressor(**SMALL).fit(*diabetes)
    assert sizes == []


def test_predictions_stay_in_the_range_of_the_training_targets(diabetes, regressor):
    X, y = diabetes
    order = np.argsort(y)
    model = TabularRegressor(**SMALL, cv=[(order[:150], order[150:])]).fit(X, y)
    assert model.oof_prediction_[order[150:]].max() <= y[order[149]]
    high = copy.deepcopy(regressor)
    for member in high.estimators_:
        member.network_.weights.trainable[-1][:] = 100
    assert_array_equal(high.predict(X), y.max())


def test_every_second_network_takes_bins(diabetes, regressor, planned):
    X, y = diabetes
    assert len(regressor.estimators_[1].network_input_names_) > 70

    def widths(X, **params):
        jobs = planned(clone(regressor).set_params(**params), X, y)
        return [job.spec.input_shape[0] for job in jobs]

    for cv in (None, 3):
        narrow, wide, again = widths(X, n_bins=3, cv=cv)
        assert narrow == again == 10
        assert 10 + 9 * 2 <= wide <= 10 + 9 * 3  # sex has two values, and no bins
    assert widths(X, n_bins=None) == [10, 10, 10]
    _, wide, _ = widths(np.tile(X, 10))
    assert 100 + 90 * 4 <= wide <= 100 + 512
    assert widths(np.tile(X, 13)) == [130, 130, 130]


def test_the_fold_chooses_the_epoch(regressor):
    for member in regressor.estimators_:
        losses = member.history_["val_loss"]
        assert len(losses) == 30
        assert member.best_epoch_ == np.argmin(losses) + 1


def test_folds_of_groups_and_of_time(diabetes):
    X, y = diabetes
    groups = np.arange(len(y)) // 10
    rng = np.random.RandomState(0)
    rare = np.where(np.arange(len(y)) == 0, -1, groups)
    for labels in (None, np.arange(len(y)) % 2, groups, rare):
        folds = random_folds(3, len(y), labels, groups, rng)
        assert [np.intersect1d(groups[a], groups[b]).size for a, b in folds] == [0] * 3
        rows = np.sort(np.concatenate([held_out for _, held_out in folds]))
        assert_array_equal(rows, np.arange(len(y)))
    without_cv = TabularRegressor(**SMALL).fit(X, y, groups=groups)
    assert np.isfinite(without_cv.oof_prediction_).all()
    with_cv = TabularRegressor(**SMALL, cv=GroupKFold(4)).fit(X, y, groups=groups)
    assert len(with_cv.estimators_) == 4
    in_time = TabularRegressor(**SMALL, cv=TimeSeriesSplit(3)).fit(X, y)
    first, second, last = in_time.estimators_  # they have not seen later rows
    assert_allclose(first.network_.inputs.mean, X[:50].mean(axis=0), rtol=1e-5)
    assert_allclose(last.network_.outputs.mean, y[:150].mean())
    means = second.network_inputs(X[:100]).mean(axis=0)  # with bins
    assert_allclose(second.network_.inputs.mean, means, rtol=1e-5)
    unseen = np.clip(last.predict(X[150:]), y[:150].min(), y[:150].max())
    assert_allclose(in_time.oof_prediction_[150:], unseen, rtol=1e-5)
    unseen = np.isnan(in_time.oof_prediction_)
    assert_array_equal(np.flatnonzero(unseen), np.arange(50))
    for cv, message in (
        ([([], [0, 1])], "leave rows to train on"),
        ([(range(9), [])], "rows to hold out"),
        ([(range(9), [8, 9])], "both in fold 0"),
        ([(range(9), [200])], "numbers of rows from 0 to 199"),
        ([(range(9), [-201])], "numbers of rows from 0 to 199"),
        ([([0.5], [1.5])], "numbers of rows"),
        ([[0, 1], [2, 3]], "numbers of rows"),
        ([(range(9), [10], [11])], "must hold pairs"),
        ([(range(9),)], "must hold pairs"),
        ([5, 6], "must hold pairs: .* Received 5 in"),
    ):
        with pytest.raises(ValueError, match=message):
            TabularRegressor(cv=cv).fit(X, y)
    mask = np.arange(200) < 100
    pairs = TabularRegressor(**SMALL, cv=[(mask, ~mask)]).fit(X, y, np.ones(200))
    assert np.isnan(pairs.oof_prediction_[:100]).all()
    assert np.isfinite(pairs.oof_prediction_[100:]).all()
    one_hot = np.eye(2)[(y > 100).astype(int)]
    strata = TabularClassifier(**SMALL, cv=StratifiedKFold(2)).fit(X, one_hot)
    assert_allclose(strata.oof_prediction_.sum(axis=1), 1)
    with pytest.raises(ValueError, match="at least two groups"):
        TabularRegressor().fit(X, y, groups=np.zeros(len(y)))


def test_intervals_and_deviations(diabetes):
    X, y = diabetes
    model = TabularRegressor(**{**SMALL, "epochs": 30}).fit(X[:130], y[:130])
    mean, std = model.predict(X[130:], return_std=True)
    lower, upper = model.predict_interval(X[130:], coverage=0.8).T
    assert_allclose(lower + upper, 2 * mean)
    errors = np.sort(np.abs(model.oof_prediction_ - y[:130]))
    assert_allclose(upper - lower, 2 * errors[int(np.ceil(131 * 0.8)) - 1])
    covered = (lower < y[130:]) & (y[130:] < upper)
    assert 0.65 < covered.mean() < 0.95
    assert (std**2 >= (errors**2).mean() * 0.999).all()
    assert (model.predict(X * 100) <= y[:130].max()).all()
    quantiles = model.predict_quantiles(X[130:], [0.9, 0.5, 0.1])
    assert (np.diff(quantiles, axis=1) < 0).all()
    below = (y[130:, np.newaxis] < quantiles).mean(axis=0)
    assert_allclose(below, [0.9, 0.5, 0.1], atol=0.15)
    signed = np.sort(y[:130] - model.oof_prediction_)
    places = [int(np.ceil(131 * level)) - 1 for level in (0.9, 0.5)]
    places.append(130 - int(np.ceil(131 * 0.9)))
    assert_allclose(quantiles, mean[:, np.newaxis] + signed[places], rtol=1e-6)
    for quantiles, message in (
        ([0.5, 0.001], r"outside of 0.00763 to 0.992. Received quantiles=0.001\."),
        ([-0.5], r"between 0 and 1. Received quantiles=-0.5\."),
        ([0.5, 1.0], "between 0 and 1"),
        ([[0.5]], r"an array of shape \(1, 1\)"),
    ):
        with pytest.raises(ValueError, match=message):
            model.predict_quantiles(X, quantiles)
    for coverage in (0.995, 0.0, 1.0, "0.9", None):
        with pytest.raises(ValueError, match="coverage"):
            model.predict_interval(X, coverage)


def test_sets_of_labels(titanic, saved):
    X, y = titanic
    sets = saved.predict_set(X, coverage=0.8)
    assert sets.dtype == bool
    held_out = saved.oof_prediction_[np.arange(300), np.searchsorted(saved.classes_, y)]
    least = np.sort(held_out)[300 - int(np.ceil(301 * 0.8))]
    assert_array_equal(sets, saved.predict_proba(X) >= least)
    assert (saved.predict_set(X, coverage=0.99).sum(axis=1) > sets.sum(axis=1)).any()


def test_columns_of_labels(iris, diabetes):
    X, y = iris
    one_hot = TabularClassifier(**SMALL).fit(X, np.eye(3)[y])
    numbers = TabularClassifier(**SMALL).fit(X, y)
    assert_allclose(one_hot.predict_proba(X), numbers.predict_proba(X), rtol=1e-5)
    assert_array_equal(one_hot.predict(X).argmax(axis=1), numbers.predict(X))
    several = np.c_[y > 0, y > 1, y == 1].astype(int)
    multilabel = TabularClassifier(**SMALL).fit(X, several)
    probabilities = multilabel.predict_proba(X)
    assert_array_equal(multilabel.predict(X), probabilities > 0.5)
    assert multilabel.oof_prediction_.shape == several.shape
    with pytest.raises(ValueError, match="several labels per row"):
        multilabel.predict_set(X)
    # The rows with several labels count for nothing, but say what the columns mean.
    both = np.c_[y != 1, y == 1, y == 2].astype(int)
    leaves_out = [{0: 1, 1: 1}, {0: 1, 1: 1}, {0: 1, 1: 0}]
    some = TabularClassifier(**SMALL, class_weight=leaves_out).fit(X, both)
    assert not np.allclose(some.predict_proba(X).sum(axis=1), 1)
    X, y = diabetes
    two = TabularRegressor(**SMALL).fit(X, np.c_[y, -y])
    assert two.predict(X).shape == (len(y), 2)
    assert two.predict_interval(X).shape == (len(y), 2, 2)


def test_a_column_of_targets_is_warned_of_once(diabetes, regressor):
    X, y = diabetes
    with pytest.warns(DataConversionWarning) as caught:
        model = clone(regressor).set_params(cv=2).fit(X, y[:, np.newaxis])
    assert len(caught) == 1
    assert model.predict(X).shape == model.oof_prediction_.shape == (200,)


def test_weights(titanic):
    X, y = titanic
    counts = np.arange(300) % 4 > 0
    weighted = TabularClassifier(**SMALL).fit(X, y, sample_weight=counts)
    removed = TabularClassifier(**SMALL).fit(X[counts], y[counts])
    assert_allclose(weighted.predict_proba(X), removed.predict_proba(X), rtol=1e-5)
    assert np.isnan(weighted.oof_prediction_[::4]).all()
    smaller = TabularClassifier(**SMALL).fit(X, y, sample_weight=counts * 1e-60)
    assert_allclose(smaller.predict_proba(X), weighted.predict_proba(X), rtol=1e-5)
    balanced = TabularClassifier(**SMALL, class_weight="balanced").fit(X, y)
    labels, sizes = np.unique(y, return_counts=True)
    factors = dict(zip(labels, len(y) / 2 / sizes, strict=True))
    unweighted = TabularClassifier(**SMALL).fit(X, y)
    assert not np.allclose(balanced.predict_proba(X), unweighted.predict_proba(X))
    by_hand = TabularClassifier(**SMALL).fit(X, y, [factors[label] for label in y])
    expected = by_hand.predict_proba(X)
    assert_allclose(balanced.predict_proba(X), expected, rtol=1e-4)


def test_labels_without_weight(iris):
    X, y = iris
    without = TabularClassifier(**SMALL).fit(X, y, sample_weight=y != 2)
    assert list(without.classes_) == [0, 1]
    balanced = TabularClassifier(**SMALL, class_weight="balanced")
    balanced.fit(X, y, sample_weight=y != 2)
    assert list(balanced.classes_) == [0, 1]
    known = TabularClassifier(**SMALL, class_weight={2: 0}).fit(X, y)
    assert list(known.classes_) == [0, 1, 2]
    assert_array_equal(np.isnan(known.oof_prediction_[:, 0]), y == 2)
    one_hot = np.eye(3)[y]
    one_hot[0] = 0
    rest = TabularClassifier(**SMALL).fit(X, one_hot, np.arange(150) > 0)
    assert_allclose(rest.predict_proba(X).sum(axis=1), 1)


def test_sparse_tables_and_targets(iris):
    X, y = iris
    expected = TabularClassifier(**SMALL, n_bins=None).fit(X, y).predict_proba(X)
    weight = np.arange(150) > 0
    with_cv = TabularClassifier(**SMALL, cv=KFold(3)).fit(sparse.csr_matrix(X), y)
    assert len(with_cv.estimators_) == 3  # without bins
    with pytest.raises(ValueError, match=r"sparse X has no bins. Received n_bins=4"):
        TabularClassifier(**SMALL, n_bins=4).fit(sparse.csr_matrix(X), y)
    for kind in (sparse.csr_matrix, sparse.coo_matrix):
        model = TabularClassifier(**SMALL).fit(kind(X), y)
        assert_allclose(model.predict_proba(kind(X)), expected, rtol=1e-3)
        of_sparse = TabularClassifier(**SMALL).fit(kind(X), kind(np.eye(3)[y]), weight)
        assert_array_equal(of_sparse.predict(X).sum(axis=1), 1)
    regressor = TabularRegressor(**SMALL).fit(X, sparse.csr_matrix(X[:, :2]))
    assert regressor.predict(X).shape == (150, 2)


def test_a_failing_fit_changes_nothing(titanic, saved, monkeypatch):
    X, y = titanic
    before = saved.predict_proba(X)
    trained, tickets = _fused.Member.__init__, []

    def fails(member, ticket, clock):
        tickets.append(ticket)
        if len(tickets) == 2:
            raise MemoryError("no memory for this one")
        trained(member, ticket, clock)

    monkeypatch.setattr(_fused.Member, "__init__", fails)
    with pytest.raises(MemoryError):
        saved.set_params(random_state=1).fit(X, y)
    assert all(ticket.interrupted for ticket in tickets)  # the others stop, too
    saved.set_params(random_state=0)
    assert_array_equal(saved.predict_proba(X), before)


def test_a_class_with_one_row(iris):
    X, y = iris
    rare = np.where(np.arange(len(y)) == 7, 5, y)
    model = TabularClassifier(**SMALL).fit(X, rare)
    assert list(model.classes_) == [0, 1, 2, 5]
    assert np.isfinite(model.oof_prediction_).all()
    folds = [(np.flatnonzero(y != 2), np.flatnonzero(y == 2))]
    with pytest.warns(UserWarning, match="never sees label 2"):
        TabularClassifier(**SMALL, cv=folds).fit(X, y)


def test_same_seed_same_result_and_copies(titanic, saved, tmp_path):
    X, y = titanic
    expected = saved.predict_proba(X)
    again = clone(saved).fit(X, y)
    assert_array_equal(again.predict_proba(X), expected)
    assert_array_equal(pickle.loads(pickle.dumps(saved)).predict_proba(X), expected)
    skdeep.save(saved, tmp_path / "saved.skdeep")
    loaded = skdeep.load(tmp_path / "saved.skdeep")
    assert_array_equal(loaded.predict_proba(X), expected)
    assert_array_equal(loaded.predict_set(X), saved.predict_set(X))
    assert len(groups_of(loaded.estimators_)) == 2


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("estimators_", lambda model: model.estimators_.append(TabularRegressor())),
        ("estimators_", lambda model: vars(model.estimators_[1]._inputs).update(OTHER)),
        ("feature_names_in_", lambda model: vars(model).pop("feature_names_in_")),
        ("feature_names_in_", lambda model: vars(model).update(n_features_in_=4)),
        ("classes_", lambda model: vars(model).update(classes_=np.array(["a", "b"]))),
        ("temperature_", lambda model: vars(model).update(temperature_=0.0)),
        ("oof_prediction_", lambda model: vars(model).update(oof_prediction_=X_3)),
        ("_errors", lambda model: vars(model).update(_errors=None)),
        ("_errors", lambda model: vars(model).update(_errors=X_3 * np.nan)),
        ("_errors", lambda model: vars(model).update(_errors="abc")),
        ("_errors", lambda model: vars(model).update(_errors=np.ones(3))),
        ("_errors", lambda model: model._errors.fill(5)),
        (
            "estimators_",
            lambda model: object.__setattr__(
                model.estimators_[1].network_.spec, "activation", "tanh"
            ),
        ),
    ],
)
def test_files_hold_only_what_fits(saved, tmp_path, name, damage):
    damaged = copy.deepcopy(saved)
    damage(damaged)
    with pytest.raises(ValueError, match=f"cannot have {name}"):
        skdeep.save(damaged, tmp_path / "damaged")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_range", (np.nan, np.nan)),
        ("_range", (2.0, 1.0)),
        ("_range", (X_3[0], X_3[0])),
        ("_range", (X_3[:1, :1], X_3[:1, :1])),
        ("_errors", np.ones((200, 2))),
        ("_errors", None),
        ("_errors", np.full(3, np.nan)),
    ],
)
def test_files_of_regressors(regressor, tmp_path, name, value):
    damaged = copy.deepcopy(regressor)
    setattr(damaged, name, value)
    with pytest.raises(ValueError, match=f"cannot have {name}"):
        skdeep.save(damaged, tmp_path / "damaged")


def test_networks_that_scale_rows_in_different_ways(diabetes, tmp_path):
    """Columns of equal medians are read alike, but not scaled alike."""
    X = np.c_[diabetes[0][:, 1], diabetes[0][:, 0] > 50]
    cv = TimeSeriesSplit(3)
    model = TabularRegressor(**SMALL, cv=cv, n_bins=None).fit(X, diabetes[1])
    low, high = diabetes[1].min(), diabetes[1].max()
    of_members = [member.predict(X) for member in model.estimators_]
    mean = np.clip(of_members, low, high).mean(axis=0)
    assert_allclose(model.predict(X), mean, rtol=1e-5)
    skdeep.save(model, tmp_path / "scaled")
    assert_allclose(model.predict(X), mean, rtol=1e-5)
    assert_array_equal(skdeep.load(tmp_path / "scaled").predict(X), model.predict(X))


def test_networks_that_know_different_levels(titanic):
    X, y = titanic
    X = X.assign(port=np.where(np.arange(300) < 100, "0" + X["sex"], X["class"]))
    folds = [(range(200), range(200, 300)), (range(100, 300), range(100))]
    model = TabularClassifier(**SMALL, cv=folds, n_bins=None).fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in model.estimators_], axis=0)
    tempered = mean ** (1 / model.temperature_)
    tempered /= tempered.sum(axis=1, keepdims=True)
    assert_allclose(model.predict_proba(X), tempered, rtol=1e-5)


def test_one_warning_of_an_interruption(diabetes, monkeypatch):
    from skdeep.tabular import _members

    trained = _members.train_together

    def interrupted(jobs):
        outcomes = trained(jobs)
        return [replace(outcome, interrupted=True) for outcome in outcomes]

    monkeypatch.setattr(_members, "train_together", interrupted)
    with pytest.warns(UserWarning, match="interrupted") as caught:
        TabularRegressor(**SMALL).fit(*diabetes)
    assert len(caught) == 1


def test_files_hold_splitters(diabetes, tmp_path):
    X, y = diabetes
    repeated = RepeatedKFold(n_splits=2, n_repeats=2, random_state=3)
    for cv in (TimeSeriesSplit(2, gap=3), GroupKFold(2), KFold(2), repeated, 2):
        groups = np.arange(200) // 9 if isinstance(cv, GroupKFold) else None
        model = TabularRegressor(**SMALL, cv=cv).fit(X, y, groups=groups)
        skdeep.save(model, tmp_path / "split")
        loaded = skdeep.load(tmp_path / "split")
        assert repr(loaded.cv) == repr(cv)
        assert_array_equal(loaded.predict(X), model.predict(X))


def test_searches_pipelines_and_fuse(titanic):
    X, y = titanic
    steps = make_pipeline(FunctionTransformer(), TabularClassifier(**SMALL))
    alone = cross_val_score(steps, X, y, cv=2)
    with skdeep.fuse():
        together = cross_val_score(steps, X, y, cv=2)
        grid = {"learning_rate": [0.003, 0.01]}
        search = GridSearchCV(TabularClassifier(**SMALL), grid, cv=2).fit(X, y)
    assert_allclose(together, alone, atol=0.01)
    assert search.cv_results_["mean_test_score"].min() > 0.5


def test_what_is_refused(titanic, diabetes, saved, regressor):
    X, y = titanic
    with pytest.raises(ValueError, match="at least two rows"):
        TabularClassifier().fit(X[:1], y[:1])
    with pytest.raises(ValueError, match="requires y"):
        TabularClassifier().fit(X, None)
    with pytest.raises(ValueError, match="only one class"):
        TabularClassifier().fit(X[:20], ["lost"] * 20)
    with pytest.raises(ValueError, match=r"all numbers. Received 'lost' and 1\."):
        TabularClassifier().fit(X[:20], np.array(["lost", 1] * 10, object))
    with pytest.raises(ValueError, match="4 features, but TabularRegressor is expect"):
        regressor.predict(np.ones((2, 4)))
    with pytest.raises(ValueError, match="Expected a 2-dim"):
        saved.predict(X.iloc[0])
    assert not hasattr(TabularClassifier(), "partial_fit")
    with pytest.raises(AttributeError) as caught:
        TabularRegressor().partial_fit(*diabetes)
    assert "all rows at once" in str(caught.value.__cause__)


def test_insight_is_of_one_network(titanic, saved, diabetes):
    with pytest.raises(TypeError, match=r"Pass one of its networks, estimators_\[0\]"):
        diagnose(saved, *titanic)
    others = GradientBoostingRegressor(n_estimators=2).fit(*diabetes)
    with pytest.raises(TypeError, match="must be a network of skdeep"):
        diagnose(others, *diabetes)
