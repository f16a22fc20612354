"""A shipment: what travels, how much of it, and what a day costs it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import polars as pl

from karwan.errors import InvalidInput, UnknownName

TRUCK_BASIS_T = 20.0  # CPMM quotes a truck's border payments for a 20 t load
MIN_TONNES = 0.001
MAX_TONNES = 2_000_000.0


@dataclass(frozen=True)
class Shipment:
    """A load of one product.

    Attributes
    ----------
    product_id, name
        Product.
    form
        'bulk', 'box', 'reefer', or 'heavy' in one piece: how it travels.
    tonnes
        Weight, t.
    units
        Trucks or containers it fills or pays for; a share of one for a part load.
    price_usd_t
        Value at origin, USD/t.
    time_cost_share_day
        Ad-valorem value of one day, share of value (Hummels & Schaur 2013).
    loss_share_day
        Expected physical loss per day under way, share of value.
    """

    product_id: str
    name: str
    form: str
    tonnes: float
    units: float
    price_usd_t: float
    time_cost_share_day: float
    loss_share_day: float

    @property
    def value_usd(self) -> float:
        """Value at origin, USD."""
        return self.price_usd_t * self.tonnes

    @property
    def load_t(self) -> float:
        """Tonnes in one truck or container."""
        return self.tonnes / self.units

    @property
    def value_of_time_usd_h(self) -> float:
        """Money one hour is worth to the owner: time cost plus expected loss, USD/h."""
        return self.value_usd * (self.time_cost_share_day + self.loss_share_day) / 24.0


def find_product(products: pl.DataFrame, name: str) -> dict[str, object]:
    """Row of a product given by id, HS code or name.

    Raises
    ------
    UnknownName
        Nothing or more than one product matches; the message lists candidates.
    """
    wanted = name.strip().lower()
    code = wanted.replace(".", "")
    ids = [number.lower() for number in products["product_id"]]
    if wanted and ids.count(wanted) == 1:
        return products.row(ids.index(wanted), named=True)
    rows = list(products.select("product_id", "hs_code", "name").iter_rows())
    for test in (
        lambda own, hs, called: own == wanted,
        lambda own, hs, called: hs == code,
        lambda own, hs, called: called == wanted,
        lambda own, hs, called: code.isdigit() and len(code) >= 2 and hs.startswith(code),
        lambda own, hs, called: wanted in called or wanted in own,
    ):
        found = [
            k for k, (own, hs, called) in enumerate(rows) if wanted and test(own.lower(), hs, called.lower())
        ]
        if len(found) == 1:
            return products.row(found[0], named=True)
        if len(found) > 1:
            names = ", ".join(f"{rows[k][0]} ({rows[k][1]})" for k in found[:6])
            raise UnknownName(
                f"{name!r} fits {len(found)} products.", names, "name one of them by its product id."
            )
    raise _unknown_product(name, [own for own, _, _ in rows])


def _unknown_product(name: str, ids: Sequence[str]) -> UnknownName:
    wanted = name.strip().lower()
    close = get_close_matches(wanted.replace(" ", "_"), ids, n=4, cutoff=0.4) or ids[:8]
    return UnknownName(
        f"No product is called {name!r}.",
        f"{len(ids)} products in products.csv; nearest: {', '.join(close)}",
        "use a product id, its name or its HS code; `karwan docs tables products` lists the columns.",
    )


def goods_sold(products: pl.DataFrame, exporter: str, form: str) -> pl.DataFrame:
    """Goods the case lists for an exporter in a form, all of its goods where it lists none of them, by product id."""
    own = products.filter(pl.col("exporter") == exporter).sort("product_id")
    alike = own.filter(pl.col("form") == form)
    return alike if alike.height else own


def make_shipment(
    products: pl.DataFrame, product: str, tonnes: float, *, one_piece: bool = False
) -> Shipment:
    """Shipment of `tonnes` of a product.

    Parameters
    ----------
    products
        Table `products` of a case.
    product
        Product id, HS code or name.
    tonnes
        Weight, t; 0.001 to 2,000,000.
    one_piece
        The load cannot be divided.

    Raises
    ------
    InvalidInput
        Tonnes outside that range.
    UnknownName
        No such product.
    """
    load = shipment_of(find_product(products, product), tonnes)
    return replace(load, form="heavy", units=1) if one_piece else load


def shipment_of(row: Mapping[str, Any], tonnes: float) -> Shipment:
    """Shipment of `tonnes` of the product of a row of `products`; InvalidInput as `make_shipment`."""
    if not (
        isinstance(tonnes, (int, float)) and math.isfinite(tonnes) and MIN_TONNES <= tonnes <= MAX_TONNES
    ):
        raise InvalidInput(
            f"A shipment cannot weigh {tonnes:g} t.",
            f"allowed: {MIN_TONNES} to {MAX_TONNES:,.0f}",
            "give its tonnes.",
        )
    stowage = row["stowage_t_feu"]
    per_unit = float(stowage) if stowage is not None else TRUCK_BASIS_T
    return Shipment(
        product_id=str(row["product_id"]),
        name=str(row["name"]),
        form=str(row["form"]),
        tonnes=float(tonnes),
        units=max(1, math.ceil(tonnes / per_unit - 1e-9)),
        price_usd_t=float(row["price_usd_t"]),
        time_cost_share_day=float(row["time_cost_share_day"]),
        loss_share_day=float(row["loss_share_day"] or 0.0),
    )
