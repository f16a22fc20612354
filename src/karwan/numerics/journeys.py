"""Monte Carlo of journeys through stages: the compiled loop and the plain twin it is compared with.

Every draw is a pure function of (seed, journey, stage, purpose), see `draws`, so a journey can be drawn again
alone, in any order and on any thread, with the same bits; compiled loop and twin agree to 1e-12.

At a stage the clock passes, in this order: a random closure and the line it left, a dated closure and its line,
the next opening window, the next sailing, the queue, the queue of a bad day, the service.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from karwan.numerics.compiled import njit
from karwan.numerics.draws import (
    GAMMA,
    HALF_UNIT,
    U1,
    U2,
    U11,
    UNIT,
    Floats,
    Words,
    mix,
    mix_plain,
    normal,
    normal_plain,
    uniform,
)

Ints: TypeAlias = NDArray[np.int64]

BLOCK = 512
"""Journeys per block: sums are kept per block and added in block order, whatever the thread."""
COMPONENTS = ("closure", "opening", "sailing", "queue", "service")
CLOSURE, OPENING, SAILING, QUEUE, SERVICE = range(5)
_SLOTS = 8  # counter values reserved for a stage, one for each purpose below
_DRAW_SERVICE, _DRAW_QUEUE, _DRAW_SAILING, _DRAW_CLOSURE, _DRAW_LENGTH = range(5)
_DRAW_LINE, _DRAW_TERMS, _DRAW_AGAIN = range(5, 8)

_TRIP_STAGE, _GROUP_STAGE = (
    1 << 20,
    1 << 21,
)  # numbers that no stage has: draws that stages of a journey share
_JAM_STAGE = 1 << 22  # added to a stage's number: its days with a long queue

DEPARTURES = 24  # hours of departure that journeys are spread over, in turn

_ON_TIME = 1e-9  # share of a headway within which a sailing reached exactly on time is not missed by rounding


class StageArrays(NamedTuple):
    """What the loop reads of S stages; every array has length S.

    Hours unless named otherwise. `partner` is the earlier stage whose service is correlated with this one
    (-1: none), `partner_rho` the correlation of the logs. `queue_share` is the probability of waiting,
    `queue_h` the mean wait of those who wait. `closed_share` is the stationary probability of meeting a
    closure; its rest is exponential with mean `closure_h` where `closure_log_sd` is nan, otherwise uniform
    times a log-normal of median `closure_h` (the length-biased closure) and log standard deviation
    `closure_log_sd`. `headway_h` 0 means no sailing; `phase_h` nan means a uniform wait, otherwise sailings
    leave at phase + k x headway. `calendar` -1 means always open, `dated` -1 no dated closures.

    `line_load` is traffic over capacity (0: no line forms behind a closure), `line_cap_h` the hours into a
    closure after which nobody joins. The line that earlier closures left is a geometric number of terms,
    n or more with probability `line_more` ** n, each the rest of a closure cut off at the cap; `line_part`
    is the share of exponential rests below the cap. While a vehicle moves up in the line the stage may close
    again, `closure_rate_h` times an open hour.

    Service hours of stages of one `group` (-1: none) share a factor with log standard deviation `group_log_sd`, those of the whole journey
    another with `trip_log_sd`; `median_h` is such that the mean stays `mean_h`. On a share `jam_share` of days the stage stands in a queue of
    days: the wait is exponential with mean `jam_h`. Journeys leave in turn at equal steps over `leave_over_h` hours.
    """

    mean_h: Floats
    median_h: Floats
    log_sd: Floats
    partner: Ints
    partner_rho: Floats
    queue_share: Floats
    queue_h: Floats
    closed_share: Floats
    closure_h: Floats
    closure_log_sd: Floats
    closure_rate_h: Floats
    headway_h: Floats
    phase_h: Floats
    calendar: Ints
    line_load: Floats
    line_cap_h: Floats
    line_more: Floats
    line_part: Floats
    dated: Ints
    group: Ints
    group_log_sd: Floats
    trip_log_sd: Floats
    jam_share: Floats
    jam_h: Floats
    leave_over_h: Floats


class Windows(NamedTuple):
    """Opening windows of C calendars in CSR form, with a bucket index that finds a window in constant time.

    `ptr` (C+1) points into `start_h` and `end_h`; `bucket_ptr` (C+1) into `bucket_first`, where bucket b of a
    calendar covers hours from `bucket_from_h` + b x `bucket_width_h`. Dated closures: `dated_ptr` points into
    `shut_h` and `reopen_h`, with the hours that the line takes to clear at both moments, `line_before_h` and
    `line_after_h`.
    """

    ptr: Ints
    start_h: Floats
    end_h: Floats
    bucket_ptr: Ints
    bucket_first: Ints
    bucket_from_h: Floats
    bucket_width_h: Floats
    dated_ptr: Ints
    shut_h: Floats
    reopen_h: Floats
    line_before_h: Floats
    line_after_h: Floats


@njit(cache=True, error_model="numpy")
def _fill_uniform(keys: Words, stage: int, purpose: int, u: Floats) -> None:
    offset = np.uint64(stage * _SLOTS + purpose + 1) * GAMMA
    for i in range(BLOCK):
        u[i] = uniform(keys[i], offset)


@njit(cache=True, error_model="numpy")
def _closure_waits(st: StageArrays, s: int, keys: Words, u: Floats, wait: Floats, line: Floats) -> None:
    """Rest of a closure, and the line of those who came since it began."""
    _fill_uniform(keys, s, _DRAW_CLOSURE, u)
    share, scale, log_sd = st.closed_share[s], st.closure_h[s], st.closure_log_sd[s]
    load, cap = st.line_load[s], st.line_cap_h[s]
    offset = np.uint64(s * _SLOTS + _DRAW_LENGTH + 1) * GAMMA
    for i in range(BLOCK):
        wait[i], line[i] = 0.0, 0.0
        if u[i] < share:
            part = u[i] / share
            v = uniform(keys[i], offset)
            if np.isnan(log_sd):
                wait[i], since = -scale * np.log(part), -scale * np.log(v)
            else:
                length = scale * np.exp(log_sd * normal(v))
                wait[i], since = part * length, (1.0 - part) * length
            line[i] = load * min(since, cap)


@njit(cache=True, error_model="numpy")
def _earlier_lines(st: StageArrays, s: int, keys: Words, u: Floats, line: Floats) -> None:
    """Add the line that closures before left."""
    _fill_uniform(keys, s, _DRAW_LINE, u)
    more, scale, log_sd, cap = st.line_more[s], st.closure_h[s], st.closure_log_sd[s], st.line_cap_h[s]
    load, log_more = st.line_load[s], np.log(more)
    offset = np.uint64(s * _SLOTS + _DRAW_TERMS + 1) * GAMMA
    for i in range(BLOCK):
        if u[i] >= more:
            continue
        left = max(np.int64(1), np.int64(np.log(u[i]) / log_more))
        base, k, total = mix(keys[i] + offset), U1, 0.0
        while left > 0:
            v = uniform(base, k * GAMMA)
            if np.isnan(log_sd):
                term = -scale * np.log(1.0 - v * st.line_part[s])
            else:
                term = v * (scale * np.exp(log_sd * normal(uniform(base, (k + U1) * GAMMA))))
            if term <= cap:
                total += term
                left -= 1
            k += U2
        line[i] += load * total


@njit(cache=True, error_model="numpy")
def _line_waits(st: StageArrays, s: int, keys: Words, line: Floats, wait: Floats) -> None:
    """Add the hours to move up in the line, closures on the way included."""
    rate, log_sd = st.closure_rate_h[s], st.closure_log_sd[s]
    scale = st.closure_h[s] if np.isnan(log_sd) else st.closure_h[s] * np.exp(-(log_sd * log_sd))
    offset = np.uint64(s * _SLOTS + _DRAW_AGAIN + 1) * GAMMA
    for i in range(BLOCK):
        if line[i] == 0.0:
            continue
        base, k, again = mix(keys[i] + offset), U1, 0.0
        passed = -np.log(uniform(base, k * GAMMA)) / rate
        while passed < line[i]:
            v = uniform(base, (k + U1) * GAMMA)
            again += -scale * np.log(v) if np.isnan(log_sd) else scale * np.exp(log_sd * normal(v))
            k += U2
            passed += -np.log(uniform(base, k * GAMMA)) / rate
        wait[i] += line[i] + again


@njit(cache=True, error_model="numpy")
def _dated_waits(st: StageArrays, s: int, w: Windows, t: Floats, wait: Floats) -> None:
    """Rest of the dated closure the clock stands in and the line ahead, dated closures on the way included."""
    first, last = w.dated_ptr[st.dated[s]], w.dated_ptr[st.dated[s] + 1]
    load, cap = st.line_load[s], st.line_cap_h[s]
    for i in range(BLOCK):
        k = last - 1
        while k >= first and w.shut_h[k] > t[i]:
            k -= 1
        at, line = t[i], 0.0
        if k >= first and t[i] < w.reopen_h[k]:
            at, line = w.reopen_h[k], w.line_before_h[k] + load * min(t[i] - w.shut_h[k], cap)
        elif k >= first:
            line = max(w.line_after_h[k] - (1.0 - load) * (t[i] - w.reopen_h[k]), 0.0)
        k += 1
        while k < last and line > 0.0 and at + line > w.shut_h[max(k, first)]:
            line -= w.shut_h[k] - at
            at = w.reopen_h[k]
            k += 1
        wait[i] = (at - t[i]) + line if at < np.inf else 0.0


@njit(cache=True, error_model="numpy")
def _opening_waits(w: Windows, c: int, t: Floats, wait: Floats) -> None:
    first, last = w.ptr[c], w.ptr[c + 1]
    base, top = w.bucket_ptr[c], w.bucket_ptr[c + 1] - 1
    origin, width = w.bucket_from_h[c], w.bucket_width_h[c]
    for i in range(BLOCK):
        x = (t[i] - origin) / width
        b = base if x <= 0.0 else (top if x >= np.float64(top - base) else base + np.int64(x))
        k = first + w.bucket_first[b]
        while k < last and w.end_h[k] <= t[i]:
            k += 1
        if k < last:
            wait[i] = max(w.start_h[k] - t[i], 0.0)
        else:
            wait[i] = np.inf if t[i] < np.inf else 0.0


@njit(cache=True, error_model="numpy")
def _sailing_waits(st: StageArrays, s: int, keys: Words, t: Floats, u: Floats, wait: Floats) -> None:
    headway, phase = st.headway_h[s], st.phase_h[s]
    if np.isnan(phase):
        _fill_uniform(keys, s, _DRAW_SAILING, u)
        for i in range(BLOCK):
            wait[i] = headway * u[i]
    else:
        for i in range(BLOCK):
            leaves = phase + np.ceil((t[i] - phase) / headway - _ON_TIME) * headway
            wait[i] = leaves - t[i] if leaves > t[i] else 0.0


@njit(cache=True, error_model="numpy")
def _queue_waits(number: int, share: float, scale: float, keys: Words, u: Floats, wait: Floats) -> None:
    """Exponential waits of a share of the journeys, drawn under a stage's number."""
    _fill_uniform(keys, number, _DRAW_QUEUE, u)
    for i in range(BLOCK):
        drawn = -scale * np.log(u[i] / share)
        wait[i] = drawn if u[i] < share else 0.0


