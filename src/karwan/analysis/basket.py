"""Baskets of a case: which of its goods reach a value, and whether a turnover target is within reach."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from karwan.analysis.basket_targets import basket_target, named_basket, turnover_target
from karwan.analysis.basket_terms import (
    SignTerms,
    alternatives,
    default_caps,
    judged_notes,
    least_even,
    limited,
    listed_goods,
)
from karwan.analysis.carriage import land_capacity, landed_goods, with_landed
from karwan.analysis.reachable import carried_usd, comparable_reach, good_bounds, reach_notes
from karwan.analysis.trade_flows import newest_turnover
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note, note
from karwan.trade.basket import Basket, Scenarios, Terms, basket_notes, choose_basket, frontier
from karwan.trade.parties import DIRECTIONS

SECTOR_CAP = 0.3  # of the brief's basket; a choice, no source asks for it
SECTION_COLUMNS = (
    "product_id",
    "product",
    "sector",
    "value_usd",
    "cap_usd",
    "cap_by",
    "bound_usd",
    "bound_of",
    "bound_basis",
    "verdict",
    "cost_usd",
    "landed_usd_t",
    "basis",
)
SPREAD = 0.5  # standard deviation of ln(delivered / chosen) of one good
COMMON = 0.3  # of it, what all goods share
CORRIDORS = ("open", "today")


@dataclass(frozen=True)
class BasketAnswer:
    """A basket of a case, the goods it was chosen from, its frontier, the words for it, and goods that could stand in."""

    basket: Basket
    goods: pl.DataFrame
    frontier: pl.DataFrame
    text: tuple[Note, ...]
    alternatives: pl.DataFrame | None = None


@dataclass(frozen=True)
class Pool:
    """A published value for a number of goods: the offer or potential the bounds are cut from."""

    value_usd: float
    goods: int
    source_id: str
    words: Note


def offer_pool(case: Case, direction: str = "a_to_b") -> Pool | None:
    """The latest official offer that names a number of goods ('85 goods'), None where there is none."""
    offers = case["flows"].filter(
        (pl.col("value_kind") == "offer")
        & (pl.col("direction") == direction)
        & pl.col("value_usd").is_not_null()
    )
    best: tuple[tuple[bool, date], Pool] | None = None
    for row in offers.iter_rows(named=True):
        named = re.match(r"(\d+) ", row["product_group"])
        if named is None:
            continue
        rank = (row["claimed"] == "official", row["period_end"])
        words = note(
            "basket.offer",
            group=row["product_group"],
            value_usd=float(row["value_usd"]),
            year=row["period_end"].year,
        )
        if best is None or rank > best[0]:
            best = (rank, Pool(float(row["value_usd"]), int(named.group(1)), row["source_id"], words))
    return best[1] if best else None


def case_goods(
    case: Case, landed: pl.DataFrame, basket: str = "", listed: Sequence[str] | None = None
) -> pl.DataFrame:
    """Goods of a basket with bounds and costs.

    The bound of a good is the published figure for it where one exists (a signed deal, a potential). All
    others share the offer pool pro rata: goods in the basket over goods in the offer, in proportion to what
    the country exports under each heading to the world, the heading split evenly among its goods, and never
    above those exports. That split is an assumption: nobody published values by good.

    Parameters
    ----------
    landed
        Landed costs by product and corridor, as the brief's `landed`.
    basket
        One of the lists the case names; by default that of its target.
    listed
        The goods to choose from, all of one seller; by default those of the basket.

    Returns
    -------
    Columns as `choose_basket` wants them, plus product, landed_usd_t, bound_basis ('observed', 'assumed') and
    note.
    """
    if listed is None:
        products = basket_products(case, basket)
    else:
        products = case["products"].filter(pl.col("product_id").is_in(listed))
    exporter = products["exporter"][0]
    direction = "a_to_b" if exporter == case.settings.party_a else "b_to_a"
    goods = products.select(
        "product_id", pl.col("name").alias("product"), "sector", "price_usd_t", "stowage_t_feu", "hs_code"
    )
    goods = goods.with_columns(direction=pl.lit(direction), tonnes_per_usd=1.0 / pl.col("price_usd_t"))
    goods = _bounds(case, goods, offer_pool(case, direction))
    goods = with_landed(case, goods, landed, exporter)
    lot = pl.col("stowage_t_feu") * pl.col("price_usd_t")  # one 40 ft container
    return goods.with_columns(least_usd=pl.min_horizontal(lot, "bound_usd"))


def basket_products(case: Case, basket: str = "") -> pl.DataFrame:
    """Products of a basket, by default that of the case's target.

    Raises
    ------
    UnknownName
        No product belongs to it.
    """
    basket = basket or named_basket(case)
    products = case["products"].filter(pl.col("basket") == basket)
    if not products.height:
        known = ", ".join(case["products"]["basket"].drop_nulls().unique().sort())
        raise UnknownName(
            f"No product belongs to the basket {basket!r}.", f"baskets: {known}", "use one of these."
        )
    return products


def _bounds(case: Case, goods: pl.DataFrame, pool: Pool | None) -> pl.DataFrame:
    own = case["flows"].filter(
        pl.col("value_kind").is_in(["deals", "potential", "offer"])
        & pl.col("product_id").is_not_null()
        & pl.col("value_usd").is_not_null()
    )
    published = own.group_by("product_id").agg(published_usd=pl.col("value_usd").max())
    supplies = (
        case["supplies"]
        .sort("year", "supply_id")
        .group_by("product_id", maintain_order=True)
        .agg(pl.col("exports_usd", "heading").last())
    )
    table = goods.join(published, on="product_id", how="left", maintain_order="left")
    table = table.join(supplies, on="product_id", how="left", maintain_order="left")
    if pool is None and table["published_usd"].null_count():
        raise InvalidInput(
            "Nothing bounds the goods.",
            "flows.csv has no offer for a number of goods and no potential by product.",
            "add flows of kind offer or potential, or bring in product trade: karwan trade ingest.",
        )
    share = pl.col("exports_usd") / pl.len().over("heading")
    if table["exports_usd"].null_count() == table.height:
        share = pl.lit(1.0)
    weight = share.fill_null(0.0) / share.fill_null(0.0).sum()
    total = pool.value_usd * min(1.0, goods.height / pool.goods) if pool else 0.0
    cut = pl.min_horizontal(total * weight, pl.col("exports_usd").fill_null(float("inf")))
    return table.with_columns(
        bound_usd=pl.coalesce("published_usd", cut),
        bound_basis=pl.when(pl.col("published_usd").is_not_null())
        .then(pl.lit("observed"))
        .otherwise(pl.lit("assumed")),
    ).drop("published_usd", "exports_usd", "heading")


def table_answer(
    table: pl.DataFrame,
    *,
    most_goods: int,
    target_usd: float,
    sector_caps: Mapping[str, float] | None = None,
    fewest_goods: int = 0,
    risk: float | None = None,
    counts: tuple[int, ...] = (),
    balance: tuple[float, float] | None = None,
) -> BasketAnswer:
    """Basket of a table of goods: least cost where any good has one, else the greatest value."""
    costs = [name for name in ("cost_usd", "cost_share") if name in table.columns]
    statement: dict[str, Any] = {
        "target_usd": target_usd,
        "objective": "cost" if costs else "value",
        "sector_caps": sector_caps or {},
        "scenarios": None if risk is None else delivery_scenarios(table.height, risk=risk),
        "terms": Terms(fewest_goods=fewest_goods, balance=balance),
    }
    found = choose_basket(table, most_goods=most_goods, **statement)
    edge = frontier(table, [n for n in counts if n >= fewest_goods], **statement)
    text = list(basket_notes(found))
    if not costs:
        text.append(note("basket.no_costs"))
    return BasketAnswer(found, table, edge, tuple(text))


def delivery_scenarios(goods: int, count: int = 100, risk: float = 0.1, seed: int = 1) -> Scenarios:
    """Futures of delivered over chosen value: log-normal with mean one, a common and an own part (basis:
    assumed).
    """
    draw = np.random.default_rng(seed)
    own = np.sqrt(SPREAD**2 - COMMON**2)
    logs = COMMON * draw.standard_normal((count, 1)) + own * draw.standard_normal((count, goods))
    return Scenarios(np.exp(logs - SPREAD**2 / 2.0), risk=risk)


def _terms_notes(case: Case, goods: pl.DataFrame, *, dropped: bool, risk: float | None) -> list[Note]:
    """What a reader must know of how a basket was chosen: dropped caps, assumed bounds, what costs hold, how risk is drawn."""
    said = [note("basket.caps_dropped", cap_share=SECTOR_CAP)] if dropped else []
    pool = offer_pool(case, goods["direction"][0])
    assumed = goods.filter(pl.col("bound_basis") == "assumed").height
    if pool and assumed:
        counts_of = {"assumed": assumed, "goods": goods.height, "offered": pool.goods}
        said.append(note("basket.bounds", offer=pool.words, **counts_of))
    said.append(note("basket.costs", costs=goods["note"][0]))
    if risk is not None:
        said.append(note("basket.scenarios", spread_share=SPREAD, common_share=COMMON))
    return said


def _frontier_notes(edge: pl.DataFrame) -> list[Note]:
    """Which terms do not hold in the frontier, where one is asked for."""
    return [note("basket.frontier")] if edge.height else []


def basket_answer(  # noqa: PLR0913 - the terms of a basket
    case: Case,
    *,
    most_goods: int,
    target_usd: float,
    sector_caps: Mapping[str, float] | None = None,
    basket: str = "",
    fewest_goods: int | None = None,
    risk: float | None = None,
    landed: pl.DataFrame | None = None,
    verdicts: pl.DataFrame | None = None,
    sign: SignTerms | None = None,
    counts: tuple[int, ...] = (),
    corridors: str | None = None,
    balance: tuple[float, float] | None = None,
    as_of: date | None = None,
) -> BasketAnswer:
    """Least-cost basket of a case that reaches a value under the terms of `karwan.analysis.basket_terms`, with its frontier over `counts`.

    Cost is the landed-cost disadvantage: what freight, time, loss, insurance and duty add to each dollar of
    goods.

    Parameters
    ----------
    landed
        See `case_goods`; by default over the case's corridors on `as_of`.
    sector_caps
        None is a cap of `SECTOR_CAP` on each sector, where there are enough and the target is reached under it.
    fewest_goods
        None is `most_goods`, or all there are.
    verdicts
        Rows of `results/goods_verdicts.csv`: goods that fail the price test are left out, others of the seller stand in for them, no good
        is above its own bound. The chosen goods have it as `bound_usd`, and what the basket limited them by as `cap_usd`.
    corridors
        'open' or 'today': the goods' tonnes must fit the land corridors, all open or as on `as_of`.
    balance
        Least and greatest value of exports over imports, the newest trade included;
        the target then stands on top of that trade.
    """
    day = as_of or case.settings.as_of
    if landed is None:
        landed = landed_goods(case, day)
    products = basket_products(case, basket)
    roomy = _roomy(case, landed, products["exporter"][0], least_even(most_goods, target_usd))
    listed = listed_goods(case, landed, products, verdicts, most_goods, roomy)
    offered = case_goods(case, landed, basket, listed.product_ids)
    limits = limited(offered, verdicts, most_goods, target_usd, sign or SignTerms())
    goods, asked = limits.goods, fewest_goods or 0
    fewest = limits.fewest if fewest_goods is None else fewest_goods
    caps = default_caps(goods, SECTOR_CAP) if sector_caps is None else sector_caps
    flowing = _flowing(case, day) if balance is not None else {}
    statement: dict[str, Any] = {
        "target_usd": target_usd + sum(flowing.values()),
        "sector_caps": caps,
        "scenarios": None if risk is None else delivery_scenarios(goods.height, risk=risk),
        "capacity": _capacity(case, corridors, day),
        "terms": Terms(fewest_goods=fewest, baseline_usd=flowing, balance=balance),
        "gap_share": 1e-3,
    }
    found = choose_basket(goods, most_goods=most_goods, **statement)
    dropped = sector_caps is None and bool(caps) and found.status == "infeasible"
    if dropped:
        found = choose_basket(goods, most_goods=most_goods, **statement | {"sector_caps": {}})
    statement["terms"] = Terms(fewest_goods=asked, baseline_usd=flowing, balance=balance)
    statement["sector_caps"] = sector_caps or {}
    edge = frontier(limits.free, [n for n in counts if n >= asked], **statement)
    under = _terms_notes(case, goods, dropped=dropped, risk=risk)
    solved = basket_notes(found)
    text = [
        *solved[:1],
        *_judged(found, verdicts, target_usd),
        *solved[1:],
        *limits.notes,
        *listed.notes,
        *under,
        *_frontier_notes(edge),
    ]
    exporter = case.parties.ends(goods["direction"][0])[0]
    others = alternatives(case, landed, found.chosen, verdicts, exporter)
    return BasketAnswer(
        replace(found, chosen=_chosen(found.chosen, landed)), goods, edge, tuple(text), others
    )


def _judged(found: Basket, verdicts: pl.DataFrame | None, target_usd: float) -> list[Note]:
    """How the goods chosen pass the price test; nothing without verdicts or goods."""
    if verdicts is None or found.chosen.is_empty():
        return []
    return judged_notes(found.chosen, target_usd)


def _chosen(chosen: pl.DataFrame, landed: pl.DataFrame) -> pl.DataFrame:
    """Goods of a case that were chosen: their own bound beside the cap of the basket, and whether their figures rest on assumed inputs."""
    carried = (pl.col("basis") == "assumed") | (pl.col("assumed_share").fill_null(0.0) > 0.0)
    resting = landed.filter(carried)["product_id"]
    assumed = pl.col("product_id").is_in(resting.to_list()) | (pl.col("cap_by") == "offer")
    named = {"bound_usd": "cap_usd", "own_usd": "bound_usd", "own_basis": "bound_basis"}
    basis = pl.when(assumed).then(pl.lit("assumed")).otherwise(pl.lit("computed"))
    return chosen.drop("bound_basis").rename(named).with_columns(basis=basis)


def _roomy(case: Case, landed: pl.DataFrame, exporter: str, least_usd: float) -> list[str]:
    """Goods of a seller with room for a least value, were all of them to share the offer."""
    own = case["products"].filter(pl.col("exporter") == exporter)["product_id"].to_list()
    try:
        goods = case_goods(case, landed, listed=own)
    except InvalidInput:  # nothing bounds goods outside the list
        return []
    return goods.filter(pl.col("bound_usd") >= least_usd)["product_id"].to_list()


def _flowing(case: Case, day: date) -> dict[str, float]:
    """Newest trade each way, which a balance counts in; refused where it is not known."""
    flowing = baseline_by_direction(case, day)
    if not flowing:
        raise InvalidInput(
            "The balance of the two directions needs what flows already.",
            "no official full year of both directions is known",
            "add it to flows.csv, or leave --balance out.",
        )
    return flowing


def check_corridors(corridors: str | None) -> None:
    """Refuse a state of the corridors that there is not."""
    if corridors is not None and corridors not in CORRIDORS:
        raise InvalidInput(f"Corridors are no {corridors!r}.", fix=f"Choose of {', '.join(CORRIDORS)}.")


def _capacity(case: Case, corridors: str | None, day: date) -> pl.DataFrame | None:
    """Room on the land corridors, or None where it does not count."""
    check_corridors(corridors)
    return None if corridors is None else land_capacity(case, None if corridors == "open" else day)


def baseline_by_direction(case: Case, as_of: date) -> dict[str, float]:
    """Newest trade each way, USD a year (`newest_turnover`); empty unless both directions are known."""
    ways = newest_turnover(case, as_of).ways
    return ways if len(ways) == len(DIRECTIONS) else {}


def basket_section(
    case: Case,
    landed: pl.DataFrame | None = None,
    as_of: date | None = None,
    verdicts: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Basket table and notes of the brief: the case's basket target under the terms of `karwan basket`, then the reach of its turnover
    target as `karwan basket --reach` judges it.

    Parameters
    ----------
    landed
        See `case_goods`.
    as_of
        Day the brief speaks of, the case's by default; figures for later periods are not used.
    verdicts
        See `basket_answer`; without them nothing is said of the turnover.

    Returns
    -------
    Table with the columns of the brief's `GoodsSection.basket`, and the notes. Empty where the case has
    no such target.
    """
    day = as_of or case.settings.as_of
    case = case.with_tables({"flows": case["flows"].filter(pl.col("period_end") <= day)})
    table, texts = _section_basket(case, landed, day, verdicts)
    value = turnover_target(case)
    if value is not None and verdicts is not None:
        texts += _reach(case, verdicts, value, day)
    return table, tuple(text for rank, text in enumerate(texts) if text not in texts[:rank])


