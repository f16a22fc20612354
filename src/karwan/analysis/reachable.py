"""Is a turnover within reach: what the goods themselves allow on the corridors of the day, and what comparable pairs did in the time that is left."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.carriage import land_capacity
from karwan.analysis.seller_offer import shared_once
from karwan.analysis.trade_flows import Turnover
from karwan.analysis.turnover import turnover_series
from karwan.appraisal.verdict import NO
from karwan.case import Case
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.standing import annual_series, known_flows

Row = dict[str, Any]


def good_bounds(verdicts: pl.DataFrame, case: Case) -> pl.DataFrame:
    """What each good whose demand is known may add in a year, and what binds; goods that are banned or too dear add nothing.

    The bound is that of `goods_verdicts` (least of offer, crop and reachable demand); no announcement is one. Goods whose offer is one figure
    of a heading get together no more than it, the largest first, so that bounds add up.
    """
    known = verdicts.filter(pl.col("bound_usd").is_not_null())
    sold = (pl.col("verdict") != NO) & pl.col("ban").is_null()
    rows = known.with_columns(
        bound_usd=pl.when(sold).then(pl.col("bound_usd")).otherwise(0.0),
        binding=pl.when(sold)
        .then(pl.col("binding"))
        .otherwise(pl.coalesce(pl.format("ban of {}", "ban"), pl.lit("price"))),
        price_usd_t="bound_price_usd_t",
        direction=pl.when(pl.col("exporter") == case.settings.party_a)
        .then(pl.lit("a_to_b"))
        .otherwise(pl.lit("b_to_a")),
    )
    kept = [
        "product_id",
        "product",
        "exporter",
        "direction",
        "verdict",
        "bound_usd",
        "binding",
        "price_usd_t",
    ]
    listed = rows.sort("bound_usd", "product_id", descending=[True, False]).select(kept).to_dicts()
    by_id = {row["product_id"]: row for row in known.iter_rows(named=True)}
    return result_frame("reach_goods", shared_once(listed, by_id)).sort(
        "bound_usd", "product_id", descending=[True, False]
    )


def carried_usd(bounds: pl.DataFrame, case: Case, day: date) -> float:
    """What of the bounds the open land corridors carry: the dearest tonnes first where there is no room for all."""
    room = dict(land_capacity(case, day).select("direction", "capacity_t").iter_rows())
    total = 0.0
    for row in bounds.sort("price_usd_t", descending=True).iter_rows(named=True):
        tonnes = min(row["bound_usd"] / row["price_usd_t"], room[row["direction"]])
        room[row["direction"]] -= tonnes
        total += tonnes * row["price_usd_t"]
    return total


def comparable_reach(case: Case, target_usd: float, day: date) -> pl.DataFrame:
    """Turnover that the median and the ninetieth in a hundred of comparable pairs would reach by each date of the target, from each side's figure.

    Their growth over the horizon H of the base rate, of median m and ninth decile n, is brought to the time t that is left as a random walk's:
    ln median = (t/H) ln m, ln ninth decile = (t/H) ln m + sqrt(t/H) (ln n - ln m).
    """
    targets = case["targets"].filter((pl.col("value") == target_usd) & (pl.col("due") > day)).sort("due")
    annual = annual_series(known_flows(case["flows"], case["sources"], day))
    rows = []
    for reporter in (case.settings.party_a, case.settings.party_b):
        series = turnover_series(case, annual, reporter, day)
        if series is None:
            continue
        base = float(series.values[-1])
        rows += [
            _by(row, rate, reporter, base, day)
            for row in targets.iter_rows(named=True)
            for rate in _rates(case, base)
        ]
    return result_frame("reach_pairs", rows)


def _rates(case: Case, base_usd: float) -> list[Row]:
    """The closest comparable pairs of a turnover at the shortest horizon whose growth is known; none where the case has none."""
    rates = case["base_rates"].filter(
        pl.col("median_multiple").is_not_null()
        & (pl.col("low_usd") <= base_usd)
        & (pl.col("high_usd") >= base_usd)
    )
    middle = (pl.col("low_usd") * pl.col("high_usd")).sqrt()
    near = rates.with_columns(off=(middle / base_usd).log().abs().round(3))
    return near.sort("horizon_years", "off", "cases").head(1).to_dicts()


def _by(target: Row, rate: Row, reporter: str, base: float, day: date) -> Row:
    years = (target["due"] - day).days / MEAN_YEAR_DAYS
    share = years / rate["horizon_years"]
    middle, high = math.log(rate["median_multiple"]), math.log(rate["p90_multiple"])
    median = base * math.exp(share * middle)
    ninth = base * math.exp(share * middle + math.sqrt(share) * (high - middle))
    return {
        "due": target["due"],
        "years_left": years,
        "reporter": reporter,
        "now_usd": base,
        "median_usd": median,
        "p90_usd": ninth,
        "needed_multiple": target["value"] / base,
        "pairs": rate["comparable"],
        "cases": rate["cases"],
        "source_id": rate["source_id"],
    }


def reach_notes(
    target: float, today: Turnover, bounds: pl.DataFrame, carried: float, pairs: pl.DataFrame
) -> list[Note]:
    """The answer in sentences, the verdict first."""
    now = today.usd
    best = max([now + carried, *pairs["p90_usd"]], default=now)
    key = (
        "basket.reach_yes"
        if now + carried >= target
        else "basket.reach_maybe"
        if best >= target
        else "basket.reach_no"
    )
    said = [
        note(
            key,
            target_usd=target,
            now_usd=now,
            carried_usd=carried,
            most_usd=now + carried,
            goods=bounds.filter(pl.col("bound_usd") > 0).height,
        )
    ]
    names = dict(zip(("a_usd", "b_usd"), today.ways.values(), strict=False))
    if today.split_label:
        words = {"reporter": today.reporter, "year": today.year_label, "period": today.split_label}
        said.append(note("basket.reach_from", now_usd=now, **names, **words))
    for row in pairs.iter_rows(named=True):
        told = {name: row[name] for name in ("reporter", "now_usd", "median_usd", "p90_usd", "cases")}
        said.append(
            note(
                "basket.reach_pairs",
                due=str(row["due"]),
                years=f"{row['years_left']:.1f}",
                multiple=f"{row['needed_multiple']:.3g}",
                **told,
            )
        )
    return said
