"""A light base map: land, borders and names in a few kilobytes, for maps that carry figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from karwan.report.basemap import Basemap
from karwan.report.palette import mix
from karwan.report.projection import Floats, Frame, simplify
from karwan.report.svg import Drawing

WATER, GROUND, OWN = "#eaf0f1", "#f8f6ef", "#f0ece0"
_COAST, _BORDER = "#bccbd0", "#d2cab8"
_STEP, _TOLERANCE, _EDGE, _SPECK = 2.0, 1.2, 20.0, 14.0


def thin(x: Floats, y: Floats, step: float) -> tuple[Floats, Floats]:
    """First of each run of points in one cell of a grid, and the last point of all."""
    moved = (np.diff(np.rint(x / step)) != 0) | (np.diff(np.rint(y / step)) != 0)
    keep = np.concatenate([[True], moved])
    keep[-1] = True
    return x[keep], y[keep]


def short_path(x: Floats, y: Floats, *, closed: bool = False) -> str:
    """Path data of a polyline in whole units, each point by its step from the one before.

    >>> short_path(np.array([1.0, 4.2, 4.0]), np.array([2.0, 0.0, 5.0]), closed=True)
    'M1 2l3-2 0 5z'
    """
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    steps = zip(np.diff(column).tolist(), np.diff(row).tolist(), strict=True)
    text = " ".join(f"{a} {b}" for a, b in steps if a or b).replace(" -", "-")
    return f"M{column[0]} {row[0]}l{text}{'z' if closed else ''}" if text else ""


def _coarse(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    x, y = thin(x, y, _STEP)
    kept = simplify(x, y, _TOLERANCE)
    return x[kept], y[kept]


def _rings(frame: Frame, rings: Sequence[Floats]) -> str:
    parts = []
    west, south, east, north = frame.box()
    for ring in rings:
        lon, lat = np.clip(ring[:, 0], west - 4, east + 4), np.clip(ring[:, 1], south - 4, north + 4)
        x, y = frame.place(lon, lat)
        x, y = np.clip(x, -_EDGE, frame.width + _EDGE), np.clip(y, -_EDGE, frame.height + _EDGE)
        if np.ptp(x) * np.ptp(y) >= _SPECK:
            parts.append(short_path(*_coarse(x, y), closed=True))
    return "".join(parts)


def _line(frame: Frame, coordinates: Floats) -> str:
    x, y = frame.place(coordinates[:, 0], coordinates[:, 1])
    if x.max() < 0 or x.min() > frame.width or y.max() < 0 or y.min() > frame.height:
        return ""
    return short_path(*_coarse(x, y))


def draw_outline(drawing: Drawing, base: Basemap, frame: Frame, own: tuple[str, ...] = ()) -> None:
    """Water, land with its coast, borders (disputed ones dashed); the countries in `own` a little darker."""
    drawing.rect(0, 0, frame.width, frame.height, WATER if base.countries else GROUND)
    shapes = {c.code: _rings(frame, c.rings) for c in base.countries}
    drawing.path("".join(shapes.values()), fill=GROUND, stroke=_COAST, line=0.8)
    for code in own:
        drawing.path(shapes.get(code, ""), fill=OWN, stroke=mix(_COAST, OWN, 0.3), line=0.8)
    drawing.path("".join(_line(frame, b.coordinates) for b in base.borders), stroke=_BORDER, line=0.9)
    dashed = "".join(_line(frame, b.coordinates) for b in base.disputed)
    drawing.path(dashed, stroke=GROUND, line=1.6)
    drawing.path(dashed, stroke=_BORDER, line=0.9, dash="3 2.6")
