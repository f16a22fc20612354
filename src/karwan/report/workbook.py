"""The report as an XLSX workbook: a cover, one typed sheet per table, two native charts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import xlsxwriter

from karwan.amounts import is_number
from karwan.analysis.sections import Brief
from karwan.exports import write_bytes
from karwan.report.palette import PARTY_A, PARTY_B, TOTAL, safe_colour
from karwan.report.sections.corridors import WAYS, headline_routes
from karwan.report.text import as_date, clean, day, items, safe_url, words
from karwan.report.wording import tell

_CELL = 32000
_NUMBER = (
    ("_share", "%", "0.0%"),
    ("share", "%", "0.0%"),
    ("probability", "%", "0.0%"),
    ("usd_20t", "USD per 20 t", "#,##0"),
    ("usd_feu", "USD per FEU", "#,##0"),
    ("_usd_t", "USD per t", "#,##0.0"),
    ("_usd_year", "USD per year", "#,##0"),
    ("usd_year_response", "USD per year", "#,##0"),
    ("usd_year_target", "USD per year", "#,##0"),
    ("usd_year_kept", "USD per year", "#,##0"),
    ("hours_t", "h", "0.0"),
    ("_usd_day", "USD per day", "#,##0"),
    ("_usd_feu", "USD per FEU", "#,##0"),
    ("_usd", "USD", "#,##0"),
    ("usd_difference", "USD", "#,##0"),
    ("co2_kg", "kg CO2e", "#,##0"),
    ("_teu_year", "TEU per year", "#,##0"),
    ("_t_year", "t per year", "#,##0"),
    ("days_late", "days", "0"),
    ("days", "days", "0.0"),
    ("hours", "h", "0.0"),
    ("km", "km", "#,##0"),
    ("_m", "m", "0.0"),
    ("lat", "degrees", "0.0000"),
    ("lon", "degrees", "0.0000"),
    ("year", "", "0"),
    ("ratio", "times", "0.00"),
    ("multiple", "times", "0.0"),
    ("p05", "USD", "#,##0"),
    ("p25", "USD", "#,##0"),
    ("p50", "USD", "#,##0"),
    ("p75", "USD", "#,##0"),
    ("p95", "USD", "#,##0"),
    ("years_left", "years", "0.00"),
)


@dataclass(frozen=True)
class Sheet:
    """One table of the brief and the name of its sheet."""

    name: str
    section: str
    table: pl.DataFrame


def sheets(brief: Brief) -> Iterator[Sheet]:
    """Every table of the brief, in the order of the sections."""
    used: set[str] = set()
    for part in fields(brief):
        section = getattr(brief, part.name)
        if not hasattr(section, "__dataclass_fields__"):
            continue
        for item in fields(section):
            table = getattr(section, item.name)
            if isinstance(table, pl.DataFrame):
                name = item.name if item.name not in used else f"{part.name}_{item.name}"
                used.add(name)
                if table is brief.corridors.stages:
                    table = _of_the_headline_pair(brief, table)
                yield Sheet(words(name)[:31], words(part.name), table)


def _of_the_headline_pair(brief: Brief, stages: pl.DataFrame) -> pl.DataFrame:
    """Stages of the routes that the brief prints stage by stage; those of the other pairs are four in five of all cells of the workbook."""
    keys = ["corridor_id", "origin_id", "destination_id", "direction"]
    shown = pl.concat([headline_routes(brief, way).select(keys) for way in WAYS])
    return stages.join(shown, on=keys, how="semi", maintain_order="left")


def write_workbook(brief: Brief, path: Path | str) -> None:
    """Write the workbook of a brief.

    Texts are always written as texts: nothing from a case becomes a formula or a link, except plain http(s)
    addresses in columns named `url`. The creation date is the day of the brief.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    """
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    book = xlsxwriter.Workbook(target, options)
    stamp = datetime(brief.as_of.year, brief.as_of.month, brief.as_of.day)
    book.set_properties(
        {
            "title": clean(brief.title, 200),
            "subject": clean(brief.under, 255),
            "author": f"Karwan {clean(brief.version, 40)}",
            "created": stamp,
        }
    )
    formats = _formats(book)
    cover = book.add_worksheet("Cover")
    graph = book.add_worksheet("Charts")
    made = list(sheets(brief))
    for sheet in made:
        page = book.add_worksheet(sheet.name)
        if brief.under:
            page.set_header(f"&L{clean(brief.under, 200).replace('&', '&&')}")
        _write_table(page, sheet, formats)
    _write_cover(cover, brief, made, formats)
    _write_charts(book, graph, brief, formats)
    book.close()
    write_bytes(path, target.getvalue())


def _formats(book: Any) -> dict[str, Any]:
    head = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "bg_color": "#f4f1e9"}
    result = {
        "head": book.add_format(head),
        "head_r": book.add_format({**head, "align": "right"}),
        "title": book.add_format({"bold": True, "font_size": 20, "font_color": "#1c2126"}),
        "big": book.add_format({"font_size": 13, "font_color": "#565c63"}),
        "bold": book.add_format({"bold": True}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "link": book.add_format({"font_color": "#1f4e5f", "underline": 1}),
    }
    for assumed in (False, True):
        style: dict[str, Any] = {
            "valign": "top",
            **({"italic": True, "font_color": "#7a4b12"} if assumed else {}),
        }
        result[f"text{assumed}"] = book.add_format({**style, "text_wrap": True})
        result[f"date{assumed}"] = book.add_format({**style, "num_format": "yyyy-mm-dd", "align": "left"})
        for form in {form for *_, form in _NUMBER} | {"#,##0.###", "0"}:
            result[f"{form}{assumed}"] = book.add_format({**style, "num_format": form})
    return result


@cache
def unit_of(column: str) -> tuple[str, str]:
    """Unit and number format of a column, from the end of its name."""
    for ending, unit, form in _NUMBER:
        if column == ending.lstrip("_") or column.endswith(
            ending if ending.startswith("_") else f"_{ending}"
        ):
            return unit, form
    if column.startswith("days_p"):
        return "days", "0.0"
    return "", "#,##0.###"


def _write_table(sheet: Any, made: Sheet, formats: dict[str, Any]) -> None:
    table = made.table
    for k, (name, kind) in enumerate(table.schema.items()):
        numeric = kind.is_numeric()
        unit = unit_of(name)[0] if numeric else ""
        label = words(name) + (f" ({unit})" if unit else "")
        sheet.write_string(0, k, label, formats["head_r" if numeric else "head"])
        sheet.set_column(k, k, _width(label, table[name].head(300).to_list(), numeric))
    sheet.freeze_panes(1, 1)
    if table.height and table.width:
        sheet.autofilter(0, 0, table.height, table.width - 1)
    assumed = _assumed(table)
    for k, name in enumerate(table.columns):
        column = _Column(name, k, *_pair(formats, unit_of(name)[1]))
        for r, (value, weak) in enumerate(zip(table[name].to_list(), assumed, strict=True), start=1):
            if value is not None:
                _write_cell(sheet, r, column, value, formats, weak)


def _assumed(table: pl.DataFrame) -> list[bool]:
    """Whether each row of a table is assumed."""
    if "basis" not in table.columns:
        return [False] * table.height
    return [basis == "assumed" for basis in table["basis"].to_list()]


def _width(label: str, values: list[Any], numeric: bool) -> float:
    sizes = sorted(len(v) if isinstance(v, str) else 12 for v in values if v is not None)
    typical = sizes[int(len(sizes) * 0.9)] if sizes else 6
    return float(min(max(min(len(label), 16), 12 if numeric else typical, 8) + 2, 62))


class _Column(NamedTuple):
    """A column of a sheet, with the formats of its figures: plain, and where they are assumed."""

    name: str
    number: int
    plain: Any
    assumed: Any


def _pair(formats: dict[str, Any], form: str) -> tuple[Any, Any]:
    return formats[f"{form}False"], formats[f"{form}True"]


def _write_cell(
    sheet: Any, r: int, column: _Column, value: Any, formats: dict[str, Any], assumed: bool
) -> None:
    k = column.number
    if isinstance(value, str):
        _write_text(sheet, r, column, value, formats["textTrue" if assumed else "textFalse"], formats["link"])
    elif isinstance(value, bool):
        sheet.write_string(r, k, "yes" if value else "no", formats[f"text{assumed}"])
    elif isinstance(value, (int, float)):
        if is_number(value):
            sheet.write_number(r, k, value, column.assumed if assumed else column.plain)
    elif isinstance(value, (date, datetime)):
        found = as_date(value)
        if found is not None and found.year >= 1900:
            sheet.write_datetime(
                r, k, datetime(found.year, found.month, found.day), formats[f"date{assumed}"]
            )
        else:
            sheet.write_string(r, k, day(value), formats[f"text{assumed}"])
    elif text := _joined(value):
        sheet.write_string(r, k, text, formats[f"text{assumed}"])


def _write_text(sheet: Any, r: int, column: _Column, value: str, form: Any, link: Any) -> None:
    url = safe_url(value) if column.name.endswith("url") else None
    if url and len(url) < 2000 and sheet.write_url(r, column.number, url, link, url) == 0:
        return
    text = clean(value, _CELL)
    if text:
        sheet.write_string(r, column.number, text, form)


def _joined(value: Any) -> str:
    parts = (
        [f"{v:.4g}" if isinstance(v, float) else clean(v) for v in value]
        if isinstance(value, (list, tuple))
        else items(value)
    )
    return clean("; ".join(parts), _CELL)


def _write_cover(sheet: Any, brief: Brief, made: list[Sheet], formats: dict[str, Any]) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, 90)
    sheet.write_string(0, 0, clean(brief.title, 300), formats["title"])
    sheet.write_string(1, 0, clean(brief.plan_title, 300), formats["big"])
    facts = (
        (tell("brief_book.as_of"), day(brief.as_of)),
        (tell("brief_book.case"), clean(brief.case_id, 80)),
        (tell("brief_book.version"), clean(brief.version, 40)),
        *(((tell("brief_book.under"), clean(brief.under, 600)),) if brief.under else ()),
    )
    row = 3
    for name, value in facts:
        sheet.write_string(row, 0, name, formats["bold"])
        sheet.write_string(row, 1, value)
        row += 1
    row += 1
    for k, text in enumerate(brief.headlines):
        sheet.write_string(row, 0, tell("brief_book.headline", rank=k + 1), formats["bold"])
        sheet.merge_range(row, 1, row, 2, "", formats["wrap"])
        sheet.write_string(row, 1, clean(text, 1000), formats["wrap"])
        sheet.set_row(row, 15 * (1 + len(clean(text, 1000)) // 105))
        row += 1
    row += 1
    for text in (tell("brief_book.assumed"), tell("brief_book.money")):
        sheet.write_string(row, 0, text)
        row += 1
    row += 1
    heads = (tell("brief_book.sheet"), tell("brief_book.rows"), tell("brief_book.section"))
    for k, head in enumerate(heads):
        sheet.write_string(row, k, head, formats["head"])
    for one in made:
        row += 1
        sheet.write_url(row, 0, f"internal:'{one.name}'!A1", formats["link"], one.name)
        sheet.write_number(row, 1, one.table.height)
        sheet.write_string(row, 2, one.section)


def _write_charts(book: Any, sheet: Any, brief: Brief, formats: dict[str, Any]) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 6, 14)
    row = 0
    for way in WAYS:
        routes = [r for r in headline_routes(brief, way).iter_rows(named=True) if is_number(r["usd_20t"])]
        if routes:
            row = _corridor_chart(book, sheet, row, routes, formats)
    _annual_chart(book, sheet, row, brief, formats)


def _corridor_chart(
    book: Any, sheet: Any, row: int, routes: list[dict[str, Any]], formats: dict[str, Any]
) -> int:
    pair = clean(routes[0]["pair_label"], 80)
    for k, head in enumerate((f"Corridor, {pair}", "USD per 20 t", "Days, mean")):
        sheet.write_string(row, k, head, formats["head"])
    for k, route in enumerate(routes, start=row + 1):
        sheet.write_string(
            k, 0, clean(route["corridor"], 60) + ("" if route["status"] == "open" else " (closed)")
        )
        sheet.write_number(k, 1, route["usd_20t"], formats["#,##0False"])
        if is_number(route["days"]):
            sheet.write_number(k, 2, route["days"], formats["0.0False"])
    last = row + len(routes)
    points = [{"fill": {"color": safe_colour(r["colour"], k)}} for k, r in enumerate(routes)]
    for offset, (column, title, unit) in enumerate(((1, "Money", "USD per 20 t"), (2, "Time", "days, mean"))):
        chart = book.add_chart({"type": "bar"})
        chart.add_series(
            {
                "name": unit,
                "categories": ["Charts", row + 1, 0, last, 0],
                "values": ["Charts", row + 1, column, last, column],
                "points": points,
                "gap": 60,
            }
        )
        _entitle(chart, f"{title}, {pair}")
        chart.set_legend({"none": True})
        chart.set_x_axis({"name": unit, "major_gridlines": {"visible": True, "line": {"color": "#e4dfd2"}}})
        chart.set_y_axis({"reverse": True})
        chart.set_size({"width": 460, "height": 250})
        sheet.insert_chart(row, 4 + 7 * offset, chart, {"description": f"{title} by corridor, {pair}"})
    return max(last + 2, row + 14)


def _entitle(chart: Any, text: str) -> None:
    """Set the title of a chart as text; `set_title` would take a text such as 'Money, Port!A1' for the address of a cell."""
    chart.set_title({"name": "Title", "name_font": {"size": 11}})
    chart.title.name = text


def _annual_chart(book: Any, sheet: Any, row: int, brief: Brief, formats: dict[str, Any]) -> None:
    """Table of the twelve-month figures by reporter and period, and its chart beside it."""
    amounts = _annual_amounts(brief.standing.annual)
    if not amounts:
        return
    known = {direction for bar in amounts.values() for direction in bar}
    directions = [direction for direction in _DIRECTION_COLOUR if direction in known]
    sheet.write_string(row, 0, tell("brief_book.annual_rows"), formats["head"])
    for j, direction in enumerate(directions, start=1):
        sheet.write_string(row, j, f"{words(direction)} (USD)", formats["head"])
    for k, ((reporter, period), bar) in enumerate(amounts.items(), start=row + 1):
        sheet.write_string(k, 0, clean(f"{reporter}, {period}", 80))
        for j, direction in enumerate(directions, start=1):
            if direction in bar:
                sheet.write_number(k, j, bar[direction], formats["#,##0False"])
    last = row + len(amounts)
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    for j, direction in enumerate(directions, start=1):
        chart.add_series(
            {
                "name": ["Charts", row, j],
                "categories": ["Charts", row + 1, 0, last, 0],
                "values": ["Charts", row + 1, j, last, j],
                "fill": {"color": _DIRECTION_COLOUR[direction]},
            }
        )
    _entitle(chart, tell("brief_book.annual_chart"))
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 920, "height": 340})
    about = tell("brief_book.annual_about")
    sheet.insert_chart(row, 4, chart, {"description": about})


_DIRECTION_COLOUR = {"a_to_b": PARTY_A, "b_to_a": PARTY_B, "total": TOTAL}


def _annual_amounts(table: pl.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """USD by direction, by reporter and period; of two figures for one the first."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in table.iter_rows(named=True):
        if is_number(row["value_usd"]) and as_date(row["period_end"]):
            bar = found.setdefault((str(row["reporter_name"]), str(row["year_label"])), {})
            bar.setdefault(str(row["direction"]), row["value_usd"])
    return found
