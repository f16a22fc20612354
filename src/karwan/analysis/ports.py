"""Section 4 of the brief: the sea ports side by side, off-dock terminals and free zones."""

from __future__ import annotations

import polars as pl

from karwan.analysis.corridors import HEADLINE_JOURNEYS, CorridorStudy
from karwan.analysis.port_terminals import terms_table
from karwan.analysis.sections import PortsSection
from karwan.analysis.zones import reference_gains
from karwan.case import Case
from karwan.case.provenance import BASES
from karwan.schema.frames import result_frame
from karwan.trade.parties import A_TO_B
from karwan.transport.corridor import CLOSED, CorridorRoute, corridor_route
from karwan.transport.cost import route_cost
from karwan.transport.network import worst_basis
from karwan.transport.network.stage import Row
from karwan.transport.route import assumed_share

PORT_KINDS = ("sea_port", "container_terminal", "bulk_terminal")
CAPACITY, THROUGHPUT = "capacity_teu_year", "throughput_teu_year"
NO_YEAR = "year not told"
FIGURES = {
    "draught_m": "draught_m",
    "berths": "berths",
    "capacity_of": CAPACITY,
    "throughput_of": THROUGHPUT,
    "dwell_days": "dwell_time_h",
    "handling_usd_feu": "handling_usd_feu",
    "free_days": "free_days",
    "storage_usd_day": "storage_usd_day",
}
"""Columns of the ports side by side, and of the terminals they are from."""


def ports_section(study: CorridorStudy, beside: str = "") -> PortsSection:
    """Tables of section 4; see `PortsSection`. `beside` is a port compared with those that the case compares."""
    case = study.case
    ports = tuple(dict.fromkeys((*case.settings.ports, *filter(None, [beside]))))
    nodes = {r["node_id"]: r for r in case["nodes"].iter_rows(named=True)}
    terminals = list(case["terminals"].sort("terminal_id").iter_rows(named=True))
    return PortsSection(
        ports=result_frame("ports", _port_rows(study, ports, nodes, terminals)),
        terminals=_terminals(case, ports, nodes, terminals),
        off_dock=_off_dock(case, nodes, terminals),
        free_zones=_free_zones(case, nodes, terminals),
        terms=terms_table(case, countries=(case.settings.party_a, case.settings.party_b)),
        zone_gains=reference_gains(case),
    )


def _port_rows(
    study: CorridorStudy, ports: tuple[str, ...], nodes: dict[str, Row], terminals: list[Row]
) -> list[Row]:
    rows = [_port_row(study, port, nodes, terminals) for port in ports]
    for row in rows:
        row["usd_difference"] = _difference(row, rows[0], "usd_20t")
        row["days_difference"] = _difference(row, rows[0], "days")
    return rows


def _difference(row: Row, first: Row, column: str) -> float | None:
    """What a port takes more than the first one; None where either has no route."""
    here, there = row[column], first[column]
    return None if here is None or there is None else here - there


def _port_row(study: CorridorStudy, port: str, nodes: dict[str, Row], terminals: list[Row]) -> Row:
    own = [t for t in terminals if t["node_id"] == port and t["kind"] in PORT_KINDS]
    return {
        "node_id": port,
        "port": nodes[port]["name"],
        "draught_m": _most(own, "draught_m"),
        "berths": _sum(own, "berths"),
        **room_and_use(own),
        "capacity_of": _stated(own, CAPACITY),
        "throughput_of": _stated(own, THROUGHPUT),
        "dwell_days": _days(_mean(own, "dwell_time_h")),
        "handling_usd_feu": _mean(own, "handling_usd_feu"),
        "free_days": _mean(own, "free_days"),
        "storage_usd_day": _mean(own, "storage_usd_day"),
        "years": ", ".join(_with_year(t, t["year"], len(own)) for t in own) or None,
        "judged": _judged(own),
        "basis": worst_basis(*(t["basis"] for t in own)) if own else None,
        "source_id": ";".join(dict.fromkeys(s for t in own for s in t["source_id"].split(";"))),
        **_way_to(study, port),
    }


