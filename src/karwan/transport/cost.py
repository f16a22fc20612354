"""Generalised cost: what money, hours, their spread and emissions of a way add up to. The one definition of it.

A search adds cost link by link, so it can only hold what adds up: money and mean hours (`additive_cost`). The P95 of a route is not the
sum of its links', and papers and guarantees are of the route, so routes that were found are ranked, compared and shared out by the whole
(`generalised_cost`, `route_cost`, `arrival_cost`), of which the money is all that is paid (`karwan.transport.paid`) where it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.amounts import Z95
from karwan.errors import InvalidInput
from karwan.transport.network.stage import Floats, FreightNetwork
from karwan.transport.route import Route
from karwan.transport.shipment import Shipment

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Weights:
    """What a shipper gives up for one unit of each criterion, in USD per shipment.

    Parameters
    ----------
    value_of_time_usd_h
        USD per hour of mean door-to-door time.
    value_of_reliability_usd_h
        USD per hour of buffer time (P95 minus mean).
    carbon_price_usd_kg
        USD per kg CO2e.
    """

    value_of_time_usd_h: float = 0.0
    value_of_reliability_usd_h: float = 0.0
    carbon_price_usd_kg: float = 0.0

    def __post_init__(self) -> None:
        for name in ("value_of_time_usd_h", "value_of_reliability_usd_h", "carbon_price_usd_kg"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InvalidInput(f"{name} must be finite and >= 0", f"{value}")


def shipper_weights(
    shipment: Shipment,
    parameter: Callable[[str], float],
    *,
    value_of_time_usd_h: float | None = None,
    reliability_ratio: float | None = None,
    carbon_price_usd_t: float | None = None,
) -> Weights:
    """What a shipper of this load gives up for an hour, an hour of buffer and a kg of CO2e.

    Parameters
    ----------
    shipment
        The load; its value of time comes from its product.
    parameter
        Value of a case's parameter by name: `reliability_ratio`, `carbon_price_usd_t`.
    value_of_time_usd_h, reliability_ratio, carbon_price_usd_t
        Given by the user in place of these; None takes them.
    """
    value = shipment.value_of_time_usd_h if value_of_time_usd_h is None else value_of_time_usd_h
    ratio = parameter("reliability_ratio") if reliability_ratio is None else reliability_ratio
    carbon = parameter("carbon_price_usd_t") if carbon_price_usd_t is None else carbon_price_usd_t
    return Weights(value, ratio * value, carbon / 1000.0)


def buffer_time(mean_h: ArrayLike, var_h2: ArrayLike) -> Array:
    """P95 minus mean of a log-normal time with the given mean and variance.

    With s2 = ln(1 + var / mean^2): P95 = mean * exp(1.645 s - s2 / 2). The approximation treats the whole
    route as one log-normal (Fenton 1960, doi:10.1109/TCOM.1960.1097606), waits for openings included in the
    mean. Floored at 0: above a coefficient of variation of about 220 that P95 lies below the mean.

    Examples
    --------
    >>> buffer_time([100.0, 0.0], [400.0, 0.0]).round(2).tolist()
    [35.82, 0.0]
    """
    mean = np.asarray(mean_h, dtype=np.float64)
    variance = np.asarray(var_h2, dtype=np.float64)
    ratio = np.divide(variance, mean**2, out=np.zeros_like(mean), where=mean > 0.0)
    s2 = np.log1p(ratio)
    return np.asarray(np.maximum(mean * np.expm1(Z95 * np.sqrt(s2) - s2 / 2.0), 0.0))


def generalised_cost(criteria: Array, weights: Weights) -> Array:
    """USD + value of time x hours + value of reliability x buffer time + carbon price x kg, per route (K,).

    Parameters
    ----------
    criteria
        (K, 4), columns as in `CRITERIA`.
    weights
        What each unit is worth.

    Examples
    --------
    >>> generalised_cost(np.array([[100.0, 10.0, 0.0, 2.0]]), Weights(3.0, 5.0, 0.1)).tolist()
    [130.2]
    """
    usd, hours, variance, co2 = criteria.T
    return np.asarray(
        usd
        + weights.value_of_time_usd_h * hours
        + weights.value_of_reliability_usd_h * buffer_time(hours, variance)
        + weights.carbon_price_usd_kg * co2
    )


def route_cost(route: Route, weights: Weights, paid_usd: float | None = None) -> float:
    """Generalised cost of a route, USD for its shipment; its money is `paid_usd`, or that of its stages."""
    usd = route.usd if paid_usd is None else paid_usd
    criteria = np.array([[usd, route.hours, route.variance_h2, route.co2_kg]])
    return float(generalised_cost(criteria, weights)[0])


def additive_cost(
    network: FreightNetwork, shipment: Shipment, value_of_time_usd_h: float | None = None
) -> Floats:
    """Money plus value of time x mean hours of each arc, USD for the shipment, shape (A,): what a search minimises."""
    value = shipment.value_of_time_usd_h if value_of_time_usd_h is None else value_of_time_usd_h
    return np.asarray(network.arc_usd(shipment) + value * network.arc_hours())


def arrival_cost(route: Route, weights: Weights, hours: Floats, paid_usd: float | None = None) -> float:
    """Generalised cost of a route by its simulated arrivals, USD for its shipment.

    Mean and buffer time (P95 less mean) are those of one sample, so that rank, shares and landed cost follow the days that are shown.

    Parameters
    ----------
    route
        Its money and emission count.
    weights
        What each unit is worth.
    hours
        Simulated hours, shape (N,); journeys that never arrive (inf) are left out, and where none arrives the route's own hours stand in.
    paid_usd
        All that is paid, as `paid.Bills.all_told_usd` gives it; the money of the stages where it is not given.
    """
    arrived = hours[np.isfinite(hours)]
    if not arrived.size:
        return route_cost(route, weights, paid_usd)
    mean = float(arrived.mean())
    buffer = max(0.0, float(np.quantile(arrived, 0.95)) - mean)
    return (
        (route.usd if paid_usd is None else paid_usd)
        + weights.value_of_time_usd_h * mean
        + weights.value_of_reliability_usd_h * buffer
        + weights.carbon_price_usd_kg * route.co2_kg
    )
