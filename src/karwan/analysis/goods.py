"""Section 3 of the brief: what the goods cost at their destination and what the corridor takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.market_facts import MarketFacts
from karwan.analysis.seller_price import priced, seller_price
from karwan.analysis.standing import parties_of
from karwan.appraisal.landed import LandedCost, landed_cost
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.transport.corridor import OPEN, CorridorRoute, corridor_route
from karwan.transport.cost import additive_cost
from karwan.transport.duty import Duty, Tariffs
from karwan.transport.network import FreightNetwork, worst_basis
from karwan.transport.network.stage import Floats, Row
from karwan.transport.network.terms import join_sources
from karwan.transport.packing import Packed
from karwan.transport.route import Route, assumed_share
from karwan.transport.shipment import Shipment


def landed_table(study: CorridorStudy, products: Sequence[Row] | None = None) -> pl.DataFrame:
    """Landed cost of every product, or of some, over its cheapest open corridor; see `GoodsSection.landed`.

    A full load of one truck or 40 ft container (of goods in bulk a parcel, `packing.lot_t`) from where the good is grown or made, else the first
    origin of its direction, to the first destination, in the units and the network in which `karwan route` sends it. The route is the corridor of
    least money plus time; products alike in all that share the search. The price is that of `seller_price`; freight holds papers, guarantees and
    storage, as in `karwan route`.
    """
    if not study.comparable:
        return result_frame("goods_landed")
    products = study.case["products"].to_dicts() if products is None else products
    facts = MarketFacts(study.case, study.as_of)
    routes = _RouteFinder(study)
    tariffs = Tariffs(study.case["tariffs"])
    rows = [_landed_row(study, routes, tariffs, facts, product) for product in products]
    return result_frame("goods_landed", filter(None, rows))


def _way(case: Case, product: Row) -> str:
    return "a_to_b" if product["exporter"] == case.settings.party_a else "b_to_a"


Ends = tuple[str, str]


class _RouteFinder:
    """Corridor routes by direction and by all that a search depends on; products alike in that share one."""

    def __init__(self, study: CorridorStudy) -> None:
        self.study = study
        self.found: dict[tuple[int, Ends, float, float, float], list[CorridorRoute]] = {}
        self.absent: set[tuple[int, Ends, str]] = set()

    def ends(self, direction: str, product: Row) -> Ends:
        """Where a product starts, the place it is grown or made where the case says so, and where it goes."""
        origin, destination = self.study.pairs(direction)[0]
        return product.get("origin_id") or origin, destination

    def options(self, direction: str, ends: Ends, product: Row, packed: Packed) -> list[CorridorRoute]:
        """Open corridor routes of a packed load, each found with the load's own value of time."""
        load = packed.shipment
        network = self.study.loads.network(packed, product, ends)
        key = (id(network), ends, load.tonnes, load.units, load.value_of_time_usd_h)
        if key not in self.found:
            cost = additive_cost(network, load)
            routes = [self._route(network, cost, direction, ends, load, row) for row in self.study.corridors]
            self.found[key] = [route for route in routes if route is not None]
        return self.found[key]

    def _route(
        self, network: FreightNetwork, cost: Floats, direction: str, ends: Ends, load: Shipment, corridor: Row
    ) -> CorridorRoute | None:
        """Open route over a corridor; None where there is none, which holds for every load of the network."""
        key = (id(network), ends, corridor["corridor_id"])
        if key in self.absent:
            return None
        origin, destination = ends
        backward = direction == "b_to_a"
        found = corridor_route(
            network, load, corridor, origin, destination, backward=backward, if_open=False, cost=cost
        )
        if found.status == OPEN and found.route is not None:
            return found
        self.absent.add(key)
        return None


@dataclass(frozen=True)
class _Landing:
    """A priced load of a product in a direction, to be landed over one corridor or another."""

    study: CorridorStudy
    product: Row
    direction: str
    load: Shipment
    duty: Duty

    def cheapest(self, options: Sequence[CorridorRoute]) -> tuple[CorridorRoute, LandedCost] | None:
        """The corridor that lands cheapest; None without any.

        Papers, guarantees and storage only add to the money of the stages, so a corridor is billed only while its stages alone land
        below the best so far.
        """
        stages = [(self._landed(one.route, self._stages_usd(one.route)), one) for one in options if one.route]
        best: tuple[CorridorRoute, LandedCost] | None = None
        for least, one in sorted(stages, key=lambda pair: pair[0].landed_usd_t):
            assert one.route is not None
            if best is not None and least.landed_usd_t >= best[1].landed_usd_t:
                break
            route = replace(one.route, shipment=self.load)
            billed = self._landed(route, self.study.bills(self.product, self.direction).carriage_usd(route))
            if best is None or billed.landed_usd_t < best[1].landed_usd_t:
                best = (one, billed)
        return best

    def _stages_usd(self, route: Route) -> float:
        return sum(stage.usd(self.load.tonnes, self.load.units) for stage in route.stages)

    def _landed(self, route: Route, usd: float) -> LandedCost:
        insurance = self.study.case.parameter("insurance_share")
        return landed_cost(self.load, usd, self.study.mean_days(route), self.duty, insurance)


def _landed_row(
    study: CorridorStudy, finder: _RouteFinder, tariffs: Tariffs, facts: MarketFacts, product: Row
) -> Row | None:
    case = study.case
    parties = parties_of(case)
    direction = _way(case, product)
    exporter, importer = (
        (parties.code_a, parties.code_b) if direction == "a_to_b" else (parties.code_b, parties.code_a)
    )
    price = seller_price(facts, product)
    packed = study.loads.packed(product, study.loads.full_t(product))
    load = packed.shipment
    duty = tariffs.duty(product["product_id"], importer, exporter)
    ends = finder.ends(direction, product)
    landing = _Landing(study, product, direction, priced(load, price), duty)
    best = landing.cheapest(finder.options(direction, ends, product, packed))
    if best is None:
        return None
    found, landed = best
    corridor = next(c for c in study.corridors if c["corridor_id"] == found.corridor_id)
    return {
        "product_id": product["product_id"],
        "product": product["name"],
        "hs_code": product["hs_code"],
        "sector": product["sector"],
        "basket": product["basket"],
        "direction": direction,
        "direction_label": parties.label(direction),
        "corridor_id": found.corridor_id,
        "corridor": corridor["name"],
        "colour": corridor["colour"],
        "route_label": study.pair_label(*ends),
        "form": product["form"],
        "load_t": load.tonnes,
        **price.columns(),
        **landed.columns(duty_known=duty.known),
        "days": landed.days,
        "assumed_share": assumed_share(found.route) if found.route else None,
        "tariff_text": duty.text,
        "basis": worst_basis(price.basis, duty.basis),
        "source_id": join_sources(price.source_id, duty.source_id, product.get("origin_source_id") or ""),
    }


def group_table(case: Case, reported: pl.DataFrame) -> pl.DataFrame:
    """Published trade by group of goods; see `GoodsSection.groups`."""
    sectors = dict(case["products"].select("product_id", "sector").iter_rows())
    groups = reported.filter(
        (pl.col("product_group") != "all")
        & (pl.col("value_kind") == "trade")
        & pl.col("value_usd").is_not_null()
    )
    return groups.select(
        "reporter",
        "direction",
        group="product_group",
        sector=pl.col("product_id").replace_strict(sectors, default=None, return_dtype=pl.String),
        value_usd="value_usd",
        period_label="period_label",
        source_id="source_id",
    )
