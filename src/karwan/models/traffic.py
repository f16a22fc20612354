"""Traffic at a crossing: how full it is, and what its queue adds to the hours observed there.

Hours observed at a crossing contain the queue it usually has. With W(r) the mean wait in a queue of utilisation r, r0 the usual
utilisation (background traffic over capacity) and x the load asked for over the usual one, the mean hours of a crossing observed to take
m hours are

    m + W(x r0) - W(r0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from karwan.models.delay import BORDER_QUEUE
from karwan.models.reliability.queueing import QueueWait, mgc_wait, tangent_wait

LIMIT_SHARE = next(p.default for p in BORDER_QUEUE.parameters if p.name == "limit_share")
SERVERS = 4.0  # lanes at a road crossing where the case has no parameter crossing_servers
ROAD, RAIL = "road", "rail"
STEADY, BEYOND, UNKNOWN, TRAINS, CONTRADICTS = (
    "steady",
    "beyond limit",
    "load unknown",
    "trains: no queue",
    "queue exceeds observed hours",
)


@dataclass(frozen=True)
class Traffic:
    """Load of a crossing in one mode and direction.

    Attributes
    ----------
    crossing_id, mode
        Which crossing; 'road' or 'rail'.
    background_day, capacity_day
        Trucks (wagons) of other trade a day, and those that can pass a day; None where not known.
    factor
        Load asked for over the usual load.
    servers
        Lanes in parallel; 0 without a queue.
    open_share
        Share of the day the crossing is open.
    """

    crossing_id: str
    mode: str
    background_day: float | None
    capacity_day: float | None
    factor: float
    servers: int
    open_share: float

    @property
    def usual_share(self) -> float | None:
        """Usual utilisation: background over capacity; None where one is not known."""
        if self.background_day is None or not self.capacity_day:
            return None
        return self.background_day / self.capacity_day

    @property
    def load_share(self) -> float | None:
        """Utilisation at the load asked for."""
        return None if self.usual_share is None else self.factor * self.usual_share

    @property
    def service_h(self) -> float:
        """Hours a vehicle occupies a lane."""
        return self.servers * 24.0 * self.open_share / (self.capacity_day or np.nan)

    def arrivals_day(self, share: float) -> float:
        """Arrivals a day while open at a utilisation."""
        return share * (self.capacity_day or np.nan) / self.open_share

    def wait(self, share: float) -> QueueWait:
        """Wait in the queue at a utilisation: M/M/c, beyond the limit along its tangent."""
        arrivals = self.arrivals_day(share) / 24.0
        if share <= LIMIT_SHARE:
            return mgc_wait(arrivals, self.service_h, self.servers, service_cv=1.0)
        return tangent_wait(arrivals, self.service_h, self.servers, service_cv=1.0, limit=LIMIT_SHARE)

    def state(self, hours: float) -> str:
        """What can be said of the queue beside `hours` observed."""
        if self.usual_share is None or self.load_share is None:
            return UNKNOWN
        if not self.servers:
            return TRAINS
        if self.wait(self.usual_share).wait_mean_h > hours:
            return CONTRADICTS
        return STEADY if self.load_share <= LIMIT_SHARE else BEYOND

    def own_hours(self, hours: float, variance_h2: float) -> tuple[float, float]:
        """Mean and variance of what is left of observed hours without the usual queue; unchanged where there is none to take out."""
        if self.state(hours) not in (STEADY, BEYOND) or self.usual_share is None:
            return hours, variance_h2
        usual = self.wait(self.usual_share)
        spread = (2.0 - usual.wait_probability) * usual.wait_probability * usual.wait_if_waiting_h**2
        return hours - usual.wait_mean_h, max(0.0, variance_h2 - spread)


def crossing_traffic(
    crossings: pl.DataFrame, servers: float = SERVERS, *, factor: float = 1.0
) -> dict[tuple[str, str], Traffic]:
    """Traffic of every crossing and mode of a case, by crossing id and mode.

    Parameters
    ----------
    crossings
        Table of a case.
    servers
        Lanes in parallel at a road crossing.
    factor
        Load asked for over the usual load.
    """
    found = {}
    for row in crossings.iter_rows(named=True):
        for mode, unit in ((ROAD, "trucks"), (RAIL, "wagons")):
            if mode in row["modes"]:
                found[row["crossing_id"], mode] = _of_row(row, mode, unit, round(servers), factor)
    return found


def _of_row(row: Mapping[str, Any], mode: str, unit: str, servers: int, factor: float) -> Traffic:
    road = mode == ROAD
    return Traffic(
        crossing_id=row["crossing_id"],
        mode=mode,
        background_day=row[f"background_{unit}_day"],
        capacity_day=row[f"capacity_{unit}_day"],
        factor=factor,
        servers=servers if road else 0,
        open_share=_open_share(row["opening_hours"]) if road else 1.0,
    )


def _open_share(hours: str) -> float:
    begin, end = (int(t[:2]) + int(t[3:5]) / 60.0 for t in hours.split("-"))
    return ((end - begin) % 24.0 or 24.0) / 24.0
