"""Shaded relief of the map as an indexed PNG, written without an image library."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from karwan.report.basemap import Relief
from karwan.report.palette import mix
from karwan.report.projection import Frame

Floats = NDArray[np.float64]
HEIGHTS = (-200.0, 100.0, 300.0, 700.0, 1300.0, 2100.0, 3200.0, 4600.0, 9000.0)
TINTS = ("#e6ebdb", "#edeede", "#f2efdf", "#f1e8d2", "#ead9bd", "#dcc6a6", "#cfb799", "#dcd2c6")
SHADES = 10


def relief_image(relief: Relief, frame: Frame, pixels: int = 700) -> str:
    """Data address of the relief in the frame, `pixels` wide.

    Elevation is resampled bilinearly into the projection, shaded from the north-west and tinted by height;
    holes are filled from their neighbours, so the picture must be cut to the land.
    """
    rows = round(pixels * frame.height / frame.width)
    x = (np.arange(pixels) + 0.5) * frame.width / pixels
    y = (np.arange(rows) + 0.5) * frame.height / rows
    grid_x, grid_y = np.meshgrid(x / frame.scale + frame.left, frame.top - y / frame.scale)
    lon, lat = frame.projection.inverse(grid_x, grid_y)
    height = _sample(
        _fill(relief.elevation),
        (lon - relief.west) / relief.step - 0.5,
        (lat - relief.south) / relief.step - 0.5,
    )
    metre = frame.km() * 1000 * frame.width / pixels
    shade = _shade(height, metre)
    band = np.clip(np.searchsorted(HEIGHTS, height, side="right") - 1, 0, len(TINTS) - 1)
    index = (band * SHADES + np.clip((shade * SHADES).astype(int), 0, SHADES - 1)).astype(np.uint8)
    return "data:image/png;base64," + base64.b64encode(_png(index, _palette())).decode("ascii")


def _palette() -> list[str]:
    dark, light = "#8a7558", "#fffdf6"
    result = []
    for tint in TINTS:
        for step in range(SHADES):
            offset = (step + 0.5) / SHADES * 2 - 1
            result.append(mix(tint, light, 0.6 * offset) if offset > 0 else mix(tint, dark, -0.62 * offset))
    return result


def _fill(grid: Floats) -> Floats:
    """Replace missing cells by the mean of known neighbours, a few cells deep, then by 0."""
    filled = grid.copy()
    for _ in range(6):
        missing = np.isnan(filled)
        if not missing.any():
            break
        padded = np.pad(filled, 1, constant_values=np.nan)
        around = np.stack(
            [padded[1 + i : padded.shape[0] - 1 + i, 1 + j : padded.shape[1] - 1 + j] for i, j in _AROUND]
        )
        known = ~np.isnan(around)
        count = known.sum(axis=0)
        total = np.where(known, around, 0.0).sum(axis=0)
        usable = missing & (count > 0)
        filled[usable] = total[usable] / count[usable]
    return np.where(np.isnan(filled), 0.0, filled)


_AROUND = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def _sample(grid: Floats, column: Floats, row: Floats) -> Floats:
    column = np.clip(column, 0, grid.shape[1] - 1.001)
    row = np.clip(row, 0, grid.shape[0] - 1.001)
    left, low = column.astype(int), row.astype(int)
    u, v = column - left, row - low
    bottom = grid[low, left] * (1 - u) + grid[low, left + 1] * u
    top = grid[low + 1, left] * (1 - u) + grid[low + 1, left + 1] * u
    return np.asarray(bottom * (1 - v) + top * v)


def _shade(height: Floats, metre: float) -> Floats:
    """Light from the north-west in [0, 1]; flat ground is 0.5."""
    down, right = np.gradient(height, metre)
    slope = (right + down) / np.sqrt(2)
    return np.asarray(0.5 + 0.5 * np.tanh(slope * 22.0))


def _png(index: NDArray[np.uint8], palette: list[str]) -> bytes:
    rows, columns = index.shape
    raw = np.hstack([np.zeros((rows, 1), dtype=np.uint8), index]).tobytes()
    colours = b"".join(bytes.fromhex(colour[1:]) for colour in palette)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", colours),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
