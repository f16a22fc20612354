"""Any table with a declarative mapping: CSV, Excel or Parquet, national statistics and research extracts
alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from karwan.errors import InvalidInput
from karwan.io.sources.content import Content, contents
from karwan.io.sources.delimited import BadTable, check_columns, read_blocks
from karwan.io.sources.flow_frame import FlowFramer
from karwan.io.sources.mapping import TableMapping, mapping_named
from karwan.io.sources.registry import Options, Source, hash_of
from karwan.io.sources.workbook import read_sheet
from karwan.io.store.reading import Progress, Reading

PARQUET_ROWS = 250_000
SUFFIXES = {"csv": (".csv", ".txt", ".tsv"), "xlsx": (".xlsx", ".xlsm"), "parquet": (".parquet",)}


def read_mapped(path: Path | None, options: Options) -> list[Reading]:
    """Readings of a table with the mapping the options name."""
    if options.mapping is None:
        raise InvalidInput(
            "The source `table` needs a mapping.",
            fix="Give --mapping NAME or FILE; see `karwan trade sources`.",
        )
    assert path is not None
    return readings_of(path, mapping_named(options.mapping), options)


def readings_of(path: Path, mapping: TableMapping, options: Options) -> list[Reading]:
    """Readings of the file at `path` (or of the tables in a zip) under a mapping."""
    return [reading_of(content, mapping, options) for content in contents(path, SUFFIXES[mapping.layout])]


def reading_of(
    content: Content, mapping: TableMapping, options: Options, *, source: str | None = None
) -> Reading:
    """Reading of one content under a mapping."""
    framer = FlowFramer(
        mapping, options.countries, hs_revision=options.hs_revision, known_codes=options.known_codes
    )

    def notes() -> list[str]:
        absent = framer.absent_cells
        return [f"{absent:,} cells without a figure were taken as not reported"] if absent else []

    return Reading(
        source=source or mapping.name,
        file_name=content.name,
        content_bytes=content.size,
        content_hash=content.hash,
        frames=_frames(content, mapping, framer),
        options=options.stamp(mapping=hash_of(asdict(mapping))),
        repeats=mapping.repeats,
        notes=notes,
    )


def _frames(
    content: Content, mapping: TableMapping, framer: FlowFramer
) -> Callable[[Progress], Iterator[pl.DataFrame]]:
    def frames(progress: Progress) -> Iterator[pl.DataFrame]:
        framer.absent_cells = 0
        needed = mapping.needed()
        if mapping.layout == "xlsx":
            tables = read_sheet(
                content, needed, sheet=mapping.sheet, header_row=mapping.header_row, progress=progress
            )
        elif mapping.layout == "parquet":
            tables = _read_parquet(content, needed, progress)
        else:
            tables = read_blocks(
                content,
                needed,
                delimiter=mapping.delimiter,
                encoding=mapping.encoding,
                header_row=mapping.header_row,
                progress=progress,
            )
        return (framer.frame(table) for table in tables)

    return frames


def _read_parquet(content: Content, needed: tuple[str, ...], progress: Progress) -> Iterator[pl.DataFrame]:
    """Frames of a Parquet file; `line` is the row number from 1, columns keep their types."""
    if content.member is not None:
        raise BadTable(
            f"{content.name} is Parquet inside a zip.", fix="Parquet is packed already: unpack the zip."
        )
    try:
        table = pq.ParquetFile(content.path)
    except pa.ArrowInvalid as error:
        raise BadTable(
            f"{content.name} is no whole Parquet file.", evidence=str(error)[:200], fix="Fetch it again."
        ) from error
    check_columns(content, table.schema_arrow.names, needed, ",")
    first = 1
    for batch in table.iter_batches(PARQUET_ROWS, columns=list(needed)):
        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        yield frame.select(
            (pl.int_range(pl.len(), dtype=pl.Int64) + first).alias("line"),
            pl.lit(None, dtype=pl.String).alias("fault"),
            pl.concat_str(
                [pl.col(name).cast(pl.String) for name in needed], separator=",", ignore_nulls=False
            )
            .str.slice(0, 300)
            .alias("raw"),
            *needed,
        )
        first += frame.height
        progress(min(content.size, content.size * first // max(1, table.metadata.num_rows)))


TABLE = Source(
    name="table",
    title="Any CSV, Excel or Parquet table with a mapping file",
    provider="as the mapping says",
    licence="as the mapping says",
    reads="FILE with --mapping NAME or FILE",
    read=read_mapped,
)
