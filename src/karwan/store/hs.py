"""Harmonized System codes: revisions, levels, UNSD correlation tables, and matching without one.

A correlation table joins the six-digit codes of two revisions. Where none is given, two revisions are matched
at the level that is stable between the codes at hand, and the result says how much was matched at which
level.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store.excel import old_workbook_rows, open_workbook, sheet_rows

# Year of entry into force of each revision, with the letters UN Comtrade uses.
REVISIONS = {
    "HS92": ("H0", 1988),
    "HS96": ("H1", 1996),
    "HS02": ("H2", 2002),
    "HS07": ("H3", 2007),
    "HS12": ("H4", 2012),
    "HS17": ("H5", 2017),
    "HS22": ("H6", 2022),
}
_BY_LETTER = {letter: name for name, (letter, _) in REVISIONS.items()}
TOTAL = "TOTAL"
# What tables write for all goods together, in small letters.
ALL_GOODS = frozenset(
    {
        *(
            "total",
            "all",
            "all products",
            "all commodities",
            "all goods",
            "grand total",
            "ag0",
            "total trade",
        ),
        *("total - all products", "total all products", "всего", "итого", "все товары", "барлығы"),
    }
)
# Chapters the Harmonized System leaves to national use or reserves.
RESERVED_CHAPTERS = ("77",)
# A code that went through a spreadsheet as a number: `90110.0`, `9.011E+04`.
DECIMAL_CODE = re.compile(r"[0-9]+\.0+|[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
# A code in groups: each has an even number of digits, or it is a decimal number that lost zeros (`901.1`).
GROUPED_CODE = r"^[0-9]+([.,][0-9]+)+$"
# One as tariffs print it: `1006.30`, `10.06.30`, `1006.3098`, and `1006 30 980 0`, as the Eurasian one does.
PARTED_CODE = r"^(?:[0-9]{2}){1,2}(?:\.(?:[0-9]{2})+)+$|^[0-9]{4}(?:\s[0-9]{2}){1,3}$|^[0-9]{4}\s[0-9]{2}\s[0-9]{3}\s[0-9]$"
ZERO_DECIMALS = r"^[0-9]+\.0+$"  # a heading that went through a spreadsheet, or 9801.00
WHOLE_GROUPS = r"^([0-9]{2})+([.,]([0-9]{2})+)+$"
MOST_COLUMNS = 12  # of a correlation table that are looked at
MOST_HEADER_ROWS = 15
MOST_BYTES = 64 * 2**20  # of a correlation table as CSV
# Of the steps of a conversion the vaguest counts.
VAGUER = ("1:1", "n:1", "split", "none")


def normalise_revision(text: str) -> str:
    """Name of a revision as Karwan writes it: `H4`, `HS 2012`, `2012`, `HS12` -> `HS12`; other texts stay as
    they are.

    Examples
    --------
    >>> [normalise_revision(text) for text in ("H0", "hs2017", "HS 1988/92", "22", "S3", "HS")]
    ['HS92', 'HS17', 'HS92', 'HS22', 'S3', 'HS']
    """
    plain = text.strip().upper()
    if plain in _BY_LETTER:
        return _BY_LETTER[plain]
    found = re.fullmatch(r"(?:HS)?\s*(?:19|20)?(?:88/)?(\d{2})", plain)
    if found:
        name = "HS92" if found[1] == "88" else f"HS{found[1]}"
        if name in REVISIONS:
            return name
    return text.strip()


def is_hs(revision: str) -> bool:
    """Whether a nomenclature name stands for the Harmonized System or a national extension of it."""
    return revision in REVISIONS or revision == "HS"


def code_fault(code: str, level: int | None = None) -> str | None:
    """Why `code` cannot be used as an HS code, or None.

    Examples
    --------
    >>> code_fault("010121") is None
    True
    >>> code_fault("10121")
    "product code '10121' has 5 digits; HS codes have an even number: was a leading zero lost (010121)?"
    """
    if not code:
        return "no product code"
    if DECIMAL_CODE.fullmatch(code):
        return f"product code '{code}' is a decimal number; HS codes are text"
    if not code.isascii() or not code.isdigit():
        return (
            None if level is None or not code.isdigit() else f"product code '{code}' is not in ASCII digits"
        )
    if len(code) % 2:
        return (
            f"product code '{code}' has {len(code)} digits; HS codes have an even number: "
            f"was a leading zero lost (0{code})?"
        )
    if level is not None and len(code) != level:
        return f"product code '{code}' has {len(code)} digits where {level} are expected"
    if len(code) > 12:
        return f"product code '{code}' has {len(code)} digits; 12 is the most a tariff has"
    return None


def is_known_shape(code: str) -> bool:
    """Whether a code of digits lies in a chapter that exists (01-97 without 77; 98 and 99 are national)."""
    return (
        code.isascii() and code.isdigit() and "01" <= code[:2] <= "99" and code[:2] not in RESERVED_CHAPTERS
    )


@dataclass(frozen=True)
class Correlation:
    """A UNSD table between the six-digit codes of two HS revisions.

    Attributes
    ----------
    newer, older
        Names of the revisions.
    pairs
        Columns `newer`, `older`, `relationship` (`1:1`, `n:1`, `1:n`, `n:n`, as seen from the newer
        revision): every pair of codes that share goods.
    conversions
        Columns `newer`, `older`: the one older code UNSD converts each newer code to; empty where the file
        has none.
    """

    newer: str
    older: str
    pairs: pl.DataFrame
    conversions: pl.DataFrame

    def families(self) -> pl.DataFrame:
        """Groups of codes no goods enter or leave between the revisions (the idea of Pierce & Schott 2012).

        Returns
        -------
        Columns `revision`, `code`, `family`; the family carries the smallest older code in it. Summing by
        family compares the revisions without splitting any figure.
        """
        return _families(self)


def read_correlation(path: Path) -> Correlation:
    """Read a UNSD correlation file (workbook, new or old Excel), a WITS concordance, or a CSV of pairs.

    UNSD's workbooks differ: the conversion sheet's header is `From HS 2022 | To HS 2017` (in some both say
    `From`), the correlation sheet's `HS 2022 | HS 2017 | Relationship` stands one to seven rows down, with
    empty or `ex` columns between in some, and relationships read `n:1`, `'n:1` or `n to 1`. WITS has
    `HS 2012 Product Code`, a description, and the same for the other revision, without a relationship: it is
    derived. So the header is the first row with two revisions, wherever they stand. Codes keep their leading
    zeros, also where a workbook holds them as numbers; the filler `999999` (not elsewhere specified) is kept
    as UNSD has it.

    Raises
    ------
    InvalidInput
        No such file, or no sheet of it is such a table with rows.
    BadArchive
        A workbook that is broken or a bomb.
    MissingExtra
        An old workbook (.xls), and xlrd is not installed.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    tables: dict[str, tuple[str, str, pl.DataFrame]] = {}
    sheets = _sheets(path)
    for title, rows in sheets.items():
        table = _sheet_table(rows)
        if table is not None:
            tables.setdefault("conversion" if "conver" in title.lower() else "correlation", table)
    if "correlation" not in tables and "conversion" in tables:
        tables["correlation"] = tables.pop("conversion")
    if "correlation" not in tables:
        raise InvalidInput(
            f"{path.name} holds no correlation table.",
            evidence=f"sheets: {', '.join(sheets)}",
            fix="Give a UNSD file with columns named after two HS revisions and `Relationship`.",
        )
    first, second, pairs = tables["correlation"]
    empty = pairs.select("newer", "older").clear()
    conversions = tables["conversion"][2].select("newer", "older") if "conversion" in tables else empty
    return Correlation(newer=first, older=second, pairs=_with_relationship(pairs), conversions=conversions)


