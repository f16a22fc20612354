"""Digests of what a load has put into the store, so that a later change of it can be told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

# The finalizer of MurmurHash3 (A. Appleby, public domain): each bit of the word moves about half of the bits.
FACTORS = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
# Odd words without a pattern: no two plain changes of a row make up for each other before the bits are mixed.
KEY_FACTOR, VALUE_FACTOR = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
_SHIFT = np.uint64(33)
Words = npt.NDArray[np.uint64]
NO_WEIGHT = -1  # no stored weight is negative
_CELL, _ABSENT = "\x1f", "\x00"


class RowDigest:
    """Count, value and digest of rows of `flow_rows`, taken as they pass by; their order does not matter."""

    def __init__(self) -> None:
        self.rows = 0
        self.value_milliusd = 0
        self._sum = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the rows of a batch in."""
        if batch.num_rows == 0:
            return
        values = batch["value_milliusd"]
        weights = pc.fill_null(batch["weight_g"], NO_WEIGHT)
        words = _words(batch["lane_key"]) << np.uint64(32)
        words |= _words(batch["product_key"])
        words *= np.uint64(KEY_FACTOR)
        words += _words(values) * np.uint64(VALUE_FACTOR)
        words += _words(weights)
        _mix(words)
        self.rows += batch.num_rows
        self.value_milliusd += pc.sum(values).as_py()
        self._sum = (self._sum + int(words.sum())) % 2**64

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches, each taken in as it goes through."""
        for batch in batches:
            self.add(batch)
            yield batch

    def text(self) -> str:
        """The digest, 16 hexadecimal digits."""
        return f"{self._sum:016x}"


def _words(column: pa.Array) -> Words:
    """Whole numbers as unsigned words of 64 bits."""
    numbers: npt.NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return numbers.astype(np.int64, copy=False).view(np.uint64)


def _mix(words: Words) -> None:
    """Mix the bits of each word, in place."""
    high = words >> _SHIFT
    words ^= high
    for factor in FACTORS:
        words *= np.uint64(factor)
        np.right_shift(words, _SHIFT, out=high)
        words ^= high


def text_digest(frames: Iterable[pl.DataFrame]) -> str:
    """SHA-256 of tables, whatever the order of their rows; numbers count by their bits."""
    whole = hashlib.sha256()
    for frame in frames:
        lines = frame.select(
            line=pl.concat_str([_cell(frame[name]) for name in frame.columns], separator=_CELL)
        )
        text = "\n".join(lines["line"].sort().to_list())
        whole.update(f"{frame.height}\n{text}\n".encode())
    return whole.hexdigest()


def _cell(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Float64:
        bits = column.fill_null(np.nan).to_numpy().view(np.int64)
        column = pl.Series(column.name, bits)
    return column.cast(pl.String).fill_null(_ABSENT)
