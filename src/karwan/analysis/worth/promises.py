"""Promises ranked by what they are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.amounts import dollars, number
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.plan import commitment_table
from karwan.analysis.trade_flows import TradeFlow, ValuedTrade, valued_trade
from karwan.analysis.worth.flows import Flow, default_flows, flows_of, require_trade, trade_text
from karwan.analysis.worth.obstacle import obstacle_text
from karwan.analysis.worth.states import NOW, PARAMETERS, Change, Outcome, Plan, State
from karwan.appraisal.worth import Floats, rule_of_half
from karwan.case import Case
from karwan.case.scenario import Scenario, ScenarioError, list_scenarios
from karwan.errors import KarwanError
from karwan.notes import Note, note
from karwan.schema.frames import result_frame, result_types
from karwan.trade.parties import DIRECTIONS
from karwan.transport.network import worst_basis

Bools = npt.NDArray[np.bool_]
MONTHS = 12.0
ROUNDING = 1e-11  # shares that sum to 1 within the last digits
FIGURES = (
    *("usd_t", "hours_t", "usd_year", "low_usd_year", "high_usd_year", "usd_year_response"),
    *(
        "usd_year_target",
        "usd_year_kept",
        "duty_usd_year",
        "net_usd_year",
        "low_net_usd_year",
        "high_net_usd_year",
        "net_usd_year_target",
        "net_usd_year_kept",
        "delay_net_usd_month",
    ),
)


@dataclass(frozen=True)
class PlanWorth:
    """What `karwan plan worth` prints.

    Attributes
    ----------
    promises
        One row a promise, the one worth most net of duty first, those without a figure last; see `results/plan_worth.csv`.
    inputs
        The worth with one input at either end of its range; see `results/plan_worth_inputs.csv`.
    flows
        Flows valued; see `results/plan_worth_flows.csv`.
    text
        What the figures rest on.
    """

    promises: pl.DataFrame
    inputs: pl.DataFrame
    flows: pl.DataFrame
    text: tuple[str | Note, ...]


def plan_worth(
    case: Case,
    as_of: date,
    *,
    demand: pl.DataFrame | None = None,
    kept: bool = True,
    ranges: bool = True,
    study: CorridorStudy | None = None,
) -> PlanWorth:
    """What each promise is worth a year; see `karwan.appraisal.worth` and docs/plan.md.

    Parameters
    ----------
    case
        Case; the worth is reckoned from where it stands, scenarios it stands under included.
    as_of
        Day of departure and of what is known.
    demand
        origin_id, destination_id, product_id, t_day; the yearly trade (`trade_flows`) spread over the case's goods where None.
    kept
        Also the worth of each promise as the last one to be kept.
    ranges
        Also the worth at either end of the inputs' ranges.
    study
        Corridors of the case on the day, where they are at hand: their networks are not built again, nor their routes looked for.

    Raises
    ------
    InvalidInput
        No trade between the parties is known, or the demand is not between them.
    """
    study = CorridorStudy(case, as_of) if study is None else study
    table = commitment_table(case, as_of)
    scenarios, reasons = promise_scenarios(study, table)
    if not scenarios:
        return PlanWorth(
            _ranked(table, {}, reasons), *_empty(), ("No scenario models a promise of the plan.",)
        )
    trade = require_trade(case, as_of) if demand is None else None
    flows, text = _flows(study, trade, demand)
    one = {name: frozenset((name,)) for name in scenarios}
    chosen = {name: scenario for name, (scenario, _) in scenarios.items()}
    cases = {NOW: case} | {one[name]: changed for name, (_, changed) in scenarios.items()}
    if kept:
        together_cases, refusal = _kept_together(study, chosen)
        cases |= together_cases
        kept = not refusal
        text += refusal
    plan = Plan(study, pinned_scenarios(study, chosen), flows, cases)
    found = _Worths(plan, trade, as_of)
    every = frozenset(scenarios) if kept else None
    figures = {
        name: found.figures(state, every) | {"modelled_as": chosen[name].title} for name, state in one.items()
    }
    inputs = result_frame("plan_worth_inputs", _ranges(found, one, chosen) if ranges else ())
    weakest = _flow_basis(demand)
    for name, own in figures.items():
        own["obstacle"] = obstacle_text(case, cases[one[name]], chosen[name])
        own["basis"] = worst_basis(chosen[name].basis, weakest)
        own |= _range(own, inputs.filter(pl.col("scenario_id") == name))
    text += found.text()
    return PlanWorth(_ranked(table, figures, reasons), inputs, _flow_table(flows), tuple(text))


def _flow_basis(demand: pl.DataFrame | None) -> str:
    """Flows spread over goods and places are assumed, given ones are taken as observed."""
    return "assumed" if demand is None else "observed"


def _kept_together(
    study: CorridorStudy, chosen: Mapping[str, Scenario]
) -> tuple[dict[State, Case], list[str]]:
    """The case with all promises kept, and with all but each one; a sentence where they contradict one another."""
    try:
        return _company(study, chosen), []
    except ScenarioError as error:
        return {}, [f"The promises cannot all be kept together: {error.problems[0].line()}"]


def _flows(
    study: CorridorStudy, trade: Mapping[str, TradeFlow] | None, demand: pl.DataFrame | None
) -> tuple[list[Flow], list[str | Note]]:
    """Flows that are valued, from the trade of a year or as given, and what they rest on."""
    if trade is None:
        assert demand is not None
        flows = flows_of(study, demand)
        return flows, [f"{len(flows)} flows as given with --demand."]
    flows, said = default_flows(study, trade)
    return flows, [*(trade_text(study.case, trade[way]) for way in DIRECTIONS), said]


def _company(study: CorridorStudy, scenarios: Mapping[str, Scenario]) -> dict[State, Case]:
    """The case with all promises kept, and with all but each."""
    every = frozenset(scenarios)
    found = {}
    for state in dict.fromkeys((every, *(every - {name} for name in scenarios))):
        if len(state) > 1:
            found[state] = study.under([scenarios[name] for name in scenarios if name in state])
    return found


def promise_scenarios(
    study: CorridorStudy, table: pl.DataFrame
) -> tuple[dict[str, tuple[Scenario, Case]], dict[str, str]]:
    """Scenarios of the promises still to be kept and the case under each, and why a promise has no figure, by commitment."""
    found: dict[str, tuple[Scenario, Case]] = {}
    reasons: dict[str, str] = {}
    case = study.case
    stands = {s.scenario_id for s in case.scenarios}
    for row in table.iter_rows(named=True):
        key, name = row["commitment_id"], row["scenario_id"]
        if name is None:
            reasons[key] = "no scenario models it"
        elif row["status"] == "done":
            reasons[key] = "done: its effect stands in the case"
        elif name in stands:
            reasons[key] = "already supposed: the case stands under it"
        elif case.folder is None:
            reasons[key] = "the case was not read from a folder"
        elif name not in found:
            try:
                scenario = study.scenario(name)
                found[name] = (scenario, study.under([scenario]))
            except KarwanError as error:
                reasons[key] = f"its scenario cannot be used: {error.fact}"
    return found, reasons


def other_scenarios(study: CorridorStudy, table: pl.DataFrame) -> dict[str, tuple[Scenario, Case]]:
    """Scenarios of a case that no promise names, and the case under each; one that does not fit is left to `karwan case check`."""
    case = study.case
    if case.folder is None:
        return {}
    named = {*table["scenario_id"].drop_nulls(), *(one.scenario_id for one in case.scenarios)}
    found = {}
    for scenario in list_scenarios(case.folder):
        if scenario.scenario_id not in named:
            with suppress(KarwanError):
                found[scenario.scenario_id] = (scenario, study.under([scenario]))
    return found


class _Worths:
    """Falls of the landed cost from the case as it stands to another state."""

    def __init__(self, plan: Plan, trade: Mapping[str, TradeFlow] | None, as_of: date) -> None:
        self.plan, self.trade = plan, trade
        self.valued = valued_trade(plan.case, as_of, trade) if trade else None
        self.base = plan.outcome()
        self.elasticity = plan.parameters.get("trade_elasticity")
        self.target = self._target()

    def _target(self) -> tuple[str, float] | None:
        """Name of the first turnover target, and its value in USD."""
        wanted = (pl.col("quantity") == "turnover") & (pl.col("unit") == "USD")
        rows = self.plan.case["targets"].filter(wanted).sort("due", "target_id", nulls_last=True)
        if not rows.height or not self.valued_usd:
            return None
        return str(rows["title"][0]), float(rows["value"][0])

    @cached_property
    def valued_usd(self) -> float:
        """Value of the flows, USD a year."""
        goods = [
            own[pair]
            for (routes, _), own in zip(self.plan.groups, self.plan.goods, strict=True)
            for pair in routes.pairs
        ]
        return sum(float(g.price_usd_t @ g.tonnes_year) for g in goods)

    def change(self, outcome: Outcome, before: State, after: State) -> Change:
        """Landed cost of each flow in two states."""
        return outcome.change(self.plan.states.index(before), self.plan.states.index(after))

    def fall(self, outcome: Outcome, before: State, after: State) -> tuple[Floats, Bools]:
        """Fall of the landed cost of each flow, USD/t, 0 where it has a way in neither state; nan where it has one in only one."""
        one, two = self.change(outcome, before, after).logsum_usd_t
        neither = np.isinf(one) & np.isinf(two)
        with np.errstate(invalid="ignore"):
            change = np.where(neither, 0.0, one - two)
        return np.where(np.isinf(change), np.nan, change), neither

    def usd_year(self, outcome: Outcome, before: State, after: State) -> float:
        """Worth at the flows of an outcome; nan where a flow gains or loses its only way."""
        return float(outcome.tonnes_year @ self.fall(outcome, before, after)[0])

    def duty_usd_year(self, outcome: Outcome, before: State, after: State) -> float:
        """Customs duty no longer paid in a state, over the flows that have a way in both; 0 where nothing but rounding moves."""
        _, lost = self.fall(outcome, before, after)
        duty = self.change(outcome, before, after).duty_usd_t
        return float(np.where(lost, 0.0, outcome.tonnes_year) @ _change(duty, lost))

    def net_usd_year(self, outcome: Outcome, before: State, after: State) -> float:
        """Worth net of duty: what is left when the treasuries' loss is set against the gain of trade."""
        return self.usd_year(outcome, before, after) - self.duty_usd_year(outcome, before, after)

    def figures(self, state: State, every: State | None) -> dict[str, Any]:
        """Columns of a promise that brings about a state."""
        base, change = self.base, self.change(self.base, NOW, state)
        fall, lost = self.fall(base, NOW, state)
        if np.isnan(fall).any():
            word = "opens the only way of" if (np.isinf(change.logsum_usd_t[0]) & ~lost).any() else "cuts off"
            return {
                **dict.fromkeys(FIGURES),
                "reason": f"{word} {int(np.isnan(fall).sum())} of {fall.size} flows",
            }
        served = np.where(lost, 0.0, base.tonnes_year)
        total = float(served.sum())

        usd_year, duty = float(served @ fall), self.duty_usd_year(base, NOW, state)
        net = usd_year - duty
        found: dict[str, Any] = {
            "usd_t": usd_year / total if total else None,
            "hours_t": float(served @ _change(change.hours, lost)) / total if total else None,
            "usd_year": usd_year,
            "duty_usd_year": duty,
            "net_usd_year": net,
            "usd_year_target": self._at_target(usd_year),
            "net_usd_year_target": self._at_target(net),
            **_base_columns(self.valued),
            "delay_net_usd_month": net / MONTHS,
            **self._kept(state, every),
            "reason": "" if usd_year else "moves no cost of these flows as things stand",
        }
        if self.elasticity is not None:
            known = ~lost
            gain = rule_of_half(change.ratio[known], fall[known], served[known], self.elasticity)
            found["usd_year_response"] = float(gain.sum())
        return found

    def _at_target(self, worth: float) -> float | None:
        """Worth a dollar of the flows valued, times the target."""
        return worth / self.valued_usd * self.target[1] if self.target else None

    def _kept(self, state: State, every: State | None) -> dict[str, float | None]:
        """Worth of the last promise to be kept, with and without duty; nothing where they exclude one another."""
        if every is None:
            return {}
        before = every - state
        return {
            "usd_year_kept": _known(self.usd_year(self.base, before, every)),
            "net_usd_year_kept": _known(self.net_usd_year(self.base, before, every)),
        }

    def text(self) -> list[str | Note]:
        """What the reader must know."""
        case = self.plan.case
        said: list[str | Note] = [
            *_base_notes(self.valued, self.target),
            "USD a year: tonnes x fall of the landed cost that shippers expect (price, freight, papers, securities, insurance, duty, time and reserve), choice "
            "among the routes of the named corridors, the best of all and the best ways round its crossings, the same routes in every state.",
            "Duty no longer paid is a transfer from the treasuries to trade, no worth: promises rank by their worth net of it.",
            "Low and high: each input alone at either end of the range the case gives it, joined as the root of the sum of squares; what a "
            "scenario itself supposes has no range and stays as it is.",
        ]
        if self.elasticity is not None:
            said.append(
                f"With response: trade answers to its landed cost with elasticity {self.elasticity:g} (assumed), rule of the half."
            )
        if self.target:
            said.append(
                f"At the target: {self.target[0]}; worth for each dollar of the flows valued ({dollars(self.valued_usd)}), times the target, goods and ways "
                "as they are. It is no forecast: nothing here says that the flows get there."
            )
        said.append(
            "A crossing that reopens is taken as open all year, and no queue of the trade a promise brings is reckoned."
        )
        said.append(
            "Promises of one scenario share one worth: do not add them. Nor do promises that act on the same routes add up. "
            "A promise worth 0 from here may be worth something once another is kept: `karwan plan worth CASE --scenario NAME`."
        )
        if any(len(state) > 1 for state in self.plan.states):
            said.append("Last kept: worth of the promise when all the others are kept.")
        if case.under:
            said.append(f"{case.under}: the worth is reckoned from there.")
        return [*said, *_other_base(case)]


