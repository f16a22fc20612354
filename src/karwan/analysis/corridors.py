"""Every corridor of a case, both ways: the study that all analyses of corridors start from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from karwan.analysis.loads import GoodsLoads
from karwan.analysis.worth.paid import PaperMoney
from karwan.case import Case
from karwan.case.places import Gazetteer, plain
from karwan.case.scenario import Scenario, apply_scenario, find_scenario, together
from karwan.errors import InvalidInput
from karwan.trade.parties import A_TO_B, DIRECTIONS
from karwan.transport.corridor import ABSENT, CLOSED, CorridorRoute, corridor_route
from karwan.transport.cost import Weights, additive_cost, shipper_weights
from karwan.transport.journey import ArrivalModel, arrival_model, journey_stages, recorded_process
from karwan.transport.network import BY_ROW, FreightNetwork, Kept, NetworkRequest, build_network
from karwan.transport.network.stage import Floats, Row
from karwan.transport.paid import Bills
from karwan.transport.reliability import Journeys, simulate
from karwan.transport.restrictions import met, rules_of_trade, sanctioning
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import Shipment, find_product, make_shipment
from karwan.transport.ways import best_and_round, without_roads

JOURNEYS = 4000
HEADLINE_JOURNEYS, SEED = 20_000, 1  # of the headline pair as many as `karwan route` draws, with its seed


@dataclass(frozen=True)
class Evaluated:
    """A corridor between two places in one direction, with its arrival distribution.

    `p95_quiet_h` is the P95 when no crossing closes at random, of the headline pair only.
    """

    corridor: Row
    direction: str
    origin: str
    destination: str
    found: CorridorRoute
    usd_feu: float | None
    journeys: Journeys | None
    p95_quiet_h: float | None = None


class CorridorStudy:
    """Every corridor of a case, both ways, between the places its brief compares, and those of the states scenarios bring about.

    All that it builds and finds is kept, so that questions which share a study share its networks and routes.

    Parameters
    ----------
    case
        Case.
    as_of
        Day of departure and of the closures known.
    kept
        What its networks share with those of a like case.
    set_aside
        Place ids whose dated closures its networks set aside.
    """

    def __init__(
        self,
        case: Case,
        as_of: date,
        kept: Kept | None = None,
        set_aside: frozenset[str] = frozenset(),
    ) -> None:
        self.case = case
        self.as_of = as_of
        self.set_aside = set_aside
        self.corridors = list(case["corridors"].sort("rank", "corridor_id").iter_rows(named=True))
        self.kept = Kept() if kept is None else kept
        self.paper_money = PaperMoney(as_of)
        self._base: CorridorStudy | None = None  # of a state: the study of the case as it stands
        self._taken = -1  # how many networks that had when its parts were last taken over
        self._networks: dict[tuple[str, str, str], FreightNetwork] = {}
        self._costs: dict[tuple[str, str, str], Floats] = {}
        self._routes: dict[tuple[str, ...], CorridorRoute] = {}
        self._ways: dict[tuple[str, ...], list[tuple[int, ...]]] = {}
        self._scenarios: dict[str, Scenario] = {}
        self._under: dict[tuple[str, ...], tuple[list[Scenario], Case]] = {}
        self._states: dict[int, CorridorStudy] = {id(case): self}
        self._mean_days: dict[tuple[int, tuple[int, ...], bool, int], float] = {}

    @cached_property
    def places(self) -> Gazetteer:
        """Places of the case by name."""
        return Gazetteer(self.case.tables)

    @cached_property
    def loads(self) -> GoodsLoads:
        """Its goods as they are packed, and their networks."""
        return GoodsLoads(self.case, self.as_of, self.kept, self.set_aside)

    @property
    def comparable(self) -> bool:
        """Whether the case names places on both sides and a product, so that there is something to compare."""
        settings = self.case.settings
        return bool(settings.origins and settings.destinations and settings.reference_product)

    def require_comparable(self) -> None:
        """Raise InvalidInput, saying what `case.yaml` lacks, where there is nothing to compare."""
        settings = self.case.settings
        named = {
            "brief.origins": settings.origins,
            "brief.destinations": settings.destinations,
            "brief.reference_product": settings.reference_product,
        }
        empty = [key for key, value in named.items() if not value]
        if empty:
            raise InvalidInput(
                "The case names no places or no product to compare.",
                f"empty in case.yaml: {', '.join(empty)}",
                "fill nodes.csv and products.csv, then name rows of them there.",
            )

    def network(self, direction: str, form: str) -> FreightNetwork:
        """Network for a direction and cargo form on the study's day."""
        return self.network_between(self.case.parties.ends(direction), form)

    def network_between(self, ends: tuple[str, str], form: str) -> FreightNetwork:
        """Network from one country to another for a cargo form on the study's day."""
        start, finish = ends
        key = (start, finish, form)
        if key not in self._networks:
            request = NetworkRequest(start, finish, form, self.as_of, self.set_aside)
            self._networks[key] = build_network(self.case.tables, request, kept=self.kept)
        return self._networks[key]

    # -- states of the case ---------------------------------------------------------------------------------

    def scenario(self, name: str) -> Scenario:
        """Scenario of the case's folder by id, or from a file; read once.

        Raises
        ------
        InvalidInput
            The case was not read from a folder.
        UnknownName, ScenarioError
            No such scenario; a file that is not one.
        """
        if self.case.folder is None:
            raise InvalidInput("The case was not read from a folder.", fix="open it from its folder.")
        if name not in self._scenarios:
            self._scenarios[name] = find_scenario(self.case.folder, name)
        return self._scenarios[name]

    def under(self, scenarios: Sequence[Scenario]) -> Case:
        """The case with scenarios in force, in the order given; applied once.

        Raises
        ------
        ScenarioError
            They do not fit the case, or exclude one another.
        """
        if not scenarios:
            return self.case
        asked = list(scenarios)
        key = tuple(one.scenario_id for one in asked)
        if key not in self._under or self._under[key][0] != asked:
            self._under[key] = asked, apply_scenario(self.case, together(asked))
        return self._under[key][1]

    def of(self, case: Case) -> CorridorStudy:
        """Corridors of the case in another state, on the same day: one study a state, sharing what the case's networks are made of by now."""
        if id(case) not in self._states:
            self._states[id(case)] = self.passing(case)
        self._states[id(case)]._take_over()
        return self._states[id(case)]

    def passing(self, case: Case) -> CorridorStudy:
        """Corridors of the case in another state that nobody asks about again: the study is not kept."""
        study = CorridorStudy(case, self.as_of, None, self.set_aside)
        study._base, study.paper_money = self, self.paper_money
        study._take_over()
        return study

    def _take_over(self) -> None:
        """Share what the networks of the case it is a state of are made of by now, as far as it still holds."""
        if self._base is None or len(self._base._networks) == self._taken:
            return
        self._taken = len(self._base._networks)
        self.kept.take(self._base.kept.without(*self._changes))

    @cached_property
    def _changes(self) -> tuple[set[str], dict[str, frozenset[str]]]:
        """Tables that differ from those of the case it is a state of, and of some the rows that do."""
        before, after = self._base.case if self._base else self.case, self.case
        changed = {name for name, table in after.tables.items() if table is not before.tables[name]}
        known = {name: key for name, key in BY_ROW.items() if name in changed}
        return changed, {name: _differing(before[name], after[name], key) for name, key in known.items()}

    # -- routes ---------------------------------------------------------------------------------------------

    def ways(self, ends: tuple[str, str], form: str, pair: tuple[str, str]) -> list[tuple[int, ...]]:
        """Ways of a pair of places that shippers choose among, as arcs of its network; looked for once.

        The best route of each named corridor, as it would be where it is shut, that without roads where it has rail and road, the best of all,
        and the best way round each of its crossings. Corridors are those of the two parties: goods of others go by the best ways.

        Parameters
        ----------
        ends, form
            Exporter and importer, and cargo form: which network.
        pair
            Node ids of the two ends.
        """
        key = (*ends, form, *pair)
        if key not in self._ways:
            ours = set(ends) == set(self.case.parties.codes)
            named = [*self.corridors, *(one for row in self.corridors for one in without_roads(row))]
            found = [self.route_along(row, ends, form, pair).route for row in named if ours]
            best = best_and_round(*self._priced(ends, form), pair)
            self._ways[key] = [*(route.arcs for route in found if route is not None), *best]
        return self._ways[key]

    def route_along(
        self, corridor: Row, ends: tuple[str, str], form: str, pair: tuple[str, str]
    ) -> CorridorRoute:
        """Best route of the reference load along a corridor between two places; looked for once."""
        key = (corridor["corridor_id"], *corridor["modes"], *ends, form, *pair)
        if key not in self._routes:
            network, cost = self._priced(ends, form)
            back = ends[0] == self.case.parties.code_b
            self._routes[key] = corridor_route(
                network, self.shipment(), corridor, *pair, backward=back, cost=cost
            )
        return self._routes[key]

    def _priced(self, ends: tuple[str, str], form: str) -> tuple[FreightNetwork, Floats]:
        """Network between two countries, and what a search for the reference load minimises on it."""
        network = self.network_between(ends, form)
        if (*ends, form) not in self._costs:
            self._costs[*ends, form] = additive_cost(network, self.shipment())
        return network, self._costs[*ends, form]

    def pairs(self, direction: str) -> list[tuple[str, str]]:
        """Origin and destination node ids compared in a direction, the headline pair first."""
        settings = self.case.settings
        forward = [(o, d) for d in settings.destinations for o in settings.origins]
        return forward if direction == A_TO_B else [(d, o) for o, d in forward]

    def shipment(self, tonnes: float | None = None) -> Shipment:
        """The reference load, or another weight of the reference product."""
        settings = self.case.settings
        return make_shipment(self.case["products"], settings.reference_product, tonnes or settings.load_t)

    def weights(self, shipment: Shipment) -> Weights:
        """What a shipper of a load gives up for an hour, its buffer and a kg of CO2e, as the case states it."""
        return shipper_weights(shipment, self.case.parameter)

    @cached_property
    def _full_unit(self) -> Shipment:
        row = self.case["products"].filter(pl.col("product_id") == self.shipment().product_id)
        stowage = row["stowage_t_feu"][0]
        return self.shipment(float(stowage) if stowage else None)

    @cached_property
    def arrival(self) -> ArrivalModel:
        """Random and dated closures and the load of the crossings, as `karwan route` takes them."""
        return arrival_model(
            self.case.tables, recorded_process(self.case.tables, self.case.settings.as_of)[0]
        )

    @cached_property
    def evaluated(self) -> list[Evaluated]:
        """All corridors, pairs and directions, with simulated arrivals."""
        if not self.comparable:
            return []
        return [self._evaluate(*one) for one in self._questions()]

    def _questions(self) -> Iterator[tuple[str, str, str, Row]]:
        """Direction, origin, destination and corridor of everything compared."""
        for direction in DIRECTIONS:
            for origin, destination in self.pairs(direction):
                for corridor in self.corridors:
                    yield direction, origin, destination, corridor

    def _evaluate(self, direction: str, origin: str, destination: str, corridor: Row) -> Evaluated:
        form = self.shipment().form
        network = self.network(direction, form)
        found = self.route_along(corridor, self.case.parties.ends(direction), form, (origin, destination))
        one = Evaluated(corridor, direction, origin, destination, found, None, None)
        if found.route is None:
            return one
        shut = found.status == CLOSED
        usd_feu = make_route(network, self._full_unit, found.route.arcs, ignore_shut=shut).usd
        headline = (origin, destination) == self.pairs(direction)[0]
        journeys, quiet = self._arrivals(found, headline)
        return replace(one, usd_feu=usd_feu, journeys=journeys, p95_quiet_h=quiet)

    def _arrivals(self, found: CorridorRoute, headline: bool) -> tuple[Journeys, float | None]:
        """Simulated journeys, and of the headline pair the P95 without random closures."""
        assert found.route is not None
        shut = found.status == CLOSED
        stages = journey_stages(found.route, self.arrival, ignore_shut=shut)
        if not headline:
            return simulate(stages, journeys=JOURNEYS, seed=SEED), None
        journeys = simulate(stages, journeys=HEADLINE_JOURNEYS, seed=SEED)
        if not stages.closure_rate_per_day.any():
            return journeys, journeys.time_p95_h
        quiet = journey_stages(found.route, replace(self.arrival, closures=None), ignore_shut=shut)
        return journeys, simulate(quiet, journeys=HEADLINE_JOURNEYS, seed=SEED).time_p95_h

    def mean_days(self, route: Route, *, shut: bool = False, journeys: int = JOURNEYS) -> float:
        """Mean days of a route's simulated journeys, as its percentiles are drawn from; the route's own where none arrives."""
        key = (id(route.network), route.arcs, shut, journeys)
        if key not in self._mean_days:
            stages = journey_stages(route, self.arrival, ignore_shut=shut)
            drawn = simulate(stages, journeys=journeys, seed=SEED)
            hours = drawn.mean_h if drawn.never_arrives_share < 1.0 else route.hours
            self._mean_days[key] = hours / 24.0
        return self._mean_days[key]

    @cached_property
    def _bills(self) -> dict[tuple[str, str], Bills]:
        return {}

    def bills(self, product: Row, direction: str) -> Bills:
        """What routes of a product cost beside their stages in a direction, on the study's day."""
        key = (str(product["product_id"]), direction)
        if key not in self._bills:
            origin, cargo = self.case.parties.ends(direction)[0], self.loads.cargo(product)
            self._bills[key] = Bills(
                self.case.tables, key[0], str(product["sector"]), origin, self.as_of, cargo
            )
        return self._bills[key]

    def rules_met(self, route: Route) -> list[Row]:
        """Bans and sanctions in force on the study's day that a route meets with its load."""
        product = find_product(self.case["products"], route.shipment.product_id)
        start, finish = (route.network.node_countries[node] for node in (route.nodes[0], route.nodes[-1]))
        cargo = self.loads.cargo(product)
        table = self.case["restrictions"].rows(named=True)
        return met(rules_of_trade(table, start, finish, cargo, self.as_of), route)

    def sanctions(self, route: Route) -> str:
        """Who sanctions something that a route passes on the study's day, as 'EU US'; blank where nobody does."""
        return " ".join(sanctioning(self.rules_met(route)))

    # -- names --------------------------------------------------------------------------------------------

    def place_name(self, place_id: str) -> str:
        """Name of a node, crossing, link, service or country."""
        return self.places.name(place_id)

    def pair_label(self, origin: str, destination: str) -> str:
        """'Almaty → Karachi'."""
        return self.places.pair(origin, destination)

    def spoken_reason(self, found: CorridorRoute) -> str:
        """Reason with place names in place of ids."""
        if found.status == CLOSED and found.route is not None:
            return "; ".join(f"{self.place_name(p)}: {why}" for p, why in found.route.shut())
        return self.places.spoken(found.reason) if found.status == ABSENT else ""

    def opened(self, words: Iterable[str]) -> frozenset[str]:
        """Ids of the places that names take as open, found as every command finds them; UnknownName for none."""
        return frozenset(place for word in words for place in self.places.openable(word))

    def end(self, word: str) -> str:
        """Node id of a name; the ends of the case's pairs go first, so that Karachi is the port trade is counted at."""
        settings = self.case.settings
        ends = dict.fromkeys((*settings.origins, *settings.destinations))
        hits = [node for node in ends if plain(self.place_name(node)).startswith(plain(word))]
        return hits[0] if word not in ends and len(hits) == 1 else self.places.node(word)

    @property
    def facts(self) -> dict[str, object]:
        """Case, day and product that figures of the study are for."""
        settings = self.case.settings
        return {"case": settings.case_id, "as_of": self.as_of, "product": settings.reference_product}


def _differing(before: pl.DataFrame, after: pl.DataFrame, key: str) -> frozenset[str]:
    """Keys of the rows of a table that differ, are new or gone."""
    held, found = ({row[key]: row for row in table.iter_rows(named=True)} for table in (before, after))
    return frozenset(name for name in held.keys() | found.keys() if held.get(name) != found.get(name))


def asked_study(case: Case, as_of: date | None = None, product: str | None = None) -> CorridorStudy:
    """Study of a case on a day, its own by default, for its reference product or another.

    Raises
    ------
    UnknownName
        No such product.
    InvalidInput
        The case names nothing to compare.
    """
    if product is not None:
        found = str(find_product(case["products"], product)["product_id"])
        case = replace(case, settings=replace(case.settings, reference_product=found))
    study = CorridorStudy(case, as_of or case.settings.as_of)
    study.require_comparable()
    return study
