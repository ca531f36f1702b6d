"""Networks for texts."""

from skdeep.text._estimators import TextClassifier, TextRegressor
from skdeep.text._text_generator import TextGenerator
from skdeep.text._token_sequences import TokenSequences

__all__ = ["TextClassifier", "TextGenerator", "TextRegressor", "TokenSequences"]
