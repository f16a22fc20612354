"""`karwan scenario trade`: what scenarios do to trade and what the trade does to the corridors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.assignment import place_name
from karwan.analysis.case_requests import ScenarioTradeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.drawn import LEVEL, Drawing, case_spreads, names_of, solve_draws
from karwan.analysis.coupling.problem import Coupling, StateChange
from karwan.analysis.coupling.quotas import HeldState, Quotas, held_notes
from karwan.analysis.coupling.solved import Solved, solve_change
from karwan.analysis.coupling.world_trade import WorldTrade, read_world_trade
from karwan.analysis.world.matrix import REST
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.draws import band, rank_shares
from karwan.appraisal.coupling.trade import CONDITIONAL, GENERAL, PARTIAL
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

EQUAL_SHARE = "assumed equal share"
"""What a good's base trade is where only that of its sector is known."""

TODAY = ("today", "closed")
"""Names that stand for the case as it is, without the state its trade was made in."""


@dataclass(frozen=True)
class States:
    """The two states of a question, by the ids in force, and the cases of all states."""

    before: State
    after: State
    cases: dict[State, Case]
    scenarios: dict[str, Scenario]


def _asked_for(names: Sequence[str]) -> list[str]:
    """Scenarios named; none where `today` stands alone."""
    if not names:
        raise InvalidInput("No scenario is named.", fix="name one, or `today` for the case as it is.")
    plain = [name for name in names if name not in TODAY]
    if plain and len(plain) < len(names):
        raise InvalidInput(
            "`today` cannot be joined with scenarios.", ", ".join(names), "name it alone, or leave it out."
        )
    return plain


def read_states(study: CorridorStudy, names: Sequence[str]) -> States:
    """The state trade was made in, and that with scenarios on top of it; `today` is the case as it is.

    Raises
    ------
    InvalidInput
        `today` is joined with scenarios, or nothing is asked for.
    """
    plain = _asked_for(names)
    base = [study.scenario(name) for name in study.case.settings.trade_state]
    more = [study.scenario(name) for name in plain]
    new = [s for s in more if s.scenario_id not in {one.scenario_id for one in base}]
    before = frozenset(s.scenario_id for s in base)
    after = frozenset(s.scenario_id for s in (*base, *new)) if plain else NOW
    cases = {NOW: study.case, before: study.under(base)}
    cases |= {after: study.under([*base, *new])} if plain else {}
    return States(before, after, cases, {s.scenario_id: s for s in (*base, *more)})


def answer_trade(inputs: Inputs, request: ScenarioTradeRequest) -> Result:
    """Country pairs, products of the parties, countries and places, before and after."""
    case = inputs.the_case()
    study = CorridorStudy(case, request.as_of or case.settings.as_of)
    study.require_comparable()
    world = read_world_trade(case, request.theta, request.world)
    states = read_states(study, request.scenarios)
    quotas = Quotas(study)
    ours, cases = request.pairs == "parties", states.cases | quotas.cases(study)
    coupling = Coupling(study, world, states.scenarios, cases, parties_only=ours, also=quotas.scenarios)
    kinds = (PARTIAL,) if request.partial or not world.whole else (PARTIAL, GENERAL)
    solve = partial(solve_change, kinds=kinds, queues=not request.no_queues)
    change, now = (
        coupling.change(states.before, one, deficits=request.deficits) for one in (states.after, NOW)
    )
    held = quotas.held(coupling, solve(change), solve, lambda: solve(now))
    solved = held.solved
    pairs = pair_table(coupling, solved)
    moved = result_frame("response_inputs")
    drawn: list[Note] = []
    if request.draws:
        pairs, moved, drawn = with_draws(coupling, solved, states, request, pairs, (quotas, now))
    tables = {
        "pairs": pairs,
        "products": product_table(coupling, solved),
        "countries": country_table(coupling, solved, held.rents_usd),
        "places": filled_places(coupling, solved),
        "inputs": moved,
    }
    notes = [*_notes(coupling, held, states, request), *drawn]
    return Result(tables, _facts(solved, request), tuple(notes), _alerts(solved))


