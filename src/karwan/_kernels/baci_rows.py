"""Read the rows of a BACI file (t,i,j,k,v,q) from bytes into integer arrays."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

MISSING_WEIGHT = -1
HS6_KEY_BASE = 6_000_000
# Country codes have three digits: a year takes a million lane keys.
CODES = 1_000

# Positions in the `state` array that `parse` fills.
ROWS, BAD, SORTED, FIRST_KEY, LAST_KEY, FIRST_YEAR, LAST_YEAR, TOTAL = range(8)
STATE_SIZE = 8


@njit(cache=True, nogil=True)
def parse(  # noqa: C901, PLR0913 - one solver loop, measured: splitting it costs a third of the speed
    buffer: Bytes,
    start: int,
    stop: int,
    lane_base: int,
    year_base: int,
    lane: npt.NDArray[np.int32],
    product: npt.NDArray[np.int32],
    value: Ints,
    weight: Ints,
    bad_at: Ints,
    bad_row: Ints,
    lane_seen: Bytes,
    product_seen: Bytes,
    state: Ints,
) -> None:
    """Parse complete lines of `buffer[start:stop]`; the last byte before `stop` is a line feed.

    A line that is not exactly `year,code,code,hs6,value,weight` with plain decimals of at most three places,
    two different country codes, an HS chapter that exists, and a year from `year_base` on that `lane_seen`
    has room for, is left out; its byte offset and the number of rows before it go to `bad_at` and `bad_row`.
    Value is thousand USD in the file and thousandths of a USD in the result (x 1,000,000); weight is tonnes
    and grams (x 1,000,000); `NA`, blank or absent weight is -1. The lane of a row is `lane_base` plus its
    place in (year, exporter code, importer code). Bad lines beyond the size of `bad_at` are counted only.
    `buffer` must hold 32 zero bytes after `stop`.
    """
    # Unsigned positions throughout: a signed one is checked for counting from the end at every byte.
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    five, six, seven = np.uint64(5), np.uint64(6), np.uint64(7)
    p, last = np.uint64(start), np.uint64(stop)
    rows = 0
    bad = 0
    previous = -1
    ordered = 1
    first_key = -1
    first_year = 9999
    last_year = -1
    total = 0
    while p < last:
        line = p
        d0 = np.uint8(buffer[p] - 48)
        d1 = np.uint8(buffer[p + one] - 48)
        d2 = np.uint8(buffer[p + two] - 48)
        d3 = np.uint8(buffer[p + three] - 48)
        good = d0 <= 9 and d1 <= 9 and d2 <= 9 and d3 <= 9 and buffer[p + four] == 44
        year = (np.int64(d0) * 10 + d1) * 100 + np.int64(d2) * 10 + d3
        p += five
        exporter = 0
        n = 0
        c = buffer[p]
        while 48 <= c <= 57:
            exporter = exporter * 10 + (c - 48)
            n += 1
            p += one
            c = buffer[p]
        good = good and c == 44 and 0 < n <= 3
        p += one
        importer = 0
        n = 0
        c = buffer[p]
        while 48 <= c <= 57:
            importer = importer * 10 + (c - 48)
            n += 1
            p += one
            c = buffer[p]
        good = good and c == 44 and 0 < n <= 3
        p += one
        d0 = np.uint8(buffer[p] - 48)
        d1 = np.uint8(buffer[p + one] - 48)
        d2 = np.uint8(buffer[p + two] - 48)
        d3 = np.uint8(buffer[p + three] - 48)
        d4 = np.uint8(buffer[p + four] - 48)
        d5 = np.uint8(buffer[p + five] - 48)
        good = good and d0 <= 9 and d1 <= 9 and d2 <= 9 and d3 <= 9 and d4 <= 9 and d5 <= 9
        good = good and buffer[p + six] == 44
        code = ((np.int64(d0) * 10 + d1) * 10 + d2) * 1000 + (np.int64(d3) * 10 + d4) * 10 + d5
        p += seven
        money = 0
        whole = 0
        places = 0
        c = buffer[p]
        while 48 <= c <= 57:
            money = money * 10 + (c - 48)
            whole += 1
            p += one
            c = buffer[p]
        if c == 46:
            p += one
            c = buffer[p]
            while 48 <= c <= 57:
                money = money * 10 + (c - 48)
                places += 1
                p += one
                c = buffer[p]
        good = good and c == 44 and 0 < whole <= 11 and places <= 3
        while places < 3:
            money *= 10
            places += 1
        p += one
        mass = 0
        whole = 0
        places = 0
        if p < last:
            c = buffer[p]
            while 48 <= c <= 57:
                mass = mass * 10 + (c - 48)
                whole += 1
                p += one
                c = buffer[p]
            if c == 46 and whole > 0:
                p += one
                c = buffer[p]
                while 48 <= c <= 57:
                    mass = mass * 10 + (c - 48)
                    places += 1
                    p += one
                    c = buffer[p]
            while places < 3:
                mass *= 10
                places += 1
            mass *= 1000
            if whole == 0:
                mass = -1
                if c == 78 and p + one < last and buffer[p + one] == 65:
                    p += two
                    c = buffer[p]
            if c == 13 and p + one < last:
                p += one
                c = buffer[p]
            good = good and c == 10 and whole <= 11 and places <= 3
        else:
            good = False
        if good:
            year_slot = year - year_base
            chapter = code // 10_000
            good = exporter != importer and chapter != 0 and chapter != 77
            good = good and year_slot >= 0 and (year_slot + 1) * CODES * CODES <= lane_seen.size
        if not good:
            p = line
            while p < last and buffer[p] != 10:
                p += one
            p += one
            if bad < bad_at.size:
                bad_at[bad] = line
                bad_row[bad] = rows
            bad += 1
            continue
        p += one
        key = ((year * 1000 + exporter) * 1000 + importer) * 1_000_000 + code
        if key <= previous:
            ordered = 0
        if first_key < 0:
            first_key = key
        previous = key
        if year < first_year:
            first_year = year
        if year > last_year:
            last_year = year
        at = (year_slot * CODES + exporter) * CODES + importer
        lane_seen[at] = 1
        product_seen[code] = 1
        lane[rows] = lane_base + at
        product[rows] = HS6_KEY_BASE + code
        value[rows] = money * 1000
        total += money
        weight[rows] = mass
        rows += 1
    state[ROWS] = rows
    state[BAD] = bad
    state[SORTED] = ordered
    state[FIRST_KEY] = first_key
    state[LAST_KEY] = previous
    state[FIRST_YEAR] = first_year
    state[LAST_YEAR] = last_year
    state[TOTAL] = total


def parse_plain(
    lines: list[bytes], lane_base: int, year_base: int, years: int
) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """Plain twin of `parse` on lines without line ends: rows (lane, product, value, weight) and bad line
    numbers.
    """
    pattern = re.compile(
        rb"(\d{4}),(\d{1,3}),(\d{1,3}),(\d{6}),(\d{1,11})(?:\.(\d{0,3}))?,(?:NA|(\d{1,11})(?:\.(\d{0,3}))?)?\r?"
    )
    rows: list[tuple[int, int, int, int]] = []
    bad: list[int] = []
    for number, line in enumerate(lines):
        found = pattern.fullmatch(line)
        if found is None:
            bad.append(number)
            continue
        year, exporter, importer, code, money, money_part, mass, mass_part = found.groups()
        slot = int(year) - year_base
        if int(exporter) == int(importer) or code[:2] in (b"00", b"77") or not 0 <= slot < years:
            bad.append(number)
            continue
        lane = lane_base + (slot * CODES + int(exporter)) * CODES + int(importer)
        value = int(money + (money_part or b"").ljust(3, b"0")) * 1000
        weight = MISSING_WEIGHT if mass is None else int(mass + (mass_part or b"").ljust(3, b"0")) * 1000
        rows.append((lane, HS6_KEY_BASE + int(code), value, weight))
    return rows, bad
