"""Bands of what a transit regime does: one joint draw moves its terms, costs of carriage, trade, permits and papers alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.analysis.coupling.drawn import (
    Drawing,
    case_spreads,
    drawn_change,
    drawn_factors,
    drawn_parameters,
    named_values,
    ratios_of,
    solve_each,
)
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.regime.bands import Cells, band_cells, column_band, with_cells
from karwan.analysis.regime.exact import DrawnStates, Variant
from karwan.analysis.regime.permits import HeldTrade, PermitRows, held_at, permit_rows, permits_year
from karwan.analysis.regime.states import IN_FORCE, SUSPENDED, RegimeStates
from karwan.analysis.regime.term_draws import TermDraws, drawn_swaps
from karwan.analysis.regime.worth import NONE, TermCosts
from karwan.analysis.worth.states import Priced
from karwan.appraisal.coupling.draws import draw_inputs
from karwan.appraisal.coupling.loop import Floats

PERMITS = ("before_trucks_year", "after_trucks_year", "held_trucks_year", "permit_usd")


@dataclass(frozen=True)
class RegimeDrawing:
    """What every draw shares.

    Attributes
    ----------
    trade
        Goods, routes, places and the central change, queues held.
    terms, costs
        Terms drawn, and the plan in which each is worth something.
    moved, worth_moved
        States that a draw moves in the plan of the trade and in that of the terms.
    needs, permits
        Rows that a permit is asked for on, and permits a year.
    """

    trade: Drawing
    terms: TermDraws
    costs: TermCosts
    moved: DrawnStates
    worth_moved: DrawnStates
    needs: PermitRows
    permits: float | None


@dataclass(frozen=True)
class RegimeDraws:
    """N joint draws.

    Attributes
    ----------
    terms
        Terms drawn.
    at
        Inputs of each draw by name.
    inputs, ratios
        Inputs, shape (N, I), and value and cost ratios of the goods, shape (N, 2 G).
    permits
        Columns of `PERMITS` by country of registration, shape (N, 4, C).
    worths
        What each term is worth and brings alone, by term, shape (N, 2).
    """

    terms: TermDraws
    at: tuple[dict[str, float], ...]
    inputs: Floats
    ratios: Floats
    permits: Floats
    worths: Mapping[str, Floats]


def draw_regime(drawing: RegimeDrawing, draws: int, seed: int, workers: int = 1) -> RegimeDraws:
    """Joint draws of a regime, the same for any number of workers."""
    spreads = drawing.trade.spreads
    values = draw_inputs(spreads, draws, seed)
    levels = [drawing.terms.levels(named_values(spreads, row)) for row in values]
    # Routes are priced before draws are shared: a forked process can sum, but not read tables.
    priced = tuple((drawing.moved.at(one), drawing.worth_moved.at(one)) for one in levels)
    numbered = np.column_stack([values, np.arange(draws)])
    found = solve_each((drawing, priced), numbered, _solved, workers)
    goods, count = drawing.trade.change.corridor.goods, len(drawing.needs.registrations)
    ratios, permits, worths = np.split(found, [2 * goods, 2 * goods + len(PERMITS) * count], axis=1)
    names = tuple(drawing.costs.worths(dict.fromkeys(drawing.costs.variants, 0.0)))
    pairs = worths.reshape(draws, len(names), 2)
    return RegimeDraws(
        drawing.terms,
        tuple(named_values(spreads, row) for row in values),
        values,
        ratios,
        permits.reshape(draws, len(PERMITS), count),
        {name: pairs[:, place] for place, name in enumerate(names)},
    )


def regime_drawing(
    states: RegimeStates,
    drawn: tuple[TermDraws, TermCosts],
    coupling: Coupling,
    held: HeldTrade,
    kind: str,
) -> RegimeDrawing:
    """What every draw of a regime shares.

    Parameters
    ----------
    drawn
        Terms drawn, and what they are worth.
    held
        Trade at the inputs of the case.
    kind
        Kind of response.
    """
    terms, costs = drawn
    base = {one.scenario_id for one in states.base}
    suspended, in_force = (
        coupling.plan.states.index(frozenset(base | {own})) for own in (SUSPENDED, IN_FORCE)
    )
    lacking = {NONE: None, **costs.dropped}
    variants = [Variant(name, costs.number(name), dropped) for name, dropped in lacking.items()]
    both = [Variant(SUSPENDED, suspended, None), Variant(IN_FORCE, in_force, ())]
    change = held.free.change
    trade = Drawing(
        coupling,
        change,
        (suspended, in_force),
        kind,
        (*case_spreads(coupling), *terms.spreads),
        held.capped.change.corridor.added_h(held.capped.volume_day),
    )
    return RegimeDrawing(
        trade,
        terms,
        costs,
        DrawnStates.of(coupling.plan, terms, both),
        DrawnStates.of(costs.plan, terms, variants),
        permit_rows(states, coupling.rows(change)),
        permits_year(states),
    )


def _solved(shared: tuple[RegimeDrawing, Sequence[tuple[Priced, Priced]]], numbered: Floats) -> Floats:
    """Value and cost ratios, permits and worths of one draw, one after another; its number stands behind its inputs."""
    drawing, priced = shared
    trade, (parts, worth_parts) = drawing.trade, priced[int(numbered[-1])]
    at = named_values(trade.spreads, numbered[:-1])
    changed = drawn_parameters(at) | drawn_swaps(at)
    outcome = trade.coupling.plan.outcome(changed, adjust=drawn_factors(at), priced=parts)
    change = drawn_change(trade.coupling, trade.change, trade.numbers, at, outcome)
    needs = drawing.needs.of(change)
    held = held_at(trade.solve(change), needs, drawing.permits, trade.solve)
    price = np.array([held.permit_usd.get(code, 0.0) for code in needs.registrations])
    nothing = np.zeros(price.size)
    trips = (
        needs.trips_year(held.free, nothing, after=False),
        needs.trips_year(held.free, nothing),
        needs.trips_year(held.capped, price),
    )
    plan, costs = drawing.costs.plan, drawing.costs
    moved = plan.outcome(changed, adjust=drawn_factors(at), priced=worth_parts)
    worths = list(costs.worths(costs.costs(moved)).values())
    return np.concatenate([ratios_of(held.capped), *trips, price, *worths])


# -- tables --------------------------------------------------------------------------------------------------


def banded_worths(table: pl.DataFrame, drawn: RegimeDraws) -> pl.DataFrame:
    """Terms by worth with their bands."""
    rows = []
    for term in table["term"]:
        worth, alone = drawn.worths[term].T.tolist()
        rows.append(band_cells("worth", worth, "_usd_t") | band_cells("alone", alone, "_usd_t"))
    return with_cells(table, rows)


def banded_permits(table: pl.DataFrame, drawn: RegimeDraws, registrations: Sequence[str]) -> pl.DataFrame:
    """Permits with their bands."""
    rows = []
    for row in table.iter_rows(named=True):
        own = drawn.permits[:, :, registrations.index(row["registration"])]
        cells: Cells = {}
        for place, name in enumerate(PERMITS):
            cells |= column_band(name, own[:, place].tolist() if row[name] is not None else [])
        come = own[:, PERMITS.index("after_trucks_year")]
        short = (
            []
            if row["permits_year"] is None
            else np.minimum(1.0, row["permits_year"] / np.maximum(come, 1e-9))
        )
        rows.append(cells | band_cells("covered_share", list(short)))
    return with_cells(table, rows)
