"""Joint draws of the loop: what is drawn of a case, one draw solved, and many shared among processes."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import polars as pl

from karwan.amounts import Z95
from karwan.analysis.coupling.cluster import solve_on_cluster
from karwan.analysis.coupling.problem import Coupling, StateChange
from karwan.analysis.coupling.quotas import Quotas
from karwan.analysis.coupling.solved import Solved, solve_change
from karwan.analysis.trade_flows import trade_flows
from karwan.analysis.worth.states import NOW, Adjust, Outcome
from karwan.appraisal.coupling.draws import DrawnInput, Spread, draw_inputs
from karwan.appraisal.worth import Floats

Shared = TypeVar("Shared")
PARAMETERS = ("logit_scale_per_usd_t", "reliability_ratio", "insurance_share")
DAY, PRICE, HOURS, THETA, LEVEL = (
    "day share",
    "value per tonne",
    "hours at borders and terminals",
    "elasticity",
    "level of",
)
WIDE = {DAY: 2.0, PRICE: 1.5, HOURS: 1.3, LEVEL: 1.6}
"""Factor between the median and either end where the case says nothing: judgement."""


@dataclass(frozen=True)
class Drawing:
    """What every draw shares.

    Attributes
    ----------
    coupling, change
        Goods, routes and places; the central change.
    numbers
        States before and after, as numbers of the plan.
    kind
        Kind of response.
    spreads
        Inputs in the order of the columns drawn.
    added_h
        Hours that queues add in the central answer where they are held; None solves the loop again.
    queues
        Whether queues count at all.
    quotas, now
        Permits that hold trade, and the change from the state trade was made in to the case as it stands; nothing holds it where None.
    """

    coupling: Coupling
    change: StateChange
    numbers: tuple[int, int]
    kind: str
    spreads: tuple[DrawnInput, ...]
    added_h: Floats | None
    queues: bool = True
    quotas: Quotas | None = None
    now: StateChange | None = None

    def solve(self, change: StateChange) -> Solved:
        """What trade and corridor make of a change at drawn inputs."""
        if self.queues and self.added_h is None:
            return solve_change(change, (self.kind,))
        corridor = change.corridor
        none = np.zeros(len(change.place_limits))
        carried = corridor.with_hours(none if self.added_h is None else self.added_h)
        return Solved(
            change, carried, {}, {(self.kind, True): change.response.answer(carried.t_hat, self.kind)}
        )

    def hold(self, solved: Solved, at: Mapping[str, float], outcome: Outcome) -> Solved:
        """A change solved at drawn inputs with its permits held."""
        if self.quotas is None or self.now is None:
            return solved
        today, coupling = self.now, self.coupling

        def now() -> Solved:
            ends = (self.numbers[0], coupling.plan.states.index(NOW))
            return self.solve(drawn_change(coupling, today, ends, at, outcome))

        rows = coupling.rows(solved.change, outcome)
        return self.quotas.held(coupling, solved, self.solve, now, rows).solved


def case_spreads(coupling: Coupling) -> tuple[Spread, ...]:
    """Inputs of a case that are drawn, each with its range."""
    case, world = coupling.study.case, coupling.world
    low, high = float(world.theta_low.min()), float(world.theta_high.max())
    middle = float(np.sqrt(low * high))
    found = [Spread(THETA, middle, low, high)] if high > low else []
    table = case["parameters"].filter(pl.col("parameter_id").is_in(PARAMETERS) & pl.col("low").is_not_null())
    for name, value, down, up in table.select("parameter_id", "value", "low", "high").iter_rows():
        if 0 < down <= value <= (up or value):
            found.append(Spread(name, value, down, up or value))
    found += [Spread(name, 1.0, 1.0 / WIDE[name], WIDE[name]) for name in (DAY, PRICE, HOURS)]
    return (*found, *_levels(coupling))


def _levels(coupling: Coupling) -> list[Spread]:
    """Level of the base trade of each pair: of the parties between their two reports, of others by judgement."""
    case = coupling.study.case
    reported = trade_flows(case, coupling.study.as_of)
    found = []
    for ends in dict.fromkeys(coupling.ends):
        way = next((w for w in reported if case.parties.ends(w) == ends), None)
        factor = WIDE[LEVEL]
        if way is not None and reported[way].high_usd > reported[way].low_usd > 0:
            # ln RV of two reports alike in trust has half the standard deviation of ln(V_i / V_j)
            factor = float(np.exp(Z95 * np.log(reported[way].high_usd / reported[way].low_usd) / 2.0))
        found.append(Spread(f"{LEVEL} {ends[0]}-{ends[1]}", 1.0, 1.0 / factor, factor))
    return found


def solve_draw(drawing: Drawing, values: Floats) -> Floats:
    """Value and cost ratio of each good in one draw, shape (2 G,); nan where the loop does not settle."""
    at = named_values(drawing.spreads, values)
    outcome = drawn_outcome(drawing.coupling, at)
    change = drawn_change(drawing.coupling, drawing.change, drawing.numbers, at, outcome)
    solved = drawing.hold(drawing.solve(change), at, outcome)
    found = ratios_of(solved)
    return found if solved.converged else np.full(found.size, np.nan)


def ratios_of(solved: Solved) -> Floats:
    """Value ratios of the goods in the fullest answer, then their cost ratios without queues, shape (2 G,)."""
    corridor = solved.change.corridor
    return np.concatenate([solved.fullest.value_ratio, corridor.at(corridor.base_volume, queues=False).t_hat])


def named_values(spreads: Sequence[DrawnInput], values: Floats) -> dict[str, float]:
    """Values of one draw by the name of the input."""
    return dict(zip((one.name for one in spreads), values.tolist(), strict=True))


def drawn_parameters(at: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the case among the inputs drawn."""
    return {name: at[name] for name in PARAMETERS if name in at}


