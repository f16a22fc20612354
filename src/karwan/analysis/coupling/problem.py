"""Corridors and trade of a case put into arrays: goods of every country pair, their routes in all states, the places they fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from karwan.amounts import YEAR_DAYS
from karwan.analysis.capacity import Capacities, Limit
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.world_trade import WorldTrade
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.worth.flows import Flow, flow_direction
from karwan.analysis.worth.rows import GoodsRows
from karwan.analysis.worth.states import Outcome, PairCosts, Plan, State, nothing_joined
from karwan.appraisal.coupling.corridor import Corridor, Places, shape_rows
from karwan.appraisal.coupling.loop import Settled, settle_trade
from karwan.appraisal.coupling.trade import TradeAnswer, TradeResponse
from karwan.appraisal.worth import HOURS_DAY, Floats
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.errors import InvalidInput
from karwan.transport.assignment.routes import PAYLOAD
from karwan.transport.closures import in_force
from karwan.transport.criticality import Trade
from karwan.transport.shipment import Shipment, goods_sold, make_shipment

Networks = dict[tuple[int, tuple[str, str], str], Trade]
MOST_GOODS = 3  # of a sector, for country pairs whose goods the case does not list


@dataclass(frozen=True)
class PairPlaces:
    """Places a country pair trades between, each with its share."""

    exporter: str
    importer: str
    places: tuple[tuple[str, str, float], ...]


def country_pairs(case: Case, study: CorridorStudy, parties_only: bool = False) -> list[PairPlaces]:
    """Country pairs on the corridors with their places: the parties both ways, then the others that `place_weights` gives places."""
    found = []
    for way in ("a_to_b", "b_to_a"):
        pairs = study.pairs(way)
        found.append(PairPlaces(*case.parties.ends(way), tuple((o, d, 1.0 / len(pairs)) for o, d in pairs)))
    weights = case.tables.get("place_weights", pl.DataFrame())
    for exporter, importer in () if parties_only or weights.is_empty() else case.settings.pairs:
        own = weights.filter((pl.col("exporter") == exporter) & (pl.col("importer") == importer))
        total = own["share"].sum() if own.height else 0.0
        if total:
            rows = own.select("origin_id", "destination_id", "share").iter_rows()
            found.append(PairPlaces(exporter, importer, tuple((o, d, s / total) for o, d, s in rows)))
    return found


def pair_flows(
    case: Case, study: CorridorStudy, world: WorldTrade, pairs: Sequence[PairPlaces]
) -> list[Flow]:
    """Base flows of all pairs: the value of each sector over its goods, a dollar of each alike, and over the pair's places.

    The parties' goods are those the case lists for the exporter; of other pairs a few of each sector, whoever exports them. Goods travel as
    the reference load does.
    """
    form = study.shipment().form
    products = case["products"].filter(pl.col("form") == form).sort("product_id")
    parties = {case.settings.party_a, case.settings.party_b}
    flows = []
    for pair in pairs:
        start, finish = world.index(pair.exporter), world.index(pair.importer)
        if start is None or finish is None:
            continue
        between = {pair.exporter, pair.importer} == parties
        listed = goods_sold(case["products"], pair.exporter, form) if between else products
        by_sector: dict[str, list[tuple[str, float]]] = {}
        for product, price in listed.select("product_id", "price_usd_t").iter_rows():
            sector = world.sector_of.get(product)
            if sector is not None:
                by_sector.setdefault(sector, []).append((product, price))
        direction = flow_direction(case, pair.exporter, pair.importer)
        for number, sector in enumerate(world.sectors):
            value = float(world.flows_usd[number, start, finish])
            goods = by_sector.get(sector, [])[: None if between else MOST_GOODS]
            for product, price in goods if value > 0 else ():
                tonnes = value / len(goods) / price
                flows += [Flow(direction, o, d, product, tonnes * share) for o, d, share in pair.places]
    return flows


class Coupling:
    """Goods, routes and places of a case in several states, within the world's trade.

    Parameters
    ----------
    study
        Corridors of the case as it stands.
    world
        The world's trade.
    scenarios
        Those asked for, by id.
    cases
        States, the case in each; the first is the case as it stands.
    parties_only
        Leave out the trade of other country pairs over the corridors.
    also, searched
        Scenarios with which no routes are looked for, and states with which they are; see `Plan`.
    """

    def __init__(
        self,
        study: CorridorStudy,
        world: WorldTrade,
        scenarios: Mapping[str, Scenario],
        cases: Mapping[State, Case],
        *,
        parties_only: bool = False,
        also: Mapping[str, Scenario] | None = None,
        searched: Sequence[State] = (),
    ) -> None:
        self.study, self.world = study, world
        self.cases = dict(cases)
        pairs = country_pairs(study.case, study, parties_only)
        flows = pair_flows(study.case, study, world, pairs)
        if not flows:
            raise InvalidInput(
                "No trade of the corridors is known.",
                f"{len(pairs)} country pairs, none with a value in world_flows and goods in sector_map",
                "fill world_flows.csv and sector_map.csv.",
            )
        pinned = pinned_scenarios(study, scenarios)
        self.plan = Plan(study, pinned, flows, cases, also=also, searched=searched)

    def add(self, cases: Mapping[State, Case]) -> None:
        """Look at more states of the scenarios at hand, the case in each."""
        self.cases |= cases
        self.plan.add(cases)
        vars(self).pop("outcome", None)

    @cached_property
    def outcome(self) -> Outcome:
        """Costs of the goods over their routes in all states."""
        return self.plan.outcome()

    @cached_property
    def ends(self) -> list[tuple[str, str]]:
        """Exporter and importer of each good."""
        return [flow.ends(self.study.case) for flow in self.plan.flows]

    @cached_property
    def cell(self) -> npt.NDArray[np.int64]:
        """Cell of each good in the world's flattened flows."""
        world, n = self.world, len(self.world.countries)
        number = {name: k for k, name in enumerate(world.sectors)}
        return np.array(
            [
                (number[world.sector_of[flow.product_id]] * n + world.countries.index(exporter)) * n
                + world.countries.index(importer)
                for flow, (exporter, importer) in zip(self.plan.flows, self.ends, strict=True)
            ]
        )

    @cached_property
    def value_usd(self) -> Floats:
        """Base value a year of each good at origin."""
        price = {p: row["price_usd_t"] for p, row in self.plan.products.items()}
        return np.array([flow.tonnes_year * price[flow.product_id] for flow in self.plan.flows])

    def change(self, before: State, after: State, *, deficits: str = "additive") -> StateChange:
        """Goods, routes and places from one state to another."""
        numbers = (self.plan.states.index(before), self.plan.states.index(after))
        found = _changed(self, self.outcome, numbers, self.cases[after])
        return replace(found, response=found.response.under(deficits))

    def rows(self, change: StateChange, outcome: Outcome | None = None) -> GoodsRows:
        """Rows of a change with what they cost in every state, at another outcome of the plan where one is given."""
        return GoodsRows(self.plan, outcome or self.outcome, change.served)

    @cached_property
    def places(self) -> LimitedPlaces:
        """Places with a capacity that any route passes, and which route of which pair passes which."""
        capacities = Capacities(self.study.case)
        services = dict(self.study.case["services"].select("service_id", "link_id").iter_rows())
        load = self.study.shipment()
        number: dict[str, int] = {}
        limits: list[Limit] = []
        hours: list[float] = []
        passed: list[list[tuple[int, int]]] = []
        networks: Networks = {}
        for pair in self.outcome.pairs:
            own: dict[tuple[int, int], None] = {}
            for row, (trade, arcs) in enumerate(_on_network(self.plan, pair, networks, services, load)):
                for limit, taken in capacities.on(trade, arcs):
                    at = number.setdefault(limit.key, len(limits))
                    if at == len(limits):
                        limits.append(limit)
                        hours.append(0.0)
                    hours[at] = max(hours[at], taken)
                    own[row, at] = None
            passed.append(list(own))
        blocks = []
        for pair, own_cells in zip(self.outcome.pairs, passed, strict=True):
            rows, columns = np.array(own_cells, dtype=np.int64).reshape(-1, 2).T
            shape = (pair.rows.stop - pair.rows.start, len(limits))
            blocks.append(sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=shape))
        return LimitedPlaces(tuple(limits), np.array(hours), tuple(blocks))

    @cached_property
    def units(self) -> Floats:
        """Units a tonne of each good makes at each place, shape (F, A)."""
        case, capacities = self.study.case, Capacities(self.study.case)
        rows = {}
        for product in dict.fromkeys(flow.product_id for flow in self.plan.flows):
            load = make_shipment(case["products"], product, case.settings.load_t)
            payloads = capacities.payloads(load)
            rows[product] = [_units_t(limit.unit, payloads) for limit in self.places.limits]
        return np.array([rows[flow.product_id] for flow in self.plan.flows]).reshape(len(self.plan.flows), -1)

    @cached_property
    def hour_usd_t(self) -> Floats:
        """Value of an hour of each good, USD/t, shape (F,)."""
        rows = [self.plan.products[flow.product_id] for flow in self.plan.flows]
        day = [row["time_cost_share_day"] + (row["loss_share_day"] or 0.0) for row in rows]
        price = np.array([row["price_usd_t"] for row in rows])
        return np.asarray(price * np.array(day) / HOURS_DAY)