def _facts(solved: Solved, request: ScenarioTradeRequest) -> dict[str, object]:
    last = [solved.settled[kind] for kind in (GENERAL, PARTIAL) if kind in solved.settled]
    found: dict[str, object] = {"scenarios": ", ".join(request.scenarios), "deficits": request.deficits}
    if last:
        found |= {
            "iterations": last[0].iterations,
            "residual": last[0].residual,
            "converged": all(one.converged for one in last),
        }
    return found


# -- tables --------------------------------------------------------------------------------------------------

BANDS = (
    *("low_share", "median_share", "high_share"),
    *("value_p05_usd_year", "value_p50_usd_year", "value_p95_usd_year"),
    *("new_value_p05_usd_year", "new_value_p50_usd_year", "new_value_p95_usd_year"),
    *("cost_ratio_p05", "cost_ratio_p50", "cost_ratio_p95"),
)
"""Columns that draws fill: change of trade, base trade, trade after, cost ratio."""
COLUMNS = {
    (PARTIAL, False): "free_partial_share",
    (GENERAL, False): "free_general_share",
    (PARTIAL, True): "queue_partial_share",
    (GENERAL, True): "queue_general_share",
}


def pair_groups(coupling: Coupling, change: StateChange) -> dict[tuple[str, str], Floats]:
    """Country pairs and the goods kept of each, as numbers."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, good in enumerate(change.kept):
        found.setdefault(coupling.ends[good], []).append(number)
    return {ends: np.array(goods) for ends, goods in found.items()}


def pair_change(coupling: Coupling, change: StateChange, ratio: Floats) -> dict[tuple[str, str], float]:
    """StateChange of the trade of each pair at value ratios of the goods kept, against its whole base trade."""
    value = coupling.value_usd[change.kept]
    return {
        ends: float(value[own] @ (ratio[own] - 1.0)) / base_value(coupling, ends)
        for ends, own in pair_groups(coupling, change).items()
    }


def base_value(coupling: Coupling, ends: tuple[str, str]) -> float:
    """Base trade of a pair, all sectors, USD a year."""
    world = coupling.world
    return float(world.flows_usd[:, world.countries.index(ends[0]), world.countries.index(ends[1])].sum())


def pair_table(coupling: Coupling, solved: Solved) -> pl.DataFrame:
    """One row a country pair."""
    change = solved.change
    value, tonnes = coupling.value_usd[change.kept], change.corridor.base_tonnes_day * YEAR_DAYS
    moved = {key: pair_change(coupling, change, a.value_ratio) for key, a in solved.answers.items()}
    resisted = _resisted(coupling, solved)
    rows = []
    for ends, own in pair_groups(coupling, change).items():
        base = base_value(coupling, ends)
        full = solved.fullest
        served = value[own].sum()
        rows.append(
            {
                "pair": " to ".join(coupling.study.case.country_name(code) for code in ends),
                "exporter": ends[0],
                "importer": ends[1],
                "value_usd_year": base,
                "tonnes_year": float(tonnes[own].sum()),
                "cost_ratio": float(value[own] @ solved.free.t_hat[own] / served),
                **{COLUMNS[key]: shares[ends] for key, shares in moved.items()},
                "resisted_share": resisted.get(ends),
                "new_value_usd_year": base + float(value[own] @ (full.value_ratio[own] - 1.0)),
                "new_tonnes_year": float(full.tonnes_day[own].sum()) * YEAR_DAYS,
                "banned": ends in change.banned_pairs,
                "covered_share": float(served / base),
            }
        )
    return result_frame("response_pairs", rows)


def _resisted(coupling: Coupling, solved: Solved) -> dict[tuple[str, str], float]:
    """StateChange with multilateral resistance at the cost ratios of the fullest loop; nothing without a world."""
    if (GENERAL, True) not in solved.answers or solved.change.banned_pairs:
        return {}
    t_hat = solved.settled[GENERAL].t_hat
    answer = solved.change.response.answer(t_hat, CONDITIONAL)
    return pair_change(coupling, solved.change, answer.value_ratio)


def product_table(coupling: Coupling, solved: Solved) -> pl.DataFrame:
    """One row a product and direction of the two parties."""
    change, full = solved.change, solved.fullest
    case, parties = coupling.study.case, set(coupling.study.case.parties.codes)
    t_hat = solved.t_hat
    value = coupling.value_usd[change.kept]
    tonnes = change.corridor.base_tonnes_day
    level = change.corridor.base[2]
    groups: dict[tuple[tuple[str, str], str], list[int]] = {}
    for number, good in enumerate(change.kept):
        ends, flow = coupling.ends[good], coupling.plan.flows[good]
        if set(ends) == parties:
            groups.setdefault((ends, flow.product_id), []).append(number)
    splits = _splits(coupling, list(groups))
    rows = []
    for (ends, product), own in groups.items():
        weight = value[own] / value[own].sum()
        rows.append(
            {
                "pair": " to ".join(case.country_name(code) for code in ends),
                "product_id": product,
                "product": coupling.plan.products[product]["name"],
                "sector": coupling.world.sector_of[product],
                "value_usd_year": float(value[own].sum()),
                "base_split": splits[ends, coupling.world.sector_of[product]],
                "tonnes_year": float(tonnes[own].sum()) * YEAR_DAYS,
                "cost_ratio": float(weight @ t_hat[own]),
                "price_basis": coupling.plan.products[product]["basis"],
                "cost_usd_t": float(weight @ level[own]),
                "value_share": float(weight @ full.value_ratio[own]) - 1.0,
                "new_tonnes_year": float(full.tonnes_day[own].sum()) * YEAR_DAYS,
            }
        )
    table = result_frame("response_products", rows)
    return table.sort("pair", "value_share", "product_id", descending=[False, True, False])


def _splits(
    coupling: Coupling, goods: Sequence[tuple[tuple[str, str], str]]
) -> dict[tuple[tuple[str, str], str], str]:
    """How the trade of a country pair and sector was split over its goods."""
    sectors = [(ends, coupling.world.sector_of[product]) for ends, product in goods]
    return {key: EQUAL_SHARE if sectors.count(key) > 1 else "whole sector" for key in sectors}


def country_table(coupling: Coupling, solved: Solved, rents_usd: Mapping[str, float]) -> pl.DataFrame:
    """One row a country of the world; empty where incomes do not answer. What permits cost (USD a year) stays with the importer's trade."""
    full, response = solved.fullest, solved.change.response
    if full.equilibrium is None:
        return result_frame("response_countries")
    t_hat = solved.t_hat
    welfare = {response.deficits: full.equilibrium.welfare_usd}
    for rule in ("additive", "universal"):
        if rule not in welfare:
            other = response.under(rule).answer(t_hat, GENERAL).equilibrium
            assert other is not None
            welfare[rule] = other.welfare_usd
    old, new = coupling.world.flows_usd, full.flows
    home = np.eye(len(coupling.world.countries), dtype=bool)
    abroad = [np.where(home, 0.0, flows.sum(axis=0)) for flows in (old, new)]
    before = response.duty_before_usd()
    rows = []
    for n, code in enumerate(coupling.world.countries):
        rows.append(
            {
                "country": code,
                "name": "Rest of the world" if code == REST else coupling.study.case.country_name(code),
                "real_income_share": float(full.equilibrium.real_income[n]) - 1.0,
                "welfare_usd_year": float(welfare["additive"][n]) + rents_usd.get(code, 0.0),
                "welfare_universal_usd_year": float(welfare["universal"][n]) + rents_usd.get(code, 0.0),
                "exports_share": _growth(abroad[0][n].sum(), abroad[1][n].sum()),
                "imports_share": _growth(abroad[0][:, n].sum(), abroad[1][:, n].sum()),
                "duty_usd_year": float(full.equilibrium.duty_usd[n] - before[n])
                if before is not None
                else None,
            }
        )
    table = result_frame("response_countries", rows)
    return table.sort(pl.col("welfare_usd_year").abs(), "country", descending=[True, False])


