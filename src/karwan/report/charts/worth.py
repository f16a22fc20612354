"""What keeping each promise is worth a year, one bar for each scenario that models some of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, Row, has_any, span_of, value_of, whisker, x_axis
from karwan.report.palette import ACCENT, MUTED, tint
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _ROW, _RIGHT = 340.0, 24.0, 64.0


def draw_worth(table: pl.DataFrame, most: int = 20) -> str | None:
    """Bars: customs duty no longer paid (light) and the rest (dark); whisker: the inputs' ranges; the dearest first."""
    rows = [r for r in table.iter_rows(named=True) if has_any(r, "usd_year")]
    rows = list({r["scenario_id"]: r for r in reversed(rows)}.values())[::-1][:most]
    if not rows:
        return None
    bottom = 34 + len(rows) * _ROW
    says = " ".join(f"{clean(r['title'], 120)}: USD {usd(r['usd_year'])} a year." for r in rows[:8])
    drawing = Drawing("worth", WIDTH, bottom + 34, "What keeping each promise is worth a year", says)
    light = tint(ACCENT, 0.62)
    drawing.swatch(0, 11, ACCENT, "money and time saved")
    drawing.swatch(132, 11, light, "duty no longer paid")
    drawing.text(256, 11, "whisker: ranges of the inputs", size=10.5, fill=MUTED, stretch="semi-condensed")
    ends = [value_of(r, c) or 0.0 for r in rows for c in ("usd_year", "low_usd_year", "high_usd_year")]
    scale = linear([0.0, *ends], _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 30, bottom, usd_tick, unit=_unit(rows))
    for number, row in enumerate(rows):
        _bar(drawing, scale, row, 34 + number * _ROW, light)
    return drawing.render()


def _unit(rows: Sequence[Row]) -> str:
    """Unit of the bars, with the year of the trade that is valued where it is known."""
    years = {clean(r["flows_year"], 40) for r in rows if r.get("flows_year")}
    return f"USD a year at the trade of {' and '.join(sorted(years))}" if years else "USD a year"


def _bar(drawing: Drawing, scale: Scale, row: Row, y: float, light: str) -> None:
    worth = value_of(row, "usd_year") or 0.0
    duty = min(max(value_of(row, "duty_usd_year") or 0.0, 0.0), max(worth, 0.0))
    more = f" (and\u00a0{row['shared'] - 1}\u00a0more)" if (row["shared"] or 1) > 1 else ""
    drawing.row_name(y + 14, clean(row["title"], 200) + more, _LEFT - 12)
    left, right = sorted((scale(0.0), scale(worth)))
    drawing.rect(left, y + 4, right - left, 13, ACCENT)
    if duty:
        drawing.rect(scale(worth - duty), y + 4, scale(worth) - scale(worth - duty), 13, light)
    interval = span_of(row, "low_usd_year", "high_usd_year")
    if interval and interval[1] > interval[0]:
        whisker(drawing, scale, interval, y + 10.5)
    drawing.narrow(WIDTH, y + 14, usd(worth), anchor="end", weight=600)
