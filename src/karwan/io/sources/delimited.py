"""Read delimited text block by block: bounded memory, exact line numbers, no guess about types."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from karwan.errors import KarwanError
from karwan.io.sources.content import Content
from karwan.io.store.reading import Progress

Numbers = npt.NDArray[np.int64]

HEADER_LIMIT = 256 * 2**10
BLOCK = 8 * 2**20
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class BadTable(KarwanError, ValueError):
    """A file is not the table its source or mapping says it is."""


def read_header(content: Content, *, delimiter: str, encoding: str, header_row: int) -> list[str]:
    """Column names of a delimited text; reads at most `HEADER_LIMIT` bytes.

    Raises
    ------
    BadTable
        The lines up to the header are longer than that; the bytes are not text in `encoding`.
    """
    head = content.head(HEADER_LIMIT)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") and not encoding.lower().startswith("utf-16"):
        raise BadTable(
            f"{content.name} is UTF-16 text.",
            fix="Set `encoding: utf-16` in the mapping, or save it as UTF-8.",
        )
    lines = head.split(b"\n", header_row) if not encoding.lower().startswith("utf-16") else [head]
    if len(lines) <= header_row and len(head) == HEADER_LIMIT:
        raise BadTable(
            f"{content.name}: no header line ends in the first {HEADER_LIMIT // 1024} KiB.",
            evidence=f"it starts {head[:60]!r}",
            fix="A table has one line of column names; this file is something else.",
        )
    if b"\x00" in head and not encoding.lower().startswith("utf-16"):
        raise BadTable(
            f"{content.name} is not text: it holds zero bytes.", fix="Give the CSV, not a binary file."
        )
    try:
        text = head.decode(encoding, errors="strict" if len(head) < HEADER_LIMIT else "ignore")
    except UnicodeDecodeError:
        try:
            text = b"\n".join(lines[:header_row]).decode(encoding)
        except UnicodeDecodeError as error:
            raise BadTable(
                f"{content.name}: the header is not {encoding} text.",
                evidence=str(error),
                fix="Set `encoding` in the mapping (cp1251 for many files in Russian).",
            ) from error
    row = text.lstrip("\ufeff").split("\n")[header_row - 1 : header_row]
    return [name.strip().lstrip("\ufeff") for name in next(csv.reader(row, delimiter=delimiter), [])]


def check_columns(content: Content, header: Sequence[str], needed: Sequence[str], delimiter: str) -> None:
    """Refuse a table that lacks needed columns, or has one twice; says what the delimiter probably is."""
    missing = [name for name in needed if name not in header]
    twice = [name for name in needed if list(header).count(name) > 1]
    if not missing and not twice:
        return
    if twice:
        raise BadTable(
            f"{content.name}: column(s) {', '.join(twice)} stand twice in the header.", fix="Rename one."
        )
    joined = delimiter.join(header)
    better = [
        mark
        for mark in DELIMITERS
        if mark != delimiter and all(name in joined.split(mark) for name in missing)
    ]
    near = [match for name in missing for match in difflib.get_close_matches(name, header, 1)]
    fix = "Check the source or the mapping."
    if better:
        fix = f"The columns are separated by {DELIMITERS[better[0]]}s: set `delimiter` in the mapping."
    elif near:
        fix = f"Did you mean {', '.join(near)}?"
    raise BadTable(
        f"{content.name} lacks the column(s) {', '.join(missing)}.",
        evidence=f"its columns: {', '.join(header)[:300] or 'none'}",
        fix=fix,
    )


def read_blocks(
    content: Content,
    needed: Sequence[str],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    header_row: int = 1,
    progress: Progress,
) -> Iterator[pl.DataFrame]:
    """Frames with `line`, `fault`, `raw` and the needed columns as text.

    A row with too few or too many cells, or whose bytes are not text, comes back with its `fault`; nothing
    is dropped but blank lines. `line` counts physical lines from 1, header included; line breaks inside
    quoted cells of the needed columns are counted.

    Raises
    ------
    BadTable
        The file is no table with these columns, or a row is longer than 8 MiB.
    """
    header = read_header(content, delimiter=delimiter, encoding=encoding, header_row=header_row)
    check_columns(content, header, needed, delimiter)
    needed = sorted(needed, key=header.index)
    ragged: list[tuple[int, str, str]] = []

    def keep_ragged(row: arrow_csv.InvalidRow) -> str:
        fault = f"{row.actual_columns} cells where the header has {row.expected_columns}"
        ragged.append((int(row.number), "" if not row.text.strip() else fault, row.text))
        return "skip"

    with content.open() as stream:
        counted = _Counted(stream, progress)
        try:
            reader = arrow_csv.open_csv(
                pa.PythonFile(counted, mode="r"),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK,
                    skip_rows=header_row,
                    column_names=header,
                    encoding=encoding,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=keep_ragged,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(needed),
                    column_types=dict.fromkeys(needed, pa.binary()),
                    strings_can_be_null=False,
                ),
            )
            lines = _Lines(first=header_row + 1)
            for batch in reader:
                yield from _frames(pl.DataFrame(pa.Table.from_batches([batch])), needed, lines, ragged)
            yield from _frames(_no_rows(needed), needed, lines, ragged)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                yield from _frames(_no_rows(needed), needed, _Lines(first=header_row + 1), ragged)
                return
            raise BadTable(
                f"{content.name} cannot be read as {DELIMITERS.get(delimiter, delimiter)}-separated text.",
                evidence=str(error)[:200],
                fix="Look for a quote that is never closed, or a line without an end.",
            ) from error


def _no_rows(needed: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(needed, pl.Binary))


class _Counted(io.RawIOBase):
    """A stream that reports how many bytes were read from it."""

    def __init__(self, stream: BinaryIO, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress
        self._done = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._done += len(piece)
        self._progress(self._done)
        return piece


class _Lines:
    """Physical line numbers: record numbers plus the line breaks inside the records before."""

    def __init__(self, first: int) -> None:
        self.next_record = first
        self._records = np.empty(0, np.int64)
        self._breaks = np.empty(0, np.int64)

    def records(self, count: int, skipped: Sequence[int]) -> Numbers:
        """Record numbers of the next `count` rows, given the records that were skipped."""
        numbers = np.arange(self.next_record, self.next_record + count + len(skipped), dtype=np.int64)
        if skipped:
            numbers = numbers[~np.isin(numbers, np.asarray(skipped, np.int64))]
        numbers = numbers[:count]
        if count:
            self.next_record = int(numbers[-1]) + 1
        return numbers

    def note(self, records: Numbers, breaks: Numbers) -> None:
        """Remember records that hold line breaks."""
        held = breaks > 0
        if held.any():
            joined = np.concatenate([self._records, records[held]])
            order = np.argsort(joined, kind="stable")
            self._breaks = np.concatenate([self._breaks, breaks[held]])[order]
            self._records = joined[order]

    def lines(self, records: Numbers) -> Numbers:
        """Physical line on which each record starts."""
        if not self._records.size:
            return records
        before = np.concatenate([[0], np.cumsum(self._breaks)])
        shifted: Numbers = records + before[np.searchsorted(self._records, records, side="left")]
        return shifted


def _frames(
    block: pl.DataFrame, needed: Sequence[str], lines: _Lines, ragged: list[tuple[int, str, str]]
) -> Iterator[pl.DataFrame]:
    """The block's rows, then the ragged rows met up to its end, both with their lines."""
    records = lines.records(block.height, [number for number, _, _ in ragged])
    texts = _texts(block, needed)
    breaks = sum(
        (pl.col(name).str.count_matches("\n").fill_null(0) for name in needed), pl.lit(0, dtype=pl.UInt32)
    )
    lines.note(records, texts.select(breaks.cast(pl.Int64)).to_series().to_numpy())
    met = [row for row in ragged if block.height == 0 or row[0] < lines.next_record]
    ragged[:] = [row for row in ragged if row[0] >= lines.next_record] if block.height else []
    inner = [text.rstrip("\r\n").count("\n") for _, _, text in met]
    lines.note(np.asarray([number for number, _, _ in met], np.int64), np.asarray(inner, np.int64))
    if block.height:
        yield _decoded(block, texts, needed, lines.lines(records))
    faulty = [(row, breaks_in) for row, breaks_in in zip(met, inner, strict=True) if row[1]]
    if faulty:
        spans = "; it spans {} lines: is a quote never closed?"
        frame = pl.DataFrame(
            {
                "line": lines.lines(np.asarray([number for (number, _, _), _ in faulty], np.int64)),
                "fault": [
                    fault + (spans.format(count + 1) if count else "") for (_, fault, _), count in faulty
                ],
                "raw": [text.rstrip("\r\n")[:300] for (_, _, text), _ in faulty],
            },
            schema={"line": pl.Int64, "fault": pl.String, "raw": pl.String},
        )
        yield frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in needed)


