"""Switching values: at which value of an input the NPV is nil, and how far that is from the base in the input's own range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
POINTS = 41
"""Values of an input that are tried before the sign change is narrowed down."""


@dataclass(frozen=True)
class Switch:
    """Where an input turns the NPV.

    Attributes
    ----------
    value
        Nearest value at which the NPV is nil; None where there is none within the bounds.
    of_range
        Distance from the base over the half of the range on that side; above 1 it lies outside the range. None without range or value.
    low_npv, high_npv
        NPV at the ends of the range: the bars of a tornado.
    """

    key: str
    base: float
    low: float
    high: float
    value: float | None
    of_range: float | None
    low_npv: float
    high_npv: float


def switch(
    value_of: Callable[[Floats], Floats],
    key: str,
    base: float,
    range_of: tuple[float, float],
    bounds: tuple[float, float],
) -> Switch:
    """Switching value of one input.

    Parameters
    ----------
    value_of
        NPV at values of the input, shape (M,) to (M,).
    range_of
        Low and high end of the input's range.
    bounds
        Where a switching value is looked for: what the input can be at all.
    """
    low, high = range_of
    grid = np.unique([*np.linspace(*bounds, POINTS), low, base, high])
    npvs = value_of(grid)
    roots = [float(at) for at in grid[npvs == 0.0]]
    for at in np.flatnonzero(npvs[:-1] * npvs[1:] < 0.0):
        roots.append(_narrowed(value_of, grid[at], grid[at + 1]))
    nearest = min(roots, key=lambda root: abs(root - base), default=None)
    ends = value_of(np.array([low, high]))
    return Switch(
        key, base, low, high, nearest, _of_range(nearest, base, low, high), float(ends[0]), float(ends[1])
    )


def _narrowed(value_of: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Root between two values of different sign, a grid within a grid until it is narrow."""
    for _ in range(60):
        grid = np.linspace(low, high, POINTS)
        signs = np.sign(value_of(grid))
        turn = int(np.flatnonzero(signs != signs[0])[0])
        if grid[turn - 1] == low and grid[turn] == high:
            break
        low, high = float(grid[turn - 1]), float(grid[turn])
        if high - low <= 1e-15 * max(abs(low), abs(high)):
            break
    return 0.5 * (low + high)


def _of_range(value: float | None, base: float, low: float, high: float) -> float | None:
    if value is None:
        return None
    half = high - base if value >= base else base - low
    return abs(value - base) / half if half > 0.0 else None


__all__ = ["Switch", "switch"]
