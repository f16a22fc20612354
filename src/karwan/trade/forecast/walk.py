"""Random walk of the logarithm with drift, the drift itself uncertain."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from karwan.errors import InvalidInput

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Walk:
    """A fitted walk: ln v(t+h) ~ Normal(ln v + mu h, s^2 h + s^2 h^2 / span).

    Attributes
    ----------
    last
        Last value.
    drift
        mu, per unit of time.
    scale
        s, per square root of a unit of time.
    span
        Total time the steps cover; n for n unit steps.
    steps
        Number of steps n.
    drifting
        False where the drift is set to zero instead of estimated.
    """

    last: float
    drift: float
    scale: float
    span: float
    steps: int
    drifting: bool = True

    def spread(self, horizon: float) -> float:
        """Standard deviation of the logarithm `horizon` ahead, drift uncertainty included."""
        own = horizon * horizon / self.span if self.drifting else 0.0
        return self.scale * math.sqrt(horizon + own)

    def centre(self, horizon: float) -> float:
        """Mean of the logarithm `horizon` ahead."""
        return math.log(self.last) + self.drift * horizon

    def quantile(self, share: float, horizon: float) -> float:
        """Value below which a share of the futures lies."""
        return math.exp(self.centre(horizon) + self.spread(horizon) * float(special.ndtri(share)))

    def chance(self, target: float, horizon: float) -> float:
        """P(v(t+h) >= target), formula F14: Phi((mu h - ln(T/v)) / sqrt(s^2 h + s^2 h^2 / n))."""
        if target <= 0:
            return 1.0
        distance = self.centre(horizon) - math.log(target)
        spread = self.spread(horizon)
        if spread == 0.0:
            return float(distance >= 0)
        return float(special.ndtr(distance / spread))

    def chance_t(self, target: float, horizon: float) -> float:
        """P(v(t+h) >= target) with the scale uncertain too: Student's t with `freedom` degrees in place of
        the normal.

        The predictive distribution under the prior 1 / s; on a handful of steps its tails are far thicker,
        and F14's too thin.
        """
        if target <= 0:
            return 1.0
        distance, spread = self.centre(horizon) - math.log(target), self.spread(horizon)
        if spread == 0.0:
            return float(distance >= 0)
        return float(special.stdtr(self.freedom, distance / spread))

    def quantile_t(self, share: float, horizon: float) -> float:
        """Quantile of the predictive distribution of `chance_t`."""
        return math.exp(
            self.centre(horizon) + self.spread(horizon) * float(special.stdtrit(self.freedom, share))
        )

    def chance_range(self, target: float, horizon: float, cover: float = 0.9) -> tuple[float, float]:
        """The chance at the ends of the interval of s (chi-square, `freedom` degrees): how little a short
        series says.

        Both ends and the estimate itself are looked at, so the range holds the estimate.
        """
        tail = (1.0 - cover) / 2.0
        sums = self.scale**2 * self.freedom
        found = [self.chance(target, horizon)]
        for share in (tail, 1.0 - tail):
            scale = math.sqrt(sums / chi_square(share, self.freedom))
            found.append(replace(self, scale=scale).chance(target, horizon))
        return min(found), max(found)

    @property
    def freedom(self) -> int:
        """Degrees of freedom behind `scale`."""
        return self.steps - 1 if self.drifting else self.steps


def fit_walk(times: Array, values: Array, *, drifting: bool = True) -> Walk:
    """Fit by maximum likelihood; steps may be of unequal length.

    Parameters
    ----------
    times
        Increasing, in years, shape (n + 1,).
    values
        Positive, shape (n + 1,).
    drifting
        Estimate the drift, or hold it at zero (wiser than an estimate from a handful of steps).

    Raises
    ------
    InvalidInput
        Fewer than three values (two without drift), a value that is not positive, or times that do not
        increase.
    """
    need = 3 if drifting else 2
    if len(values) != len(times) or len(values) < need:
        raise InvalidInput(
            f"{len(values)} values are too few for a random walk.",
            f"{need} are needed.",
            "add earlier years.",
        )
    if np.any(np.asarray(values) <= 0):
        raise InvalidInput(
            "A value is zero or negative: it has no logarithm.", fix="start after the last zero."
        )
    length = np.diff(np.asarray(times, dtype=float))
    if np.any(length <= 0):
        raise InvalidInput("The times do not increase.", fix="sort them, one value a period.")
    step = np.diff(np.log(np.asarray(values, dtype=float)))
    span = float(length.sum())
    drift = float(step.sum()) / span if drifting else 0.0
    freedom = len(step) - 1 if drifting else len(step)
    variance = float(np.sum((step - drift * length) ** 2 / length)) / freedom
    return Walk(float(values[-1]), drift, math.sqrt(variance), span, len(step), drifting)


def chi_square(share: float, freedom: int) -> float:
    """Quantile of the chi-square distribution."""
    return 2.0 * float(special.gammaincinv(freedom / 2.0, share))


def growth_needed(base: float, target: float, horizon: float) -> float:
    """Yearly growth that turns base into target: (T / v) ** (1 / h) - 1."""
    if base <= 0 or target <= 0 or horizon <= 0:
        raise InvalidInput("Growth needs a positive base, target and horizon.")
    return math.pow(target / base, 1.0 / horizon) - 1.0
