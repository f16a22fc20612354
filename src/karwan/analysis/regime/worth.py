"""What each term of a transit regime is worth in the cost of carriage, with the ends of its range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from karwan.amounts import number, percent
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.regime.states import IN_FORCE, SUSPENDED, RegimeStates, Row
from karwan.analysis.trade_cost import even_flows
from karwan.analysis.worth.flows import Flow
from karwan.analysis.worth.states import NOW, Outcome, Plan, State, nothing_joined
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.errors import InvalidInput
from karwan.schema import schema_rows
from karwan.schema.frames import result_frame
from karwan.trade.parties import DIRECTIONS
from karwan.transport.network import worst_basis
from karwan.transport.network.regimes import CARGO, CHECKS, Regimes
from karwan.transport.network.terms import join_sources

TERMS = {
    "no change of trucks": ("swap_needed",),
    "no permit for each trip": ("permit_needed", "permit_quota_year"),
    "share scanned": ("scan_share", "scan_h"),
    "share examined": ("exam_share", "exam_h"),
    "fees": ("fee_usd", "fee_share"),
    "guarantee": (
        *("guarantee_kind", "guarantee_premium_share", "guaranteed_share"),
        *("cash_margin_share", "tied_days", "interest_share_year"),
    ),
    "papers": ("paper_usd", "prepare_h"),
}
"""Terms of an agreement as its text has them, and the quantities each is made of."""
TOGETHER, NONE = "all together", "none"
"""All terms, and the regime suspended."""
LEAST_WORTH = 0.005
"""Worth of a term, USD a tonne, below which it is said to be nothing."""


@dataclass(frozen=True)
class TermWorth:
    """A term of a regime: its name, what the regime loses without it (USD a tonne), and its text."""

    name: str
    worth_usd_t: float
    text: str

    @property
    def counts(self) -> bool:
        """Whether it is worth anything."""
        return self.worth_usd_t >= LEAST_WORTH


@dataclass(frozen=True)
class RegimeGrounds:
    """What a regime rests on as its terms stand: the one text and figure for every answer that speaks of it.

    Attributes
    ----------
    best, best_usd_t
        Term worth most, and its worth, USD a tonne; blank and 0 where none is worth anything.
    whole_usd_t, low_usd_t, high_usd_t
        Worth of all terms together, and at the ends of their ranges (None where no range is given).
    nothing
        Terms worth nothing in the cost of carriage.
    terms
        Each term by worth, the one worth most first.
    """

    best: str
    best_usd_t: float
    whole_usd_t: float
    low_usd_t: float | None
    high_usd_t: float | None
    nothing: tuple[str, ...]
    terms: tuple[TermWorth, ...] = ()


def regime_grounds(worth: pl.DataFrame) -> RegimeGrounds:
    """Grounds of a regime read from its table of terms by worth (`worth_table`)."""
    terms = worth.filter(pl.col("term") != TOGETHER)
    best = terms.row(0, named=True)
    whole = worth.filter(pl.col("term") == TOGETHER).row(0, named=True)
    counts = best["worth_usd_t"] >= LEAST_WORTH
    nothing = terms.filter(pl.col("worth_usd_t").abs() < LEAST_WORTH)
    return RegimeGrounds(
        best["term"] if counts else "",
        best["worth_usd_t"] if counts else 0.0,
        whole["worth_usd_t"],
        whole["low_usd_t"],
        whole["high_usd_t"],
        tuple(nothing["term"]),
        tuple(
            TermWorth(row["term"], row["worth_usd_t"], row["value"].replace("; ", ", "))
            for row in terms.iter_rows(named=True)
        ),
    )


def worth_table(states: RegimeStates, study: CorridorStudy | None = None) -> pl.DataFrame:
    """What the regime loses without each of its terms, and what each brings alone; see `results/regime_terms_worth.csv`.

    Parameters
    ----------
    study
        Corridors of the case as it stands, where they are at hand.
    """
    return TermCosts(states, study).table()


def end_scenarios(states: RegimeStates, name: str, own: Sequence[Row]) -> dict[str, Scenario]:
    """The regime in force with a term at the low and high ends of its range; nothing where none is given."""
    ends = [end for end in ("low", "high") if any(row[end] is not None for row in own)]
    return {f"{end} {name}": states.at(f"{end} {name}", end, own) for end in ends}


def term_groups(terms: Iterable[Row]) -> dict[str, list[Row]]:
    """Terms of an agreement as its text has them, each with its rows."""
    rows = list(terms)
    return {name: own for name, quantities in TERMS.items() if (own := _own(rows, quantities))}


def _own(terms: Iterable[Row], quantities: Sequence[str]) -> list[Row]:
    return [row for row in terms if row["quantity"] in quantities]


@cache
def quantity_words() -> Mapping[str, tuple[str, str]]:
    """Unit and clause of each quantity of a regime, as an agreement's text has it."""
    rows = schema_rows("known_regime_quantities.csv")
    return {row["quantity"]: (row["unit"], row["clause"]) for row in rows}


