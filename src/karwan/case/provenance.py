"""What a case rests on: rows by basis, and conflicts between sources."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from karwan.schema import load_schema
from karwan.schema.frames import result_frame

BASES = ("observed", "computed", "assumed")


def basis_counts(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Rows of each table by basis.

    Returns
    -------
    Table with columns table, rows, observed, computed, assumed, assumed_share. The three counts are null for tables
    without provenance.
    """
    rows: list[dict[str, object]] = []
    for spec in load_schema().values():
        table = tables[spec.name]
        row: dict[str, object] = {"table": spec.name, "rows": table.height}
        if spec.provenance:
            row |= {basis: int((table["basis"] == basis).sum()) for basis in BASES}
            row["assumed_share"] = (table["basis"] == BASES[-1]).mean()
        rows.append(row)
    return result_frame("case_rows", rows)


def conflicts(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Rows whose sources contradict one another, by their conflict group.

    Returns
    -------
    Table with columns table, conflict_group, rows, keys, values, sources, note.
    """
    found = []
    for spec in load_schema().values():
        if "conflict_group" not in spec.column_names:
            continue
        table = tables[spec.name].filter(pl.col("conflict_group").is_not_null())
        for (group,), rows in table.group_by("conflict_group", maintain_order=True):
            figures = [c.name for c in spec.columns if c.type == "float" and rows[c.name].n_unique() > 1]
            values = "; ".join(
                f"{name} {', '.join(f'{v:,.6g}' for v in rows[name].drop_nulls())}" for name in figures
            )
            found.append(
                {
                    "table": spec.name,
                    "conflict_group": str(group),
                    "rows": rows.height,
                    "keys": ", ".join(rows[spec.key]),
                    "values": values,
                    "sources": ", ".join(dict.fromkeys(rows["source_id"])),
                    "note": " ".join(dict.fromkeys(rows["note"].drop_nulls())),
                }
            )
    return result_frame("case_conflicts", found).sort("table", "conflict_group")
