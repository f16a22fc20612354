"""How far two reporters err, from the gaps between their own figures of one trade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from karwan.errors import InvalidInput

Floats = NDArray[np.float64]
FEWEST_GAPS = 5  # flow-years below which a stated prior stands
GRID = np.geomspace(1e-3, 10.0, 20_001)  # sigmas looked at; neighbours differ by .05 %


@dataclass(frozen=True)
class PairGaps:
    """Error of each reporter if both err alike: two reports say how far apart they are, not who is wrong.

    Attributes
    ----------
    flow_years
        Directions and years that both report.
    rms_log_gap
        Root mean square of the log ratio of the reports, freight taken off.
    sigma
        Standard deviation of the log error of each report, most likely.
    low, high
        Ends of its interval by the likelihood ratio.
    """

    flow_years: int
    rms_log_gap: float
    sigma: float
    low: float
    high: float


def pair_gaps(gaps: Floats, extra: Floats, *, coverage: float = 0.9) -> PairGaps:
    """Maximum likelihood of sigma where gap_i ~ N(0, 2 sigma^2 + extra_i).

    Parameters
    ----------
    gaps
        Log ratios of the two reports of one flow, freight taken off, shape (N,).
    extra
        Variance each gap has beside the reporters' own (periods moved, spoken figures), shape (N,).

    Raises
    ------
    InvalidInput
        No gap, or a negative variance.
    """
    if not gaps.size or (extra < 0).any():
        raise InvalidInput("Gaps of a pair need at least one flow both report.", f"{gaps.size} gaps")
    variance = 2.0 * GRID[:, None] ** 2 + extra
    likelihood = -0.5 * (np.log(variance) + gaps**2 / variance).sum(axis=1)
    inside = GRID[likelihood >= likelihood.max() - float(chdtri(1, 1.0 - coverage)) / 2.0]
    return PairGaps(
        flow_years=int(gaps.size),
        rms_log_gap=float(np.sqrt(np.mean(gaps**2))),
        sigma=float(GRID[likelihood.argmax()]),
        low=float(inside[0]),
        high=float(inside[-1]),
    )
