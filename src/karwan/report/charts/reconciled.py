"""Reconciled yearly trade by direction, with the band that two disagreeing reports leave."""

from __future__ import annotations

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, value_of, y_axis
from karwan.report.palette import HAIR, MUTED, PAPER, PARTY_A, PARTY_B, SERIES, text_colour
from karwan.report.svg import Drawing, Scale, logarithmic, points
from karwan.report.text import clean

_COLOUR = {"a_to_b": PARTY_A, "b_to_a": PARTY_B, "total": SERIES[2]}
_PANEL, _TOP, _LEFT, _GAP = 190.0, 26.0, 44.0, 26.0


def draw_reconciled(table: pl.DataFrame) -> str | None:
    """One panel per direction, sharing a logarithmic money scale; ring: one side reported only."""
    rows = [
        r
        for r in table.iter_rows(named=True)
        if (value_of(r, "value_usd") or 0) > 0 and value_of(r, "year") is not None
    ]
    ways = list(dict.fromkeys(str(r["direction"]) for r in rows))
    if not rows:
        return None
    values = [v for r in rows for v in (r["value_usd"], r["low_usd"], r["high_usd"]) if v]
    bottom = _TOP + _PANEL
    money = logarithmic(values, bottom, _TOP)
    width = (WIDTH - _LEFT - _GAP * (len(ways) - 1)) / len(ways)
    years = [int(r["year"]) for r in rows]
    drawing = Drawing("reconciled", WIDTH, bottom + 46, "Reconciled trade with bands", _say(rows))
    for k, way in enumerate(ways):
        left = _LEFT + k * (width + _GAP)
        scale = Scale(min(years) - 0.5, max(years) + 0.5, left, left + width)
        part = sorted((r for r in rows if str(r["direction"]) == way), key=lambda r: int(r["year"]))
        y_axis(drawing, money, left, left + width, usd_tick if k == 0 else (lambda _: ""))
        colour = _COLOUR.get(way, SERIES[k % len(SERIES)])
        drawing.text(
            left,
            12,
            clean(part[0]["direction_label"], 60),
            size=11.5,
            weight=600,
            fill=text_colour(colour),
            stretch="semi-condensed",
        )
        band = [r for r in part if r["low_usd"] and r["high_usd"] and r["low_usd"] > 0]
        if len(band) > 1:
            xs = [scale(r["year"]) for r in band]
            data = (
                points(
                    xs + xs[::-1],
                    [money(r["high_usd"]) for r in band] + [money(r["low_usd"]) for r in band][::-1],
                )
                + "Z"
            )
            drawing.path(data, fill=colour, opacity=0.16)
        else:
            for r in band:
                drawing.line(
                    scale(r["year"]),
                    money(r["low_usd"]),
                    scale(r["year"]),
                    money(r["high_usd"]),
                    colour,
                    line=5,
                )
        drawing.path(
            points([scale(r["year"]) for r in part], [money(r["value_usd"]) for r in part]),
            stroke=colour,
            line=1.8,
        )
        for r in part:
            both = r["sides"] == "both"
            drawing.circle(
                scale(r["year"]),
                money(r["value_usd"]),
                3.2,
                colour if both else PAPER,
                stroke=colour,
                line=1.5,
            )
        step = 1 if width / (max(years) - min(years) + 1) > 27 else 2 if max(years) - min(years) < 24 else 5
        for year in range(min(years), max(years) + 1, step):
            drawing.text(
                scale(year),
                bottom + 14,
                str(year),
                size=10,
                anchor="middle",
                fill=MUTED,
                stretch="semi-condensed",
            )
        drawing.line(left, bottom, left + width, bottom, HAIR)
    drawing.text(
        WIDTH,
        bottom + 36,
        "USD a year, logarithmic scale",
        size=10,
        anchor="end",
        fill=MUTED,
        stretch="semi-condensed",
    )
    drawing.circle(4, bottom + 32.5, 3.2, MUTED, stroke=MUTED, line=1.5)
    drawing.text(12, bottom + 36, "both sides reported", size=10, fill=MUTED, stretch="semi-condensed")
    drawing.circle(112, bottom + 32.5, 3.2, PAPER, stroke=MUTED, line=1.5)
    drawing.text(120, bottom + 36, "one side only", size=10, fill=MUTED, stretch="semi-condensed")
    return drawing.render()


def _say(rows: list[dict[str, object]]) -> str:
    last = max(int(str(r["year"])) for r in rows)
    return " ".join(
        (
            f"{clean(r['direction_label'])} {last}: USD {usd(r['value_usd'])} "
            f"({usd(r['low_usd'])} to {usd(r['high_usd'])})."
        )
        for r in rows
        if int(str(r["year"])) == last
    )
