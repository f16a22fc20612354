"""Read the rows of a BACI file (t,i,j,k,v,q) from bytes into integer arrays.

Most lines of a BACI file begin with the year and the two countries of the line before and have figures of
three decimals. Such a line is read eight bytes at a time (`_rest_of_line`: digits are told apart and multiplied
together as one 64-bit word, after D. Lemire, "Quickly parsing eight digits", 2018); any other goes byte by byte.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.cpython.unsafe.numbers import trailing_zeros

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Word = np.uint64

MISSING_WEIGHT = -1
HS6_KEY_BASE = 6_000_000
# Country codes have three digits: a year takes a million lane keys.
CODES = 1_000
MILLION = 1_000_000

# Positions in the `state` array that `parse` fills.
ROWS, BAD, SORTED, FIRST_KEY, LAST_KEY, LAST_YEAR, TOTAL = range(7)
STATE_SIZE = 7

# Positions are unsigned throughout: a signed one is checked for counting from the end at every byte.
_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10 = (Word(n) for n in range(11))
_ELEVEN, _THOUSAND, _TEN_THOUSAND, _MILLION = Word(11), Word(1_000), Word(10_000), Word(1_000_000)
_16, _24, _32, _40, _48, _56, _63, _64 = (Word(n) for n in (16, 24, 32, 40, 48, 56, 63, 64))
# HS has no chapter 00, and 77 is kept for later use.
_NO_CHAPTER, _RESERVED_CHAPTER = Word(0), Word(77)
_BYTE = Word(0xFF)
_EVERY_BIT = Word(0xFFFF_FFFF_FFFF_FFFF)
_DIGIT_ZEROS = Word(0x3030_3030_3030_3030)
_LOW_BITS = Word(0x7F7F_7F7F_7F7F_7F7F)
_TOP_BITS = Word(0x8080_8080_8080_8080)
_TEN_UP = Word(0x7676_7676_7676_7676)
_NIBBLES, _BYTES, _SHORTS = (
    Word(0x0F0F_0F0F_0F0F_0F0F),
    Word(0x00FF_00FF_00FF_00FF),
    Word(0x0000_FFFF_0000_FFFF),
)
_PAIRS, _FOURS, _EIGHTS = Word(10 * 2**8 + 1), Word(100 * 2**16 + 1), Word(10_000 * 2**32 + 1)
_FIRST_FOUR, _FIRST_SIX = Word(0x8080_8080), Word(0x8080_8080_8080)
_SECOND_TO_FOURTH = Word(0x8080_8000)
_THREE_BYTES = Word(0xFF_FFFF)
_COMMA, _DOT, _LINE_FEED, _RETURN, _N, _A, _DIGIT_ZERO = (Word(n) for n in b",.\n\rNA0")
_NA_LINE_FEED = Word(0x0A_414E)


class Rows(NamedTuple):
    """The columns that `parse` fills, one entry a row."""

    lane: Int32s
    product: Int32s
    value: Ints
    weight: Ints


class Left(NamedTuple):
    """Lines left out: the byte each begins at and the number of rows before it."""

    at: Ints
    row: Ints


class Seen(NamedTuple):
    """What occurs: 1 at the place (year, exporter, importer) of a lane and at a product's code."""

    lane: Bytes
    product: Bytes


@njit(cache=True, nogil=True)
def _word(buffer: Bytes, p: Word) -> Word:
    """Eight bytes from `p` on, the first one lowest; the compiler makes one load of it."""
    word = Word(buffer[p])
    word |= Word(buffer[p + _1]) << _8
    word |= Word(buffer[p + _2]) << _16
    word |= Word(buffer[p + _3]) << _24
    word |= Word(buffer[p + _4]) << _32
    word |= Word(buffer[p + _5]) << _40
    word |= Word(buffer[p + _6]) << _48
    return word | (Word(buffer[p + _7]) << _56)


@njit(cache=True, nogil=True)
def _not_digits(word: Word) -> Word:
    """The top bit of every byte that is no digit."""
    x = word ^ _DIGIT_ZEROS
    return (((x & _LOW_BITS) + _TEN_UP) | x) & _TOP_BITS


