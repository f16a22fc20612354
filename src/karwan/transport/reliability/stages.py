"""The stages of one route as arrays: what takes time, what waits, and what the clock must pass."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from karwan.errors import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

KINDS = ("line_haul", "crossing", "transfer", "sailing")
"""Names of the stage kinds; `JourneyStages.kind` holds positions in this tuple."""
HIGHEST_CV = 100.0
HIGHEST_LOG_SD = 3.0
MOST_SPREAD_H = 8784.0

_NEUTRAL: dict[str, float] = {
    "pair": -1,
    "headway_h": 0.0,
    "sailing_phase_h": np.nan,
    "arrivals_per_day": np.nan,
    "servers": np.nan,
    "service_h": np.nan,
    "service_cv": 1.0,
    "calendar": -1,
    "closure_rate_per_day": 0.0,
    "closure_mean_days": 0.0,
    "closure_log_sd": np.nan,
    "backlog_load": 0.0,
    "backlog_cap_days": np.inf,
    "dated": -1,
    "group": -1,
    "group_log_sd": 0.0,
    "jam_share": 0.0,
    "jam_h": 0.0,
}
_INTEGERS = ("kind", "pair", "group", "calendar", "calendar_ptr", "dated", "dated_ptr")
_SCALARS = ("pair_correlation", "queue_limit", "trip_log_sd", "leave_over_h")
_POINTERS = ("calendar_ptr", "dated_ptr")


def _absent() -> Floats:
    return np.empty(0)


def _absent_ints() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class JourneyStages:
    """One route as S stages in order; every array has length S unless said otherwise.

    Fields left out take their neutral value (no waiting of that sort at any stage). All hours are hours; the
    calendars and sailing phases count from the same horizon origin as the departures.

    Parameters
    ----------
    name
        Names of the stages, for reports.
    kind
        Position in `KINDS`: 0 line haul, 1 one side of a crossing, 2 transfer, 3 sailing.
    mean_h, cv
        Mean and coefficient of variation of the service hours (log-normal), without the waits below.
        cv 0 is deterministic.
    pair
        Two stages with the same number >= 0 are the two sides of one crossing; the logs of their service
        hours correlate with `pair_correlation` (between -1 and 1). -1: alone.
    headway_h, sailing_phase_h
        Hours between sailings, 0 for none. Phase nan: the wait is uniform between 0 and the headway.
        Otherwise sailings leave at phase + k x headway.
    arrivals_per_day, servers, service_h, service_cv
        The queue: Poisson arrivals of vehicles, parallel servers, mean hours a vehicle occupies one, and the
        coefficient of variation of that. Arrivals are a rate while the stage is open: 100 a day at a gate
        open ten hours are 240. nan: no queue. The wait is exact for `service_cv` 1 (M/M/c).
    queue_limit
        Utilisation beyond which the mean wait goes on along its tangent, in (0, 1]. 1: a utilisation of 1 or
        more is refused.
    calendar
        Row of the calendar (-1: always open). Calendar c has the windows `calendar_ptr[c]:calendar_ptr[c +
        1]` of `open_start_h`, `open_end_h`, during which the stage can be started: start <= t < end. The
        last end may be inf. After the last window the stage can never be started.
    closure_rate_per_day, closure_mean_days, closure_log_sd
        Random closures: closures per open day, mean days of one, and the standard deviation of the log of its
        length (nan: exponential length).
    dated
        Row of the dated closures (-1: none). Row d has the closures `dated_ptr[d]:dated_ptr[d + 1]` of
        `dated_start_h`, `dated_end_h`, in order and without overlap; nobody passes from start to end.
    backlog_load
        Traffic over capacity, in [0, 1): vehicles that come while a closure lasts wait in line and delay those
        behind them. 0: no line forms.
    backlog_cap_days
        Days into a closure after which no more vehicles join the line; inf: they always do.
    group, group_log_sd
        Stages with the same number >= 0 share one unknown factor on their service hours, log-normal with mean 1 and this standard deviation
        of its log: how far the hours of a kind of place may be off. -1: none.
    jam_share, jam_h
        Share of days on which vehicles stand in a queue of days, and the mean hours waited then (exponential); at other times this adds
        nothing.
    trip_log_sd
        The same for a factor that all stages of a journey share: how much trips differ from one another.
    leave_over_h
        Journeys leave in turn at 24 equal steps over so many hours from the departure, so that no answer hangs on one hour of departure;
        0: all at once.

    Raises
    ------
    InvalidInput
        Lengths differ or a value is out of bounds; every problem is listed.

    Examples
    --------
    >>> stages = JourneyStages(name=("road", "border"), kind=[0, 1], mean_h=[20.0, 9.0], cv=[0.2, 0.8])
    >>> stages.size
    2
    """

    name: tuple[str, ...]
    kind: Ints
    mean_h: Floats
    cv: Floats
    pair: Ints = field(default_factory=_absent_ints)
    pair_correlation: float = 0.0
    headway_h: Floats = field(default_factory=_absent)
    sailing_phase_h: Floats = field(default_factory=_absent)
    arrivals_per_day: Floats = field(default_factory=_absent)
    servers: Floats = field(default_factory=_absent)
    service_h: Floats = field(default_factory=_absent)
    service_cv: Floats = field(default_factory=_absent)
    calendar: Ints = field(default_factory=_absent_ints)
    calendar_ptr: Ints = field(default_factory=_absent_ints)
    open_start_h: Floats = field(default_factory=_absent)
    open_end_h: Floats = field(default_factory=_absent)
    closure_rate_per_day: Floats = field(default_factory=_absent)
    closure_mean_days: Floats = field(default_factory=_absent)
    closure_log_sd: Floats = field(default_factory=_absent)
    dated: Ints = field(default_factory=_absent_ints)
    dated_ptr: Ints = field(default_factory=_absent_ints)
    dated_start_h: Floats = field(default_factory=_absent)
    dated_end_h: Floats = field(default_factory=_absent)
    backlog_load: Floats = field(default_factory=_absent)
    backlog_cap_days: Floats = field(default_factory=_absent)
    queue_limit: float = 1.0
    group: Ints = field(default_factory=_absent_ints)
    group_log_sd: Floats = field(default_factory=_absent)
    jam_share: Floats = field(default_factory=_absent)
    jam_h: Floats = field(default_factory=_absent)
    trip_log_sd: float = 0.0
    leave_over_h: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", tuple(self.name))
        for f in fields(self):
            if f.name in ("name", *_SCALARS):
                continue
            values = np.asarray(getattr(self, f.name))
            if values.size == 0 and f.name in _NEUTRAL:
                values = np.full(len(self.name), _NEUTRAL[f.name])
            if f.name in _POINTERS and values.size == 0:
                values = np.zeros(1)
            kind = np.int64 if f.name in _INTEGERS else np.float64
            object.__setattr__(self, f.name, np.ascontiguousarray(values, dtype=kind))
        problems = _problems(self)
        if problems:
            shown = "\n        ".join(problems[:5])
            rest = f"\n        and {len(problems) - 5} more" if len(problems) > 5 else ""
            raise InvalidInput(
                f"The stages of the journey have {len(problems)} problem(s)",
                shown + rest,
                "correct the rows of the case that these stages come from",
            )

    @property
    def size(self) -> int:
        """Number of stages."""
        return len(self.name)

    @property
    def clocked(self) -> bool:
        """Whether the hours depend on the time of departure (a calendar or a fixed sailing schedule)."""
        sailings = (self.headway_h > 0) & ~np.isnan(self.sailing_phase_h)
        return bool(np.any(self.calendar >= 0) or np.any(self.dated >= 0) or np.any(sailings))


def _problems(s: JourneyStages) -> list[str]:
    lengths = {f.name: getattr(s, f.name).size for f in fields(s) if f.name not in WHOLE}
    wrong = [f"{n} has {k} values for {s.size} stages" for n, k in lengths.items() if k != s.size]
    if s.size == 0:
        wrong.append("there is no stage")
    if not -1.0 <= s.pair_correlation <= 1.0:
        wrong.append(f"pair_correlation is {s.pair_correlation:g}, outside [-1, 1]")
    if not 0.0 < s.queue_limit <= 1.0:
        wrong.append(f"queue_limit is {s.queue_limit:g}, outside (0, 1]")
    if not 0.0 <= s.trip_log_sd <= HIGHEST_LOG_SD:
        wrong.append(f"trip_log_sd is {s.trip_log_sd:g}, outside [0, {HIGHEST_LOG_SD:g}]")
    if not 0.0 <= s.leave_over_h <= MOST_SPREAD_H:
        wrong.append(f"leave_over_h is {s.leave_over_h:g}, outside [0, {MOST_SPREAD_H:g}]")
    return wrong or [
        *_value_problems(s),
        *_pair_problems(s),
        *_span_problems("calendar", s.calendar, s.calendar_ptr, s.open_start_h, s.open_end_h, s.name),
        *_span_problems("dated", s.dated, s.dated_ptr, s.dated_start_h, s.dated_end_h, s.name),
        *_dated_problems(s),
    ]


WHOLE = (  # fields without a value for each stage
    *("name", *_SCALARS, "calendar_ptr", "open_start_h", "open_end_h"),
    *("dated_ptr", "dated_start_h", "dated_end_h"),
)


def _value_problems(s: JourneyStages) -> list[str]:
    queue = np.stack([s.arrivals_per_day, s.servers, s.service_h])
    queued = ~np.isnan(queue).all(axis=0)
    closing = s.closure_rate_per_day != 0
    with np.errstate(invalid="ignore"):
        checks = [
            ("kind", ~np.isin(s.kind, np.arange(len(KINDS))), f"is not one of 0..{len(KINDS) - 1}"),
            ("mean_h", ~(np.isfinite(s.mean_h) & (s.mean_h >= 0)), "is not a finite number >= 0"),
            ("cv", ~((s.cv >= 0) & (s.cv <= HIGHEST_CV)), f"is outside [0, {HIGHEST_CV:g}]"),
            ("headway_h", ~(np.isfinite(s.headway_h) & (s.headway_h >= 0)), "is not a finite number >= 0"),
            ("sailing_phase_h", np.isinf(s.sailing_phase_h), "is infinite"),
            ("arrivals_per_day", queued & ~(queue[0] >= 0), "is not >= 0 though the stage has a queue"),
            ("servers", queued & ~((queue[1] >= 1) & (queue[1] % 1 == 0)), "is not a whole number >= 1"),
            ("service_h", queued & ~(queue[2] >= 0), "is not >= 0 though the stage has a queue"),
            ("service_cv", queued & ~(s.service_cv >= 0), "is not >= 0"),
            (
                "closure_rate_per_day",
                ~(np.isfinite(s.closure_rate_per_day) & (s.closure_rate_per_day >= 0)),
                "is not finite >= 0",
            ),
            (
                "closure_mean_days",
                closing & ~(np.isfinite(s.closure_mean_days) & (s.closure_mean_days > 0)),
                "is not finite > 0",
            ),
            (
                "closure_log_sd",
                closing & ((s.closure_log_sd < 0) | (s.closure_log_sd > 5)),
                "is outside [0, 5]",
            ),
            ("backlog_load", ~((s.backlog_load >= 0) & (s.backlog_load < 1)), "is outside [0, 1)"),
            ("backlog_cap_days", ~(s.backlog_cap_days >= 0), "is not >= 0"),
            (
                "group",
                (s.group < -1) | (s.group >= s.size),
                "is not -1 or a number below the number of stages",
            ),
            (
                "group_log_sd",
                ~((s.group_log_sd >= 0) & (s.group_log_sd <= HIGHEST_LOG_SD)),
                f"is outside [0, {HIGHEST_LOG_SD:g}]",
            ),
            ("jam_share", ~((s.jam_share >= 0) & (s.jam_share < 1)), "is outside [0, 1)"),
            ("jam_h", ~(np.isfinite(s.jam_h) & (s.jam_h >= 0)), "is not a finite number >= 0"),
            ("group_log_sd", (s.group < 0) & (s.group_log_sd > 0), "is given to a stage without a group"),
        ]
    return [
        f"stage {i} ({s.name[i]}): {column} {getattr(s, column)[i]:g} {text}"
        for column, bad, text in checks
        for i in np.flatnonzero(bad)
    ]


def _pair_problems(s: JourneyStages) -> list[str]:
    pairs, counts = np.unique(s.pair[s.pair >= 0], return_counts=True)
    return [
        f"pair {p} has {n} stages; a crossing has two sides"
        for p, n in zip(pairs, counts, strict=True)
        if n > 2
    ]


def _dated_problems(s: JourneyStages) -> list[str]:
    rows, uses = np.unique(s.dated[s.dated >= 0], return_counts=True)
    wrong = [
        f"dated {r} is used by {n} stages; it is one stage's own"
        for r, n in zip(rows, uses, strict=True)
        if n > 1
    ]
    return wrong if np.all(np.isfinite(s.dated_end_h)) else [*wrong, "dated_end_h must be finite"]


def _span_problems(
    word: str, row: Ints, ptr: Ints, start: Floats, end: Floats, name: tuple[str, ...]
) -> list[str]:
    if ptr[0] != 0 or np.any(np.diff(ptr) < 0) or ptr[-1] != start.size or start.size != end.size:
        return [
            f"{word}_ptr must rise from 0 to the number of windows ({start.size} starts, {end.size} ends)"
        ]
    wrong = [
        f"stage {i} ({name[i]}): {word} {row[i]} is not one of the {ptr.size - 1} {word}s"
        for i in np.flatnonzero((row < -1) | (row >= ptr.size - 1))
    ]
    for c in range(ptr.size - 1):
        begins, ends = start[ptr[c] : ptr[c + 1]], end[ptr[c] : ptr[c + 1]]
        if not (np.all(begins < ends) and np.all(begins[1:] >= ends[:-1])):
            wrong.append(f"{word} {c}: windows must have start < end, in order and without overlap")
    return wrong