@njit(cache=True, error_model="numpy")
def _service_hours(st: StageArrays, s: int, keys: Words, u: Floats, z: Floats, wait: Floats) -> None:
    log_sd, median, p, rho = st.log_sd[s], st.median_h[s], st.partner[s], st.partner_rho[s]
    if log_sd == 0.0:
        for i in range(BLOCK):
            wait[i] = median
        return
    _fill_uniform(keys, s, _DRAW_SERVICE, u)
    for i in range(BLOCK):
        z[s, i] = normal(u[i])
    if p >= 0:
        own = np.sqrt(1.0 - rho * rho)
        for i in range(BLOCK):
            z[s, i] = rho * z[p, i] + own * z[s, i]
    for i in range(BLOCK):
        wait[i] = median * np.exp(log_sd * z[s, i])


@njit(cache=True, error_model="numpy")
def _leaves_h(st: StageArrays, depart_h: float, number: int) -> float:
    """Hour at which a journey leaves."""
    hour: float = depart_h + st.leave_over_h[0] * (number % DEPARTURES) / DEPARTURES
    return hour


@njit(cache=True, error_model="numpy")
def _fill_shared(keys: Words, u: Floats, shared: Floats) -> None:
    """Standard normals that stages share: row 0 of the whole journey, row g + 1 of group g."""
    for row in range(shared.shape[0]):
        number = _TRIP_STAGE if row == 0 else _GROUP_STAGE + row - 1
        _fill_uniform(keys, number, _DRAW_SERVICE, u)
        for i in range(BLOCK):
            shared[row, i] = normal(u[i])


