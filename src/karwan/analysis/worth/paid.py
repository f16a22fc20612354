"""What papers and securities of a route cost any goods: part of the landed cost of every answer that compares routes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from karwan.analysis.worth.routes import PARTS, Routes
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.transport.cargo import Cargo
from karwan.transport.guarantees import GuaranteeLaw, guarantee_rows
from karwan.transport.network import FreightNetwork
from karwan.transport.network.layout import ArcKey
from karwan.transport.papers import Asked, PaperLaw, counted_usd
from karwan.transport.route import make_route
from karwan.transport.shipment import make_shipment

ASKING = ("documents", "regimes", "access", "tariffs", "products", "vehicles", "weight_limits")
"""Tables that say which documents a route needs."""
LAW = (*ASKING, "regime_terms", "fees")
"""Tables that say which papers a route needs, terms of regimes among them, and what they and its securities cost."""
MOST_LAWS = 64
ANY_SECTOR, ANY_GOODS = "", Cargo("")


class PaperMoney:
    """USD a unit that papers and securities of routes cost, whatever the goods; a route is asked once under the same tables.

    Papers that some goods alone need (by sector, HS code or class) are the same on every route between two places, and left out.
    """

    def __init__(self, day: date) -> None:
        self.day = day
        self._numbers: dict[int, tuple[pl.DataFrame, int]] = {}
        self._contents: dict[str, int] = {}
        self._laws: dict[tuple[int, ...], tuple[PaperLaw, GuaranteeLaw]] = {}
        self._kept: dict[tuple[tuple[int, ...], str, tuple[ArcKey, ...]], float] = {}
        self._asked: dict[tuple[tuple[int, ...], str, tuple[ArcKey, ...]], Asked] = {}

    def add(self, parts: Floats, routes: Routes, network: FreightNetwork, case: Case) -> Floats:
        """Parts of routes (`routes.PARTS`) with the money of their papers and securities in `usd_unit`, shape (R, parts)."""
        parts[:, PARTS["usd_unit"]] += self._usd_unit(routes, network, case)
        return parts

    def _usd_unit(self, routes: Routes, network: FreightNetwork, case: Case) -> Floats:
        """Shape (R,); 0 where the network lacks a move of the route."""
        tables, asking = (tuple(self._number(case[name]) for name in names) for names in (LAW, ASKING))
        if tables not in self._laws:
            if len(self._laws) == MOST_LAWS:  # draws have one each, and do not come back to it
                self._laws.pop(next(iter(self._laws)))
            self._laws[tables] = PaperLaw(case.tables, self.day), GuaranteeLaw(case.tables, self.day)
        settings = case.settings
        load = make_shipment(case["products"], settings.reference_product, settings.load_t)
        anything = replace(load, product_id="", form=routes.form)
        law, guarantees = self._laws[tables]
        numbers = network.arc_numbers
        found = np.zeros(len(routes.flat))
        for row, steps in enumerate(routes.flat):
            key, own = (tables, routes.form, steps), (asking, routes.form, steps)
            arcs = tuple(numbers.get(step, -1) for step in steps)
            if key not in self._kept and -1 not in arcs:
                if own not in self._asked:
                    route = make_route(network, anything, arcs, ignore_shut=True)
                    self._asked[own] = law.asked(route, ANY_SECTOR, ANY_GOODS)
                self._kept[key] = _usd(self._asked[own], law, guarantees)
            found[row] = self._kept.get(key, 0.0)
        return found

    def _number(self, table: pl.DataFrame) -> int:
        """Number of what a table holds: the same for tables alike, however they were made."""
        number = id(table)
        if number not in self._numbers:  # the table is held, so that no other gets its id
            content = self._contents.setdefault(table.write_json(), len(self._contents))
            self._numbers[number] = table, content
        return self._numbers[number][1]


def _usd(asked: Asked, law: PaperLaw, guarantees: GuaranteeLaw) -> float:
    """Money of the papers and securities of a route; where it passes, and in whose trucks, is the same in every network that has it."""
    secured = sum(
        float(row.get("cost_usd") or 0.0) for row in guarantee_rows(asked.trip.route, {}, guarantees)
    )
    return counted_usd([*law.with_terms(asked), *asked.permits]) + secured
