"""CSV files of UN Comtrade, with the column names of the present download and of the old one.

Provider: United Nations Statistics Division, UN Comtrade. Licence: UN Comtrade's terms of use (no
redistribution of bulk data without permission). The present headers are those of the API (`reporterISO`,
`cmdCode`, `primaryValue`); the old ones are those of the site up to 2023 (`Reporter ISO`, `Commodity Code`,
`Trade Value (US$)`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput
from karwan.store.reading import Progress, Reading, no_progress
from karwan.store.sources.comtrade_layout import (
    LICENCE,
    MAPPING,
    PROVIDER,
    ComtradeLayout,
    in_one_form,
    layout_of,
)
from karwan.store.sources.comtrade_parts import NO_PARTS, Parts, parts_of
from karwan.store.sources.content import PIECE, Content, contents
from karwan.store.sources.delimited import read_blocks, read_header_row
from karwan.store.sources.flow_frame import FlowFramer
from karwan.store.sources.mapped_table import SUFFIXES
from karwan.store.sources.registry import Options, Source, hash_of

# Letters of Latin-1 stand alone among those of ASCII (`Türkiye`, `m²`); other code pages have runs of them.
_RUN = re.compile(b"[\x80-\xff]{2}")


def read_comtrade_csv(path: Path | None, options: Options) -> list[Reading]:
    """Readings of a Comtrade CSV, or of the CSVs in a zip."""
    if path is None:
        raise InvalidInput(
            "The source `comtrade-csv` needs a file.", fix="Give the CSV downloaded from Comtrade."
        )
    return [_reading(content, options) for content in contents(path, SUFFIXES["csv"])]


def _reading(content: Content, options: Options) -> Reading:
    encoding = _encoding(content)
    delimiter = _delimiter(content, encoding)
    header = read_header_row(content, delimiter=delimiter, encoding=encoding, header_row=1)
    layout = layout_of(header, content.name)

    def blocks(progress: Progress) -> Iterator[pl.DataFrame]:
        return read_blocks(
            content, layout.needed(), delimiter=delimiter, encoding=encoding, progress=progress
        )

    parts = parts_of(blocks(no_progress), layout) if layout.dimensions() else NO_PARTS
    framed = Framed(layout, parts, options)
    return Reading(
        source="comtrade",
        file_name=content.name,
        content_bytes=content.size,
        content_hash=content.hash,
        frames=lambda progress: framed.frames(blocks(progress)),
        options=framed.stamp(),
        repeats=parts.repeats,
        notes=framed.notes,
    )


class Framed:
    """Tables of Comtrade records as staged rows, under what was found out about their parts."""

    def __init__(self, layout: ComtradeLayout, parts: Parts, options: Options) -> None:
        self._layout = layout
        self._parts = parts
        self._options = options
        self._framer = FlowFramer(
            MAPPING, options.countries, hs_revision=options.hs_revision, known_codes=options.known_codes
        )

    def frames(self, tables: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Staged rows, frame by frame."""
        return self._framer.frames(self._one_form(table) for table in tables)

    def _one_form(self, table: pl.DataFrame) -> pl.DataFrame:
        said = table.join(self._parts.aside, on="line", how="left", maintain_order="left")
        table = said.with_columns(fault=pl.coalesce("fault", "reason")).drop("reason")
        return in_one_form(table, self._layout, self._options.countries)

    def stamp(self) -> dict[str, str]:
        """Options that change the rows read."""
        return self._options.stamp(mapping=hash_of(asdict(MAPPING)))

    def notes(self) -> list[str]:
        """What is worth saying of the rows read."""
        return self._parts.notes() + self._framer.notes()


def _delimiter(content: Content, encoding: str) -> str:
    """The comma; in a file that a spreadsheet wrote anew the semicolon or tab, where its header has no comma."""
    header = ",".join(read_header_row(content, delimiter=",", encoding=encoding, header_row=1))
    return next((mark for mark in (",", ";", "\t") if mark in header), ",")


def _encoding(content: Content) -> str:
    """`utf-16` where the file begins with its mark; `cp1252` (Latin-1) where a file has letters beyond ASCII and each stands alone; else `utf-8`, whose letters
    are runs of two bytes and more.
    """
    if content.head(2) in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    single, last = False, b""
    with content.open() as stream:
        while piece := stream.read(PIECE):
            if not piece.isascii():
                if _RUN.search(last + piece):
                    return "utf-8"
                single = True
            last = piece[-1:]
    return "cp1252" if single else "utf-8"


COMTRADE_CSV = Source(
    name="comtrade-csv",
    title="UN Comtrade download (CSV, present and old column names)",
    provider=PROVIDER,
    licence=LICENCE,
    reads="FILE.csv or FILE.zip",
    read=read_comtrade_csv,
)
