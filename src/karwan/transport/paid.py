"""All that is paid for a route, each kind a row: freight, fees, transfers, papers, guarantees, storage, insurance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from karwan.transport.cargo import Cargo
from karwan.transport.duty import Duty, Tariffs
from karwan.transport.guarantees import GuaranteeLaw, guarantee_rows, guarantees_frame
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import FREIGHT_KINDS, MONEY, join_sources, money_kind, worst_basis
from karwan.transport.papers import PaperLaw, counts, papers_frame
from karwan.transport.route import Route
from karwan.transport.shipment import Shipment
from karwan.transport.terminal import Terminals

FREIGHT = (*FREIGHT_KINDS, "through_rate")
BESIDE = ("papers", "guarantees", "storage")
INSURANCE = "insurance"
KINDS = (*FREIGHT, "border", "fees", "transfers", *BESIDE, INSURANCE)


@dataclass(frozen=True)
class Bills:
    """What routes of one kind of goods cost beside their stages.

    Parameters
    ----------
    tables
        Tables of a case.
    product_id, sector
        What the goods are, as papers and duties ask.
    origin
        Country they come from.
    day
        Day of departure.
    cargo
        Class of the goods; their HS code alone by default.
    """

    tables: Mapping[str, pl.DataFrame]
    product_id: str
    sector: str
    origin: str
    day: date
    cargo: Cargo | None = None
    kept: dict[tuple[int, tuple[int, ...], Shipment], dict[str, Row]] = field(
        default_factory=dict, repr=False, compare=False
    )
    listed: dict[tuple[str, int, tuple[int, ...], Shipment], list[Row]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def papers(self, route: Route) -> pl.DataFrame:
        """Papers of a route; see `papers.PaperLaw.rows`."""
        return papers_frame(self._papers(route))

    def guarantees(self, route: Route) -> pl.DataFrame:
        """Securities of a route; see `guarantees.guarantee_rows`."""
        return guarantees_frame(self._guarantees(route))

    def _papers(self, route: Route) -> list[Row]:
        """Papers of a route, listed once."""
        key = ("papers", id(route.network), route.arcs, route.shipment)
        if key not in self.listed:
            self.listed[key] = self._paper_law.rows(route, self.sector, self.cargo)
        return self.listed[key]

    def _guarantees(self, route: Route) -> list[Row]:
        """Securities of a route, listed once."""
        key = ("guarantees", id(route.network), route.arcs, route.shipment)
        if key not in self.listed:
            self.listed[key] = guarantee_rows(route, self._duties, self._guarantee_law)
        return self.listed[key]

    def rows(self, route: Route) -> dict[str, Row]:
        """Kind of money to USD, basis, source and note; a paper or security whose cost is not known adds nothing, and its row says how many."""
        key = (id(route.network), route.arcs, route.shipment)
        if key not in self.kept:
            self.kept[key] = {
                **_carriage(route),
                "papers": _counted(self._papers(route)),
                "guarantees": _listed(self._guarantees(route), "guarantees"),
                "storage": self._storage(route),
                INSURANCE: self._insured(route),
            }
        return self.kept[key]

    def carriage_usd(self, route: Route) -> float:
        """Money of the stages with papers, guarantees and storage: all but the insurance, which goes by it."""
        rows = self.rows(route)
        return route.usd + sum(float(rows[kind]["usd"]) for kind in BESIDE)

    def all_told_usd(self, route: Route) -> float:
        """All that is paid."""
        return self.carriage_usd(route) + float(self.rows(route)[INSURANCE]["usd"])

    @cached_property
    def _paper_law(self) -> PaperLaw:
        return PaperLaw(self.tables, self.day)

    @cached_property
    def _guarantee_law(self) -> GuaranteeLaw:
        return GuaranteeLaw(self.tables, self.day)

    @cached_property
    def _terminals(self) -> Terminals:
        return Terminals(self.tables)

    @cached_property
    def _duties(self) -> dict[str, Duty]:
        tariffs = Tariffs(self.tables["tariffs"])
        known = dict.fromkeys(self.tables["tariffs"]["importer"])
        return {country: tariffs.duty(self.product_id, country, self.origin) for country in known}

    def _storage(self, route: Route) -> Row:
        """Storage and detention expected at the ports where a ship is boarded or left, beyond the free days; see `terminal`."""
        charges = [*self._terminals.storage(route), *self._terminals.detention(route)]
        return {
            "usd": sum(charge.usd_unit for charge in charges) * route.shipment.units,
            "basis": worst_basis("computed", *(basis for charge in charges for basis in charge.basis)),
            "source_id": join_sources(*(source for charge in charges for source in charge.source_id)),
            "note": ", ".join(charge.name for charge in charges) or None,
        }

    def _insured(self, route: Route) -> Row:
        """Cargo insurance on price and freight."""
        named = pl.col("parameter_id") == "insurance_share"
        row = self.tables["parameters"].row(by_predicate=named, named=True)
        usd = row["value"] * (route.shipment.value_usd + route.usd)
        return {"usd": usd, "basis": row["basis"], "source_id": row["source_id"]}


def _carriage(route: Route) -> dict[str, Row]:
    """Money of the stages by kind."""
    load = route.shipment
    found: dict[str, Row] = {}
    for stage in route.stages:
        for term in stage.terms:
            if term.unit not in MONEY:
                continue
            usd = term.amount * (load.tonnes if term.unit == "usd_t" else load.units)
            row = found.setdefault(
                money_kind(stage.kind, term), {"usd": 0.0, "basis": "observed", "source_id": ""}
            )
            row["usd"] += usd
            row["basis"] = worst_basis(row["basis"], *(f.figure.basis for f in term.factors))
            row["source_id"] = join_sources(row["source_id"], *(f.figure.source_id for f in term.factors))
    return found


def _counted(papers: Sequence[Row]) -> Row:
    """Sum of the papers that no fee, security or insurance counts already, and how many it leaves out."""
    own = [paper for paper in papers if counts(paper)]
    row = _listed(own, "papers")
    left = len(papers) - len(own)
    said = f"{left} counted as fees, security or insurance" if left else None
    return row | {"note": "; ".join(filter(None, (row["note"], said))) or None}


def _listed(rows: Sequence[Row], what: str) -> Row:
    """Sum of the known costs of a list, and how many are not known."""
    known = [float(row["cost_usd"]) for row in rows if row.get("cost_usd") is not None]
    unknown = len(rows) - len(known)
    return {
        "usd": sum(known),
        "basis": worst_basis("observed", *(row["basis"] for row in rows if row.get("basis") is not None)),
        "source_id": join_sources(*(row["source_id"] for row in rows if row.get("source_id") is not None)),
        "note": f"cost of {unknown} of {len(rows)} {what} not known" if unknown else None,
    }
