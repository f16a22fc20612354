"""Baskets of a case: which of its goods reach a value, and whether a turnover target is within reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import polars as pl

from karwan.analysis.basket_targets import basket_target, named_basket, turnover_target
from karwan.analysis.basket_terms import SignTerms, alternatives, default_caps, limited
from karwan.analysis.carriage import land_capacity, landed_goods, with_landed
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
    "bound_usd",
    "cost_usd",
    "landed_usd_t",
    "note",
)
SPREAD = 0.5  # standard deviation of ln(delivered / chosen) of one good
COMMON = 0.3  # of it, what all goods share
CORRIDORS = ("open", "today")
NAMED = 5  # offers and potentials named in a sentence, the rest summed


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


def case_goods(case: Case, landed: pl.DataFrame, basket: str = "") -> pl.DataFrame:
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

    Returns
    -------
    Columns as `choose_basket` wants them, plus product, landed_usd_t, bound_basis ('observed', 'assumed') and
    note.
    """
    basket = basket or named_basket(case)
    products = case["products"].filter(pl.col("basket") == basket)
    if not products.height:
        known = ", ".join(case["products"]["basket"].drop_nulls().unique().sort())
        raise UnknownName(
            f"No product belongs to the basket {basket!r}.", f"baskets: {known}", "use one of these."
        )
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
        Rows of `results/goods_verdicts.csv`: goods that cannot be sold are left out, demand bounds the others.
    corridors
        'open' or 'today': the goods' tonnes must fit the land corridors, all open or as on `as_of`.
    balance
        Least and greatest value of exports over imports, the newest trade included;
        the target then stands on top of that trade.
    """
    day = as_of or case.settings.as_of
    if landed is None:
        landed = landed_goods(case, day)
    limits = limited(case_goods(case, landed, basket), verdicts, most_goods, target_usd, sign or SignTerms())
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
    text = [*basket_notes(found), *limits.notes, *under]
    exporter = case.parties.ends(goods["direction"][0])[0]
    others = alternatives(case, landed, found.chosen, verdicts, exporter)
    return BasketAnswer(found, goods, edge, tuple(text), others)


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


def published_blocks(case: Case, baseline: Mapping[str, float]) -> pl.DataFrame:
    """Everything anybody published as unrealised, as blocks a basket may take: offers, deals, potentials,
    offered tonnes.

    Offers and deals are taken as additional in full (generous: part of them may flow already); a potential is
    a total, so what flows that way is taken off it pro rata. Of several offers by number of goods only the
    latest official one counts, and a potential in its direction is taken as part of it.
    """
    rows: list[dict[str, object]] = []
    flows = case["flows"].filter((pl.col("value_kind") != "trade") & (pl.col("claimed") == "official"))
    for direction in ("a_to_b", "b_to_a"):
        own = flows.filter(pl.col("direction") == direction)
        pool = offer_pool(case, direction)
        if pool:
            rows.append(
                _block(
                    case, f"offer {direction}", f"{pool.goods} goods offered", pool.value_usd, direction, 0
                )
            )
        for row in own.filter(pl.col("value_kind") == "deals").iter_rows(named=True):
            rows.append(
                _block(
                    case,
                    row["flow_id"],
                    f"deal: {row['product_group']}",
                    row["value_usd"],
                    direction,
                    row["product_id"],
                )
            )
        if not pool:
            rows += _potential_blocks(case, own, direction, baseline.get(direction, 0.0))
        for row in own.filter(pl.col("value_usd").is_null() & pl.col("quantity_t").is_not_null()).iter_rows(
            named=True
        ):
            rows += _tonnes_block(case, row, direction)
    return pl.DataFrame(rows, schema=_BLOCK)


_BLOCK = {
    "product_id": pl.String,
    "product": pl.String,
    "sector": pl.String,
    "direction": pl.String,
    "bound_usd": pl.Float64,
    "tonnes_per_usd": pl.Float64,
}


def _block(
    case: Case, key: str, words: str, value: float, direction: str, product: str | int | None
) -> dict[str, object]:
    exporter = case.settings.party_a if direction == "a_to_b" else case.settings.party_b
    goods = case["products"].filter((pl.col("exporter") == exporter) & pl.col("price_usd_t").is_not_null())
    own = goods.filter(pl.col("product_id") == product) if isinstance(product, str) else goods.clear()
    price = (own if own.height else goods)["price_usd_t"].median()
    sector = own["sector"][0] if own.height else "several"
    return dict(
        product_id=key,
        product=words,
        sector=sector,
        direction=direction,
        bound_usd=value,
        tonnes_per_usd=1.0 / float(price) if price else 0.0,  # type: ignore[arg-type]
    )


def _potential_blocks(case: Case, own: pl.DataFrame, direction: str, flows: float) -> list[dict[str, object]]:
    potential = own.filter(pl.col("value_kind") == "potential")
    total = potential.filter(pl.col("product_id").is_null())["value_usd"].max()
    if total is None:
        return []
    left = max(0.0, 1.0 - flows / float(total))  # type: ignore[arg-type]
    rows, named = [], 0.0
    for row in potential.filter(pl.col("product_id").is_not_null()).iter_rows(named=True):
        named += row["value_usd"]
        rows.append(
            _block(
                case,
                row["flow_id"],
                row["product_group"],
                left * row["value_usd"],
                direction,
                row["product_id"],
            )
        )
    rest = float(total) - named  # type: ignore[arg-type]
    if rest > 0:
        rows.append(_block(case, f"rest {direction}", "rest of the potential", left * rest, direction, None))
    return rows


def _tonnes_block(case: Case, row: dict[str, object], direction: str) -> list[dict[str, object]]:
    """Offered tonnes at the price of the good of that sector the country exports most."""
    exporter = case.settings.party_a if direction == "a_to_b" else case.settings.party_b
    goods = case["products"].filter(
        (pl.col("exporter") == exporter) & (pl.col("sector") == row["product_group"])
    )
    goods = goods.join(case["supplies"].select("product_id", "exports_usd"), on="product_id", how="left")
    if not goods.height:
        return []
    order = [
        "exports_usd",
        "price_usd_t",
        "product_id",
    ]  # of goods of one heading the cheapest: the cautious figure
    good = goods.sort(order, descending=[True, False, False], nulls_last=True).row(0, named=True)
    tonnes = float(row["quantity_t"])  # type: ignore[arg-type]
    words = f"{row['product_group']}: {tonnes / 1e6:g} Mt offered, at the price of {good['name'].lower()}"
    return [
        _block(case, str(row["flow_id"]), words, tonnes * good["price_usd_t"], direction, good["product_id"])
    ]


@dataclass(frozen=True)
class Reach:
    """Whether a turnover target is within reach of everything published."""

    target_usd: float
    blocks: pl.DataFrame
    variants: pl.DataFrame
    text: tuple[Note, ...]


def reach_of_target(case: Case, target_usd: float, as_of: date) -> Reach:
    """Greatest turnover the published potentials, offers and deals allow, by what may carry them.

    Variants: no limit on carriage; the land corridors as they are meant to work; the land corridors with what
    is shut on the day; and the first without the offered tonnes of grain or the like.
    """
    baseline = baseline_by_direction(case, as_of)
    blocks = published_blocks(case, baseline)
    if not blocks.height:
        raise InvalidInput("The case holds no published potential, offer or deal.", fix="add such flows.")
    bulk = [row["flow_id"] for row in case["flows"].iter_rows(named=True) if row["value_usd"] is None]
    choices = (
        ("everything published, any route", blocks, None),
        ("without the offered tonnes of bulk goods", blocks.filter(~pl.col("product_id").is_in(bulk)), None),
        ("land corridors, all open", blocks, land_capacity(case, None)),
        (f"land corridors as on {as_of:%-d %B %Y}", blocks, land_capacity(case, as_of)),
    )
    rows = []
    for name, goods, capacity in choices:
        found = choose_basket(
            goods,
            most_goods=goods.height,
            target_usd=target_usd,
            objective="value",
            capacity=capacity,
            terms=Terms(baseline_usd=baseline),
        )
        reach = found.value_usd + found.baseline_usd
        rows.append(
            (name, reach, target_usd - reach, found.status != "infeasible", _binding(found, capacity))
        )
    schema = ["variant", "reach_usd", "gap_usd", "reachable", "binds"]
    variants = pl.DataFrame(rows, schema=schema, orient="row")
    texts = _reach_words(case, target_usd, as_of, blocks, variants)
    return Reach(target_usd, blocks, variants, texts)


def _binding(found: Basket, capacity: pl.DataFrame | None) -> str:
    full = found.prices.filter(pl.col("binding") & (pl.col("kind") != "target"))["constraint"].to_list()
    return ", ".join(full) or "the bounds of the goods"


def _reach_words(
    case: Case,
    target: float,
    as_of: date,
    blocks: pl.DataFrame,
    variants: pl.DataFrame,
) -> tuple[Note, ...]:
    flowing = newest_turnover(case, as_of)
    now = sum(baseline_by_direction(case, as_of).values())
    every = variants.row(0, named=True)
    known = blocks.sort("bound_usd", descending=True)
    named, rest = known.head(NAMED), known["bound_usd"].tail(-NAMED).sum()
    parts = [
        note("basket.block", product=row["product"], bound_usd=row["bound_usd"])
        for row in named.iter_rows(named=True)
    ]
    parts += [note("basket.other_blocks", bound_usd=rest)] if rest else []
    published = reduce(lambda first, rest: note("basket.more", first=first, rest=rest), parts)
    now_and_then = {"target_usd": target, "now_usd": now, "missing_usd": target - now}
    notes = [
        note(
            "basket.needed",
            reporter=flowing.reporter,
            year=flowing.year_label,
            published=published,
            **now_and_then,
        )
    ]
    if every["reachable"]:
        share = (target - now) / (every["reach_usd"] - now)
        notes.append(note("basket.on_paper", reach_usd=every["reach_usd"], true_share=share))
    else:
        notes.append(note("basket.not_on_paper", reach_usd=every["reach_usd"], gap_usd=every["gap_usd"]))
    notes += [_variant(row) for row in variants.rows(named=True)[1:]]
    return (*notes, note("basket.offers_only"))


def _variant(row: dict[str, Any]) -> Note:
    reached, name = row["reachable"], str(row["variant"])
    verdict = note("basket.is_reached") if reached else note("basket.is_missed", gap_usd=row["gap_usd"])
    return note(
        "basket.variant",
        variant=name[:1].upper() + name[1:],
        reach_usd=row["reach_usd"],
        verdict=verdict,
        binds=row["binds"],
    )


def basket_section(
    case: Case, landed: pl.DataFrame | None = None, as_of: date | None = None
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Basket table and notes of the brief: the case's basket target by value and count, then the reach of
    its turnover target.

    Parameters
    ----------
    landed
        See `case_goods`.
    as_of
        Day the brief speaks of, the case's by default; figures for later periods are not used.

    Returns
    -------
    Table with the columns of the brief's `GoodsSection.basket`, and the notes. Empty where the case has
    no such target.
    """
    day = as_of or case.settings.as_of
    case = case.with_tables({"flows": case["flows"].filter(pl.col("period_end") <= day)})
    table, texts = _section_basket(case, landed)
    value = turnover_target(case)
    if value is not None:
        with suppress(InvalidInput):  # nothing published that a reach could be made of
            texts += reach_of_target(case, value, day).text
    return table, tuple(text for rank, text in enumerate(texts) if text not in texts[:rank])


def _section_basket(case: Case, landed: pl.DataFrame | None) -> tuple[pl.DataFrame, list[Note]]:
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
            fewest_goods=count,
            target_usd=value,
            sector_caps={"*": SECTOR_CAP},
            landed=landed,
            basket=basket,
        )
    except InvalidInput as error:
        return pl.DataFrame(schema=kinds), [note("basket.none", fact=error.fact, evidence=error.evidence)]
    table = answer.basket.chosen.select(
        "product_id",
        "product",
        "sector",
        "value_usd",
        "bound_usd",
        pl.col("total_cost_usd").alias("cost_usd"),
        "landed_usd_t",
        pl.format("bound {}", "bound_basis").alias("note"),
    )
    terms = note("basket.terms", goods=count, cap_share=SECTOR_CAP, reached=answer.text[0])
    return table, [terms, *answer.text[1:]]
