"""Printing results: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import polars as pl
import typer
from rich.box import HEAVY_HEAD, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from karwan.amounts import dollars, percent
from karwan.case.case import AppliedScenario, spoken
from karwan.cli.streams import echo, echo_json
from karwan.exports import printable
from karwan.schema.answer_text import answer_content, csv_text

Columns = Sequence[str] | Mapping[str, str]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WIDE = 160  # columns of a table that is not printed on a terminal
# Columns left to a text before the lines between columns, then the table, are given up.
LEAST_TEXT, MOST_WORD = 8, 16
WORDS = ("status", "kind", "state")  # columns of keys such as in_progress
SHARES = ("share", "probability")
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


class Format(Enum):
    """How results leave the command line."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def chosen(as_json: bool, as_csv: bool) -> Format:
    """Format from the two switches; both together is a usage error."""
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv, not both")
    return Format.JSON if as_json else Format.CSV if as_csv else Format.TABLE


def emit(
    tables: Mapping[str, pl.DataFrame],
    form: Format,
    *,
    columns: Mapping[str, Columns] | None = None,
    meta: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    under: Sequence[AppliedScenario] = (),
    lead: Sequence[str] = (),
    spare: Mapping[str, int] | None = None,
) -> None:
    """Print result tables.

    Parameters
    ----------
    tables
        Title to table. CSV prints them one after another, the title in a comment line where there are several.
    form
        Table, JSON or CSV.
    columns
        Columns to show in the plain table (all by default), with their headings where it is a mapping: then the last
        third may be left out on a narrow terminal. JSON and CSV always hold all, under their own names.
    meta
        What JSON says beside the tables, and lines under the plain ones.
    notes
        Sentences under the plain tables, wrapped between words; `text` in JSON.
    under
        Scenarios the case stands under: first line of the plain tables, `scenarios` in JSON, and a line on stderr beside CSV.
    lead
        Sentences above the plain tables.
    spare
        Columns at the end of a plain table that may be left out where they are more than its last third.
    """
    if form is Format.JSON:
        echo_json(answer_content(tables, meta or {}, notes, under))
        return
    heading = _said(under)
    if form is Format.CSV:
        if heading:
            echo(heading, err=True)
        sys.stdout.write(csv_text(tables))
        return
    console = _console()
    if heading:
        console.print(Text(printable(heading), style="bold"))
    print_lines(lead)
    for name, table in tables.items():
        shown = (columns or {}).get(name) or table.columns
        heads = list(shown.values()) if isinstance(shown, Mapping) else list(shown)
        most = _left_out(shown, (spare or {}).get(name, 0))
        console.print(_rich(name, table.select(list(shown)), console.width, heads, most))
    for key, value in (meta or {}).items():
        console.print(Text(fact(key, value)))
    if notes:
        console.print()
        print_lines(notes)


