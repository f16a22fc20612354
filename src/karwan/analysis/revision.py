"""Sums of several HS revisions expressed in one, by UNSD tables where given, else at the level that is stable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store.hs import (
    REVISIONS,
    Conversion,
    Correlation,
    convert_over,
    match_without_table,
    normalise_revision,
    read_correlation,
)

SIX = 6
# From sure to vague; a group is as sure as its vaguest row.
HOW = ("", "1:1", "n:1", "same code", "split", "heading", "chapter", "none")


def in_revision(
    table: pl.DataFrame, revision: str, correlations: Sequence[Path] = ()
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """A query's sums with the products of other revisions expressed in one.

    Six-digit codes (longer ones are cut to six) convert by the correlation table that joins their revision
    and the one asked for, or over several tables in a row; without them they are matched with that revision's codes in the table itself: the
    same code, else its heading or chapter. Codes of two or four digits and of other nomenclatures stay as
    they are.

    Parameters
    ----------
    table
        Groups with columns product and hs_revision, then value_usd, weight_kg, weighed_share, flows.
    revision
        HS revision to express them in, as `HS12`.
    correlations
        UNSD correlation files.

    Returns
    -------
    The table in one revision, with the columns `reported_in` (the revision of the report: the same trade may
    be reported in two, so sums never cross it) and `matched` (vaguest of `1:1`, `n:1`, `same code`, `split`,
    `heading`, `chapter`, `none` in the group; empty for codes that stand as they were); one note a revision.

    Raises
    ------
    InvalidInput
        No such revision, or a file is no correlation table.
    """
    target = normalise_revision(revision)
    if target not in REVISIONS:
        raise InvalidInput(f"There is no HS revision {revision!r}.", fix=f"Choose of {', '.join(REVISIONS)}.")
    tables = [read_correlation(path) for path in correlations]
    table = table.with_columns(reported_in=pl.col("hs_revision"))
    own = table.filter((pl.col("hs_revision") == target) & (pl.col("product").str.len_chars() >= SIX))
    known = own["product"].str.slice(0, SIX).unique().to_list()
    notes: list[Note] = []
    rows = [_untouched(table, target)]
    others = table.filter(_convertible(target))
    for (source,), part in others.group_by("hs_revision", maintain_order=True):
        found = _conversion(part, str(source), target, tables, known)
        if found is None:
            notes.append(note("store.revision_kept", revision=source, why=_joined(tables), target=target))
            rows.append(part.with_columns(matched=pl.lit("none")))
            continue
        notes.append(note("store.revision_converted", revision=source, target=target, how=found.note))
        rows.append(_converted(part, found, target))
    return _summed(pl.concat([part.select([*table.columns, "matched"]) for part in rows])), tuple(notes)


def _convertible(target: str) -> pl.Expr:
    others = [name for name in REVISIONS if name != target]
    return pl.col("hs_revision").is_in(others) & (pl.col("product").str.len_chars() >= SIX)


def _untouched(table: pl.DataFrame, target: str) -> pl.DataFrame:
    """Rows of the revision asked for, and those that have no six-digit HS code."""
    return table.filter(~_convertible(target)).with_columns(matched=pl.lit(""))


def _conversion(
    part: pl.DataFrame, source: str, target: str, tables: Sequence[Correlation], known: Sequence[str]
) -> Conversion | None:
    codes = part["product"].str.slice(0, SIX).unique().to_list()
    found = convert_over(codes, source, target, tables)
    return found or (match_without_table(codes, known, _joined(tables, begins=True)) if known else None)


def _joined(tables: Sequence[Correlation], *, begins: bool = False) -> Note:
    """What the tables given join, for a note that they do not lead to the revision asked for."""
    if not tables:
        return note("store.no_table_given" if begins else "store.no_table")
    pairs = [f"{table.older}-{table.newer}" for table in tables]
    return note("store.tables_given_lead_not" if begins else "store.tables_lead_not", tables=pairs)


def _converted(part: pl.DataFrame, found: Conversion, target: str) -> pl.DataFrame:
    """The part's rows under their target codes; a code without one keeps its own and its revision."""
    six = pl.col("product").str.slice(0, SIX).alias("code")
    joined = part.with_columns(six).join(found.codes, on="code", how="left", maintain_order="left")
    moved = pl.col("target").is_not_null()
    changed = joined.with_columns(
        product=pl.when(moved).then(pl.col("target")).otherwise(pl.col("product")),
        hs_revision=pl.when(moved).then(pl.lit(target)).otherwise(pl.col("hs_revision")),
        matched=pl.col("how"),
    )
    if "product_level" not in part.columns:
        return changed
    level = pl.when(moved).then(pl.col("level")).otherwise(pl.col("product_level"))
    return changed.with_columns(product_level=level.cast(part.schema["product_level"]))


def _summed(table: pl.DataFrame) -> pl.DataFrame:
    """One row a group again; a weight is known where every row of the group has one."""
    measures = ("value_usd", "weight_kg", "weighed_share", "flows", "matched")
    keys = [name for name in table.columns if name not in measures]
    order = pl.Enum(HOW)
    weighed = (pl.col("value_usd") * pl.col("weighed_share").fill_null(0.0)).sum()
    value = pl.col("value_usd").sum()
    return (
        table.group_by(keys)
        .agg(
            value_usd=value,
            weight_kg=pl.when(pl.col("weight_kg").null_count() == 0).then(pl.col("weight_kg").sum()),
            weighed_share=pl.when(value > 0).then(weighed / value),
            flows=pl.col("flows").sum(),
            matched=pl.col("matched").cast(order).max().cast(pl.String),
        )
        .sort(keys)
    )
