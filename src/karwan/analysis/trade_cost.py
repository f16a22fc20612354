"""What carriage costs a good between two places, and how a scenario changes it: the only bridge between transport and trade.

    L(g, s) = -ln( sum over r of PS(r)^w exp(-scale C(r, g, s)) ) / scale
    t_hat(g, s) = 1 + (L(g, s) - L(g, s0)) / C0(g)

with C the landed cost of good g over route r in state s (`karwan.appraisal.worth`), PS path sizes over the routes open in s0 or s, and C0 the mean
landed cost over the shares of the routes in s0, price in it. Routes are the same whichever scenario is asked for: those of the states the case pins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.worth.flows import Flow
from karwan.analysis.worth.rows import GoodsRows
from karwan.analysis.worth.states import NOW, Change, Plan, State
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.errors import InvalidInput
from karwan.transport.shipment import goods_sold


@dataclass(frozen=True)
class TradeCost:
    """Landed cost of goods before and after a change.

    Attributes
    ----------
    flows
        Goods: product, places and tonnes a year, F of them.
    value_usd
        Value a year at origin of each, shape (F,).
    rows
        Every good over every route of its places, in all states at hand.
    states
        Before and after, of those.
    """

    flows: tuple[Flow, ...]
    value_usd: Floats
    rows: GoodsRows
    states: tuple[State, State]

    @property
    def change(self) -> Change:
        """Logsums, duty and hours before and after, and the level before."""
        before, after = (self.rows.plan.states.index(one) for one in self.states)
        return self.rows.outcome.change(before, after)

    def dearer(self, more_usd_t: Floats) -> TradeCost:
        """The same with every row dearer after, shape (R,)."""
        after = self.rows.plan.states.index(self.states[1])
        return replace(self, rows=replace(self.rows, outcome=self.rows.outcome.dearer(after, more_usd_t)))

    @property
    def t_hat(self) -> Floats:
        """Landed cost after over before, shape (F,): inf where the last route goes, nan where the first one comes."""
        return self.change.ratio

    @property
    def gate_usd_t(self) -> Floats:
        """Landed cost after the change, USD/t, shape (F,): the mean before plus what the logsum moves."""
        return self.change.level_usd_t * self.t_hat

    def served(self, direction: str = "") -> npt.NDArray[np.bool_]:
        """Goods with a route before, of one direction or all, shape (F,)."""
        ours = np.array([direction in ("", flow.direction) for flow in self.flows], dtype=bool)
        return np.asarray(ours & np.isfinite(self.change.logsum_usd_t[0]))

    def shock(self, direction: str, theta: float) -> float:
        """Factor on the trade of a direction at given prices, B = sum of shares in value x t_hat ** -theta over its goods.

        Raises
        ------
        InvalidInput
            No good of the direction has a route before.
        """
        ours = self.served(direction) & (self.value_usd > 0)
        if not ours.any():
            raise InvalidInput(
                f"No good goes {direction} before the change.",
                "its cost before is not known, so no ratio is",
                "take a state in which a route is open as the one before.",
            )
        weight = self.value_usd[ours] / self.value_usd[ours].sum()
        return float(weight @ self.t_hat[ours] ** -theta)


def trade_cost(
    case: Case,
    scenarios: Sequence[str | Scenario],
    flows: Sequence[Flow],
    *,
    before: Sequence[str | Scenario] = (),
    study: CorridorStudy | None = None,
    also: Mapping[str, Scenario] | None = None,
) -> TradeCost:
    """Landed cost of goods in two states of a case.

    Parameters
    ----------
    case
        Case as it stands.
    scenarios, before
        Scenarios in force after and before the change, by id or as read; none is the case as it stands.
    flows
        Goods that move.
    study
        Corridors of the case on a day; on its own by default.
    also
        More scenarios, by id, to cost the goods under, each alone; no routes are looked for with them.

    Raises
    ------
    InvalidInput
        There are no flows, or a scenario does not fit the case.
    """
    if not flows:
        raise InvalidInput("There are no goods to cost.", fix="give at least one flow.")
    study = study or CorridorStudy(case, case.settings.as_of)
    one, two = (_read(study, names) for names in (before, scenarios))
    asked = {s.scenario_id: s for s in (*one, *two)}
    before_after = (_state(one), _state(two))
    cases = {NOW: case, before_after[0]: study.under(one), before_after[1]: study.under(two)}
    cases |= {frozenset((name,)): study.under([other]) for name, other in (also or {}).items()}
    plan = Plan(study, pinned_scenarios(study, asked), flows, cases, also=also)
    outcome = plan.outcome()
    price = {product: row["price_usd_t"] for product, row in plan.products.items()}
    value = np.array([flow.tonnes_year * price[flow.product_id] for flow in plan.flows])
    served = [(n, np.arange(pair.rows.stop - pair.rows.start)) for n, pair in enumerate(outcome.pairs)]
    return TradeCost(plan.flows, value, GoodsRows(plan, outcome, served), before_after)


def _read(study: CorridorStudy, names: Sequence[str | Scenario]) -> list[Scenario]:
    """Scenarios by id as read from the case's folder."""
    return [name if isinstance(name, Scenario) else study.scenario(name) for name in names]


def _state(scenarios: Sequence[Scenario]) -> State:
    return frozenset(one.scenario_id for one in scenarios)


def even_flows(case: Case, direction: str, form: str, pairs: Sequence[tuple[str, str]]) -> list[Flow]:
    """A dollar of every good of the exporter that travels in a form, over each pair of places: weights for a mean over goods."""
    exporter, _ = case.parties.ends(direction)
    goods = goods_sold(case["products"], exporter, form)
    return [
        Flow(direction, origin, destination, product, 1.0 / price)
        for product, price in goods.select("product_id", "price_usd_t").iter_rows()
        for origin, destination in pairs
    ]


__all__ = ["TradeCost", "even_flows", "trade_cost"]
