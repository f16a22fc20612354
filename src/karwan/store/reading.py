"""What a source hands to the store: a file's rows, staged, with a reason on each that cannot be used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl
import pyarrow as pa

# Columns of a staged frame; `reason` is null on a row that can be stored.
STAGED: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "reason": pl.String(),
    "raw": pl.String(),
    "reporter_side": pl.String(),
    "reporter": pl.String(),
    "exporter": pl.String(),
    "importer": pl.String(),
    "period": pl.String(),
    "period_start": pl.Date(),
    "period_end": pl.Date(),
    "frequency": pl.String(),
    "hs_revision": pl.String(),
    "product": pl.String(),
    "product_level": pl.Int32(),
    "value_milliusd": pl.Int64(),
    "valuation": pl.String(),
    "weight_g": pl.Int64(),
    "quantity": pl.Float64(),
    "quantity_unit": pl.String(),
    "flags": pl.String(),
}

Progress = Callable[[int], None]


def no_progress(done_bytes: int) -> None:
    """Progress nobody watches."""
    del done_bytes


class PackedRows(Protocol):
    """Rows a source can key by itself, faster than by staging; lanes, products and strays are known once it
    is read.
    """

    def batches(self, lane_base: int, progress: Progress) -> Iterator[pa.RecordBatch]:
        """Batches with the columns of `flow_rows`."""

    def lanes(self) -> pa.Table:
        """Lanes of the rows read; `context_key` is a place in `contexts`."""

    def contexts(self) -> pa.Table:
        """Contexts of the lanes numbered from 0, without `load_id` and `source`."""

    def products(self) -> pa.Table:
        """Products of the rows read."""

    def strays(self) -> pl.DataFrame:
        """Lines the short cut left out, staged."""

    def content_hash(self) -> str:
        """Hash of the content, known after reading."""

    @property
    def rows(self) -> int:
        """Rows in the batches."""

    @property
    def value_usd(self) -> float:
        """Value of the rows in the batches."""

    @property
    def usable(self) -> bool:
        """False where the file turned out to be none the short cut covers; the staged reading takes over."""

    @property
    def in_order(self) -> bool:
        """Whether the rows came in strictly rising order of their key, so that none can be a duplicate."""


@dataclass(frozen=True)
class Reading:
    """One file (or archive member, or answer of a service) ready to be stored.

    Attributes
    ----------
    source
        Name of the source in the registry, or of its mapping.
    file_name
        What the user gave, without folders.
    content_bytes
        Size of the content.
    content_hash
        Gives the hash of the content; called only when needed.
    options
        Everything that changes the rows read from the same content.
    frames
        Gives staged frames (columns `STAGED`); reports the bytes it has read.
    packed
        The short cut, where the source has one for this file.
    repeats
        `reject` (a second row for the same flow is a duplicate) or `sum`.
    notes
        What the user should know about the reading before the rows are seen.
    """

    source: str
    file_name: str
    content_bytes: int
    content_hash: Callable[[], str]
    frames: Callable[[Progress], Iterator[pl.DataFrame]]
    options: Mapping[str, str] = field(default_factory=dict)
    packed: Callable[[], PackedRows] | None = None
    repeats: str = "reject"
    notes: Callable[[], list[str]] = list

    def options_text(self) -> str:
        """The options as one line of JSON, keys in order."""
        return json.dumps(dict(sorted(self.options.items())), ensure_ascii=False)

    def load_id(self, content_hash: str) -> str:
        """Name of the load: the same source, content and options give the same name."""
        text = "\n".join((self.source, content_hash, self.options_text()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
