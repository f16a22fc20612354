"""Waiting in queues in steady state: Erlang C, M/M/c, M/G/1 (Pollaczek-Khinchine), M/G/c (Allen-Cunneen)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.errors import InvalidInput, KarwanError
from karwan.transport.delay import waiting_share
from karwan.transport.reliability.stages import Floats, JourneyStages


class SaturatedQueue(KarwanError, ValueError):
    """Arrivals at a queue use up its servers or more: the steady-state wait does not exist."""


@dataclass(frozen=True)
class QueueWait:
    """Steady-state waiting before service.

    Attributes
    ----------
    utilisation_share
        Share of server time in use, in [0, 1).
    wait_probability
        Probability that an arrival waits.
    wait_mean_h
        Mean wait of all arrivals, h.
    wait_if_waiting_h
        Mean wait of those who wait, h.
    queue_length
        Mean number waiting (Little: arrivals per hour x mean wait).
    """

    utilisation_share: float
    wait_probability: float
    wait_mean_h: float
    wait_if_waiting_h: float
    queue_length: float


def erlang_c(load_erlang: float, servers: int) -> float:
    """Probability that an arrival must wait in M/M/c.

    Parameters
    ----------
    load_erlang
        Offered load, arrivals per hour x mean service hours, >= 0.
    servers
        Parallel servers, >= 1.

    Raises
    ------
    SaturatedQueue
        The load is not below the number of servers.
    InvalidInput
        A negative load or no server.

    Notes
    -----
    Through the Erlang B recurrence, which does not overflow for many servers.

    References
    ----------
    Erlang (1917); Gross, Shortle, Thompson and Harris (2008), Fundamentals of Queueing Theory, section 2.4.

    Examples
    --------
    >>> round(erlang_c(2.0, 3), 6)  # three servers, two erlangs: 4/9
    0.444444
    """
    if not (load_erlang >= 0 and servers >= 1 and servers == int(servers)):
        raise InvalidInput(
            "A queue needs a load >= 0 and a whole number of servers >= 1",
            f"load {load_erlang:g} erlang, {servers:g} servers",
            "check arrivals, service hours and servers",
        )
    if load_erlang >= servers:
        raise _saturated(f"{load_erlang:g} erlang offered to {servers:g} servers")
    blocked = 1.0
    for n in range(1, int(servers) + 1):
        blocked = load_erlang * blocked / (n + load_erlang * blocked)
    return blocked / (1.0 - load_erlang / servers * (1.0 - blocked))


def mmc_wait(arrivals_per_h: float, service_h: float, servers: int) -> QueueWait:
    """Wait in M/M/c: Poisson arrivals, exponential service, c servers. Exact.

    The wait is 0 with probability 1 - C, otherwise exponential with mean `wait_if_waiting_h`.

    References
    ----------
    Gross, Shortle, Thompson and Harris (2008), section 2.4.

    Examples
    --------
    >>> round(mmc_wait(6.0, 1 / 3, 3).wait_mean_h * 60, 4)  # 4/27 h in minutes
    8.8889
    """
    return mgc_wait(arrivals_per_h, service_h, servers, service_cv=1.0)


def mg1_wait(arrivals_per_h: float, service_h: float, service_cv: float) -> QueueWait:
    """Wait in M/G/1: Poisson arrivals, one server. Mean and probability of waiting are exact.

    References
    ----------
    Pollaczek (1930), Khinchine (1932): mean wait = rho / (1 - rho) x (1 + cv^2) / 2 x service hours.

    Examples
    --------
    >>> round(mg1_wait(0.8, 1.0, 0.0).queue_length, 12)  # M/D/1 at 0.8
    1.6
    """
    return mgc_wait(arrivals_per_h, service_h, 1, service_cv=service_cv)


def mgc_wait(
    arrivals_per_h: float, service_h: float, servers: int, *, service_cv: float, arrival_cv: float = 1.0
) -> QueueWait:
    """Wait in M/G/c (G/G/c if `arrival_cv` is not 1) by the Allen-Cunneen approximation.

    Mean wait = the M/M/c mean x (arrival_cv^2 + service_cv^2) / 2. Exact for M/M/c and M/G/1; otherwise
    approximate. The probability of waiting is that of M/M/c (exact for M/M/c and M/G/1).

    Raises
    ------
    SaturatedQueue
        Utilisation is 1 or more.

    References
    ----------
    Allen (1990), Probability, Statistics and Queueing Theory, section 5.3.5 (attributed there to Cunneen).
    """
    if not (arrivals_per_h >= 0 and service_h >= 0 and service_cv >= 0 and arrival_cv >= 0):
        raise InvalidInput(
            "A queue needs arrivals, service hours and coefficients of variation >= 0",
            f"arrivals {arrivals_per_h:g}/h, service {service_h:g} h, cv {service_cv:g} and {arrival_cv:g}",
            "check the inputs of the queue",
        )
    load = arrivals_per_h * service_h
    waits = erlang_c(load, servers)
    utilisation = load / servers
    if_waiting = service_h / (servers * (1.0 - utilisation)) * 0.5 * (arrival_cv**2 + service_cv**2)
    mean = waits * if_waiting
    return QueueWait(utilisation, waits, mean, if_waiting, arrivals_per_h * mean)


def utilisation(stages: JourneyStages) -> Floats:
    """Share of server time in use at each stage, shape (S,); nan without a queue. 1 or more is saturated.

    Examples
    --------
    >>> one = JourneyStages(name=("a",), kind=[1], mean_h=[1.0], cv=[0.0], arrivals_per_day=[36],
    ...                     servers=[1], service_h=[1.0])
    >>> float(utilisation(one)[0])
    1.5
    """
    return stages.arrivals_per_day / 24.0 * stages.service_h / stages.servers


def stage_queues(stages: JourneyStages) -> pl.DataFrame:
    """Queue of each stage that has one: stage, name, utilisation_share, state, wait_probability, wait_mean_h,
    wait_if_waiting_h.

    `state` is "stable", "beyond limit" (waits along the tangent at `queue_limit`) or "saturated"; a saturated
    queue has null waits, not infinite ones. This is the table to show; `simulate` and `moments` refuse
    saturated queues.
    """
    rows = []
    used = utilisation(stages)
    for i in np.flatnonzero(~np.isnan(used)):
        state = _state(float(used[i]), stages.queue_limit)
        wait = _wait_of(stages, int(i)) if state != "saturated" else None
        rows.append(
            {
                "stage": int(i),
                "name": stages.name[i],
                "utilisation_share": float(used[i]),
                "state": state,
                "wait_probability": wait.wait_probability if wait else None,
                "wait_mean_h": wait.wait_mean_h if wait else None,
                "wait_if_waiting_h": wait.wait_if_waiting_h if wait else None,
            }
        )
    return pl.DataFrame(rows, schema=_QUEUE_SCHEMA)


_QUEUE_SCHEMA = {
    "stage": pl.Int64,
    "name": pl.String,
    "utilisation_share": pl.Float64,
    "state": pl.String,
    "wait_probability": pl.Float64,
    "wait_mean_h": pl.Float64,
    "wait_if_waiting_h": pl.Float64,
}


def queue_waits(stages: JourneyStages) -> tuple[Floats, Floats]:
    """Probability of waiting and mean wait of those who wait (h), each (S,); zeros without a queue.

    Raises
    ------
    SaturatedQueue
        Some queue has utilisation 1 or more and no limit below; all such stages are named.
    """
    used = utilisation(stages)
    full = np.flatnonzero((used >= 1.0) & (stages.queue_limit >= 1.0))
    if full.size:
        seen = "; ".join(
            f"{stages.name[i]}: {stages.arrivals_per_day[i]:g} arrivals a day need "
            f"{used[i] * stages.servers[i]:.2f} servers of {stages.servers[i]:g}"
            for i in full[:5]
        )
        raise _saturated(seen + (f"; and {full.size - 5} more" if full.size > 5 else ""))
    share, if_waiting = np.zeros(stages.size), np.zeros(stages.size)
    for i in np.flatnonzero(~np.isnan(used)):
        wait = _wait_of(stages, int(i))
        share[i], if_waiting[i] = wait.wait_probability, wait.wait_if_waiting_h
    return share, if_waiting


def _state(used: float, limit: float) -> str:
    if limit < 1.0 and used > limit:
        return "beyond limit"
    return "stable" if used < 1.0 else "saturated"


def _wait_of(stages: JourneyStages, i: int) -> QueueWait:
    arrivals, service = float(stages.arrivals_per_day[i]) / 24.0, float(stages.service_h[i])
    servers, cv = int(stages.servers[i]), float(stages.service_cv[i])
    if stages.queue_limit >= 1.0 or arrivals * service <= stages.queue_limit * servers:
        return mgc_wait(arrivals, service, servers, service_cv=cv)
    return tangent_wait(arrivals, service, servers, service_cv=cv, limit=stages.queue_limit)


def tangent_wait(
    arrivals_per_h: float, service_h: float, servers: int, *, service_cv: float, limit: float
) -> QueueWait:
    """Wait beyond a limit of utilisation: the mean along the tangent there, the share that waits as there.

    Steady state needs longer than any load lasts as utilisation nears 1; the tangent stands for a heavy load of limited length and is
    what the delay `border_queue` of assignment uses.
    """
    share, share_slope = (float(x) for x in waiting_share(limit, servers))
    scale = 0.5 * (1.0 + service_cv**2) * service_h / servers
    slope = scale * (share_slope / (1.0 - limit) + share / (1.0 - limit) ** 2)
    used = arrivals_per_h * service_h / servers
    mean = scale * share / (1.0 - limit) + slope * (used - limit)
    return QueueWait(used, share, mean, mean / share, arrivals_per_h * mean)


def _saturated(evidence: str) -> SaturatedQueue:
    return SaturatedQueue(
        "A queue is saturated: it grows for as long as this load lasts, so no steady wait exists",
        evidence,
        "add servers or hours, shorten the service, or divert arrivals until utilisation is below 1",
    )
