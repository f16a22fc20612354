"""A shipment: what travels, how much of it, and what a day costs it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
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
    found = next(filter(None, _alike(products, wanted)), []) if wanted else []
    if len(found) == 1:
        return products.row(found[0], named=True)
    ids, codes = products["product_id"].to_list(), products["hs_code"]
    if not found:
        raise _unknown_product(name, ids)
    names = ", ".join(f"{ids[k]} ({codes[k]})" for k in found[:6])
    raise UnknownName(f"{name!r} fits {len(found)} products.", names, "name one of them by its product id.")


def _alike(products: pl.DataFrame, wanted: str) -> Iterator[list[int]]:
    """Rows by what they have in common with a text in small letters: id, HS code, name, beginning of the code, part of a name or id."""
    ids, names = (products[column].str.to_lowercase() for column in ("product_id", "name"))
    codes, code = products["hs_code"], wanted.replace(".", "")
    yield (ids == wanted).arg_true().to_list()
    yield (codes == code).arg_true().to_list()
    yield (names == wanted).arg_true().to_list()
    if code.isdigit() and len(code) >= 2:
        yield codes.str.starts_with(code).arg_true().to_list()
    yield (
        (names.str.contains(wanted, literal=True) | ids.str.contains(wanted, literal=True))
        .arg_true()
        .to_list()
    )


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
