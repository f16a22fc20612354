"""Filters of a query as people type them, held against what the store has: understood, or refused with the nearest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

from karwan.errors import InvalidInput, UnknownName
from karwan.store import tables
from karwan.store.country_codes import country_code, nearest, typed_countries
from karwan.store.engine import Store
from karwan.store.product_names import codes_of_words
from karwan.store.query import Selection
from karwan.store.sources.periods import months

COUNTRIES = ("exporter", "importer", "reporter")
SHOWN = 12
MONTH = r"(\d{4})-(\d{2})"


def understood(store: Store, selection: Selection) -> Selection:
    """The selection in the store's own words: lists by commas, names and codes of countries, periods, codes with dots.

    Raises
    ------
    UnknownName
        A value of a filter stands on no row of the store; the nearest are named.
    InvalidInput
        A text is no period or no product code, a filter is blank, or the days are out of order.
    """
    given = {name: getattr(selection, name) for name in READERS if getattr(selection, name)}
    known: dict[str, Any] = {name: READERS[name](store, name, values) for name, values in given.items()}
    for name, values in known.items():
        if not values:
            raise InvalidInput(f"The filter {name} is blank.", fix="Give it a value, or leave it out.")
    found = replace(selection, **known)
    if found.since is not None and found.until is not None and found.since > found.until:
        raise InvalidInput(f"--since {found.since} is after --until {found.until}.", fix="Turn them round.")
    return found


def _countries(store: Store, name: str, texts: Sequence[str]) -> tuple[str, ...]:
    return _known(store, name, name, typed_countries(texts))


def _context(store: Store, name: str, texts: Sequence[str]) -> tuple[str, ...]:
    column = "reporter_side" if name == "side" else name
    return _known(store, column, name.replace("_", " "), _parts(texts))


def _periods(store: Store, name: str, texts: Sequence[str]) -> tuple[str, ...]:
    return _known(store, name, name, tuple(_period(text) for text in _parts(texts)))


def _products(store: Store, name: str, texts: Sequence[str]) -> tuple[str, ...]:
    held = [str(product) for product in _held(store, "product")]
    codes: list[str] = []
    for text in map(_product, _parts(texts)):
        codes += _codes(text, held)
    return _known_products(store, tuple(dict.fromkeys(codes)))


def _codes(text: str, held: Sequence[str]) -> Sequence[str]:
    """A code as it stands; words as the codes they name, beside goods that sources hold under such words."""
    if not any(letter.isalpha() for letter in text):
        return [text]
    own = [code for code in held if code.startswith(text)]
    with suppress(UnknownName):
        return [*own, *codes_of_words(text, held)]
    return own or codes_of_words(text, held)


def _levels(store: Store, name: str, levels: Sequence[int]) -> tuple[int, ...]:
    held = [str(level) for level in _held(store, "product_level")]
    return tuple(map(int, _each_known(name, [str(level) for level in levels], held, str)))


def nothing_matches(store: Store, selection: Selection) -> UnknownName:
    """The error of a query whose every filter is known, and which no row passes."""
    given = [one.name for one in fields(Selection) if getattr(selection, one.name)]
    if not given:
        return UnknownName("The store holds no flows.", store.target, "fill it with `karwan trade ingest`.")
    told = ", ".join(f"{name} {_words(getattr(selection, name))}" for name in given)
    periods = [str(period) for period in _held(store, "period")]
    return UnknownName(
        "No flow in the store passes all the filters together.",
        f"{told}; the store's periods: {_some(periods)}",
        "leave one of them out.",
    )


def held_near(store: Store, countries: Iterable[str], products: Iterable[str] = ()) -> str:
    """What the store has in place of countries and product codes that it lacks, the nearest, for messages."""
    held = sorted({str(code) for side in ("exporter", "importer") for code in _held(store, side)})
    codes = [str(product) for product in _held(store, "product")]
    told = [f"no {code}; it has {_near(code, held)}" for code in countries if code not in held]
    for product in products:
        if not any(code.startswith(product) for code in codes):
            told.append(f"no product {product}; it has {_near(product, codes)}")
    return "; ".join(told)


def _near(value: str, held: Sequence[str]) -> str:
    return _some(nearest(value, held, SHOWN) if len(held) > SHOWN else held)


def _words(value: object) -> str:
    return value if isinstance(value, str) else ", ".join(map(str, value))  # type: ignore[call-overload]


def _some(values: Sequence[str]) -> str:
    more = f", ... ({len(values)})" if len(values) > SHOWN else ""
    return (", ".join(values[:SHOWN]) or "none") + more


def _parts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def _held(store: Store, column: str) -> list[object]:
    """Values of a column of the store's small tables, sorted."""
    if column in ("product", "product_level"):
        table = store.backend.table("products")
    else:
        table = tables.committed_lanes(store.backend)
    return sorted(store.table(table.select(column).distinct())[column].drop_nulls().to_list())


def _known(store: Store, column: str, title: str, values: Sequence[str]) -> tuple[str, ...]:
    held = [str(value) for value in _held(store, column)]
    fit = _fit_of_country if column in COUNTRIES else _fit
    return _each_known(title, values, held, fit)


def _each_known(
    title: str, values: Sequence[str], held: Sequence[str], fit: Callable[[str], str]
) -> tuple[str, ...]:
    """The store's own spelling of every value.

    Raises
    ------
    UnknownName
        The store has none of one.
    """
    own = {fit(value): value for value in held}
    found = []
    for value in values:
        if fit(value) not in own:
            near = nearest(value, held, SHOWN)
            raise UnknownName(
                f"The store has no {title} {value}.",
                f"it has {_some(near if len(held) > SHOWN else list(held))}",
                f"choose of these ({len(held)} in all)." if held else "fill it with `karwan trade ingest`.",
            )
        found.append(own[fit(value)])
    return tuple(dict.fromkeys(found))


def _fit(value: str) -> str:
    return value.upper()


def _fit_of_country(value: str) -> str:
    return country_code(value) or value.upper()


def _period(text: str) -> str:
    """A period as the store writes it: `2020`, `2025-03`, `2024-07..2025-06`.

    Raises
    ------
    InvalidInput
        The text is no period.
    """
    plain = text.replace(" ", "")
    year = re.fullmatch(r"\d{4}", plain)
    month = re.fullmatch(rf"{MONTH}|(\d{{4}})(\d{{2}})", plain)
    span = re.fullmatch(rf"{MONTH}\.\.{MONTH}", plain)
    found = None
    if year:
        found = months(int(plain), 1, int(plain), 12)
    elif month:
        first, second = [int(part) for part in month.groups() if part]
        found = months(first, second, first, second)
    elif span:
        start_year, start, end_year, end = map(int, span.groups())
        found = months(start_year, start, end_year, end)
    if found is None:
        raise InvalidInput(
            f"`{text}` is no period.",
            fix="Write 2020, 2025-03, or 2024-07..2025-06 for a fiscal year; --since and --until take days.",
        )
    return found.text


def _product(text: str) -> str:
    """A product code without its dots; what has other signs is left to be looked up as it stands."""
    plain = text.replace(".", "")
    return plain if plain.isascii() and plain.isdigit() else text


def _known_products(store: Store, codes: Sequence[str]) -> tuple[str, ...]:
    held = [str(product) for product in _held(store, "product")]
    for code in codes:
        if not any(product.startswith(code) for product in held):
            near = nearest(code, held, SHOWN)
            raise UnknownName(
                f"The store has no product that begins with {code}.",
                f"nearest: {_some(near)}",
                f"choose of the store's {len(held)} codes; `--by product` lists them.",
            )
    return tuple(codes)


# Filter to what reads its values, in the order in which faults are told.
READERS: dict[str, Callable[[Store, str, Sequence[Any]], tuple[Any, ...]]] = {
    **dict.fromkeys(COUNTRIES, _countries),
    **dict.fromkeys(("side", "source", "hs_revision"), _context),
    "period": _periods,
    "product": _products,
    "level": _levels,
}