def _texts(block: pl.DataFrame, needed: Sequence[str]) -> pl.DataFrame:
    """The block's bytes as text, null where they are not UTF-8."""
    try:
        return block.with_columns(pl.col(name).cast(pl.String) for name in needed)
    except pl.exceptions.ComputeError:
        return block.with_columns(
            pl.Series(name, [_decode(value) for value in block[name]], dtype=pl.String) for name in needed
        )


def _decode(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decoded(
    block: pl.DataFrame, texts: pl.DataFrame, needed: Sequence[str], numbers: Numbers
) -> pl.DataFrame:
    """Text rows with their lines; rows that are not text get a fault; blank lines go."""
    broken = [name for name in needed if texts[name].null_count()]
    fault, shown = pl.lit(None, dtype=pl.String), texts
    if broken:
        undecoded = pl.any_horizontal(pl.col(name).is_null() for name in broken)
        fault = pl.when(undecoded).then(pl.lit("bytes that are not UTF-8 text: mixed encodings"))
        shown = texts.with_columns(
            pl.Series(name, [value.decode("utf-8", "replace") for value in block[name]], dtype=pl.String)
            for name in broken
        )
    raw = shown.select(pl.concat_str(needed, separator=",").str.slice(0, 300)).to_series()
    blank = pl.all_horizontal(pl.col(name) == "" for name in needed).fill_null(False)
    return texts.select(pl.Series("line", numbers), fault.alias("fault"), raw.alias("raw"), *needed).filter(
        ~blank
    )
