"""What a basket is chosen from, under which terms, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.errors import InvalidInput

Array = npt.NDArray[np.float64]
Objective = Literal["cost", "value"]

DEFAULTS: dict[str, tuple[pl.DataType, object]] = {
    "sector": (pl.String(), ""),
    "direction": (pl.String(), "a_to_b"),
    "cost_usd": (pl.Float64(), 0.0),
    "cost_share": (pl.Float64(), 0.0),
    "least_usd": (pl.Float64(), 0.0),
    "tonnes_per_usd": (pl.Float64(), 0.0),
}


@dataclass(frozen=True)
class Terms:
    """Terms beside target, count, sector shares and capacity.

    Attributes
    ----------
    fewest_goods
        At least this many goods.
    baseline_usd
        Trade that flows anyway, by direction ('a_to_b', 'b_to_a'); counts toward the target and the balance.
    balance
        Least and greatest value of a_to_b over b_to_a, baseline included; None for no such term.
    budget_usd
        Most the basket may cost; None for no such term.
    usage
        Which share of a good's tonnes a capacity row carries: product_id, name, share. None: each row carries
        all goods of its direction.
    """

    fewest_goods: int = 0
    baseline_usd: Mapping[str, float] = field(default_factory=dict)
    balance: tuple[float, float] | None = None
    budget_usd: float | None = None
    usage: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        if self.balance is None:
            return
        least, most = self.balance
        if not 0 <= least <= most:
            raise InvalidInput(
                f"The balance [{least}, {most}] is no range.", fix="give 0 <= least <= greatest."
            )


@dataclass(frozen=True)
class Scenarios:
    """Futures in which goods deliver more or less than chosen.

    Attributes
    ----------
    shares
        Delivered over chosen value, >= 0, shape (R, K), columns in the order of the goods.
    kind
        'chance': the target is missed in at most `risk` of the scenarios. 'cvar': the mean shortfall in the
        worst `risk` of the scenarios is at most `shortfall_usd`.
    risk
        Share of scenarios, in (0, 1).
    shortfall_usd
        Only for 'cvar'.
    """

    shares: Array
    kind: Literal["chance", "cvar"] = "chance"
    risk: float = 0.1
    shortfall_usd: float = 0.0


@dataclass(frozen=True)
class Basket:
    """A chosen basket.

    Attributes
    ----------
    status
        'optimal' (to the gap asked for), 'limit' (time ran out with a solution) or 'infeasible'.
    objective
        'cost' or 'value'.
    chosen
        One row per chosen good, largest first: the columns of the goods plus value_usd, value_share and
        total_cost_usd.
    value_usd
        Value of the basket; with scenarios, its expected value. `target_usd` and `baseline_usd` stand beside
        it.
    cost_usd
        Cost of the basket.
    gap_share
        Proven relative gap of the objective.
    prices
        Shadow prices with the choice of goods held: constraint, kind, dual (objective per unit of the
        right-hand side), unit, used, limit, binding.
    reach
        Only when infeasible: what can be reached, and with each term left out: without, reach_usd, gain_usd.
        Its first row ('') is the reach under all terms.
    breaches
        Only when infeasible: the least breach of the terms that would make a basket possible: constraint,
        breach, unit, limit.
    met_share
        Share of scenarios in which the basket reaches the target; null without scenarios.
    """

    status: Literal["optimal", "limit", "infeasible"]
    objective: Objective
    chosen: pl.DataFrame
    target_usd: float
    baseline_usd: float
    value_usd: float
    cost_usd: float
    gap_share: float
    prices: pl.DataFrame
    reach: pl.DataFrame
    breaches: pl.DataFrame
    met_share: float | None


def checked_goods(goods: pl.DataFrame) -> pl.DataFrame:
    """The goods with every optional column filled in.

    Raises
    ------
    InvalidInput
        A column is missing, a key repeats, or a figure is missing or negative.
    """
    missing = [name for name in ("product_id", "bound_usd") if name not in goods.columns]
    if missing:
        raise InvalidInput(
            f"The goods lack the column {', '.join(missing)}.",
            f"columns: {', '.join(goods.columns)}",
            "a good needs product_id and bound_usd (its unrealised potential in USD).",
        )
    absent = [
        pl.lit(value, dtype=kind).alias(name)
        for name, (kind, value) in DEFAULTS.items()
        if name not in goods.columns
    ]
    present = [
        pl.col(name).fill_null(value) for name, (_, value) in DEFAULTS.items() if name in goods.columns
    ]
    table = goods.with_columns(*absent, *present, pl.col("bound_usd").cast(pl.Float64))
    repeated = table.filter(pl.col("product_id").is_duplicated())["product_id"].unique().sort().to_list()
    if repeated:
        raise InvalidInput(
            f"{len(repeated)} goods stand twice.", ", ".join(repeated[:5]), "give each good one row."
        )
    numbers = ["bound_usd", "cost_usd", "cost_share", "least_usd", "tonnes_per_usd"]
    for name in numbers:
        bad = table.filter(~pl.col(name).is_finite().fill_null(False) | (pl.col(name) < 0))
        if bad.height:
            raise InvalidInput(
                f"{bad.height} goods have no usable {name}.",
                ", ".join(bad["product_id"].head(5).to_list()),
                "give a figure >= 0, or drop the good: missing is not zero.",
            )
    unknown = sorted(set(table["direction"].unique()) - {"a_to_b", "b_to_a"})
    if unknown:
        raise InvalidInput(f"Unknown direction {unknown[0]!r}.", fix="use a_to_b or b_to_a.")
    return table