@njit(cache=True, error_model="numpy")
def _share(st: StageArrays, s: int, shared: Floats, wait: Floats) -> None:
    """Multiply service hours by the factors that the stage shares with others."""
    trip, own, row = st.trip_log_sd[s], st.group_log_sd[s], st.group[s] + 1
    if trip == 0.0 and own == 0.0:
        return
    for i in range(BLOCK):
        wait[i] *= np.exp(trip * shared[0, i] + own * shared[row, i])


@njit(cache=True, error_model="numpy")
def _pass(t: Floats, wait: Floats, n: int) -> float:
    """Move the clocks on; the sum of the first n waits, added in eight lanes in a fixed order."""
    lanes = np.zeros(8)
    for i in range(n, BLOCK):
        wait[i] = 0.0
    for i in range(0, BLOCK, 8):
        for k in range(8):
            lanes[k] += wait[i + k]
    for i in range(BLOCK):
        t[i] += wait[i]
    total: float = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + (
        (lanes[2] + lanes[6]) + (lanes[3] + lanes[7])
    )
    return total


@njit(cache=True, error_model="numpy")
def _run_block(
    st: StageArrays,
    w: Windows,
    key: np.uint64,
    depart_h: float,
    ids: Ints,
    n: int,
    work: Floats,
    z: Floats,
    shared: Floats,
    keys: Words,
    sums: Floats,
    stuck: Ints,
) -> None:
    """Run n <= BLOCK journeys: clocks end in work[0], sums of hours (S, 5) and stuck journeys (S,) beside."""
    t, u, wait = work[0], work[1], work[2]
    for i in range(BLOCK):
        keys[i] = mix(key + (np.uint64(ids[i]) + U1) * GAMMA)
        t[i] = _leaves_h(st, depart_h, ids[i])
    if shared.shape[0] > 0:
        _fill_shared(keys, u, shared)
    for s in range(st.mean_h.size):
        sums[s, :] = 0.0
        if st.closed_share[s] > 0.0:
            _closure_waits(st, s, keys, u, wait, work[3])
            if st.line_more[s] > 0.0:
                _earlier_lines(st, s, keys, u, work[3])
                _line_waits(st, s, keys, work[3], wait)
            sums[s, CLOSURE] = _pass(t, wait, n)
        if st.dated[s] >= 0:
            _dated_waits(st, s, w, t, wait)
            sums[s, CLOSURE] += _pass(t, wait, n)
        if st.calendar[s] >= 0:
            _opening_waits(w, st.calendar[s], t, wait)
            sums[s, OPENING] = _pass(t, wait, n)
            for i in range(n):
                stuck[s] += np.isinf(wait[i])
        if st.headway_h[s] > 0.0:
            _sailing_waits(st, s, keys, t, u, wait)
            sums[s, SAILING] = _pass(t, wait, n)
        if st.queue_share[s] > 0.0:
            _queue_waits(s, st.queue_share[s], st.queue_h[s], keys, u, wait)
            sums[s, QUEUE] = _pass(t, wait, n)
        if st.jam_share[s] > 0.0:
            _queue_waits(_JAM_STAGE + s, st.jam_share[s], st.jam_h[s], keys, u, wait)
            sums[s, QUEUE] += _pass(t, wait, n)
        _service_hours(st, s, keys, u, z, wait)
        if shared.shape[0] > 0:
            _share(st, s, shared, wait)
        sums[s, SERVICE] = _pass(t, wait, n)