def _growth(before: float, after: float) -> float | None:
    return after / before - 1.0 if before > 0 else None


def filled_places(coupling: Coupling, solved: Solved) -> pl.DataFrame:
    """One row a place with a capacity, fullest first."""
    corridor = solved.change.corridor
    volume = solved.volume_day
    load, others = corridor.load_day(volume), corridor.load_day(np.zeros(volume.size))
    added, beyond = corridor.added_h(volume), corridor.places.beyond_limit(load)
    rows = [
        {
            "kind": limit.kind,
            "place_id": limit.place_id,
            "place": place_name(coupling.study, limit),
            "unit": limit.unit,
            "base_day": float(corridor.base_volume[n]),
            "volume_day": float(volume[n]),
            "others_day": float(others[n]),
            "capacity_day": float(limit.capacity_day),
            "load_share": float(load[n] / limit.capacity_day),
            "added_h": float(added[n]),
            "beyond_limit": bool(beyond[n]),
        }
        for n, limit in enumerate(solved.change.place_limits)
        if corridor.base_volume[n] or volume[n]
    ]
    return result_frame("response_places", rows).sort(
        "load_share", "kind", "place_id", descending=[True, False, False]
    )


def with_draws(
    coupling: Coupling,
    solved: Solved,
    states: States,
    request: ScenarioTradeRequest,
    pairs: pl.DataFrame,
    permits: tuple[Quotas, StateChange],
) -> tuple[pl.DataFrame, pl.DataFrame, list[Note]]:
    """Pairs with the band of the draws, what moves them, and what to know of the draws."""
    change = solved.change
    kind = GENERAL if solved.fullest.equilibrium is not None else PARTIAL
    numbers = (coupling.plan.states.index(states.before), coupling.plan.states.index(states.after))
    frozen = change.corridor.added_h(solved.volume_day) if request.frozen_queues else None
    drawing = Drawing(
        coupling,
        replace(change, added_usd_t=0.0),
        numbers,
        kind,
        case_spreads(coupling),
        frozen,
        not request.no_queues,
        *(permits if permits[0].regimes else ()),
    )
    inputs, ratios = solve_draws(drawing, request.draws, request.seed, request.workers, request.dask)
    banded, shares = banded_pairs(coupling, change, pairs, (names_of(drawing.spreads), inputs, ratios))
    lost = int(np.isnan(ratios).any(axis=1).sum())
    notes = [
        note(
            "coupling.draws",
            draws=request.draws,
            seed=request.seed,
            frozen=note("coupling.frozen") if request.frozen_queues else "",
        )
    ]
    if lost:
        notes.append(note("coupling.failed_draws", count=lost))
    return banded, shares, notes


