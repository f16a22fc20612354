"""Section 3 of the brief: what the goods cost at their destination and what the corridor takes."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.standing import parties_of
from karwan.appraisal.landed import landed_cost
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.transport.corridor import OPEN, CorridorRoute, corridor_route
from karwan.transport.cost import additive_cost
from karwan.transport.duty import Tariffs
from karwan.transport.network import FreightNetwork, worst_basis
from karwan.transport.network.stage import Floats, Row
from karwan.transport.shipment import TRUCK_BASIS_T, Shipment, shipment_of


def landed_table(study: CorridorStudy) -> pl.DataFrame:
    """Landed cost of every product over its cheapest open corridor; see `GoodsSection.landed`.

    A full load of one truck or 40 ft container from the first origin to the first destination of its direction. The route is the corridor
    of least money plus time; products of one form, load and value of time share the search.
    """
    if not study.comparable:
        return result_frame("goods_landed")
    products = study.case["products"].to_dicts()
    routes = _RouteFinder(study)
    tariffs = Tariffs(study.case["tariffs"])
    rows = [_landed_row(study, routes, tariffs, product) for product in products]
    return result_frame("goods_landed", filter(None, rows))


def _way(case: Case, product: Row) -> str:
    return "a_to_b" if product["exporter"] == case.settings.party_a else "b_to_a"


class _RouteFinder:
    """Corridor routes by direction and by all that a search depends on; products alike in that share one."""

    def __init__(self, study: CorridorStudy) -> None:
        self.study = study
        self.found: dict[tuple[str, str, float, float, float], list[CorridorRoute]] = {}
        self.absent: set[tuple[str, str, str]] = set()

    def options(self, direction: str, load: Shipment) -> list[CorridorRoute]:
        """Open corridor routes of a load, each found with the load's own value of time."""
        key = (direction, load.form, load.tonnes, load.units, load.value_of_time_usd_h)
        if key not in self.found:
            network = self.study.network(direction, load.form)
            cost = additive_cost(network, load)
            routes = [self._route(network, cost, direction, load, row) for row in self.study.corridors]
            self.found[key] = [route for route in routes if route is not None]
        return self.found[key]

    def _route(
        self, network: FreightNetwork, cost: Floats, direction: str, load: Shipment, corridor: Row
    ) -> CorridorRoute | None:
        """Open route over a corridor; None where there is none, which holds for every load of the form."""
        key = (direction, load.form, corridor["corridor_id"])
        if key in self.absent:
            return None
        origin, destination = self.study.pairs(direction)[0]
        backward = direction == "b_to_a"
        found = corridor_route(
            network, load, corridor, origin, destination, backward=backward, if_open=False, cost=cost
        )
        if found.status == OPEN and found.route is not None:
            return found
        self.absent.add(key)
        return None


def _landed_row(study: CorridorStudy, finder: _RouteFinder, tariffs: Tariffs, product: Row) -> Row | None:
    case = study.case
    parties = parties_of(case)
    direction = _way(case, product)
    exporter, importer = (
        (parties.code_a, parties.code_b) if direction == "a_to_b" else (parties.code_b, parties.code_a)
    )
    shipment = shipment_of(product, product["stowage_t_feu"] or TRUCK_BASIS_T)
    duty = tariffs.duty(product["product_id"], importer, exporter)
    insurance = case.parameter("insurance_share")
    best: tuple[float, CorridorRoute, Any] | None = None
    for found in finder.options(direction, shipment):
        assert found.route is not None
        usd = sum(s.usd(shipment.tonnes, shipment.units) for s in found.route.stages)
        landed = landed_cost(shipment, usd, study.mean_days(found.route), duty, insurance)
        if best is None or landed.landed_usd_t < best[0]:
            best = (landed.landed_usd_t, found, landed)
    if best is None:
        return None
    _, found, landed = best
    assert found.route is not None
    corridor = next(c for c in study.corridors if c["corridor_id"] == found.corridor_id)
    origin, destination = study.pairs(direction)[0]
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
        "route_label": study.pair_label(origin, destination),
        "form": product["form"],
        **landed.columns(duty_known=duty.known),
        "days": landed.days,
        "tariff_text": duty.text,
        "basis": worst_basis(product["basis"], duty.basis),
        "source_id": f"{product['source_id']};{duty.source_id}",
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
