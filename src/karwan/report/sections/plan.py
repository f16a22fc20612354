"""Section on the plan: domains, late commitments, milestones, ventures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import NONE, is_number, number, usd, usd_rough
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Notes, Prose, Section, Table, cell
from karwan.report.charts.sides import COLUMNS, draw_sides, drawn_rows
from karwan.report.charts.status import draw_status
from karwan.report.charts.timeline import draw_timeline
from karwan.report.charts.worth import draw_worth
from karwan.report.sections.ventures import appraised
from karwan.report.text import clean, day, safe_url, words
from karwan.report.wording import tell
from karwan.words import sentences

PROMISED = pl.col("kind") == "promise"


def plan_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    plan = brief.plan
    blocks: list[Block | None] = [
        status_figure(plan.by_domain, brief.as_of, notes.of_rows(plan.commitments.to_dicts())),
        timeline_figure(plan.milestones, brief.as_of, notes),
        *_worth(brief, notes),
        *promise_tables(plan.commitments, notes, _modelled(plan.worth)),
        *appraised(brief, notes),
        *venture_tables(plan.ventures, notes),
        li.listing("documents", tell("plan.documents_table"), plan.documents, notes, _DOCUMENTS, wide=True),
        li.listing(
            "indicators", tell("plan.indicators_table"), plan.indicators, notes, _INDICATORS, wide=True
        ),
    ]
    if all(b is None for b in blocks):
        blocks.append(li.missing(tell("brief_plan.no_plan"), (), tell("brief_plan.no_plan_why")))
    lead = tell("brief_plan.lead", plan_title=clean(brief.plan_title, 200), day=day(brief.as_of))
    return Section("plan", "5", tell("brief_plan.title"), lead, tuple(b for b in blocks if b is not None))


def status_figure(by_domain: pl.DataFrame, as_of: date, sources: tuple[int, ...] = ()) -> Figure | None:
    """Promises of each domain by state."""
    picture = draw_status(by_domain)
    caption = tell("brief_plan.status_caption", day=day(as_of))
    title, unit = tell("brief_plan.status_figure"), tell("brief_plan.status_unit")
    return Figure("f-status", title, caption, unit, picture, sources) if picture else None


def timeline_figure(milestones: pl.DataFrame, as_of: date, notes: Notes) -> Figure | None:
    """Milestones on a line of time, with the day."""
    picture = draw_timeline(milestones, as_of)
    sources = notes.of_rows(milestones.to_dicts())
    title, caption = tell("brief_plan.timeline_figure"), tell("brief_plan.timeline_caption")
    unit = tell("brief_plan.timeline_unit")
    return Figure("f-timeline", title, caption, unit, picture, sources) if picture else None


def worth_figure(known: pl.DataFrame, height: int, contracts: int = 0) -> Figure | None:
    """What keeping the promises is worth, a bar a scenario; `height` counts all promises and contracts, those without a figure too."""
    picture = draw_worth(known)
    beside = tell("brief_plan.worth_contracts", contracts=contracts) if contracts else ""
    counts = {"without": height - known.height, "promises": height - contracts, "beside": beside}
    caption = tell("brief_plan.worth_caption", **counts)
    title, unit = tell("brief_plan.worth_figure"), tell("brief_plan.worth_unit")
    return Figure("f-worth", title, caption, unit, picture, ()) if picture else None


def _modelled(worth: pl.DataFrame) -> dict[str, str]:
    """Titles of the scenarios that model promises, by id."""
    if "modelled_as" not in worth.columns:
        return {}
    return dict(worth.select("scenario_id", "modelled_as").drop_nulls().iter_rows())


def promise_tables(
    commitments: pl.DataFrame, notes: Notes, titles: Mapping[str, str]
) -> tuple[Table | None, Table | None]:
    """Promises of the plan, late ones first, and contracts of companies; `titles` are those of the scenarios that model them, by id."""
    spec = li.columns(
        "commitments",
        due=_due,
        evidence=_evidence,
        scenario_id=lambda row: cell(titles.get(row["scenario_id"]) or words(row["scenario_id"])),
    )
    contracts_note = tell("brief_plan.contracts_note")
    return (
        li.listing(
            "commitments",
            tell("brief_plan.commitments_table"),
            commitments.filter(PROMISED),
            notes,
            spec,
            wide=True,
        ),
        li.listing(
            "contracts",
            tell("brief_plan.contracts_table"),
            commitments.filter(~PROMISED),
            notes,
            spec,
            note=contracts_note,
            wide=True,
        ),
    )


def _worth(brief: Brief, notes: Notes) -> tuple[Block | None, ...]:
    """What keeping the promises is worth: a picture, the table and what it rests on."""
    table = brief.plan.worth
    known = table.filter(table["rank"].is_not_null()) if table.width else table
    if not known.height:
        return ()
    return (
        worth_figure(known, table.height, brief.plan.commitments.filter(~PROMISED).height),
        gains_figure(known, (brief.name_a, brief.name_b)),
        li.listing(
            "worth",
            tell("brief_plan.worth_table"),
            known,
            notes,
            _WORTH,
            note=tell("brief_plan.worth_note", base=valued_text(known)),
            wide=True,
        ),
        Prose(tuple(clean(t, 600) for t in sentences(brief.plan.worth_text)), tell("brief_plan.worth_text")),
    )


def valued_text(known: pl.DataFrame) -> str:
    """Which trade is valued, and the newest in all where that is another; empty where flows were given."""
    if "flows_year" not in known.columns or not known["flows_year"].drop_nulls().len():
        return ""
    row = known.filter(pl.col("flows_year").is_not_null()).row(0, named=True)
    year, newest = clean(row["flows_year"], 40), clean(row["newest_year"], 40)
    beside = (
        "" if newest == year else tell("brief_plan.valued_beside", newest=newest, usd=usd(row["newest_usd"]))
    )
    return tell("brief_plan.valued", year=year, usd=usd(row["flows_usd"]), beside=beside)


def gains_figure(known: pl.DataFrame, names: tuple[str, str]) -> Figure | None:
    """Who gains and who loses where trade answers; None where that was not reckoned."""
    picture = draw_sides(known, names)
    if picture is None:
        return None
    title, caption = tell("brief_plan.gains_figure"), tell("brief_plan.gains_caption")
    caption = f"{caption} {gains_of_others(known)}".strip()
    return Figure("f-gains", title, caption, tell("brief_plan.gains_unit"), picture, ())


def gains_of_others(worth: pl.DataFrame) -> str:
    """What is not the two parties' own trade in the largest gain of the picture; nothing where that is not most of it."""
    rows = drawn_rows(worth)
    if not rows:
        return ""
    row = rows[0]
    shared = [row[name] or 0.0 for name in COLUMNS]
    own, third = row["net_usd_year"], shared[-1]
    if own is None or abs(own) >= 0.5 * sum(map(abs, shared)):
        return ""
    own, third = (usd_rough(value) for value in (own, third))
    modelled = clean(row["modelled_as"] or row["scenario_id"], 200)
    said = tell("brief_plan.gains_others", modelled=modelled, own=own, third=third)
    return f"{said} {_loss(row)}".strip()


