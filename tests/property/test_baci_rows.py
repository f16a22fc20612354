"""The short cut of BACI against Python's csv module, decimal arithmetic and the general reader, on dirty bytes."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from karwan.store import NothingUsable, ingest, open_store
from karwan.store.reading import no_progress
from karwan.store.sources import Options, source_named
from karwan.store.sources.baci import PLAIN_LINE

CASES = [
    b"2020,4,8,010121,1,",
    b"2020,4,8,010121,1.5,NA\r",
    b"2021,842,586,999999,12345678901.999,98765432101.001",
    b"2020,4,4,010121,1,1",
    b"2020,4,8,10121,1,1",
    b"2020,4,8,0101210,1,1",
    b"2020,4,8,010121,1.2345,1",
    b"2020,4,8,010121,,1",
    b"2020,4,8,010121,.5,1",
    b"2020,4,8,010121,1,1.",
    b"2020,4,8,010121,1.,.5",
    b"2020,4,8,770000,1,1",
    b"2020,4,8,000100,1,1",
    b"2020,4,8,010121,-1,1",
    b"2020,1234,8,010121,1,1",
    b"2023,4,8,010121,1,1",
    b"2019,4,8,010121,1,1",
    b"",
    b"2020,4,8,010121,1",
    b"2020,4,8,010121,1,1,1",
    b"2020,4,8,010121,1,NAN",
    b"\xff\xfe,,",
    b"2020,4,8,010190,0,0",
    b"2020,4,8,010190,0.001,0.000",
    b"2020,4,8,010191,12345.678,99999.999",
    b"2020,4,8,010192,123456.789,0.001",
    b"2020,4,8,010193,1.234,NA",
    b"2020,4,8,010194,1.234,NAN",
    b"2020,4,8,010195,1.234,1.2345",
    b"2020,4,8,010196,1.23a,1.234",
    b"2020,4,8,01019x,1.234,1.234",
    b"2020,04,008,010197,1.234,1.234",
    b"2020,4,8,+10197,1.234,1.234",
    b"2020,4,8,-10197,1.234,1.234",
]

DIRT = [
    b",",
    b".",
    b"\r",
    b'"',
    b" ",
    b"-",
    b"e3",
    b"NA",
    b"0",
    b"7",
    b"\xff",
    b"\xc3\xa9",
    b"\x00",
    b"/",
    b":",
]
NUMBER = st.one_of(
    st.sampled_from(
        [b"0.001", b"1.5", b"7", b"99999.999", b"100000.000", b"1234567.123", b"12345678901.999"]
    ),
    st.decimals(0, 10**7, places=3).map(lambda number: f"{number:.3f}".encode()),
)


# What the general reader takes line by line too: quotes and carriage returns may join or cut lines there.
TAME = [dirt for dirt in DIRT if dirt not in (b"\r", b'"', b"\xff", b"\x00")]


@st.composite
def line(draw: st.DrawFn, dirt: list[bytes]) -> bytes:
    """A line of BACI, often beginning as its neighbours do, and often with dirt somewhere."""
    head = draw(st.sampled_from([b"2020,4,8", b"2020,842,586", b"2021,4,586", b"2022,056,58", b"2019,4,8"]))
    code = draw(st.sampled_from([b"010121", b"999999", b"081190", b"770000", b"10121", b"000100"]))
    weight = draw(st.one_of(NUMBER, st.sampled_from([b"NA", b"", b"nan"])))
    text = b",".join((head, code, draw(NUMBER), weight))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(dirt)) + text[place + draw(st.integers(0, 2)) :]
    return text


def parsed(lines: list[bytes]) -> tuple[list[tuple[int, ...]], list[int]]:
    """Rows and numbers of the lines left out, as the short cut gives them."""
    body = b"\n".join([b"t,i,j,k,v,q", b"2020,36,40,010121,1,1", *lines]) + b"\n"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "BACI_HS17_Y2020.csv"
        path.write_bytes(body)
        reading = source_named("baci").read(path, Options())[0]
        assert reading.packed is not None
        packed = reading.packed()
        batches = [pl.DataFrame(pa.Table.from_batches([batch])) for batch in packed.batches(7, no_progress)]
        rows = pl.concat(batches).with_columns(pl.col("weight_g").fill_null(-1)).rows()[1:]
        assert packed.content_hash() == reading.content_hash()
        assert packed.rows == len(rows) + 1
        left = [number - 3 for number, _ in packed._strays]
    return rows, left


def by_csv_module(text: bytes) -> tuple[int, int, int, int] | None:
    """The row of a line, read by the csv module and `Decimal`; None where it is not BACI's plain form."""
    if PLAIN_LINE.fullmatch(text) is None:
        return None
    cells = next(csv.reader([text.removesuffix(b"\r").decode("ascii")]), [])
    year, exporter, importer, code, value, weight = cells
    known = int(exporter) != int(importer) and code[:2] not in ("00", "77") and int(year) >= 2020
    figures = [Decimal(cell) for cell in (value, weight) if cell not in ("", "NA")]
    if not known or max(figures) > 9 * 10**9:
        return None
    lane = 7 + (int(year) - 2020) * 1_000_000 + int(exporter) * 1_000 + int(importer)
    # No weight beside a value is a weight nobody gave.
    unknown = weight in ("", "NA") or (Decimal(weight) == 0 and Decimal(value) > 0)
    grams = -1 if unknown else round(Decimal(weight) * 1_000_000)
    return lane, 6_000_000 + int(code), round(Decimal(value) * 1_000_000), grams


@settings(max_examples=60, deadline=None)
@given(st.lists(line(TAME), max_size=12))
@example(CASES)
def test_rows_are_those_of_the_csv_module(lines: list[bytes]) -> None:
    expected = [by_csv_module(text) for text in lines]
    found, left = parsed(lines)
    assert found == [row for row in expected if row is not None]
    assert left == [number for number, row in enumerate(expected) if row is None]


@settings(max_examples=8, deadline=None)
@given(st.lists(line(TAME), min_size=1, max_size=12), st.booleans())
def test_short_cut_stores_and_rejects_what_the_general_reader_does(lines: list[bytes], ended: bool) -> None:
    from dataclasses import replace

    body = b"\n".join([b"t,i,j,k,v,q", b"2020,36,40,010121,1,1", *lines]) + b"\n" * ended
    answers: list[object] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "BACI_HS17_Y2020.csv"
        path.write_bytes(body)
        reading = source_named("baci").read(path, Options())[0]
        for number, entry in enumerate((reading, replace(reading, packed=None))):
            with open_store(Path(folder) / f"{number}.duckdb", create=True) as store:
                try:
                    report = ingest(store, [entry])[0]
                except NothingUsable as error:
                    answers.append(str(error))
                    continue
                flows = store.table(store.flows()).sort(pl.all())
                rejects = store.rejects().sort("line", "reason")
                answers.append((report.rows, report.rejects, report.value_usd, flows.rows(), rejects.rows()))
    assert answers[0] == answers[1]
