"""Read delimited text block by block: bounded memory, exact line numbers, no guess about types."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from karwan.errors import KarwanError
from karwan.store.reading import Progress
from karwan.store.sources.content import Content

Numbers = npt.NDArray[np.int64]

HEADER_LIMIT = 256 * 2**10
BLOCK = 8 * 2**20
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# The cells that rows have beyond the header, where the first row ends in a delimiter more than it.
BEYOND = "cells beyond the header"
# Bytes that are not text stand as private characters U+F700 to U+F7FF, one a byte, until their row is judged.
_MARK = 0xF700
_MARKS = re.compile("[\uf700-\uf7ff]")


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    """Error handler of the decoder: each byte that is not text becomes a private character."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(_MARK + byte) for byte in wrong), error.end


codecs.register_error("karwan-mark", _mark_bytes)


class BadTable(KarwanError, ValueError):
    """A file is not the table its source or mapping says it is."""


def read_header_row(content: Content, *, delimiter: str, encoding: str, header_row: int) -> list[str]:
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
    if _old_mac(head):
        head = head.replace(b"\r", b"\n")
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
    try:
        names = next(csv.reader(row, delimiter=delimiter), [])
    except csv.Error as error:
        raise BadTable(
            f"{content.name}: the header line cannot be read.",
            evidence=str(error),
            fix="Lines must end in one way: save the file as CSV again.",
        ) from error
    return [name.strip().lstrip("\ufeff") for name in names]


def _old_mac(head: bytes) -> bool:
    """Whether lines end in CR alone, as old Macintosh programs write them."""
    return b"\r" in head and b"\n" not in head


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
    header = read_header_row(content, delimiter=delimiter, encoding=encoding, header_row=header_row)
    check_columns(content, header, needed, delimiter)
    needed = sorted(needed, key=header.index)
    head = content.head(HEADER_LIMIT)
    beyond = [BEYOND] if _rows_end_in_delimiter(head, delimiter, header_row) else []
    ragged = _Ragged(header, needed, delimiter)
    with content.open() as stream:
        counted = _Counted(stream, progress, encoding, old_mac=_old_mac(head))
        try:
            reader = arrow_csv.open_csv(
                pa.PythonFile(counted, mode="r"),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK,
                    skip_rows=header_row,
                    column_names=[*header, *beyond],
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=ragged.keep,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=[*needed, *beyond],
                    column_types=dict.fromkeys([*needed, *beyond], pa.binary()),
                    strings_can_be_null=False,
                ),
            )
            lines = _Lines(first=header_row + 1)
            for batch in reader:
                yield from _frames(pl.DataFrame(pa.Table.from_batches([batch])), counted, lines, ragged)
            yield from _frames(_no_rows(needed), counted, lines, ragged)
        except (pa.ArrowException, UnicodeError) as error:
            if "Empty CSV" in str(error):
                yield from _frames(_no_rows(needed), counted, _Lines(first=header_row + 1), ragged)
                return
            raise BadTable(
                f"{content.name} cannot be read as {DELIMITERS.get(delimiter, delimiter)}-separated text.",
                evidence=str(error)[:200],
                fix="Look for a quote that is never closed, or a line without an end.",
            ) from error


def _rows_end_in_delimiter(head: bytes, delimiter: str, header_row: int) -> bool:
    """Whether the first row ends in a delimiter more than the header, as downloads of UN Comtrade do."""
    if _old_mac(head):
        head = head.replace(b"\r", b"\n")
    lines = [line.rstrip(b"\r") for line in head.split(b"\n", header_row + 1)]
    if len(lines) <= header_row:
        return False
    mark = delimiter.encode()
    return lines[header_row].endswith(mark) and not lines[header_row - 1].endswith(mark)


class _Ragged:
    """Rows whose cells are not as many as the columns, until their block is done.

    A row that has only empty cells beyond the header is no ragged one: it is read like the others.
    """

    def __init__(self, header: Sequence[str], needed: Sequence[str], delimiter: str) -> None:
        self.needed = needed
        self.columns = len(header)
        self._places = [header.index(name) for name in needed]
        self._delimiter = delimiter
        self._rows: list[tuple[int, str]] = []

    def keep(self, row: arrow_csv.InvalidRow) -> str:
        """Arrow's question what to do with a row it cannot use."""
        self._rows.append((int(row.number), row.text))
        return "skip"

    def numbers(self) -> list[int]:
        """Record numbers of the rows kept."""
        return [number for number, _ in self._rows]

    def take(self, before: int | None) -> list[tuple[int, str]]:
        """The rows whose record stands before `before` (all if None), which are then forgotten."""
        taken = [row for row in self._rows if before is None or row[0] < before]
        self._rows = self._rows[len(taken) :]
        return taken

    def judged(self, text: str) -> tuple[str | None, list[str | None]]:
        """Why a row cannot be read, or None and the cells of its needed columns."""
        none: list[str | None] = [None] * len(self.needed)
        try:
            cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter), [])
        except csv.Error as error:
            return f"the row cannot be read: {error}", none
        while len(cells) > self.columns and not cells[-1].strip():
            cells.pop()
        if len(cells) == self.columns:
            return None, [cells[place] for place in self._places]
        fault = f"{len(cells)} cells where the header has {self.columns}"
        breaks = text.rstrip("\r\n").count("\n")
        if breaks:
            fault += f"; it spans {breaks + 1} lines: is a quote never closed?"
        return fault, none


