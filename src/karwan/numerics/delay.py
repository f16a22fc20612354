"""Compiled link delays, one scalar function per entry of the registry in `karwan.transport.delay`.

The vectorised NumPy functions of the registry are the plain twins of these; a test compares both over every
code. A link carries an integer `code` and four parameters, so that one compiled solver serves mixed delays.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from karwan.numerics.compiled import njit

CONSTANT, BPR, CONICAL, DAVIDSON, BORDER_QUEUE = range(5)
HOURS_PER_DAY = 24.0


@njit(cache=True)
def _bpr(free_time: float, volume: float, capacity: float, alpha: float, beta: float) -> tuple[float, float]:
    if alpha == 0.0 or free_time == 0.0:
        return free_time, 0.0
    if beta == 0.0:
        return free_time * (1.0 + alpha), 0.0
    load = volume / capacity
    if beta == 4.0:
        cube = load * load * load
        return free_time * (1.0 + alpha * cube * load), free_time * alpha * 4.0 * cube / capacity
    if load <= 0.0:
        return free_time, free_time * alpha / capacity if beta == 1.0 else 0.0
    power = load ** (beta - 1.0)
    return free_time * (1.0 + alpha * power * load), free_time * alpha * beta * power / capacity


@njit(cache=True)
def _conical(free_time: float, volume: float, capacity: float, alpha: float) -> tuple[float, float]:
    beta = (2.0 * alpha - 1.0) / (2.0 * alpha - 2.0)
    spare = alpha * (1.0 - volume / capacity)
    root = math.sqrt(spare * spare + beta * beta)
    return free_time * (2.0 + root - spare - beta), free_time * alpha / capacity * (1.0 - spare / root)


@njit(cache=True)
def _davidson(
    free_time: float, volume: float, capacity: float, delay: float, limit: float
) -> tuple[float, float]:
    load = min(volume / capacity, limit)
    slope = free_time * delay / (capacity * (1.0 - load) ** 2)
    time = free_time * (1.0 + delay * load / (1.0 - load))
    return time + slope * (volume - load * capacity), slope


@njit(cache=True)
def _border_queue(
    free_time: float,
    volume: float,
    capacity: float,
    servers: float,
    cv: float,
    limit: float,
    open_share: float,
) -> tuple[float, float]:
    # Erlang B and its derivative in the offered load by the usual recursion, then Erlang C.
    load = min(volume / capacity, limit)
    offered = load * servers
    blocked, blocked_slope = 1.0, 0.0
    for n in range(1, int(servers) + 1):
        busy = offered * blocked
        busy_slope = blocked + offered * blocked_slope
        blocked = busy / (n + busy)
        blocked_slope = n * busy_slope / ((n + busy) * (n + busy))
    free = 1.0 - load * (1.0 - blocked)
    free_slope = -(1.0 - blocked) / servers + load * blocked_slope
    waits = blocked / free
    waits_slope = (blocked_slope * free - blocked * free_slope) / (free * free)
    scale = 0.5 * (1.0 + cv * cv) * HOURS_PER_DAY * open_share / capacity
    wait = scale * waits / (1.0 - load)
    slope = scale * (waits_slope * servers / (1.0 - load) + waits / (1.0 - load) ** 2) / capacity
    return free_time + wait + slope * (volume - load * capacity), slope


@njit(cache=True)
def time_and_slope(
    code: int, free_time: float, volume: float, capacity: float, p0: float, p1: float, p2: float, p3: float
) -> tuple[float, float]:
    """Time and its derivative in the volume on one link, in the unit of `free_time`."""
    if code == BPR:
        return _bpr(free_time, volume, capacity, p0, p1)
    if code == CONICAL:
        return _conical(free_time, volume, capacity, p0)
    if code == DAVIDSON:
        return _davidson(free_time, volume, capacity, p0, p1)
    if code == BORDER_QUEUE:
        return _border_queue(free_time, volume, capacity, p0, p1, p2, p3)
    return free_time, 0.0


@njit(cache=True)
def times_and_slopes(
    code: NDArray[np.int64],
    free_time: NDArray[np.float64],
    volume: NDArray[np.float64],
    capacity: NDArray[np.float64],
    parameters: NDArray[np.float64],
    time: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> None:
    """Fill `time` and `slope`, shapes (L,), for every link; `parameters` has shape (L, 4)."""
    for link in range(code.size):
        time[link], slope[link] = time_and_slope(
            code[link],
            free_time[link],
            volume[link],
            capacity[link],
            parameters[link, 0],
            parameters[link, 1],
            parameters[link, 2],
            parameters[link, 3],
        )
