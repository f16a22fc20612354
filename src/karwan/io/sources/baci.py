"""BACI of CEPII: reconciled bilateral trade at six digits, as CSV or in the zip CEPII publishes.

Provider: CEPII, BACI (Gaulier & Zignago 2010, CEPII working paper 2010-23). Licence: Etalab Open Licence 2.0.
Columns `t,i,j,k,v,q`: year, exporter, importer (numeric codes), HS6 code, thousand current USD, tonnes (`NA`
unknown). The reader changes units to USD and kilograms and codes to ISO alpha-3, nothing else. The HS
revision comes from the file name (`BACI_HS17_Y2020_V202501.csv`) or from the user.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from karwan.errors import InvalidInput
from karwan.io import hs
from karwan.io.sources.content import PIECE, Content, combine, contents
from karwan.io.sources.countries import Countries
from karwan.io.sources.delimited import check_columns, read_header
from karwan.io.sources.flow_frame import FlowFramer
from karwan.io.sources.mapped_table import reading_of
from karwan.io.sources.mapping import Field, TableMapping
from karwan.io.sources.registry import Options, Source
from karwan.io.store.reading import STAGED, Progress, Reading

COLUMNS = ("t", "i", "j", "k", "v", "q")
FIRST_LINE = b"t,i,j,k,v,q"
MAX_LINE = 4_096
PAD = 64
YEARS = 40
# Above this share of lines the short cut does not understand, the general reader is the right one.
MAX_STRAY_SHARE = 0.02
MAX_STRAYS_PER_PIECE = 20_000

BACI_MAPPING = TableMapping(
    name="baci",
    title="BACI",
    provider="CEPII",
    licence="Etalab Open Licence 2.0",
    columns={
        "exporter": Field(column="i", codes="m49"),
        "importer": Field(column="j", codes="m49"),
        "reporter_side": Field(value="reconciled"),
        "period": Field(column="t"),
        "product": Field(column="k", level=6),
        "value": Field(column="v", multiply=1_000.0),
        "valuation": Field(value="fob"),
        "weight": Field(column="q", multiply=1_000.0),
    },
)


def read_baci(path: Path | None, options: Options) -> list[Reading]:
    """Readings of a BACI CSV, or of every `BACI_*.csv` in a zip (its code lists and readme are no tables of
    trade).
    """
    if path is None:
        raise InvalidInput(
            "The source `baci` needs a file.", fix="Give BACI_HSxx_Yyyyy_Vyyyymm.csv or the zip of CEPII."
        )
    found = contents(path, (".csv",))
    trade = [item for item in found if item.member is None or "codes" not in item.base_name.lower()]
    if not trade:
        raise InvalidInput(
            f"{path.name} holds no BACI table.", fix="It should hold members named BACI_HSxx_Yyyyy_V*.csv."
        )
    return [_reading(content, options) for content in trade]


def _reading(content: Content, options: Options) -> Reading:
    revision = options.hs_revision or _revision_in(content.base_name) or _revision_in(content.path.name)
    if revision is None:
        raise InvalidInput(
            f"The name of {content.name} does not say the HS revision.",
            fix="Give --hs-revision HS92 (or HS96 ... HS22).",
        )
    revision = hs.normalise_revision(revision)
    if revision not in hs.REVISIONS:
        raise InvalidInput(f"`{revision}` is no HS revision.", fix=f"Choose of {', '.join(hs.REVISIONS)}.")
    header = read_header(content, delimiter=",", encoding="utf-8", header_row=1)
    check_columns(content, header, COLUMNS, ",")
    mapping = replace(BACI_MAPPING, nomenclature=revision)
    reading = reading_of(content, mapping, replace(options, hs_revision=None), source="baci")
    reading = replace(
        reading,
        options={**reading.options, "hs_revision": revision},
        content_hash=lambda: content.hash(_digest),
    )
    if options.known_codes is not None or content.head(64).split(b"\n")[0].rstrip(b"\r") != FIRST_LINE:
        return reading
    return replace(reading, packed=lambda: PackedBaci(content, options.countries, mapping))


def _revision_in(name: str) -> str | None:
    found = re.search(r"HS[-_ ]?(?:19|20)?(\d{2})(?!\d)", name, re.IGNORECASE)
    return None if found is None else f"HS{found[1]}"


@dataclass
class _Outputs:
    lanes: npt.NDArray[np.int32]
    products: npt.NDArray[np.int32]
    values: npt.NDArray[np.int64]
    weights: npt.NDArray[np.int64]

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        return self.lanes, self.products, self.values, self.weights


class _OutputPool:
    """Output arrays used again once nobody looks at them: fresh memory for every piece costs a sixth of the
    time.
    """

    # References to an array that only its _Outputs holds, seen from `take`: field, tuple, loop variable,
    # argument.
    UNUSED = 4

    def __init__(self) -> None:
        self._given: list[_Outputs] = []
        self._lock = threading.Lock()

    def take(self, size: int) -> _Outputs:
        """Arrays for every row that `size` bytes can hold; the shortest line is 2020,4,8,010121,1, and a
        line feed.
        """
        room = max(0, size) // 18 + 2
        with self._lock:
            for place, outputs in enumerate(self._given):
                free = all(sys.getrefcount(array) <= self.UNUSED for array in outputs.arrays)
                if free and outputs.lanes.size >= room:
                    return self._given.pop(place)
        room = max(room, (PIECE + MAX_LINE) // 18 + 2)
        return _Outputs(
            np.empty(room, np.int32),
            np.empty(room, np.int32),
            np.empty(room, np.int64),
            np.empty(room, np.int64),
        )

    def give_back(self, outputs: _Outputs) -> None:
        """Take them back; they stay untouched for as long as an Arrow batch refers to them."""
        with self._lock:
            self._given.append(outputs)


@dataclass
class _Piece:
    outputs: _Outputs
    strays: list[tuple[int, bytes]]
    state: npt.NDArray[np.int64]
    digest: bytes
    done: int


class PackedBaci:
    """The short cut: a BACI file parsed piece by piece, in parallel, straight into keyed rows."""

    def __init__(self, content: Content, countries: Countries, mapping: TableMapping) -> None:
        self._content = content
        self._countries = countries
        self._mapping = mapping
        self._header = len(content.head(MAX_LINE).split(b"\n")[0]) + 1
        first = re.match(rb"\d{4}", content.head(MAX_LINE)[self._header :])
        self._year_base = int(first[0]) if first else 0
        self._lane_seen = np.zeros(YEARS * 1_000_000, np.uint8)
        self._product_seen = np.zeros(1_000_000, np.uint8)
        self._digests: list[bytes] = []
        self._strays: list[tuple[int, bytes]] = []
        self._lane_base = 0
        self._buffers = threading.local()
        self._outputs = _OutputPool()
        self.usable = first is not None
        self.in_order = True
        self._last_year = self._year_base
        self.rows = 0
        self.value_usd = 0.0

    # -- reading ---------------------------------------------------------------------------------------------

    def batches(self, lane_base: int, progress: Progress) -> Iterator[pa.RecordBatch]:
        """Keyed rows of the file, piece after piece; stops early, and is not `usable`, on a file it does not
        cover.
        """
        from karwan._kernels import baci_rows

        self._lane_base = lane_base
        if lane_base + self._lane_seen.size >= 2**31:
            self.usable = False
        if not self.usable:
            return
        line, last_key, rows, strays, dollars = 2, -1, 0, 0, 0
        for piece in self._pieces(baci_rows):
            self._digests.append(piece.digest)
            self._strays += [(line + number, text) for number, text in piece.strays]
            count, bad = int(piece.state[baci_rows.ROWS]), int(piece.state[baci_rows.BAD])
            line += count + bad
            rows, strays = rows + count, strays + bad
            self._last_year = max(self._last_year, int(piece.state[baci_rows.LAST_YEAR]))
            dollars += int(piece.state[baci_rows.TOTAL])
            self.rows, self.value_usd = rows, float(dollars)
            if count:
                self.in_order &= (
                    bool(piece.state[baci_rows.SORTED]) and int(piece.state[baci_rows.FIRST_KEY]) > last_key
                )
                last_key = int(piece.state[baci_rows.LAST_KEY])
            if strays > MAX_STRAY_SHARE * (rows + strays) + 1_000 or bad >= MAX_STRAYS_PER_PIECE:
                self.usable = False
                return
            progress(piece.done)
            if count:
                batch = _batch(piece.outputs, count)
                self._outputs.give_back(piece.outputs)
                yield batch
        self.usable &= not self._merges_countries()

    def _pieces(self, kernel: Any) -> Iterator[_Piece]:
        """Pieces in order, others being read ahead by worker threads (the kernel releases the lock)."""
        workers = max(2, os.cpu_count() or 1)
        descriptor = os.open(self._content.path, os.O_RDONLY)
        try:
            with ThreadPoolExecutor(workers) as pool:
                waiting: deque[Future[_Piece]] = deque()
                try:
                    for job in self._jobs(kernel, pool, descriptor):
                        waiting.append(job)
                        if len(waiting) >= workers:
                            yield waiting.popleft().result()
                    while waiting:
                        yield waiting.popleft().result()
                finally:
                    for job in waiting:
                        job.cancel()
        finally:
            os.close(descriptor)

    def _jobs(self, kernel: Any, pool: ThreadPoolExecutor, descriptor: int) -> Iterator[Future[_Piece]]:
        size = self._content.size
        if self._content.member is None:
            for offset in range(0, size, PIECE):
                yield pool.submit(self._read_piece, kernel, descriptor, offset)
            return
        with self._content.open() as stream:
            held = b""
            offset = 0
            while piece := stream.read(PIECE):
                # A zip unpacks from the front only: whole lines go to a worker, the rest waits for the next
                # piece.
                digest = _digest(piece)
                whole, _, rest = (held + piece).rpartition(b"\n")
                offset += len(piece)
                last = offset >= size
                body = (whole + b"\n" if whole or not rest else b"") + (
                    rest + b"\n" if last and rest else b""
                )
                start = self._header if offset == len(piece) else 0
                yield pool.submit(self._parse_bytes, kernel, body, start, digest, offset)
                held = b"" if last else rest

    def _read_piece(self, kernel: Any, descriptor: int, offset: int) -> _Piece:
        """Parse the lines that start in the piece at `offset` of a plain file."""
        if not hasattr(self._buffers, "bytes"):
            self._buffers.bytes = np.zeros(PIECE + MAX_LINE + PAD, np.uint8)
        buffer = self._buffers.bytes
        view = memoryview(buffer)
        # One byte before the piece tells whether a line starts at its very beginning.
        lead = 1 if offset else 0
        got = os.preadv(descriptor, [view[: PIECE + MAX_LINE]], offset - lead)
        digest = _array_digest(buffer, lead, min(got, PIECE + lead))
        start = self._header if offset == 0 else _after_line_feed(buffer, 0, got)
        border = PIECE + lead - 1
        end = _after_line_feed(buffer, border, got) if got > border + 1 else got
        if start > got or end > got:
            # No line ends within MAX_LINE: either the file's last line has no end, or this is no BACI file.
            self.usable &= got < PIECE + MAX_LINE
            start, end = min(start, got), min(end, got)
        if end > start and buffer[end - 1] != 10:
            buffer[end] = 10
            end += 1
        buffer[end : end + PAD] = 0
        return self._parse(kernel, buffer, start, end, digest, min(offset + PIECE, self._content.size))

    def _parse_bytes(self, kernel: Any, body: bytes, start: int, digest: bytes, done: int) -> _Piece:
        # A copy that may be written to, as the other buffers: else the kernel is compiled a second time.
        buffer = np.zeros(len(body) + PAD, np.uint8)
        buffer[: len(body)] = np.frombuffer(body, np.uint8)
        return self._parse(kernel, buffer, start, len(body), digest, done)

    def _parse(
        self, kernel: Any, buffer: npt.NDArray[np.uint8], start: int, end: int, digest: bytes, done: int
    ) -> _Piece:
        outputs = self._outputs.take(end - start)
        bad_at, bad_row = np.empty(MAX_STRAYS_PER_PIECE, np.int64), np.empty(MAX_STRAYS_PER_PIECE, np.int64)
        state = np.zeros(kernel.STATE_SIZE, np.int64)
        rows = kernel.Rows(outputs.lanes, outputs.products, outputs.values, outputs.weights)
        left = kernel.Left(bad_at, bad_row)
        seen = kernel.Seen(self._lane_seen, self._product_seen)
        kernel.parse(buffer, start, end, self._lane_base, self._year_base, rows, left, seen, state)
        bad = min(int(state[kernel.BAD]), MAX_STRAYS_PER_PIECE)
        strays = []
        for n in range(bad):
            text = bytes(buffer[int(bad_at[n]) : min(end, int(bad_at[n]) + MAX_LINE)]).split(b"\n")[0]
            strays.append((int(bad_row[n]) + n, text))
        return _Piece(outputs, strays, state, digest, done)

    # -- after reading ---------------------------------------------------------------------------------------

    def content_hash(self) -> str:
        """Hash of the content, as `Content.hash` gives it with `_digest`."""
        return combine(self._digests)

    def _years(self) -> int:
        return self._last_year - self._year_base + 1

    def _lanes_seen(self) -> npt.NDArray[np.int64]:
        """Places (year, exporter code, importer code) of the lanes that have rows."""
        return np.flatnonzero(self._lane_seen[: self._years() * 1_000_000])

    @cached_property
    def _resolved(self) -> tuple[list[str], npt.NDArray[np.bool_]]:
        """Country of every code from 0 to 999, and whether it is known."""
        resolved = [self._countries.resolve(str(code), "m49") for code in range(1_000)]
        return [name for name, _ in resolved], np.array([known for _, known in resolved])

    def _contexts_of(self, at: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Distinct contexts (year, exporter unknown, importer unknown) as year x 4 + 2 + 1, and whose is which."""
        known = self._resolved[1]
        kinds = at // 1_000_000 * 4 + ~known[at // 1_000 % 1_000] * 2 + ~known[at % 1_000]
        found, places = np.unique(kinds, return_inverse=True)
        return found, places

    def _merges_countries(self) -> bool:
        """Whether two codes of the file mean one country (56 and 58 are Belgium), so that flows would merge."""
        at = self._lanes_seen()
        places: dict[str, int] = {}
        country = np.array([places.setdefault(name, code) for code, name in enumerate(self._resolved[0])])
        exporter, importer = country[at // 1_000 % 1_000], country[at % 1_000]
        taken = np.zeros(self._years() * 1_000_000, np.bool_)
        taken[(at // 1_000_000 * 1_000 + exporter) * 1_000 + importer] = True
        return bool((exporter == importer).any()) or int(np.count_nonzero(taken)) < at.size

    def lanes(self) -> pa.Table:
        """Lanes of the rows read; `context_key` is a place in `contexts`."""
        at = self._lanes_seen()
        names = pa.array(self._resolved[0], pa.string())
        exporter, importer = (at // 1_000 % 1_000).astype(np.int32), (at % 1_000).astype(np.int32)
        return pa.table(
            {
                "lane_key": (self._lane_base + at).astype(np.int32),
                "context_key": self._contexts_of(at)[1].astype(np.int32),
                "reporter": pa.nulls(at.size, pa.string()),
                "exporter": pa.DictionaryArray.from_arrays(exporter, names),
                "importer": pa.DictionaryArray.from_arrays(importer, names),
            }
        )

    def contexts(self) -> pa.Table:
        """Contexts of the lanes, numbered from 0: one a year, more where a code is unknown."""
        kinds = pl.Series(self._contexts_of(self._lanes_seen())[0])
        year = pl.lit(self._year_base + kinds // 4)
        absent = pl.lit(None, dtype=pl.String)
        frame = pl.select(
            context_key=pl.int_range(kinds.len(), dtype=pl.Int32),
            reporter_side=pl.lit("reconciled"),
            period=year.cast(pl.String),
            period_start=pl.date(year, 1, 1),
            period_end=pl.date(year, 12, 31),
            frequency=pl.lit("A"),
            hs_revision=pl.lit(self._mapping.nomenclature),
            valuation=pl.lit("fob"),
            quantity_unit=absent,
            flags=pl.Series(
                ["", "unknown_importer", "unknown_exporter", "unknown_exporter;unknown_importer"]
            )[kinds % 4],
        )
        return frame.to_arrow()

    def products(self) -> pa.Table:
        """Products of the rows read."""
        codes = np.flatnonzero(self._product_seen)
        frame = pl.DataFrame(
            {
                "product_key": (6_000_000 + codes).astype(np.int32),
                "product": [f"{code:06d}" for code in codes],
                "product_level": np.full(codes.size, 6, np.int32),
            }
        )
        return frame.to_arrow()

    def strays(self) -> pl.DataFrame:
        """Lines the kernel left out, read by the general reader."""
        if not self._strays:
            return pl.DataFrame(schema=STAGED)
        cells: list[list[str]] = []
        faults: list[str | None] = []
        for _, text in self._strays:
            try:
                row = next(csv.reader([text.decode("utf-8").rstrip("\r")]), [])
            except (UnicodeDecodeError, csv.Error):
                cells.append([""] * len(COLUMNS))
                faults.append("bytes that are not UTF-8 text: mixed encodings")
                continue
            right = len(row) == len(COLUMNS)
            cells.append(row if right else [""] * len(COLUMNS))
            faults.append(None if right else f"{len(row)} cells where the header has {len(COLUMNS)}")
        table = pl.DataFrame(cells, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").with_columns(
            pl.Series("line", [number for number, _ in self._strays], dtype=pl.Int64),
            pl.Series("fault", faults, dtype=pl.String),
            pl.Series(
                "raw", [text.decode("utf-8", "replace")[:300] for _, text in self._strays], dtype=pl.String
            ),
        )
        blank = pl.col("raw").str.strip_chars() == ""
        return FlowFramer(self._mapping, self._countries).frame(table.filter(~blank))


def _batch(outputs: _Outputs, count: int) -> pa.RecordBatch:
    """The piece's rows as Arrow arrays over the same memory; a weight of -1 becomes null."""
    weights = outputs.weights[:count]
    known = np.packbits(weights >= 0, bitorder="little")
    columns = [
        pa.array(outputs.lanes[:count]),
        pa.array(outputs.products[:count]),
        pa.array(outputs.values[:count]),
        pa.Array.from_buffers(pa.int64(), count, [pa.py_buffer(known), pa.py_buffer(weights)]),
    ]
    return pa.RecordBatch.from_arrays(
        columns, names=["lane_key", "product_key", "value_milliusd", "weight_g"]
    )


def _array_digest(buffer: npt.NDArray[np.uint8], start: int, stop: int) -> bytes:
    """XXH64 of a piece: BACI's files are large, and SHA-256 would take an eighth of the time of a load."""
    from karwan._kernels.xxh64 import xxh64

    return int(xxh64(buffer, start, stop)).to_bytes(8, "little")


def _digest(piece: bytes) -> bytes:
    # A copy that may be written to, as the other buffers: else the hash is compiled a second time.
    return _array_digest(np.frombuffer(bytearray(piece), np.uint8), 0, len(piece))


def _after_line_feed(buffer: npt.NDArray[np.uint8], start: int, stop: int) -> int:
    """Place after the first line feed from `start` on; beyond `stop` if there is none within `MAX_LINE`."""
    found = buffer[start : min(stop, start + MAX_LINE)] == 10
    place = int(np.argmax(found)) if found.size else 0
    return start + place + 1 if found.size and found[place] else stop + 1


BACI = Source(
    name="baci",
    title="BACI, reconciled bilateral trade at HS6 (CSV or the published zip)",
    provider="CEPII",
    licence="Etalab Open Licence 2.0",
    reads="BACI_HSxx_Yyyyy_Vyyyymm.csv or BACI_HSxx_Vyyyymm.zip",
    read=read_baci,
)
