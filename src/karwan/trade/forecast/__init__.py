"""Forecasts to a target date: random walk, ensemble, historical base rate, and how good they were."""

from karwan.trade.forecast.base_rate import (
    BaseRate,
    Comparable,
    base_rate,
    comparable_cases,
    growth_cases,
    turnover_panel,
)
from karwan.trade.forecast.ensemble import LogForecast, ensemble
from karwan.trade.forecast.walk import Walk, fit_walk, growth_needed

__all__ = [
    "BaseRate",
    "Comparable",
    "LogForecast",
    "Walk",
    "base_rate",
    "comparable_cases",
    "ensemble",
    "fit_walk",
    "growth_cases",
    "growth_needed",
    "turnover_panel",
]
