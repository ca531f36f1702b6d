"""Keras's own export; a file that nobody could read is refused."""

import os
import shutil
import tempfile


def export(model, path, format, **options):
    """Write ``model``, which has been called, in one of Keras's formats."""
    if format != "onnx":
        model.export(path, format=format, verbose=False, **options)
        return
    with tempfile.TemporaryDirectory() as folder:
        written = os.path.join(folder, "network.onnx")
        model.export(written, format=format, verbose=False, **options)
        _refuse_unknown(written)
        shutil.copyfile(written, path)


def _refuse_unknown(path):
    """tf2onnx writes operations that it does not know as they are, and goes on."""
    import onnx  # tf2onnx has it

    nodes = onnx.load(path).graph.node
    unknown = {node.op_type for node in nodes if not onnx.defs.has(node.op_type)}
    if unknown:
        raise ValueError(
            "ONNX, or tf2onnx, lacks operations of this network. Received a network "
            f"with {', '.join(sorted(unknown))} (Erfc is activation='gelu'). Train "
            "with other activations or layers, such as 'silu', or export to "
            "'tf_saved_model' or 'litert'."
        )
