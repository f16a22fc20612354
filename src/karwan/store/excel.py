"""Excel workbooks from strangers, new and old: rows of their sheets, or one error."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from karwan.errors import MissingExtra
from karwan.store.archive import MALFORMED, BadArchive, check_zip

MAX_ROWS = 1_048_576  # the most an Excel sheet has
MAX_PART_BYTES = 64 * 2**20
MAX_OLD_BYTES = 64 * 2**20


@contextmanager
def open_workbook(path: Path, *, data_only: bool = False) -> Iterator[Any]:
    """An Excel workbook (.xlsx, .xlsm) to be read row by row.

    Parameters
    ----------
    path
        The workbook.
    data_only
        Give the figures that formulas had when the workbook was saved, not their text.

    Raises
    ------
    BadArchive
        No whole workbook, or a bomb.
    """
    _check_parts(path)
    with path.open("rb") as stream:
        try:
            with warnings.catch_warnings():
                # It tells of styles and extensions that do not concern figures.
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(stream, read_only=True, data_only=data_only)
        except MALFORMED as error:
            raise _damaged(path.name, error) from error
        try:
            yield book
        finally:
            book.close()


def _check_parts(path: Path) -> None:
    """Refuse a zip that is none or a bomb, and parts openpyxl would hold in memory whole.

    Raises
    ------
    BadArchive
        See `karwan.store.archive.check_zip`; or a part other than a sheet unpacks to more than 64 MiB.
    """
    for member in check_zip(path):
        if "worksheets/" not in member.filename and member.file_size > MAX_PART_BYTES:
            raise BadArchive(
                f"{path.name}: {member.filename} unpacks to {member.file_size:,} bytes; the limit is {MAX_PART_BYTES:,}.",
                fix="Save the sheet as CSV.",
            )


def sheet_rows(name: str, sheet: Any) -> Iterator[tuple[object, ...]]:
    """Every row of a sheet; what openpyxl says of a broken one becomes `BadArchive`."""
    try:
        # The size a workbook states may be too small; rows beyond it would be left out.
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            if number > MAX_ROWS:
                raise BadArchive(f"{name} says it has more than {MAX_ROWS:,} rows.", fix="Save it as CSV.")
            yield row
    except BadArchive:
        raise
    except MALFORMED as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> BadArchive:
    return BadArchive(
        f"{name} is no whole Excel workbook.",
        evidence=f"{type(error).__name__}: {error}"[:200],
        fix="Fetch it again, or open it in Excel and save it anew.",
    )


def old_workbook_rows(path: Path) -> dict[str, list[list[object]]]:
    """Rows of each sheet of an old workbook (.xls).

    Raises
    ------
    BadArchive
        No whole workbook, or larger than 64 MiB.
    MissingExtra
        xlrd is not installed.
    """
    try:
        import xlrd  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra(
            f"{path.name} is an old Excel workbook (.xls); reading it needs xlrd.",
            str(error),
            "pip install karwan[xls], or save it as .xlsx.",
        ) from error
    size = path.stat().st_size
    if size > MAX_OLD_BYTES:
        raise BadArchive(
            f"{path.name} has {size:,} bytes; the limit of an old workbook is {MAX_OLD_BYTES:,}.",
            fix="Save it as .xlsx.",
        )
    try:
        with xlrd.open_workbook(path, logfile=io.StringIO()) as book:
            return {
                sheet.name: [sheet.row_values(number) for number in range(sheet.nrows)]
                for sheet in book.sheets()
            }
    except (*MALFORMED, xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        raise _damaged(path.name, error) from error
