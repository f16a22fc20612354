"""What `karwan port compare` answers: a tonne of goods with and without each free zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.port_requests import PortCompareRequest
from karwan.appraisal.zone import INPUTS, USES, GoodsIn, barred, compare_zone
from karwan.case import Case
from karwan.case.provenance import BASES
from karwan.errors import UnknownName
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.duty import Tariffs
from karwan.transport.network import worst_basis
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import join_sources
from karwan.transport.shipment import find_product

Ranged = Mapping[str, tuple[float, float, float]]
RANGED_TERMS = (
    ("rent", "rent_usd_m2_year", "rent_low", "rent_high"),
    ("cut", "charge_cut_share", "charge_cut_low", "charge_cut_high"),
)


def answer_zones(inputs: Inputs, request: PortCompareRequest) -> Result:
    """With and without each zone, per product and use; what has no figure and why; the terms of the zones.

    Raises
    ------
    UnknownName
        A zone or product is not known, or parameters.csv lacks an input.
    """
    case = inputs.the_case()
    zones = _zones(case, request.zones)
    if not zones:
        empty = {"zones": "zone_gains", "no figure": "zone_no_figure", "terms": "zone_terms_shown"}
        return Result(
            {key: result_frame(name, []) for key, name in empty.items()}, notes=(note("port.no_zones"),)
        )
    desk = _Desk(case)
    products = [find_product(case["products"], name) for name in request.products]
    goods = products or list(case["products"].sort("product_id").iter_rows(named=True))
    gains, without = [], []
    for zone in zones:
        reason = desk.shut(zone, request.include_assumed)
        if reason:
            without.append({"zone_id": zone["zone_id"], "zone": zone["name"], "reason": reason})
            continue
        for use in USES:
            why = barred(use, zone)
            if why:
                without.append({"zone_id": zone["zone_id"], "zone": zone["name"], "use": use, "reason": why})
                continue
            gains += list(desk.rows(zone, use, goods))
        without += list(desk.unknown(zone, goods))
    table = result_frame("zone_gains", gains).sort("gain_usd_t", descending=True, nulls_last=True)
    tables = {
        "zones": table,
        "no figure": result_frame("zone_no_figure", without),
        "terms": result_frame("zone_terms_shown", [_shown(case, zone) for zone in zones]),
    }
    notes = tuple(_notes(table, without))
    return Result(tables, notes=notes, meta={"inputs": desk.inputs}, lead=2 if table.height else 0)


def reference_gains(case: Case) -> pl.DataFrame:
    """The reference product with and without each zone, assumed zones left out; empty where the case lacks zones or an input."""
    known = set(case["parameters"]["parameter_id"])
    product = case.settings.reference_product
    if not product or case["zone_terms"].is_empty() or not known.issuperset(INPUTS):
        return result_frame("zone_gains")
    return answer_zones(Inputs(case), PortCompareRequest((product,))).tables["zones"]


def _zones(case: Case, names: Sequence[str]) -> list[Row]:
    """Rows of the zones asked for, all where none is named."""
    rows = {row["zone_id"]: row for row in case["zone_terms"].sort("zone_id").iter_rows(named=True)}
    unknown = [name for name in names if name not in rows]
    if unknown:
        near = get_close_matches(unknown[0], rows, n=3, cutoff=0.3) or sorted(rows)[:5]
        raise UnknownName(
            f"The case has no zone {unknown[0]!r}.",
            f"near it: {', '.join(near)}" if rows else "it has no zones",
            "use a zone_id of zone_terms.csv.",
        )
    return [rows[name] for name in names or rows]


@dataclass(frozen=True)
class _Desk:
    """Tariffs, handling and inputs of a case for the comparison of its zones."""

    case: Case

    @cached_property
    def inputs(self) -> Ranged:
        """(base, low, high) of each parameter."""
        rows = {row["parameter_id"]: row for row in self.case["parameters"].iter_rows(named=True)}
        found = {}
        for name in INPUTS:
            base = self.case.parameter(name)
            low, high = rows[name]["low"], rows[name]["high"]
            found[name] = (base, base if low is None else low, base if high is None else high)
        return found

    @cached_property
    def _tariffs(self) -> Tariffs:
        return Tariffs(self.case["tariffs"])

    @cached_property
    def _sales_tax(self) -> dict[tuple[str, str], float]:
        rows = self.case["tariffs"].filter(pl.col("kind") == "vat").iter_rows(named=True)
        return {(row["product_id"], row["importer"]): row["rate_share"] or 0.0 for row in rows}

    def shut(self, zone: Row, include_assumed: bool) -> str:
        """Why a zone cannot be chosen at all; blank where it can."""
        year = self.case.settings.as_of.year
        if zone["ends"] is not None and zone["ends"] < year:
            return f"its exemptions ended in {zone['ends']}"
        if zone["basis"] == BASES[-1] and not include_assumed:
            return "its terms are assumed: its law or tariff, read, would decide; --include-assumed takes it"
        return ""

    def rows(self, zone: Row, use: str, products: Sequence[Row]) -> Iterator[Row]:
        """With and without a zone for one use, by product whose duty is known."""
        terms = {**self.inputs, **{name: _ranged(zone, *columns) for name, *columns in RANGED_TERMS}}
        for product in products:
            duty = self._tariffs.duty(product["product_id"], zone["country"], product["exporter"])
            if not duty.known or product["exporter"] == zone["country"]:
                continue
            price = product["price_usd_t"]
            due = duty.rate_share * price + duty.specific_usd_t
            tax = self._sales_tax.get((product["product_id"], zone["country"]), 0.0) * (price + due)
            handling = self._handling(zone["node_id"], product)
            found = compare_zone(use, GoodsIn(price, due, tax, handling), zone, terms)
            yield {
                **{key: zone[key] for key in ("zone_id", "ends")},
                "zone": zone["name"],
                "country": self.case.country_name(zone["country"]),
                "product_id": product["product_id"],
                "product": product["name"],
                "use": use,
                "duty_usd_t": due,
                "sales_tax_usd_t": tax,
                "without_usd_t": found.without_usd_t,
                "with_usd_t": found.with_usd_t,
                "gain_usd_t": found.gain_usd_t,
                "low_usd_t": found.low_usd_t,
                "high_usd_t": found.high_usd_t,
                "par_days": found.par_days,
                "basis": worst_basis(zone["basis"], duty.basis, BASES[-1]),
                "source_id": join_sources(zone["source_id"], duty.source_id),
            }

    def unknown(self, zone: Row, products: Sequence[Row]) -> Iterator[Row]:
        """Goods brought in whose duty in the zone's country is not known."""
        missing = [
            product["name"]
            for product in products
            if product["exporter"] != zone["country"]
            and not self._tariffs.duty(product["product_id"], zone["country"], product["exporter"]).known
        ]
        if missing:
            told = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            reason = f"duty of {self.case.country_name(zone['country'])} is not in tariffs.csv: {told}"
            yield {"zone_id": zone["zone_id"], "zone": zone["name"], "reason": reason}

    def _handling(self, node: str | None, product: Row) -> float:
        """What the first terminal at a place that states it asks for a tonne; 0 where none does."""
        for row in self.case["terminals"].filter(pl.col("node_id") == node).iter_rows(named=True):
            box, stowed = row["handling_usd_feu"], product["stowage_t_feu"]
            if product["form"] != "bulk" and box is not None and stowed:
                return float(box / stowed)
            if row["handling_usd_t"] is not None:
                return float(row["handling_usd_t"])
        return 0.0


def _ranged(zone: Row, value: str, low: str, high: str) -> tuple[float, float, float]:
    """A term with its range; nil where the zone does not state it."""
    base = zone[value] or 0.0
    return base, base if zone[low] is None else zone[low], base if zone[high] is None else zone[high]


def _shown(case: Case, zone: Row) -> Row:
    columns = result_frame("zone_terms_shown", []).columns
    return {key: zone[key] for key in columns if key in zone} | {
        "zone": zone["name"],
        "country": case.country_name(zone["country"]),
    }


def _notes(table: pl.DataFrame, without: Sequence[Row]) -> Iterator[Note]:
    if table.height:
        best = table.row(0, named=True)
        names = ("zone", "product", "use", "gain_usd_t", "low_usd_t", "high_usd_t")
        yield note("port.zone_best", **{name: best[name] for name in names})
        sure = table.filter(pl.col("low_usd_t") > 0.0).height
        yield note("port.zone_sure", sure=sure, rows=table.height)
    if without:
        yield note("port.zone_no_figure", rows=len(without))
    yield note("port.zone_assumed")
