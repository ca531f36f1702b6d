"""Parameters as they are checked and shown."""

import functools
import re

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError, Options, StrOptions

from skdeep.networks import closest, readable


class AnyCase(StrOptions):
    """scikit-learn's rule for names, whatever their letters' case."""

    def is_satisfied_by(self, val):
        return isinstance(val, str) and val.lower() in self.options


class ReadableParameters:
    """A text that shows the settings of Keras objects."""

    def __repr__(self, N_CHAR_MAX=700):
        shown = object.__new__(_printed(type(self)))
        params = self.get_params(deep=False)
        vars(shown).update({name: readable(v) for name, v in params.items()})
        return BaseEstimator.__repr__(shown, N_CHAR_MAX)

    def _get_params_html(self, deep=True, doc_link=""):
        params = super()._get_params_html(deep, doc_link)
        params.update({name: readable(value) for name, value in params.items()})
        return params


class Parameters(ReadableParameters):
    """Errors with suggestions, and a text that shows the settings of Keras objects."""

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
        known = {
            option
            for constraint in self._parameter_constraints[name]
            if isinstance(constraint, Options)
            for option in constraint.options
            if isinstance(option, str)
        }
        return closest(value, known) if isinstance(value, str) else ""


@functools.cache
def _printed(cls):
    """``cls`` as scikit-learn prints it: its printer knows estimators by this."""
    return type(cls.__name__, (cls,), {"__repr__": BaseEstimator.__repr__})
