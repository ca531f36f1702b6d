"""The guide's code for network= runs."""

import re
from pathlib import Path

import pytest
from custom_networks import some_texts

PAGE = Path(__file__).parents[1] / "docs" / "guide" / "own_layers.md"


@pytest.fixture(scope="module")
def names():
    """What the page's code defines."""
    names = {"__name__": "guide"}
    text = PAGE.read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.S | re.M)
    assert len(blocks) == text.count("```") // 2 == 2
    for block in blocks:
        exec(re.sub(r"epochs=\d+", "epochs=1", block), names)
    return names


def test_the_search_over_blocks(names, iris, untrained):
    search = names["search"].set_params(estimator__epochs=2, cv=2)
    assert len(search.fit(*iris).cv_results_["params"]) > 1
    n_layers = len(search.best_estimator_.network_.weights.trainable) // 2
    assert n_layers == 2 + search.best_params_["network"].keywords["blocks"]


def test_attention_in_texts(names):
    classifier = names["classifier"]
    assert classifier.epochs == 1
    texts, topics = some_texts()
    assert classifier.fit(texts, topics).predict(texts[:5]).shape == (5,)
    assert classifier.network_.spec.network.output_shape == (64,)