def _reach(case: Case, verdicts: pl.DataFrame, value: float, day: date) -> list[Note]:
    """Whether a turnover is within reach, or why that is not said."""
    bounds = good_bounds(verdicts, case)
    try:
        carried = carried_usd(bounds, case, day)
    except UnknownName as error:  # the case does not say what a truck or a wagon carries
        return [note("basket.no_reach", fact=error.fact)]
    return reach_notes(value, newest_turnover(case, day), bounds, carried, comparable_reach(case, value, day))


def _section_basket(
    case: Case, landed: pl.DataFrame | None, day: date, verdicts: pl.DataFrame | None
) -> tuple[pl.DataFrame, list[Note]]:
    """The case's own basket target, or why there is no basket."""
    kinds = {n: pl.Float64 if n.endswith(("usd", "usd_t")) else pl.String for n in SECTION_COLUMNS}
    target = basket_target(case)
    if target is None:
        return pl.DataFrame(schema=kinds), []
    value, count, basket = target
    try:
        answer = basket_answer(
            case,
            most_goods=count,
            target_usd=value,
            landed=landed,
            basket=basket,
            verdicts=verdicts,
            as_of=day,
        )
    except InvalidInput as error:
        return pl.DataFrame(schema=kinds), [note("basket.none", fact=error.fact, evidence=error.evidence)]
    chosen = answer.basket.chosen.with_columns(cost_usd="total_cost_usd")
    return chosen.select(SECTION_COLUMNS), list(answer.text)
