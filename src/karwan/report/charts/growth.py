"""Growth like for like: the same reporter, direction and months, one year apart."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import percent, usd_tick
from karwan.report.charts.axes import WIDTH, value_of, x_axis
from karwan.report.fonts import fit
from karwan.report.palette import ALERT, MUTED, PAPER, STATUS, text_colour
from karwan.report.svg import Drawing, logarithmic
from karwan.report.text import clean

_LEFT, _RIGHT, _ROW = 250.0, 84.0, 30.0


def draw_growth(growth: pl.DataFrame, names: dict[str, str]) -> str | None:
    """From the earlier value (ring) to the later one (dot) on a logarithmic scale."""
    rows = [
        r
        for r in growth.iter_rows(named=True)
        if (value_of(r, "value_usd") or 0) > 0 and (value_of(r, "previous_value_usd") or 0) > 0
    ]
    rows = _latest(rows)
    if not rows:
        return None
    height = 18 + len(rows) * _ROW + 34
    says = "; ".join(
        (
            f"{clean(r['reporter'])} {clean(r['direction_label'])} "
            f"{clean(r['period_label'])}: {percent(r['growth_share'], signed=True)}"
        )
        for r in rows
    )
    drawing = Drawing("growth", WIDTH, height, "Growth like for like", says)
    scale = logarithmic(
        [v for r in rows for v in (r["value_usd"], r["previous_value_usd"])], _LEFT, WIDTH - _RIGHT
    )
    bottom = 18 + len(rows) * _ROW
    x_axis(drawing, scale, 14, bottom, usd_tick, unit="USD, logarithmic scale")
    for k, row in enumerate(rows):
        y = 18 + k * _ROW + _ROW / 2
        before, after = scale(row["previous_value_usd"]), scale(row["value_usd"])
        up = row["value_usd"] >= row["previous_value_usd"]
        colour = STATUS["done"] if up else ALERT
        reporter = names.get(str(row["reporter"]), clean(row["reporter"]))
        name = f"{reporter}: {clean(row['direction_label'])}{_group(row)}"
        drawing.text(
            0,
            y - 2,
            fit(name, 11, _LEFT - 12, stretch="semi-condensed", bold=True),
            size=11,
            weight=600,
            stretch="semi-condensed",
        )
        span = f"{clean(row['previous_label'])} → {clean(row['period_label'])}"
        drawing.text(
            0,
            y + 11,
            fit(span, 10, _LEFT - 12, stretch="semi-condensed"),
            size=10,
            fill=MUTED,
            stretch="semi-condensed",
        )
        drawing.line(before, y, after, y, colour, line=2.2)
        drawing.circle(before, y, 4, PAPER, stroke=colour, line=1.6)
        drawing.circle(after, y, 4.4, colour)
        drawing.text(
            WIDTH,
            y + 4,
            percent(row["growth_share"], signed=True),
            size=11.5,
            anchor="end",
            fill=text_colour(colour),
            weight=600,
            stretch="semi-condensed",
        )
    drawing.label(WIDTH, 9, "change", anchor="end")
    return drawing.render()


def _group(row: dict[str, Any]) -> str:
    """', farm goods' where the pair is not of all goods."""
    group = clean(row.get("product_group"))
    return "" if group.lower() in ("", "all goods", "all", "total") else f", {group}"


def _latest(rows: list[dict[str, Any]], most: int = 10) -> list[dict[str, Any]]:
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
