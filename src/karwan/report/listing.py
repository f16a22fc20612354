"""Tables of the report made from data frames by a list of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from karwan.amounts import NONE, number, percent, usd, usd_t
from karwan.report.blocks import Cell, Column, Missing, Notes, Table, cell
from karwan.report.palette import STATUS, STATUS_LABEL, safe_colour
from karwan.report.text import day, names, words

Row = dict[str, Any]
Maker = Callable[[Row], Cell]
Spec = Sequence[tuple[Column, Maker]]


def listing(
    key: str,
    caption: str,
    frame: pl.DataFrame,
    notes: Notes,
    spec: Spec,
    *,
    note: str = "",
    wide: bool = False,
) -> Table | None:
    """Table with one row per row of the frame, source notes on the first cell; None when it is empty."""
    if frame.is_empty():
        return None
    rows = []
    for row in frame.iter_rows(named=True):
        cells = [make(row) for _, make in spec]
        first = cells[0]
        sources = notes.of(row.get("source_id"))
        if sources:
            cells[0] = Cell(first.text, first.assumed, sources, first.url, first.tone, first.swatch)
        rows.append(tuple(cells))
    return Table(key, caption, tuple(column for column, _ in spec), tuple(rows), note, wide)


def text(label: str, name: str, share: float = 1.0, tone: str = "") -> tuple[Column, Maker]:
    """Column of a text field or a list of texts."""
    return Column(label, share=share), lambda row: cell(names(row.get(name), "; "), tone=tone)


def key_text(label: str, name: str, share: float = 1.0) -> tuple[Column, Maker]:
    """Column of a key such as 'dry_port', shown as words."""
    return Column(label, share=share), lambda row: cell(words(row.get(name)))


def date(label: str, name: str, share: float = 0.8) -> tuple[Column, Maker]:
    """Column of a date."""
    return Column(label, share=share), lambda row: cell(day(row.get(name)))


def figure(
    label: str,
    name: str,
    unit: str,
    form: Callable[[Any], str] = number,
    *,
    basis: bool = False,
    share: float = 0.7,
) -> tuple[Column, Maker]:
    """Column of a number; `basis` marks it where the row's basis is `assumed`."""

    def make(row: Row) -> Cell:
        shown = form(row.get(name))
        return cell(shown, assumed=basis and row.get("basis") == "assumed" and shown != NONE)

    return Column(label, unit, right=True, share=share), make


def money(
    label: str, name: str, unit: str = "USD", *, basis: bool = False, share: float = 0.7
) -> tuple[Column, Maker]:
    """Column of a large amount of money."""
    return figure(label, name, unit, usd, basis=basis, share=share)


def rate(
    label: str, name: str, unit: str, *, basis: bool = False, share: float = 0.7
) -> tuple[Column, Maker]:
    """Column of a small amount of money."""
    return figure(label, name, unit, usd_t, basis=basis, share=share)


def days(label: str, name: str, unit: str = "days", *, basis: bool = False) -> tuple[Column, Maker]:
    """Column of days with one decimal."""
    return figure(label, name, unit, lambda v: number(v, 1), basis=basis)


def part(label: str, name: str, *, signed: bool = False, basis: bool = False) -> tuple[Column, Maker]:
    """Column of a share as a percentage."""
    return figure(label, name, "%", lambda v: percent(v, signed=signed), basis=basis)


def corridor(label: str = "Corridor", name: str = "corridor", share: float = 1.35) -> tuple[Column, Maker]:
    """Column of a corridor's name with its colour."""
    return Column(label, share=share), lambda row: cell(
        row.get(name), tone="strong", swatch=safe_colour(row.get("colour"))
    )


def status(label: str = "Status", name: str = "status", share: float = 0.8) -> tuple[Column, Maker]:
    """Column of a commitment's status with its colour."""

    def make(row: Row) -> Cell:
        found = str(row.get(name))
        return cell(STATUS_LABEL.get(found, words(found)), swatch=STATUS.get(found, ""))

    return Column(label, share=share), make


def missing(title: str, commands: Sequence[str], fallback: str) -> Missing:
    """Notice in place of an empty chart: what would fill it."""
    return Missing(title, " ".join(commands) if commands else fallback)
