"""Stages of a move for each truck that may make it, with the money, hours and emission they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from karwan.transport.network.terms import Amounts, Stage

Stages = tuple[Stage, ...]
NOTHING = Amounts(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
NO_ARCS = np.zeros((0, len(NOTHING)))


class PricedArc(NamedTuple):
    """Stages of an arc, and what they add up to."""

    stages: Stages
    sums: tuple[float, ...]


class PricedMove(NamedTuple):
    """Stages of a move by each of N trucks in use, and what they add up to: `Amounts`, shape (N, 6)."""

    stages: tuple[Stages, ...]
    sums: npt.NDArray[np.float64]


def priced_arc(stages: Stages) -> PricedArc:
    """An arc with its sums."""
    if len(stages) == 1:
        return PricedArc(stages, stages[0].amounts)
    return PricedArc(stages, tuple(map(sum, zip(NOTHING, *[stage.amounts for stage in stages], strict=True))))


def priced_move(arcs: Sequence[PricedArc]) -> PricedMove:
    """A move as the arcs of its trucks."""
    return PricedMove(
        tuple(arc.stages for arc in arcs),
        np.array([arc.sums for arc in arcs]).reshape(len(arcs), len(NOTHING)),
    )


def laid_out(
    moves: Sequence[PricedMove], slots: npt.NDArray[np.int64]
) -> tuple[tuple[Stages, ...], npt.NDArray[np.float64]]:
    """Stages and sums of arcs, each taken from its slot among the arcs of all moves laid end to end."""
    flat = [stages for move in moves for stages in move.stages]
    sums = np.concatenate([NO_ARCS, *[move.sums for move in moves]])
    return tuple([flat[slot] for slot in slots.tolist()]), sums[slots]
