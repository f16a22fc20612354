"""What a change is worth to those who trade: the fall of the landed cost of their choice among routes.

A tonne of goods p that goes by route r in state s costs

    landed = (price + freight)(1 + insurance)(1 + duty) + specific duty + price x day share x (hours + ratio x (P95 - mean)) / 24

with freight the route's money, day share the goods' cost and loss of a day, and ratio the worth of an hour of reserve over one of mean
time. Shippers spread over the routes by a path-size logit; its logsum L(p, s) is the landed cost they expect. A change from state 0 to
state 1 is worth L(p, 0) - L(p, 1) a tonne. The routes are the same in both states, a route that a state lacks costs infinity there, and
path sizes count the routes open in either: so opening a route never costs, and the reverse change is worth the opposite. Routes shut in
both take no part.

References
----------
Williams (1977), Environment and Planning A 9(3), doi:10.1068/a090285 (logsum as expected cost, rule of the half). Small & Rosen (1981),
Econometrica 49(1), doi:10.2307/1911129 (welfare in discrete choice). Hummels & Schaur (2013), doi:10.1257/aer.103.7.2935 (cost of a day).
Fenton (1960), doi:10.1109/TCOM.1960.1097606 (a sum of log-normal times as log-normal).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.errors import InvalidInput
from karwan.transport.calendar import Windows
from karwan.transport.choice import logit_rows
from karwan.transport.cost import buffer_time

Floats = npt.NDArray[np.float64]
HOURS_DAY = 24.0
WEEKS_H = 28 * HOURS_DAY


@dataclass(frozen=True)
class Goods:
    """Goods that move between a pair of places, P of them, in S states.

    Attributes
    ----------
    price_usd_t
        Value at origin, shape (P,).
    day_share
        Cost and loss of a day, share of the value, shape (P,).
    unit_t
        Tonnes in a truck or container, shape (P,).
    tonnes_year
        Tonnes a year, shape (P,), >= 0.
    duty_share, duty_usd_t
        Duty on the CIF value, and specific duty, shape (S, P).
    """

    price_usd_t: Floats
    day_share: Floats
    unit_t: Floats
    tonnes_year: Floats
    duty_share: Floats
    duty_usd_t: Floats


@dataclass(frozen=True)
class RouteStates:
    """Routes between a pair of places, R of them, in S states.

    Attributes
    ----------
    usd_t, usd_unit
        Money per tonne and per truck or container, shape (S, R).
    hours, variance_h2
        Mean hours, waits for openings included, and their variance, shape (S, R); hours are inf where the route is not open.
    path_size
        Shape (R,) or (S, R), in (0, 1].
    """

    usd_t: Floats
    usd_unit: Floats
    hours: Floats
    variance_h2: Floats
    path_size: Floats


@dataclass(frozen=True)
class Taste:
    """How shippers choose: scale per USD/t, weight of the path size, ratio of reserve to mean time, insurance over price plus freight."""

    scale: float
    path_size_weight: float
    reliability_ratio: float
    insurance_share: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise InvalidInput(
                "The scale of choice must be positive.", f"{self.scale!r}", "give USD/t to the power -1."
            )


@dataclass(frozen=True)
class Landed:
    """Expected landed cost and its parts over the routes' shares, in each state; inf and nan where no route is open.

    Attributes
    ----------
    logsum_usd_t
        Shape (S, P).
    money_usd_t, duty_usd_t, hours, late_hours
        Means over the shares: freight and insurance, duty, door to door, and the hours that shippers keep in reserve for late arrivals, shape
        (S, P).
    """

    logsum_usd_t: Floats
    money_usd_t: Floats
    duty_usd_t: Floats
    hours: Floats
    late_hours: Floats


def opening_wait(windows: Windows, horizon_h: float = WEEKS_H) -> tuple[float, float]:
    """Mean and variance of the wait of one who comes at any moment of the horizon with the same chance, hours.

    Parameters
    ----------
    windows
        Starts and ends of the openings, sorted and disjoint, hours from the start of the horizon.
    horizon_h
        Length of the horizon, > 0.

    Returns
    -------
    (inf, inf) where a moment of the horizon is never followed by an opening.

    Examples
    --------
    A gate that is shut 12 h a day: half the comers wait 6 h on average.

    >>> import numpy as np
    >>> day = np.arange(30) * 24.0
    >>> opening_wait((day + 12.0, day + 24.0), 24.0)
    (3.0, 15.0)
    """
    starts, ends = (np.asarray(side, dtype=float) for side in windows)
    shut = np.concatenate([[0.0], ends])[: starts.size + 1]
    opens = np.concatenate([starts, [np.inf]])[: shut.size]
    real = (shut < horizon_h) & (opens > shut)
    shut, opens = shut[real], opens[real]
    if not np.isfinite(opens).all():
        return np.inf, np.inf
    rest = np.maximum(opens - horizon_h, 0.0)  # wait of the last one who comes within the horizon
    length = opens - shut
    mean = float((length**2 - rest**2).sum() / (2.0 * horizon_h))
    square = float((length**3 - rest**3).sum() / (3.0 * horizon_h))
    return mean, square - mean**2


@dataclass(frozen=True)
class RouteCosts:
    """What a tonne of each good costs over each route in each state, shape (S, P, R), and what is in it.

    Attributes
    ----------
    cost_usd_t
        Landed, time and reserve in it; inf where the route is not open.
    money_usd_t, duty_usd_t
        Freight and insurance, and duty.
    hours, late_hours
        Mean hours door to door, and those kept in reserve for late arrivals, shape (S, R); 0 where the route is not open.
    """

    cost_usd_t: Floats
    money_usd_t: Floats
    duty_usd_t: Floats
    hours: Floats
    late_hours: Floats


def route_costs(goods: Goods, ways: RouteStates, taste: Taste) -> RouteCosts:
    """Landed cost of each good over each route in each state."""
    known = np.isfinite(ways.hours)
    hours = np.where(known, ways.hours, 0.0)
    price = goods.price_usd_t[None, :, None]
    freight = ways.usd_t[:, None, :] + ways.usd_unit[:, None, :] / goods.unit_t[None, :, None]
    cif = (price + freight) * (1.0 + taste.insurance_share)
    duty = cif * goods.duty_share[:, :, None] + goods.duty_usd_t[:, :, None]
    late = taste.reliability_ratio * buffer_time(hours, np.where(known, ways.variance_h2, 0.0))
    felt = (hours + late)[:, None, :]
    cost = cif + duty + price * goods.day_share[None, :, None] * felt / HOURS_DAY
    return RouteCosts(np.where(known[:, None, :], cost, np.inf), cif - price, duty, hours, late)


def expected(costs: RouteCosts, path_size: Floats, taste: Taste) -> tuple[Landed, Floats]:
    """Landed cost that shippers expect, and the mean of it over their shares, shape (S, P); nan where no route is open.

    Parameters
    ----------
    path_size
        Shape (R,) or (S, R), in (0, 1]; that of a route that is not open does not count.
    """
    sizes = path_size if path_size.ndim == 1 else path_size[:, None, :]
    shares, logsum = logit_rows(
        costs.cost_usd_t, sizes, scale=taste.scale, path_size_weight=taste.path_size_weight
    )
    served = np.isfinite(logsum)
    share = np.where(served[:, :, None], shares, np.nan)
    found = Landed(
        logsum,
        (share * costs.money_usd_t).sum(axis=2),
        (share * costs.duty_usd_t).sum(axis=2),
        (share * costs.hours[:, None, :]).sum(axis=2),
        (share * costs.late_hours[:, None, :]).sum(axis=2),
    )
    level = (share * np.where(np.isfinite(costs.cost_usd_t), costs.cost_usd_t, 0.0)).sum(axis=2)
    return found, level


def landed(goods: Goods, ways: RouteStates, taste: Taste) -> Landed:
    """Landed cost that shippers of each good expect in each state."""
    return expected(route_costs(goods, ways, taste), ways.path_size, taste)[0]


def cost_ratio(before: Floats, after: Floats, level: Floats) -> Floats:
    """Landed cost after over before, ad valorem: 1 + the change of the logsum over the mean landed cost before.

    The level of a logsum is arbitrary, so only its difference enters. 1 where no route is open before or after; inf where the last one
    goes, nan where the first one comes.

    Examples
    --------
    >>> import numpy as np
    >>> cost_ratio(np.array([100.0]), np.array([80.0]), np.array([400.0])).tolist()
    [0.95]
    """
    neither = np.isinf(before) & np.isinf(after)
    with np.errstate(invalid="ignore"):
        ratio = 1.0 + (after - before) / level
    ratio = np.where(np.isinf(after) & np.isfinite(before), np.inf, ratio)
    return np.where(neither, 1.0, np.where(np.isinf(before), np.nan, ratio))


def response(ratio: Floats, elasticity: float) -> Floats:
    """Tonnes after over tonnes before when spending on a good answers to its landed cost with a constant elasticity (< 0).

    Spending at landed cost goes with ratio ** elasticity, so tonnes go with ratio ** (elasticity - 1).

    Parameters
    ----------
    ratio
        Landed cost after over before; see `cost_ratio`.
    """
    if not elasticity <= 0:
        raise InvalidInput(
            "The elasticity of trade must not be positive.", f"{elasticity:g}", "give it as -5."
        )
    return np.asarray(ratio ** (elasticity - 1.0))


def rule_of_half(ratio: Floats, fall_usd_t: Floats, tonnes: Floats, elasticity: float) -> Floats:
    """Worth of a fall of the landed cost when trade answers to it, USD a year: half of the gain counts for tonnes that come anew.

    Examples
    --------
    >>> import numpy as np
    >>> rule_of_half(np.array([0.9]), np.array([10.0]), np.array([10.0]), 0.0).round(2).tolist()
    [105.56]
    """
    return np.asarray(tonnes * fall_usd_t * (1.0 + response(ratio, elasticity)) / 2.0)
