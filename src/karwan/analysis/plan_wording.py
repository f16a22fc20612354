"""What the cells that a scenario moves are called in a plan: figures with names of places and countries, their values before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from karwan.amounts import number, percent
from karwan.analysis.worth.obstacle import Names
from karwan.case import Case
from karwan.schema import load_schema
from karwan.transport.calendar import WEEKDAYS
from karwan.transport.duty import Tariffs
from karwan.transport.network import worst_basis
from karwan.transport.network.terms import join_sources

SHOWN = 3  # places named of a figure
FEW = 3  # pairs of values that are told apart; of more the range is said
NOTHING = "none"
SAID = "Scenario "  # how the note of a row begins that a scenario touched; see `karwan.case.scenario`
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
    ("tariffs", "rate_share"): "import duty of {importer} on {places}",
    ("tariffs", "specific_usd_t"): "import duty of {importer} in USD a tonne on {places}",
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


@dataclass(frozen=True)
class Cell:
    """A value that a promise moves: of what (with a gap for the place), where, before and after as in the tables, why where the scenario says so."""

    what: str
    place: str
    column: str
    before: str | None
    after: str | None
    why: str = ""

    @property
    def way(self) -> int:
        """1 where it rises, -1 where it falls, 0 where it is no number before or after."""
        amounts = _amounts([self.before, self.after])
        return 0 if amounts is None else (amounts[1] > amounts[0]) - (amounts[1] < amounts[0])

    def shown(self) -> Moved:
        """The one value in words."""
        return _figure([self])


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
        self._operators = dict(changed["operators"].select("operator_id", "country").iter_rows())
        self._duties = Tariffs(base["tariffs"]), Tariffs(changed["tariffs"])

    def moved(self) -> list[Moved]:
        """Figures in the order of the tables.

        Cells of one kind stand together: those with the same values, or of many different ones those that fall and those that rise. A figure that
        moves against most of its kind says why.
        """
        found: dict[str, list[Cell]] = {}
        for cell in self.schedule():
            found.setdefault(cell.what, []).append(cell)
        return [moved for cells in found.values() for moved in _figures(cells)]

    def schedule(self) -> list[Cell]:
        """Each value that is moved."""
        return [self._cell(row) for row in self._rows()]

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

    def _cell(self, row: Mapping[str, Any]) -> Cell:
        other = f"{row['column'].replace('_', ' ')} of {{places}}"
        what = CELLS.get((row["table"], row["column"]), other)
        place = self.names.row_place(row["table"], row["key"])
        before, after = row["before"], row["after"]
        if row["table"] == "tariffs":
            own = self.names.row("tariffs", "tariff_id", row["key"])
            what = what.replace("{importer}", self.names.place(str(own["importer"])))
            before, after = (self._duty(own, row["column"], after=after) for after in (False, True))
        why = self._why(row["table"], row["key"])
        return Cell(what, str(self._goods.get(place, place)), row["column"], before, after, why)

    def _why(self, table: str, key: str) -> str:
        """Reason that a scenario gives for a row, as its note holds it."""
        note = str(self.names.row(table, load_schema()[table].key, key).get("note") or "")
        _, told, reason = note.rpartition(SAID)
        return reason.partition(": ")[2] if told else ""

    def _duty(self, row: Mapping[str, Any], column: str, *, after: bool) -> str:
        """Duty charged on a good without or with the scenario: all that is added up, preferences counted."""
        duty = self._duties[after].duty(str(row["product_id"]), str(row["importer"]), str(row["exporter"]))
        return str(duty.rate_share if column == "rate_share" else duty.specific_usd_t)

    def baseline_rests_on(self) -> str:
        """Basis and sources of the values before, as the tables have them."""
        keys = {name: spec.key for name, spec in load_schema().items()}
        found = []
        for table, key in self.cells.select("table", "key").unique(maintain_order=True).iter_rows():
            held = self.base[table].filter(pl.col(keys[table]) == key)
            if "source_id" in held.columns:
                found += held.select("basis", "source_id").rows()
        if not found:
            return ""
        sources = join_sources(*(source for _, source in found)).split(";")
        return f"{worst_basis(*(basis for basis, _ in found))}: {listed(sources)}"

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
            for code in (row.get("country"), row.get("importer"), *ends, *self._owners(row)):
                if code:
                    found[str(code)] = None
        return list(found)

    def _owners(self, row: Mapping[str, Any]) -> list[str]:
        """Countries of those who own a company that is founded."""
        return [self._operators[name] for name in row.get("owners") or () if name in self._operators]

    def regimes(self) -> list[str]:
        """Regimes whose state moves."""
        own = (pl.col("table") == "regimes") & (pl.col("column") == "state")
        return self.cells.filter(own)["key"].to_list()


def _parts(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells of one kind as figures: by their values where these are few, else by the way they go."""
    few = len({(cell.before, cell.after) for cell in cells}) <= FEW
    found: dict[object, list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.before, cell.after) if few else cell.way, []).append(cell)
    return sorted(found.values(), key=lambda part: -len(part))


def _figures(cells: Sequence[Cell]) -> Iterator[Moved]:
    """Figures of cells of one kind, with the reason of each that moves against the first and largest."""
    first, *others = _parts(cells)
    yield _figure(first)
    for part in others:
        moved, why = _figure(part), part[0].why.rstrip(".")
        against = part[0].way * first[0].way < 0 and why
        yield replace(moved, after=f"{moved.after} ({why[0].lower()}{why[1:]})") if against else moved


def _figure(cells: Sequence[Cell]) -> Moved:
    places = list(dict.fromkeys(cell.place for cell in cells))
    column = cells[0].column
    return Moved(
        cells[0].what.format(places=listed(places)),
        _values([cell.before for cell in cells], column),
        _values([cell.after for cell in cells], column),
    )


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
