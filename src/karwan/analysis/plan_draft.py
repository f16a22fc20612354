"""What the next plan should say: promises chosen by what they are worth to each side, with wording, owner, observable, term and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from karwan.amounts import dollars, number, two_figures, usd
from karwan.analysis.agreements import indicators_table
from karwan.analysis.case_requests import DraftRequest
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.plan import commitment_table
from karwan.analysis.plan_choice import (
    LEAST_USD,
    Candidate,
    Candidates,
    PlanChoice,
    PlanTerms,
    choose_promises,
    drawn_together,
)
from karwan.analysis.plan_grounds import Grounds
from karwan.analysis.plan_wording import Moved, Wording
from karwan.analysis.regime.worth import RegimeGrounds
from karwan.case import Case
from karwan.case.scenario import differences
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

YEARS = 2
DAY = timedelta(days=1)
FIGURES = 4
"""Figures named in the wording of a promise; the schedule has all."""
PARTS = 3
"""Terms of a regime named in the wording."""
FATES = ("carried over", "changed", "for the sides to decide", "dropped", "kept")
UNKNOWN = "unknown"


def answer_draft(inputs: Inputs, request: DraftRequest) -> Result:
    """Promises proposed, what was left out, and what becomes of the old plan's."""
    case = inputs.the_case()
    day = request.as_of or case.settings.as_of
    start = request.start or case.settings.plan_end + DAY
    end = request.end or _years_later(start)
    if end <= start:
        raise InvalidInput("The plan ends before it starts.", f"{start} to {end}", "give --to after --from.")
    terms = PlanTerms(request.most, _side(case, request.who), request.budget)
    study = CorridorStudy(case, day)
    table = commitment_table(case, day)
    candidates = Candidates(study, table, request.draws, request.seed)
    choice = choose_promises(candidates, terms)
    writer = DraftWriter(candidates, choice, start, end)
    tables = {
        "draft": result_frame("draft_promises", writer.rows()),
        "schedule": result_frame("draft_schedule", writer.schedule()),
        "left out": result_frame("draft_left_out", [writer.left(*one) for one in choice.left]),
        "old plan": result_frame("draft_old_plan", _old_rows(table, choice)),
    }
    a, b = case.parties.codes
    meta = {"case": case.settings.case_id, "as_of": day, "from": start, "to": end, "who": request.who}
    band = drawn_together(candidates, choice.chosen, request.draws, request.seed)
    notes = _notes(candidates, choice, request, table, band)
    said = (*notes, *writer.notes())
    return Result(tables, {**meta, "sides": f"{a}, {b}"}, said, lead=2 if choice.chosen else 1)


def _years_later(start: date) -> date:
    """Last day of a plan of `YEARS` years."""
    return date(start.year + YEARS, start.month, min(start.day, 28)) - DAY


def _side(case: Case, who: str) -> str:
    """'both', or the side that a country is."""
    codes = dict(zip(case.parties.codes, ("a", "b"), strict=True))
    if who != "both" and who not in codes:
        raise InvalidInput("who names no side of the plan.", f"{who!r}", f"give {', '.join(codes)} or both.")
    return codes.get(who, "both")


