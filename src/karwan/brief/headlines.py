"""The sentences a minister reads first, each from a row of the brief."""

from __future__ import annotations

from datetime import date

import polars as pl

from karwan.amounts import dollars, percent
from karwan.brief.model import CorridorSection, PlanSection, Standing, TargetSection
from karwan.tables import Case


def headlines(
    case: Case,
    as_of: date,
    standing: Standing,
    corridors: CorridorSection,
    plan: PlanSection,
    target: TargetSection,
) -> tuple[str, ...]:
    """Sentences on trade, target, corridors, closures, plan and chances; each is left out where its rows are."""
    found = (
        _trade(standing),
        _distance(standing),
        _corridor(corridors),
        _closed(corridors),
        _plan(plan, as_of),
        _chance(target),
        _fit(corridors),
    )
    return tuple(sentence for sentence in found if sentence)


def _trade(standing: Standing) -> str:
    totals = standing.annual.filter((pl.col("direction") == "total") & (pl.col("claimed") == "official"))
    parts = []
    for (name,), rows in totals.group_by("reporter_name", maintain_order=True):
        last = rows.sort("period_end").row(-1, named=True)
        parts.append(f"{dollars(last['value_usd'])} in {last['year_label']} by {name}'s statistics")
    if not parts:
        return ""
    growth = standing.growth.filter((pl.col("direction") == "total") & (pl.col("product_group") == "all"))
    text = "Trade both ways: " + "; ".join(parts) + "."
    if growth.height:
        top = growth.row(0, named=True)
        text += (
            f" Latest like-for-like change: {percent(top['growth_share'], signed=True)}, {top['period_label']} on {top['previous_label']}"
            f" ({top['reporter_name']})."
        )
    return text


def _distance(standing: Standing) -> str:
    if not standing.distance.height:
        return ""
    first = standing.distance.row(0, named=True)
    rows = standing.distance.filter(pl.col("target_id") == first["target_id"]).to_dicts()
    needs = []
    for row in rows:
        text = f"{row['multiple']:.1f} times {row['reporter_name']}'s {row['base_label']}"
        if row["growth_needed_share"] is not None:
            text += f" (growth of {percent(row['growth_needed_share'])} a year from there)"
        needs.append(text)
    due = f" by {first['due']:%-d %B %Y}" if first["due"] else ""
    return f"{first['title']}{due} is " + " and ".join(needs) + "."


def _corridor(corridors: CorridorSection) -> str:
    if not corridors.routes.height:
        return ""
    pair = corridors.routes.filter(pl.col("direction") == "a_to_b")["pair_label"][0]
    rows = corridors.routes.filter(pl.col("pair_label") == pair)
    usable = rows.filter(pl.col("status") == "open").sort("generalised_usd")
    if not usable.height:
        return f"No corridor is open for {pair}."
    best = usable.row(0, named=True)
    fast = usable.sort("days").row(0, named=True)
    text = (
        f"{pair}, 20 t: of the corridors open today {best['corridor']} costs least all told, USD {best['usd_20t']:,.0f} and"
        f" {best['days']:.0f} days (P95 {best['days_p95']:.0f})"
    )
    if fast["corridor_id"] != best["corridor_id"]:
        text += f"; {fast['corridor']} is fastest, {fast['days']:.0f} days for USD {fast['usd_20t']:,.0f}"
    return text + "."


def _closed(corridors: CorridorSection) -> str:
    shut = corridors.routes.filter((pl.col("status") == "closed") & (pl.col("direction") == "a_to_b"))
    if not shut.height:
        return ""
    names = list(dict.fromkeys(shut["corridor"]))
    places = corridors.closures.filter((pl.col("kind") == "closed") & (pl.col("corridors") != ""))
    gates = ", ".join(
        f"{r['place']} (last reported {r['last_seen']:%-d %B %Y})" if r["last_seen"] else r["place"]
        for r in places.iter_rows(named=True)
    )
    cheapest = (
        shut.filter(pl.col("pair_label") == shut["pair_label"][0]).sort("generalised_usd").row(0, named=True)
    )
    return (
        f"Closed: {', '.join(names)}, at {gates}. If open, {cheapest['corridor']} would cost"
        f" USD {cheapest['usd_20t']:,.0f} and {cheapest['days']:.0f} days on {cheapest['pair_label']}."
    )


def _plan(plan: PlanSection, as_of: date) -> str:
    if not plan.commitments.height:
        return ""
    total = plan.commitments.height
    done = int(plan.by_domain["done"].sum())
    unknown = int(plan.by_domain["unknown"].sum())
    late = int(plan.by_domain["late"].sum())
    soon = plan.commitments.filter(
        (pl.col("status") != "done")
        & (pl.col("due") >= as_of)
        & (pl.col("due") <= as_of.replace(year=as_of.year + 1))
    ).height
    return (
        f"The plan: {done} of {total} promises done on the evidence found, {late} late, {unknown} without evidence;"
        f" {soon} more fall due within a year.{_dearest(plan)}"
    )


def _dearest(plan: PlanSection) -> str:
    """The two promises that are worth most, in a sentence; empty where none is reckoned or worth anything."""
    rows = [r for r in plan.worth.iter_rows(named=True) if (r["usd_year"] or 0.0) > 0]
    rows = list({r["scenario_id"]: r for r in rows[::-1]}.values())[::-1][:2]
    said = []
    for row in rows:
        ends = [row["low_usd_year"], row["high_usd_year"]]
        span = "" if None in ends else f", {ends[0] / 1e6:.1f} to {ends[1] / 1e6:.1f} m"
        duty = (
            ", most of it duty no longer paid" if (row["duty_usd_year"] or 0.0) > row["usd_year"] / 2 else ""
        )
        said.append(f"{row['title']} (USD {row['usd_year'] / 1e6:.1f} m a year{span}{duty})")
    return f" Worth most to trade, on assumed inputs: {'; then '.join(said)}." if said else ""


def _chance(target: TargetSection) -> str:
    if not target.chances.height:
        return ""
    name = target.chances["target"][0]
    rows = target.chances.filter((pl.col("target") == name) & pl.col("probability").is_not_null())
    if not rows.height:
        return ""
    low, high = min(rows["probability"].to_list()), max(rows["probability"].to_list())
    text = f"{name}: the models give chances between {percent(low)} and {percent(high)}"
    if target.base_rate.height:
        base = target.base_rate.row(0, named=True)
        interval = f"{percent(base['low'])} to {percent(base['high'])}"
        text += (
            f"; of comparable country pairs {base['successes']} of {base['cases']} grew as much in as long"
        )
        text += f" (chance {percent(base['share'])}, {interval})"
    return text + "."


def _fit(corridors: CorridorSection) -> str:
    done = corridors.validation.filter(
        (pl.col("use") == "validate") & (pl.col("status") == "done") & pl.col("error_days").is_not_null()
    )
    if not done.height:
        return ""
    worst = done.sort(pl.col("error_days").abs(), descending=True).row(0, named=True)
    mean = sum(done["error_days"].to_list()) / done.height
    return (
        f"The model against {done.height} trial trips it was not fitted to: {mean:+.1f} days on average (model minus observed);"
        f" furthest off by {worst['error_days']:+.1f} days on {worst['route_label']}."
    )
