"""Corridors as a whole: their networks and demand from a case, and the sensitivity of their ranking."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy, asked_study
from karwan.analysis.requests import SensitivityRequest
from karwan.analysis.trade_flows import TradeFlow, trade_flows
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_types
from karwan.schema.modes import ROAD
from karwan.trade.parties import A_TO_B, B_TO_A, DIRECTIONS
from karwan.transport.corridor import OPEN, CorridorRoute, corridor_route, name_route
from karwan.transport.cost import shipper_weights
from karwan.transport.criticality import (
    Arcs,
    ChoiceModel,
    Pair,
    Place,
    Queue,
    Trade,
)
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.route import make_route
from karwan.transport.sensitivity import Rival, sensitivity
from karwan.transport.shipment import make_shipment
from karwan.transport.traffic import SERVERS, crossing_traffic

BEYOND = 1.02
MOST_REBUILT = 6
KEY_COLUMN = {
    "parameters": "parameter_id",
    "products": "product_id",
    "rates": "rate_id",
    "crossing_times": "crossing_time_id",
    "transfers": "transfer_id",
    "services": "service_id",
    "links": "link_id",
    "closures": "closure_id",
}
Found = tuple[str, str, str, CorridorRoute]


@dataclass(frozen=True)
class Demand:
    """Tonnes a year by direction ('a_to_b', 'b_to_a'), and a note each on what they rest on."""

    tonnes_year: Mapping[str, float]
    notes: tuple[Note, ...]


class CorridorBase:
    """Networks, routes and trades of both directions, as they stand or with places taken as open.

    Parameters
    ----------
    study
        Corridors of a case on a day.
    opened
        Place ids whose dated closures are set aside.
    tonnes_year
        Tonnes a year each way; taken from the case's flows where None.
    found
        Corridor routes at hand for this base; searched where None.
    anywhere
        Search detours in all countries of the case instead of those that a corridor's route passes.
    """

    def __init__(
        self,
        study: CorridorStudy,
        *,
        opened: frozenset[str] = frozenset(),
        tonnes_year: float | None = None,
        found: Iterable[Found] | None = None,
        anywhere: bool = False,
    ) -> None:
        study.require_comparable()
        self.study = study
        self.case = study.case
        self.opened = opened
        self.demand = demand_of(study, tonnes_year)
        self.networks = {d: self._network(d) for d in DIRECTIONS}
        self.found = list(found) if found is not None else self._search()
        passed = {s.country for *_, f in self.found if f.route is not None for s in f.route.stages}
        self.within = frozenset() if anywhere else frozenset(passed - {""})
        self.trades = tuple(self._trade(d) for d in DIRECTIONS)

    def _network(self, direction: str) -> FreightNetwork:
        form = self.study.shipment().form
        if not self.opened:
            return self.study.network(direction, form)
        ends = self.case.parties.ends(direction)
        request = NetworkRequest(*ends, form, self.study.as_of, self.opened)
        return build_network(self.case.tables, request, kept=self.study.kept)

    def _search(self) -> list[Found]:
        load = self.study.shipment()
        return [
            (d, o, e, corridor_route(self.networks[d], load, c, o, e, backward=d == B_TO_A))
            for d in DIRECTIONS
            for o, e in self.study.pairs(d)
            for c in self.study.corridors
        ]

    def _trade(self, direction: str) -> Trade:
        pairs = self.study.pairs(direction)
        each = self.demand.tonnes_year[direction] / len(pairs)
        routes: dict[Pair, list[Arcs]] = {pair: [] for pair in pairs}
        for way, origin, destination, found in self.found:
            if way == direction and found.status == OPEN and found.route is not None:
                routes[origin, destination].append(found.route.arcs)
        return Trade(
            network=self.networks[direction],
            shipment=self.study.shipment(),
            tonnes=dict.fromkeys(pairs, each),
            routes={pair: tuple(dict.fromkeys(r)) for pair, r in routes.items()},
            link_of_service=dict(self.case["services"].select("service_id", "link_id").iter_rows()),
            within=self.within,
        )

    def choice(self) -> ChoiceModel:
        """Route choice as the case's parameters state it."""
        return ChoiceModel(
            self.case.parameter("logit_scale_per_usd_t"), self.case.parameter("path_size_weight")
        )

    def queues(self) -> dict[str, Queue]:
        """Queue of every road crossing whose capacity is given."""
        return road_queues(self.case)

    def place_name(self, place: Place) -> str:
        """Name of a place, with the mode of a link so that road and rail are told apart."""
        return self.study.places.name_and_mode(place[1])

    def route_name(self, trade: int, arcs: Sequence[int]) -> str:
        """Corridor a route keeps to, or the crossings it passes."""
        one = self.trades[trade]
        route = make_route(one.network, one.shipment, tuple(arcs))
        corridor = name_route(route, self.study.corridors, backward=DIRECTIONS[trade] == B_TO_A)
        if corridor is not None:
            return str(next(c["name"] for c in self.study.corridors if c["corridor_id"] == corridor))
        passed = [self.study.place_name(c).split(" (")[0] for c in route.crossings]
        return f"a way over {', '.join(passed)}" if passed else "a way without a land border"


