"""Placing of map labels: beside their points, never over each other, away from lines where possible."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from karwan.report.fonts import text_width

Floats = NDArray[np.float64]
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
    boxes = np.empty((0, 4))
    for wish in sorted(wishes, key=lambda w: (w.rank, w.y, w.x)):
        span = room * text_width(wish.text, wish.size, stretch="semi-condensed", bold=wish.bold)
        found = [
            one for one in _candidates(wish, span) if wish.rank == 1 or not one[2]
        ]  # others take no leader
        at = np.array([one[:2] for one in found])
        ends = (-GAP, -wish.size * 0.82, span + GAP, wish.size * 0.26)
        tried = at[:, [0, 1, 0, 1]] + ends
        cost = _costs(tried, boxes, marks, path, wish, (width, height))
        cost += [order * 0.35 + (6.0 if leader else 0.0) for order, (_, _, leader) in enumerate(found)]
        best = int(cost.argmin())
        if cost[best] < (math.inf if wish.rank == 1 else 9.0):
            placed.append(Placed(wish, *found[best][:2], span, found[best][2]))
            boxes = np.vstack([boxes, tried[best]])
    return placed


def _costs(
    tried: Floats, boxes: Floats, marks: Floats, path: Floats, wish: Wish, size: tuple[float, float]
) -> Floats:
    """Penalty of each box, shape (C,): half a point for each point of a line; infinite where it may not stand."""
    outside = np.any(tried[:, :2] < 3, axis=1) | np.any(tried[:, 2:] > np.array(size) - 3, axis=1)
    others = np.hypot(marks[:, 0] - wish.x, marks[:, 1] - wish.y) >= 0.5
    hides = _within(marks[others], tried + (-3, -3, 3, 3)) > 0  # or nearly hides
    meets = ((tried[:, None, :2] < boxes[None, :, 2:]) & (tried[:, None, 2:] > boxes[None, :, :2])).all(
        axis=2
    )
    cost: Floats = np.where(outside | np.any(meets, axis=1) | hides, math.inf, _within(path, tried) * 0.5)
    return cost


def _within(places: Floats, boxes: Floats) -> NDArray[np.int64]:
    """How many of some points lie in each box, shape (C,)."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    near = places[((places > low) & (places < high)).all(axis=1)]
    inside = (near > boxes[:, None, :2]) & (near < boxes[:, None, 2:])
    counted: NDArray[np.int64] = inside.all(axis=2).sum(axis=1)
    return counted
