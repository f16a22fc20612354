"""What the next plan should say: promises chosen by what they are worth to each side, with wording, owner, observable, term and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from karwan.analysis.case_requests import DraftRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.promised import PromisedWelfare
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.plan import commitment_table
from karwan.analysis.worth.obstacle import obstacle_text
from karwan.analysis.worth.promises import plan_worth, promise_scenarios
from karwan.case import Case
from karwan.case.scenario import Scenario, apply_scenario, differences, list_scenarios
from karwan.errors import InvalidInput, KarwanError
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

LEAST_USD = 1_000.0
"""Worth a year below which a promise is not proposed: less than the figures can tell."""
NUMBERS = 3  # cells named as what can be observed
YEARS = 2
EVIDENCE = {
    "closures": "a notice of either customs service, and thirty days of crossings counted at the place",
    "crossing_times": "hours counted at the place for three months, by CPMM or by both customs services",
    "crossings": "a published timetable, and one month kept to it",
    "tariffs": "the decision gazetted by the importing side, and the first declaration at the new rate",
    "regimes": "both instruments of ratification, and the first truck under the regime",
    "regime_terms": "the signed text, and the first truck under its terms",
    "access": "the signed protocol, and permits issued",
    "links": "the first regular train or truck with goods, and its waybill",
    "services": "a published schedule, and three months kept to it",
    "rates": "a published tariff, and three invoices",
    "fees": "the notice that lifts it, and three receipts",
    "transfers": "dwell of boxes published by the terminal for three months",
}


@dataclass(frozen=True)
class Candidate:
    """Something the next plan could promise.

    Attributes
    ----------
    scenario
        What models it.
    promises
        Rows of the old plan that it would keep; none where it is new.
    figures
        Worth in equilibrium, see `results/plan_worth.csv`.
    band
        Low and high of the worth at today's flows net of duty; nothing where it was not reckoned.
    changed
        The case under it.
    """

    scenario: Scenario
    promises: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, Any]
    band: tuple[float | None, float | None]
    changed: Case

    def gain(self, who: str) -> float:
        """What ranks it."""
        return (
            float(self.figures["usd_year_ge"]) if who == "both" else float(self.figures[f"usd_year_ge_{who}"])
        )

    def loser(self) -> str:
        """Side that loses by it: 'a', 'b', or nothing."""
        sides = [side for side in ("a", "b") if (self.figures[f"usd_year_ge_{side}"] or 0.0) < -LEAST_USD]
        return sides[0] if sides else ""


def answer_draft(inputs: Inputs, request: DraftRequest) -> Result:
    """Promises proposed, what was left out, and what becomes of the old plan's."""
    case = inputs.the_case()
    day = request.as_of or case.settings.as_of
    start = request.start or case.settings.plan_end
    end = request.end or date(start.year + YEARS, start.month, min(start.day, 28))
    if end <= start:
        raise InvalidInput("The plan ends before it starts.", f"{start} to {end}", "give --to after --from.")
    side = _side(case, request.who)
    table = commitment_table(case, day)
    found = candidates(case, day, table)
    chosen, left = choose_promises(case, found, request.most, side)
    old = _old_rows(table, chosen, left)
    tables = {
        "draft": result_frame("draft_promises", _draft_rows(case, chosen, start, end)),
        "left out": result_frame("draft_left_out", left),
        "old plan": result_frame("draft_old_plan", old),
    }
    meta = {"case": case.settings.case_id, "as_of": day, "from": start, "to": end, "who": request.who}
    return Result(tables, meta, tuple(_notes(case, found, chosen, table)))


def _side(case: Case, who: str) -> str:
    """'both', or the side that a country is."""
    codes = dict(zip(case.parties.codes, ("a", "b"), strict=True))
    if who != "both" and who not in codes:
        raise InvalidInput("who names no side of the plan.", f"{who!r}", f"give {', '.join(codes)} or both.")
    return codes.get(who, "both")


def candidates(case: Case, day: date, table: pl.DataFrame) -> list[Candidate]:
    """Scenarios of promises still to be kept, and those of the case that no promise names yet."""
    scenarios, _ = promise_scenarios(case, table)
    named = set(table["scenario_id"].drop_nulls())
    every = dict(scenarios)
    stands = {s.scenario_id for s in case.scenarios}
    for one in list_scenarios(case.folder) if case.folder is not None else ():
        if one.scenario_id in named | stands:
            continue
        try:
            every[one.scenario_id] = (one, apply_scenario(case, one))
        except KarwanError:
            continue  # `karwan case check` lists scenarios that do not fit
    if not every:
        return []
    welfare = PromisedWelfare(CorridorStudy(case, day), read_world_trade(case), every)
    bands = _bands(case, day) if scenarios else {}
    rows = list(table.iter_rows(named=True))
    return [
        Candidate(
            scenario,
            tuple(row for row in rows if row["scenario_id"] == name and row["status"] != "done"),
            welfare.columns(name, "parties"),
            bands.get(name, (None, None)),
            changed,
        )
        for name, (scenario, changed) in every.items()
    ]


def _bands(case: Case, day: date) -> dict[str, tuple[float | None, float | None]]:
    """Low and high worth net of duty of each scenario at today's flows."""
    worth = plan_worth(case, day, kept=False).promises
    rows = worth.select("scenario_id", "low_net_usd_year", "high_net_usd_year").iter_rows()
    return {name: (low, high) for name, low, high in rows if name is not None and high is not None}


def choose_promises(
    case: Case, found: Sequence[Candidate], most: int, side: str
) -> tuple[list[Candidate], list[dict[str, Any]]]:
    """Candidates worth most by which no side loses, and the others with the reason."""
    ranked = sorted(found, key=lambda one: (-one.gain(side), one.scenario.scenario_id))
    chosen: list[Candidate] = []
    left = []
    for one in ranked:
        reason = _refusal(case, one, side, len(chosen) >= most, most)
        if reason:
            left.append(
                {
                    "scenario_id": one.scenario.scenario_id,
                    "title": one.scenario.title,
                    "usd_year": one.gain(side),
                    "usd_year_a": one.figures["usd_year_ge_a"],
                    "usd_year_b": one.figures["usd_year_ge_b"],
                    "reason": reason,
                }
            )
        else:
            chosen.append(one)
    return chosen, left


def _refusal(case: Case, one: Candidate, side: str, full: bool, most: int) -> str:
    """Why a candidate is left out; empty where it is taken."""
    loser = one.loser()
    if one.gain(side) < -LEAST_USD:
        return "costs more than it brings"
    if one.gain(side) < LEAST_USD:
        return "moves no cost as things stand: worth something only once another is kept, or nothing"
    if loser:
        code = case.parties.codes[0 if loser == "a" else 1]
        return f"{case.country_name(code)} would lose by it; it needs something in return"
    return f"beyond the {most} asked for" if full else ""


def _draft_rows(case: Case, chosen: Sequence[Candidate], start: date, end: date) -> list[dict[str, Any]]:
    """Rows of the proposed plan, the one worth most first."""
    rows = []
    for number, one in enumerate(chosen, start=1):
        cells = differences(case, one.changed)
        first = one.promises[0] if one.promises else None
        slow = _is_built(cells)
        rows.append(
            {
                "number": number,
                "scenario_id": one.scenario.scenario_id,
                "change": _kind(one),
                "replaces": [row["commitment_id"] for row in one.promises],
                "wording": _wording(case, one, cells),
                "owner": _owner(case, first),
                "observable": _observable(cells),
                "baseline": _values(cells, "before"),
                "goal": _values(cells, "after"),
                "due": end if slow else start + (end - start) / 2,
                "evidence": _evidence(cells),
                "usd_year": float(one.figures["usd_year_ge"]),
                "low_usd_year": one.band[0],
                "high_usd_year": one.band[1],
                "usd_year_a": one.figures["usd_year_ge_a"],
                "usd_year_b": one.figures["usd_year_ge_b"],
                "queue_usd_year": one.figures["queue_usd_year"],
                "delay_usd_month": one.figures["delay_usd_month"],
                "cost": "unknown",
                "basis": one.scenario.basis,
                "source_ids": list(one.scenario.source_ids),
            }
        )
    return rows


def _is_built(cells: pl.DataFrame) -> bool:
    """Whether a line has to be built, not only its tariff cut."""
    return bool(cells.filter((pl.col("table") == "links") & (pl.col("column") != "cost_factor")).height)


def _evidence(cells: pl.DataFrame) -> str:
    """What will count as evidence for the tables that move."""
    found: dict[str, None] = {}
    for table, column in cells.select("table", "column").iter_rows():
        name = "rates" if column == "cost_factor" else table
        if name in EVIDENCE:
            found[EVIDENCE[name]] = None
    return "; ".join(found) or "a report of either side with its source"


def _kind(one: Candidate) -> str:
    """New, carried over, or changed where several old promises become one that can be measured."""
    if not one.promises:
        return "new"
    return "carried over" if len(one.promises) == 1 else "changed"


def _wording(case: Case, one: Candidate, cells: pl.DataFrame) -> str:
    """One sentence: what is to be done, and what it takes out of the way."""
    removed = obstacle_text(case, one.changed, one.scenario)
    title = one.promises[0]["title"] if len(one.promises) == 1 else one.scenario.title
    return f"{title} (takes away: {removed})" if removed else str(title)


def _owner(case: Case, first: Mapping[str, Any] | None) -> str:
    """The country whose act keeps it, else the parties of the old promise, else both."""
    if first is None:
        return ", ".join(case.parties.codes)
    return str(first["owner"] or first["parties"])


def _observable(cells: pl.DataFrame) -> str:
    """Cells of the case that must move."""
    rows = cells.head(NUMBERS).select("table", "key", "column").iter_rows()
    more = f"; {cells.height - NUMBERS} more" if cells.height > NUMBERS else ""
    return "; ".join(f"{column} of {table}/{key}" for table, key, column in rows) + more


def _values(cells: pl.DataFrame, side: str) -> str:
    """Values of the cells named, before or after."""
    return "; ".join(value if value is not None else "none" for value in cells.head(NUMBERS)[side])


def _old_rows(
    table: pl.DataFrame, chosen: Sequence[Candidate], left: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What becomes of each promise of the old plan."""
    kinds = {row["commitment_id"]: _kind(one) for one in chosen for row in one.promises}
    refused = {row["scenario_id"]: row["reason"] for row in left}
    rows = []
    for row in table.iter_rows(named=True):
        key = row["commitment_id"]
        if key in kinds:
            fate, reason = kinds[key], ""
        elif row["status"] == "done":
            fate, reason = "dropped", "done"
        elif row["scenario_id"] in refused:
            fate, reason = "dropped", refused[row["scenario_id"]]
        elif row["scenario_id"] is None:
            fate, reason = (
                "for the sides to decide",
                "no scenario models it: it has no figure, which is no verdict",
            )
        else:
            fate, reason = "dropped", "its scenario cannot be used"
        rows.append(
            {
                "commitment_id": key,
                "title": row["title"],
                "domain": row["domain"],
                "status": row["status"],
                "fate": fate,
                "reason": reason,
            }
        )
    order = {"carried over": 0, "changed": 1, "for the sides to decide": 2, "dropped": 3}
    return sorted(rows, key=lambda row: order[row["fate"]])


def _notes(
    case: Case, found: Sequence[Candidate], chosen: Sequence[Candidate], table: pl.DataFrame
) -> list[Note]:
    notes = [
        note(
            "draft.chosen",
            chosen=len(chosen),
            candidates=len(found),
            new=sum(not one.promises for one in chosen),
            unfigured=table.filter(pl.col("scenario_id").is_null() & (pl.col("status") != "done")).height,
        )
    ]
    if not found:
        notes.append(note("draft.nothing"))
    return [
        *notes,
        note("draft.costs"),
        note("draft.sides", a=case.parties.codes[0], b=case.parties.codes[1]),
    ]
