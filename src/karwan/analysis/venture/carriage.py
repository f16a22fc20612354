"""What the corridor leaves of a market's price: duty, freight and the cost of the days, from the one trade cost of the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.venture.read import ReadVenture
from karwan.analysis.worth.flows import Flow, flow_direction
from karwan.analysis.worth.states import NOW, Change, Plan
from karwan.appraisal.venture.cash import gate_price, wait_cost
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.case.scenario import Scenario
from karwan.errors import InvalidInput
from karwan.schema.frames import result_frame
from karwan.transport.duty import Tariffs
from karwan.transport.network import worst_basis
from karwan.transport.network.terms import join_sources

Row = dict[str, Any]


@dataclass(frozen=True)
class Carriage:
    """Numbers of the corridor by key of the venture's values, and the price at the gate of each sale as a table."""

    values: Mapping[str, float]
    table: pl.DataFrame


def carriages_of(
    study: CorridorStudy,
    reads: Sequence[Sequence[ReadVenture]],
    states: Sequence[Sequence[str]],
) -> list[list[Carriage]]:
    """Duty, freight, hours and cost of a day of each sale over the corridors, for ventures in states of the case.

    The landed cost of a tonne at its price in the case is the mean over the shares of the routes as the case stands, moved by what a
    scenario moves the logsum (`karwan.analysis.trade_cost`). Less price, duty and the cost of the hours, those kept in reserve for late arrivals
    among them, it leaves the money of carriage, insurance and papers. All states share one set of routes.

    Parameters
    ----------
    study
        Corridors of the case as it stands.
    reads
        Ventures as each state has their rows, R lists of S.
    states
        Scenarios in force in each state, S of them; none is the case as it stands.
    Returns
    -------
    R lists of S.

    Raises
    ------
    InvalidInput
        A good has no open route in a state.
    """
    case = study.case
    carried = [leg for own in reads for read in own for leg in _legs(read)]
    if not carried:
        return [[_carriage(case, read, {}) for read in own] for own in reads]
    finder = _Finder(study, carried, states)
    return [
        [_carriage(case, read, finder.values(read, names)) for read, names in zip(own, states, strict=True)]
        for own in reads
    ]


def case_in(study: CorridorStudy, names: Sequence[str]) -> Case:
    """The case with what scenarios change of its ventures; the case itself where they change nothing of them.

    Raises
    ------
    UnknownName
        No such scenario.
    """
    asked = [study.scenario(name) for name in names]
    own = any(change.table.startswith("venture") for one in asked for change in one.overrides)
    return study.under(asked) if own else study.case


@dataclass(frozen=True)
class _Leg:
    """A way over the corridors: of a sale, or out and back of a fleet's round trip."""

    key: str
    origin: str
    destination: str
    product: str


def _legs(read: ReadVenture) -> list[_Leg]:
    """Ways of what is sold abroad, and of the round trips whose hours no row gives."""
    ways = [
        _Leg(f"venture_sales.{row['sale_id']}", row["origin_id"], row["destination_id"], row["product_id"])
        for row in read.rows["venture_sales"]
        if row["origin_id"]
    ]
    for row in read.rows["venture_stages"]:
        if row["origin_id"] and row["turn_hours"] is None:
            key, there, here = f"venture_stages.{row['stage_id']}", row["destination_id"], row["origin_id"]
            ways += [_Leg(f"{key}.out", here, there, row["product_id"])]
            ways += [_Leg(f"{key}.back", there, here, row["return_product_id"] or row["product_id"])]
    return ways


