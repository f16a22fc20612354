"""The sentences a minister reads first, each from rows of the brief; none hangs on the order of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from karwan.amounts import dollars, grown, number, percent, usd_rough
from karwan.analysis.observed import error_summary, held_back
from karwan.analysis.sections import CorridorSection, PlanSection, Standing, TargetSection
from karwan.analysis.target_without import Span, chance_span, leaving_least
from karwan.case import Case
from karwan.trade.period import year_after
from karwan.trade.standing import SUBTRACTED, counted_by, main_target
from karwan.transport.network.stage import Row

OFFICIAL = pl.col("claimed") == "official"
DAY = "%-d %B %Y"
_LEAST_SAID = 5e4  # USD a year: a smaller worth is no headline


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
        trade_headline(standing, as_of),
        distance_headline(standing, as_of),
        unusual_headline(standing, target, as_of),
        corridor_headline(corridors),
        closed_headline(corridors),
        plan_headline(plan, as_of),
        worth_headline(plan, tuple(case.country_name(code) for code in case.parties.codes)),
        duty_headline(plan),
        chance_headline(target, standing, as_of),
        fit_headline(corridors),
    )
    return tuple(sentence for sentence in found if sentence)


def trade_headline(standing: Standing, as_of: date) -> str:
    """What each side's statistics say, what the newest figure is, and the newest change like for like."""
    if not standing.reported.height:
        return ""
    said = (_last_years(standing.annual), newest_figure(standing.reported, as_of), _changes(standing.growth))
    return " ".join(sentence for sentence in said if sentence)


def _last_years(annual: pl.DataFrame) -> str:
    """Latest full year by each side's statistics, with the kind of statistics."""
    totals = annual.filter((pl.col("direction") == "total") & OFFICIAL)
    rows = newest_of_each(totals)
    if not rows:
        return "No official figure of a whole year's trade both ways is known."
    parts = [
        f"{dollars(r['value_usd'])} in {r['year_label']} by {r['reporter_name']}'s {counted_by(r['statistics'])}"
        for r in rows
    ]
    kinds = {r["statistics"] for r in rows}
    apart = " Customs and payments do not compare." if {"customs", "payments"} <= kinds else ""
    return f"Trade both ways: {'; '.join(parts)}.{apart}"


def newest_of_each(table: pl.DataFrame) -> list[Row]:
    """Newest row of each reporter, reporters by name; of rows that end together the one that starts last."""
    order = ["period_end", "period_start"]
    rows = {r["reporter_name"]: r for r in table.sort(*order, "reporter_name").iter_rows(named=True)}
    return [rows[name] for name in sorted(rows)]


def newest_figure(reported: pl.DataFrame, as_of: date) -> str:
    """Day the newest statistic ends on, with a warning where the year of the day has none yet."""
    known = reported.filter((pl.col("value_kind") == "trade") & OFFICIAL)
    if not known.height:
        return f"No official trade figure is known on {as_of:{DAY}}."
    newest = known.sort("period_end", "reporter_name", descending=[True, False]).row(0, named=True)
    stale = newest["period_end"].year < as_of.year
    what = f"No {as_of.year} figure is known: the newest" if stale else "The newest figure"
    return f"{what} ends on {newest['period_end']:{DAY}} ({newest['reporter_name']})."


def _changes(growth: pl.DataFrame) -> str:
    """Newest change like for like of each side, up or down, and that of the whole period where it is the tail of a longer one."""
    rows = official_changes(growth)
    newest = newest_of_each(rows)
    if not newest:
        return ""
    newest.sort(key=lambda row: row["period_end"], reverse=True)
    return f"Newest like-for-like change both ways: {'; '.join(_change(row, rows) for row in newest)}."


def official_changes(growth: pl.DataFrame) -> pl.DataFrame:
    """Like-for-like changes of all goods both ways in official statistics."""
    return growth.filter((pl.col("direction") == "total") & (pl.col("product_group") == "all") & OFFICIAL)


def whole_of(row: Row, rows: pl.DataFrame) -> pl.DataFrame:
    """Changes of the same side that end with one and start earlier, the longest first: that change is their tail."""
    same = (pl.col("reporter") == row["reporter"]) & (pl.col("period_end") == row["period_end"])
    return rows.filter(same & (pl.col("period_start") < row["period_start"])).sort("period_start")


