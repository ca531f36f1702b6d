"""What a process shows and changes when TensorFlow starts in it."""

import os
import subprocess
import sys

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
    assert "cuInit" not in run.stderr
    assert "cpu_feature_guard" not in run.stderr
