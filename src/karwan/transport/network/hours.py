"""Factors on hours by kind of place, and the queues of bad days, as a case states them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from karwan.schema.modes import ROAD, WATER_MODES
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, figure_of

TRIP = "trip"
"""Row of the table `hours` that says what all stages of a trip share."""
PORT_KIND = "port"


class HoursKind(NamedTuple):
    """A kind of place with its factor on hours.

    Attributes
    ----------
    name
        Key of the table `hours`; blank where the case has no such row.
    factor
        What the hours are multiplied by.
    log_sd
        How far the factor may be off.
    own_log_sd, other_log_sd
        How far the figure of one place may be off, its own and one borrowed from others.
    """

    name: str
    factor: CellFigure
    log_sd: float
    own_log_sd: float
    other_log_sd: float

    def factors(self) -> tuple[CellFigure, ...]:
        """The factor as a list of figures: none where the case has no row."""
        return (self.factor,) if self.name else ()

    def spread(self, cv: float, figure: CellFigure) -> float:
        """Coefficient of variation of hours from day to day, widened by how far the figure of the place may be off."""
        off = self.other_log_sd if figure.basis == "assumed" else self.own_log_sd
        return widened(cv, off)


def widened(cv: float, off_log_sd: float) -> float:
    """Coefficient of variation of hours whose mean may be off by a factor with a standard deviation of the log."""
    if off_log_sd == 0.0:
        return cv
    return math.sqrt((1.0 + cv**2) * math.exp(off_log_sd**2) - 1.0)


NO_KIND = HoursKind("", CellFigure(1.0, "assumed", ""), 0.0, 0.0, 0.0)


class HoursBook:
    """Rows of the table `hours` by kind of place."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._kinds = {
            row["hours_id"]: HoursKind(
                row["hours_id"],
                figure_of(row, "hours", "hours_id", "factor"),
                row["log_sd"],
                row["own_log_sd"],
                row["other_log_sd"],
            )
            for row in rows
        }

    def kind(self, name: str) -> HoursKind:
        """A kind of place; one without effect where the case has no row."""
        return self._kinds.get(name, NO_KIND)

    @property
    def trip_log_sd(self) -> float:
        """Standard deviation of the log of the factor that all stages of a trip share."""
        return self.kind(TRIP).log_sd


class QueueBook:
    """Rows of the table `queue_states` by crossing, mode and side left."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {(row["crossing_id"], row["mode"], row["side"] or ""): row for row in rows}

    def find(self, crossing: str, mode: str, side: str) -> tuple[CellFigure, CellFigure] | None:
        """Share of days and hours waited of the queue before a side that is left; None where none is known."""
        row = self._rows.get((crossing, mode, side)) or self._rows.get((crossing, mode, ""))
        if row is None:
            return None
        key = ("queue_states", "queue_id")
        return figure_of(row, *key, "days_share"), figure_of(row, *key, "wait_h")


def haul_kind(mode: str) -> str:
    """Kind of place of line haul."""
    return f"{mode}_haul"


def border_kind(mode: str) -> str:
    """Kind of place of a crossing."""
    return f"{mode}_border"


def transfer_kind(*modes: str) -> str:
    """Kind of place of a change between modes: a port where one goes by water, else a terminal."""
    return PORT_KIND if any(mode in WATER_MODES for mode in modes) else "terminal"


SAILING_KIND = "sailing"
SWAP_KIND = transfer_kind(ROAD)