def _base_notes(valued: ValuedTrade | None, target: tuple[str, float] | None) -> list[Note]:
    """Trade of which year is valued, the newest in all beside it, and how far the target is from that."""
    if valued is None:
        return []
    key = "plan.valued" if valued.is_newest else "plan.valued_beside"
    aim = note("plan.target_times", times=number(target[1] / valued.newest_usd, 1)) if target else ""
    return [note(key, aim=aim, **_base_columns(valued))]


def _base_columns(valued: ValuedTrade | None) -> dict[str, Any]:
    """Columns that say which trade is valued; empty where flows were given."""
    if valued is None:
        return {}
    return {
        "flows_year": valued.year_label,
        "flows_usd": valued.usd,
        "newest_year": valued.newest_label,
        "newest_usd": valued.newest_usd,
    }


def _other_base(case: Case) -> list[str]:
    """What tells this answer from that of `scenario trade`, where trade was made in a state that the case is not in."""
    made = set(case.settings.trade_state) - {one.scenario_id for one in case.scenarios}
    if not made:
        return []
    return [
        f"Base: the case as it stands. `karwan scenario trade` and `scenario regime` start from the state trade was made in "
        f"({', '.join(sorted(made))} in force), so what is worth 0 from here can move trade from there: `karwan plan worth CASE --scenario "
        f"{sorted(made)[0]}` starts from there too."
    ]


