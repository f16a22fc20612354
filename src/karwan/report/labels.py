"""Placing of map labels: beside their points, never over each other, away from lines where possible."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from karwan.report.fonts import text_width

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]


GAP = 3.5
"""Room kept free at either side of a label, so that two on one line do not read as one."""


@dataclass(frozen=True)
class Wish:
    """A label to place: text, point, size, rank (1 always placed) and clearance from its point."""

    text: str
    x: float
    y: float
    size: float
    rank: int
    bold: bool = False
    clear: float = 5.0
    fill: str = ""


@dataclass(frozen=True)
class Placed:
    """A placed label: start of its baseline, and whether a leader line joins it to its point."""

    wish: Wish
    x: float
    y: float
    width: float
    leader: bool


def _candidates(wish: Wish, width: float) -> list[tuple[float, float, bool]]:
    """Baseline starts around the point, best first; the far ones take a leader."""
    gap, rise = wish.clear, wish.size * 0.36
    near = [
        (gap, rise),
        (-gap - width, rise),
        (gap * 0.7, -gap * 0.9),
        (gap * 0.7, gap * 0.9 + wish.size * 0.72),
        (-width - gap * 0.7, -gap * 0.9),
        (-width - gap * 0.7, gap * 0.9 + wish.size * 0.72),
        (-width / 2, -gap - 2),
        (-width / 2, gap + wish.size * 0.8),
    ]
    found = [(wish.x + dx, wish.y + dy, False) for dx, dy in near]
    for reach in (18.0, 30.0, 44.0):
        for dx, dy in ((1, -0.6), (1, 0.8), (-1, -0.6), (-1, 0.8), (0.2, -1), (0.2, 1.2)):
            start = wish.x + dx * reach - (width if dx < 0 else 0)
            found.append((start, wish.y + dy * reach + rise, True))
    return found


def place_labels(
    wishes: list[Wish], marks: Floats, path: Floats, width: float, height: float, *, room: float = 1.0
) -> list[Placed]:
    """Choose a place for each label.

    Parameters
    ----------
    wishes
        Labels; lower ranks go first. Those of rank above 1 are dropped when no free place is left.
    marks
        Points no label may cover, shape (M, 2).
    path
        Points of drawn lines, shape (P, 2); covering them costs, but is allowed.
    width, height
        Size of the picture.
    room
        Width of a label over its width in the report's own font; more than 1 where another font may stand in.
    """
    placed: list[Placed] = []
    boxes: list[Box] = []
    for wish in sorted(wishes, key=lambda w: (w.rank, w.y, w.x)):
        span = room * text_width(wish.text, wish.size, stretch="semi-condensed", bold=wish.bold)
        best: tuple[float, Placed, Box] | None = None
        for order, (x, y, leader) in enumerate(_candidates(wish, span)):
            if leader and wish.rank > 1:
                break  # only labels of the first rank stand away from their points
            box = (x - GAP, y - wish.size * 0.82, x + span + GAP, y + wish.size * 0.26)
            cost = _cost(box, boxes, marks, path, wish, width, height)
            cost += order * 0.35 + (6.0 if leader else 0.0)
            if best is None or cost < best[0]:
                best = (cost, Placed(wish, x, y, span, leader), box)
        if best and best[0] < (math.inf if wish.rank == 1 else 9.0):
            placed.append(best[1])
            boxes.append(best[2])
    return placed


def _cost(
    box: Box, boxes: list[Box], marks: Floats, path: Floats, wish: Wish, width: float, height: float
) -> float:
    """Penalty of a box: half a point for each point of a line; infinite where it may not stand."""
    left, top, right, bottom = box
    outside = left < 3 or top < 3 or right > width - 3 or bottom > height - 3
    if outside or any(_meet(box, other) for other in boxes) or _hides(box, marks, wish):
        return math.inf
    return float(_within(path, box).sum()) * 0.5


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]


def _hides(box: Box, marks: Floats, wish: Wish) -> bool:
    """Whether it covers a point, or nearly, other than its own."""
    left, top, right, bottom = box
    own = np.hypot(marks[:, 0] - wish.x, marks[:, 1] - wish.y) < 0.5
    return bool((_within(marks, (left - 3, top - 3, right + 3, bottom + 3)) & ~own).any())


def _within(places: Floats, box: Box) -> NDArray[np.bool_]:
    left, top, right, bottom = box
    x, y = places[:, 0], places[:, 1]
    return (x > left) & (x < right) & (y > top) & (y < bottom)
