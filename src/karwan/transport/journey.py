"""From a route to the stages its arrival is simulated from, and the closures its crossings have had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import UnknownName
from karwan.notes import Note, note
from karwan.transport.calendar import HORIZON_DAYS, Windows
from karwan.transport.closures import SLOW, end_unseen, shut_days
from karwan.transport.network import Stage
from karwan.transport.network.lookup import ClosureBook
from karwan.transport.network.stage import Row
from karwan.transport.reliability import (
    KINDS,
    ClosureProcess,
    JourneyStages,
    UnidentifiedClosures,
    fit_closures,
)
from karwan.transport.reliability.backlog import cut_moments
from karwan.transport.reliability.stages import HIGHEST_CV
from karwan.transport.route import Route
from karwan.transport.traffic import (
    BEYOND,
    LIMIT_SHARE,
    SERVERS,
    STEADY,
    TRAIN_WAGONS,
    Traffic,
    crossing_traffic,
)

POOLED = "all"
DAY_H = 24.0  # journeys leave at every hour of the day of departure
BACKLOG_DAYS = 5.0  # where the case has no parameter closure_backlog_days
LOOK_BACK_DAYS = 90  # a line left by a closure that ended earlier has cleared
LEVEL = 0.90  # of the intervals of the fitted closures
ENOUGH_ENDS = 3  # closures seen to end that give a crossing a length of its own


@dataclass(frozen=True)
class ArrivalModel:
    """What the arrival of a route is simulated with, beside the route itself.

    Attributes
    ----------
    pair_correlation
        Correlation of the log hours at the two sides of one crossing.
    closures
        Random closures by crossing or node id; None leaves them out.
    closing_nodes
        Nodes among the places of `closures`.
    closed_modes
        Mode that the closures of a place are about, where it is only one.
    traffic
        Load of each crossing and mode; a crossing that is not in it has no queue and no line after a closure.
    backlog_cap_days
        Days into a closure after which no more vehicles join the line.
    crossings, closure_rows
        Rows of the case's tables that dated closures are read from.
    opened
        Places whose dated closures are set aside.
    """

    pair_correlation: float = 0.0
    closures: ClosureProcess | None = None
    closing_nodes: frozenset[str] = frozenset()
    closed_modes: Mapping[str, str] = field(default_factory=dict)
    traffic: Mapping[tuple[str, str], Traffic] = field(default_factory=dict)
    backlog_cap_days: float = np.inf
    crossings: Mapping[str, Row] = field(default_factory=dict)
    closure_rows: tuple[Row, ...] = ()
    opened: frozenset[str] = frozenset()


def arrival_model(
    tables: Mapping[str, pl.DataFrame],
    closures: ClosureProcess | None,
    *,
    load: float = 1.0,
    opened: frozenset[str] = frozenset(),
) -> ArrivalModel:
    """Arrival model of a case.

    Parameters
    ----------
    tables
        Tables of a case.
    closures
        Fitted random closures, see `closure_process`.
    load
        Traffic at the crossings over the usual traffic.
    opened
        Places whose dated closures are set aside.

    Raises
    ------
    UnknownName
        The case has no parameter pair_correlation.
    """
    parameters = _parameters(tables)
    if "pair_correlation" not in parameters:
        raise UnknownName(
            "parameters.csv has no row 'pair_correlation'.",
            f"it has {', '.join(sorted(parameters)) or 'no rows'}",
            "add a row with parameter_id pair_correlation; see docs/reliability.md for what it means.",
        )
    return ArrivalModel(
        pair_correlation=parameters["pair_correlation"],
        closures=closures,
        closing_nodes=frozenset(_closing_nodes(tables)),
        closed_modes=_closed_modes(tables["closures"]),
        traffic=crossing_traffic(
            tables["crossings"],
            parameters.get("crossing_servers", SERVERS),
            parameters.get("train_wagons", TRAIN_WAGONS),
            factor=load,
        ),
        backlog_cap_days=parameters.get("closure_backlog_days", BACKLOG_DAYS),
        crossings={r["crossing_id"]: r for r in tables["crossings"].iter_rows(named=True)},
        closure_rows=tuple(tables["closures"].iter_rows(named=True)),
        opened=opened,
    )


def _closing_nodes(tables: Mapping[str, pl.DataFrame]) -> set[str]:
    """Nodes with closures on record, those of crossings apart: their closures are the crossing's."""
    crossings = tables["crossings"]
    return set(_history(tables["closures"], "node")["place_id"]) - {
        *crossings["node_id"],
        *crossings["crossing_id"],
    }


