"""What a case rests on: rows by basis, and conflicts between sources."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from karwan.schema import load_schema

BASES = ("observed", "computed", "assumed")


def basis_counts(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Rows of each table by basis.

    Returns
    -------
    Table with columns table, rows, observed, computed, assumed, assumed_share. The three counts are null for tables
    without provenance.
    """
    rows: list[tuple[object, ...]] = []
    for spec in load_schema().values():
        table = tables[spec.name]
        if not spec.provenance:
            rows.append((spec.name, table.height, None, None, None, None))
            continue
        counts = [int((table["basis"] == basis).sum()) for basis in BASES]
        share = counts[2] / table.height if table.height else None
        rows.append((spec.name, table.height, *counts, share))
    return pl.DataFrame(
        rows,
        schema={
            "table": pl.String,
            "rows": pl.Int64,
            "observed": pl.Int64,
            "computed": pl.Int64,
            "assumed": pl.Int64,
            "assumed_share": pl.Float64,
        },
        orient="row",
    )


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
            notes = " ".join(dict.fromkeys(rows["note"].drop_nulls()))
            found.append(
                (
                    spec.name,
                    str(group),
                    rows.height,
                    ", ".join(rows[spec.key]),
                    values,
                    ", ".join(dict.fromkeys(rows["source_id"])),
                    notes,
                )
            )
    names = ["table", "conflict_group", "rows", "keys", "values", "sources", "note"]
    return pl.DataFrame(
        found, schema={n: pl.Int64 if n == "rows" else pl.String for n in names}, orient="row"
    ).sort("table", "conflict_group")
