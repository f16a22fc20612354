"""The next plan as a Word file, as a file of proposals, and as an export of a register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from docx import Document

from karwan.amounts import usd
from karwan.analysis.case_requests import DraftView
from karwan.analysis.contract import Result
from karwan.exports import beside, json_text, write_text
from karwan.notes import Note, note
from karwan.register.register import Register
from karwan.register.rules import Said
from karwan.register.transfer import write_export
from karwan.words import sentences

FIELDS = (
    ("Takes up", "takes_up"),
    ("Owner", "owner"),
    ("Depends on", "depends"),
    ("Observable", "observable"),
    ("Baseline", "baseline"),
    ("Baseline rests on", "baseline_rests_on"),
    ("Goal", "goal"),
    ("Published today", "watched"),
    ("Term", "due"),
    ("Evidence that counts", "evidence"),
    ("Who gains", "sides"),
    ("Also speaks for it", "grounds"),
    ("What the figure supposes", "supposes"),
    ("Cost", "cost"),
)
NEW = "next_"
"""What the keys of promises begin with that the old plan does not have."""


def present_draft(result: Result, view: DraftView, form: str) -> Result:
    """The result, with files written where asked for."""
    written = []
    if view.docx is not None:
        write_docx(result, view.docx)
        written.append(note("draft.wrote", file=str(view.docx)))
    if view.proposal is not None:
        write_proposal(result, view)
        written.append(note("draft.wrote", file=str(view.proposal)))
    said = replace(result, notes=(*result.notes, *written))
    if form != "table":
        return said
    printed = {key: table for key, table in result.tables.items() if key != "schedule"}
    draft = printed["draft"]
    lead, rest = said.notes[: result.lead], said.notes[result.lead :]
    said = replace(said, notes=(*lead, *_worded(draft), *rest), lead=len(lead) + draft.height)
    return replace(said, tables=_rounded({**printed, "draft": draft.with_columns(wording="title")}))


def _worded(draft: pl.DataFrame) -> list[Note]:
    """What would be promised, one line each: in a column of the table it would be a word wide."""
    rows = draft.select("number", "wording", "owner", "depends").iter_rows(named=True)
    return [note("draft.worded_depends" if row["depends"] else "draft.worded", **row) for row in rows]


def _rounded(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Money to two digits, as `plan worth` prints it."""
    money = pl.col("^.*usd.*$").round_sig_figs(2)
    return {key: table.with_columns(money) for key, table in tables.items()}


def write_docx(result: Result, path: Path) -> None:
    """A Word file: each promise with its fields, what was left out, and what becomes of the old plan."""
    page = Document()
    page.add_heading(f"Draft plan, {result.meta['from']:%-d %B %Y} to {result.meta['to']:%-d %B %Y}", level=0)
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
        ("Left out", "left out", ("title", "sides", "reason")),
        ("The plan that ends", "old plan", ("title", "status", "fate", "reason")),
        ("Schedule", "schedule", ("number", "figure", "place", "baseline", "goal")),
    ):
        page.add_heading(title, level=1)
        table = page.add_table(rows=1, cols=len(columns), style="Light Grid Accent 1")
        for cell, name in zip(table.rows[0].cells, columns, strict=True):
            cell.text = {"sides": "who gains"}.get(name, name)
        for row in result.tables[key].iter_rows(named=True):
            for cell, name in zip(table.add_row().cells, columns, strict=True):
                text = str(row[name] or "")
                cell.text = text.replace("_", " ") if name == "status" else text
    with beside(path) as part:
        page.save(str(part))


def _worth(row: Mapping[str, Any]) -> str:
    """What a promise is worth, in one line."""
    band = last = ""
    if row["high_usd_year"] is not None:
        band = f" ({usd(row['low_usd_year'])} to {usd(row['high_usd_year'])})"
    if row["last_usd_year"] is not None:
        last = f"; as the last of the set USD {usd(row['last_usd_year'])}"
    return f"{row['change'].capitalize()}. Worth USD {usd(row['usd_year'])} a year{band}{last}."


def write_proposal(result: Result, view: DraftView) -> None:
    """Promises as proposals for both sides to amend: JSON, or an export of a register.

    Raises
    ------
    InvalidInput
        Who proposes is no side of the plan.
    """
    assert view.proposal is not None
    if view.proposal.suffix == ".json":
        write_text(view.proposal, json_text(_proposals(result)) + "\n")
    else:
        write_entries(result, view.proposal, str(view.side), str(view.by))


def _proposals(result: Result) -> dict[str, Any]:
    wanted = (
        "number",
        "change",
        "replaces",
        "wording",
        "owner",
        "depends",
        "observable",
        "baseline",
        "goal",
        "evidence",
    )
    more = ("due", "usd_year", "sides", "cost")
    rows = [
        {name: row[name] for name in (*wanted, *more)} for row in result.tables["draft"].iter_rows(named=True)
    ]
    head = {key: str(result.meta[key]) for key in ("case", "as_of", "from", "to", "who")}
    return {**head, "proposals": rows}


def write_entries(result: Result, path: Path, side: str, by: str) -> None:
    """An export of a register that proposes wording and due date of each promise for one side.

    A promise that is new goes by a key of its own; of several that become one the first carries it. Each side takes the file in with
    `karwan plan merge`, agrees by proposing the same, or amends by proposing otherwise.
    """
    sides = tuple(result.meta["sides"].split(", "))
    with (
        TemporaryDirectory() as folder,
        Register(str(Path(folder) / "draft.register"), create=True) as register,
    ):
        for said in _entries(result, side):
            register.append(said, by, sides=(sides[0], sides[1]), commitments=[said.commitment_id])
        write_export(register, path)


def _entries(result: Result, side: str) -> Iterator[Said]:
    for row in result.tables["draft"].iter_rows(named=True):
        promise = row["replaces"][0] if row["replaces"] else f"{NEW}{row['scenario_id']}"
        joined = f" It takes in: {', '.join(row['replaces'][1:])}." if len(row["replaces"]) > 1 else ""
        reason = f"Draft of the next plan, {row['change']}. {_worth(row)} {row['sides']}.{joined}"
        yield Said(side, promise, "wording", {"text": row["wording"]}, reason)
        yield Said(side, promise, "due", {"due": str(row["due"]), "due_type": "indicative"}, reason)
