"""Section 5 of the brief: the action plan, late promises first."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.analysis.agreements import documents_table, indicators_table
from karwan.analysis.case_requests import PlanRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.sections import BriefVentures, PlanSection
from karwan.analysis.venture.read import why_not
from karwan.case import Case
from karwan.notes import Note, note
from karwan.schema.frames import result_frame, result_types

STATUSES = ("done", "partly_done", "in_progress", "stalled", "not_started", "unknown")
_UNITS = {None: "", "1": ""}


def answer_plan(inputs: Inputs, request: PlanRequest) -> Result:
    """Promises by domain, each promise, milestones and ventures."""
    case = inputs.the_case()
    section = plan_section(case, request.as_of or case.settings.as_of)
    tables = {"by_domain": section.by_domain, "commitments": section.commitments}
    tables |= {"milestones": section.milestones, "ventures": section.ventures}
    empty = all(table.is_empty() for table in tables.values())
    return Result(tables, notes=(note("plan.none", case=case.settings.case_id),) if empty else ())


def plan_section(
    case: Case,
    as_of: date,
    worth: pl.DataFrame | None = None,
    worth_text: tuple[str | Note, ...] = (),
    ventures: BriefVentures | None = None,
) -> PlanSection:
    """Tables of section 5; see `PlanSection`, `worth` and its text and the appraisals among them where they were reckoned.

    A promise is late when its due date has passed and it is not done; one whose state is not known is late too, and stays 'unknown'. Where the
    date is about a part of it (`due_part`), only that part is overdue.
    """
    commitments = commitment_table(case, as_of)
    appraised = ventures or BriefVentures()
    return PlanSection(
        by_domain=_by_domain(case, commitments),
        commitments=commitments,
        milestones=case["milestones"]
        .sort("date", "milestone_id")
        .select(list(result_types("plan_milestones"))),
        ventures=_ventures(case),
        worth=pl.DataFrame() if worth is None else worth,
        worth_text=worth_text,
        documents=documents_table(case, as_of),
        indicators=indicators_table(case, as_of),
        appraisals=appraised.appraisals,
        venture_indicators=appraised.indicators,
        sheets=appraised.sheets,
    )


def commitment_table(case: Case, as_of: date) -> pl.DataFrame:
    """Promises, late ones first; see `PlanSection.commitments`."""
    domains = case["domains"].select("domain_id", "rank", domain="name")
    overdue = pl.col("due").is_not_null() & (pl.col("due") < as_of) & (pl.col("status") != "done")
    whole = pl.col("due_part").is_null()
    alone = (pl.col("parties").list.len() == 1) & pl.col("parties").list.first().is_in(case.parties.codes)
    return (
        case["commitments"]
        .join(domains, on="domain_id", how="left", maintain_order="left")
        .with_columns(
            owner=pl.coalesce("owner", pl.when(alone).then(pl.col("parties").list.first())),
            parties=pl.col("parties").list.join(", "),
            late=overdue & whole,
            part_late=overdue & ~whole & (pl.col("status") != "partly_done"),
            days_late=pl.when(overdue & whole).then((pl.lit(as_of) - pl.col("due")).dt.total_days()),
        )
        .sort(
            ["late", "days_late", "part_late", "due", "rank", "commitment_id"],
            descending=[True, True, True, False, False, False],
            nulls_last=True,
        )
        .select(list(result_types("plan_promises")))
    )


def _by_domain(case: Case, commitments: pl.DataFrame) -> pl.DataFrame:
    """Promises of each domain by state; contracts of companies are none of the plan."""
    promises = commitments.filter(pl.col("kind") == "promise")
    rows = []
    for domain in case["domains"].sort("rank", "domain_id").iter_rows(named=True):
        own = promises.filter(pl.col("domain_id") == domain["domain_id"])
        counts = {status: int((own["status"] == status).sum()) for status in STATUSES}
        rows.append(
            {
                "domain_id": domain["domain_id"],
                "domain": domain["name"],
                "rank": domain["rank"],
                **counts,
                "total": own.height,
                "late": int(own["late"].sum()),
            }
        )
    return result_frame("plan_domains", rows)


def _ventures(case: Case) -> pl.DataFrame:
    promises = _promises_of(case)
    names = dict(case["nodes"].select("node_id", "name").iter_rows())
    rows = []
    for v in case["ventures"].sort("venture_id").iter_rows(named=True):
        capacity = (
            f"{v['capacity']:,.0f} {_UNITS.get(v['capacity_unit'], v['capacity_unit'])} a year".replace(
                "  ", " "
            )
            if v["capacity"]
            else ""
        )
        rows.append(
            {
                "venture_id": v["venture_id"],
                "venture": v["name"],
                "promises": ", ".join(promises.get(v["venture_id"], ())),
                "appraised": not why_not(case, v["venture_id"]),
                "kind": v["kind"],
                "place": names.get(v["node_id"]),
                "parties": ", ".join(v["parties"]),
                "capex_usd": v["capex_usd"],
                "capacity_text": capacity,
                "state": v["state"],
                "announced": v["announced"],
                "note": v["note"],
                "basis": v["basis"],
                "source_id": v["source_id"],
            }
        )
    return result_frame("plan_ventures", rows)


def _promises_of(case: Case) -> dict[str, list[str]]:
    """Promises, then milestones, that name a venture, by its id."""
    found: dict[str, list[str]] = {}
    for name, key in (("commitments", "commitment_id"), ("milestones", "milestone_id")):
        named = case[name].filter(pl.col("venture_id").is_not_null()).sort(key)
        for venture_id, promise in named.select("venture_id", key).iter_rows():
            found.setdefault(venture_id, []).append(promise)
    return found
