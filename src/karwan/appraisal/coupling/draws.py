"""Joint draws: one draw moves every input at once; quantiles of what comes out, and how much of it each input moves.

An input is a split log-normal: its median, and the 5 % and 95 % points below and above it; or a level that a text leaves within a range. Draw n of
a seed is the same whoever draws it, so any number of workers gives the same answer.

References
----------
Spearman (1904), American Journal of Psychology 15(1), doi:10.2307/1412159; Saltelli et al. (2008), Global Sensitivity Analysis, section 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from karwan.amounts import Z95
from karwan.appraisal.venture.draws import ranks_of
from karwan.errors import InvalidInput

Floats = npt.NDArray[np.float64]
POINTS = (0.05, 0.5, 0.95)


class DrawnInput(Protocol):
    """An input that is drawn."""

    @property
    def name(self) -> str:
        """Its name."""

    def at(self, z: Floats) -> Floats:
        """Values at standard normal draws."""


@dataclass(frozen=True)
class Spread:
    """An input that is not known for sure: median, 5 % and 95 % points, all > 0, low <= median <= high."""

    name: str
    median: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.median <= self.high < np.inf:
            raise InvalidInput(
                f"The range of {self.name} is not usable.",
                f"{self.low}, {self.median}, {self.high}",
                "give low <= median <= high, all above 0.",
            )

    def at(self, z: Floats) -> Floats:
        """Values at standard normal draws.

        Examples
        --------
        >>> Spread("theta", 4.0, 2.0, 8.0).at(np.array([-Z95, 0.0, Z95])).round(9).tolist()
        [2.0, 4.0, 8.0]
        """
        down, up = np.log(self.median / self.low), np.log(self.high / self.median)
        return np.asarray(self.median * np.exp(z / Z95 * np.where(z < 0, down, up)))


@dataclass(frozen=True)
class Within:
    """A level that is not known but within a range, 0 allowed: straight from the value to the 5 and 95 % points, which it never passes."""

    name: str
    value: float
    low: float
    high: float

    def at(self, z: Floats) -> Floats:
        """Values at standard normal draws.

        Examples
        --------
        >>> Within("share scanned", 0.2, 0.0, 1.0).at(np.array([-9.0, 0.0, Z95 / 2, 9.0])).round(9).tolist()
        [0.0, 0.2, 0.6, 1.0]
        """
        part = np.clip(z / Z95, -1.0, 1.0)
        return np.asarray(
            self.value + np.where(part < 0, self.value - self.low, self.high - self.value) * part
        )


def draw_inputs(spreads: Sequence[DrawnInput], draws: int, seed: int) -> Floats:
    """Values of all inputs, shape (N, I); row n depends on the seed and n alone."""
    normal = np.array([np.random.default_rng([seed, n]).standard_normal(len(spreads)) for n in range(draws)])
    return np.stack([one.at(normal[:, k]) for k, one in enumerate(spreads)], axis=1)


def band(values: Floats) -> Floats:
    """5, 50 and 95 % points over the draws, the first axis; draws that gave nothing (nan) are left out."""
    return np.asarray(np.nanquantile(values, POINTS, axis=0))


def rank_shares(inputs: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Spearman's rank correlation of each input with an outcome, and its square over the sum of squares, shapes (I,).

    Parameters
    ----------
    inputs, values
        Shapes (N, I) and (N,); draws that gave nothing (nan) are left out. 0 for an input or outcome that does not vary.
    """
    known = np.isfinite(values)
    if known.sum() < 3 or np.ptp(values[known]) == 0:
        return np.zeros(inputs.shape[1]), np.zeros(inputs.shape[1])
    ranks = np.apply_along_axis(ranks_of, 0, inputs[known])
    ranks = ranks - ranks.mean(axis=0)
    outcome = ranks_of(values[known])
    outcome = outcome - outcome.mean()
    size = np.sqrt((ranks**2).sum(axis=0) * (outcome**2).sum())
    correlation = np.divide(outcome @ ranks, size, out=np.zeros(ranks.shape[1]), where=size > 0)
    square = correlation**2
    return correlation, square / square.sum() if square.sum() > 0 else square