def _stated(terminals: list[Row], column: str) -> str | None:
    """A figure of every terminal that states it, each with its year: 'KGTL 371,028 (2022), KICT 1,081,000 (2014)'."""
    rows = [t for t in terminals if t[column] is not None]
    return ", ".join(_figure(t, column, len(terminals)) for t in rows) or None


def _figure(terminal: Row, column: str, among: int) -> str:
    name = f"{_short(terminal)} " if among > 1 else ""
    return f"{name}{terminal[column]:,.0f} ({_year_of(terminal, column) or NO_YEAR})"


def _with_year(terminal: Row, year: int | None, among: int) -> str:
    """A terminal and the year of its figures; the year alone where it is the only one of its port."""
    return f"{_short(terminal)} {year or NO_YEAR}" if among > 1 else str(year or NO_YEAR)


def _short(terminal: Row) -> str:
    return str(terminal["terminal_id"]).replace("_", " ")


def _judged(terminals: list[Row]) -> list[str]:
    """Figures of a port that rest on an assumed row, or on a judged cell of one that is not."""
    return [name for name, column in FIGURES.items() if any(_is_judged(t, column) for t in terminals)]


def _is_judged(terminal: Row, column: str) -> bool:
    doubtful = terminal["basis"] == BASES[-1] or column in (terminal["judged"] or ())
    return terminal[column] is not None and doubtful


def _way_to(study: CorridorStudy, port: str) -> Row:
    """Money, days and corridor of the best route to a port; nothing where there is none."""
    best = _best_route(study, port)
    if best is None or best.route is None:
        return {"usd_20t": None, "days": None, "corridor": None, "assumed_share": None}
    name = next(c["name"] for c in study.corridors if c["corridor_id"] == best.corridor_id)
    closed = " (if open)" if best.status == CLOSED else ""
    return {
        "usd_20t": best.route.usd,
        "days": study.mean_days(best.route, shut=best.status == CLOSED, journeys=HEADLINE_JOURNEYS),
        "corridor": name + closed,
        "assumed_share": assumed_share(best.route),
    }


def _best_route(study: CorridorStudy, port: str) -> CorridorRoute | None:
    """Cheapest open corridor from the first origin to a port; the cheapest closed one where none is open, none without a load."""
    if not study.comparable:
        return None
    load = study.shipment()
    network = study.network(A_TO_B, load.form)
    origin = study.case.settings.origins[0]
    found = [corridor_route(network, load, c, origin, port) for c in study.corridors]
    routed = [f for f in found if f.route is not None]
    usable = [f for f in routed if f.status == "open"] or routed
    weights = study.weights(load)
    return min(usable, key=lambda f: route_cost(f.route, weights), default=None)  # type: ignore[arg-type]


def room_and_use(terminals: list[Row]) -> Row:
    """Capacity and throughput of the same terminals in one year on one basis; neither where no terminal states both so.

    Terminals that state capacity alone are summed where none of the port states a throughput, and the other way round.
    """
    known = {column: [t for t in terminals if t[column] is not None] for column in (CAPACITY, THROUGHPUT)}
    alike = _alike([t for t in known[CAPACITY] if t[THROUGHPUT] is not None])
    if alike:
        capacity, throughput = _sum(alike, CAPACITY), _sum(alike, THROUGHPUT)
        return {
            CAPACITY: capacity,
            THROUGHPUT: throughput,
            "used_share": throughput / capacity if capacity and throughput is not None else None,
            "room_of": f"{_named(alike, CAPACITY)}: {len(alike)} of {len(terminals)} terminals",
        }
    stated = ", ".join(
        f"{column.split('_')[0]} is known of {_named(rows, column)}" for column, rows in known.items() if rows
    )
    if all(known.values()):
        return {
            CAPACITY: None,
            THROUGHPUT: None,
            "used_share": None,
            "room_of": f"not of the same terminals and year: {stated}",
        }
    room = {column: _sum(rows, column) for column, rows in known.items()}
    return {**room, "used_share": None, "room_of": stated or None}


