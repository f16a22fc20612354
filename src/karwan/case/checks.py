"""Checks that look across rows and tables of a case."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cache

import polars as pl

from karwan.case.operator_checks import OPERATOR_RULES
from karwan.case.port_checks import PORT_RULES
from karwan.case.problems import SHOWN, Problem
from karwan.case.reader import MAX_PROBLEMS
from karwan.case.rows import cells, numbered_rows
from karwan.case.settings import CaseSettings
from karwan.case.venture_checks import VENTURE_RULES
from karwan.schema import load_schema, parameter_bounds
from karwan.schema.cargoes import CARGOES
from karwan.schema.modes import LAND_MODES, RAIL

Tables = Mapping[str, pl.DataFrame]
_DAY = re.compile(r"(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_HOURS = re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)-(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_WEEKDAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}


def check_references(
    tables: Tables, unreadable: set[str], among: Collection[str] | None = None
) -> list[Problem]:
    """Every cell that names a row of another table, against that table.

    `unreadable` names files whose keys are not known; references to them are not judged. `among` names the tables whose cells are judged, all
    of them where it is None.
    """
    problems: list[Problem] = []
    keys: dict[tuple[str, str], set[str]] = {}
    for name, column, (target, key) in _references():
        if not tables[name].height or f"{target}.csv" in unreadable or not (among is None or name in among):
            continue
        if (target, key) not in keys:
            keys[target, key] = set(tables[target].get_column(key).to_list())
        known = keys[target, key]
        named = tables[name].get_column(column).to_list()
        wrong = [(row, p) for row, p in _parts(named, column) if p not in known]
        problems += [
            _unknown(f"{name}.csv", row, column, part, target, known, hinted=n < SHOWN)
            for n, (row, part) in enumerate(wrong[:MAX_PROBLEMS])
        ]
    return problems


@cache
def _references() -> list[tuple[str, str, tuple[str, str]]]:
    """Table, column, and the table and key it names, of every column that names rows."""
    columns = [(spec.name, column) for spec in load_schema().values() for column in spec.columns]
    return [(name, c.name, c.references) for name, c in columns if c.references is not None]


def _parts(named: Iterable[str | Sequence[str] | None], column: str) -> Iterator[tuple[int, str]]:
    """Row in the file and name of what cells name; a list and a cell of sources may name several."""
    for row, value in enumerate(named, start=2):
        if isinstance(value, str):
            value = value.split(";") if column == "source_id" else [value]
        for part in value or ():
            yield row, part.strip()


def _unknown(
    file: str, row: int, column: str, value: str, target: str, known: set[str], *, hinted: bool = True
) -> Problem:
    """A cell that names no row of another table; near keys are looked for where `hinted`, which takes time."""
    close = get_close_matches(value, [k for k in known if k], n=3, cutoff=0.5) if hinted else []
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    return Problem("error", file, row, column, value, f"not in {target}.csv{hint}", f"a key of {target}.csv")


def check_rules(tables: Tables, settings: CaseSettings) -> list[Problem]:
    """Rules that a schema row cannot say; each function below is one of them."""
    problems = [*_settings_name_rows(tables, settings), *_settings_say_what(tables, settings)]
    for rule in RULES:
        problems += rule(tables)
    return problems


def _settings_name_rows(tables: Tables, settings: CaseSettings) -> list[Problem]:
    """What `case.yaml` names exists: parties, places inside their party, and the product."""
    places = dict(cells(tables["nodes"], "node_id", "country"))
    countries = set(tables["countries"]["country"])
    problems = [
        _unknown("case.yaml", 0, key, code, "countries", countries)
        for key, code in (("party_a", settings.party_a), ("party_b", settings.party_b))
        if code not in countries
    ]
    ends: dict[str, tuple[tuple[str, ...], str]] = {
        "brief.origins": (settings.origins, settings.party_a),
        "brief.destinations": (settings.destinations, settings.party_b),
        "brief.ports": (settings.ports, ""),
    }
    for key, (names, party) in ends.items():
        for name in names:
            if name not in places:
                problems.append(_unknown("case.yaml", 0, key, name, "nodes", set(places)))
            elif party and places[name] in countries - {party}:
                message = f"lies in {places[name]}, not in {party}"
                problems.append(Problem("error", "case.yaml", 0, key, name, message, f"a node of {party}"))
    product = settings.reference_product
    known = tables["products"]
    if product and not any(product in set(known[column]) for column in ("product_id", "hs_code", "name")):
        problems.append(
            _unknown("case.yaml", 0, "brief.reference_product", product, "products", set(known["product_id"]))
        )
    return problems


def _settings_say_what(tables: Tables, settings: CaseSettings) -> list[Problem]:
    """`case.yaml` names what the brief compares; a case whose table has no rows yet is only warned."""
    wanted = {
        "brief.origins": (settings.origins, "nodes", "node ids inside party_a"),
        "brief.destinations": (settings.destinations, "nodes", "node ids inside party_b"),
        "brief.reference_product": (settings.reference_product, "products", "a product_id"),
    }
    return [
        Problem(
            "error" if tables[table].height else "warning",
            "case.yaml",
            0,
            key,
            "",
            "names none: nothing can be compared",
            f"{allowed} of {table}.csv",
        )
        for key, (named, table, allowed) in wanted.items()
        if not named
    ]


def _each(
    tables: Tables, name: str, test: Callable[[dict[str, object]], tuple[str, str, str] | None]
) -> list[Problem]:
    problems = []
    for row, values in numbered_rows(tables[name]):
        found = test(values)
        if found:
            column, message, allowed = found
            cell = values.get(column)
            text = "" if cell is None else ";".join(cell) if isinstance(cell, list) else str(cell)
            problems.append(Problem("error", f"{name}.csv", row, column, text, message, allowed))
    return problems


def links_have_mode_fields(tables: Tables) -> list[Problem]:
    """Rail links have a gauge, land links a country, and no link joins a node to itself."""

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        if row["from_node_id"] is not None and row["from_node_id"] == row["to_node_id"]:
            return "to_node_id", "link joins a node to itself", "two different nodes"
        if row["mode"] == RAIL and row["gauge_mm"] is None and row["state"] == "open":
            return "gauge_mm", "open rail link without a gauge", "1435, 1520 or 1676"
        if row["mode"] in LAND_MODES and row["country"] is None:
            return "country", "land link without a country", "the country whose rates hold on it"
        if row["season"] is not None and not _is_season(str(row["season"])):
            return "season", "not a season", "MM-DD..MM-DD"
        return None

    return _each(tables, "links", test)


def crossing_links_lie_on_a_side(tables: Tables) -> list[Problem]:
    """A land link that ends at a crossing lies in one of the crossing's two countries."""
    sides = {
        row["node_id"]: (row["country_a"], row["country_b"]) for _, row in numbered_rows(tables["crossings"])
    }

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        for end in ("from_node_id", "to_node_id"):
            pair = sides.get(row[end])
            if pair and row["mode"] in LAND_MODES and row["country"] not in pair:
                return (
                    "country",
                    f"link ends at crossing {row[end]} but lies in neither of its countries",
                    " or ".join(side for side in pair if side),
                )
        return None

    return _each(tables, "links", test)