@dataclass(frozen=True)
class LimitedPlaces:
    """Places with a capacity, A of them.

    Attributes
    ----------
    limits
        The places.
    observed_h
        Longest hours that a route takes there as things stand, shape (A,).
    passes
        Of each pair of places, which of its routes pass which place, shape (R, A).
    """

    limits: tuple[Limit, ...]
    observed_h: Floats
    passes: tuple[sparse.csr_array, ...]


@dataclass(frozen=True)
class StateChange:
    """A change of state in arrays.

    Attributes
    ----------
    kept
        Goods that have a route before, numbers in `Coupling.plan.flows`.
    corridor, response
        The two sides of the loop, over the goods kept.
    place_limits
        Places with a capacity, in the order of the corridor's.
    banned_pairs
        Exporter and importer of trade that a closure bans after.
    served
        Pairs of places with a route before, by number, and which of their routes are open before or after.
    added_usd_t
        What the corridor's rows cost more after than their landed cost, shape (R,): the price of permits that are short.
    """

    kept: npt.NDArray[np.int64]
    corridor: Corridor
    response: TradeResponse
    place_limits: tuple[Limit, ...]
    banned_pairs: tuple[tuple[str, str], ...]
    served: tuple[tuple[int, npt.NDArray[np.int64]], ...]
    added_usd_t: Floats | float = 0.0

    def dearer(self, more_usd_t: Floats) -> StateChange:
        """The change with the corridor's rows dearer after by so much more, shape (R,)."""
        cost = self.corridor.cost_usd_t + more_usd_t
        corridor = replace(self.corridor, cost_usd_t=cost)
        return replace(self, corridor=corridor, added_usd_t=self.added_usd_t + more_usd_t)

    def settle(self, kind: str) -> tuple[Settled, TradeAnswer]:
        """Where the cost of carriage and the trade it brings agree, with queues, and the answer of trade there."""
        latest: TradeAnswer | None = None

        def trade(t_hat: Floats) -> Floats:
            nonlocal latest
            latest = self.response.answer(t_hat, kind)
            return latest.tonnes_day

        corridor = self.corridor
        settled = settle_trade(corridor.at, trade, corridor.base_tonnes_day, corridor.base_volume)
        assert latest is not None  # the loop asks trade once at least, and last at what it settles on
        return settled, latest


