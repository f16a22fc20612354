"""BACI of CEPII: reconciled bilateral trade at six digits, as CSV or in the zip CEPII publishes.

Provider: CEPII, BACI (Gaulier & Zignago 2010, CEPII working paper 2010-23). Licence: Etalab Open Licence 2.0.
Columns `t,i,j,k,v,q`: year, exporter, importer (numeric codes), HS6 code, thousand current USD, tonnes (`NA` unknown).
The reader changes units to USD and kilograms and codes to ISO alpha-3, nothing else. The HS revision comes from the
file name (`BACI_HS17_Y2020_V202501.csv`) or from the user.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
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
from karwan.io.store.reading import Progress, Reading

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
    """Readings of a BACI CSV, or of every `BACI_*.csv` in a zip (its code lists and readme are no tables of trade)."""
    if path is None:
        raise InvalidInput("The source `baci` needs a file.", fix="Give BACI_HSxx_Yyyyy_Vyyyymm.csv or the zip of CEPII.")
    found = contents(path, (".csv",))
    trade = [item for item in found if item.member is None or "codes" not in item.base_name.lower()]
    if not trade:
        raise InvalidInput(f"{path.name} holds no BACI table.", fix="It should hold members named BACI_HSxx_Yyyyy_V*.csv.")
    return [_reading(content, options) for content in trade]


def _reading(content: Content, options: Options) -> Reading:
    revision = options.hs_revision or _revision_in(content.base_name) or _revision_in(content.path.name)
    if revision is None:
        raise InvalidInput(
            f"The name of {content.name} does not say the HS revision.", fix="Give --hs-revision HS92 (or HS96 ... HS22)."
        )
    revision = hs.normalise_revision(revision)
    if revision not in hs.REVISIONS:
        raise InvalidInput(f"`{revision}` is no HS revision.", fix=f"Choose of {', '.join(hs.REVISIONS)}.")
    header = read_header(content, delimiter=",", encoding="utf-8", header_row=1)
    check_columns(content, header, COLUMNS, ",")
    mapping = replace(BACI_MAPPING, nomenclature=revision)
    reading = reading_of(content, mapping, replace(options, hs_revision=None), source="baci")
    reading = replace(reading, options={**reading.options, "hs_revision": revision})
    if options.known_codes is not None or content.head(64).split(b"\n")[0].rstrip(b"\r") != FIRST_LINE:
        return reading
    return replace(reading, packed=lambda: PackedBaci(content, options.countries, mapping))


def _revision_in(name: str) -> str | None:
    found = re.search(r"HS[-_ ]?(?:19|20)?(\d{2})(?!\d)", name, re.IGNORECASE)
    return None if found is None else f"HS{found[1]}"


@dataclass
class _Piece:
    rows: int
    lanes: npt.NDArray[np.int32]
    products: npt.NDArray[np.int32]
    values: npt.NDArray[np.int64]
    weights: npt.NDArray[np.int64]
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
        self.usable = first is not None
        self.in_order = True

    # -- reading -------------------------------------------------------------------------------------------------------

    def batches(self, lane_base: int, progress: Progress) -> Iterator[pa.RecordBatch]:
        """Keyed rows of the file, piece after piece; stops early, and is not `usable`, on a file it does not cover."""
        from karwan._kernels import baci_rows

        self._lane_base = lane_base
        if lane_base + self._lane_seen.size >= 2**31:
            self.usable = False
        if not self.usable:
            return
        line, last_key, rows, strays = 2, -1, 0, 0
        for piece in self._pieces(baci_rows):
            self._digests.append(piece.digest)
            self._strays += [(line + number, text) for number, text in piece.strays]
            count, bad = int(piece.state[baci_rows.ROWS]), int(piece.state[baci_rows.BAD])
            line += count + bad
            rows, strays = rows + count, strays + bad
            if count:
                self.in_order &= bool(piece.state[baci_rows.SORTED]) and int(piece.state[baci_rows.FIRST_KEY]) > last_key
                last_key = int(piece.state[baci_rows.LAST_KEY])
            if strays > MAX_STRAY_SHARE * (rows + strays) + 1_000 or bad >= MAX_STRAYS_PER_PIECE:
                self.usable = False
                return
            progress(piece.done)
            if count:
                yield pa.RecordBatch.from_arrays(
                    [
                        pa.array(values[:count])
                        for values in (piece.lanes, piece.products, piece.values, piece.weights)
                    ],
                    names=["lane_key", "product_key", "value_milliusd", "weight_g"],
                )

    def _pieces(self, kernel: Any) -> Iterator[_Piece]:
        """Pieces in order, two or more being read ahead by worker threads (the kernel releases the lock)."""
        workers = max(2, os.cpu_count() or 1)
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[_Piece]] = deque()
            jobs = self._jobs(kernel, pool)
            try:
                for job in jobs:
                    waiting.append(job)
                    if len(waiting) > workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for job in waiting:
                    job.cancel()

    def _jobs(self, kernel: Any, pool: ThreadPoolExecutor) -> Iterator[Future[_Piece]]:
        size = self._content.size
        if self._content.member is None:
            descriptor = os.open(self._content.path, os.O_RDONLY)
            try:
                for offset in range(0, size, PIECE):
                    yield pool.submit(self._read_piece, kernel, descriptor, offset)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                os.close(descriptor)
            return
        with self._content.open() as stream:
            held = b""
            offset = 0
            while piece := stream.read(PIECE):
                # A zip unpacks from the front only: whole lines go to a worker, the rest waits for the next piece.
                digest = hashlib.sha256(piece).digest()
                whole, _, rest = (held + piece).rpartition(b"\n")
                offset += len(piece)
                last = offset >= size
                body = (whole + b"\n" if whole or not rest else b"") + (rest + b"\n" if last and rest else b"")
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
        digest = hashlib.sha256(view[lead : min(got, PIECE + lead)]).digest()
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
        buffer = np.frombuffer(body + bytes(PAD), np.uint8)
        return self._parse(kernel, buffer, start, len(body), digest, done)

    def _parse(
        self, kernel: Any, buffer: npt.NDArray[np.uint8], start: int, end: int, digest: bytes, done: int
    ) -> _Piece:
        # The shortest line the kernel takes is 2020,4,8,010121,1, and a line feed.
        room = max(0, end - start) // 18 + 2
        lanes, products = np.empty(room, np.int32), np.empty(room, np.int32)
        values, weights = np.empty(room, np.int64), np.empty(room, np.int64)
        bad_at, bad_row = np.empty(MAX_STRAYS_PER_PIECE, np.int64), np.empty(MAX_STRAYS_PER_PIECE, np.int64)
        state = np.zeros(kernel.STATE_SIZE, np.int64)
        kernel.parse(
            buffer,
            start,
            end,
            self._lane_base,
            self._year_base,
            lanes,
            products,
            values,
            weights,
            bad_at,
            bad_row,
            self._lane_seen,
            self._product_seen,
            state,
        )
        bad = min(int(state[kernel.BAD]), MAX_STRAYS_PER_PIECE)
        strays = []
        for n in range(bad):
            text = bytes(buffer[int(bad_at[n]) : min(end, int(bad_at[n]) + MAX_LINE)]).split(b"\n")[0]
            strays.append((int(bad_row[n]) + n, text))
        return _Piece(int(state[kernel.ROWS]), lanes, products, values, weights, strays, state, digest, done)

    # -- after reading -------------------------------------------------------------------------------------------------

    def content_hash(self) -> str:
        """Hash of the content, as `Content.hash` gives it."""
        return combine(self._digests)

    def lanes(self) -> pa.Table:
        """Lanes of the rows read; the reading is not `usable` where two codes mean the same country."""
        at = np.flatnonzero(self._lane_seen)
        years = self._year_base + at // 1_000_000
        known = {code: self._countries.resolve(str(code), "m49") for code in np.unique([at // 1000 % 1000, at % 1000])}
        exporters = [known[code] for code in at // 1000 % 1000]
        importers = [known[code] for code in at % 1000]
        flags = [
            ";".join(
                ([] if a[1] else ["unknown_exporter"]) + ([] if b[1] else ["unknown_importer"])
            )
            for a, b in zip(exporters, importers, strict=True)
        ]
        count = at.size
        pairs = [(int(year), a[0], b[0]) for year, a, b in zip(years, exporters, importers, strict=True)]
        # Two codes for one country (56 and 58 for Belgium) would merge flows: that is the general reader's to report.
        self.usable &= len(set(pairs)) == count and all(a != b for _, a, b in pairs)
        frame = pl.DataFrame(
            {
                "lane_key": (self._lane_base + at).astype(np.int32),
                "reporter_side": ["reconciled"] * count,
                "reporter": pl.Series([None] * count, dtype=pl.String),
                "exporter": [code for code, _ in exporters],
                "importer": [code for code, _ in importers],
                "period": [str(year) for year in years],
                "period_start": [date(int(year), 1, 1) for year in years],
                "period_end": [date(int(year), 12, 31) for year in years],
                "frequency": ["A"] * count,
                "hs_revision": [self._mapping.nomenclature] * count,
                "valuation": ["fob"] * count,
                "quantity_unit": pl.Series([None] * count, dtype=pl.String),
                "flags": flags,
            }
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
        cells, faults = [], []
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
            pl.Series("raw", [text.decode("utf-8", "replace")[:300] for _, text in self._strays], dtype=pl.String),
        )
        blank = pl.col("raw").str.strip_chars() == ""
        return FlowFramer(self._mapping, self._countries).frame(table.filter(~blank))


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
