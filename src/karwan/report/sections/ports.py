"""Section on ports, terminals, off-dock places and free zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from karwan.amounts import NONE, is_number, number, usd_t
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Column, Figure, Notes, Section, Table, cell
from karwan.report.charts.ports import draw_ports
from karwan.report.text import clean, day

_FACTS: tuple[tuple[str, str, Callable[[Any], str], str], ...] = (
    ("Way from the nearest inland city", "km", number, "access_km"),
    ("Nearest inland city", "", lambda v: clean(v) or NONE, "access_from"),
    ("Draught", "m", lambda v: number(v, 1), "draught_m"),
    ("Berths", "count", number, "berths"),
    ("Capacity", "TEU a year", number, "capacity_teu_year"),
    ("Throughput", "TEU a year", number, "throughput_teu_year"),
    ("Dwell", "days", lambda v: number(v, 1), "dwell_days"),
    ("Handling", "USD per FEU", usd_t, "handling_usd_feu"),
    ("Free time", "days", number, "free_days"),
    ("Storage after it", "USD a day", usd_t, "storage_usd_day"),
    ("Door to door", "USD per 20 t", number, "usd_20t"),
    ("Door to door", "days", lambda v: number(v, 1), "days"),
    ("Against the first", "USD per 20 t", number, "usd_difference"),
    ("Against the first", "days", lambda v: number(v, 1), "days_difference"),
    ("Over", "corridor", lambda v: clean(v) or NONE, "corridor"),
    ("Year of the figures", "", lambda v: str(v) if is_number(v) else NONE, "year"),
)


def ports_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    ports = brief.ports
    svg = draw_ports(ports.ports)
    figure = (
        Figure(
            "f-ports",
            "Ports compared door to door",
            f"Over the cheapest route, open or closed, from the reference origin. {day(brief.as_of)}.",
            "USD per 20 t; days",
            svg,
            notes.of_rows(ports.ports.to_dicts()),
        )
        if svg
        else None
    )
    blocks: list[Block | None] = [
        _side_by_side(ports.ports, notes),
        figure,
        li.listing("terminals", "Terminals of the ports", ports.terminals, notes, _TERMINALS, wide=True),
        li.listing(
            "off-dock", "Off-dock terminals and dry ports", ports.off_dock, notes, _OFF_DOCK, wide=True
        ),
        li.listing(
            "free-zones",
            "Free zones and what they exempt",
            ports.free_zones,
            notes,
            (
                li.text("Zone", "zone"),
                li.text("Place", "place"),
                li.text("Country", "country", 0.5),
                li.text("Exempts", "exempts", 3),
                li.text("Note", "note", 1.6),
            ),
            wide=True,
        ),
    ]
    if all(b is None for b in blocks):
        blocks.append(
            li.missing(
                "No ports",
                (),
                "The case names no ports: fill `terminals.csv` and `brief.ports` in `case.yaml`.",
            )
        )
    return Section(
        "ports",
        "4",
        "Ports",
        "The gates to the sea side by side: access, depth, room, dwell and what a load pays.",
        tuple(b for b in blocks if b is not None),
    )


def _side_by_side(table: pl.DataFrame, notes: Notes) -> Table | None:
    if table.is_empty():
        return None
    rows = table.to_dicts()
    columns = [Column("Measure", share=1.4), Column("Unit", share=0.9)]
    columns += [Column(clean(row["port"], 60), right=True, share=1.0) for row in rows]
    body = []
    for label, unit, form, field in _FACTS:
        cells: list[Cell] = [cell(label), cell(unit, tone="muted")]
        for row in rows:
            shown = form(row[field])
            cells.append(
                cell(
                    shown,
                    assumed=row["basis"] == "assumed"
                    and shown != NONE
                    and field not in ("corridor", "year", "access_from"),
                )
            )
        if any(c.text != NONE for c in cells[2:]):
            body.append(tuple(cells))
    first = body[0]
    sources = [cell(first[0].text), *first[1:]]
    body[0] = tuple(
        Cell(c.text, c.assumed, notes.of(rows[k - 2]["source_id"]) if k > 1 else (), c.url, c.tone, c.swatch)
        for k, c in enumerate(sources)
    )
    origin = clean(rows[0]["access_from"], 60)
    note = (
        f"Way measured from {origin}."
        if origin and all(clean(r["access_from"], 60) == origin for r in rows)
        else ""
    )
    return Table("ports-table", "Ports side by side", tuple(columns), tuple(body), note)


_TERMINALS: li.Spec = (
    li.text("Port", "port"),
    li.text("Terminal", "terminal", 1.2),
    li.key_text("Kind", "kind", 0.8),
    li.text("Operator", "operator", 1.2),
    li.figure("Capacity", "capacity_teu_year", "TEU / year", number, basis=True),
    li.figure("Capacity", "capacity_t_year", "t / year", number, basis=True),
    li.figure("Draught", "draught_m", "m", lambda v: number(v, 1), basis=True),
    li.days("Dwell", "dwell_days", basis=True),
    li.figure("Year", "year", "", lambda v: str(v) if is_number(v) else NONE, share=0.5),
    li.text("Note", "note", 2.4),
)
_OFF_DOCK: li.Spec = (
    li.text("Terminal", "terminal", 1.4),
    li.text("Place", "place"),
    li.text("Country", "country", 0.6),
    li.key_text("Kind", "kind", 0.8),
    li.text("Operator", "operator"),
    li.text("Capacity", "capacity_text", 1.4),
    li.figure("Year", "year", "", lambda v: str(v) if is_number(v) else NONE, share=0.5),
    li.text("Note", "note", 2.4),
)