@njit(cache=True, nogil=True, error_model="numpy")
def run_journeys(
    st: StageArrays,
    w: Windows,
    key: np.uint64,
    depart_h: float,
    journeys: Ints,
    hours: Floats,
    sums: Floats,
    stuck: Ints,
) -> None:
    """Run journeys by number; fill `hours`, the sums (blocks, S, 5) and the stuck (blocks, S).

    Sums are over the journeys that arrive: a block in which some do not is run again without them.
    """
    n_stages = st.mean_h.size
    work, z, keys = np.empty((4, BLOCK)), np.zeros((n_stages, BLOCK)), np.empty(BLOCK, np.uint64)
    rows = 0  # of shared draws: none where no stage shares any
    for s in range(n_stages):
        if st.trip_log_sd[s] > 0.0 or st.group_log_sd[s] > 0.0:
            rows = max(rows, st.group[s] + 2)
    shared = np.empty((rows, BLOCK))
    ids, spare, counted = np.zeros(BLOCK, np.int64), np.zeros(n_stages, np.int64), True
    for b in range(sums.shape[0]):
        n = min(BLOCK, hours.size - b * BLOCK)
        for i in range(n):
            ids[i] = journeys[b * BLOCK + i]
        counted = True
        while True:  # one call of the block in the machine code: it is long
            _run_block(
                st, w, key, depart_h, ids, n, work, z, shared, keys, sums[b], stuck[b] if counted else spare
            )
            if not counted:
                break
            arrived = 0
            for i in range(n):
                hours[b * BLOCK + i] = work[0, i] - _leaves_h(st, depart_h, ids[i])
                if work[0, i] < np.inf:
                    ids[arrived] = ids[i]
                    arrived += 1
            if arrived == n:
                break
            n, counted = arrived, False