def _no_rows(needed: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(needed, pl.Binary))


class _Counted(io.RawIOBase):
    """A stream as UTF-8 with LF line ends that reports how many bytes were read from it.

    Bytes that are not text in `encoding` become private characters; `marked` says that there were some.
    """

    def __init__(self, stream: BinaryIO, progress: Progress, encoding: str, *, old_mac: bool) -> None:
        self.encoding = encoding
        self.marked = False
        self._stream = stream
        self._progress = progress
        self._old_mac = old_mac
        self._done = 0
        self._utf8 = codecs.lookup(encoding).name == "utf-8"
        self._decoder = codecs.getincrementaldecoder(encoding)("karwan-mark")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while True:
            piece = self._stream.read(size)
            self._done += len(piece)
            self._progress(self._done)
            text = self._text(piece)
            # A piece may be the first half of a character; an empty answer would mean the end.
            if text or not piece:
                return text

    def _text(self, piece: bytes) -> bytes:
        if not (self._utf8 and piece.isascii() and not self._decoder.getstate()[0]):
            text = self._decoder.decode(piece, final=not piece)
            self.marked = self.marked or _MARKS.search(text) is not None
            piece = text.encode("utf-8", "replace")
        return piece.replace(b"\r", b"\n") if self._old_mac else piece


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


def _frames(block: pl.DataFrame, counted: _Counted, lines: _Lines, ragged: _Ragged) -> Iterator[pl.DataFrame]:
    """The block's rows, then the ragged rows met up to its end, both with their lines."""
    needed = ragged.needed
    records = lines.records(block.height, ragged.numbers())
    texts = block.with_columns(pl.col(name).cast(pl.String) for name in needed)
    breaks = sum(
        (pl.col(name).str.count_matches("\n").fill_null(0) for name in needed), pl.lit(0, dtype=pl.UInt32)
    )
    lines.note(records, texts.select(breaks.cast(pl.Int64)).to_series().to_numpy())
    met = ragged.take(lines.next_record if block.height else None)
    numbers = np.asarray([number for number, _ in met], np.int64)
    inner = [text.rstrip("\r\n").count("\n") for _, text in met]
    lines.note(numbers, np.asarray(inner, np.int64))
    if block.height:
        fault = pl.lit(None, dtype=pl.String)
        if BEYOND in block.columns:
            more = f"{ragged.columns + 1} cells where the header has {ragged.columns}"
            fault = pl.when(pl.col(BEYOND).bin.size() > 0).then(pl.lit(more))
        frame = texts.select(
            pl.Series("line", lines.lines(records)),
            fault.alias("fault"),
            pl.concat_str(needed, separator=",").alias("raw"),
            *needed,
        )
        yield _judged(frame, needed, counted)
    if met:
        yield _judged(_ragged_frame(met, lines.lines(numbers), ragged), needed, counted)


def _ragged_frame(met: Sequence[tuple[int, str]], lines: Numbers, ragged: _Ragged) -> pl.DataFrame:
    """Rows that Arrow left out, with their cells where they can be read after all; blank lines go."""
    full = [place for place, (_, text) in enumerate(met) if text.strip()]
    judged = [ragged.judged(met[place][1]) for place in full]
    columns = {
        "line": lines[full],
        "fault": [fault for fault, _ in judged],
        "raw": [met[place][1].rstrip("\r\n") for place in full],
        **{name: [cells[n] for _, cells in judged] for n, name in enumerate(ragged.needed)},
    }
    schema = {"line": pl.Int64, **dict.fromkeys(("fault", "raw", *ragged.needed), pl.String)}
    return pl.DataFrame(columns, schema=schema)


def _judged(frame: pl.DataFrame, needed: Sequence[str], counted: _Counted) -> pl.DataFrame:
    """Rows with bytes that are no text get a fault; blank lines go."""
    marks = _MARKS.pattern
    if counted.marked:
        wrong = pl.any_horizontal(pl.col(name).str.contains(marks) for name in needed)
        name = "UTF-8" if codecs.lookup(counted.encoding).name == "utf-8" else counted.encoding
        fault = pl.lit(f"bytes that are not {name} text: mixed encodings")
        frame = frame.with_columns(
            pl.when(wrong.fill_null(False)).then(fault).otherwise(pl.col("fault")).alias("fault"),
            pl.col("raw").str.replace_all(marks, "\ufffd"),
            *(pl.when(~pl.col(name).str.contains(marks)).then(pl.col(name)).alias(name) for name in needed),
        )
    blank = pl.all_horizontal(pl.col(name) == "" for name in needed).fill_null(False)
    return frame.with_columns(pl.col("raw").str.slice(0, 300)).filter(~blank)
