"""Cells of a band: 5, 50 and 95 % points of the joint draws beside a figure, or the word that a text states it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from karwan.appraisal.coupling.draws import band

BAND = ("p05", "p50", "p95")
STATED, RANGED = "stated", "band"
"""How a figure is known: a text or tariff states it, or the joint draws move it."""
LEAST_SHARE = 1e-9
"""Part of a figure that counts as a move."""
Cells = dict[str, Any]


def band_cells(name: str, values: Sequence[float | None], unit: str = "") -> dict[str, float | None]:
    """Cells `name_p05`, `name_p50` and `name_p95`, the unit after them; missing where a draw has no value.

    Examples
    --------
    >>> band_cells("worth", [1.0, 2.0, 3.0], "_usd")
    {'worth_p05_usd': 1.1, 'worth_p50_usd': 2.0, 'worth_p95_usd': 2.9}
    """
    keys = [f"{name}_{end}{unit}" for end in BAND]
    if not values or any(value is None for value in values):
        return dict.fromkeys(keys)
    return dict(zip(keys, band(np.array(values, dtype=float)).round(12).tolist(), strict=True))


def column_band(name: str, values: Sequence[float | None]) -> dict[str, float | None]:
    """Cells of the band of a column: of `x_usd` they are `x_p05_usd` and so on, of a column without a unit `x_p05`."""
    plain, end, unit = name.rpartition("_") if name.endswith(("_usd", "_h")) else (name, "", "")
    return band_cells(plain, values, end + unit)


def row_bands(names: Iterable[str], draws: Sequence[Cells]) -> Cells:
    """Bands of some cells of a row (`column_band`), with `known_by`: `stated` where no draw moves any of them."""
    found: Cells = {}
    moved = False
    for name in names:
        values = [one[name] for one in draws]
        found |= column_band(name, values)
        moved = moved or _moves(values)
    return found | {"known_by": RANGED if moved else STATED} if draws else {}


def _moves(values: Sequence[float | None]) -> bool:
    known = [value for value in values if value is not None]
    most = max(map(abs, known), default=0.0)
    return bool(known) and max(known) - min(known) > LEAST_SHARE * max(most, 1.0)


def with_cells(table: pl.DataFrame, rows: Sequence[Cells]) -> pl.DataFrame:
    """A table with cells of some of its columns filled."""
    if not rows:
        return table
    return table.with_columns(
        pl.Series(name, [row[name] for row in rows], table.schema[name]) for name in rows[0]
    )


__all__ = ["BAND", "RANGED", "STATED", "band_cells", "column_band", "row_bands", "with_cells"]
