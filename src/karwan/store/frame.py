"""A table from a CSV or Parquet file a user names, refused in words where it cannot serve."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from karwan.errors import InvalidInput

SHOWN = 5  # values and rows named in a message
HEAD = 256 * 2**10  # bytes looked at for how a text is written
SEPARATORS = (",", ";", "\t")
NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
# 12.500 is a little more than twelve by one reading, more than twelve thousand by the other.
EITHER = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
MAX_BYTES = (
    25_000_000  # one refused for its content then ends below 500 MB of memory, the program itself in them
)
WORLD_BYTES = 500_000_000  # a year of BACI has 340 MB
UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeDecodeError)
LARGEST = 1e18  # no amount, weight, number of people or distance has more


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
        No such file, no table, too large a one, or a column is missing.
    """
    with _read(path, MAX_BYTES) as packed:
        head = _header(path, packed)
        # What lacks a column is refused by its header: the rows are not read.
        _refuse_twice(path, head.columns, [*needs, *(rename or {})])
        with_columns_named(path, head, needs, rename=rename, fix=fix)
        if packed:
            rows = pl.scan_parquet(path).select(pl.len()).collect().item()
            _refuse_many(path, head.width * rows, MAX_BYTES // 2)
        frame = pl.read_parquet(path) if packed else _csv(path, texts)
    return with_columns_named(path, frame, needs, rename=rename, fix=fix)


def scan_frame(path: Path, needs: Sequence[str], *, texts: Sequence[str], most: int) -> pl.LazyFrame:
    """A table too large to be read as a whole, to be summed up a part at a time by `collected`: of CSV every column is text.

    Parameters
    ----------
    needs
        Columns it must have.
    texts
        Columns that hold no figures.
    most
        Bytes it may have.

    Raises
    ------
    InvalidInput
        No such file, no table, too large a one, or a column is missing.
    """
    with _read(path, most) as packed:
        head = _header(path, packed)
        _refuse_twice(path, head.columns, needs)
        with_columns_named(path, head, needs)
        if packed:
            return pl.scan_parquet(path).with_columns(pl.col(*needs).cast(pl.String))
        mark, end = _text_form(path)
        cells = pl.scan_csv(path, separator=mark, eol_char=end, infer_schema_length=0, comment_prefix="#")
        if mark == ";":
            _refuse_two_readings(path, cells, texts)
        return cells


def _header(path: Path, packed: bool) -> pl.DataFrame:
    """A table without its rows."""
    return pl.read_parquet(path, n_rows=0) if packed else _csv(path, None, rows=0)


def collected(path: Path, table: pl.LazyFrame) -> pl.DataFrame:
    """What a table of `scan_frame` sums up to; `path` is named where a cell cannot be read."""
    try:
        return table.collect(engine="streaming")
    except UNREADABLE as error:
        raise InvalidInput(
            f"{path.name} cannot be read.",
            str(error)[:200],
            "write numbers with a decimal point and nothing else.",
        ) from error


@contextmanager
def _read(path: Path, most: int) -> Iterator[bool]:
    """A file to be read, of at most so many bytes, and whether it is Parquet; what a reader cannot do with it, in words."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    _refuse_large(path, most)
    try:
        yield path.suffix.lower() == ".parquet"
    except UNREADABLE as error:
        raise InvalidInput(
            f"{path.name} cannot be read.", str(error)[:200], "give CSV or Parquet."
        ) from error


def _refuse_large(path: Path, most: int) -> None:
    size = path.stat().st_size
    if size > most:
        raise InvalidInput(
            f"{path.name} is too large for a table that is read as a whole.",
            f"{size / 1e6:,.0f} MB",
            f"give at most {most / 1e6:,.0f} MB: the columns and rows that are asked for alone, or load it into a store (`karwan trade ingest`).",
        )


def _refuse_many(path: Path, cells: int, most: int) -> None:
    """A packed table may hold far more than its bytes say: its cells are counted before they are read."""
    if cells > most:
        raise InvalidInput(
            f"{path.name} holds too many cells for a table that is read as a whole.",
            f"{cells:,} cells",
            f"give at most {most:,}: the columns and rows that are asked for alone, or load it into a store (`karwan trade ingest`).",
        )


def with_columns_named(
    path: Path,
    frame: pl.DataFrame,
    needs: Sequence[str],
    *,
    rename: dict[str, str] | None = None,
    fix: str = "",
) -> pl.DataFrame:
    """The frame under the names used here.

    Raises
    ------
    InvalidInput
        A column is missing.
    """
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


def _csv(path: Path, texts: Sequence[str] | None, rows: int | None = None) -> pl.DataFrame:
    mark, end = _text_form(path)
    kinds = None if texts is None else dict.fromkeys(texts, pl.String)

    def read(looked_at: int | None) -> pl.DataFrame:
        return pl.read_csv(
            path,
            separator=mark,
            eol_char=end,
            schema_overrides=kinds,
            infer_schema_length=looked_at,
            comment_prefix="#",
            n_rows=rows,
        )

    if mark == ";" and rows is None:
        _refuse_two_readings(path, read(0).lazy(), texts or ())
    return read(0 if texts is None else None)


def _refuse_two_readings(path: Path, cells: pl.LazyFrame, texts: Sequence[str]) -> None:
    """Refuse cells between semicolons whose only dots may part thousands: whoever writes semicolons mostly writes decimals after a comma.

    One figure of the file with a dot that parts no thousands (0.5, 1234.5) says that all of them are decimal.
    """
    plain = cells.select(pl.exclude(texts).str.strip_chars())
    columns = plain.collect_schema().names()
    found = plain.select(_dots(name) for name in columns).collect(engine="streaming").row(0, named=True)
    figures = {name: one for name, one in found.items() if one["figures"] and one["dotted"] is not None}
    if not figures or not all(one["either"] for one in figures.values()):
        return
    column, cell = next((name, str(one["dotted"])) for name, one in figures.items())
    line = _line_of(path, column, cell, mark=";")
    raise InvalidInput(
        f"{path.name} parts its columns with semicolons and has figures that can be read in two ways.",
        f"line {line}, {column} is {cell}: {float(cell):g} where the dot is a decimal mark, {cell.replace('.', '')} where it parts thousands",
        "write figures without marks of thousands and decimals with a dot, and part the columns with commas.",
    )


def _dots(name: str) -> pl.Expr:
    """Whether a column holds figures alone, its first cell with a dot, and whether every such dot may part thousands."""
    cell = pl.col(name)
    dotted = cell.str.contains(".", literal=True)
    return pl.struct(
        figures=cell.filter(cell != "").str.contains(NUMBER).all(),
        dotted=cell.filter(dotted).first(),
        either=cell.filter(dotted).str.contains(EITHER).all(),
    ).alias(name)


def _text_form(path: Path) -> tuple[str, str]:
    """How cells of a text are parted and its lines end, by its header: CR alone, semicolons or tabs where no comma is.

    Raises
    ------
    InvalidInput
        The text is UTF-16, or no text.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InvalidInput(f"{path.name} is UTF-16 text.", fix="save it as UTF-8.")
    if b"\x00" in head:
        raise InvalidInput(
            f"{path.name} is no text: it holds zero bytes.", fix="give CSV in UTF-8, or Parquet."
        )
    end = b"\r" if b"\r" in head and b"\n" not in head else b"\n"
    header = next((line for line in head.split(end) if line.strip() and not line.startswith(b"#")), b"")
    mark = next((mark for mark in SEPARATORS if mark.encode() in header), ",")
    return mark, end.decode()


def _refuse_twice(path: Path, columns: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a table that has a column twice, of those that may be read."""
    again = {column.rpartition("_duplicated_")[0] for column in columns}
    twice = [name for name in names if name in again]
    if twice:
        raise InvalidInput(
            f"{path.name} has a column twice in its header.",
            ", ".join(twice),
            "keep one, or rename the other.",
        )


def with_numbers(
    path: Path, frame: pl.DataFrame, decimals: Sequence[str], integers: Sequence[str] = ()
) -> pl.DataFrame:
    """The frame with columns of numbers as such, as far as it has them; a blank cell is null.

    Raises
    ------
    InvalidInput
        A cell is no number, one of 1e18 or more, or no whole one where it must be.
    """
    for name in (*decimals, *integers):
        if name in frame.columns:
            frame = frame.with_columns(_numbers(path, frame[name], whole=name in integers))
    return frame


def _numbers(path: Path, column: pl.Series, *, whole: bool) -> pl.Series:
    """A column as numbers; what is none is named with its line."""
    if column.dtype.is_nested() or column.dtype.is_temporal():
        raise InvalidInput(
            f"{path.name} has values that are no numbers.",
            f"column {column.name} holds {column.dtype}",
            "give plain numbers.",
        )
    given = column
    if column.dtype in (pl.String, pl.Categorical, pl.Binary) or isinstance(column.dtype, pl.Enum):
        plain = column.cast(pl.String).str.strip_chars()
        given = plain.set(plain == "", None)
    found = given.cast(pl.Float64, strict=False)
    odd = given.is_not_null() & ~(found.abs() < LARGEST).fill_null(False)
    if whole:
        odd = odd | ((found % 1.0).fill_null(0.0) != 0.0)
    if odd.any():
        raise InvalidInput(
            f"{path.name} has values that are no numbers.",
            _odd_cells(path, column, odd),
            "write numbers with a decimal point and nothing else (no marks of thousands, units or per cents); leave a "
            "cell blank where the figure is unknown.",
        )
    return found.cast(pl.Int64) if whole else found


def _odd_cells(path: Path, column: pl.Series, odd: pl.Series) -> str:
    """The first cells that are no numbers, with their lines, and how many there are."""
    cells = column.cast(pl.String).filter(odd)
    first = str(cells[0])
    line = _line_of(path, column.name, first)
    where = f"line {line}" if line else f"row {(odd.arg_true()[0] or 0) + 1}"
    others = [value for value in cells.unique(maintain_order=True).head(SHOWN) if value != first]
    more = f"; of {len(cells)} such cells" if len(cells) > 1 else ""
    also = f" (also {', '.join(map(repr, others))})" if others else ""
    return f"{where}, {column.name} is {first!r}{also}{more}"


def _line_of(path: Path, column: str, cell: str, mark: str = ",") -> int | None:
    """Line of a CSV file where a column first holds a cell; None where there are no lines, or it is under another name."""
    if path.suffix.lower() in (".parquet", ".json") or not path.is_file():
        return None
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        reader = csv.reader(_without_comments(handle), delimiter=mark)
        heads: list[str] | None = None
        try:
            for row in reader:
                if heads is None:
                    heads = row or None
                elif cell in row and (column not in heads or row.index(cell) == heads.index(column)):
                    return reader.line_num
        except csv.Error:
            return None
    return None


def _without_comments(lines: Iterator[str]) -> Iterator[str]:
    """Lines of a file, those that are comments blank, so that the others keep their number."""
    for line in lines:
        yield "\n" if line.startswith("#") else line


def one_row_each(path: Path, frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The frame with one row for each key: rows that say the same again are dropped.

    Raises
    ------
    InvalidInput
        A key stands on rows that differ, so that the answer would hang on their order.
    """
    rows = frame.unique(maintain_order=True)
    again = rows.filter(pl.struct(keys).is_duplicated())
    if again.is_empty():
        return rows
    several = again.select(keys).unique().sort(keys)
    named = "; ".join(" ".join(map(str, row)) for row in several.head(SHOWN).iter_rows())
    raise InvalidInput(
        f"{path.name} says {several.height} things twice, and not the same.",
        f"{', '.join(keys)}: {named}",
        "keep one row of each.",
    )


def with_texts(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The frame with these columns as text without spaces around, as far as it has them; blank is null."""
    held = [name for name in names if name in frame.columns]
    plain = [pl.col(name).cast(pl.String, strict=False).str.strip_chars() for name in held]
    return frame.with_columns(pl.when(text != "").then(text) for text in plain)