def banded_pairs(
    coupling: Coupling, change: StateChange, pairs: pl.DataFrame, drawn: tuple[Sequence[str], Floats, Floats]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs with the band of joint draws, and what moves each.

    Parameters
    ----------
    pairs
        Table of `pair_table`.
    drawn
        Names of the inputs, their values, shape (N, I), and value ratios and cost ratios of the goods (`ratios_of`), shape (N, 2 G).
    """
    names, inputs, found = drawn
    ratios, costs = np.split(found, 2, axis=1)
    value = coupling.value_usd[change.kept]
    rows, bands = [], []
    for ends, own in pair_groups(coupling, change).items():
        base = base_value(coupling, ends)
        moved = (ratios[:, own] - 1.0) @ value[own] / base
        level = _level_of(ends, names, inputs) * base
        dearer = costs[:, own] @ value[own] / value[own].sum()
        bands.append((*ends, *band(moved), *band(level), *band(level * (1.0 + moved)), *band(dearer)))
        correlation, share = rank_shares(inputs, moved)
        name = " to ".join(coupling.study.case.country_name(code) for code in ends)
        rows += [
            {"pair": name, "input": what, "rank_correlation": float(r), "share": float(s)}
            for what, r, s in zip(names, correlation, share, strict=True)
        ]
    keys = ["exporter", "importer"]
    columns = list(BANDS)
    table = pl.DataFrame(bands, schema=[*keys, *columns], orient="row")
    banded = pairs.drop(columns).join(table, on=keys, how="left", maintain_order="left")
    shares = result_frame("response_inputs", rows).sort(
        "pair", "share", "input", descending=[False, True, False], maintain_order=True
    )
    return banded.select(pairs.columns), shares


def _level_of(ends: tuple[str, str], names: Sequence[str], inputs: Floats) -> Floats:
    """Level of the base trade of a pair in each draw, against that of the case."""
    name = f"{LEVEL} {ends[0]}-{ends[1]}"
    return inputs[:, names.index(name)] if name in names else np.ones(len(inputs))


# -- what to know --------------------------------------------------------------------------------------------


def _notes(coupling: Coupling, held: HeldState, states: States, request: ScenarioTradeRequest) -> list[Note]:
    world, solved, change = coupling.world, held.solved, held.solved.change
    found = [
        note(
            "coupling.state",
            before=_state_note(states.before),
            after=_state_note(states.after),
            day=coupling.study.as_of,
        ),
        _world_note(coupling.study.case, world),
    ]
    if states.before:
        found.append(note("coupling.base", scenarios=sorted(states.before)))
    found += _in_force_already(coupling.study, states, request)
    if world.whole and request.partial:
        found.append(note("coupling.no_incomes"))
    goods = len(coupling.plan.flows)
    found.append(
        note(
            "coupling.goods",
            goods=goods,
            pairs=len(pair_groups(coupling, change)),
            routes=int(change.corridor.good.size),
            lost=goods - change.kept.size,
        )
    )
    if change.banned_pairs:
        found.append(note("coupling.banned", pairs=["-".join(pair) for pair in change.banned_pairs]))
    for kind in (GENERAL, PARTIAL):
        if kind in solved.settled and solved.settled[kind].converged:
            one = solved.settled[kind]
            found.append(note("coupling.loop", iterations=one.iterations, residual=one.residual))
            break
    beyond = filled_places(coupling, solved).filter("beyond_limit")
    if beyond.height:
        names = beyond["place"].head(5).to_list()
        found.append(note("coupling.beyond", count=beyond.height, names=names))
    full = solved.fullest.equilibrium
    if full is not None:
        found.append(note("coupling.identities", gap=full.identities.worst, deficits=request.deficits))
    new = states.after - states.before
    title = " + ".join(one.title for one in states.scenarios.values() if one.scenario_id in new)
    return [*found, *held_notes(coupling.study.case, title, held), note("coupling.static")]


def _in_force_already(study: CorridorStudy, states: States, request: ScenarioTradeRequest) -> list[Note]:
    """What is asked for and moves nothing, as trade was made in a state that has it."""
    asked = [study.scenario(name) for name in request.scenarios if name not in TODAY]
    named = {one.scenario_id for one in asked} & states.before
    if not named:
        return []
    year = study.case.settings.trade_year or "the base"
    key = "coupling.in_force_already" if states.after == states.before else "coupling.in_force_beside"
    return [note(key, scenarios=sorted(named), year=year)]


def _state_note(state: State) -> Note:
    if not state:
        return note("coupling.as_it_stands")
    return note("coupling.under", scenarios=sorted(state))


def _world_note(case: Case, world: WorldTrade) -> Note:
    if not world.whole:
        return note("coupling.no_world")
    return note(
        "coupling.world",
        countries=len(world.countries),
        sectors=len(world.sectors),
        year=world.year,
        assumed_share=world.assumed_share,
        low=float(world.theta.min()),
        high=float(world.theta.max()),
    )


def _alerts(solved: Solved) -> tuple[Note, ...]:
    return tuple(
        note("coupling.not_settled", residual=one.residual, iterations=one.iterations)
        for one in solved.settled.values()
        if not one.converged
    )
