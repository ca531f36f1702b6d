"""Pipelines with dense networks as one ONNX file; needs the extra ``skdeep[onnx]``."""

import os
import tempfile

import numpy as np

try:
    import onnx
    from skl2onnx import update_registered_converter
    from skl2onnx.common.data_types import (
        DoubleTensorType,
        FloatTensorType,
        Int64TensorType,
        StringTensorType,
        guess_tensor_type,
    )
    from skl2onnx.common.utils_classifier import get_label_classes
except ImportError as error:
    raise ImportError(
        "skdeep.onnx needs skl2onnx and tf2onnx. Install them with: "
        'pip install "skdeep[onnx]"'
    ) from error

from skdeep.dense import DenseClassifier, DenseRegressor

_NEWEST = 18  # opset that tf2onnx writes
_FLOAT, _DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE


def register():
    """Let skl2onnx convert ``DenseClassifier`` and ``DenseRegressor``.

    Then ``skl2onnx.to_onnx(pipeline, X)`` makes one ONNX model of a pipeline, or of
    another of scikit-learn's estimators that it knows, around fitted networks. Its
    outputs are those of skl2onnx: of classifiers ``label`` and ``probabilities`` (with
    the options ``zipmap``, ``nocl`` and ``output_class_labels``), of regressors
    ``variable`` of shape (n_samples, n_outputs). A label that is True or a whole number
    is an integer; rows with a column for each label are integers, too. Calling it again
    changes nothing.

    Examples
    --------
    .. code-block:: python

        skdeep.onnx.register()
        model = skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False})
        onnx.save(model, "pipeline.onnx")
    """
    options = {
        "zipmap": [True, False, "columns"],
        "nocl": [True, False],
        "output_class_labels": [False, True],
    }
    update_registered_converter(
        DenseClassifier,
        "SkdeepDenseClassifier",
        _set_types_of_classifier,
        _convert_classifier,
        options=options,
    )
    update_registered_converter(
        DenseRegressor, "SkdeepDenseRegressor", _set_type_of_values, _convert_regressor
    )


def _set_types_of_classifier(operator):
    targets = operator.raw_operator._targets
    if targets.margins:
        raise ValueError(
            "A pipeline in ONNX gives probabilities, and "
            f"loss={operator.raw_operator.loss!r} gives margins. Train with "
            "loss='auto', or write the network alone: est.export(path, format='onnx')."
        )
    n_rows = operator.inputs[0].get_first_dimension()
    classes, n_columns = _classes(operator), len(targets.classes)
    of_columns = targets.indicator is not None
    kind = StringTensorType if classes.dtype == object else Int64TensorType
    label, probabilities = operator.outputs
    label.set_type(kind([n_rows, n_columns] if of_columns else [n_rows]))
    probabilities.type.shape = [n_rows, n_columns]


def _set_type_of_values(operator):
    regressor = operator.raw_operator
    kind = guess_tensor_type(operator.inputs[0].type).__class__
    if regressor._targets.scaling.far:  # as predict
        kind = DoubleTensorType
    shape = [operator.inputs[0].get_first_dimension(), regressor._targets.n_outputs]
    operator.outputs[0].set_type(kind(shape))


def _convert_classifier(scope, operator, container):
    targets = operator.raw_operator._targets
    op = container.get_op_builder(scope)
    label, probabilities = (output.full_name for output in operator.outputs)
    kind = _element_type(operator.outputs[1])
    output = op.Cast(_network_output(scope, operator, container), to=kind)
    if targets.kind == "multilabel-indicator":
        probable = op.Greater(output, _array(0.5, kind))
        found = op.Cast(probable, to=onnx.TensorProto.INT64)
    else:
        if operator.raw_operator.network_.spec.units == 1:
            output = op.Concat(op.Sub(_array(1, kind), output), output, axis=1)
        number = op.ArgMax(output, axis=1, keepdims=0)
        found = op.Gather(_labels(scope, operator, container), number, axis=0)
    container.add_node("Identity", found, label)
    container.add_node("Identity", output, probabilities)


def _convert_regressor(scope, operator, container):
    scaling = operator.raw_operator.network_.outputs
    op = container.get_op_builder(scope)
    output = op.Cast(_network_output(scope, operator, container), to=_DOUBLE)
    values = op.Add(op.Mul(output, scaling.scale), scaling.mean)
    (result,) = operator.outputs
    values = op.Cast(values, to=_element_type(result))
    container.add_node("Identity", values, result.full_name)


def _network_output(scope, operator, container):
    """Add the network's graph to ``container``; returns the name of its output."""
    network = operator.raw_operator.network_
    op = container.get_op_builder(scope)
    X = operator.inputs[0].full_name
    if network.spec.normalize:  # in double precision, as the estimator
        X = op.Sub(op.Cast(X, to=_DOUBLE), network.inputs.mean)
        X = op.Div(X, network.inputs.scale)
    opset = container.target_opset_any_domain("")
    graph = onnx.compose.add_prefix_graph(
        _graph(network, opset), scope.get_unique_operator_name("network") + "/"
    )
    (given,), (wanted,) = graph.input, graph.output
    op.Cast(X, to=given.type.tensor_type.elem_type, outputs=[given.name])
    container.initializers.extend(graph.initializer)
    container.nodes.extend(graph.node)
    container.node_domain_version_pair_sets.add(("", opset))
    return wanted.name


def _graph(network, opset):
    """The ONNX graph of the network, from scaled inputs to the last layer's outputs."""
    from skdeep.networks._build import build_stock
    from skdeep.networks._exported import export

    model = build_stock(network.spec, network.weights, None, None)
    # Keras exports only a model that has been called.
    model(np.zeros((1, *network.spec.input_shape), network.spec.input_dtype))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network.onnx")
        written = min(opset, _NEWEST)
        export(model, path, "onnx", opset_version=written)
        exported = onnx.load(path)
    if opset > written:
        exported = onnx.version_converter.convert_version(exported, opset)
    return exported.graph


def _labels(scope, operator, container):
    """The name of an initializer with the prediction for each class."""
    targets = operator.raw_operator._targets
    if targets.indicator is None:
        labels = _classes(operator)
    else:
        labels = np.eye(len(targets.classes), dtype=np.int64)
    of_strings = labels.dtype == object
    kind = onnx.TensorProto.STRING if of_strings else onnx.TensorProto.INT64
    values = [v.encode() for v in labels] if of_strings else labels.ravel().tolist()
    name = scope.get_unique_variable_name("labels")
    container.add_initializer(name, kind, labels.shape, values)
    return name


def _classes(operator):
    """The labels as integers or strings, the only types that ONNX has for them."""
    classes = np.asarray(get_label_classes(operator.scope_inst, operator.raw_operator))
    if all(isinstance(label, str) for label in classes):
        return classes.astype(object)
    integers = classes.astype(np.int64)
    if (integers != classes).any():
        raise ValueError(
            "Labels in ONNX are strings or integers. Received classes_="
            f"{classes!r}. Train with such labels, or set the option 'nocl' to get "
            "their places in classes_."
        )
    return integers


def _element_type(variable):
    return _FLOAT if isinstance(variable.type, FloatTensorType) else _DOUBLE


def _array(value, kind):
    return np.array(value, onnx.helper.tensor_dtype_to_np_dtype(kind))
