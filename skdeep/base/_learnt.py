"""Parameters as ``fit`` saw them: a fitted estimator does not follow ``set_params``."""

from skdeep._numbers import plain


class LearntParameters:
    """Keeps parameters that predictions need beside the network."""

    def _learn_parameters(self, *names):
        """Keep the present values, in ``fit``."""
        values = {name: plain(getattr(self, name)) for name in names}
        self._learnt = {**self.__dict__.get("_learnt", {}), **values}

    def _as_learnt(self, name):
        """The value in ``fit``; before it, the present one."""
        learnt = self.__dict__.get("_learnt", {})
        return learnt[name] if name in learnt else plain(getattr(self, name))
