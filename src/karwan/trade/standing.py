"""Where two countries' trade stands: each side's figures, like compared with like only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from karwan.trade.cumulated import rest_of_periods
from karwan.trade.parties import Parties
from karwan.trade.period import year_before, years_between

Row = dict[str, Any]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIRM = {"official": 0, "press": 1, "speech": 2, None: 3}
COUNTED = {"customs": 0, "payments": 1, None: 2}
SPOKEN, OFFICIAL = "speech", "official"
PUBLISHED, SUBTRACTED = "published", "by subtraction"


def period_label(start: date, end: date, kind: str) -> str:
    """A period as a reader says it: '2024', 'FY 2024/25', 'Jan–Jul 2025', 'Feb 2026'."""
    if kind == "calendar_year" and (start.month, start.day) == (1, 1):
        return str(start.year)
    if kind == "fiscal_year":
        return f"FY {start.year}/{end.year % 100:02d}"
    first, last = MONTHS[start.month - 1], MONTHS[end.month - 1]
    if (start.year, start.month) == (end.year, end.month):
        return f"{first} {start.year}"
    if start.year == end.year:
        return f"{first}–{last} {end.year}"
    return f"{first} {start.year}–{last} {end.year}"


def known_flows(flows: pl.DataFrame, sources: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Published figures whose period has ended by `as_of`, with totals added where one side gives both directions.

    Returns
    -------
    The flows with value, plus columns `period_label`, `printed` (year of the first source, 0 where unknown) and `derived` (True for added
    totals, whose basis is 'computed').
    """
    known = flows.filter((pl.col("period_end") <= as_of) & pl.col("value_usd").is_not_null())
    printed = dict(sources.select("source_id", "year").iter_rows())
    rows = known.with_columns(derived=pl.lit(False)).to_dicts()
    for row in rows:
        row["printed"] = printed.get(row["source_id"].split(";")[0]) or 0
    rows += _derived_totals(rows)
    for row in rows:
        row["period_label"] = period_label(row["period_start"], row["period_end"], row["period_kind"])
    schema: dict[str, Any] = {
        **flows.schema,
        "derived": pl.Boolean,
        "printed": pl.Int64,
        "period_label": pl.String,
    }
    table = pl.DataFrame(rows, schema=schema)
    return table.sort("period_end", "period_start", "reporter", "direction", "product_group", "flow_id")


def _slot(row: Row) -> tuple[Any, ...]:
    return (row["reporter"], row["period_start"], row["period_end"], row["product_group"], row["value_kind"])


def _derived_totals(rows: list[Row]) -> list[Row]:
    """Totals of one side for one period from its two directions of one kind of statistics, where it publishes no total."""
    best: dict[tuple[Any, ...], dict[str, Row]] = {}
    for row in rows:
        slot = (*_slot(row), row["statistics"])
        held = best.setdefault(slot, {}).get(row["direction"])
        if held is None or _firmness(row) < _firmness(held):
            best[slot][row["direction"]] = row
    added = []
    for sides in best.values():
        if not {"a_to_b", "b_to_a"} <= set(sides) or sides["a_to_b"]["value_kind"] != "trade":
            continue
        out, back = sides["a_to_b"], sides["b_to_a"]
        if "total" in sides and FIRM[sides["total"]["claimed"]] <= max(
            FIRM[out["claimed"]], FIRM[back["claimed"]]
        ):
            continue
        sources = ";".join(dict.fromkeys(f"{out['source_id']};{back['source_id']}".split(";")))
        added.append(
            {
                **out,
                "claimed": max(out["claimed"], back["claimed"], key=FIRM.__getitem__),
                "flow_id": f"{out['flow_id']}+{back['flow_id']}",
                "direction": "total",
                "product_id": None,
                "value_usd": out["value_usd"] + back["value_usd"],
                "quantity_t": None,
                "growth_share": None,
                "conflict_group": None,
                "source_id": sources,
                "basis": "computed",
                "note": "Sum of the two directions as this side reports them.",
                "derived": True,
            }
        )
    return added


