"""Regressors that predict a quantile."""

from numbers import Real

from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.pipeline import Pipeline

from skdeep.base._network import BaseNetwork


def check_quantiles(quantiles, strategy, sums_steps):
    """Refuse quantiles that are invalid, or that the strategy cannot predict."""
    inside = all(isinstance(q, Real) and 0 < q < 1 for q in quantiles)
    if not inside or len(set(quantiles)) < len(quantiles) or 0.5 not in quantiles:
        raise ValueError(
            "quantiles must be different numbers between 0 and 1, with 0.5, the point "
            f"forecast, among them. Received quantiles={quantiles!r}."
        )
    if strategy != "direct":
        raise ValueError(
            "quantiles need strategy='direct': a quantile that is fed back is no "
            f"quantile of the next step. Received strategy={strategy!r}."
        )
    if sums_steps:
        raise ValueError(
            f"quantiles={quantiles!r} cannot be had of differences that add up over "
            "the horizon: the sum of quantiles is no quantile of the sum. Use "
            "difference=0 and a horizon within the season, or horizon=1."
        )


def for_quantile(estimator, quantile):
    """A clone that learns this quantile."""
    estimator = clone(estimator)
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    params = last.get_params(deep=False)
    if isinstance(last, BaseNetwork):
        from skdeep.networks._quantile_loss import QuantileLoss

        last.set_params(loss=QuantileLoss(quantile))
    elif "quantile" in params:
        loss = {"loss": "quantile"} if "loss" in params else {}
        last.set_params(quantile=quantile, **loss)
    elif isinstance(last, GradientBoostingRegressor):
        last.set_params(loss="quantile", alpha=quantile)
    else:
        raise ValueError(
            f"quantiles need a regressor with a quantile loss. Received {last!r}. Use "
            "a network of skdeep, or QuantileRegressor, GradientBoostingRegressor or "
            "HistGradientBoostingRegressor of scikit-learn."
        )
    return estimator
