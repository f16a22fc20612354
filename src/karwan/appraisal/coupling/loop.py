"""The fixed point of corridor and trade: tonnes fill the corridor, the corridor's cost moves the tonnes.

The cost side takes volumes at places to what a tonne costs and where it goes, the trade side takes cost ratios to tonnes; neither knows the
other. Plain repetition swings for ever once a corridor is full and averaging crawls, so the volumes are found by Anderson's acceleration.

References
----------
Anderson (1965), Journal of the ACM 12(4), doi:10.1145/321296.321305; Walker & Ni (2011), SIAM Journal on Numerical Analysis 49(4),
doi:10.1137/10078356X.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.errors import InvalidInput

Floats = npt.NDArray[np.float64]
MEMORY = 5
TOLERANCE = 1e-8
MOST_ITERATIONS = 200


@dataclass(frozen=True)
class Carried:
    """What the cost side says of volumes at places: cost ratio of each good, shape (G,), and the volumes a day its tonnes make there.

    `volumes` takes tonnes a day of each good, shape (G,), to volumes of the places, shape (A,), at these costs.
    """

    t_hat: Floats
    volumes: Callable[[Floats], Floats]


CostSide = Callable[[Floats], Carried]
"""Volumes a day at the places, shape (A,), to what the goods then cost."""
TradeSide = Callable[[Floats], Floats]
"""Cost ratio of each good, shape (G,), to its tonnes a day."""


@dataclass(frozen=True)
class Settled:
    """Where corridor and trade agree.

    Attributes
    ----------
    tonnes_day, t_hat
        Of each good, shape (G,).
    volume_day
        Of each place, shape (A,).
    iterations
        Evaluations of both sides.
    residual
        sum |new tonnes - tonnes| over the tonnes at the start.
    converged
        Whether the residual met the tolerance.
    """

    tonnes_day: Floats
    t_hat: Floats
    volume_day: Floats
    iterations: int
    residual: float
    converged: bool


def settle_trade(
    cost: CostSide,
    trade: TradeSide,
    tonnes_day: Floats,
    volume_day: Floats,
    *,
    memory: int = MEMORY,
    tolerance: float = TOLERANCE,
    max_iterations: int = MOST_ITERATIONS,
) -> Settled:
    """Tonnes and volumes at which the cost of carriage and the trade it brings agree.

    Parameters
    ----------
    cost, trade
        The two sides.
    tonnes_day, volume_day
        Where to start: base tonnes of the goods, shape (G,), and volumes of the places, shape (A,).
    memory
        Earlier steps that are combined; 0 is plain repetition.
    tolerance
        Greatest residual, see `Settled`; volumes must agree as well, relative to the sum of those at the start.
    max_iterations
        Evaluations before giving up; the answer then says so.

    Raises
    ------
    InvalidInput
        There are no tonnes to start from.
    """
    whole = float(np.abs(tonnes_day).sum())
    if not whole > 0:
        raise InvalidInput("There is no trade to start from.", fix="give base tonnes above 0.")
    volume, before = volume_day.astype(float), tonnes_day.astype(float)
    room = max(float(np.abs(volume).sum()), 1e-12)
    steps = _Steps(memory)
    residual, count = np.inf, 0
    while True:
        carried = cost(volume)
        after = trade(carried.t_hat)
        fresh = carried.volumes(after)
        count += 1
        residual = float(np.abs(after - before).sum()) / whole
        gap = float(np.abs(fresh - volume).sum()) / room
        converged = residual <= tolerance and gap <= tolerance
        if converged or count >= max_iterations:
            return Settled(after, carried.t_hat, fresh, count, residual, converged)
        before = after
        volume = np.maximum(steps.next(volume, fresh), 0.0)


class _Steps:
    """Anderson's combination of the latest steps; falls back to half a plain step where the gap grows."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.at: list[Floats] = []
        self.gaps: list[Floats] = []

    def next(self, at: Floats, to: Floats) -> Floats:
        """Where to look next after a step from `at` led to `to`."""
        gap = to - at
        if self.gaps and np.abs(gap).sum() > 2.0 * np.abs(self.gaps[-1]).sum():
            self.at, self.gaps = [at], [gap]
            return np.asarray(at + 0.5 * gap)
        self.at.append(at)
        self.gaps.append(gap)
        self.at, self.gaps = self.at[-self.memory - 1 :], self.gaps[-self.memory - 1 :]
        if len(self.gaps) < 2:
            return to
        rise = np.diff(np.array(self.gaps), axis=0).T
        moved = np.diff(np.array(self.at), axis=0).T
        weight = np.linalg.lstsq(rise, gap, rcond=1e-12)[0]
        return np.asarray(at + gap - (moved + rise) @ weight)
