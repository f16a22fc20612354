"""A case as it was known on an earlier day: closures, rules, regimes, rates and hours that had been seen by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from karwan.case.case import Case
from karwan.errors import InvalidInput

EARLIEST = date(2022, 1, 1)
"""First day a case can be seen from: what was read does not reach further back."""
YEARLY = {  # table to the columns that tell which figure a row is of, and its figures
    "rates": (("country", "mode", "unit", "haul"), ("cost_usd_km", "cost_usd_t_km", "speed_kmh", "speed_cv")),
    "crossing_times": (("crossing_id", "side", "mode", "direction"), ("time_h", "time_cv", "cost_usd")),
}
FULL_DATE = len("YYYY-MM-DD")


def known_on(case: Case, day: date) -> Case:
    """The case as it stood on a day, its `as_of` that day.

    A dated closure is known from its first day, or before where it was announced; its end is known once it is past or was announced (`announced`;
    where that is blank, what does not count in the record: holidays, winters). A regime not yet in force was signed at most. Bans and sanctions
    that began later are not known; the others, access rules and fees carry their own days and are judged by the day of departure. Of yearly rates
    and border hours only those up to that year count; where none is that old the earliest stands in. Queues of days count once the days they were
    seen on have begun. A planned link opens on its own day. Rows go by the day they hold from, not by the day their source came out.

    Parameters
    ----------
    case
        The case as it stands.
    day
        Day to look from, 2022-01-01 to the case's `as_of`.

    Raises
    ------
    InvalidInput
        A day outside that span.
    """
    stands = case.settings.as_of
    if not EARLIEST <= day <= stands:
        raise InvalidInput(
            f"The case cannot be seen as of {day}.",
            f"allowed: {EARLIEST} to {stands}, the day it stands on",
            "give a day in that span.",
        )
    if day == stands:
        return case
    tables = dict(case.tables)
    tables["closures"] = _closures(tables["closures"], day)
    tables["regimes"] = _regimes(tables["regimes"], day)
    tables["restrictions"] = tables["restrictions"].filter((pl.col("start") <= day).fill_null(True))
    tables["queue_states"] = tables["queue_states"].filter((pl.col("from_day") <= day).fill_null(True))
    for name, (keys, figures) in YEARLY.items():
        tables[name] = _yearly(tables[name], keys, figures, day.year)
    return replace(case, settings=replace(case.settings, as_of=day), tables=tables)


def later_figures(case: Case) -> int:
    """Rates and border hours in use that are of a later year than the case's day: nothing as old is in the case."""
    year = case.settings.as_of.year
    return sum(case.tables[name].filter(pl.col("year") > year).height for name in YEARLY)


def _closures(closures: pl.DataFrame, day: date) -> pl.DataFrame:
    """Closures begun by a day, seasons, and those known ahead; ends that were not yet seen are taken away."""
    dated = pl.col("start").str.len_chars() == FULL_DATE
    begun = pl.col("start") <= pl.lit(day.isoformat())
    announced = pl.col("announced").fill_null(~pl.col("history"))
    early = closures.filter(~dated | begun | announced)
    seen = pl.col("end").str.len_chars() != FULL_DATE
    past = pl.col("end") <= pl.lit(day.isoformat())
    known = seen | past | announced
    open_end = dated & pl.col("end").is_not_null() & ~known
    last_seen = pl.when(pl.col("last_seen") > day).then(pl.lit(day)).otherwise(pl.col("last_seen"))
    return early.with_columns(
        end=pl.when(open_end).then(None).otherwise(pl.col("end")),
        last_seen=pl.when(open_end).then(pl.lit(day)).otherwise(last_seen),
    )


def _regimes(regimes: pl.DataFrame, day: date) -> pl.DataFrame:
    """Regimes with the state they had: not in force before their day, none signed before it was."""
    later = pl.col("in_force").is_not_null() & (pl.col("in_force") > day) & (pl.col("state") == "in_force")
    unsigned = pl.col("signed").is_not_null() & (pl.col("signed") > day)
    state = pl.when(unsigned).then(pl.lit("negotiated")).when(later).then(pl.lit("signed"))
    return regimes.with_columns(state=state.otherwise(pl.col("state")))


def _yearly(rows: pl.DataFrame, keys: Sequence[str], figures: Sequence[str], year: int) -> pl.DataFrame:
    """Rows with the figures known in a year: those up to it; of figures that have none, those of their earliest year."""
    held = [name for name in figures if name in rows.columns]
    table = rows.rows(named=True)
    first: dict[tuple[object, ...], int] = {}
    for row in table:
        for name in held:
            if row["use"] == "model" and row[name] is not None:
                key = (name, *(row.get(k) for k in keys))
                first[key] = min(first.get(key, row["year"]), row["year"])
    kept = []
    for row in table:
        own = {
            name: row[name]
            for name in held
            if row["year"] <= max(year, first.get((name, *(row.get(k) for k in keys)), year))
        }
        if row["year"] <= year or any(value is not None for value in own.values()):
            kept.append({**row, **dict.fromkeys(held), **own})
    return pl.DataFrame(kept, schema=rows.schema)