class _Finder:
    """Landed cost of what ventures sell in all states, over one set of routes."""

    def __init__(
        self, study: CorridorStudy, carried: Sequence[_Leg], states: Sequence[Sequence[str]]
    ) -> None:
        self.case = case = study.case
        self.products = {row["product_id"]: row for row in case["products"].iter_rows(named=True)}
        country = dict(case["nodes"].select("node_id", "country").iter_rows())
        flows = {leg.key: _flow(case, leg, country) for leg in carried}
        self.flows = flows
        asked = {name: study.scenario(name) for names in states for name in names}
        self.cases = {_state(asked, names): study.under([asked[n] for n in names]) for names in states}
        self.cases = {NOW: case} | self.cases
        scenarios = {one.scenario_id: one for one in asked.values()}
        plan = Plan(
            study, pinned_scenarios(study, scenarios), list(dict.fromkeys(flows.values())), self.cases
        )
        self.asked, self.plan, self.outcome = asked, plan, plan.outcome()
        self.place = {flow: number for number, flow in enumerate(plan.flows)}

    def values(self, read: ReadVenture, names: Sequence[str]) -> dict[str, float]:
        """Numbers of a venture's sales in a state, by key."""
        state = _state(self.asked, names)
        change = self.outcome.change(0, self.plan.states.index(state))
        tariffs = Tariffs(self.cases[state]["tariffs"])
        found: dict[str, float] = {}
        for leg in _legs(read):
            self._must_be_open(leg, names, change)
            if leg.key.startswith("venture_sales"):
                found |= self._sale(read, leg, change, tariffs)
                continue
            key = f"{leg.key.rsplit('.', 1)[0]}.turn_hours"
            found[key] = found.get(key, 0.0) + float(change.hours[1, self.place[self.flows[leg.key]]])
        return found

    def _must_be_open(self, leg: _Leg, names: Sequence[str], change: Change) -> None:
        flow = self.flows[leg.key]
        number = self.place[flow]
        known = change.logsum_usd_t[:, number].tolist() + [change.level_usd_t[number]]
        if not np.isfinite(known).all():
            raise InvalidInput(
                f"No route is open for {flow.product_id} from {flow.origin} to {flow.destination}.",
                f"{leg.key}" + (f", under {', '.join(names)}" if names else ""),
                "name another way in its row, or a scenario under which one is open.",
            )

    def _sale(self, read: ReadVenture, leg: _Leg, change: Change, tariffs: Tariffs) -> dict[str, float]:
        """Numbers of the corridor for a sale; interest on the goods on the way runs at the venture's financial rate."""
        flow = self.flows[leg.key]
        number = self.place[flow]
        landed = float(change.level_usd_t[number] * change.ratio[number])
        hours = float(change.hours[1, number])
        product = self.products[flow.product_id]
        exporter, importer = flow.ends(self.case)
        duty = tariffs.duty(flow.product_id, importer, exporter)
        late = float(change.late_hours[1, number])
        daily = product["time_cost_share_day"] + (product["loss_share_day"] or 0.0)
        interest = min(read.venture.terms.financial / YEAR_DAYS, product["time_cost_share_day"])
        price = product["price_usd_t"]
        money = landed - price - float(change.duty_usd_t[1, number]) - price * daily * (hours + late) / 24.0
        key = leg.key
        return {
            f"{key}.duty_share": duty.rate_share,
            f"{key}.freight_usd": money + duty.specific_usd_t,
            f"{key}.hours": hours,
            f"{key}.late_hours": late,
            f"{key}.day_share": daily,
            f"{key}.wait_share": product["time_cost_share_day"] - interest,
        }


def _state(asked: Mapping[str, Scenario], names: Sequence[str]) -> frozenset[str]:
    return frozenset(asked[name].scenario_id for name in names)


def _flow(case: Case, leg: _Leg, country: Mapping[str, str]) -> Flow:
    way = flow_direction(case, country[leg.origin], country[leg.destination])
    return Flow(way, leg.origin, leg.destination, leg.product, 1.0)


def _carriage(case: Case, read: ReadVenture, values: Mapping[str, float]) -> Carriage:
    """Numbers of the corridor and the price at the gate they leave."""
    venture = read.venture.with_values(values)
    gates = {one.key: float(gate_price(venture, one)) for one in venture.sales}
    waits = {one.key: float(wait_cost(venture, one)) for one in venture.sales}
    places = Gazetteer(case.tables)
    rows = []
    for row in read.rows["venture_sales"]:
        key = f"venture_sales.{row['sale_id']}"
        found = {name: values.get(f"{key}.{name}") for name in ("duty_share", "freight_usd", "hours")}
        hours = found["hours"]
        paid = values.get(f"{key}.day_share", 0.0) - values.get(f"{key}.wait_share", 0.0)
        way = places.pair(row["origin_id"], row["destination_id"]) if row["origin_id"] else None
        rows.append(
            {
                "sale_id": row["sale_id"],
                "product": row["output_product"] or row["product_id"],
                "market": row["market"],
                "route_label": way,
                "price_usd": row["price_usd"],
                **found,
                "days_usd": None if hours is None else row["price_usd"] * paid * hours / 24.0,
                "wait_usd": None if hours is None else waits[key],
                "gate_usd": gates[key],
                "basis": worst_basis(row["basis"], "computed"),
                "source_id": join_sources(row["source_id"]),
            }
        )
    return Carriage(values, result_frame("venture_carriage", rows))
