"""What a row of yearly flows is worth: NPV, all internal rates, MIRR, payback, cover of debt. Flows have shape (T+1,) or (T+1, N).

References
----------
Behrens & Hawranek (1991), Manual for the preparation of industrial feasibility studies, UNIDO, E.91.III.E.18 (indicators and schedules).
Norstrom (1972), Journal of Financial and Quantitative Analysis 7(3), doi:10.2307/2329806 (when the internal rate is unique).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
UNIQUE, NONE, SEVERAL = "unique", "none", "several"
LEAST, MOST = -0.999, 1e3
"""Rates a year between which internal rates are looked for."""
_GRID = np.concatenate([np.linspace(LEAST, 1.0, 4001), np.geomspace(1.0, MOST, 401)[1:]])


@dataclass(frozen=True)
class InternalRate:
    """Internal rates of return of one row of flows: `unique`, `none` or `several`, and every rate at which the NPV changes its sign."""

    kind: str
    rates: tuple[float, ...]

    @property
    def rate(self) -> float | None:
        """The rate where it is unique; None else."""
        return self.rates[0] if self.kind == UNIQUE else None


def npv(rate: float | Floats, flows: Floats) -> Floats:
    """Present value in year 0, the first flow undiscounted.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(npv(0.10, np.array([-10000.0, 3000.0, 4200.0, 6800.0]))), 2)
    1307.29
    """
    factor = 1.0 / (1.0 + np.asarray(rate, dtype=float))
    value = np.zeros(np.broadcast_shapes(factor.shape, flows.shape[1:]))
    for flow in flows[::-1]:
        value = value * factor + flow
    return value


def internal_rate(flows: Floats) -> InternalRate:
    """Every rate between `LEAST` and `MOST` at which the NPV of flows of shape (T+1,) changes its sign, found by bisection.

    Examples
    --------
    >>> import numpy as np
    >>> round(internal_rate(np.array([-70000.0, 12000.0, 15000.0, 18000.0, 21000.0])).rates[0], 4)
    -0.0212
    """
    if not np.any(flows):
        return InternalRate(NONE, ())
    values = npv(_GRID, flows[:, None])
    hit = [float(rate) for rate in _GRID[values == 0.0]]
    turns = np.flatnonzero(values[:-1] * values[1:] < 0.0)
    found = sorted([*hit, *(_bisected(flows, _GRID[at], _GRID[at + 1]) for at in turns)])
    kind = {0: NONE, 1: UNIQUE}.get(len(found), SEVERAL)
    return InternalRate(kind, tuple(found))


def _bisected(flows: Floats, low: float, high: float) -> float:
    """Root of the NPV between two rates of different sign."""
    sign = np.sign(npv(low, flows))
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if np.sign(npv(middle, flows)) == sign:
            low = middle
        else:
            high = middle
    return float(0.5 * (low + high))


def mirr(flows: Floats, finance_rate: float, reinvest_rate: float) -> Floats:
    """Modified internal rate, shape (N,) or (): outlays discounted at one rate, income carried forward at another; nan without both.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(mirr(np.array([-120000.0, 39000, 30000, 21000, 37000, 46000]), 0.10, 0.12)), 4)
    0.1261
    """
    years = max(len(flows) - 1, 1)
    outlay = npv(finance_rate, np.minimum(flows, 0.0))
    income = npv(reinvest_rate, np.maximum(flows, 0.0))
    both = (outlay < 0.0) & (income > 0.0)
    ratio = np.divide(income, -outlay, out=np.full(outlay.shape, np.nan), where=both)
    return np.asarray(ratio ** (1.0 / years) * (1.0 + reinvest_rate) - 1.0)


def payback(flows: Floats, rate: float = 0.0) -> Floats:
    """Years until the sum of the discounted flows is positive for good, within the year by proportion, shape (N,) or (); inf where it never is."""
    columns = np.reshape(flows, (len(flows), -1))
    discounted = columns / (1.0 + rate) ** np.arange(len(columns))[:, None]
    total = np.cumsum(discounted, axis=0)
    found = np.array([_last_short(*pair) for pair in zip(total.T, discounted.T, strict=True)])
    return found.reshape(flows.shape[1:])


def _last_short(total: Floats, discounted: Floats) -> float:
    """Years at which a running sum is short for the last time."""
    short = np.flatnonzero(total < 0.0)
    if short.size == 0:
        return 0.0
    last = int(short[-1])
    if last == total.size - 1:
        return float(np.inf)
    return float(last - total[last] / discounted[last + 1])


def debt_cover(cash: Floats, service: Floats, start: int = 0) -> Floats:
    """Cash available over debt service in each year, shape as the flows; nan where nothing is due, and before the first year at work.

    Interest of the years of building is part of what is laid out, not a debt that a plant at work serves: it is in the owners' cash.
    """
    due = np.broadcast_to(service > 1e-9, np.broadcast_shapes(cash.shape, service.shape)).copy()
    due[:start] = False
    cash, service = np.broadcast_to(cash, due.shape), np.broadcast_to(service, due.shape)
    cover: Floats = np.divide(cash, service, out=np.full(due.shape, np.nan), where=due)
    return cover


def least_cover(cash: Floats, service: Floats, start: int = 0) -> Floats:
    """Least cover of the debt over the years at work, shape (N,) or (); inf where there is no debt."""
    cover = debt_cover(cash, service, start)
    least: Floats = np.asarray(np.where(np.isnan(cover), np.inf, cover).min(axis=0))
    return least


def loan_life_cover(cash: Floats, service: Floats, debt: Floats, rate: Floats, start: int) -> Floats:
    """Present value of the cash of the years in which debt is served over the debt at the start of the first, shape (N,); nan without debt.

    Parameters
    ----------
    cash, service
        Cash for the service of debt and the service, shape (T+1, N).
    debt, rate
        Debt at the start of the first year at work and its rate, shape (N,).
    start
        The first year at work.
    """
    served = np.cumsum((service > 1e-9)[::-1], axis=0)[::-1] > 0
    life = np.where(served, cash, 0.0)[start:]
    worth = npv(rate, life) / (1.0 + rate)
    has_debt = (debt > 0.0) & served.any(axis=0)
    return np.asarray(np.divide(worth, debt, out=np.full(worth.shape, np.nan), where=has_debt))


__all__ = [
    "NONE",
    "SEVERAL",
    "UNIQUE",
    "InternalRate",
    "debt_cover",
    "internal_rate",
    "least_cover",
    "loan_life_cover",
    "mirr",
    "npv",
    "payback",
]
