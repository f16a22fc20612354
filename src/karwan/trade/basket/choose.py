"""Choosing a basket of goods: reach a value at least cost, or the greatest value, under stated terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.trade.basket.explain import explain
from karwan.trade.basket.model import Basket, Objective, Scenarios, Terms, checked_goods
from karwan.trade.basket.narrow import solve_narrowed
from karwan.trade.basket.program import Program, Solution, build
from karwan.trade.basket.solution import BREACHES, REACH, TIME_LIMIT_S, chosen_goods, shadow_prices

GAP_SHARE = 1e-4


def choose_basket(
    goods: pl.DataFrame,
    *,
    most_goods: int,
    target_usd: float | None = None,
    objective: Objective = "cost",
    sector_caps: Mapping[str, float] | None = None,
    capacity: pl.DataFrame | None = None,
    scenarios: Scenarios | None = None,
    terms: Terms | None = None,
    gap_share: float = GAP_SHARE,
    time_limit_s: float = TIME_LIMIT_S,
) -> Basket:
    """Choose at most N goods that reach a value at least cost, or have the greatest (expected) value.

    Solves, with x_k the value of good k and y_k its choice,

        min sum f_k y_k + c_k x_k   or   max sum E[d_k] x_k
        least_k y_k <= x_k <= U_k y_k,  sum y <= N,  sum x + baseline >= T,
        sum_{k in s} x_k <= cap_s sum x,  sum a_k x_k <= capacity,  r1 <= a_to_b / b_to_a <= r2,

    by branch and bound (HiGHS). With scenarios the target is a chance or CVaR constraint. When no basket
    meets the terms the result says what is reachable and which term holds it back.

    Parameters
    ----------
    goods
        product_id, bound_usd (U_k, unrealised potential); optional sector, direction ('a_to_b'), cost_usd
        (f_k, once per good), cost_share (c_k, USD per USD of value), least_usd (least value if chosen),
        tonnes_per_usd. Missing optional figures are zero.
    most_goods
        N.
    target_usd
        T, baseline included; needed for least cost, optional for greatest value.
    sector_caps
        Sector to its greatest share of the basket's value; '*' stands for every sector not named.
    capacity
        Rows of what the corridors carry in the period: name, capacity_t, direction ('a_to_b', 'b_to_a' or
        null for both).
    scenarios, terms
        See `Scenarios` and `Terms`.
    gap_share, time_limit_s
        Relative gap at which the search stops, and the time it gets.

    Raises
    ------
    InvalidInput
        The statement of the problem is not usable.
    NotConverged
        Time ran out before any basket was found.

    References
    ----------
    Huangfu & Hall (2018), doi:10.1007/s12532-017-0130-5 (HiGHS); Luedtke & Ahmed (2008),
    doi:10.1137/070702928 (chance constraint by sample average); Rockafellar & Uryasev (2000),
    doi:10.21314/JOR.2000.038 (CVaR).
    """
    terms = terms or Terms()
    table = checked_goods(goods)
    _check(most_goods, target_usd, objective, terms, table.height)
    program = build(
        table,
        most_goods=most_goods,
        target_usd=target_usd,
        objective=objective,
        sector_caps=sector_caps or {},
        capacity=capacity,
        scenarios=scenarios,
        terms=terms,
    )
    best = solve_narrowed(program, gap_share=gap_share, time_limit_s=time_limit_s)
    baseline = sum(terms.baseline_usd.values())
    if best.status == "infeasible":
        return explain(table, program, objective, target_usd or 0.0, baseline, scenarios, time_limit_s)
    return _basket(table, program, best, objective, target_usd, baseline, scenarios)


def frontier(goods: pl.DataFrame, counts: Sequence[int], **statement: Any) -> pl.DataFrame:
    """Least cost or greatest value against the number of goods.

    Parameters
    ----------
    counts
        Numbers of goods to try.
    statement
        As for `choose_basket`, without `most_goods`.

    Returns
    -------
    Table with columns most_goods, status, goods, value_usd, cost_usd, reach_usd (what is reachable where the
    target is not, else null).
    """
    rows = []
    for count in counts:
        found = choose_basket(goods, most_goods=count, **statement)
        reach = found.reach["reach_usd"][0] if found.status == "infeasible" and found.reach.height else None
        feasible = found.status != "infeasible"
        rows.append(
            (
                count,
                found.status,
                found.chosen.height if feasible else None,
                found.value_usd if feasible else None,
                found.cost_usd if feasible else None,
                reach,
            )
        )
    schema = {
        "most_goods": pl.Int64,
        "status": pl.String,
        "goods": pl.Int64,
        "value_usd": pl.Float64,
        "cost_usd": pl.Float64,
        "reach_usd": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _check(most: int, target: float | None, objective: Objective, terms: Terms, goods: int) -> None:
    if goods == 0:
        raise InvalidInput("There are no goods to choose from.", fix="give at least one good.")
    if most < 1:
        raise InvalidInput(f"At most {most} goods is no basket.", fix="allow at least one good.")
    if terms.fewest_goods > most:
        raise InvalidInput(
            f"At least {terms.fewest_goods} and at most {most} goods exclude each other.",
            fix="lower the one or raise the other.",
        )
    if objective not in ("cost", "value"):
        raise InvalidInput(f"Unknown objective {objective!r}.", fix="use cost or value.")
    if objective == "cost" and target is None:
        raise InvalidInput("Least cost without a target is an empty basket.", fix="give target_usd.")
    if target is not None and not (np.isfinite(target) and target >= 0):
        raise InvalidInput(f"The target is {target}.", fix="give an amount in USD >= 0.")


def _basket(
    goods: pl.DataFrame,
    program: Program,
    best: Solution,
    objective: Objective,
    target_usd: float | None,
    baseline: float,
    scenarios: Scenarios | None,
) -> Basket:
    prices = shadow_prices(program, best.columns)
    chosen, values = chosen_goods(goods, best.columns)
    expected = values if scenarios is None else values * np.asarray(scenarios.shares).mean(axis=0)
    met = None
    if scenarios is not None and target_usd is not None:
        delivered = np.asarray(scenarios.shares) @ values + baseline
        met = float(np.mean(delivered >= target_usd * (1 - 1e-7)))
    return Basket(
        status="optimal" if best.status == "optimal" else "limit",
        objective=objective,
        chosen=chosen,
        target_usd=target_usd or 0.0,
        baseline_usd=baseline,
        value_usd=float(expected.sum()),
        cost_usd=float(chosen["total_cost_usd"].sum()),
        gap_share=best.gap_share,
        prices=prices,
        reach=pl.DataFrame(schema=REACH),
        breaches=pl.DataFrame(schema=BREACHES),
        met_share=met,
    )


__all__ = ["choose_basket", "frontier"]
