"""What scenarios do to the cost of trade between two countries: the corridor term of a potential and of a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from karwan.amounts import percent
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.trade_cost import TradeCost, even_flows, trade_cost
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.notes import Note, note
from karwan.transport.network.regimes import with_permits


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
    """

    cost_share: tuple[float, float] | None = None
    words: Note | None = None
    cost: TradeCost | None = None
    direction: str = ""

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

    A dollar of each good counts alike, as in `karwan plan worth`. The share after is the one that gives the factor on trade at theta.

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
    cost = trade_cost(case, scenarios, flows, study=study)
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
    return CorridorChange((now, then), words, cost, way)


def permits_free(case: Case, day: date) -> tuple[Note, ...]:
    """That permits of the regimes in force hold no trade in an answer; nothing where none of them gives a number of permits."""
    regimes, terms = (case[name].iter_rows(named=True) for name in ("regimes", "regime_terms"))
    found = with_permits(regimes, terms, day)
    return (note("coupling.permits_free", regimes=found),) if found else ()


def _prices(case: Case, cost: TradeCost) -> Floats:
    """Price of each flow's good, USD/t."""
    price = dict(case["products"].select("product_id", "price_usd_t").iter_rows())
    return np.array([price[flow.product_id] for flow in cost.flows])
