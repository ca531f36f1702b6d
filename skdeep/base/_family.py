"""The methods that a family of networks, and a kind of target, define.

The skeleton (``_network``, ``_training_data``) calls these methods, and
docs/contributing.md shows an example. A few classes replace methods of other classes,
too. ``Autoencoder`` replaces ``_encode`` and ``_build_model``, because its targets are
its inputs, and ``TextGenerator`` replaces ``_try_stored``.
"""

from abc import ABCMeta, abstractmethod

from skdeep.base._inputs import Inputs


class Family(metaclass=ABCMeta):
    """The methods that families and kinds of targets may define, with defaults."""

    # A family

    # Reads X; the default reads tables.
    _inputs = Inputs()
    # Rows of a batch, where ``batch_size`` and the learning rate are automatic.
    _auto_batch = 32
    # Families may lack the parameter ``network``.
    network = None
    # Parameters that describe the layers: they have no effect with ``network=``.
    _layer_parameters = ()
    # Whether there is a prediction for each sample; displays and diagnoses need it.
    _predicts_samples = True

    @abstractmethod
    def _family_spec(self, data, common):
        """The spec of the network.

        Parameters
        ----------
        data : TrainingData
        common : dict
            The fields that all families have.
        """

    def _make_inputs(self, X):
        """A new object that reads X, an :class:`Inputs`."""
        return Inputs()

    def _pretrained(self, spec):
        """Arrays of the network's backbone or embedding, or None."""
        return None

    def _hidden_widths(self):
        """Widths of the hidden dense layers."""
        return self._positive_integers("hidden_layer_sizes")

    def _fitted_attributes(self, network, targets, data=None):
        """The fitted attributes by name.

        Parameters
        ----------
        network : FittedNetwork
        targets : object
            From :meth:`_learn_targets`.
        data : TrainingData or None
            None for weights that were given, not learnt.
        """
        return {
            "network_": network,
            "_targets": targets,
            "n_outputs_": targets.n_outputs,
        }

    # A kind of target

    # Whether y has a column for each step of a sequence. Then each step counts as a
    # sample for the methods below, but for ``_strata`` and ``_class_weight``.
    _targets_per_step = False

    @abstractmethod
    def _head(self, targets):
        """The output layer and the loss for ``targets``, a :class:`Head`."""

    @abstractmethod
    def _learn_targets(self, y, weight, classes):
        """The encoding of ``y``, such as a :class:`ClassTargets`."""

    @abstractmethod
    def _encode_targets(self, targets, y):
        """Encoded targets, of shape (n_samples, units)."""

    def _prepared_targets(self, y):
        """``y`` for scikit-learn's checks; refuses targets of a wrong kind."""
        return y

    def _indicator(self, y, previous, *, more_to_come):
        """What the columns of ``y`` mean, an :class:`Indicator`; None without columns.

        Parameters
        ----------
        y : ndarray or CSR
        previous : FittedNetwork or None
            The network with which training goes on.
        more_to_come : bool
            Whether later calls may bring more rows, as in ``partial_fit``.
        """
        return None

    def _strata(self, y):
        """Labels whose shares a validation split keeps, or None."""
        return None

    def _class_weight(self, targets, y, weight):
        """Factors of the weights by class, a :class:`ClassWeights` or None."""
        return None
