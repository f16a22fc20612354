"""Stages of a move for each truck that may make it, with the money, hours and emission they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from karwan.transport.network.terms import Stage

Stages = tuple[Stage, ...]
NO_ARCS = np.zeros((0, 6))
NOTHING = np.zeros((1, 6))


class PricedArc(NamedTuple):
    """Stages of an arc, and what they add up to: `Stage.amounts`, shape (1, 6)."""

    stages: Stages
    sums: npt.NDArray[np.float64]


def priced_arc(stages: Stages) -> PricedArc:
    """An arc with its sums."""
    if len(stages) == 1:
        return PricedArc(stages, stages[0].amounts)
    if not stages:
        return PricedArc(stages, NOTHING)
    return PricedArc(stages, np.add.reduceat(np.concatenate([stage.amounts for stage in stages]), [0]))


def laid_out(
    moves: Iterable[Sequence[PricedArc]], slots: npt.NDArray[np.int64]
) -> tuple[list[Stages], npt.NDArray[np.float64]]:
    """Stages and sums of arcs, each taken from its slot among the arcs of all moves laid end to end."""
    flat = [arc for arcs in moves for arc in arcs]
    sums = np.concatenate([NO_ARCS, *[arc.sums for arc in flat]])
    return [flat[slot].stages for slot in slots.tolist()], sums[slots]
