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
    drawn_outcome,
    drawn_parameters,
    named_values,
    solve_each,
)
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.regime.bands import Cells, band_cells, column_band, with_cells
from karwan.analysis.regime.permits import HeldTrade, PermitRows, held_at, permit_rows, permits_year
from karwan.analysis.regime.states import IN_FORCE, SUSPENDED, RegimeStates
from karwan.analysis.regime.term_draws import TermDraw, TermDraws
from karwan.analysis.regime.worth import TermCosts
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
    numbers
        States of the trade's plan by name.
    terms, costs
        Terms drawn, and the plan in which each is worth something.
    needs, permits
        Rows that a permit is asked for on, and permits a year.
    """

    trade: Drawing
    numbers: Mapping[str, int]
    terms: TermDraws
    costs: TermCosts
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
        Inputs, shape (N, I), and value ratios of the goods, shape (N, G).
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
    found = solve_each(drawing, values, _solved, workers)
    goods, count = drawing.trade.change.corridor.goods, len(drawing.needs.registrations)
    ratios, permits, worths = np.split(found, [goods, goods + len(PERMITS) * count], axis=1)
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
    ids = {SUSPENDED: SUSPENDED, IN_FORCE: IN_FORCE} | {k: s.scenario_id for k, s in terms.ends.items()}
    numbers = {name: coupling.plan.states.index(frozenset(base | {own})) for name, own in ids.items()}
    change = held.free.change
    trade = Drawing(
        coupling,
        change,
        (numbers[SUSPENDED], numbers[IN_FORCE]),
        kind,
        (*case_spreads(coupling), *terms.spreads),
        held.capped.change.corridor.added_h(held.capped.volume_day),
    )
    return RegimeDrawing(
        trade, numbers, terms, costs, permit_rows(states, coupling.rows(change)), permits_year(states)
    )


def _solved(drawing: RegimeDrawing, values: Floats) -> Floats:
    """Value ratios, permits and worths of one draw, one after another."""
    trade, terms = drawing.trade, drawing.terms
    at = named_values(trade.spreads, values)
    draw = terms.draw(at)
    moves = {trade.numbers[1]: terms.moves(draw, drawing.numbers.__getitem__)}
    outcome = drawn_outcome(trade.coupling, at, moves)
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
    worths = _drawn_worths(drawing, at, draw)
    return np.concatenate([held.capped.fullest.value_ratio, *trips, price, *worths])


def _drawn_worths(
    drawing: RegimeDrawing, at: Mapping[str, float], draw: TermDraw
) -> Sequence[Sequence[float]]:
    """Worth of each term and all together, and what it brings alone, in one draw."""
    costs, terms = drawing.costs, drawing.terms
    moves = {costs.number(IN_FORCE): terms.moves(draw, costs.number)}
    for name in costs.groups:
        moves[costs.number(f"without {name}")] = terms.moves(draw, costs.number, but=name)
        moves[costs.number(f"only {name}")] = terms.moves(draw, costs.number, only=name)
    outcome = costs.plan.outcome(drawn_parameters(at), adjust=drawn_factors(at), moves=moves)
    return list(costs.worths(costs.costs(outcome)).values())


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
