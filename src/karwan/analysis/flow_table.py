"""A table of trade flows as users have it, made fit for a sum: one level of products, countries only, each flow once.

Every command that takes a table of flows reads it here. Rows that would count trade twice are left out, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store.country_codes import WORLD, country_code
from karwan.store.frame import SHOWN, read_frame, with_numbers, with_texts
from karwan.store.hs import ALL_GOODS, PARTED_CODE, ZERO_DECIMALS

NAMES = {
    "exporter": ("exporter", "reporter_iso", "i_iso3c", "country", "iso_o"),
    "importer": ("importer", "partner_iso", "j_iso3c", "iso_d"),
    "product": ("product", "product_code", "hs4", "hs6", "k", "code"),
    "value_usd": ("value_usd", "export_value_usd"),
    "year": ("year", "t"),
}
COMPLETE = 0.99  # of the value that the fullest level holds
PLACES = ("exporter", "importer")


@dataclass(frozen=True)
class FlowTable:
    """Flows of one level, each once.

    Attributes
    ----------
    table
        exporter, product, value_usd and, where the file has them, importer and year; sorted.
    digits
        Digits of the product codes; 0 where products are words.
    notes
        What was left out or added, with rows and USD.
    """

    table: pl.DataFrame
    digits: int
    notes: tuple[Note, ...] = ()


def read_flow_table(
    path: Path, *, bilateral: bool, asked: Sequence[str] = (), digits: int | None = None
) -> FlowTable:
    """Flows of a CSV or Parquet file, ready for a sum.

    Parameters
    ----------
    bilateral
        Whether it must say who buys.
    asked
        Codes of the countries the answer is about. Where one is no country's (a made-up table), every code of the table
        stands for a country.
    digits
        Digits of the products wanted; longer codes are cut to it. By default the finest level that is complete.

    Raises
    ------
    InvalidInput
        The file cannot be read, lacks a column, has cells that are no numbers or blank where a country or product must
        stand, or has no code of that level.
    """
    needs = [
        name for name in ("exporter", "importer", "product", "value_usd") if bilateral or name != "importer"
    ]
    others = {other: key for key, names in NAMES.items() for other in names if other != key}
    fix = f"name the columns {', '.join(needs)} (and year)" + (", or give --mapping." if bilateral else ".")
    raw = read_frame(path, needs, texts=None, rename=others, fix=fix)
    raw = with_texts(with_numbers(path, raw, ["value_usd"], ["year"]), [*PLACES, "product"])
    raw = raw.filter(~pl.all_horizontal(pl.all().is_null()))
    rows = raw.select(name for name in NAMES if name in raw.columns)
    _no_blanks(path, rows)
    return tidy_flows(rows.with_columns(_row=raw.hash_rows()), asked=asked, digits=digits)


def tidy_flows(rows: pl.DataFrame, *, asked: Sequence[str] = (), digits: int | None = None) -> FlowTable:
    """Flows of countries with others at one level; see `read_flow_table`.

    Parameters
    ----------
    rows
        exporter, product, value_usd and, optionally, importer, year; and `_row`, equal where rows of the file are.
    """
    notes: list[Note] = []
    rows, unknown = _split(rows, pl.col("value_usd").is_null())
    if unknown.height:
        notes.append(note("flows.no_value", rows=_counted(unknown.height)))
    rows, said = countries_only(rows, asked=asked)
    notes += said
    rows, said = _products_only(rows)
    notes += said
    if "_row" in rows.columns:
        rows, said = _each_once(rows)
        notes += said
    rows, chosen, said = _one_level(rows, digits, asked)
    return FlowTable(rows, chosen, (*notes, *said))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _counted(count: int) -> Note:
    return note("flows.rows", count=count)


def _split(rows: pl.DataFrame, test: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows for which the test is false, and those for which it is true."""
    true = rows.select(test.fill_null(False).alias("true")).to_series()
    return (rows.filter(~true), rows.filter(true)) if true.any() else (rows, rows.clear())


def _without(rows: pl.DataFrame, test: pl.Expr, what: Note) -> tuple[pl.DataFrame, list[Note]]:
    """The rows without those of a kind, and the note on them."""
    kept, out = _split(rows, test)
    if out.is_empty():
        return rows, []
    worth = float(out["value_usd"].sum())
    return kept, [note("flows.left_out", rows=_counted(out.height), what=what, worth_usd=worth)]


def _keys(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("exporter", "importer", "product", "year") if name in rows.columns]


def _named(rows: pl.DataFrame, keys: Sequence[str]) -> str:
    first = rows.select(keys).unique().sort(keys)
    told = "; ".join(" ".join(map(str, row)) for row in first.head(SHOWN).iter_rows())
    return told + ("; ..." if first.height > SHOWN else "")