@njit(cache=True, nogil=True)
def _eight_digits(word: Word) -> Word:
    """The number spelled by eight digits, the first one lowest; a zero byte counts as the digit 0."""
    word = ((word & _NIBBLES) * _PAIRS) >> _8
    word = ((word & _BYTES) * _FOURS) >> _16
    return ((word & _SHORTS) * _EIGHTS) >> _32


@njit(cache=True, nogil=True)
def _plain_figure(buffer: Bytes, p: Word, follower: Word) -> tuple[Word, Word]:
    """A figure of one to five digits, a dot and three digits, then the byte `follower`: its thousandths and
    the place after that byte; the place is 0 where something else stands at `p`.
    """
    word = _word(buffer, p)
    bits = trailing_zeros(_not_digits(word)) - _7  # type: ignore[call-arg]
    tail = _word(buffer, p + (bits >> _3))
    plain = bits - _8 <= _32 and tail & _BYTE == _DOT and _not_digits(tail) & _SECOND_TO_FOURTH == _0
    plain = plain and (tail >> _32) & _BYTE == follower
    whole = (word << ((_64 - bits) & _63)) >> _24
    digits = whole | (((tail >> _8) & _THREE_BYTES) << _40)
    return _eight_digits(digits), p + (bits >> _3) + _5 if plain else _0


@njit(cache=True, nogil=True)
def _rest_of_line(buffer: Bytes, p: Word) -> tuple[Word, Word, Word, Word]:
    """Place of the next line, code, thousandths of value and of weight of a line from its code on; the place is
    0 where the line is not of the usual form. A weight of `NA` is all bits set.
    """
    word = _word(buffer, p)
    if _not_digits(word) & _FIRST_SIX != _0 or (word >> _48) & _BYTE != _COMMA:
        return _0, _0, _0, _0
    code = _eight_digits(word << _16)
    money, p = _plain_figure(buffer, p + _7, _COMMA)
    if p == _0:
        return _0, _0, _0, _0
    if _word(buffer, p) & _THREE_BYTES == _NA_LINE_FEED:
        return p + _3, code, money, _EVERY_BIT
    mass, p = _plain_figure(buffer, p, _LINE_FEED)
    return p, code, money, mass


@njit(cache=True, nogil=True)
def _country(buffer: Bytes, p: Word) -> tuple[Word, Word]:
    """A code of one to three digits and a comma: the code and the place after; the place is 0 if it is none."""
    code = _0
    start = p
    while Word(buffer[p]) - _DIGIT_ZERO <= _9 and p - start < _4:
        code = code * _10 + (Word(buffer[p]) - _DIGIT_ZERO)
        p += _1
    good = _1 <= p - start <= _3 and Word(buffer[p]) == _COMMA
    return code, p + _1 if good else _0


@njit(cache=True, nogil=True)
def _figure(buffer: Bytes, p: Word) -> tuple[Word, Word]:
    """Any decimal of at most eleven digits and three places: its thousandths and the place after; place 0 if it
    is none.
    """
    number = whole = places = _0
    while Word(buffer[p]) - _DIGIT_ZERO <= _9 and whole <= _ELEVEN:
        number = number * _10 + (Word(buffer[p]) - _DIGIT_ZERO)
        whole += _1
        p += _1
    if whole == _0 or whole > _ELEVEN:
        return _0, _0
    if Word(buffer[p]) == _DOT:
        p += _1
        while Word(buffer[p]) - _DIGIT_ZERO <= _9 and places <= _3:
            number = number * _10 + (Word(buffer[p]) - _DIGIT_ZERO)
            places += _1
            p += _1
    if places > _3:
        return _0, _0
    while places < _3:
        number *= _10
        places += _1
    return number, p


@njit(cache=True, nogil=True)
def _head(buffer: Bytes, p: Word) -> tuple[Word, Word]:
    """The beginning of a line: its length up to the code (0 where it is no year and two countries), and
    year x 1,000,000 + exporter x 1,000 + importer.
    """
    begin = p
    word = _word(buffer, p)
    if _not_digits(word) & _FIRST_FOUR != _0 or (word >> _32) & _BYTE != _COMMA:
        return _0, _0
    exporter, p = _country(buffer, p + _5)
    if p == _0:
        return _0, _0
    importer, p = _country(buffer, p)
    if p == _0 or exporter == importer:
        return _0, _0
    return p - begin, (_eight_digits(word << _32) * _THOUSAND + exporter) * _THOUSAND + importer


