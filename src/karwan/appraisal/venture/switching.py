"""Switching values: at which value of an input the NPV is nil, and how far that is from the base in the input's own range.

All inputs are tried at once, each value of each input a column of its own, so that a model that takes many draws takes them in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Worth = Callable[[Mapping[str, Floats]], Floats]
POINTS, FINER, ROUNDS = 41, 21, 12
"""Values of an input that are tried, values tried within an interval of a sign change, and how often it is narrowed."""


@dataclass(frozen=True)
class TriedInput:
    """An input: its base, the ends of its range, and the bounds within which a switching value is looked for."""

    key: str
    base: float
    low: float
    high: float
    bounds: tuple[float, float]


@dataclass(frozen=True)
class SwitchingValue:
    """Where an input turns the NPV.

    Attributes
    ----------
    value
        Nearest value at which the NPV is nil; None where there is none within the bounds.
    of_range
        Distance from the base over the half of the range on that side; above 1 it lies outside the range. None without range or value.
    low_npv, base_npv, high_npv
        NPV at the ends of the range and at the base: the bars of a tornado.
    """

    key: str
    base: float
    low: float
    high: float
    value: float | None
    of_range: float | None
    low_npv: float
    base_npv: float
    high_npv: float


def switching_values(worth: Worth, inputs: Sequence[TriedInput]) -> tuple[SwitchingValue, ...]:
    """Switching value of each input, the others at their base.

    Parameters
    ----------
    worth
        NPV at values of the inputs by key, each of shape (N,), to shape (N,).
    inputs
        What is tried.
    """
    grids = [np.unique([*np.linspace(*one.bounds, POINTS), one.low, one.base, one.high]) for one in inputs]
    found = _tried(worth, inputs, grids)
    nearest = [_turn(one, grid, npvs) for one, grid, npvs in zip(inputs, grids, found, strict=True)]
    for _ in range(ROUNDS):
        open_ones = [n for n, turn in enumerate(nearest) if turn is not None and turn[1] > turn[0]]
        if not open_ones:
            break
        inner = [np.linspace(*_pair(nearest[n]), FINER) for n in open_ones]
        npvs = _tried(worth, [inputs[n] for n in open_ones], inner)
        for n, grid, values in zip(open_ones, inner, npvs, strict=True):
            nearest[n] = _turn(inputs[n], grid, values)
    rows = zip(inputs, grids, found, nearest, strict=True)
    return tuple(_switch(one, grid, npvs, turn) for one, grid, npvs, turn in rows)


def _pair(turn: tuple[float, float] | None) -> tuple[float, float]:
    assert turn is not None
    return turn


def _tried(worth: Worth, inputs: Sequence[TriedInput], grids: Sequence[Floats]) -> list[Floats]:
    """NPV of each input over its grid: one column a value, all in one call."""
    ends = np.cumsum([0, *(grid.size for grid in grids)])
    columns = {one.key: np.full(ends[-1], one.base) for one in inputs}
    for one, grid, start, end in zip(inputs, grids, ends[:-1], ends[1:], strict=True):
        columns[one.key][start:end] = grid
    npvs = np.broadcast_to(worth(columns), (int(ends[-1]),))
    return [npvs[start:end] for start, end in pairwise(ends)]


def _turn(one: TriedInput, grid: Floats, npvs: Floats) -> tuple[float, float] | None:
    """Interval of the sign change nearest to the base, of no length where a value hits; None without one."""
    hits = [(float(at), float(at)) for at in grid[npvs == 0.0]]
    signs = np.flatnonzero(npvs[:-1] * npvs[1:] < 0.0)
    turns = [(float(grid[at]), float(grid[at + 1])) for at in signs]
    return min((*hits, *turns), key=lambda turn: abs(0.5 * (turn[0] + turn[1]) - one.base), default=None)


def _switch(one: TriedInput, grid: Floats, npvs: Floats, turn: tuple[float, float] | None) -> SwitchingValue:
    value = None if turn is None else 0.5 * (turn[0] + turn[1])
    ends = (float(npvs[np.searchsorted(grid, end)]) for end in (one.low, one.base, one.high))
    return SwitchingValue(one.key, one.base, one.low, one.high, value, _of_range(value, one), *ends)


def _of_range(value: float | None, one: TriedInput) -> float | None:
    if value is None:
        return None
    half = one.high - one.base if value >= one.base else one.base - one.low
    return abs(value - one.base) / half if half > 0.0 else None


__all__ = ["SwitchingValue", "TriedInput", "switching_values"]
