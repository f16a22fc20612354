"""The reader of BACI rows against Python's csv module, decimal arithmetic and its plain twin, on dirty bytes."""

from __future__ import annotations

import csv
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from karwan._kernels import baci_rows
from karwan.io.sources import Options, source_named
from karwan.io.store import NothingUsable, ingest, open_store

YEARS = 3
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
    b"2020,4,8,010191,12345.678,99999.999",
    b"2020,4,8,010192,123456.789,0.001",
    b"2020,4,8,010193,1.234,NA",
    b"2020,4,8,010194,1.234,NAN",
    b"2020,4,8,010195,1.234,1.2345",
    b"2020,4,8,010196,1.23a,1.234",
    b"2020,4,8,01019x,1.234,1.234",
    b"2020,04,008,010197,1.234,1.234",
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
    """Rows and numbers of the lines left out, as the compiled reader gives them."""
    body = b"".join(text + b"\n" for text in lines)
    room = len(lines) + 1
    keys, figures = np.zeros((2, room), np.int32), np.zeros((2, room), np.int64)
    rows = baci_rows.Rows(*keys, *figures)
    left = baci_rows.Left(np.zeros(room, np.int64), np.zeros(room, np.int64))
    seen = baci_rows.Seen(np.zeros(YEARS * 1_000_000, np.uint8), np.zeros(1_000_000, np.uint8))
    state = np.zeros(baci_rows.STATE_SIZE, np.int64)
    buffer = np.frombuffer(body + bytes(64), np.uint8)
    baci_rows.parse(buffer, 0, len(body), 7, 2020, rows, left, seen, state)
    count, bad = int(state[baci_rows.ROWS]), int(state[baci_rows.BAD])
    found = [tuple(int(column[n]) for column in rows) for n in range(count)]
    assert int(state[baci_rows.TOTAL]) * 1000 == sum(row[2] for row in found)
    assert set(np.flatnonzero(seen.lane) + 7) == {row[0] for row in found}
    assert set(np.flatnonzero(seen.product) + 6_000_000) == {row[1] for row in found}
    starts = np.cumsum([0] + [len(text) + 1 for text in lines])
    numbers = [int(left.row[n]) + n for n in range(bad)]
    assert [int(starts[number]) for number in numbers] == left.at[:bad].tolist()
    assert bool(state[baci_rows.SORTED]) == all(a[:2] < b[:2] for a, b in pairwise(found))
    return found, numbers


def by_csv_module(text: bytes) -> tuple[int, int, int, int] | None:
    """The row of a line, read by the csv module and `Decimal`; None where it is not BACI's plain form."""
    if b'"' in text or b"\x00" in text or b"\r" in text.removesuffix(b"\r"):
        return None  # quoted and broken lines are the general reader's
    cells = next(csv.reader([text.removesuffix(b"\r").decode("latin-1")]), [])
    if len(cells) != 6 or not all(cell.isascii() and cell.isdigit() for cell in cells[:4]):
        return None
    year, exporter, importer, code, value, weight = cells
    widths = len(year) == 4 and len(exporter) <= 3 and len(importer) <= 3 and len(code) == 6
    if not widths or int(exporter) == int(importer) or code[:2] in ("00", "77"):
        return None
    if not 0 <= int(year) - 2020 < YEARS or not plain(value) or not (weight in ("", "NA") or plain(weight)):
        return None
    lane = 7 + (int(year) - 2020) * 1_000_000 + int(exporter) * 1_000 + int(importer)
    grams = -1 if weight in ("", "NA") else int(Decimal(weight) * 1_000_000)
    return lane, 6_000_000 + int(code), int(Decimal(value) * 1_000_000), grams


def plain(cell: str) -> bool:
    whole, _, places = cell.partition(".")
    digits = all(sign in "0123456789" for sign in whole + places)
    return digits and 0 < len(whole) <= 11 and len(places) <= 3


@settings(max_examples=300, deadline=None)
@given(st.lists(line(DIRT), max_size=12))
@example(CASES)
def test_rows_are_those_of_the_csv_module(lines: list[bytes]) -> None:
    lines = [text.replace(b"\n", b"") for text in lines]
    expected = [by_csv_module(text) for text in lines]
    found, left = parsed(lines)
    assert found == [row for row in expected if row is not None]
    assert left == [number for number, row in enumerate(expected) if row is None]
    assert (found, left) == baci_rows.parse_plain(lines, 7, 2020, YEARS)


def test_cases_cover_both_ways_of_reading() -> None:
    found, left = parsed(CASES)
    assert (len(found), len(left)) == (9, len(CASES) - 9)


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
