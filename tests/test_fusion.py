"""Fused fits: the same results, failures that stay private, no hanging."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import DenseClassifier, DenseRegressor
from skdeep.networks._traced import Cache
from skdeep.training import (
    _epochs,
    _fused,
    _fused_program,
    _job,
    _program,
    _progress,
    _scheduler,
)

TINY = {"hidden_layer_sizes": (8,), "epochs": 5, "batch_size": 32, "random_state": 0}


@pytest.fixture(autouse=True)
def no_thread_is_left(monkeypatch):
    """Nor is a task still counted, or a core still taken."""
    left = []
    close = _scheduler.Scheduler.close

    def closing(self):
        close(self)
        if not self.aborted:
            left.append((self._tasks, self._cores._value - joblib.cpu_count()))

    monkeypatch.setattr(_scheduler.Scheduler, "close", closing)
    yield
    assert set(left) <= {(0, 0)}
    deadline = time.monotonic() + 10
    while any(t.name.startswith("skdeep-") for t in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert _scheduler.active_scheduler() is None


def weights(estimator):
    return estimator.network_.weights.trainable


def same_network(first, second, atol=1e-4):
    for a, b in zip(weights(first), weights(second), strict=True):
        assert_allclose(a, b, rtol=0, atol=atol)
    assert_allclose(first.history_, second.history_, rtol=1e-3, atol=1e-4)
    assert first.best_epoch_ == second.best_epoch_


def both(run):
    """``run()`` without and with fusing."""
    alone = run()
    with skdeep.fuse():
        together = run()
    return alone, together


def test_cross_validation_gives_the_same_networks(iris, sizes):
    pipe = make_pipeline(StandardScaler(), DenseClassifier(**TINY))
    alone, together = both(lambda: cross_validate(pipe, *iris, return_estimator=True))
    for a, b in zip(alone["estimator"], together["estimator"], strict=True):
        same_network(a[-1], b[-1])
    assert_allclose(alone["test_score"], together["test_score"], atol=0.04)
    assert max(sizes) >= 2


def test_members_differ_freely(iris, sizes):
    """Learning rate, epochs, seed, rows, early stopping, patience and weights."""
    X, y = iris
    settings = [
        {"learning_rate": 0.1, "epochs": 2},
        {"early_stopping": True, "patience": 1, "epochs": 12, "learning_rate": 0.3},
        {"early_stopping": True, "patience": 3, "epochs": 9},
        {"random_state": 5, "class_weight": {0: 1, 1: 3, 2: 0.5}},
        {"l2": 0.0, "learning_rate_schedule": None},
    ]
    models = [DenseClassifier(**{**TINY, **some}) for some in settings]
    rows = [slice(0, 100 + 7 * i) for i in range(len(models))]
    alone = [clone(m).fit(X[r], y[r]) for m, r in zip(models, rows, strict=True)]
    with skdeep.fuse(), ThreadPoolExecutor(len(models)) as pool:
        futures = [
            pool.submit(clone(m).fit, X[r], y[r])
            for m, r in zip(models, rows, strict=True)
        ]
        together = [future.result() for future in futures]
    for a, b in zip(alone, together, strict=True):
        same_network(a, b)
    assert max(sizes) >= 2


@pytest.mark.parametrize(
    "params",
    [
        {"batch_norm": True, "metrics": ["accuracy"]},
        {
            "dropout": 0.3,
            "dtype": "float64",
            "optimizer": keras.optimizers.SGD(0.05, momentum=0.9, clipnorm=0.1),
        },
    ],
)
def test_options(iris, sizes, params):
    classifier = DenseClassifier(**TINY, **params)
    alone, together = both(
        lambda: cross_validate(classifier, *iris, cv=3, return_estimator=True)
    )
    for a, b in zip(alone["estimator"], together["estimator"], strict=True):
        same_network(a, b, atol=2e-3 if "batch_norm" in params else 1e-4)
    assert max(sizes) >= 2


def test_long_fits(iris, sizes, monkeypatch):
    """Compiled with XLA; few, and large networks, are trained in turns."""
    monkeypatch.setattr(_program, "_programs", Cache())
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    classifier = DenseClassifier(**{**TINY, "hidden_layer_sizes": (7,), "epochs": 9})

    def networks():
        return cross_validate(classifier, *iris, cv=3, return_estimator=True)[
            "estimator"
        ]

    alone = networks()
    for fewest in (100, 2):
        monkeypatch.setattr(_fused_program, "_FEWEST_MEMBERS", fewest)
        with skdeep.fuse():
            together = networks()
        for a, b in zip(alone, together, strict=True):
            same_network(a, b)
        assert bool(sizes) == (fewest == 2)


def test_validation_data_is_evaluated_together(iris, monkeypatch, sizes):
    """Members whose validation data differ in length."""
    groups, records = [], _fused.TrainingGroup._records

    def counting(self, members):
        groups.append(len(members))
        return records(self, members)

    monkeypatch.setattr(_fused.TrainingGroup, "_records", counting)
    monkeypatch.setattr(_epochs, "_MOST_BYTES", 0)  # evaluations are calls of their own
    classifier = DenseClassifier(
        **TINY, early_stopping=True, validation_fraction=0.25, metrics=["accuracy"]
    )
    rows = np.arange(150)
    folds = [(rows[:n], rows[n:]) for n in (100, 104, 108, 112)]
    alone, together = both(
        lambda: cross_validate(classifier, *iris, cv=folds, return_estimator=True)
    )
    for a, b in zip(alone["estimator"], together["estimator"], strict=True):
        same_network(a, b)
    assert max(groups) >= 2


GRID = {
    "learning_rate": [0.003, 0.03],
    "hidden_layer_sizes": [(8,), (4,)],
}
SEARCHES = {
    "grid": lambda e: GridSearchCV(e, GRID, cv=3),
    "halving": lambda e: HalvingGridSearchCV(
        e, GRID, cv=2, resource="epochs", max_resources=8, min_resources=4
    ),
    "random": lambda e: RandomizedSearchCV(
        e, {"learning_rate": loguniform(1e-3, 1e-1)}, n_iter=4, cv=2, random_state=0
    ),
    "random halving": lambda e: HalvingRandomSearchCV(
        e,
        {"learning_rate": loguniform(1e-3, 1e-1)},
        n_candidates=4,
        cv=2,
        min_resources=75,
        random_state=0,
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_searches(iris, name):
    search = SEARCHES[name](DenseClassifier(**TINY))
    alone, together = both(lambda: clone(search).fit(*iris))
    key = "mean_test_score"
    assert_allclose(alone.cv_results_[key], together.cv_results_[key], atol=0.021)
    best = alone.cv_results_[key][alone.best_index_]
    assert alone.cv_results_[key][together.best_index_] >= best - 0.021


META = {
    "bagging": lambda e: BaggingClassifier(e, n_estimators=4, random_state=0),
    "voting": lambda e: VotingClassifier(
        [("net", e), ("linear", LogisticRegression())], voting="soft"
    ),
    "stacking": lambda e: StackingClassifier(
        [("net", e)], final_estimator=LogisticRegression(), cv=2
    ),
    "one-vs-rest": OneVsRestClassifier,
    "selector": lambda e: make_pipeline(
        SequentialFeatureSelector(e, n_features_to_select=1, cv=2),
        LogisticRegression(),
    ),
    "calibrated": lambda e: CalibratedClassifierCV(e, cv=2),
    "nested": lambda e: GridSearchCV(e, {"learning_rate": [0.003, 0.03]}, cv=2),
}


@pytest.mark.parametrize("name", META)
def test_estimators_of_estimators(iris, name):
    model = META[name](DenseClassifier(**TINY))
    alone, together = both(
        lambda: cross_val_predict(model, *iris, cv=2, method="predict_proba")
    )
    assert_allclose(alone, together, atol=1e-3)


def test_several_regressors(diabetes):
    X, y = diabetes
    model = MultiOutputRegressor(DenseRegressor(**TINY))
    alone, together = both(lambda: clone(model).fit(X, np.c_[y, -y]).predict(X))
    assert_allclose(alone, together, atol=1e-3 * y.std())


CURVES = {
    "learning": lambda e, X, y: learning_curve(e, X, y, cv=2, train_sizes=[0.5, 1.0]),
    "validation": lambda e, X, y: validation_curve(
        e, X, y, cv=2, param_name="learning_rate", param_range=[0.003, 0.03]
    ),
    "permutation": lambda e, X, y: permutation_test_score(
        e, X, y, cv=2, n_permutations=2, random_state=0
    ),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves(iris, name):
    classifier = DenseClassifier(**TINY)
    alone, together = both(lambda: CURVES[name](classifier, *iris))
    for a, b in zip(alone, together, strict=True):
        assert_allclose(a, b, atol=0.03)


def test_as_a_joblib_backend(iris, sizes):
    classifier = DenseClassifier(**TINY)
    alone = cross_val_score(classifier, *iris, cv=4)
    with joblib.parallel_config(backend="skdeep"):
        together = cross_val_score(classifier, *iris, cv=4)
    assert_allclose(alone, together, atol=0.04)
    assert max(sizes) >= 2


def test_n_jobs_bounds_the_width(iris, sizes):
    with skdeep.fuse():
        cross_val_score(DenseClassifier(**TINY), *iris, cv=5, n_jobs=2)
    # Two at once may as well be trained in a thread each.
    assert max(sizes, default=1) <= 2


def test_progress_is_printed(iris, capsys, monkeypatch):
    monkeypatch.setattr(_progress, "_SECONDS_BETWEEN_LINES", 0.0)
    with skdeep.fuse(verbose=1):
        cross_val_score(DenseClassifier(**TINY, metrics=["accuracy"]), *iris, cv=3)
    lines = capsys.readouterr().out.splitlines()
    assert re.search(r"\d in training at epochs [0-4] to [1-5]", lines[0])
    assert lines[-1] == "fuse: 3 of 3 fits done"


def test_progress_bar_over_a_fused_search(iris, capsys):
    search = GridSearchCV(DenseClassifier(**TINY), {"epochs": [2, 3]}, cv=2)
    with skdeep.fuse():
        search.set_callbacks(ProgressBar()).fit(*iris)
    assert "100%" in capsys.readouterr().out


def test_width_one(iris):
    with skdeep.fuse(width=1):
        assert cross_val_score(DenseClassifier(**TINY), *iris, cv=2).shape == (2,)


@pytest.mark.parametrize(("name", "value"), [("width", 0), ("verbose", "much")])
def test_wrong_options(name, value):
    expected = f"The '{name}' parameter of fuse must be"
    with pytest.raises(ValueError, match=expected), skdeep.fuse(**{name: value}):
        pass


class Raises(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise RuntimeError("a callback of the user")


def test_failures_stay_private(iris):
    X, y = iris
    models = [
        DenseClassifier(**TINY),
        DenseClassifier(**TINY, callbacks=[Raises()]),
        DenseClassifier(**TINY, optimizer="sgd", learning_rate=1e30),
        DenseClassifier(**TINY, optimizer="sgd"),
        DenseClassifier(**TINY, metrics=["no metric"]),
    ]
    alone = [clone(models[i]).fit(X, y) for i in (0, 3)]
    with skdeep.fuse(), ThreadPoolExecutor(len(models)) as pool:
        futures = [pool.submit(clone(m).fit, X, y) for m in models]
        same_network(futures[0].result(), alone[0])
        with pytest.raises(RuntimeError, match="a callback of the user"):
            futures[1].result()
        with pytest.raises(Warning, match="NaN or infinite"):
            futures[2].result()  # a warning is an error in these tests
        same_network(futures[3].result(), alone[1])
        with pytest.raises(ValueError, match="no metric"):
            futures[4].result()


class FitsAnother(keras.callbacks.Callback):
    def __init__(self, data):
        super().__init__()
        self.data = data

    def on_train_begin(self, logs=None):
        DenseClassifier(**TINY).fit(*self.data)


def test_a_fit_within_a_fit(iris):
    model = DenseClassifier(**{**TINY, "epochs": 1}, callbacks=[FitsAnother(iris)])
    with skdeep.fuse(width=3), ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(clone(model).fit, *iris) for _ in range(4)]
        assert all(future.result(timeout=300).n_epochs_ == 1 for future in futures)


class Interrupts(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


class FitsInAThread(FitsAnother):
    def on_train_begin(self, logs=None):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(DenseClassifier(**TINY).fit, *self.data).result()


def test_fits_within_all_fits(iris, monkeypatch):
    """Every worker waits for a fit that no worker is left to train."""
    monkeypatch.setattr(_scheduler, "_STANDSTILL", 1)
    n_fits = 2 * joblib.cpu_count()
    model = DenseClassifier(**{**TINY, "epochs": 1}, callbacks=[FitsInAThread(iris)])
    with skdeep.fuse(), ThreadPoolExecutor(n_fits) as pool:
        futures = [pool.submit(clone(model).fit, *iris) for _ in range(n_fits)]
        assert all(future.result(timeout=300).n_epochs_ == 1 for future in futures)


class Sleeps(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.3)


def test_waiting_fits_stay_in_the_queue_while_others_train(iris, monkeypatch):
    """Slow calls between two callbacks are no reason to train all at once."""
    monkeypatch.setattr(_scheduler, "_STANDSTILL", 0.1)
    monkeypatch.setattr(_scheduler, "_LOOK_AGAIN", 0.02)
    monkeypatch.setattr(_fused, "MOST_MEMBERS", 1)
    alone, train = [], _scheduler.Ticket._train_alone
    step = _fused.Member.step_alone

    def counting(self):
        alone.append(self)
        train(self)

    def slow(self):
        time.sleep(0.15)
        step(self)

    monkeypatch.setattr(_scheduler.Ticket, "_train_alone", counting)
    monkeypatch.setattr(_fused.Member, "step_alone", slow)
    model = DenseClassifier(**{**TINY, "epochs": 1, "metrics": ["accuracy"]})
    n_fits = 3 * joblib.cpu_count()
    with skdeep.fuse(), ThreadPoolExecutor(n_fits) as pool:
        list(pool.map(lambda _: clone(model).fit(*iris), range(n_fits)))
    assert not alone
    # What stands still in callbacks lets one more fit go on at a time, not all.
    model.set_params(callbacks=[Sleeps()])
    at_once, most = [], []

    def watching(self):
        at_once.append(self)
        most.append(len(at_once))
        train(self)
        at_once.remove(self)

    monkeypatch.setattr(_scheduler.Ticket, "_train_alone", watching)
    with skdeep.fuse(), ThreadPoolExecutor(n_fits) as pool:
        list(pool.map(lambda _: clone(model).fit(*iris), range(n_fits)))
    assert len(most) < n_fits - joblib.cpu_count()


def test_fit_times_leave_out_the_queue(iris):
    model = DenseClassifier(**{**TINY, "epochs": 2}, callbacks=[Sleeps()])
    started = time.monotonic()
    with skdeep.fuse():
        times = cross_validate(model, *iris, cv=4)["fit_time"]
    elapsed = time.monotonic() - started
    assert (times > 0.3).all()
    assert times.sum() <= joblib.cpu_count() * elapsed


def test_progress_knows_how_many_are_to_come(capsys):
    progress = _progress.Progress(shown=True)
    progress.expect(5)
    for _ in range(2):
        progress.begin_fit()
        progress.expect(-1)
    progress.end_fit()
    progress.close()
    assert capsys.readouterr().out.strip() == "fuse: 1 of 5 fits done"


def test_uses_that_end_in_the_wrong_order_leave_nothing():
    before = joblib.parallel.get_active_backend()
    first, second = skdeep.fuse(), skdeep.fuse()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert "Fusing" in type(joblib.parallel.get_active_backend()[0]).__name__
    second.__exit__(None, None, None)
    after = joblib.parallel.get_active_backend()
    assert type(after[0]) is type(before[0])
    assert after[1] == before[1]


def test_an_inner_use_that_fails_harms_no_other(iris):
    with skdeep.fuse():
        with pytest.raises(RuntimeError, match="inner"), skdeep.fuse():
            raise RuntimeError("an inner failure")
        assert cross_val_score(DenseClassifier(**TINY), *iris, cv=2).shape == (2,)


def test_a_call_of_joblib_that_fails_leaves_nothing():
    with skdeep.fuse(), pytest.raises(Exception, match="bogus"):
        joblib.Parallel(pre_dispatch="bogus")(joblib.delayed(int)(3) for _ in range(4))


def test_what_cannot_be_trained_together_is_trained_alone(iris, sizes, monkeypatch):
    def fails(self, *arguments, **options):
        raise RuntimeError("an operation that cannot be mapped")

    monkeypatch.setattr(_fused.FusedProgram, "run", fails)
    classifier = DenseClassifier(**TINY)
    alone = cross_val_score(classifier, *iris, cv=3)
    with pytest.warns(RuntimeWarning, match="could not be trained together"):
        together = both(lambda: cross_val_score(classifier, *iris, cv=3))[1]
    assert_allclose(alone, together, atol=0.03)


# The warning, an error here, would end the task as well.
@pytest.mark.filterwarnings("ignore:.*interrupted")
def test_interrupted_tasks_do_not_go_on(iris):
    """A task of several fits ends with the first one that is interrupted."""
    fits = []

    def task():
        for _ in range(3):
            fits.append(1)
            # With metrics, it has epochs to give back when it is interrupted.
            params = {**TINY, "epochs": 3000, "metrics": ["accuracy"]}
            DenseClassifier(**params).fit(*iris)

    def interrupt():
        while len(fits) < 2:
            time.sleep(0.01)
        time.sleep(0.5)
        _scheduler.active_scheduler().abort()

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt), skdeep.fuse():
        joblib.Parallel()(joblib.delayed(task)() for _ in range(2))
    other.join()
    time.sleep(0.5)
    assert len(fits) == 2


def test_interruption_ends_everything(iris):
    model = DenseClassifier(**{**TINY, "epochs": 500}, callbacks=[Interrupts()])
    quiet = DenseClassifier(**{**TINY, "epochs": 10**6})

    def run():
        with skdeep.fuse():
            other = pool.submit(quiet.fit, *iris)
            try:
                pool.submit(model.fit, *iris).result()
            finally:
                others.append(other)

    others = []
    with ThreadPoolExecutor(2) as pool, pytest.raises(KeyboardInterrupt):
        run()
    with pytest.raises((KeyboardInterrupt, UserWarning), match=r"interrupted|^$"):
        others[0].result()


def test_few_steps_are_taken_in_turns(iris, monkeypatch):
    """Mapping the steps of short fits takes longer than they do."""
    monkeypatch.setattr(_program, "_programs", Cache())
    monkeypatch.setattr(_scheduler, "_QUIET_IN_TASKS", 60)
    monkeypatch.setattr(_fused_program, "_MAPPING_STEPS", 50)
    calls, run = [], _fused.FusedProgram.run

    def counting(self, states, metrics, chunk, **options):
        calls.append(1)
        return run(self, states, metrics, chunk, **options)

    monkeypatch.setattr(_fused.FusedProgram, "run", counting)
    classifier = DenseClassifier(**{**TINY, "hidden_layer_sizes": (6,), "epochs": 3})
    for expected in (False, True):  # 3 folds of 12 steps each time
        with skdeep.fuse():
            cross_val_score(classifier, *iris, cv=3)
        assert bool(calls) == expected


def test_random_arrivals_and_tasks_without_a_fit(iris):
    """Many tiny fits from many threads, among tasks that never fit."""
    X, y = iris
    pause = np.random.RandomState(0).uniform(0, 0.02, 32)

    def task(i):
        time.sleep(pause[i])
        if i % 4 == 0:
            return LogisticRegression(max_iter=1000).fit(X, y).score(X, y)
        params = {**TINY, "epochs": 1, "random_state": i}
        return DenseClassifier(**params).fit(X, y).score(X, y)

    with skdeep.fuse(width=16):
        scores = joblib.Parallel()(joblib.delayed(task)(i) for i in range(32))
        with ThreadPoolExecutor(8) as pool:
            again = list(pool.map(task, range(0, 32, 9)))
    assert_allclose(scores[::9], again, atol=0.02)
