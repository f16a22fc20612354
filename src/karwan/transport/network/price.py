"""Stages of a move for each truck that may make it, with the money, hours and emission they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from karwan.transport.network.terms import Stage

Stages = tuple[Stage, ...]
NOTHING = np.zeros((0, 6))


class PricedArcs(NamedTuple):
    """Stages of the arcs of a move, one tuple an arc, and what they add up to: `Stage.amounts`, shape (arcs, 6)."""

    stages: tuple[Stages, ...]
    sums: npt.NDArray[np.float64]


def priced_arcs(each: Sequence[Stages]) -> PricedArcs:
    """Arcs with their sums."""
    return PricedArcs(tuple(each), np.concatenate([NOTHING, *map(summed, each)]))


def summed(stages: Stages) -> npt.NDArray[np.float64]:
    """Sums over the stages of an arc, shape (1, 6)."""
    if len(stages) == 1:
        return stages[0].amounts
    return np.add.reduceat(np.concatenate([stage.amounts for stage in stages]), [0])


def same_stages(stages: Stages, count: int) -> PricedArcs:
    """Arcs that all have the same stages."""
    if count == 1:
        return PricedArcs((stages,), summed(stages))
    return PricedArcs((stages,) * count, np.repeat(summed(stages), count, axis=0))


def laid_out(
    moves: Iterable[PricedArcs], slots: npt.NDArray[np.int64]
) -> tuple[list[Stages], npt.NDArray[np.float64]]:
    """Stages and sums of arcs, each taken from its slot among the arcs of all moves laid end to end."""
    held = list(moves)
    flat = [stages for one in held for stages in one.stages]
    sums = np.concatenate([NOTHING, *[one.sums for one in held]])
    return [flat[slot] for slot in slots.tolist()], sums[slots]
