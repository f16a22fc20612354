"""Closures and the lines they leave: a fluid queue behind a gate that opens and shuts.

Vehicles come at a rate of `load` times the capacity. While the gate is shut they join a line, until the closure has lasted as long as the
cap; once it opens the line moves at capacity while others still join. A vehicle that comes `a` hours into a closure of length X and finds
a line worth V hours from closures before waits

    (X - a) + load x min(a, cap) + V

and one that comes `b` hours after the gate has opened waits max(0, V + load x min(X, cap) - (1 - load) b), and the closures that begin
while it moves up in the line.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from karwan.errors import KarwanError
from karwan.transport.reliability.stages import Floats, JourneyStages

HOURS_PER_DAY = 24.0
_POWERS = range(4)


class UnendingBacklog(KarwanError, ValueError):
    """Closures leave longer lines than can be worked off between them."""


class ClosureMoments(NamedTuple):
    """Mean (h) and variance (h2) of the wait for random closures and their lines, each of shape (S,)."""

    mean_h: Floats
    variance_h2: Floats


def closed_shares(stages: JourneyStages) -> Floats:
    """Share of time each stage is closed at random in the long run, shape (S,)."""
    load = stages.closure_rate_per_day * stages.closure_mean_days
    return np.asarray(load / (1.0 + load))


def partial_moments(mean: float, log_sd: float, cap: float) -> tuple[Floats, Floats]:
    """E[X^k; X <= cap] and E[X^k; X > cap] for k = 0..3, X exponential (`log_sd` nan) or log-normal.

    Examples
    --------
    >>> below, above = partial_moments(2.0, float("nan"), 2.0)
    >>> round(float(above[0]), 6), round(float(below[1] + above[1]), 6)
    (0.367879, 2.0)
    """
    below = np.empty(len(_POWERS))
    whole = np.empty(len(_POWERS))
    for k in _POWERS:
        if math.isnan(log_sd):
            y = cap / mean
            terms = sum(y**j / math.factorial(j) for j in range(k + 1)) if y < 700.0 else 0.0
            whole[k] = math.factorial(k) * mean**k
            below[k] = whole[k] * (1.0 - math.exp(-y) * terms if y < 700.0 else 1.0)
        else:
            log_median = math.log(mean) - 0.5 * log_sd**2
            whole[k] = math.exp(k * log_median + 0.5 * k * k * log_sd**2)
            z = math.log(cap) - log_median - k * log_sd**2 if cap > 0.0 else -math.inf
            if log_sd > 0.0:
                below[k] = whole[k] * 0.5 * math.erfc(-z / (log_sd * math.sqrt(2.0)))
            else:
                below[k] = whole[k] if z >= 0.0 else 0.0
    return below, whole - below


def cut_moments(mean: float, log_sd: float, cap: float) -> tuple[float, float, float]:
    """First three moments of the length of a closure cut off at the cap, min(X, cap)."""
    if math.isinf(cap):
        whole = partial_moments(mean, log_sd, 0.0)[1]
        return float(whole[1]), float(whole[2]), float(whole[3])
    below, above = partial_moments(mean, log_sd, cap)
    first, second, third = (float(below[k] + cap**k * above[0]) for k in (1, 2, 3))
    return first, second, third


def line_ratio(stages: JourneyStages) -> Floats:
    """How much of the time between closures the lines take up: rate x load / (1 - load) x E[min(X, cap)], shape (S,).

    Raises
    ------
    UnendingBacklog
        A ratio is 1 or more: the line is never worked off.
    """
    ratio = np.zeros(stages.size)
    for s in np.flatnonzero((stages.backlog_load > 0.0) & (stages.closure_rate_per_day > 0.0)):
        load, cap = float(stages.backlog_load[s]), float(stages.backlog_cap_days[s])
        cut = cut_moments(float(stages.closure_mean_days[s]), float(stages.closure_log_sd[s]), cap)[0]
        ratio[s] = float(stages.closure_rate_per_day[s]) * load / (1.0 - load) * cut
    endless = np.flatnonzero(ratio >= 1.0)
    if endless.size:
        seen = "; ".join(
            f"{stages.name[i]}: load {stages.backlog_load[i]:.3g}, {stages.closure_rate_per_day[i]:.3g} closures per open "
            f"day, lines take up {ratio[i]:.2f} of the time between them"
            for i in endless[:5]
        )
        raise UnendingBacklog(
            "The lines that closures leave never clear", seen, "lower backlog_load, or set backlog_cap_days"
        )
    return ratio


def cut_share(stages: JourneyStages) -> Floats:
    """Share of exponential closures shorter than the cap, shape (S,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = -np.expm1(-stages.backlog_cap_days / stages.closure_mean_days)
    return np.where(stages.closure_mean_days > 0.0, share, 1.0)


def closure_moments(stages: JourneyStages) -> ClosureMoments:
    """Mean and variance of the wait for random closures and the lines they leave, in the long run.

    The gate is an alternating renewal process, the line between closures an M/G/1 workload whose jobs are the lines closures leave
    (Pollaczek-Khinchine); a closure finds the same line as any other moment of open time (Poisson arrivals see time averages).

    References
    ----------
    Cox (1962), Renewal Theory, chapters 5 and 7; Wolff (1982), Poisson arrivals see time averages, Operations Research 30(2);
    Asmussen (2003), Applied Probability and Queues, section VIII.5 (the workload as a geometric sum).
    """
    mean, variance = np.zeros(stages.size), np.zeros(stages.size)
    closed, ratio = closed_shares(stages), line_ratio(stages)
    for s in np.flatnonzero(stages.closure_rate_per_day > 0.0):
        length = float(stages.closure_mean_days[s]) * HOURS_PER_DAY
        cap = float(stages.backlog_cap_days[s]) * HOURS_PER_DAY
        shape = (length, float(stages.closure_log_sd[s]), cap)
        load, more = float(stages.backlog_load[s]), float(ratio[s])
        # while one moves up, more closures begin: an hour in line takes 1 + rate x mean hours
        stretch = 1.0 + float(stages.closure_rate_per_day[s] * stages.closure_mean_days[s])
        wait, second, ahead = _closed_terms(*shape, load, stretch)
        cut, cut2, cut3 = cut_moments(*shape)
        term, term2 = (cut2 / (2.0 * cut), cut3 / (3.0 * cut)) if cut > 0.0 else (0.0, 0.0)
        terms = more / (1.0 - more)
        line = load * terms * term
        line_variance = load**2 * (terms * (term2 - term**2) + terms / (1.0 - more) * term**2)
        jump2 = cut_moments(*shape[:2], math.inf)[1] * float(stages.closure_rate_per_day[s]) / HOURS_PER_DAY
        mean[s] = closed[s] * wait + stretch * line
        variance[s] = (
            closed[s] * second
            - (closed[s] * wait) ** 2
            + stretch**2 * line_variance
            + jump2 * (closed[s] * ahead + line)
        )
    return ClosureMoments(mean, variance)


def _closed_terms(
    length: float, log_sd: float, cap: float, load: float, stretch: float
) -> tuple[float, float, float]:
    """For one who comes while the gate is shut: mean and second moment of rest + stretch x line, and the mean line; line = load x min(age, cap)."""
    if math.isinf(cap):
        below, above = partial_moments(length, log_sd, 0.0)[::-1]
        cap = 0.0
    else:
        below, above = partial_moments(length, log_sd, cap)
    whole = below + above
    rest, rest2 = whole[2] / (2.0 * whole[1]), whole[3] / (3.0 * whole[1])
    over = above[1] - cap * above[0]
    over2 = above[2] - 2.0 * cap * above[1] + cap**2 * above[0]
    age = (below[2] / 2.0 + cap**2 / 2.0 * above[0] + cap * over) / whole[1]
    age2 = (below[3] / 3.0 + cap**3 / 3.0 * above[0] + cap**2 * over) / whole[1]
    both = (below[3] / 6.0 + cap**2 / 2.0 * above[1] - cap**3 / 3.0 * above[0] + cap / 2.0 * over2) / whole[1]
    slow = stretch * load
    return float(rest + slow * age), float(rest2 + 2.0 * slow * both + slow**2 * age2), float(load * age)
