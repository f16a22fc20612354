"""Forecast bands to the target date, one panel per model."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.amounts import usd, usd_tick
from karwan.report.charts.axes import WIDTH, value_of, y_axis, year_axis
from karwan.report.fonts import fit
from karwan.report.palette import ALERT, PARTY_A, text_colour, tint
from karwan.report.svg import Drawing, Scale, logarithmic, points
from karwan.report.text import as_date, clean, month

_LEFT, _PANEL, _GAP, _TOP = 46.0, 190.0, 22.0, 40.0


def draw_fan(fan: pl.DataFrame, target: tuple[float, date | None, str] | None, most: int = 3) -> str | None:
    """Median with bands of 50 and 90 per cent on a logarithmic scale; the target as a dashed line.

    Parameters
    ----------
    fan
        Table `fan` of the target section; the first `most` models are drawn.
    """
    rows = [r for r in fan.iter_rows(named=True) if as_date(r["date"]) and (value_of(r, "p50") or 0) > 0]
    models = list(dict.fromkeys(str(r["model"]) for r in rows))[:most]
    if not models:
        return None
    rows = [r for r in rows if str(r["model"]) in models]
    values = [v for r in rows for v in (value_of(r, "p05"), r["p50"], value_of(r, "p95")) if v and v > 0]
    bottom = _TOP + _PANEL
    money = logarithmic([*values, *([target[0]] if target else [])], bottom, _TOP)
    days = [d for r in rows if (d := as_date(r["date"]))]
    width = (WIDTH - _LEFT - _GAP * (len(models) - 1)) / len(models)
    drawing = Drawing("fan", WIDTH, bottom + 40, "Forecast to the target date", _say(rows, models))
    for k, model in enumerate(models):
        left = _LEFT + k * (width + _GAP)
        time = Scale(min(days).toordinal(), max(days).toordinal() + 1, left, left + width)
        part = sorted((r for r in rows if str(r["model"]) == model), key=lambda r: str(r["date"]))
        xs = [time(d.toordinal()) for r in part if (d := as_date(r["date"]))]
        drawing.text(
            left,
            12,
            fit(clean(model), 11.5, width, stretch="semi-condensed", bold=True),
            size=11.5,
            weight=600,
            stretch="semi-condensed",
        )
        y_axis(drawing, money, left, left + width, usd_tick if k == 0 else (lambda _: ""))
        for low, high, light in (("p05", "p95", 0.78), ("p25", "p75", 0.5)):
            edge = [(x, value_of(r, low), value_of(r, high)) for x, r in zip(xs, part, strict=True)]
            known = [(x, a, b) for x, a, b in edge if a and b and a > 0]
            if len(known) > 1:
                across = [x for x, _, _ in known]
                data = (
                    points(
                        across + across[::-1],
                        [money(b) for _, _, b in known] + [money(a) for _, a, _ in known][::-1],
                    )
                    + "Z"
                )
                drawing.path(data, fill=tint(PARTY_A, light))
        drawing.path(points(xs, [money(r["p50"]) for r in part]), stroke=PARTY_A, line=2)
        year_axis(drawing, time, bottom, min(days), max(days))
        if target:
            y = money(target[0])
            drawing.line(left, y, left + width, y, ALERT, line=1.3, dash="6 4")
            if k == 0:
                text = f"Target {usd(target[0])}" + (f", due {month(target[1])}" if target[1] else "")
                drawing.text(
                    left + 4,
                    y - 5,
                    text,
                    size=10.5,
                    weight=600,
                    fill=text_colour(ALERT),
                    stretch="semi-condensed",
                )
    for x, light, text in ((0, 0.5, "middle 50 %"), (90, 0.78, "middle 90 %")):
        drawing.swatch(x, bottom + 36, tint(PARTY_A, light), text)
    drawing.text(
        WIDTH,
        bottom + 36,
        "USD a year, logarithmic scale; line: median",
        size=10,
        anchor="end",
        fill="#565c63",
        stretch="semi-condensed",
    )
    return drawing.render()


def _say(rows: list[dict[str, object]], models: list[str]) -> str:
    texts = []
    for model in models:
        last = max((r for r in rows if str(r["model"]) == model), key=lambda r: str(r["date"]))
        texts.append(
            f"{clean(model)}: median USD {usd(last['p50'])}, 5 to "
            f"95 per cent {usd(last['p05'])} to {usd(last['p95'])}."
        )
    return " ".join(texts)
