"""Answers as programs read them: the content of their JSON, and their tables as CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from karwan.exports import FORMULA, NUMBER, printable


def answer_content(
    tables: Mapping[str, pl.DataFrame],
    meta: Mapping[str, Any],
    notes: Sequence[str] = (),
    under: Sequence[Any] = (),
) -> dict[str, Any]:
    """What the JSON of an answer holds: scenarios it stands under, facts, sentences, then the rows of each table."""
    stands = {"scenarios": [asdict(s) for s in under]} if under else {}
    said = {"text": list(notes)} if notes else {}
    rows = {name: table.to_dicts() for name, table in tables.items()}
    return {**stands, **meta, **said, **rows}


def with_notes(
    meta: Mapping[str, Any], notes: Sequence[str], key: str, *, joined: bool = False
) -> tuple[dict[str, Any], Sequence[str]]:
    """Facts and sentences of an answer that keeps its sentences under a key of its own: among the facts unless it is `text`.

    `joined` where they are one text there, and no key where there are none.
    """
    if key == "text":
        return dict(meta), notes
    if joined:
        return {**meta, **({key: " ".join(notes)} if notes else {})}, ()
    return {**meta, key: list(notes)}, ()


def csv_text(tables: Mapping[str, pl.DataFrame]) -> str:
    """Tables one after another, the title in a comment line where there are several; no cell is a formula."""
    parts = []
    for name, table in tables.items():
        if len(tables) > 1:
            parts.append(f"# {name}\n")
        parts.append(printable(defused_table(flat(table)).write_csv()))
    return "".join(parts)


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """Table with list columns joined by semicolons, as CSV wants it, and what is nested deeper as JSON.

    Examples
    --------
    >>> flat(pl.DataFrame({"way": [["a", "b"]], "at": [[1.5, 2.0]], "lines": [[[1, 2], [3]]]})).row(0)
    ('a;b', '1.5;2.0', '[[1, 2], [3]]')
    """
    nested = {name: kind for name, kind in table.schema.items() if kind.is_nested()}
    lists = [
        name for name, kind in nested.items() if isinstance(kind, pl.List) and not kind.inner.is_nested()
    ]
    joined = table.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(";")) if lists else table
    deeper = [
        pl.Series(
            name,
            [None if v is None else json.dumps(v, default=str) for v in table[name].to_list()],
            pl.String,
        )
        for name in nested
        if name not in lists
    ]
    return joined.with_columns(deeper)


def defused_table(table: pl.DataFrame) -> pl.DataFrame:
    """Table whose texts are `defused`; other columns are as they were."""
    texts = pl.col(pl.String)
    formula = texts.str.contains(FORMULA) & ~texts.str.contains(NUMBER)
    return table.with_columns(pl.when(formula).then("'" + texts).otherwise(texts).name.keep())
