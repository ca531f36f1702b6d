"""How dense networks read X: tables only."""

from skdeep.base._input_checks import count_axes, refuse_data_sets
from skdeep.base._inputs import Inputs


class Tables(Inputs):
    """Reads tables; errors for other X name the estimators that take it."""

    def read(self, estimator, X, y, *, learn):
        _refuse_axes(estimator, X)
        return super().read(estimator, X, y, learn=learn)

    def samples(self, estimator, X):
        _refuse_axes(estimator, X)
        return super().samples(estimator, X)


def _refuse_axes(estimator, X):
    refuse_data_sets(X)
    n_axes = count_axes(X)
    if n_axes > 2:
        regresses = estimator._estimator_type_ == "regressor"
        kind = "Regressor" if regresses else "Classifier"
        raise ValueError(
            f"Found array with dim {n_axes}, while dim <= 2 is required by "
            f"{type(estimator).__name__}. Use Conv{kind} for images and "
            f"Sequence{kind} for sequences, or make rows of them: "
            "X.reshape(len(X), -1)."
        )
