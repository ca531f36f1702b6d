"""What a family of networks defines, and what a kind of target does.

The skeleton (``_network``, ``_training_data``) calls these methods, and no others of a
family. docs/contributing.md shows them at work.
"""

from abc import ABCMeta, abstractmethod

from scipy import sparse

from skdeep.base._inputs import Inputs
from skdeep.encoding import Standardization


class Family(metaclass=ABCMeta):
    """The methods that families and kinds of targets may define, with defaults."""

    # A family

    # What reads X. Of a table this is all there is to know.
    _inputs = Inputs()
    # Rows of a batch, where ``batch_size`` and the learning rate are automatic.
    _auto_batch = 32
    # The parameter of that name, for families that do not have it.
    network = None
    # Parameters that say what the layers are: ``network=`` takes their place.
    _of_layers = ()
    # Whether there is a prediction for each sample: displays and diagnosis need it.
    _predicts_samples = True

    @abstractmethod
    def _family_spec(self, data, common):
        """The spec of the network.

        Parameters
        ----------
        data : Encoded
        common : dict
            The fields that all families have.
        """

    def _make_inputs(self, X):
        """What reads X from now on, an :class:`Inputs`."""
        return Inputs()

    def _pretrained(self, spec):
        """Arrays of the network's backbone or embedding, or None."""
        return None

    def _hidden_widths(self):
        """Widths of the hidden dense layers."""
        return self._positive_integers("hidden_layer_sizes")

    def _fitted_attributes(self, network, targets, data=None):
        """What ``fit`` leaves: attributes by name.

        Parameters
        ----------
        network : FittedNetwork
        targets : object
            From :meth:`_learn_targets`.
        data : Encoded or None
            None for weights that were given, not learnt.
        """
        return {
            "network_": network,
            "_targets": targets,
            "n_outputs_": targets.n_outputs,
        }

    # A kind of target

    # Whether y has a column for each step of a sequence.
    _targets_per_step = False

    @abstractmethod
    def _head(self, targets):
        """Output layer and loss for ``targets``, a :class:`Head`."""

    @abstractmethod
    def _learn_targets(self, y, weight, classes):
        """The encoding of ``y``."""

    @abstractmethod
    def _encode_targets(self, targets, y):
        """Targets of shape (n_samples, units)."""

    def _prepared_targets(self, y):
        """``y`` for scikit-learn's checks; an error where it is of a wrong kind."""
        return y

    def _form(self, y, previous, *, more_to_come):
        """The form of targets with a column per label, or None."""
        return None

    def _read(self, form, y):
        """``y`` as the rest of a fit takes it."""
        return y.toarray() if sparse.issparse(y) else y

    def _output_scaling(self, targets):
        """The units of the outputs."""
        return Standardization.none(1)

    def _strata(self, y):
        """Labels of which both parts shall have their share, or None."""
        return None

    def _class_weight(self, targets, y, weight):
        """What weights are multiplied with, a :class:`ClassWeights` or None."""
        return None

    def _decode(self, decode, output):
        """Predictions by ``decode``, a method of the targets, from outputs."""
        return decode(output)

    def _precision_of(self, samples):
        """The dtype of what is predicted for these samples."""
        own = self.network_.spec.array_dtype
        return self._inputs.prediction_dtype(samples, own)