def _change(row: Row, rows: pl.DataFrame) -> str:
    whole = whole_of(row, rows)
    how = f", {SUBTRACTED}" if row["how"] == SUBTRACTED else ""
    text = (
        f"{grown(row['growth_share'])} by {row['reporter_name']}'s {counted_by(row['statistics'])}"
        f" ({row['period_label']} on {row['previous_label']}{how}"
    )
    if whole.height:
        long = whole.row(0, named=True)
        text += f"; {long['period_label']} as a whole {grown(long['growth_share'])}"
    return text + ")"


def distance_headline(standing: Standing, as_of: date) -> str:
    """How far each side's latest full year is from the target."""
    rows = list(main_target(standing.distance, as_of).iter_rows(named=True))
    if not rows:
        return ""
    needs = " and ".join(_need(row, standing.unusual) for row in rows)
    return f"{rows[0]['title']}{_due(rows[0])}{_unset(rows[0])} is {needs}.{_other_days(standing.distance, rows[0], as_of)}"


def _due(row: Row) -> str:
    return " (no date is set)" if row["due"] is None else f" by {row['due']:{DAY}}"


def _unset(row: Row) -> str:
    """A word where the date is only the end of the plan."""
    return " (the plan's end; its text sets no day)" if row["due_basis"] == "plan_period" else ""


def _other_days(distance: pl.DataFrame, row: Row, as_of: date) -> str:
    """Days that sources name for the same value, where the date taken is only the plan's end."""
    if row["due_basis"] != "plan_period":
        return ""
    named = distance.filter(
        (pl.col("target_usd") == row["target_usd"])
        & (pl.col("due_basis") == "published")
        & (pl.col("due") >= as_of)
    )
    days = [f"{day:{DAY}}" for day in sorted(set(named["due"]))]
    return f" Days that were named for it: {', '.join(days)}." if days else ""


def _need(row: Row, unusual: pl.DataFrame) -> str:
    year = f"{row['reporter_name']}'s {row['base_label']}"
    if row["multiple"] is None:
        return f"far from {year}, which shows no trade"
    text = f"{row['multiple']:.1f} times {year}"
    if row["multiple"] <= 1.0:
        return f"{text}: reached"
    beside = []
    if row["growth_needed_share"] is not None:
        beside = [f"growth of {percent(row['growth_needed_share'])} a year from there"]
    elif row["due"] is not None:
        beside = ["its date has passed"]
    beside += _need_without(row, unusual)
    return f"{text} ({'; '.join(beside)})" if beside else text


def _need_without(row: Row, unusual: pl.DataFrame) -> list[str]:
    """How many times the year is had the months that it rests on been as a year before; empty where there are none."""
    same = (pl.col("reporter") == row["reporter"]) & (pl.col("year_label") == row["base_label"])
    return [
        f"{'at least ' if r['at_most'] else ''}{row['target_usd'] / r['without_usd']:.1f} times had {r['direction_label']} in {r['months_label']} been as a year before"
        for r in unusual.filter(same & (pl.col("without_usd") > 0.0)).iter_rows(named=True)
    ]


def unusual_headline(standing: Standing, target: TargetSection, as_of: date) -> str:
    """Months that each side's latest year rests on and the year before has not, and the chances of the target had they been as then."""
    years: dict[str, list[str]] = {}
    for row in standing.unusual.iter_rows(named=True):
        part = f"{dollars(row['value_usd'])} {row['direction_label']} in {row['months_label']}, {_fold(row)}"
        years.setdefault(f"{row['reporter_name']}'s {row['year_label']}", []).append(part)
    if not years:
        return ""
    said = [f"{year} holds {' and '.join(parts)}" for year, parts in years.items()]
    chances = list(_chances_without(standing, target, as_of))
    if chances:
        said.append(
            f"chance of {_main_aim(standing, as_of)} with them as a year before: {', '.join(chances)}"
        )
    return f"Out of line with the year before: {'; '.join(said)}."


def _fold(row: Row) -> str:
    """How many times the same months a year before unusual months are; `row` of `results/standing_unusual.csv`."""
    if row["fold"] is None:
        return "none a year before"
    times = number(row["fold"], 0 if row["fold"] >= 10.0 else 1)
    return f"{'at least ' if row['at_most'] else ''}{times} times a year before"