def _closed_modes(closures: pl.DataFrame) -> dict[str, str]:
    modes: dict[str, set[str | None]] = {}
    for kind in ("crossing", "node"):
        for place, mode in _history(closures, kind).select("place_id", "mode").iter_rows():
            modes.setdefault(place, set()).add(mode)
    return {place: next(iter(m)) or "" for place, m in modes.items() if len(m) == 1 and None not in m}


def _parameters(tables: Mapping[str, pl.DataFrame]) -> dict[str, float]:
    return dict(tables["parameters"].select("parameter_id", "value").iter_rows())


def recorded_process(
    tables: Mapping[str, pl.DataFrame], as_of: date
) -> tuple[ClosureProcess | None, tuple[Note, ...]]:
    """Random closures fitted to a case's record up to a day; None, with the reason, where it cannot be told."""
    year = _parameters(tables).get("closures_observed_from_year")
    if year is None:
        return None, (note("closures.no_record"),)
    start = date(int(year), 1, 1)
    if start >= as_of:
        return None, (note("closures.record_too_late", start=start, as_of=as_of),)
    found: list[pl.DataFrame] = []
    notes = []
    for kind, places in _alike(tables):
        try:
            if places:
                table = closure_process(tables["closures"], places, start, as_of, kind=kind).table
                found.append(table.filter(pl.col("place") != POOLED) if found else table)
        except UnidentifiedClosures as error:
            notes.append(note("closures.left_out", kind=kind, fact=error.fact, evidence=error.evidence))
    process = ClosureProcess(pl.concat(found, how="vertical_relaxed"), LEVEL) if found else None
    return process, tuple(notes)


def _alike(tables: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, list[str]]]:
    """Places that lend each other the length of a closure, with their kind: gates, crossings shut to rail alone, inland nodes, ports.

    A ban on loading says nothing of how long a clash lasts, nor a blockade of a landslide.
    """
    modes = _closed_modes(tables["closures"])
    crossings, nodes = tables["crossings"]["crossing_id"].to_list(), sorted(_closing_nodes(tables))
    for kind, places, apart in (("crossing", crossings, "rail"), ("node", nodes, "sea")):
        yield kind, [place for place in places if modes.get(place) != apart]
        yield kind, [place for place in places if modes.get(place) == apart]


def journey_stages(
    route: Route, model: ArrivalModel | None = None, *, ignore_shut: bool = False
) -> JourneyStages:
    """Stages of a route for `reliability.simulate`.

    Parameters
    ----------
    route
        A route of `make_route`.
    model
        Closures, loads and correlation; None simulates the stages alone.
    ignore_shut
        Take calendars that never open as open.

    Returns
    -------
    Stages in order. A sailing's mean is its sea time; the wait for the ship is uniform over its headway. What a crossing adds (closures,
    line, queue) stands at its first side, whose own hours are the observed ones less the usual queue.
    """
    model = model or ArrivalModel()
    steps: list[dict[str, float]] = []
    windows: list[Windows] = []
    dated: list[Windows] = []
    met: set[str] = set()
    for number, a in enumerate(route.arcs):
        arc = route.network.arcs[a]
        shut = arc.calendar in route.network.shut
        moves = [_step(stage) for stage in arc.stages]
        first = moves[0]
        if arc.calendar >= 0 and not (ignore_shut and shut):
            first["calendar"] = len(windows)
            windows.append(route.network.calendars[arc.calendar])
        if arc.place_kind == "crossing":
            _pair_sides(moves, number)
            first |= _gate(model, arc.place_id, arc.stages[0])
            spans = dated_closures(model, route.network.first_day, arc.place_id, arc.stages[0].mode)
            if len(spans[0]) and not shut:
                first["dated"] = len(dated)
                dated.append(spans)
        else:
            first |= _node_closure(model, route, a, met)
        steps += moves
    groups = _shared_groups(route.stages)
    for move, group in zip(steps, groups, strict=True):
        move |= group
    columns = {key: np.array([s.get(key, blank) for s in steps]) for key, blank in _BLANK.items()}
    return JourneyStages(
        name=tuple(stage.name for stage in route.stages),
        pair_correlation=model.pair_correlation,
        queue_limit=LIMIT_SHARE,
        trip_log_sd=route.network.trip_log_sd,
        leave_over_h=DAY_H,
        calendar_ptr=_pointers(windows),
        open_start_h=_joined_hours(windows, 0),
        open_end_h=_joined_hours(windows, 1),
        dated_ptr=_pointers(dated),
        dated_start_h=_joined_hours(dated, 0),
        dated_end_h=_joined_hours(dated, 1),
        **columns,
    )