@njit(cache=True, nogil=True)
def _unusual_rest(buffer: Bytes, p: Word) -> tuple[Word, Word, Word, Word]:
    """As `_rest_of_line`, for any form the figures and the end of the line may have."""
    bad = (_0, _0, _0, _0)
    word = _word(buffer, p)
    if _not_digits(word) & _FIRST_SIX != _0 or (word >> _48) & _BYTE != _COMMA:
        return bad
    money, p = _figure(buffer, p + _7)
    if p == _0 or Word(buffer[p]) != _COMMA:
        return bad
    p += _1
    mass = _EVERY_BIT
    if Word(buffer[p]) - _DIGIT_ZERO <= _9:
        mass, p = _figure(buffer, p)
        if p == _0:
            return bad
    elif Word(buffer[p]) == _N and Word(buffer[p + _1]) == _A:
        p += _2
    if Word(buffer[p]) == _RETURN:
        p += _1
    if Word(buffer[p]) != _LINE_FEED:
        return bad
    return p + _1, _eight_digits(word << _16), money, mass


@njit(cache=True, nogil=True)
def parse(
    buffer: Bytes,
    start: int,
    stop: int,
    lane_base: int,
    year_base: int,
    rows: Rows,
    left: Left,
    seen: Seen,
    state: Ints,
) -> None:
    """Parse complete lines of `buffer[start:stop]`; the last byte before `stop` is a line feed.

    A line that is not exactly `year,code,code,hs6,value,weight` with plain decimals of at most three places,
    two different country codes, an HS chapter that exists, and a year from `year_base` on that `seen.lane`
    has room for, goes to `left` (beyond its size it is counted only). Value is thousand USD in the file and
    thousandths of a USD in the result (x 1,000,000); weight is tonnes and grams (x 1,000,000); `NA`, blank or
    absent weight is -1. The lane of a row is `lane_base` plus its place in (year, exporter code, importer
    code). `buffer` must hold 32 zero bytes after `stop`.
    """
    p, last = Word(start), Word(stop)
    # The last beginning of a line that was read: two words, the second one masked, its length, its lane.
    first_word = rest_word = rest_mask = _EVERY_BIT
    head = _0
    at = top = previous = first_key = np.int64(-1)
    count, bad, total, ordered = 0, 0, np.int64(0), True
    while p < last:
        word, rest = _word(buffer, p), _word(buffer, p + _8)
        if word != first_word or rest & rest_mask != rest_word:
            head, lane = _head(buffer, p)
            at = np.int64(lane) - year_base * MILLION
            first_word, rest_mask = word, _EVERY_BIT >> (((_16 - head) * _8) & _63)
            rest_word = rest & rest_mask
        after, code, money, mass = _rest_of_line(buffer, p + head)
        if after == _0:
            after, code, money, mass = _unusual_rest(buffer, p + head)
        chapter = code // _TEN_THOUSAND
        good = head != _0 and 0 <= at < seen.lane.size and after != _0
        if not good or chapter in (_NO_CHAPTER, _RESERVED_CHAPTER):
            if bad < left.at.size:
                left.at[bad] = p
                left.row[bad] = count
            bad += 1
            while buffer[p] != _LINE_FEED:
                p += _1
            p += _1
            continue
        p = after
        top = max(top, at)
        key = at * MILLION + np.int64(code)
        ordered = ordered and bool(key > previous)
        first_key = key if count == 0 else first_key
        previous = key
        seen.lane[at] = 1
        seen.product[code] = 1
        rows.lane[count] = lane_base + at
        rows.product[count] = HS6_KEY_BASE + np.int64(code)
        rows.value[count] = np.int64(money) * 1000
        rows.weight[count] = np.int64(mass) * 1000 if mass != _EVERY_BIT else MISSING_WEIGHT
        total += np.int64(money)
        count += 1
    state[ROWS], state[BAD], state[SORTED], state[TOTAL] = count, bad, ordered, total
    state[FIRST_KEY], state[LAST_KEY] = first_key, previous
    state[LAST_YEAR] = year_base + top // MILLION if count else -1


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
