"""Transit regimes as terms on legs: what an agreement in force changes in the money and hours of a truck at a border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, figure_of

BORDER = "border"


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


class Regimes:
    """Regimes in force on a day with their terms.

    A regime is lawful for a truck in a country where both that country and the one the truck is registered in are parties; of several the
    cheapest holds. The observed hours of a border hold under the regime in force there that checks most.
    """

    def __init__(self, regimes: Iterable[Row], terms: Iterable[Row], fees: Iterable[Row], day: date) -> None:
        self.live = {r["regime_id"]: r for r in regimes if regime_in_force(r, day)}
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
            name for name, row in self.live.items() if name in self._terms and pair <= set(row["parties"])
        ]

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
