"""Section on ports, terminals, off-dock places and free zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import NONE
from karwan.analysis.sections import Brief, PortsSection
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Column, Figure, Notes, Section, Table, cell
from karwan.report.charts.ports import draw_ports
from karwan.report.text import clean, day
from karwan.report.wording import tell
from karwan.schema.report import report_columns


def ports_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    return Section(
        "ports",
        "4",
        tell("brief_ports.title"),
        tell("brief_ports.lead"),
        tuple(port_blocks(brief.ports, brief.as_of, notes)),
    )


def port_blocks(ports: PortsSection, as_of: date, notes: Notes) -> list[Block]:
    """Ports side by side, terminals, off-dock places and free zones; why there is nothing where there is not."""
    svg = draw_ports(ports.ports)
    figure = (
        Figure(
            "f-ports",
            tell("brief_ports.ports_figure"),
            tell("brief_ports.ports_caption", day=day(as_of)),
            tell("brief_ports.ports_unit"),
            svg,
            notes.of_rows(ports.ports.to_dicts()),
        )
        if svg
        else None
    )
    blocks: list[Block | None] = [
        _side_by_side(ports.ports, notes),
        figure,
        li.listing(
            "terminals", tell("brief_ports.terminals_table"), ports.terminals, notes, _TERMINALS, wide=True
        ),
        li.listing(
            "off-dock", tell("brief_ports.off_dock_table"), ports.off_dock, notes, _OFF_DOCK, wide=True
        ),
        li.listing(
            "free-zones",
            tell("brief_ports.free_zones_table"),
            ports.free_zones,
            notes,
            li.columns("free_zones"),
            wide=True,
        ),
    ]
    if all(b is None for b in blocks):
        blocks.append(
            li.missing(
                tell("brief_ports.no_ports"),
                (),
                tell("brief_ports.no_ports_why"),
            )
        )
    return [b for b in blocks if b is not None]


def ports_annex(brief: Brief, notes: Notes) -> Section | None:
    """Annex with the terms of the terminals, and a tonne with and without each zone; None where there is neither."""
    held = tuple(terms_blocks(brief.ports, notes))
    if not held:
        return None
    return Section("annex-e", "E", tell("brief_ports.annex_title"), tell("brief_ports.annex_lead"), held)


def terms_blocks(ports: PortsSection, notes: Notes) -> list[Block]:
    """Terms of the terminals, and a tonne with and without each zone."""
    blocks = [
        li.listing(
            "port-terms",
            tell("brief_ports.terms_table"),
            ports.terms,
            notes,
            li.columns("port_terms"),
            wide=True,
        ),
        li.listing(
            "zone-gains",
            tell("brief_ports.zone_gains_table"),
            ports.zone_gains,
            notes,
            li.columns("zone_gains"),
            note=tell("brief_ports.zone_gains_note"),
            wide=True,
        ),
    ]
    return [block for block in blocks if block is not None]


def _side_by_side(table: pl.DataFrame, notes: Notes) -> Table | None:
    """One column a port, one line a fact that any port has; its sources stand on the first line."""
    if table.is_empty():
        return None
    rows = table.to_dicts()
    names = [column.name for column in report_columns("ports")]
    lines = [
        (column, [_marked(make(row), row, name) for row in rows])
        for name, (column, make) in zip(names, li.columns("ports"), strict=True)
    ]
    known = [(column, cells) for column, cells in lines if any(c.text != NONE for c in cells)]
    body = [(cell(column.label), cell(column.unit, tone="muted"), *cells) for column, cells in known]
    sourced = [
        replace(made, notes=notes.of(row["source_id"])) for made, row in zip(known[0][1], rows, strict=True)
    ]
    body[0] = (*body[0][:2], *sourced)
    columns = (
        Column("Measure", share=1.2),
        Column("Unit", share=1.05),
        *(Column(clean(row["port"], 60), right=True, share=1.7, wraps=True) for row in rows),
    )
    title, told = tell("brief_ports.side_by_side"), tell("brief_ports.side_by_side_note")
    return Table("ports-table", title, columns, tuple(body), told)


def _marked(made: Cell, row: dict[str, Any], name: str) -> Cell:
    """A cell, marked where its figure is judged."""
    return replace(made, assumed=True) if name in (row.get("judged") or ()) else made


_TERMINALS: li.Spec = li.columns("terminals")
_OFF_DOCK: li.Spec = li.columns("off_dock")
