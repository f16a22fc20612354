"""A case without and with a transit regime, and with the ends of the ranges of its terms, as scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import polars as pl

from karwan.case import Case
from karwan.case.scenario import Scenario, apply_scenario, find_scenario, together
from karwan.case.scenario_file import Override
from karwan.errors import InvalidInput, UnknownName
from karwan.schema.modes import ROAD
from karwan.transport.network import worst_basis
from karwan.transport.network.regimes import regime_in_force
from karwan.transport.network.terms import join_sources

Row = dict[str, Any]
SUSPENDED, IN_FORCE, LOW, HIGH = "regime_suspended", "regime_in_force", "regime_low", "regime_high"
COMPARED = "comparison"
"""Reason of an override that a comparison makes."""
FREES = {"permit_needed": 0.0, "swap_needed": 0.0}
"""Terms that open access rules, and the level at which they do."""


@dataclass(frozen=True)
class RegimeStates:
    """A regime, and the case without and with it, on top of the state trade was made in.

    Attributes
    ----------
    bare
        The case as it stands.
    row, terms
        Row of regimes, and its rows of regime_terms.
    suspended, in_force
        Without and with the regime.
    base
        Scenarios of the state trade was made in.
    """

    bare: Case
    row: Row
    terms: tuple[Row, ...]
    suspended: Scenario
    in_force: Scenario
    base: tuple[Scenario, ...]

    def case(self, *scenarios: Scenario) -> Case:
        """The case under the state trade was made in and some scenarios."""
        return apply_scenario(self.bare, together([*self.base, *scenarios]))

    @cached_property
    def before(self) -> Case:
        """The case without the regime."""
        return self.case(self.suspended)

    @cached_property
    def after(self) -> Case:
        """The case with the regime in force."""
        return self.case(self.in_force)

    @cached_property
    def ends(self) -> tuple[Case, Case]:
        """The case with the regime in force, all its terms at the low and at the high ends of their ranges."""
        return self.case(self.at(LOW, "low", self.terms)), self.case(self.at(HIGH, "high", self.terms))

    def at(self, name: str, end: str, rows: Iterable[Row]) -> Scenario:
        """The regime in force with some of its terms at an end of their ranges, `low` or `high`."""
        return self.at_levels(name, {row["term_id"]: float(row[end]) for row in rows if row[end] is not None})

    def at_levels(self, name: str, levels: Mapping[str, float]) -> Scenario:
        """The regime in force with some of its terms, by id, at other levels."""
        kept = [*self._others(), *self.access_without(self.shut(levels))]
        for term_id, level in levels.items():
            kept.append(Override("regime_terms", "set", (term_id,), {"value": f"{level:g}"}, COMPARED))
        return variant(name, kept)

    def shut(self, levels: Mapping[str, float]) -> set[str]:
        """Quantities that free trucks as the text stands, and no longer with some of its rows at other levels."""
        moved = {
            row["quantity"] for row in self.terms if levels.get(row["term_id"]) not in (None, row["value"])
        }
        return {quantity for quantity in moved & set(FREES) if not self._frees(quantity, levels)}

    def _frees(self, quantity: str, levels: Mapping[str, float]) -> bool:
        rows = [row for row in self.terms if row["quantity"] == quantity]
        return any(levels.get(row["term_id"], row["value"]) == FREES[quantity] for row in rows)

    def without(
        self, name: str, gone: Sequence[str], levels: Mapping[str, float], dropped: set[str]
    ) -> Scenario:
        """The regime in force without some rows of its terms and with others at given levels.

        Parameters
        ----------
        gone
            Rows left out.
        levels
            Levels by row.
        dropped
            Quantities that the text no longer has: access rules follow.
        """
        kept = [*self._others(), *self.access_without(dropped)]
        typed = set(self.bare["regime_terms"]["term_id"])
        gone = [one for one in gone if one in typed]  # a term that access rules imply has no row
        if gone:
            kept.append(Override("regime_terms", "remove", tuple(gone), {}, COMPARED))
        for term_id, level in levels.items():
            kept.append(Override("regime_terms", "set", (term_id,), {"value": f"{level:g}"}, COMPARED))
        if "guarantee_kind" in dropped:  # what other regimes ask for is lodged
            kept.append(Override("regimes", "set", (self.row["regime_id"],), {"guarantee": "none"}, COMPARED))
        return variant(name, kept)

    def _others(self) -> list[Override]:
        return [one for one in self.in_force.overrides if one.table != "access"]

    def access_without(self, dropped: set[str]) -> list[Override]:
        """What happens to access rules when terms are dropped: open only without permits, closed where trucks must be changed."""
        kept: list[Override] = []
        if "permit_needed" not in dropped:
            kept += [one for one in self.in_force.overrides if one.table == "access"]
        if "swap_needed" in dropped:
            kept += [one for one in self.suspended.overrides if one.table == "access"]
        return kept


def variant(name: str, overrides: Sequence[Override]) -> Scenario:
    """A scenario that a comparison makes."""
    return Scenario(name.replace(" ", "_"), name, "", ("judgement",), "assumed", tuple(overrides))


def regime_states(case: Case, regime_id: str) -> RegimeStates:
    """The case without and with a regime.

    Raises
    ------
    UnknownName
        The case has no such regime.
    InvalidInput
        It has no terms.
    """
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
    rests = (pl.col("regime_id") == regime_id) & pl.col("rule").is_in(["permit", "allowed"])
    opened_by = case["access"].filter(rests)
    resting = tuple(opened_by["access_id"])
    if resting and not any(term["quantity"] == "swap_needed" for term in terms):
        terms.append(_implied(terms[0], opened_by))
    if resting:
        off.append(Override("access", "set", resting, {"rule": "swap", "regime_id": ""}, COMPARED))
    started = {"state": "in_force", "in_force": day}
    live = regime_in_force(
        row, case.settings.as_of
    )  # one in force stays as it is: hours were observed under it
    on = [] if live else [Override("regimes", "set", (regime_id,), started, COMPARED)]
    opened = _opened_access(case, row, terms)
    if opened:
        on.append(Override("access", "set", opened, {"rule": "allowed", "regime_id": regime_id}, COMPARED))
    base = [find_scenario(case.folder, name) for name in case.settings.trade_state] if case.folder else []
    without, with_it = variant(SUSPENDED, off), variant(IN_FORCE, on)
    return RegimeStates(
        case,
        row,
        tuple(terms),
        replace(without, title="Without the regime"),
        replace(with_it, title="With the regime"),
        tuple(base),
    )


def _implied(like: Row, access: pl.DataFrame) -> Row:
    """The term that no truck is changed, of a regime that does not state it but whose access rules let trucks in."""
    blank = dict.fromkeys(like)
    said = {
        "term_id": f"{like['regime_id']}_access",
        "regime_id": like["regime_id"],
        "leg": "border",
        "mode": ROAD,
    }
    level = {"quantity": "swap_needed", "value": 0.0, "unit": "1", "op": "set"}
    basis, source = worst_basis(*access["basis"]), join_sources(*access["source_id"])
    return blank | said | level | {"basis": basis, "source_id": source}


def _opened_access(case: Case, regime: Row, terms: Sequence[Row]) -> tuple[str, ...]:
    """Access rules between the parties that the regime opens, where its text asks for no permit."""
    free = any(row["quantity"] == "permit_needed" and row["value"] == 0.0 for row in terms)
    parties = set(regime["parties"])
    rows = case["access"].iter_rows(named=True)
    between = [r for r in rows if r["country"] in parties and r["vehicle_registration"] in parties]
    return tuple(r["access_id"] for r in between if free and r["mode"] == ROAD and r["rule"] != "allowed")