def _change(table: Floats, lost: Bools) -> Floats:
    """Fall from one state to another, shape (F,); 0 for flows without a way and where nothing but rounding moves."""
    with np.errstate(invalid="ignore"):
        change = np.where(lost, 0.0, table[0] - table[1])
        rounding = np.abs(change) < ROUNDING * np.abs(table[0])
    return np.where(rounding, 0.0, change)


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else value


def _ranges(
    found: _Worths, states: Mapping[str, State], chosen: Mapping[str, Scenario]
) -> list[dict[str, Any]]:
    """Worth of each scenario with one input at either end of its range."""
    plan, rows = found.plan, []
    columns = list(result_types("plan_worth_inputs"))
    table = plan.case["parameters"].filter(
        pl.col("parameter_id").is_in(PARAMETERS) & pl.col("low").is_not_null() & pl.col("high").is_not_null()
    )
    tried: list[tuple[str, float, float, float, list[Outcome]]] = []
    for name, label, value, low, high in table.select(
        "parameter_id", "description", "value", "low", "high"
    ).iter_rows():
        ends = [plan.outcome({name: end}) for end in (low, high)]
        tried.append((str(label).rstrip("."), value, low, high, ends))
    for way, flow in (found.trade or {}).items():
        value, low, high = flow.value_usd, flow.low_usd, flow.high_usd
        if value and low < high:
            ends = [plan.outcome(None, {way: end / value}) for end in (low, high)]
            tried.append(
                (f"Trade {plan.case.parties.label(way)}, as either side reports it", value, low, high, ends)
            )
    for label, value, low, high, ends in tried:
        for name, state in states.items():
            at = [_known(found.usd_year(outcome, NOW, state)) for outcome in ends]
            net = [_known(found.net_usd_year(outcome, NOW, state)) for outcome in ends]
            rows.append(
                dict(
                    zip(columns, (name, chosen[name].title, label, value, low, high, *at, *net), strict=True)
                )
            )
    return rows


