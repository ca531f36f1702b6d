"""How parameters are checked, shown, copied and pickled."""

import functools
import pickle
import re

from sklearn.base import BaseEstimator

from skdeep._compat import InvalidParameterError, Options, StrOptions
from skdeep.base._copies import mapped, portable_callback, with_copies
from skdeep.networks import closest, readable
from skdeep.networks._portable import portable


class AnyCase(StrOptions):
    """scikit-learn's constraint for names, in upper or lower case."""

    def is_satisfied_by(self, val):
        return isinstance(val, str) and val.lower() in self.options


class Parameters(BaseEstimator):
    """Checks, shows, copies and pickles parameters.

    Errors suggest known names; ``repr`` shows the settings of Keras objects.

    ``fit`` calls the user's own callbacks, not copies, because users read state such as
    ``stopped_epoch`` from them, as with Keras. Copies of the estimator have this state,
    too. But after a fit a callback may hold an object that cannot be copied, such as an
    open file. Its copy then has the state from before the fit. Optimisers, losses and
    metrics, also of a user's own classes, are copied by their configurations.
    """

    def _validate_params(self):
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            name = re.match(r"The '(\w+)' parameter", str(error))
            if name is None:
                raise
            hint = self._suggestion(name[1])
            raise InvalidParameterError(f"{error}{hint}") from None

    def _suggestion(self, name):
        value = getattr(self, name, None)
        options = {
            option
            for constraint in self._parameter_constraints[name]
            if isinstance(constraint, Options)
            for option in constraint.options
            if isinstance(option, str)
        }
        return closest(value, options) if isinstance(value, str) else ""

    # Showing

    def __repr__(self, N_CHAR_MAX=700):
        shown = object.__new__(_printed(type(self)))
        params = self.get_params(deep=False)
        vars(shown).update({name: readable(v) for name, v in params.items()})
        return BaseEstimator.__repr__(shown, N_CHAR_MAX)

    def _get_params_html(self, deep=True, doc_link=""):
        params = super()._get_params_html(deep, doc_link)
        params.update({name: readable(value) for name, value in params.items()})
        return params

    # Copying

    def _remember_callbacks(self):
        """Keep copies of the callbacks; called before a fit."""
        earlier = self._earlier_callbacks()
        self.__dict__.pop("_callbacks_before", None)
        given = [callback for _, callback in self._callback_parameters()]
        before = [
            (callback, earlier.get(id(callback)) if copied is None else copied)
            for nest in given
            for callback, copied in with_copies(nest)
        ]
        if before:
            self._callbacks_before = before

    def _callbacks_to_copy(self):
        """The attribute that :meth:`_remember_callbacks` may have set, as a dict."""
        return {k: v for k, v in vars(self).items() if k == "_callbacks_before"}

    def _earlier_callbacks(self):
        """Copies of callbacks from before a fit, by the id of the user's callback."""
        return {id(own): old for own, old in getattr(self, "_callbacks_before", ())}

    def _callback_parameters(self):
        for name, value in vars(self).items():
            if name == "callbacks" or name.endswith("__callbacks"):
                yield name, value

    def _portable_callbacks(self):
        """Parameters that hold callbacks, with callbacks that can be copied."""
        before = self._earlier_callbacks()
        return {
            name: mapped(lambda callback: portable_callback(callback, before), value)
            for name, value in self._callback_parameters()
        }

    def __sklearn_clone__(self):
        bare = object.__new__(type(self))
        vars(bare).update(self._portable({**vars(self), **self._portable_callbacks()}))
        return super(Parameters, bare).__sklearn_clone__()

    def __getstate__(self):
        state = {**super().__getstate__(), **self._portable_callbacks()}
        state.pop("_callbacks_before", None)
        return state

    def __reduce_ex__(self, protocol):
        make, arguments, state, *others = super().__reduce_ex__(protocol)
        return make, arguments, self._portable(state), *others

    def __copy__(self):
        # A shallow copy shares the parameters, so none is copied by its configuration.
        make, arguments, state, *_ = super().__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        new = make(*arguments)
        new.__setstate__(state)
        return new

    def _portable(self, state):
        """``state`` with stand-ins for Keras objects among the parameters."""
        return {
            # get_params would fail for a pickle of an older version, which lacks newer
            # parameters. So attributes count as parameters unless their names begin or
            # end with an underscore.
            name: value if "_" in (name[0], name[-1]) else mapped(portable, value)
            for name, value in state.items()
        }


@functools.cache
def _printed(cls):
    """``cls`` with the ``__repr__`` that scikit-learn's printer looks for."""
    return type(cls.__name__, (cls,), {"__repr__": BaseEstimator.__repr__})