def _step(stage: Stage) -> dict[str, float]:
    """A stage alone."""
    mean, cv = _service(stage)
    step = {"kind": KINDS.index(stage.kind), "mean_h": mean, "cv": cv, "headway_h": stage.step.headway_h}
    return step | {"jam_share": stage.step.jam_share, "jam_h": stage.step.jam_h}


def _shared_groups(stages: Sequence[Stage]) -> list[dict[str, float]]:
    """Number of the kind of place of each stage, in the order they are met, and how far its hours may be off."""
    numbers: dict[str, int] = {}
    found: list[dict[str, float]] = []
    for stage in stages:
        if not stage.step.hours_group:
            found.append({})
            continue
        number = numbers.setdefault(stage.step.hours_group, len(numbers))
        found.append({"group": number, "group_log_sd": stage.step.group_log_sd})
    return found


def _pair_sides(moves: Sequence[dict[str, float]], number: int) -> None:
    """Mark the sides of a crossing as a pair, whose hours vary together."""
    for move in moves:
        if move["kind"] == KINDS.index("crossing"):
            move["pair"] = number


_BLANK = {
    **{"kind": 0, "mean_h": 0.0, "cv": 0.0, "headway_h": 0.0, "pair": -1, "calendar": -1, "dated": -1},
    **dict.fromkeys(["arrivals_per_day", "servers", "service_h", "closure_log_sd"], np.nan),
    **{
        "closure_rate_per_day": 0.0,
        "closure_mean_days": 0.0,
        "backlog_load": 0.0,
        "backlog_cap_days": np.inf,
        "jam_share": 0.0,
        "jam_h": 0.0,
        "group": -1,
        "group_log_sd": 0.0,
    },
}


def _pointers(windows: Sequence[Windows]) -> NDArray[np.int64]:
    return np.cumsum([0] + [len(w[0]) for w in windows]).astype(np.int64)


def _joined_hours(windows: Sequence[Windows], end: int) -> NDArray[np.float64]:
    return np.concatenate([w[end] for w in windows]) if windows else np.empty(0)


def _service(stage: Stage) -> tuple[float, float]:
    """Mean and coefficient of variation of a stage without the wait for its ship and the queue of bad days."""
    mean = stage.service_h
    return mean, _cv(mean, stage.service_variance_h2)


def _cv(mean: float, variance: float) -> float:
    return float(np.sqrt(max(0.0, variance))) / mean if mean > 0 else 0.0


def _node_closure(model: ArrivalModel, route: Route, a: int, met: set[str]) -> dict[str, float]:
    """Random closures of a pass, port or station: met once, at the first move that touches it in their mode."""
    arc, states = route.network.arcs[a], route.network.states
    for node in (states[arc.tail].node_id, states[arc.head].node_id):
        if node in model.closing_nodes and node not in met:
            found = _random(model, node, arc.stages[0].mode)
            if found:
                met.add(node)
                return found
    return {}


def closing_places(route: Route, model: ArrivalModel) -> set[str]:
    """Crossings and nodes of a route that may be found closed at random."""
    found: set[str] = set()
    for a in route.arcs:
        arc = route.network.arcs[a]
        if arc.place_kind != "crossing":
            _node_closure(model, route, a, found)
        elif _random(model, arc.place_id, arc.stages[0].mode):
            found.add(arc.place_id)
    return found


def _random(model: ArrivalModel, place: str, mode: str) -> dict[str, float]:
    if model.closures is None or place not in model.closures or model.closed_modes.get(place, mode) != mode:
        return {}
    rate, mean_days, log_sd = model.closures.stage_values(place)
    return {"closure_rate_per_day": rate, "closure_mean_days": mean_days, "closure_log_sd": log_sd}


