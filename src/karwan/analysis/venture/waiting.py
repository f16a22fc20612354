"""`karwan venture wait`: build now, or wait until the border opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.venture.answer import appraisals_of
from karwan.analysis.venture.appraise import Appraisal
from karwan.analysis.venture.read import why_not
from karwan.analysis.venture_requests import WaitRequest
from karwan.appraisal.venture.indicators import npv
from karwan.appraisal.venture.model import Floats
from karwan.appraisal.venture.waiting import equal_hazard, wait, yearly_options
from karwan.case import Case
from karwan.case.scenario import find_scenario, list_scenarios
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.journey import recorded_process

Row = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """How long closures of a place last and how long it stays open, years, with the interval of the first; and the place."""

    place: str
    closed: float
    low: float
    high: float
    is_open: float


def answer_wait(inputs: Inputs, request: WaitRequest) -> Result:
    """Worth of building at once and of waiting, by the mean years until the border opens.

    Earnings are the level yearly sum worth the same as the venture's flows after building, once as the case stands and once under the
    scenario that opens the border; cost is the capital, present value of the years of building.
    """
    case = inputs.the_case()
    request = replace(request, opening=request.opening or _opening(case))
    record = _record(case, request.opening)
    variant = _variant(case, request.venture_id)
    asked = [request.venture_id, *([variant] if variant else [])]
    found = appraisals_of(case, asked, [(), (request.opening,)])
    made, *larger = [tuple(one for one, _ in own) for own in found]
    shut, is_open = made
    earned = level(shut), level(is_open)
    low, years, high, again = _spans(request, record)
    rows = [
        _row((shut, is_open), larger[0] if larger else None, earned, one, again)
        for one in sorted({low, years, high})
    ]
    table = result_frame("venture_waiting", rows)
    return Result({"build now or wait": table}, notes=tuple(_notes(request, shut, earned, again, record)))


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
        Neither tells.
    """
    asked = request.reopening_years
    if record is None:
        if asked is None or request.closing_years is None:
            raise InvalidInput(
                f"The closure record does not tell how long the places that {request.opening} opens stay shut.",
                fix="give --reopening-years and --closing-years.",
            )
        return request.low or asked / 2.0, asked, request.high or asked * 2.0, request.closing_years
    again = request.closing_years or record.is_open
    if asked is not None:
        return request.low or asked / 2.0, asked, request.high or asked * 2.0, again
    return request.low or record.low, record.closed, request.high or record.high, again


def level(made: Appraisal) -> float:
    """Level yearly earnings for ever that are worth what the project earns after its capital is spent, USD."""
    terms = made.read.venture.terms
    after = made.cash.project[:, 0] + made.cash.capital[:, 0]
    return float(npv(terms.financial, after[terms.build :]) / (1.0 + terms.financial)) * terms.financial


def cost_of(made: Appraisal) -> float:
    """Present value of the capital, replacements among it, USD."""
    return float(npv(made.read.venture.terms.financial, made.cash.capital)[0])


def _row(
    made: Sequence[Appraisal],
    larger: Sequence[Appraisal] | None,
    earned: tuple[float, float],
    years: float,
    again: float,
) -> Row:
    terms, cost = made[0].read.venture.terms, cost_of(made[0])
    opens, shuts = 1.0 / years, 1.0 / again
    found = wait(*earned, cost, rate=terms.financial, opens=opens, shuts=shuts, delay=float(terms.build))
    flows = _yearly(made)

    def worth(resale: float | None, expand: tuple[Floats, float] | None = None) -> float:
        return yearly_options(
            flows, rate=terms.financial, opens=opens, shuts=shuts, resale=resale, expand=expand
        )[0]

    plain, sold = worth(None), worth(terms.resale * cost)
    grown = None if larger is None else (_yearly(larger), max(cost_of(larger[0]) - cost, 0.0))
    return {
        "reopening_years": years,
        "closing_years": again,
        "built_shut_usd": found.built_shut,
        "built_open_usd": found.built_open,
        "cost_usd": cost,
        "now_usd": found.now,
        "waiting_usd": found.waiting,
        "option_usd": found.option,
        "build": found.build and found.now > 0.0,
        "abandon_usd": sold - plain,
        "expand_usd": None if grown is None else worth(None, grown) - plain,
    }


def _yearly(made: Sequence[Appraisal]) -> Floats:
    """Earnings of each year at work, shut and open, shape (2, life)."""
    build = made[0].read.venture.terms.build
    return np.array([(one.cash.project + one.cash.capital)[build:, 0] for one in made])


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
    places = {row["place_id"] for row in case["closures"].iter_rows(named=True) if row["closure_id"] in keys}
    process, _ = recorded_process(case.tables, case.settings.as_of)
    if process is None:
        return None
    rows = [row for row in process.table.iter_rows(named=True) if row["place"] in places and row["mean_days"]]
    if not rows:
        return None
    row = max(rows, key=lambda one: (one["closures"], one["place"]))
    days = (row["mean_days"], row["mean_low_days"], row["mean_high_days"])
    closed, low, high = (one / MEAN_YEAR_DAYS for one in days)
    return Record(row["place"], closed, low, high, 1.0 / (row["rate_per_day"] * MEAN_YEAR_DAYS))


def _notes(
    request: WaitRequest,
    made: Appraisal,
    earned: tuple[float, float],
    again: float,
    record: Record | None,
) -> list[Note]:
    terms = made.read.venture.terms
    said = [note("venture.earned", shut_usd=earned[0], open_usd=earned[1], opening=request.opening)]
    hazard = equal_hazard(
        *earned, cost_of(made), rate=terms.financial, shuts=1.0 / again, delay=float(terms.build)
    )
    if hazard:
        said.append(note("venture.equal", years=1.0 / hazard))
    else:
        said.append(note("venture.never_equal"))
    if record and request.reopening_years is None:
        said.append(note("venture.record", place=record.place, days=record.closed * MEAN_YEAR_DAYS))
    if made.withheld:
        said.append(note("venture.withheld", assumed_share=made.assumed_share))
    return said