def parameter_or(case: Case, name: str, default: float) -> float:
    """Value of a parameter, or a default where the case does not have it."""
    found = case["parameters"].filter(pl.col("parameter_id") == name)
    return float(found["value"][0]) if found.height else default


def road_queues(case: Case) -> dict[str, Queue]:
    """Queue of every road crossing whose capacity the case gives, by crossing id."""
    traffic = crossing_traffic(case["crossings"], parameter_or(case, "crossing_servers", SERVERS))
    return {
        t.crossing_id: Queue(t.capacity_day, t.background_day or 0.0, t.servers, t.open_share)
        for t in traffic.values()
        if t.mode == ROAD and t.capacity_day
    }


def demand_of(study: CorridorStudy, tonnes_year: float | None = None) -> Demand:
    """Tonnes a year each way: the trade that is valued (`trade_flows`) over the price of the reference product, or a figure given."""
    if tonnes_year is not None:
        given = note("demand.given", tonnes=tonnes_year)
        return Demand(dict.fromkeys(DIRECTIONS, tonnes_year), (given,))
    load, flows = study.shipment(), trade_flows(study.case, study.as_of)
    tonnes = {way: flows[way].value_usd / load.price_usd_t if way in flows else 0.0 for way in DIRECTIONS}
    notes = [_rests_on(study, way, flows.get(way), tonnes[way]) for way in DIRECTIONS]
    return Demand(tonnes, tuple(notes))


def _rests_on(study: CorridorStudy, direction: str, flow: TradeFlow | None, tonnes: float) -> Note:
    """What the demand of a direction rests on."""
    way, load = note(f"demand.{direction}"), study.shipment()
    if flow is None:
        return note("demand.none", way=way, day=study.as_of)
    return note(
        "demand.flow", way=way, value=flow.value_usd, year=flow.taken.year_label, reporter=flow.taken.reporter,
        product=load.name.lower(), price=load.price_usd_t, priced=_price_year(study.case, load.product_id), tonnes=tonnes,
    )  # fmt: skip


def _price_year(case: Case, product_id: str) -> Note:
    """Year of the case's price of a product; it is not brought to the year of the trade."""
    years = dict(case["products"].select("product_id", "price_year").iter_rows())
    year = years.get(product_id)
    return note("demand.price_no_year") if year is None else note("demand.price_year", year=year)


# -- sensitivity ---------------------------------------------------------------------------------------------


def answer_sensitivity(inputs: Inputs, request: SensitivityRequest) -> Result:
    """Sensitivity of the corridors of a pair, under `sensitivity`."""
    study = asked_study(inputs.the_case(), request.as_of, request.product)
    direction, pair = _asked_pair(study, request)
    base = CorridorBase(study, opened=study.opened(request.opened))
    table = sensitivity_answer(base, direction, pair)
    said = sensitivity_note(table)
    if request.flips_only:
        table = table.filter(pl.col("flips"))
    if request.rebuild:
        table = rebuild_switches(base, direction, pair, table)
    meta = {**study.facts, "pair": study.pair_label(*pair), "opened": sorted(base.opened)}
    return Result({"sensitivity": table}, meta, (said,))


def _asked_pair(study: CorridorStudy, request: SensitivityRequest) -> tuple[str, Pair]:
    """Direction and node ids of the pair asked for; the headline pair's ends where none are named."""
    origin, destination = study.pairs(A_TO_B)[0]
    pair = (
        study.end(request.origin) if request.origin else origin,
        study.end(request.destination) if request.destination else destination,
    )
    for direction in DIRECTIONS:
        if pair in study.pairs(direction):
            return direction, pair
    known = "; ".join(study.pair_label(*p) for d in DIRECTIONS for p in study.pairs(d))
    raise InvalidInput(f"{study.pair_label(*pair)} is no pair of the case.", known, "choose one of these.")


def sensitivity_table(study: CorridorStudy) -> pl.DataFrame:
    """Which assumption could flip the ranking of the headline pair's corridors; see `CorridorSection.sensitivity`.

    The nearest flips are checked on a network built again in which the two corridors look for their best routes anew; those that do not
    hold are marked so and do not count as flips.
    """
    pair = study.pairs(A_TO_B)[0]
    found = [(e.direction, e.origin, e.destination, e.found) for e in study.evaluated]
    base = CorridorBase(study, found=found)
    table = sensitivity_answer(base, A_TO_B, pair)
    rows = [_checked(base, pair, row) if n < MOST_REBUILT else row for n, row in enumerate(table.to_dicts())]
    return pl.DataFrame(rows, schema=table.schema).select(list(result_types("brief_sensitivity")))


