"""Monte Carlo of journeys: distribution of hours, causes of lateness, and the best day to depart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.numerics import draws
from karwan.numerics import journeys as kernel
from karwan.transport.reliability.backlog import closed_shares, cut_share, line_ratio
from karwan.transport.reliability.moments import pair_partners
from karwan.transport.reliability.queueing import queue_waits
from karwan.transport.reliability.stages import KINDS, Floats, Ints, JourneyStages

MOST_JOURNEYS = 100_000_000
PERCENTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95, 0.99)
WORST_SHARE = 0.05
"""Without a promise, the latest 5 % of the journeys that arrive count as late."""
_CHUNK = 20 * kernel.BLOCK


@dataclass(frozen=True, eq=False)
class Journeys:
    """Simulated journeys of one route.

    Attributes
    ----------
    stages, depart_h, seed
        What was simulated; enough to draw any journey again.
    hours
        Door-to-door hours of each journey, shape (N,); inf never arrives (a calendar ran out of windows).
    component_h
        Mean hours of each stage by component over the journeys that arrive, shape (S, 5).
    stuck_share
        Share of all journeys that never get beyond each stage, shape (S,).
    promise_h
        Hours promised; None: the latest 5 % count as late.
    stage_hours
        Table of S rows: stage, name, kind, mean_h and its parts closure_h, opening_h, sailing_h, queue_h,
        service_h, as means over the journeys that arrive (they add up to the mean of the journey), and
        `stuck_share`, the share of all journeys that never get beyond this stage.
    stage_lateness
        Table of S rows: how much each stage adds to late journeys; see `lateness`.
    promised_h
        The hours beyond which a journey counts as late in `stage_lateness`.
    percentiles
        Table: share, hours.
    """

    stages: JourneyStages
    depart_h: float
    seed: int
    hours: Floats
    component_h: Floats
    stuck_share: Floats
    promise_h: float | None = None

    @cached_property
    def stage_hours(self) -> pl.DataFrame:
        """Mean hours of each stage and of its parts; see above."""
        return _hours_table(self.stages, self.component_h).with_columns(stuck_share=self.stuck_share)

    @cached_property
    def promised_h(self) -> float:
        """The hours beyond which a journey counts as late in `stage_lateness`."""
        if self.promise_h is not None:
            return float(self.promise_h)
        arrived = np.count_nonzero(np.isfinite(self.hours))
        rank = max(1, np.ceil(arrived * (1.0 - WORST_SHARE)))
        return float(_order_statistics(self.hours, (rank / self.hours.size,))[0])

    @cached_property
    def stage_lateness(self) -> pl.DataFrame:
        """How much each stage adds to late journeys; see `lateness`."""
        return lateness(self, promised_h=self.promised_h)

    @cached_property
    def percentiles(self) -> pl.DataFrame:
        """Hours at usual shares of the journeys."""
        return pl.DataFrame({"share": PERCENTILES, "hours": _order_statistics(self.hours, PERCENTILES)})

    @property
    def never_arrives_share(self) -> float:
        """Share of journeys that never arrive."""
        return float(np.count_nonzero(np.isinf(self.hours)) / self.hours.size)

    @property
    def mean_h(self) -> float:
        """Mean hours of the journeys that arrive; nan if none does."""
        return float(self.component_h.sum()) if self.never_arrives_share < 1.0 else float("nan")

    @property
    def sd_h(self) -> float:
        """Standard deviation of the hours of the journeys that arrive; nan if none does."""
        arrived = self.hours[np.isfinite(self.hours)]
        return float(np.std(arrived)) if arrived.size else float("nan")

    @property
    def mean_error_h(self) -> float:
        """Standard error of `mean_h` from the number of journeys drawn."""
        return self.sd_h / float(np.sqrt(np.count_nonzero(np.isfinite(self.hours)) or np.nan))

    @property
    def time_p50_h(self) -> float:
        """Median hours."""
        return self.quantile(0.50)

    @property
    def time_p95_h(self) -> float:
        """Hours within which 95 % of journeys arrive."""
        return self.quantile(0.95)

    @property
    def buffer_time_h(self) -> float:
        """P95 minus mean."""
        return self.time_p95_h - self.mean_h

    def quantile(self, share: float) -> float:
        """Least hours within which at least `share` of all journeys arrive; inf if fewer ever do."""
        return float(_order_statistics(self.hours, (share,))[0])

    def quantile_interval(self, share: float, *, level: float = 0.95) -> tuple[float, float]:
        """Range of the true quantile given the number of journeys drawn (binomial order statistics)."""
        n, z = self.hours.size, NormalDist().inv_cdf(0.5 + level / 2.0)
        half = z * np.sqrt(n * share * (1.0 - share))
        ranks = np.clip([np.floor(n * share - half), np.ceil(n * share + half)], 1, n) / n
        low, high = _order_statistics(self.hours, tuple(ranks))
        return float(low), float(high)

    def probability_by(self, hours: float) -> float:
        """Share of all journeys that arrive within `hours`."""
        return float(np.count_nonzero(self.hours <= hours) / self.hours.size)


def simulate(
    stages: JourneyStages,
    *,
    depart_h: float = 0.0,
    journeys: int = 100_000,
    seed: int = 0,
    promised_h: float | None = None,
    threads: int | None = None,
) -> Journeys:
    """Draw journeys through the stages.

    Parameters
    ----------
    depart_h
        Hours from the horizon origin of the calendars.
    journeys
        Number to draw, 1 to 100 million.
    seed
        0 to 2^64 - 1. Journey i of a seed is the same whatever the threads and the number of journeys.
    promised_h
        Hours beyond which a journey is late, for `stage_lateness`. None: the 95 % point of those that arrive.
    threads
        Worker threads; None takes the processors available to the process. Never changes the result.

    Returns
    -------
    Journeys

    Raises
    ------
    SaturatedQueue
        A queue has utilisation 1 or more.
    InvalidInput
        A number is out of bounds.

    Notes
    -----
    At each stage the clock passes a random closure with the line it left, a dated closure with its line, the
    next opening, the next sailing, the queue and the service, in this order. Random closures and queues are
    met in equilibrium and independently from stage to stage.

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, doi:10.1145/2660193.2660195;
    Wichura (1988), algorithm AS 241, doi:10.2307/2347330.

    Examples
    --------
    >>> sure = JourneyStages(name=("road", "border"), kind=[0, 1], mean_h=[20.0, 9.0], cv=[0.0, 0.0])
    >>> simulate(sure, journeys=10, seed=1).time_p95_h
    29.0
    """
    _check_draw(depart_h, journeys, seed)
    st, windows, key = stage_arrays(stages), calendar_windows(stages), draws.seed_key(seed)
    blocks = -(-journeys // kernel.BLOCK)
    hours = np.empty(journeys)
    sums = np.zeros((blocks, stages.size, len(kernel.COMPONENTS)))
    stuck = np.zeros((blocks, stages.size), dtype=np.int64)

    def run(first: int) -> None:
        part = slice(first // kernel.BLOCK, (first + _CHUNK) // kernel.BLOCK)
        piece = hours[first : first + _CHUNK]
        numbers = np.arange(first, first + piece.size)
        kernel.run_journeys(st, windows, key, float(depart_h), numbers, piece, sums[part], stuck[part])

    _spread(run, range(0, journeys, _CHUNK), threads)
    arrived = journeys - int(stuck.sum())
    means = sums.sum(axis=0) / (arrived or np.nan)
    return Journeys(stages, float(depart_h), seed, hours, means, stuck.sum(axis=0) / journeys, promised_h)


def lateness(journeys: Journeys, *, promised_h: float, threads: int | None = None) -> pl.DataFrame:
    """Share of lateness each stage causes, for a promise of `promised_h` hours.

    For journeys that arrive later than promised, the excess of a stage is its mean hours in those journeys
    minus its mean hours in all journeys that arrive. The excesses add up to the mean lateness over the
    average journey; `share` is a stage's part of that sum. This is the Euler allocation of the expected
    shortfall. A stage shorter than usual in late journeys has a small negative share. With no late journey
    the columns are null.

    The late journeys are drawn again from their seed, so nothing but their numbers is kept in memory.

    Returns
    -------
    Table of S rows: stage, name, kind, share, excess_h and its parts closure_h, opening_h, sailing_h,
    queue_h, service_h.

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement; McNeil, Frey and Embrechts (2015),
    Quantitative Risk Management, section 8.5.
    """
    st, windows = stage_arrays(journeys.stages), calendar_windows(journeys.stages)
    late = np.flatnonzero((journeys.hours > promised_h) & (journeys.hours < np.inf))
    key = draws.seed_key(journeys.seed)
    excess = _chosen_means(st, windows, key, journeys.depart_h, late, threads) - journeys.component_h
    return _lateness_table(journeys.stages, excess)


def departures(
    stages: JourneyStages,
    *,
    depart_h: ArrayLike,
    journeys: int = 10_000,
    seed: int = 0,
    threads: int | None = None,
) -> pl.DataFrame:
    """P50 and P95 hours for each time of departure, such as every day of a year.

    All departures share their random numbers, so differences between days are not noise of the draw.

    Parameters
    ----------
    depart_h
        Hours from the horizon origin, shape (D,). Order is kept.
    journeys
        Journeys drawn for each departure.

    Returns
    -------
    Table of D rows: depart_h, time_p50_h, time_p95_h (over all journeys, inf if too few arrive), mean_h (of
    those that arrive, null if none does), never_arrives_share.

    Examples
    --------
    >>> night = JourneyStages(name=("gate",), kind=[1], mean_h=[1.0], cv=[0.0], calendar=[0],
    ...                       calendar_ptr=[0, 1], open_start_h=[8.0], open_end_h=[18.0])
    >>> departures(night, depart_h=[0.0, 9.0, 20.0], journeys=2)["time_p50_h"].to_list()
    [9.0, 1.0, inf]
    """
    times = np.atleast_1d(np.asarray(depart_h, dtype=np.float64))
    for value in times[~np.isfinite(times)][:1]:
        _check_draw(float(value), journeys, seed)
    _check_draw(0.0, journeys, seed)
    st, windows, key = stage_arrays(stages), calendar_windows(stages), draws.seed_key(seed)
    unique, back = np.unique(times if stages.clocked else np.zeros(times.size), return_inverse=True)
    rows = np.empty((unique.size, 4))
    blocks = -(-journeys // kernel.BLOCK)

    def run(d: int) -> None:
        hours, sums = np.empty(journeys), np.zeros((blocks, stages.size, len(kernel.COMPONENTS)))
        stuck = np.zeros((blocks, stages.size), dtype=np.int64)
        kernel.run_journeys(st, windows, key, float(unique[d]), np.arange(journeys), hours, sums, stuck)
        arrived = journeys - int(stuck.sum())
        rows[d, :2] = _order_statistics(hours, (0.50, 0.95))
        rows[d, 2:] = sums.sum() / (arrived or np.nan), 1.0 - arrived / journeys

    _spread(run, range(unique.size), threads)
    p50, p95, mean, never = rows[back.ravel()].T
    return pl.DataFrame(
        {
            "depart_h": times,
            "time_p50_h": p50,
            "time_p95_h": p95,
            "mean_h": mean,
            "never_arrives_share": never,
        }
    ).with_columns(pl.col("mean_h").fill_nan(None))


def stage_arrays(stages: JourneyStages) -> kernel.StageArrays:
    """The parameters the compiled loop reads, from means and rates to medians and probabilities."""
    queue_share, queue_h = queue_waits(stages)
    closed = closed_shares(stages)
    partner = pair_partners(stages)
    with np.errstate(invalid="ignore"):
        biased = np.where(np.isnan(stages.closure_log_sd), 0.0, 0.5 * stages.closure_log_sd**2)
    spread = stages.group_log_sd**2 + stages.trip_log_sd**2
    certain = (stages.cv == 0.0) | (stages.mean_h == 0.0)
    return kernel.StageArrays(
        mean_h=stages.mean_h,
        median_h=stages.mean_h / np.sqrt(1.0 + stages.cv**2) * np.exp(-0.5 * spread),
        log_sd=np.where(certain, 0.0, np.sqrt(np.log1p(stages.cv**2))),
        partner=partner,
        partner_rho=np.where(partner >= 0, stages.pair_correlation, 0.0),
        queue_share=np.where(queue_h > 0.0, queue_share, 0.0),
        queue_h=queue_h,
        closed_share=closed,
        closure_h=stages.closure_mean_days * 24.0 * np.exp(biased),
        closure_log_sd=stages.closure_log_sd,
        closure_rate_h=stages.closure_rate_per_day / 24.0,
        headway_h=stages.headway_h,
        phase_h=stages.sailing_phase_h,
        calendar=stages.calendar,
        line_load=stages.backlog_load,
        line_cap_h=stages.backlog_cap_days * 24.0,
        line_more=line_ratio(stages),
        line_part=cut_share(stages),
        dated=stages.dated,
        group=stages.group,
        group_log_sd=stages.group_log_sd,
        trip_log_sd=np.full(stages.size, stages.trip_log_sd),
        jam_share=np.where(stages.jam_h > 0.0, stages.jam_share, 0.0),
        jam_h=stages.jam_h,
        leave_over_h=np.full(stages.size, stages.leave_over_h),
    )


def calendar_windows(stages: JourneyStages) -> kernel.Windows:
    """The opening windows with a bucket index: from an hour to its window in constant time."""
    ptr, end = stages.calendar_ptr, stages.open_end_h
    firsts: list[Ints] = []
    origin, width = np.zeros(ptr.size - 1), np.ones(ptr.size - 1)
    for c in range(ptr.size - 1):
        ends = end[ptr[c] : ptr[c + 1]]
        known = ends[np.isfinite(ends)]
        buckets = 1
        if known.size > 1:
            buckets = int(min(2 * known.size, 65_536))
            origin[c], width[c] = known[0], (known[-1] - known[0]) / buckets
        # one bucket early: rounding in the loop may then never skip a window
        edges = origin[c] + (np.arange(buckets) - 1) * width[c]
        first = np.searchsorted(ends, edges, side="right").astype(np.int64)
        first[0] = 0
        firsts.append(first)
    sizes = [0, *(f.size for f in firsts)]
    flat = np.concatenate(firsts) if firsts else np.zeros(0, dtype=np.int64)
    return kernel.Windows(
        ptr,
        stages.open_start_h,
        end,
        np.cumsum(sizes).astype(np.int64),
        flat,
        origin,
        width,
        *_dated_lines(stages),
    )


def _dated_lines(stages: JourneyStages) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Dated closures with the line at their start and end, in hours it takes to clear.

    A row of dated closures belongs to one stage, whose load and cap make its line.
    """
    ptr, start, end = stages.dated_ptr, stages.dated_start_h, stages.dated_end_h
    before, after = np.zeros(start.size), np.zeros(start.size)
    for s in np.flatnonzero(stages.dated >= 0):
        load, cap = float(stages.backlog_load[s]), float(stages.backlog_cap_days[s]) * 24.0
        line, reopened = 0.0, -np.inf
        for k in range(ptr[stages.dated[s]], ptr[stages.dated[s] + 1]):
            before[k] = max(0.0, line - (1.0 - load) * (start[k] - reopened)) if line > 0.0 else 0.0
            line = after[k] = before[k] + load * min(end[k] - start[k], cap)
            reopened = end[k]
    return ptr, start, end, before, after


