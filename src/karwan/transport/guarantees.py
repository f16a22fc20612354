"""Securities that goods in customs transit must lodge, country by country, and what they cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.schema.frames import result_frame
from karwan.schema.modes import RAIL, ROAD
from karwan.transport.duty import Duty
from karwan.transport.network.lookup import access_rule
from karwan.transport.network.regimes import cargo_covered, covers, levels_at, regime_in_force, terms_of
from karwan.transport.network.stage import Row
from karwan.transport.route import Route

TIR = "tir"


def guarantees_frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Securities of `guarantee_rows` as a table."""
    return result_frame("route_guarantees", rows, without=("route",))


def guarantee_rows(route: Route, duties: Mapping[str, Duty], law: GuaranteeLaw) -> list[Row]:
    """Securities to lodge for goods in customs transit, one row per country passed that is neither end.

    By road, in this order: the regime that the access rule rests on, where it is in force and asks for a security or lets trucks in
    freely without one; a regime with a TIR carnet that both the country and the truck's country are party to (one carnet serves all
    countries on the way, whichever agreement names it, so its cost counts once); any other regime in force with the country and an end of
    the route as parties. The last two must cover the load (`network.regimes.covers`).
    By rail no regime of the case asks for one unless it says so.

    Parameters
    ----------
    duties
        Country to the duty on the product there, where known: what is at risk. A country left out has it unknown.
    law
        Law of the tables on the day.

    Returns
    -------
    Rows with country, mode, registration, rule (of access), guarantee ('none', 'bank', 'insurance', 'tir', 'cash' or 'unknown'), regime_id,
    cost_usd (missing where unknown), at_risk_usd, tied_usd (cash held back), note, basis, source_id.
    """
    ends = (route.stages[0].country, route.stages[-1].country)
    rows: list[Row] = []
    paid: set[str] = set()
    for country, mode, registration in _transits(route):
        rule, found = "", law.by_rail(country)
        if mode == ROAD:
            rule, found = law.by_road(country, registration, ends)
        at_risk = _at_risk(duties.get(country), route)
        head = {"country": country, "mode": mode, "registration": registration or None, "rule": rule or None}
        rows.append({**head, "at_risk_usd": at_risk, **_security_row(found, law, country, at_risk, paid)})
        if found.regime is not None and rows[-1]["cost_usd"] is not None:
            paid.add(_lodged_as(found.regime))
    return rows


class Found(NamedTuple):
    """Regime a security is lodged under, None where no regime of the case covers it, and why."""

    regime: Row | None
    why: str