def _sheets(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """Rows of each sheet, cells as text."""
    ending = path.suffix.lower()
    if ending in (".xlsx", ".xlsm"):
        return _workbook_rows(path)
    if ending == ".xls":
        return _old_workbook_rows(path)
    return {"correlation": _csv_rows(path)}


def _workbook_rows(path: Path) -> dict[str, list[tuple[str, ...]]]:
    with open_workbook(path, data_only=True) as book:
        return {
            sheet.title: [
                tuple(_cell(cell) for cell in row[:MOST_COLUMNS]) for row in sheet_rows(path.name, sheet)
            ]
            for sheet in book.worksheets
        }


def _old_workbook_rows(path: Path) -> dict[str, list[tuple[str, ...]]]:
    return {
        title: [tuple(_cell(cell) for cell in row[:MOST_COLUMNS]) for row in rows]
        for title, rows in old_workbook_rows(path).items()
    }


def _cell(cell: object) -> str:
    """A cell's text; a number without decimals as a whole number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _csv_rows(path: Path) -> list[tuple[str, ...]]:
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(
            f"{path.name} is larger than {MOST_BYTES // 2**20} MiB.", fix="No correlation table is so large."
        )
    try:
        with path.open(encoding="utf-8-sig", newline=None) as handle:
            return [tuple(cell.strip() for cell in row[:MOST_COLUMNS]) for row in csv.reader(handle)]
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path.name} is no CSV in UTF-8.", str(error)[:120], "Give a workbook or a CSV."
        ) from error


def _sheet_table(rows: list[tuple[str, ...]]) -> tuple[str, str, pl.DataFrame] | None:
    """Find the header (two revision names), read the codes below it, newer revision first."""
    for number, row in enumerate(rows[:MOST_HEADER_ROWS]):
        found = {place: name for place, cell in enumerate(row) if (name := _revision_of(cell)) is not None}
        if len(found) != 2 or len(set(found.values())) != 2:
            continue
        (one, other), names = found, list(found.values())
        kind = next((place for place, cell in enumerate(row) if cell.lower() == "relationship"), None)
        body = [
            (_code(cells[one]), _code(cells[other]), _relationship(cells[kind]) if kind is not None else "")
            for cells in ((*each, *[""] * MOST_COLUMNS) for each in rows[number + 1 :])
            if cells[one] and cells[other] and _revision_of(cells[one]) is None
        ]
        if not body:
            continue
        table = pl.DataFrame(body, schema=["newer", "older", "relationship"], orient="row")
        if REVISIONS[names[0]][1] < REVISIONS[names[1]][1]:
            names.reverse()
            flipped = {"1:n": "n:1", "n:1": "1:n"}
            table = table.select(
                newer="older", older="newer", relationship=pl.col("relationship").replace(flipped)
            )
        return names[0], names[1], table
    return None


def _revision_of(cell: str) -> str | None:
    """Revision a header cell names: `HS 2017`, `From HS2022`, `HS 1988/92 Product Code`; None for others."""
    plain = re.sub(r"^(?:from|to)\s+|\s+product code$|\s+code$", "", cell.strip(), flags=re.IGNORECASE)
    if not plain.upper().startswith(("H0", "H1", "H2", "H3", "H4", "H5", "H6", "HS")):
        return None
    name = normalise_revision(plain)
    return name if name in REVISIONS else None


def _code(cell: str) -> str:
    """A six-digit code; a number in a workbook has lost its leading zero."""
    plain = cell.replace(".", "").replace(" ", "").lstrip("'")
    return plain.zfill(6) if plain.isdigit() else plain


def _relationship(cell: str) -> str:
    return cell.lstrip("'").replace(" to ", ":").lower()


def _with_relationship(pairs: pl.DataFrame) -> pl.DataFrame:
    """Fill absent relationships from the pairs themselves: n:1 where several newer codes share one older
    code.
    """
    olders = pl.len().over("newer") > 1
    newers = pl.len().over("older") > 1
    derived = (
        pl.when(olders & newers)
        .then(pl.lit("n:n"))
        .when(newers)
        .then(pl.lit("n:1"))
        .when(olders)
        .then(pl.lit("1:n"))
        .otherwise(pl.lit("1:1"))
    )
    given = pl.col("relationship")
    unique = pairs.unique(["newer", "older"], maintain_order=True)
    return unique.with_columns(
        relationship=pl.when(given.is_in(["1:1", "n:1", "1:n", "n:n"])).then(given).otherwise(derived)
    )


def _families(correlation: Correlation) -> pl.DataFrame:
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(item: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for newer, older in correlation.pairs.select("newer", "older").iter_rows():
        parent[root((correlation.newer, newer))] = root((correlation.older, older))
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item in list(parent):
        groups.setdefault(root(item), []).append(item)
    rows = []
    for members in groups.values():
        name = min(code for revision, code in members if revision == correlation.older)
        rows += [(revision, code, name) for revision, code in members]
    return pl.DataFrame(rows, schema=["revision", "code", "family"], orient="row").sort("revision", "code")


@dataclass(frozen=True)
class Conversion:
    """Codes of one revision expressed in another.

    Attributes
    ----------
    codes
        Columns `code`, `target` (null where there is none), `level` (6, 4 or 2: digits the two share), `how`
        (`1:1`, `n:1`, `split` where the code's goods went to several codes and UNSD's main one was taken,
        `same code` and `heading`/`chapter` where no table was given, `none`).
    note
        What was done and how much of it is exact.
    """

    codes: pl.DataFrame
    note: Note


def convert(codes: Collection[str], source: str, target: str, correlation: Correlation) -> Conversion:
    """Six-digit codes of revision `source` in revision `target`, by a correlation table that joins the two.

    Towards the older revision UNSD's conversion sheet decides; towards the newer one a code with several
    successors goes to the one with its own number if that is among them, else to the first. Such codes carry
    `how = split`.
    """
    ends = {normalise_revision(source), normalise_revision(target)}
    if ends != {correlation.newer, correlation.older}:
        raise InvalidInput(
            f"The table joins {correlation.newer} and {correlation.older}, not {source} and {target}.",
            fix="Give the UNSD table of these two revisions.",
        )
    downward = normalise_revision(source) == correlation.newer
    near, far = ("newer", "older") if downward else ("older", "newer")
    chosen = {} if not downward else dict(correlation.conversions.select("newer", "older").iter_rows())
    options: dict[str, list[str]] = {}
    sharers: dict[str, set[str]] = {}
    for here, there in correlation.pairs.select(near, far).iter_rows():
        options.setdefault(here, []).append(there)
        sharers.setdefault(there, set()).add(here)
    rows: list[tuple[str, str | None, int, str]] = []
    for code in sorted(set(codes)):
        found = options.get(code, [])
        if not found:
            rows.append((code, None, 0, "none"))
            continue
        target_code = chosen.get(code) or (code if code in found else sorted(found)[0])
        how = "split" if len(found) > 1 else ("n:1" if len(sharers[found[0]]) > 1 else "1:1")
        rows.append((code, target_code, 6, how))
    table = _conversion_table(rows)
    return Conversion(codes=table, note=_converted_note(table, source, target, note("store.by_table")))


def _converted_note(table: pl.DataFrame, source: str, target: str, by: Note) -> Note:
    exact = table.filter(pl.col("how").is_in(["1:1", "n:1"])).height
    return note(
        "store.converted",
        exact=exact,
        codes=table.height,
        source=source,
        target=target,
        by=by,
        split=table.filter(how="split").height,
        absent=table.filter(how="none").height,
    )


def convert_over(
    codes: Collection[str], source: str, target: str, tables: Sequence[Correlation]
) -> Conversion | None:
    """Codes of one revision in another over as few tables as join them; None where they do not.

    A code that is split at one step is `split`; one that a table lacks is `none`, whatever the other steps say.
    """
    steps = _steps(normalise_revision(source), normalise_revision(target), tables)
    if steps is None:
        return None
    here = normalise_revision(source)
    found = pl.DataFrame({"code": sorted(set(codes))}, schema={"code": pl.String}).with_columns(
        target=pl.col("code"), how=pl.lit(VAGUER[0])
    )
    for there, table in steps:
        step = convert(found["target"].drop_nulls().to_list(), here, there, table).codes
        joined = found.join(
            step.select(target="code", next="target", next_how="how"),
            on="target",
            how="left",
            maintain_order="left",
        )
        order = pl.Enum(VAGUER)
        vaguest = pl.max_horizontal(
            pl.col("how").cast(order).to_physical(), pl.col("next_how").cast(order).to_physical()
        )
        found = joined.select(
            "code", target="next", how=pl.lit(pl.Series(VAGUER)).gather(vaguest.fill_null(len(VAGUER) - 1))
        )
        here = there
    level = pl.when(pl.col("target").is_null()).then(0).otherwise(6).cast(pl.Int64)
    done = found.select("code", "target", level.alias("level"), "how")
    over = [there for there, _ in steps[:-1]]
    by = note("store.by_tables", over=over, count=len(steps)) if over else note("store.by_table")
    return Conversion(codes=done, note=_converted_note(done, source, target, by))


def _steps(source: str, target: str, tables: Sequence[Correlation]) -> list[tuple[str, Correlation]] | None:
    """The shortest chain of tables from one revision to another: the revision each leads to, and the table."""
    reached: dict[str, list[tuple[str, Correlation]]] = {source: []}
    waiting = [source]
    while waiting and target not in reached:
        here = waiting.pop(0)
        for table in tables:
            if here not in (table.newer, table.older):
                continue
            there = table.older if here == table.newer else table.newer
            if there not in reached:
                reached[there] = [*reached[here], (there, table)]
                waiting.append(there)
    return reached.get(target)


def match_without_table(
    codes: Collection[str], target_codes: Collection[str], why: Note | None = None
) -> Conversion:
    """Match six-digit codes of two revisions when no correlation table is at hand.

    A code that exists in both is matched as itself (its meaning may still have moved: HS reuses numbers); one
    that does not is matched at its four-digit heading if the other revision has codes there, else at its
    two-digit chapter. `why` begins the note; by default it says that there is no table.
    """
    there = set(target_codes)
    headings, chapters = {code[:4] for code in there}, {code[:2] for code in there}
    rows: list[tuple[str, str | None, int, str]] = []
    for code in sorted(set(codes)):
        if code in there:
            rows.append((code, code, 6, "same code"))
        elif code[:4] in headings:
            rows.append((code, code[:4], 4, "heading"))
        elif code[:2] in chapters:
            rows.append((code, code[:2], 2, "chapter"))
        else:
            rows.append((code, None, 0, "none"))
    table = _conversion_table(rows)
    counts = {level: table.filter(level=level).height for level in (6, 4, 2, 0)}
    begun = note("store.no_table_given") if why is None else why
    matched = {"six": counts[6], "four": counts[4], "two": counts[2], "none": counts[0]}
    return Conversion(codes=table, note=note("store.matched", why=begun, codes=table.height, **matched))


def stable_level(codes: Collection[str], other_codes: Collection[str]) -> int:
    """Deepest level (6, 4 or 2 digits; 0 if none) at which the two sets of codes name exactly the same
    groups.

    Examples
    --------
    >>> stable_level(["100110", "100190"], ["100111", "100119", "100190"])
    4
    """
    for level in (6, 4, 2):
        if {code[:level] for code in codes} == {code[:level] for code in other_codes}:
            return level
    return 0


def _conversion_table(rows: list[tuple[str, str | None, int, str]]) -> pl.DataFrame:
    schema = {"code": pl.String, "target": pl.String, "level": pl.Int64, "how": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
