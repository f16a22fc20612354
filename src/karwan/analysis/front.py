"""The first two pages of the brief: what a minister carries into the meeting, each table of rows with their sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from karwan.analysis.consent import scenario_consent
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.front_ways import ways_table
from karwan.analysis.goods_shown import is_far, verdict_counts
from karwan.analysis.headlines import newest_of_each, official_changes, whole_of
from karwan.analysis.observed import error_summary, held_back
from karwan.analysis.sections import CorridorSection, FrontSection, PlanSection, Standing
from karwan.analysis.target_without import leaving_least
from karwan.analysis.turnover import Series, turnover_series, turnover_targets
from karwan.appraisal.verdict import NO, ONLY_IF, YES
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.trade.forecast import fit_walk
from karwan.trade.parties import DIRECTIONS, Parties
from karwan.trade.standing import OFFICIAL, main_target
from karwan.transport.network.stage import Row

SOON_DAYS, GOODS = 60, 3
_GOOD_ORDER = (YES, ONLY_IF, NO)
LEAST_USD = 1e6  # a year: less is nothing to carry into a meeting
_UNUSUAL = (
    "reporter_name",
    "year_label",
    "months_label",
    "value_usd",
    "fold",
    "at_most",
    "without_usd",
    "source_id",
)
_CHANGE = (
    "reporter_name",
    "statistics",
    "growth_share",
    "period_label",
    "previous_label",
    "value_usd",
    "previous_value_usd",
    "how",
    "source_id",
)


def front_section(
    study: CorridorStudy,
    standing: Standing,
    corridors: CorridorSection,
    plan: PlanSection,
    goods: pl.DataFrame,
    without: pl.DataFrame,
) -> FrontSection:
    """Tables of the first two pages; see `FrontSection`.

    Parameters
    ----------
    goods
        Verdicts on the goods, as `karwan.analysis.goods_verdicts.verdict_table` gives them.
    without
        Chances with unusual months as a year before, as `karwan.analysis.target_without.chances_without` gives them.
    """
    case, as_of = study.case, study.as_of
    parties = (case.settings.party_a, case.settings.party_b)
    return FrontSection(
        momentum=momentum_table(standing.growth),
        totals=totals_table(standing, as_of),
        goods=best_goods(goods),
        promises=owed_table(plan, parties, _consents(study, plan)),
        due=due_table(plan, as_of),
        outlook=outlook_table(case, standing.annual, as_of, without),
        ways=ways_table(study, corridors.routes),
        law=unsettled_law(case["regimes"], parties),
        errors=errors_table(corridors.validation),
        without=without_table(standing, case.parties, as_of),
        load=reference_verdict(goods, case.settings.reference_product),
    )


def momentum_table(growth: pl.DataFrame) -> pl.DataFrame:
    """Newest official change of each side over the same months of two years, up or down, the newest first; beside it that of the whole period."""
    changes = official_changes(growth)
    rows = []
    for row in sorted(newest_of_each(changes), key=lambda row: row["period_end"], reverse=True):
        whole = whole_of(row, changes)
        rows.append(
            {name: row[name] for name in _CHANGE} | (_whole(whole.row(0, named=True)) if whole.height else {})
        )
    return result_frame("front_momentum", rows)


def _whole(row: Row) -> Row:
    """Columns of the longer period that the newest months are the tail of."""
    return {
        "whole_label": row["period_label"],
        "whole_previous_label": row["previous_label"],
        "whole_share": row["growth_share"],
        "whole_usd": row["value_usd"],
        "whole_previous_usd": row["previous_value_usd"],
        "whole_source_id": row["source_id"],
    }


def totals_table(standing: Standing, as_of: date) -> pl.DataFrame:
    """Newest twelve months both ways of each side by each kind of figure: statistics, speech, press, never added."""
    totals = standing.annual.filter(pl.col("direction") == "total")
    aims = main_target(standing.distance, as_of)
    aim = aims["target_usd"][0] if aims.height else None
    found: dict[tuple[str, str], Row] = {}
    for row in totals.sort("period_end", "period_start").iter_rows(named=True):
        found[row["reporter_name"], _counted(row)] = row
    official = {name: row for (name, _), row in found.items() if row["claimed"] == OFFICIAL}
    rows = []
    for (name, counted), row in sorted(
        found.items(), key=lambda one: (one[0][0], one[1]["claimed"] != OFFICIAL)
    ):
        newest = official.get(name)
        if newest and row["period_end"] < newest["period_start"]:
            continue  # what was counted or said before the newest statistics is history
        times = aim / row["value_usd"] if aim and row["value_usd"] else None
        rows.append(
            {
                "reporter_name": name,
                "counted": counted,
                "period_label": row["year_label"],
                "target_multiple": times,
                **{key: row[key] for key in ("value_usd", "basis", "source_id")},
            }
        )
    return result_frame("front_totals", rows)


def without_table(standing: Standing, parties: Parties, as_of: date) -> pl.DataFrame:
    """Each side's latest full year had the months that it rests on been as a year before."""
    aims = main_target(standing.distance, as_of)
    aim = aims["target_usd"][0] if aims.height else None
    counted = {
        (row["reporter"], row["year_label"]): _counted(row)
        for row in standing.annual.iter_rows(named=True)
        if row["direction"] == "total" and row["claimed"] == OFFICIAL
    }
    rows = []
    for row in standing.unusual.iter_rows(named=True):
        ends = parties.ends(row["direction"]) if row["direction"] in DIRECTIONS else (None, None)
        rows.append(
            {
                **{name: row[name] for name in _UNUSUAL},
                "counted": counted.get((row["reporter"], row["year_label"])),
                "exporter": ends[0],
                "importer": ends[1],
                "target_multiple": aim / row["without_usd"] if aim and row["without_usd"] > 0.0 else None,
            }
        )
    return result_frame("front_without", rows)


