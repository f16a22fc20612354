"""Monte Carlo of journeys through stages: the compiled loop and the plain twin it is compared with.

Every draw is a pure function of (seed, journey, stage, purpose): a SplitMix64 hash of a counter (Steele, Lea
and Flood 2014), so a journey can be drawn again alone, in any order and on any thread, with the same bits.
`exp`, `log` and the normal quantile are written out in additions, multiplications, divisions and square
roots, which IEEE 754 rounds in one way only: compiled loop and twin agree to the last bit, and the loops
vectorise.

At a stage the clock passes, in this order: the rest of a random closure, the next opening window, the next
sailing, the queue, the service.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

BLOCK = 512
"""Journeys per block: sums are kept per block and added in block order, whatever the thread."""
COMPONENTS = ("closure", "opening", "sailing", "queue", "service")
CLOSURE, OPENING, SAILING, QUEUE, SERVICE = range(5)
_SLOTS = 8  # counter values reserved for a stage; purposes 0..4 below use five of them
_DRAW_SERVICE, _DRAW_QUEUE, _DRAW_SAILING, _DRAW_CLOSURE, _DRAW_LENGTH = range(5)

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_U1, _U11, _U27, _U30, _U31, _U52 = (np.uint64(n) for n in (1, 11, 27, 30, 31, 52))
_ON_TIME = 1e-9  # share of a headway within which a sailing reached exactly on time is not missed by rounding
_UNIT, _HALF_UNIT = 2.0**-53, 2.0**-54
_MANTISSA, _ONE_BITS = np.uint64((1 << 52) - 1), np.uint64(1023 << 52)
_LOG2E = 1.4426950408889634
_LN2_HI, _LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SQRT2 = 1.4142135623730951
# log: fdlibm e_log.c (Sun Microsystems 1993), error below 1 ulp
_L1, _L2, _L3, _L4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_L5, _L6, _L7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01
# exp: Taylor coefficients 1/2! .. 1/13! on |r| <= ln(2)/2
_E2, _E3, _E4, _E5, _E6, _E7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_E8, _E9, _E10, _E11, _E12, _E13 = (
    1 / 40320,
    1 / 362880,
    1 / 3628800,
    1 / 39916800,
    1 / 479001600,
    1 / 6227020800,
)
# normal quantile: Wichura (1988), Applied Statistics 37, algorithm AS 241 (PPND16)
_CENTRE = 0.425
_A0, _A1, _A2, _A3 = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
)
_A4, _A5, _A6, _A7 = (
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
_B1, _B2, _B3 = 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3
_B4, _B5, _B6, _B7 = (
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
_C0, _C1, _C2, _C3 = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
)
_C4, _C5, _C6, _C7 = (
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
_D1, _D2, _D3, _D4 = (
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
)
_D5, _D6, _D7 = 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9
_P0, _P1, _P2, _P3 = (
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
)
_P4, _P5, _P6, _P7 = (
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
)
_Q1, _Q2, _Q3, _Q4 = (
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
)
_Q5, _Q6, _Q7 = 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15


class StageArrays(NamedTuple):
    """What the loop reads of S stages; every array has length S.

    Hours unless named otherwise. `partner` is the earlier stage whose service is correlated with this one
    (-1: none), `partner_rho` the correlation of the logs. `queue_share` is the probability of waiting,
    `queue_h` the mean wait of those who wait. `closed_share` is the stationary probability of meeting a
    closure; its rest is exponential with mean `closure_h` where `closure_log_sd` is nan, otherwise uniform
    times a log-normal of median `closure_h` (the length-biased closure) and log standard deviation
    `closure_log_sd`. `headway_h` 0 means no sailing; `phase_h` nan means a uniform wait, otherwise sailings
    leave at phase + k x headway. `calendar` -1 means always open.
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
    headway_h: Floats
    phase_h: Floats
    calendar: Ints


