"""The model against observed trips: ring observed, dot modelled."""

from __future__ import annotations

import polars as pl

from karwan.amounts import number, percent
from karwan.report.charts.axes import WIDTH, span_of, x_axis
from karwan.report.palette import ACCENT, ASSUMED, MUTED, PAPER
from karwan.report.svg import Drawing, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 250.0, 20.0, 64.0
_COLOUR = {"calibrate": ASSUMED, "validate": ACCENT}


def draw_validation(table: pl.DataFrame) -> str | None:
    """Days of each observed trip and of its model, with the signed error; calibration in another colour."""
    rows = [r for r in table.iter_rows(named=True) if span_of(r, "observed_days", "model_days")]
    if not rows:
        return None
    bottom = 40 + len(rows) * _ROW
    says = " ".join(
        (
            f"{clean(r['trip'])}: observed {number(r['observed_days'], 1)}, "
            f"model {number(r['model_days'], 1)} days."
        )
        for r in rows
    )
    drawing = Drawing("validation", WIDTH, bottom + 34, "Model against observed trips", says)
    drawing.swatch(0, 12, ACCENT, "held back to validate")
    drawing.swatch(140, 12, ASSUMED, "used to calibrate")
    drawing.swatch(400, 12, MUTED, "other trips, shown only")
    drawing.circle(262, 8, 4, PAPER, stroke=MUTED, line=1.6)
    drawing.narrow(270, 12, "observed", size=10.5, fill=MUTED)
    drawing.circle(330, 8, 4.2, MUTED)
    drawing.narrow(338, 12, "model", size=10.5, fill=MUTED)
    drawing.label(WIDTH - 36, 30, "error")
    scale = linear(
        [v for r in rows for v in (r["observed_days"], r["model_days"])], _LEFT, WIDTH - _RIGHT, pad=0.05
    )
    x_axis(drawing, scale, 34, bottom, number, count=6, unit="days")
    for k, row in enumerate(rows):
        y = 40 + k * _ROW + _ROW / 2
        colour = _COLOUR.get(str(row["use"]), MUTED)
        drawing.row_name(y + 4, clean(row["route_label"] or row["trip"]), _LEFT - 14, size=11)
        drawing.line(scale(row["observed_days"]), y, scale(row["model_days"]), y, colour, line=2)
        drawing.circle(scale(row["observed_days"]), y, 4, PAPER, stroke=colour, line=1.6)
        drawing.circle(scale(row["model_days"]), y, 4.2, colour)
        error = percent(row["error_share"], signed=True)
        drawing.narrow(WIDTH, y + 4, error, anchor="end", weight=600)
    return drawing.render()