def clause(row: Row) -> str:
    """'20 % of trucks scanned'."""
    return _said([row])


def _said(rows: Sequence[Row]) -> str:
    """'20 % of trucks scanned; a scan takes 15 h'."""
    return "; ".join(_clause(row, _level(row, row["value"])) for row in rows)


def _clause(row: Row, value: str) -> str:
    return quantity_words()[row["quantity"]][1].format(value=value)


def _level(row: Row, value: float | None) -> str:
    """A level of a quantity as its clause says it."""
    if value is None:
        return str(row["text_value"]).upper() if row["text_value"] == "tir" else str(row["text_value"])
    return _LEVELS.get(quantity_words()[row["quantity"]][0], _short)(value)


def _short(value: float) -> str:
    return number(value, 3).rstrip("0").rstrip(".") if "." in number(value, 3) else number(value)


_LEVELS: Mapping[str, Callable[[float], str]] = {
    "share": percent,
    "flag": lambda value: "yes" if value else "no",
}


def clause_range(row: Row) -> str:
    """'5.0 % to 100 % of trucks scanned'."""
    return _clause(row, f"{_level(row, row['low'])} to {_level(row, row['high'])}")


def without_terms(
    states: RegimeStates, dropped: Sequence[Row], name: str, flips: Mapping[str, float] | None = None
) -> Scenario:
    """The regime in force without some of its terms: shares checked go back to what is observed, the rest is gone.

    Parameters
    ----------
    flips
        Levels of rows that stay and say yes or no, where other than stated.
    """
    levels = observed_shares(states.bare, dropped)
    hours = ("scan_h", "exam_h")
    gone = [r["term_id"] for r in dropped if r["term_id"] not in levels and r["quantity"] not in hours]
    shut = {row["quantity"] for row in dropped} | states.shut(flips or {})
    return states.without(name, gone, levels | dict(flips or {}), shut)


def observed_shares(case: Case, rows: Iterable[Row]) -> dict[str, float]:
    """Shares scanned or examined today by row, where rows would change them."""
    seen = {row["term_id"]: _observed_share(case, row) for row in rows}
    return {term_id: level for term_id, level in seen.items() if level is not None}


def _observed_share(case: Case, row: Row) -> float | None:
    """Share scanned or examined today where a term would change it; None where the term is another or nothing is stated."""
    what, _, part = row["quantity"].partition("_")
    if part != "share" or what not in CHECKS or row["place_id"] is None:
        return None
    regimes, terms, fees = (case[name].to_dicts() for name in ("regimes", "regime_terms", "fees"))
    held = Regimes(regimes, terms, fees, case.settings.as_of).observed(row["place_id"])
    pair = held.checks.get(what) if held else None
    return None if pair is None else pair[0].value


def _flows(study: CorridorStudy, states: RegimeStates) -> list[Flow]:
    """A dollar of each good: of the two parties where both are of the regime, else of all goods between the places of its own pairs."""
    case, form = study.case, study.shipment().form
    settings, parties = study.case.settings, set(states.row["parties"])
    if {settings.party_a, settings.party_b} <= parties:
        return [f for way in DIRECTIONS for f in even_flows(case, way, form, study.pairs(way)[:1])]
    goods = case["products"].filter(pl.col("form") == form).sort("product_id")
    return [
        Flow(f"{exporter}-{importer}", origin, destination, product, 1.0 / price)
        for exporter, importer, origin, destination in own_pairs(case, states)
        for product, price in goods.select("product_id", "price_usd_t").iter_rows()
    ]


def own_pairs(case: Case, states: RegimeStates) -> list[tuple[str, str, str, str]]:
    """Exporter, importer and the first places of the trade between parties of a regime.

    Raises
    ------
    InvalidInput
        The case has none.
    """
    parties = sorted(states.row["parties"])
    rows = case["place_weights"].unique(["exporter", "importer"], keep="first", maintain_order=True)
    both = pl.col("exporter").is_in(parties) & pl.col("importer").is_in(parties)
    columns = ("exporter", "importer", "origin_id", "destination_id")
    found = list(rows.filter(both).sort("place_weight_id").select(columns).iter_rows())
    if not found:
        raise InvalidInput(
            f"No trade of the case is between two parties of {states.row['regime_id']}.",
            f"parties: {', '.join(parties)}",
            "add rows to place_weights.csv, or ask for another regime.",
        )
    return found