# The plain twin: the same arithmetic on whole NumPy arrays.


def _uniform_plain(keys: Words, stage: int, purpose: int) -> Floats:
    offset = np.full(1, stage * _SLOTS + purpose + 1, dtype=np.uint64) * GAMMA
    return (mix_plain(keys + offset) >> U11).astype(np.float64) * UNIT + HALF_UNIT


def _closure_plain(st: StageArrays, s: int, keys: Words) -> Floats:
    u = _uniform_plain(keys, s, _DRAW_CLOSURE)
    v = _uniform_plain(keys, s, _DRAW_LENGTH)
    part = np.minimum(u, st.closed_share[s]) / st.closed_share[s]
    if np.isnan(st.closure_log_sd[s]):
        rest, since = -st.closure_h[s] * np.log(part), -st.closure_h[s] * np.log(v)
    else:
        length = st.closure_h[s] * np.exp(st.closure_log_sd[s] * normal_plain(v))
        rest, since = part * length, (1.0 - part) * length
    met = u < st.closed_share[s]
    wait = np.where(met, rest, 0.0)
    if st.line_more[s] == 0.0:
        return wait
    line = np.where(met, st.line_load[s] * np.minimum(since, st.line_cap_h[s]), 0.0)
    line = line + _earlier_plain(st, s, keys)
    return wait + _line_plain(st, s, keys, line)


