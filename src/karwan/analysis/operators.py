"""Who carries freight, and on what terms: operators, their published services, and the sailings of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import OperatorsRequest
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.errors import InvalidInput
from karwan.notes import note
from karwan.schema.days import within
from karwan.schema.frames import result_frame
from karwan.schema.modes import MODES
from karwan.transport.carriers import operator_names
from karwan.transport.network.stage import Row
from karwan.transport.network.through import RUNS

LIVE = (*RUNS, "trial")


def answer_operators(inputs: Inputs, request: OperatorsRequest) -> Result:
    """Operators of a case and their services.

    Raises
    ------
    UnknownName
        No such place.
    InvalidInput
        No such mode.
    """
    case = inputs.the_case()
    day = request.as_of or case.settings.as_of
    places = Gazetteer(case.tables)
    place = places.avoidable(request.place) if request.place else None
    _check_mode(request.mode)
    services = [*_land_rows(case, places), *_sea_rows(case, places)]
    shown = [row for row in services if _asked_for(row, request, place, day, places)]
    asked = request.place is not None or request.mode is not None
    tables = {
        "operators": result_frame("operators", _operator_rows(case, shown, whole=not asked)),
        "services": result_frame("operator_services", shown),
    }
    hidden = len(services) - len(shown)
    notes = [note("operators.hidden", count=hidden)] if hidden else []
    if not shown:
        notes.append(note("operators.none"))
    priced = sum(row["rate_usd"] is not None and row["kind"] == "published" for row in shown)
    notes.append(note("operators.rates", count=priced))
    if any(row["kind"] == "published" for row in shown):
        counted = sum(row["units_per_week"] is not None for row in shown)
        notes.append(note("operators.fleets" if counted else "operators.no_fleets", count=counted))
    return Result(tables, {"case": case.settings.case_id, "as_of": day}, tuple(notes))


def _check_mode(mode: str | None) -> None:
    if mode is not None and mode not in MODES:
        raise InvalidInput(f"No mode {mode!r}.", f"modes: {', '.join(MODES)}", "name one of them.")


def _asked_for(row: Row, request: OperatorsRequest, place: str | None, day: date, places: Gazetteer) -> bool:
    """Whether a service is shown: on the day, past the place, by the mode asked for."""
    live = row["state"] in LIVE and within(row["since"], row["until"], day)
    passed = {*row["node_ids"], *(places.country(node) for node in row["node_ids"] if len(node) != 3)}
    here = place is None or place in passed or place in row["node_ids"]
    by = request.mode is None or request.mode in row["modes"]
    return (live or request.every) and here and by


def _land_rows(case: Case, places: Gazetteer) -> list[Row]:
    """Published services, by state and name."""
    named = operator_names(case.tables)
    rows = []
    for row in case["land_services"].iter_rows(named=True):
        ends = (row["from_node_id"], row["to_node_id"])
        rows.append(
            {
                **{name: row[name] for name in _SAME},
                "service_id": row["land_service_id"],
                "kind": "published",
                "operator_ids": row["operator_ids"],
                "operators": ", ".join(named[one] for one in row["operator_ids"]),
                "via": row["via_places"] or ", ".join(places.name(one) for one in row["via"] or ()),
                "node_ids": [one for one in (ends[0], *(row["via"] or ()), ends[1]) if one],
            }
        )
    return rows


_SAME = (
    *("from_place", "to_place", "both_ways", "modes", "state", "frequency", "departures_per_week"),
    *(
        "rate_usd",
        "rate_unit",
        "rate_year",
        "days_min",
        "days_max",
        "slots",
        "units_per_week",
        "since",
        "until",
    ),
    *("basis", "source_id", "note"),
)


def _sea_rows(case: Case, places: Gazetteer) -> list[Row]:
    """Sailings of the case with the lines it names; freight of a 40 ft container."""
    links = {row["link_id"]: row for row in case["links"].iter_rows(named=True)}
    rows = []
    for row in case["services"].iter_rows(named=True):
        link = links[row["link_id"]]
        ends = [link["from_node_id"], link["to_node_id"]]
        rows.append(
            {
                "service_id": row["service_id"],
                "kind": "sailing",
                "operator_ids": [],
                "operators": row["operator"] or "nobody published",
                "from_place": places.name(ends[0]),
                "via": None,
                "to_place": places.name(ends[1]),
                "node_ids": ends,
                "both_ways": not link["directed"],
                "modes": [link["mode"]],
                "state": "on_booking" if "on call" in (row["operator"] or "") else "running",
                "frequency": None,
                "departures_per_week": row["sailings_per_week"],
                "rate_usd": row["cost_usd_feu"],
                "rate_unit": "box40" if row["cost_usd_feu"] is not None else None,
                "rate_year": row["year"],
                **dict.fromkeys(("days_min", "days_max", "slots", "units_per_week", "since", "until")),
                **{name: row[name] for name in ("basis", "source_id", "note")},
            }
        )
    return rows


def _operator_rows(case: Case, services: Sequence[Mapping[str, object]], *, whole: bool) -> list[Row]:
    """Operators with the number of their services shown; all of them, or only those with one."""
    runs = pl.Series([one for row in services for one in row["operator_ids"]], dtype=pl.String)  # type: ignore[attr-defined]
    count = dict(runs.value_counts().iter_rows())
    names = operator_names(case.tables)
    rows = []
    for row in case["operators"].iter_rows(named=True):
        if whole or row["operator_id"] in count:
            owners = "; ".join(names[one] for one in row["owners"] or ()) or None
            rows.append({**row, "owners": owners, "services": count.get(row["operator_id"], 0)})
    return [{name: row[name] for name in _OPERATOR} for row in rows]


_OPERATOR = (
    *("operator_id", "name", "country", "kind", "modes", "owners", "fleet", "since", "until"),
    *("services", "basis", "source_id", "note"),
)
