"""Potential by product of a case's pair, both ways, from the trade store."""

from __future__ import annotations

from itertools import permutations

import polars as pl

from karwan.analysis.contract import Inputs
from karwan.analysis.potential import answer_potential
from karwan.analysis.trade_requests import PotentialRequest
from karwan.case import Case
from karwan.errors import KarwanError
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

SHOWN = 20  # products each way, the largest unrealised first


def stored_potential(case: Case, store: str) -> tuple[pl.DataFrame, tuple[Note | str, ...]]:
    """Products with the largest unrealised potential each way, and from which source, level and years, or why there are none.

    Returns
    -------
    Columns of `schema/results/potential_published.csv`, without a product of the case.
    """
    rows: list[dict[str, object]] = []
    said: list[Note | str] = []
    for exporter, importer in permutations(case.parties.codes):
        way = f"{exporter} to {importer}"
        try:
            result = answer_potential(Inputs(case, store), PotentialRequest(exporter, importer))
        except KarwanError as error:
            said.append(note("store.no_potential", way=way, why=f"{error.fact} {error.evidence}".strip()))
            continue
        table = next(iter(result.tables.values()))
        first = table.sort("unrealised_usd", "product", descending=[True, False], nulls_last=True).head(SHOWN)
        rows += [_row(row, way) for row in first.iter_rows(named=True)]
        what = f"{result.meta['flows']}, {result.meta['period']}, {result.meta['level']}"
        new = [one for one in result.alerts if one not in said]
        said += [note("store.potential", way=way, what=what), *new]
    return result_frame("potential_published", rows), tuple(said)


def _row(row: dict[str, object], way: str) -> dict[str, object]:
    name = f" {row['name']}" if row.get("name") else ""
    return {
        "product": f"{row['product']}{name}, {way}",
        **{key: row[key] for key in ("actual_usd", "potential_usd", "low_usd", "high_usd", "unrealised_usd")},
        "method": f"store: {row['method']}",
        "lacks": row["lacks"],
    }
