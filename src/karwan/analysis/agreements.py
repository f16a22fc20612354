"""Documents of the plan and what can be watched: signed, in force or not, what followed, what is owed, which number would show it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from karwan.analysis.case_requests import DocumentsRequest, IndicatorsRequest
from karwan.analysis.contract import Inputs, Result
from karwan.case import Case
from karwan.errors import UnknownName
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

if TYPE_CHECKING:  # the start of a command loads no network
    from karwan.transport.network.stage import Row

NONE_PUBLISHED = "none published"
FORCE = {"yes": "yes", "not_found": "not found", "none_needed": "needs none", "unknown": "unknown"}


def answer_documents(inputs: Inputs, request: DocumentsRequest) -> Result:
    """Documents up to a day, of one event or all, the oldest first; those without a day last.

    Raises
    ------
    UnknownName
        No such milestone.
    """
    case = inputs.the_case()
    as_of = request.as_of or case.settings.as_of
    table = documents_table(case, as_of, request.milestone)
    return Result({"documents": table}, {"as_of": str(as_of)}, tuple(_said(case, table, request.milestone)))


def documents_table(case: Case, as_of: date, milestone: str | None = None) -> pl.DataFrame:
    """Rows of `results/plan_documents.csv`; see `answer_documents`."""
    rows = case["agreements"].filter(pl.col("date").is_null() | (pl.col("date") <= as_of))
    if milestone is not None:
        _require_milestone(case, milestone)
        rows = rows.filter(pl.col("milestone_id") == milestone)
    promises = {row["commitment_id"]: row for row in case["commitments"].iter_rows(named=True)}
    ordered = rows.sort("date", "agreement_id", nulls_last=True).iter_rows(named=True)
    return result_frame("plan_documents", (_document(row, promises) for row in ordered))


def _document(row: Row, promises: dict[str, Row]) -> Row:
    linked = [promises[name] for name in row["commitments"] or () if name in promises]
    owed = [f"{one['title']} ({_plain(one['status'])})" for one in linked if one["status"] != "done"]
    same = ("title", "signed", "state", "milestone_id", "agreement_id", "basis", "source_id", "note")
    return {name: row[name] for name in same} | {
        "date": _when(row),
        "in_force": FORCE.get(row["in_force"] or ""),
        "followed": row["follow_up"] or "nothing found",
        "owed": "; ".join(owed) or None,
    }


def _plain(status: str) -> str:
    return status.replace("_", " ")


def _when(row: Row) -> str | None:
    """Day as precise as the source gives it: '2026-02-04', '2026-02', '2026'."""
    if row["date"] is None:
        return None
    length = {"year": 4, "month": 7}.get(row["date_precision"] or "", 10)
    return str(row["date"])[:length]


def _require_milestone(case: Case, milestone: str) -> None:
    known = case["milestones"].sort("date")["milestone_id"].to_list()
    if milestone not in known:
        raise UnknownName(
            f"The plan has no milestone {milestone!r}.",
            f"milestones: {', '.join(known) or 'none'}",
            "use one of these; `karwan plan status` shows them with their days.",
        )


def _said(case: Case, table: pl.DataFrame, milestone: str | None) -> list[Note]:
    """How many are signed, in force, followed and owed; or that nothing is typed."""
    if not table.height:
        return [note("plan.no_documents", milestone=milestone or "the plan")]
    counts = {
        "documents": table.height,
        "signed": (table["signed"] == "yes").sum(),
        "force": (table["in_force"] == "yes").sum(),
        "missing": (table["in_force"] == "not found").sum(),
        "followed": (table["followed"] != "nothing found").sum(),
        "owing": table["owed"].is_not_null().sum(),
    }
    return [note("plan.documents", **{name: int(value) for name, value in counts.items()})]


def answer_indicators(inputs: Inputs, request: IndicatorsRequest) -> Result:
    """What is published that shows each promise to be kept or not, and that nothing is, of every domain."""
    case = inputs.the_case()
    as_of = request.as_of or case.settings.as_of
    table = indicators_table(case, as_of)
    promised = table.filter(pl.col("commitment_id").is_not_null())
    bare = promised.filter(pl.col("kind") == NONE_PUBLISHED)["commitment_id"].n_unique()
    counted = note("plan.indicators", promises=promised["commitment_id"].n_unique(), bare=bare)
    return Result({"indicators": table}, {"as_of": str(as_of)}, (counted,) if table.height else ())


def indicators_table(case: Case, as_of: date) -> pl.DataFrame:
    """Every promise with its observed quantities, newest first, or 'none published'; then quantities of a domain alone.

    Values dated after the day are left out, aims excepted: their day is the one aimed at.
    """
    known = case["indicators"].filter(
        (pl.col("kind") == "aim") | pl.col("date").is_null() | (pl.col("date") <= as_of)
    )
    seen = known.sort("date", "indicator_id", descending=[True, False], nulls_last=True).to_dicts()
    by_promise: dict[str, list[Row]] = {}
    for row in seen:
        for name in row["commitments"] or ():
            by_promise.setdefault(name, []).append(row)
    rows: list[Row] = []
    for domain in case["domains"].sort("rank", "domain_id").iter_rows(named=True):
        where = {"domain_id": domain["domain_id"], "domain": domain["name"]}
        own = case["commitments"].filter(pl.col("domain_id") == domain["domain_id"]).sort("commitment_id")
        for promise in own.iter_rows(named=True):
            about = where | {"commitment_id": promise["commitment_id"], "promise": promise["title"]}
            rows += _watched(about, by_promise.get(promise["commitment_id"], []), promise)
        rows += [
            where | _shown(r) for r in seen if not r["commitments"] and r["domain_id"] == domain["domain_id"]
        ]
    return result_frame("plan_indicators", rows)


def _watched(about: Row, found: list[Row], promise: Row) -> list[Row]:
    """Newest value of each quantity of a promise with the oldest beside it; what is of others or aimed at is no observation of it."""
    if not any(row["kind"] == "seen" for row in found):
        none = {"quantity": NONE_PUBLISHED, "kind": NONE_PUBLISHED, "basis": promise["basis"]}
        found_none = about | none | {"source_id": promise["source_id"]}
        return [found_none, *(about | _shown(row) for row in found)]
    newest: dict[str, Row] = {}
    oldest: dict[str, Row] = {}
    for row in found:
        newest.setdefault(row["quantity"], row)
        oldest[row["quantity"]] = row
    return [
        about | _shown(row) | ({"baseline": _said_value(oldest[name])} if oldest[name] is not row else {})
        for name, row in newest.items()
    ]


def _shown(row: Row) -> Row:
    same = ("quantity", "unit", "kind", "indicator_id", "basis", "source_id")
    return {name: row[name] for name in same} | {"value": _value(row), "date": _when(row)}


def _value(row: Row) -> str | None:
    return row["value_text"] if row["value"] is None else f"{row['value']:,.10g}"


def _said_value(row: Row) -> str:
    return f"{_value(row)} ({_when(row)})"