class DraftWriter:
    """Rows of a draft.

    Parameters
    ----------
    candidates, choice
        What could be promised, and what is.
    start, end
        First and last day of the plan.
    """

    def __init__(self, candidates: Candidates, choice: PlanChoice, start: date, end: date) -> None:
        self.case, self.choice, self.start, self.end = candidates.case, choice, start, end
        self.candidates = candidates
        welfare = candidates.welfare
        study_of = welfare.coupling.study if welfare else None
        self.grounds = None if study_of is None or welfare is None else Grounds(study_of, welfare.coupling)
        self.watched = _watched(self.case, candidates)

    def _wording(self, one: Candidate) -> Wording:
        return Wording(self.case, one.changed, differences(self.case, one.changed))

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the proposed plan, the one worth most first."""
        return [self._row(number, one) for number, one in enumerate(self.choice.chosen, start=1)]

    def _row(self, place: int, one: Candidate) -> dict[str, Any]:
        words = self._wording(one)
        moved = words.moved()
        due = self.end if words.is_built() else half_way(self.start, self.end)
        terms = self.grounds.terms(words.regimes()) if self.grounds else []
        owners, others = self._actors(one, words)
        return {
            "number": place,
            "scenario_id": one.name,
            "change": draft_kind(one),
            "replaces": [row["commitment_id"] for row in one.promises],
            "takes_up": "; ".join(row["title"] for row in one.promises),
            "title": one.scenario.title,
            "wording": _sentence(one, moved, terms, due),
            "owner": owners,
            "depends": others,
            "observable": _joined([each.what for each in moved]),
            "baseline": _joined([each.before for each in moved]),
            "baseline_rests_on": words.baseline_rests_on(),
            "goal": _joined([each.after for each in moved]),
            "supposes": " ".join(one.scenario.description.split()),
            "watched": self._watched_of(one),
            "due": due,
            "evidence": words.evidence(),
            "grounds": self.grounds.of(one.name, _places(words), terms) if self.grounds else "",
            **self._worth(one),
            "cost": _cost(one),
            "cost_usd": one.cost_usd,
            "basis": one.scenario.basis,
            "source_ids": list(one.scenario.source_ids),
        }

    def _watched_of(self, one: Candidate) -> str:
        """What is published today of the promises it keeps."""
        texts = (self.watched.get(row["commitment_id"], "") for row in one.promises)
        return "; ".join(filter(None, texts)) or "nothing published"

    def _worth(self, one: Candidate) -> dict[str, Any]:
        """Columns of what it is worth."""
        return {
            "usd_year": one.gain("both"),
            "low_usd_year": one.band[0],
            "high_usd_year": one.band[1],
            "last_usd_year": self.choice.last_usd.get(one.name),
            "usd_year_a": one.figures["usd_year_ge_a"],
            "usd_year_b": one.figures["usd_year_ge_b"],
            "sides": self._sides(one),
            "queue_usd_year": one.figures["queue_usd_year"],
            "delay_usd_month": one.figures["delay_usd_month"],
            "duty_net_usd_year": one.figures["duty_net_usd_year"],
        }

    def schedule(self) -> list[dict[str, Any]]:
        """Each value that a promise proposed moves."""
        rows = []
        for place, one in enumerate(self.choice.chosen, start=1):
            for cell in self._wording(one).schedule():
                shown = cell.shown()
                head = {"number": place, "figure": cell.what.format(places="…"), "place": cell.place}
                rows.append({**head, "baseline": shown.before, "goal": shown.after})
        return rows

    def left(self, one: Candidate, reason: str) -> dict[str, Any]:
        """Row of a candidate left out."""
        return {
            "scenario_id": one.name,
            "title": one.scenario.title,
            "usd_year": one.gain("both"),
            "usd_year_a": one.figures["usd_year_ge_a"],
            "usd_year_b": one.figures["usd_year_ge_b"],
            "sides": self._sides(one),
            "reason": reason,
        }

    def _actors(self, one: Candidate, words: Wording) -> tuple[str, str]:
        """The sides whose act keeps it, and the countries beside them on which it depends.

        Acts are where the rows that move stand; where these are in neither side, who promised.
        """
        parties = self.case.parties.codes
        promised = [name for row in one.promises for name in str(row["owner"] or row["parties"]).split(", ")]
        acting = words.countries()
        owners = [code for code in parties if code in acting] or [c for c in parties if c in promised]
        countries = set(self.case["countries"]["country"])
        others = dict.fromkeys(
            code for code in (*acting, *promised) if code in countries and code not in parties
        )
        names = self.case.country_name
        return ", ".join(map(names, owners or acting)), ", ".join(map(names, others))

    def _sides(self, one: Candidate) -> str:
        """What each side gains or loses, in words."""
        return sides_text(self.case, one.gain("a"), one.gain("b"))

    def notes(self) -> list[Note]:
        """Weak points that no candidate touches."""
        if self.grounds is None:
            return []
        places = [place for one in self.candidates.found for place in _places(self._wording(one))]
        bare = self.grounds.taken_up_by_none(places)
        return [note("draft.weak", count=len(bare), places=bare)] if bare else []


def half_way(start: date, end: date) -> date:
    """Last day of the first half of a plan."""
    return start + timedelta(days=((end - start).days + 1) // 2 - 1)


def _sentence(one: Candidate, moved: Sequence[Moved], terms: Sequence[RegimeGrounds], due: date) -> str:
    """What is to be done, and by which figures it will be seen, in one sentence; of a regime the terms that its worth rests on."""
    clauses = [term.text for each in terms for term in each.terms if term.counts][:PARTS]
    text = f"{one.scenario.title} (terms: {', '.join(clauses)})" if clauses else one.scenario.title
    said = [f"{each.what} from {each.before} to {each.after}" for each in moved[:FIGURES]]
    return f"{text}: {'; '.join(said)}, by {due:%-d %B %Y}" if said else f"{text}, by {due:%-d %B %Y}"


def _cost(one: Candidate) -> str:
    """What keeping it costs in words: what sources say, and the duty that both treasuries lose."""
    said = UNKNOWN if one.cost_usd is None else f"at least {dollars(one.cost_usd)}"
    lost = -(one.figures["duty_net_usd_year"] or 0.0)
    if lost < LEAST_USD:
        return said
    return (
        f"{said}; duty given up by both treasuries USD {usd(two_figures(lost))} a year, counted in the worth"
    )


def sides_text(case: Case, a_usd: float, b_usd: float) -> str:
    """'Kazakhstan +USD 890 k, Pakistan −USD 5.3 m': two figures, as all money of a plan."""
    each = zip(case.parties.codes, (a_usd, b_usd), strict=True)
    return ", ".join(f"{case.country_name(code)} {_signed(usd)}" for code, usd in each)


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + dollars(two_figures(abs(value)))


def _joined(texts: Sequence[str]) -> str:
    more = f"; {number(len(texts) - FIGURES)} more" if len(texts) > FIGURES else ""
    return "; ".join(texts[:FIGURES]) + more


def _places(words: Wording) -> list[str]:
    """Names of what the rows that move are about."""
    rows = words.cells.select("table", "key").unique(maintain_order=True).iter_rows()
    return [words.names.row_place(table, key) for table, key in rows]


def _watched(case: Case, candidates: Candidates) -> dict[str, str]:
    """What is published of each old promise: the newest value of its quantities."""
    assert candidates.case is case
    day = candidates.welfare.coupling.study.as_of if candidates.welfare else case.settings.as_of
    seen = indicators_table(case, day).filter(
        (pl.col("kind") == "seen") & pl.col("commitment_id").is_not_null()
    )
    found: dict[str, list[str]] = {}
    for row in seen.iter_rows(named=True):
        value = " ".join(str(part) for part in (row["value"], row["unit"]) if part)
        found.setdefault(row["commitment_id"], []).append(f"{row['quantity']}: {value} ({row['date']})")
    return {key: "; ".join(texts[:2]) for key, texts in found.items()}


def draft_kind(one: Candidate) -> str:
    """New, carried over, or changed where several old promises become one that can be measured."""
    if not one.promises:
        return "new"
    return "carried over" if len(one.promises) == 1 else "changed"


def _old_rows(table: pl.DataFrame, choice: PlanChoice) -> list[dict[str, Any]]:
    """What becomes of each promise of the old plan."""
    kinds = {row["commitment_id"]: one for one in choice.chosen for row in one.promises}
    refused = {one.name: reason for one, reason in choice.left}
    rows = []
    for row in table.iter_rows(named=True):
        fate, reason = _fate(row, kinds.get(row["commitment_id"]), refused)
        own = {name: row[name] for name in ("commitment_id", "title", "domain", "status")}
        rows.append({**own, "fate": fate, "reason": reason})
    return sorted(rows, key=lambda row: FATES.index(row["fate"]))


def _fate(row: Mapping[str, Any], taken: Candidate | None, refused: Mapping[str, str]) -> tuple[str, str]:
    """What becomes of a promise, and why."""
    if taken is not None:
        into = "now reads" if len(taken.promises) == 1 else "taken into"
        return draft_kind(taken), f"{into}: {taken.scenario.title}"
    if row["status"] == "done":
        return "kept", "done"
    if row["scenario_id"] in refused:
        return "dropped", refused[row["scenario_id"]]
    if row["scenario_id"] is not None:
        return "dropped", "its scenario cannot be used"
    return "for the sides to decide", _unfigured(row["needs"])


def _unfigured(needs: str | None) -> str:
    """Why a promise has no figure: it moves no trade, or what a figure would need."""
    text = "no scenario models it"
    if not needs:
        return text
    return f"{text}: {needs}" if needs.startswith("nothing") else f"{text}; a figure would need {needs}"


def _notes(
    candidates: Candidates,
    choice: PlanChoice,
    request: DraftRequest,
    table: pl.DataFrame,
    band: tuple[float, float] | None,
) -> list[Note]:
    case = candidates.case
    if not candidates.found:
        return [note("draft.nothing")]
    bare = table.filter(pl.col("scenario_id").is_null() & (pl.col("status") != "done"))
    found = [
        note(
            "draft.chosen",
            chosen=len(choice.chosen),
            candidates=len(candidates.found),
            new=sum(not one.promises for one in choice.chosen),
            unfigured=bare.height,
        )
    ]
    if choice.chosen:
        total, a, b = choice.together_usd
        span = "" if band is None else note("draft.span", low_usd=band[0], high_usd=band[1])
        alone = sum(one.gain("both") for one in choice.chosen)
        sides = sides_text(case, a, b)
        found.append(note("draft.together", total_usd=total, span=span, sides=sides, alone_usd=alone))
    if (welfare := candidates.welfare) is not None:
        found += [welfare.identities()] if welfare.world.whole else []
        found += welfare.held_notes(one.name for one in choice.chosen)
    unknown = sum(one.cost_usd is None for one in choice.chosen)
    year = case.settings.trade_year
    trade = "" if year is None else note("draft.trade_year", year=str(year))
    found.append(note("draft.costs", trade=trade, unknown=unknown, chosen=len(choice.chosen)))
    if request.draws:
        found.append(note("coupling.bands", draws=request.draws, seed=request.seed))
    return [*found, note("draft.amend")]