def _loss(row: Mapping[str, Any]) -> str:
    """The market that a side loses most of by a promise, and the bands of the worth to each side; empty where not known."""
    if not row.get("lost_market"):
        return ""
    less, more = usd_rough(row["lost_market_usd_year"]), usd_rough(row["won_market_usd_year"])
    said = tell("brief_plan.loss_cause", market=clean(row["lost_market"], 60), less=less, more=more)
    ends = [[row[f"{end}_{column}"] for end in ("low", "high")] for column in COLUMNS]
    if any(None in one for one in ends):
        return said
    spans = ", ".join(" to ".join(map(usd_rough, one)) for one in ends)
    return f"{said} {tell('brief_plan.loss_bands', spans=spans)}"


def _why(row: dict[str, Any]) -> str:
    """Input that moves the worth most, or why there is nothing to move."""
    found = clean(row["moved_most_by"] or row["reason"] or "", 200)
    return found.split(":")[0].split(";")[0] or NONE


def _range(row: dict[str, Any]) -> Cell:
    low, high = usd(row["low_net_usd_year"]), usd(row["high_net_usd_year"])
    if NONE in (low, high) or low == high:
        return cell(NONE, tone="muted")
    return cell(f"{low} to {high}", tone="muted", assumed=li.is_assumed(row, "yes"))


_WORTH: li.Spec = li.columns("worth", usd_range=_range, hangs_on=lambda row: cell(_why(row), tone="muted"))


def venture_tables(table: pl.DataFrame, notes: Notes) -> tuple[Table | None, ...]:
    """Ventures that a source announces, and apart from them those the case supposes; both with their notes."""
    if not table.height:
        return ()
    return (
        li.listing(
            "ventures",
            tell("brief_plan.ventures_table"),
            table.filter("announced"),
            notes,
            _VENTURES,
            wide=True,
        ),
        li.listing(
            "stand-ins",
            tell("brief_plan.stand_ins_table"),
            table.filter(~pl.col("announced")),
            notes,
            _VENTURES,
            note=tell("brief_plan.stand_ins_note"),
            wide=True,
        ),
    )


def _due(row: dict[str, Any]) -> Cell:
    """Date due, what it is the date of, and how late it is."""
    if row["due"] is None:
        return cell("no date published", tone="muted")
    basis = clean(row["due_basis"])
    ending = " (plan end)" if basis == "plan_period" else ""
    if row["due_part"]:
        ending += f" ({clean(row['due_part'], 60)})"
    late = _late(row)
    return cell(day(row["due"]) + ending + late, tone="late" if late else "", assumed=basis == "assumed")


def _late(row: dict[str, Any]) -> str:
    if row["part_late"]:
        return ", this part overdue"
    if not row["late"]:
        return ""
    if not is_number(row["days_late"]):
        return ", late"
    return f", {number(row['days_late'])} day{'' if row['days_late'] == 1 else 's'} late"


def _evidence(row: dict[str, Any]) -> Cell:
    url = safe_url(row["evidence_url"]) or ""
    text = clean(row["evidence"], 300) or (row["evidence_url"] if url else "") or NONE
    return cell(text, url=url)


_VENTURES: li.Spec = li.columns("ventures")
_DOCUMENTS: li.Spec = li.columns("documents")
_INDICATORS: li.Spec = li.columns("indicators")


def plan_facts(brief: Brief) -> list[tuple[str, str, str, str]]:
    """Rows of the summary: how many commitments, how many late and done."""
    table = brief.plan.commitments.filter(PROMISED)
    if table.is_empty():
        return []
    late = sum(1 for v in table["late"].to_list() if v)
    part = sum(1 for v in table["part_late"].to_list() if v)
    overdue = tell("brief_plan.fact_overdue", part=part) if part else ""
    done = sum(1 for v in table["status"].to_list() if v == "done")
    return [
        (
            tell("brief_plan.fact"),
            str(table.height),
            tell("brief_plan.fact_unit", day=day(brief.as_of), done=done, late=late, overdue=overdue),
            "",
        )
    ]
