"""Terms under which a trade officer would sign a basket: no good too large or too small, every sector in it, demand and rivals heeded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from karwan.analysis.carriage import with_landed
from karwan.analysis.goods_shown import FAR, NO_PLAN
from karwan.appraisal.verdict import FAR_CUT, NO, ONLY_IF, UNKNOWN, YES
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

EVEN_SHARES, LEAST_EVEN = 3.0, 0.25  # times an even share: by default no good is larger, or smaller
WIDER = 1.25
ROOM = 1.02  # of the target that the goods must be able to reach under a share
FEWEST_SECTORS = 4  # a cap of 30 % each needs as many
ALTERNATIVES = 10
FAILS = (NO, NO_PLAN)


@dataclass(frozen=True)
class SignTerms:
    """What limits each good of a basket.

    Attributes
    ----------
    share
        Greatest share of the target that one good may have; None takes three times an even share, wider only where the goods would not reach
        the target.
    least_usd
        Least value of a good that is chosen; None takes a quarter of an even share, a container at least, and all it can have where that is less.
    """

    share: float | None = None
    least_usd: float | None = None

    def __post_init__(self) -> None:
        if self.share is not None and not 0 < self.share <= 1:
            raise InvalidInput(f"A greatest share of {self.share:g} is none.", fix="Give a share, as 0.1.")


@dataclass(frozen=True)
class LimitedGoods:
    """Goods under their limits, and what was done.

    Attributes
    ----------
    goods
        As `choose_basket` takes them, with `verdict`, `demand`, `own_usd`, `bound_of` and `own_basis` (the bound of the good itself, what it
        is and rests on), and `cap_by` (what `bound_usd`, the most the basket may take of it, comes from).
    free
        The same without the greatest share.
    share, fewest
        Greatest share of a good, and how many goods there must be.
    notes
        The same in words.
    """

    goods: pl.DataFrame
    free: pl.DataFrame
    share: float
    fewest: int
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Listed:
    """Goods a basket is chosen from, and in words which were left out and which stand in for them."""

    product_ids: tuple[str, ...]
    notes: tuple[Note, ...]


def listed_goods(
    case: Case,
    landed: pl.DataFrame,
    products: pl.DataFrame,
    verdicts: pl.DataFrame | None,
    most_goods: int,
    roomy: Collection[str],
) -> Listed:
    """Goods of a list without those that fail the price test; where fewer than asked are left, as many others of the seller stand in for them.

    A good fails whose verdict is no, or that would sell only by a cut that is no plan. It stays only where no other good, of the list or of the
    seller, is of its sector, and no ban holds.

    Parameters
    ----------
    products
        The list.
    roomy
        Goods whose bound is not below the least value: of these the cheapest to bring stand in (see `alternatives`), those of a sector that
        would be empty first.

    Raises
    ------
    InvalidInput
        No good is left.
    """
    ids = products["product_id"]
    if verdicts is None:
        return Listed(tuple(ids), ())
    fails = planned(verdicts).filter(pl.col("verdict").is_in(FAILS)).select("product_id", "verdict", "ban")
    failing = products.join(fails, on="product_id", maintain_order="left")
    if failing.is_empty():
        return Listed(tuple(ids), ())
    passing = products.join(fails, on="product_id", how="anti", maintain_order="left")
    others = alternatives(case, landed, products, verdicts, products["exporter"][0])
    others = others.filter(pl.col("product_id").is_in(list(roomy)))
    unfilled = set(failing["sector"]) - set(passing["sector"])
    alone = pl.col("sector").is_in(list(unfilled - set(others["sector"]))) & pl.col("ban").is_null()
    last, refused = failing.filter(alone), failing.filter(~alone)
    kept = ids.filter(ids.is_in([*passing["product_id"], *last["product_id"]]))
    if kept.is_empty():
        names = ", ".join(refused["name"])
        raise InvalidInput("No good of the basket can be sold.", names, "choose another basket.")
    places = max(0, min(refused.height, most_goods - kept.len()))
    filling = others.sort(pl.col("sector").is_in(list(unfilled)), descending=True, maintain_order=True)
    filling = filling.head(places)
    return Listed((*kept, *filling["product_id"]), tuple(_listed_notes(refused, last, filling)))


def _listed_notes(refused: pl.DataFrame, last: pl.DataFrame, filling: pl.DataFrame) -> Iterator[Note]:
    """Which goods left a list, which stay though they fail, and which stand in."""
    for key, table in (("refused", refused), ("last_of_sector", last)):
        names = ", ".join(f"{row['name']} ({row['verdict']})" for row in table.iter_rows(named=True))
        if names:
            yield note(f"basket.{key}", goods=table.height, names=names, cut_share=FAR_CUT)
    if filling.height:
        yield note("basket.stand_ins", goods=filling.height, names=", ".join(filling["product"]))


def planned(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Verdicts with `no plan` where a good would sell only by a cut that is none, and `bound_of`: what its bound is, and of which year."""
    wanted = pl.col("demand_period").str.extract_all(r"\d{4}").list.last()
    offered = pl.when(pl.col("binding") == "offer").then(pl.col("offer_year").cast(pl.String))
    year = offered.when(pl.col("binding") == "demand").then(wanted)
    return verdicts.with_columns(
        verdict=pl.when(FAR).then(pl.lit(NO_PLAN)).otherwise("verdict"),
        bound_of=pl.concat_str("binding", year, separator=" ", ignore_nulls=True).replace("", None),
    )


