"""XXH64, a fast hash that is not meant against forgery (Y. Collet, xxHash specification 0.1.1), seed 0."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Word = np.uint64

PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_P1, _P2, _P3, _P4, _P5 = (Word(prime) for prime in PRIMES)
_0, _1, _2, _3, _4, _5, _6, _7, _8 = (Word(n) for n in range(9))
_16, _24, _32, _40, _48, _56, _64 = (Word(n) for n in (16, 24, 32, 40, 48, 56, 64))


@njit(cache=True, nogil=True)
def _half(buffer: Bytes, p: Word) -> Word:
    """Four bytes from `p` on, the first one lowest."""
    word = Word(buffer[p]) | (Word(buffer[p + _1]) << _8)
    return word | (Word(buffer[p + _2]) << _16) | (Word(buffer[p + _3]) << _24)


@njit(cache=True, nogil=True)
def _word(buffer: Bytes, p: Word) -> Word:
    """Eight bytes from `p` on, the first one lowest; the compiler makes one load of it."""
    word = Word(buffer[p]) | (Word(buffer[p + _1]) << _8)
    word |= (Word(buffer[p + _2]) << _16) | (Word(buffer[p + _3]) << _24)
    word |= (Word(buffer[p + _4]) << _32) | (Word(buffer[p + _5]) << _40)
    return word | (Word(buffer[p + _6]) << _48) | (Word(buffer[p + _7]) << _56)


@njit(cache=True, nogil=True)
def _turned(word: Word, bits: Word) -> Word:
    return (word << bits) | (word >> (_64 - bits))


@njit(cache=True, nogil=True)
def _round(state: Word, word: Word) -> Word:
    return _turned(state + word * _P2, Word(31)) * _P1


@njit(cache=True, nogil=True)
def _merged(state: Word, lane: Word) -> Word:
    return (state ^ _round(_0, lane)) * _P1 + _P4


@njit(cache=True, nogil=True)
def xxh64(buffer: Bytes, start: int, stop: int) -> Word:
    """Hash of `buffer[start:stop]`."""
    p, end = Word(start), Word(stop)
    size = end - p
    state = _P5
    if size >= _32:
        a, b, c, d = _P1 + _P2, _P2, _0, _0 - _P1
        while p + _32 <= end:
            a = _round(a, _word(buffer, p))
            b = _round(b, _word(buffer, p + _8))
            c = _round(c, _word(buffer, p + _16))
            d = _round(d, _word(buffer, p + _24))
            p += _32
        state = _turned(a, _1) + _turned(b, _7) + _turned(c, Word(12)) + _turned(d, Word(18))
        state = _merged(_merged(_merged(_merged(state, a), b), c), d)
    state += size
    while p + _8 <= end:
        state = _turned(state ^ _round(_0, _word(buffer, p)), Word(27)) * _P1 + _P4
        p += _8
    if p + _4 <= end:
        state = _turned(state ^ (_half(buffer, p) * _P1), Word(23)) * _P2 + _P3
        p += _4
    while p < end:
        state = _turned(state ^ (Word(buffer[p]) * _P5), Word(11)) * _P1
        p += _1
    state = (state ^ (state >> Word(33))) * _P2
    state = (state ^ (state >> Word(29))) * _P3
    return state ^ (state >> _32)


def xxh64_plain(data: bytes) -> int:
    """Plain twin of `xxh64`."""
    one, two, three, four, five = PRIMES
    full = 2**64 - 1

    def turned(word: int, bits: int) -> int:
        return ((word << bits) | (word >> (64 - bits))) & full

    def mixed(state: int, word: int) -> int:
        return turned((state + word * two) & full, 31) * one & full

    at, state = 0, five
    if len(data) >= 32:
        lanes = [(one + two) & full, two, 0, -one & full]
        for at in range(0, len(data) - 31, 32):
            words = (int.from_bytes(data[at + 8 * n : at + 8 * n + 8], "little") for n in range(4))
            lanes = [mixed(lane, word) for lane, word in zip(lanes, words, strict=True)]
        at += 32
        state = sum(turned(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & full
        for lane in lanes:
            state = ((state ^ mixed(0, lane)) * one + four) & full
    state = (state + len(data)) & full
    while at + 8 <= len(data):
        state ^= mixed(0, int.from_bytes(data[at : at + 8], "little"))
        state = (turned(state, 27) * one + four) & full
        at += 8
    if at + 4 <= len(data):
        state ^= int.from_bytes(data[at : at + 4], "little") * one & full
        state = (turned(state, 23) * two + three) & full
        at += 4
    for byte in data[at:]:
        state = turned(state ^ (byte * five & full), 11) * one & full
    state = (state ^ (state >> 33)) * two & full
    state = (state ^ (state >> 29)) * three & full
    return state ^ (state >> 32)
