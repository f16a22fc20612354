"""Section 6 of the brief: what it rests on."""

from __future__ import annotations

from collections import Counter
from datetime import date

import polars as pl

from karwan.analysis.case_requests import SourcesRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.sections import BasisSection
from karwan.analysis.standing import parties_of
from karwan.case import Case
from karwan.case.provenance import basis_counts, conflicts
from karwan.schema import load_schema
from karwan.schema.frames import result_frame, result_types
from karwan.trade.standing import conflict_statements

SECTIONS = {
    "Where we stand": ("flows", "targets"),
    "Corridors": (
        *(
            "nodes",
            "links",
            "services",
            "crossings",
            "crossing_times",
            "closures",
            "transfers",
            "rates",
            "fees",
        ),
        *("vehicles", "access", "weight_limits", "regimes", "documents", "corridors", "trips", "parameters"),
    ),
    "Goods": ("products", "tariffs"),
    "Ports": ("terminals",),
    "The plan": ("commitments", "milestones", "agreements", "indicators", "ventures"),
}


def answer_case_sources(inputs: Inputs, request: SourcesRequest) -> Result:
    """Sources in use and the rows that rest on each."""
    return Result({"sources": source_table(inputs.the_case())})


def basis_section(case: Case, as_of: date) -> BasisSection:
    """Tables of section 6; see `BasisSection`."""
    return BasisSection(
        shares=_shares(case),
        conflicts=_conflicts(case, as_of),
        warnings=result_frame(
            "basis_warnings",
            (
                {
                    "table": w.file,
                    "row": w.row,
                    "column": w.column,
                    "value": w.value,
                    "message": f"{w.message}; {w.allowed}",
                }
                for w in case.warnings
            ),
        ),
        sources=source_table(case),
    )


def _shares(case: Case) -> pl.DataFrame:
    counts = {r["table"]: r for r in basis_counts(case.tables).iter_rows(named=True)}
    rows = []
    for section, tables in SECTIONS.items():
        for name in tables:
            row = counts[name]
            if row["observed"] is not None and row["rows"]:
                rows.append(
                    {
                        "section": section,
                        **{k: row[k] for k in ("table", "observed", "computed", "assumed", "assumed_share")},
                    }
                )
    return result_frame("basis_shares", rows)


def _conflicts(case: Case, as_of: date) -> pl.DataFrame:
    flows = conflict_statements(case["flows"], as_of, parties_of(case))
    rows = [("trade figures", r["subject"], r["statement"]) for r in flows.iter_rows(named=True)]
    for r in conflicts(case.tables).iter_rows(named=True):
        if r["table"] != "flows":
            statement = f"{r['keys']}: {r['values']} ({r['sources']})." + (
                f" {r['note']}" if r["note"] else ""
            )
            rows.append((r["table"].replace("_", " "), r["conflict_group"].replace("_", " "), statement))
    columns = list(result_types("basis_conflicts"))
    return result_frame("basis_conflicts", (dict(zip(columns, row, strict=True)) for row in rows))


def source_table(case: Case) -> pl.DataFrame:
    """Sources in use with the number of rows that rest on each; see `results/sources.csv`."""
    used: Counter[str] = Counter()
    for spec in load_schema().values():
        if spec.provenance:
            told = case[spec.name]["source_id"].drop_nulls().value_counts()
            for text, rows in told.iter_rows():
                for part in text.split(";"):
                    used[part.strip()] += rows
    listed = [
        {
            **{k: s[k] for k in ("source_id", "title", "publisher", "year", "url", "licence")},
            "rows": used[s["source_id"]],
        }
        for s in case["sources"].iter_rows(named=True)
        if used[s["source_id"]]
    ]
    return result_frame("sources", ({"number": n, **row} for n, row in enumerate(listed, start=1)))
