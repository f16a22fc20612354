"""Stages of a move for each truck that may make it, with the money, hours and emission they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from karwan.transport.network.terms import Amounts, Stage

Stages = tuple[Stage, ...]
NOTHING = Amounts(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class PricedMove(NamedTuple):
    """Stages of a move by each truck in use, and what they add up to."""

    stages: tuple[Stages, ...]
    sums: tuple[tuple[float, ...], ...]


def sums_of(stages: Stages) -> tuple[float, ...]:
    """What the stages of an arc add up to: `Amounts`."""
    if len(stages) == 1:
        return stages[0].amounts
    return tuple(map(sum, zip(NOTHING, *[stage.amounts for stage in stages], strict=True)))


def priced_move(by_truck: Iterable[Stages]) -> PricedMove:
    """A move by its stages with each truck."""
    stages = tuple(by_truck)
    return PricedMove(stages, tuple([sums_of(own) for own in stages]))


def same_for_all(stages: Stages, trucks: int) -> PricedMove:
    """A move whose stages are the same for a number of trucks."""
    return PricedMove((stages,) * trucks, (sums_of(stages),) * trucks)


def in_rows(sums: Iterable[tuple[float, ...]]) -> npt.NDArray[np.float64]:
    """Sums of N arcs: `Amounts`, shape (N, 6)."""
    return np.fromiter(chain.from_iterable(sums), dtype=np.float64).reshape(-1, len(NOTHING))


def laid_out(
    moves: Sequence[PricedMove], slots: npt.NDArray[np.int64]
) -> tuple[tuple[Stages, ...], npt.NDArray[np.float64]]:
    """Stages and sums of arcs, each taken from its slot among the arcs of all moves laid end to end."""
    flat = [stages for move in moves for stages in move.stages]
    return tuple([flat[slot] for slot in slots.tolist()]), in_rows(
        chain.from_iterable(move.sums for move in moves)
    )[slots]
