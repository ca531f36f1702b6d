"""What a process shows and changes when TensorFlow starts in it."""

import os
import subprocess
import sys

from skdeep._start import _without_remarks

CODE = """
import os, skdeep
from sklearn.datasets import load_iris
skdeep.DenseClassifier((3,), epochs=1, verbose=1).fit(*load_iris(return_X_y=True))
print("level", os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""


def test_a_first_fit_is_quiet_and_says_what_takes_long():
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
