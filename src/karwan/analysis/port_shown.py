"""What a reader sees of an answer on ports in place of all its rows."""

from __future__ import annotations

from dataclasses import replace

from karwan.analysis.contract import Result
from karwan.analysis.port_requests import PortCompareView, PortView
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


def present_zones(result: Result, view: PortCompareView | None, form: str) -> Result:
    """Plain: the best good of each zone and use, and how much else there is; JSON and CSV hold all."""
    view = view or PortCompareView()
    if form != "table" or view.every:
        return result
    gains = result.tables["zones"]
    best = gains.unique(["zone_id", "use"], keep="first", maintain_order=True).head(view.top)
    left = {key: table.height for key, table in result.tables.items() if key != "zones"}
    left["zones"] = gains.height - best.height
    if best.is_empty() or not any(left.values()):
        return result
    hidden = ("no figure", "terms")
    cut = note(
        "port.zones_cut", shown=best.height, rows=gains.height, without=left[hidden[0]], terms=left[hidden[1]]
    )
    return replace(result, tables={"zones": best}, notes=(*result.notes, cut), meta={})