def _range(own: Mapping[str, Any], inputs: pl.DataFrame) -> dict[str, Any]:
    """Low and high of a worth and of what is left net of duty, and the input that moves the worth most."""
    found: dict[str, Any] = {"moved_most_by": ""}
    for column in ("usd_year", "net_usd_year"):
        value = own[column]
        known = value is not None and inputs.height > 0
        moves = _moves(value, inputs.select(f"{column}_low", f"{column}_high")) if known else None
        found[f"low_{column}"] = None if moves is None else value - float(np.sqrt((moves[:, 0] ** 2).sum()))
        found[f"high_{column}"] = None if moves is None else value + float(np.sqrt((moves[:, 1] ** 2).sum()))
        if column == "usd_year" and moves is not None:
            wide = moves[:, 1] - moves[:, 0]
            found["moved_most_by"] = inputs["input"][int(np.argmax(wide))] if wide.max() > 0 else ""
    return found


def _moves(value: float, ends: pl.DataFrame) -> Floats:
    """How far each input moves a worth down and up, shape (I, 2); an unknown end does not move it."""
    moves = np.nan_to_num(ends.to_numpy() - value)
    return np.stack([np.minimum(moves, 0.0).min(axis=1), np.maximum(moves, 0.0).max(axis=1)], axis=1)


def _ranked(
    table: pl.DataFrame, figures: Mapping[str, Mapping[str, Any]], reasons: Mapping[str, str]
) -> pl.DataFrame:
    shared = table["scenario_id"].drop_nulls().to_list()
    rows = []
    for row in table.iter_rows(named=True):
        key, name = row["commitment_id"], row["scenario_id"]
        own = figures.get(name, {}) if key not in reasons else {}
        head = {
            c: row[c]
            for c in ("commitment_id", "title", "domain", "due", "status", "late", "scenario_id", "needs")
        }
        rows.append(
            {**head, "shared": shared.count(name) if name else None, "reason": reasons.get(key), **own}
        )
    order = sorted(
        rows,
        key=lambda r: (
            r.get("usd_year") is None,
            -(r.get("net_usd_year") or 0.0),
            r["scenario_id"] or "~",
            r["due"] or date.max,
            r["commitment_id"],
        ),
    )
    known = [row["scenario_id"] for row in order if row.get("usd_year") is not None]
    ranks = {name: rank for rank, name in enumerate(dict.fromkeys(known), start=1)}
    for row in order:
        row["rank"] = ranks.get(row["scenario_id"])
    return result_frame("plan_worth", order)


def _flow_table(flows: Sequence[Flow]) -> pl.DataFrame:
    columns = list(result_types("plan_worth_flows"))
    rows = ((f.direction, f.origin, f.destination, f.product_id, f.tonnes_year) for f in flows)
    return result_frame("plan_worth_flows", (dict(zip(columns, row, strict=True)) for row in rows))


def _empty() -> tuple[pl.DataFrame, pl.DataFrame]:
    return result_frame("plan_worth_inputs"), _flow_table(())