def _main_aim(standing: Standing, as_of: date) -> str:
    """The main target and its day, as the headline on distance names it."""
    aim = main_target(standing.distance, as_of).row(0, named=True)
    return f"{aim['title']}{_due(aim)}"


def _chances_without(standing: Standing, target: TargetSection, as_of: date) -> Iterator[str]:
    """Chances of the main target with those unusual months as a year before that leave least of each side's last year; nothing where there are none."""
    aims = main_target(standing.distance, as_of)
    if not aims.height:
        return
    rows = target.without.filter(pl.col("target") == aims["title"][0])
    for row in (
        leaving_least(rows).unique("reporter", keep="first", maintain_order=True).iter_rows(named=True)
    ):
        chance = f"{percent(row['probability'])} from {dollars(row['base_usd'])}{_rate(row)}"
        yield f"{row['reporter_name']} {chance}"


def _rate(row: Row) -> str:
    rate = row["rate_text"]
    return "" if rate is None else f" (base rate {rate})"


def corridor_headline(corridors: CorridorSection) -> str:
    """The best corridor in money and time of those open, the fastest and the cheapest, the last with who sanctions it."""
    rows = _first_pair(corridors)
    if not rows.height:
        return ""
    pair = rows["pair_label"][0]
    usable = rows.filter(pl.col("status") == "open").sort("generalised_usd", "corridor_id")
    if not usable.height:
        return f"No corridor is open for {pair}."
    best = usable.row(0, named=True)
    fast = usable.sort("days", "corridor_id").row(0, named=True)
    text = (
        f"{pair}, 20 t, by the model: of the corridors open as last reported {best['corridor']} costs least in money and time together,"
        f" {_price(best)} and {best['days']:.0f} days (P95 {best['days_p95']:.0f}{_resting(best)})"
    )
    if fast["days"] < best["days"]:
        text += f"; {fast['corridor']} is fastest, {fast['days']:.0f} days for {_price(fast)}"
    return f"{text}{_cheapest(usable, best)}."


def _resting(row: Row) -> str:
    """How much of a corridor's money and hours is assumed; nothing where none is."""
    share = row.get("assumed_share")
    return f"; {percent(share)} of it assumed" if share else ""


def _cheapest(usable: pl.DataFrame, best: Row) -> str:
    """The cheapest corridor where it is another than the best; nothing where it is that."""
    row = min(usable.sort("corridor_id").iter_rows(named=True), key=_paid)
    if _paid(row) >= _paid(best):
        return ""
    sanctions = row.get("sanctions")
    met = f", sanctions: {sanctions}" if sanctions else ""
    return f"; {row['corridor']} is cheapest, {_price(row)} and {row['days']:.0f} days{met}"


def _paid(row: Row) -> float:
    """All that is paid for the load; its freight where no more is known."""
    return float(row.get("all_told_usd") or row["usd_20t"])


def _price(row: Row) -> str:
    freight = f"{row['usd_20t']:,.0f}"
    told = row.get("all_told_usd")
    return f"USD {told:,.0f} all told (freight {freight})" if told else f"USD {freight}"


def _first_pair(corridors: CorridorSection) -> pl.DataFrame:
    """Routes from the first party to the second between the pair of places the brief is for, corridors by rank."""
    routes = corridors.routes.filter(pl.col("direction") == "a_to_b")
    if not routes.height:
        return routes
    wanted = dict(corridors.reference.iter_rows()).get("pair")
    pair = wanted if wanted in set(routes["pair_label"]) else routes["pair_label"][0]
    ranks = corridors.corridors.select("corridor_id", "rank").unique("corridor_id")
    own = routes.filter(pl.col("pair_label") == pair).join(ranks, on="corridor_id", how="left")
    return own.sort("rank", "corridor_id", nulls_last=True)


