"""A well-kept package on the logarithm of a yearly series: exponential smoothing, ARIMA, theta."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from karwan.errors import InvalidInput, MissingExtra
from karwan.trade.forecast.walk import chi_square

Array = npt.NDArray[np.float64]
SHORTEST = 5
ORDERS = ((0, 1, 0), (0, 1, 1), (1, 1, 0), (1, 0, 0))


@dataclass(frozen=True)
class LogForecast:
    """Normal forecast of the logarithm, by whole years ahead.

    Attributes
    ----------
    model
        Name of the model, its order where one was chosen.
    means, deviations
        Mean and standard deviation of ln v after 1, 2, ... years, shape (H,).
    last
        Logarithm of the last value.
    freedom
        Degrees of freedom behind the deviations.
    """

    model: str
    means: Array
    deviations: Array
    last: float
    freedom: int

    def at(self, horizon: float) -> tuple[float, float]:
        """Mean and standard deviation after `horizon` years; mean and variance are interpolated between
        years.
        """
        years = np.arange(len(self.means) + 1)
        mean = float(np.interp(horizon, years, np.concatenate([[self.last], self.means])))
        variance = float(np.interp(horizon, years, np.concatenate([[0.0], self.deviations**2])))
        return mean, math.sqrt(variance)

    def chance(self, target: float, horizon: float) -> float:
        """P(v >= target) after `horizon` years."""
        mean, deviation = self.at(horizon)
        if deviation == 0.0:
            return float(mean >= math.log(target))
        return float(special.ndtr((mean - math.log(target)) / deviation))

    def chance_range(self, target: float, horizon: float, cover: float = 0.9) -> tuple[float, float]:
        """The chance at the ends of the interval of the deviation (chi-square); it holds the chance itself."""
        mean, deviation = self.at(horizon)
        found = [self.chance(target, horizon)]
        for share in ((1.0 - cover) / 2.0, (1.0 + cover) / 2.0):
            wide = deviation * math.sqrt(self.freedom / chi_square(share, self.freedom))
            found.append(float(special.ndtr((mean - math.log(target)) / wide)) if wide > 0 else found[0])
        return min(found), max(found)

    def quantile(self, share: float, horizon: float) -> float:
        """Value below which a share of the futures lies."""
        mean, deviation = self.at(horizon)
        return math.exp(mean + deviation * float(special.ndtri(share)))


def ensemble(values: Array, years: int) -> tuple[LogForecast, ...]:
    """Fit the members on a yearly series.

    Short series get small models only: simple exponential smoothing without trend, the ARIMA order of least
    AICc among (0,1,0), (0,1,1), (1,1,0) and (1,0,0), and theta without season. Parameters count as known in
    the deviations, so these are too narrow on short series; the random walk carries its drift's uncertainty
    and the base rate carries no model at all.

    Parameters
    ----------
    values
        Positive, one a year, no gap, at least five.
    years
        Horizon in whole years.

    Raises
    ------
    InvalidInput
        Fewer than five values, or one that is not positive.
    MissingExtra
        statsmodels is not installed.
    """
    if len(values) < SHORTEST:
        raise InvalidInput(
            f"{len(values)} yearly values are too few for the ensemble.",
            f"{SHORTEST} are needed.",
            "add years.",
        )
    if np.any(np.asarray(values) <= 0):
        raise InvalidInput(
            "A value is zero or negative: it has no logarithm.", fix="start after the last zero."
        )
    return members(np.log(np.asarray(values, dtype=float)), years)


def members(series: Array, years: int) -> tuple[LogForecast, ...]:
    """The members fitted on a series of logarithms, which must be long enough; see `ensemble`."""
    try:
        import statsmodels.api  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "The ensemble needs statsmodels.", fix="install it: pip install statsmodels."
        ) from error
    fits: tuple[Callable[[Array, int], LogForecast], ...] = (_smoothing, _arima, _theta)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence and start-value notes of the package on short series
        return tuple(fit(series, years) for fit in fits)


def member_name(model: str) -> str:
    """Name of a member without the order it chose, as in a table of scores: 'ARIMA(0,1,1)' is 'ARIMA'."""
    return model.partition("(")[0]


def _smoothing(series: Array, years: int) -> LogForecast:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    fit = ETSModel(series, error="add", trend=None, initialization_method="estimated").fit(disp=False)
    alpha = float(fit.alpha)
    sigma2 = float(np.sum(np.asarray(fit.resid) ** 2)) / max(len(series) - 2, 1)
    steps = np.arange(years)
    return LogForecast(
        "exponential smoothing",
        np.asarray(fit.forecast(years)),
        np.sqrt(sigma2 * (1 + alpha**2 * steps)),
        series[-1],
        len(series) - 2,
    )


def _arima(series: Array, years: int) -> LogForecast:
    from statsmodels.tsa.arima.model import ARIMA

    fits = {}
    for order in ORDERS:
        try:
            fits[order] = ARIMA(series, order=order, trend="c" if order[1] == 0 else "n").fit()
        except (ValueError, np.linalg.LinAlgError):
            continue
    order = min(fits, key=lambda o: float(fits[o].aicc) if math.isfinite(fits[o].aicc) else math.inf)
    ahead = fits[order].get_forecast(years)
    return LogForecast(
        f"ARIMA{order}".replace(" ", ""),
        np.asarray(ahead.predicted_mean),
        np.asarray(ahead.se_mean),
        series[-1],
        len(series) - 2,
    )


def _theta(series: Array, years: int) -> LogForecast:
    import pandas as pd
    from statsmodels.tsa.forecasting.theta import ThetaModel

    index = pd.period_range("2000", periods=len(series), freq="Y")
    fit = ThetaModel(pd.Series(series, index=index), period=1, deseasonalize=False).fit()
    bands = fit.prediction_intervals(years, alpha=0.3173105078629141).to_numpy()
    return LogForecast(
        "theta",
        np.asarray(fit.forecast(years)),
        (bands[:, 1] - bands[:, 0]) / 2.0,
        series[-1],
        len(series) - 2,
    )
