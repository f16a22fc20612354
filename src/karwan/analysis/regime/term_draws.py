"""Terms of transit regimes as inputs of the joint draws: what a text leaves open, drawn within its range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.regime.legs import FEW
from karwan.analysis.regime.states import FREES, IN_FORCE, RegimeStates, Row
from karwan.analysis.regime.worth import end_scenarios, term_groups
from karwan.analysis.worth.states import StateMove
from karwan.appraisal.coupling.draws import Spread, Within
from karwan.case import Case
from karwan.case.scenario import Scenario
from karwan.transport.network.regimes import CARGO, CHECKS, BorderTerms, Regimes

SWAPS = ("truck_swap_time_h", "truck_swap_cost_usd")
"""Parameters of a change of trucks, drawn with the terms."""
JUDGED_USD, JUDGED_H = "cost of papers judged", "hours of papers judged"
JUDGED = 1.5
"""Factor between the middle and either end of what is judged of papers: judgement."""
YES = 0.5
"""Level from which a term that is yes or no counts as yes."""
ENDS = ("low", "high")


@dataclass(frozen=True)
class TermDraw:
    """One draw: levels of rows by id, and of each term the part of the way from its low to its high end that it is moved."""

    levels: Mapping[str, float]
    shares: Mapping[str, float]

    def flips(self, rows: Iterable[Row]) -> list[Row]:
        """Rows that are yes or no, and the other than stated."""
        return [row for row in rows if _is_open(row) and _flips(row, self.levels)]


@dataclass(frozen=True)
class TermDraws:
    """Rows of regime_terms with a range, of every regime, and how far a draw moves the states of one.

    A row is drawn between its ends, straight from its value; how long a check takes at a border is one fact, whichever regime states it.
    """

    states: RegimeStates
    _flipped: dict[frozenset[tuple[str, float]], Case] = field(
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

    def draw(self, at: Mapping[str, float]) -> TermDraw:
        """Where a draw puts each row and term."""
        levels = self.levels(at)
        return TermDraw(levels, {name: self._share(name, own, levels) for name, own in self.groups.items()})

    # -- cases -----------------------------------------------------------------------------------------------

    def cases(self, levels: Mapping[str, float], at: Mapping[str, float]) -> tuple[Case, Case]:
        """The case without and with the regime at drawn levels."""
        flips = frozenset((r["term_id"], levels[r["term_id"]]) for r in self._own if _flips(r, levels))
        if flips not in self._flipped:
            states, name = self.states, "regime_drawn"
            self._flipped[flips] = states.case(states.at_levels(name, dict(flips))) if flips else states.after
        swaps = {name: at[name] for name in SWAPS if name in at}
        without, with_it = (
            _at_levels(one, levels, swaps) for one in (self.states.before, self._flipped[flips])
        )
        return without, with_it

    # -- states of a plan ------------------------------------------------------------------------------------

    @property
    def _own(self) -> list[Row]:
        return [row for row in self.rows if row["regime_id"] == self.states.row["regime_id"]]

    @cached_property
    def groups(self) -> dict[str, list[Row]]:
        """Terms of the regime that are drawn, each with all of its rows."""
        drawn = {row["term_id"] for row in self._own}
        grouped = term_groups(self.states.terms)
        return {name: rows for name, rows in grouped.items() if drawn & {r["term_id"] for r in rows}}

    @cached_property
    def ends(self) -> dict[str, Scenario]:
        """The regime with each of its terms that are drawn at either end of its range, by `end_name`."""
        found: dict[str, Scenario] = {}
        for name, rows in self.groups.items():
            found |= end_scenarios(self.states, name, rows)
        return found

    def moves(
        self, draw: TermDraw, number: Callable[[str], int], *, but: str = "", only: str = ""
    ) -> list[StateMove]:
        """How far a draw moves the state with the regime in force between the states at the ends of its terms.

        Parameters
        ----------
        draw
            Where it puts each row and term.
        number
            Number of a state in a plan by its name: those of `ends`, and `IN_FORCE`.
        but, only
            Term left out, or the only one that counts.
        """
        found = []
        for name, rows in self.groups.items():
            if name == but or only not in ("", name):
                continue
            low, high = (number(f"{end} {name}") for end in ENDS)
            for row in draw.flips(rows):
                end = high if draw.levels[row["term_id"]] == row["high"] else low
                found.append(StateMove(number(IN_FORCE), end, 1.0))
            if draw.shares[name]:
                found.append(StateMove(low, high, draw.shares[name]))
        return found

    def _share(self, name: str, rows: list[Row], levels: Mapping[str, float]) -> float:
        """Part of the way from the low to the high end of a term that a draw moves it from where it stands."""
        plain = [row for row in rows if row["quantity"] not in FREES]
        if not any(_is_open(row) for row in plain):
            return 0.0
        drawn, middle = self._size(name, plain, levels), self._size(name, plain, {})
        low, high = (
            self._size(name, plain, {r["term_id"]: float(r[end]) for r in plain if _is_open(r)})
            for end in ENDS
        )
        return (drawn - middle) / (high - low) if high != low else 0.0

    def _size(self, name: str, rows: list[Row], levels: Mapping[str, float]) -> float:
        """What a term comes to at levels: hours of a check against those observed, cost of a security a dollar at risk, USD of fees and papers."""
        what = name.removeprefix("share ")
        for check in CHECKS:
            if what.startswith(check):
                return self._checked_h(check, levels)
        own = {r["quantity"]: levels.get(r["term_id"], r["value"]) or 0.0 for r in rows}
        if name == "guarantee":
            tied = own.get("cash_margin_share", 0.0) * own.get("interest_share_year", 0.0)
            costs = own.get("guarantee_premium_share", 0.0) + tied * own.get("tied_days", 0.0) / YEAR_DAYS
            return own.get("guaranteed_share", 1.0) * costs
        return float(sum(own.values()))

    @cached_property
    def _tables(self) -> tuple[list[Row], ...]:
        return tuple(self.states.after[name].to_dicts() for name in ("regimes", "regime_terms", "fees"))

    def _checked_h(self, what: str, levels: Mapping[str, float]) -> float:
        """Hours of a check under the regime over those that the observed hours hold under, all its parties together."""
        known, usual, fees = self._tables
        terms = [{**row, "value": levels.get(row["term_id"], row["value"])} for row in usual]
        regimes = Regimes(known, terms, fees, self.states.bare.settings.as_of)
        parties = sorted(self.states.row["parties"])[:FEW]
        found = 0.0
        for country, registration in [(c, r) for c in parties for r in parties if c != r]:
            change = regimes.change(country, registration, direction="inbound")
            if (
                change and change[0].hours
            ):  # the cheapest lawful regime may state no checks: those observed stay
                found += _hours_of(change[0], what) - _hours_of(change[1], what)
        return found


def _is_open(row: Row) -> bool:
    """Whether a row has a range that its level may take."""
    known = row["value"] is not None and row["low"] is not None and row["high"] is not None
    return bool(
        known
        and row["quantity"] != CARGO
        and row["low"] <= row["value"] <= row["high"]
        and row["low"] < row["high"]
    )


def _hours_of(bundle: BorderTerms, what: str) -> float:
    """Mean hours of a check."""
    share, hours = bundle.checks.get(what, (None, None))
    return share.value * hours.value if share and hours else 0.0


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
