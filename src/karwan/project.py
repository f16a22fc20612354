"""The facade: open a case, ask it, save what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from karwan.schema import load_schema
from karwan.tables import (
    Case,
    CaseProblems,
    Problem,
    embedded_cases,
    inspect_case,
    problems_table,
    read_case,
    write_template,
)
from karwan.tables.basis import basis_counts, conflicts


@dataclass(frozen=True)
class CaseReport:
    """What `karwan case check` prints: tables by title, and counts beside them."""

    tables: Mapping[str, pl.DataFrame]
    meta: Mapping[str, Any]
    errors: int


def list_cases() -> pl.DataFrame:
    """Embedded cases: case, title, party_a, party_b, as_of."""
    rows = []
    for name in embedded_cases():
        settings = read_case(name).settings
        rows.append((name, settings.title, settings.party_a, settings.party_b, settings.as_of))
    return pl.DataFrame(rows, schema=["case", "title", "party_a", "party_b", "as_of"], orient="row")


def new_case(party_a: str, party_b: str, folder: Path | None, as_of: date) -> list[Path]:
    """Write a valid empty case; see `karwan.tables.write_template`."""
    return write_template(party_a, party_b, folder or Path(f"{party_a}-{party_b}".lower()), as_of)


def case_report(name: str | Path) -> CaseReport:
    """Counts, share of rows by basis, conflicts and warnings of a case.

    Raises
    ------
    UnknownName
        No such case.
    CaseProblems
        `case.yaml` itself cannot be read.
    """
    case, problems = inspect_case(name)
    errors = [p for p in problems if p.severity == "error"]
    if case is None:
        raise CaseProblems(str(name), problems)
    counts = basis_counts(case.tables)
    tables = {"rows by basis": counts, "conflicts between sources": conflicts(case.tables)}
    if errors:
        tables = {"errors": problems_table(errors), **tables}
    else:
        tables["link lengths to look at"] = _length_findings(case)
    tables["warnings"] = problems_table([p for p in problems if p.severity == "warning"])
    total = int(counts["rows"].sum())
    assumed = int(counts["assumed"].sum())
    fact_rows = int(counts.filter(pl.col("observed").is_not_null())["rows"].sum())
    meta = {
        "case": case.settings.case_id,
        "rows": total,
        "assumed_share": round(assumed / fact_rows, 3) if fact_rows else None,
        "errors": len(errors),
        "warnings": sum(p.severity == "warning" for p in problems),
    }
    return CaseReport(tables, meta, len(errors))


def _length_findings(case: Case) -> pl.DataFrame:
    from karwan.tables.length_check import length_findings

    return length_findings(case["links"], case["nodes"])


__all__ = ["CaseReport", "Problem", "case_report", "list_cases", "load_schema", "new_case"]