class Windows(NamedTuple):
    """Opening windows of C calendars in CSR form, with a bucket index that finds a window in constant time.

    `ptr` (C+1) points into `start_h` and `end_h`; `bucket_ptr` (C+1) into `bucket_first`, where bucket b of a
    calendar covers hours from `bucket_from_h` + b x `bucket_width_h`.
    """

    ptr: Ints
    start_h: Floats
    end_h: Floats
    bucket_ptr: Ints
    bucket_first: Ints
    bucket_from_h: Floats
    bucket_width_h: Floats


@njit(cache=True, error_model="numpy")
def _mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> _U30)) * _MIX1
    x = (x ^ (x >> _U27)) * _MIX2
    return x ^ (x >> _U31)


@njit(cache=True, error_model="numpy")
def _uniform(journey_key: np.uint64, offset: np.uint64) -> float:
    return np.float64(_mix(journey_key + offset) >> _U11) * _UNIT + _HALF_UNIT


@njit(cache=True, error_model="numpy")
def _log(x: float) -> float:
    """Natural logarithm of a normal positive number."""
    bits = np.float64(x).view(np.uint64)
    power = np.float64(np.int64(bits >> _U52) - 1023)
    m = np.uint64((bits & _MANTISSA) | _ONE_BITS).view(np.float64)
    high = m > _SQRT2
    m = m * 0.5 if high else m
    power = power + 1.0 if high else power
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = z * (_L1 + z * (_L2 + z * (_L3 + z * (_L4 + z * (_L5 + z * (_L6 + z * _L7))))))
    half = 0.5 * f * f
    logs: float = power * _LN2_HI - ((half - (s * (half + r) + power * _LN2_LO)) - f)
    return logs


@njit(cache=True, error_model="numpy")
def _exp(x: float) -> float:
    """Exponential of a number between -700 and 700."""
    k = np.floor(x * _LOG2E + 0.5)
    r = (x - k * _LN2_HI) - k * _LN2_LO
    p = _E8 + r * (_E9 + r * (_E10 + r * (_E11 + r * (_E12 + r * _E13))))
    p = 1.0 + r * (1.0 + r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * (_E6 + r * (_E7 + r * p)))))))
    grown: float = p * np.uint64(np.uint64(np.int64(k) + 1023) << _U52).view(np.float64)
    return grown


@njit(cache=True, error_model="numpy")
def _normal_centre(q: float) -> float:
    r = _CENTRE * _CENTRE - q * q
    top = ((((((_A7 * r + _A6) * r + _A5) * r + _A4) * r + _A3) * r + _A2) * r + _A1) * r + _A0
    low = ((((((_B7 * r + _B6) * r + _B5) * r + _B4) * r + _B3) * r + _B2) * r + _B1) * r + 1.0
    return q * top / low


