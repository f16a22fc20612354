"""A case in several states: as it stands, with each scenario of the plan, with all, and with all but one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.worth.flows import Flow
from karwan.analysis.worth.routes import FILTERED, PARTS, Routes, only_routes, route_parts
from karwan.analysis.worth.touched import routes_hit
from karwan.appraisal.worth import (
    Floats,
    Goods,
    RouteCosts,
    RouteStates,
    Taste,
    cost_ratio,
    expected,
    route_costs,
)
from karwan.case import Case
from karwan.case.scenario import Scenario, ScenarioError
from karwan.case.scenario_file import Override
from karwan.errors import Unreachable
from karwan.schema.modes import RAIL, ROAD
from karwan.transport.duty import Tariffs
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.shipment import TRUCK_BASIS_T

State = frozenset[str]
"""Ids of the scenarios in force."""
NOW: State = frozenset()
FREIGHT_TABLES = frozenset(
    (
        *("nodes", "links", "services", "crossings", "crossing_times", "closures", "transfers", "terminals"),
        *(
            "fees",
            "rates",
            "access",
            "weight_limits",
            "regimes",
            "regime_terms",
            "documents",
            "restrictions",
            "vehicles",
            "parameters",
            "countries",
            "hours",
        ),
        *("queue_states", "operators", "land_services"),
    )
)
WAYS = ("links", "services", "land_services")
BUILDS = frozenset(
    ("state", "opens_on", "capacity_t_day")
)  # columns of links and services that say whether they can be used
"""Tables whose rows are ways."""
PARAMETERS = (
    *("logit_scale_per_usd_t", "path_size_weight", "reliability_ratio", "insurance_share"),
    *("driving_hours_day_road", "rail_hours_day", "truck_swap_time_h", "truck_swap_cost_usd"),
)
"""Inputs whose ranges are tried out."""


@dataclass(frozen=True)
class Adjust:
    """Factors on what every good and route has: value per tonne, cost of a day, and hours that are neither road, rail nor change of trucks."""

    price: float = 1.0
    day: float = 1.0
    rest_hours: float = 1.0

    def goods(self, goods: Goods) -> Goods:
        """Goods at these factors; tonnes stay."""
        return replace(
            goods, price_usd_t=goods.price_usd_t * self.price, day_share=goods.day_share * self.day
        )

    def parts(self, parts: Floats) -> Floats:
        """Parts of routes at these factors."""
        if self.rest_hours == 1.0:
            return parts
        found = parts.copy()
        for whole, kinds, factor in (
            ("hours", ("road_h", "rail_h", "swap_h"), self.rest_hours),
            ("variance_h2", ("road_h2", "rail_h2", "swap_h2"), self.rest_hours**2),
        ):
            rest = parts[..., PARTS[whole]] - sum(parts[..., PARTS[kind]] for kind in kinds)
            known = np.isfinite(rest) & (rest > 0.0)  # hours of a route that is not open are inf
            found[..., PARTS[whole]] += (factor - 1.0) * np.where(known, rest, 0.0)
        return found


Priced = Mapping[int, Sequence[Floats]]
"""Parts of the routes of each group, shape (R, parts), in states by number: in place of those of the case."""


@dataclass(frozen=True)
class Change:
    """Landed cost of each flow in two states, before and after, shape (2, F), and its mean over the shares before, shape (F,)."""

    logsum_usd_t: Floats
    duty_usd_t: Floats
    hours: Floats
    late_hours: Floats
    level_usd_t: Floats

    @property
    def ratio(self) -> Floats:
        """Landed cost after over before, shape (F,); see `cost_ratio`."""
        return cost_ratio(self.logsum_usd_t[0], self.logsum_usd_t[1], self.level_usd_t)


@dataclass(frozen=True)
class PairCosts:
    """Costs of the goods of a pair of places over its routes in all states.

    Attributes
    ----------
    routes, rows
        The routes of its group, and which of them are the pair's.
    costs
        Landed cost by state, good and route.
    opened
        Whether a route is open in a state, shape (S, R).
    """

    routes: Routes
    rows: slice
    costs: RouteCosts
    opened: npt.NDArray[np.bool_]

    def change(self, before: int, after: int, taste: Taste) -> Change:
        """From one state to another; path sizes count the routes open in either."""
        two = [before, after]
        size = self.routes.path_sizes(self.rows, self.opened[before] | self.opened[after])
        own = RouteCosts(*(part[two] for part in vars(self.costs).values()))
        found, level = expected(own, size, taste)
        return Change(found.logsum_usd_t, found.duty_usd_t, found.hours, found.late_hours, level[0])


class Outcome:
    """What all flows cost in all states; tonnes a year of each flow, shape (F,)."""

    def __init__(self, pairs: Sequence[PairCosts], tonnes_year: Floats, taste: Taste) -> None:
        self.pairs, self.tonnes_year, self.taste = pairs, tonnes_year, taste
        self._found: dict[tuple[int, int], Change] = {}

    def change(self, before: int, after: int) -> Change:
        """From one state to another, by their numbers."""
        if (before, after) not in self._found:
            each = [pair.change(before, after, self.taste) for pair in self.pairs]
            parts = zip(*(vars(one).values() for one in each), strict=True)
            self._found[before, after] = Change(*(np.concatenate(part, axis=-1) for part in parts))
        return self._found[before, after]

    def dearer(self, state: int, more_usd_t: Floats) -> Outcome:
        """The same with every good dearer over each of its routes in a state; more of all pairs, goods and routes in this order, USD/t."""
        pairs, at = [], 0
        for pair in self.pairs:
            cost = pair.costs.cost_usd_t.copy()
            size = cost[state].size
            cost[state] += more_usd_t[at : at + size].reshape(cost[state].shape)
            pairs.append(replace(pair, costs=replace(pair.costs, cost_usd_t=cost)))
            at += size
        return Outcome(pairs, self.tonnes_year, self.taste)


class Plan:
    """Flows and routes of a case in the states that its promises can bring about.

    Parameters
    ----------
    study
        Corridors of the case as it stands on a day.
    scenarios
        Scenarios by id; routes are looked for in the case as it stands and with all of these in force, whichever states are asked for.
    flows
        Tonnes a year.
    cases
        States to look at, the case in each; the first is the case as it stands.
    also
        More scenarios that states name, with which no routes are looked for.
    searched
        States in which routes are looked for too.
    """

    def __init__(
        self,
        study: CorridorStudy,
        scenarios: Mapping[str, Scenario],
        flows: Sequence[Flow],
        cases: Mapping[State, Case],
        *,
        also: Mapping[str, Scenario] | None = None,
        searched: Sequence[State] = (),
    ) -> None:
        self.case, self._study = study.case, study
        self.scenarios = {**scenarios, **(also or {})}
        self._together, self._searched_too = frozenset(scenarios), tuple(searched)
        self.states = tuple(cases)
        self.products = {row["product_id"]: row for row in self.case["products"].iter_rows(named=True)}
        self.parameters = {
            name: value for name, value in self.case["parameters"].select("parameter_id", "value").iter_rows()
        }
        self._cases = dict(cases)
        self.groups = self._grouped(flows)
        for routes, _ in self.groups:  # first, for other states share what they leave alone
            study.network_between(routes.ends, routes.form)
        full = self._full()
        bare = () if self.case.bare is None else (study.of(self.case.bare),)
        self.studies = (*full.values(), *bare)
        """Corridors of the states in which routes are looked for: of the case without its scenarios too, so that the set is the same from either side."""
        self._found = [self._searched(routes, full) for routes, _ in self.groups]
        self._lay_out()

    def add(self, cases: Mapping[State, Case]) -> None:
        """Look at more states, the case in each; their routes are those at hand, and states known already stay as they are."""
        new = {state: case for state, case in cases.items() if state not in self.states}
        self._cases |= new
        self.states += tuple(new)
        if new:
            self._lay_out()

    def _lay_out(self) -> None:
        """Parts of the routes and duties of the goods, in the order of the states."""
        each = zip(self.groups, self._found, strict=True)
        self.parts = [self._parts(routes, found) for (routes, _), found in each]
        self.goods = [self._goods(routes, own) for routes, own in self.groups]

    def _full(self) -> dict[State, CorridorStudy]:
        """Corridors of the states in which routes are looked for: now, with all in force, each that adds a way alone, and those searched too.

        Where all do not go together, each alone in place of all.
        """
        every = self._touching(self._together, FREIGHT_TABLES)
        alone = {name for name in every if _adds_ways(self.scenarios[name])}
        try:
            cases = {every: self.under(every)}
        except ScenarioError:  # two of them change one row against each other
            cases, alone = {}, set(every)
        cases |= {frozenset((name,)): self.under(frozenset((name,))) for name in sorted(alone)}
        cases |= {self._touching(one, FREIGHT_TABLES): self.under(one) for one in self._searched_too}
        changed = {state: self._study.of(case) for state, case in cases.items() if state != NOW}
        return {NOW: self._study, **changed}

    def under(self, state: State) -> Case:
        """The case with the scenarios of a state in force, in the order of the promises."""
        if state not in self._cases:
            chosen = [self.scenarios[name] for name in self.scenarios if name in state]
            self._cases[state] = self._study.under(chosen)
        return self._cases[state]

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """Flows in the order of all figures by flow: by group, then by pair of places."""
        return tuple(
            f
            for routes, own in self.groups
            for pair in routes.pairs
            for f in own
            if (f.origin, f.destination) == pair
        )

    def _touching(self, state: State, tables: Iterable[str]) -> State:
        """Scenarios of a state that change some of the tables."""
        wanted = frozenset(tables)
        return frozenset(n for n in state if any(o.table in wanted for o in self.scenarios[n].overrides))

    def _grouped(self, flows: Sequence[Flow]) -> list[tuple[Routes, list[Flow]]]:
        found: dict[tuple[str, str], list[Flow]] = {}
        for flow in flows:
            found.setdefault((flow.direction, str(self.products[flow.product_id]["form"])), []).append(flow)
        return [
            (
                Routes(
                    way,
                    form,
                    tuple(dict.fromkeys((f.origin, f.destination) for f in own)),
                    own[0].ends(self.case),
                ),
                own,
            )
            for (way, form), own in found.items()
        ]

    def _searched(self, routes: Routes, full: Mapping[State, CorridorStudy]) -> dict[State, Floats]:
        """Find the routes of a group; their parts in the states they are looked for in."""
        for study in self.studies:
            network = study.network_between(routes.ends, routes.form)
            for pair in routes.pairs:
                for arcs in study.ways(routes.ends, routes.form, pair):
                    routes.add(pair, network, arcs)
        networks = {state: one.network_between(routes.ends, routes.form) for state, one in full.items()}
        return {state: self._priced(routes, networks[state], one.case) for state, one in full.items()}

    def _priced(self, routes: Routes, network: FreightNetwork, case: Case) -> Floats:
        """Parts of routes in a network of a case, with what their papers cost, shape (R, parts)."""
        return self._study.paper_money.add(route_parts(routes, network), routes, network, case)

    def _parts(self, routes: Routes, found: dict[State, Floats]) -> Floats:
        """Parts of each route in each state, shape (S, R, parts); states of like freight tables share one network."""
        wanted = [self._touching(state, FREIGHT_TABLES) for state in self.states]
        for state in wanted:
            if state not in found:
                near = min(found, key=lambda one: (len(one ^ state), len(one), sorted(one)))
                found[state] = self._changed(routes, found[near], near, state)
        return np.array([found[state] for state in wanted])

    def _changed(self, routes: Routes, parts: Floats, near: State, state: State) -> Floats:
        """Parts of each route in a state: those that no override touches stay as they are in one near to it."""
        case, overriding = self.under(state), [self.scenarios[name] for name in state ^ near]
        hit = routes_hit(routes, (self.under(near), case), overriding, FREIGHT_TABLES)
        found = parts.copy()
        if hit.any():
            own = routes.only(hit)
            found[hit] = self._priced(own, self._network(own, self._study.of(case)), case)
        return found

    def price(
        self, case: Case, usual: Sequence[Floats], hit: Sequence[npt.NDArray[np.bool_]]
    ) -> list[Floats]:
        """Parts of the routes of each group in a case that is asked about once, shape (R, parts): those hit (R,), the others as usual."""
        study = self._study.passing(case)
        found = []
        for (routes, _), parts, rows in zip(self.groups, usual, hit, strict=True):
            parts = parts.copy()
            if rows.any():
                own = routes.only(rows)
                network = self._network(own, study)
                parts[rows] = study.paper_money.add(route_parts(own, network), own, network, case)
            found.append(parts)
        return found

    def _network(self, routes: Routes, study: CorridorStudy) -> FreightNetwork:
        """Network of a case with what some routes use alone; it shares all else with the networks of the whole case."""
        case, whole = study.case, study.kept
        request = NetworkRequest(*routes.ends, routes.form, study.as_of, study.set_aside)
        kept = whole.fewer(FILTERED)
        network = build_network(only_routes(case, routes), request, kept=kept)
        whole.rows.update((name, own) for name, own in kept.rows.items() if name not in FILTERED)
        return network

    def _goods(self, routes: Routes, flows: Sequence[Flow]) -> dict[tuple[str, str], Goods]:
        exporter, importer = routes.ends
        wanted = dict.fromkeys(f.product_id for f in flows)
        duties: dict[State, dict[str, tuple[float, float]]] = {}
        for state in self.states:
            touched = self._touching(state, ("tariffs",))
            if touched not in duties:
                tariffs = Tariffs(self.under(touched)["tariffs"])
                found = {p: tariffs.duty(p, importer, exporter) for p in wanted}
                duties[touched] = {p: (d.rate_share, d.specific_usd_t) for p, d in found.items()}
        by_state = [duties[self._touching(state, ("tariffs",))] for state in self.states]
        return {
            pair: self._pair_goods([f for f in flows if (f.origin, f.destination) == pair], by_state)
            for pair in routes.pairs
        }

    def _pair_goods(
        self, flows: Sequence[Flow], duties: Sequence[Mapping[str, tuple[float, float]]]
    ) -> Goods:
        rows = [self.products[f.product_id] for f in flows]
        return Goods(
            price_usd_t=np.array([r["price_usd_t"] for r in rows]),
            day_share=np.array([r["time_cost_share_day"] + (r["loss_share_day"] or 0.0) for r in rows]),
            unit_t=np.array([r["stowage_t_feu"] or TRUCK_BASIS_T for r in rows]),
            tonnes_year=np.array([f.tonnes_year for f in flows]),
            duty_share=np.array([[d[f.product_id][0] for f in flows] for d in duties]),
            duty_usd_t=np.array([[d[f.product_id][1] for f in flows] for d in duties]),
        )

    def outcome(
        self,
        changed: Mapping[str, float] | None = None,
        scale: Mapping[str, float] | None = None,
        *,
        adjust: Adjust | None = None,
        priced: Priced | None = None,
    ) -> Outcome:
        """Landed cost of all flows in all states.

        Parameters
        ----------
        changed
            Parameters of `PARAMETERS` at other values.
        scale
            Factor on the tonnes of a direction.
        adjust
            Factors on what every good and route has.
        priced
            States whose routes have other parts (`price`).
        """
        adjust = adjust or Adjust()
        values = {**self.parameters, **(changed or {})}
        taste = Taste(
            values["logit_scale_per_usd_t"],
            values["path_size_weight"],
            values["reliability_ratio"],
            values["insurance_share"],
        )
        pairs, tonnes = [], []
        for number, ((routes, _), parts, goods) in enumerate(
            zip(self.groups, self.parts, self.goods, strict=True)
        ):
            shown = _in_place(parts, {state: own[number] for state, own in (priced or {}).items()})
            shifted = adjust.parts(shift(shown, self.parameters, values))
            for pair, rows in routes.slices():
                ways = _ways(shifted[:, rows], np.ones(rows.stop - rows.start))
                costs = route_costs(adjust.goods(goods[pair]), ways, taste)
                pairs.append(PairCosts(routes, rows, costs, np.isfinite(ways.hours)))
                tonnes.append(goods[pair].tonnes_year * (scale or {}).get(routes.direction, 1.0))
        return Outcome(pairs, np.concatenate(tonnes), taste)


def nothing_joined() -> Unreachable:
    """The error where no way is open between any two places of the parties."""
    return Unreachable(
        "No way is open between the two countries, so no trade can answer.",
        "as the case stands every way is absent, closed or without a rate",
        "`karwan corridor compare CASE` says how each corridor stands; open a place, or add its links and rates.",
    )


def _adds_ways(scenario: Scenario) -> bool:
    """Whether a scenario adds lines, sailings or through rates, builds them, or opens or shuts places: a way may be best with it alone."""
    return any(_gives_way(one) for one in scenario.overrides)


def _gives_way(one: Override) -> bool:
    built = one.action == "add" or not BUILDS.isdisjoint(one.values)
    return one.table == "closures" or (one.table in WAYS and built)


def shift(parts: Floats, before: Mapping[str, float], after: Mapping[str, float]) -> Floats:
    """Parts of routes with parameters at other values: what a network built again would give.

    Hours under way are proportional to the inverse of the hours moved in a day, variances to the square of the hours they belong to.
    """
    found = parts.copy()

    def factor(name: str) -> float:
        old, new = before.get(name), after.get(name)
        return 1.0 if old in (None, 0.0) or new is None else new / old

    for part, scale in (
        (ROAD, 1.0 / factor("driving_hours_day_road")),
        (RAIL, 1.0 / factor("rail_hours_day")),
        ("swap", factor("truck_swap_time_h")),
    ):
        found[..., PARTS["hours"]] += (scale - 1.0) * parts[..., PARTS[f"{part}_h"]]
        found[..., PARTS["variance_h2"]] += (scale**2 - 1.0) * parts[..., PARTS[f"{part}_h2"]]
    found[..., PARTS["usd_unit"]] += (factor("truck_swap_cost_usd") - 1.0) * parts[..., PARTS["swap_usd"]]
    return found


def _in_place(parts: Floats, others: Mapping[int, Floats]) -> Floats:
    """Parts of routes, shape (S, R, parts), with those of some states in place of their own."""
    if not others:
        return parts
    found = parts.copy()
    for state, own in others.items():
        found[state] = own
    return found


def _ways(parts: Floats, path_size: Floats) -> RouteStates:
    return RouteStates(
        parts[..., PARTS["usd_t"]],
        parts[..., PARTS["usd_unit"]],
        parts[..., PARTS["hours"]],
        parts[..., PARTS["variance_h2"]],
        path_size,
    )


__all__ = [
    "FREIGHT_TABLES",
    "NOW",
    "PARAMETERS",
    "Outcome",
    "Plan",
    "Priced",
    "State",
    "shift",
]
