"""BACI of CEPII: reconciled bilateral trade at six digits, as CSV or in the zip CEPII publishes.

Provider: CEPII, BACI (Gaulier & Zignago 2010, CEPII working paper 2010-23). Licence: Etalab Open Licence 2.0.
Columns `t,i,j,k,v,q`: year, exporter, importer (numeric codes), HS6 code, thousand current USD, tonnes (`NA`
unknown). The reader changes units to USD and kilograms and codes to ISO alpha-3, nothing else. The HS
revision comes from the file name (`BACI_HS17_Y2020_V202501.csv`) or from the user.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import xxhash

from karwan.errors import InvalidInput
from karwan.store import hs
from karwan.store.reading import STAGED, Progress, Reading
from karwan.store.sources.content import PIECE, Content, combine_digests, contents
from karwan.store.sources.countries import Countries
from karwan.store.sources.delimited import BadTable, check_columns, read_header_row
from karwan.store.sources.flow_frame import FlowFramer
from karwan.store.sources.mapped_table import reading_of
from karwan.store.sources.mapping import Field, TableMapping
from karwan.store.sources.registry import Options, Source

COLUMNS = ("t", "i", "j", "k", "v", "q")
FIRST_LINE = b"t,i,j,k,v,q"
MAX_LINE = 4_096
PIECES = 4  # pieces of the hash (8 MiB) that are read at once
YEARS = 40
MILLION = 1_000_000
HS6_KEY_BASE = 6_000_000
MAX_FIGURE = 9e9  # thousand dollars, tonnes: their millionths are exact in a float
FIELDS = {"t": pl.Int32, "i": pl.Int32, "j": pl.Int32, "k": pl.String, "v": pl.Float64, "q": pl.Float64}
PLAIN_LINE = re.compile(
    rb"[0-9]{4},[0-9]{1,3},[0-9]{1,3},[0-9]{6},[0-9]{1,11}(\.[0-9]{0,6})?,(NA|[0-9]{1,11}(\.[0-9]{0,6})?)?\r?"
)
# Above this share of lines the short cut does not understand, the general reader is the right one.
MAX_STRAY_SHARE = 0.02

_Read = tuple[pl.DataFrame, list[tuple[int, bytes]]]

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
    header = read_header_row(content, delimiter=",", encoding="utf-8", header_row=1)
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


class PackedBaci:
    """The short cut: a BACI file read by Polars piece by piece, straight into keyed rows.

    A piece of plain lines is one call of `polars.read_csv`. A piece that is not all plain is told apart line by line: the
    plain lines are read the same way, the others (`strays`) go to the general reader with their line numbers.
    """

    def __init__(self, content: Content, countries: Countries, mapping: TableMapping) -> None:
        self._content = content
        self._countries = countries
        self._mapping = mapping
        head = content.head(MAX_LINE)
        self._header = len(head.split(b"\n")[0]) + 1
        first = re.match(rb"[0-9]{4}", head[self._header :])
        self._year_base = int(first[0]) if first else 0
        self._lane_seen = np.zeros(YEARS * MILLION, np.uint8)
        self._product_seen = np.zeros(MILLION, np.uint8)
        self._digests: list[bytes] = []
        self._strays: list[tuple[int, bytes]] = []
        self._lane_base = 0
        self.usable = first is not None
        self.in_order = True
        self._last_year = self._year_base
        self._last_key = -1
        self.rows = 0
        self.value_usd = 0.0
        self._milli = 0

    # -- reading ---------------------------------------------------------------------------------------------

    def batches(self, lane_base: int, progress: Progress) -> Iterator[pa.RecordBatch]:
        """Keyed rows of the file, piece after piece; stops early, and is not `usable`, on a file it does not
        cover.
        """
        self._lane_base = lane_base
        if lane_base + self._lane_seen.size >= 2**31:
            self.usable = False
        if not self.usable:
            return
        for rows, strays, done in self._read_ahead():
            self._strays += strays
            if len(self._strays) > MAX_STRAY_SHARE * (self.rows + len(self._strays)) + 1_000:
                self.usable = False
                return
            progress(done)
            if rows.height:
                yield from self._keyed(rows).to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()
        self.usable &= not self._merges_countries()

    def _read_ahead(self) -> Iterator[tuple[pl.DataFrame, list[tuple[int, bytes]], int]]:
        """Rows and strays of each piece, the next one being read while the store takes this one; and the bytes read."""
        line = 2
        if self._content.size <= PIECE:  # nothing to read ahead
            for piece, done in self._pieces():
                yield (*self._read(piece, line, _count(piece, b"\n")), done)
            return
        with ThreadPoolExecutor(1) as worker:
            waiting: tuple[Future[_Read], int] | None = None
            for piece, done in self._pieces():
                lines = _count(piece, b"\n")
                ahead = worker.submit(self._read, piece, line, lines)
                line += lines
                if waiting is not None:
                    yield (*waiting[0].result(), waiting[1])
                waiting = ahead, done
            if waiting is not None:
                yield (*waiting[0].result(), waiting[1])

    def _pieces(self) -> Iterator[tuple[bytes, int]]:
        """Whole lines, about `PIECES` pieces of the hash at a time, without the header; and the bytes read so far."""
        held: list[bytes] = []
        done, skip = 0, self._header
        with self._content.open() as stream:
            while piece := stream.read(PIECE):
                self._digests.append(_digest(piece))
                done += len(piece)
                if len(piece) == PIECE and b"\n" not in piece:
                    raise BadTable(
                        f"{self._content.name} cannot be read as comma-separated text.",
                        f"a line does not end within {PIECE // 2**20} MiB, before byte {done:,}",
                        "Fetch it again.",
                    )
                held.append(piece[skip:])
                skip = 0
                if len(held) == PIECES:
                    joined = b"".join(held)
                    cut = joined.rfind(b"\n") + 1
                    held = [joined[cut:]]
                    if cut:
                        yield joined[:cut], done
        last = b"".join(held)
        if last:
            yield last + (b"" if last.endswith(b"\n") else b"\n"), done

    def _read(self, piece: bytes, line: int, count: int) -> _Read:
        """Rows of the piece of `count` lines that begins at `line`, and the lines that are not plain."""
        rows = _plain_rows(piece, count)
        if rows is not None and rows.select(self._plain().all()).item():
            return rows, []
        lines = piece.split(b"\n")[:-1]
        matched = [PLAIN_LINE.fullmatch(text) is not None for text in lines]
        good_lines = [text + b"\n" for text, good in zip(lines, matched, strict=True) if good]
        rows = _plain_rows(b"".join(good_lines), len(good_lines))
        if rows is None:
            raise BadTable(
                f"{self._content.name} cannot be read as comma-separated text.", fix="Fetch it again."
            )
        plain = rows.select(self._plain()).to_series().to_list()
        places = [place for place, good in enumerate(matched) if good]
        wrong = {place for place, good in zip(places, plain, strict=True) if not good}
        strays = [
            (line + place, text)
            for place, (text, good) in enumerate(zip(lines, matched, strict=True))
            if not good or place in wrong
        ]
        return rows.filter(pl.Series(plain, dtype=pl.Boolean)), strays

    def _plain(self) -> pl.Expr:
        """Whether a row can be keyed as it stands; what the general reader might reject or flag cannot."""
        chapter = pl.col("hs6") // 10_000
        digits = (pl.col("k").str.len_bytes() == 6) & (chapter > 0) & (chapter != 77)
        year = pl.col("t").is_between(self._year_base, self._year_base + YEARS - 1)
        sides = pl.col("i").is_between(0, 999) & pl.col("j").is_between(0, 999) & (pl.col("i") != pl.col("j"))
        figures = pl.col("v").is_between(0, MAX_FIGURE) & pl.col("q").is_between(0, MAX_FIGURE).fill_null(
            True
        )
        return (digits & year & sides & figures).fill_null(False)

    def _keyed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the columns of `flow_rows`; notes what occurs, the sum and whether the keys rise."""
        place = ((pl.col("t") - self._year_base) * 1_000 + pl.col("i")) * 1_000 + pl.col("j")
        keyed = rows.select(
            place=place.cast(pl.Int32),
            code="hs6",
            value_milliusd=(pl.col("v") * MILLION).round().cast(pl.Int64),
            # No weight beside a value is a weight nobody gave, not zero.
            weight_g=pl.when((pl.col("q") > 0) | ~(pl.col("v") > 0)).then(
                (pl.col("q") * MILLION).round().cast(pl.Int64)
            ),
        )
        places, codes = keyed["place"].to_numpy(), keyed["code"].to_numpy()
        self._lane_seen[places] = 1
        self._product_seen[codes] = 1
        keys = places.astype(np.int64) * MILLION + codes
        self.in_order &= bool(keys[0] > self._last_key and (keys[1:] > keys[:-1]).all())
        self._last_key = int(keys[-1])
        self._last_year = max(self._last_year, self._year_base + int(places.max()) // MILLION)
        self.rows += keyed.height
        self._milli += int(keyed["value_milliusd"].sum())
        self.value_usd = self._milli / 1_000
        return keyed.select(
            lane_key=pl.col("place") + self._lane_base,
            product_key=pl.col("code") + HS6_KEY_BASE,
            value_milliusd="value_milliusd",
            weight_g="weight_g",
        )

    # -- after reading ---------------------------------------------------------------------------------------

    def content_hash(self) -> str:
        """Hash of the content, as `Content.hash` gives it with `_digest`."""
        return combine_digests(self._digests)

    def _years(self) -> int:
        return self._last_year - self._year_base + 1

    def _lanes_seen(self) -> npt.NDArray[np.int64]:
        """Places (year, exporter code, importer code) of the lanes that have rows."""
        return np.flatnonzero(self._lane_seen[: self._years() * MILLION])

    @cached_property
    def _resolved(self) -> tuple[list[str], npt.NDArray[np.bool_]]:
        """Country of every code from 0 to 999, and whether it is known."""
        resolved = self._countries.numbered
        return [name for name, _ in resolved], np.array([known for _, known in resolved])

    def _contexts_of(self, at: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Distinct contexts (year, exporter unknown, importer unknown) as year x 4 + 2 + 1, and whose is which."""
        known = self._resolved[1]
        kinds = at // MILLION * 4 + ~known[at // 1_000 % 1_000] * 2 + ~known[at % 1_000]
        found, places = np.unique(kinds, return_inverse=True)
        return found, places

    def _merges_countries(self) -> bool:
        """Whether two codes of the file mean one country (56 and 58 are Belgium), so that flows would merge."""
        at = self._lanes_seen()
        places: dict[str, int] = {}
        country = np.array([places.setdefault(name, code) for code, name in enumerate(self._resolved[0])])
        exporter, importer = country[at // 1_000 % 1_000], country[at % 1_000]
        taken = np.zeros(self._years() * MILLION, np.bool_)
        taken[(at // MILLION * 1_000 + exporter) * 1_000 + importer] = True
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


def _count(piece: bytes, mark: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8) == mark[0]))


def _plain_rows(piece: bytes, lines: int) -> pl.DataFrame | None:
    """The piece's rows, with the code as a number in `hs6`; None where a line is not six plain fields."""
    if not lines:
        return pl.DataFrame(schema={**FIELDS, "hs6": pl.Int32})
    # A sign would pass as a digit of a code.
    if b"+" in piece or _count(piece, b",") != 5 * lines:
        return None
    try:
        rows = pl.read_csv(piece, has_header=False, schema=FIELDS, quote_char=None, null_values={"q": "NA"})
    except pl.exceptions.PolarsError:
        return None
    if rows.height != lines:
        return None
    return rows.with_columns(hs6=pl.col("k").cast(pl.Int32, strict=False))


def _digest(piece: bytes) -> bytes:
    """XXH64 of a piece: BACI's files are large, and SHA-256 would take an eighth of the time of a load."""
    return xxhash.xxh64(piece).intdigest().to_bytes(8, "little")


BACI = Source(
    name="baci",
    title="BACI, reconciled bilateral trade at HS6 (CSV or the published zip)",
    provider="CEPII",
    licence="Etalab Open Licence 2.0",
    reads="BACI_HSxx_Yyyyy_Vyyyymm.csv or BACI_HSxx_Vyyyymm.zip",
    read=read_baci,
)
