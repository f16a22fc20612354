"""Forecasts to a target date: random walk, historical base rate, and how good they were."""

from karwan.trade.forecast.base_rate import (
    BaseRate,
    Comparable,
    base_rate,
    comparable_cases,
    growth_cases,
    turnover_panel,
)
from karwan.trade.forecast.walk import Walk, fit_walk, growth_needed

__all__ = [
    "BaseRate",
    "Comparable",
    "Walk",
    "base_rate",
    "comparable_cases",
    "fit_walk",
    "growth_cases",
    "growth_needed",
    "turnover_panel",
]
