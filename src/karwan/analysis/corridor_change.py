"""What scenarios do to the cost of trade between two countries: the corridor term of a potential and of a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from karwan.amounts import percent
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.quotas import Quotas, held_notes
from karwan.analysis.coupling.solved import solve_change
from karwan.analysis.coupling.states import promised_states
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.trade_cost import TradeCost, even_flows, trade_cost
from karwan.analysis.worth.states import NOW
from karwan.appraisal.coupling.trade import PARTIAL
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.errors import InvalidInput
from karwan.notes import Note, note


@dataclass(frozen=True)
class CorridorChange:
    """Cost of trade between the parties one way, now and under scenarios.

    Attributes
    ----------
    cost_share
        What carriage, time and duty add to a dollar of goods, now and after; None where nothing changes.
    words
        Goods and figures; None where the shares were stated.
    cost
        Landed cost by good; None where the shares were stated.
    direction
        Which way.
    held
        What permits hold after.
    """

    cost_share: tuple[float, float] | None = None
    words: Note | None = None
    cost: TradeCost | None = None
    direction: str = ""
    held: tuple[Note, ...] = ()

    def factor(self, theta: float) -> float:
        """Factor on trade at given prices, for an elasticity theta > 0."""
        if self.cost is None:
            assert self.cost_share is not None
            now, then = self.cost_share
            return float(((1.0 + then) / (1.0 + now)) ** -theta)
        return self.cost.shock(self.direction, theta)


def corridor_change(
    case: Case, scenarios: Sequence[str], exporter: str, *, theta: float, study: CorridorStudy | None = None
) -> CorridorChange:
    """Landed cost of the exporter's goods in the case's form over its pairs of places, now and under scenarios.

    A dollar of each good counts alike, as in `karwan plan worth`, and permits of the regimes in force hold it as there.
    The share after is the one that gives the factor on trade at theta.

    Parameters
    ----------
    case
        Case as it stands, with its folder.
    scenarios
        Scenario ids, in force after.
    exporter
        Party whose exports are carried.
    theta
        Elasticity of trade to its cost, > 0.

    Raises
    ------
    InvalidInput
        No good has a route as the case stands.
    """
    study = study or CorridorStudy(case, case.settings.as_of)
    study.require_comparable()
    way = case.parties.direction_of(exporter)
    flows = even_flows(case, way, study.shipment().form, study.pairs(way))
    quotas, read = Quotas(study), [study.scenario(name) for name in scenarios]
    free = trade_cost(case, read, flows, study=study, also=quotas.scenarios)
    cost, held = _held(study, read, free, quotas, theta)
    served = cost.served(way)
    factor = cost.shock(way, theta)
    landed = cost.change.level_usd_t[served] / _prices(case, cost)[served]
    now = float(landed.mean()) - 1.0
    then = (1.0 + now) * factor ** (-1.0 / theta) - 1.0
    words = note(
        "potential.corridor",
        goods=len({flow.product_id for flow in flows}),
        pairs=len(study.pairs(way)),
        now=percent(now, 1),
        scenarios=list(scenarios),
        then=percent(then, 1),
    )
    return CorridorChange((now, then), words, cost, way, held)


def _held(
    study: CorridorStudy, scenarios: Sequence[Scenario], cost: TradeCost, quotas: Quotas, theta: float
) -> tuple[TradeCost, tuple[Note, ...]]:
    """Cost of trade with permits held, and what they hold.

    A permit has the price at which trips of the parties' own trade, at given prices and without queues, are as many as permits.
    """
    if not quotas.regimes:
        return cost, ()
    try:
        world = read_world_trade(study.case, theta)
        found = promised_states(study, {one.scenario_id: (one, study.under([one])) for one in scenarios})
        cases = found.cases | quotas.cases(study)
        coupling = Coupling(study, world, found.scenarios, cases, parties_only=True, also=quotas.scenarios)
    except InvalidInput:  # the case knows no trade: who needs a permit cannot be counted
        return cost, (note("coupling.permits_unknown", regimes=list(quotas.regimes)),)
    solve = partial(solve_change, kinds=(PARTIAL,), queues=False)
    after, now = (coupling.change(found.before, one) for one in (cost.states[1], NOW))
    held = quotas.held(coupling, solve(after), solve, lambda: solve(now))
    if held.short:
        cost = cost.dearer(quotas.added_usd_t(cost.rows, cost.states[1], held.short))
    return cost, tuple(held_notes(study.case, " + ".join(one.title for one in scenarios), held))


def _prices(case: Case, cost: TradeCost) -> Floats:
    """Price of each flow's good, USD/t."""
    price = dict(case["products"].select("product_id", "price_usd_t").iter_rows())
    return np.array([price[flow.product_id] for flow in cost.flows])
