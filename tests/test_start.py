"""What a process shows and changes when TensorFlow starts in it."""

import os
import subprocess
import sys

from skdeep._start import _without_remarks

CODE = """
import os, sys, skdeep
from skdeep import FileFormatError
assert not {"tensorflow", "keras", "scikeras"} & set(sys.modules)
from sklearn.datasets import load_iris
skdeep.DenseClassifier
assert "scikeras" not in sys.modules
skdeep.DenseClassifier((3,), epochs=1, verbose=1).fit(*load_iris(return_X_y=True))
print("level", os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""
TWO_THREADS = """
import os, sys, threading, time
from skdeep import _start
dup2 = os.dup2
def slow_dup2(*numbers):
    dup2(*numbers)
    time.sleep(0.1)  # for the other thread to come
os.dup2 = slow_dup2
sys.path.insert(0, sys.argv[1])  # a TensorFlow that is there at once
threads = [threading.Thread(target=_start.start_tensorflow) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
os.write(2, b"seen")
"""


def test_a_first_fit_is_quiet_and_says_what_takes_long():
    """Before it, importing skdeep brings no TensorFlow."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_CPP")}
    run = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=environment
    )
    lines = run.stdout.splitlines()
    assert lines[0] == "Starting TensorFlow and compiling the network ..."
    assert lines[1].startswith("Epoch 1/1")
    assert lines[-1] == "level None"
    assert run.stderr == ""


def test_what_others_write_meanwhile_is_kept(capfd):
    with _without_remarks():
        os.write(2, b"I0000 cudart_stub.cc:31] Could not find cuda drivers on ...\n")
        os.write(2, b"somebody's line\n")
    os.write(2, b"a later one\n")
    assert capfd.readouterr().err == "somebody's line\na later one\n"


def test_two_threads_that_start_at_once_leave_standard_error_as_it_was(tmp_path):
    (tmp_path / "tensorflow.py").write_text("")
    run = subprocess.run(
        [sys.executable, "-c", TWO_THREADS, tmp_path], capture_output=True, text=True
    )
    assert run.stderr == "seen"


def test_a_start_needs_no_temporary_files(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/missing")
    with _without_remarks():
        pass
