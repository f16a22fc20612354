"""Goods to choose a basket from, as a user has them or as `karwan trade potential` prints them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl

from karwan.errors import InvalidInput
from karwan.store.frame import SHOWN, read_frame, with_numbers, with_texts
from karwan.store.hs import ALL_GOODS

KEYS = ("product_id", "product")
BOUNDS = ("bound_usd", "unrealised_usd")
FIGURES = ("cost_usd", "cost_share", "least_usd", "tonnes_per_usd")
WORDS = ("product", "sector", "direction", "name", "note", "hs_code", "code", "heading", "chapter")
MOST_BYTES = 200_000_000


def goods_from_file(path: Path) -> pl.DataFrame:
    """Goods of a CSV, JSON or Parquet table, such as `karwan trade potential ... --csv` or `--json` prints.

    Of several tables (under lines `# title`) the one with a key and a bound is read. The key is product_id or product,
    the bound bound_usd or unrealised_usd; the optional columns of
    `choose_basket` are taken as they are. Codes stay text. Goods whose bound is missing or zero are left out:
    nothing can be gained from them.

    Raises
    ------
    InvalidInput
        The file is absent, no table, lacks a key or a bound, has a figure that is no number, or no good with a bound.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    return _goods(path, _table(path))


def goods_from_frame(frame: Any) -> pl.DataFrame:
    """Goods of a Polars or pandas data frame, such as the first table of `Project.potential`; see `goods_from_file`.

    Raises
    ------
    InvalidInput
        It is no data frame, or its goods are not usable.
    """
    if not isinstance(frame, pl.DataFrame):
        if not hasattr(frame, "columns") or not hasattr(frame, "to_dict"):
            raise InvalidInput("The table is no data frame.", type(frame).__name__, "give Polars or pandas.")
        frame = pl.DataFrame(frame.to_dict(orient="list"))
    known = frame.select(pl.exclude(pl.List, pl.Struct)).with_columns(
        pl.col(pl.Float64, pl.Float32).fill_nan(None)
    )
    plain = known.with_columns(pl.all().cast(pl.String))
    return _goods(Path("the data frame"), plain)


def _goods(path: Path, raw: pl.DataFrame) -> pl.DataFrame:
    """The goods of a table as read."""
    table = _with_key_and_bound(path, raw)
    table = with_texts(with_numbers(path, table, ("bound_usd", *FIGURES)), ("product_id", *WORDS))
    table = _other_figures(table)
    odd = table.filter(
        (pl.col("bound_usd") < 0) | (pl.col("product_id").is_null() & (pl.col("bound_usd") > 0))
    )
    if odd.height:
        told = ", ".join(
            f"{row[0]}: {row[1]:,.0f}" for row in odd.select("product_id", "bound_usd").head(SHOWN).rows()
        )
        raise InvalidInput(
            f"{path.name} has goods without a name or with a bound below zero.", told, "correct or drop them."
        )
    goods = table.filter(pl.col("bound_usd") > 0)
    totals = goods.filter(pl.col("product_id").str.to_lowercase().is_in(list(ALL_GOODS)))
    if totals.height and goods.height > 1:
        raise InvalidInput(
            f"{path.name} has a total among its goods, which it would count twice.",
            ", ".join(totals["product_id"].head(SHOWN)),
            "drop that row.",
        )
    if goods.is_empty():
        raise InvalidInput(
            f"{path.name} has no good with a bound above zero.",
            f"{table.height} goods, {table['bound_usd'].null_count()} without a figure",
            "nothing can be gained from these; choose another easiness or table.",
        )
    return goods.sort("product_id")


def _table(path: Path) -> pl.DataFrame:
    kind = path.suffix.lower()
    if kind == ".parquet":
        return read_frame(path)
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(
            f"{path.name} is no table of goods.", f"{path.stat().st_size:,} bytes", "give a smaller one."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} cannot be read.", str(error)[:200], "give UTF-8 text.") from error
    found = _json_tables(path, text) if text.lstrip()[:1] in ("{", "[") else _csv_tables(path, text)
    if not found:
        raise InvalidInput(f"{path.name} cannot be read.", "it holds no table", "give CSV, JSON or Parquet.")
    usable = [table for table in found if _has(table.columns)]
    if len(usable) > 1:
        raise InvalidInput(
            f"{path.name} has {len(usable)} tables of goods.", "", "keep one of them in the file."
        )
    return usable[0] if usable else max(found, key=lambda table: table.width)


