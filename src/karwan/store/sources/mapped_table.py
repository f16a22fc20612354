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
from karwan.store.reading import Progress, Reading
from karwan.store.sources.content import Content, contents
from karwan.store.sources.delimited import BadTable, check_columns, read_blocks
from karwan.store.sources.flow_frame import FlowFramer
from karwan.store.sources.mapping import TableMapping, mapping_named
from karwan.store.sources.registry import Options, Source, hash_of
from karwan.store.sources.workbook import read_sheet

PARQUET_ROWS = 250_000
ROWS_A_BYTE = 1_000
# Kinds of cells with one figure or text each; a dictionary holds texts.
CELL_TYPES = (
    *(
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_string,
        pa.types.is_large_string,
    ),
    *(
        pa.types.is_string_view,
        pa.types.is_dictionary,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_timestamp,
    ),
    pa.types.is_null,
)
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

    unread: list[str] = []

    def notes() -> list[str]:
        absent = framer.absent_cells
        empty = [f"{absent:,} cells without a figure were taken as not reported"] if absent else []
        if unread:
            empty.append(
                f"the workbook has such tables on other sheets, which were not read: {', '.join(unread)[:200]}"
            )
        return empty + framer.notes()

    return Reading(
        source=source or mapping.name,
        file_name=content.name,
        content_bytes=content.size,
        content_hash=content.hash,
        frames=_frames(content, mapping, framer, unread),
        options=options.stamp(mapping=hash_of(asdict(mapping))),
        repeats=mapping.repeats,
        notes=notes,
    )


def _frames(
    content: Content, mapping: TableMapping, framer: FlowFramer, unread: list[str]
) -> Callable[[Progress], Iterator[pl.DataFrame]]:
    def frames(progress: Progress) -> Iterator[pl.DataFrame]:
        needed = mapping.needed()
        if mapping.layout == "xlsx":
            tables = read_sheet(content, mapping, progress, unread)
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
        return framer.frames(tables)

    return frames


def _read_parquet(content: Content, needed: tuple[str, ...], progress: Progress) -> Iterator[pl.DataFrame]:
    """Frames of a Parquet file; `line` is the row number from 1, columns keep their types."""
    if content.member is not None:
        raise BadTable(
            f"{content.name} is Parquet inside a zip.", fix="Parquet is packed already: unpack the zip."
        )
    try:
        with pq.ParquetFile(content.path) as table:
            _check_parquet(content, table, needed)
            first = 1
            for batch in table.iter_batches(PARQUET_ROWS, columns=list(needed)):
                batch.validate(full=True)
                # Without the file's metadata, which may hold anything.
                plain = pa.Table.from_arrays(batch.columns, names=list(batch.schema.names))
                frame = pl.DataFrame(plain)
                yield _numbered(frame, needed, first)
                first += frame.height
                progress(min(content.size, content.size * first // max(1, table.metadata.num_rows)))
    except (pa.ArrowException, OSError, MemoryError, UnicodeError) as error:
        raise BadTable(
            f"{content.name} is no whole Parquet file.", evidence=str(error)[:200], fix="Fetch it again."
        ) from error


def _check_parquet(content: Content, table: pq.ParquetFile, needed: tuple[str, ...]) -> None:
    """Refuse a file without the columns, with lists for figures, with broken notes, or more rows than its bytes can hold."""
    schema = table.schema_arrow
    check_columns(content, schema.names, needed, ",")
    for name in needed:
        kind = schema.field(name).type
        if not any(fits(kind) for fits in CELL_TYPES):
            raise BadTable(
                f"{content.name}: column `{name}` holds {kind}, not one figure or text a row.",
                fix="Write it as plain columns of numbers and texts.",
            )
    for notes in (schema.metadata, *(schema.field(name).metadata for name in needed)):
        for text in (notes or {}).items():
            b"".join(text).decode("utf-8")
    rows = table.metadata.num_rows
    if rows > ROWS_A_BYTE * content.size:
        raise BadTable(
            f"{content.name} says it holds {rows:,} rows in {content.size:,} bytes.",
            fix="Fetch it again; no table packs so tightly.",
        )


def _numbered(frame: pl.DataFrame, needed: tuple[str, ...], first: int) -> pl.DataFrame:
    texts = [pl.col(name).cast(pl.String) for name in needed]
    return frame.select(
        (pl.int_range(pl.len(), dtype=pl.Int64) + first).alias("line"),
        pl.lit(None, dtype=pl.String).alias("fault"),
        pl.concat_str(texts, separator=",", ignore_nulls=False).str.slice(0, 300).alias("raw"),
        *needed,
    )


TABLE = Source(
    name="table",
    title="Any CSV, Excel or Parquet table with a mapping file",
    provider="as the mapping says",
    licence="as the mapping says",
    reads="FILE with --mapping NAME or FILE",
    read=read_mapped,
)
