"""Which rows of a case hold on a day that is not its own: what an answer with `--as-of` rests on."""

from __future__ import annotations

from datetime import date

from karwan.case import Case
from karwan.case.known import YEARLY
from karwan.case.places import Gazetteer
from karwan.notes import Note, note
from karwan.transport.closures import in_force
from karwan.transport.network.regimes import regime_in_force

NAMED = 12
"""Places named of those shut or slower on the day."""


def day_notes(case: Case, day: date) -> tuple[Note, ...]:
    """What holds on a day of what the case holds in all; nothing on its own day.

    A row counts by the day it holds from, not by the day its source came out: the end of a closure that was not known then is known here.
    """
    stands = case.settings.as_of
    if day == stands:
        return ()
    closures = [row for row in case["closures"].iter_rows(named=True) if in_force(row, day)]
    places = Gazetteer(case.tables)
    names = list(dict.fromkeys(places.name(row["place_id"]) for row in closures))
    regimes = case["regimes"].to_dicts()
    own = sum(regime_in_force(row, day) for row in regimes)
    later_figures = sum(
        (case[name]["year"] > day.year).sum() for name in YEARLY if "year" in case[name].columns
    )
    named = [*names[:NAMED], *(["…"] if len(names) > NAMED else [])]
    return (
        note(
            "as_of.holds",
            day=day,
            stands=stands,
            closures=len(closures),
            ended=sum(_ended_later(row["end"], day, stands) for row in closures),
            later=sum(
                _dated(row["start"]) > day.isoformat() for row in case["closures"].iter_rows(named=True)
            ),
            regimes=own,
            regimes_later=sum(regime_in_force(row, stands) for row in regimes) - own,
            figures=int(later_figures),
        ),
        *([note("as_of.shut", day=day, names=named)] if named else []),
    )


def _dated(text: str) -> str:
    """A full date, or blank for a season or a month."""
    return text if len(text) == len("YYYY-MM-DD") else ""


def _ended_later(end: str | None, day: date, stands: date) -> bool:
    """Whether a closure in force on the day has an end that came after it and is past where the case stands."""
    return bool(end) and day.isoformat() < _dated(end or "") <= stands.isoformat()
