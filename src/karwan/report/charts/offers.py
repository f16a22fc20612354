"""Routes of a shipment against each other: days of arrival as strips, and money against the late days."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from karwan.amounts import number
from karwan.report.charts.axes import WIDTH, Row, error_bar, span_of, value_of, x_axis, y_axis
from karwan.report.palette import ALERT, INK, MUTED, PAPER, SERIES, safe_colour, text_colour
from karwan.report.svg import Drawing, Scale, linear
from karwan.report.text import clean

_LEFT, _RIGHT, _STEP = 196.0, 12.0, 42.0
_HEIGHT = 330.0


def draw_offer_days(offers: pl.DataFrame, key: str, title: str, *, chosen: int, promise: float | None) -> str:
    """One strip a route from P5 to P95 days with a tick at the median; the promise as a line.

    Parameters
    ----------
    offers
        Rows of `route_offers` with a column `colour`.
    chosen
        Number of the route that stands out.
    promise
        Days promised; None where nothing is.
    """
    rows = list(offers.iter_rows(named=True))
    far = [value_of(r, "days_p95") or 0.0 for r in rows]
    low = min(value_of(r, "days_p5") or 0.0 for r in rows)
    scale = linear(
        [0.0 if low < 8 else low * 0.85, *far, promise or low], _LEFT, WIDTH - _RIGHT, zero=False, pad=0.06
    )
    bottom = 24 + len(rows) * _STEP
    drawing = Drawing(key, WIDTH, bottom + 34, title, _say(rows))
    x_axis(drawing, scale, 18, bottom, number, count=8, unit="days door to door")
    drawing.label(_LEFT, 9, "line: P5 to P95 · tick: median · ring: P95 if no border closes")
    for k, row in enumerate(rows):
        _draw_strip(drawing, row, scale, 24 + k * _STEP + _STEP / 2, k, row["route"] == chosen)
    if promise is not None:
        x = scale(promise)
        drawing.line(x, 14, x, bottom, ALERT, line=1.5, dash="5 3")
        drawing.narrow(
            x + 4,
            bottom - 4,
            f"promised: {number(promise, 1)} days",
            size=10.5,
            fill=text_colour(ALERT),
            halo=PAPER,
            weight=600,
        )
    return drawing.render()


def _draw_strip(drawing: Drawing, row: Row, scale: Scale, y: float, rank: int, chosen: bool) -> None:
    """Name, range, median and the quiet P95 of one route."""
    colour = safe_colour(row.get("colour"), rank)
    name = f"{row['route']}. {clean(row['name'], 80).removeprefix('via ')}"
    drawing.row_name(y + 4, name, _LEFT - 16, weight=700 if chosen else 400)
    whole, middle = span_of(row, "days_p5", "days_p95"), value_of(row, "days_p50")
    if whole is None or middle is None:
        drawing.narrow(_LEFT + 6, y + 4, "too many journeys never arrive", size=10.5, fill=text_colour(ALERT))
        return
    error_bar(drawing, scale, whole, y, colour, lines=(7.0 if chosen else 4.0, 1.6), cap=6)
    quiet = value_of(row, "days_p95_no_closures")
    if quiet is not None and scale(whole[1]) - scale(quiet) > 4:
        drawing.circle(scale(quiet), y, 3.4, PAPER, stroke=colour, line=1.6)
    drawing.line(scale(middle), y - 9, scale(middle), y + 9, INK, line=2.4)
    drawing.narrow(
        scale(middle), y - 12, number(middle, 1), size=10.5, anchor="middle", weight=600, halo=PAPER
    )
    for edge in whole:
        drawing.narrow(scale(edge), y + 18, number(edge, 1), size=10, anchor="middle", fill=MUTED, halo=PAPER)


def draw_offer_money(offers: pl.DataFrame, key: str, title: str, *, chosen: int) -> str:
    """Money of each route against its P95 days: down and left is better; the chosen one is ringed."""
    rows = [r for r in offers.iter_rows(named=True) if value_of(r, "days_p95") is not None]
    days = linear([r["days_p95"] for r in rows], 66, WIDTH - 40, zero=False, pad=0.1)
    money = linear([r["usd"] for r in rows], _HEIGHT - 40, 26, zero=False, pad=0.12)
    days, money = _roomy(days), _roomy(money)
    drawing = Drawing(key, WIDTH, _HEIGHT, title, _say_money(rows))
    x_axis(
        drawing, days, 20, _HEIGHT - 40, number, count=7, unit="days within which 95 of 100 journeys arrive"
    )
    y_axis(drawing, money, 66, WIDTH - 12, number, count=5)
    drawing.label(0, 9, "USD for the shipment · down and left is better")
    for k, row in enumerate(rows):
        x, y, colour = days(row["days_p95"]), money(row["usd"]), safe_colour(row.get("colour"), k)
        if row["route"] == chosen:
            drawing.circle(x, y, 10.5, "none", stroke=INK, line=2)
        drawing.circle(x, y, 6.5, colour if row["status"] == "listed" else PAPER, stroke=colour, line=2)
    for k, row in enumerate(rows):
        x, y = days(row["days_p95"]), money(row["usd"])
        drawing.narrow(
            x + 13,
            y + 4,
            str(row["route"]),
            size=11.5,
            weight=700,
            fill=text_colour(safe_colour(row.get("colour"), k)),
            halo=PAPER,
        )
    return drawing.render()


def _roomy(scale: Scale) -> Scale:
    """Scale with a little room at its near end."""
    return Scale(scale.low - 0.08 * (scale.high - scale.low), scale.high, scale.start, scale.end)


def with_colours(offers: pl.DataFrame, corridors: pl.DataFrame) -> pl.DataFrame:
    """Offers with the colour of the corridor each keeps to, others in colours of the series."""
    known = dict(zip(corridors["corridor_id"], corridors["colour"], strict=True))
    colours = [
        known.get(corridor or "") or SERIES[k % len(SERIES)]
        for k, corridor in enumerate(offers["corridor_id"])
    ]
    return offers.with_columns(colour=pl.Series(colours, dtype=pl.String))


def _say(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{r['route']}. {clean(r['name'], 80)}: median {number(r['days_p50'], 1)} days, 5 to 95 per cent "
        f"{number(r['days_p5'], 1)} to {number(r['days_p95'], 1)}."
        for r in rows
    )


def _say_money(rows: Sequence[Row]) -> str:
    return " ".join(
        f"{r['route']}: USD {number(r['usd'])}, P95 {number(r['days_p95'], 1)} days." for r in rows
    )