def judged_notes(chosen: pl.DataFrame, target_usd: float) -> list[Note]:
    """How many goods of a basket pass the price test, fail it or are not judged, with their value, and what is left of it without the last."""
    counts: dict[str, float] = {"goods": chosen.height}
    kinds = {"yes": (YES,), "only_if": (ONLY_IF,), "fail": FAILS, "unknown": (UNKNOWN,)}
    for name, verdicts in kinds.items():
        rows = chosen.filter(pl.col("verdict").is_in(verdicts))
        counts |= {name: rows.height, f"{name}_usd": float(rows["value_usd"].sum())}
    judged = counts["yes_usd"] + counts["only_if_usd"]
    key = "basket.judged_enough" if judged >= target_usd else "basket.judged_short"
    return [note("basket.judged", **counts), note(key, judged_usd=judged, target_usd=target_usd)]


def limited(
    goods: pl.DataFrame, verdicts: pl.DataFrame | None, most_goods: int, target_usd: float, terms: SignTerms
) -> LimitedGoods:
    """Goods with their bounds by demand and by the greatest share, and their least values."""
    heeded = _heeded(goods, verdicts)
    share = terms.share or _share(heeded["bound_usd"], most_goods, target_usd)
    cap = pl.lit(share * target_usd)
    bound = pl.min_horizontal("bound_usd", cap)
    by_share = pl.when(cap < pl.col("bound_usd")).then(pl.lit("share"))
    quarter = least_even(most_goods, target_usd)
    least = (
        pl.max_horizontal("least_usd", pl.lit(quarter))
        if terms.least_usd is None
        else pl.lit(terms.least_usd)
    )
    whole = heeded.with_columns(bound_usd=bound, cap_by=by_share.otherwise("cap_by"))
    whole = whole.with_columns(least_usd=pl.min_horizontal(least, "bound_usd"))
    small = whole.filter(pl.col("bound_usd") < least) if terms.least_usd is not None else whole.clear()
    kept = whole.join(small, on="product_id", how="anti", maintain_order="left")
    fewest = min(most_goods, kept.height)
    stated = quarter if terms.least_usd is None else terms.least_usd
    said = [note("basket.limits", most_share=share, goods=fewest, least_usd=stated)]
    if kept.height < most_goods and terms.least_usd is None:
        said.append(note("basket.fewer", goods=kept.height, asked=most_goods))
    unknown = kept.filter(pl.col("demand") == UNKNOWN).height
    if unknown:
        said.append(note("basket.demand_unknown", goods=unknown, all=kept.height))
    return LimitedGoods(kept, heeded, share, fewest, tuple(said))


