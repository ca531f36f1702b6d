"""Parameters and attributes of forecasters."""

from numbers import Integral

from skdeep._compat import HasMethods, StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT

_NATURAL = [Interval(Integral, 0, None, closed="left")]

FORECASTER = {
    "estimator": Parameter(
        "object",
        [HasMethods(["fit", "predict"])],
        """
        A regressor of scikit-learn or of skdeep. Regressors that take sequences get
        windows of shape (window, n_channels). All others, including pipelines and
        searches, get one row of numbers: the channels of each step side by side.
        """,
    ),
    "window": Parameter("int", [COUNT], "Number of past rows that a forecast sees."),
    "horizon": Parameter("int", [COUNT], "Number of steps of a forecast."),
    "strategy": Parameter(
        '{"direct", "recursive"}',
        [StrOptions({"direct", "recursive"})],
        """
        "direct" predicts all steps of the horizon at once; a regressor with a single
        output is cloned for each step. "recursive" predicts one step, appends it to the
        window and predicts the next, for as many steps as :meth:`predict` is asked for.
        """,
    ),
    "exog_lags": Parameter(
        "tuple of int",
        [tuple, list],
        """
        Which rows of the exogenous columns a step sees, counted back from the step: 0
        is its own time, 1 the row before. All steps of a direct forecast see the same
        exogenous rows: with a lag below the horizon also rows after their own.
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
        "window" standardises each window, and the steps that follow it, with the mean
        and the standard deviation of the window.
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
        "int", "Number of values in each sample of the regressor."
    ),
}
