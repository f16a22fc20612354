"""What the cells that a scenario moves are called in a plan: figures with names of places and countries, their values before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.amounts import number, percent
from karwan.analysis.worth.obstacle import Names
from karwan.case import Case
from karwan.schema import load_schema
from karwan.transport.calendar import WEEKDAYS
from karwan.transport.duty import Tariffs

SHOWN = 3  # places named of a figure, and figures of a promise
NOTHING = "none"
CELLS = {
    ("closures", "end"): "closure of {places}",
    ("links", "state"): "state of the line {places}",
    ("links", "cost_factor"): "rail tariff as a share of the full one on {places}",
    ("crossings", "closed_weekdays"): "weekdays closed at {places}",
    ("crossings", "opening_hours"): "opening hours of {places}",
    ("crossing_times", "time_h"): "hours at {places}",
    ("terminals", "dwell_time_h"): "hours a box stays at {places}",
    ("transfers", "time_h"): "hours to change carriage at {places}",
    ("services", "sailings_per_week"): "sailings a week {places}",
    ("land_services", "rate_usd"): "through rate in USD {places}",
    ("fees", "amount_usd"): "fee in USD at {places}",
    ("rates", "cost_usd_km"): "haulage in USD a km in {places}",
    ("access", "rule"): "entry of the other side's trucks into {places}",
    ("regimes", "state"): "state of the {places}",
    ("tariffs", "rate_share"): "import duty on {places}",
    ("tariffs", "specific_usd_t"): "import duty in USD a tonne on {places}",
    ("documents", "time_h"): "hours to obtain: {places}",
}
"""Table and column to what the cell is; cells of other columns of these tables only go with them."""
EVIDENCE = {
    "closures": "a notice of either customs service, and thirty days of crossings counted at the place",
    "crossing_times": "hours counted at the place for three months, by CPMM or by both customs services",
    "crossings": "a published timetable, and one month kept to it",
    "tariffs": "the decision gazetted by the importing side, and the first declaration at the new rate",
    "regimes": "both instruments of ratification, and the first truck under the regime",
    "regime_terms": "the signed text, and the first truck under its terms",
    "access": "the signed protocol, and permits issued",
    "links": "the first regular train or truck with goods, and its waybill",
    "services": "a published schedule, and three months kept to it",
    "rates": "a published tariff, and three invoices",
    "land_services": "a published timetable and tariff, and three months kept to them",
    "fees": "the notice that lifts it, and three receipts",
    "transfers": "dwell of boxes published by the terminal for three months",
    "terminals": "dwell of boxes published by the terminal for three months",
}


@dataclass(frozen=True)
class Moved:
    """A figure that a promise moves: what it is, and its values before and after."""

    what: str
    before: str
    after: str


class Wording:
    """Words for what a scenario moves.

    Parameters
    ----------
    base, changed
        The case without and with the scenario.
    cells
        Result of `karwan.case.scenario.differences`.
    """

    def __init__(self, base: Case, changed: Case, cells: pl.DataFrame) -> None:
        self.base, self.changed, self.cells = base, changed, cells
        self.names = Names(base, changed)
        self._goods = dict(changed["products"].select("product_id", "name").iter_rows())
        self._now = Tariffs(base["tariffs"])

    def moved(self) -> list[Moved]:
        """Figures in the order of the tables; cells of one kind stand together."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._rows():
            found.setdefault(self._what(row), []).append(row)
        return [self._figure(what, rows) for what, rows in found.items()]

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        """Cells that speak for themselves; of a table all whose changed columns are others, these."""
        known = {
            table
            for table, column in self.cells.select("table", "column").iter_rows()
            if (table, column) in CELLS
        }
        for row in self.cells.iter_rows(named=True):
            if (row["table"], row["column"]) in CELLS or not known:
                yield row

    @staticmethod
    def _what(row: Mapping[str, Any]) -> str:
        other = f"{row['column'].replace('_', ' ')} of {{places}}"
        return CELLS.get((row["table"], row["column"]), other)

    def _figure(self, what: str, rows: Sequence[Mapping[str, Any]]) -> Moved:
        places = list(dict.fromkeys(self._place(row) for row in rows))
        return Moved(
            what.format(places=listed(places)),
            _values([self._before(row) for row in rows], rows[0]["column"]),
            _values([row["after"] for row in rows], rows[0]["column"]),
        )

    def _place(self, row: Mapping[str, Any]) -> str:
        place = self.names.row_place(row["table"], row["key"])
        return str(self._goods.get(place, place))

    def _before(self, row: Mapping[str, Any]) -> str | None:
        """Value before; of a duty that a new row sets, the duty charged without it."""
        before: str | None = row["before"]
        if row["table"] != "tariffs" or before is not None:
            return before
        own = self.names.row("tariffs", "tariff_id", row["key"])
        duty = self._now.duty(str(own["product_id"]), str(own["importer"]), str(own["exporter"]))
        return str(duty.rate_share if row["column"] == "rate_share" else duty.specific_usd_t)

    def evidence(self) -> str:
        """What will count as evidence for the tables that move."""
        found: dict[str, None] = {}
        for table, column in self.cells.select("table", "column").iter_rows():
            name = "rates" if column == "cost_factor" else table
            if name in EVIDENCE:
                found[EVIDENCE[name]] = None
        return "; ".join(found) or "a report of either side with its source"

    def is_built(self) -> bool:
        """Whether a line has to be built, not only its tariff cut."""
        return bool(
            self.cells.filter((pl.col("table") == "links") & (pl.col("column") != "cost_factor")).height
        )

    def countries(self) -> list[str]:
        """Countries where the rows that move stand, in their order."""
        node = dict(self.changed["nodes"].select("node_id", "country").iter_rows())
        keys = {name: spec.key for name, spec in load_schema().items()}
        found: dict[str, None] = {}
        for table, key in self.cells.select("table", "key").unique(maintain_order=True).iter_rows():
            row = self.names.row(table, keys[table], key)
            ends = [node.get(str(row.get(name))) for name in ("node_id", "from_node_id", "to_node_id")]
            for code in (row.get("country"), row.get("importer"), *ends):
                if code:
                    found[str(code)] = None
        return list(found)


def listed(names: Sequence[str]) -> str:
    """Names in a row; the first ones and how many more where they are many."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _values(cells: Sequence[str | None], column: str) -> str:
    """Values of one figure in words: one, the range of numbers, or a list."""
    texts = list(dict.fromkeys(cells))
    amounts = _amounts(texts)
    if amounts is None or len(amounts) == 1:
        return listed([_value(text, column) for text in texts])
    return f"{_amount(min(amounts), column)}–{_amount(max(amounts), column)}"


def _amounts(texts: Sequence[str | None]) -> list[float] | None:
    """The texts as numbers; None where one is none."""
    try:
        return [float(text or "") for text in texts]
    except ValueError:
        return None


def _value(text: str | None, column: str) -> str:
    if column == "end":  # of a closure
        return "lifted" if text else "in force"
    if not text:
        return NOTHING
    if column == "closed_weekdays":
        return ", ".join(_DAYS.get(day, day) for day in text.split(";"))
    amounts = _amounts([text])
    return text.replace("_", " ") if amounts is None else _amount(amounts[0], column)


def _amount(value: float, column: str) -> str:
    if column in ("rate_share", "cost_factor"):
        return percent(value)
    text = number(value, 2)
    return text.rstrip("0").rstrip(".")


_DAYS = dict(
    zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)
