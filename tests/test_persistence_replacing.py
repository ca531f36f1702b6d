"""A file that skdeep.save replaces is never lost, and never seen half written."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest

import skdeep
from skdeep import DenseRegressor


@pytest.fixture
def path(regressor, tmp_path):
    path = tmp_path / "model.skdeep"
    skdeep.save(regressor, path)
    return path


# In a process of its own, which has one thread and may fork.
CODE = """
import os, resource, signal, sys, time
import numpy as np
import skdeep
path = sys.argv[1]
good = skdeep.load(path)
expected = good.predict(np.ones((1, 10)))

def saves_all_the_time(estimator):
    pid = os.fork()
    if pid == 0:
        while True:
            skdeep.save(estimator, path)
    return pid

def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

def check():
    assert (skdeep.load(path).predict(np.ones((1, 10))) == expected).all()

print("writers that are killed")
for number in range(8):
    pid = saves_all_the_time(good)
    time.sleep(0.02 + 0.0037 * number)
    end(pid)
    check()

print("two writers and a reader")
other = skdeep.load(path).set_params(epochs=7)
writers = [saves_all_the_time(good), saves_all_the_time(other)]
try:
    seen = set()
    until = time.monotonic() + 20
    while len(seen) < 2 and time.monotonic() < until:
        check()
        seen.add(skdeep.load(path).epochs)
    for _ in range(30):
        check()
finally:
    for pid in writers:
        end(pid)
assert seen == {3, 7}, seen

print("no room for the whole file")
# A killed writer has no chance to take its half file away.
for name in os.listdir(os.path.dirname(path)):
    if name.endswith(".tmp"):
        os.unlink(os.path.join(os.path.dirname(path), name))
size = os.path.getsize(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))
try:
    skdeep.save(good, path)
except OSError as error:
    print(error)
else:
    raise SystemExit("no error")
check()
assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_the_file_is_always_whole(path):
    command = [sys.executable, "-W", "ignore", "-c", CODE, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


def test_an_error_leaves_the_old_file_and_nothing_else(path, regressor, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda number: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        skdeep.save(regressor, path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="needs permissions of POSIX")
def test_permissions_are_those_of_open(regressor, tmp_path):
    new, old, plain = (tmp_path / name for name in ("new", "old", "plain"))
    before = os.umask(0o027)
    try:
        plain.touch()
        skdeep.save(regressor, new)
        old.touch()
        old.chmod(0o604)
        skdeep.save(regressor, old)
    finally:
        os.umask(before)
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert stat.S_IMODE(old.stat().st_mode) == 0o604


def test_links_stay_and_odd_targets_are_not_replaced(regressor, tmp_path):
    file, link = tmp_path / "model.skdeep", tmp_path / "link"
    skdeep.save(DenseRegressor(), file)
    link.symlink_to(file)
    skdeep.save(regressor, link)
    assert link.is_symlink()
    X = np.ones((1, 10))
    assert skdeep.load(file).predict(X) == regressor.predict(X)
    skdeep.save(regressor, os.devnull)
    assert not stat.S_ISREG(os.stat(os.devnull).st_mode)
    with pytest.raises(IsADirectoryError):
        skdeep.save(regressor, tmp_path)
