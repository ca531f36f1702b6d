"""The fields of objects in files of skdeep.save: each has a rule, which is checked."""

import copy
import json

import numpy as np
import pytest
from saved_files import forge, parts_of

import skdeep
from skdeep._rules import check_fields
from skdeep.autoencoder._inputs import ImagesAlone, TablesAlone
from skdeep.autoencoder._spec import AutoencoderSpec
from skdeep.base._inputs import Inputs
from skdeep.base._network import FittedNetwork
from skdeep.base._stored import Stored
from skdeep.conv._frozen_model import FrozenModel
from skdeep.conv._inputs import Images
from skdeep.conv._spec import ConvSpec
from skdeep.dense._bins import Bins
from skdeep.dense._columns import Columns, Levels
from skdeep.dense._inputs import Tables
from skdeep.dense._spec import DenseSpec
from skdeep.encoding import (
    ClassTargets,
    ContinuousTargets,
    Indicator,
    Standardization,
)
from skdeep.forecasting._series import Series
from skdeep.forecasting._supervised import Supervised
from skdeep.networks import Weights
from skdeep.persistence._values import _fields
from skdeep.sequence._inputs import Sequences
from skdeep.sequence._spec import SequenceSpec
from skdeep.text._inputs import Texts
from skdeep.text._streams import Streams
from skdeep.text._tokenizer import Tokenizer
from skdeep.text._tokens import Tokens

NETWORK = {"input_shape": (3,), "units": 1, "output": "linear"}
SCALING = Standardization(np.zeros(1), np.ones(1))
WEIGHTS = Weights([np.zeros((3, 1))], [])
BINS = Bins((0.0, 1.0, 3.0))
LEVELS = Levels((0, 1), False, False, True)
TOKENIZER = Tokenizer.of_vocabulary(
    ["a", "b"], analyzer="word", lowercase=True, strip_accents=False
)
TOKENS = Tokens.of(skdeep.TokenSequences(max_length=4))
TOKENS.tokenizer = TOKENIZER

# An object that a file may hold, of each class.
EXAMPLES = [
    AutoencoderSpec(**NETWORK),
    ClassTargets("binary", np.array(["u", "v"])),
    BINS,
    Columns((0,), (0.0,), (0,), (1,), (LEVELS,), (BINS,)),
    ContinuousTargets(True, SCALING),
    ConvSpec(**NETWORK),
    DenseSpec(**NETWORK),
    FittedNetwork(DenseSpec(**NETWORK), WEIGHTS, SCALING, SCALING),
    FrozenModel("{}", [np.zeros(2)]),
    Images(shape=(8, 8, 1)),
    ImagesAlone(shape=(8, 8, 1), row_shape=(8, 8)),
    Indicator(True, 3, "int64", "csr_matrix"),
    Inputs(),
    LEVELS,
    SequenceSpec(**NETWORK),
    Sequences(shape=(None, 2)),
    Series.of([1.0, 2.0], "y"),
    SCALING,
    Streams(TOKENS, 8),
    Supervised(4, 2, (-1, 0), np.array([1.0, -1.0]), False, True),
    Tables(levels={1: ("u", "v")}),
    TablesAlone((3,)),
    Texts(embedding_dim=4, shape=(None, 1), n_tokens=4, tokens=TOKENS),
    TOKENIZER,
    TOKENS,
    WEIGHTS,
]
FIELDS = [
    pytest.param(example, field, id=f"{type(example).__name__}.{field}")
    for example in EXAMPLES
    for field in _fields(type(example))
]


def with_value(example, field, value):
    changed = copy.copy(example)
    if changed is example:  # a spec, which is its own copy
        changed = object.__new__(type(example))
        vars(changed).update(vars(example))
    vars(changed)[field] = value
    return changed


def test_examples_of_all_classes():
    public = [getattr(skdeep, name) for name in skdeep.__all__]
    public = [
        cls for cls in public if isinstance(cls, type) and issubclass(cls, Stored)
    ]
    stored = {t for cls in public for t in cls._all_stored_types().values()}
    assert {type(example) for example in EXAMPLES} == stored
    for example in EXAMPLES:
        check_fields(example)


@pytest.mark.parametrize(("example", "field"), FIELDS)
def test_each_field_has_a_rule(example, field):
    wrong = with_value(example, field, {"x": -1})
    with pytest.raises(ValueError, match=f"cannot have {field}="):
        check_fields(wrong)


@pytest.mark.parametrize(
    ("cls", "field", "value"),
    [
        (AutoencoderSpec, "code_activation", "none such"),
        (ConvSpec, "augment", ("melt",)),
        (DenseSpec, "activation", None),
        (DenseSpec, "kernel_initializer", "none such"),
        (DenseSpec, "output", "none such"),
        (Images, "backbone", "none such"),
        (Images, "rescale", np.inf),
        (Images, "rescale", "none such"),
        (Indicator, "container", "list"),
        (Indicator, "dtype", "object"),
        (SequenceSpec, "cell_activation", "none such"),
        (Sequences, "dtype", "int8"),
        (Standardization, "scale", np.zeros(1)),
        (Standardization, "mean", np.array([np.nan])),
    ],
)
def test_values_of_the_right_type_only(cls, field, value):
    (example,) = (example for example in EXAMPLES if type(example) is cls)
    with pytest.raises(ValueError, match=f"{cls.__name__} cannot have {field}="):
        check_fields(with_value(example, field, value))


def objects(node):
    """All descriptions of objects in a file."""
    if isinstance(node, dict):
        if "object" in node:
            yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


def test_files_with_a_wrong_field_are_refused(tmp_path, classifier):
    path = tmp_path / "model.skdeep"
    skdeep.save(classifier, path)
    before = path.read_bytes()
    content = json.loads(parts_of(path)["estimator.json"])
    places = [
        (number, described["object"], field)
        for number, described in enumerate(objects(content))
        for field in described["fields"]
    ]
    assert len(places) > 30
    for number, name, field in places:

        def change(content, number=number, field=field):
            described = list(objects(content))[number]
            described["fields"][field] = {"dict": [["x", -1]]}

        path.write_bytes(before)
        forge(path, change)
        with pytest.raises(
            skdeep.FileFormatError, match=f"{name} cannot have {field}="
        ):
            skdeep.load(path)


def test_what_breaks_a_rule_is_not_saved(tmp_path, classifier):
    broken = copy.deepcopy(classifier)
    broken.network_.weights.n_steps = -1
    with pytest.raises(ValueError, match="Weights cannot have n_steps=-1"):
        skdeep.save(broken, tmp_path / "model.skdeep")
