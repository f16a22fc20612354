"""What papers and securities of a route cost any goods: part of the landed cost of every answer that compares routes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from karwan.analysis.worth.routes import PARTS, Routes
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.transport.cargo import Cargo
from karwan.transport.guarantees import GuaranteeLaw, guarantee_rows
from karwan.transport.network import FreightNetwork
from karwan.transport.network.layout import ArcKey
from karwan.transport.papers import PaperLaw, counted_usd
from karwan.transport.route import make_route
from karwan.transport.shipment import Shipment, make_shipment

LAW = (
    *("documents", "regimes", "regime_terms", "access", "fees", "tariffs", "products"),
    *("vehicles", "weight_limits"),
)
"""Tables that say which papers a route needs and what they and its securities cost."""
ANY_SECTOR, ANY_GOODS = "", Cargo("")


class PaperMoney:
    """USD a unit that papers and securities of routes cost, whatever the goods; a route is asked once under the same tables.

    Papers that some goods alone need (by sector, HS code or class) are the same on every route between two places, and left out.
    """

    def __init__(self, day: date) -> None:
        self.day = day
        self._laws: dict[tuple[int, ...], tuple[Case, PaperLaw, GuaranteeLaw]] = {}
        self._kept: dict[tuple[tuple[int, ...], str, tuple[ArcKey, ...]], float] = {}

    def add(self, parts: Floats, routes: Routes, network: FreightNetwork, case: Case) -> Floats:
        """Parts of routes (`routes.PARTS`) with the money of their papers and securities in `usd_unit`, shape (R, parts)."""
        parts[:, PARTS["usd_unit"]] += self._usd_unit(routes, network, case)
        return parts

    def _usd_unit(self, routes: Routes, network: FreightNetwork, case: Case) -> Floats:
        """Shape (R,); 0 where the network lacks a move of the route."""
        tables = tuple(id(case[name]) for name in LAW)
        if (
            tables not in self._laws
        ):  # the case is held, so that no other table gets the id of one of its tables
            self._laws[tables] = case, PaperLaw(case.tables, self.day), GuaranteeLaw(case.tables, self.day)
        settings = case.settings
        load = make_shipment(case["products"], settings.reference_product, settings.load_t)
        anything = replace(load, product_id="", form=routes.form)
        numbers = network.arc_numbers
        found = np.zeros(len(routes.flat))
        for row, steps in enumerate(routes.flat):
            key = (tables, routes.form, steps)
            arcs = tuple(numbers.get(step, -1) for step in steps)
            if key not in self._kept and -1 not in arcs:
                self._kept[key] = self._asked(network, anything, arcs, tables)
            found[row] = self._kept.get(key, 0.0)
        return found

    def _asked(
        self, network: FreightNetwork, load: Shipment, arcs: tuple[int, ...], tables: tuple[int, ...]
    ) -> float:
        """Money of one route."""
        _, papers, law = self._laws[tables]
        route = make_route(network, load, arcs, ignore_shut=True)
        secured = sum(float(row.get("cost_usd") or 0.0) for row in guarantee_rows(route, {}, law))
        return counted_usd(papers.rows(route, ANY_SECTOR, ANY_GOODS)) + secured
