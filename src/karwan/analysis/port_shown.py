"""What a reader sees of an answer on ports in place of all its rows."""

from __future__ import annotations

from dataclasses import replace

from karwan.analysis.contract import Result
from karwan.analysis.port_requests import PortView
from karwan.notes import note


def present_rows(result: Result, view: PortView | None, form: str) -> Result:
    """Plain: the first rows of each table; JSON and CSV hold all."""
    if form != "table":
        return result
    top = (view or PortView()).top
    cut = {key: table.height for key, table in result.tables.items() if table.height > top}
    notes = [note("port.rows_cut", top=top, rows=rows, table=key) for key, rows in cut.items()]
    tables = {key: table.head(top) for key, table in result.tables.items()}
    return replace(result, tables=tables, notes=(*result.notes, *notes))
