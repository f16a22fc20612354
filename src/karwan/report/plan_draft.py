"""The next plan as a Word file and as a file of proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from docx import Document

from karwan.amounts import usd
from karwan.analysis.case_requests import DraftView
from karwan.analysis.contract import Result
from karwan.exports import beside, json_text, write_text
from karwan.notes import note
from karwan.words import sentences

FIELDS = (
    ("Owner", "owner"),
    ("Observable", "observable"),
    ("Baseline", "baseline"),
    ("Goal", "goal"),
    ("Term", "due"),
    ("Evidence that counts", "evidence"),
    ("Cost", "cost"),
)


def present_draft(result: Result, view: DraftView, form: str) -> Result:
    """The result, with files written where asked for."""
    written = []
    for path, write in ((view.docx, write_docx), (view.proposal, write_proposal)):
        if path is not None:
            write(result, path)
            written.append(note("draft.wrote", file=str(path)))
    said = replace(result, notes=(*result.notes, *written))
    return said if form != "table" else replace(said, tables=_rounded(result.tables))


def _rounded(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Money to two digits, as `plan worth` prints it."""
    money = pl.col("^.*usd.*$").round_sig_figs(2)
    return {key: table.with_columns(money) for key, table in tables.items()}


def write_docx(result: Result, path: Path) -> None:
    """A Word file: each promise with its fields, what was left out, and what becomes of the old plan."""
    page = Document()
    page.add_heading(f"Draft plan, {result.meta['from']} to {result.meta['to']}", level=0)
    for line in sentences(result.notes):
        page.add_paragraph(line)
    for row in result.tables["draft"].iter_rows(named=True):
        page.add_heading(f"{row['number']}. {row['wording']}", level=2)
        page.add_paragraph(_worth(row))
        table = page.add_table(rows=0, cols=2, style="Light Grid Accent 1")
        for label, column in FIELDS:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = label, str(row[column] or "–")
    for title, key, columns in (
        ("Left out", "left out", ("title", "reason")),
        ("The plan that ends", "old plan", ("title", "status", "fate", "reason")),
    ):
        page.add_heading(title, level=1)
        table = page.add_table(rows=1, cols=len(columns), style="Light Grid Accent 1")
        for cell, name in zip(table.rows[0].cells, columns, strict=True):
            cell.text = name
        for row in result.tables[key].iter_rows(named=True):
            for cell, name in zip(table.add_row().cells, columns, strict=True):
                cell.text = str(row[name] or "")
    with beside(path) as part:
        page.save(str(part))


def _worth(row: Mapping[str, Any]) -> str:
    """What a promise is worth, in one line."""
    band = ""
    if row["high_usd_year"] is not None:
        band = f" (at today's flows, net of duty, {usd(row['low_usd_year'])} to {usd(row['high_usd_year'])})"
    return f"{row['change'].capitalize()}. Worth {usd(row['usd_year'])} a year{band}."


def write_proposal(result: Result, path: Path) -> None:
    """Promises as proposals in JSON: what each replaces, wording, owner, term and what shows it, for both sides to amend."""
    wanted = (
        "number",
        "change",
        "replaces",
        "wording",
        "owner",
        "observable",
        "baseline",
        "goal",
        "evidence",
    )
    rows = [
        {name: row[name] for name in (*wanted, "due", "usd_year")}
        for row in result.tables["draft"].iter_rows(named=True)
    ]
    head = {key: str(result.meta[key]) for key in ("case", "as_of", "from", "to", "who")}
    write_text(path, json_text({**head, "proposals": rows}) + "\n")
