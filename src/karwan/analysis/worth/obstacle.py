"""What a scenario takes out of the way, in words, read from its overrides."""

from __future__ import annotations

from functools import cache

from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.schema import load_schema

SHOWN = 3


def obstacle_text(base: Case, changed: Case, scenario: Scenario) -> str:
    """'closure of Torkham and Chaman; missing line Herat - Kandahar (rail)', the obstacles in the order of the tables.

    Parameters
    ----------
    base, changed
        The case without and with the scenario.
    scenario
        The scenario.
    """
    found: dict[str, list[str]] = {}
    names = Names(base, changed)
    order = {name: number for number, name in enumerate(load_schema())}
    cells = [
        (override.table, key, column)
        for override in sorted(scenario.overrides, key=lambda o: order.get(o.table, len(order)))
        for key in override.keys
        for column in override.values or ("",)
    ]
    for table, key, column in cells:
        what, place = names.obstacle(table, key, column)
        if what:
            places = found.setdefault(what, [])
            if place and place not in places:
                places.append(place)
    return "; ".join(_phrase(what, places) for what, places in found.items())


def _phrase(what: str, places: list[str]) -> str:
    if what == DUTIES:
        return f"{what} on {len(places)} goods"
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return " ".join(filter(None, (what, ", ".join(places[:SHOWN]) + more)))


DUTIES = "duties"
# Table, and column where it matters: what stands in the way.
OBSTACLES = {
    ("closures", ""): "closure of",
    ("links", "state"): "missing line",
    ("links", "opens_on"): "missing line",
    ("links", "cost_factor"): "tariff on",
    ("links", ""): "state of",
    ("crossings", "closed_weekdays"): "closed days at",
    ("crossings", "opening_hours"): "opening hours at",
    ("crossings", ""): "limits of",
    ("crossing_times", ""): "hours at",
    ("transfers", ""): "hours and charges of boxes at",
    ("services", ""): "few sailings",
    ("land_services", ""): "no through rate",
    ("fees", ""): "fees at",
    ("rates", ""): "freight rates of",
    ("regimes", ""): "no agreement in force:",
    ("tariffs", ""): DUTIES,
}

# Table, its key, and the column that names what a row is about.
NAMED = {
    "regimes": ("regime_id", "name"),
    "tariffs": ("tariff_id", "product_id"),
    "terminals": ("terminal_id", "name"),
    "documents": ("document_id", "title"),
}

ACCESS = {
    "permit": "permits for each trip in",
    "swap": "changes of trucks in",
    "forbidden": "ban on foreign trucks in",
}
"""What stands in the way by the access rule there was."""


class Names:
    """Names of what the rows of a case stand for.

    Parameters
    ----------
    base, changed
        The case without and with a scenario.
    """

    def __init__(self, base: Case, changed: Case) -> None:
        self.cases = (changed, base)
        self.node = self._map("nodes", "node_id", "name")
        self.crossing = self._map("crossings", "crossing_id", "name")
        self.country = self._map("countries", "country", "name")
        self.rows = cache(self._rows)

    def _map(self, table: str, key: str, column: str) -> dict[str, str]:
        return {k: v for case in reversed(self.cases) for k, v in case[table].select(key, column).iter_rows()}

    def _rows(self, table: str, key: str) -> list[dict[str, dict[str, object]]]:
        return [{row[key]: row for row in case[table].iter_rows(named=True)} for case in self.cases]

    def row(self, table: str, key_column: str, key: str) -> dict[str, object]:
        """Row of a table with the scenario, or else without it; empty where there is none."""
        for rows in self.rows(table, key_column):
            if key in rows:
                return rows[key]
        return {}

    def obstacle(self, table: str, key: str, column: str) -> tuple[str, str]:
        """Kind of obstacle a changed cell speaks of, empty where none, and the place."""
        if table == "access":
            what = ACCESS.get(self._rule(key), "") if column == "rule" else ""
            return what, self.row_place(table, key) if what else ""
        what = OBSTACLES.get((table, column)) or OBSTACLES.get((table, ""), "")
        return what, self.row_place(table, key) if what else ""

    def _rule(self, access_id: str) -> str:
        """Access rule of a row before; blank where there was none."""
        _, base = self.rows("access", "access_id")
        return str(base.get(access_id, {}).get("rule", ""))

    def row_place(self, table: str, key: str) -> str:
        """Name of the place, country, line or good that a row of a table is about."""
        if table == "closures":
            return self.place(str(self.row(table, "closure_id", key).get("place_id", key)))
        if table == "links":
            row = self.row(table, "link_id", key)
            ends = [self.node.get(str(row.get(end)), key) for end in ("from_node_id", "to_node_id")]
            return f"{ends[0]} – {ends[1]} ({row.get('mode', '')})"
        if table in ("crossings", "crossing_times"):
            row = self.row(table, f"{table[:-1]}_id", key)
            return self.place(str(row.get("crossing_id", key)))
        if table == "transfers":
            return self.place(str(self.row(table, "transfer_id", key).get("node_id", key)))
        if table == "services":
            link = str(self.row(table, "service_id", key).get("link_id", key))
            return self.row_place("links", link)
        if table == "fees":
            return self.place(str(self.row(table, "fee_id", key).get("place_id", key)))
        if table in ("access", "rates"):
            row = self.row(table, "access_id" if table == "access" else "rate_id", key)
            return self.place(str(row.get("country", key)))
        if table == "land_services":
            row = self.row(table, "land_service_id", key)
            return f"{row.get('from_place', key)} – {row.get('to_place', '')}"
        if table in NAMED:
            row_key, column = NAMED[table]
            return str(self.row(table, row_key, key).get(column) or key)
        return key

    def place(self, place_id: str) -> str:
        """Name of a node, crossing, link or country."""
        for names in (self.crossing, self.node, self.country):
            if place_id in names:
                return names[place_id]
        return place_id