def closed_headline(corridors: CorridorSection) -> str:
    """Which corridors are shut, where, when that was last reported, and what the cheapest of them would cost."""
    rows = _first_pair(corridors)
    shut = rows.filter(pl.col("status") == "closed") if rows.height else rows
    if not shut.height:
        return ""
    places = corridors.closures.filter((pl.col("kind") == "closed") & (pl.col("corridors") != ""))
    gates = ", ".join(
        f"{r['place']}{_seen(r)}" for r in places.sort("place", "last_seen").iter_rows(named=True)
    )
    best = shut.sort("generalised_usd", "corridor_id", nulls_last=True).row(0, named=True)
    text = f"Closed as last reported: {', '.join(shut['corridor'])}{f', at {gates}' if gates else ''}."
    if best["usd_20t"] is not None:
        text += f" If open, {best['corridor']} would cost USD {best['usd_20t']:,.0f} and {best['days']:.0f} days on {best['pair_label']}."
    return text


def _seen(row: Row) -> str:
    """Day a closure was last reported, or announced where that was before it began."""
    if row["last_seen"] is None:
        return ""
    told = "announced on " if str(row["last_seen"]) < str(row.get("since") or "") else ""
    return f" ({told}{row['last_seen']:{DAY}})"


def plan_headline(plan: PlanSection, as_of: date) -> str:
    """How many promises are done, late, unknown or due soon, and which are overdue in part."""
    if not plan.commitments.height:
        return ""
    table = plan.commitments.filter(pl.col("kind") == "promise")
    private = plan.commitments.height - table.height
    done, unknown = ((table["status"] == status).sum() for status in ("done", "unknown"))
    whole = table.filter((pl.col("status") != "done") & pl.col("due_part").is_null())
    soon = whole.filter((pl.col("due") >= as_of) & (pl.col("due") <= year_after(as_of)))
    ending = soon.filter(pl.col("due_basis") == "plan_period").height
    only = f", {ending} of them at the end of a plan" if ending else ""
    return (
        f"The plan: {done} of {table.height} promises done on the evidence found, {table['late'].sum()} past their date and not known to be"
        f" done, {unknown} without evidence; {soon.height} more fall due within a year{only}.{_late_parts(table)}{_private(plan.commitments, private)}"
    )


def _private(table: pl.DataFrame, count: int) -> str:
    """Contracts of companies, which no government promised, and what of them is overdue."""
    if not count:
        return ""
    late = table.filter((pl.col("kind") != "promise") & (pl.col("part_late") | pl.col("late")))
    overdue = "; ".join(
        f"{row['due_part'] + ' of ' if row['due_part'] else ''}“{row['title']}”, due {row['due']:{DAY}}"
        for row in late.sort("due", "commitment_id").iter_rows(named=True)
    )
    said = f", of them past their date and not known to be done: {overdue}" if overdue else ""
    return f" Not counted: contracts of companies ({count}){said}."


def _late_parts(table: pl.DataFrame) -> str:
    """Promises of which only a part is overdue: the oldest by name."""
    late = table.filter(pl.col("part_late")).sort("due", "commitment_id")
    if not late.height:
        return ""
    row = late.row(0, named=True)
    count = "One has" if late.height == 1 else f"{late.height} have"
    return f" {count} a part past its date and not known to be done: {row['due_part']} of “{row['title']}”, due {row['due']:{DAY}}."


def worth_headline(plan: PlanSection, names: tuple[str, ...] = ()) -> str:
    """The two promises that are worth most net of duty, and who gains and who loses by each where trade answers.

    Empty where nothing is reckoned; `names` are those of the two parties.
    """
    order = ["net_usd_year", "due", "commitment_id"]
    best = [
        _worth_words(row, names)
        for row in _once(plan, order, [True, False, False])
        if row["net_usd_year"] >= _LEAST_SAID
    ]
    years = [row["flows_year"] for row in plan.worth.iter_rows(named=True) if row.get("flows_year")]
    valued = f", at the trade of {years[0]}" if years else ""
    return (
        f"Worth most to trade net of duty, on assumed inputs{valued}: {'; then '.join(best[:2])}."
        if best
        else ""
    )


def duty_headline(plan: PlanSection) -> str:
    """The promise whose worth is most of all duty no longer paid, which is no worth; empty where no duty falls."""
    given = _once(plan, ["duty_usd_year", "commitment_id"], [True, False])
    if not given or given[0]["duty_usd_year"] < _LEAST_SAID:
        return ""
    row = given[0]
    return (
        f"What models “{row['title']}” would spare trade USD {usd_rough(row['duty_usd_year'])} a year of duty: a transfer from the"
        " treasuries, not counted as worth."
    )