def _on_network(
    plan: Plan, pair: PairCosts, networks: Networks, services: Mapping[str, str], load: Shipment
) -> Iterator[tuple[Trade, tuple[int, ...]]]:
    """Each route of a pair in a network that has all of its arcs."""
    routes = pair.routes
    held = []
    for number, study in enumerate(plan.studies):
        key = (number, routes.ends, routes.form)
        if key not in networks:
            network = study.network_between(routes.ends, routes.form)
            networks[key] = Trade(network, load, {}, {}, services)
        held.append(networks[key])
    for steps in routes.flat[pair.rows]:
        trade = next(one for one in held if all(step in one.network.arc_numbers for step in steps))
        yield trade, tuple(trade.network.arc_numbers[step] for step in steps)


def _changed(coupling: Coupling, outcome: Outcome, numbers: tuple[int, int], after: Case) -> StateChange:
    """Rows of goods and routes that are open before or after, and what they fill."""
    before, then = numbers
    kept: list[int] = []
    served: list[tuple[int, npt.NDArray[np.int64]]] = []
    sizes: list[Floats] = []
    blocks: list[sparse.csr_array] = []
    at = 0
    for number, pair in enumerate(outcome.pairs):
        count = pair.costs.cost_usd_t.shape[1]
        opened = pair.opened[before] | pair.opened[then]
        if pair.opened[before].any():
            rows = np.flatnonzero(opened)
            size = outcome.taste.path_size_weight * np.log(pair.routes.path_sizes(pair.rows, opened)[rows])
            sizes.append(np.tile(size, count))
            blocks.append(sparse.vstack([coupling.places.passes[number][rows]] * count, format="csr"))
            kept += range(at, at + count)
            served.append((number, rows))
        at += count
    if not served:
        raise nothing_joined()
    chosen = np.array(kept, dtype=np.int64)
    counts = np.concatenate([np.full(_count(outcome, n), rows.size) for n, rows in served])
    good = np.repeat(np.arange(chosen.size), counts)
    passes = sparse.csr_array(sparse.vstack(blocks, format="csr"))
    units = passes.copy()
    of_row = np.repeat(good, np.diff(passes.indptr))
    units.data = coupling.units[chosen[of_row], passes.indices]
    rows_usd = GoodsRows(coupling.plan, outcome, served)
    base_usd, cost_usd = (rows_usd.at(one) for one in numbers)
    corridor = Corridor(
        base_usd_t=base_usd,
        cost_usd_t=cost_usd,
        log_size=np.concatenate(sizes),
        good=good,
        hour_usd_t=coupling.hour_usd_t[chosen],
        passes=passes,
        units_t=units,
        places=_places(coupling.places.limits, coupling.places.observed_h),
        base_tonnes_day=np.array([coupling.plan.flows[n].tonnes_year for n in kept]) / YEAR_DAYS,
        scale=outcome.taste.scale,
    )
    banned = banned_pairs(after, coupling.study.as_of)
    response = _response(coupling, outcome, numbers, chosen, corridor, banned)
    return StateChange(chosen, corridor, response, coupling.places.limits, banned, tuple(served))