def _each_once(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Note]]:
    """The rows, those that repeat another in every column left out; flows on several unlike rows are told."""
    keys = _keys(rows)
    several = rows.filter(pl.struct(keys).is_duplicated() & (pl.col("value_usd") != 0.0))
    if several.is_empty():
        return rows.drop("_row"), []
    again = ~pl.col("_row").is_first_distinct()
    repeated = several.filter(again)
    notes: list[Note] = []
    if repeated.height:
        worth, named = float(repeated["value_usd"].sum()), _named(repeated, keys)
        notes.append(note("flows.repeated", rows=_counted(repeated.height), worth_usd=worth, named=named))
        rows = rows.filter(~again | (pl.col("value_usd") == 0.0))
    unlike = several.filter(~again).filter(pl.struct(keys).is_duplicated())
    if unlike.height:
        flows = unlike.select(keys).n_unique()
        notes.append(note("flows.several", flows=flows, named=_named(unlike, keys)))
    return rows.drop("_row"), notes


def _no_blanks(path: Path, rows: pl.DataFrame) -> None:
    """Refuse rows without a country or product, and values below zero."""
    keys = _keys(rows)
    bad = rows.with_row_index("row", offset=1).filter(
        pl.any_horizontal(pl.col(keys).is_null(), pl.col("value_usd") < 0).fill_null(False)
    )
    if bad.height:
        first = bad.row(0, named=True)
        told = ", ".join(f"{name} {first[name]!r}" for name in (*keys, "value_usd"))
        raise InvalidInput(
            f"{path.name} has {_rows(bad.height)} with a blank {', '.join(keys)} or a value below zero.",
            f"row {first['row']}: {told}",
            "correct or drop them.",
        )


def countries_only(rows: pl.DataFrame, *, asked: Sequence[str] = ()) -> tuple[pl.DataFrame, list[Note]]:
    """The rows of countries with other countries under their alpha-3 codes, and notes on what was left out.

    The World, groups of countries (codes and names of no country) and a country's trade with itself go. A table whose
    every importer is the World is one of exporters' totals and keeps them.

    Parameters
    ----------
    rows
        exporter, value_usd and, optionally, importer.
    asked
        See `read_flow_table`.
    """
    places = [name for name in PLACES if name in rows.columns]
    codes = _codes_of(pl.concat(rows[name] for name in places).unique().sort().to_list(), asked)
    groups = sorted(text for text, code in codes.items() if code is None)
    no_country = note("flows.no_country", groups=_first(groups, SHOWN))
    rows, notes = _without(rows, _any_of(places, groups), no_country)
    known = {text: code for text, code in codes.items() if code is not None}
    rows = rows.with_columns(pl.col(name).replace_strict(known, return_dtype=pl.String) for name in places)
    if "importer" in places and (rows["importer"] == WORLD).all():
        places = ["exporter"]
    sellers = set(rows["exporter"]) - {WORLD}
    rows, said = _without(rows, _any_of(places, [WORLD]), note("flows.world"))
    lost = sorted(sellers - set(rows["exporter"]))
    if lost:
        said.append(note("flows.only_such", countries=_first(lost, 12)))
    notes += said
    if "importer" not in rows.columns:
        return rows, notes
    rows, said = _without(rows, pl.col("exporter") == pl.col("importer"), note("flows.own"))
    return rows, [*notes, *said]


def _codes_of(written: Sequence[str], asked: Sequence[str]) -> dict[str, str | None]:
    """Text to alpha-3 code; in a table of made-up countries each text is a code of its own."""
    codes = {text: country_code(text) for text in written}
    made_up = {code for code in asked if country_code(code) is None}
    if made_up.isdisjoint(map(str.upper, written)):
        return codes
    return {text: WORLD if code == WORLD else text.upper() for text, code in codes.items()}


def _first(texts: Sequence[str], most: int) -> str:
    return ", ".join(texts[:most]) + (", ..." if len(texts) > most else "")


def _any_of(names: Sequence[str], values: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_in(list(values)) for name in names)


def _products_only(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Note]]:
    """The rows of products: no totals, no 'of which', and where there are codes nothing else; dots of codes go."""
    words = pl.col("product").str.to_lowercase()
    total = words.is_in(list(ALL_GOODS)) | words.str.contains(r"^(total|of which|including|thereof)\b")
    rows, notes = _without(rows, total, note("flows.totals"))
    dotted = pl.col("product").str.contains(r"^[0-9]+(\.[0-9]+)+$")
    without_dots = pl.col("product").str.replace_all(".", "", literal=True)
    plain = rows.with_columns(product=pl.when(dotted).then(without_dots).otherwise("product"))
    code = pl.col("product").str.contains(r"^[0-9]+$")
    if not plain.select(code.any()).item():
        return rows, notes
    whole = pl.col("product").str.contains(PARTED_CODE) & ~pl.col("product").str.contains(ZERO_DECIMALS)
    cut = rows.filter(dotted & ~whole)
    if cut.height:
        raise InvalidInput(
            "Product codes look like decimal numbers: they may have lost zeros.",
            f"{_rows(cut.height)}, such as {cut['product'][0]}",
            "write the codes as text, as 0901.10 or 090110.",
        )
    plain, said = _without(plain, ~code, note("flows.no_code"))
    return plain, [*notes, *said]


