"""Whose consent a scenario supposes: the countries whose agreements, borders, places, tariffs or companies it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.schema import load_schema

Row = Mapping[str, Any]
COUNTRY_COLUMNS = ("country", "country_a", "country_b", "importer", "side")
"""Columns that name a country which decides about the row."""
PLACE_COLUMNS = ("place_id", "node_id")


def scenario_consent(case: Case, scenario: Scenario) -> tuple[str, ...]:
    """Codes of the countries whose rows a scenario changes, in order.

    A row of an agreement, or one that rests on an agreement, needs all its parties; a crossing both sides, a side of it that side; a place its
    country; a tariff the importer; a service the countries of its operators and of their owners. What no country decides, as a parameter, needs none.

    Examples
    --------
    >>> from karwan.case import read_case
    >>> from karwan.case.scenario import find_scenario
    >>> toyland = read_case("toyland")
    >>> scenario_consent(toyland, find_scenario(toyland.folder, "fast_yard"))
    ('XTA', 'XTB', 'XTC')
    """
    found: set[str] = set()
    deciders = _Deciders(case, scenario)
    for row in _rows(case, scenario):
        found |= set(deciders.of(row))
    return tuple(sorted(found & set(case["countries"]["country"])))


def _rows(case: Case, scenario: Scenario) -> Iterator[Row]:
    """Rows that a scenario changes, as the case has them and with its values; of an added row only the latter."""
    schema = load_schema()
    for change in scenario.overrides:
        if change.table in schema:
            key = schema[change.table].key
            held = case[change.table].filter(case[change.table][key].is_in(list(change.keys)))
            yield from held.iter_rows(named=True)
            yield change.values


class _Deciders:
    """Who decides about rows of a case, with what a scenario adds to its operators and agreements."""

    def __init__(self, case: Case, scenario: Scenario) -> None:
        self.regimes = _by_key(case, "regimes", "regime_id")
        self.operators = _by_key(case, "operators", "operator_id")
        added = (change for change in scenario.overrides if change.action == "add")
        for change in added:
            if change.table == "operators":
                self.operators[change.keys[0]] = change.values
        nodes = case["nodes"].select("node_id", "country").iter_rows()
        links = case["links"].select("link_id", "country").iter_rows()
        self.places = {place: (country,) for place, country in (*nodes, *links)}
        crossings = case["crossings"].select("crossing_id", "country_a", "country_b").iter_rows()
        self.places |= {crossing: (one, other) for crossing, one, other in crossings}

    def of(self, row: Row) -> Iterator[str]:
        """Codes of the countries that decide about a row."""
        yield from _several(row.get("parties"))
        yield from (str(row[name]) for name in COUNTRY_COLUMNS if row.get(name))
        for name in PLACE_COLUMNS:
            place = str(row.get(name) or "")
            yield from self.places.get(place, (place,))
        regime = self.regimes.get(str(row.get("regime_id") or ""))
        if regime is not None:
            yield from _several(regime["parties"])
        for name in (*_several(row.get("operator_ids")), *_several(row.get("owners"))):
            yield from self._operator(name)

    def _operator(self, name: str) -> Iterator[str]:
        """Countries of an operator and of the operators that own it."""
        row = self.operators.get(name, {})
        for one in (row, *(self.operators.get(owner, {}) for owner in _several(row.get("owners")))):
            if one.get("country"):
                yield str(one["country"])


def _by_key(case: Case, table: str, key: str) -> dict[str, Row]:
    return {row[key]: row for row in case[table].iter_rows(named=True)}


def _several(value: object) -> Iterable[str]:
    """Names in a list, or in the text of one as a scenario gives it."""
    if isinstance(value, str):
        return [name for name in value.split(";") if name]
    return [str(name) for name in value] if isinstance(value, list) else []