def _count(outcome: Outcome, number: int) -> int:
    """Goods of a pair of places."""
    return int(outcome.pairs[number].costs.cost_usd_t.shape[1])


def _units_t(unit: str, payloads: Mapping[str, float]) -> float:
    """Units a tonne makes."""
    return 1.0 / payloads[PAYLOAD[unit]] if unit in PAYLOAD else 1.0


def _places(limits: Sequence[Limit], hours: Floats) -> Places:
    return Places(
        delay=tuple(limit.delay for limit in limits),
        shape=np.array([shape_rows(limit.delay, limit.shape) for limit in limits]).reshape(-1, 4),
        capacity_day=np.array([float(limit.capacity_day) for limit in limits]),
        background_day=np.array([limit.background_day or 0.0 for limit in limits]),
        observed_h=np.array(hours, dtype=float),
    )


def _response(
    coupling: Coupling,
    outcome: Outcome,
    numbers: tuple[int, int],
    kept: npt.NDArray[np.int64],
    corridor: Corridor,
    banned: Sequence[tuple[str, str]],
) -> TradeResponse:
    """The trade side over the goods kept."""
    world = coupling.world
    cell, value = coupling.cell[kept], coupling.value_usd[kept]
    total = np.bincount(cell, value, world.flows_usd.size)
    mask = None
    if banned:
        mask = np.zeros(world.flows_usd.shape, dtype=bool)
        for exporter, importer in banned:
            start, finish = world.index(exporter), world.index(importer)
            if start is not None and finish is not None:
                mask[:, start, finish] = True
    return TradeResponse(
        flows=world.flows_usd,
        theta=world.theta,
        cell=cell,
        weight=value / total[cell],
        tonnes_day=corridor.base_tonnes_day,
        banned=mask,
        duty_share=_duty_shares(outcome, numbers, kept),
    )


def _duty_shares(outcome: Outcome, numbers: tuple[int, int], kept: npt.NDArray[np.int64]) -> Floats | None:
    """Duty in what is spent on each good before and after, shape (2, G); None where none is charged."""
    change = outcome.change(*numbers)
    duty, level = change.duty_usd_t[:, kept], change.level_usd_t[kept]
    ratio = np.where(np.isfinite(change.ratio[kept]), change.ratio[kept], 1.0)
    before = duty[0] / level
    after = np.where(np.isfinite(duty[1]), duty[1] / (level * ratio), before)
    return np.stack([before, after]) if before.any() or after.any() else None


def banned_pairs(case: Case, day: date) -> tuple[tuple[str, str], ...]:
    """Exporter and importer of the trade that closures in force on a day ban."""
    closures = case["closures"]
    if "bilateral_ban" not in closures.columns:
        return ()
    found: dict[tuple[str, str], None] = {}
    for row in closures.filter(pl.col("bilateral_ban").is_not_null()).iter_rows(named=True):
        if in_force(row, day):
            found |= {(pair[:3], pair[4:]): None for pair in row["bilateral_ban"]}
    return tuple(found)