def least_even(most_goods: int, target_usd: float) -> float:
    """Least value of a good by default, USD."""
    return LEAST_EVEN * target_usd / most_goods


def _heeded(goods: pl.DataFrame, verdicts: pl.DataFrame | None) -> pl.DataFrame:
    """Goods with verdict and demand, bound by what the buyer can take."""
    published = pl.when(pl.col("bound_basis") == "observed").then(pl.lit("published"))
    goods = goods.with_columns(cap_by=published.otherwise(pl.lit("offer")))
    if verdicts is None:
        blank = {"verdict": pl.lit(UNKNOWN), "demand": pl.lit(UNKNOWN)}
        return goods.with_columns(
            **blank,
            own_usd=pl.lit(None, pl.Float64),
            bound_of=pl.lit(None, pl.String),
            own_basis=pl.lit(None, pl.String),
        )
    known = planned(verdicts).select(
        "product_id",
        "verdict",
        "bound_of",
        demand="demand_kind",
        own_usd="bound_usd",
        own_basis="basis",
    )
    joined = goods.join(known, on="product_id", how="left", maintain_order="left")
    by_own = pl.when(pl.col("own_usd") <= pl.col("bound_usd")).then(pl.lit("bound"))
    joined = joined.with_columns(
        pl.col("verdict", "demand").fill_null(UNKNOWN),
        bound_usd=pl.min_horizontal("bound_usd", "own_usd"),
        cap_by=by_own.otherwise("cap_by"),
    )
    return joined.with_columns(least_usd=pl.min_horizontal("least_usd", "bound_usd"))


def _share(bounds: pl.Series, most_goods: int, target_usd: float) -> float:
    """Three even shares, widened until the largest bounds under it reach the target; all where nothing does."""
    largest = bounds.sort(descending=True).head(most_goods)
    share = min(1.0, EVEN_SHARES / most_goods)
    while share < 1.0 and float(largest.clip(0.0, share * target_usd).sum()) < ROOM * target_usd:
        share = min(1.0, share * WIDER)
    return share


def default_caps(goods: pl.DataFrame, cap: float) -> Mapping[str, float]:
    """A cap on every sector where there are enough of them for one."""
    return {"*": cap} if goods["sector"].n_unique() >= FEWEST_SECTORS else {}


def alternatives(
    case: Case,
    landed: pl.DataFrame,
    chosen: pl.DataFrame,
    verdicts: pl.DataFrame | None,
    exporter: str,
) -> pl.DataFrame:
    """Goods of the same seller that are not in the basket: those that could stand in, cheapest to bring first, with why they are not in it."""
    products = case["products"].filter(
        (pl.col("exporter") == exporter) & ~pl.col("product_id").is_in(chosen["product_id"].to_list())
    )
    if products.is_empty():
        return result_frame("basket_alternatives")
    goods = products.select("product_id", pl.col("name").alias("product"), "sector", "basket", "price_usd_t")
    priced = with_landed(case, goods, landed, exporter)
    if verdicts is None:
        priced = priced.with_columns(verdict=pl.lit(UNKNOWN), most_usd=pl.lit(None, dtype=pl.Float64))
    else:
        known = planned(verdicts).select("product_id", "verdict", most_usd="bound_usd")
        priced = priced.join(known, on="product_id", how="left", maintain_order="left")
        priced = priced.with_columns(pl.col("verdict").fill_null(UNKNOWN))
    could = priced.filter(~pl.col("verdict").is_in(FAILS)).sort("cost_share", "product_id").head(ALTERNATIVES)
    rows = could.select(
        "product_id",
        "product",
        "sector",
        "basket",
        "verdict",
        "landed_usd_t",
        "cost_share",
        bound_usd="most_usd",
    )
    return result_frame("basket_alternatives", rows.to_dicts())