def _gate(model: ArrivalModel, crossing: str, stage: Stage) -> dict[str, float]:
    """What a crossing adds to its first side: random closures, the lines they leave, the queue at the load asked for."""
    step = _random(model, crossing, stage.mode)
    traffic = model.traffic.get((crossing, stage.mode))
    # a crossing that nothing passes counts as full: the way it would be is never quicker than with a capacity
    load = None if traffic is None else LIMIT_SHARE if traffic.capacity_day == 0 else traffic.load_share
    if traffic is None or load is None:
        return step
    cap = model.backlog_cap_days
    rate = step.get("closure_rate_per_day", 0.0)
    cut = 0.0
    if rate > 0.0 and cap > 0.0:
        cut = cut_moments(step["closure_mean_days"], step["closure_log_sd"], cap)[0]
    # a line that would never clear is taken at the edge of clearing
    most = LIMIT_SHARE / (LIMIT_SHARE + rate * cut)
    step |= {"backlog_load": min(load, LIMIT_SHARE, most), "backlog_cap_days": cap}
    if traffic.state(stage.service_h) not in (STEADY, BEYOND):
        return step
    own, variance = traffic.own_hours(stage.service_h, stage.service_variance_h2)
    return step | {
        "mean_h": own,
        "cv": min(_cv(own, variance), HIGHEST_CV),
        "arrivals_per_day": traffic.arrivals_day(load),
        "servers": float(traffic.servers),
        "service_h": traffic.service_h,
        "service_cv": traffic.service_cv,
    }


def dated_closures(model: ArrivalModel, first_day: date, crossing: str, mode: str) -> Windows:
    """Dated closures of a crossing that have an end, joined, in hours from midnight UTC of the first day."""
    row = model.crossings.get(crossing)
    if row is None:
        return np.empty(0), np.empty(0)
    book = ClosureBook(model.closure_rows, first_day - timedelta(days=LOOK_BACK_DAYS), model.opened)
    found = book.spans("crossing", crossing, mode) + book.spans("node", row["node_id"], mode)
    horizon = first_day + timedelta(days=HORIZON_DAYS)
    joined: list[list[float]] = []
    for span in sorted((s for s, _ in found), key=lambda s: s.start):
        if span.end is None or span.start > horizon:
            break
        start = (span.start - first_day).days * 24.0 - row["utc_offset_h"]
        end = ((span.end - first_day).days + 1) * 24.0 - row["utc_offset_h"]
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    spans = np.array(joined).reshape(-1, 2)
    return spans[:, 0].copy(), spans[:, 1].copy()


