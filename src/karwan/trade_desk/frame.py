"""A table from a CSV or Parquet file a user names, refused in words where it cannot serve."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput


def read_frame(
    path: Path,
    needs: Sequence[str] = (),
    *,
    texts: Sequence[str] | None = (),
    rename: dict[str, str] | None = None,
    fix: str = "",
) -> pl.DataFrame:
    """Read a table; lines that start with `#` are comments in CSV.

    Parameters
    ----------
    needs
        Columns it must have.
    texts
        Columns of CSV that are text whatever they look like (codes with leading zeros); None is all.
    rename
        Other names that columns may have, in order of preference, to the name used here, which comes first.
    fix
        What to do about missing columns.

    Raises
    ------
    InvalidInput
        No such file, no table, or a column is missing.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    try:
        frame = pl.read_parquet(path) if path.suffix.lower() == ".parquet" else _csv(path, texts)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path.name} cannot be read.", str(error)[:200], "give CSV or Parquet."
        ) from error
    chosen: dict[str, str] = {}
    for old, new in (rename or {}).items():
        if old in frame.columns and new not in (*frame.columns, *chosen.values()):
            chosen[old] = new
    frame = frame.rename(chosen)
    missing = [name for name in needs if name not in frame.columns]
    if missing:
        raise InvalidInput(
            f"{path.name} lacks {', '.join(missing)}.",
            f"columns: {', '.join(frame.columns[:20])}",
            fix or f"it needs {', '.join(needs)}.",
        )
    return frame


def _csv(path: Path, texts: Sequence[str] | None) -> pl.DataFrame:
    if texts is None:
        return pl.read_csv(path, infer_schema_length=0, comment_prefix="#")
    return pl.read_csv(path, schema_overrides=dict.fromkeys(texts, pl.String), comment_prefix="#")


def numbered(path: Path, frame: pl.DataFrame, columns: Sequence[pl.Expr]) -> pl.DataFrame:
    """The frame's columns cast to numbers where asked.

    Raises
    ------
    InvalidInput
        A value is no number.
    """
    try:
        return frame.select(columns)
    except pl.exceptions.InvalidOperationError as error:
        raise InvalidInput(
            f"{path.name} has values that are no numbers.", str(error)[:200], "correct these rows."
        ) from error