def _left_out(shown: Columns, spare: int) -> int:
    """Columns at the end of a plain table that may be left out: its last third, or so many as are marked so."""
    return max(len(shown) // 3, spare) if isinstance(shown, Mapping) else 0


def print_lines(notes: Iterable[str], *, err: bool = False) -> None:
    """Print sentences, each from a new line, wrapped between words at the width of the tables; `err` for stderr."""
    console = _console(err)
    for note in notes:
        console.print(Text(printable(note)))


def _console(err: bool = False) -> Console:
    """A console as wide as the terminal, as COLUMNS says, or as wide as a file may be."""
    known = (sys.stderr if err else sys.stdout).isatty() or os.environ.get("COLUMNS")
    return Console(width=None if known else WIDE, stderr=err)


def fact(name: str, value: Any) -> str:
    """A name and its value as a person reads them: 'unrealised: USD 92.1 m' of unrealised_usd."""
    if isinstance(value, Mapping):
        unit = "_share" if name.endswith("_share") else ""
        text = ", ".join(fact(f"{key}{unit}", one).replace(":", "", 1) for key, one in value.items())
    else:
        money = name.endswith("_usd") and isinstance(value, int | float)
        text = dollars(value) if money else cell_text(value, name)
    said = re.sub("_(usd|share)$", "", name).replace("_", " ")
    return f"{said}: {text}"


def _said(under: Sequence[AppliedScenario]) -> str:
    return spoken(under) if under else ""


@dataclass(frozen=True)
class _Layout:
    """Headings, broken where they must be, widths (none where all has room), and whether lines are drawn."""

    heads: list[str]
    widths: list[int] | None = None
    lines: bool = True


def _rich(title: str, table: pl.DataFrame, width: int, heads: Sequence[str] = (), spare: int = 0) -> Table:
    """Table that fits the width: a number is never broken, text gives way first, then the lines, then up to `spare` columns
    at the end, and where that does not do each row becomes a record.
    """
    rows = [[cell_text(value, name) for name, value in row.items()] for row in table.iter_rows(named=True)]
    numeric = [kind.is_numeric() for kind in table.schema.values()]
    names = list(heads or table.columns)
    for count in range(table.width, table.width - spare - 1, -1):
        layout = _layout(names[:count], [row[:count] for row in rows], numeric[:count], width)
        if layout is not None:
            return _laid_out(title, layout, [row[:count] for row in rows], numeric, names[count:])
    return _records(title, names, rows)


def _laid_out(
    title: str,
    layout: _Layout,
    rows: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    left_out: Sequence[str],
) -> Table:
    """A table in a layout, with a line below that names the columns left out."""
    lines = layout.lines
    view = Table(
        title=Text(printable(title)),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        caption=Text(f"No room for {', '.join(left_out)}: see --csv.") if left_out else None,
        caption_justify="left",
        expand=False,
        box=HEAVY_HEAD if lines else SIMPLE_HEAD,
        padding=(0, 1) if lines else 0,
        show_edge=lines,
    )
    for k, head in enumerate(layout.heads):
        view.add_column(
            Text(head),
            justify="right" if numeric[k] else "left",
            overflow="fold",
            no_wrap=numeric[k],
            width=layout.widths[k] if layout.widths else None,
        )
    for row in rows:
        view.add_row(*(Text(cell) for cell in row))
    return view


def _layout(
    heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], width: int
) -> _Layout | None:
    """How the columns fit, or None where they do not even without lines and with texts at their least."""
    count = len(heads)
    widest = [max((cell_len(row[i]) for row in rows), default=0) for i in range(count)]
    whole = [max(w, cell_len(head)) for w, head in zip(widest, heads, strict=True)]
    if sum(whole) + 3 * count + 1 <= width:
        return _Layout(list(heads))
    broken = [_broken(head, w) for head, w in zip(heads, widest, strict=True)]
    least = [
        max(w if number else min(w, text), *(cell_len(part) for part in head.split("\n")))
        for head, w, number, text in zip(broken, widest, numeric, _least_texts(rows, count), strict=True)
    ]
    lines = sum(least) + 3 * count + 1 <= width
    room = width - (3 * count + 1 if lines else count - 1) - sum(least)
    if room < 0 and rows:
        return None
    wishes = [max(w - at_least, 0) for w, at_least in zip(widest, least, strict=True)]
    given = min(max(room, 0) / max(sum(wishes), 1), 1.0)
    widths = [at_least + int(wish * given) for at_least, wish in zip(least, wishes, strict=True)]
    return _Layout(broken, widths, lines)


def _least_texts(rows: Sequence[Sequence[str]], count: int) -> list[int]:
    """Columns a text needs in order to be read: its longest word, within bounds."""
    words = (
        max((cell_len(word) for row in rows for word in row[i].split()), default=0) for i in range(count)
    )
    return [min(max(longest, LEAST_TEXT), MOST_WORD) for longest in words]


def _broken(head: str, width: int) -> str:
    """Heading in lines no wider than the column needs, broken at spaces and after underscores."""
    parts = re.findall(r"[^ _]+_*", head) or [head]
    room = max(width, *(cell_len(part) for part in parts))
    lines = [parts[0]]
    for part in parts[1:]:
        joined = lines[-1] + ("" if lines[-1].endswith("_") else " ") + part
        if cell_len(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(part)
    return "\n".join(lines)


def _records(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """One row after another, a line for each column: for more columns than the terminal has room for."""
    view = Table(
        title=Text(printable(title)),
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
        show_header=False,
    )
    view.add_column(no_wrap=True)
    view.add_column(overflow="fold")
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            view.add_row(Text(name), Text(cell))
        view.add_row("", "")
    return view


def cell_text(value: Any, name: str = "") -> str:
    """A value as a person reads it: missing is a dash, large numbers in groups, shares in percent, lists joined.

    Parameters
    ----------
    name
        Its column: a share, a growth or a probability is told by it.
    """
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _float_text(value, name)
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10000 else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(v, name) for v in value)
    text = printable(str(value))
    if name == "source_id":
        return text.replace(";", ", ")
    return text.replace("_", " ") if name in WORDS else text


def _float_text(value: float, name: str) -> str:
    """A share in percent; another number with about three figures."""
    if name.endswith(SHARES):
        return percent(value, signed=name.startswith(("growth", "contribution", "change")))
    size = abs(value)
    if size >= 100:
        text = f"{value:,.0f}"
    elif size >= 10:
        text = f"{value:,.1f}"
    else:
        text = f"{value:,.3g}"
    return text.removeprefix("-") if text in ("-0", "-0.0") else text
