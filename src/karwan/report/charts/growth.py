"""Growth like for like: the same reporter, direction and months, one year apart."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import percent, usd, usd_tick
from karwan.report.charts.axes import WIDTH, Row, is_positive, x_axis
from karwan.report.palette import ALERT, MUTED, PAPER, STATUS, text_colour
from karwan.report.svg import Drawing, Scale, logarithmic
from karwan.report.text import clean

_TOP, _LEFT, _RIGHT, _ROW = 18, 250.0, 84.0, 30.0


def draw_growth(growth: pl.DataFrame, names: dict[str, str]) -> str | None:
    """From the earlier value (ring) to the later one (dot) on a logarithmic scale."""
    pairs = [r for r in growth.iter_rows(named=True) if is_positive(r, "value_usd", "previous_value_usd")]
    rows = _latest(pairs)
    if not rows:
        return None
    bottom = _TOP + len(rows) * _ROW
    drawing = Drawing("growth", WIDTH, bottom + 34, "Growth like for like", _say(rows))
    ends = [r[column] for r in rows for column in ("value_usd", "previous_value_usd")]
    scale = logarithmic(ends, _LEFT, WIDTH - _RIGHT)
    x_axis(drawing, scale, 14, bottom, usd_tick, unit="USD, logarithmic scale")
    for k, row in enumerate(rows):
        reporter = names.get(str(row["reporter"]), clean(row["reporter"]))
        _draw_row(drawing, row, reporter, scale, _TOP + k * _ROW + _ROW / 2)
    drawing.label(WIDTH, 9, "change", anchor="end")
    return drawing.render()


def _draw_row(drawing: Drawing, row: Row, reporter: str, scale: Scale, y: float) -> None:
    before, after = scale(row["previous_value_usd"]), scale(row["value_usd"])
    colour = STATUS["done"] if row["value_usd"] >= row["previous_value_usd"] else ALERT
    name = f"{reporter}: {clean(row['direction_label'])}{_group(row)}"
    periods = f"{clean(row['previous_label'])} → {clean(row['period_label'])}"
    drawing.narrow(0, y - 2, name, weight=600, room=_LEFT - 12)
    drawing.narrow(0, y + 11, periods, size=10, room=_LEFT - 12, fill=MUTED)
    drawing.line(before, y, after, y, colour, line=2.2)
    drawing.circle(before, y, 4, PAPER, stroke=colour, line=1.6)
    drawing.circle(after, y, 4.4, colour)
    change = _change(row)
    drawing.narrow(WIDTH, y + 4, change, size=11.5, anchor="end", fill=text_colour(colour), weight=600)


def _say(rows: Sequence[Row]) -> str:
    return "; ".join(
        f"{clean(r['reporter'])} {clean(r['direction_label'])} {clean(r['period_label'])}: {_change(r)}"
        for r in rows
    )


def _change(row: Row) -> str:
    """Change as a percentage; from tenfold on base and newest figure."""
    if row["growth_share"] >= 9.0:
        return f"{usd(row['previous_value_usd'])} → {usd(row['value_usd'])}"
    return percent(row["growth_share"], signed=True)


def _group(row: Row) -> str:
    """', farm goods' where the pair is not of all goods."""
    group = clean(row.get("product_group"))
    return "" if group.lower() in ("", "all goods", "all", "total") else f", {group}"


def _latest(rows: Sequence[Row], most: int = 10) -> list[Row]:
    """The latest pairs of each reporter, direction and product group: two of each at most, `most` in all."""
    rows = sorted(rows, key=lambda r: str(r.get("period_end") or ""), reverse=True)
    seen: dict[tuple[str, ...], int] = {}
    kept = []
    for row in rows:
        key = tuple(str(row.get(c)) for c in ("reporter", "direction", "product_group"))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= 2:
            kept.append(row)
    return kept[:most]
