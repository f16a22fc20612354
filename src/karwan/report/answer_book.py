"""A result of any analysis as a workbook: one typed sheet a table, with labels, units and descriptions of the declared rows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import xlsxwriter

from karwan.amounts import is_number
from karwan.report.text import clean, items, safe_url
from karwan.schema.results import result_table

_CELL = 32_000
_SAFE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def answer_book(
    tables: Mapping[str, pl.DataFrame],
    declared: Mapping[str, str],
    *,
    title: str,
    under: str,
    notes: Sequence[str],
    as_of: date,
) -> bytes:
    """Workbook of the tables of an answer: every column, under its own name and unit.

    Texts are written as texts: nothing from a case becomes a formula. The same answer gives the same bytes.

    Parameters
    ----------
    tables
        Key to table, as in JSON and CSV.
    declared
        Key to the row file of its columns; one not named goes by its own names.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, _SAFE)
    book.set_properties({"title": clean(title, 200), "created": datetime(as_of.year, as_of.month, as_of.day)})
    formats = {
        "head": book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#f4f1e9"}),
        "assumed": book.add_format({"italic": True, "font_color": "#7a4b12"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "title": book.add_format({"bold": True, "font_size": 16}),
        "red": book.add_format({"bold": True, "font_color": "#96281b"}),
        "": book.add_format({}),
    }
    cover = book.add_worksheet("Cover")
    names = _sheet_names(list(tables))
    _write_cover(cover, title, under, notes, [names[key] for key in tables], formats)
    for key, table in tables.items():
        _write_table(book.add_worksheet(names[key]), table, declared.get(key), formats)
    book.close()
    return target.getvalue()


def _sheet_names(keys: Sequence[str]) -> dict[str, str]:
    """Names a workbook allows, each once."""
    names: dict[str, str] = {}
    for key in keys:
        base = "".join(c for c in key if c not in "[]:*?/\\'")[:28].strip() or "table"
        taken = {name.lower() for name in names.values()} | {"cover"}
        rank, name = 2, base
        while name.lower() in taken:
            name, rank = f"{base} {rank}", rank + 1
        names[key] = name
    return names


def _write_cover(
    sheet: Any, title: str, under: str, notes: Sequence[str], names: Sequence[str], formats: Mapping[str, Any]
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, clean(title, 300), formats["title"])
    sheet.write_string(1, 0, clean(under, 600), formats["red"])
    lines = ["Sheets: " + ", ".join(names), *notes, "Figures in italics rest on an assumed row."]
    for k, line in enumerate(lines, start=3):
        sheet.write_string(k, 0, clean(line, 2000))


def _write_table(sheet: Any, table: pl.DataFrame, declared: str | None, formats: Mapping[str, Any]) -> None:
    units = {c.name: c.unit for c in result_table(declared).columns} if declared else {}
    for k, name in enumerate(table.columns):
        unit = units.get(name, "")
        sheet.write_string(0, k, f"{name} ({unit})" if unit else name, formats["head"])
        sheet.set_column(k, k, min(max(len(name) + 4, 12), 40))
    sheet.freeze_panes(1, 1)
    if table.height:
        sheet.autofilter(0, 0, table.height, max(table.width - 1, 0))
    for r, row in enumerate(table.iter_rows(named=True), start=1):
        form = formats["assumed" if row.get("basis") == "assumed" else ""]
        for k, value in enumerate(row.values()):
            _write_cell(sheet, r, k, value, form, formats["date"])


def _write_cell(sheet: Any, r: int, k: int, value: Any, form: Any, day_form: Any) -> None:
    if is_number(value):
        sheet.write_number(r, k, value, form)
    elif isinstance(value, bool):
        sheet.write_string(r, k, "yes" if value else "no", form)
    elif isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(r, k, datetime(value.year, value.month, value.day), day_form)
    else:
        _write_text(sheet, r, k, value, form)


def _write_text(sheet: Any, r: int, k: int, value: Any, form: Any) -> None:
    text = clean(value, _CELL) if isinstance(value, str) else clean("; ".join(items(value)), _CELL)
    if text and safe_url(text) and len(text) < 2000 and sheet.write_url(r, k, text, form, text) == 0:
        return
    if text:
        sheet.write_string(r, k, text, form)
