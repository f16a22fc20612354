"""Goods that a case does not list: a product made from an HS code, a price and a form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from karwan.errors import InvalidInput

FORMS = ("box", "bulk", "reefer")
LIVE_ANIMALS, LIVESTOCK = 1, "livestock"
"""Chapter of the HS that travels in a form of its own."""
OWN = "own_goods"
MOST_PRICE = 5_000_000.0
FORM_OF_CHAPTER = {
    **dict.fromkeys((2, 3, 4, 6, 7, 8), "reefer"),
    **dict.fromkeys((10, 25, 26, 27, 31), "bulk"),
}
"""Form of goods whose chapter has nothing alike in the case; of the others a box."""
POURED = ("2707", "2709", "2710", "2711")
"""Headings of oils and gases: in bulk unless told otherwise."""
SECTORS = (  # chapters from, to, sector: for the papers and time cost of goods alike
    (6, 8, "fruit_vegetables"),
    (10, 11, "grain"),
    (12, 12, "pulses_oilseeds"),
    (1, 24, "food"),
    (25, 26, "minerals"),
    (27, 27, "petrochemicals"),
    (28, 29, "chemicals"),
    (30, 30, "pharma"),
    (31, 38, "chemicals"),
    (39, 40, "petrochemicals"),
    (41, 43, "hides_leather"),
    (50, 63, "cotton_textiles"),
    (64, 64, "hides_leather"),
    (72, 83, "metallurgy"),
    (90, 90, "medical"),
    (95, 95, "sports"),
)


def _usable_price(hs: str, code: str, price: float | None, form: str) -> float:
    """The price; refused is what is no code, no price, or a form such goods do not travel in."""
    if not (code.isdigit() and 2 <= len(code) <= 10 and 1 <= int(code[:2]) <= 97):
        raise InvalidInput(
            f"{hs!r} is no HS code.", "allowed: 2 to 10 digits of chapters 01 to 97", "give it as 071320."
        )
    if price is None or not math.isfinite(price) or not 0.0 < price <= MOST_PRICE:
        told = "is missing" if price is None else f"of {price:g} USD/t cannot be used"
        raise InvalidInput(
            f"The price of own goods {told}.",
            f"allowed: above 0, at most {MOST_PRICE:,.0f} USD/t",
            "give --price.",
        )
    if form and form not in FORMS:
        raise InvalidInput(
            f"Goods do not travel as {form!r}.", f"allowed: {', '.join(FORMS)}", "give --form."
        )
    if int(code[:2]) == LIVE_ANIMALS and form:
        raise InvalidInput(
            f"Live animals do not travel as {form!r}.",
            f"they travel as {LIVESTOCK}, by road and by rail",
            "leave --form out.",
        )
    return float(price)


def own_row(products: pl.DataFrame, hs: str, price: float | None, form: str, exporter: str) -> dict[str, Any]:
    """Row of `products` for own goods; what is not given is that of the case's goods with the most like HS code.

    Parameters
    ----------
    products
        Table `products` of a case.
    hs
        HS code, 2 to 10 digits.
    price
        USD/t at origin, > 0.
    form
        'box', 'bulk' or 'reefer'; blank is that of the goods most alike in their chapter, else the chapter's usual one.
    exporter
        Country it leaves from.

    Raises
    ------
    InvalidInput
        A code that is none, a price that is missing or not positive, an unknown form.
    """
    code = hs.replace(".", "").replace(" ", "")
    usable = _usable_price(hs, code, price, form)
    chapter = int(code[:2])
    like = _most_alike(products, code)
    sector = next((name for low, high, name in SECTORS if low <= chapter <= high), "machinery")
    return {
        **like,
        "product_id": OWN,
        "name": f"Own goods, HS {code}",
        "hs_code": code,
        "sector": sector,
        "exporter": exporter,
        "basket": None,
        "form": LIVESTOCK if chapter == LIVE_ANIMALS else form or _usual_form(code, like),
        "stowage_t_feu": None if chapter == LIVE_ANIMALS else like["stowage_t_feu"],
        "price_usd_t": usable,
        "price_year": None,
        "source_id": "judgement",
        "basis": "assumed",
        "note": f"Loss, time cost and stowage of {like['name']} (HS {like['hs_code']}).",
    }


def _usual_form(code: str, like: dict[str, Any]) -> str:
    """Form of the goods most alike where they are of the same chapter, else that of the chapter."""
    if code.startswith(POURED):
        return "bulk"
    if _shared(like["hs_code"], code) >= 2:
        return str(like["form"])
    return FORM_OF_CHAPTER.get(int(code[:2]), "box")


def _most_alike(products: pl.DataFrame, code: str) -> dict[str, Any]:
    """The product that shares most leading digits of a code, the first of equals."""
    rows = products.sort("product_id").rows(named=True)
    return max(rows, key=lambda row: _shared(row["hs_code"], code))


def _shared(one: str, other: str) -> int:
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return same


def check_alone(given: dict[str, Any], product: str) -> None:
    """Refuse a product and own goods at once, and own goods without a code.

    Parameters
    ----------
    given
        Options of own goods and their values.
    product
        Product asked for; blank where none is.
    """
    named: Sequence[str] = [option for option, value in given.items() if value not in (None, "")]
    if product and "--hs" in named:
        raise InvalidInput(
            "A shipment is of a product of the case or of own goods.",
            f"given: --product {product}, {', '.join(named)}",
            "leave out --product, or --hs and what belongs to it.",
        )
    if not product and "--hs" not in named:
        raise InvalidInput(
            "No goods are named.", "a route needs --product, or --hs with --price", "give one of the two."
        )
    if product and any(option in named for option in ("--price", "--form")):
        raise InvalidInput(
            f"Price and form of {product} are those of the case.",
            f"given: {', '.join(named)}",
            "use --hs for goods of your own.",
        )
