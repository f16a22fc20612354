"""Figures of the case tables by what the network asks for: rates, border times, closures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from karwan.schema.modes import ROAD
from karwan.schema.units import BOX40, PARCEL, TONNE, USUAL
from karwan.transport.calendar import ClosedSpan
from karwan.transport.closures import SLOW, closure_spans, in_force
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, Term, figure_of, times
from karwan.transport.network.units import Unit, share_of, unit_term

Tables = Mapping[str, pl.DataFrame]


def latest(rows: Iterable[Row], table: str, key: str, column: str) -> CellFigure | None:
    """CellFigure of the newest row that has one; equal years keep the first in the file."""
    best: Row | None = None
    for row in rows:
        if row[column] is not None and (best is None or (row["year"] or 0) > (best["year"] or 0)):
            best = row
    return None if best is None else figure_of(best, table, key, column)


class Rates:
    """Line-haul money and speed by country and mode; a row without country holds wherever none is given."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self._found: dict[tuple[str, str, str], CellFigure | None] = {}
        self._money: dict[tuple[str, str, str, str], tuple[CellFigure, ...] | None] = {}
        for row in rows:
            if row["use"] == "model":
                self._rows[row["country"] or "", row["mode"]].append(row)

    def money(self, country: str, mode: str, unit: Unit, haul: str = "") -> tuple[CellFigure, ...] | None:
        """Figures whose product is the money of a unit over a kilometre.

        Its own rate, else that of its mode's usual unit times the share its row of `vehicles` states; a country without either takes
        the row without a country, then marked assumed. A rate for the direction ('head' or 'back') goes before one for both.
        """
        key = (country, mode, str(unit.row["vehicle_id"]), haul)
        if key not in self._money:
            self._money[key] = self._unit_money(country, mode, unit, haul)
        return self._money[key]

    def _unit_money(self, country: str, mode: str, unit: Unit, haul: str) -> tuple[CellFigure, ...] | None:
        usual, share = USUAL.get(mode, BOX40), share_of(unit)
        for place in dict.fromkeys((country, "")):
            own = self._unit_rate(place, mode, TONNE if unit.kind == PARCEL else unit.kind, haul)
            base = None if own else self._unit_rate(place, mode, usual, haul)
            found = [figure for figure in (own or base, None if own else share) if figure is not None]
            if own or base:
                return tuple(found if place == country else (f._replace(basis="assumed") for f in found))
        return None

    def _unit_rate(self, country: str, mode: str, unit: str, haul: str) -> CellFigure | None:
        rows = [row for row in self._rows.get((country, mode), ()) if (row["unit"] or unit) == unit]
        ways = (
            ([row for row in rows if row["haul"] == haul] if haul else []),
            [r for r in rows if not r["haul"]],
        )
        found = (latest(way, "rates", "rate_id", "cost_usd_km") for way in ways)
        return next((figure for figure in found if figure is not None), None)

    def find(self, country: str, mode: str, column: str) -> CellFigure | None:
        """Newest figure of a column; falls back to the row without a country, then marked assumed."""
        key = (country, mode, column)
        if key not in self._found:
            self._found[key] = self._look(*key)
        return self._found[key]

    def _look(self, country: str, mode: str, column: str) -> CellFigure | None:
        own = latest(self._rows.get((country, mode), ()), "rates", "rate_id", column)
        if own is not None:
            return own
        common = latest(self._rows.get(("", mode), ()), "rates", "rate_id", column)
        if common is None or not country:
            return common
        return common._replace(basis="assumed")