def _series_plain(keys: Words, s: int, purpose: int) -> Callable[[int], Floats]:
    base = mix_plain(keys + np.full(1, s * _SLOTS + purpose + 1, dtype=np.uint64) * GAMMA)
    return lambda k: (
        (mix_plain(base + np.full(1, k, np.uint64) * GAMMA) >> U11).astype(np.float64) * UNIT + HALF_UNIT
    )


def _earlier_plain(st: StageArrays, s: int, keys: Words) -> Floats:
    u = _uniform_plain(keys, s, _DRAW_LINE)
    more = st.line_more[s]
    counts = np.maximum(1, (np.log(np.minimum(u, more)) / np.log(more)).astype(np.int64))
    left = np.where(u < more, counts, 0)
    draw, total, k = _series_plain(keys, s, _DRAW_TERMS), np.zeros(keys.size), 1
    while left.any():
        v = draw(k)
        if np.isnan(st.closure_log_sd[s]):
            term = -st.closure_h[s] * np.log(1.0 - v * st.line_part[s])
        else:
            z = normal_plain(draw(k + 1))
            term = v * (st.closure_h[s] * np.exp(st.closure_log_sd[s] * z))
        taken = (left > 0) & (term <= st.line_cap_h[s])
        total, left, k = np.where(taken, total + term, total), left - taken, k + 2
    lines: Floats = st.line_load[s] * total
    return lines


def _line_plain(st: StageArrays, s: int, keys: Words, line: Floats) -> Floats:
    rate, log_sd = st.closure_rate_h[s], st.closure_log_sd[s]
    scale = st.closure_h[s]
    if not np.isnan(log_sd):
        scale = scale * np.exp(-(log_sd * log_sd))
    draw, again, k = _series_plain(keys, s, _DRAW_AGAIN), np.zeros(keys.size), 1
    passed = -np.log(draw(k)) / rate
    while (passed < line).any():
        v = draw(k + 1)
        length = -scale * np.log(v) if np.isnan(log_sd) else scale * np.exp(log_sd * normal_plain(v))
        on = passed < line
        k += 2
        again = np.where(on, again + length, again)
        passed = np.where(on, passed - np.log(draw(k)) / rate, passed)
    return np.where(line > 0.0, line + again, 0.0)


def _dated_plain(st: StageArrays, s: int, w: Windows, t: Floats) -> Floats:
    part = slice(w.dated_ptr[st.dated[s]], w.dated_ptr[st.dated[s] + 1])
    shut, reopen, before, after = (
        np.append(x[part], np.inf) for x in (w.shut_h, w.reopen_h, w.line_before_h, w.line_after_h)
    )
    k = np.searchsorted(shut[:-1], t, side="right") - 1
    load = st.line_load[s]
    with np.errstate(invalid="ignore"):
        inside = (k >= 0) & (t < reopen[k])
        line = np.where(inside, before[k] + load * np.minimum(t - shut[k], st.line_cap_h[s]), 0.0)
        left = np.maximum(after[k] - (1.0 - load) * (t - reopen[k]), 0.0)
        line = np.where((k >= 0) & ~inside, left, line)
        at, k = np.where(inside, reopen[k], t), k + 1
        while (on := (line > 0.0) & (at + line > shut[k])).any():
            line = np.where(on, line - (shut[k] - at), line)
            at, k = np.where(on, reopen[k], at), k + on
        waits: Floats = np.where(at < np.inf, (at - t) + line, 0.0)
    return waits


def _opening_plain(w: Windows, c: int, t: Floats) -> Floats:
    start, end = w.start_h[w.ptr[c] : w.ptr[c + 1]], w.end_h[w.ptr[c] : w.ptr[c + 1]]
    k = np.searchsorted(end, t, side="right")
    never = k == end.size
    begins = np.append(start, 0.0)[k]
    with np.errstate(invalid="ignore"):
        wait = np.maximum(begins - t, 0.0)
    waits: Floats = np.where(never, np.where(t < np.inf, np.inf, 0.0), wait)
    return waits


