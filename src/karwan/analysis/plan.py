"""Section 5 of the brief: the action plan, late promises first."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from karwan.analysis.sections import PlanSection
from karwan.case import Case

STATUSES = ("done", "partly_done", "in_progress", "stalled", "not_started", "unknown")
_TEXT = pl.String
_UNITS = {None: "", "1": ""}


def plan_section(
    case: Case, as_of: date, worth: pl.DataFrame | None = None, worth_text: tuple[str, ...] = ()
) -> PlanSection:
    """Tables of section 5; see `PlanSection`, `worth` and its text among them where they were reckoned.

    A promise is late when its due date has passed and it is not done; one whose state is not known is late too, and stays 'unknown'. Where the
    date is about a part of it (`due_part`), only that part is overdue.
    """
    commitments = commitment_table(case, as_of)
    return PlanSection(
        by_domain=_by_domain(case, commitments),
        commitments=commitments,
        milestones=case["milestones"]
        .sort("date", "milestone_id")
        .select("milestone_id", "title", "date", "date_precision", "state", "source_id"),
        ventures=_ventures(case),
        worth=pl.DataFrame() if worth is None else worth,
        worth_text=worth_text,
    )


def commitment_table(case: Case, as_of: date) -> pl.DataFrame:
    """Promises, late ones first; see `PlanSection.commitments`."""
    domains = case["domains"].select("domain_id", "rank", domain="name")
    overdue = pl.col("due").is_not_null() & (pl.col("due") < as_of) & (pl.col("status") != "done")
    whole = pl.col("due_part").is_null()
    return (
        case["commitments"]
        .join(domains, on="domain_id", how="left", maintain_order="left")
        .with_columns(
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
        .select(
            *(
                "commitment_id",
                "domain_id",
                "domain",
                "title",
                "parties",
                "instrument",
                "promised_on",
                "due",
                "due_basis",
                "due_part",
            ),
            *(
                "status",
                "status_on",
                "late",
                "part_late",
                "days_late",
                "evidence",
                "evidence_url",
                "scenario_id",
                "source_id",
            ),
        )
    )


def _by_domain(case: Case, commitments: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for domain in case["domains"].sort("rank", "domain_id").iter_rows(named=True):
        own = commitments.filter(pl.col("domain_id") == domain["domain_id"])
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
    schema: dict[str, Any] = {"domain_id": _TEXT, "domain": _TEXT, "rank": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys([*STATUSES, "total", "late"], pl.Int64)})


def _ventures(case: Case) -> pl.DataFrame:
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
                "venture": v["name"],
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
    schema: dict[str, Any] = dict.fromkeys(["venture", "kind", "place", "parties"], _TEXT)
    return pl.DataFrame(
        rows,
        schema={
            **schema,
            "capex_usd": pl.Float64,
            **dict.fromkeys(["capacity_text", "state"], _TEXT),
            "announced": pl.Boolean,
            **dict.fromkeys(["note", "basis", "source_id"], _TEXT),
        },
    )
