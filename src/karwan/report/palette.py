"""Colours of the report: ink, paper, stages and statuses, and the contrast rule that texts obey."""

from __future__ import annotations

import re

PAPER = "#fbfaf6"
PANEL = "#f4f1e9"
INK = "#1c2126"
MUTED = "#565c63"
RULE = "#cfc8b8"
HAIR = "#e4dfd2"
ACCENT = "#1f4e5f"
ALERT = "#96281b"
ASSUMED = "#7a4b12"
SEA = "#dbe7ec"
SEA_INK = "#41697c"
LAND = "#efece0"
PARTY_A = "#1f5a7a"
PARTY_B = "#3f6b35"
TOTAL = "#8b8778"
SERIES = ("#1f4e5f", "#9a5b13", "#6b3f69", "#40643a", "#8d3b3b", "#4d5b8c")
SECTORS = (
    "#8fa9a3",
    "#c9a66b",
    "#a7b889",
    "#b98a86",
    "#8fa3bf",
    "#b3a1bd",
    "#cbbf95",
    "#9bb7c4",
    "#c2b2a3",
    "#a3a68c",
)
STATUS = {
    "done": "#2f6b4f",
    "partly_done": "#7ea37c",
    "in_progress": "#c6a552",
    "stalled": "#b0603f",
    "not_started": "#b9b4a6",
    "unknown": "#e2ddd0",
}
STATUS_LABEL = {
    "done": "Done",
    "partly_done": "Partly done",
    "in_progress": "In progress",
    "stalled": "Stalled",
    "not_started": "Not started",
    "unknown": "Not known",
}
STAGES = ("line_haul", "crossing", "transfer", "sailing", "wait")
STAGE_LABEL = {
    "line_haul": "Line haul",
    "crossing": "Border crossings",
    "transfer": "Transfer",
    "sailing": "Sailing",
    "wait": "Waiting",
}
STAGE_TINT = {"line_haul": 0.0, "crossing": -0.38, "transfer": 0.42, "sailing": 0.66, "wait": 0.84}
PRICE = {
    "price_usd_t": "#d8d2c2",
    "freight_usd_t": "#1f4e5f",
    "insurance_usd_t": "#6b3f69",
    "time_usd_t": "#b98a3a",
    "loss_usd_t": "#8d3b3b",
    "duty_usd_t": "#7c8a93",
}
PRICE_LABEL = {
    "price_usd_t": "Price at origin",
    "freight_usd_t": "Freight",
    "insurance_usd_t": "Insurance",
    "time_usd_t": "Time in transit",
    "loss_usd_t": "Loss in transit",
    "duty_usd_t": "Duty",
}
BASIS = {"observed": "#1f4e5f", "computed": "#9db3b8", "assumed": "#c9974a"}
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


def safe_colour(value: object, rank: int = 0) -> str:
    """`value` when it is a '#rrggbb' colour, else the `rank`-th colour of the series."""
    text = str(value)
    return text.lower() if _HEX.match(text) else SERIES[rank % len(SERIES)]


def mix(colour: str, other: str, share: float) -> str:
    """Colour on the straight sRGB line from `colour` (share 0) to `other` (share 1)."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def tint(colour: str, amount: float) -> str:
    """Lighten towards white (amount > 0) or darken towards ink (amount < 0)."""
    return mix(colour, "#ffffff", amount) if amount >= 0 else mix(colour, "#0c0f12", -amount)


def luminance(colour: str) -> float:
    """Relative luminance of a '#rrggbb' colour, in [0, 1] (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(colour), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def text_colour(colour: str, paper: str = PAPER) -> str:
    """Darken `colour` until it reads as small text on `paper` (contrast at least 4.5)."""
    result = colour
    for step in range(1, 20):
        if contrast(result, paper) >= 4.5:
            return result
        result = mix(colour, INK, step / 20)
    return INK


def on_colour(colour: str) -> str:
    """Ink or white, whichever reads better on `colour`."""
    return INK if contrast(colour, INK) >= contrast(colour, "#ffffff") else "#ffffff"


def stage_fill(colour: str, kind: str) -> str:
    """Shade of a corridor's colour that stands for one kind of stage."""
    return tint(colour, STAGE_TINT.get(kind, 0.5))