def crossings_have_hours(tables: Tables) -> list[Problem]:
    """Opening hours and weekdays are written as declared, the two countries differ."""

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        if not _HOURS.fullmatch(str(row["opening_hours"])):
            return "opening_hours", "not opening hours", "HH:MM-HH:MM"
        if set(row["closed_weekdays"] or ()) - _WEEKDAYS:  # type: ignore[call-overload]
            return "closed_weekdays", "not weekdays", "Mon;Tue;Wed;Thu;Fri;Sat;Sun"
        if row["country_a"] == row["country_b"]:
            return "country_b", "a crossing joins two countries", "the other country"
        return None

    return _each(tables, "crossings", test)


def _is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, with or without a year (29 February then counts)."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text if len(text) == len("YYYY-MM-DD") else f"2024-{text}")
    except ValueError:
        return False
    return True


def _is_season(text: str) -> bool:
    """Whether a text is two days of any year, MM-DD..MM-DD."""
    ends = text.split("..")
    return len(ends) == 2 and all(len(day) == len("MM-DD") and _is_day(day) for day in ends)


def closures_name_places(tables: Tables) -> list[Problem]:
    """A closure names a place that exists, with days written as declared."""
    keys = _places(tables)

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        kind = str(row["place_kind"])
        if kind in keys and row["place_id"] not in keys[kind]:
            return "place_id", f"no such {kind}", f"a key of the {kind} table"
        for column in ("start", "end"):
            fault = None if row[column] is None else _wrong_day(row, str(row[column]))
            if fault is not None:
                return column, *fault
        if len(str(row["start"])) == len("YYYY-MM-DD") and str(row["end"] or "9999") < str(row["start"]):
            return "end", "ends before it starts", "a day on or after start"
        if row["kind"] == "seasonal" and row["end"] is None:
            return "end", "a seasonal closure has two days", "MM-DD"
        if row["kind"] == "disruption" and row["slowdown_share"] is None:
            return "slowdown_share", "a disruption needs its slowdown", "added share of hours, 0 or more"
        return None

    return _each(tables, "closures", test)


