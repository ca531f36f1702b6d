"""TextGenerator: a language model, which predicts and draws the next tokens."""

from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy.special import log_softmax
from sklearn.callback import with_callbacks
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import _fit_context, validate_params
from skdeep._numbers import Interval, plain
from skdeep._rules import is_a
from skdeep.base._documented import documented, store_parameters
from skdeep.base._network import BaseNetwork
from skdeep.base._parameter_table import NETWORK, TRAINING
from skdeep.encoding import ClassTargets
from skdeep.inference import forward
from skdeep.networks import Head
from skdeep.sequence._spec import SequenceSpec
from skdeep.text._parameter_table import GENERATOR, GENERATOR_VOCABULARY
from skdeep.text._streams import END, UNKNOWN, Streams
from skdeep.text._tokenizer import Tokenizer, checked_texts
from skdeep.text._tokens import TakesTexts, Tokens

# Largest number of probabilities that are held at once.
_VALUES_AT_ONCE = 2**24
_COUNT = Interval(Integral, 1, None, closed="left")


@documented(
    parameters=(NETWORK, GENERATOR),
    attributes=(GENERATOR_VOCABULARY, TRAINING),
)
class TextGenerator(TakesTexts, BaseNetwork):
    """A language model: predicts the next token from the tokens before it.

    The texts are joined into one stream, with an end token between them, and cut into
    pieces of ``window`` tokens. A recurrent network reads each piece and learns, after
    every token, the probability of each token of the vocabulary to be the next. X is a
    list, an array or a Series of str. With ``analyzer="subword"`` tokens are bytes, so
    a generated text may end in the middle of a character.

    The Keras model in ``model_`` takes ``window`` token numbers, of shape
    (n, window, 1), and gives the probabilities of all next tokens.

    See Also
    --------
    TextClassifier : A network that classifies texts.
    TokenSequences : The tokens alone.

    Examples
    --------
    >>> from skdeep import TextGenerator
    >>> texts = ["the cat sat on the mat", "the dog sat on the cat"] * 20
    >>> generator = TextGenerator(window=6, epochs=20, random_state=0).fit(texts)
    >>> generator.generate("The cat", max_tokens=2, temperature=0)
    'The cat sat on'
    >>> generator.predict_next("the cat sat on", top=1)["token"].tolist()
    ['the']
    """

    _predicts_samples = False
    _stored_types = ClassTargets, SequenceSpec, Streams, Tokenizer, Tokens
    _stored_attributes = {"_inputs": is_a(Streams), "_targets": is_a(ClassTargets)}
    _estimator_type_ = None
    hidden_layer_sizes = ()
    normalize = False

    def __init__(
        self,
        cell="lstm",
        *,
        window=32,
        units=(128,),
        embedding_dim=128,
        max_tokens=10_000,
        analyzer="word",
        vocabulary=None,
        min_frequency=2,
        lowercase=True,
        strip_accents=False,
        recurrent_dropout=0.0,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.5,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=20,
        early_stopping=False,
        validation_fraction=0.1,
        patience=3,
        monitor="val_loss",
        min_delta=0.0,
        callbacks=None,
        metrics=None,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        store_parameters(self, locals())

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, X_val=None):
        """Learn the vocabulary, and train the network.

        Parameters
        ----------
        X : array-like of str
            Texts.
        y : None
            Ignored.
        X_val : array-like of str, default=None
            Texts for validation. Without them, ``early_stopping=True`` holds out the
            last ``validation_fraction`` of the stream.

        Returns
        -------
        self : TextGenerator
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is not valid, X holds anything but texts, or its texts have
            fewer tokens than ``window``.
        ImportError
            If the package ``tokenizers`` is missing.
        """
        previous = self.network_ if self.warm_start and self._is_fitted else None
        if X_val is not None:
            X_val = list(checked_texts(X_val, "X_val"))
        with self._restored_on_error():
            return self._fit(X, None, None, (X_val, None, None), previous)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Train for one epoch, going on from the weights and the optimiser's state.

        The vocabulary is learnt in the first call. If later calls bring other tokens,
        pass ``vocabulary``: for instance the ``vocabulary_`` of
        :class:`TokenSequences`, whose ``fit`` takes a generator of texts.

        Parameters
        ----------
        X : array-like of str
            The next texts of a corpus.
        y : None
            Ignored.

        Returns
        -------
        self : TextGenerator
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is not valid, or X holds anything but texts.
        """
        return self._partial_fit(X, None, None)

    # The methods that a family defines

    def _make_inputs(self, X):
        return Streams(tokens=Tokens.of(self), window=plain(self.window))

    @property
    def _tokens(self):
        return self._inputs.tokens

    def _try_stored(self):
        self.predict_next("a", top=1)

    def _learn_targets(self, y, weight, classes):
        return ClassTargets(
            "multiclass", np.arange(self._inputs.tokens.tokenizer.n_tokens)
        )

    def _encode_targets(self, targets, y):
        return y

    def _head(self, targets):
        loss = "sparse_categorical_crossentropy"
        return Head(len(targets.classes), "softmax", loss)

    def _family_spec(self, data, common):
        return SequenceSpec(
            **common,
            n_tokens=common["units"],
            embedding_dim=int(self.embedding_dim),
            cell=self.cell,
            cell_activation=common["activation"],
            cell_units=self._positive_integers("units", least=1),
            recurrent_dropout=float(self.recurrent_dropout),
            return_sequences=True,
        )

    # Prediction

    def _log_probabilities(self, contexts, n_targets=None):
        """Log-probabilities of the token after each context.

        Parameters
        ----------
        contexts : ndarray of shape (n, length)
        n_targets : int or None
            Also after each of the last ``n_targets`` tokens of a context.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_tokens) or (n, n_targets, n_tokens)
        """
        network = self.network_
        several = n_targets is not None
        # Contexts at the beginning of a text are shorter than the window.
        spec = replace(network.spec, input_shape=(None, 1), return_sequences=several)
        X = contexts[:, :, None].astype(network.spec.array_dtype)
        logits = forward(spec, network.weights, X).astype(np.float64)
        return log_softmax(logits[:, -n_targets:] if several else logits, axis=-1)

    @property
    def _fitted_window(self):
        return self.network_.spec.input_shape[0]

    def _context(self, tokens):
        """The last tokens that fit into the window, as one row."""
        return np.array([[END, *tokens][-self._fitted_window :]])

    def score(self, X, y=None):
        """Mean log-likelihood of a token, ends of texts included.

        Each token is predicted from the tokens before it in its text: from at least
        half a window of them, if the text has as many.

        Parameters
        ----------
        X : array-like of str
            Texts.
        y : None
            Ignored.

        Returns
        -------
        score : float
            In natural logarithms, at most 0.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X holds anything but texts.
        """
        check_is_fitted(self)
        total = count = 0
        for inputs, targets in self._batches(list(checked_texts(X))):
            log_p = self._log_probabilities(inputs, targets.shape[1])
            total += np.take_along_axis(log_p, targets[:, :, None], axis=2).sum()
            count += targets.size
        return float(total / count)

    def _batches(self, texts):
        """Yield batches of pieces of one length: inputs, and the last targets."""
        pieces = {}
        for tokens in self._tokenizer.encode(texts):
            for piece in self._pieces(np.array([END, *tokens, END])):
                lengths = tuple(map(len, piece))
                pieces.setdefault(lengths, []).append(piece)
        for (length, _), alike in pieces.items():
            size = max(1, _VALUES_AT_ONCE // (length * self._tokenizer.n_tokens))
            for start in range(0, len(alike), size):
                parts = zip(*alike[start : start + size], strict=True)
                yield tuple(np.array(part) for part in parts)

    def _pieces(self, stream):
        """Yield inputs, and the targets of their last tokens; each target once."""
        window = self._fitted_window
        stride = max(1, window // 2)
        for start in range(0, len(stream) - 1, stride):
            end = min(start + stride, len(stream) - 1)
            yield stream[max(0, end - window) : end], stream[start + 1 : end + 1]

    def perplexity(self, X):
        """Perplexity: the exponential of the negative :meth:`score`.

        A model with this perplexity is as uncertain as a choice among this many equally
        probable tokens.

        Parameters
        ----------
        X : array-like of str
            Texts.

        Returns
        -------
        perplexity : float
            At least 1; for a model that knows nothing, the size of the vocabulary.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X holds anything but texts.
        """
        return float(np.exp(-self.score(X)))

    @validate_params(
        {"prompt": [str], "top": [_COUNT]}, prefer_skip_nested_validation=True
    )
    def predict_next(self, prompt, top=5):
        """The most probable next tokens.

        Parameters
        ----------
        prompt : str
            The beginning of a text; "" for the first token.
        top : int, default=5
            Number of tokens.

        Returns
        -------
        tokens : DataFrame
            Columns ``token`` and ``probability``, from the most probable on. "[PAD]"
            is the end of the text, "[UNK]" any token that is not in the vocabulary.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If an argument is not valid.
        """
        check_is_fitted(self)
        context = self._context(self._tokens_of(prompt))
        probabilities = np.exp(self._log_probabilities(context)[0])
        best = np.argsort(-probabilities, kind="stable")[:top]
        tokens = [self._tokenizer.token(number) for number in best]
        return pd.DataFrame({"token": tokens, "probability": probabilities[best]})

    @validate_params(
        {
            "prompt": [str],
            "max_tokens": [_COUNT],
            "temperature": [Interval(Real, 0, None, closed="left")],
            "n_beams": [_COUNT, None],
            "random_state": ["random_state"],
        },
        prefer_skip_nested_validation=True,
    )
    def generate(
        self,
        prompt="",
        max_tokens=50,
        *,
        temperature=1.0,
        n_beams=None,
        random_state=None,
    ):
        """Continue a text.

        Parameters
        ----------
        prompt : str, default=""
            The beginning of the text.
        max_tokens : int, default=50
            Largest number of tokens to add; the text may end before.
        temperature : float, default=1.0
            The logits are divided by it before a token is drawn: below 1 probable
            tokens come more often. 0 always takes the most probable token.
        n_beams : int, default=None
            Number of beams of a beam search for the most probable continuation. None
            draws the tokens. With beams ``temperature`` and ``random_state`` have no
            effect.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        text : str
            The prompt and its continuation. Unknown tokens are never added.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If an argument is not valid.
        """
        check_is_fitted(self)
        prompt_tokens = self._tokens_of(prompt)
        if n_beams is not None:
            new = self._beam_search(prompt_tokens, plain(max_tokens), plain(n_beams))
        else:
            rng = check_random_state(random_state)
            new = self._draw(prompt_tokens, plain(max_tokens), plain(temperature), rng)
        return self._tokenizer.continued(prompt, new)

    def _tokens_of(self, prompt):
        return self._tokenizer.encode(list(checked_texts([prompt], "prompt")))[0]

    def _next_log_probabilities(self, texts):
        """Log-probabilities of the token after each text, minus infinity for unknown.

        Parameters
        ----------
        texts : list of list of int
            Tokens of as many texts, all of one length.
        """
        contexts = np.concatenate([self._context(tokens) for tokens in texts])
        log_p = self._log_probabilities(contexts)
        log_p[:, UNKNOWN] = -np.inf
        return log_p

    def _draw(self, prompt_tokens, max_tokens, temperature, rng):
        """New tokens, drawn one after the other."""
        tokens = list(prompt_tokens)
        for _ in range(max_tokens):
            log_p = self._next_log_probabilities([tokens])[0]
            if temperature == 0:
                number = int(log_p.argmax())
            else:
                # The largest value becomes zero, so that exp does not overflow.
                with np.errstate(over="ignore"):
                    scaled = (log_p - log_p.max()) / temperature
                cumulated = np.cumsum(np.exp(scaled))
                place = rng.uniform() * cumulated[-1]
                number = int(np.searchsorted(cumulated, place, "right"))
            if number == END:
                break
            tokens.append(number)
        return tokens[len(prompt_tokens) :]

    def _beam_search(self, prompt_tokens, max_tokens, n_beams):
        """New tokens of the most probable continuation that is found."""
        beams, ended = [(0.0, list(prompt_tokens))], []
        for _ in range(max_tokens):
            log_p = self._next_log_probabilities([tokens for _, tokens in beams])
            totals = log_p + np.array([[score] for score, _ in beams])
            best = np.argsort(-totals, axis=None, kind="stable")[:n_beams]
            rows, numbers = np.unravel_index(best, totals.shape)
            grown = []
            for row, number in zip(rows, numbers, strict=True):
                longer = totals[row, number], beams[row][1] + [int(number)]
                (ended if number == END else grown).append(longer)
            beams = grown
            # Longer beams only become less probable.
            if not beams or (ended and max(ended)[0] >= beams[0][0]):
                break
        _, tokens = max([*beams, *ended], key=lambda beam: beam[0])
        return [number for number in tokens[len(prompt_tokens) :] if number != END]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags
