"""Transit regimes as terms on legs: what an agreement in force changes in the money and hours of a truck at a border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from karwan.schema.cargoes import ANY, PARTIES
from karwan.schema.modes import ROAD
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, figure_of

BORDER = "border"
CHECKS = ("scan", "exam")
"""What is checked at a border: a share of trucks, each for some hours."""
CARGO = "cargo"
"""Quantity of a term that says whose goods a regime covers."""
QUOTA = "permit_quota_year"
"""Quantity of a term that says how many permits a year a regime gives."""


class BorderTerms(NamedTuple):
    """Terms of one regime at the border of a country.

    Attributes
    ----------
    regime_id
        The regime.
    fee
        USD a truck, or None.
    checks
        Share of trucks and hours of each of `CHECKS` that is stated whole: the products add up to the hours it takes.
    """

    regime_id: str
    fee: CellFigure | None
    checks: dict[str, tuple[CellFigure, CellFigure]]

    @property
    def hours(self) -> tuple[tuple[CellFigure, CellFigure], ...]:
        """(share, hours) pairs of what is scanned and examined."""
        return tuple(self.checks.values())

    @property
    def checked_h(self) -> float:
        """Mean hours of scans and examinations."""
        return sum(share.value * hours.value for share, hours in self.hours)


Change = tuple[BorderTerms, BorderTerms]
"""Terms of the cheapest lawful regime, and those that the observed hours hold under."""


class Side(NamedTuple):
    """One side of a border that a truck meets.

    Attributes
    ----------
    country, registration
        Whose border, and where the truck is registered.
    crossing_id, direction
        Which crossing, and 'inbound' or 'outbound' of the country; blank asks for terms of the whole border.
    """

    country: str
    registration: str
    crossing_id: str = ""
    direction: str = ""


def regime_in_force(regime: Row, day: date) -> bool:
    """Whether a regime is in force on a day; without a date its state decides."""
    return regime["state"] == "in_force" and (regime["in_force"] is None or regime["in_force"] <= day)


def terms_on(terms: Iterable[Row], day: date) -> list[Row]:
    """Terms of regimes that hold on a day: those that began with their regime, or by then."""
    return [row for row in terms if row.get("since") is None or row["since"] <= day]


def terms_of(tables: Mapping[str, pl.DataFrame], day: date) -> list[Row]:
    """Terms of the regimes of a case that hold on a day; none where the case has no table of them."""
    return terms_on(tables["regime_terms"].to_dicts(), day) if "regime_terms" in tables else []


def with_permits(regimes: Iterable[Row], terms: Iterable[Row], day: date) -> list[str]:
    """Regimes in force on a day that give a number of permits a year."""
    limited = {row["regime_id"] for row in terms_on(terms, day) if row["quantity"] == QUOTA}
    return [row["regime_id"] for row in regimes if row["regime_id"] in limited and regime_in_force(row, day)]


def held_before(regime: Row, day: date) -> bool:
    """Whether a regime in force was so before the day: nobody observed hours under one that starts on it."""
    return regime["in_force"] is None or bool(regime["in_force"] < day)


def cargo_covered(terms: Iterable[Row]) -> dict[str, str]:
    """Whose goods each regime covers, where its terms say."""
    return {row["regime_id"]: row["text_value"] for row in terms if row["quantity"] == CARGO}


def levels_at(terms: Iterable[Row], country: str) -> dict[str, dict[str, float]]:
    """Levels of the terms of each regime by quantity, of those that hold in a country."""
    found: dict[str, dict[str, float]] = {}
    for row in terms:
        if row["value"] is not None and row["place_id"] in (None, country):
            found.setdefault(row["regime_id"], {})[row["quantity"]] = float(row["value"])
    return found


def covers(cargo: str | None, parties: Collection[str], country: str, ends: Collection[str]) -> bool:
    """Whether a regime covers a load in a country.

    Parameters
    ----------
    cargo
        Whose goods, one of `schema.cargoes.CARGOES`; None where its terms do not say, which is read as a transit agreement's own: `PARTNER`.
    parties
        Its parties.
    country
        Country that is entered, left or crossed.
    ends
        Countries of origin and destination.
    """
    if cargo == ANY:
        return True
    if cargo == PARTIES:
        return set(ends) <= set(parties)
    return bool(set(ends) & (set(parties) - {country}))


@dataclass(frozen=True)
class KnownTerms:
    """Terms at borders reckoned already, by all that they rest on.

    Attributes
    ----------
    numbers
        Number of each thing that something rests on, instead of which it stands in a key.
    changes
        What regimes change at a side of a border: by the numbers of the regimes with a say in its country, those lawful, country, crossing
        and direction.
    """

    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    changes: dict[tuple[object, ...], Change | None] = field(default_factory=dict)

    def number(self, thing: tuple[object, ...]) -> int:
        """Number of a thing; the same for things alike."""
        return self.numbers.setdefault(thing, len(self.numbers))


class Regimes:
    """Regimes in force on a day with their terms.

    A regime is lawful in a country for a truck and its load where both that country and the one the truck is registered in are parties, and
    its text covers the load (`covers`); of several the cheapest holds. The observed hours of a border hold under the regime in force there
    that checks most.

    Parameters
    ----------
    ends
        Countries of origin and destination of the load; empty where any load is asked about.
    known
        What to share with regimes of other tables.
    """

    def __init__(
        self,
        regimes: Iterable[Row],
        terms: Sequence[Row],
        fees: Iterable[Row],
        day: date,
        ends: Collection[str] = (),
        *,
        known: KnownTerms | None = None,
    ) -> None:
        self.live = {r["regime_id"]: r for r in regimes if regime_in_force(r, day)}
        self._held = {name: row for name, row in self.live.items() if held_before(row, day)}
        self.ends = ends
        terms = terms_on(terms, day)
        self._cargo = cargo_covered(terms)
        self._terms: dict[str, list[Row]] = defaultdict(list)
        self._lawful_of: dict[tuple[str, str], tuple[str, ...]] = {}
        self._found: dict[tuple[object, ...], Change | None] = {}
        self._bundles: dict[tuple[object, ...], BorderTerms] = {}
        self._observed: dict[Side, BorderTerms | None] = {}
        self._spared: dict[Side, bool] = {}
        self._charged = {(r["regime_id"], r["place_id"]) for r in fees if r["regime_id"]}
        for row in terms:
            self._terms[row["regime_id"]].append(row)
        self._known = KnownTerms() if known is None else known
        self._numbers = {name: self._number(name) for name in self.live}
        self._with_say: dict[str, tuple[int, ...]] = {}

    def for_load(self, ends: Collection[str]) -> Regimes:
        """The same regimes for a load between other countries; both share what does not depend on it."""
        other = copy(self)
        other.ends = ends
        other._lawful_of, other._spared = {}, {}
        return other

    def spares_swap(self, country: str, registration: str, crossing_id: str = "") -> bool:
        """Whether a regime lets trucks of a country through without a change of trucks."""
        side = Side(country, registration, crossing_id, "inbound" if crossing_id else "")
        if side not in self._spared:
            self._spared[side] = any(
                _spares(row)
                for regime in self._lawful(country, registration)
                for row in self._at(regime, side)
            )
        return self._spared[side]

    def change(
        self, country: str, registration: str, crossing_id: str = "", direction: str = ""
    ) -> Change | None:
        """Terms of the cheapest lawful regime of a truck at the border of a country, and those that the observed hours hold under."""
        lawful = self._lawful(country, registration)
        key = lawful, country, crossing_id, direction
        if key not in self._found:
            self._found[key] = self._known_change(lawful, Side(country, registration, crossing_id, direction))
        return self._found[key]

    def _known_change(self, lawful: tuple[str, ...], side: Side) -> Change | None:
        """A change that regimes of other tables may have found already."""
        held = self._known.changes
        key = self._say(side.country), lawful, side.country, side.crossing_id, side.direction
        if key not in held:
            held[key] = self._change(lawful, side)
        return held[key]

    def _say(self, country: str) -> tuple[int, ...]:
        """Numbers of the regimes that a country is a party of."""
        if country not in self._with_say:
            self._with_say[country] = tuple(
                self._numbers[name] for name, row in self.live.items() if country in row["parties"]
            )
        return self._with_say[country]

    def _number(self, name: str) -> int:
        """Number of all that a regime says at borders."""
        charged = frozenset(place for regime, place in self._charged if regime == name)
        terms = tuple(tuple(row.values()) for row in self._terms.get(name, ()))
        return self._known.number((name, name in self._held, charged, terms))

    @property
    def swap_law(self) -> tuple[object, ...]:
        """All of the regimes that says whose trucks may go on without a change: parties, whose goods, where."""
        return tuple(
            (tuple(row["parties"]), self._cargo.get(name), places)
            for name, row in self.live.items()
            if (places := tuple(_where(term) for term in self._terms.get(name, ()) if _spares(term)))
        )

    def _change(self, names: Sequence[str], side: Side) -> Change | None:
        observed = self.observed(side.country, side.crossing_id, side.direction)
        lawful = [self._bundle(name, side, observed) for name in names]
        stated = [bundle for bundle in lawful if bundle.fee is not None or bundle.hours]
        if not stated:
            return None

        def burden(bundle: BorderTerms) -> tuple[float, float]:
            usual = observed.checked_h if observed else 0.0
            hours = bundle.checked_h if bundle.hours else usual
            return hours, bundle.fee.value if bundle.fee else 0.0

        return min(stated, key=burden), observed or BorderTerms("", None, {})

    def observed(self, country: str, crossing_id: str = "", direction: str = "") -> BorderTerms | None:
        """Terms that the observed hours of a country's border hold under: of the regimes in force there before the day those that check most."""
        side = Side(country, "", crossing_id, direction)
        if side not in self._observed:
            names = [name for name, row in self._held.items() if country in row["parties"]]
            here = [self._bundle(name, side, None) for name in names]
            self._observed[side] = max(here, key=lambda bundle: bundle.checked_h, default=None)
        return self._observed[side]

    def _lawful(self, country: str, registration: str) -> tuple[str, ...]:
        key = country, registration
        if key not in self._lawful_of:
            self._lawful_of[key] = tuple(
                name
                for name, row in self.live.items()
                if name in self._terms and set(key) <= set(row["parties"]) and self._covers(name, country)
            )
        return self._lawful_of[key]

    def _covers(self, regime: str, country: str) -> bool:
        """Whether a regime covers the load; any load where its ends are not given."""
        parties = self.live[regime]["parties"]
        return not self.ends or covers(self._cargo.get(regime), parties, country, self.ends)

    def _at(self, regime: str, side: Side) -> list[Row]:
        """Terms of a regime that bite on trucks at a side of a border; those of one crossing or direction only where it is named."""
        places = (None, side.country, side.crossing_id or None)
        return [
            row
            for row in self._terms[regime]
            if row["leg"] == BORDER
            and row["place_id"] in places
            and row.get("mode") in (None, ROAD)
            and row.get("direction") in (None, side.direction)
        ]

    def _bundle(self, regime: str, side: Side, observed: BorderTerms | None) -> BorderTerms:
        """Terms of a regime at a side of a border, whatever the truck; those that add or times go by the observed ones, and are left out where there are none."""
        key = regime, side.country, side.crossing_id, side.direction, observed is None
        if key not in self._bundles:
            self._bundles[key] = self._bundled(regime, side, observed)
        return self._bundles[key]

    def _bundled(self, regime: str, side: Side, observed: BorderTerms | None) -> BorderTerms:
        found: dict[str, CellFigure] = {}
        for row in sorted(
            self._at(regime, side), key=lambda row: row["place_id"] == (side.crossing_id or None)
        ):
            figure = _levelled(row, observed)
            if figure is not None:
                found[row["quantity"]] = figure
        pairs = {what: (found.get(f"{what}_share"), found.get(f"{what}_h")) for what in CHECKS}
        checks = {
            what: (share, spent)
            for what, (share, spent) in pairs.items()
            if share is not None and spent is not None
        }
        fee = None if (regime, side.country) in self._charged else found.get("fee_usd")
        return BorderTerms(regime, fee, checks)


def _spares(term: Row) -> bool:
    """Whether a term lets trucks through without a change."""
    return bool(term["quantity"] == "swap_needed" and term["value"] == 0.0)


def _where(term: Row) -> tuple[object, ...]:
    """Where a term bites."""
    return term["leg"], term["place_id"], term.get("mode"), term.get("direction")


def _levelled(row: Row, observed: BorderTerms | None) -> CellFigure | None:
    """Figure of a term: as it stands, or added to or times the level that the observed hours hold under."""
    figure = figure_of(row, "regime_terms", "term_id", "value")
    op = row.get("op") or "set"
    if op == "set":
        return figure
    what, _, part = row["quantity"].partition("_")
    if observed is None or what not in observed.checks:
        return None
    base = observed.checks[what][0 if part == "share" else 1].value
    level = base + figure.value if op == "add" else base * figure.value
    return figure._replace(value=min(1.0, max(0.0, level)) if part == "share" else max(0.0, level))
