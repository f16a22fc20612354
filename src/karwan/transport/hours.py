"""Hours fitted to trips: one factor for each kind of place, today's judgement as the prior, and how far each may still be off.

The days y of trip i are taken as

    log y_i = log(w_i + sum_g H_ig exp(theta_g)) + beta_kind(i) + e_i

with H the judged hours of a kind of place, w the waits that no factor moves, theta and beta normal around the judgement, and errors e of
what varies from day to day and of what a trip shares, tau^2, half of it common to trips that one source tells of. For given tau the
posterior is that of a linear model with normal errors in closed form, taken at the point where the logarithm was made linear (Gauss-Newton);
tau is weighed over a grid by the marginal likelihood and a half-normal prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from karwan.errors import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

KINDS_OF_PLACE = (
    "road_haul",
    "rail_haul",
    "sailing",
    "road_border",
    "rail_border",
    "port",
    "terminal",
)
KINDS_OF_TRIP = ("pilot", "showcase")
"""Trips told apart from ordinary ones, each with a factor on all its hours."""
FACTORS = (*KINDS_OF_PLACE, *KINDS_OF_TRIP)
STATED_LOG_SD = 0.05  # whole days and places that stand for others: how exact a stated time is
SAME_SOURCE = 0.5  # of what a trip shares, the part common to the trips of one source
_TAU = np.linspace(0.02, 1.0, 50)
_STEPS, _CLOSE = 200, 1e-12


@dataclass(frozen=True, eq=False)
class HoursPrior:
    """Judgement: mean and standard deviation of the log of each of `FACTORS`, and the scale of how much trips differ."""

    log_mean: Floats
    log_sd: Floats
    trip_log_sd: float


@dataclass(frozen=True, eq=False)
class TripSample:
    """N observed trips.

    Attributes
    ----------
    hours
        Judged hours by kind of place, shape (N, 7) in the order of `KINDS_OF_PLACE`.
    fixed_h
        Waits that no factor moves, shape (N,).
    of_kind
        1 where a trip is of one of `KINDS_OF_TRIP`, shape (N, 2).
    observed_h
        Hours the trip took, shape (N,).
    log_sd
        Standard deviation of the log of its hours from day to day, shape (N,).
    same_source
        Whether two trips rest on one source, shape (N, N).
    """

    hours: Floats
    fixed_h: Floats
    of_kind: Floats
    observed_h: Floats
    log_sd: Floats
    same_source: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> TripSample:
        """Some of the trips."""
        return TripSample(
            self.hours[chosen],
            self.fixed_h[chosen],
            self.of_kind[chosen],
            self.observed_h[chosen],
            self.log_sd[chosen],
            self.same_source[np.ix_(chosen, chosen)],
        )


@dataclass(frozen=True, eq=False)
class HoursFit:
    """Posterior of the logs of `FACTORS`: mean (9,), covariance (9, 9), and the spread that a trip shares."""

    log_mean: Floats
    covariance: Floats
    trip_log_sd: float

    @property
    def log_sd(self) -> Floats:
        """Standard deviation of the log of each factor, shape (9,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def factor(self) -> Floats:
        """Mean of each factor, shape (9,)."""
        return np.asarray(np.exp(self.log_mean + 0.5 * np.diag(self.covariance)))


def fit_hours(prior: HoursPrior, trips: TripSample) -> HoursFit:
    """Posterior of the factors given trips; the prior where there is none.

    Raises
    ------
    InvalidInput
        A trip takes no time, or its route has no hours.

    Examples
    --------
    >>> prior = HoursPrior(np.zeros(9), np.full(9, 0.3), 0.2)
    >>> none = TripSample(*(np.zeros((0, n)) for n in (7,)), np.zeros(0), np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros((0, 0), bool))
    >>> fit_hours(prior, none).log_sd.round(3).tolist() == [0.3] * 9
    True
    """
    if not trips.observed_h.size:
        return HoursFit(prior.log_mean.copy(), np.diag(prior.log_sd**2), prior.trip_log_sd)
    modelled = trips.hours.sum(axis=1) + trips.fixed_h
    if (trips.observed_h <= 0).any() or (modelled <= 0).any():
        raise InvalidInput(
            "A trip without hours cannot be fitted",
            f"{np.count_nonzero((trips.observed_h <= 0) | (modelled <= 0))} trip(s) of {modelled.size}",
            "give time_days above 0 and a route with stages",
        )
    fits = [fit_given(prior, trips, tau) for tau in _TAU]
    weight = np.array(
        [found[2] - 0.5 * (tau / prior.trip_log_sd) ** 2 for found, tau in zip(fits, _TAU, strict=True)]
    )
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = np.asarray(sum(w * found[0] for w, found in zip(weight, fits, strict=True)))
    within = sum(w * found[1] for w, found in zip(weight, fits, strict=True))
    between = sum(
        w * np.outer(found[0] - mean, found[0] - mean) for w, found in zip(weight, fits, strict=True)
    )
    return HoursFit(mean, np.asarray(within + between), float(np.sqrt(weight @ _TAU**2)))


def fit_given(prior: HoursPrior, trips: TripSample, tau: float) -> tuple[Floats, Floats, float]:
    """Posterior mean and covariance of the factors' logs for one spread of trips, and the log of the marginal likelihood.

    Any number K of factors will do: hours (or money) by factor of shape (N, K), a prior of shape (K,), `of_kind` of shape (N, 0).
    """
    n = trips.observed_h.size
    shared = (1.0 - SAME_SOURCE) * np.eye(n) + SAME_SOURCE * trips.same_source
    noise = np.diag(trips.log_sd**2 + STATED_LOG_SD**2) + tau**2 * shared
    spread = np.diag(prior.log_sd**2)
    theta = prior.log_mean.copy()
    for _ in range(_STEPS):
        fitted, slope = _linear(trips, theta)
        apart = np.log(trips.observed_h) - fitted + slope @ (theta - prior.log_mean)
        total = slope @ spread @ slope.T + noise
        better = prior.log_mean + spread @ slope.T @ np.linalg.solve(total, apart)
        moved = float(np.abs(better - theta).max())
        theta = better
        if moved < _CLOSE:
            break
    covariance = spread - spread @ slope.T @ np.linalg.solve(total, slope @ spread)
    likelihood = -0.5 * float(apart @ np.linalg.solve(total, apart) + np.linalg.slogdet(total)[1])
    return theta, covariance, likelihood


def _linear(trips: TripSample, theta: Floats) -> tuple[Floats, Floats]:
    """Log hours of each trip, shape (N,), and their slopes in the logs of the factors, shape (N, 9)."""
    kinds = trips.hours.shape[1]
    parts = trips.hours * np.exp(theta[:kinds])
    total = parts.sum(axis=1) + trips.fixed_h
    logs = np.log(total) + trips.of_kind @ theta[kinds:]
    return logs, np.hstack([parts / total[:, None], trips.of_kind])


def pooled(mean: float, sd: float, observed: float, observed_sd: float) -> tuple[float, float]:
    """Posterior of a normal mean: prior and observation weighed by their precision.

    Parameters
    ----------
    mean, sd
        Prior; an infinite sd leaves the observation alone.
    observed, observed_sd
        What was seen and how exact it is, above 0.

    Returns
    -------
    Mean and standard deviation.

    Examples
    --------
    >>> pooled(0.0, 0.3, 1.0, 0.3)[0], round(pooled(0.0, 0.3, 1.0, 0.3)[1], 4)
    (0.5, 0.2121)
    """
    precision, seen = sd**-2, observed_sd**-2
    together = precision + seen
    return (precision * mean + seen * observed) / together, together**-0.5


def place_spread(place: Ints, log_hours: Floats, like: Ints) -> tuple[float, float]:
    """How far the latest figure of a place may be off its usual one, and a figure borrowed from like places.

    A nested model of log hours: places that are alike vary by b^2 around their mean, the figures of one place by w^2, both by the method
    of moments. A place with a figure of its own is known to 1 / (1/b^2 + 1/w^2), one without to b^2.

    Parameters
    ----------
    place
        Number of the place of each figure, shape (R,).
    log_hours
        Logs of the figures, shape (R,).
    like
        Number of the group of like places of each figure, shape (R,).

    Returns
    -------
    Standard deviations of the log; 0 where the figures cannot tell.

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, chapter 3.

    Examples
    --------
    >>> own, other = place_spread(np.array([0, 0, 1, 1]), np.log([2.0, 2.0, 8.0, 8.0]), np.zeros(4, int))
    >>> own, round(other, 3)
    (0.0, 0.98)
    """
    names, number, counts = np.unique(place, return_inverse=True, return_counts=True)
    groups, group, sizes = np.unique(like, return_inverse=True, return_counts=True)
    free, nested = place.size - names.size, names.size - groups.size
    if free < 1 or nested < 1:
        return 0.0, 0.0
    means = (np.bincount(number, log_hours) / counts)[number]
    common = (np.bincount(group, log_hours) / sizes)[group]
    within = float(((log_hours - means) ** 2).sum()) / free
    among = float(((means - common) ** 2).sum()) / nested
    weight = (place.size - float((counts[number] / sizes[group]).sum())) / nested
    between = max(0.0, (among - within) / weight)
    own = between * within / (between + within) if between + within > 0.0 else 0.0
    return float(np.sqrt(own)), float(np.sqrt(between))