class TermCosts:
    """Mean change of the expected landed cost with each term of a regime and without it, USD/t: over the tonnes of a dollar of each good of both
    parties that travels as the reference load, between the first pair of places.

    Parameters
    ----------
    states
        The case without and with the regime.
    study
        Corridors of the case as it stands, where they are at hand.
    """

    def __init__(self, states: RegimeStates, study: CorridorStudy | None = None) -> None:
        self.states, self.groups = states, term_groups(states.terms)
        self.every = [row for row in states.terms if row["quantity"] != CARGO]
        self.dropped: dict[str, list[Row]] = {IN_FORCE: []}
        """Rows that a variant with the regime in force lacks."""
        variants = {NONE: states.suspended, IN_FORCE: states.in_force}
        variants |= end_scenarios(states, TOGETHER, self.every)
        for name, own in self.groups.items():
            others = [row for row in self.every if row not in own]
            lacking = {f"without {name}": own, f"only {name}": others}
            self.dropped |= lacking
            variants |= {one: without_terms(states, gone, one) for one, gone in lacking.items()}
            variants |= end_scenarios(states, name, own)
        self.variants = variants
        self.plan = _plan(states, variants, study or CorridorStudy(states.bare, states.bare.settings.as_of))

    def number(self, name: str) -> int:
        """Number of a variant in the plan."""
        base = {one.scenario_id for one in self.states.base}
        return self.plan.states.index(frozenset(base | {self.variants[name].scenario_id}))

    def costs(self, outcome: Outcome) -> dict[str, float]:
        """Mean change by variant.

        Raises
        ------
        Unreachable
            No way is open for any flow.
        """
        found = {}
        for name in self.variants:
            change = outcome.change(self.number(NONE), self.number(name))
            with np.errstate(invalid="ignore"):  # no way before and after
                fall = change.logsum_usd_t[1] - change.logsum_usd_t[0]
            known = np.isfinite(fall)
            if not known.any():
                raise nothing_joined()
            found[name] = float(np.average(fall[known], weights=outcome.tonnes_year[known]))
        return found

    def worths(self, cost: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """What each term and all together are worth, and bring alone, at mean changes by variant."""
        found = {
            name: (cost[f"without {name}"] - cost[IN_FORCE], cost[NONE] - cost[f"only {name}"])
            for name in self.groups
        }
        whole = cost[NONE] - cost[IN_FORCE]
        return found | {TOGETHER: (whole, whole)}

    def table(self) -> pl.DataFrame:
        """Terms by worth; see `results/regime_terms_worth.csv`."""
        cost = self.costs(self.plan.outcome())
        worths = self.worths(cost)
        rows = [
            self._row(cost, name, own) | {"worth_usd_t": worths[name][0]} for name, own in self.groups.items()
        ]
        rows.sort(key=lambda row: -row["worth_usd_t"])
        rows.append(self._row(cost, TOGETHER, self.every) | {"value": None, "range": None})
        ranked = [
            {"rank": n, "alone_usd_t": worths[row["term"]][1]} | row for n, row in enumerate(rows, start=1)
        ]
        return result_frame("regime_terms_worth", ranked)

    def _row(self, cost: Mapping[str, float], name: str, own: Sequence[Row]) -> Row:
        """Worth of a term against the regime without it, and at the ends of its range."""
        without = NONE if name == TOGETHER else f"without {name}"
        worth = cost[without] - cost[IN_FORCE]
        at_ends = [cost[without] - cost[key] for key in (f"low {name}", f"high {name}") if key in cost]
        return {
            "term": name,
            "worth_usd_t": worth,
            "low_usd_t": min(worth, *at_ends) if at_ends else None,
            "high_usd_t": max(worth, *at_ends) if at_ends else None,
            "value": _said(own),
            "range": "; ".join(clause_range(row) for row in own if row["low"] is not None),
            "basis": worst_basis(*(row["basis"] for row in own)),
            "source_id": join_sources(*(row["source_id"] for row in own)),
        }


def _plan(states: RegimeStates, variants: Mapping[str, Scenario], study: CorridorStudy) -> Plan:
    """Flows and routes of the case in all variants."""
    study.require_comparable()
    base = frozenset(one.scenario_id for one in states.base)
    cases: dict[State, Case] = {NOW: states.bare}
    at_hand = {NONE: states.before, IN_FORCE: states.after}
    for name, one in variants.items():
        cases[base | {one.scenario_id}] = at_hand[name] if name in at_hand else states.case(one)
    pinned = pinned_scenarios(study, {s.scenario_id: s for s in (*states.base, states.in_force)})
    others = {one.scenario_id: one for one in variants.values()}
    looked_in = (base | {SUSPENDED}, frozenset((SUSPENDED,)))
    return Plan(study, pinned, _flows(study, states), cases, also=others, searched=looked_in)


__all__ = [
    "TERMS",
    "TOGETHER",
    "RegimeGrounds",
    "TermCosts",
    "TermWorth",
    "own_pairs",
    "regime_grounds",
    "worth_table",
]
