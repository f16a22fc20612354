"""A case as it is kept: which there are, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from karwan.analysis.case_requests import CasesRequest, CheckRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.scenario import check_scenarios
from karwan.case import (
    Case,
    CaseProblems,
    Problem,
    embedded_cases,
    inspect_case,
    problems_table,
    read_case,
)
from karwan.case.case import case_folder
from karwan.case.length_check import length_findings
from karwan.case.provenance import basis_counts, conflicts
from karwan.schema.frames import result_frame


def answer_cases(inputs: Inputs, request: CasesRequest) -> Result:
    """Embedded cases; see `results/cases.csv`."""
    rows = []
    for name in embedded_cases():
        own = read_case(name).settings
        row = {"case": name, "title": own.title, "party_a": own.party_a, "party_b": own.party_b}
        rows.append({**row, "as_of": own.as_of})
    return Result({"cases": result_frame("cases", rows)})


def answer_check(inputs: Inputs, request: CheckRequest) -> Result:
    """Counts, share of rows by basis, conflicts and warnings of a case, its scenario files among them.

    Scenarios are applied only to a case without errors of its own.

    Raises
    ------
    UnknownName
        No such case.
    CaseProblems
        `case.yaml` itself cannot be read.
    """
    place = inputs.the_place()
    case, problems = inspect_case(place)
    if case is None:
        raise CaseProblems(str(place), problems)
    scenarios = None
    if not _of(problems, "error"):
        scenarios, found = check_scenarios(case, case_folder(place))
        problems = [*problems, *found]
    errors, warnings = _of(problems, "error"), _of(problems, "warning")
    tables = {"rows by basis": basis_counts(case.tables), "conflicts between sources": conflicts(case.tables)}
    if errors:
        tables = {"errors": problems_table(errors), **tables}
    else:
        tables["link lengths to look at"] = length_findings(case["links"], case["nodes"])
    if scenarios is not None and scenarios.height:
        tables["scenarios"] = scenarios
    tables["warnings"] = problems_table(warnings)
    counts = {"error_count": len(errors), "warning_count": len(warnings)}
    return Result(tables, {**_shares(case, tables["rows by basis"]), **counts}, failed=bool(errors))


def _of(problems: Sequence[Problem], severity: str) -> list[Problem]:
    return [problem for problem in problems if problem.severity == severity]


def _shares(case: Case, counts: pl.DataFrame) -> dict[str, Any]:
    """Rows of a case, and the share of its facts that nobody observed; None where it has no fact."""
    assumed = int(counts["assumed"].sum())
    facts = int(counts.filter(pl.col("observed").is_not_null())["rows"].sum())
    return {
        "case": case.settings.case_id,
        "rows": int(counts["rows"].sum()),
        "assumed_share": round(assumed / facts, 3) if facts else None,
    }
