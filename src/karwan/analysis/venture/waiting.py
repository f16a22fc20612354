"""`karwan venture wait`: build now, or wait until the border opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.venture.answer import appraisals_of, withheld_note
from karwan.analysis.venture.appraise import Appraisal
from karwan.analysis.venture.band import banded, quantiles
from karwan.analysis.venture.read import why_not
from karwan.analysis.venture.tables import indicator_text
from karwan.analysis.venture_requests import WaitRequest
from karwan.appraisal.venture.cash import Cash
from karwan.appraisal.venture.indicators import npv
from karwan.appraisal.venture.model import Floats
from karwan.appraisal.venture.waiting import equal_hazards, wait, yearly_options
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.case.scenario import find_scenario, list_scenarios
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.closures import days_shut
from karwan.transport.journey import recorded_process

Row = dict[str, Any]
RARE = 0.05
"""Share of draws below which no years are told at which building and waiting are equal."""


@dataclass(frozen=True)
class Record:
    """How long closures of a place last and how long it stays open, years, with the interval of the first; the place, and days it has been shut now."""

    place: str
    closed: float
    low: float
    high: float
    is_open: float
    shut_days: int

    @property
    def ends(self) -> tuple[float, float]:
        """Fewest and most mean years until it opens."""
        return self.low, self.high


def answer_wait(inputs: Inputs, request: WaitRequest) -> Result:
    """Worth of building at once and of waiting, by the mean years until the border opens.

    Earnings are the level yearly sum worth the same as the venture's flows after building, once as the case stands and once under the
    scenario that opens the border; cost is the capital, present value of the years of building. Both states, and the variant, stand on the
    same draws.
    """
    case = inputs.the_case()
    request = replace(request, opening=request.opening or _opening(case))
    record = _record(case, request.opening)
    low, years, high, again = _spans(request, record)
    variant = _variant(case, request.venture_id)
    asked = [request.venture_id, *([variant] if variant else [])]
    found = appraisals_of(case, asked, [(), (request.opening,)])
    made, *larger = [tuple(one for one, _ in own) for own in found]
    choice = BuildOrWait(made, larger[0] if larger else None, again)
    rows = [choice.row(one) for one in sorted({low, years, high})]
    table = result_frame("venture_waiting", rows)
    lead = _lead(rows, years, None if request.reopening_years else record)
    return Result({"build now or wait": table}, notes=(lead, *_notes(request, choice, record)), lead=1)


def _opening(case: Case) -> str:
    """The first scenario of the case that sets closures, else the first of all.

    Raises
    ------
    InvalidInput
        It has none.
    """
    known = list_scenarios(case.folder) if case.folder else ()
    ending = [one for one in known if any(o.table == "closures" for o in one.overrides)]
    if not known:
        raise InvalidInput(
            "The case has no scenario under which a border opens.", fix="write one; see docs/scenario.md."
        )
    return (ending or list(known))[0].scenario_id


def _spans(request: WaitRequest, record: Record | None) -> tuple[float, float, float, float]:
    """Fewest, mean and most years until the border opens, and years until it shuts again: as asked, else of the record.

    Raises
    ------
    InvalidInput
        Neither tells, or the mean does not lie between the fewest and the most.
    """
    years = request.reopening_years or (record.closed if record else None)
    again = request.closing_years or (record.is_open if record else None)
    if years is None or again is None:
        raise InvalidInput(
            f"The closure record does not tell how long the places that {request.opening} opens stay shut.",
            fix="give --reopening-years and --closing-years.",
        )
    known = (years / 2.0, years * 2.0) if record is None or request.reopening_years else record.ends
    low, high = request.low or known[0], request.high or known[1]
    if not low <= years <= high:
        raise InvalidInput(
            "The mean years until the border opens lie outside the fewest and the most.",
            evidence=f"fewest {low:g}, mean {years:g}, most {high:g}",
            fix="give --low at most --reopening-years, and --high at least that.",
        )
    return low, years, high, again


def level(made: Appraisal, cash: Cash) -> Floats:
    """Level yearly earnings for ever that are worth what the project earns after its capital is spent, USD, shape (N,)."""
    terms = made.read.venture.terms
    after = cash.project + cash.capital
    return np.asarray(npv(terms.financial, after[terms.build :]) / (1.0 + terms.financial) * terms.financial)


def cost_of(made: Appraisal, cash: Cash) -> Floats:
    """Present value of the capital, replacements among it, USD, shape (N,)."""
    return npv(made.read.venture.terms.financial, cash.capital)


@dataclass(frozen=True)
class BuildOrWait:
    """Build now or wait: a venture while the border is shut and while it is open, its variant, and the years until it shuts again."""

    made: Sequence[Appraisal]
    larger: Sequence[Appraisal] | None
    again: float

    @property
    def withheld(self) -> bool:
        """Whether no single value may stand in one of the states."""
        return any(one.withheld for one in self.made)

    def earned(self, *, drawn: bool) -> tuple[Floats, Floats]:
        """Level earnings shut and open, of the draws or of the middle case."""
        shut, is_open = (level(one, _cash(one, drawn)) for one in self.made)
        return shut, is_open

    def hazards(self, *, drawn: bool) -> Floats:
        """Chances a year of opening at which building at once and waiting are worth the same."""
        first = self.made[0]
        terms, cost = first.read.venture.terms, cost_of(first, _cash(first, drawn))
        return equal_hazards(
            *self.earned(drawn=drawn),
            cost,
            rate=terms.financial,
            shuts=1.0 / self.again,
            delay=float(terms.build),
        )

    def row(self, years: float) -> Row:
        """A line of the table: bands of the draws, single values where they stand."""
        middle, drawn = self._values(years, drawn=False), self._values(years, drawn=True)
        row: Row = {"reopening_years": years, "closing_years": self.again}
        build = (drawn["now"] >= drawn["waiting"]) & (drawn["now"] > 0.0)
        waits = ~build & (drawn["waiting"] > 0.0)
        row |= {"build_share": float(build.mean()), "wait_share": float(waits.mean())}
        row["neither_share"] = float((~build & ~waits).mean())
        single = {name: float(value[0]) for name, value in middle.items()}
        at_once = single["now"] >= single["waiting"] and single["now"] > 0.0
        row["build"] = None if self.withheld else at_once
        for name, column in drawn.items():
            row[f"{name}_usd"] = None if self.withheld else single[name]
            row |= banded(name, column)
        return row

    def _values(self, years: float, *, drawn: bool) -> dict[str, Floats]:
        """What building, waiting, selling and enlarging are worth, shape (N,) each."""
        first = self.made[0]
        terms, cost = first.read.venture.terms, cost_of(first, _cash(first, drawn))
        opens, shuts = 1.0 / years, 1.0 / self.again
        earned = self.earned(drawn=drawn)
        found = wait(*earned, cost, rate=terms.financial, opens=opens, shuts=shuts, delay=float(terms.build))
        flows = _yearly(self.made, drawn)

        def worth(resale: Floats | None, expand: tuple[Floats, Floats] | None = None) -> Floats:
            return yearly_options(
                flows, rate=terms.financial, opens=opens, shuts=shuts, resale=resale, expand=expand
            )[0]

        plain = worth(None)
        names = ("built_shut", "built_open", "now", "waiting", "option")
        values = {name: np.asarray(getattr(found, name)) for name in names} | {"cost": cost}
        values["abandon"] = worth(terms.resale * cost) - plain
        if self.larger is not None:
            more = cost_of(self.larger[0], _cash(self.larger[0], drawn)) - cost
            values["expand"] = worth(None, (_yearly(self.larger, drawn), np.maximum(more, 0.0))) - plain
        return values


def _cash(made: Appraisal, drawn: bool) -> Cash:
    return made.drawn.cash if drawn else made.cash


def _yearly(made: Sequence[Appraisal], drawn: bool) -> Floats:
    """Earnings of each year at work, shut and open, shape (2, life, N)."""
    build = made[0].read.venture.terms.build
    cash = [_cash(one, drawn) for one in made]
    return np.array([(one.project + one.capital)[build:] for one in cash])


def _variant(case: Case, venture_id: str) -> str | None:
    """The first variant of a venture that works for as many years and has figures; None where there is none."""
    rows = {row["venture_id"]: row for row in case["ventures"].iter_rows(named=True)}
    own = rows.get(venture_id)
    for name in sorted(rows):
        row = rows[name]
        like = own is not None and row["life_years"] == own["life_years"]
        if row["variant_of"] == venture_id and like and not why_not(case, name):
            return str(name)
    return None


def _record(case: Case, opening: str) -> Record | None:
    """The record of the place, among those whose closures a scenario ends, that was seen shut most often; None without a record."""
    if case.folder is None:
        return None
    scenario = find_scenario(case.folder, opening)
    keys = {key for one in scenario.overrides if one.table == "closures" for key in one.keys}
    shut = [row for row in case["closures"].iter_rows(named=True) if row["closure_id"] in keys]
    places = {row["place_id"] for row in shut}
    process, _ = recorded_process(case.tables, case.settings.as_of)
    if process is None:
        return None
    rows = [row for row in process.table.iter_rows(named=True) if row["place"] in places and row["mean_days"]]
    if not rows:
        return None
    row = max(rows, key=lambda one: (one["closures"], one["place"]))
    days = (row["mean_days"], row["mean_low_days"], row["mean_high_days"])
    closed, low, high = (one / MEAN_YEAR_DAYS for one in days)
    since = [days_shut(one, case.settings.as_of) for one in shut if one["place_id"] == row["place"]]
    is_open = 1.0 / (row["rate_per_day"] * MEAN_YEAR_DAYS)
    return Record(
        Gazetteer(case.tables).name(row["place"]), closed, low, high, is_open, max(since, default=0)
    )


def _lead(rows: Sequence[Row], years: float, record: Record | None) -> Note:
    """How often neither building nor waiting pays, and how often each does, at the mean years until the border opens, and where these are from."""
    row = next(one for one in rows if one["reopening_years"] == years)
    shares = {name: row[name] for name in ("neither_share", "build_share", "wait_share")}
    if record is None or not record.shut_days:
        return note("venture.wait_lead", years=years, **shares)
    told = {"place": record.place, "days": years * MEAN_YEAR_DAYS, "shut_days": record.shut_days}
    return note("venture.wait_lead_record", **shares, **told)


def _notes(request: WaitRequest, choice: BuildOrWait, record: Record | None) -> list[Note]:
    said = _band_notes(request, choice) if choice.withheld else _single_notes(request, choice)
    if record and request.reopening_years is None:
        said.append(note("venture.record", place=record.place, days=record.closed * MEAN_YEAR_DAYS))
    said += [withheld_note(one) for one in choice.made if one.withheld][:1]
    return said


def _single_notes(request: WaitRequest, choice: BuildOrWait) -> list[Note]:
    """Earnings of the middle case, and the years at which building and waiting are equal."""
    shut, is_open = (float(one[0]) for one in choice.earned(drawn=False))
    said = [note("venture.earned", shut_usd=shut, open_usd=is_open, opening=request.opening)]
    hazard = float(choice.hazards(drawn=False)[0])
    known = np.isfinite(hazard) and hazard > 0.0
    return [*said, note("venture.equal", years=1.0 / hazard) if known else note("venture.never_equal")]


def _band_notes(request: WaitRequest, choice: BuildOrWait) -> list[Note]:
    """The same by the band of the draws."""
    shut, is_open = (_span_words(one) for one in choice.earned(drawn=True))
    said = [note("venture.earned_band", shut=shut, open=is_open, opening=request.opening)]
    hazards = choice.hazards(drawn=True)
    known = hazards[np.isfinite(hazards) & (hazards > 0.0)]
    if known.size < RARE * hazards.size:
        return [*said, note("venture.never_equal_band")]
    low, high = (float(one) for one in np.quantile(1.0 / known, (0.05, 0.95)))
    share = float(known.size / hazards.size)
    return [*said, note("venture.equal_band", some_share=share, low=low, high=high)]


def _span_words(column: Floats) -> str:
    ends = quantiles(column)
    return " to ".join(indicator_text(one, "USD") for one in (ends or ())[::2])
