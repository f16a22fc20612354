"""A digest of stored rows that does not depend on their order: the sum of one mixed word a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from karwan.numerics.compiled import njit

Word = np.uint64
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

# The finalizer of MurmurHash3 (A. Appleby, public domain): each bit of the word moves about half of the bits.
FACTORS = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
_A, _B = (Word(factor) for factor in FACTORS)
_32, _33 = Word(32), Word(33)


@njit(cache=True, nogil=True)
def _mixed(word: Word) -> Word:
    word = (word ^ (word >> _33)) * _A
    word = (word ^ (word >> _33)) * _B
    return word ^ (word >> _33)


@njit(cache=True, nogil=True)
def row_digest(lanes: Int32s, products: Int32s, values: Int64s, weights: Int64s) -> Word:
    """Sum, modulo 2^64, of the mixed words of rows; all four arrays have one shape (N,)."""
    total = Word(0)
    for n in range(lanes.size):
        word = _mixed((Word(np.uint32(lanes[n])) << _32) | Word(np.uint32(products[n])))
        word = _mixed(word ^ Word(values[n]))
        total += _mixed(word + Word(weights[n]))
    return total


def row_digest_plain(lanes: list[int], products: list[int], values: list[int], weights: list[int]) -> int:
    """The same in plain Python."""
    whole = 2**64

    def mixed(word: int) -> int:
        word = (word ^ (word >> 33)) * FACTORS[0] % whole
        word = (word ^ (word >> 33)) * FACTORS[1] % whole
        return word ^ (word >> 33)

    total = 0
    for lane, product, value, weight in zip(lanes, products, values, weights, strict=True):
        word = mixed((lane % 2**32) << 32 | product % 2**32)
        word = mixed(word ^ value % whole)
        total += mixed((word + weight) % whole)
    return total % whole
