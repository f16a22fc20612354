"""Placing of map labels: beside their points, never over each other, away from lines where possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from karwan.report.fonts import text_width

Floats = NDArray[np.float64]


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
    boxes: list[tuple[float, float, float, float]] = []
    for wish in sorted(wishes, key=lambda w: (w.rank, w.y, w.x)):
        span = room * text_width(wish.text, wish.size, stretch="semi-condensed", bold=wish.bold)
        best: tuple[float, Placed, tuple[float, float, float, float]] | None = None
        for order, (x, y, leader) in enumerate(_candidates(wish, span)):
            box = (x - 1.5, y - wish.size * 0.82, x + span + 1.5, y + wish.size * 0.26)
            cost = _cost(box, boxes, marks, path, wish, width, height)
            if cost is None or (leader and wish.rank > 1):
                continue
            cost += order * 0.35 + (6.0 if leader else 0.0)
            if best is None or cost < best[0]:
                best = (cost, Placed(wish, x, y, span, leader), box)
        if best is not None and (wish.rank == 1 or best[0] < 9.0):
            placed.append(best[1])
            boxes.append(best[2])
    return placed


def _cost(
    box: tuple[float, float, float, float],
    boxes: list[tuple[float, float, float, float]],
    marks: Floats,
    path: Floats,
    wish: Wish,
    width: float,
    height: float,
) -> float | None:
    """Penalty of a box; None when it leaves the picture, meets a label or hides a point."""
    left, top, right, bottom = box
    if left < 3 or top < 3 or right > width - 3 or bottom > height - 3:
        return None
    if any(left < b[2] and right > b[0] and top < b[3] and bottom > b[1] for b in boxes):
        return None
    hidden = (
        (marks[:, 0] > left - 3)
        & (marks[:, 0] < right + 3)
        & (marks[:, 1] > top - 3)
        & (marks[:, 1] < bottom + 3)
    )
    own = np.hypot(marks[:, 0] - wish.x, marks[:, 1] - wish.y) < 0.5
    if (hidden & ~own).any():
        return None
    if not len(path):
        return 0.0
    crossed = (path[:, 0] > left) & (path[:, 0] < right) & (path[:, 1] > top) & (path[:, 1] < bottom)
    return float(crossed.sum()) * 0.5