def _counted(row: Row) -> str:
    """Kind of a figure: 'customs', 'payments' or 'statistics' where official, else who said it."""
    return (row["statistics"] or "statistics") if row["claimed"] == OFFICIAL else str(row["claimed"])


def best_goods(verdicts: pl.DataFrame, count: int = GOODS) -> pl.DataFrame:
    """Goods that sell, the largest first; then those that would if one input moved, the shortest way first; then the nearest misses.

    Of these each, goods come after the others that need a cut that is no plan, before them those on another's old price that no index follows,
    before them those whose bound is under `LEAST_USD` or not known.

    A good whose verdict is unknown is none of them, and fewer than `count` are an answer.
    """
    known = [row for row in verdicts.iter_rows(named=True) if row["verdict"] in _GOOD_ORDER]
    counts = {f"goods_{kind}": number for kind, number in verdict_counts(verdicts).items()}
    rows = sorted(known, key=_good_order)[:count]
    return _goods_frame(row | counts for row in rows)


def reference_verdict(verdicts: pl.DataFrame, product_id: str) -> pl.DataFrame:
    """The verdict on one good, with the columns of `best_goods`."""
    return _goods_frame(verdicts.filter(pl.col("product_id") == product_id).iter_rows(named=True))


def _goods_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Verdicts with the columns of `results/front_goods.csv`, blank where a row has none."""
    columns = list(result_frame("front_goods").columns)
    return result_frame("front_goods", [{name: row.get(name) for name in columns} for row in rows])


def _good_order(row: Row) -> tuple[int, bool, bool, bool, float, float, str]:
    way = _way_to_go(row) if row["verdict"] != YES else 0.0
    bound = _figure(row, "bound_usd")
    ground = (is_far(row), bool(row["price_old"]), bound < LEAST_USD)
    return _GOOD_ORDER.index(row["verdict"]), *ground, way, -bound, row["product_id"]


def _way_to_go(row: Row) -> float:
    """Share by which the deciding input, or the landed price itself, is too high, none where it may rise; inf where a ban decides or no rival is known."""
    now, at = row["switch_now"], row["switch_at"]
    if row["verdict"] == NO:
        now, at = row["landed_usd_t"], row["rival_usd_t"]
    return float("inf") if not now or at is None else max(0.0, now - at) / now


def _consents(study: CorridorStudy, plan: PlanSection) -> dict[str, tuple[str, ...]]:
    """Countries whose consent each scenario of a promise supposes; of none where the case has no folder to read them from."""
    if study.case.folder is None or not plan.commitments.height:
        return {}
    names = plan.commitments["scenario_id"].drop_nulls().unique().sort()
    return {name: scenario_consent(study.case, study.scenario(name)) for name in names}


def owed_table(
    plan: PlanSection, parties: Sequence[str], consents: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """Promises not done that one side's act keeps, by worth net of duty, then by hours saved, one a scenario.

    What one side owes is an ask of the other and its own offer. A promise nobody has reckoned keeps its row without a rank.

    Parameters
    ----------
    consents
        Countries whose consent a scenario supposes, by scenario: a promise of one side may be modelled by what needs others too.
    """
    commitments = plan.commitments
    if not commitments.height:
        return result_frame("front_promises")
    worth = (
        {row["commitment_id"]: row for row in plan.worth.iter_rows(named=True)} if plan.worth.height else {}
    )
    owed = commitments.filter(
        pl.col("owner").is_in(list(parties)) & (pl.col("status") != "done") & (pl.col("kind") == "promise")
    )
    rows: list[Row] = []
    for owner in parties:
        own = [
            _owed(row, worth.get(row["commitment_id"]), consents)
            for row in owed.iter_rows(named=True)
            if row["owner"] == owner
        ]
        rows += _ranked(own)
    return result_frame("front_promises", rows)


def _owed(row: Row, worth: Row | None, consents: Mapping[str, Sequence[str]]) -> Row:
    own = ("owner", "commitment_id", "title", "status", "due", "due_basis", "scenario_id", "source_id")
    figures = ("net_usd_year", "low_net_usd_year", "high_net_usd_year", "hours_t", "shared", "basis")
    known = worth is not None and worth["net_usd_year"] is not None
    others = [code for code in consents.get(row["scenario_id"] or "", ()) if code != row["owner"]]
    return (
        {name: row[name] for name in own}
        | {"also_needs": others}
        | ({name: worth[name] for name in figures} if known and worth else {})
    )


def _ranked(rows: list[Row]) -> list[Row]:
    """Rows in order: those that gain money or hours with a rank, of one scenario the first due only; the others after them."""

    def order(row: Row) -> tuple[float, float, date, str]:
        return (
            -_figure(row, "net_usd_year"),
            -_figure(row, "hours_t"),
            row["due"] or date.max,
            row["commitment_id"],
        )

    kept: dict[str, Row] = {}
    rest = []
    for row in sorted(rows, key=order):
        if _figure(row, "net_usd_year") > 0 or _figure(row, "hours_t") > 0:
            kept.setdefault(row["scenario_id"], row)
        else:
            rest.append(row)
    return [row | {"rank": k} for k, row in enumerate(kept.values(), start=1)] + rest


def _figure(row: Row, name: str) -> float:
    return float(row.get(name) or 0.0)


def due_table(plan: PlanSection, as_of: date, days: int = SOON_DAYS) -> pl.DataFrame:
    """Promises, parts of promises and milestones due from a day on, published days before ends of the plan, then by worth."""
    last = as_of + timedelta(days=days)
    soon = (pl.col("due") >= as_of) & (pl.col("due") <= last) & (pl.col("status") != "done")
    worth = dict(plan.worth.select("commitment_id", "net_usd_year").iter_rows()) if plan.worth.height else {}
    rows = [
        {
            "date": row["due"],
            "what": f"{row['due_part']} of “{row['title']}”" if row["due_part"] else row["title"],
            "kind": "part of a promise" if row["due_part"] else "promise",
            "due_basis": row["due_basis"],
            "status": row["status"],
            "row_id": row["commitment_id"],
            "net_usd_year": worth.get(row["commitment_id"]),
            "source_id": row["source_id"],
        }
        for row in plan.commitments.filter(soon & (pl.col("kind") == "promise")).iter_rows(named=True)
    ]
    ahead = plan.milestones.filter(
        (pl.col("date") >= as_of) & (pl.col("date") <= last) & (pl.col("state") != "past")
    )
    rows += [
        {
            "date": row["date"],
            "what": row["title"],
            "kind": "milestone",
            "due_basis": "published",
            "status": row["state"],
            "row_id": row["milestone_id"],
            "source_id": row["source_id"],
        }
        for row in ahead.iter_rows(named=True)
    ]
    rows.sort(
        key=lambda row: (
            row["due_basis"] != "published",
            row["date"],
            -_figure(row, "net_usd_year"),
            row["row_id"],
        )
    )
    return result_frame("front_due", rows)


def outlook_table(case: Case, annual: pl.DataFrame, as_of: date, without: pl.DataFrame) -> pl.DataFrame:
    """Turnover that each side's own past makes likely on the days of its targets: median, 5 and 95 %, and the target's chance.

    Method: random walk without drift, Student t (`karwan.trade.forecast.fit_walk`), the way with the better score of those that forecast
    a figure. Nothing where a side has fewer than two full years or no target lies ahead. Where the last year rests on unusual months, the same
    with them as a year before stands below: of several stretches the one that leaves least.
    """
    targets = turnover_targets(case, as_of).unique("due", keep="first", maintain_order=True)
    rows = []
    for reporter in (case.settings.party_a, case.settings.party_b):
        series = turnover_series(case, annual, reporter, as_of) if targets.height else None
        if series is None:
            continue
        walk = fit_walk(series.times, series.values, drifting=False)
        for target in targets.iter_rows(named=True):
            years = series.years_to(target["due"])
            rows.append(
                {
                    "reporter_name": series.name,
                    "by": target["due"],
                    "base_label": series.labels[-1],
                    "base_usd": float(series.values[-1]),
                    "p05_usd": walk.quantile_t(0.05, years),
                    "p50_usd": walk.quantile_t(0.5, years),
                    "p95_usd": walk.quantile_t(0.95, years),
                    "target_usd": target["value"],
                    "probability": walk.chance_t(target["value"], years),
                    "steps": len(series.values) - 1,
                }
            )
        rows += _outlook_without(without, series, set(targets["due"]))
    return result_frame("front_outlook", rows)


def _outlook_without(without: pl.DataFrame, series: Series, days: Collection[date]) -> list[Row]:
    """Outlook of one side with those unusual months as a year before that leave least of its last year."""
    own = without.filter((pl.col("reporter") == series.reporter) & pl.col("by").is_in(list(days)))
    same = (
        "reporter_name",
        "by",
        "base_label",
        "base_usd",
        "p05_usd",
        "p50_usd",
        "p95_usd",
        "probability",
        "target_usd",
        "less",
        "probability_with",
        "last_step_share",
        "last_step_with_share",
    )
    once = leaving_least(own).unique("by", keep="first", maintain_order=True).select(same)
    return [row | {"steps": len(series.values) - 1} for row in once.iter_rows(named=True)]


def unsettled_law(regimes: pl.DataFrame, parties: Sequence[str]) -> pl.DataFrame:
    """Agreements of the two countries alone that no source says are in force."""
    rows = [
        {name: row[name] for name in ("regime_id", "name", "state", "signed", "source_id")}
        for row in regimes.sort("regime_id").iter_rows(named=True)
        if set(row["parties"]) == set(parties) and row["state"] != "in_force"
    ]
    return result_frame("front_law", rows)


def errors_table(validation: pl.DataFrame) -> pl.DataFrame:
    """How far the model is from the trips it was not fitted to; empty where none was held back."""
    held = held_back(validation)
    rows = [
        {name: row[name] for name in ("trips", "mean_abs_error_days", "mean_error_days")}
        | {"in_band": int(held["in_band"].sum())}
        for row in error_summary(held).iter_rows(named=True)
    ]
    return result_frame("front_errors", rows)
