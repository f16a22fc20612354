"""Problems found in a case: collected first, reported once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

from karwan.errors import CaseError
from karwan.schema.frames import result_frame

SHOWN = 25


@dataclass(frozen=True)
class Problem:
    """One finding in a file of a case.

    Attributes
    ----------
    severity
        'error' (the case cannot be used) or 'warning' (listed, used all the same).
    file, row, column, value
        Where it was seen; row counts lines of the file, the header being line 1; 0 is the whole file.
    message
        What is wrong.
    allowed
        What would be right.
    """

    severity: str
    file: str
    row: int
    column: str
    value: str
    message: str
    allowed: str = ""

    def line(self) -> str:
        """The finding in one line for a terminal."""
        place = self.file + (f", row {self.row}" if self.row else "")
        place += f", column {self.column}" if self.column else ""
        value = f" ({shorten(self.value)!r})" if self.value else ""
        return f"{place}: {self.message}{value}" + (f"; allowed: {self.allowed}" if self.allowed else "")


def shorten(text: str, limit: int = 60) -> str:
    """Text cut to `limit` characters, so that garbage does not flood a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


class CaseProblems(CaseError):
    """A case that cannot be used; `problems` holds every finding, errors first."""

    def __init__(self, case: str, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.severity != "error", p.file, p.row, p.column))
        errors = [p for p in self.problems if p.severity == "error"]
        shown = "\n    ".join(p.line() for p in errors[:SHOWN])
        more = f"\n    ... and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
        files = sorted({p.file for p in errors})
        super().__init__(
            f"Case {case!r} has {len(errors)} error{'s' * (len(errors) != 1)} in {', '.join(files[:8])}.",
            f"\n    {shown}{more}",
            "mend the rows named above; `karwan docs tables` lists every column and what it may hold.",
        )


def problems_table(problems: Iterable[Problem]) -> pl.DataFrame:
    """Problems as a table; see `results/case_problems.csv`."""
    return result_frame("case_problems", map(asdict, problems))