def _wrong_day(row: dict[str, object], value: str) -> tuple[str, str] | None:
    """What is wrong with an end of a closure, and what is allowed."""
    if not _is_day(value):
        return "not a day", "YYYY-MM-DD, or MM-DD for seasonal"
    if row["kind"] == "dated" and len(value) != len("YYYY-MM-DD"):
        return "a dated closure without a year", "YYYY-MM-DD"
    if len(value) != len(str(row["start"])):
        return "written in another way than start", "both YYYY-MM-DD or both MM-DD"
    return None


def _places(tables: Tables) -> dict[str, set[str]]:
    """Keys of each kind of place."""
    return {
        "crossing": set(tables["crossings"]["crossing_id"]),
        "link": set(tables["links"]["link_id"]),
        "node": set(tables["nodes"]["node_id"]),
        "service": set(tables["services"]["service_id"]),
        "country": set(tables["countries"]["country"]),
    }


def weight_limits_name_places(tables: Tables) -> list[Problem]:
    """A weight limit names a place that exists."""
    keys = _places(tables)

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        kind = str(row["place_kind"])
        if row["place_id"] in keys.get(kind, ()):
            return None
        return "place_id", f"no such {kind}", f"a key of the {kind} table"

    return _each(tables, "weight_limits", test)


def restrictions_name_places(tables: Tables) -> list[Problem]:
    """A ban or sanction names a place that exists, and ends no earlier than it starts."""
    keys = _places(tables)

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        kind = str(row["place_kind"])
        if row["place_id"] not in keys.get(kind, ()):
            return "place_id", f"no such {kind}", f"a key of the {kind} table"
        start, end = row["start"], row["end"]
        if isinstance(start, date) and isinstance(end, date) and end < start:
            return "end", f"before its start {start}", "a day from the start on"
        return None

    return _each(tables, "restrictions", test)


def corridors_name_nodes(tables: Tables) -> list[Problem]:
    """The places a corridor passes exist."""
    nodes = set(tables["nodes"]["node_id"])
    places = nodes | set(tables["countries"]["country"])

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        via, avoid = row["via"] or [], row["avoid"] or []
        for node in via:  # type: ignore[attr-defined]
            if node not in nodes:
                return "via", f"no node {node}", "node ids of nodes.csv"
        for place in avoid:  # type: ignore[attr-defined]
            if place not in places:
                return "avoid", f"no node or country {place}", "node ids or country codes"
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", str(row["colour"])):
            return "colour", "not a colour", "#rrggbb"
        return None

    return _each(tables, "corridors", test)


def periods_run_forward(tables: Tables) -> list[Problem]:
    """A flow's period ends after it starts, and a full-year flow spans twelve months."""

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        start, end = row["period_start"], row["period_end"]
        if start is None or end is None:
            return None
        if end < start:  # type: ignore[operator]
            return "period_end", "period ends before it starts", "a later day"
        days = (end - start).days + 1  # type: ignore[operator]
        if row["period_kind"] in ("calendar_year", "fiscal_year") and days not in (365, 366):
            return "period_kind", f"a year of {days} days", "part_year, or the days of a full year"
        return None

    return _each(tables, "flows", test)


