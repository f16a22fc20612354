"""SMART: what a tariff cut for some partners does to one importer's purchases, in partial equilibrium."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from karwan.errors import InvalidInput

NEEDED = ("product", "exporter", "value_usd", "rate_before_share", "rate_after_share")


@dataclass(frozen=True)
class Elasticities:
    """Elasticities, the same for all products unless the table has columns of their names.

    Attributes
    ----------
    import_demand
        Of imports to their price, negative (E_m). No default: it decides the result (Kee, Nicita & Olarreaga
        estimate it by product).
    substitution
        Between origins, negative (E_s); -1.5 is WITS's default.
    export_supply
        Of the suppliers, positive (E_x); infinite is a small importer, WITS takes 99.
    """

    import_demand: float
    substitution: float = -1.5
    export_supply: float = math.inf


@dataclass(frozen=True)
class SmartResult:
    """Effects of a tariff change.

    Attributes
    ----------
    partners
        product, exporter, value_usd, rate_before_share, rate_after_share, creation_usd, diversion_usd (gained
        by those favoured, negative for
        the others), after_usd, revenue_change_usd, price_change_share (world price, where supply is not
        infinite).
    products
        product, value_usd, creation_usd, diversion_usd, revenue_change_usd, welfare_usd.
    """

    partners: pl.DataFrame
    products: pl.DataFrame


def simulate_tariffs(imports: pl.DataFrame, elasticities: Elasticities) -> SmartResult:
    """Trade creation, diversion, revenue, price and welfare of a tariff change.

    Creation M E_m g / (1 - E_m / E_x) with g = (1 + t1) / (1 + t0) - 1. Diversion solves (a + TD) / (b - TD)
    = (a / b)(1 + E_s g) for the
    favoured partners together (a) against the others (b), is at most b, and is shared among the favoured by
    value x g, taken from the others
    by value. Partners whose rate does not change are the others; where the rates of some rise instead of
    falling, those lose by the same
    formula, down to nothing; a cut and a rise in one product are refused.

    Parameters
    ----------
    imports
        One importer's purchases: product, exporter, value_usd, rate_before_share, rate_after_share;
        optionally import_demand, substitution,
        export_supply by row.
    elasticities
        Values for rows without their own.

    Raises
    ------
    InvalidInput
        A column is missing, a value or a rate is negative, or an elasticity has the wrong sign.

    References
    ----------
    Laird & Yeats (1986), UNCTAD Discussion Paper 19; Jammes & Olarreaga (2005), Explaining SMART and GSIM,
    World Bank.
    """
    rows = _checked(imports, elasticities)
    g = pl.col("g")
    rows = rows.with_columns(
        g=(1 + pl.col("rate_after_share")) / (1 + pl.col("rate_before_share")) - 1,
    )
    mixed = rows.group_by("product").agg(up=(g > 0).any(), down=(g < 0).any()).filter("up", "down")
    if mixed.height:
        raise InvalidInput(
            f"Rates of {mixed.height} products fall for some partners and rise for others.",
            ", ".join(sorted(mixed["product"])[:5]),
            "simulate the cut and the rise one after the other.",
        )
    rows = _creation(rows)
    rows = _divert(rows.with_columns(moved=g != 0))
    after = (pl.col("value_usd") + pl.col("creation_usd") + pl.col("diversion_usd")).clip(lower_bound=0.0)
    rows = rows.with_columns(after_usd=after).with_columns(
        revenue_change_usd=pl.col("rate_after_share") * pl.col("after_usd")
        - pl.col("rate_before_share") * pl.col("value_usd"),
    )
    return SmartResult(
        partners=rows.select(
            *NEEDED, "creation_usd", "diversion_usd", "after_usd", "revenue_change_usd", "price_change_share"
        ),
        products=_products(rows),
    )


def simulate_corridor(
    imports: pl.DataFrame, elasticities: Elasticities, *, exporter: str, freight_share: tuple[float, float]
) -> SmartResult:
    """The same effects when one origin's corridor gets cheaper, tariffs unchanged.

    g = (1 + t)(1 + f1) / ((1 + t)(1 + f0)) - 1: the tariff drops out of the price change and stays in the
    revenue.

    Parameters
    ----------
    imports
        product, exporter, value_usd, rate_share.
    elasticities
        As for `simulate_tariffs`.
    exporter
        Origin whose corridor changes.
    freight_share
        Freight and time over the value of the goods, now and after.
    """
    before, after = freight_share
    if before < 0 or after < 0:
        raise InvalidInput(
            "Freight over value must not be negative.", f"{before}, {after}", "give shares such as 0.35 0.25."
        )
    if "rate_share" not in imports.columns:
        raise InvalidInput(
            "The table of imports lacks rate_share.", f"columns: {', '.join(imports.columns)}", "add it."
        )
    shock = (1 + after) / (1 + before) - 1
    own = pl.col("exporter") == exporter
    # SMART in terms of the shock: a rate of 0 before and of the shock after gives the same g.
    shocked = imports.with_columns(
        rate_before_share=pl.lit(0.0), rate_after_share=pl.when(own).then(shock).otherwise(0.0)
    )
    result = _simulate_shock(shocked, elasticities)
    changed = pl.col("after_usd") - pl.col("value_usd")
    partners = result.partners.drop("rate_before_share", "rate_after_share").join(
        imports.select("product", "exporter", "rate_share"),
        on=["product", "exporter"],
        how="left",
        maintain_order="left",
    )
    partners = partners.with_columns(revenue_change_usd=pl.col("rate_share") * changed)
    revenue = partners.group_by("product").agg(pl.col("revenue_change_usd").sum())
    products = result.products.drop("revenue_change_usd", "welfare_usd").join(
        revenue, on="product", how="left", maintain_order="left"
    )
    saved = _saving(result.partners, shock, exporter)
    return SmartResult(partners, products.join(saved, on="product", how="left", maintain_order="left"))


def _simulate_shock(shocked: pl.DataFrame, elasticities: Elasticities) -> SmartResult:
    rows = _checked(shocked, elasticities, negative_rates=True)
    rows = rows.with_columns(g=pl.col("rate_after_share"))
    rows = _divert(_creation(rows).with_columns(moved=pl.col("g") != 0))
    after = (pl.col("value_usd") + pl.col("creation_usd") + pl.col("diversion_usd")).clip(lower_bound=0.0)
    rows = rows.with_columns(after_usd=after, revenue_change_usd=pl.lit(0.0))
    keep = (*NEEDED, "creation_usd", "diversion_usd", "after_usd", "revenue_change_usd", "price_change_share")
    return SmartResult(rows.select(keep), _products(rows))


def _saving(partners: pl.DataFrame, shock: float, exporter: str) -> pl.DataFrame:
    """Real saving on the corridor: all of it on trade that was there, half of it on trade that comes."""
    own = partners.filter(pl.col("exporter") == exporter)
    middle = (pl.col("value_usd") + pl.col("after_usd")) / 2
    return own.select("product", welfare_usd=-shock * middle)


def _checked(imports: pl.DataFrame, given: Elasticities, *, negative_rates: bool = False) -> pl.DataFrame:
    missing = [name for name in NEEDED if name not in imports.columns]
    if missing:
        raise InvalidInput(
            f"The table of imports lacks {', '.join(missing)}.",
            f"columns: {', '.join(imports.columns)}",
            f"name the columns {', '.join(NEEDED)}.",
        )
    rows = imports.with_columns(
        pl.lit(value).alias(name)
        if name not in imports.columns
        else pl.col(name).cast(pl.Float64).fill_null(value).alias(name)
        for name, value in vars(given).items()
    )
    floor = -1.0 if negative_rates else 0.0
    faults = {
        "value_usd below 0 or missing": pl.col("value_usd").is_null() | (pl.col("value_usd") < 0),
        "a rate below 0 or missing": pl.any_horizontal(
            pl.col(name).is_null() | (pl.col(name) < floor)
            for name in ("rate_before_share", "rate_after_share")
        ),
        "import_demand not below 0": pl.col("import_demand") >= 0,
        "substitution above 0": pl.col("substitution") > 0,
        "export_supply not above 0": pl.col("export_supply") <= 0,
        "product and exporter twice": pl.struct("product", "exporter").is_duplicated(),
    }
    found = [(name, rows.filter(test).height) for name, test in faults.items()]
    found = [(name, count) for name, count in found if count]
    if found:
        raise InvalidInput(
            "The table of imports cannot be used.",
            "; ".join(f"{count} rows with {name}" for name, count in found),
            "correct these rows; elasticities of demand and substitution are negative, of supply positive.",
        )
    return rows


def _creation(rows: pl.DataFrame) -> pl.DataFrame:
    """Creation by partner and the change of the world price where supply is not infinite."""
    demand, supply = pl.col("import_demand"), pl.col("export_supply")
    change = pl.col("rate_after_share") - pl.col("rate_before_share")
    creation = pl.col("value_usd") * demand * pl.col("g") / (1 - demand / supply)
    price = (
        pl.when(supply.is_infinite())
        .then(0.0)
        .otherwise(demand / (supply - demand) * change / (1 + pl.col("rate_before_share")))
    )
    # A partner cannot lose more than it sells.
    return rows.with_columns(
        creation_usd=pl.max_horizontal(creation, -pl.col("value_usd")), price_change_share=price
    )


def _divert(rows: pl.DataFrame) -> pl.DataFrame:
    """Diversion between the partners whose price changes and the others, product by product."""
    value, g, moved = pl.col("value_usd"), pl.col("g"), pl.col("moved")
    a = value.filter(moved).sum().over("product")
    b = value.filter(~moved).sum().over("product")
    weighted = (value * g).filter(moved).sum().over("product")
    shift = pl.when(a > 0).then(pl.col("substitution") * weighted / a).otherwise(0.0).clip(lower_bound=-1.0)
    raw = a * b * shift / (a + b + a * shift)
    total = pl.when((a > 0) & (b > 0)).then(raw.clip(-a, b)).otherwise(0.0)
    share_in = pl.when(weighted != 0).then(value * g / weighted).otherwise(0.0)
    share_out = pl.when(b > 0).then(value / b).otherwise(0.0)
    return rows.with_columns(
        diversion_usd=pl.when(moved).then(total * share_in).otherwise(-total * share_out)
    )


def _products(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums by product; welfare is Harberger's: each partner's mean rate on what is bought of it more or less."""
    moved, value = pl.col("moved"), pl.col("value_usd")
    mean_rate = (pl.col("rate_before_share") + pl.col("rate_after_share")) / 2
    return rows.group_by("product", maintain_order=True).agg(
        value_usd=value.sum(),
        creation_usd=pl.col("creation_usd").sum(),
        diversion_usd=pl.col("diversion_usd").filter(moved).sum(),
        revenue_change_usd=pl.col("revenue_change_usd").sum(),
        welfare_usd=(mean_rate * (pl.col("creation_usd") + pl.col("diversion_usd"))).sum(),
    )
