"""Digests of stored content: the same for the same rows in any order and pieces, another for any change."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from karwan.store import tables
from karwan.store.digest import FACTORS, KEY_FACTOR, NO_WEIGHT, VALUE_FACTOR, RowDigest, text_digest

ROWS = [
    (0, 6_071_340, 12_500_000, 20_000),
    (1, 6_071_340, 0, None),
    (1, 10_000_000, 2**60, 0),
    (70_000, 1, 5, 5),
]


def batch(rows: list[tuple[int, int, int, int | None]]) -> pa.RecordBatch:
    schema = tables.FLOW_ROWS.to_pyarrow()
    return pa.RecordBatch.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema
    )


def digest(*pieces: list[tuple[int, int, int, int | None]]) -> RowDigest:
    taken = RowDigest()
    for piece in pieces:
        taken.add(batch(piece))
    return taken


def by_hand(rows: list[tuple[int, int, int, int | None]]) -> str:
    """The definition, in Python's whole numbers."""
    whole = 2**64

    def mixed(word: int) -> int:
        for factor in FACTORS:
            word = (word ^ word >> 33) * factor % whole
        return word ^ word >> 33

    total = 0
    for lane, product, value, weight in rows:
        word = (lane << 32 | product) * KEY_FACTOR + value * VALUE_FACTOR
        total += mixed((word + (NO_WEIGHT if weight is None else weight)) % whole)
    return f"{total % whole:016x}"


def test_rows_by_hand_in_any_order_and_pieces() -> None:
    taken = digest(ROWS)
    assert taken.text() == by_hand(ROWS)
    assert (taken.rows, taken.value_milliusd) == (4, 12_500_005 + 2**60)
    assert digest(ROWS[2:], [], ROWS[1::-1]).text() == taken.text()
    assert digest([]).text() == f"{0:016x}"
    many = [(n, 6_000_000 + n, 1_000 * n, n if n % 3 else None) for n in range(1_000)]
    assert digest(many).text() == by_hand(many)


@pytest.mark.parametrize("place", range(4))
def test_any_changed_cell_changes_the_digest(place: int) -> None:
    row = list(ROWS[0])
    row[place] = 7
    assert digest([tuple(row), *ROWS[1:]]).text() != digest(ROWS).text()  # type: ignore[list-item]


def test_values_that_change_places_change_the_digest() -> None:
    swapped = [(*ROWS[0][:2], ROWS[1][2], ROWS[0][3]), (*ROWS[1][:2], ROWS[0][2], ROWS[1][3]), *ROWS[2:]]
    assert digest(swapped).value_milliusd == digest(ROWS).value_milliusd
    assert digest(swapped).text() != digest(ROWS).text()


def test_texts_in_any_order_null_apart_from_empty_and_numbers_by_their_bits() -> None:
    frame = pl.DataFrame(
        {
            "name": ["Aktau", "", None],
            "day": [datetime.date(2025, 1, 1), None, None],
            "quantity": [0.1, np.nextafter(0.1, 1), None],
        }
    )
    found = text_digest([frame])
    assert text_digest([frame.reverse()]) == found
    assert text_digest([frame, frame]) != found
    assert text_digest([frame.with_columns(pl.col("name").fill_null(""))]) != found
    assert text_digest([frame.with_columns(quantity=pl.Series([0.1, 0.1, None]))]) != found
