"""Rules on the tables of operators: places, modes, days, and a rate for a unit that the service's modes carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from karwan.case.problems import Problem
from karwan.case.rows import numbered_rows
from karwan.schema.days import day_span
from karwan.schema.modes import MODES
from karwan.schema.units import unit_of

Tables = Mapping[str, pl.DataFrame]
COVERED = ("border", "fees", "transfers")
DAYS = "YYYY, YYYY-MM or YYYY-MM-DD"
Fault = tuple[str, str, str]
"""Column, what is wrong, what is allowed."""


def operators_say_when_and_how(tables: Tables) -> list[Problem]:
    """Operators and services name modes there are, days that can be read, and an end not before the start."""
    problems = []
    for name in ("operators", "land_services"):
        for row, found in numbered_rows(tables[name]):
            faults = (*_modes(found), *_days(found))
            problems += [_problem(name, row, found, fault) for fault in faults]
    return problems


def services_name_places(tables: Tables) -> list[Problem]:
    """A service passes nodes of the network, or countries of the case."""
    places = {*tables["nodes"]["node_id"], *tables["countries"]["country"]}
    problems = []
    for row, found in numbered_rows(tables["land_services"]):
        wrong = [place for place in found["via"] or () if place not in places]
        faults = [("via", f"no node or country {place}", "node ids or country codes") for place in wrong]
        problems += [_problem("land_services", row, found, fault) for fault in faults]
    return problems


def through_rates_have_a_unit(tables: Tables) -> list[Problem]:
    """A through rate is for a unit that the service's modes carry; a unit or what is covered stands with a rate only."""
    carried: dict[str, set[str]] = {}
    for _, vehicle in numbered_rows(tables["vehicles"]):
        carried.setdefault(vehicle["mode"], set()).add(unit_of(vehicle))
    problems = []
    for row, found in numbered_rows(tables["land_services"]):
        units = set().union(*(carried.get(mode, set()) for mode in found["modes"]))
        problems += [_problem("land_services", row, found, fault) for fault in _rate(found, units)]
    return problems


def _rate(found: Mapping[str, Any], units: set[str]) -> Iterator[Fault]:
    allowed = ", ".join(sorted(units)) or "a unit of vehicles.csv"
    if found["rate_usd"] is None:
        if found["rate_unit"] is not None:
            yield "rate_unit", "a unit without a rate", "blank, or a rate beside it"
        return
    if found["rate_unit"] is None:
        yield "rate_unit", "a rate without a unit", allowed
    elif found["rate_unit"] not in units:
        modes = ", ".join(found["modes"])
        yield "rate_unit", f"no vehicle by {modes} is a {found['rate_unit']}", allowed
    wrong = [kind for kind in found["rate_covers"] or () if kind not in COVERED]
    if wrong:
        yield "rate_covers", f"no such kind of money: {', '.join(wrong)}", ", ".join(COVERED)


def _modes(found: Mapping[str, Any]) -> Iterator[Fault]:
    wrong = [mode for mode in found["modes"] if mode not in MODES]
    if wrong:
        yield "modes", f"no mode {', '.join(wrong)}", ", ".join(MODES)


def _days(found: Mapping[str, Any]) -> Iterator[Fault]:
    spans = {name: day_span(found[name]) if found[name] else None for name in ("since", "until")}
    unread = [name for name, span in spans.items() if found[name] and span is None]
    yield from ((name, "not a year, month or day", DAYS) for name in unread)
    since, until = spans["since"], spans["until"]
    if since and until and until[1] < since[0]:
        yield "until", "ends before it starts", "a later day"


def _problem(name: str, row: int, found: Mapping[str, Any], fault: Fault) -> Problem:
    column, fact, allowed = fault
    cell = found[column]
    text = "" if cell is None else ";".join(cell) if isinstance(cell, list) else str(cell)
    return Problem("error", f"{name}.csv", row, column, text, fact, allowed)


OPERATOR_RULES = (operators_say_when_and_how, services_name_places, through_rates_have_a_unit)
