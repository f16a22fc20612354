"""Transit regimes as terms on legs: what an agreement in force changes in the money and hours of a truck at a border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from karwan.schema.cargoes import ANY, PARTIES
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, figure_of

BORDER = "border"
CARGO = "cargo"
"""Quantity of a term that says whose goods a regime covers."""


class BorderTerms(NamedTuple):
    """Terms of one regime at the border of a country.

    Attributes
    ----------
    regime_id
        The regime.
    fee
        USD a truck, or None.
    hours
        (share, hours) pairs of what is scanned and examined: their products add up to the hours it takes.
    """

    regime_id: str
    fee: CellFigure | None
    hours: tuple[tuple[CellFigure, CellFigure], ...]

    @property
    def checked_h(self) -> float:
        """Mean hours of scans and examinations."""
        return sum(share.value * hours.value for share, hours in self.hours)


def regime_in_force(regime: Row, day: date) -> bool:
    """Whether a regime is in force on a day; without a date its state decides."""
    return regime["state"] == "in_force" and (regime["in_force"] is None or regime["in_force"] <= day)


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


class Regimes:
    """Regimes in force on a day with their terms.

    A regime is lawful in a country for a truck and its load where both that country and the one the truck is registered in are parties, and
    its text covers the load (`covers`); of several the cheapest holds. The observed hours of a border hold under the regime in force there
    that checks most.

    Parameters
    ----------
    ends
        Countries of origin and destination of the load; empty where any load is asked about.
    """

    def __init__(
        self,
        regimes: Iterable[Row],
        terms: Sequence[Row],
        fees: Iterable[Row],
        day: date,
        ends: Collection[str] = (),
    ) -> None:
        self.live = {r["regime_id"]: r for r in regimes if regime_in_force(r, day)}
        self.ends = ends
        self._cargo = cargo_covered(terms)
        self._terms: dict[str, list[Row]] = defaultdict(list)
        self._found: dict[tuple[str, str], tuple[BorderTerms, BorderTerms] | None] = {}
        self._charged = {(r["regime_id"], r["place_id"]) for r in fees if r["regime_id"]}
        for row in terms:
            self._terms[row["regime_id"]].append(row)

    def spares_swap(self, country: str, registration: str) -> bool:
        """Whether a regime lets trucks of a country through without a change of trucks."""
        return any(
            row["quantity"] == "swap_needed" and row["value"] == 0.0
            for regime in self._lawful(country, registration)
            for row in self._at(regime, country)
        )

    def change(self, country: str, registration: str) -> tuple[BorderTerms, BorderTerms] | None:
        """Terms of the cheapest lawful regime of a truck at the border of a country, and those that the observed hours hold under."""
        key = (country, registration)
        if key not in self._found:
            self._found[key] = self._change(*key)
        return self._found[key]

    def _change(self, country: str, registration: str) -> tuple[BorderTerms, BorderTerms] | None:
        lawful = [self._bundle(name, country) for name in self._lawful(country, registration)]
        stated = [bundle for bundle in lawful if bundle.fee is not None or bundle.hours]
        if not stated:
            return None
        observed = self.observed(country)
        assert observed is not None  # a lawful regime is in force there

        def burden(bundle: BorderTerms) -> tuple[float, float]:
            hours = bundle.checked_h if bundle.hours else observed.checked_h
            return hours, bundle.fee.value if bundle.fee else 0.0

        return min(stated, key=burden), observed

    def observed(self, country: str) -> BorderTerms | None:
        """Terms that the observed hours of a country's border hold under: of the regimes in force there those that check most."""
        here = [self._bundle(name, country) for name, row in self.live.items() if country in row["parties"]]
        return max(here, key=lambda bundle: bundle.checked_h, default=None)

    def _lawful(self, country: str, registration: str) -> list[str]:
        pair = {country, registration}
        return [
            name
            for name, row in self.live.items()
            if name in self._terms and pair <= set(row["parties"]) and self._covers(name, country)
        ]

    def _covers(self, regime: str, country: str) -> bool:
        """Whether a regime covers the load; any load where its ends are not given."""
        parties = self.live[regime]["parties"]
        return not self.ends or covers(self._cargo.get(regime), parties, country, self.ends)

    def _at(self, regime: str, country: str) -> list[Row]:
        """Terms of a regime that bite at the border of a country."""
        return [r for r in self._terms[regime] if r["leg"] == BORDER and r["place_id"] in (None, country)]

    def _bundle(self, regime: str, country: str) -> BorderTerms:
        found = {
            row["quantity"]: figure_of(row, "regime_terms", "term_id", "value")
            for row in self._at(regime, country)
        }
        pairs = ((found.get(f"{what}_share"), found.get(f"{what}_h")) for what in ("scan", "exam"))
        hours = tuple((share, spent) for share, spent in pairs if share is not None and spent is not None)
        fee = None if (regime, country) in self._charged else found.get("fee_usd")
        return BorderTerms(regime, fee, hours)