def firmest(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    """One figure per reporter, direction, group and period: official before press before speech, published before added up, customs before
    payments, later print before earlier, then by flow_id."""
    chosen: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = (*_slot(row), row["direction"])
        held = chosen.get(key)
        if held is None or _firmness(row) < _firmness(held):
            chosen[key] = row
    return chosen


def _firmness(row: Row) -> tuple[int, bool, int, int, str]:
    return FIRM[row["claimed"]], row["derived"], COUNTED[row["statistics"]], -row["printed"], row["flow_id"]


def counted_by(statistics: str | None) -> str:
    """Words for a kind of statistics: 'customs statistics', 'payments statistics', 'statistics' where the source does not say."""
    return f"{statistics} statistics" if statistics else "statistics"


GROWTH: dict[str, Any] = {
    **dict.fromkeys(["reporter", "direction", "product_group", "statistics", "claimed"], pl.String),
    **dict.fromkeys(["period_label", "previous_label", "how"], pl.String),
    **dict.fromkeys(["period_start", "period_end"], pl.Date),
    **dict.fromkeys(["value_usd", "previous_value_usd", "growth_share", "contribution_share"], pl.Float64),
    "stated_growth_share": pl.Float64,
    "source_id": pl.String,
}


def like_for_like(known: pl.DataFrame) -> pl.DataFrame:
    """Growth on the same months a year earlier: same reporter, direction, group, kind of claim and kind of statistics.

    Beside the published periods those count that subtraction of cumulated figures gives (see `karwan.trade.cumulated`): a year that doubled may have
    fallen since July. What was said in speeches is no statistic and takes no part.

    Parameters
    ----------
    known
        Result of `known_flows`.

    Returns
    -------
    Table with the columns of `GROWTH`, newest period first: how ('published' or 'by subtraction'), contribution_share (of a direction
    to the growth of that side's turnover: its change over the earlier turnover; null where that is not known for both periods),
    stated_growth_share (as the source states it, null where it does not).
    """
    chosen = series_figures(known)
    rows = []
    for key, row in chosen.items():
        earlier = (*key[:-2], year_before(key[-2]), year_before(key[-1]))
        before = chosen.get(earlier)
        if before is None or not before["value_usd"]:
            continue
        turnover = [chosen.get((*at[:3], "total", *at[4:])) for at in (key, earlier)]
        rows.append(_growth_row(row, before, turnover))
    order = ["period_end", "period_start", "reporter", "direction", "product_group", "statistics", "claimed"]
    return pl.DataFrame(rows, schema=GROWTH).sort(order, descending=[True, True, *[False] * 5])


def series_figures(known: pl.DataFrame) -> dict[tuple[Any, ...], Row]:
    """Figures that may be compared over time: one for each series and period, a published one before one by subtraction.

    Parameters
    ----------
    known
        Result of `known_flows`.

    Returns
    -------
    Rows of trade with `how` beside their columns, by (reporter, product_group, statistics, direction, claimed, first day, last day). What
    was said in speeches is no statistic and stays out.
    """
    trade = known.filter((pl.col("value_kind") == "trade") & pl.col("claimed").ne_missing(SPOKEN))
    rows = trade.to_dicts()
    rest, _ = rest_of_periods(rows)
    for row in rest:
        row["period_label"] = period_label(row["period_start"], row["period_end"], row["period_kind"])
    chosen: dict[tuple[Any, ...], Row] = {}
    for how, table in ((PUBLISHED, rows), (SUBTRACTED, rest)):
        for row in sorted(table, key=_firmness):
            span = (row["period_start"], row["period_end"])
            key = (row["reporter"], row["product_group"], row["statistics"], row["direction"], row["claimed"])
            chosen.setdefault((*key, *span), {**row, "how": how})
    return chosen


def _growth_row(row: Row, before: Row, turnover: list[Row | None]) -> Row:
    """One row of the growth table; `turnover` of the later and the earlier period, where known."""
    now, then = turnover
    share = None
    if row["direction"] != "total" and now and then and then["value_usd"]:
        share = (row["value_usd"] - before["value_usd"]) / then["value_usd"]
    hows = (row["how"], before["how"])
    return {
        **{name: row.get(name) for name in GROWTH},
        "previous_label": before["period_label"],
        "how": SUBTRACTED if SUBTRACTED in hows else PUBLISHED,
        "previous_value_usd": before["value_usd"],
        "growth_share": row["value_usd"] / before["value_usd"] - 1.0,
        "contribution_share": share,
        "stated_growth_share": row["growth_share"],
        "source_id": ";".join(dict.fromkeys(f"{row['source_id']};{before['source_id']}".split(";"))),
    }


def refused_comparisons(known: pl.DataFrame, parties: Parties) -> pl.DataFrame:
    """Comparisons a reader would try and must not, each with the reason.

    Returns
    -------
    Table with columns subject, reason: part of a year against a whole one, the two sides' unlike years, and longer periods that hold no
    more than a shorter one within them.
    """
    rows: list[tuple[str, str]] = []
    comparable = known.filter((pl.col("value_kind") == "trade") & (pl.col("product_group") == "all"))
    trade = pl.DataFrame(list(firmest(comparable.iter_rows(named=True)).values()), schema=known.schema)
    for code in (parties.code_a, parties.code_b):
        totals = trade.filter((pl.col("reporter") == code) & (pl.col("direction") == "total"))
        firm = totals.filter(pl.col("claimed") == "official")
        years = firm.filter(pl.col("period_kind").is_in(["calendar_year", "fiscal_year"]))
        parts = firm.filter(pl.col("period_kind") == "part_year")
        if years.height and parts.height:
            year, part = years.row(-1, named=True), parts.row(-1, named=True)
            months = round((part["period_end"] - part["period_start"]).days / 30.44)
            rows.append(
                (
                    f"{parties.name(code)}: {part['period_label']} ({_musd(part)}) against {year['period_label']} ({_musd(year)})",
                    f"{months} months against twelve; compare the same months a year earlier.",
                )
            )
    kinds = {
        code: trade.filter(
            (pl.col("reporter") == code) & pl.col("period_kind").is_in(["calendar_year", "fiscal_year"])
        )
        for code in (parties.code_a, parties.code_b)
    }
    if all(table.height for table in kinds.values()):
        last_a, last_b = (table.row(-1, named=True) for table in kinds.values())
        official_b = kinds[parties.code_b].filter(pl.col("claimed") == "official")
        last_b = official_b.row(-1, named=True) if official_b.height else last_b
        if (last_a["period_start"], last_a["period_end"]) != (last_b["period_start"], last_b["period_end"]):
            rows.append(
                (
                    f"{parties.name_a}'s {last_a['period_label']} against {parties.name_b}'s {last_b['period_label']}",
                    "the two statistical years cover different months; their difference is not a mirror gap.",
                )
            )
    spoken = pl.col("claimed").ne_missing(SPOKEN)
    for longer, shorter in rest_of_periods(comparable.filter(spoken).iter_rows(named=True))[1]:
        names = [f"{row['period_label']} ({_musd(row)})" for row in (longer, shorter)]
        rows.append(
            (
                f"{parties.name(longer['reporter'])}, {parties.label(longer['direction'])}: {names[0]} less {names[1]}",
                "the longer period holds no more than the shorter one: one of the two figures is wrong or was revised.",
            )
        )
    return pl.DataFrame(rows, schema={"subject": pl.String, "reason": pl.String}, orient="row")


def _musd(row: Row) -> str:
    return f"USD {row['value_usd'] / 1e6:,.1f} m"


def mirror_pairs(known: pl.DataFrame, parties: Parties) -> pl.DataFrame:
    """Both sides' figures on one period, or on the two periods that overlap most. What the press prints or a speech says is no statistic and stays out.

    Returns
    -------
    Table with columns direction, period_label, value_a_usd, value_b_usd, ratio (larger over smaller), aligned, reason, source_id. A pair
    of unlike periods is kept, marked not aligned, with the months it misses. The reason also names kinds of figures that differ.
    """
    chosen = firmest(
        known.filter(
            (pl.col("value_kind") == "trade")
            & (pl.col("product_group") == "all")
            & pl.col("period_kind").is_in(["calendar_year", "fiscal_year"])
            & pl.col("claimed").is_in(["official", None], nulls_equal=True)
        ).iter_rows(named=True)
    )
    by_side: dict[str, list[Row]] = {parties.code_a: [], parties.code_b: []}
    for row in chosen.values():
        by_side.setdefault(row["reporter"], []).append(row)
    rows = []
    for row_b in by_side[parties.code_b]:
        rivals = [r for r in by_side[parties.code_a] if r["direction"] == row_b["direction"]]
        overlaps = [(_overlap_days(r, row_b), r["period_end"], r) for r in rivals]
        overlap, _, row_a = max(overlaps, key=lambda o: (o[0], o[1]), default=(0, None, None))
        if row_a is None or overlap < 150 or not min(row_a["value_usd"], row_b["value_usd"]):
            continue
        aligned = (row_a["period_start"], row_a["period_end"]) == (row_b["period_start"], row_b["period_end"])
        months = round(overlap / 30.44)
        label = row_a["period_label"] if aligned else f"{row_a['period_label']} / {row_b['period_label']}"
        reason = "same twelve months" if aligned else f"unlike years: only {months} of 12 months are common"
        reason += _unlike_kinds(row_a, row_b)
        values = sorted((row_a["value_usd"], row_b["value_usd"]))
        rows.append(
            (
                row_b["direction"],
                label,
                row_b["period_end"],
                row_a["value_usd"],
                row_b["value_usd"],
                values[1] / values[0],
                aligned,
                reason,
                f"{row_a['source_id']};{row_b['source_id']}",
            )
        )
    schema = {
        "direction": pl.String,
        "period_label": pl.String,
        "period_end": pl.Date,
        "value_a_usd": pl.Float64,
        "value_b_usd": pl.Float64,
        "ratio": pl.Float64,
        "aligned": pl.Boolean,
        "reason": pl.String,
        "source_id": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("period_end", "direction")


def _unlike_kinds(row_a: Row, row_b: Row) -> str:
    """Kinds of statistics that differ, in words; empty where they do not or are not known."""
    kinds = (row_a["statistics"], row_b["statistics"])
    return f"; {kinds[0]} against {kinds[1]}" if None not in kinds and kinds[0] != kinds[1] else ""


def _overlap_days(first: Row, second: Row) -> int:
    start = max(first["period_start"], second["period_start"])
    end = min(first["period_end"], second["period_end"])
    return int(max(0, (end - start).days + 1))


def annual_series(known: pl.DataFrame) -> pl.DataFrame:
    """Twelve-month figures of each side, firmest source first: reporter, year_label, period_start, period_end, direction, value_usd, basis,
    claimed, statistics, source_id."""
    chosen = firmest(
        known.filter(
            (pl.col("value_kind") == "trade")
            & (pl.col("product_group") == "all")
            & pl.col("period_kind").is_in(["calendar_year", "fiscal_year"])
        ).iter_rows(named=True)
    )
    names = [
        "reporter",
        "period_label",
        "period_start",
        "period_end",
        "direction",
        "value_usd",
        "basis",
        "claimed",
        "statistics",
        "source_id",
    ]
    rows = [tuple(row[name] for name in names) for row in chosen.values()]
    schema = {n: known.schema[n] for n in names}
    table = pl.DataFrame(rows, schema=schema, orient="row").rename({"period_label": "year_label"})
    return table.sort("reporter", "period_end", "period_start", "direction")


DISTANCE: dict[str, Any] = {
    **dict.fromkeys(["target_id", "title"], pl.String),
    "target_usd": pl.Float64,
    "due": pl.Date,
    **dict.fromkeys(["due_basis", "reporter", "statistics", "base_label"], pl.String),
    **dict.fromkeys(["base_usd", "gap_usd", "multiple", "years_left", "years_from_base"], pl.Float64),
    "growth_needed_share": pl.Float64,
    "source_id": pl.String,
}


def distance_to_targets(annual: pl.DataFrame, targets: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """How far each side's latest full year is from each turnover target, and the yearly growth that would reach it.

    Growth runs from the end of the base year to the due date: (target / base) ** (1 / years) - 1, whole years counted exactly.

    Returns
    -------
    Table with the columns of `DISTANCE`, the nearest due date first: years_left from `as_of`, years_from_base from the end of the base
    year; growth_needed_share null without a due date or when it is past.
    """
    bases = base_years(annual, as_of)
    wanted = targets.filter((pl.col("quantity") == "turnover") & (pl.col("unit") == "USD"))
    rows = [_distance(target, base, as_of) for target in wanted.iter_rows(named=True) for base in bases]
    order = ["due", "target_id", "reporter"]
    return pl.DataFrame(rows, schema=DISTANCE).sort(order, nulls_last=True)


def base_years(annual: pl.DataFrame, as_of: date) -> list[Row]:
    """Latest full year both ways of each side by `as_of`, an official one where there is any; `annual` as `annual_series` gives it."""
    totals = annual.filter((pl.col("direction") == "total") & (pl.col("period_end") <= as_of))
    return [_base_year(totals.filter(pl.col("reporter") == code)) for code in sorted(set(totals["reporter"]))]


def _base_year(years: pl.DataFrame) -> Row:
    firm = years.filter(pl.col("claimed") == OFFICIAL)
    return (firm if firm.height else years).sort("period_end", "period_start").row(-1, named=True)


def _distance(target: Row, base: Row, as_of: date) -> Row:
    due = target["due"]
    left = None if due is None else years_between(as_of, due)
    span = None if due is None else years_between(base["period_end"], due)
    multiple = target["value"] / base["value_usd"] if base["value_usd"] else None
    growth = None
    if multiple is not None and left is not None and span is not None and min(left, span) > 0:
        growth = multiple ** (1.0 / span) - 1.0
    return {
        "target_id": target["target_id"],
        "title": target["title"],
        "target_usd": target["value"],
        "due": due,
        "due_basis": target["due_basis"],
        "reporter": base["reporter"],
        "statistics": base["statistics"],
        "base_label": base["year_label"],
        "base_usd": base["value_usd"],
        "gap_usd": max(0.0, target["value"] - base["value_usd"]),
        "multiple": multiple,
        "years_left": left,
        "years_from_base": span,
        "growth_needed_share": growth,
        "source_id": f"{target['source_id']};{base['source_id']}",
    }


def main_target(distance: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Rows of the target a brief speaks of first: the largest, of equal ones the nearest still ahead, else the last one due."""
    known = distance.filter(pl.col("target_usd").cast(pl.Float64).is_finite())
    if not known.height:
        return known
    largest = known.filter(pl.col("target_usd") == pl.col("target_usd").max())
    ahead = largest.filter(pl.col("due").is_null() | (pl.col("due") >= as_of))
    if ahead.height:
        first = ahead.sort("due", "target_id", nulls_last=True)["target_id"][0]
    else:
        first = largest.sort("due", "target_id", descending=[True, False])["target_id"][0]
    return largest.filter(pl.col("target_id") == first).sort("reporter")


def conflict_statements(flows: pl.DataFrame, as_of: date, parties: Parties) -> pl.DataFrame:
    """One sentence per group of figures that contradict one another, naming figures, reporters, periods and sources.

    Returns
    -------
    Table with columns conflict_group, subject, statement, source_id.
    """
    rows = []
    known = flows.filter(pl.col("conflict_group").is_not_null() & (pl.col("period_end") <= as_of))
    known = known.sort("conflict_group", "period_end", "period_start", "reporter", "flow_id")
    for (group,), members in known.group_by("conflict_group", maintain_order=True):
        parts = []
        for row in members.iter_rows(named=True):
            if row["value_usd"] is None:
                continue
            label = period_label(row["period_start"], row["period_end"], row["period_kind"])
            what = "" if row["product_group"] == "all" else f" of {row['product_group']}"
            parts.append(
                f"{_musd(row)}{what} for {label}, {parties.label(row['direction'])}, by {parties.name(row['reporter'])}'s side"
                f" ({row['claimed'] or 'unstated'}; {row['source_id']})"
            )
        notes = " ".join(dict.fromkeys(members["note"].drop_nulls()))
        subject = str(members["product_group"][0])
        sources = ";".join(dict.fromkeys(s for t in members["source_id"] for s in t.split(";")))
        statement = "; against ".join(parts) + "." + (f" {notes}" if notes else "")
        rows.append((str(group), "all goods" if subject == "all" else subject, statement, sources))
    names = ["conflict_group", "subject", "statement", "source_id"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