def _sailing_plain(st: StageArrays, s: int, keys: Words, t: Floats) -> Floats:
    headway, phase = st.headway_h[s], st.phase_h[s]
    if np.isnan(phase):
        waits: Floats = headway * _uniform_plain(keys, s, _DRAW_SAILING)
        return waits
    leaves = phase + np.ceil((t - phase) / headway - _ON_TIME) * headway
    with np.errstate(invalid="ignore"):
        return np.where(leaves > t, leaves - t, 0.0)


def _queue_plain(number: int, share: float, scale: float, keys: Words) -> Floats:
    u = _uniform_plain(keys, number, _DRAW_QUEUE)
    return np.where(u < share, -scale * np.log(np.minimum(u, share) / share), 0.0)


def _shared_plain(st: StageArrays, s: int, keys: Words) -> Floats:
    """Factor on the service hours of a stage that it shares with others."""
    trip, own = st.trip_log_sd[s], st.group_log_sd[s]
    if trip == 0.0 and own == 0.0:
        return np.ones(keys.size)
    together = trip * normal_plain(_uniform_plain(keys, _TRIP_STAGE, _DRAW_SERVICE))
    alike = own * normal_plain(_uniform_plain(keys, _GROUP_STAGE + max(int(st.group[s]), 0), _DRAW_SERVICE))
    factor: Floats = np.exp(together + alike)
    return factor


def run_journeys_plain(
    st: StageArrays, w: Windows, key: np.uint64, depart_h: float, ids: Ints
) -> tuple[Floats, Floats]:
    """Twin of the compiled run: hours (n,) and waits by stage and component (S, 5, n)."""
    keys = mix_plain(key + (ids.astype(np.uint64) + U1) * GAMMA)
    leaves = depart_h + st.leave_over_h[0] * (ids % DEPARTURES) / DEPARTURES
    t = leaves.astype(np.float64)
    waits, z = np.zeros((st.mean_h.size, 5, ids.size)), np.zeros((st.mean_h.size, ids.size))
    for s in range(st.mean_h.size):
        if st.closed_share[s] > 0.0:
            waits[s, CLOSURE] = _closure_plain(st, s, keys)
            t = t + waits[s, CLOSURE]
        if st.dated[s] >= 0:
            dated = _dated_plain(st, s, w, t)
            waits[s, CLOSURE] += dated
            t = t + dated
        if st.calendar[s] >= 0:
            waits[s, OPENING] = _opening_plain(w, int(st.calendar[s]), t)
            t = t + waits[s, OPENING]
        if st.headway_h[s] > 0.0:
            waits[s, SAILING] = _sailing_plain(st, s, keys, t)
            t = t + waits[s, SAILING]
        if st.queue_share[s] > 0.0:
            waits[s, QUEUE] = _queue_plain(s, st.queue_share[s], st.queue_h[s], keys)
            t = t + waits[s, QUEUE]
        if st.jam_share[s] > 0.0:
            jam = _queue_plain(_JAM_STAGE + s, st.jam_share[s], st.jam_h[s], keys)
            waits[s, QUEUE] += jam
            t = t + jam
        if st.log_sd[s] == 0.0:
            waits[s, SERVICE] = st.median_h[s]
        else:
            z[s] = normal_plain(_uniform_plain(keys, s, _DRAW_SERVICE))
            p, rho = st.partner[s], st.partner_rho[s]
            if p >= 0:
                z[s] = rho * z[p] + np.sqrt(1.0 - rho * rho) * z[s]
            waits[s, SERVICE] = st.median_h[s] * np.exp(st.log_sd[s] * z[s])
        waits[s, SERVICE] *= _shared_plain(st, s, keys)
        t = t + waits[s, SERVICE]
    return t - leaves, waits