def recorded_closures(
    closures: pl.DataFrame, places: Sequence[str], record_start: date, as_of: date, *, kind: str = "crossing"
) -> pl.DataFrame:
    """Recorded closures of places as events for `reliability.fit_closures`.

    Parameters
    ----------
    closures
        Table of a case. Rows of kind 'dated' with `history` true count; overlapping rows of one place are joined.
    places, kind
        Ids of crossings, or of nodes.
    record_start
        First day of the record.
    as_of
        Last day of the record. A place with a closure that was last seen in force on a day before its end, or that has no end, is on
        record until that day: what became of it later is not known, and an end supposed in a scenario is no sighting.

    Returns
    -------
    Table with columns place, start_date, end_date, observed_from, observed_to, away_days: the days of the record on which the place was shut
    by rows that do not count (winters, holidays, the pandemic) and by none that does. A place with no closure on record has one row without dates.
    """
    rows: list[tuple[str, date | None, date | None, date, date, int]] = []
    by_place = _by_place(_history(closures, kind))
    apart = _by_place(closures.filter((pl.col("kind") != SLOW) & ~pl.col("history")))
    for place in places:
        found = by_place.get(place, [])
        seen = [r["last_seen"] for r in found if end_unseen(r) and r["last_seen"] > record_start]
        until = min(as_of, max(seen)) if seen else as_of
        spans = _joined(found, record_start, until)
        away = _away_days(apart.get(place, []), found, record_start, until)
        rows += [(place, start, end, record_start, until, away) for start, end in spans]
        if not spans:
            rows.append((place, None, None, record_start, until, away))
    schema = {
        "place": pl.String,
        "start_date": pl.Date,
        "end_date": pl.Date,
        "observed_from": pl.Date,
        "observed_to": pl.Date,
        "away_days": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _history(closures: pl.DataFrame, kind: str) -> pl.DataFrame:
    return closures.filter((pl.col("place_kind") == kind) & (pl.col("kind") == "dated") & pl.col("history"))


def _by_place(closures: pl.DataFrame) -> dict[str, list[Row]]:
    """Rows of each place."""
    found: dict[str, list[Row]] = {}
    for row in closures.iter_rows(named=True):
        found.setdefault(row["place_id"], []).append(row)
    return found


def _away_days(apart: Sequence[Row], counted: Sequence[Row], first: date, last: date) -> int:
    """Days on which a place was shut by what does not count, so that nothing else could shut it; other modes than those counted apart."""
    modes = {row["mode"] for row in counted}
    same = [row for row in apart if row["mode"] is None or not modes or modes == {row["mode"]}]
    return len(shut_days(same, first, last) - shut_days(counted, first, last))


def _joined(rows: Sequence[Row], record_start: date, until: date) -> list[tuple[date, date | None]]:
    """Closures of a place on record as first closed day and first open day (None: not seen), overlapping ones joined."""
    recorded = [(r, date.fromisoformat(r["start"])) for r in rows if len(r["start"]) == 10]
    spans = [(start, _reopened(row, until)) for row, start in recorded if start <= until]
    # an end that is not seen sorts and joins as the latest
    ordered = sorted((start, end or date.max) for start, end in spans if end is None or end > record_start)
    joined: list[tuple[date, date]] = []
    for start, end in ordered:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return [(start, None if end == date.max else end) for start, end in joined]


def _reopened(row: Row, until: date) -> date | None:
    """First day a place was open again; None where that was not seen by the last day of the record."""
    if not row["end"]:
        return None
    end = date.fromisoformat(row["end"]) + timedelta(days=1)
    return end if end <= until else None


def closure_process(
    closures: pl.DataFrame, places: Sequence[str], record_start: date, as_of: date, *, kind: str = "crossing"
) -> ClosureProcess:
    """Random closures fitted to the record: each place's own rate, and its own length where it has enough of them.

    Places closed on record keep their own rate. A place that was seen to reopen at least three times keeps its own mean length too
    (exponential); how long a closure of the others lasts is estimated from all of them together, a closure that shut several places on
    the same days counting once. Parameters as in `recorded_closures`.

    Returns
    -------
    The fitted process with one row per place and one for all of them.

    Raises
    ------
    UnidentifiedClosures
        No closure on record has ended, so that no length can be estimated.
    """
    events = recorded_closures(closures, places, record_start, as_of, kind=kind)
    closed = events.filter(pl.col("start_date").is_not_null())["place"].unique()
    own = fit_closures(events, shape="exponential", level=LEVEL)
    if not closed.len():
        return own
    once = _once(events.filter(pl.col("place").is_in(closed.implode())))
    pooled = fit_closures(once, shape="exponential", level=LEVEL, pooled=True)
    common = pooled.table.row(0, named=True)
    if common["mean_days"] is None:
        raise UnidentifiedClosures(
            "No recorded closure has ended", common["note"], "add closures that ended to closures.csv"
        )
    shared = ["mean_days", "mean_low_days", "mean_high_days", "shape", "log_sd"]
    few = pl.col("ended") < ENOUGH_ENDS
    table = own.table.with_columns(
        [pl.when(few).then(pl.lit(common[name])).otherwise(pl.col(name)).alias(name) for name in shared]
    ).with_columns(closed_share=pl.col("rate_per_day") * pl.col("mean_days"))
    table = table.with_columns(closed_share=pl.col("closed_share") / (1.0 + pl.col("closed_share")))
    return ClosureProcess(pl.concat([table, pooled.table], how="vertical_relaxed"), own.level)


def _once(events: pl.DataFrame) -> pl.DataFrame:
    """Events with a closure of the same days kept at its first place only; a place left without one stays as never closed."""
    longest = events.sort("observed_to", "place", descending=[True, False])
    first = longest.unique(["start_date", "end_date"], keep="first", maintain_order=True)
    quiet = (
        events.filter(~pl.col("place").is_in(first["place"].implode()))
        .unique("place", maintain_order=True)
        .with_columns(
            pl.lit(None, dtype=pl.Date).alias("start_date"), pl.lit(None, dtype=pl.Date).alias("end_date")
        )
    )
    return pl.concat([first, quiet])
