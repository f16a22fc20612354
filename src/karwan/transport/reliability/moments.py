"""Mean and variance of the hours of a journey in closed form, without simulation."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.transport.reliability.backlog import closure_moments
from karwan.transport.reliability.queueing import queue_waits
from karwan.transport.reliability.stages import Floats, Ints, JourneyStages


@dataclass(frozen=True, eq=False)
class Moments:
    """Closed-form moments of a journey.

    Attributes
    ----------
    mean_h, variance_h2
        Of the whole journey, hours and hours squared.
    stages
        Table of S rows: stage, name, mean_h, variance_h2 and the mean of each part (closure_h, sailing_h,
        queue_h, service_h).
    exact
        False if the route has a calendar or dated closures (left out here), a fixed sailing schedule (taken
        as a uniform wait), or a queue beyond its limit.
    """

    mean_h: float
    variance_h2: float
    stages: pl.DataFrame
    exact: bool

    @property
    def sd_h(self) -> float:
        """Standard deviation, hours."""
        return float(np.sqrt(self.variance_h2))

    def quantile(self, share: float) -> float:
        """Hours within which `share` of journeys arrive if the total were log-normal (Fenton-Wilkinson).

        An approximation by two moments; use `simulate` for the distribution itself.
        """
        cv = self.sd_h / self.mean_h if self.mean_h > 0 else 0.0
        return lognormal_quantile(self.mean_h, cv, share)


def lognormal_quantile(mean_h: float, cv: float, share: float) -> float:
    """Quantile of a log-normal given by its mean and coefficient of variation.

    Parameters
    ----------
    mean_h
        Mean, >= 0.
    cv
        Standard deviation over mean, >= 0; 0 returns the mean.
    share
        Probability, in (0, 1).

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, chapter 14.

    Examples
    --------
    >>> round(lognormal_quantile(10.0, 0.5, 0.5), 4)  # median = mean / sqrt(1 + cv^2)
    8.9443
    """
    if not (mean_h >= 0 and cv >= 0 and 0 < share < 1):
        raise InvalidInput(
            "A log-normal quantile needs mean >= 0, cv >= 0 and a share between 0 and 1",
            f"mean {mean_h:g}, cv {cv:g}, share {share:g}",
            "check the arguments",
        )
    log_sd = np.sqrt(np.log1p(cv * cv))
    return float(mean_h / np.sqrt(1.0 + cv * cv) * np.exp(log_sd * NormalDist().inv_cdf(share)))


def pair_partners(stages: JourneyStages) -> Ints:
    """For the second side of a crossing the position of the first side, else -1; shape (S,)."""
    partner = np.full(stages.size, -1, dtype=np.int64)
    first: dict[int, int] = {}
    for i, pair in enumerate(stages.pair.tolist()):
        if pair < 0 or stages.cv[i] == 0.0 or stages.mean_h[i] == 0.0:
            continue
        partner[i] = first.setdefault(pair, i)
        if partner[i] == i:
            partner[i] = -1
    return partner


def _service_covariance(stages: JourneyStages) -> Floats:
    """Covariance of the service hours of the stages, h2, shape (S, S)."""
    log_sd = np.sqrt(np.log1p(stages.cv**2))
    logs = np.diag(log_sd**2) + stages.trip_log_sd**2
    partner = pair_partners(stages)
    second = np.flatnonzero(partner >= 0)
    first = partner[second]
    sides = stages.pair_correlation * log_sd[second] * log_sd[first]
    logs[second, first] += sides
    logs[first, second] += sides
    alike = (stages.group[:, None] == stages.group) & (stages.group >= 0)
    logs += alike * np.outer(stages.group_log_sd, stages.group_log_sd)
    return np.asarray(np.outer(stages.mean_h, stages.mean_h) * np.expm1(logs))


def moments(stages: JourneyStages) -> Moments:
    """Expected hours and variance of a journey, without its calendars and dated closures.

    Sums over stages of queue, sailing and closure terms, plus the covariances of all service hours, m1 m2 (exp(c) - 1) with the covariance
    c of their logs: rho s1 s2 at the two sides of a crossing, and the variances of the factors that the stages share.

    Raises
    ------
    SaturatedQueue
        A queue has utilisation 1 or more.

    References
    ----------
    Crow and Shimizu (1988), Lognormal Distributions, chapter 1 (covariance of a bivariate log-normal).

    Examples
    --------
    >>> two = JourneyStages(name=("a", "b"), kind=[0, 0], mean_h=[3.0, 4.0], cv=[1.0, 0.5])
    >>> moments(two).mean_h, round(moments(two).variance_h2, 9)
    (7.0, 13.0)
    """
    queue_share, queue_h = queue_waits(stages)
    closure = closure_moments(stages)
    parts = {
        "closure_h": closure.mean_h,
        "sailing_h": stages.headway_h / 2.0,
        "queue_h": queue_share * queue_h + stages.jam_share * stages.jam_h,
        "service_h": stages.mean_h.copy(),
    }
    service = _service_covariance(stages)
    variance = (
        closure.variance_h2
        + stages.headway_h**2 / 12.0
        + (2.0 * queue_share - queue_share**2) * queue_h**2
        + (2.0 * stages.jam_share - stages.jam_share**2) * stages.jam_h**2
        + np.diag(service)
    )
    mean = sum(parts.values(), np.zeros(stages.size))
    table = pl.DataFrame(
        {
            "stage": np.arange(stages.size),
            "name": stages.name,
            "mean_h": mean,
            "variance_h2": variance,
            **parts,
        }
    )
    return Moments(
        float(mean.sum()),
        float(variance.sum() + service.sum() - np.trace(service)),
        table,
        not stages.clocked,
    )
