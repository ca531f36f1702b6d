"""Texts as token numbers, and back.

The package ``tokenizers`` learns the vocabulary from the training texts.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdeep._compat import is_pandas_na, is_scalar_nan
from skdeep._numbers import is_integer
from skdeep._rules import one_of

PADDING, UNKNOWN = "[PAD]", "[UNK]"
# In scripts without spaces between words, each character is a word.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTERS = rf"[\w&&[^{_UNSPACED}]]+"
_WORDS = rf"[{_UNSPACED}]|{_LETTERS}(?:['\u2019]{_LETTERS})*|[^\w\s]"
_CHARACTERS = r"(?m)."
_NO_SPACE_BEFORE = re.compile(r"\s+([.,;:!?%)\]}\u2019\u201d»])")
_NO_SPACE_AFTER = re.compile(r"([(\[{\u2018\u201c«])\s+")


def checked_texts(X, name="X"):
    """Yield the texts of X; each is checked before.

    Parameters
    ----------
    X : iterable of str
        A list, an array of one axis or one column, a Series, or a generator.
    name : str
        The name of X in error messages.

    Raises
    ------
    ValueError
        If X is one text, or holds anything but texts.
    """
    wanted = f"{name} must be a list, an array or a Series of texts"
    if isinstance(X, (str, bytes)):
        raise ValueError(
            f"{wanted}. Received one text, {X[:40]!r}. Put it into a list."
        )
    if isinstance(X, (set, frozenset, dict)):
        raise ValueError(
            f"{wanted}. Received a {type(X).__name__}, which has no order. Pass a list."
        )
    X = _one_column(X, name)
    try:
        texts = iter(X)
    except TypeError:
        raise ValueError(
            f"{wanted}. Received {type(X).__name__}. Pass a list."
        ) from None
    number = -1
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(
                f"{name} must hold texts, of type str. Received {text!r:.60} of type "
                f"{type(text).__name__} as number {number}. {_remedy(text)}"
            )
        _refuse_surrogates(text, name, number)
        yield text
    if number < 0:
        raise ValueError(
            f"{name} must hold at least one text. Received none. Pass some."
        )


def _one_column(X, name):
    """The single column of X, if X is a table."""
    shape = getattr(X, "shape", (0,))
    if len(shape) == 1:
        return X
    if len(shape) == 2 and shape[1] == 1:
        return np.asarray(X)[:, 0]
    raise ValueError(
        f"{name} must hold one text per sample. Received an array of shape "
        f"{tuple(shape)}. Pass one column."
    )


def _refuse_surrogates(text, name, number):
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} must hold texts of Unicode characters. Received half a character "
            f"in number {number}: {error}. Replace it: "
            "text.encode('utf-8', 'replace').decode()."
        ) from error


def _remedy(item):
    if isinstance(item, bytes):
        return "Decode it: text.decode('utf-8')."
    if item is None or is_pandas_na(item) or is_scalar_nan(item):
        return "Fill missing texts, with '' say, or leave them out."
    return "Convert it with str()."


def _numbers_tokens(description):
    """A rule for the description of a tokenizer that comes from a file."""
    if not isinstance(description, str):
        return False
    backend = _package().Tokenizer.from_str(description)
    numbers = sorted(backend.get_vocab().values())
    special = [backend.token_to_id(token) for token in (PADDING, UNKNOWN)]
    return special == [0, 1] and numbers == list(range(len(numbers)))


@dataclass(eq=False)
class Tokenizer:
    """A learnt vocabulary and the rules to split texts into tokens.

    Attributes
    ----------
    analyzer : {"word", "char", "subword"}
    description : str
        The tokenizer of the package ``tokenizers``, as its JSON.
    """

    analyzer: str
    description: str

    field_rules: ClassVar = {
        "analyzer": one_of("word", "char", "subword"),
        "description": _numbers_tokens,
    }

    @classmethod
    def of(
        cls, texts, *, analyzer, max_tokens, min_frequency, lowercase, strip_accents
    ):
        """Learn the tokens of ``texts``, an iterable of str.

        Raises
        ------
        ValueError
            If no token is frequent enough.
        """
        backend = _untrained(analyzer, lowercase, strip_accents)
        trainer = _trainer(analyzer, max_tokens, min_frequency)
        backend.train_from_iterator(texts, trainer)
        tokenizer = cls(analyzer, backend.to_str())
        if tokenizer.n_tokens <= len((PADDING, UNKNOWN)):
            raise ValueError(
                "The vocabulary is empty: no token of the texts occurs "
                f"min_frequency={min_frequency} times or more. Pass texts that are not "
                "empty, or lower min_frequency."
            )
        return tokenizer

    @classmethod
    def of_vocabulary(cls, vocabulary, *, analyzer, lowercase, strip_accents):
        """Take words or characters that are known beforehand.

        Parameters
        ----------
        vocabulary : dict or iterable of str
            Tokens with their numbers, or in order.
        """
        if analyzer == "subword":
            raise ValueError(
                "vocabulary needs analyzer='word' or 'char': sub-words come with the "
                "order in which they are made. Received analyzer='subword'. Set "
                "vocabulary=None; sub-words know every text."
            )
        numbers = _numbered(vocabulary)
        backend = _untrained(analyzer, lowercase, strip_accents)
        backend.model = _package().models.WordLevel(numbers, unk_token=UNKNOWN)
        tokenizer = cls(analyzer, backend.to_str())
        tokenizer._refuse_unreachable(numbers)
        return tokenizer

    def _refuse_unreachable(self, numbers):
        words = list(numbers)[len((PADDING, UNKNOWN)) :]
        for word, tokens in zip(words, self.encode(words), strict=True):
            if tokens != [numbers[word]]:
                raise ValueError(
                    f"vocabulary holds {word!r}, which no text contains after it is "
                    f"split into tokens (analyzer={self.analyzer!r}) and brought into "
                    "the form that lowercase and strip_accents ask for. Bring it into "
                    "that form, or leave it out."
                )

    @property
    def _backend(self):
        """The object of ``tokenizers``, made from its JSON when first needed."""
        if "_made" not in self.__dict__:
            self._made = _package().Tokenizer.from_str(self.description)
            # "[PAD]" in a text is split like any other text; it is no padding.
            self._made.encode_special_tokens = True
        return self._made

    def __getstate__(self):
        return {"analyzer": self.analyzer, "description": self.description}

    @property
    def n_tokens(self):
        return self._backend.get_vocab_size()

    @property
    def vocabulary(self):
        """The number of each token."""
        pairs = self._backend.get_vocab().items()
        return dict(sorted(pairs, key=lambda pair: pair[1]))

    def encode(self, texts):
        """The tokens of each text, a list of lists of int."""
        if len(texts) == 1:
            return [self._backend.encode(texts[0]).ids]
        return [item.ids for item in self._backend.encode_batch_fast(texts)]

    def continued(self, text, numbers):
        """``text`` followed by the text of these tokens, with a space where needed."""
        more = self.decode(numbers)
        apart = self.analyzer == "word" and text and more and not text[-1].isspace()
        joins = apart and _NO_SPACE_BEFORE.match(f" {more}")
        if apart and not joins and not _NO_SPACE_AFTER.match(f"{text[-1]} "):
            text += " "
        return text + more

    def token(self, number):
        """The token of this number, as ``vocabulary`` has it."""
        return self._backend.id_to_token(int(number))

    def decode(self, numbers):
        """The text of these tokens; padding is left out, unknown ones are marked.

        Raises
        ------
        ValueError
            If a number stands for no token.
        """
        n_tokens = self.n_tokens
        wrong = [number for number in numbers if not 0 <= number < n_tokens]
        if wrong:
            raise ValueError(
                f"Tokens are integers from 0 to {n_tokens - 1}. Received {wrong[0]}. "
                "Pass what this transformer has made."
            )
        numbers = [int(number) for number in numbers if number]
        if self.analyzer == "subword":
            return self._backend.decode(numbers, skip_special_tokens=False)
        tokens = [self._backend.id_to_token(number) for number in numbers]
        if self.analyzer == "char":
            return "".join(tokens)
        text = _NO_SPACE_BEFORE.sub(r"\1", " ".join(tokens))
        return _NO_SPACE_AFTER.sub(r"\1", text)


def _numbered(vocabulary):
    """The number of each token of a known vocabulary, with padding and unknown."""
    given = vocabulary if isinstance(vocabulary, dict) else {}
    if not all(is_integer(number) for number in given.values()):
        raise ValueError(
            "vocabulary as a dict has an integer for each token. Received "
            f"{vocabulary!r:.80}. Pass a list in the order of the numbers."
        )
    ordered = sorted(given, key=given.get) if given else vocabulary
    words = list(checked_texts(ordered, "vocabulary"))
    words = [word for word in words if word not in (PADDING, UNKNOWN)]
    numbers = {word: n for n, word in enumerate([PADDING, UNKNOWN, *words])}
    if not words or len(numbers) < len(words) + 2:
        raise ValueError(
            "vocabulary must hold each token once, and one at least. Received "
            f"{vocabulary!r:.80}. Leave the others out."
        )
    wrong = [word for word, number in given.items() if numbers[word] != number]
    if wrong:
        raise ValueError(
            "vocabulary as a dict has the numbers 2, 3, and so on: 0 is the padding, 1 "
            f"what is unknown. Received {wrong[0]!r}: {given[wrong[0]]}. Number "
            "the tokens anew, or pass a list."
        )
    return numbers


def _package():
    try:
        import tokenizers
    except ImportError as error:
        raise ImportError(
            "Texts need the package tokenizers: pip install 'skdeep[text]'."
        ) from error
    return tokenizers


def _untrained(analyzer, lowercase, strip_accents):
    package = _package()
    models, normalizers = package.models, package.normalizers
    splitters = package.pre_tokenizers
    steps = [normalizers.NFC()]
    if lowercase:
        steps += [normalizers.Lowercase(), normalizers.NFC()]
    if strip_accents:
        steps += [normalizers.NFD(), normalizers.StripAccents(), normalizers.NFC()]
    if analyzer == "subword":
        backend = package.Tokenizer(models.BPE())
        # The time of merging grows with the square of a run without spaces, so runs are
        # cut at 200 characters.
        runs = splitters.Split(package.Regex(r"\s*\S{1,200}|\s+"), "isolated")
        of_bytes = splitters.ByteLevel(add_prefix_space=False)
        backend.pre_tokenizer = splitters.Sequence([runs, of_bytes])
        backend.decoder = package.decoders.ByteLevel()
    else:
        backend = package.Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        pattern = package.Regex(_WORDS if analyzer == "word" else _CHARACTERS)
        backend.pre_tokenizer = splitters.Split(pattern, "removed", invert=True)
    backend.normalizer = normalizers.Sequence(steps)
    return backend


def _trainer(analyzer, max_tokens, min_frequency):
    package = _package()
    common = {
        "vocab_size": max_tokens,
        "min_frequency": min_frequency,
        "special_tokens": [PADDING, UNKNOWN],
        "show_progress": False,
    }
    if analyzer != "subword":
        return package.trainers.WordLevelTrainer(**common)
    # All 256 bytes are tokens, so that no text has an unknown token.
    alphabet = package.pre_tokenizers.ByteLevel.alphabet()
    return package.trainers.BpeTrainer(initial_alphabet=alphabet, **common)


def cut(tokens, max_length, truncation):
    """At most ``max_length`` of ``tokens``; one unknown token if there are none.

    Parameters
    ----------
    tokens : list of int
    max_length : int or None
    truncation : {"post", "pre"}
        Whether the end or the beginning is cut off.
    """
    if max_length is not None and len(tokens) > max_length:
        tokens = tokens[:max_length] if truncation == "post" else tokens[-max_length:]
    return tokens or [1]
