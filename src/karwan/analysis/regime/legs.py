"""What trucks of each party of a regime meet in each other, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from karwan.analysis.regime.bands import row_bands
from karwan.analysis.regime.states import RegimeStates, Row
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.transport.duty import Tariffs
from karwan.transport.guarantees import GuaranteeLaw, Security, security_cost
from karwan.transport.network import worst_basis
from karwan.transport.network.regimes import Regimes, cargo_covered
from karwan.transport.network.terms import join_sources

FIGURES = ("before", "after", "usd_change", "hours_change")
"""Columns that have a band."""
FEW = 4
"""Parties of which each is shown in each other; of more the two countries of the case alone."""


@dataclass(frozen=True)
class _Side:
    """One country for trucks of another that carry the trade of the two, in one state of the case."""

    rule: str
    swap: bool
    checked_h: float | None
    shares: Mapping[str, float]
    fee: float
    guarantee: str
    guarantee_usd: float | None
    tied_usd: float | None
    quota: float | None
    secured_by: str


def leg_table(states: RegimeStates, drawn: Sequence[tuple[Case, Case]] = ()) -> pl.DataFrame:
    """Each leg before and after, for trucks of each party in each other; see `results/regime_legs.csv`.

    Parameters
    ----------
    drawn
        The case without and with the regime in each joint draw.
    """
    rows: list[Row] = []
    parties = sorted(states.row["parties"])
    case = states.bare
    shown = _looked_at(parties, {case.settings.party_a, case.settings.party_b})
    basis = worst_basis(*(row["basis"] for row in states.terms))
    source = join_sources(*(row["source_id"] for row in states.terms))
    cargo = cargo_covered(states.terms).get(states.row["regime_id"])
    for country, registration in [(c, r) for c in shown for r in shown if c != r]:
        sides = [_side(one, country, registration) for one in (states.before, states.after, *states.ends)]
        draws = [
            _leg_rows(pair[1], [_side(each, country, registration) for each in pair], cargo) for pair in drawn
        ]
        head = {"country": country, "registration": registration, "basis": basis}
        for number, row in enumerate(_leg_rows(case, sides, cargo)):
            bands = row_bands(FIGURES, [one[number] for one in draws])
            rests = join_sources(source, row.pop("rests_on"))
            rows += [head | row | bands | {"source_id": rests}] if _says(row) else []
    return result_frame("regime_legs", rows)


def _looked_at(parties: Sequence[str], ends: set[str]) -> list[str]:
    """The parties, or of many the two countries of the case alone where both are among them."""
    few = set(parties) & ends
    return sorted(few if len(parties) > FEW and len(few) == 2 else parties)


def _side(case: Case, country: str, registration: str) -> _Side:
    day, ends = case.settings.as_of, (registration, country)
    terms = case["regime_terms"].to_dicts()
    regimes = Regimes(case["regimes"].to_dicts(), terms, case["fees"].to_dicts(), day, ends)
    law = GuaranteeLaw(case.tables, day)
    rule, lodged = law.by_road(country, registration, ends)
    found = regimes.change(country, registration, direction="inbound")
    best, held = found or (None, regimes.observed(country, direction="inbound"))
    checks = (best and best.checks) or (held.checks if held else {})
    guarantee, security, quota = _lodged(case, law, country, lodged.regime)
    return _Side(
        rule,
        rule == "swap" and not regimes.spares_swap(country, registration),
        sum(share.value * spent.value for share, spent in checks.values()) if checks else None,
        {what: pair[0].value for what, pair in checks.items()},
        best.fee.value if best and best.fee else 0.0,
        guarantee,
        security.usd,
        security.tied_usd,
        quota,
        str(lodged.regime["source_id"]) if lodged.regime else "",
    )


def _lodged(
    case: Case, law: GuaranteeLaw, country: str, regime: Row | None
) -> tuple[str, Security, float | None]:
    """Name and cost of the guarantee a country asks for, and the regime's permits a year."""
    if regime is None:
        return (
            "national procedure",
            Security(None, None, None),
            law.levels("", country).get("permit_quota_year"),
        )
    stated = law.levels(str(regime["regime_id"]), country)
    security = security_cost(regime, duty_at_risk(case, country), stated)
    return (
        f"{regime['guarantee'] or 'none'} ({regime['regime_id']})",
        security,
        stated.get("permit_quota_year"),
    )


def duty_at_risk(case: Case, country: str) -> float:
    """Duty that the reference load would owe in a country, USD; 0 where none is known."""
    settings = case.settings
    product = case["products"].filter(pl.col("product_id") == settings.reference_product).row(0, named=True)
    duty = Tariffs(case["tariffs"]).duty(product["product_id"], country, product["exporter"])
    return float((duty.rate_share * product["price_usd_t"] + duty.specific_usd_t) * settings.load_t)


def _leg_rows(case: Case, sides: Sequence[_Side], cargo: str | None) -> list[Row]:
    """Rows of one country for trucks of another: before, after, and after at the low and high ends of the terms."""
    before, after = sides[:2]
    swap_h, swap_usd = (case.parameter(name) for name in ("truck_swap_time_h", "truck_swap_cost_usd"))
    swaps = float(after.swap) - float(before.swap)
    kinds = f"{before.guarantee} → {after.guarantee}"
    sources = join_sources(before.secured_by, after.secured_by)
    checked = [side.checked_h for side in sides]
    fees, lodged = [side.fee for side in sides], [side.guarantee_usd for side in sides]
    return [
        _row("border", "goods covered", "", text=cargo or "partner (its terms do not say)"),
        _row("border", "access", "", text=f"{before.rule} → {after.rule}"),
        _row("border", "trucks changed", "a truck", [float(s.swap) for s in sides], usd=swap_usd * swaps, hours=swap_h * swaps),
        _row("border", "share scanned", "share", [s.shares.get("scan") for s in sides]),
        _row("border", "share examined", "share", [s.shares.get("exam") for s in sides]),
        _row("border", "hours scanned and examined", "h", checked, hours=less(checked[1], checked[0])),
        _row("border", "fee of the regime", "USD/truck", fees, usd=after.fee - before.fee),
        _row("country", "guarantee", "USD/trip", lodged, usd=less(lodged[1], lodged[0]), text=kinds, source=sources),
        _row("country", "cash tied up", "USD", [s.tied_usd for s in sides]),
        _row("country", "permits a year", "trucks/year", [s.quota for s in sides]),
    ]  # fmt: skip


def _row(
    leg: str,
    what: str,
    unit: str,
    levels: Sequence[float | None] = (None, None, None, None),
    *,
    usd: float | None = None,
    hours: float | None = None,
    text: str | None = None,
    source: str = "",
) -> Row:
    before, after, *ends = levels
    known = [level for level in ends if level is not None]
    moved = bool(known) and any(level != after for level in known)
    return {
        "leg": leg,
        "what": what,
        "unit": unit,
        "before": before,
        "after": after,
        "low": min(known) if moved else None,
        "high": max(known) if moved else None,
        "usd_change": usd,
        "hours_change": hours,
        "text": text,
        "rests_on": source,
    }


def _says(row: Row) -> bool:
    """Whether a row has a figure or a word."""
    return bool(row["text"]) or row["before"] is not None or row["after"] is not None


def less(after: float | None, before: float | None) -> float | None:
    """What is more after than before; None where either is not known."""
    return None if after is None or before is None else after - before


__all__ = ["duty_at_risk", "leg_table", "less"]