@njit(cache=True, error_model="numpy")
def _normal_tail(u: float) -> float:
    r = np.sqrt(-_log(min(u, 1.0 - u)))
    if r <= 5.0:
        r = r - 1.6
        top = ((((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2) * r + _C1) * r + _C0
        low = ((((((_D7 * r + _D6) * r + _D5) * r + _D4) * r + _D3) * r + _D2) * r + _D1) * r + 1.0
    else:
        r = r - 5.0
        top = ((((((_P7 * r + _P6) * r + _P5) * r + _P4) * r + _P3) * r + _P2) * r + _P1) * r + _P0
        low = ((((((_Q7 * r + _Q6) * r + _Q5) * r + _Q4) * r + _Q3) * r + _Q2) * r + _Q1) * r + 1.0
    z: float = top / low
    return -z if u < 0.5 else z


@njit(cache=True, error_model="numpy")
def _fill_uniform(keys: Words, stage: int, purpose: int, u: Floats) -> None:
    offset = np.uint64(stage * _SLOTS + purpose + 1) * _GAMMA
    for i in range(BLOCK):
        u[i] = _uniform(keys[i], offset)


@njit(cache=True, error_model="numpy")
def _fill_normal(u: Floats, z: Floats) -> None:
    for i in range(BLOCK):
        z[i] = _normal_centre(u[i] - 0.5)
    for i in range(BLOCK):
        if abs(u[i] - 0.5) > _CENTRE:
            z[i] = _normal_tail(u[i])


@njit(cache=True, error_model="numpy")
def _closure_waits(st: StageArrays, s: int, keys: Words, u: Floats, wait: Floats) -> None:
    _fill_uniform(keys, s, _DRAW_CLOSURE, u)
    share, scale, log_sd = st.closed_share[s], st.closure_h[s], st.closure_log_sd[s]
    offset = np.uint64(s * _SLOTS + _DRAW_LENGTH + 1) * _GAMMA
    for i in range(BLOCK):
        wait[i] = 0.0
        if u[i] < share:
            part = u[i] / share
            if np.isnan(log_sd):
                wait[i] = -scale * _log(part)
            else:
                v = _uniform(keys[i], offset)
                z = _normal_tail(v) if abs(v - 0.5) > _CENTRE else _normal_centre(v - 0.5)
                wait[i] = part * (scale * _exp(log_sd * z))


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
def _queue_waits(st: StageArrays, s: int, keys: Words, u: Floats, wait: Floats) -> None:
    _fill_uniform(keys, s, _DRAW_QUEUE, u)
    share, scale = st.queue_share[s], st.queue_h[s]
    for i in range(BLOCK):
        drawn = -scale * _log(u[i] / share)
        wait[i] = drawn if u[i] < share else 0.0


@njit(cache=True, error_model="numpy")
def _service_hours(st: StageArrays, s: int, keys: Words, u: Floats, z: Floats, wait: Floats) -> None:
    log_sd, median, p, rho = st.log_sd[s], st.median_h[s], st.partner[s], st.partner_rho[s]
    if log_sd == 0.0:
        for i in range(BLOCK):
            wait[i] = st.mean_h[s]
        return
    _fill_uniform(keys, s, _DRAW_SERVICE, u)
    _fill_normal(u, z[s])
    if p >= 0:
        own = np.sqrt(1.0 - rho * rho)
        for i in range(BLOCK):
            z[s, i] = rho * z[p, i] + own * z[s, i]
    for i in range(BLOCK):
        wait[i] = median * _exp(log_sd * z[s, i])


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
    keys: Words,
    sums: Floats,
    stuck: Ints,
) -> None:
    """Run n <= BLOCK journeys: clocks end in work[0], sums of hours (S, 5) and stuck journeys (S,) beside."""
    t, u, wait = work[0], work[1], work[2]
    for i in range(BLOCK):
        keys[i] = _mix(key + (np.uint64(ids[i]) + _U1) * _GAMMA)
        t[i] = depart_h
    for s in range(st.mean_h.size):
        sums[s, :] = 0.0
        if st.closed_share[s] > 0.0:
            _closure_waits(st, s, keys, u, wait)
            sums[s, CLOSURE] = _pass(t, wait, n)
        if st.calendar[s] >= 0:
            _opening_waits(w, st.calendar[s], t, wait)
            sums[s, OPENING] = _pass(t, wait, n)
            for i in range(n):
                stuck[s] += np.isinf(wait[i])
        if st.headway_h[s] > 0.0:
            _sailing_waits(st, s, keys, t, u, wait)
            sums[s, SAILING] = _pass(t, wait, n)
        if st.queue_share[s] > 0.0:
            _queue_waits(st, s, keys, u, wait)
            sums[s, QUEUE] = _pass(t, wait, n)
        _service_hours(st, s, keys, u, z, wait)
        sums[s, SERVICE] = _pass(t, wait, n)


@njit(cache=True, nogil=True, error_model="numpy")
def run_range(
    st: StageArrays,
    w: Windows,
    key: np.uint64,
    depart_h: float,
    first: int,
    hours: Floats,
    sums: Floats,
    stuck: Ints,
) -> None:
    """Run journeys first, first + 1, ...; fill `hours`, the sums (blocks, S, 5) and the stuck (blocks, S).

    Sums are over the journeys that arrive: a block in which some do not is run again without them.
    """
    n_stages = st.mean_h.size
    work, z, keys = np.empty((3, BLOCK)), np.zeros((n_stages, BLOCK)), np.empty(BLOCK, np.uint64)
    ids, spare = np.empty(BLOCK, np.int64), np.zeros(n_stages, np.int64)
    for b in range(sums.shape[0]):
        n = min(BLOCK, hours.size - b * BLOCK)
        for i in range(BLOCK):
            ids[i] = first + b * BLOCK + i
        _run_block(st, w, key, depart_h, ids, n, work, z, keys, sums[b], stuck[b])
        arrived = 0
        for i in range(n):
            hours[b * BLOCK + i] = work[0, i] - depart_h
            if work[0, i] < np.inf:
                ids[arrived] = ids[i]
                arrived += 1
        if arrived < n:
            _run_block(st, w, key, depart_h, ids, arrived, work, z, keys, sums[b], spare)


@njit(cache=True, nogil=True, error_model="numpy")
def run_chosen(
    st: StageArrays, w: Windows, key: np.uint64, depart_h: float, chosen: Ints, sums: Floats
) -> None:
    """Run the chosen journeys again (all of them arrive); fill the sums (blocks, S, 5)."""
    n_stages = st.mean_h.size
    work, z, keys = np.empty((3, BLOCK)), np.zeros((n_stages, BLOCK)), np.empty(BLOCK, np.uint64)
    ids, spare = np.zeros(BLOCK, np.int64), np.zeros(n_stages, np.int64)
    for b in range(sums.shape[0]):
        n = min(BLOCK, chosen.size - b * BLOCK)
        for i in range(n):
            ids[i] = chosen[b * BLOCK + i]
        _run_block(st, w, key, depart_h, ids, n, work, z, keys, sums[b], spare)


def seed_key(seed: int) -> np.uint64:
    """The 64-bit key of a seed (one SplitMix64 step, so that near seeds give unrelated keys)."""
    return np.uint64(_mix_plain(np.array([seed], dtype=np.uint64) + _GAMMA)[0])


# The plain twin: the same arithmetic on whole NumPy arrays.


def _mix_plain(x: Words) -> Words:
    x = (x ^ (x >> _U30)) * _MIX1
    x = (x ^ (x >> _U27)) * _MIX2
    return x ^ (x >> _U31)


def _uniform_plain(keys: Words, stage: int, purpose: int) -> Floats:
    offset = np.full(1, stage * _SLOTS + purpose + 1, dtype=np.uint64) * _GAMMA
    return (_mix_plain(keys + offset) >> _U11).astype(np.float64) * _UNIT + _HALF_UNIT


def _horner(x: Floats, *coefficients: float) -> Floats:
    total = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        total = total * x + c
    return total


def log_plain(x: Floats) -> Floats:
    """Twin of `_log`."""
    m, power = np.frexp(x)
    m, power = m * 2.0, power - 1.0
    high = m > _SQRT2
    m, power = np.where(high, m * 0.5, m), np.where(high, power + 1.0, power)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = z * _horner(z, _L7, _L6, _L5, _L4, _L3, _L2, _L1)
    half = 0.5 * f * f
    logs: Floats = power * _LN2_HI - ((half - (s * (half + r) + power * _LN2_LO)) - f)
    return logs


def exp_plain(x: Floats) -> Floats:
    """Twin of `_exp`."""
    k = np.floor(x * _LOG2E + 0.5)
    r = (x - k * _LN2_HI) - k * _LN2_LO
    p = _horner(r, _E13, _E12, _E11, _E10, _E9, _E8, _E7, _E6, _E5, _E4, _E3, _E2, 1.0, 1.0)
    powers: Floats = np.ldexp(p, k.astype(np.int64))
    return powers


def normal_plain(u: Floats) -> Floats:
    """Twin of the normal quantile."""
    q = u - 0.5
    r = np.where(np.abs(q) <= _CENTRE, _CENTRE * _CENTRE - q * q, 0.0)
    top = _horner(r, _A7, _A6, _A5, _A4, _A3, _A2, _A1, _A0)
    low = _horner(r, _B7, _B6, _B5, _B4, _B3, _B2, _B1, 1.0)
    centre = q * top / low
    r = np.sqrt(-log_plain(np.minimum(u, 1.0 - u)))
    near, far = r - 1.6, r - 5.0
    top_near = _horner(near, _C7, _C6, _C5, _C4, _C3, _C2, _C1, _C0)
    low_near = _horner(near, _D7, _D6, _D5, _D4, _D3, _D2, _D1, 1.0)
    top_far = _horner(far, _P7, _P6, _P5, _P4, _P3, _P2, _P1, _P0)
    low_far = _horner(far, _Q7, _Q6, _Q5, _Q4, _Q3, _Q2, _Q1, 1.0)
    tail = np.where(r <= 5.0, top_near / low_near, top_far / low_far)
    return np.where(np.abs(q) > _CENTRE, np.where(u < 0.5, -tail, tail), centre)


def _closure_plain(st: StageArrays, s: int, keys: Words) -> Floats:
    u = _uniform_plain(keys, s, _DRAW_CLOSURE)
    part = np.minimum(u, st.closed_share[s]) / st.closed_share[s]
    if np.isnan(st.closure_log_sd[s]):
        rest = -st.closure_h[s] * log_plain(part)
    else:
        z = normal_plain(_uniform_plain(keys, s, _DRAW_LENGTH))
        rest = part * (st.closure_h[s] * exp_plain(st.closure_log_sd[s] * z))
    return np.where(u < st.closed_share[s], rest, 0.0)


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


def _queue_plain(st: StageArrays, s: int, keys: Words) -> Floats:
    u = _uniform_plain(keys, s, _DRAW_QUEUE)
    share = st.queue_share[s]
    return np.where(u < share, -st.queue_h[s] * log_plain(np.minimum(u, share) / share), 0.0)


def run_plain(
    st: StageArrays, w: Windows, key: np.uint64, depart_h: float, ids: Ints
) -> tuple[Floats, Floats]:
    """Twin of the compiled run: hours (n,) and waits by stage and component (S, 5, n)."""
    keys = _mix_plain(key + (ids.astype(np.uint64) + _U1) * _GAMMA)
    t = np.full(ids.size, depart_h, dtype=np.float64)
    waits, z = np.zeros((st.mean_h.size, 5, ids.size)), np.zeros((st.mean_h.size, ids.size))
    for s in range(st.mean_h.size):
        if st.closed_share[s] > 0.0:
            waits[s, CLOSURE] = _closure_plain(st, s, keys)
            t = t + waits[s, CLOSURE]
        if st.calendar[s] >= 0:
            waits[s, OPENING] = _opening_plain(w, int(st.calendar[s]), t)
            t = t + waits[s, OPENING]
        if st.headway_h[s] > 0.0:
            waits[s, SAILING] = _sailing_plain(st, s, keys, t)
            t = t + waits[s, SAILING]
        if st.queue_share[s] > 0.0:
            waits[s, QUEUE] = _queue_plain(st, s, keys)
            t = t + waits[s, QUEUE]
        if st.log_sd[s] == 0.0:
            waits[s, SERVICE] = st.mean_h[s]
        else:
            z[s] = normal_plain(_uniform_plain(keys, s, _DRAW_SERVICE))
            p, rho = st.partner[s], st.partner_rho[s]
            if p >= 0:
                z[s] = rho * z[p] + np.sqrt(1.0 - rho * rho) * z[s]
            waits[s, SERVICE] = st.median_h[s] * exp_plain(st.log_sd[s] * z[s])
        t = t + waits[s, SERVICE]
    return t - depart_h, waits
