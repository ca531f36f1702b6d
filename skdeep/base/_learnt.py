"""Parameters as ``fit`` saw them: a fitted estimator does not follow ``set_params``."""

from skdeep._numbers import plain


class LearntParameters:
    """Keeps the values that parameters had in ``fit``, for predictions."""

    def _learn_parameters(self, *names):
        """Keep the present values; called in ``fit``."""
        values = {name: plain(getattr(self, name)) for name in names}
        self._learnt = {**self.__dict__.get("_learnt", {}), **values}

    def _as_learnt(self, name):
        """The value that a parameter had in ``fit``; before it, the present value."""
        learnt = self.__dict__.get("_learnt", {})
        return learnt[name] if name in learnt else plain(getattr(self, name))
