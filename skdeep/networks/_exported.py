"""Keras's export to files of other tools. Files that no tool could read are refused."""

import os
import shutil
import tempfile

import keras

_OF_KERAS = "Use model_.save(path) for a file of Keras"
_FILES = {
    ".onnx": "Set format='onnx'",
    ".tflite": "Set format='litert'",
    ".keras": _OF_KERAS,
    ".h5": _OF_KERAS,
}


def export(model, path, format, **options):
    """Write ``model``, which must have been called once, in one of Keras's formats."""
    _check_ending(path, format)
    version = tuple(map(int, keras.__version__.split(".")[:2]))
    if format == "litert" and version < (3, 13):
        raise ValueError(
            f"format='litert' needs Keras 3.13 or a later version. Received Keras "
            f"{keras.__version__}. Install a later one, or export to 'tf_saved_model'."
        )
    if format != "onnx":
        model.export(path, format=format, verbose=False, **options)
        return
    with tempfile.TemporaryDirectory() as folder:
        written = os.path.join(folder, "network.onnx")
        model.export(written, format=format, verbose=False, **options)
        _refuse_unknown(written)
        shutil.copyfile(written, path)


def _check_ending(path, format):
    """Refuse the ending of a file where Keras would write a folder."""
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if format != "tf_saved_model" or ending not in _FILES:
        return
    raise ValueError(
        f"format={format!r} writes a folder, and {ending!r} is the ending of a file. "
        f"Received path={os.fspath(path)!r}. {_FILES[ending]}, or take another name."
    )


def _refuse_unknown(path):
    """Refuse a file with operations that ONNX lacks; tf2onnx writes them silently."""
    import onnx  # a dependency of tf2onnx

    nodes = onnx.load(path).graph.node
    unknown = {node.op_type for node in nodes if not onnx.defs.has(node.op_type)}
    if unknown:
        raise ValueError(
            "ONNX, or tf2onnx, lacks operations of this network. Received a network "
            f"with {', '.join(sorted(unknown))} (Erfc is activation='gelu'). Train "
            "with other activations or layers, such as 'silu', or export to "
            "'tf_saved_model' or 'litert'."
        )