def _one_level(
    rows: pl.DataFrame, digits: int | None, asked: Sequence[str]
) -> tuple[pl.DataFrame, int, list[Note]]:
    """Rows at one level: each flow's own codes of that length, else its shortest longer ones cut to it, summed."""
    keys = _keys(rows)
    coded = bool(rows.height) and rows["product"].str.contains(r"^[0-9]+$").all()
    length = pl.col("product").str.len_chars().cast(pl.Int64) if coded else pl.lit(0, dtype=pl.Int64)
    rows = rows.with_columns(_level=length)
    levels = sorted(set(rows["_level"]))
    if rows.is_empty() or (digits is not None and not any(level >= digits for level in levels)):
        raise _no_level(levels, digits)
    _no_lost_zeros(rows, levels)
    chosen = _finest_complete(rows, levels, asked) if digits is None else digits
    kept = _nearest(rows, chosen)
    notes = _level_notes(rows, kept, chosen, levels)
    cut = kept.with_columns(pl.col("product").str.slice(0, chosen)) if coded else kept
    # Sorted before they are added, so that the order of the file does not move the last digit.
    summed = cut.sort(*keys, "value_usd").group_by(keys, maintain_order=True).agg(pl.col("value_usd").sum())
    return summed, chosen, notes


def _no_level(levels: Sequence[int], digits: int | None) -> InvalidInput:
    held = [level for level in levels if level]
    if not held or digits is None:
        return InvalidInput(
            "The table has no product codes." if digits else "The table has no flow between two countries.",
            f"digits asked for: {digits}" if digits else "",
            "give codes, not totals, and a bilateral table.",
        )
    return InvalidInput(
        f"The table has no products of {digits} digits.",
        f"it has codes of {', '.join(map(str, held))} digits",
        "choose a level with as few digits.",
    )


def _no_lost_zeros(rows: pl.DataFrame, levels: Sequence[int]) -> None:
    """Refuse codes of 3 digits beside 4 that are no groups of those, none with a zero in front: a spreadsheet took it."""
    for level in (n for n in levels if n % 2 and n + 1 in levels):
        own = set(rows.filter(pl.col("_level") == level)["product"])
        longer = set(rows.filter(pl.col("_level") == level + 1)["product"])
        parents = {code[:level] for code in longer}
        if not own <= parents and not any(code.startswith("0") for code in own | longer):
            raise InvalidInput(
                "Product codes have lost their leading zeros.",
                f"{len(own)} codes have {level} digits beside {level + 1}: {', '.join(sorted(own)[:SHOWN])}",
                "write the codes as text, as 0101 for live horses.",
            )


def _unit(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("exporter", "importer", "year") if name in rows.columns]


def _nearest(rows: pl.DataFrame, level: int) -> pl.DataFrame:
    """Of each pair and year the rows of that level, or of the next longer one it has."""
    usable = rows.filter(pl.col("_level") >= level)
    return usable.filter(pl.col("_level") == pl.col("_level").min().over(_unit(rows)))


def _finest_complete(rows: pl.DataFrame, levels: Sequence[int], asked: Sequence[str]) -> int:
    """The finest level that holds the value of the fullest, in all and of each country asked about."""
    tests = [pl.lit(True)]
    for country in asked:
        sides = [pl.col(name) == country for name in PLACES if name in rows.columns]
        tests.append(pl.any_horizontal(sides))
    sums = {
        level: _nearest(rows, level)
        .select(pl.col("value_usd").filter(test).sum().alias(str(n)) for n, test in enumerate(tests))
        .row(0)
        for level in levels
    }
    most = [max(column) for column in zip(*sums.values(), strict=True)]
    for level in sorted(levels, reverse=True):
        if all(value >= COMPLETE * full for value, full in zip(sums[level], most, strict=True)):
            return level
    return levels[0]


def _level_notes(rows: pl.DataFrame, kept: pl.DataFrame, level: int, levels: Sequence[int]) -> list[Note]:
    """What stands at other levels and is not counted: sums of what is, or flows without codes that long."""
    if len(levels) == 1:
        return []
    out = rows.join(kept.select(*_unit(rows), "_level").unique(), on=[*_unit(rows), "_level"], how="anti")
    if out.is_empty():
        return []
    alone = out.join(kept.select(_unit(rows)).unique(), on=_unit(rows), how="anti")
    others = [
        note("flows.level", rows=_counted(len_), digits=n, worth_usd=float(usd))
        for n, len_, usd in out.group_by("_level")
        .agg(pl.len(), pl.col("value_usd").sum())
        .sort("_level")
        .iter_rows()
    ]
    notes = [note("flows.levels", digits=level, others=others)]
    if alone.height:
        rows_alone, worth = _counted(alone.height), float(alone["value_usd"].sum())
        notes.append(note("flows.level_alone", rows=rows_alone, digits=level, worth_usd=worth))
    return notes