class CrossingTimes:
    """Hours and money at one side of a crossing."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row["use"] == "model":
                self._rows[row["crossing_id"], row["side"], row["mode"], row["direction"]].append(row)

    def find(self, crossing: str, side: str, mode: str, direction: str, column: str) -> CellFigure | None:
        """Newest figure of a column for a direction ('outbound' or 'inbound').

        A row for both directions stands in for a missing one; the opposite direction does too, then marked assumed.
        """
        for wanted in (direction, "both"):
            found = self._latest((crossing, side, mode, wanted), column)
            if found is not None:
                return found
        opposite = "inbound" if direction == "outbound" else "outbound"
        found = self._latest((crossing, side, mode, opposite), column)
        return None if found is None else found._replace(basis="assumed")

    def _latest(self, key: tuple[str, str, str, str], column: str) -> CellFigure | None:
        return latest(self._rows.get(key, ()), "crossing_times", "crossing_time_id", column)


@dataclass(frozen=True)
class ClosureBook:
    """Closures as they stand for a departure.

    Attributes
    ----------
    first_day
        Day the time axis starts.
    opened
        Place ids whose dated closures are set aside ('what if it were open').
    """

    rows: tuple[Row, ...]
    first_day: date
    opened: frozenset[str]

    def names(self, kind: str, place: str) -> bool:
        """Whether any row speaks of a place."""
        return (kind, place) in self._by_place

    def spans(self, kind: str, place: str, mode: str) -> list[tuple[ClosedSpan, Row]]:
        """Closed days of a place for a mode, with the row that says so."""
        found: list[tuple[ClosedSpan, Row]] = []
        if (kind, place) not in self._by_place:
            return found
        for row in self._of(kind, place, mode):
            set_aside = row["kind"] == "dated" and place in self.opened
            if row["kind"] != SLOW and not set_aside:
                found += [(span, row) for span in closure_spans(row, self.first_day)]
        return found

    def slowdown(self, kind: str, place: str, mode: str) -> CellFigure | None:
        """Added share of hours at a place on the departure day; None where nothing slows it."""
        if (kind, place) not in self._by_place:
            return None
        for row in self._of(kind, place, mode):
            slow = row["kind"] == SLOW and place not in self.opened
            if slow and in_force(row, self.first_day):
                return figure_of(row, "closures", "closure_id", "slowdown_share")
        return None

    def shut(self, kind: str, place: str, mode: str) -> bool:
        """Whether a dated closure of a place holds on the departure day."""
        if place in self.opened:
            return False
        return any(
            row["kind"] == "dated" and in_force(row, self.first_day) for row in self._of(kind, place, mode)
        )

    @cached_property
    def slows_anything(self) -> bool:
        """Whether anything is slowed on the departure day."""
        return any(row["kind"] == SLOW and in_force(row, self.first_day) for row in self.rows)

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row["place_kind"], row["place_id"]].append(row)
        return dict(found)

    def _of(self, kind: str, place: str, mode: str) -> Iterable[Row]:
        return [row for row in self._by_place.get((kind, place), ()) if row["mode"] in (None, mode)]


def access_rule(rows: Iterable[Row], country: str, registration: str, day: date) -> tuple[str, Row | None]:
    """What a truck registered in one country may do in another on a day.

    A rule that names the registration goes before one for any foreign truck; without a rule it is 'allowed'.
    """
    if country == registration:
        return "allowed", None
    best: Row | None = None
    for row in rows:
        fits = row["vehicle_registration"] in (None, registration)
        if row["country"] == country and row["mode"] == ROAD and in_time(row, day) and fits:
            if row["vehicle_registration"] == registration:
                return str(row["rule"]), row
            best = best or row
    return (str(best["rule"]), best) if best else ("allowed", None)


def in_time(row: Row, day: date) -> bool:
    """Whether a rule is in force on a day."""
    return (row["start"] is None or row["start"] <= day) and (row["end"] is None or day <= row["end"])


def gross_weight(truck: Row | None, load_t: float) -> float:
    """Tonnes of a loaded truck; 0 where its own weight is not known."""
    tare = truck["tare_t"] if truck else None
    return 0.0 if tare is None else float(tare) + load_t


def weight_limit(
    rows: Iterable[Row], places: Collection[tuple[str, str]], gross_t: float, day: date
) -> Row | None:
    """The limit that a truck of a gross weight exceeds at places (kind and id) on a day; what forbids it goes before a permit."""
    exceeded = [
        row
        for row in rows
        if row["max_gross_t"] < gross_t
        and (row["place_kind"], row["place_id"]) in places
        and in_time(row, day)
    ]
    return min(exceeded, key=lambda r: (r["over"] != "forbidden", r["max_gross_t"]), default=None)


def fee_terms(rows: Iterable[Row], test: Callable[[Row], bool], unit: Unit) -> tuple[Term, ...]:
    """Money of the fees that pass a test, per tonne or per unit; one on a container falls on no other unit that is counted apart."""
    found = []
    for row in rows:
        if not test(row) or (row["unit"] == "container" and unit.row["form"] == "bulk"):
            continue
        figure = figure_of(row, "fees", "fee_id", "cost_usd")
        found.append(times("usd_t", figure) if row["unit"] == "t" else unit_term(unit, figure))
    return tuple(found)
