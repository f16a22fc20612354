"""What is shipped: a product of the case or own goods, and the class of cargo that rules and papers ask about."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.requests import RouteRequest
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.errors import InvalidInput, UnknownName
from karwan.transport.cargo import Cargo, dangerous_by_hs, find_dangerous
from karwan.transport.own_goods import OWN, check_alone, own_row
from karwan.transport.restrictions import AUTHORITIES
from karwan.transport.shipment import Shipment, find_product

MOST_UNITS = 10_000


def with_goods(case: Case, query: RouteRequest) -> tuple[Case, RouteRequest]:
    """The case with a row for own goods, where they are asked for, and the request that names it.

    Raises
    ------
    InvalidInput
        Goods named twice or not at all; an HS code, price, form or number of units that cannot be.
    """
    given = {"--hs": query.hs, "--price": query.price, "--form": query.form}
    check_alone(given, query.product)
    if query.units is not None and not 1 <= query.units <= MOST_UNITS:
        raise InvalidInput(
            f"A load cannot fill {query.units} units.", f"allowed: 1 to {MOST_UNITS:,}", "give --units."
        )
    if not query.hs:
        return case, query
    exporter = Gazetteer(case.tables)
    country = exporter.country(exporter.node(query.origin))
    products = case["products"]
    row = own_row(products, query.hs, query.price, query.form, country)
    own = pl.DataFrame([row], schema=products.schema)
    tables = {**case.tables, "products": pl.concat([products, own])}
    return replace(case, tables=tables), replace(query, product=OWN)


def cargo_of(case: Case, query: RouteRequest) -> Cargo:
    """HS code and classes of the goods; UnknownName for a UN number that is not typed."""
    code = str(find_product(case["products"], query.product)["hs_code"])
    rows = case["dangerous_goods"].rows(named=True)
    named = find_dangerous(rows, query.dangerous) if query.dangerous else dangerous_by_hs(rows, code)
    return Cargo(code, named, query.humanitarian)


def in_units(shipment: Shipment, units: int | None) -> Shipment:
    """The shipment in as many units as asked for; more than it needs are paid for all the same."""
    return shipment if units is None else replace(shipment, units=units)


def authorities(names: tuple[str, ...]) -> tuple[str, ...]:
    """Whose sanctions to keep to; UnknownName for another than EU, US and UN."""
    asked = tuple(name.upper() for name in names)
    for name in asked:
        if name not in AUTHORITIES:
            raise UnknownName(
                f"No sanctions are typed by {name!r}.",
                f"allowed: {', '.join(AUTHORITIES)}",
                "use one of them.",
            )
    return asked
