"""What a transit regime does: per leg before and after, what each of its terms is worth, and trade by country pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import number
from karwan.analysis.case_requests import RegimeRequest, ScenarioTradeRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import States, pair_table, solve_change, with_draws
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.trade_cost import even_flows
from karwan.analysis.worth.flows import Flow
from karwan.analysis.worth.states import NOW, Plan, State, together
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL
from karwan.case import Case
from karwan.case.scenario import Scenario, apply_scenario, find_scenario
from karwan.case.scenario_file import Override
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.parties import DIRECTIONS
from karwan.transport.duty import Tariffs
from karwan.transport.network import worst_basis
from karwan.transport.network.regimes import Regimes
from karwan.transport.network.terms import CellFigure, join_sources
from karwan.transport.papers import GuaranteeLaw, Security, security_cost

Row = dict[str, Any]
SUSPENDED, IN_FORCE = "regime_suspended", "regime_in_force"
COMPARED = "comparison"
"""Reason of an override that a comparison makes."""

LEAST_WORTH = 0.005
"""Worth of a term, USD a tonne, below which it is said to be nothing."""
TERMS = {
    "no change of trucks": ("swap_needed",),
    "no permit for each trip": ("permit_needed", "permit_quota_year"),
    "share scanned": ("scan_share", "scan_h", "scan_capacity_day"),
    "share examined": ("exam_share", "exam_h"),
    "fees": ("fee_usd", "fee_share"),
    "guarantee": (
        *("guarantee_kind", "guarantee_premium_share", "guaranteed_share"),
        *("cash_margin_share", "tied_days", "interest_share_year"),
    ),
    "free days": ("free_days", "detention_usd_day"),
    "papers": ("paper_usd", "prepare_h"),
}
"""Terms of an agreement as its text has them, and the quantities each is made of."""


@dataclass(frozen=True)
class RegimeStates:
    """A regime, and the case without and with it, on top of the state trade was made in."""

    row: Row
    terms: tuple[Row, ...]
    suspended: Scenario
    in_force: Scenario
    base: tuple[Scenario, ...]

    def case(self, case: Case, *scenarios: Scenario) -> Case:
        """The case under the state trade was made in and some scenarios."""
        return apply_scenario(case, together([*self.base, *scenarios]))


def answer_regime(inputs: Inputs, request: RegimeRequest) -> Result:
    """Legs before and after, terms by worth, trade by pair.

    Raises
    ------
    UnknownName
        The case has no such regime.
    InvalidInput
        It has no terms.
    """
    case = inputs.the_case()
    states = regime_states(case, request.regime_id)
    before, after = states.case(case, states.suspended), states.case(case, states.in_force)
    legs = leg_table(before, after, states)
    worth = worth_table(case, states)
    pairs, drawn = _trade(case, states, request)
    tables = {"legs": legs, "terms by worth": worth, "pairs": pairs}
    meta = {"regime_id": request.regime_id, "state": states.row["state"], "parties": states.row["parties"]}
    return Result(tables, meta, notes=(*_notes(states, worth), *drawn))


def regime_states(case: Case, regime_id: str) -> RegimeStates:
    """The case without and with a regime, as scenarios; see `answer_regime` for what it raises."""
    rows = {row["regime_id"]: row for row in case["regimes"].iter_rows(named=True)}
    if regime_id not in rows:
        close = get_close_matches(regime_id, rows, n=3, cutoff=0.3) or sorted(rows)[:5]
        raise UnknownName(
            f"The case has no regime {regime_id!r}.", f"near it: {', '.join(close)}", "see regimes.csv."
        )
    row = rows[regime_id]
    terms = case["regime_terms"].filter(pl.col("regime_id") == regime_id).sort("term_id").to_dicts()
    if not terms:
        known = sorted(set(case["regime_terms"]["regime_id"]))
        raise InvalidInput(
            f"Regime {regime_id} has no terms.",
            f"with terms: {', '.join(known)}" if known else "no regime of the case has any",
            "add rows to regime_terms.csv.",
        )
    day = case.settings.as_of.isoformat()
    off = [Override("regimes", "set", (regime_id,), {"state": "signed"}, COMPARED)]
    resting = case["access"].filter(
        (pl.col("regime_id") == regime_id) & pl.col("rule").is_in(["permit", "allowed"])
    )
    if resting.height:
        off.append(
            Override(
                "access", "set", tuple(resting["access_id"]), {"rule": "swap", "regime_id": ""}, COMPARED
            )
        )
    on = [Override("regimes", "set", (regime_id,), {"state": "in_force", "in_force": day}, COMPARED)]
    opened = _opened_access(case, row, terms)
    if opened:
        on.append(Override("access", "set", opened, {"rule": "allowed", "regime_id": regime_id}, COMPARED))
    base = [find_scenario(case.folder, name) for name in case.settings.trade_state] if case.folder else []
    sources = ("judgement",)
    return RegimeStates(
        row,
        tuple(terms),
        Scenario(SUSPENDED, "Without the regime", "", sources, "assumed", tuple(off)),
        Scenario(IN_FORCE, "With the regime", "", sources, "assumed", tuple(on)),
        tuple(base),
    )


def _opened_access(case: Case, regime: Row, terms: Sequence[Row]) -> tuple[str, ...]:
    """Access rules between the parties that the regime opens, where its text asks for no permit."""
    free = any(row["quantity"] == "permit_needed" and row["value"] == 0.0 for row in terms)
    parties = set(regime["parties"])
    rows = case["access"].iter_rows(named=True)
    between = [r for r in rows if r["country"] in parties and r["vehicle_registration"] in parties]
    return tuple(r["access_id"] for r in between if free and r["mode"] == "road" and r["rule"] != "allowed")


# -- legs ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Side:
    """One country for trucks of another, in one state of the case."""

    rule: str
    swap: bool
    checked_h: float | None
    shares: Mapping[str, float]
    fee: float
    guarantee: str
    guarantee_usd: float | None
    tied_usd: float | None
    quota: float | None
    free_days: float | None
    regime: str


def leg_table(before: Case, after: Case, states: RegimeStates) -> pl.DataFrame:
    """Each leg before and after, for trucks of each party in each other; see `results/regime_legs.csv`."""
    rows: list[Row] = []
    parties = sorted(states.row["parties"])
    ends = {before.settings.party_a, before.settings.party_b}
    # of a convention of many parties only what one of the two countries of the case meets
    pairs = [(c, r) for c in parties for r in parties if c != r and {c, r} <= _looked_at(parties, ends)]
    basis = worst_basis(*(row["basis"] for row in states.terms))
    source = join_sources(*(row["source_id"] for row in states.terms))
    for country, registration in pairs:
        sides = [_side(case, country, registration) for case in (before, after)]
        for row in _leg_rows(before, country, registration, sides[0], sides[1], states):
            rows.append(row | {"basis": basis, "source_id": source})
    return result_frame("regime_legs", rows)


def _looked_at(parties: Sequence[str], ends: set[str]) -> set[str]:
    """The parties, or of many the two countries of the case alone where both are among them."""
    few = set(parties) & ends
    return few if len(parties) > 4 and len(few) == 2 else set(parties)


def _side(case: Case, country: str, registration: str) -> _Side:
    """What trucks of one country that carry trade with another meet there."""
    day, ends = case.settings.as_of, (registration, country)
    terms = case["regime_terms"].to_dicts()
    regimes = Regimes(case["regimes"].to_dicts(), terms, case["fees"].to_dicts(), day, ends)
    law = GuaranteeLaw(case.tables, day)
    rule, lodged = law.by_road(country, registration, ends)
    found = regimes.change(country, registration)
    best, held = found or (None, None)
    hours = (best.hours or (held.hours if held else ())) if best else _observed(regimes, country)
    names = ("scan", "exam")
    shares = {name: pair[0].value for name, pair in zip(names, hours, strict=False)}
    regime_id = str(lodged.regime["regime_id"]) if lodged.regime else ""
    stated = law.levels(regime_id, country)
    security = Security(None, None, None)
    if lodged.regime:
        security = security_cost(lodged.regime, _at_risk(case, country), stated)
    return _Side(
        rule,
        rule == "swap" and not regimes.spares_swap(country, registration),
        sum(share.value * spent.value for share, spent in hours) if hours else None,
        shares,
        best.fee.value if best and best.fee else 0.0,
        f"{lodged.regime['guarantee'] or 'none'} ({regime_id})" if lodged.regime else "national procedure",
        security.usd,
        security.tied_usd,
        stated.get("permit_quota_year"),
        stated.get("free_days"),
        regime_id,
    )


def _observed(regimes: Regimes, country: str) -> tuple[tuple[CellFigure, CellFigure], ...]:
    """Shares and hours of the checks that the observed hours of a border hold under."""
    found = regimes.observed(country)
    return found.hours if found else ()


def _at_risk(case: Case, country: str) -> float:
    """Duty that the reference load would owe in a country, USD; 0 where none is known."""
    settings = case.settings
    product = case["products"].filter(pl.col("product_id") == settings.reference_product).row(0, named=True)
    duty = Tariffs(case["tariffs"]).duty(product["product_id"], country, product["exporter"])
    return float((duty.rate_share * product["price_usd_t"] + duty.specific_usd_t) * settings.load_t)


def _leg_rows(
    case: Case, country: str, registration: str, before: _Side, after: _Side, states: RegimeStates
) -> list[Row]:
    """Rows of one country for trucks of another; what neither state says anything of is left out."""
    swap_h, swap_usd = (case.parameter(name) for name in ("truck_swap_time_h", "truck_swap_cost_usd"))
    head = {"country": country, "registration": registration}
    swaps = float(before.swap), float(after.swap)
    kinds = f"{before.guarantee} → {after.guarantee}"
    rows = [
        _row("border", "access", "", text=f"{before.rule} → {after.rule}"),
        _row("border", "trucks changed", "a truck", swaps, usd=swap_usd * (swaps[1] - swaps[0]), hours=swap_h * (swaps[1] - swaps[0])),
        _row("border", "share scanned", "share", (before.shares.get("scan"), after.shares.get("scan")), ends=_ends(states, "scan_share")),
        _row("border", "share examined", "share", (before.shares.get("exam"), after.shares.get("exam")), ends=_ends(states, "exam_share")),
        _row("border", "hours scanned and examined", "h", (before.checked_h, after.checked_h), hours=_less(after.checked_h, before.checked_h)),
        _row("border", "fee of the regime", "USD/truck", (before.fee, after.fee), usd=after.fee - before.fee),
        _row("country", "guarantee", "USD/trip", (before.guarantee_usd, after.guarantee_usd), usd=_less(after.guarantee_usd, before.guarantee_usd), text=kinds),
        _row("country", "cash tied up", "USD", (before.tied_usd, after.tied_usd)),
        _row("country", "permits a year", "trucks/year", (before.quota, after.quota)),
        _row("port", "free days", "days", (before.free_days, after.free_days)),
    ]  # fmt: skip
    return [head | row for row in rows if _says(row)]


def _row(
    leg: str,
    what: str,
    unit: str,
    pair: tuple[float | None, float | None] = (None, None),
    *,
    usd: float | None = None,
    hours: float | None = None,
    ends: tuple[float | None, float | None] = (None, None),
    text: str | None = None,
) -> Row:
    moved = pair[0] != pair[1]
    return {
        "leg": leg,
        "what": what,
        "unit": unit,
        "before": pair[0],
        "after": pair[1],
        "low": ends[0] if moved else None,
        "high": ends[1] if moved else None,
        "usd_change": usd,
        "hours_change": hours,
        "text": text,
    }


def _says(row: Row) -> bool:
    """Whether a row has a figure or a word."""
    return bool(row["text"]) or row["before"] is not None or row["after"] is not None


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _ends(states: RegimeStates, quantity: str) -> tuple[float | None, float | None]:
    """Range of a term of the regime."""
    row = next((one for one in states.terms if one["quantity"] == quantity), None)
    return (row["low"], row["high"]) if row else (None, None)


# -- worth of terms ------------------------------------------------------------------------------------------


def worth_table(case: Case, states: RegimeStates) -> pl.DataFrame:
    """What the regime loses without each of its terms, and what each brings alone; see `results/regime_terms_worth.csv`."""
    groups = {name: own for name, quantities in TERMS.items() if (own := _own(states.terms, quantities))}
    variants = {
        "all": states.in_force,
        **{f"without {name}": _without(case, states, own, name) for name, own in groups.items()},
        **{
            f"only {name}": _without(
                case, states, [r for r in states.terms if r not in own], name, alone=True
            )
            for name, own in groups.items()
        },
    }
    cost = _mean_costs(case, states, variants)
    rows: list[Row] = []
    for name, own in groups.items():
        rows.append(
            {
                "term": name,
                "worth_usd_t": cost[f"without {name}"] - cost["all"],
                "alone_usd_t": cost["none"] - cost[f"only {name}"],
                "value": _said(own, "value"),
                "range": "; ".join(_range(row) for row in own if row["low"] is not None),
                "basis": worst_basis(*(row["basis"] for row in own)),
                "source_id": join_sources(*(row["source_id"] for row in own)),
            }
        )
    rows.append(
        {
            "term": "all together",
            "worth_usd_t": cost["none"] - cost["all"],
            "alone_usd_t": cost["none"] - cost["all"],
            "basis": worst_basis(*(row["basis"] for row in states.terms)),
            "source_id": join_sources(*(row["source_id"] for row in states.terms)),
        }
    )
    rows.sort(key=lambda row: (row["term"] == "all together", -row["worth_usd_t"]))
    return result_frame("regime_terms_worth", [{"rank": n} | row for n, row in enumerate(rows, start=1)])


def _own(terms: Iterable[Row], quantities: Sequence[str]) -> list[Row]:
    return [row for row in terms if row["quantity"] in quantities]


def _said(rows: Sequence[Row], column: str) -> str:
    """'scan_share 0.2; scan_h 15'."""
    return "; ".join(
        f"{row['quantity']} {row['text_value'] if row[column] is None else number(row[column], 3).rstrip('0').rstrip('.')}"
        for row in rows
    )


def _range(row: Row) -> str:
    return f"{row['quantity']} {row['low']:g} to {row['high']:g}"


def _without(
    case: Case, states: RegimeStates, dropped: Sequence[Row], name: str, *, alone: bool = False
) -> Scenario:
    """The regime in force without some of its terms; without freedom from permits its access rules stay as they are."""
    as_observed = {row["term_id"]: level for row in dropped if (level := _as_observed(case, row)) is not None}
    hours = [row for row in dropped if row["quantity"] in ("scan_h", "exam_h")]
    gone = tuple(r["term_id"] for r in dropped if r["term_id"] not in as_observed and r not in hours)
    kept = [one for one in states.in_force.overrides if one.table != "access"]
    kept += _access_left(states, {row["quantity"] for row in dropped})
    if gone:
        kept.append(Override("regime_terms", "remove", gone, {}, COMPARED))
    for term_id, level in as_observed.items():
        kept.append(Override("regime_terms", "set", (term_id,), {"value": f"{level:g}"}, COMPARED))
    key = ("only " if alone else "without ") + name
    return Scenario(key.replace(" ", "_"), key, "", ("judgement",), "assumed", tuple(kept))


def _access_left(states: RegimeStates, dropped: set[str]) -> list[Override]:
    """What happens to access rules when terms are dropped: open only without permits, closed where trucks must be changed."""
    kept: list[Override] = []
    if "permit_needed" not in dropped:
        kept += [one for one in states.in_force.overrides if one.table == "access"]
    if "swap_needed" in dropped:
        kept += [one for one in states.suspended.overrides if one.table == "access"]
    return kept


def _as_observed(case: Case, row: Row) -> float | None:
    """Share scanned or examined today where a term would change it; None where the term is another or nothing is stated."""
    names = ("scan_share", "exam_share")
    if row["quantity"] not in names or row["place_id"] is None:
        return None
    day = case.settings.as_of
    regimes, terms, fees = (case[name].to_dicts() for name in ("regimes", "regime_terms", "fees"))
    stated = dict(zip(names, _observed(Regimes(regimes, terms, fees, day), row["place_id"]), strict=False))
    pair = stated.get(row["quantity"])
    return None if pair is None else pair[0].value


def _flows(study: CorridorStudy, states: RegimeStates) -> list[Flow]:
    """A dollar of each good: of the two parties where both are of the regime, else of all goods between the places of its own pairs."""
    case, form = study.case, study.shipment().form
    settings, parties = study.case.settings, set(states.row["parties"])
    if {settings.party_a, settings.party_b} <= parties:
        return [f for way in DIRECTIONS for f in even_flows(case, way, form, study.pairs(way)[:1])]
    goods = (
        case["products"].filter(pl.col("form") == form).select("product_id", "price_usd_t").sort("product_id")
    )
    places = case["place_weights"].unique(["exporter", "importer"], keep="first", maintain_order=True)
    found = [
        Flow(
            f"{row['exporter']}-{row['importer']}",
            row["origin_id"],
            row["destination_id"],
            product,
            1.0 / price,
        )
        for row in places.sort("place_weight_id").iter_rows(named=True)
        if {row["exporter"], row["importer"]} <= parties
        for product, price in goods.iter_rows()
    ]
    if not found:
        names = ", ".join(sorted(parties))
        raise InvalidInput(
            f"No trade of the case is between two parties of {states.row['regime_id']}.",
            f"parties: {names}",
            "add rows to place_weights.csv, or ask for another regime.",
        )
    return found


def _mean_costs(case: Case, states: RegimeStates, variants: Mapping[str, Scenario]) -> dict[str, float]:
    """Mean change of the expected landed cost by variant, USD/t: over the tonnes of a dollar of each good of both parties that travels as the
    reference load, between the first pair of places.
    """
    study = CorridorStudy(case, case.settings.as_of)
    study.require_comparable()
    flows = _flows(study, states)
    named = {"none": states.suspended, **variants}
    scenarios = {one.scenario_id: one for one in (*states.base, *named.values())}
    base = frozenset(one.scenario_id for one in states.base)
    cases: dict[State, Case] = {NOW: case}
    for one in named.values():
        cases[base | {one.scenario_id}] = states.case(case, one)
    pinned = pinned_scenarios(case, {s.scenario_id: s for s in (*states.base, states.in_force)})
    plan = Plan(study, {**pinned, **scenarios}, flows, cases)
    outcome = plan.outcome()
    first = plan.states.index(base | {SUSPENDED})
    found = {}
    for name, one in named.items():
        change = outcome.change(first, plan.states.index(base | {one.scenario_id}))
        fall = change.logsum_usd_t[1] - change.logsum_usd_t[0]
        known = np.isfinite(fall)
        found[name] = float(np.average(fall[known], weights=outcome.tonnes_year[known]))
    return found


# -- trade ---------------------------------------------------------------------------------------------------


def _trade(case: Case, states: RegimeStates, request: RegimeRequest) -> tuple[pl.DataFrame, list[Note]]:
    """Trade by country pair with the regime against without it, through the loop of corridors and trade."""
    study = CorridorStudy(case, case.settings.as_of)
    world = read_world_trade(case, None, "")
    ids = frozenset(one.scenario_id for one in states.base)
    before, after = ids | {SUSPENDED}, ids | {IN_FORCE}
    cases = {
        NOW: case,
        before: states.case(case, states.suspended),
        after: states.case(case, states.in_force),
    }
    every = (*states.base, states.suspended, states.in_force)
    both = States(before, after, cases, {one.scenario_id: one for one in every})
    coupling = Coupling(study, world, both.scenarios, both.cases, parties_only=request.pairs == "parties")
    kinds = (PARTIAL, GENERAL) if world.whole else (PARTIAL,)
    solved = solve_change(coupling.change(before, after, deficits="additive"), kinds)
    pairs = pair_table(coupling, solved)
    if not request.draws:
        return pairs, []
    asked = ScenarioTradeRequest((request.regime_id,), draws=request.draws, seed=request.seed)
    pairs, _, drawn = with_draws(coupling, solved, both, asked, pairs)
    return pairs, drawn


def _notes(states: RegimeStates, worth: pl.DataFrame) -> list[Note]:
    best = worth.filter(pl.col("term") != "all together").row(0, named=True)
    said = []
    if best["worth_usd_t"] >= LEAST_WORTH:
        said.append(note("regime.best", term=best["term"], worth=best["worth_usd_t"]))
    if any(row["basis"] == "assumed" for row in states.terms):
        said.append(note("regime.assumed", regime=states.row["name"], state=states.row["state"]))
    nothing = worth.filter((pl.col("worth_usd_t").abs() < LEAST_WORTH) & (pl.col("term") != "all together"))
    if nothing.height:
        said.append(note("regime.nothing", terms=nothing["term"].to_list()))
    return said
