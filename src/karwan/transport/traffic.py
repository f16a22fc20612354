"""Traffic at a crossing: how full it is, and what its queue adds to the hours observed there.

Hours observed at a crossing contain the queue it usually has. With W(r) the mean wait in a queue of utilisation r, r0 the usual
utilisation (background traffic over capacity) and x the load asked for over the usual one, the mean hours of a crossing observed to take
m hours are

    m + W(x r0) - W(r0)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.schema.modes import RAIL, ROAD
from karwan.transport.delay import BORDER_QUEUE
from karwan.transport.reliability.queueing import QueueWait, mgc_wait, tangent_wait

TRAIN_WAGONS = 50.0  # wagons of a train where the case has no parameter train_wagons
LIMIT_SHARE = next(p.default for p in BORDER_QUEUE.parameters if p.name == "limit_share")
SERVERS = 4.0  # lanes at a road crossing where the case has no parameter crossing_servers
STEADY, BEYOND, UNKNOWN, CONTRADICTS = (
    "steady",
    "beyond limit",
    "load unknown",
    "queue exceeds observed hours",
)


@dataclass(frozen=True)
class Traffic:
    """Load of a crossing in one mode and direction. Trucks queue for lanes (M/M/c), trains for the one track or crane (M/D/1).

    Attributes
    ----------
    crossing_id, mode
        Which crossing; 'road' or 'rail'.
    background_day, capacity_day
        Trucks (wagons) of other trade a day, and those that can pass a day; None where not known.
    factor
        Load asked for over the usual load.
    servers
        Lanes in parallel.
    open_share
        Share of the day the crossing is open.
    unit
        Trucks or wagons that come together: 1 truck, the wagons of a train.
    service_cv
        Coefficient of variation of the time one of them takes.
    """

    crossing_id: str
    mode: str
    background_day: float | None
    capacity_day: float | None
    factor: float
    servers: int
    open_share: float
    unit: float = 1.0
    service_cv: float = 1.0

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
        """Hours a truck or train occupies a lane or track."""
        return self.unit * self.servers * 24.0 * self.open_share / (self.capacity_day or np.nan)

    def arrivals_day(self, share: float) -> float:
        """Trucks or trains that come a day while open at a utilisation."""
        return share * (self.capacity_day or np.nan) / (self.unit * self.open_share)

    def wait(self, share: float) -> QueueWait:
        """Wait in the queue at a utilisation; beyond the limit along the tangent there."""
        arrivals, cv = self.arrivals_day(share) / 24.0, self.service_cv
        if share <= LIMIT_SHARE:
            return mgc_wait(arrivals, self.service_h, self.servers, service_cv=cv)
        return tangent_wait(arrivals, self.service_h, self.servers, service_cv=cv, limit=LIMIT_SHARE)

    def state(self, hours: float) -> str:
        """What can be said of the queue beside `hours` observed."""
        if self.usual_share is None or self.load_share is None:
            return UNKNOWN
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
    crossings: pl.DataFrame,
    servers: float = SERVERS,
    train_wagons: float = TRAIN_WAGONS,
    *,
    factor: float = 1.0,
) -> dict[tuple[str, str], Traffic]:
    """Traffic of every crossing and mode of a case, by crossing id and mode.

    Parameters
    ----------
    crossings
        Table of a case.
    servers
        Lanes in parallel at a road crossing.
    train_wagons
        Wagons of a train.
    factor
        Load asked for over the usual load.
    """
    found = {}
    for row in crossings.iter_rows(named=True):
        if ROAD in row["modes"]:
            found[row["crossing_id"], ROAD] = Traffic(
                row["crossing_id"],
                ROAD,
                row["background_trucks_day"],
                row["capacity_trucks_day"],
                factor,
                round(servers),
                _open_share(row["opening_hours"]),
            )
        if RAIL in row["modes"]:
            found[row["crossing_id"], RAIL] = Traffic(
                row["crossing_id"],
                RAIL,
                row["background_wagons_day"],
                row["capacity_wagons_day"],
                factor,
                servers=1,
                open_share=1.0,
                unit=train_wagons,
                service_cv=0.0,
            )
    return found


def _open_share(hours: str) -> float:
    begin, end = (int(t[:2]) + int(t[3:5]) / 60.0 for t in hours.split("-"))
    return ((end - begin) % 24.0 or 24.0) / 24.0
