"""Why no basket meets the terms: what is reachable, what holds it back, the least breach that would do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from karwan.trade.basket.model import Array, Basket, Objective, Scenarios
from karwan.trade.basket.narrow import solve_narrowed
from karwan.trade.basket.program import INF, Program, Row, solve_program
from karwan.trade.basket.solution import BREACHES, PRICES, REACH, chosen_goods, shadow_prices

GAP_SHARE = 1e-4


def explain(
    goods: pl.DataFrame,
    program: Program,
    objective: Objective,
    target_usd: float,
    baseline_usd: float,
    scenarios: Scenarios | None,
    time_limit_s: float,
) -> Basket:
    """Basket with status 'infeasible': the greatest reach, the reach without each term, and the least breach
    of the terms.

    The chosen goods are those of the greatest reach, empty when the terms exclude one another even without a
    target.
    """
    free = _reaching(program, goods, scenarios)
    best = solve_narrowed(free, gap_share=GAP_SHARE, time_limit_s=time_limit_s)
    breaches = least_breach(program, time_limit_s)
    if best.status == "infeasible":
        chosen, value, cost = goods.clear(), 0.0, 0.0
        prices, reach = pl.DataFrame(schema=PRICES), pl.DataFrame(schema=REACH)
    else:
        chosen, _ = chosen_goods(goods, best.columns)
        value, cost = best.objective * program.scale, float(chosen["total_cost_usd"].sum())
        prices = shadow_prices(free, best.columns)
        reach = _reach(free, value + baseline_usd, baseline_usd, goods, time_limit_s)
    return Basket(
        status="infeasible",
        objective=objective,
        chosen=chosen,
        target_usd=target_usd,
        baseline_usd=baseline_usd,
        value_usd=value,
        cost_usd=cost,
        gap_share=float("nan") if best.status == "infeasible" else best.gap_share,
        prices=prices,
        reach=reach,
        breaches=breaches,
        met_share=None,
    )


def _reaching(program: Program, goods: pl.DataFrame, scenarios: Scenarios | None) -> Program:
    """The program without its target, maximising the (expected) value."""
    rows = [row for row in program.rows if row.kind not in ("target", "tail", "risk")]
    factor = 1.0 if scenarios is None else np.asarray(scenarios.shares).mean(axis=0)
    cost = np.zeros_like(program.cost)
    cost[: program.goods] = goods["bound_usd"].to_numpy() * factor / program.scale
    return replace(program, rows=rows, cost=cost, maximise=True)


def _reach(
    free: Program, reach: float, baseline: float, goods: pl.DataFrame, time_limit_s: float
) -> pl.DataFrame:
    """Reach under all terms, and with each term left out."""
    rows: list[tuple[str, float, float]] = [("", reach, 0.0)]
    for row in free.rows:
        left = free.without(row.name)
        found = solve_narrowed(left, gap_share=GAP_SHARE, time_limit_s=time_limit_s)
        value = found.objective * free.scale + baseline
        if value > reach * (1 + GAP_SHARE):
            rows.append((row.name, value, value - reach))
    everything = float(goods["bound_usd"].sum()) + baseline
    rows.append(("any of the terms", everything, everything - reach))
    return pl.DataFrame(rows, schema=REACH, orient="row").sort("gain_usd", nulls_last=True)


def least_breach(program: Program, time_limit_s: float) -> pl.DataFrame:
    """Least sum of relative breaches of the named terms that makes the program feasible (elastic relaxation).

    Each row gets a slack for each finite side, priced at one over the size of its right-hand side; rows with
    right-hand side zero are priced in units of the scale. The bounds of the goods stay hard.

    Returns
    -------
    Table with columns constraint, breach (how far beyond the limit), unit, limit: only the terms breached.

    References
    ----------
    Chinneck (2008), Feasibility and Infeasibility in Optimization, ch. 6 (elastic programming).
    """
    first = program.lower.size
    rows: list[Row] = []
    prices: list[float] = []
    owners: list[tuple[Row, float]] = []
    for row in program.rows:
        columns, coefficients = row.columns, row.coefficients
        for sign, side in ((1.0, row.lower), (-1.0, row.upper)):
            if abs(side) >= INF or row.kind == "tail":
                continue
            columns = np.append(columns, first + len(prices))
            coefficients = np.append(coefficients, sign)
            prices.append(1.0 / max(abs(side), 1.0 if row.unit != "USD" else 1e-3))
            owners.append((row, side))
        rows.append(replace(row, columns=columns, coefficients=coefficients))
    slack = len(prices)
    elastic = replace(
        program,
        rows=rows,
        lower=np.concatenate([program.lower, np.zeros(slack)]),
        upper=np.concatenate([program.upper, np.full(slack, INF)]),
        cost=np.concatenate([np.zeros(first), prices]),
        integer=np.concatenate([program.integer, np.zeros(slack, dtype=program.integer.dtype)]),
        maximise=False,
    )
    found = solve_program(elastic, gap_share=1e-6, time_limit_s=time_limit_s)
    if found.status == "infeasible":
        return pl.DataFrame(schema=BREACHES)
    return _breaches(program, owners, found.columns[first:])


def _breaches(program: Program, owners: list[tuple[Row, float]], slack: Array) -> pl.DataFrame:
    rows = []
    for (row, side), breach in zip(owners, slack, strict=True):
        if breach > 1e-7:
            size = row.size if row.kind == "capacity" else program.scale if row.unit == "USD" else 1.0
            rows.append((row.name, breach * size, row.unit, side * size))
    return pl.DataFrame(rows, schema=BREACHES, orient="row")