def _once(plan: PlanSection, order: list[str], descending: list[bool]) -> list[Row]:
    """Rows with a worth in this order, each scenario once by its best row, so that none is counted under two titles."""
    if not plan.worth.height:
        return []
    known = plan.worth.filter(pl.col("net_usd_year").is_not_null())
    by_worth = known.sort(
        "net_usd_year", "due", "commitment_id", descending=[True, False, False], nulls_last=True
    )
    once = by_worth.unique("scenario_id", keep="first", maintain_order=True)
    return once.sort(order, descending=descending, nulls_last=True).to_dicts()


def _worth_words(row: Row, names: tuple[str, ...]) -> str:
    ends = [row["low_net_usd_year"], row["high_net_usd_year"]]
    span = "" if None in ends else f", {usd_rough(ends[0])} to {usd_rough(ends[1])}"
    supposed = f", modelled as: {row['modelled_as']}" if row["modelled_as"] else ""
    return f"{row['title']}{supposed} (USD {usd_rough(row['net_usd_year'])} a year{span}{_sides(row, names)})"


def _sides(row: Row, names: tuple[str, ...]) -> str:
    """What each party gains or loses where trade answers; empty where that is not reckoned."""
    each = {name: column for name, column in zip(names, ("usd_year_ge_a", "usd_year_ge_b"), strict=False)}
    if not each or any(row.get(column) is None for column in each.values()):
        return ""
    said = [
        f"{name} {'loses' if row[column] < 0 else 'gains'} {usd_rough(abs(row[column]))}{_band(row, column)}"
        for name, column in each.items()
    ]
    return f"; where all trade answers {', '.join(said)}"


def _band(row: Row, column: str) -> str:
    """' (1.5 m to 15 m)': the band of a gain or loss as amounts, where draws tell one and all of it has one sign."""
    low, high = row.get(f"low_{column}"), row.get(f"high_{column}")
    if low is None or high is None:
        return ""
    if not low < 0 < high:
        low, high = sorted((abs(low), abs(high)))
    return f" ({usd_rough(low)} to {usd_rough(high)})"


def chance_headline(target: TargetSection, standing: Standing, as_of: date) -> str:
    """Chances by the models of each side's own past, and what comparable pairs did, with the years both had."""
    aims = main_target(standing.distance, as_of)
    if not aims.height:
        return ""
    aim = aims.row(0, named=True)
    rows = target.chances.filter(
        (pl.col("target") == aim["title"]) & pl.col("probability").is_not_null()
    ).sort("model")
    said = _model_chances(chance_span(rows, target.without, aim["title"]))
    said += [
        f"{r['model']} {percent(r['probability'])}, {percent(r['low'])} to {percent(r['high'])} ({r['basis_text']})"
        for r in rows.filter(pl.col("model").str.ends_with("base rate")).iter_rows(named=True)
    ]
    return f"{aim['title']}{_due(aim)}: {'; '.join(said)}." if said else ""


def _model_chances(span: Span | None) -> list[str]:
    """Range of the models' chances over both sides, and the most with a model's own error."""
    if span is None:
        return []
    less = ", with and without its unusual months," if span.less else ""
    return [
        f"models of each side's own past{less} give a chance of {span.words}, with their own error up to {percent(span.most)}"
    ]


def fit_headline(corridors: CorridorSection) -> str:
    """How far the model is from the trips held back: mean absolute error first, the signed one beside it."""
    held = held_back(corridors.validation)
    done = held.sort(pl.col("error_days").abs(), "trip_id", descending=[True, False])
    if not done.height:
        return ""
    mean = error_summary(done).row(0, named=True)
    worst = done.row(0, named=True)
    return (
        f"The model against {done.height} trial trips it was not fitted to: off by {number(mean['mean_abs_error_days'], 1)} days on average"
        f" (mean absolute error, n = {done.height}), {_signed(mean['mean_error_days'])} with its sign (model minus observed);"
        f" {done['in_band'].sum()} lie between its P5 and P95; furthest off by"
        f" {_signed(worst['error_days'])} days on {worst['route_label']}."
    )


def _signed(value: float) -> str:
    text = number(value, 1)
    return f"+{text}" if value > 0 and text.strip("0.") else text
