"""Map projection of a region and the generalisation of lines for its scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Projection:
    """Lambert conformal conic on the sphere, or equirectangular near the equator.

    Attributes
    ----------
    lon_0
        Central meridian, degrees.
    cone
        Constant of the cone; 0 for the equirectangular case.
    factor, rho_0
        Constants of the conic (Snyder 1987, section 15); else cosine and radians of the middle latitude.
    """

    lon_0: float
    cone: float
    factor: float
    rho_0: float

    def forward(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Plane coordinates in earth radii, y to the north."""
        turn = np.radians((np.asarray(lon, dtype=np.float64) - self.lon_0 + 540) % 360 - 180)
        phi = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -89.0, 89.0))
        if self.cone == 0:
            return turn * self.factor, phi - self.rho_0
        rho = self.factor / np.tan(math.pi / 4 + phi / 2) ** self.cone
        return rho * np.sin(self.cone * turn), self.rho_0 - rho * np.cos(self.cone * turn)

    def inverse(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude in degrees of plane coordinates."""
        if self.cone == 0:
            return np.degrees(x / self.factor) + self.lon_0, np.degrees(y + self.rho_0)
        sign = math.copysign(1.0, self.cone)
        rho = sign * np.hypot(x, self.rho_0 - y)
        theta = np.arctan2(sign * x, sign * (self.rho_0 - y))
        phi = 2 * np.arctan((self.factor / rho) ** (1 / self.cone)) - math.pi / 2
        return np.degrees(theta / self.cone) + self.lon_0, np.degrees(phi)


def fit_projection(lon: Floats, lat: Floats) -> Projection:
    """Projection for the places: standard parallels at a sixth and five sixths of their latitude range.

    References
    ----------
    Snyder (1987), Map projections: a working manual, USGS Professional Paper 1395.
    """
    west, east = float(np.min(lon)), float(np.max(lon))
    south, north = float(np.min(lat)), float(np.max(lat))
    middle, span = (south + north) / 2, max(north - south, 1.0)
    lon_0 = (west + east) / 2
    first, second = math.radians(middle - span / 3), math.radians(middle + span / 3)
    if abs(middle) < 12 or first * second <= 0:
        return Projection(lon_0, 0.0, math.cos(math.radians(middle)), math.radians(middle))
    ratio = math.tan(math.pi / 4 + second / 2) / math.tan(math.pi / 4 + first / 2)
    cone = math.log(math.cos(first) / math.cos(second)) / math.log(ratio)
    factor = math.cos(first) * math.tan(math.pi / 4 + first / 2) ** cone / cone
    rho_0 = factor / math.tan(math.pi / 4 + math.radians(middle) / 2) ** cone
    return Projection(lon_0, cone, factor, rho_0)


@dataclass(frozen=True)
class Frame:
    """Window of the map: projection, plane limits and size in picture units."""

    projection: Projection
    left: float
    top: float
    scale: float
    width: float
    height: float

    def place(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Picture coordinates (x to the right, y down)."""
        x, y = self.projection.forward(lon, lat)
        return (x - self.left) * self.scale, (self.top - y) * self.scale

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """Picture coordinates of one place."""
        x, y = self.place(np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64))
        return float(x[0]), float(y[0])

    def holds(self, x: float, y: float, margin: float) -> bool:
        """Whether a point of the picture lies inside the window by more than `margin`."""
        return margin < x < self.width - margin and margin < y < self.height - margin

    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all that the window shows."""
        side = np.linspace(0, 1, 25)
        x = np.concatenate([side, side, np.zeros(25), np.ones(25)]) * self.width
        y = np.concatenate([np.zeros(25), np.ones(25), side, side]) * self.height
        lon, lat = self.projection.inverse(x / self.scale + self.left, self.top - y / self.scale)
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def km(self) -> float:
        """Kilometres of one picture unit along the middle parallel (exact at the standard parallels)."""
        return EARTH_KM / self.scale


def fit_frame(lon: Floats, lat: Floats, width: float, ratio: float, margin: float = 0.07) -> Frame:
    """Window of the given width and width-to-height ratio that holds all the places with a margin."""
    projection = fit_projection(lon, lat)
    x, y = projection.forward(lon, lat)
    span_x, span_y = max(float(np.ptp(x)), 0.02), max(float(np.ptp(y)), 0.02)
    span_x, span_y = span_x * (1 + 2 * margin), span_y * (1 + 2 * margin)
    if span_x / span_y < ratio:
        span_x = span_y * ratio
    else:
        span_y = span_x / ratio
    left = float(x.min() + x.max()) / 2 - span_x / 2
    top = float(y.min() + y.max()) / 2 + span_y / 2
    return Frame(projection, left, top, width / span_x, width, width / ratio)


def simplify(x: Floats, y: Floats, tolerance: float) -> NDArray[np.intp]:
    """Indices kept by the Douglas-Peucker rule: no dropped point lies further than `tolerance` from the line.

    References
    ----------
    Douglas and Peucker (1973), doi:10.3138/FM57-6770-U75U-7727.
    """
    count = len(x)
    keep = np.zeros(count, dtype=bool)
    keep[[0, -1]] = True
    xs, ys = x.tolist(), y.tolist()
    stack = [(0, count - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        worst, distance = (_furthest if last - first < _SHORT else _furthest_of_many)(
            x, y, xs, ys, first, last
        )
        if distance > tolerance:
            keep[worst] = True
            stack += [(first, worst), (worst, last)]
    return np.flatnonzero(keep)


_SHORT = 32  # points up to which plain arithmetic is faster than arrays


def _furthest_of_many(
    x: Floats, y: Floats, xs: list[float], ys: list[float], first: int, last: int
) -> tuple[int, float]:
    """Index between two points that lies furthest from the line through them, and its distance."""
    dx, dy = xs[last] - xs[first], ys[last] - ys[first]
    px, py = x[first + 1 : last] - xs[first], y[first + 1 : last] - ys[first]
    length = math.hypot(dx, dy)
    distance = np.abs(dx * py - dy * px) / length if length > 1e-9 else np.hypot(px, py)
    worst = int(distance.argmax())
    return first + 1 + worst, float(distance[worst])


def _furthest(
    x: Floats, y: Floats, xs: list[float], ys: list[float], first: int, last: int
) -> tuple[int, float]:
    """As `_furthest_of_many`, point by point."""
    left, top = xs[first], ys[first]
    dx, dy = xs[last] - left, ys[last] - top
    length = math.hypot(dx, dy)
    worst, most = first + 1, -1.0
    for k in range(first + 1, last):
        px, py = xs[k] - left, ys[k] - top
        distance = abs(dx * py - dy * px) / length if length > 1e-9 else math.hypot(px, py)
        if distance > most:
            worst, most = k, distance
    return worst, most
