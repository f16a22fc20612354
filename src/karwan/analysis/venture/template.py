"""`karwan venture template`: the rows to fill for a kind of venture, and what was published on ventures of the kind."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.venture_requests import TemplateRequest
from karwan.errors import InvalidInput
from karwan.exports import write_text
from karwan.notes import note
from karwan.schema import load_schema, schema_rows
from karwan.schema.frames import result_frame

Row = dict[str, Any]
EVERY = "any"
LOOK_LIKE = {"off_dock_terminal": ("off_dock_terminal", EVERY), "grain_terminal": ("grain_terminal", EVERY)}
"""Kinds of published figures that a kind of venture is set beside, where not its own alone."""


@cache
def _rows() -> tuple[dict[str, str], ...]:
    return tuple(schema_rows("venture_templates.csv"))


def template_kinds() -> tuple[str, ...]:
    """Kinds of venture with rows of their own."""
    return tuple(dict.fromkeys(row["kind"] for row in _rows() if row["kind"] != EVERY))


def answer_template(inputs: Inputs, request: TemplateRequest) -> Result:
    """Rows to fill and published analogues; with a folder the rows as CSV files of the tables.

    Raises
    ------
    InvalidInput
        No such kind, or a file of the folder is there already.
    """
    if request.kind not in template_kinds():
        raise InvalidInput(
            f"There is no template of kind {request.kind!r}.",
            f"kinds: {', '.join(template_kinds())}",
            "name one of these.",
        )
    facts = inputs.the_case()["venture_facts"]
    kinds = LOOK_LIKE.get(request.kind, (request.kind, EVERY))
    like = facts.filter(pl.col("kind").is_in(kinds)).sort("kind", "fact_id")
    columns = ("quantity", "value", "low", "high", "unit", "year", "note", "basis", "source_id")
    analogues = result_frame("venture_analogues", like.select(columns).to_dicts())
    asked = [row for row in _rows() if row["kind"] in (request.kind, EVERY)]
    cells = result_frame("venture_template", [cell for row in asked for cell in _cells(row)])
    notes = [note("venture.template", kind=request.kind, analogues=analogues.height)]
    if request.out is not None:
        files = _written(request.out, asked)
        notes.append(note("venture.wrote", files=[str(one) for one in files]))
    return Result({"rows to fill": cells, "published analogues": analogues}, notes=tuple(notes))


def _filled(row: dict[str, str]) -> dict[str, str]:
    return dict(part.split("=", 1) for part in row["filled"].split(";") if part)


def _cells(row: dict[str, str]) -> list[Row]:
    """A cell a line: those that stand already, then those to fill."""
    spec = load_schema()[row["table"]]
    filled = _filled(row)
    names = [*filled, *(name for name in row["asked"].split(";") if name)]
    return [
        {
            "table": row["table"],
            "row": row["row"],
            "column": name,
            "value": filled.get(name),
            "unit": spec.column(name).unit or None,
            "needed": spec.column(name).description,
        }
        for name in names
    ]


def _written(folder: Path, asked: list[dict[str, str]]) -> list[Path]:
    """Write the rows as CSV files, one a table."""
    tables = dict.fromkeys(row["table"] for row in asked)
    taken = [f"{table}.csv" for table in tables if (folder / f"{table}.csv").exists()]
    if taken:
        raise InvalidInput(f"{folder} holds {taken[0]} already.", fix="name a new folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput(f"{folder} is no folder to write to.", reason, "name a new folder.") from error
    files = []
    for table in tables:
        spec = load_schema()[table]
        text = io.StringIO()
        writer = csv.DictWriter(text, spec.column_names, restval="", lineterminator="\n")
        writer.writeheader()
        for row in asked:
            if row["table"] == table:
                writer.writerow({spec.key: row["row"], **_owner(spec.key), **_filled(row)})
        files.append(folder / f"{table}.csv")
        write_text(files[-1], text.getvalue())
    return files


def _owner(key: str) -> dict[str, str]:
    """The venture a row belongs to, where it is not the venture's own."""
    return {} if key == "venture_id" else {"venture_id": "ID"}