TRAFFIC = (
    ("crossings", "background_trucks_day", "capacity_trucks_day"),
    ("crossings", "background_wagons_day", "capacity_wagons_day"),
    ("links", "background_t_day", "capacity_t_day"),
    ("terminals", "throughput_teu_year", "capacity_teu_year"),
)
"""Table, its column of traffic and its column of what can pass."""


def traffic_within_capacity(tables: Tables) -> list[Problem]:
    """Warnings: traffic above what a place can take, and crossings and links whose capacity of 0 shuts them."""
    problems = []
    for name, traffic, capacity in TRAFFIC:
        key = load_schema()[name].key
        for row, (place, used, limit) in enumerate(cells(tables[name], key, traffic, capacity), start=2):
            if limit == 0 and name != "terminals":
                fact = f"{place} is shut: its capacity is 0"
                problems.append(
                    Problem("warning", f"{name}.csv", row, capacity, "0", fact, "blank where it is not known")
                )
            elif used is not None and limit is not None and used > limit:
                fact = f"traffic of {place} is above its {capacity} of {limit:,.6g}"
                problems.append(
                    Problem("warning", f"{name}.csv", row, traffic, f"{used:g}", fact, "at most the capacity")
                )
    return problems


def parameters_within_bounds(tables: Tables) -> list[Problem]:
    """A parameter that a model reads lies within its bounds, and so does its range around it."""
    bounds = parameter_bounds()

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        low, high = bounds.get(str(row["parameter_id"]), (-math.inf, math.inf))
        for column in ("value", "low", "high"):
            value = row[column]
            if isinstance(value, float) and not low <= value <= high:
                return column, f"outside the bounds of {row['parameter_id']}", f"{low:g} to {high:g}"
        return None

    return _each(tables, "parameters", test)


def rates_within_ranges(tables: Tables) -> list[Problem]:
    """The range of a tariff has both ends, and its rate lies between them."""

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        rate, low, high = (row[name] for name in ("rate_share", "low_share", "high_share"))
        if low is None and high is None:
            return None
        if not (isinstance(rate, float) and isinstance(low, float) and isinstance(high, float)):
            return "low_share", "a range needs a rate and both ends", "low_share and high_share"
        if not low <= rate <= high:
            return "rate_share", "outside its own range", f"{low:g} to {high:g}"
        return None

    return _each(tables, "tariffs", test)


def modes_have_vehicles(tables: Tables) -> list[Problem]:
    """Every mode of a link has a vehicle that carries goods on it."""
    carried = set(tables["vehicles"]["mode"])
    modes = sorted(set(tables["links"]["mode"]) - carried - {None})
    message, allowed = "links.csv has links of this mode, no vehicle carries on it", "a row of this mode"
    return [Problem("error", "vehicles.csv", 0, "mode", mode, message, allowed) for mode in modes]


def regimes_say_whose_goods(tables: Tables) -> list[Problem]:
    """Every regime with terms says whose goods it covers, in words the model knows."""

    def test(row: dict[str, object]) -> tuple[str, str, str] | None:
        if row["quantity"] == "cargo" and row["text_value"] not in CARGOES:
            return "text_value", "not whose goods a regime covers", ", ".join(CARGOES)
        return None

    terms = tables["regime_terms"]
    said = {regime for regime, quantity in cells(terms, "regime_id", "quantity") if quantity == "cargo"}
    silent = sorted(set(terms["regime_id"]) - said)
    message = "its terms do not say whose goods it covers: read as goods with an end in another party"
    allowed = "a row with quantity cargo"
    return [
        *_each(tables, "regime_terms", test),
        *(Problem("warning", "regime_terms.csv", 0, "regime_id", r, message, allowed) for r in silent),
    ]


RULES = (
    regimes_say_whose_goods,
    links_have_mode_fields,
    crossing_links_lie_on_a_side,
    crossings_have_hours,
    closures_name_places,
    weight_limits_name_places,
    restrictions_name_places,
    corridors_name_nodes,
    periods_run_forward,
    traffic_within_capacity,
    parameters_within_bounds,
    rates_within_ranges,
    modes_have_vehicles,
    *VENTURE_RULES,
    *PORT_RULES,
    *OPERATOR_RULES,
)
