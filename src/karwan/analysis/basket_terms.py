"""Terms under which a trade officer would sign a basket: no good too large or too small, every sector in it, demand and rivals heeded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from karwan.amounts import percent
from karwan.analysis.carriage import with_landed
from karwan.appraisal.verdict import FAR_CUT, NO, UNKNOWN
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

EVEN_SHARES, LEAST_EVEN = 3.0, 0.25  # times an even share: by default no good is larger, or smaller
WIDER = 1.25
ROOM = 1.02  # of the target that the goods must be able to reach under a share
FEWEST_SECTORS = 4  # a cap of 30 % each needs as many
ALTERNATIVES = 10


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
        As `choose_basket` takes them, with `verdict` and `demand`.
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
    """Goods of a list without those the verdict is no to; where fewer than asked are left, as many others of the seller stand in for them.

    Parameters
    ----------
    products
        The list.
    roomy
        Goods whose bound is not below the least value: of these the cheapest to bring stand in (see `alternatives`), unless their price
        would have to fall so far that it is no plan.

    Raises
    ------
    InvalidInput
        No good is left.
    """
    ids = products["product_id"]
    if verdicts is None:
        return Listed(tuple(ids), ())
    far = verdicts.filter(pl.col("cut_share") > FAR_CUT)["product_id"].to_list()
    planless = products.filter(pl.col("product_id").is_in(far))["name"].to_list()
    told = [note("basket.far", goods=len(planless), cut=percent(FAR_CUT), names=", ".join(planless))]
    said = told if planless else []
    no = ids.is_in(verdicts.filter(pl.col("verdict") == NO)["product_id"].to_list())
    refused = products.filter(no)
    if refused.is_empty():
        return Listed(tuple(ids), tuple(said))
    kept = ids.filter(~no)
    names = ", ".join(refused["name"])
    if kept.is_empty():
        raise InvalidInput("No good of the basket can be sold.", names, "choose another basket.")
    places = max(0, min(refused.height, most_goods - kept.len()))
    others = alternatives(case, landed, products, verdicts, products["exporter"][0])
    fit = set(roomy) - set(far)
    others = others.filter(pl.col("product_id").is_in(list(fit))).head(places)
    said.append(note("basket.refused", goods=refused.height, names=names))
    if others.height:
        said.append(note("basket.stand_ins", goods=others.height, names=", ".join(others["product"])))
    return Listed((*kept, *others["product_id"]), tuple(said))


def limited(
    goods: pl.DataFrame, verdicts: pl.DataFrame | None, most_goods: int, target_usd: float, terms: SignTerms
) -> LimitedGoods:
    """Goods with their bounds by demand and by the greatest share, and their least values."""
    heeded = _heeded(goods, verdicts)
    share = terms.share or _share(heeded["bound_usd"], most_goods, target_usd)
    bound = pl.min_horizontal("bound_usd", pl.lit(share * target_usd))
    quarter = least_even(most_goods, target_usd)
    least = (
        pl.max_horizontal("least_usd", pl.lit(quarter))
        if terms.least_usd is None
        else pl.lit(terms.least_usd)
    )
    whole = heeded.with_columns(bound_usd=bound).with_columns(least_usd=pl.min_horizontal(least, "bound_usd"))
    small = whole.filter(pl.col("bound_usd") < least) if terms.least_usd is not None else whole.clear()
    kept = whole.join(small, on="product_id", how="anti", maintain_order="left")
    fewest = min(most_goods, kept.height)
    stated = quarter if terms.least_usd is None else terms.least_usd
    said = [note("basket.limits", most_share=share, goods=fewest, least_usd=stated)]
    unknown = kept.filter(pl.col("demand") == UNKNOWN).height
    if unknown:
        said.append(note("basket.demand_unknown", goods=unknown, all=kept.height))
    return LimitedGoods(kept, heeded, share, fewest, tuple(said))


def least_even(most_goods: int, target_usd: float) -> float:
    """Least value of a good by default, USD."""
    return LEAST_EVEN * target_usd / most_goods


def _heeded(goods: pl.DataFrame, verdicts: pl.DataFrame | None) -> pl.DataFrame:
    """Goods with verdict and demand, bound by what the buyer can take."""
    if verdicts is None:
        blank = pl.lit(UNKNOWN)
        return goods.with_columns(verdict=blank, demand=blank)
    known = verdicts.select("product_id", "verdict", demand="demand_kind", _most="bound_usd")
    joined = goods.join(known, on="product_id", how="left", maintain_order="left")
    joined = joined.with_columns(
        pl.col("verdict", "demand").fill_null(UNKNOWN), bound_usd=pl.min_horizontal("bound_usd", "_most")
    ).drop("_most")
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
        known = verdicts.select("product_id", "verdict", most_usd="bound_usd")
        priced = priced.join(known, on="product_id", how="left", maintain_order="left")
        priced = priced.with_columns(pl.col("verdict").fill_null(UNKNOWN))
    could = priced.filter(pl.col("verdict") != NO).sort("cost_share", "product_id").head(ALTERNATIVES)
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