def _has(columns: list[str]) -> bool:
    """Whether a table with these columns is one of goods."""
    return any(name in columns for name in KEYS) and any(name in columns for name in BOUNDS)


def _csv_tables(path: Path, text: str) -> list[pl.DataFrame]:
    """Tables of a CSV file, each from its heading to the next; a line that starts with `#` is a title or a comment."""
    tables: list[tuple[list[str], list[list[str]]]] = []
    starts = True
    reader = csv.reader(text.splitlines(keepends=True))
    try:
        for row in reader:
            if not row or not any(cell.strip() for cell in row):
                continue
            if row[0].startswith("#"):
                starts = True
                continue
            if starts and not _goes_on(tables, row):
                tables.append(([cell.strip() for cell in row], []))
            else:
                tables[-1][1].append(row)
            starts = False
            if len(row) > len(tables[-1][0]):
                raise InvalidInput(
                    f"{path.name} cannot be read.",
                    f"line {reader.line_num} has {len(row)} cells, its heading {len(tables[-1][0])}",
                    "quote cells that hold commas.",
                )
    except csv.Error as error:
        raise InvalidInput(
            f"{path.name} cannot be read.", f"line {reader.line_num}: {error}", "give CSV."
        ) from error
    return [_frame(path, heads, rows) for heads, rows in tables]


def _goes_on(tables: list[tuple[list[str], list[list[str]]]], row: list[str]) -> bool:
    """Whether a row after a comment goes on with the goods above, and is no heading."""
    return bool(tables) and _has(tables[-1][0]) and len(row) == len(tables[-1][0]) and not _has(row)


def _frame(path: Path, heads: list[str], rows: list[list[str]]) -> pl.DataFrame:
    if len(set(heads)) < len(heads):
        twice = sorted({name for name in heads if heads.count(name) > 1})
        raise InvalidInput(f"{path.name} has columns of one name.", ", ".join(twice), "rename or drop one.")
    filled = [[*row, *[""] * (len(heads) - len(row))] for row in rows]
    columns = {name: [row[n] for row in filled] for n, name in enumerate(heads)}
    return pl.DataFrame(columns, schema=dict.fromkeys(heads, pl.String))


def _json_tables(path: Path, text: str) -> list[pl.DataFrame]:
    """Lists of records of a JSON file, at its top or one level below."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is no JSON.", str(error)[:200], "give a whole file.") from error
    lists = [content] if isinstance(content, list) else list(content.values())
    return [_records(one) for one in lists if _is_table(one)]


def _is_table(one: Any) -> bool:
    return isinstance(one, list) and bool(one) and all(isinstance(row, dict) for row in one)


def _records(rows: list[dict[str, Any]]) -> pl.DataFrame:
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    cells = {name: [row.get(name) for row in rows] for name in names}
    plain = {
        name: [
            None if cell is None else cell if isinstance(cell, str) else json.dumps(cell) for cell in column
        ]
        for name, column in cells.items()
    }
    return pl.DataFrame(plain, schema=dict.fromkeys(names, pl.String))


def _with_key_and_bound(path: Path, table: pl.DataFrame) -> pl.DataFrame:
    for name, other in ((KEYS[0], KEYS[1]), (BOUNDS[0], BOUNDS[1])):
        blank = name in table.columns and table[name].null_count() == table.height
        if (name not in table.columns or blank) and other in table.columns:
            table = table.with_columns(pl.col(other).alias(name))
        if name not in table.columns:
            raise InvalidInput(
                f"{path.name} has neither {name} nor {other}.",
                f"columns: {', '.join(table.columns[:12])}",
                "name a column so.",
            )
    return table if "product" in table.columns else table.with_columns(product=pl.col("product_id"))


def _other_figures(table: pl.DataFrame) -> pl.DataFrame:
    """The table with the columns nobody asks for as numbers where all their cells are; they are only passed on."""
    texts = [
        name
        for name, kind in table.schema.items()
        if kind == pl.String and name not in ("product_id", *WORDS)
    ]
    for name in texts:
        numbers = table[name].set(table[name] == "", None).cast(pl.Float64, strict=False)
        if numbers.null_count() == (table[name].fill_null("") == "").sum():
            table = table.with_columns(numbers)
    return table