class GuaranteeLaw:
    """Which regime of a case secures goods in customs transit on a day."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], day: date) -> None:
        self.day = day
        self.terms = terms_of(tables, day)
        kinds = {r["regime_id"]: r["text_value"] for r in self.terms if r["quantity"] == "guarantee_kind"}
        self.regimes = {
            row["regime_id"]: {**row, "guarantee": kinds.get(row["regime_id"], row["guarantee"])}
            for row in tables["regimes"].iter_rows(named=True)
        }
        self._lent: set[str] = set()
        self._price_carnets()
        self._cargo = cargo_covered(self.terms)
        self._access = tables["access"].to_dicts()
        self._in_force = [row for row in self.regimes.values() if regime_in_force(row, day)]

    def _price_carnets(self) -> None:
        """A TIR carnet costs what the agreement with most parties that gives a figure says, where an agreement that names it gives none."""
        carnets = [row for row in self.regimes.values() if row["guarantee"] == TIR]
        priced = [row for row in carnets if row["guarantee_usd_trip"] is not None]
        if not priced:
            return
        widest = max(priced, key=lambda row: (len(row["parties"]), row["regime_id"]))
        for row in carnets:
            if row["guarantee_usd_trip"] is None:
                row["guarantee_usd_trip"] = widest["guarantee_usd_trip"]
                self._lent.add(row["regime_id"])

    def levels(self, regime_id: str, country: str) -> dict[str, float]:
        """Levels of the terms of a regime in a country by quantity."""
        return levels_at(self.terms, country).get(regime_id, {})

    def by_road(self, country: str, registration: str, ends: Sequence[str]) -> tuple[str, Found]:
        """Access rule of a truck in a country, and the regime it lodges its security under there."""
        rule, access = access_rule(self._access, country, registration, self.day)
        own = f"truck of {registration}"
        if registration == country:
            own = "a truck of the country itself: national transit procedure"
        rests_on = self._rests_on(access)
        if rests_on is not None:
            return rule, Found(rests_on, f"{own}; the access rule rests on it")
        secured = [one for one in self._live(country) if _secured(one) and self._covers(one, country, ends)]
        secured.sort(
            key=lambda one: one["regime_id"] in self._lent
        )  # one that gives its own figure goes first
        for regime in secured:
            if _carnet_of(regime, registration):
                return rule, Found(regime, f"{own}; both are parties")
        for regime in secured:
            if set(ends) & set(regime["parties"]):
                return rule, Found(regime, f"{own}; an end of the route is a party")
        return rule, Found(None, f"{own}; no regime of the case covers it")

    def by_rail(self, country: str) -> Found:
        """Regime under which a railway carries goods through a country: the one its access rule for wagons rests on."""
        here = [row for row in self._access if row["country"] == country and row["mode"] == RAIL]
        rests_on = {row["regime_id"] for row in here}
        regime = next((one for one in self._live(country) if one["regime_id"] in rests_on), None)
        if regime is None:
            return Found(None, "by rail; whether the railway or the owner lodges a security was not found")
        return Found(regime, "by rail; the railway answers for the goods under its waybill")

    def _live(self, country: str) -> list[Row]:
        """Regimes in force with a country as party."""
        return [row for row in self._in_force if country in row["parties"]]

    def _covers(self, regime: Row, country: str, ends: Sequence[str]) -> bool:
        return covers(self._cargo.get(regime["regime_id"]), regime["parties"], country, ends)

    def _rests_on(self, access: Row | None) -> Row | None:
        """The regime in force that an access rule rests on, where it asks for a security or lets trucks in freely without one."""
        regime = self.regimes.get((access and access["regime_id"]) or "")
        if access is None or regime is None or not regime_in_force(regime, self.day):
            return None
        return regime if _secured(regime) or access["rule"] == "allowed" else None


class Security(NamedTuple):
    """A security for one trip.

    Attributes
    ----------
    amount_usd
        Amount guaranteed, USD; None where what is at risk is not known.
    tied_usd
        Cash held back meanwhile, USD; None where the amount is not known.
    usd
        What it costs: premium and interest on the cash; None where nothing is stated and something is asked for.
    """

    amount_usd: float | None
    tied_usd: float | None
    usd: float | None


def security_cost(regime: Row, at_risk: float | None, terms: Mapping[str, float]) -> Security:
    """Cost of a security for a trip, USD = premium x amount + margin x amount x interest x days / 365, amount = share x duty at risk.

    Terms of the regime go before its own columns: where they state no premium, its columns give the cost of a trip and its share of what is
    at risk.

    Parameters
    ----------
    regime
        Row of regimes.
    at_risk
        Duty that the goods would owe in the country, USD; None where it is not known.
    terms
        Levels of its terms there by quantity, `GuaranteeLaw.levels`.
    """
    if not _secured(regime):
        return Security(0.0, 0.0, 0.0)
    if at_risk is None:
        return Security(None, None, _trip_cost(regime, None))
    amount = terms.get("guaranteed_share", 1.0) * at_risk
    tied = terms.get("cash_margin_share", 0.0) * amount
    interest = tied * terms.get("interest_share_year", 0.0) * terms.get("tied_days", 0.0) / YEAR_DAYS
    premium = terms.get("guarantee_premium_share")
    usd = _trip_cost(regime, at_risk) if premium is None else premium * amount
    return Security(amount, tied, None if usd is None else usd + interest)


def _trip_cost(regime: Row, at_risk: float | None) -> float | None:
    """Cost of a trip by the columns of a regime."""
    trip, share = regime["guarantee_usd_trip"], regime["guarantee_share"]
    if trip is None and (share is None or at_risk is None):
        return None
    return float(trip or 0.0) + float(share or 0.0) * (at_risk or 0.0)


def _at_risk(duty: Duty | None, route: Route) -> float | None:
    """Duty that the shipment would owe, missing where not known."""
    if duty is None or not duty.known:
        return None
    load = route.shipment
    return duty.rate_share * load.value_usd + duty.specific_usd_t * load.tonnes


def _security_row(
    found: Found, law: GuaranteeLaw, country: str, at_risk: float | None, paid: Collection[str]
) -> Row:
    """What is lodged under a regime; one that is paid already serves again at no cost."""
    regime, why = found
    if regime is None:
        return {"guarantee": "unknown", "note": why, "basis": "assumed", "source_id": "judgement"}
    again = _lodged_as(regime) in paid
    cost = security_cost(regime, at_risk, law.levels(regime["regime_id"], country))
    return {
        "guarantee": regime["guarantee"] or "none",
        "regime_id": regime["regime_id"],
        "cost_usd": 0.0 if again else cost.usd,
        "tied_usd": 0.0 if again else cost.tied_usd,
        "note": f"{why}; lodged once for the trip" if again else why,
        "basis": regime["basis"],
        "source_id": regime["source_id"],
    }


def _transits(route: Route) -> list[tuple[str, str, str]]:
    """(country, mode, truck registration) of the countries passed by land, ends left out, each once."""
    states, arcs = route.network.states, route.network.arcs
    passed = [states[arcs[route.arcs[0]].tail]] + [states[arcs[a].head] for a in route.arcs]
    land = [s for s in passed if s.country]
    if not land:  # from port to port
        return []
    ends = (land[0].country, land[-1].country)
    moved = {(s.country, s.mode) for s in route.stages if s.kind == "line_haul"}
    found = []
    for state in land:
        mode = RAIL if state.carrier.startswith(RAIL) else state.carrier
        if state.country not in ends and (state.country, mode) in moved:
            found.append((state.country, mode, state.registration))
    return list(dict.fromkeys(found))


def _secured(regime: Row) -> bool:
    return (regime["guarantee"] or "none") != "none"


def _lodged_as(regime: Row) -> str:
    """What is lodged: a TIR carnet is one and the same, whichever agreement names it."""
    return TIR if regime["guarantee"] == TIR else str(regime["regime_id"])


def _carnet_of(regime: Row, registration: str) -> bool:
    """Whether a regime's TIR carnet serves trucks of a country."""
    tir = regime["guarantee"] == TIR and regime["guarantee_usd_trip"]
    return bool(tir) and registration in regime["parties"]