def _checked(base: CorridorBase, pair: Pair, row: dict[str, Any]) -> dict[str, Any]:
    """A row whose flip is taken back where the present best corridor finds another way."""
    names = (row["corridor_now"], row["corridor_flipped"])
    if not row["flips"] or row["table"] not in KEY_COLUMN:
        return row
    if _best_with(base, A_TO_B, pair, row, names) != row["corridor_now"]:
        return row
    text = row["switch_text"].split(":")[0]
    return {
        **row,
        "flips": False,
        "corridor_flipped": None,
        "behind_usd_t": None,
        "switch_text": f"{text} on its present route, but {row['corridor_now']} then finds another way",
    }


def sensitivity_answer(base: CorridorBase, direction: str, pair: Pair) -> pl.DataFrame:
    """Sensitivity of a pair's corridors with all columns of `karwan.transport.sensitivity.sensitivity`."""
    names = {c["corridor_id"]: c["name"] for c in base.study.corridors}
    found = [(names[f.corridor_id], f) for d, o, e, f in base.found if d == direction and (o, e) == pair]
    return _sensitivity(base, found)


def sensitivity_note(table: pl.DataFrame) -> Note:
    """What a whole sensitivity table says: who leads by how much, and what could change it."""
    if not table.height:
        return note("sensitivity.one_open")
    first = table.row(0, named=True)
    lead = {"corridor": first["corridor_now"], "lead": first["lead_usd_t"], "inputs": table.height}
    flips = table.filter("flips")
    if flips.height:
        others = flips["corridor_flipped"].unique(maintain_order=True).to_list()
        return note("sensitivity.flips", **lead, flips=flips.height, others=others)
    nearest = {"rival": first["rival"], "behind": first["behind_usd_t"], "input": first["parameter"]}
    return note("sensitivity.holds", **lead, **nearest)


def rebuild_switches(base: CorridorBase, direction: str, pair: Pair, table: pl.DataFrame) -> pl.DataFrame:
    """Check every flip of a sensitivity table on a network built again with the input 2 % beyond its switch value.

    All corridors look for their best routes anew, so what was held in `sensitivity` moves too.

    Returns
    -------
    The table with best_rebuilt: the corridor that is best then; null where nothing flips.
    """
    best = [
        _best_with(base, direction, pair, row) if row["flips"] and row["table"] in KEY_COLUMN else None
        for row in table.iter_rows(named=True)
    ]
    return table.with_columns(best_rebuilt=pl.Series(best, dtype=pl.String))


def _best_with(
    base: CorridorBase, direction: str, pair: Pair, row: Mapping[str, Any], names: Collection[str] = ()
) -> str | None:
    """Best corridor of a pair with one input changed, among all or the named ones."""
    above = row["switch_value"] > row["value"]
    value = row["switch_value"] * (BEYOND if above else 1.0 / BEYOND)
    old, key = base.case[row["table"]], pl.col(KEY_COLUMN[row["table"]])
    changed = pl.when(key == row["row_key"]).then(value).otherwise(pl.col(row["column"]))
    case = base.case.with_tables({row["table"]: old.with_columns(changed.alias(row["column"]))})
    settings = case.settings
    load = make_shipment(case["products"], settings.reference_product, settings.load_t)
    ends = case.parties.ends(direction)
    request = NetworkRequest(*ends, load.form, base.study.as_of, base.opened)
    network = build_network(case.tables, request, kept=base.study.kept.without((row["table"],)))
    weights = shipper_weights(load, case.parameter)
    costs = {}
    for corridor in base.study.corridors:
        if names and corridor["name"] not in names:
            continue
        found = corridor_route(network, load, corridor, *pair, backward=direction == B_TO_A)
        if found.status == OPEN and found.route is not None:
            costs[corridor["name"]] = Rival(corridor["name"], found.route, weights).cost_usd_t
    return min(costs, key=lambda name: (costs[name], name), default=None)


def _sensitivity(base: CorridorBase, found: Sequence[tuple[str, CorridorRoute]]) -> pl.DataFrame:
    weights = base.study.weights(base.study.shipment())
    rivals = [Rival(name, f.route, weights) for name, f in found if f.status == OPEN and f.route is not None]
    return sensitivity(base.case.tables, rivals)


__all__ = [
    "CorridorBase",
    "Demand",
    "demand_of",
    "rebuild_switches",
    "road_queues",
    "sensitivity_answer",
    "sensitivity_note",
    "sensitivity_table",
]
