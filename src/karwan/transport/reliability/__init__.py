"""Reliability of journeys: how long a route takes, how sure that is, and what makes it late."""

from karwan.transport.reliability.closures import ClosureProcess, UnidentifiedClosures, fit_closures
from karwan.transport.reliability.journeys import Journeys, departures, lateness, simulate
from karwan.transport.reliability.moments import Moments, lognormal_quantile, moments
from karwan.transport.reliability.queueing import (
    QueueWait,
    SaturatedQueue,
    erlang_c,
    mg1_wait,
    mgc_wait,
    mmc_wait,
    stage_queues,
    utilisation,
)
from karwan.transport.reliability.stages import KINDS, JourneyStages

__all__ = [
    "KINDS",
    "ClosureProcess",
    "JourneyStages",
    "Journeys",
    "Moments",
    "QueueWait",
    "SaturatedQueue",
    "UnidentifiedClosures",
    "departures",
    "erlang_c",
    "fit_closures",
    "lateness",
    "lognormal_quantile",
    "mg1_wait",
    "mgc_wait",
    "mmc_wait",
    "moments",
    "simulate",
    "stage_queues",
    "utilisation",
]
