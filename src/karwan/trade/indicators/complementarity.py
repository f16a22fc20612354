"""How well two countries' trade fits: complementarity, intensity, intra-industry trade."""

from __future__ import annotations

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.trade.indicators.matrix import Floats, checked_flows


def complementarity(exports_usd: Floats, imports_usd: Floats) -> float:
    """Michaely's index of one direction, in [0, 1]: 1 if one's export shares are the other's import shares.

    Parameters
    ----------
    exports_usd, imports_usd
        By product, same order: what one country sells to the world, what the other buys from it.

    Returns
    -------
    1 - half the sum of absolute differences of shares. The literature prints it times 100.

    References
    ----------
    Michaely, M. (1996), Trade preferential agreements in Latin America. World Bank WP 1583.
    """
    out, back = np.asarray(exports_usd, dtype=float), np.asarray(imports_usd, dtype=float)
    if not (out.sum() > 0 and back.sum() > 0):
        raise InvalidInput("Complementarity needs exports and imports above zero.")
    return float(1.0 - 0.5 * np.abs(out / out.sum() - back / back.sum()).sum())


def trade_intensity(flow_usd: float, exports_usd: float, imports_usd: float, world_usd: float) -> float:
    """Share of a partner in one's exports over its share in the world's imports; 1 is as expected by size.

    Parameters
    ----------
    flow_usd
        Exports of the one to the other.
    exports_usd, imports_usd, world_usd
        All exports of the one, all imports of the other, all trade.
    """
    if not (exports_usd > 0 and imports_usd > 0 and world_usd > 0):
        raise InvalidInput("Trade intensity needs exports, imports and world trade above zero.")
    return (flow_usd / exports_usd) / (imports_usd / world_usd)


def grubel_lloyd(exports_usd: Floats, imports_usd: Floats) -> tuple[Floats, float]:
    """Intra-industry trade: by product and for the total.

    Returns
    -------
    Index by product 1 - |x - m| / (x + m) (NaN without trade), and the trade-weighted index of the total.

    References
    ----------
    Grubel, H. & Lloyd, P. (1975), Intra-Industry Trade. Macmillan.
    """
    out, back = np.asarray(exports_usd, dtype=float), np.asarray(imports_usd, dtype=float)
    both, gap = out + back, np.abs(out - back)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_product = 1.0 - gap / both
    total = 1.0 - gap.sum() / both.sum() if both.sum() > 0 else float("nan")
    return np.asarray(by_product), float(total)


def _side_by_side(sold: pl.DataFrame, bought: pl.DataFrame, product: str) -> pl.DataFrame:
    """Sums of `v` by product: x of the one table, m of the other, 0 where it has none; sorted."""
    x = sold.group_by(product, maintain_order=True).agg(pl.col("v").sum().alias("x"))
    m = bought.group_by(product, maintain_order=True).agg(pl.col("v").sum().alias("m"))
    return x.join(m, on=product, how="full", coalesce=True).fill_null(0.0).sort(product)


def pair_indicators(
    table: pl.DataFrame,
    party_a: str,
    party_b: str,
    *,
    exporter: str = "exporter",
    importer: str = "importer",
    product: str = "product",
    value: str = "value_usd",
) -> pl.DataFrame:
    """Complementarity and intensity of both directions and Grubel-Lloyd of the pair from a bilateral table.

    Parameters
    ----------
    table
        Long table of exports by exporter, importer and product, as one world (all that trades with whom).

    Returns
    -------
    Table exporter, importer, flow_usd, complementarity, intensity, grubel_lloyd, products_both; two rows. An
    index without the data for it is null.
    """
    known = checked_flows(table, exporter, importer, product, value=value).rename({value: "v"})
    known = known.sort(exporter, importer, product, "v")  # sums do not hang on the order of the rows
    rows = []
    for one, other in ((party_a, party_b), (party_b, party_a)):
        sold = known.filter(pl.col(exporter) == one)
        bought = known.filter(pl.col(importer) == other)
        lines = _side_by_side(sold, bought, product)
        flow = sold.filter(pl.col(importer) == other)
        reverse = known.filter((pl.col(exporter) == other) & (pl.col(importer) == one))
        pair = _side_by_side(flow, reverse, product)
        out_usd, back_usd = float(lines["x"].sum()), float(lines["m"].sum())
        known_both = out_usd > 0 and back_usd > 0
        flow_usd = float(flow["v"].sum()) if flow.height else None
        intensity = None
        if known_both and flow_usd is not None:
            world = float(known["v"].sum())
            intensity = trade_intensity(flow_usd, out_usd, back_usd, world)
        rows.append(
            {
                "exporter": one,
                "importer": other,
                "flow_usd": flow_usd,
                "complementarity": complementarity(lines["x"].to_numpy(), lines["m"].to_numpy())
                if known_both
                else None,
                "intensity": intensity,
                "grubel_lloyd": grubel_lloyd(pair["x"].to_numpy(), pair["m"].to_numpy())[1]
                if flow.height and reverse.height
                else None,
                "products_both": lines.filter((pl.col("x") > 0) & (pl.col("m") > 0)).height,
            }
        )
    kinds = {
        "exporter": pl.String,
        "importer": pl.String,
        "flow_usd": pl.Float64,
        "complementarity": pl.Float64,
        "intensity": pl.Float64,
        "grubel_lloyd": pl.Float64,
        "products_both": pl.Int64,
    }
    return pl.DataFrame(rows, schema=kinds)
