"""Terms of transit regimes as inputs of the joint draws: what a text leaves open, drawn within its range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from karwan.analysis.regime.states import FREES, RegimeStates, Row
from karwan.analysis.regime.worth import observed_shares, without_terms
from karwan.appraisal.coupling.draws import Spread, Within
from karwan.case import Case
from karwan.transport.network.regimes import CARGO, CHECKS

SWAPS = ("truck_swap_time_h", "truck_swap_cost_usd")
"""Parameters of a change of trucks, drawn with the terms."""
JUDGED_USD, JUDGED_H = "cost of papers judged", "hours of papers judged"
JUDGED = 1.5
"""Factor between the middle and either end of what is judged of papers: judgement."""
YES = 0.5
"""Level from which a term that is yes or no counts as yes."""
ENDS = ("low", "high")
Levels = Mapping[str, float]
"""Levels of rows by id."""


@dataclass(frozen=True)
class TermDraws:
    """Rows of regime_terms with a range, of every regime, and the case at levels drawn for them.

    A row is drawn between its ends, straight from its value; how long a check takes at a border is one fact, whichever regime states it.
    """

    states: RegimeStates
    _cases: dict[tuple[str, frozenset[tuple[str, float]]], Case] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Rows with a range."""
        return tuple(row for row in self.states.bare["regime_terms"].to_dicts() if _is_open(row))

    @cached_property
    def spreads(self) -> tuple[Within | Spread, ...]:
        """What is drawn beside the inputs of trade: places of facts within their ranges, -1 to 1, and what is judged of papers and of changes of trucks."""
        facts = dict.fromkeys(_fact(row) for row in self.rows)
        case = self.states.bare
        own = case["parameters"].filter(pl.col("parameter_id").is_in(SWAPS) & pl.col("low").is_not_null())
        swaps = own.sort("parameter_id").select("parameter_id", "value", "low", "high").rows()
        return (
            *(Within(fact, 0.0, -1.0, 1.0) for fact in facts),
            *(Spread(*row) for row in swaps if 0 < row[2] <= row[1] <= row[3]),
            Spread(JUDGED_USD, 1.0, 1.0 / JUDGED, JUDGED),
            Spread(JUDGED_H, 1.0, 1.0 / JUDGED, JUDGED),
        )

    def levels(self, at: Mapping[str, float]) -> dict[str, float]:
        """Levels of the rows in a draw; a term that is yes or no is one of them."""
        return {row["term_id"]: _level(row, at[_fact(row)]) for row in self.rows}

    @property
    def ends(self) -> tuple[dict[str, float], dict[str, float]]:
        """Levels with all rows at the low and all at the high ends of their ranges."""
        low, high = ({row["term_id"]: float(row[end]) for row in self.rows} for end in ENDS)
        return low, high

    # -- cases -----------------------------------------------------------------------------------------------

    def cases(self, levels: Levels, at: Mapping[str, float]) -> tuple[Case, Case]:
        """The case without and with the regime at drawn levels, changes of trucks as drawn too."""
        swaps = drawn_swaps(at)
        return _at_levels(self.before(levels), {}, swaps), _at_levels(self.after("", (), levels), {}, swaps)

    def before(self, levels: Levels) -> Case:
        """The case without the regime at drawn levels of the others."""
        return _at_levels(self.states.before, levels, {})

    def after(self, name: str, dropped: Sequence[Row], levels: Levels) -> Case:
        """The case with the regime in force at drawn levels.

        Parameters
        ----------
        name, dropped
            Name of a variant, and rows that it lacks: shares checked go back to those observed at these levels.
        """
        gone = {row["term_id"] for row in dropped}
        flips = {
            row["term_id"]: levels[row["term_id"]]
            for row in self.rows
            if row["regime_id"] == self.states.row["regime_id"]
            and row["term_id"] not in gone
            and _flips(row, levels)
        }
        key = name, frozenset(flips.items())
        if key not in self._cases:
            variant = without_terms(self.states, dropped, f"drawn {name}", flips)
            self._cases[key] = self.states.case(variant)
        seen = observed_shares(_at_levels(self.states.bare, levels, {}), dropped) if dropped else {}
        return _at_levels(self._cases[key], {**levels, **seen}, {})


def drawn_swaps(at: Mapping[str, float]) -> dict[str, float]:
    """Changes of trucks among the inputs drawn."""
    return {name: at[name] for name in SWAPS if name in at}


def _is_open(row: Row) -> bool:
    """Whether a row has a range that its level may take."""
    known = row["value"] is not None and row["low"] is not None and row["high"] is not None
    return bool(
        known
        and row["quantity"] != CARGO
        and row["low"] <= row["value"] <= row["high"]
        and row["low"] < row["high"]
    )


def _fact(row: Row) -> str:
    """Name of what is drawn for a row: hours that a check takes at a place are one fact, the rest is each text's own."""
    if row["quantity"] in {f"{check}_h" for check in CHECKS}:
        return f"{row['quantity']} {row['place_id'] or ''}".strip()
    return str(row["term_id"])


def _level(row: Row, place: float) -> float:
    """Level of a row at a place in its range, -1 its low end and 1 its high end."""
    level = row["value"] + (row["high"] - row["value"] if place > 0 else row["value"] - row["low"]) * place
    return float(level) if row["quantity"] not in FREES else float(level >= YES)


def _flips(row: Row, levels: Mapping[str, float]) -> bool:
    return row["quantity"] in FREES and levels[row["term_id"]] != row["value"]


def _at_levels(case: Case, levels: Mapping[str, float], swaps: Mapping[str, float]) -> Case:
    """A case with terms and parameters at drawn levels."""
    tables = {}
    for name, key, drawn in (("regime_terms", "term_id", levels), ("parameters", "parameter_id", swaps)):
        if drawn:
            value = pl.col(key).replace_strict(dict(drawn), default=pl.col("value"), return_dtype=pl.Float64)
            tables[name] = case[name].with_columns(value=value)
    return case.with_tables(tables) if tables else case