def _chosen_means(
    st: kernel.StageArrays,
    windows: kernel.Windows,
    key: np.uint64,
    depart_h: float,
    chosen: Ints,
    threads: int | None,
) -> Floats:
    """Mean hours (S, 5) over the chosen journeys, nan if there is none."""
    blocks = -(-chosen.size // kernel.BLOCK)
    sums = np.zeros((blocks, st.mean_h.size, len(kernel.COMPONENTS)))
    stuck, hours = np.zeros((blocks, st.mean_h.size), dtype=np.int64), np.empty(chosen.size)

    def run(first: int) -> None:
        part = slice(first // kernel.BLOCK, (first + _CHUNK) // kernel.BLOCK)
        some = slice(first, first + _CHUNK)
        kernel.run_journeys(st, windows, key, depart_h, chosen[some], hours[some], sums[part], stuck[part])

    _spread(run, range(0, chosen.size, _CHUNK), threads)
    means: Floats = sums.sum(axis=0) / (chosen.size or np.nan)
    return means


def _spread(run: Callable[[int], None], tasks: Iterable[int], threads: int | None) -> None:
    """Run the tasks, each of which writes its own part of the result, on worker threads.

    Threads of Python rather than numba's: its default thread pool ends the process when two callers enter
    at once.
    """
    tasks = list(tasks)
    if threads is not None and threads < 1:
        raise InvalidInput(
            "threads must be 1 or more", f"threads {threads}", "leave it out to use all processors"
        )
    workers = min(threads or _processors(), len(tasks))
    if workers <= 1:
        for task in tasks:
            run(task)
        return
    list(_pool(workers).map(run, tasks))


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads that wait for the next draw: to start them anew takes as long as to draw a few thousand journeys."""
    return ThreadPoolExecutor(workers, thread_name_prefix="journeys")


def _processors() -> int:
    """Processors this process may use, where the system says so."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _order_statistics(hours: Floats, shares: tuple[float, ...]) -> Floats:
    """For each share the least hours that at least this share of the journeys does not exceed."""
    wrong = [s for s in shares if not 0.0 < s <= 1.0]
    if wrong:
        raise InvalidInput("A quantile needs a share in (0, 1]", f"share {wrong[0]:g}", "0.95 is the P95")
    ranks = np.ceil(np.asarray(shares) * hours.size * (1.0 - 1e-15)).astype(np.int64) - 1
    ranks = np.clip(ranks, 0, hours.size - 1)
    return np.partition(hours, np.unique(ranks))[ranks]


def _hours_table(stages: JourneyStages, means: Floats) -> pl.DataFrame:
    columns = {f"{c}_h": means[:, i] for i, c in enumerate(kernel.COMPONENTS)}
    kinds = [KINDS[k] for k in stages.kind]
    head = {"stage": np.arange(stages.size), "name": stages.name, "kind": kinds, "mean_h": means.sum(axis=1)}
    return pl.DataFrame({**head, **columns})


def _lateness_table(stages: JourneyStages, excess: Floats) -> pl.DataFrame:
    by_stage = excess.sum(axis=1)
    total = by_stage.sum()
    table = _hours_table(stages, excess).rename({"mean_h": "excess_h"})
    share = by_stage / total if total > 0 else np.full(stages.size, np.nan)
    table = table.insert_column(3, pl.Series("share", share))
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def _check_draw(depart_h: float, journeys: int, seed: int) -> None:
    if not np.isfinite(depart_h):
        raise InvalidInput(
            "A departure must be a finite hour", f"depart_h {depart_h}", "give hours from the origin"
        )
    if not 1 <= journeys <= MOST_JOURNEYS:
        raise InvalidInput(
            f"The number of journeys must be between 1 and {MOST_JOURNEYS:,}",
            f"journeys {journeys:,}",
            "100,000 gives the P95 to about half a percent of its spread",
        )
    if not 0 <= seed < 2**64:
        raise InvalidInput(
            "A seed must be between 0 and 2^64 - 1", f"seed {seed}", "use a small whole number"
        )
