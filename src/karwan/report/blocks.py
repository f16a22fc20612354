"""Building blocks of the report: what a page holds, before it becomes HTML or PDF."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from karwan.report.text import clean, items

ASSUMED_MARK = "†"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Cell:
    """One table cell.

    Attributes
    ----------
    text
        What it shows, already formatted and cleaned.
    assumed
        Rests on an assumed input: shown in italics with a dagger.
    notes
        Numbers of the sources, shown as raised links.
    url
        Safe address the text links to, '' for none.
    tone
        '' or one of 'late', 'muted', 'strong', 'good'.
    swatch
        Colour of a small square before the text, '' for none.
    """

    text: str
    assumed: bool = False
    notes: tuple[int, ...] = ()
    url: str = ""
    tone: str = ""
    swatch: str = ""


@dataclass(frozen=True)
class Column:
    """One table column: label, unit ('' when a text), alignment, relative width in print, and whether right-aligned text may take several lines."""

    label: str
    unit: str = ""
    right: bool = False
    share: float = 1.0
    wraps: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption; `rows` hold one cell per column; `wide` ones may scroll."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture with title, caption, unit and the sources it rests on; `svg` is one complete element."""

    key: str
    title: str
    caption: str
    unit: str
    svg: str
    notes: tuple[int, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class Prose:
    """Sentences: one paragraph, or a list when there are several; `notes` are the sources of each, if any."""

    texts: tuple[str, ...]
    title: str = ""
    notes: tuple[tuple[int, ...], ...] = ()

    def pairs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Each text with its sources."""
        return list(zip(self.texts, self.notes or ((),) * len(self.texts), strict=True))


@dataclass(frozen=True)
class Tile:
    """One large figure and what it is; `tone` as of a cell."""

    value: str
    label: str
    tone: str = ""
    notes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tiles:
    """A few large figures side by side under a title."""

    title: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Missing:
    """What is not there, and what would bring it."""

    title: str
    text: str


Block = Table | Figure | Prose | Tiles | Missing
Row = tuple[Block, ...]  # blocks side by side


@dataclass(frozen=True)
class Section:
    """A numbered part of the report; annexes have letters."""

    key: str
    number: str
    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole report: masthead, summary, sections and annexes.

    Attributes
    ----------
    facts
        Key figures of the summary page, as a table.
    plate
        The map; None when the case has no places.
    sources
        Rows of the sources list: number, text, url (safe, or ''), licence text, rows resting on it.
    colophon
        How the page was made: fonts, base map, rules of the marks.
    under
        Scenarios the brief stands under, in words; empty for the case as it stands.
    front
        The first pages: of each its rows of blocks, side by side.
    sources_in
        Where the sources are listed in place of this document; empty where it lists them itself.
    printed
        The map as wide and low as the first page has room for; in print it stands in place of `plate`.
    """

    title: str
    subtitle: str
    as_of: str
    version: str
    case_id: str
    headlines: tuple[str, ...]
    facts: Table | None
    plate: Figure | None
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...]
    sources: tuple[tuple[int, str, str, str, int], ...]
    colophon: tuple[str, ...]
    under: str = ""
    front: tuple[tuple[Row, ...], ...] = ()
    sources_in: str = ""
    printed: Figure | None = None


@dataclass(frozen=True)
class Notes:
    """Numbers of the sources by `source_id`."""

    numbers: Mapping[str, int] = field(default_factory=dict)

    def of(self, value: object) -> tuple[int, ...]:
        """Numbers of one or several (semicolon-separated) source ids, in order, without repeats."""
        found = (self.numbers.get(part) for part in items(value))
        return tuple(dict.fromkeys(number for number in found if number is not None))

    def lift(self, text: str) -> tuple[str, tuple[int, ...]]:
        """Text without the source ids written into it, and their numbers."""
        found = [
            w
            for w in _WORD.findall(text)
            if len(w) > 4 and ("_" in w or any(c.isdigit() for c in w)) and w in self.numbers
        ]
        for word in found:
            text = re.sub(rf"[;,]?\s*\b{re.escape(word)}\b", "", text)
        return text.replace("()", "").replace(" )", ")").replace("( ", "("), tuple(
            self.numbers[w] for w in found
        )

    def of_rows(self, rows: Sequence[Mapping[str, Any]], column: str = "source_id") -> tuple[int, ...]:
        """Numbers of the sources of several rows, ascending."""
        return tuple(sorted({number for row in rows for number in self.of(row.get(column))}))


def cell(
    text: object, *, row: Mapping[str, Any] | None = None, notes: tuple[int, ...] = (), **style: Any
) -> Cell:
    """Cell of a cleaned text; `row` marks it when the row's basis is `assumed`."""
    assumed = bool(row is not None and row.get("basis") == "assumed")
    return Cell(clean(text), assumed=style.pop("assumed", assumed), notes=notes, **style)