def drawn_factors(at: Mapping[str, float]) -> Adjust:
    """Factors on goods and routes in one draw."""
    return Adjust(price=at.get(PRICE, 1.0), day=at.get(DAY, 1.0), rest_hours=at.get(HOURS, 1.0))


def drawn_outcome(coupling: Coupling, at: Mapping[str, float]) -> Outcome:
    """What all flows cost in all states at drawn inputs."""
    return coupling.plan.outcome(drawn_parameters(at), adjust=drawn_factors(at))


def drawn_change(
    coupling: Coupling,
    central: StateChange,
    numbers: tuple[int, int],
    at: Mapping[str, float],
    outcome: Outcome,
) -> StateChange:
    """A change of state at drawn inputs.

    Parameters
    ----------
    central
        The change at the inputs of the case.
    numbers
        States before and after, as numbers of the plan.
    at, outcome
        Inputs drawn, and `drawn_outcome` at them.
    """
    adjust = drawn_factors(at)
    rows = coupling.rows(central, outcome)
    level = np.array([at.get(f"{LEVEL} {a}-{b}", 1.0) for a, b in coupling.ends])[central.kept]
    tonnes = central.corridor.base_tonnes_day * level / adjust.price
    corridor = replace(
        central.corridor,
        base_usd_t=rows.at(numbers[0]),
        cost_usd_t=rows.at(numbers[1]) + central.added_usd_t,
        hour_usd_t=central.corridor.hour_usd_t * adjust.price * adjust.day,
        base_tonnes_day=tonnes,
        scale=outcome.taste.scale,
    )
    flows = central.response.flows.copy().ravel()
    flows[central.response.cell] = central.response.flows.ravel()[central.response.cell] * level
    factor = at[THETA] / float(np.median(coupling.world.theta)) if THETA in at else 1.0
    response = replace(
        central.response,
        flows=flows.reshape(central.response.flows.shape),
        theta=central.response.theta * factor,
        tonnes_day=tonnes,
    )
    return replace(central, corridor=corridor, response=response)


_SHARED: list[tuple[Any, Callable[[Any, Floats], Floats]]] = []
"""What a forked process finds: the networks of a case are too large to send."""


def _solve_shared(values: Floats) -> Floats:
    shared, solve = _SHARED[-1]
    return solve(shared, values)


def solve_draws(
    drawing: Drawing, draws: int, seed: int, workers: int = 1, dask: str = ""
) -> tuple[Floats, Floats]:
    """Inputs drawn, shape (N, I), and value and cost ratios, shape (N, 2 G), in the order of the draws whoever solves them.

    Parameters
    ----------
    workers
        Processes of this machine.
    dask
        Address of the scheduler of a Dask cluster that solves them instead.
    """
    values = draw_inputs(drawing.spreads, draws, seed)
    if dask:
        return values, solve_on_cluster(drawing, values, dask, solve_draw)
    return values, solve_each(drawing, values, solve_draw, workers)


def solve_each(
    shared: Shared, values: Floats, solve: Callable[[Shared, Floats], Floats], workers: int = 1
) -> Floats:
    """What `solve` says of each row of values, in their order whoever solves them, shape (N, G).

    Parameters
    ----------
    shared
        First argument of `solve`.
    values
        One row a draw, shape (N, I).
    workers
        Processes of this machine.
    """
    if workers == 1 or len(values) < workers:
        return np.stack(list(map(partial(solve, shared), values)))
    _SHARED.append((shared, solve))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # fork: children do sums only, no threads
            with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
                found = list(pool.map(_solve_shared, values, chunksize=max(1, len(values) // (4 * workers))))
    finally:
        _SHARED.pop()
    return np.stack(found)


def names_of(spreads: Sequence[DrawnInput]) -> list[str]:
    """Names of the inputs as a reader sees them."""
    return [spread.name.replace("_", " ") for spread in spreads]