def _alike(rows: list[Row]) -> list[Row]:
    """Those of one year and basis: of the latest year, the most of them, the best known."""
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        years = {_year_of(row, CAPACITY), _year_of(row, THROUGHPUT)}
        year = years.pop()
        if not years and year is not None:
            groups.setdefault((year, row["basis"]), []).append(row)
    if not groups:
        return []
    return groups[max(groups, key=lambda of: (of[0], len(groups[of]), -BASES.index(of[1])))]


def _year_of(row: Row, column: str) -> int | None:
    """Year of a capacity or throughput; that of the row where it has none of its own."""
    year: int | None = row[column.replace("teu_year", "year")]
    return row["year"] if year is None else year


def _named(rows: list[Row], column: str) -> str:
    """Terminals with the year of their figure: KGTL (2025) and SAPT (2019)."""
    return " and ".join(f"{_short(row)} ({_year_of(row, column) or NO_YEAR})" for row in rows)


def _most(rows: list[Row], column: str) -> float | None:
    return max((r[column] for r in rows if r[column] is not None), default=None)


def _sum(rows: list[Row], column: str) -> float | None:
    values = [r[column] for r in rows if r[column] is not None]
    return sum(values) if values else None


def _mean(rows: list[Row], column: str) -> float | None:
    values = [r[column] for r in rows if r[column] is not None]
    return sum(values) / len(values) if values else None


def _days(hours: float | None) -> float | None:
    return None if hours is None else hours / 24.0


def _capacity(row: Row) -> str:
    parts = []
    if row["capacity_teu_year"]:
        parts.append(f"{row['capacity_teu_year']:,.0f} TEU a year")
    if row["capacity_t_year"]:
        parts.append(f"{row['capacity_t_year']:,.0f} t a year")
    return ", ".join(parts)


def _terminals(
    case: Case, ports: tuple[str, ...], nodes: dict[str, Row], terminals: list[Row]
) -> pl.DataFrame:
    rows = [
        {
            **{k: t[k] for k in ("node_id", "kind", "operator", CAPACITY, THROUGHPUT, "capacity_t_year")},
            "capacity_year": _year_of(t, CAPACITY) if t[CAPACITY] is not None else None,
            "throughput_year": _year_of(t, THROUGHPUT) if t[THROUGHPUT] is not None else None,
            **{k: t[k] for k in ("draught_m", "year", "note", "basis", "source_id")},
            "port": nodes[t["node_id"]]["name"],
            "terminal": t["name"],
            "dwell_days": _days(t["dwell_time_h"]),
        }
        for t in terminals
        if t["kind"] in PORT_KINDS
        and (t["node_id"] in ports or nodes[t["node_id"]]["country"] == case.settings.party_b)
    ]
    return result_frame("port_terminals", rows)


def _off_dock(case: Case, nodes: dict[str, Row], terminals: list[Row]) -> pl.DataFrame:
    rows = [
        {
            "terminal": t["name"],
            "place": nodes[t["node_id"]]["name"],
            "country": case.country_name(nodes[t["node_id"]]["country"]),
            "kind": t["kind"],
            "operator": t["operator"],
            "capacity_text": _capacity(t),
            **{k: t[k] for k in ("year", "note", "basis", "source_id")},
        }
        for t in terminals
        if t["kind"] in ("off_dock", "dry_port", "rail_terminal", "gauge_change")
    ]
    return result_frame("port_off_dock", rows)


def _free_zones(case: Case, nodes: dict[str, Row], terminals: list[Row]) -> pl.DataFrame:
    rows = [
        {
            "zone": t["name"],
            "place": nodes[t["node_id"]]["name"],
            "country": case.country_name(nodes[t["node_id"]]["country"]),
            **{k: t[k] for k in ("exempts", "note", "basis", "source_id")},
        }
        for t in terminals
        if t["kind"] == "free_zone"
    ]
    return result_frame("port_free_zones", rows)
