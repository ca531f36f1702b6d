"""Parameters and attributes of forecasters."""

from numbers import Integral

from sklearn.utils._param_validation import HasMethods, StrOptions

from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT

_NATURAL = [Interval(Integral, 0, None, closed="left")]

FORECASTER = {
    "estimator": Parameter(
        "object",
        [HasMethods(["fit", "predict"])],
        """
        A regressor of scikit-learn or of skdeep. Those that take sequences get
        windows of shape (window, n_channels), others, pipelines and searches among
        them, one row of numbers: the channels of each step side by side.
        """,
    ),
    "window": Parameter("int", [COUNT], "Rows that each forecast sees."),
    "horizon": Parameter("int", [COUNT], "Steps of a forecast."),
    "strategy": Parameter(
        '{"direct", "recursive"}',
        [StrOptions({"direct", "recursive"})],
        """
        "direct" predicts all steps of the horizon at once; a regressor of one output
        gets one copy per step. "recursive" predicts one step and goes on from there,
        for as long as :meth:`predict` is asked to.
        """,
    ),
    "exog_lags": Parameter(
        "tuple of int",
        [tuple, list],
        """
        Which rows of the exogenous columns a step sees, counted back from the step: 0
        is its own time, 1 the row before. All steps of a direct forecast see what one
        of them sees: with a lag below the horizon also rows after their own.
        """,
    ),
    "difference": Parameter(
        "int",
        _NATURAL,
        "How often the series is differenced before windows are cut.",
    ),
    "seasonal_difference": Parameter(
        "int",
        _NATURAL,
        "How often the series is differenced at a lag of ``seasonal_period``.",
    ),
    "seasonal_period": Parameter(
        "int or None",
        [Interval(Integral, 2, None, closed="left"), None],
        "Rows of a season, for ``seasonal_difference`` and :meth:`backtest`.",
    ),
    "scaling": Parameter(
        '"window" or None',
        [StrOptions({"window"}), None],
        """
        "window" gives each window and what follows it in units of the window's own
        mean and standard deviation.
        """,
    ),
    "quantiles": Parameter(
        "sequence of float or None",
        ["array-like", None],
        """
        Predict these quantiles, one fit for each; 0.5 must be among them. Needs
        ``strategy="direct"``, no differences that add up over the horizon, and a
        regressor with a quantile loss: networks of skdeep, or ``QuantileRegressor``,
        ``GradientBoostingRegressor`` and ``HistGradientBoostingRegressor`` of
        scikit-learn.
        """,
    ),
}

FITTED = {
    "estimators_": Attribute(
        "list of estimator", "The fitted regressor, or one per quantile."
    ),
    "n_features_in_": Attribute(
        "int", "Numbers, or values of a sequence, that the regressor sees."
    ),
}
