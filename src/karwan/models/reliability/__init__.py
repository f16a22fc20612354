"""Reliability of journeys: how long a route takes, how sure that is, and what makes it late."""

from karwan.models.reliability.closures import ClosureProcess, UnidentifiedClosures, fit_closures
from karwan.models.reliability.journeys import Journeys, departures, lateness, simulate
from karwan.models.reliability.moments import Moments, lognormal_quantile, moments
from karwan.models.reliability.queueing import (
    QueueWait,
    SaturatedQueue,
    erlang_c,
    mg1_wait,
    mgc_wait,
    mmc_wait,
    stage_queues,
    utilisation,
)
from karwan.models.reliability.stages import KINDS, JourneyStages

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
