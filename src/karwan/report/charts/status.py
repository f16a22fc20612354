"""The plan by domain and status: one square per commitment."""

from __future__ import annotations

import polars as pl

from karwan.report.charts.axes import WIDTH, Row, is_positive
from karwan.report.palette import ALERT, HAIR, INK, STATUS, STATUS_LABEL, text_colour
from karwan.report.svg import Drawing, legend
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 250.0, 24.0, 120.0


def draw_status(table: pl.DataFrame) -> str | None:
    """Rows of squares, from done to not known; late commitments counted in red at the right."""
    rows = sorted(table.iter_rows(named=True), key=lambda r: (r["rank"] is None, r["rank"] or 0))
    rows = [r for r in rows if is_positive(r, "total")]
    if not rows:
        return None
    says = " ".join(
        f"{clean(r['domain'])}: {r['total']} commitments, {r['done']} done, {r['late']} late." for r in rows
    )
    drawing = Drawing("status", WIDTH, 100, "Commitments by domain and status", says)
    top = legend(drawing, 0, 11, [(STATUS[s], STATUS_LABEL[s]) for s in STATUS], room=WIDTH) + 8
    drawing.label(WIDTH - _RIGHT + 20, top - 2, "total")
    drawing.label(WIDTH, top - 2, "late", anchor="end")
    room = WIDTH - _RIGHT - _LEFT
    side = min(16.0, room / max(int(r["total"]) for r in rows) - 3)
    for k, row in enumerate(rows):
        _draw_row(drawing, row, top + 6 + k * _ROW, side)
    drawing.height = top + 6 + len(rows) * _ROW + 4
    return drawing.render()


def _draw_row(drawing: Drawing, row: Row, y: float, side: float) -> None:
    drawing.line(0, y, WIDTH, y, HAIR, line=0.8)
    drawing.narrow(0, y + 16, clean(row["domain"]), size=12, room=_LEFT - 14, fill=INK)
    states = [status for status in STATUS for _ in range(int(row[status] or 0))]
    x = _LEFT
    for status in states:
        drawing.rect(x, y + (_ROW - side) / 2, side, side, STATUS[status], title=STATUS_LABEL[status])
        x += side + 3
    drawing.narrow(WIDTH - _RIGHT + 48, y + 16, str(row["total"]), size=12, anchor="end")
    if row["late"]:
        late = str(row["late"])
        drawing.narrow(WIDTH, y + 16, late, size=12, anchor="end", weight=600, fill=text_colour(ALERT))
    else:
        drawing.text(WIDTH, y + 16, "–", size=12, anchor="end", fill="#6f6a5d")
