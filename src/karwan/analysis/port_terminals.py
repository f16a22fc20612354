"""What `karwan port terminals` answers: the terms of every terminal, and what a stay costs beyond the free days."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.port_requests import PortTerminalsRequest
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.case.provenance import BASES
from karwan.notes import note
from karwan.schema.frames import result_frame
from karwan.schema.modes import RAIL
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import join_sources
from karwan.transport.network.transfers import IN_BOND
from karwan.transport.terminal import STORED, storage_usd

FREE_ZONE = "free_zone"
TERMS = ("detention_usd_day", "detention_free_days", "scan_h", "gate_trucks_day")


def answer_terminals(inputs: Inputs, request: PortTerminalsRequest) -> Result:
    """Terminals of a case, free zones apart.

    Raises
    ------
    UnknownName
        The place asked for is not known.
    """
    case = inputs.the_case()
    node = Gazetteer(case.tables).node(request.place) if request.place else ""
    table = terms_table(case, node=node)
    notes = [note("port.no_terminals")] if table.is_empty() else [note("port.terminals_blank")]
    assumed = table.filter(~pl.col("chosen"))
    if assumed.height:
        notes.append(note("port.terminals_assumed", terminals=assumed.height))
    return Result({"terminals": table}, notes=tuple(notes))


def terms_table(case: Case, *, node: str = "", countries: Sequence[str] = ()) -> pl.DataFrame:
    """Terms of the terminals of a case, of those at a node or in some countries alone; see `schema/results/port_terms.csv`."""
    places = Gazetteer(case.tables)
    terms: dict[str, dict[str, Row]] = {}
    for row in case["terminal_terms"].iter_rows(named=True):
        terms.setdefault(row["terminal_id"], {})[row["quantity"]] = row
    rows = case["terminals"].filter(pl.col("kind") != FREE_ZONE).sort("terminal_id").iter_rows(named=True)
    kept = [
        row
        for row in rows
        if (not node or row["node_id"] == node)
        and (not countries or places.country(row["node_id"]) in countries)
    ]
    return result_frame(
        "port_terms", [_row(case, places, row, terms.get(row["terminal_id"], {})) for row in kept]
    )


def _row(case: Case, places: Gazetteer, terminal: Row, terms: dict[str, Row]) -> Row:
    known = {name: terms[name]["value"] if name in terms else None for name in TERMS}
    stored = all(terminal[name] is not None for name in STORED)
    draught = terms.get("draught_m")
    bonded = case["transfers"].filter(
        (pl.col("terminal_id") == terminal["terminal_id"]) & (pl.col("method") == IN_BOND)
    )
    return {
        **{key: terminal[key] for key in ("terminal_id", "kind", "free_days", "storage_usd_day")},
        **{key: terminal[key] for key in ("berths", "capacity_teu_year", "draught_m", "basis")},
        **known,
        "terminal": terminal["name"],
        "place": places.name(terminal["node_id"]),
        "lift_usd_feu": terminal["handling_usd_feu"],
        "dwell_days": None if terminal["dwell_time_h"] is None else terminal["dwell_time_h"] / 24.0,
        "storage_usd": storage_usd(terminal) if stored else None,
        "draught_text": f"{draught['low']:g} to {draught['high']:g}" if draught else None,
        "rail": _by_rail(case, terminal["node_id"]),
        "in_bond": bonded.height > 0,
        "chosen": not bonded.height or terminal["basis"] != BASES[-1],
        "source_id": join_sources(terminal["source_id"], *(row["source_id"] for row in terms.values())),
    }


def _by_rail(case: Case, node: str) -> bool:
    """Whether an open railway reaches a place."""
    links = case["links"].filter((pl.col("mode") == RAIL) & (pl.col("state") == "open"))
    return bool(links.filter((pl.col("from_node_id") == node) | (pl.col("to_node_id") == node)).height)
