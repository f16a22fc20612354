"""From a route to the stages its arrival is simulated from, and the closures its crossings have had."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from karwan.models.calendar import Windows
from karwan.models.network import Stage
from karwan.models.reliability import (
    KINDS,
    ClosureProcess,
    JourneyStages,
    UnidentifiedClosures,
    fit_closures,
)
from karwan.models.route import Route

POOLED = "all"
ENOUGH_ENDS = 3  # closures seen to end that give a crossing a length of its own


def journey_stages(
    route: Route,
    pair_correlation: float,
    *,
    ignore_shut: bool = False,
    closures: ClosureProcess | None = None,
) -> JourneyStages:
    """Stages of a route for `reliability.simulate`.

    Parameters
    ----------
    route
        A route of `make_route`.
    pair_correlation
        Correlation of the log hours at the two sides of one crossing.
    ignore_shut
        Take calendars that never open as open.
    closures
        Random closures by crossing id, or pooled under 'all'; None leaves them out.

    Returns
    -------
    Stages in order. A sailing's mean is its sea time; the wait for the ship is uniform over its headway.
    """
    names, kinds, means, cvs, pairs, headways, calendars = [], [], [], [], [], [], []
    rates, lengths, log_sds = [], [], []
    windows: list[Windows] = []
    for number, a in enumerate(route.arcs):
        arc = route.network.arcs[a]
        calendar = -1
        if arc.calendar >= 0 and not (ignore_shut and arc.calendar in route.network.shut):
            calendar = len(windows)
            windows.append(route.network.calendars[arc.calendar])
        crossing = arc.place_kind == "crossing"
        closure = _closure(closures, arc.place_id) if crossing else (0.0, 0.0, np.nan)
        for position, stage in enumerate(arc.stages):
            mean, cv = _service(stage)
            names.append(stage.name)
            kinds.append(KINDS.index(stage.kind))
            means.append(mean)
            cvs.append(cv)
            pairs.append(number if crossing and stage.kind == "crossing" else -1)
            headways.append(stage.headway_h)
            first = position == 0
            calendars.append(calendar if first else -1)
            rate, length, log_sd = closure if first else (0.0, 0.0, np.nan)
            rates.append(rate)
            lengths.append(length)
            log_sds.append(log_sd)
    pointers = np.cumsum([0] + [len(w[0]) for w in windows])
    return JourneyStages(
        name=tuple(names),
        kind=np.array(kinds, dtype=np.int64),
        mean_h=np.array(means),
        cv=np.array(cvs),
        pair=np.array(pairs, dtype=np.int64),
        pair_correlation=pair_correlation,
        headway_h=np.array(headways),
        calendar=np.array(calendars, dtype=np.int64),
        calendar_ptr=pointers.astype(np.int64),
        open_start_h=np.concatenate([w[0] for w in windows]) if windows else np.empty(0),
        open_end_h=np.concatenate([w[1] for w in windows]) if windows else np.empty(0),
        closure_rate_per_day=np.array(rates),
        closure_mean_days=np.array(lengths),
        closure_log_sd=np.array(log_sds),
    )


def _service(stage: Stage) -> tuple[float, float]:
    """Mean and coefficient of variation of a stage without the wait for its ship."""
    mean = stage.hours - stage.headway_h / 2.0
    variance = max(0.0, stage.variance_h2 - stage.headway_h**2 / 12.0)
    return mean, float(np.sqrt(variance)) / mean if mean > 0 else 0.0


def _closure(process: ClosureProcess | None, crossing: str) -> tuple[float, float, float]:
    if process is None:
        return 0.0, 0.0, np.nan
    places = set(process.table["place"])
    key = crossing if crossing in places else POOLED if POOLED in places else None
    return process.stage_values(key) if key else (0.0, 0.0, np.nan)


def recorded_closures(
    closures: pl.DataFrame, crossings: pl.DataFrame, record_start: date, as_of: date
) -> pl.DataFrame:
    """Recorded closures of crossings as events for `reliability.fit_closures`.

    Parameters
    ----------
    closures, crossings
        Tables of a case. Rows of kind 'dated' with `history` true count; overlapping rows of one crossing are joined.
    record_start
        First day of the record.
    as_of
        Last day of the record; a closure with no end is still running then.

    Returns
    -------
    Table with columns place, start_date, end_date, observed_from, observed_to. A crossing with no closure on record has one row
    without dates.
    """
    rows: list[tuple[str, date | None, date | None, date, date]] = []
    for crossing in crossings["crossing_id"]:
        spans = _joined(closures, crossing, record_start, as_of)
        rows += [(crossing, start, end, record_start, as_of) for start, end in spans]
        if not spans:
            rows.append((crossing, None, None, record_start, as_of))
    schema = {
        "place": pl.String,
        "start_date": pl.Date,
        "end_date": pl.Date,
        "observed_from": pl.Date,
        "observed_to": pl.Date,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _joined(
    closures: pl.DataFrame, crossing: str, record_start: date, as_of: date
) -> list[tuple[date, date | None]]:
    found = []
    for row in closures.filter(
        (pl.col("place_kind") == "crossing")
        & (pl.col("place_id") == crossing)
        & (pl.col("kind") == "dated")
        & pl.col("history")
    ).iter_rows(named=True):
        if len(row["start"]) != 10:
            continue
        start = date.fromisoformat(row["start"])
        end = date.fromisoformat(row["end"]) + timedelta(days=1) if row["end"] else None
        if start <= as_of and (end is None or end > record_start):
            found.append((start, end if end is None or end <= as_of else None))
    joined: list[tuple[date, date | None]] = []
    for start, end in sorted(found, key=lambda s: (s[0], s[1] or date.max)):
        last = joined[-1] if joined else None
        if last and (last[1] is None or start <= last[1]):
            joined[-1] = (last[0], None if last[1] is None or end is None else max(last[1], end))
        else:
            joined.append((start, end))
    return joined


def closure_process(
    closures: pl.DataFrame, crossings: pl.DataFrame, record_start: date, as_of: date
) -> ClosureProcess:
    """Random closures fitted to the record: each crossing's own rate, and its own length where it has enough of them.

    Crossings closed on record keep their own rate. A crossing that was seen to reopen at least three times keeps its own mean length too
    (exponential); how long a closure of the others lasts is estimated from all of them together, a closure that shut several crossings on
    the same days counting once.

    Returns
    -------
    The fitted process with one row per crossing and one for all of them.

    Raises
    ------
    UnidentifiedClosures
        No closure on record has ended, so that no length can be estimated.
    """
    events = recorded_closures(closures, crossings, record_start, as_of)
    closed = events.filter(pl.col("start_date").is_not_null())["place"].unique()
    own = fit_closures(events, shape="exponential")
    if not closed.len():
        return own
    once = _once(events.filter(pl.col("place").is_in(closed.implode())))
    pooled = fit_closures(once, shape="exponential", pooled=True)
    common = pooled.table.row(0, named=True)
    if common["mean_days"] is None:
        raise UnidentifiedClosures(
            "No recorded closure has ended", common["note"], "add closures that ended to closures.csv"
        )
    shared = ["mean_days", "mean_low_days", "mean_high_days", "shape", "log_sd"]
    few = pl.col("ended") < ENOUGH_ENDS
    table = own.table.with_columns(
        [pl.when(few).then(pl.lit(common[name])).otherwise(pl.col(name)).alias(name) for name in shared]
    )
    return ClosureProcess(pl.concat([table, pooled.table], how="vertical_relaxed"), own.level)


def _once(events: pl.DataFrame) -> pl.DataFrame:
    """Events with a closure of the same days kept at its first place only; a place left without one stays as never closed."""
    first = events.sort("place").unique(["start_date", "end_date"], keep="first", maintain_order=True)
    quiet = (
        events.filter(~pl.col("place").is_in(first["place"].implode()))
        .unique("place", maintain_order=True)
        .with_columns(
            pl.lit(None, dtype=pl.Date).alias("start_date"), pl.lit(None, dtype=pl.Date).alias("end_date")
        )
    )
    return pl.concat([first, quiet])
